#include "hashing.h"

#include "aas/workers.h"
#include "app.h"

struct hash_job {
    struct aas_http_req *req;
    api_hash_fn *fn;
};

static void run(void *arg, bool cancelled)
{
    struct hash_job *job = arg;
    struct aas_http_req *req = job->req;
    struct aas_error err = AAS_ERROR_NONE;
    int rc;
    if (cancelled)
        rc = aas_error_set(&err, AAS_EUNAVAILABLE, "the service is stopping");
    else if (aas_http_req_time_left_ms(req) == 0)
        rc = aas_error_set(&err, AAS_EUNAVAILABLE, "too many logins wait; try again in a moment");
    else
        rc = job->fn(aas_http_req_ctx(req), req, &err);
    aas_http_req_finish(req, rc, &err);
}

int api_hash_defer(struct aas_http_req *req, api_hash_fn *fn, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    struct hash_job *job = aas_http_req_alloc(req, sizeof *job);
    if (!job)
        return AAS_ENOMEM;
    *job = (struct hash_job){req, fn};
    aas_http_req_defer(req);
    int rc = aas_workers_submit(app->hashers, run, job);
    if (rc) {
        rc = aas_error_set(err, AAS_EUNAVAILABLE, "too many logins wait; try again in a moment");
        aas_http_req_finish(req, rc, err);
    }
    return 0;
}
