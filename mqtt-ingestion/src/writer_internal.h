/* What writer.c (thread, position), writer_message.c (from record to rows) and writer_commit.c (from rows to documents)
 * share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include <bson/bson.h>

#include "aas/reading.h"
#include "aas/store.h"
#include "aas/thread.h"
#include "aas/wal.h"
#include "bucket.h"
#include "dedupe.h"
#include "lookup.h"
#include "registry.h"
#include "rollup.h"
#include "smap.h"
#include "topic.h"
#include "validate.h"
#include "writer.h"

/* A channel as the writer knows it; its place is the column in the bucket. */
struct writer_channel {
    char *name;
    size_t len;
    uint64_t hash;
    double min, max;
    struct ingest_flat flat;
};

/* Counters of one sensor since the start; the writer adds, others read. */
struct writer_counters {
    _Atomic uint64_t received, stored, duplicate, quarantined, dropped, late;
};

struct writer_sensor {
    char id[INGEST_SENSOR_ID_BYTES];
    size_t id_len;
    const struct ingest_meta *meta; /* one reference */
    uint64_t generation;            /* of the registry when meta was looked up */
    bool primed;                    /* what the store holds was asked */
    bool dirty;                     /* stands in the list of those with rows */
    struct writer_sensor *next_dirty;

    struct writer_channel *channels;
    size_t channels_count, channels_cap;
    uint32_t *positions; /* column of the n-th channel of the description, for positional readings */
    size_t positions_count;

    struct ingest_bucket bucket;
    struct ingest_recent recent;
    struct ingest_known *known; /* made at the first late reading */
    int64_t newest_ms, last_auto_ms;
    bool clockless; /* seq is its only identity: more keys are kept */
    uint32_t open;  /* rows accepted since the last commit */
    bool stale;     /* told: every channel is frozen */
    struct ingest_skew skew;
    struct ingest_rollup rollup;
    struct writer_counters count;
};

struct ingest_writer {
    struct ingest_writer_options o;
    struct ingest_rules rules;
    struct aas_thread *thread;
    struct aas_wal_reader *reader;
    atomic_bool stopping;
    _Atomic int64_t stop_deadline_ns;

    pthread_mutex_t cursor_lock; /* cursor, gone; a leaf */
    uint64_t cursor, gone;
    uint64_t life_first; /* the first offset that this process may append */

    struct ingest_smap map;
    struct writer_sensor *last; /* of the previous reading */
    pthread_mutex_t list_lock;  /* list, count: taken to add a sensor and to walk from other threads; a leaf */
    struct writer_sensor **list;
    size_t list_count, list_cap;

    struct aas_reading_batch batch;
    struct writer_sensor *dirty;
    size_t dirty_count;

    bson_t **docs; /* closed buckets and, at the commit, the open ones */
    size_t docs_count, docs_cap, docs_bytes;
    bson_t **rejects; /* quarantine documents */
    size_t rejects_count, rejects_cap;
    bson_t **minutes; /* rollup documents */
    size_t minutes_count, minutes_cap;
    const char **names; /* scratch: channel names of one bucket */
    size_t names_cap;
    int *outcomes;
    size_t outcomes_cap;

    uint64_t committed;
    struct ingest_ledger_doc saved; /* what the store's document says */
    struct ingest_totals totals;    /* at the cursor */
    struct ingest_delta arrived;    /* read since the ledger was told */
    struct ingest_delta settled;    /* since the last commit: told to the ledger with it */
    bool retry;                     /* the record was begun: go on at reading retry_done */
    size_t retry_done;
    int64_t rev;                 /* of the ledger's document */
    int64_t newest_received_ms;  /* of the records read */
    struct aas_mono oldest_open; /* when the first row since the last commit came */
    bool has_open;
    int64_t refreshed_ms;

    pthread_mutex_t stats_lock; /* stats; a leaf */
    struct ingest_writer_stats stats;
};

/** A record that was just read: rows into buckets, or quarantine. Errors: the store's while asking for older readings;
 *  the caller processes the record again later. */
int ingest_writer_message(struct ingest_writer *w, const struct aas_wal_record *rec,
                          struct aas_error *err) AAS_MUST_CHECK;

/** Close the sensor's bucket into a document. */
int ingest_writer_close_bucket(struct ingest_writer *w, struct writer_sensor *s, struct aas_error *err) AAS_MUST_CHECK;
/** Add a quarantine document. readings: how many it holds. */
int ingest_writer_reject(struct ingest_writer *w, const struct aas_wal_record *rec, size_t index,
                         const struct ingest_message *m, struct aas_str sensor_id, struct aas_str payload,
                         uint64_t readings, enum ingest_reject reason, const struct aas_error *detail) AAS_MUST_CHECK;
/** Store closed buckets and quarantine documents before the mark, so that memory stays bounded. */
int ingest_writer_drain(struct ingest_writer *w, struct aas_error *err) AAS_MUST_CHECK;
/** Everything in front of offset is stored, then the position. */
int ingest_writer_commit(struct ingest_writer *w, uint64_t offset, struct aas_error *err) AAS_MUST_CHECK;
void ingest_writer_sensor_destroy(struct writer_sensor *s);

/** The open minute of a row, or NULL where it is computed from the store instead. Errors: AAS_ENOMEM. */
int writer_rollup_row(struct ingest_writer *w, struct writer_sensor *s, int64_t t_ms,
                      struct ingest_rollup_minute **ret_minute) AAS_MUST_CHECK;
/** Compute the sensor's dirty minutes from the stored buckets. */
int writer_rollup_recompute(struct ingest_writer *w, struct writer_sensor *s, struct aas_error *err) AAS_MUST_CHECK;
/** Close minutes of sensors that have fallen silent. */
int writer_rollup_idle(struct ingest_writer *w) AAS_MUST_CHECK;

/** Find or make; asks the store for what it knows of the sensor. Errors: AAS_ENOENT not registered, AAS_EFULL, those of
 *  the store, AAS_ENOMEM. */
int writer_sensor_get(struct ingest_writer *w, struct aas_str id, const struct ingest_topic_match *topic,
                      struct writer_sensor **ret_sensor, struct aas_error *err) AAS_MUST_CHECK;
#define WRITER_CHANNEL_NEW UINT32_MAX
/** Column of a channel, or WRITER_CHANNEL_NEW. guess: where it probably is. */
uint32_t writer_channel_find(const struct writer_sensor *s, const char *name, size_t len, size_t guess);
int writer_channel_add(struct writer_sensor *s, const char *name, size_t len) AAS_MUST_CHECK;
