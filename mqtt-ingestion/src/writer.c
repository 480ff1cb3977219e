#include "writer.h"

#include <stdlib.h>
#include <string.h>

#include "aas/backoff.h"
#include "aas/log.h"
#include "record.h"
#include "writer_internal.h"

#define AAS_LOG_MOD    "writer"
#define BATCH_READINGS 16384
#define BATCH_VALUES   131072
#define DRAIN_DOCS     1000
#define DRAIN_BYTES    ((size_t)32 << 20)
#define REFRESH_MS     5000
#define IDLE_POLL_MS   100
#define TELL_EVERY     256 /* records between two words to the ledger */
#define RETRY_MIN_MS   100
#define RETRY_MAX_MS   5000

int ingest_writer_create(struct ingest_writer **ret_writer, const struct ingest_writer_options *o,
                         struct aas_error *err)
{
    struct ingest_writer *w = calloc(1, sizeof *w);
    if (!w)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    w->o = *o;
    w->rules = (struct ingest_rules){
        .max_future_ms = o->config->max_future_ms, .max_age_ms = o->config->max_age_ms, .late_ms = o->config->late_ms};
    ingest_smap_init(&w->map);
    (void)pthread_mutex_init(&w->cursor_lock, NULL);
    (void)pthread_mutex_init(&w->list_lock, NULL);
    (void)pthread_mutex_init(&w->stats_lock, NULL);
    if (aas_reading_batch_init(&w->batch, BATCH_READINGS, BATCH_VALUES) < 0) {
        ingest_writer_destroy(w);
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    }
    *ret_writer = w;
    return 0;
}

void ingest_writer_destroy(struct ingest_writer *w)
{
    if (!w)
        return;
    ingest_writer_stop(w, AAS_MONO_PAST);
    for (size_t i = 0; i < w->list_count; i++)
        ingest_writer_sensor_destroy(w->list[i]);
    free(w->list);
    ingest_smap_fini(&w->map);
    for (size_t i = 0; i < w->docs_count; i++)
        bson_destroy(w->docs[i]);
    for (size_t i = 0; i < w->rejects_count; i++)
        bson_destroy(w->rejects[i]);
    for (size_t i = 0; i < w->minutes_count; i++)
        bson_destroy(w->minutes[i]);
    free(w->minutes);
    free(w->docs);
    free(w->rejects);
    free(w->names);
    free(w->outcomes);
    aas_reading_batch_fini(&w->batch);
    (void)pthread_mutex_destroy(&w->cursor_lock);
    (void)pthread_mutex_destroy(&w->list_lock);
    (void)pthread_mutex_destroy(&w->stats_lock);
    free(w);
}

/* --- where to start ----------------------------------------------------------------------------------------------- */

/* Readings in the log from the position on. */
static int count_pending(struct ingest_writer *w, uint64_t *ret_pending, struct aas_error *err)
{
    struct aas_wal_reader *reader = NULL;
    struct aas_wal_record rec;
    uint64_t n = 0;
    int rc = aas_wal_reader_open(&reader, w->o.wal, w->committed, err);
    if (rc < 0)
        return rc;
    while ((rc = aas_wal_read(reader, &rec, AAS_MONO_PAST, err)) == 0) {
        struct ingest_message m;
        enum ingest_drop_reason reason;
        uint64_t dropped;
        if (rec.kind == INGEST_RECORD_MESSAGE && ingest_message_decode(rec.payload, rec.len, &m) == 0)
            n += m.readings;
        else if (rec.kind == INGEST_RECORD_DROPPED &&
                 ingest_dropped_decode(rec.payload, rec.len, &reason, &dropped) == 0)
            n += dropped;
    }
    aas_wal_reader_close(reader);
    *ret_pending = n;
    return rc == AAS_ETIMEDOUT ? 0 : rc;
}

