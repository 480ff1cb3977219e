/* POST /predict, POST /predict-batch. Inline on the HTTP threads; with explanations on the workers. */
#include <stdlib.h>
#include <string.h>

#include <aas/buf.h>
#include <aas/http_route.h>
#include <aas/http_server.h>
#include <aas/workers.h>

#include "idempotency.h"
#include "judge.h"
#include "service.h"

#define JSON            "application/json"
#define KEY_MAX         128
#define SINGLE_MAX_BODY ((size_t)4 * 1024 * 1024)

typedef int answer_fn(struct aas_http_req *req, enum ml_explain_mode explain, struct aas_error *err);

/* What deferring needs to remember. */
struct later {
    struct aas_http_req *req;
    answer_fn *answer;
    enum ml_explain_mode explain;
};

static void run_later(void *arg, bool cancelled)
{
    struct later *l = arg;
    struct aas_http_req *req = l->req;
    struct aas_error err = AAS_ERROR_NONE;
    int rc =
        cancelled ? aas_error_set(&err, AAS_EUNAVAILABLE, "the service is stopping") : l->answer(req, l->explain, &err);
    aas_http_req_finish(req, rc, &err); /* frees l, which is the request's */
}

static int explain_mode(struct aas_http_req *req, enum ml_explain_mode *ret, struct aas_error *err)
{
    const char *text = aas_http_req_query(req, "explain");
    *ret = ML_EXPLAIN_LATER;
    if (!text || strcmp(text, "0") == 0)
        return 0;
    if (strcmp(text, "1") == 0)
        *ret = ML_EXPLAIN_ALL;
    else if (strcmp(text, "anomalies") == 0)
        *ret = ML_EXPLAIN_ANOMALIES;
    else
        return aas_http_req_field(req, "explain", aas_error_set(err, AAS_EINVAL, "explain must be 0, 1 or anomalies"));
    return 0;
}

static int answer_or_defer(struct aas_http_req *req, answer_fn *answer, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    enum ml_explain_mode explain;
    int rc = explain_mode(req, &explain, err);
    if (rc)
        return rc;
    if (explain == ML_EXPLAIN_LATER)
        return answer(req, explain, err);
    struct later *l = aas_http_req_alloc(req, sizeof *l);
    if (!l)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    *l = (struct later){.req = req, .answer = answer, .explain = explain};
    aas_http_req_defer(req);
    rc = aas_workers_submit(svc->workers, run_later, l);
    if (rc) {
        (void)aas_error_set(err, rc, "too many explanations are being made: try again in a moment");
        aas_http_req_finish(req, rc, err);
    }
    return 0;
}

static int failed(struct aas_http_req *req, const char *field, int rc)
{
    if (!field[0])
        return rc;
    char *kept = aas_http_req_strdup(req, field);
    return kept ? aas_http_req_field(req, kept, rc) : rc;
}

static int answer_one(struct aas_http_req *req, enum ml_explain_mode explain, struct aas_error *err)
{
    size_t len;
    const char *body = aas_http_req_body(req, &len);
    char field[ML_FIELD_BYTES] = "";
    int rc = ml_judge_one(aas_http_req_ctx(req), body, len, explain, aas_http_req_buf(req), field, err);
    if (rc)
        return failed(req, field, rc);
    aas_http_reply_buf(req, 200, JSON);
    return 0;
}

static int predict(struct aas_http_req *req, struct aas_error *err)
{
    return answer_or_defer(req, answer_one, err);
}

static int answer_many(struct aas_http_req *req, enum ml_explain_mode explain, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    size_t len;
    const char *body = aas_http_req_body(req, &len), *key = aas_http_req_header(req, "Idempotency-Key");
    struct aas_buf *out = aas_http_req_buf(req);
    if (key && strlen(key) > KEY_MAX)
        return aas_http_req_field(req, "Idempotency-Key",
                                  aas_error_set(err, AAS_EINVAL, "Idempotency-Key has more than %d bytes", KEY_MAX));
    int rc = key ? ml_idempotency_get(svc->idempotency, key, body, len, out, err) : AAS_ENOENT;
    if (rc == AAS_ENOENT) {
        char field[ML_FIELD_BYTES] = "";
        bool timed = true;
        rc = ml_judge_many(svc, body, len, explain, aas_http_req_id(req), out, field, &timed, err);
        if (rc)
            return failed(req, field, rc);
        if (key && !timed)
            ml_idempotency_put(svc->idempotency, key, body, len, out->data, out->len);
    }
    if (rc == 0)
        aas_http_reply_buf(req, 200, JSON);
    return rc;
}

static int predict_batch(struct aas_http_req *req, struct aas_error *err)
{
    return answer_or_defer(req, answer_many, err);
}

int ml_routes_predict(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err)
{
    static struct aas_http_route routes[] = {
        {AAS_HTTP_POST, "/predict", AAS_HTTP_INLINE, 0, AAS_HTTP_NO_LOG, SINGLE_MAX_BODY, 0, predict},
        {AAS_HTTP_POST, "/predict-batch", AAS_HTTP_INLINE, 0, AAS_HTTP_NO_LOG, 0, 30000, predict_batch},
    };
    routes[1].max_body_bytes = (size_t)svc->config->batch_max_bytes;
    return aas_http_server_add(server, routes, sizeof routes / sizeof routes[0], svc, err);
}
