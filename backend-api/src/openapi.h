/* The contract as JSON, and a page that lists its operations; both made from docs/openapi/backend-api.yaml when the
 * service is built. */
#pragma once

#include <stddef.h>

extern const char api_openapi[];
extern const size_t api_openapi_len;
extern const char api_operations_page[];
extern const size_t api_operations_page_len;
