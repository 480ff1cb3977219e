/* Loading: environment, files, defaults that refer to others, all errors at once. */
#include "aas/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "aas/str.h"
#include "config_internal.h"

#define MAX_EXPANSION_DEPTH 8
#define FILE_SUFFIX         "_FILE"

extern char **environ;

struct load {
    const struct aas_config_table *table;
    const char *const *envp;
    struct aas_buf *problems, *warnings;
    size_t problem_count;
};

static const char *lookup(const char *const *envp, const char *name, size_t len)
{
    for (; *envp; envp++)
        if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
            return (*envp)[len + 1] ? *envp + len + 1 : NULL; /* empty counts as unset */
    return NULL;
}

static void problem(struct load *l, const char *env, const char *why)
{
    l->problem_count++;
    if (l->problems)
        (void)aas_buf_printf(l->problems, "%s: %s\n", env, why);
}

static void warning(struct load *l, const char *fmt, const char *name)
{
    if (l->warnings) {
        (void)aas_buf_append_str(l->warnings, name);
        (void)aas_buf_append_str(l->warnings, fmt);
        (void)aas_buf_append_char(l->warnings, '\n');
    }
}

static bool takes_file(const struct aas_config_option *o)
{
    return (o->flags & (AAS_CONFIG_SECRET | AAS_CONFIG_FILE)) != 0;
}

static int read_value_file(const char *path, struct aas_buf *out, struct aas_error *err)
{
    AAS_AUTO_FCLOSE FILE *f = fopen(path, "re");
    if (!f)
        return aas_error_set(err, -errno, "cannot read %s: %s", path, aas_strerror(-errno));
    char *to = aas_buf_reserve(out, CONFIG_FILE_MAX_BYTES);
    if (!to)
        return aas_error_set(err, out->status, "cannot read %s: %s", path, aas_strerror(out->status));
    size_t n = fread(to, 1, CONFIG_FILE_MAX_BYTES, f);
    if (ferror(f) || n == CONFIG_FILE_MAX_BYTES)
        return aas_error_set(err, AAS_ECONFIG, "cannot read %s, or it holds more than 64 KiB", path);
    while (n > 0 && (to[n - 1] == '\n' || to[n - 1] == '\r'))
        n--;
    if (memchr(to, '\0', n))
        return aas_error_set(err, AAS_ECONFIG, "%s holds a NUL byte", path);
    aas_buf_commit(out, n);
    return 0;
}

static int expand(const struct load *l, const char *text, unsigned depth, struct aas_buf *out);

/* The text in effect for a name that a default refers to. */
static int append_reference(const struct load *l, struct aas_str name, unsigned depth, struct aas_buf *out)
{
    const char *set = lookup(l->envp, name.ptr, name.len);
    if (set)
        return aas_buf_append_str(out, set);
    for (size_t i = 0; i < l->table->count; i++)
        if (aas_str_eq_c(name, l->table->options[i].env))
            return expand(l, l->table->options[i].def ? l->table->options[i].def : "", depth + 1, out);
    for (const struct aas_config_known *k = aas_config_known; k->env; k++)
        if (aas_str_eq_c(name, k->env))
            return expand(l, k->def ? k->def : "", depth + 1, out);
    return 0;
}

static int expand(const struct load *l, const char *text, unsigned depth, struct aas_buf *out)
{
    if (depth > MAX_EXPANSION_DEPTH)
        return AAS_ECONFIG;
    int rc = 0;
    for (const char *p = text; *p && rc == 0;) {
        if (*p != '$') {
            size_t n = strcspn(p, "$");
            rc = aas_buf_append(out, p, n);
            p += n;
            continue;
        }
        bool braces = p[1] == '{';
        p += 1 + braces;
        struct aas_str name = {p, 0};
        while (isalnum((unsigned char)p[name.len]) || p[name.len] == '_')
            name.len++;
        p += name.len + (braces && p[name.len] == '}');
        rc = append_reference(l, name, depth, out);
    }
    return rc;
}

