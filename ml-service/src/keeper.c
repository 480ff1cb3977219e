/* See keeper.h. Lock: `lock` guards the drift reports and the stop flag, never held over the store. */
#include "keeper.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/json.h>
#include <aas/log.h>
#include <aas/metrics.h>
#include <aas/store.h>
#include <aas/store_sweep.h>
#include <aas/thread.h>

#include "drift.h"
#include "feedback.h"
#include "jobs.h"
#include "watchdog.h"

#define AAS_LOG_MOD "keeper"

#define SWEEP_DOCS  20000
#define WATCH_SPAN  INT64_C(86400000) /* a promotion is watched for a day */
#define DRIFT_SHARE 0.2               /* of the features: retrain where that is asked for */

struct ml_keeper {
    struct ml_service *svc;
    struct aas_thread *thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    json_t *drift;
    struct aas_mono sweep_at;
};

int ml_keeper_create(struct ml_keeper **ret, struct ml_service *svc, struct aas_error *err)
{
    struct ml_keeper *k = calloc(1, sizeof *k);
    if (!k)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    k->svc = svc;
    k->drift = json_object();
    (void)pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&k->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    *ret = k;
    return 0;
}

void ml_keeper_destroy(struct ml_keeper *k)
{
    if (!k)
        return;
    ml_keeper_stop(k);
    json_decref(k->drift);
    (void)pthread_cond_destroy(&k->wake);
    (void)pthread_mutex_destroy(&k->lock);
    free(k);
}

json_t *ml_keeper_drift(struct ml_keeper *k)
{
    (void)pthread_mutex_lock(&k->lock);
    json_t *copy = json_deep_copy(k->drift);
    (void)pthread_mutex_unlock(&k->lock);
    return copy;
}

/* --- retention -----------------------------------------------------------------------------------------------------
 */

static void sweep(struct ml_keeper *k)
{
    int64_t keep_ms = k->svc->config->retention_ms;
    if (keep_ms == 0 || !aas_mono_passed(k->sweep_at))
        return;
    struct aas_sweep_report report = {0};
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_store_sweep(k->svc->store, AAS_COLL_PREDICTIONS, aas_clock_wall_ms() - keep_ms, SWEEP_DOCS, false,
                             &report, &err);
    if (rc)
        AAS_LOG_WARN("keeper.sweep", "old predictions could not be removed; trying again", AAS_F_ERROR(&err));
    else if (report.removed > 0)
        AAS_LOG_INFO("keeper.swept", "predictions past their retention were removed",
                     AAS_F_INT("removed", report.removed), AAS_F_INT("kept", report.kept));
    k->sweep_at = aas_mono_in_ms(report.more ? 1000 : 600000);
}

/* --- drift ---------------------------------------------------------------------------------------------------------
 */

static void export_drift(const char *version, const json_t *report)
{
    const json_t *drifted = json_object_get(report, "drifted");
    if (!json_is_integer(drifted))
        return;
    aas_metric_set(aas_metrics_gauge(NULL, "aas_ml_drifted_features", "Features that drifted, by version.",
                                     AAS_LABELS({"version", version})),
                   (double)json_integer_value(drifted));
    aas_metric_set(aas_metrics_gauge(NULL, "aas_ml_drift_psi_max",
                                     "Largest population stability index of a feature, by version.",
                                     AAS_LABELS({"version", version})),
                   json_number_value(json_object_get(report, "psi_max")));
}

/* Share of the champion's features that drifted; 0 where nothing can be said. */
static double look_at_drift(struct ml_keeper *k, const struct ml_model *model)
{
    json_t *report = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (ml_drift_report(k->svc->store, model, &report, &err) != 0) {
        AAS_LOG_WARN("keeper.drift", "drift could not be computed; trying again", AAS_F_ERROR(&err));
        return 0;
    }
    export_drift(model->version, report);
    double share = (double)json_integer_value(json_object_get(report, "drifted")) / (double)model->features;
    (void)pthread_mutex_lock(&k->lock);
    AAS_IGNORE(json_object_set_new(k->drift, model->version, report));
    (void)pthread_mutex_unlock(&k->lock);
    return share;
}

