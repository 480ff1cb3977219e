#include "alarms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/backoff.h"
#include "aas/log.h"
#include "alarms_internal.h"
#include "ledger.h"

#define AAS_LOG_MOD "alarms"

#define QUEUE_ITEMS  8192
#define POLL_MS      500
#define SYNC_MS      2000
#define FAULTS_MS    10000
#define LABELS_MAX   INGEST_DECIDE_FAULTS_MAX
#define IMBALANCE_MS 3000 /* a ledger that does not balance for so long */
#define FLOOD_ALARMS 10   /* in ten minutes: EEMUA 191 */
#define FLOOD_MS     600000
#define RETRY_MIN_MS 100
#define RETRY_MAX_MS 5000

/* --- decisions, on the ml thread ---------------------------------------------------------------------------------- */

static double threshold_of(void *arg, const char *fault)
{
    struct ingest_alarms *a = arg;
    double threshold = a->o.config->alarm_threshold;
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->faults_count; i++) {
        const struct alarm_fault *f = &a->faults[i];
        if (strcmp(f->code, fault) == 0)
            threshold = !f->enabled ? 2 : isnan(f->threshold) ? threshold : f->threshold;
    }
    (void)pthread_mutex_unlock(&a->lock);
    return threshold;
}

static void resume_judge(struct ingest_alarms *a, struct alarm_judge *j)
{
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->open.len; i++) {
        const struct alarm_open *o = &a->open.items[i];
        if (strcmp(o->sensor_id, j->id) == 0 && aas_alarm_is_active(o->state) &&
            strcmp(o->fault, INGEST_FAULT_NO_DATA) != 0 && strcmp(o->fault, INGEST_FAULT_STALE) != 0)
            AAS_IGNORE(ingest_decide_resume(&j->decide, o->fault));
    }
    (void)pthread_mutex_unlock(&a->lock);
}

static struct alarm_judge *judge_of(struct ingest_alarms *a, const char *sensor_id)
{
    struct alarm_judge *j = ingest_smap_get(&a->judges, sensor_id, strlen(sensor_id));
    if (j)
        return j;
    j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    (void)snprintf(j->id, sizeof j->id, "%s", sensor_id);
    if (ingest_smap_put(&a->judges, j->id, strlen(j->id), j) < 0) {
        free(j);
        return NULL;
    }
    resume_judge(a, j);
    return j;
}

static bool queue_item(struct ingest_alarms *a, const char *sensor_id, const char *fault, bool active, int64_t at_ms,
                       const json_t *prediction)
{
    struct alarm_item item = {.active = active, .at_ms = at_ms};
    (void)snprintf(item.sensor_id, sizeof item.sensor_id, "%s", sensor_id);
    (void)snprintf(item.fault, sizeof item.fault, "%s", fault);
    item.prediction = prediction ? json_deep_copy(prediction) : NULL;
    if (aas_queue_try_push(a->queue, &item) == 0)
        return true;
    json_decref(item.prediction);
    return false;
}

bool ingest_alarms_condition(struct ingest_alarms *a, const char *sensor_id, const char *fault, bool active,
                             int64_t at_ms)
{
    return queue_item(a, sensor_id, fault, active, at_ms, NULL);
}

/* Only what the serving model says about a window that could be judged counts. */
static bool counts(const json_t *p)
{
    const char *role = json_string_value(json_object_get(p, "role")),
               *state = json_string_value(json_object_get(p, "state"));
    if (role && strcmp(role, "champion") != 0)
        return false;
    return state && strcmp(state, "blind") != 0 && strcmp(state, "warming_up") != 0;
}

static void decided(struct ingest_alarms *a, const char *sensor_id, const struct ingest_decision *d, int64_t at_ms,
                    const json_t *prediction)
{
    if (queue_item(a, sensor_id, d->fault, d->raise, at_ms, prediction))
        return;
    AAS_LOG_ERROR("alarm.lost", "the queue of alarms is full: an event is lost", AAS_F_STR("sensor_id", sensor_id),
                  AAS_F_STR("fault", d->fault), AAS_F_BOOL("raise", d->raise));
    (void)pthread_mutex_lock(&a->lock);
    a->stats.lost++;
    (void)pthread_mutex_unlock(&a->lock);
}

