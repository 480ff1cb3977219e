/* What live.c (thread, records), live_window.c (windows, restart) and live_json.c (frames) share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "aas/clock.h"
#include "aas/reading.h"
#include "aas/thread.h"
#include "aas/wal.h"
#include "live.h"
#include "registry.h"
#include "smap.h"
#include "stream.h"
#include "topic.h"
#include "validate.h"

#define LIVE_PREDICTIONS 50 /* of a snapshot */

enum live_state { LIVE_NORMAL, LIVE_FAULT, LIVE_UNKNOWN, LIVE_BLIND, LIVE_WARMING_UP, LIVE_NO_DATA, LIVE__STATE_COUNT };
extern const char *const live_state_names[LIVE__STATE_COUNT];

struct live_channel {
    char *name;
    size_t len;
    int32_t column;  /* in the window; -1: the model does not use it */
    double min, max; /* NaN: no bound */
};

struct live_sensor {
    char id[INGEST_SENSOR_ID_BYTES];
    size_t id_len;
    const struct ingest_meta *meta; /* one reference */
    uint64_t generation;

    struct live_channel *channels;
    size_t channels_count, channels_cap;
    uint32_t *positions;
    size_t positions_count;

    /* newest rows by arrival: a ring, row-major with `stride` values per row */
    int64_t *t;
    uint64_t *offsets; /* in the log */
    double *values;
    size_t rows_cap, rows_head, rows_len, stride;
    size_t unsent; /* newest rows that no frame has carried yet */
    bool in_unsent;
    struct live_sensor *next_unsent;
    size_t newest_row; /* place of the newest event time */

    int64_t newest_ms;        /* event time */
    int64_t last_received_ms; /* wall clock, of arrival */
    int64_t last_auto_ms;
    double interval_ms; /* smoothed time between two readings */

    struct aas_window *window;
    uint64_t window_generation; /* of the serving that the window was cut for; 0: none yet */
    const struct ingest_serving_type *type;
    bool restored;     /* what the store knows of it was read */
    int64_t resume_ms; /* end of the newest window that was judged in an earlier life */

    enum live_state predicted; /* by the newest prediction; LIVE_WARMING_UP: none yet */
    char label[65];
    double confidence; /* NaN: none */
    char prediction_id[65];
    int64_t predicted_ms; /* the window's end */
    double coverage;
    bool silent; /* told to the hook */

    enum live_state sent_state;
    int64_t sent_ms;
    bool changed; /* since the last sensor frame */
};

struct ingest_live {
    struct ingest_live_options o;
    struct ingest_ml *ml;
    struct ingest_rules rules;
    struct aas_thread *thread;
    struct aas_wal_reader *reader;
    atomic_bool stopping;

    pthread_mutex_t lock; /* all below */
    struct ingest_smap map;
    struct live_sensor **list;
    size_t count, cap;
    struct live_sensor *last;
    struct live_sensor *unsent;
    struct ingest_serving *serving;
    uint64_t serving_generation; /* 0: none yet */
    bool available;
    char *predictions[LIVE_PREDICTIONS]; /* JSON, a ring, newest at predictions_at - 1 */
    size_t predictions_at;
    struct ingest_live_stats stats;
    uint64_t committed; /* the writer has stored what the log holds below */
    uint64_t rate_readings, rate_windows;
    int64_t rate_ms, scanned_ms;

    struct aas_reading_batch batch; /* the thread's own, as all below */
    struct aas_window_view view;
    double *row; /* of a window */
    size_t row_cap;
    struct aas_buf frame;
};

/** Find or make; under the lock. Errors: AAS_ENOENT not registered, AAS_EFULL, AAS_ENOMEM. */
int live_sensor_get(struct ingest_live *l, const char *id, size_t len, const struct ingest_topic_match *match,
                    struct live_sensor **ret_sensor) AAS_MUST_CHECK;
void live_sensor_destroy(struct live_sensor *s);
/** Index of a channel, made when it is new; -1: no memory, or too many. guess: where it probably is. */
ssize_t live_channel_get(struct live_sensor *s, const char *name, size_t len, size_t guess);
/** Find the channel's column in the window that is served. */
void live_channel_map(const struct live_sensor *s, struct live_channel *c);
/** Append an empty row (NaN) and return its values; NULL: no memory. */
double *live_row_add(struct live_sensor *s, int64_t t, uint64_t offset, uint64_t committed);
const double *live_row_at(const struct live_sensor *s, size_t i, int64_t *ret_t); /* i = 0: the oldest */

/** The window for what is served now, rebuilt from the store and the rows in memory where that has changed. */
void live_window_ensure(struct ingest_live *l, struct live_sensor *s);
/** A row came: into the window, and what is ready to ml-service. */
void live_window_push(struct ingest_live *l, struct live_sensor *s, int64_t t, const double *values);
/** The sensor is silent: event time goes on by the clock, so that windows that waited for stragglers come out. */
void live_window_idle(struct ingest_live *l, struct live_sensor *s, int64_t now_ms);
/** Newest prediction and row of a sensor that the store knows. */
void live_restore(struct ingest_live *l, struct live_sensor *s);

enum live_state live_state_of(const struct ingest_live *l, const struct live_sensor *s, int64_t now_ms);
void live_write_readings(struct live_sensor *s, struct aas_buf *out);
void live_write_sensor(struct ingest_live *l, struct live_sensor *s, int64_t now_ms, struct aas_buf *out);
