/* POST /retrain, GET /jobs, GET and DELETE /jobs/{id}. All on workers. */
#include <aas/http_route.h>
#include <aas/http_server.h>
#include <aas/json_schema.h>

#include "jobs.h"
#include "service.h"

static int check_body(struct aas_http_req *req, json_t **ret_body, struct aas_error *err)
{
    size_t len;
    const struct aas_schema *schema = NULL;
    char field[128] = "";
    *ret_body = NULL;
    (void)aas_http_req_body(req, &len);
    if (len == 0)
        return 0;
    int rc = aas_http_req_json(req, ret_body, err);
    if (rc == 0)
        rc = aas_schema_get("retrain", &schema, err);
    if (rc == 0)
        rc = aas_schema_check(schema, *ret_body, field, sizeof field, err);
    char *kept = rc && field[0] ? aas_http_req_strdup(req, field) : NULL;
    return kept ? aas_http_req_field(req, kept, rc) : rc;
}

static const char *text_or(const json_t *body, const char *key, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(body, key));
    return s ? s : otherwise;
}

static int retrain(struct aas_http_req *req, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    json_t *body = NULL, *job = NULL;
    int rc = check_body(req, &body, err);
    if (rc)
        return rc;
    const json_t *range = json_object_get(body, "range");
    struct ml_retrain what = {.type = text_or(body, "sensor_type", "*"),
                              .user = ml_user_of(req, body),
                              .reason = text_or(body, "reason", "asked for by hand"),
                              .params = json_object_get(body, "params"),
                              .from = json_integer_value(json_object_get(range, "from")),
                              .to = json_integer_value(json_object_get(range, "to"))};
    rc = ml_jobs_retrain(svc->jobs, &what, &job, err);
    if (rc == 0)
        aas_http_reply_json(req, 202, job);
    return rc;
}

static int list(struct aas_http_req *req, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    int64_t limit;
    json_t *out = NULL;
    int rc = aas_http_req_query_int(req, "limit", 1, 200, 20, &limit, err);
    if (rc == 0)
        rc = ml_jobs_list(svc->jobs, (size_t)limit, aas_http_req_query(req, "cursor"), &out, err);
    if (rc == 0)
        aas_http_reply_json(req, 200, out);
    return rc;
}

static int get(struct aas_http_req *req, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    json_t *job = NULL;
    int rc = ml_jobs_get(svc->jobs, aas_http_req_param(req, "id"), &job, err);
    if (rc == 0)
        aas_http_reply_json(req, 200, job);
    return rc;
}

static int cancel(struct aas_http_req *req, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    json_t *job = NULL;
    int rc = ml_jobs_cancel(svc->jobs, aas_http_req_param(req, "id"), &job, err);
    if (rc == 0)
        aas_http_reply_json(req, 202, job);
    return rc;
}

int ml_routes_jobs(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err)
{
    static const struct aas_http_route routes[] = {
        {AAS_HTTP_POST, "/retrain", AAS_HTTP_WORKER, 0, 0, 65536, 0, retrain},
        {AAS_HTTP_GET, "/jobs", AAS_HTTP_WORKER, 0, 0, 0, 0, list},
        {AAS_HTTP_GET, "/jobs/{id}", AAS_HTTP_WORKER, 0, 0, 0, 0, get},
        {AAS_HTTP_DELETE, "/jobs/{id}", AAS_HTTP_WORKER, 0, 0, 0, 0, cancel},
    };
    return aas_http_server_add(server, routes, sizeof routes / sizeof routes[0], svc, err);
}