/* --- a champion that does worse ------------------------------------------------------------------------------------
 */

static int64_t count(struct ml_keeper *k, const char *version, int64_t from, int64_t to, bool anomalies)
{
    const struct aas_cond where[] = {{.field = "model", .op = AAS_OP_EQ, .value = AAS_V_STR(version)},
                                     {.field = "role", .op = AAS_OP_EQ, .value = AAS_V_STR("champion")},
                                     {.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(from)},
                                     {.field = "at", .op = AAS_OP_LT, .value = AAS_V_TIME(to)},
                                     {.field = "is_anomaly", .op = AAS_OP_EQ, .value = AAS_V_BOOL(true)}};
    int64_t n = 0;
    int rc = aas_store_count(k->svc->store, AAS_COLL_PREDICTIONS, where, anomalies ? 5 : 4, &n, NULL);
    return rc == 0 ? n : 0;
}

static struct ml_record record_of(struct ml_keeper *k, const char *version, int64_t from, int64_t to,
                                  const json_t *feedback)
{
    const json_t *mine = json_object_get(feedback, version), *accuracy = json_object_get(mine, "accuracy");
    return (struct ml_record){.windows = count(k, version, from, to, false),
                              .anomalies = count(k, version, from, to, true),
                              .judged = json_integer_value(json_object_get(mine, "judged")),
                              .accuracy = json_is_number(accuracy) ? json_number_value(accuracy) : (double)NAN};
}

/* The promotion that made `version` champion of `type`; NULL when a person insisted on it after a rollback, when there
 * was none before, or when it was long ago. */
static const json_t *watched_promotion(const json_t *history, const char *type, const char *version, int64_t now)
{
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(history); i++) {
        const json_t *e = json_array_get(history, i);
        const char *t = json_string_value(json_object_get(e, "type")),
                   *from = json_string_value(json_object_get(e, "from")),
                   *action = json_string_value(json_object_get(e, "action")),
                   *v = json_string_value(json_object_get(e, "version"));
        if (!t || strcmp(t, type) != 0)
            continue;
        if (strcmp(action, "rollback") == 0 && from && strcmp(from, version) == 0)
            return NULL;
        if (strcmp(action, "promote") == 0 && v && strcmp(v, version) == 0)
            found = from ? e : NULL;
    }
    bool recent = found && now - json_integer_value(json_object_get(found, "at")) < WATCH_SPAN;
    return recent ? found : NULL;
}

static void watch_champion(struct ml_keeper *k, const struct ml_route *route)
{
    json_t *item = NULL, *feedback = NULL;
    struct aas_error err = AAS_ERROR_NONE, why = AAS_ERROR_NONE;
    int64_t now = aas_clock_wall_ms();
    const char *version = route->champion->version;
    if (ml_registry_describe(k->svc->registry, version, &item, &err) != 0)
        return;
    const json_t *promotion = watched_promotion(json_object_get(item, "history"), route->type, version, now);
    if (promotion && ml_feedback_metrics(k->svc, &feedback, &err) == 0) {
        int64_t at = json_integer_value(json_object_get(promotion, "at"));
        const char *from = json_string_value(json_object_get(promotion, "from"));
        struct ml_record is = record_of(k, version, at, now, feedback);
        struct ml_record was = record_of(k, from, at - WATCH_SPAN, at, feedback);
        if (ml_watch_is_worse(&is, &was, &why)) {
            struct ml_change c = {.action = ML_ACTION_ROLLBACK,
                                  .type = route->type,
                                  .version = version,
                                  .user = "ml-service",
                                  .reason = why.msg,
                                  .at_ms = now};
            int rc = ml_registry_change(k->svc->registry, &c, &err);
            AAS_LOG_WARN("keeper.rollback", "the new champion does worse than the version before and is rolled back",
                         AAS_F_STR("version", version), AAS_F_STR("why", why.msg), AAS_F_ERR(rc));
        }
    }
    json_decref(feedback);
    json_decref(item);
}

