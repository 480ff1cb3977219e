/* The live stream for browsers. A bearer token is not sent by itself, as a cookie would be: another site's page can't
 * open this in a user's name, whatever its Origin. */
#include "app.h"
#include "live.h"
#include "principal.h"
#include "routes.h"

static int realtime(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    return api_live_accept(app->live, req, err);
}

static const struct aas_http_route rows[] = {
    {.method = AAS_HTTP_GET,
     .pattern = "/realtime",
     .mode = AAS_HTTP_INLINE,
     .role = API_VIEWER,
     .flags = AAS_HTTP_UPGRADE,
     .handler = realtime},
};
const struct api_table api_routes_realtime = API_TABLE(rows);
