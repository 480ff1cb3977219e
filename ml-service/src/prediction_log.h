/* Predictions on their way into the store: appended to a write-ahead log before they are answered, inserted in batches
 * behind the answer by one thread. What was answered survives kill -9; ids are derived, so that what is read again
 * after a crash is a duplicate and means done. While the store is away the log is the spool; when it is full, the
 * oldest predictions go and are counted.
 *
 * append: any thread. Everything else: the owner. Lock order: the log's own locks only. */
#pragma once

#include <bson/bson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aas/clock.h>
#include <aas/error.h>

struct aas_store;
struct ml_prediction_log;

/** Record kinds in the log. */
enum { ML_LOG_PREDICTION = 1, ML_LOG_EXPLAIN_LATER = 2 };

/** Called on the writer's thread for records of kind EXPLAIN_LATER before they are stored: append `explanation` to a
 * copy of doc. Return 0 when ret_doc (initialised by the caller) holds the document to store, else the plain one is
 * stored. */
typedef int ml_log_explain_fn(void *arg, const bson_t *doc, bson_t *ret_doc);

struct ml_prediction_log_options {
    const char *dir; /* copies */
    uint64_t max_total_bytes;
    struct aas_store *store;    /* borrows, outlives the log */
    ml_log_explain_fn *explain; /* may be NULL */
    void *arg;
};

struct ml_prediction_log_stats {
    uint64_t appended, stored, duplicate, dropped, failed;
    uint64_t backlog; /* records that aren't in the store yet */
    bool store_away;
};

/** Errors: those of aas_wal_open. */
int ml_prediction_log_create(struct ml_prediction_log **ret_log, const struct ml_prediction_log_options *o,
                             struct aas_error *err) AAS_MUST_CHECK;
/** Start the writer's thread. */
int ml_prediction_log_start(struct ml_prediction_log *log, struct aas_error *err) AAS_MUST_CHECK;
/** Store what is there until deadline, end the thread. What is left stays in the log for the next start. */
void ml_prediction_log_stop(struct ml_prediction_log *log, struct aas_mono deadline);
void ml_prediction_log_destroy(struct ml_prediction_log *log);

/** One record to append; borrows doc. */
struct ml_log_entry {
    uint32_t kind;
    const bson_t *doc;
};
/** Append, all or nothing. On return the records outlive the process (not yet the machine: the writer syncs within
 *  100 ms). Errors: AAS_ENOSPC disk full, AAS_EIO. */
int ml_prediction_log_append(struct ml_prediction_log *log, const struct ml_log_entry *entries, size_t n,
                             struct aas_error *err) AAS_MUST_CHECK;
/** Wait until everything appended so far is stored or dropped. For tests. AAS_ETIMEDOUT. */
int ml_prediction_log_wait(struct ml_prediction_log *log, struct aas_mono deadline) AAS_MUST_CHECK;
void ml_prediction_log_stats(struct ml_prediction_log *log, struct ml_prediction_log_stats *ret);
