/* See app.h. */
#include "app.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/health.h>
#include <aas/http_server.h>
#include <aas/log.h>
#include <aas/metrics.h>
#include <aas/store.h>
#include <aas/workers.h>

#include "current_watch.h"
#include "explain.h"
#include "idempotency.h"
#include "jobs.h"
#include "keeper.h"
#include "service.h"
#include "stats.h"

#define AAS_LOG_MOD "app"

#define WORKER_QUEUE          256
#define DRAIN_MS              3000
#define EXPLAIN_NS_PER_SECOND INT64_C(50000000)
#define QUIET_MS              700 /* files in models/current are complete when nothing changed for so long */
#define PATH_BYTES            1024

struct ml_app {
    struct ml_service svc; /* what the routes see */
    struct aas_health *health;
    struct aas_http_server *http;
    bool exported, stopped;
    /* the writer's thread only: explanations that may still be made in this second */
    struct aas_mono budget_until;
    int64_t budget, budget_ns;
};

int ml_app_create(void **ret_app, const void *config, struct aas_error *err)
{
    struct ml_app *app = calloc(1, sizeof *app);
    if (!app)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    app->svc.config = config;
    *ret_app = app;
    return 0;
}

/* --- explanations behind the answer --------------------------------------------------------------------------------
 */

/* Both a count and a share of one processor: a large model's explanations take 10 ms each. */
static bool within_budget(struct ml_app *app)
{
    if (aas_mono_passed(app->budget_until)) {
        app->budget = app->svc.config->explain_per_second;
        app->budget_ns = EXPLAIN_NS_PER_SECOND;
        app->budget_until = aas_mono_in_ms(1000);
    }
    return app->budget_ns > 0 && app->budget > 0 && app->budget-- > 0;
}

static int explain_doc(void *arg, const bson_t *doc, bson_t *ret_doc)
{
    struct ml_app *app = arg;
    struct ml_model *model = NULL;
    bson_iter_t it;
    bson_subtype_t subtype;
    const uint8_t *bytes = NULL;
    uint32_t len = 0;
    if (!within_budget(app) || !bson_iter_init_find(&it, doc, "row") || !BSON_ITER_HOLDS_BINARY(&it))
        return AAS_ENOENT;
    bson_iter_binary(&it, &subtype, &len, &bytes);
    int rc = ml_registry_model(app->svc.registry, aas_doc_str(doc, "model", ""), &model, NULL);
    if (rc)
        return rc;
    float *row = len == model->features * sizeof *row ? malloc(len) : NULL;
    int label = -1;
    for (size_t i = 0; i < model->classes_count; i++)
        if (strcmp(model->classes[i], aas_doc_str(doc, "label", "")) == 0)
            label = (int)i;
    struct ml_explanation x;
    rc = row && label >= 0 ? 0 : AAS_EMISMATCH;
    if (rc == 0) {
        struct aas_mono start = aas_clock_mono();
        memcpy(row, bytes, len);
        rc = ml_explain(model, row, label, &x, NULL);
        app->budget_ns -= aas_mono_diff_ns(aas_clock_mono(), start);
    }
    if (rc == 0) {
        rc = bson_concat(ret_doc, doc) ? ml_explanation_bson(ret_doc, &x) : AAS_ETOOBIG;
    }
    free(row);
    ml_model_put(model);
    return rc;
}

/* --- health and metrics --------------------------------------------------------------------------------------------
 */

static int check_model(void *arg, struct aas_error *err)
{
    struct ml_app *app = arg;
    struct ml_serving *s = ml_registry_acquire(app->svc.registry);
    if (!s) {
        ml_registry_reason(app->svc.registry, err);
        return AAS_EUNAVAILABLE;
    }
    ml_serving_put(s);
    return 0;
}

static int check_store(void *arg, struct aas_error *err)
{
    struct ml_app *app = arg;
    struct ml_prediction_log_stats s;
    ml_prediction_log_stats(app->svc.log, &s);
    if (s.store_away)
        return aas_error_set(err, AAS_EUNAVAILABLE, "the store does not answer; %llu predictions wait in the log",
                             (unsigned long long)s.backlog);
    return aas_store_ping(app->svc.store, err);
}

