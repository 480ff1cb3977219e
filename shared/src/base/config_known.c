#include "aas/config.h"

/* Names that more than one program, or the scripts, use, with the defaults that other defaults refer to. A daemon's own
 * options need no row here unless another daemon runs in the same environment, as `make run` has it: then this list
 * keeps the others from taking the name for a typo. */
const struct aas_config_known aas_config_known[] = {
    {"AAS_HOME", ".run"},
    {"AAS_STORE_URL", "sqlite:$AAS_HOME/aastreli.db"},
    {"AAS_BIND", "127.0.0.1"},
    {"AAS_BACKEND_PORT", "8000"},
    {"AAS_ML_PORT", "8001"},
    {"AAS_INGEST_PORT", "8002"},
    {"AAS_WEB_PORT", "3000"},
    {"AAS_MQTT_HOST", "127.0.0.1"},
    {"AAS_MQTT_PORT", "1883"},
    {"AAS_BACKEND_URL", "http://127.0.0.1:$AAS_BACKEND_PORT"},
    {"AAS_ML_URL", "http://127.0.0.1:$AAS_ML_PORT"},
    {"AAS_INGEST_URL", "http://127.0.0.1:$AAS_INGEST_PORT"},
    {"AAS_MODELS_DIR", "ml-service/models"},
    {"AAS_LOG_LEVEL", "info"},
    {"AAS_LOG_FORMAT", "json"},
    {"AAS_JWT_SECRET_FILE", "$AAS_HOME/secrets/jwt"},
    {"AAS_RUN_SIMULATOR", "1"},
    {"AAS_CORS_ORIGINS", NULL},
    {"AAS_COOKIE_SECURE", NULL},
    {"AAS_DOCS_ROOT", NULL},
    {"AAS_ACCESS_TTL", NULL},
    {"AAS_REFRESH_TTL", NULL},
    {"AAS_API_WORKERS", NULL},
    {"AAS_API_MAX_CLIENTS", NULL},
    {"AAS_RATE_PRINCIPAL", NULL},
    {"AAS_RATE_ADDRESS", NULL},
    {"AAS_LOGIN_BURST", NULL},
    {"AAS_LOGIN_EVERY", NULL},
    {"AAS_WEB_ROOT", NULL},
    {"AAS_WEB_MAX_BYTES", NULL},
    {"AAS_PUBLIC_API_URL", NULL},
    {NULL, NULL},
};
