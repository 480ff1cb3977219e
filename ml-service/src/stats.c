/* See stats.h. The list is append-only: readers walk it without a lock, `lock` serialises appends. */
#include "stats.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <aas/metrics.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct ml_stats *) head;

static struct ml_stats *find(const char *version)
{
    for (struct ml_stats *s = atomic_load(&head); s; s = s->next)
        if (strcmp(s->version, version) == 0)
            return s;
    return NULL;
}

static void stats_free(struct ml_stats *s)
{
    for (size_t i = 0; s->classes && i < s->classes_count; i++)
        free(s->classes[i]);
    free(s->classes);
    free(s);
}

static struct ml_stats *make(const char *version, char *const *classes, size_t classes_count)
{
    struct ml_stats *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    memcpy(s->version, version, strlen(version) + 1);
    s->classes = calloc(classes_count, sizeof *s->classes);
    s->classes_count = s->classes ? classes_count : 0;
    for (size_t i = 0; i < s->classes_count; i++) {
        s->classes[i] = strdup(classes[i]);
        if (!s->classes[i]) {
            stats_free(s);
            return NULL;
        }
    }
    return s;
}

struct ml_stats *ml_stats_of(const char *version, char *const *classes, size_t classes_count)
{
    struct ml_stats *s = find(version);
    if (s || classes_count > ML_STATS_MAX_CLASSES || strlen(version) >= ML_VERSION_BYTES)
        return s;
    (void)pthread_mutex_lock(&lock);
    s = find(version);
    if (!s) {
        s = make(version, classes, classes_count);
        if (s) {
            s->next = atomic_load(&head);
            atomic_store(&head, s);
        }
    }
    (void)pthread_mutex_unlock(&lock);
    return s;
}

static void add(atomic_uint_fast64_t *c, uint64_t n)
{
    atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static size_t bin_of(double share)
{
    double b = share * ML_STATS_BINS;
    return b >= ML_STATS_BINS - 1 ? ML_STATS_BINS - 1 : b > 0 ? (size_t)b : 0;
}

void ml_stats_count(struct ml_stats *s, const struct ml_prediction *pr)
{
    if (!s)
        return;
    add(&s->count, 1);
    if ((size_t)pr->label < s->classes_count)
        add(&s->by_label[pr->label], 1);
    add(&s->by_state[pr->state], 1);
    add(&s->by_role[pr->role], 1);
    add(&s->confidence[bin_of((double)pr->p[pr->label])], 1);
    if (!isnan(pr->anomaly_score))
        add(&s->score[bin_of(pr->anomaly_score)], 1);
    add(&s->latency_us, (uint64_t)pr->latency_us);
}

static uint64_t get(const atomic_uint_fast64_t *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

static json_t *list_json(const atomic_uint_fast64_t *c, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        AAS_IGNORE(json_array_append_new(list, json_integer((json_int_t)get(&c[i]))));
    return list;
}

static json_t *one_json(const struct ml_stats *s)
{
    json_t *labels = json_object(), *states = json_object(), *roles = json_object();
    for (size_t i = 0; i < s->classes_count; i++)
        AAS_IGNORE(json_object_set_new(labels, s->classes[i], json_integer((json_int_t)get(&s->by_label[i]))));
    for (int i = 0; i < ML_STATE__COUNT; i++)
        AAS_IGNORE(json_object_set_new(states, ml_state_name((enum ml_state)i),
                                       json_integer((json_int_t)get(&s->by_state[i]))));
    for (int i = 0; i < ML_ROLE__COUNT; i++)
        AAS_IGNORE(
            json_object_set_new(roles, ml_role_name((enum ml_role)i), json_integer((json_int_t)get(&s->by_role[i]))));
    uint64_t n = get(&s->count);
    json_t *latency = n > 0 ? json_real((double)get(&s->latency_us) / (double)n) : json_null();
    return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "predictions", (json_int_t)n, "labels", labels, "states", states,
                     "roles", roles, "confidence_histogram", list_json(s->confidence, ML_STATS_BINS),
                     "anomaly_score_histogram", list_json(s->score, ML_STATS_BINS), "latency_us_mean", latency);
}

json_t *ml_stats_json(void)
{
    json_t *out = json_object();
    for (const struct ml_stats *s = atomic_load(&head); s; s = s->next)
        AAS_IGNORE(json_object_set_new(out, s->version, one_json(s)));
    return out;
}

static void collect(struct aas_metrics *m, void *arg)
{
    (void)arg;
    for (const struct ml_stats *s = atomic_load(&head); s; s = s->next) {
        for (size_t i = 0; i < s->classes_count; i++)
            aas_metric_set_total(aas_metrics_counter(m, "aas_ml_predictions_total", "Predictions by version and label.",
                                                     AAS_LABELS({"version", s->version}, {"label", s->classes[i]})),
                                 (double)get(&s->by_label[i]));
        for (int i = 0; i < ML_STATE__COUNT; i++)
            aas_metric_set_total(
                aas_metrics_counter(m, "aas_ml_prediction_states_total", "Predictions by version and state.",
                                    AAS_LABELS({"version", s->version}, {"state", ml_state_name((enum ml_state)i)})),
                (double)get(&s->by_state[i]));
        for (int i = 0; i < ML_ROLE__COUNT; i++)
            aas_metric_set_total(
                aas_metrics_counter(m, "aas_ml_prediction_roles_total", "Predictions by version and role.",
                                    AAS_LABELS({"version", s->version}, {"role", ml_role_name((enum ml_role)i)})),
                (double)get(&s->by_role[i]));
        aas_metric_set_total(aas_metrics_counter(m, "aas_ml_prediction_seconds_total",
                                                 "Time spent on predictions by version, in seconds.",
                                                 AAS_LABELS({"version", s->version})),
                             (double)get(&s->latency_us) / 1e6);
    }
}

int ml_stats_export(struct aas_metrics *m)
{
    return aas_metrics_add_collector(m, collect, NULL);
}
