#include "config.h"

#include <string.h>

static const struct aas_config_option options[] = {
    AAS_CONFIG_COMMON(struct api_config, common),
    AAS_OPT_PORT(struct api_config, port, "AAS_BACKEND_PORT", "8000", AAS_CONFIG_ANYPORT, "port of the REST API"),
    AAS_OPT_STR(struct api_config, store_url, "AAS_STORE_URL", "sqlite:$AAS_HOME/aastreli.db", AAS_CONFIG_SECRET,
                "store: sqlite:PATH, mongodb://… or mongodb+srv://…"),
    AAS_OPT_URL(struct api_config, ml_url, "AAS_ML_URL", "http://127.0.0.1:$AAS_ML_PORT", "http|https", 0,
                "where ml-service answers"),
    AAS_OPT_URL(struct api_config, ingest_url, "AAS_INGEST_URL", "http://127.0.0.1:$AAS_INGEST_PORT", "http", 0,
                "where mqtt-ingestion answers; the live stream is its /stream"),
    AAS_OPT_STR(struct api_config, jwt_file, "AAS_JWT_SECRET_FILE", "$AAS_HOME/secrets/jwt", 0,
                "file with the secret that signs access tokens; made at the first start"),
    AAS_OPT_STR(struct api_config, cors_origins, "AAS_CORS_ORIGINS",
                "http://127.0.0.1:$AAS_WEB_PORT,http://localhost:$AAS_WEB_PORT", 0,
                "comma-separated origins of browsers that may call"),
    AAS_OPT_STR(struct api_config, docs_root, "AAS_DOCS_ROOT", "frontend/web/node_modules/swagger-ui-dist", 0,
                "directory of swagger-ui-dist for /docs; without it /docs is a plain list"),
    AAS_OPT_BOOL(struct api_config, cookie_secure, "AAS_COOKIE_SECURE", "0", 0,
                 "send the refresh cookie over HTTPS only: set it behind a TLS proxy"),
    AAS_OPT_BOOL(struct api_config, trust_proxy, "AAS_TRUST_PROXY", "0", 0,
                 "take the caller's address from X-Forwarded-For: set it behind a proxy, and only there"),
    AAS_OPT_DURATION(struct api_config, access_ttl_ms, "AAS_ACCESS_TTL", "15m", 1000, 86400000, 0,
                     "life of an access token"),
    AAS_OPT_DURATION(struct api_config, refresh_ttl_ms, "AAS_REFRESH_TTL", "14d", 60000, 7776000000.0, 0,
                     "life of a session without use"),
    AAS_OPT_INT(struct api_config, workers, "AAS_API_WORKERS", "4", 1, 64, 0, "threads that wait for the store"),
    AAS_OPT_DOUBLE(struct api_config, rate_principal, "AAS_RATE_PRINCIPAL", "100", 0, 1e6, 0,
                   "requests per second of one account, four times as many at once; 0: no limit"),
    AAS_OPT_DOUBLE(struct api_config, rate_address, "AAS_RATE_ADDRESS", "200", 0, 1e6, 0,
                   "requests per second of one address, four times as many at once; 0: no limit"),
    AAS_OPT_INT(struct api_config, login_burst, "AAS_LOGIN_BURST", "10", 1, 10000, 0,
                "failed logins of one address, or for one account, at once"),
    AAS_OPT_DURATION(struct api_config, login_every_ms, "AAS_LOGIN_EVERY", "6s", 1, 3600000, 0,
                     "time after which one more failed login is allowed"),
    AAS_OPT_INT(struct api_config, max_clients, "AAS_API_MAX_CLIENTS", "2048", 1, 100000, 0,
                "browsers on the live stream at once"),
};

static int check(const void *config, struct aas_buf *errors)
{
    const struct api_config *c = config;
    if (c->refresh_ttl_ms <= c->access_ttl_ms)
        (void)aas_buf_append_str(errors, "AAS_REFRESH_TTL must be longer than AAS_ACCESS_TTL\n");
    if (strchr(c->cors_origins, '*'))
        (void)aas_buf_append_str(errors, "AAS_CORS_ORIGINS must list origins; * would let any page act for its user\n");
    return 0;
}

const struct aas_config_table api_config_table = {
    .service = "backend-api",
    .options = options,
    .count = sizeof options / sizeof options[0],
    .size = sizeof(struct api_config),
    .check = check,
};
