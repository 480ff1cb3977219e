/* From the log to the store: one thread reads the log by cursor, decodes, judges, finds duplicates, composes buckets,
 * and stores them at each mark. What it has settled is told by the settings document "ingest.ledger" (position and
 * totals), from where it goes on after a restart: the same records give the same documents again, and "duplicate" from
 * the store means "done" (docs/adr). While the store is away it waits at the mark; the log is the spool.
 *
 * Threads: everything below but the functions marked "any thread" belongs to the writer's own thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "aas/clock.h"
#include "aas/error.h"
#include "config.h"
#include "ledger.h"

struct aas_store;
struct aas_wal;
struct ingest_registry;
struct ingest_topics;
struct ingest_writer;

struct ingest_writer_options {
    const struct ingest_config *config;
    struct aas_wal *wal;
    struct aas_store *store;
    struct ingest_ledger *ledger;
    struct ingest_registry *registry;
    const struct ingest_topics *topics;
    /** Append a mark to the log: nothing came for a while, and rows wait. */
    int (*request_mark)(void *arg);
    /** Every channel of a sensor is frozen, or not any more. False: say it again. NULL: nobody cares. */
    bool (*on_stale)(void *arg, const char *sensor_id, bool stale, int64_t at_ms);
    void *arg;
};

/** Borrows all that the options point to. */
int ingest_writer_create(struct ingest_writer **ret_writer, const struct ingest_writer_options *o,
                         struct aas_error *err) AAS_MUST_CHECK;
/** Load position and totals, count what the log still holds, start the thread. Errors: those of store and log. */
int ingest_writer_start(struct ingest_writer *w, struct aas_error *err) AAS_MUST_CHECK;
/** Store what the log holds until the deadline, then join. The log's readers must not have been woken before. */
void ingest_writer_stop(struct ingest_writer *w, struct aas_mono deadline);
void ingest_writer_destroy(struct ingest_writer *w);

/* --- any thread --- */

/** The next record that the writer will read: those in front are its business, those from here on only the log's. The
 *  lock keeps it from moving while the caller removes records from the log. */
uint64_t ingest_writer_lock_cursor(struct ingest_writer *w);
/** Records below `gone` have left the log, counted. */
void ingest_writer_unlock_cursor(struct ingest_writer *w, uint64_t gone);

struct ingest_writer_stats {
    bool store_ok;
    char store_error[AAS_ERROR_MSG_BYTES];
    uint64_t cursor, committed; /* next record to read; all below are settled */
    uint64_t commits, buckets, replayed_buckets, quarantined_docs, corrupt_records;
    size_t last_commit_sensors; /* with rows in the last commit */
    int64_t last_commit_ms;     /* wall clock; 0: none yet */
    double last_commit_seconds;
};
/** All records of the log below it are settled: what they held is in the store. Any thread. */
uint64_t ingest_writer_committed(struct ingest_writer *w);
void ingest_writer_stats(struct ingest_writer *w, struct ingest_writer_stats *ret_stats);
/** Counters per sensor since the start, as a JSON list (new; NULL: no memory). */
json_t *ingest_writer_sensors_json(struct ingest_writer *w);
