/* frontend's environment variables. */
#pragma once

#include <aas/config.h>

#include <stdint.h>

struct web_config {
    struct aas_config_common common;
    uint16_t port;
    char *root;
    char *public_api_url; /* "same-origin", or http(s)://host[:port] */
    uint64_t max_bytes;
};

extern const struct aas_config_table web_config_table;