static void collect(struct aas_metrics *m, void *arg)
{
    struct ml_app *app = arg;
    struct ml_prediction_log_stats s;
    ml_prediction_log_stats(app->svc.log, &s);
    static const char help[] = "Predictions by what became of them.";
    const struct {
        const char *result;
        uint64_t n;
    } rows[] = {{"logged", s.appended},
                {"stored", s.stored},
                {"duplicate", s.duplicate},
                {"dropped", s.dropped},
                {"failed", s.failed}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        aas_metric_set_total(
            aas_metrics_counter(m, "aas_ml_prediction_log_total", help, AAS_LABELS({"result", rows[i].result})),
            (double)rows[i].n);
    aas_metric_set(aas_metrics_gauge(m, "aas_ml_prediction_log_backlog", "Predictions that aren't in the store yet.",
                                     AAS_NO_LABELS),
                   (double)s.backlog);
    struct ml_serving *serving = ml_registry_acquire(app->svc.registry);
    aas_metric_set(aas_metrics_gauge(m, "aas_ml_models_serving", "Sensor types that have a champion.", AAS_NO_LABELS),
                   serving ? (double)serving->count : 0);
    ml_serving_put(serving);
}

/* --- start ---------------------------------------------------------------------------------------------------------
 */

/* Open only: whether it answers, the registry finds out; the service starts without it. */
static int open_store(struct ml_app *app, struct aas_error *err)
{
    return aas_store_open(&app->svc.store, app->svc.config->store_url, err);
}

static int open_log(struct ml_app *app, struct aas_error *err)
{
    char dir[PATH_BYTES];
    (void)mkdir(app->svc.config->common.home, 0750);
    if (snprintf(dir, sizeof dir, "%s/ml-wal", app->svc.config->common.home) >= (int)sizeof dir)
        return aas_error_set(err, AAS_ETOOBIG, "AAS_HOME is too long");
    struct ml_prediction_log_options o = {.dir = dir,
                                          .max_total_bytes = app->svc.config->log_max_bytes,
                                          .store = app->svc.store,
                                          .explain = explain_doc,
                                          .arg = app};
    return ml_prediction_log_create(&app->svc.log, &o, err);
}

static int open_registry(struct ml_app *app, struct aas_error *err)
{
    struct ml_registry_options o = {.models_dir = app->svc.config->models_dir,
                                    .state_dir = app->svc.config->common.home,
                                    .store = app->svc.store,
                                    .poll_ms = app->svc.config->poll_ms};
    return ml_registry_create(&app->svc.registry, &o, err);
}

static int open_jobs(struct ml_app *app, struct aas_error *err)
{
    struct ml_jobs_options o = {.store = app->svc.store,
                                .registry = app->svc.registry,
                                .store_url = app->svc.config->store_url,
                                .models_dir = app->svc.config->models_dir,
                                .instance = app->svc.config->common.home,
                                .tool = app->svc.config->model_tool,
                                .promote = app->svc.config->promotion == ML_PROMOTION_MANAGED};
    int rc = ml_jobs_create(&app->svc.jobs, &o, err);
    return rc ? rc : ml_jobs_start(app->svc.jobs, err);
}

static int open_current(struct ml_app *app, struct aas_error *err)
{
    struct ml_current_options o = {.models_dir = app->svc.config->models_dir,
                                   .registry = app->svc.registry,
                                   .promote = app->svc.config->promotion == ML_PROMOTION_MANAGED,
                                   .quiet_ms = QUIET_MS};
    int rc = ml_current_create(&app->svc.current, &o, err);
    return rc ? rc : ml_current_start(app->svc.current, err);
}

static int open_http(struct ml_app *app, struct aas_error *err)
{
    const struct ml_config *c = app->svc.config;
    struct aas_http_server_config h = {.bind = c->common.bind,
                                       .port = c->port,
                                       .threads = (unsigned)c->threads,
                                       .workers = app->svc.workers,
                                       .service = "ml-service"};
    int rc = aas_http_server_create(&app->http, &h, err);
    if (rc == 0)
        rc = aas_health_create(&app->health, "ml-service", AAS_VERSION, err);
    if (rc == 0)
        rc = aas_health_add(app->health, "model", false, check_model, app, err);
    if (rc == 0)
        rc = aas_health_add(app->health, "store", false, check_store, app, err);
    if (rc == 0)
        rc = aas_health_register(app->health, app->http, AAS_HEALTH_NO_METRICS, err);
    if (rc == 0)
        rc = ml_routes_predict(app->http, &app->svc, err);
    if (rc == 0)
        rc = ml_routes_predictions(app->http, &app->svc, err);
    if (rc == 0)
        rc = ml_routes_models(app->http, &app->svc, err);
    if (rc == 0)
        rc = ml_routes_feedback(app->http, &app->svc, err);
    if (rc == 0)
        rc = ml_routes_jobs(app->http, &app->svc, err);
    if (rc == 0)
        rc = ml_routes_metrics(app->http, &app->svc, err);
    return rc ? rc : aas_http_server_start(app->http, err);
}

static int open_workers(struct ml_app *app, struct aas_error *err)
{
    int rc = aas_workers_create(&app->svc.workers, "ml-work", (size_t)app->svc.config->workers, WORKER_QUEUE);
    if (rc == 0)
        rc = ml_idempotency_create(&app->svc.idempotency);
    if (rc == 0)
        rc = ml_stats_export(NULL);
    if (rc == 0)
        rc = aas_metrics_add_collector(NULL, collect, app);
    app->exported = rc == 0;
    return rc ? aas_error_set(err, rc, "cannot start the workers: %s", aas_strerror(rc)) : 0;
}

int ml_app_start(void *arg, struct aas_error *err)
{
    struct ml_app *app = arg;
    int rc = open_store(app, err);
    if (rc == 0)
        rc = open_log(app, err);
    if (rc == 0)
        rc = open_registry(app, err);
    if (rc == 0)
        rc = open_workers(app, err);
    if (rc == 0)
        rc = ml_registry_start(app->svc.registry, err);
    if (rc == 0)
        rc = ml_prediction_log_start(app->svc.log, err);
    if (rc == 0)
        rc = open_jobs(app, err);
    if (rc == 0)
        rc = open_current(app, err);
    if (rc == 0)
        rc = ml_keeper_create(&app->svc.keeper, &app->svc, err);
    if (rc == 0)
        rc = ml_keeper_start(app->svc.keeper, err);
    if (rc == 0)
        rc = open_http(app, err);
    if (rc == 0)
        AAS_LOG_INFO("ready", "listening", AAS_F_STR("bind", app->svc.config->common.bind),
                     AAS_F_INT("port", aas_http_server_port(app->http)));
    return rc;
}

void ml_app_stop(void *arg, struct aas_mono deadline)
{
    struct ml_app *app = arg;
    if (app->stopped)
        return;
    app->stopped = true;
    if (app->health)
        aas_health_set_stopping(app->health);
    if (app->http)
        aas_http_server_stop(app->http, DRAIN_MS);
    if (app->svc.workers)
        aas_workers_stop(app->svc.workers, deadline);
    if (app->svc.keeper)
        ml_keeper_stop(app->svc.keeper);
    if (app->svc.current)
        ml_current_stop(app->svc.current);
    if (app->svc.jobs)
        ml_jobs_stop(app->svc.jobs);
    if (app->svc.registry)
        ml_registry_stop(app->svc.registry);
    if (app->svc.log)
        ml_prediction_log_stop(app->svc.log, deadline);
}

void ml_app_destroy(void *arg)
{
    struct ml_app *app = arg;
    if (!app)
        return;
    ml_app_stop(app, AAS_MONO_PAST);
    if (app->exported)
        aas_metrics_remove_collector(NULL, collect, app);
    aas_http_server_destroy(app->http);
    aas_health_destroy(app->health);
    aas_workers_destroy(app->svc.workers);
    ml_keeper_destroy(app->svc.keeper);
    ml_current_destroy(app->svc.current);
    ml_jobs_destroy(app->svc.jobs);
    ml_prediction_log_destroy(app->svc.log);
    ml_registry_destroy(app->svc.registry);
    ml_idempotency_destroy(app->svc.idempotency);
    aas_store_close(app->svc.store);
    free(app);
}
