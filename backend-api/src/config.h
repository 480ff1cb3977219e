/* Configuration of backend-api: const after start. */
#pragma once

#include "aas/config.h"

struct api_config {
    struct aas_config_common common; /* first: aas_daemon reads it */
    uint16_t port;
    char *store_url;
    char *ml_url;
    char *ingest_url;
    char *jwt_file;
    char *cors_origins;
    char *docs_root;
    bool cookie_secure;
    bool trust_proxy;
    int64_t access_ttl_ms;
    int64_t refresh_ttl_ms;
    int64_t workers;
    double rate_principal; /* requests per second, 0: no limit */
    double rate_address;
    int64_t login_burst;
    int64_t login_every_ms;
    int64_t max_clients;
};

extern const struct aas_config_table api_config_table;
