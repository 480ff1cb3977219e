/* Formatting of one line into a fixed buffer: what does not fit is left out field by field, and the line says so. */
#include "log_internal.h"

#include <string.h>

#include "aas/clock.h"
#include "aas/num.h"
#include "escape.h"

#define TAIL_BYTES        80   /* room kept for withheld, cut, brace, colour, line end */
#define FIELD_VALUE_BYTES 3000 /* longest value of one field */

static const char *const level_names[AAS_LOG__COUNT] = {"debug", "info", "warn", "error"};

static size_t room(const struct log_line *l)
{
    return LOG_LINE_BYTES - TAIL_BYTES - l->len;
}

static bool put(struct log_line *l, const char *s, size_t n)
{
    if (n > room(l))
        return false;
    memcpy(l->text + l->len, s, n);
    l->len += n;
    return true;
}

static bool put_str(struct log_line *l, const char *s)
{
    return put(l, s, strlen(s));
}

/* The tail's room is always there. */
static void put_tail(struct log_line *l, const char *s)
{
    size_t n = strlen(s);
    memcpy(l->text + l->len, s, n);
    l->len += n;
}

static bool put_escaped(struct log_line *l, const char *s, size_t n)
{
    size_t cap = room(l) < FIELD_VALUE_BYTES ? room(l) : FIELD_VALUE_BYTES, used;
    l->len += aas_escape_json(s, n, &used, l->text + l->len, cap);
    if (used < n)
        l->cut = true;
    return true;
}

static bool put_quoted(struct log_line *l, const char *s, size_t n)
{
    if (!s)
        return put_str(l, "null");
    if (room(l) < 16)
        return false;
    l->text[l->len++] = '"';
    (void)put_escaped(l, s, n == SIZE_MAX ? strlen(s) : n);
    l->text[l->len++] = '"'; /* the tail's room absorbs it */
    return true;
}

/* text: values that need no quotes to be read stay bare. */
static bool put_text_value(struct log_line *l, const char *s, size_t n)
{
    if (!s)
        return put_str(l, "-");
    if (n == SIZE_MAX)
        n = strlen(s);
    bool bare = n > 0;
    for (size_t i = 0; i < n && bare; i++)
        bare = (unsigned char)s[i] > ' ' && s[i] != '"' && s[i] != '=' && s[i] != '\\' && s[i] != 0x7F;
    return bare && n < FIELD_VALUE_BYTES ? put_escaped(l, s, n) : put_quoted(l, s, n);
}

static bool put_number(struct log_line *l, const struct aas_field *f)
{
    char text[AAS_NUM_BYTES];
    size_t n = f->type == AAS_FIELD_INT    ? aas_num_format_i64(f->v.i, text)
               : f->type == AAS_FIELD_UINT ? aas_num_format_u64(f->v.u, text)
                                           : aas_num_format_double(f->v.d, text);
    return put(l, text, n);
}

typedef bool put_value_fn(struct log_line *l, const char *s, size_t n);
typedef bool put_key_fn(struct log_line *l, const char *key);

static bool json_key(struct log_line *l, const char *key)
{
    return put_str(l, ",\"") && put_str(l, key) && put_str(l, "\":");
}

static bool text_key(struct log_line *l, const char *key)
{
    return put_str(l, " ") && put_str(l, key) && put_str(l, "=");
}

static bool put_field(struct log_line *l, const struct aas_field *f, put_key_fn *key, put_value_fn *value)
{
    const struct aas_error *e = f->v.e;
    switch (f->type) {
    case AAS_FIELD_STR:
        return key(l, f->key) && value(l, f->v.s, f->len);
    case AAS_FIELD_INT:
    case AAS_FIELD_UINT:
    case AAS_FIELD_NUM:
        return key(l, f->key) && put_number(l, f);
    case AAS_FIELD_BOOL:
        return key(l, f->key) && put_str(l, f->v.b ? "true" : "false");
    case AAS_FIELD_ERR:
        return key(l, f->key) && value(l, aas_errname((int)f->v.i), SIZE_MAX) && key(l, "err_text") &&
               value(l, aas_strerror((int)f->v.i), SIZE_MAX);
    case AAS_FIELD_ERROR:
        return !e || (key(l, f->key) && value(l, aas_errname(e->code), SIZE_MAX) && key(l, "detail") &&
                      value(l, aas_error_text(e, e->code), SIZE_MAX));
    case AAS_FIELD_END:
        break;
    }
    return true;
}

static void put_fields(struct log_line *l, const struct log_event *e, put_key_fn *key, put_value_fn *value)
{
    for (const struct aas_field *f = e->fields; f->type != AAS_FIELD_END; f++) {
        size_t before = l->len;
        if (!put_field(l, f, key, value)) {
            l->len = before;
            l->cut = true;
        }
    }
    if (e->withheld) {
        const struct aas_field withheld = AAS_F_UINT("withheld", e->withheld);
        size_t before = l->len;
        if (!put_field(l, &withheld, key, value))
            l->len = before;
    }
}

void log_format_json(struct log_line *l, const struct log_event *e)
{
    char ts[AAS_RFC3339_BYTES];
    (void)aas_rfc3339_format(e->ts_ms, ts);
    (void)put_str(l, "{\"ts\":\"");
    (void)put_str(l, ts);
    (void)put_str(l, "\",\"level\":\"");
    (void)put_str(l, level_names[e->level]);
    (void)put_str(l, "\"");
    const struct {
        const char *key, *value;
        size_t len;
    } head[] = {{"svc", e->svc, SIZE_MAX},
                {"mod", e->mod, SIZE_MAX},
                {"event", e->event, SIZE_MAX},
                {"msg", e->msg, e->msg_len}};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        (void)(json_key(l, head[i].key) && put_quoted(l, head[i].value, head[i].len));
    put_fields(l, e, json_key, put_quoted);
    if (l->cut)
        put_tail(l, ",\"cut\":true");
    put_tail(l, "}\n");
}

void log_format_text(struct log_line *l, const struct log_event *e, bool colour)
{
    static const char *const labels[AAS_LOG__COUNT] = {"DEBUG", "INFO ", "WARN ", "ERROR"};
    static const char *const colours[AAS_LOG__COUNT] = {"\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[1;31m"};
    char ts[AAS_RFC3339_BYTES];
    (void)aas_rfc3339_format(e->ts_ms, ts);
    (void)put_str(l, ts + 11); /* the time of day, with Z */
    (void)put_str(l, " ");
    (void)put_str(l, colour ? colours[e->level] : "");
    (void)put_str(l, labels[e->level]);
    (void)put_str(l, colour ? "\x1b[0m" : "");
    (void)put_str(l, " ");
    (void)put_str(l, e->mod);
    (void)put_str(l, ": ");
    (void)put_escaped(l, e->msg, e->msg_len);
    (void)put_str(l, colour ? "\x1b[2m" : "");
    put_fields(l, e, text_key, put_text_value);
    if (l->cut)
        put_tail(l, " cut=true");
    put_tail(l, colour ? "\x1b[0m\n" : "\n");
}