/* --- triggers ------------------------------------------------------------------------------------------------------
 */

static void retrain(struct ml_keeper *k, const char *type, const char *reason)
{
    struct ml_retrain what = {.type = type, .user = "ml-service", .reason = reason};
    json_t *job = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    int rc = ml_jobs_retrain(k->svc->jobs, &what, &job, &err);
    if (rc == 0)
        AAS_LOG_INFO("keeper.retrain", "retraining starts by itself", AAS_F_STR("reason", reason));
    else if (rc != AAS_ECONFLICT)
        AAS_LOG_WARN("keeper.retrain", "retraining could not start; trying again", AAS_F_ERROR(&err));
    json_decref(job);
}

/* New words since the last job; without any word there is nothing to learn. */
static void check_triggers(struct ml_keeper *k, double drift)
{
    const struct ml_config *c = k->svc->config;
    int64_t newest = 0, words = 0, now = aas_clock_wall_ms();
    char reason[128];
    if (ml_jobs_newest(k->svc->jobs, &newest, NULL) != 0 ||
        ml_feedback_count_since(k->svc, newest, &words, NULL) != 0 || words == 0)
        return;
    if (c->retrain_feedbacks > 0 && words >= c->retrain_feedbacks)
        (void)snprintf(reason, sizeof reason, "%lld new verdicts since the last training", (long long)words);
    else if (c->retrain_every_ms > 0 && now - newest >= c->retrain_every_ms)
        (void)snprintf(reason, sizeof reason, "on schedule");
    else if (c->retrain_on_drift && drift >= DRIFT_SHARE && now - newest >= WATCH_SPAN)
        (void)snprintf(reason, sizeof reason, "%.0f %% of the features drifted", 100 * drift);
    else
        return;
    retrain(k, "*", reason);
}

/* --- the thread ----------------------------------------------------------------------------------------------------
 */

static void look(struct ml_keeper *k)
{
    double drift = 0;
    sweep(k);
    struct ml_serving *s = ml_registry_acquire(k->svc->registry);
    for (size_t i = 0; s && i < s->count; i++) {
        drift = fmax(drift, look_at_drift(k, s->routes[i].champion));
        if (k->svc->config->auto_rollback)
            watch_champion(k, &s->routes[i]);
    }
    if (s)
        check_triggers(k, drift);
    ml_serving_put(s);
}

static void run(void *arg)
{
    struct ml_keeper *k = arg;
    for (;;) {
        (void)pthread_mutex_lock(&k->lock);
        struct timespec until = aas_mono_timespec(aas_mono_in_ms(k->svc->config->keeper_ms));
        aas_thread_idle();
        if (!k->stopping)
            (void)pthread_cond_timedwait(&k->wake, &k->lock, &until);
        bool end = k->stopping;
        (void)pthread_mutex_unlock(&k->lock);
        if (end)
            return;
        aas_thread_busy();
        look(k);
    }
}

int ml_keeper_start(struct ml_keeper *k, struct aas_error *err)
{
    int rc = aas_thread_create(&k->thread, "ml-keeper", run, k);
    return rc ? aas_error_set(err, rc, "cannot start the keeper: %s", aas_strerror(rc)) : 0;
}

void ml_keeper_stop(struct ml_keeper *k)
{
    (void)pthread_mutex_lock(&k->lock);
    k->stopping = true;
    (void)pthread_cond_broadcast(&k->wake);
    (void)pthread_mutex_unlock(&k->lock);
    aas_thread_join(k->thread);
    k->thread = NULL;
}
