/* The contract, for tools that read OpenAPI and for people. */
#include "app.h"
#include "docs.h"
#include "openapi.h"
#include "principal.h"
#include "routes.h"

static int openapi(struct aas_http_req *req, struct aas_error *err)
{
    (void)err;
    aas_http_reply_static(req, 200, "application/json", api_openapi, api_openapi_len);
    return 0;
}

static int page(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    size_t len = 0;
    (void)err;
    const char *html = api_docs_page(app->docs, &len);
    /* Swagger UI sets styles on its elements */
    aas_http_reply_header(
        req, "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; frame-ancestors 'none'");
    aas_http_reply_static(req, 200, "text/html; charset=utf-8", html, len);
    return 0;
}

static int file(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    const char *type = NULL;
    size_t len = 0;
    const char *data = api_docs_file(app->docs, aas_http_req_param(req, "file"), &type, &len);
    if (!data)
        return aas_error_set(err, AAS_ENOENT, "there is no such file");
    aas_http_reply_static(req, 200, type, data, len);
    return 0;
}

#define OPEN(path, bits, fn)                                                                                           \
    {                                                                                                                  \
        .method = AAS_HTTP_GET, .pattern = (path), .mode = AAS_HTTP_INLINE, .role = API_ANYONE,                        \
        .flags = AAS_HTTP_ETAG | (bits), .handler = (fn)                                                               \
    }

static const struct aas_http_route rows[] = {
    OPEN("/openapi.json", 0, openapi),
    OPEN("/docs", API_ROUTE_PAGE, page),
    OPEN("/docs/{file}", 0, file),
};
const struct api_table api_routes_docs = API_TABLE(rows);
