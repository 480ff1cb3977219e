/* What a configuration table says about itself. */
#include "config_internal.h"

#include <ctype.h>
#include <string.h>

int aas_config_help(const struct aas_config_table *table, struct aas_buf *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct aas_config_option *o = &table->options[i];
        if (o->flags & AAS_CONFIG_HIDDEN)
            continue;
        (void)aas_buf_printf(out, "  %s\n      %s\n      ", o->env, o->doc);
        config_value_describe(o, out);
        if (o->flags & AAS_CONFIG_REQUIRED)
            (void)aas_buf_append_str(out, "; required");
        else if (o->def && o->def[0])
            (void)aas_buf_printf(out, "; default %s", o->flags & AAS_CONFIG_SECRET ? "***" : o->def);
        if (o->flags & (AAS_CONFIG_SECRET | AAS_CONFIG_FILE))
            (void)aas_buf_printf(out, "; or %s_FILE names a file with it", o->env);
        (void)aas_buf_append_char(out, '\n');
    }
    return aas_buf_status(out);
}

/* NAME=value for sh: quoted where a shell would read more than the value. */
static void put_quoted(struct aas_buf *out, const char *value)
{
    bool plain = value[0] != '\0';
    for (const char *p = value; *p && plain; p++)
        plain = isalnum((unsigned char)*p) || strchr("_-./:,@%+=", *p);
    if (plain) {
        (void)aas_buf_append_str(out, value);
        return;
    }
    (void)aas_buf_append_char(out, '\'');
    for (const char *p = value; *p; p++) {
        if (*p == '\'')
            (void)aas_buf_append_str(out, "'\\''");
        else
            (void)aas_buf_append_char(out, *p);
    }
    (void)aas_buf_append_char(out, '\'');
}

int aas_config_print_env(const struct aas_config_table *table, const void *config, struct aas_buf *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct aas_config_option *o = &table->options[i];
        (void)aas_buf_printf(out, "%s=", o->env);
        AAS_AUTO_BUF struct aas_buf value = AAS_BUF_INIT(CONFIG_FILE_MAX_BYTES);
        config_value_print(o, config, &value);
        if ((o->flags & AAS_CONFIG_SECRET) && value.len > 0)
            (void)aas_buf_append_str(out, "'***'");
        else
            put_quoted(out, aas_buf_str(&value));
        (void)aas_buf_append_char(out, '\n');
    }
    return aas_buf_status(out);
}

int aas_config_print_example(const struct aas_config_table *table, struct aas_buf *out)
{
    (void)aas_buf_printf(out, "# ---- %s ----\n", table->service);
    for (size_t i = 0; i < table->count; i++) {
        const struct aas_config_option *o = &table->options[i];
        if (o->flags & AAS_CONFIG_HIDDEN)
            continue;
        (void)aas_buf_printf(out, "# %s (", o->doc);
        config_value_describe(o, out);
        (void)aas_buf_append_str(out, o->flags & AAS_CONFIG_REQUIRED ? "; required)\n" : ")\n");
        /* Commented out: an unset name takes the default, also where that default refers to another name. */
        (void)aas_buf_printf(out, "#%s=%s\n", o->env, o->def && !(o->flags & AAS_CONFIG_SECRET) ? o->def : "");
    }
    return aas_buf_status(out);
}

int aas_config_print_json(const struct aas_config_table *table, struct aas_buf *out)
{
    static const char *const types[] = {"text",     "integer", "port",   "number", "bool",
                                        "duration", "bytes",   "choice", "url"};
    (void)aas_buf_append_char(out, '[');
    for (size_t i = 0; i < table->count; i++) {
        const struct aas_config_option *o = &table->options[i];
        const char *def = o->def && !(o->flags & AAS_CONFIG_SECRET) ? o->def : "";
        (void)aas_buf_printf(out, "%s{\"env\":\"%s\",\"type\":\"%s\",\"default\":", i ? "," : "", o->env,
                             types[o->type]);
        (void)aas_buf_append_json(out, def, strlen(def));
        (void)aas_buf_printf(
            out,
            ",\"required\":%s,\"secret\":%s,\"hidden\":%s,\"doc\":", o->flags & AAS_CONFIG_REQUIRED ? "true" : "false",
            o->flags & AAS_CONFIG_SECRET ? "true" : "false", o->flags & AAS_CONFIG_HIDDEN ? "true" : "false");
        (void)aas_buf_append_json(out, o->doc, strlen(o->doc));
        (void)aas_buf_append_char(out, '}');
    }
    (void)aas_buf_append_str(out, "]\n");
    return aas_buf_status(out);
}