void ingest_alarms_prediction(struct ingest_alarms *a, const char *sensor_id, const json_t *prediction,
                              const char *normal)
{
    const char *labels[LABELS_MAX], *label;
    double p[LABELS_MAX];
    struct ingest_decision out[INGEST_DECIDE_FAULTS_MAX];
    size_t n = 0, decisions = 0;
    json_t *probabilities = json_object_get(prediction, "probabilities"), *value;
    json_object_foreach(probabilities, label, value)
    {
        if (n == LABELS_MAX || !json_is_number(value))
            continue;
        labels[n] = label;
        p[n++] = json_number_value(value);
    }
    struct alarm_judge *j = n > 1 && counts(prediction) ? judge_of(a, sensor_id) : NULL;
    if (!j)
        return;
    int64_t at = json_integer_value(json_object_get(prediction, "at"));
    int rc = ingest_decide_step(&j->decide, &a->rules, at, labels, p, n, normal, threshold_of, a, out, &decisions);
    if (rc < 0)
        AAS_LOG_ERROR("alarm.decide", "a prediction can't be judged", AAS_F_STR("sensor_id", sensor_id), AAS_F_ERR(rc));
    for (size_t i = 0; i < decisions; i++)
        decided(a, sensor_id, &out[i], at, prediction);
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static bool give_up(const struct ingest_alarms *a)
{
    return atomic_load(&a->stopping) && aas_clock_mono().ns >= atomic_load(&a->stop_deadline_ns);
}

static void apply_insisting(struct ingest_alarms *a, const struct alarm_item *item)
{
    struct aas_backoff backoff;
    aas_backoff_init(&backoff, RETRY_MIN_MS, RETRY_MAX_MS, 0);
    while (!give_up(a)) {
        struct aas_error err = AAS_ERROR_NONE;
        int rc = alarms_apply(a, item, &err);
        if (rc >= 0)
            return;
        AAS_LOG_WARN("alarm.retry", "an alarm can't be written, trying again", AAS_F_ERROR(&err));
        struct aas_mono until = aas_mono_in_ms(aas_backoff_next_ms(&backoff));
        while (!aas_mono_passed(until) && !atomic_load(&a->stopping)) {
            struct timespec slice = {.tv_nsec = 20000000};
            (void)nanosleep(&slice, NULL);
        }
    }
}

/* The ledger must balance; it may be seen in the middle of nothing, as it is told in whole steps. */
static void watch_ledger(struct ingest_alarms *a, int64_t now_ms)
{
    struct ingest_ledger_view v;
    ingest_ledger_view(a->o.ledger, &v);
    if (v.imbalance == 0)
        a->imbalance_since_ms = 0;
    else if (a->imbalance_since_ms == 0)
        a->imbalance_since_ms = now_ms;
    bool now = v.imbalance != 0 && now_ms - a->imbalance_since_ms >= IMBALANCE_MS;
    if (now == a->imbalance)
        return;
    if (now)
        AAS_LOG_ERROR("ledger.imbalance", "readings are not accounted for", AAS_F_INT("readings", v.imbalance));
    if (ingest_alarms_condition(a, INGEST_SYSTEM_SENSOR, INGEST_FAULT_IMBALANCE, now, now_ms))
        a->imbalance = now;
}

static void watch_flood(struct ingest_alarms *a, int64_t now_ms)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < ALARMS_RECENT && i < a->recent_at; i++)
        n += now_ms - a->recent[i] < FLOOD_MS;
    if (a->stats.flood && a->ticked_ms > 0)
        a->stats.flood_seconds += (double)(now_ms - a->ticked_ms) / 1000;
    bool flood = n > FLOOD_ALARMS;
    bool began = flood && !a->stats.flood;
    a->stats.raised_10min = n;
    a->stats.flood = flood;
    a->ticked_ms = now_ms;
    (void)pthread_mutex_unlock(&a->lock);
    if (began)
        AAS_LOG_WARN("alarm.flood", "more alarms than an operator can follow", AAS_F_UINT("in_10_minutes", n));
}

static void tick(struct ingest_alarms *a, bool changed)
{
    struct aas_error err = AAS_ERROR_NONE;
    int64_t now = aas_clock_wall_ms();
    int rc = 0;
    watch_ledger(a, now);
    watch_flood(a, now);
    if (now - a->faults_ms >= FAULTS_MS || now < a->faults_ms) {
        a->faults_ms = now;
        rc = alarms_load_faults(a, &err);
    }
    if (rc >= 0 && (changed || now - a->synced_ms >= SYNC_MS || now < a->synced_ms)) {
        a->synced_ms = now;
        rc = alarms_sync(a, now, &err);
    }
    if (rc < 0)
        AAS_LOG_WARN("alarm.sync", "alarms can't be compared with the store, trying again", AAS_F_ERROR(&err));
}

