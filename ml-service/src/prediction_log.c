/* See prediction_log.h. */
#include "prediction_log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <aas/backoff.h>
#include <aas/log.h>
#include <aas/store.h>
#include <aas/thread.h>
#include <aas/wal.h>

#define AAS_LOG_MOD "prediction_log"

#define READER        "store"
#define SEGMENT_BYTES ((uint64_t)8 * 1024 * 1024)
#define BATCH         256
#define BATCH_BYTES   ((size_t)4 * 1024 * 1024)
#define IDLE_MS       100
#define SAVE_EVERY_MS 1000
#define APPEND_MAX    1024

struct ml_prediction_log {
    struct ml_prediction_log_options o;
    struct aas_wal *wal;
    struct aas_wal_reader *reader;
    struct aas_thread *thread;

    pthread_mutex_t lock; /* of the three below */
    pthread_cond_t wake, moved;
    bool stopping;
    struct aas_mono stop_by;

    atomic_uint_fast64_t appended, stored, duplicate, dropped, failed;
    atomic_uint_fast64_t next;   /* offset that will be appended next */
    atomic_uint_fast64_t behind; /* all below are in the store */
    atomic_bool store_away;

    /* the writer's own */
    uint64_t saved;
    struct aas_mono save_at;
    struct aas_backoff backoff;
    size_t batch_n, batch_bytes;
    bson_t *docs[BATCH];
    uint64_t batch_end;
};

int ml_prediction_log_create(struct ml_prediction_log **ret_log, const struct ml_prediction_log_options *o,
                             struct aas_error *err)
{
    struct ml_prediction_log *l = calloc(1, sizeof *l);
    if (!l)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    l->o = *o;
    l->o.dir = NULL;
    (void)pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&l->wake, &attr);
    (void)pthread_cond_init(&l->moved, &attr);
    (void)pthread_condattr_destroy(&attr);
    aas_backoff_init(&l->backoff, 100, 5000, 0);
    struct aas_wal_options w = {.dir = o->dir, .segment_bytes = SEGMENT_BYTES, .max_total_bytes = o->max_total_bytes};
    int rc = aas_wal_open(&l->wal, &w, err);
    uint64_t from = 0;
    if (rc == 0) {
        rc = aas_wal_position_load(l->wal, READER, &from, err);
        if (rc == AAS_ENOENT || rc == AAS_ECORRUPT) {
            from = 0; /* everything that is kept: what is stored already is a duplicate */
            rc = 0;
        }
    }
    if (rc == 0)
        rc = aas_wal_reader_open(&l->reader, l->wal, from, err);
    if (rc) {
        ml_prediction_log_destroy(l);
        return rc;
    }
    struct aas_wal_stats s;
    aas_wal_stats(l->wal, &s);
    atomic_store(&l->next, s.next_offset);
    l->saved = from > s.first_offset ? from : s.first_offset;
    atomic_store(&l->behind, l->saved);
    l->batch_end = l->saved;
    *ret_log = l;
    return 0;
}

void ml_prediction_log_destroy(struct ml_prediction_log *log)
{
    if (!log)
        return;
    ml_prediction_log_stop(log, AAS_MONO_PAST);
    aas_wal_reader_close(log->reader);
    aas_wal_close(log->wal);
    (void)pthread_cond_destroy(&log->wake);
    (void)pthread_cond_destroy(&log->moved);
    (void)pthread_mutex_destroy(&log->lock);
    free(log);
}

/* --- the writer ----------------------------------------------------------------------------------------------------
 */

static void clear_batch(struct ml_prediction_log *l)
{
    for (size_t i = 0; i < l->batch_n; i++)
        bson_destroy(l->docs[i]);
    l->batch_n = l->batch_bytes = 0;
}

/* The document of a record, with its explanation where one is due. NULL when the record holds none. */
static bson_t *document_of(struct ml_prediction_log *l, const struct aas_wal_record *rec)
{
    bson_t doc;
    if (!bson_init_static(&doc, rec->payload, rec->len))
        return NULL;
    if (rec->kind == ML_LOG_EXPLAIN_LATER && l->o.explain) {
        bson_t *explained = bson_new();
        if (l->o.explain(l->o.arg, &doc, explained) == 0)
            return explained;
        bson_destroy(explained);
    }
    return bson_copy(&doc);
}

