/* Predictions: list with filters, one, and its recomputation by ml-service. */
#include "aas/store.h"
#include "app.h"
#include "principal.h"
#include "proxy.h"
#include "routes.h"

static int list_predictions(struct aas_http_req *req, struct aas_error *err)
{
    static const char *const states[] = {"normal", "fault", "unknown", "blind", "warming_up", NULL};
    struct aas_cond conds[AAS_STORE_FILTER_MAX];
    struct api_filter filter = {req, conds, 0};
    struct aas_query query = {.where = conds, .sort = "at", .descending = true};
    double confidence = -1;
    int rc = api_page(req, &query, err);
    rc = rc ? rc : api_filter_text(&filter, "sensor_id", "sensor_id", NULL, err);
    rc = rc ? rc : api_filter_text(&filter, "label", "label", NULL, err);
    rc = rc ? rc : api_filter_text(&filter, "state", "state", states, err);
    rc = rc ? rc : api_filter_text(&filter, "model", "model", NULL, err);
    rc = rc ? rc : api_filter_times(&filter, "at", err);
    rc = rc ? rc : aas_http_req_query_double(req, "min_confidence", 0, 1, -1, &confidence, err);
    if (rc)
        return rc;
    if (confidence >= 0)
        conds[filter.count++] =
            (struct aas_cond){.field = "confidence", .op = AAS_OP_GE, .value = AAS_V_NUM(confidence)};
    query.n_where = filter.count;
    return api_reply_list(aas_http_req_ctx(req), req, AAS_COLL_PREDICTIONS, &query, err);
}

static int get_prediction(struct aas_http_req *req, struct aas_error *err)
{
    return api_reply_document(aas_http_req_ctx(req), req, AAS_COLL_PREDICTIONS, aas_http_req_param(req, "id"),
                              "prediction", err);
}

static const struct aas_http_route rows[] = {
    {.method = AAS_HTTP_GET,
     .pattern = "/predictions",
     .mode = AAS_HTTP_WORKER,
     .role = API_VIEWER,
     .flags = AAS_HTTP_ETAG,
     .handler = list_predictions},
    {.method = AAS_HTTP_GET,
     .pattern = "/predictions/{id}",
     .mode = AAS_HTTP_WORKER,
     .role = API_VIEWER,
     .flags = AAS_HTTP_ETAG,
     .handler = get_prediction},
    {.method = AAS_HTTP_POST,
     .pattern = "/predictions/{id}/verify",
     .mode = AAS_HTTP_WORKER,
     .role = API_VIEWER,
     .max_body_bytes = 4096,
     .handler = api_proxy_ml},
};
const struct api_table api_routes_predictions = API_TABLE(rows);