static void run(void *arg)
{
    struct ingest_alarms *a = arg;
    for (;;) {
        struct alarm_item item;
        int rc = aas_queue_pop(a->queue, &item, aas_mono_in_ms(POLL_MS));
        bool changed = false;
        aas_thread_busy();
        while (rc == 0) {
            apply_insisting(a, &item);
            json_decref(item.prediction);
            changed = true;
            rc = aas_queue_try_pop(a->queue, &item);
        }
        tick(a, changed);
        aas_thread_idle();
        if (rc == AAS_ECLOSED)
            return;
    }
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void drop_item(void *elem, void *arg)
{
    struct alarm_item *item = elem;
    (void)arg;
    json_decref(item->prediction);
}

int ingest_alarms_create(struct ingest_alarms **ret_alarms, const struct ingest_alarms_options *o,
                         struct aas_error *err)
{
    struct ingest_alarms *a = calloc(1, sizeof *a);
    if (!a)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    const struct ingest_config *c = o->config;
    a->o = *o;
    a->rules = (struct ingest_decide_rules){.smooth = (uint32_t)c->smooth_windows,
                                            .on = (uint32_t)c->alarm_on,
                                            .of = (uint32_t)c->alarm_of,
                                            .off = (uint32_t)c->alarm_off,
                                            .on_delay_ms = c->alarm_on_delay_ms,
                                            .off_delay_ms = c->alarm_off_delay_ms};
    (void)pthread_mutex_init(&a->lock, NULL);
    ingest_smap_init(&a->judges);
    int rc = aas_queue_create(&a->queue, sizeof(struct alarm_item), QUEUE_ITEMS, drop_item, NULL);
    if (rc < 0) {
        ingest_alarms_destroy(a);
        return aas_error_set(err, rc, "out of memory");
    }
    *ret_alarms = a;
    return 0;
}

int ingest_alarms_start(struct ingest_alarms *a, struct aas_error *err)
{
    int64_t now = aas_clock_wall_ms();
    int rc = alarms_load_faults(a, err);
    if (rc >= 0)
        rc = alarms_sync(a, now, err);
    a->faults_ms = a->synced_ms = now;
    return rc < 0 ? rc : aas_thread_create(&a->thread, "alarms", run, a);
}

void ingest_alarms_stop(struct ingest_alarms *a, struct aas_mono deadline)
{
    atomic_store(&a->stop_deadline_ns, deadline.ns);
    atomic_store(&a->stopping, true);
    if (a->queue)
        aas_queue_close(a->queue);
    aas_thread_join(a->thread);
    a->thread = NULL;
}

void ingest_alarms_destroy(struct ingest_alarms *a)
{
    if (!a)
        return;
    ingest_alarms_stop(a, AAS_MONO_PAST);
    size_t at = 0;
    for (struct alarm_judge *j; (j = ingest_smap_next(&a->judges, &at));) {
        ingest_decide_fini(&j->decide);
        free(j);
    }
    ingest_smap_fini(&a->judges);
    aas_queue_destroy(a->queue);
    alarm_list_fini(&a->open);
    free(a->faults);
    for (size_t i = 0; i < a->unsent_count; i++)
        free(a->unsent[i]);
    free(a->unsent);
    (void)pthread_mutex_destroy(&a->lock);
    free(a);
}

void ingest_alarms_snapshot(struct ingest_alarms *a, struct aas_buf *out)
{
    (void)aas_buf_append_char(out, '[');
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->open.len; i++) {
        if (i > 0)
            (void)aas_buf_append_char(out, ',');
        (void)aas_buf_append_str(out, a->open.items[i].json);
    }
    (void)pthread_mutex_unlock(&a->lock);
    (void)aas_buf_append_char(out, ']');
}

void ingest_alarms_stats(struct ingest_alarms *a, struct ingest_alarms_stats *ret_stats)
{
    (void)pthread_mutex_lock(&a->lock);
    *ret_stats = a->stats;
    (void)pthread_mutex_unlock(&a->lock);
}
