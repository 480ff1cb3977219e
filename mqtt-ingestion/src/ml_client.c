#include "ml_client.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "aas/backoff.h"
#include "aas/clock.h"
#include "aas/id.h"
#include "aas/json.h"
#include "aas/json_pull.h"
#include "aas/log.h"
#include "aas/metrics.h"
#include "aas/thread.h"

#define AAS_LOG_MOD "ml_client"

#define BATCH_MAX          1024
#define REQUEST_BYTES      ((size_t)64 << 20)
#define ANSWER_BYTES       ((size_t)16 << 20)
#define SERVING_REFRESH_MS 2000
#define RETRY_MIN_MS       50
#define RETRY_MAX_MS       2000
#define TRIES              3 /* of one batch with one key; then its windows go back and the newest come first */

struct ingest_ml {
    const struct ingest_config *config;
    struct ingest_ml_callbacks callbacks;
    struct aas_http_client *http;
    struct aas_thread *thread;
    struct aas_metric *latency;

    pthread_mutex_t lock; /* what follows up to stats */
    pthread_cond_t more;
    struct ingest_window_job **queue; /* ring, oldest first */
    size_t head, len, cap;
    bool stopping;
    struct ingest_ml_stats stats;

    /* the thread's own */
    struct ingest_serving *serving;
    struct aas_mono serving_due;
    struct ingest_window_job *batch[BATCH_MAX];
    size_t batch_len;
    struct aas_buf request;
    struct aas_http_result result;
};

/* --- jobs --------------------------------------------------------------------------------------------------------- */

struct ingest_window_job *ingest_window_job_new(struct ingest_serving *serving, const struct ingest_serving_type *type,
                                                size_t n)
{
    size_t head = (sizeof(struct ingest_window_job) + 15) & ~(size_t)15;
    struct ingest_window_job *job = malloc(head + n * sizeof *job->t + n * type->channels_count * sizeof *job->values);
    if (!job)
        return NULL;
    memset(job, 0, sizeof *job);
    job->serving = ingest_serving_ref(serving);
    job->type = type;
    job->n = n;
    job->t = (int64_t *)(void *)((char *)job + head);
    job->values = (double *)(void *)(job->t + n);
    return job;
}

void ingest_window_job_free(struct ingest_window_job *job)
{
    if (!job)
        return;
    ingest_serving_unref(job->serving);
    free(job);
}

/* --- the queue ---------------------------------------------------------------------------------------------------- */

static size_t slot(const struct ingest_ml *ml, size_t i)
{
    return (ml->head + i) % ml->cap;
}

/* Under lock. Behind the others; the oldest goes when there is no room. */
static void push_back(struct ingest_ml *ml, struct ingest_window_job *job)
{
    if (ml->len == ml->cap) {
        ingest_window_job_free(ml->queue[ml->head]);
        ml->head = slot(ml, 1);
        ml->len--;
        ml->stats.given_up++;
    }
    ml->queue[slot(ml, ml->len++)] = job;
}

void ingest_ml_push(struct ingest_ml *ml, struct ingest_window_job *job)
{
    (void)pthread_mutex_lock(&ml->lock);
    push_back(ml, job);
    ml->stats.pushed++;
    if (ml->len == 1)
        (void)pthread_cond_signal(&ml->more);
    (void)pthread_mutex_unlock(&ml->lock);
}

/* Windows that got no answer: in front of all that came since. Under lock. */
static void put_back(struct ingest_ml *ml)
{
    for (size_t i = ml->batch_len; i-- > 0;) {
        if (ml->len == ml->cap) {
            ingest_window_job_free(ml->batch[i]);
            ml->stats.given_up++;
            continue;
        }
        ml->head = (ml->head + ml->cap - 1) % ml->cap;
        ml->queue[ml->head] = ml->batch[i];
        ml->len++;
    }
    ml->batch_len = 0;
}

/* The newest windows, in their order. False: stop, or nothing until the deadline. */
static bool take_batch(struct ingest_ml *ml, struct aas_mono deadline)
{
    struct timespec at = aas_mono_timespec(deadline);
    (void)pthread_mutex_lock(&ml->lock);
    while (!ml->stopping && ml->len == 0 && !aas_mono_passed(deadline))
        (void)pthread_cond_timedwait(&ml->more, &ml->lock, &at);
    size_t most = (size_t)ml->config->ml_batch;
    size_t n = ml->stopping ? 0 : ml->len < most ? ml->len : most;
    for (size_t i = 0; i < n; i++)
        ml->batch[i] = ml->queue[slot(ml, ml->len - n + i)];
    ml->len -= n;
    ml->batch_len = n;
    (void)pthread_mutex_unlock(&ml->lock);
    return n > 0;
}