static int load_position(struct ingest_writer *w, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(w->o.store, AAS_COLL_SETTINGS, INGEST_LEDGER_ID, &doc, err);
    if (rc == AAS_ENOENT) {
        aas_error_clear(err);
        return 0;
    }
    if (rc < 0)
        return rc;
    ingest_ledger_doc_decode(doc, &w->saved);
    w->rev = aas_doc_int(doc, "rev", 0);
    bson_destroy(doc);
    struct aas_wal_stats stats;
    aas_wal_stats(w->o.wal, &stats);
    if (w->saved.offset > stats.next_offset) {
        AAS_LOG_WARN("writer.new_log", "the log is younger than the store: going on at its start",
                     AAS_F_UINT("stored_offset", w->saved.offset), AAS_F_UINT("log_offset", stats.next_offset));
        w->saved.offset = stats.first_offset;
    }
    return 0;
}

static int start_reader(struct ingest_writer *w, struct aas_error *err)
{
    struct aas_wal_stats stats;
    uint64_t pending = 0;
    w->totals = w->saved.totals;
    aas_wal_stats(w->o.wal, &stats);
    w->committed = w->saved.offset > stats.first_offset ? w->saved.offset : stats.first_offset;
    w->cursor = w->committed;
    w->life_first = stats.next_offset;
    int rc = count_pending(w, &pending, err);
    if (rc < 0)
        return rc;
    ingest_ledger_restore(w->o.ledger, &w->totals, pending);
    w->stats.committed = w->stats.cursor = w->committed;
    w->stats.store_ok = true;
    if (pending > 0)
        AAS_LOG_INFO("writer.replay", "readings from the log are not settled yet", AAS_F_UINT("readings", pending),
                     AAS_F_UINT("offset", w->committed));
    return aas_wal_reader_open(&w->reader, w->o.wal, w->committed, err);
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

static bool give_up(const struct ingest_writer *w)
{
    return atomic_load(&w->stopping) &&
           aas_clock_mono().ns >= atomic_load_explicit(&w->stop_deadline_ns, memory_order_relaxed);
}

static void store_state(struct ingest_writer *w, int rc, const struct aas_error *err)
{
    (void)pthread_mutex_lock(&w->stats_lock);
    bool was = w->stats.store_ok;
    w->stats.store_ok = rc >= 0;
    memcpy(w->stats.store_error, rc < 0 ? aas_error_text(err, rc) : "",
           rc < 0 ? strlen(aas_error_text(err, rc)) + 1 : 1);
    (void)pthread_mutex_unlock(&w->stats_lock);
    if (was && rc < 0)
        AAS_LOG_WARN("store.away", "the store does not take readings; the log keeps them", AAS_F_ERROR(err));
    else if (!was && rc >= 0)
        AAS_LOG_INFO("store.back", "the store takes readings again");
}

/* Do a step until it works. False: the time to stop has come first. */
static bool insist(struct ingest_writer *w,
                   int (*step)(struct ingest_writer *w, const struct aas_wal_record *rec, struct aas_error *err),
                   const struct aas_wal_record *rec)
{
    struct aas_backoff backoff;
    aas_backoff_init(&backoff, RETRY_MIN_MS, RETRY_MAX_MS, 0);
    for (;;) {
        struct aas_error err = AAS_ERROR_NONE;
        int rc = step(w, rec, &err);
        store_state(w, rc, &err);
        if (rc >= 0)
            return true;
        struct aas_mono until = aas_mono_in_ms(aas_backoff_next_ms(&backoff));
        aas_thread_idle();
        while (!aas_mono_passed(until)) {
            if (give_up(w))
                return false;
            struct timespec slice = {.tv_nsec = 10000000};
            (void)nanosleep(&slice, NULL);
        }
        aas_thread_busy();
    }
}

static int step_message(struct ingest_writer *w, const struct aas_wal_record *rec, struct aas_error *err)
{
    return ingest_writer_message(w, rec, err);
}

static int step_drain(struct ingest_writer *w, const struct aas_wal_record *rec, struct aas_error *err)
{
    (void)rec;
    return ingest_writer_drain(w, err);
}

static int step_commit(struct ingest_writer *w, const struct aas_wal_record *rec, struct aas_error *err)
{
    return ingest_writer_commit(w, rec->offset + 1, err);
}

static void tell_ledger(struct ingest_writer *w)
{
    ingest_ledger_apply(w->o.ledger, &w->arrived);
    memset(&w->arrived, 0, sizeof w->arrived);
}

/* The next record that is ours: one that the full log's policy has counted as dropped meanwhile isn't. *ret_missing:
 * records in front of it that were appended since the start and are damaged now. (A gap from an earlier life is a batch
 * that never became durable, so nobody acknowledged it.) */
static int read_next(struct ingest_writer *w, struct aas_wal_record *ret_rec, struct aas_mono deadline,
                     uint64_t *ret_missing, struct aas_error *err)
{
    for (;;) {
        int rc = aas_wal_read(w->reader, ret_rec, deadline, err);
        if (rc < 0)
            return rc;
        (void)pthread_mutex_lock(&w->cursor_lock);
        uint64_t expected = w->cursor > w->gone ? w->cursor : w->gone;
        bool ours = ret_rec->offset >= expected;
        uint64_t known = expected > w->life_first ? expected : w->life_first;
        *ret_missing = ours && ret_rec->offset > known ? ret_rec->offset - known : 0;
        w->cursor = ours ? ret_rec->offset + 1 : w->cursor;
        (void)pthread_mutex_unlock(&w->cursor_lock);
        if (ours)
            return 0;
    }
}

static bool process(struct ingest_writer *w, const struct aas_wal_record *rec)
{
    enum ingest_drop_reason reason;
    uint64_t n;
    switch (rec->kind) {
    case INGEST_RECORD_MESSAGE:
        if (!w->has_open)
            w->oldest_open = aas_clock_mono();
        w->has_open = true;
        if (!insist(w, step_message, rec))
            return false;
        if (w->docs_count >= DRAIN_DOCS || w->docs_bytes >= DRAIN_BYTES || w->rejects_count >= DRAIN_DOCS)
            return insist(w, step_drain, rec);
        return true;
    case INGEST_RECORD_MARK:
        return insist(w, step_commit, rec);
    case INGEST_RECORD_DROPPED:
        if (ingest_dropped_decode(rec->payload, rec->len, &reason, &n) == 0) {
            w->totals.received += n;
            w->totals.dropped[reason] += n;
            w->arrived.vanished[reason] += n;
            w->has_open = true;
        }
        return true;
    default:
        AAS_LOG_WARN("log.unknown", "a record of an unknown kind is skipped", AAS_F_UINT("kind", rec->kind));
        return true;
    }
}

static void count_missing(struct ingest_writer *w, uint64_t missing)
{
    AAS_LOG_ERROR("log.damaged", "records of the log are damaged and lost", AAS_F_UINT("records", missing));
    w->totals.received += missing;
    w->totals.dropped[INGEST_DROP_CORRUPT] += missing;
    w->arrived.vanished[INGEST_DROP_CORRUPT] += missing;
    (void)pthread_mutex_lock(&w->stats_lock);
    w->stats.corrupt_records += missing;
    (void)pthread_mutex_unlock(&w->stats_lock);
}

static void refresh(struct ingest_writer *w)
{
    int64_t now = aas_clock_wall_ms();
    if (now - w->refreshed_ms < REFRESH_MS)
        return;
    w->refreshed_ms = now;
    if (writer_rollup_idle(w) == 0 && w->minutes_count > 0)
        w->has_open = true; /* the next mark writes them */
    struct aas_error err = AAS_ERROR_NONE;
    int rc = ingest_registry_refresh(w->o.registry, w->o.store, &err);
    if (rc < 0)
        store_state(w, rc, &err);
}

/* Nothing comes: what waits is stored, so ask for a mark. */
static void idle(struct ingest_writer *w)
{
    tell_ledger(w);
    bool due = aas_mono_diff_ms(aas_clock_mono(), w->oldest_open) >= w->o.config->flush_ms || atomic_load(&w->stopping);
    if (w->has_open && due && w->o.request_mark(w->o.arg) == 0)
        w->oldest_open = aas_clock_mono();
    refresh(w);
}

/* One turn: a record, or the pause in which there is none. False: the end. */
static bool turn(struct ingest_writer *w, unsigned *since_told)
{
    struct aas_wal_record rec;
    struct aas_error err = AAS_ERROR_NONE;
    uint64_t missing;
    int rc = read_next(w, &rec, AAS_MONO_PAST, &missing, &err);
    if (rc == AAS_ETIMEDOUT) {
        idle(w);
        if (atomic_load(&w->stopping) && (!w->has_open || give_up(w)))
            return false;
        aas_thread_idle();
        rc = read_next(w, &rec, aas_mono_in_ms(IDLE_POLL_MS), &missing, &err);
        aas_thread_busy();
    }
    if (rc == AAS_ETIMEDOUT)
        return true;
    if (rc < 0) {
        if (rc != AAS_ECLOSED)
            AAS_LOG_ERROR("log.read", "the log can't be read", AAS_F_ERROR(&err));
        return false;
    }
    if (missing > 0)
        count_missing(w, missing);
    if (!process(w, &rec) || give_up(w))
        return false;
    if (++*since_told >= TELL_EVERY || rec.kind == INGEST_RECORD_MARK) {
        *since_told = 0;
        tell_ledger(w);
        refresh(w);
    }
    return true;
}

static void run(void *arg)
{
    unsigned since_told = 0;
    aas_thread_busy();
    while (turn(arg, &since_told))
        aas_thread_beat();
}

int ingest_writer_start(struct ingest_writer *w, struct aas_error *err)
{
    int rc = load_position(w, err);
    if (rc == 0)
        rc = start_reader(w, err);
    if (rc == 0) {
        w->refreshed_ms = aas_clock_wall_ms();
        rc = aas_thread_create(&w->thread, "writer", run, w);
    }
    return rc;
}

void ingest_writer_stop(struct ingest_writer *w, struct aas_mono deadline)
{
    atomic_store(&w->stop_deadline_ns, deadline.ns);
    atomic_store(&w->stopping, true);
    aas_thread_join(w->thread);
    w->thread = NULL;
    aas_wal_reader_close(w->reader);
    w->reader = NULL;
}

/* --- any thread --------------------------------------------------------------------------------------------------- */

uint64_t ingest_writer_lock_cursor(struct ingest_writer *w)
{
    (void)pthread_mutex_lock(&w->cursor_lock);
    return w->cursor;
}

void ingest_writer_unlock_cursor(struct ingest_writer *w, uint64_t gone)
{
    w->gone = gone > w->gone ? gone : w->gone;
    (void)pthread_mutex_unlock(&w->cursor_lock);
}

uint64_t ingest_writer_committed(struct ingest_writer *w)
{
    (void)pthread_mutex_lock(&w->stats_lock);
    uint64_t offset = w->stats.committed;
    (void)pthread_mutex_unlock(&w->stats_lock);
    return offset;
}

void ingest_writer_stats(struct ingest_writer *w, struct ingest_writer_stats *ret_stats)
{
    (void)pthread_mutex_lock(&w->stats_lock);
    *ret_stats = w->stats;
    (void)pthread_mutex_unlock(&w->stats_lock);
    (void)pthread_mutex_lock(&w->cursor_lock);
    ret_stats->cursor = w->cursor;
    (void)pthread_mutex_unlock(&w->cursor_lock);
}

static json_t *sensor_json(const struct writer_sensor *s)
{
    const struct writer_counters *c = &s->count;
    json_int_t received = (json_int_t)atomic_load(&c->received), stored = (json_int_t)atomic_load(&c->stored),
               duplicate = (json_int_t)atomic_load(&c->duplicate),
               quarantined = (json_int_t)atomic_load(&c->quarantined), dropped = (json_int_t)atomic_load(&c->dropped);
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "sensor_id", s->id, "received", received, "stored",
                     stored, "duplicate", duplicate, "quarantined", quarantined, "dropped", dropped, "late",
                     (json_int_t)atomic_load(&c->late), "in_flight",
                     received - stored - duplicate - quarantined - dropped);
}

json_t *ingest_writer_sensors_json(struct ingest_writer *w)
{
    json_t *list = json_array();
    (void)pthread_mutex_lock(&w->list_lock);
    for (size_t i = 0; list && i < w->list_count; i++)
        (void)json_array_append_new(list, sensor_json(w->list[i]));
    (void)pthread_mutex_unlock(&w->list_lock);
    return list;
}