/* The option's text: from the environment, from a file, or its default. */
static int find_text(const struct load *l, const struct aas_config_option *o, struct aas_buf *out,
                     struct aas_error *err)
{
    const char *set = lookup(l->envp, o->env, strlen(o->env));
    const char *path = NULL;
    if (takes_file(o)) {
        char name[128];
        int n = snprintf(name, sizeof name, "%s" FILE_SUFFIX, o->env);
        path = n > 0 && (size_t)n < sizeof name ? lookup(l->envp, name, (size_t)n) : NULL;
    }
    if (set && path)
        return aas_error_set(err, AAS_ECONFIG, "both it and %s" FILE_SUFFIX " are set; set one", o->env);
    if (path)
        return read_value_file(path, out, err);
    if (set)
        return aas_buf_append_str(out, set);
    if (o->flags & AAS_CONFIG_REQUIRED)
        return aas_error_set(err, AAS_ECONFIG, "is required: %s", o->doc);
    int rc = expand(l, o->def ? o->def : "", 0, out);
    if (rc)
        return aas_error_set(err, rc, "its default %s cannot be expanded", o->def);
    return 0;
}

static void load_option(struct load *l, const struct aas_config_option *o, void *config)
{
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(CONFIG_FILE_MAX_BYTES + 1);
    struct aas_error err = AAS_ERROR_NONE;
    int rc = find_text(l, o, &text, &err);
    const char *value = aas_buf_str(&text);
    /* A number with an empty default is an optional one: it stays 0. */
    bool empty = text.len == 0 && o->type != AAS_CONFIG_STR && o->type != AAS_CONFIG_URL;
    if (rc == 0 && (!empty || takes_file(o)))
        rc = config_value_set(o, config, value, &err);
    if (rc == 0)
        return;
    char line[AAS_ERROR_MSG_BYTES + 200];
    if (text.len > 0 && !(o->flags & AAS_CONFIG_SECRET))
        (void)snprintf(line, sizeof line, "\"%.100s\": %s", value, aas_error_text(&err, rc));
    else
        (void)snprintf(line, sizeof line, "%s", aas_error_text(&err, rc));
    problem(l, o->env, line);
}

static bool is_known(const struct load *l, struct aas_str name)
{
    for (size_t i = 0; i < l->table->count; i++) {
        const struct aas_config_option *o = &l->table->options[i];
        struct aas_str env = aas_str_from(o->env);
        if (aas_str_eq(name, env))
            return true;
        if (takes_file(o) && aas_str_starts(name, env) &&
            aas_str_eq_c((struct aas_str){name.ptr + env.len, name.len - env.len}, FILE_SUFFIX))
            return true;
    }
    for (const struct aas_config_known *k = aas_config_known; k->env; k++)
        if (aas_str_eq_c(name, k->env))
            return true;
    return aas_str_starts(name, AAS_STR_LIT("AAS_TEST_"));
}

static void warn_unknown(struct load *l)
{
    for (const char *const *e = l->envp; *e; e++) {
        struct aas_str name = {*e, strcspn(*e, "=")};
        if (!aas_str_starts(name, AAS_STR_LIT("AAS_")) || is_known(l, name))
            continue;
        char text[128];
        (void)snprintf(text, sizeof text, "%.*s", AAS_STR_ARG(name));
        warning(l, ": no program knows this name; it has no effect (typo?)", text);
    }
}

int aas_config_load(const struct aas_config_table *table, void *config, const char *const *envp,
                    struct aas_buf *problems, struct aas_buf *warnings)
{
    struct load l = {.table = table,
                     .envp = envp ? envp : (const char *const *)(uintptr_t)environ,
                     .problems = problems,
                     .warnings = warnings};
    memset(config, 0, table->size);
    for (size_t i = 0; i < table->count; i++)
        load_option(&l, &table->options[i], config);
    warn_unknown(&l);
    if (l.problem_count == 0 && table->check) {
        AAS_AUTO_BUF struct aas_buf own = AAS_BUF_INIT(CONFIG_FILE_MAX_BYTES);
        struct aas_buf *to = problems ? problems : &own;
        size_t before = to->len;
        if (table->check(config, to) != 0 || to->len > before)
            l.problem_count++;
    }
    if (l.problem_count == 0)
        return 0;
    aas_config_fini(table, config);
    return AAS_ECONFIG;
}

void aas_config_fini(const struct aas_config_table *table, void *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < table->count; i++) {
        const struct aas_config_option *o = &table->options[i];
        if (o->type == AAS_CONFIG_STR || o->type == AAS_CONFIG_URL) {
            char **member = (void *)((char *)config + o->offset);
            if (*member && (o->flags & AAS_CONFIG_SECRET))
                explicit_bzero(*member, strlen(*member));
            free(*member);
        }
    }
    memset(config, 0, table->size);
}
