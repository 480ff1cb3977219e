#include "config.h"

#include "policy.h"

static int check(const void *config, struct aas_buf *errors)
{
    const struct web_config *c = config;
    struct web_api api;
    struct aas_error err = AAS_ERROR_NONE;
    if (web_api_parse(&api, c->public_api_url, &err) == 0)
        return 0;
    (void)aas_buf_printf(errors, "AAS_PUBLIC_API_URL: %s\n", aas_error_text(&err, err.code));
    return AAS_ECONFIG;
}

static const struct aas_config_option options[] = {
    AAS_CONFIG_COMMON(struct web_config, common),
    AAS_OPT_PORT(struct web_config, port, "AAS_WEB_PORT", "3000", 0, "port of the dashboard"),
    AAS_OPT_STR(struct web_config, root, "AAS_WEB_ROOT", "frontend/web/dist", 0,
                "directory of the built dashboard; read at start and on SIGHUP"),
    AAS_OPT_STR(struct web_config, public_api_url, "AAS_PUBLIC_API_URL", "http://127.0.0.1:$AAS_BACKEND_PORT", 0,
                "where browsers reach backend-api; a loopback address stands for the dashboard's own host; "
                "same-origin: behind one proxy with the dashboard"),
    AAS_OPT_BYTES(struct web_config, max_bytes, "AAS_WEB_MAX_BYTES", "256MiB", 1 << 20, 4294967296.0, 0,
                  "memory for the dashboard's files"),
};

const struct aas_config_table web_config_table = {
    .service = "frontend",
    .options = options,
    .count = sizeof options / sizeof options[0],
    .size = sizeof(struct web_config),
    .check = check,
};
