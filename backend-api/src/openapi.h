/* The contract as JSON; made from docs/openapi/backend-api.yaml when the service is built. */
#pragma once

#include <stddef.h>

extern const char api_openapi[];
extern const size_t api_openapi_len;
