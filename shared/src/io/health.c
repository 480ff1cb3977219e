#include "aas/health.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/error.h"
#include "aas/http_server.h"
#include "aas/json_pull.h"
#include "aas/metrics.h"

#define MAX_CHECKS 16

struct check {
    char name[32];
    bool informative;
    aas_health_fn *fn;
    void *arg;
};

struct aas_health {
    char *service, *version;
    struct aas_mono start;
    struct check checks[MAX_CHECKS];
    size_t n;
    atomic_bool stopping;
};

int aas_health_create(struct aas_health **ret_health, const char *service, const char *version, struct aas_error *err)
{
    struct aas_health *h = calloc(1, sizeof *h);
    if (h) {
        h->service = strdup(service);
        h->version = strdup(version);
        h->start = aas_clock_mono();
    }
    if (!h || !h->service || !h->version) {
        aas_health_destroy(h);
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    }
    *ret_health = h;
    return 0;
}

void aas_health_destroy(struct aas_health *h)
{
    if (!h)
        return;
    free(h->service);
    free(h->version);
    free(h);
}

int aas_health_add(struct aas_health *h, const char *name, bool informative, aas_health_fn *fn, void *arg,
                   struct aas_error *err)
{
    if (h->n >= MAX_CHECKS)
        return aas_error_set(err, AAS_EFULL, "no room for health check %s", name);
    struct check *c = &h->checks[h->n];
    if (strlen(name) >= sizeof c->name)
        return aas_error_set(err, AAS_EINVAL, "name of health check %s is too long", name);
    (void)snprintf(c->name, sizeof c->name, "%s", name);
    c->informative = informative;
    c->fn = fn;
    c->arg = arg;
    h->n++;
    return 0;
}

void aas_health_set_stopping(struct aas_health *h)
{
    atomic_store(&h->stopping, true);
}

static void begin(struct aas_json_writer *w, const struct aas_health *h, const char *status)
{
    aas_json_write_object(w);
    aas_json_write_key(w, "status");
    aas_json_write_string(w, status);
    aas_json_write_key(w, "service");
    aas_json_write_string(w, h->service);
    aas_json_write_key(w, "version");
    aas_json_write_string(w, h->version);
}

static int get_live(struct aas_http_req *req, struct aas_error *err)
{
    struct aas_health *h = aas_http_req_ctx(req);
    struct aas_json_writer w;
    (void)err;
    aas_json_write_init(&w, aas_http_req_buf(req));
    begin(&w, h, "live");
    aas_json_write_key(&w, "uptime_s");
    aas_json_write_int(&w, aas_mono_diff_ms(aas_clock_mono(), h->start) / 1000);
    aas_json_write_object_end(&w);
    aas_http_reply_buf(req, 200, "application/json");
    return aas_json_write_finish(&w);
}

static int get_ready(struct aas_http_req *req, struct aas_error *err)
{
    struct aas_health *h = aas_http_req_ctx(req);
    struct aas_error reasons[MAX_CHECKS];
    int results[MAX_CHECKS];
    bool ready = true, stopping = atomic_load(&h->stopping);
    (void)err;
    for (size_t i = 0; i < h->n; i++) {
        reasons[i] = AAS_ERROR_NONE;
        results[i] = h->checks[i].fn(h->checks[i].arg, &reasons[i]);
        if (results[i] && !h->checks[i].informative)
            ready = false;
    }
    struct aas_json_writer w;
    aas_json_write_init(&w, aas_http_req_buf(req));
    begin(&w, h, stopping ? "stopping" : ready ? "ready" : "not_ready");
    aas_json_write_key(&w, "checks");
    aas_json_write_array(&w);
    for (size_t i = 0; i < h->n; i++) {
        aas_json_write_object(&w);
        aas_json_write_key(&w, "name");
        aas_json_write_string(&w, h->checks[i].name);
        aas_json_write_key(&w, "ok");
        aas_json_write_bool(&w, results[i] == 0);
        aas_json_write_key(&w, "required");
        aas_json_write_bool(&w, !h->checks[i].informative);
        aas_json_write_key(&w, "reason");
        aas_json_write_string(&w, results[i] ? aas_error_text(&reasons[i], results[i]) : NULL);
        aas_json_write_object_end(&w);
    }
    aas_json_write_array_end(&w);
    aas_json_write_object_end(&w);
    aas_http_reply_buf(req, ready && !stopping ? 200 : 503, "application/json");
    return aas_json_write_finish(&w);
}

int aas_health_reply_metrics(struct aas_http_req *req, struct aas_error *err)
{
    struct aas_buf *out = aas_http_req_buf(req);
    int rc = aas_metrics_render(NULL, out);
    if (rc)
        return aas_error_set(err, rc, "the metrics cannot be rendered");
    aas_http_reply_buf(req, 200, AAS_METRICS_CONTENT_TYPE);
    return 0;
}

int aas_health_register(struct aas_health *h, struct aas_http_server *server, unsigned flags, struct aas_error *err)
{
    static const struct aas_http_route probes[] = {
        {.method = AAS_HTTP_GET, .pattern = "/health/live", .flags = AAS_HTTP_NO_LOG, .handler = get_live},
        {.method = AAS_HTTP_GET, .pattern = "/health/ready", .flags = AAS_HTTP_NO_LOG, .handler = get_ready},
    };
    static const struct aas_http_route metrics[] = {
        {.method = AAS_HTTP_GET, .pattern = "/metrics", .flags = AAS_HTTP_NO_LOG, .handler = aas_health_reply_metrics},
    };
    int rc = aas_http_server_add(server, probes, 2, h, err);
    if (rc == 0 && !(flags & AAS_HEALTH_NO_METRICS))
        rc = aas_http_server_add(server, metrics, 1, h, err);
    return rc;
}
