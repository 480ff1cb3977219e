/* Windows to ml-service: a bounded queue that prefers the newest, one thread that sends batches over one kept-alive
 * connection and hands the predictions on. A batch that got no answer is sent again with the same Idempotency-Key;
 * while ml-service is away windows wait, the oldest are given up when the queue is full, and available() says no.
 *
 * One mutex (queue, serving), a leaf; callbacks run on the client's thread without it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "aas/error.h"
#include "aas/http_client.h"
#include "config.h"
#include "registry.h"
#include "serving.h"

struct ingest_ml;

/** A window on its way, in one piece of memory. values[c * n + i]; column c is the channel c of `type`. */
struct ingest_window_job {
    struct ingest_serving *serving; /* one reference; `type` points into it */
    const struct ingest_serving_type *type;
    char sensor_id[INGEST_SENSOR_ID_BYTES];
    char sensor_type[64]; /* "" unknown */
    size_t n;
    int64_t start_ms, end_ms;
    double coverage; /* of the rows */
    uint32_t revision;
    int64_t *t;
    double *values;
};
/** Room for n rows of the type's channels; takes a reference of serving. NULL: no memory. */
struct ingest_window_job *ingest_window_job_new(struct ingest_serving *serving, const struct ingest_serving_type *type,
                                                size_t n);
void ingest_window_job_free(struct ingest_window_job *job);

struct ingest_ml_callbacks {
    /** A prediction as ml-service gave it (borrowed), or NULL where it refused this window (error says why). */
    void (*on_prediction)(void *arg, const struct ingest_window_job *job, json_t *prediction, const char *error);
    /** What is served has changed: other windows or channels (borrowed; take a reference). */
    void (*on_serving)(void *arg, struct ingest_serving *serving);
    /** It answers, or it does not any more. */
    void (*on_available)(void *arg, bool available);
    void *arg;
};

int ingest_ml_create(struct ingest_ml **ret_ml, const struct ingest_config *config,
                     const struct ingest_ml_callbacks *callbacks, struct aas_error *err) AAS_MUST_CHECK;
int ingest_ml_start(struct ingest_ml *ml, struct aas_error *err) AAS_MUST_CHECK;
/** A call under way ends by its own deadline; what waits is given up: windows come again from the store after the next
 *  start. */
void ingest_ml_stop(struct ingest_ml *ml);
void ingest_ml_destroy(struct ingest_ml *ml);

/** Takes job in every case. Any thread; never blocks. */
void ingest_ml_push(struct ingest_ml *ml, struct ingest_window_job *job);

struct ingest_ml_stats {
    bool available;
    char error[AAS_ERROR_MSG_BYTES];
    size_t queued;
    uint64_t pushed, predicted, refused, given_up, batches, retries;
    enum aas_http_breaker breaker;
    double last_seconds; /* of the last call */
};
void ingest_ml_stats(struct ingest_ml *ml, struct ingest_ml_stats *ret_stats);
