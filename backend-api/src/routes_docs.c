/* The contract, for tools that read OpenAPI. */
#include "openapi.h"
#include "principal.h"
#include "routes.h"

static int openapi(struct aas_http_req *req, struct aas_error *err)
{
    (void)err;
    aas_http_reply_static(req, 200, "application/json", api_openapi, api_openapi_len);
    return 0;
}

static const struct aas_http_route rows[] = {
    {.method = AAS_HTTP_GET,
     .pattern = "/openapi.json",
     .mode = AAS_HTTP_INLINE,
     .role = API_ANYONE,
     .flags = AAS_HTTP_ETAG,
     .handler = openapi},
};
const struct api_table api_routes_docs = API_TABLE(rows);