/* 0: the batch is full or the log is read up. */
static int fill_batch(struct ml_prediction_log *l, struct aas_error *err)
{
    while (l->batch_n < BATCH && l->batch_bytes < BATCH_BYTES) {
        struct aas_wal_record rec;
        int rc = aas_wal_read(l->reader, &rec, AAS_MONO_PAST, err);
        if (rc == AAS_ETIMEDOUT) {
            if (l->batch_n == 0) { /* what damage or a drop took is done with, too */
                struct aas_wal_stats s;
                aas_wal_stats(l->wal, &s);
                l->batch_end = s.synced_offset;
            }
            return 0;
        }
        if (rc)
            return rc;
        l->batch_end = rec.offset + 1;
        bson_t *doc = document_of(l, &rec);
        if (!doc) {
            atomic_fetch_add(&l->failed, 1);
            continue;
        }
        l->docs[l->batch_n++] = doc;
        l->batch_bytes += rec.len;
    }
    return 0;
}

/* Failures that pass: the batch is kept and tried again. */
static bool is_passing(int rc)
{
    return rc == AAS_EUNAVAILABLE || rc == AAS_ENOSPC || rc == AAS_EIO || rc == AAS_EBUSY || rc == AAS_ETIMEDOUT ||
           rc == AAS_EUPSTREAM || rc == AAS_ENOMEM;
}

static void count_outcomes(struct ml_prediction_log *l, const int *outcomes)
{
    for (size_t i = 0; i < l->batch_n; i++) {
        atomic_uint_fast64_t *c = outcomes[i] == 0                ? &l->stored
                                  : outcomes[i] == AAS_EDUPLICATE ? &l->duplicate
                                                                  : &l->failed;
        atomic_fetch_add(c, 1);
    }
}

static int store_batch(struct ml_prediction_log *l, struct aas_error *err)
{
    int outcomes[BATCH];
    for (size_t i = 0; i < l->batch_n; i++)
        outcomes[i] = AAS_EUNAVAILABLE;
    int rc = l->batch_n == 0 ? 0
                             : aas_store_insert_many(l->o.store, AAS_COLL_PREDICTIONS, (const bson_t *const *)l->docs,
                                                     l->batch_n, outcomes, err);
    if (rc && is_passing(rc))
        return rc;
    if (rc)
        AAS_LOG_ERROR("predictions.refused", "the store refused predictions; they are left out", AAS_F_ERROR(err));
    count_outcomes(l, outcomes);
    clear_batch(l);
    (void)pthread_mutex_lock(&l->lock);
    atomic_store(&l->behind, l->batch_end);
    (void)pthread_cond_broadcast(&l->moved);
    (void)pthread_mutex_unlock(&l->lock);
    return 0;
}

static void save_position(struct ml_prediction_log *l, bool now)
{
    uint64_t behind = atomic_load(&l->behind);
    if (behind == l->saved || (!now && !aas_mono_passed(l->save_at)))
        return;
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_wal_position_save(l->wal, READER, behind, &err);
    if (rc == 0)
        rc = aas_wal_trim(l->wal, behind, &err);
    if (rc)
        AAS_LOG_WARN("log.position", "the prediction log's position was not saved; what is read again is a duplicate",
                     AAS_F_ERROR(&err));
    l->saved = behind;
    l->save_at = aas_mono_in_ms(SAVE_EVERY_MS);
}

/* One round: 0, or a failure after which to wait. */
static int turn(struct ml_prediction_log *l, struct aas_error *err)
{
    struct aas_wal_stats s;
    aas_wal_stats(l->wal, &s);
    int rc = s.synced_offset < s.next_offset ? aas_wal_sync(l->wal, err) : 0;
    if (rc == 0 && l->batch_n == 0)
        rc = fill_batch(l, err);
    if (rc == 0)
        rc = store_batch(l, err);
    return rc;
}

static bool caught_up(struct ml_prediction_log *l)
{
    return l->batch_n == 0 && atomic_load(&l->behind) >= atomic_load(&l->next);
}

/* True: the thread should end. */
static bool rest(struct ml_prediction_log *l, int64_t ms)
{
    (void)pthread_mutex_lock(&l->lock);
    if (!l->stopping && ms > 0) {
        struct timespec until = aas_mono_timespec(aas_mono_in_ms(ms));
        aas_thread_idle();
        (void)pthread_cond_timedwait(&l->wake, &l->lock, &until);
        aas_thread_busy();
    }
    /* What the store doesn't take now waits in the log for the next start: no reason to hold up the stop. */
    bool end = l->stopping && (caught_up(l) || atomic_load(&l->store_away) || aas_mono_passed(l->stop_by));
    (void)pthread_mutex_unlock(&l->lock);
    return end;
}

