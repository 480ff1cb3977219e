/* What is going on now: one thread reads the log by a cursor of its own, from where the store ends, and keeps per
 * sensor the newest readings, the window, and the state. It feeds windows to ml-service and frames to the stream. It
 * never waits for the store, so that people see the newest data while the store is away.
 *
 * One mutex over all sensors, taken once per batch of records by the live thread, and by whoever asks. Order: live ->
 * ml queue, registry, stream (all leaves). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "aas/buf.h"
#include "aas/error.h"
#include "config.h"
#include "ml_client.h"

struct aas_store;
struct aas_wal;
struct ingest_live;
struct ingest_registry;
struct ingest_stream;
struct ingest_topics;

/** Whether alarms want to know: called on the ml thread, without locks. */
struct ingest_live_hooks {
    void (*on_prediction)(void *arg, const struct ingest_window_job *job, const json_t *prediction);
    /** A sensor fell silent, or came back; on the live thread. False: say it again. */
    bool (*on_silence)(void *arg, const char *sensor_id, bool silent, int64_t last_received_ms);
    void *arg;
};

struct ingest_live_options {
    const struct ingest_config *config;
    struct aas_wal *wal;
    struct aas_store *store;
    struct ingest_registry *registry;
    const struct ingest_topics *topics;
    struct ingest_stream *stream;
    struct ingest_writer *writer; /* says what is stored by now */
    struct ingest_live_hooks hooks;
};

int ingest_live_create(struct ingest_live **ret_live, const struct ingest_live_options *o,
                       struct aas_error *err) AAS_MUST_CHECK;
/** ml: where windows go (borrowed). offset: the log is read from here. */
int ingest_live_start(struct ingest_live *l, struct ingest_ml *ml, uint64_t offset,
                      struct aas_error *err) AAS_MUST_CHECK;
void ingest_live_stop(struct ingest_live *l);
void ingest_live_destroy(struct ingest_live *l);

/* --- from the ml thread --- */
void ingest_live_prediction(struct ingest_live *l, const struct ingest_window_job *job, json_t *prediction,
                            const char *error);
void ingest_live_serving(struct ingest_live *l, struct ingest_serving *serving);
void ingest_live_available(struct ingest_live *l, bool available);

/* --- any thread --- */

/** The members of a snapshot frame but alarms: `"sensors":[…],"predictions":[…]`. */
void ingest_live_snapshot(struct ingest_live *l, struct aas_buf *out);

/** Rows of a sensor that may not be stored yet, oldest first. */
struct ingest_rows {
    size_t n, channels;
    char **names;   /* channels */
    int64_t *t;     /* n */
    double *values; /* n * channels, row-major */
};
void ingest_rows_fini(struct ingest_rows *r);
/** Newest readings in memory (copies). False: the sensor is unknown here, or memory is out. */
bool ingest_live_rows(struct ingest_live *l, const char *sensor_id, struct ingest_rows *ret_rows);

struct ingest_live_stats {
    size_t sensors, normal, fault, unknown, blind, warming_up, no_data;
    uint64_t records, readings, windows, amended, too_late;
    uint64_t cursor;
    double readings_per_s, windows_per_s;
};
void ingest_live_stats(struct ingest_live *l, struct ingest_live_stats *ret_stats);