static bool stopping(struct ingest_ml *ml)
{
    (void)pthread_mutex_lock(&ml->lock);
    bool is = ml->stopping;
    (void)pthread_mutex_unlock(&ml->lock);
    return is;
}

static void pause_ms(struct ingest_ml *ml, int64_t ms)
{
    struct aas_mono until = aas_mono_in_ms(ms);
    struct timespec at = aas_mono_timespec(until);
    (void)pthread_mutex_lock(&ml->lock);
    while (!ml->stopping && !aas_mono_passed(until))
        (void)pthread_cond_timedwait(&ml->more, &ml->lock, &at);
    (void)pthread_mutex_unlock(&ml->lock);
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

static void set_available(struct ingest_ml *ml, bool available, const struct aas_error *err)
{
    (void)pthread_mutex_lock(&ml->lock);
    bool was = ml->stats.available;
    ml->stats.available = available;
    ml->stats.error[0] = '\0';
    if (!available)
        AAS_IGNORE(aas_str_copy(ml->stats.error, sizeof ml->stats.error, aas_str_from(err->msg)));
    (void)pthread_mutex_unlock(&ml->lock);
    if (was == available)
        return;
    if (available)
        AAS_LOG_INFO("ml.back", "ml-service judges windows");
    else
        AAS_LOG_WARN("ml.away", "ml-service does not judge windows: sensors are blind, windows wait", AAS_F_ERROR(err));
    ml->callbacks.on_available(ml->callbacks.arg, available);
}

static int call_json(struct ingest_ml *ml, const struct aas_http_call *call, json_t **ret_doc, struct aas_error *err)
{
    int rc = aas_http_client_do(ml->http, call, &ml->result, err);
    if (rc < 0)
        return rc;
    if (ml->result.status != 200)
        return aas_error_set(err, ml->result.status == 503 ? AAS_EUNAVAILABLE : AAS_EUPSTREAM, "%s answered %u: %.*s",
                             call->path, ml->result.status,
                             (int)(ml->result.body.len < 120 ? ml->result.body.len : 120),
                             aas_buf_str(&ml->result.body));
    return aas_json_parse(ml->result.body.data, ml->result.body.len, ANSWER_BYTES, 0, ret_doc, err);
}

/* 0: there is a model for something. */
static int refresh_serving(struct ingest_ml *ml, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = NULL;
    struct ingest_serving *serving = NULL;
    const struct aas_http_call call = {.path = "/serving", .deadline_ms = (uint32_t)ml->config->ml_deadline_ms};
    ml->serving_due = aas_mono_in_ms(SERVING_REFRESH_MS);
    int rc = call_json(ml, &call, &doc, err);
    if (rc == 0)
        rc = ingest_serving_parse(doc, &serving, err);
    if (rc < 0)
        return rc;
    if (ingest_serving_same_windows(ml->serving, serving)) {
        ingest_serving_unref(serving);
    } else {
        ingest_serving_unref(ml->serving);
        ml->serving = serving;
        ml->callbacks.on_serving(ml->callbacks.arg, serving);
    }
    return ml->serving->count > 0 ? 0 : aas_error_set(err, AAS_EUNAVAILABLE, "ml-service has no model yet");
}

static void write_item(struct aas_json_writer *w, const struct ingest_window_job *job)
{
    aas_json_write_object(w);
    aas_json_write_key(w, "sensor_id");
    aas_json_write_string(w, job->sensor_id);
    if (job->sensor_type[0] != '\0') {
        aas_json_write_key(w, "sensor_type");
        aas_json_write_string(w, job->sensor_type);
    }
    if (job->revision > 0) {
        aas_json_write_key(w, "revision");
        aas_json_write_int(w, job->revision);
    }
    aas_json_write_key(w, "window");
    aas_json_write_object(w);
    aas_json_write_key(w, "t");
    aas_json_write_ints(w, job->t, job->n);
    aas_json_write_key(w, "channels");
    aas_json_write_object(w);
    for (size_t c = 0; c < job->type->channels_count; c++) {
        aas_json_write_key(w, job->type->channels[c]);
        aas_json_write_doubles(w, job->values + c * job->n, job->n);
    }
    aas_json_write_object_end(w);
    aas_json_write_object_end(w);
    aas_json_write_object_end(w);
}

static int write_request(struct ingest_ml *ml)
{
    struct aas_json_writer w;
    aas_buf_clear(&ml->request);
    aas_json_write_init(&w, &ml->request);
    aas_json_write_object(&w);
    aas_json_write_key(&w, "items");
    aas_json_write_array(&w);
    for (size_t i = 0; i < ml->batch_len; i++)
        write_item(&w, ml->batch[i]);
    aas_json_write_array_end(&w);
    aas_json_write_object_end(&w);
    return aas_json_write_finish(&w);
}

static int deliver(struct ingest_ml *ml, const json_t *doc, struct aas_error *err)
{
    const json_t *list = json_object_get(doc, "predictions");
    if (!json_is_array(list) || json_array_size(list) != ml->batch_len)
        return aas_error_set(err, AAS_EUPSTREAM, "/predict-batch: predictions must be a list of %zu", ml->batch_len);
    uint64_t refused = 0;
    for (size_t i = 0; i < ml->batch_len; i++) {
        json_t *p = json_array_get(list, i), *problem = json_object_get(p, "error");
        const char *why = problem ? json_string_value(json_object_get(problem, "detail")) : NULL;
        refused += problem != NULL;
        if (problem)
            AAS_LOG_WARN("ml.refused", "ml-service refuses a window", AAS_F_STR("sensor_id", ml->batch[i]->sensor_id),
                         AAS_F_STR("detail", why ? why : "no reason given"));
        ml->callbacks.on_prediction(ml->callbacks.arg, ml->batch[i], problem ? NULL : p, why);
        ingest_window_job_free(ml->batch[i]);
    }
    (void)pthread_mutex_lock(&ml->lock);
    ml->stats.predicted += ml->batch_len - refused;
    ml->stats.refused += refused;
    ml->stats.batches++;
    (void)pthread_mutex_unlock(&ml->lock);
    ml->batch_len = 0;
    return 0;
}

static int send_once(struct ingest_ml *ml, const char *key_header, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = NULL;
    const char *headers[] = {key_header, NULL};
    const struct aas_http_call call = {.method = "POST",
                                       .path = "/predict-batch",
                                       .body = ml->request.data,
                                       .body_len = ml->request.len,
                                       .headers = headers,
                                       .deadline_ms = (uint32_t)ml->config->ml_deadline_ms};
    struct aas_mono began = aas_clock_mono();
    int rc = call_json(ml, &call, &doc, err);
    double seconds = (double)aas_mono_diff_ns(aas_clock_mono(), began) / 1e9;
    aas_metric_observe(ml->latency, seconds);
    (void)pthread_mutex_lock(&ml->lock);
    ml->stats.last_seconds = seconds;
    (void)pthread_mutex_unlock(&ml->lock);
    return rc == 0 ? deliver(ml, doc, err) : rc;
}

/* A request that can never be accepted must not block those behind it. */
static bool hopeless(const struct ingest_ml *ml, int rc)
{
    return rc == AAS_EUPSTREAM && ml->result.status >= 400 && ml->result.status < 500 && ml->result.status != 429;
}

static void give_up_batch(struct ingest_ml *ml, const struct aas_error *err)
{
    AAS_LOG_ERROR("ml.batch_refused", "ml-service refuses a batch of windows: they are given up",
                  AAS_F_UINT("windows", ml->batch_len), AAS_F_ERROR(err));
    (void)pthread_mutex_lock(&ml->lock);
    ml->stats.given_up += ml->batch_len;
    (void)pthread_mutex_unlock(&ml->lock);
    for (size_t i = 0; i < ml->batch_len; i++) {
        ml->callbacks.on_prediction(ml->callbacks.arg, ml->batch[i], NULL, err->msg);
        ingest_window_job_free(ml->batch[i]);
    }
    ml->batch_len = 0;
}

static void send_batch(struct ingest_ml *ml, struct aas_backoff *backoff)
{
    char id[AAS_ID_SIZE], header[64];
    struct aas_error err = AAS_ERROR_NONE;
    aas_id_new(aas_clock_wall_ms(), id);
    (void)snprintf(header, sizeof header, "Idempotency-Key: %s", id);
    int rc = write_request(ml);
    if (rc < 0)
        (void)aas_error_set(&err, rc, "no memory for a batch of windows");
    for (int i = 0; rc == 0 && i < TRIES; i++) {
        aas_error_clear(&err);
        int sent = send_once(ml, header, &err);
        if (sent == 0) {
            set_available(ml, true, NULL);
            aas_backoff_reset(backoff);
            return;
        }
        if (hopeless(ml, sent)) {
            give_up_batch(ml, &err);
            return;
        }
        set_available(ml, false, &err);
        (void)pthread_mutex_lock(&ml->lock);
        ml->stats.retries++;
        (void)pthread_mutex_unlock(&ml->lock);
        pause_ms(ml, aas_backoff_next_ms(backoff));
        if (stopping(ml))
            break;
    }
    (void)pthread_mutex_lock(&ml->lock);
    put_back(ml);
    (void)pthread_mutex_unlock(&ml->lock);
    ml->serving_due = AAS_MONO_PAST;
}

static void run(void *arg)
{
    struct ingest_ml *ml = arg;
    struct aas_backoff backoff;
    aas_backoff_init(&backoff, RETRY_MIN_MS, RETRY_MAX_MS, 0);
    while (!stopping(ml)) {
        struct aas_error err = AAS_ERROR_NONE;
        aas_thread_beat();
        if (aas_mono_passed(ml->serving_due)) {
            int rc = refresh_serving(ml, &err);
            set_available(ml, rc == 0, &err);
            if (rc < 0) {
                pause_ms(ml, aas_backoff_next_ms(&backoff));
                ml->serving_due = AAS_MONO_PAST;
                continue;
            }
            aas_backoff_reset(&backoff);
        }
        if (take_batch(ml, ml->serving_due)) {
            aas_thread_busy();
            send_batch(ml, &backoff);
            aas_thread_idle();
        }
    }
}

/* --- life --------------------------------------------------------------------------------------------------------- */

int ingest_ml_create(struct ingest_ml **ret_ml, const struct ingest_config *config,
                     const struct ingest_ml_callbacks *callbacks, struct aas_error *err)
{
    struct ingest_ml *ml = calloc(1, sizeof *ml);
    if (!ml)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    ml->config = config;
    ml->callbacks = *callbacks;
    ml->serving_due = AAS_MONO_PAST;
    aas_buf_init(&ml->request, REQUEST_BYTES);
    aas_http_result_init(&ml->result);
    (void)pthread_mutex_init(&ml->lock, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&ml->more, &attr);
    (void)pthread_condattr_destroy(&attr);
    ml->cap = (size_t)config->ml_queue;
    ml->queue = calloc(ml->cap, sizeof(*ml->queue));
    ml->latency = aas_metrics_histogram(NULL, "aas_ingest_predict_seconds", "Duration of a call to ml-service.",
                                        AAS_NO_LABELS, aas_metrics_latency_bounds, aas_metrics_latency_bounds_count);
    const struct aas_http_client_config http = {
        .base_url = config->ml_url, .name = "ml-service", .max_handles = 2, .breaker_open_ms = 250};
    int rc =
        ml->queue ? aas_http_client_create(&ml->http, &http, err) : aas_error_set(err, AAS_ENOMEM, "out of memory");
    if (rc < 0) {
        ingest_ml_destroy(ml);
        return rc;
    }
    *ret_ml = ml;
    return 0;
}

int ingest_ml_start(struct ingest_ml *ml, struct aas_error *err)
{
    int rc = aas_thread_create(&ml->thread, "ml", run, ml);
    return rc < 0 ? aas_error_set(err, rc, "cannot start a thread") : 0;
}

void ingest_ml_stop(struct ingest_ml *ml)
{
    (void)pthread_mutex_lock(&ml->lock);
    ml->stopping = true;
    (void)pthread_cond_broadcast(&ml->more);
    (void)pthread_mutex_unlock(&ml->lock);
    aas_thread_join(ml->thread);
    ml->thread = NULL;
}

void ingest_ml_destroy(struct ingest_ml *ml)
{
    if (!ml)
        return;
    ingest_ml_stop(ml);
    for (size_t i = 0; i < ml->len; i++)
        ingest_window_job_free(ml->queue[slot(ml, i)]);
    free(ml->queue);
    ingest_serving_unref(ml->serving);
    aas_http_client_destroy(ml->http);
    aas_http_result_fini(&ml->result);
    aas_buf_fini(&ml->request);
    (void)pthread_mutex_destroy(&ml->lock);
    (void)pthread_cond_destroy(&ml->more);
    free(ml);
}

void ingest_ml_stats(struct ingest_ml *ml, struct ingest_ml_stats *ret_stats)
{
    (void)pthread_mutex_lock(&ml->lock);
    *ret_stats = ml->stats;
    ret_stats->queued = ml->len;
    (void)pthread_mutex_unlock(&ml->lock);
    ret_stats->breaker = aas_http_client_breaker(ml->http);
}
