/* One configuration value: text to typed member and back. */
#include "config_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/num.h"
#include "aas/str.h"

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit duration_units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                             {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit byte_units[] = {{"", 1},          {"B", 1},         {"KiB", 1 << 10},
                                         {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};

static void *member(const struct aas_config_option *o, void *config)
{
    return (char *)config + o->offset;
}

void config_value_describe(const struct aas_config_option *o, struct aas_buf *out)
{
    static const char *const names[] = {
        [AAS_CONFIG_STR] = "text",
        [AAS_CONFIG_INT] = "integer",
        [AAS_CONFIG_PORT] = "port 1..65535",
        [AAS_CONFIG_DOUBLE] = "number",
        [AAS_CONFIG_BOOL] = "1 or 0",
        [AAS_CONFIG_DURATION] = "duration like 250ms, 10s, 5m, 2h, 7d",
        [AAS_CONFIG_BYTES] = "size like 512, 64KiB, 16MiB",
        [AAS_CONFIG_CHOICE] = "",
        [AAS_CONFIG_URL] = "URL with scheme ",
    };
    (void)aas_buf_append_str(out, o->type == AAS_CONFIG_PORT && (o->flags & AAS_CONFIG_ANYPORT) ? "port 0..65535"
                                                                                                : names[o->type]);
    if (o->choices)
        (void)aas_buf_append_str(out, o->choices);
    if (o->min < o->max) {
        const char *unit = o->type == AAS_CONFIG_DURATION ? " ms" : o->type == AAS_CONFIG_STR ? " bytes" : "";
        (void)aas_buf_append_str(out, o->type == AAS_CONFIG_DURATION || o->type == AAS_CONFIG_BYTES ? ", " : " ");
        (void)aas_buf_append_double(out, o->min);
        (void)aas_buf_append_str(out, "..");
        (void)aas_buf_append_double(out, o->max);
        (void)aas_buf_append_str(out, unit);
    }
}

static int bad(const struct aas_config_option *o, struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf what = AAS_BUF_INIT(200);
    config_value_describe(o, &what);
    return aas_error_set(err, AAS_ECONFIG, "expected %s", aas_buf_str(&what));
}

static bool in_range(const struct aas_config_option *o, double v)
{
    return o->min >= o->max || (v >= o->min && v <= o->max);
}

/* "10s": digits and one of the units; the number may be 0 without one. */
static bool parse_units(const char *text, const struct unit *units, int64_t *ret)
{
    size_t digits = strspn(text, "0123456789");
    int64_t v;
    if (aas_num_parse_i64(text, digits, &v) != 0)
        return false;
    if (v == 0 && text[digits] == '\0') {
        *ret = 0;
        return true;
    }
    for (; units->name; units++)
        if (strcmp(text + digits, units->name) == 0)
            return !__builtin_mul_overflow(v, units->factor, ret);
    return false;
}

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const yes[] = {"1", "true", "yes", "on"}, *const no[] = {"0", "false", "no", "off"};
    for (size_t i = 0; i < 4; i++) {
        bool is_yes = aas_str_eq_nocase(aas_str_from(text), aas_str_from(yes[i]));
        if (is_yes || aas_str_eq_nocase(aas_str_from(text), aas_str_from(no[i]))) {
            *ret = is_yes;
            return true;
        }
    }
    return false;
}

static int choice_index(const char *choices, struct aas_str text)
{
    struct aas_str rest = aas_str_from(choices), part;
    for (int i = 0; aas_str_split(&rest, '|', &part); i++)
        if (aas_str_eq(part, text))
            return i;
    return -1;
}

static int set_text(char **to, const char *text, size_t len)
{
    char *copy = aas_str_dup((struct aas_str){text, len});
    if (!copy)
        return AAS_ENOMEM;
    free(*to);
    *to = copy;
    return 0;
}

static int set_str(const struct aas_config_option *o, char **to, const char *text, struct aas_error *err)
{
    size_t len = strlen(text);
    if (!aas_str_is_utf8((struct aas_str){text, len}))
        return aas_error_set(err, AAS_ECONFIG, "not UTF-8 text");
    if (o->type == AAS_CONFIG_URL && len > 0) {
        const char *colon = strstr(text, "://");
        if (!colon || choice_index(o->choices, (struct aas_str){text, (size_t)(colon - text)}) < 0 || !colon[3])
            return bad(o, err);
        while (text[len - 1] == '/' && text + len > colon + 4)
            len--;
    } else if (!in_range(o, (double)len)) {
        return bad(o, err);
    }
    return set_text(to, text, len);
}

static int set_number(const struct aas_config_option *o, void *to, const char *text, struct aas_error *err)
{
    size_t len = strlen(text);
    int64_t i = 0;
    double d = 0;
    bool ok;
    switch (o->type) {
    case AAS_CONFIG_DOUBLE:
        ok = aas_num_parse_double(text, len, &d) == 0;
        break;
    case AAS_CONFIG_DURATION:
        ok = parse_units(text, duration_units, &i);
        break;
    case AAS_CONFIG_BYTES:
        ok = parse_units(text, byte_units, &i);
        break;
    default:
        ok = aas_num_parse_i64(text, len, &i) == 0;
        break;
    }
    if (!ok || !in_range(o, o->type == AAS_CONFIG_DOUBLE ? d : (double)i))
        return bad(o, err);
    if (o->type == AAS_CONFIG_PORT) {
        if (i < (o->flags & AAS_CONFIG_ANYPORT ? 0 : 1) || i > 65535)
            return bad(o, err);
        *(uint16_t *)to = (uint16_t)i;
    } else if (o->type == AAS_CONFIG_DOUBLE) {
        *(double *)to = d;
    } else if (o->type == AAS_CONFIG_BYTES) {
        *(uint64_t *)to = (uint64_t)i;
    } else {
        *(int64_t *)to = i;
    }
    return 0;
}

int config_value_set(const struct aas_config_option *o, void *config, const char *text, struct aas_error *err)
{
    void *to = member(o, config);
    bool flag;
    int index;
    switch (o->type) {
    case AAS_CONFIG_STR:
    case AAS_CONFIG_URL:
        return set_str(o, to, text, err);
    case AAS_CONFIG_BOOL:
        if (!parse_bool(text, &flag))
            return bad(o, err);
        *(bool *)to = flag;
        return 0;
    case AAS_CONFIG_CHOICE:
        index = choice_index(o->choices, aas_str_from(text));
        if (index < 0)
            return bad(o, err);
        *(int *)to = index;
        return 0;
    default:
        return set_number(o, to, text, err);
    }
}

/* The largest unit that divides v. */
static void print_units(struct aas_buf *out, int64_t v, const struct unit *units)
{
    const struct unit *best = units;
    for (const struct unit *u = units; u->name; u++)
        if (v != 0 && v % u->factor == 0)
            best = u;
    (void)aas_buf_append_i64(out, v / best->factor);
    (void)aas_buf_append_str(out, v ? best->name : "");
}

void config_value_print(const struct aas_config_option *o, const void *config, struct aas_buf *out)
{
    const void *from = (const char *)config + o->offset;
    struct aas_str rest, part;
    switch (o->type) {
    case AAS_CONFIG_STR:
    case AAS_CONFIG_URL:
        (void)aas_buf_append_str(out, *(char *const *)from);
        break;
    case AAS_CONFIG_INT:
        (void)aas_buf_append_i64(out, *(const int64_t *)from);
        break;
    case AAS_CONFIG_PORT:
        (void)aas_buf_append_i64(out, *(const uint16_t *)from);
        break;
    case AAS_CONFIG_DOUBLE:
        (void)aas_buf_append_double(out, *(const double *)from);
        break;
    case AAS_CONFIG_BOOL:
        (void)aas_buf_append_str(out, *(const bool *)from ? "1" : "0");
        break;
    case AAS_CONFIG_DURATION:
        print_units(out, *(const int64_t *)from, duration_units);
        break;
    case AAS_CONFIG_BYTES:
        print_units(out, (int64_t) * (const uint64_t *)from, byte_units);
        break;
    case AAS_CONFIG_CHOICE:
        rest = aas_str_from(o->choices);
        for (int i = 0; aas_str_split(&rest, '|', &part); i++)
            if (i == *(const int *)from)
                (void)aas_buf_append(out, part.ptr, part.len);
        break;
    }
}
