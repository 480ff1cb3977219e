/* What can be asked about stored predictions: POST /predictions/{id}/verify. */
#include <aas/http_route.h>
#include <aas/http_server.h>

#include "service.h"
#include "verify.h"

static int verify(struct aas_http_req *req, struct aas_error *err)
{
    json_t *report = NULL;
    int rc = ml_verify(aas_http_req_ctx(req), aas_http_req_param(req, "id"), &report, err);
    if (rc == 0)
        aas_http_reply_json(req, 200, report);
    return rc;
}

int ml_routes_predictions(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err)
{
    static const struct aas_http_route routes[] = {
        {AAS_HTTP_POST, "/predictions/{id}/verify", AAS_HTTP_WORKER, 0, 0, 0, 30000, verify},
    };
    return aas_http_server_add(server, routes, sizeof routes / sizeof routes[0], svc, err);
}
