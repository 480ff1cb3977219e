/* GET /metrics: Prometheus text, or performance per version as JSON for who asks with Accept: application/json. */
#include <string.h>

#include <aas/health.h>
#include <aas/http_route.h>
#include <aas/http_server.h>

#include "feedback.h"
#include "keeper.h"
#include "service.h"
#include "stats.h"

static json_t *log_json(struct ml_service *svc)
{
    struct ml_prediction_log_stats s;
    ml_prediction_log_stats(svc->log, &s);
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:b}", "appended", (json_int_t)s.appended, "stored",
                     (json_int_t)s.stored, "duplicate", (json_int_t)s.duplicate, "dropped", (json_int_t)s.dropped,
                     "failed", (json_int_t)s.failed, "backlog", (json_int_t)s.backlog, "store_away", s.store_away);
}

static int metrics(struct aas_http_req *req, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    const char *accept = aas_http_req_header(req, "Accept");
    if (!accept || !strstr(accept, "application/json"))
        return aas_health_reply_metrics(req, err);
    json_t *feedback = NULL;
    if (ml_feedback_metrics(svc, &feedback, NULL) != 0)
        feedback = json_null(); /* the store is away: unknown, not zero */
    json_t *body =
        json_pack("{s:o,s:o,s:o}", "versions", ml_stats_json(), "feedback", feedback, "prediction_log", log_json(svc));
    if (!body)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    aas_http_reply_json(req, 200, body);
    return 0;
}

int ml_routes_metrics(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err)
{
    static const struct aas_http_route routes[] = {
        {AAS_HTTP_GET, "/metrics", AAS_HTTP_WORKER, 0, AAS_HTTP_NO_LOG, 0, 0, metrics},
    };
    return aas_http_server_add(server, routes, sizeof routes / sizeof routes[0], svc, err);
}
