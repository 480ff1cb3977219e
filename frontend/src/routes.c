/* /config.json, and everything else: a file, or the dashboard's page for its own paths. */
#include "app.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <aas/str.h>

static int get_config(struct aas_http_req *req, struct aas_error *err)
{
    const struct web_app *app = aas_http_req_ctx(req);
    (void)err;
    aas_http_reply_header(req, "Cache-Control", "no-store");
    aas_http_reply_bytes(req, 200, "application/json", app->config_json, strlen(app->config_json));
    return 0;
}

static void reply_asset(struct aas_http_req *req, const struct web_asset *asset)
{
    enum web_encoding form = web_encoding_choose(aas_http_req_header(req, "Accept-Encoding"), asset->available);
    const struct web_body *body = &asset->body[form];
    if (asset->available != 1u << WEB_IDENTITY)
        aas_http_reply_header(req, "Vary", "Accept-Encoding");
    if (form != WEB_IDENTITY)
        aas_http_reply_header(req, "Content-Encoding", web_encoding_name(form));
    /* no-cache means: ask whether it has changed, which costs a 304 */
    aas_http_reply_header(req, "Cache-Control", asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    aas_http_reply_header(req, "Accept-Ranges", "none");
    aas_http_reply_etag(req, body->etag);
    aas_http_reply_static(req, 200, asset->type, body->bytes, body->len);
}

/* Somebody opened a page of the dashboard by its address: it gets the page, which knows the way. A missing script or
 * picture must stay a 404, else a browser would try to run the page. */
static bool is_navigation(const struct aas_http_req *req, const char *path)
{
    const char *mode = aas_http_req_header(req, "Sec-Fetch-Mode"), *accept = aas_http_req_header(req, "Accept");
    /* below /app/ there are pages only, and the ids at their end may hold dots */
    bool page = strncmp(path, "/app/", 5) == 0;
    if (strncmp(path, "/assets/", 8) == 0 || (!page && strchr(strrchr(path, '/'), '.')))
        return false;
    if (mode)
        return strcmp(mode, "navigate") == 0;
    return accept && strcasestr(accept, "text/html");
}

static int get_file(struct aas_http_req *req, struct aas_error *err)
{
    struct web_app *app = aas_http_req_ctx(req);
    char path[1024];
    const char *rest = aas_http_req_param(req, "path");
    if (snprintf(path, sizeof path, "/%s", rest ? rest : "") >= (int)sizeof path)
        return aas_error_set(err, AAS_ENOENT, "there is no such file");
    struct web_assets *assets = web_app_assets(app);
    aas_http_req_set_user(req, assets, web_assets_unref); /* until the answer has been sent */
    const struct web_asset *asset = web_assets_find(assets, path);
    if (!asset && is_navigation(req, path))
        asset = assets->index;
    if (!asset)
        return aas_error_set(err, AAS_ENOENT, "there is no such file");
    reply_asset(req, asset);
    return 0;
}

static int get_index(struct aas_http_req *req, struct aas_error *err)
{
    (void)err;
    struct web_assets *assets = web_app_assets(aas_http_req_ctx(req));
    aas_http_req_set_user(req, assets, web_assets_unref);
    reply_asset(req, assets->index);
    return 0;
}

void web_after(void *arg, struct aas_http_req *req, unsigned status)
{
    const struct web_app *app = arg;
    char policy[WEB_POLICY_BYTES];
    (void)status;
    aas_http_reply_header(req, "Content-Security-Policy",
                          web_policy_write(&app->api, aas_http_req_header(req, "Host"), policy));
    aas_http_reply_header(req, "X-Content-Type-Options", "nosniff");
    aas_http_reply_header(req, "X-Frame-Options", "DENY");
    aas_http_reply_header(req, "Referrer-Policy", "no-referrer");
    aas_http_reply_header(req, "Cross-Origin-Resource-Policy", "same-origin");
    aas_http_reply_header(req, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
}

static const struct aas_http_route routes[] = {
    {.method = AAS_HTTP_GET, .pattern = "/config.json", .mode = AAS_HTTP_INLINE, .handler = get_config},
    {.method = AAS_HTTP_GET, .pattern = "/", .mode = AAS_HTTP_INLINE, .handler = get_index},
    {.method = AAS_HTTP_GET, .pattern = "/{path...}", .mode = AAS_HTTP_INLINE, .handler = get_file},
};

int web_routes_add(struct web_app *app, struct aas_error *err)
{
    return aas_http_server_add(app->http, routes, sizeof routes / sizeof routes[0], app, err);
}