static void run(void *arg)
{
    struct ml_prediction_log *l = arg;
    int64_t wait_ms = 0;
    while (!rest(l, wait_ms)) {
        struct aas_error err = AAS_ERROR_NONE;
        int rc = turn(l, &err);
        if (rc == 0) {
            if (atomic_exchange(&l->store_away, false))
                AAS_LOG_INFO("predictions.back", "the store answers again; the backlog is being stored");
            aas_backoff_reset(&l->backoff);
            save_position(l, false);
            wait_ms = caught_up(l) ? IDLE_MS : 0;
            continue;
        }
        wait_ms = aas_backoff_next_ms(&l->backoff);
        if (!atomic_exchange(&l->store_away, true))
            AAS_LOG_WARN("predictions.wait",
                         "predictions can't be stored now; they are kept in the log and tried again", AAS_F_ERROR(&err),
                         AAS_F_INT("retry_ms", wait_ms));
    }
    save_position(l, true);
    clear_batch(l);
}

int ml_prediction_log_start(struct ml_prediction_log *log, struct aas_error *err)
{
    int rc = aas_thread_create(&log->thread, "ml-writer", run, log);
    return rc ? aas_error_set(err, rc, "cannot start the prediction writer: %s", aas_strerror(rc)) : 0;
}

void ml_prediction_log_stop(struct ml_prediction_log *log, struct aas_mono deadline)
{
    (void)pthread_mutex_lock(&log->lock);
    log->stopping = true;
    log->stop_by = deadline;
    (void)pthread_cond_broadcast(&log->wake);
    (void)pthread_mutex_unlock(&log->lock);
    aas_thread_join(log->thread);
    log->thread = NULL;
}

/* --- the hot side --------------------------------------------------------------------------------------------------
 */

static void count_dropped(void *ctx, const struct aas_wal_record *rec)
{
    struct ml_prediction_log *l = ctx;
    if (rec->offset >= atomic_load(&l->behind))
        atomic_fetch_add(&l->dropped, 1);
}

static int append_records(struct ml_prediction_log *l, struct aas_wal_record *recs, size_t n, struct aas_error *err)
{
    int rc = aas_wal_append(l->wal, recs, n, err);
    for (int tries = 0; rc == AAS_ENOSPC && tries < 2; tries++) {
        if (aas_wal_sync(l->wal, err) != 0 || aas_wal_drop_oldest(l->wal, count_dropped, l, NULL, NULL, err) != 0)
            return AAS_ENOSPC;
        AAS_LOG_WARN("predictions.dropped", "the prediction log is full: the oldest predictions were dropped unstored");
        rc = aas_wal_append(l->wal, recs, n, err);
    }
    return rc;
}

int ml_prediction_log_append(struct ml_prediction_log *log, const struct ml_log_entry *entries, size_t n,
                             struct aas_error *err)
{
    struct aas_wal_record recs[APPEND_MAX];
    if (n == 0)
        return 0;
    if (n > APPEND_MAX)
        return aas_error_set(err, AAS_ETOOBIG, "more than %d predictions at once", APPEND_MAX);
    for (size_t i = 0; i < n; i++)
        recs[i] = (struct aas_wal_record){
            .kind = entries[i].kind, .payload = bson_get_data(entries[i].doc), .len = entries[i].doc->len};
    int rc = append_records(log, recs, n, err);
    if (rc)
        return rc;
    atomic_fetch_add(&log->appended, n);
    uint64_t next = recs[n - 1].offset + 1, seen = atomic_load(&log->next);
    while (seen < next && !atomic_compare_exchange_weak(&log->next, &seen, next))
        ;
    return 0;
}

int ml_prediction_log_wait(struct ml_prediction_log *log, struct aas_mono deadline)
{
    uint64_t target = atomic_load(&log->next);
    int rc = 0;
    (void)pthread_mutex_lock(&log->lock);
    (void)pthread_cond_broadcast(&log->wake);
    while (atomic_load(&log->behind) < target && rc == 0) {
        struct timespec until = aas_mono_timespec(deadline);
        if (pthread_cond_timedwait(&log->moved, &log->lock, &until) != 0)
            rc = atomic_load(&log->behind) < target ? AAS_ETIMEDOUT : 0;
    }
    (void)pthread_mutex_unlock(&log->lock);
    return rc;
}

void ml_prediction_log_stats(struct ml_prediction_log *log, struct ml_prediction_log_stats *ret)
{
    uint64_t next = atomic_load(&log->next), behind = atomic_load(&log->behind);
    *ret = (struct ml_prediction_log_stats){
        .appended = atomic_load(&log->appended),
        .stored = atomic_load(&log->stored),
        .duplicate = atomic_load(&log->duplicate),
        .dropped = atomic_load(&log->dropped),
        .failed = atomic_load(&log->failed),
        .backlog = next > behind ? next - behind : 0,
        .store_away = atomic_load(&log->store_away),
    };
}
