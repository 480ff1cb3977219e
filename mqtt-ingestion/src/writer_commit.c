/* From buckets to documents, and the commit: buckets, quarantine, what the registry learnt, then the position. All of
 * it may be done twice with the same result. On the writer's thread. */
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/id.h"
#include "crash.h"
#include "record.h"
#include "writer_internal.h"

#define KEEP_KEYS           64   /* of a sensor, behind a commit */
#define KEEP_KEYS_CLOCKLESS 1024 /* a broker may redeliver that many */
#define INSERT_MAX          500  /* documents of one call */

static int grow_list(bson_t ***list, size_t *cap, size_t len)
{
    if (len < *cap)
        return 0;
    size_t more = *cap ? *cap * 2 : 64;
    bson_t **bigger = realloc(*list, more * sizeof(*bigger));
    if (!bigger)
        return AAS_ENOMEM;
    *list = bigger;
    *cap = more;
    return 0;
}

int ingest_writer_close_bucket(struct ingest_writer *w, struct writer_sensor *s, struct aas_error *err)
{
    if (s->bucket.rows == 0)
        return 0;
    if (s->channels_count > w->names_cap) {
        const char **names = realloc(w->names, AAS_READING_MAX_CHANNELS * sizeof *names);
        if (!names)
            return aas_error_set(err, AAS_ENOMEM, "out of memory for a bucket");
        w->names = names;
        w->names_cap = AAS_READING_MAX_CHANNELS;
    }
    for (size_t c = 0; c < s->channels_count; c++)
        w->names[c] = s->channels[c].name;
    int rc = grow_list(&w->docs, &w->docs_cap, w->docs_count);
    bson_t *doc = rc == 0 ? bson_sized_new(256 + s->bucket.rows * (s->bucket.columns + 3) * 12) : NULL;
    if (doc)
        rc = ingest_bucket_encode(&s->bucket, s->id, w->names, doc);
    if (rc < 0) {
        if (doc)
            bson_destroy(doc);
        return aas_error_set(err, rc, "out of memory for a bucket");
    }
    w->docs[w->docs_count++] = doc;
    w->docs_bytes += doc->len;
    ingest_bucket_clear(&s->bucket);
    return 0;
}

int ingest_writer_reject(struct ingest_writer *w, const struct aas_wal_record *rec, size_t index,
                         const struct ingest_message *m, struct aas_str sensor_id, struct aas_str payload,
                         uint64_t readings, enum ingest_reject reason, const struct aas_error *detail)
{
    uint64_t from[2] = {rec->offset, index};
    char id[AAS_ID_SIZE];
    aas_id_derive(m->received_ms > 0 ? m->received_ms : 0, from, sizeof from, id);
    int rc = grow_list(&w->rejects, &w->rejects_cap, w->rejects_count);
    bson_t *doc = rc == 0 ? bson_new() : NULL;
    if (!doc)
        return AAS_ENOMEM;
    bool named = sensor_id.len > 0 && aas_reading_name_valid(sensor_id.ptr, sensor_id.len);
    struct aas_str topic = {m->topic, m->topic_len};
    bool ok =
        BSON_APPEND_UTF8(doc, "_id", id) &&
        (named ? bson_append_utf8(doc, "sensor_id", -1, sensor_id.ptr, (int)sensor_id.len)
               : BSON_APPEND_NULL(doc, "sensor_id")) &&
        (aas_str_is_utf8(topic) ? bson_append_utf8(doc, "topic", -1, m->topic, (int)m->topic_len)
                                : BSON_APPEND_UTF8(doc, "topic", "")) &&
        BSON_APPEND_UTF8(doc, "reason", ingest_reject_name(reason)) &&
        BSON_APPEND_UTF8(doc, "detail", aas_error_text(detail, AAS_EINVAL)) &&
        BSON_APPEND_BINARY(doc, "payload", BSON_SUBTYPE_BINARY, (const uint8_t *)payload.ptr, (uint32_t)payload.len) &&
        BSON_APPEND_DATE_TIME(doc, "at", m->received_ms) && BSON_APPEND_INT64(doc, "n", (int64_t)readings) &&
        BSON_APPEND_INT64(doc, "offset", (int64_t)rec->offset) && BSON_APPEND_NULL(doc, "reinjected");
    if (!ok) {
        bson_destroy(doc);
        return AAS_ENOMEM;
    }
    w->rejects[w->rejects_count++] = doc;
    return 0;
}

/* Inserts; those that are there already count in *dups. On failure all stay in the list: inserting again is harmless.
 */
static int insert_all(struct ingest_writer *w, enum aas_collection c, bson_t **docs, size_t *count, uint64_t *dups,
                      struct aas_error *err)
{
    if (w->outcomes_cap < INSERT_MAX) {
        w->outcomes = malloc(INSERT_MAX * sizeof *w->outcomes);
        if (!w->outcomes)
            return aas_error_set(err, AAS_ENOMEM, "out of memory");
        w->outcomes_cap = INSERT_MAX;
    }
    for (size_t at = 0; at < *count; at += INSERT_MAX) {
        size_t n = *count - at < INSERT_MAX ? *count - at : INSERT_MAX;
        memset(w->outcomes, 0, n * sizeof *w->outcomes);
        int rc = aas_store_insert_many(w->o.store, c, (const bson_t *const *)(docs + at), n, w->outcomes, err);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < n; i++)
            *dups += w->outcomes[i] == AAS_EDUPLICATE;
    }
    for (size_t i = 0; i < *count; i++)
        bson_destroy(docs[i]);
    *count = 0;
    return 0;
}

int ingest_writer_drain(struct ingest_writer *w, struct aas_error *err)
{
    uint64_t buckets = w->docs_count, rejects = w->rejects_count, replayed = 0, ignored = 0;
    int rc = insert_all(w, AAS_COLL_SENSOR_DATA, w->docs, &w->docs_count, &replayed, err);
    ingest_crash_point("buckets");
    if (rc == 0)
        w->docs_bytes = 0;
    if (rc == 0)
        rc = insert_all(w, AAS_COLL_ROLLUPS, w->minutes, &w->minutes_count, &ignored, err);
    if (rc == 0)
        rc = insert_all(w, AAS_COLL_QUARANTINE, w->rejects, &w->rejects_count, &ignored, err);
    if (rc < 0)
        return rc;
    (void)pthread_mutex_lock(&w->stats_lock);
    w->stats.buckets += buckets;
    w->stats.replayed_buckets += replayed;
    w->stats.quarantined_docs += rejects;
    (void)pthread_mutex_unlock(&w->stats_lock);
    return 0;
}

static int save_position(struct ingest_writer *w, uint64_t offset, struct aas_error *err)
{
    struct ingest_ledger_doc next = {.offset = offset, .totals = w->totals};
    bson_t doc = BSON_INITIALIZER;
    int rc = ingest_ledger_doc_encode(&next, &doc);
    if (rc == 0)
        rc = aas_store_replace(w->o.store, AAS_COLL_SETTINGS, &doc, w->rev, err);
    bson_destroy(&doc);
    if (rc == AAS_ECONFLICT) { /* ours, when the answer of an earlier try was lost; else another process writes */
        bson_t *there = NULL;
        rc = aas_store_get(w->o.store, AAS_COLL_SETTINGS, INGEST_LEDGER_ID, &there, err);
        if (rc == 0) {
            w->rev = aas_doc_int(there, "rev", 0);
            bson_destroy(there);
            rc = aas_error_set(err, AAS_ECONFLICT, "the ledger's document was changed by another process");
        }
        return rc;
    }
    if (rc == 0) {
        w->rev++;
        w->saved = next;
    }
    return rc;
}

/* Everything that was open is settled now. */
static void settle(struct ingest_writer *w)
{
    ingest_ledger_apply(w->o.ledger, &w->arrived);
    ingest_ledger_apply(w->o.ledger, &w->settled);
    memset(&w->arrived, 0, sizeof w->arrived);
    memset(&w->settled, 0, sizeof w->settled);
    while (w->dirty) {
        struct writer_sensor *s = w->dirty;
        w->dirty = s->next_dirty;
        s->dirty = false;
        atomic_fetch_add_explicit(&s->count.stored, s->open, memory_order_relaxed);
        s->open = 0;
        ingest_recent_trim(&s->recent, s->clockless ? KEEP_KEYS_CLOCKLESS : KEEP_KEYS);
        ingest_registry_seen(w->o.registry, s->id, s->id_len, s->newest_ms, ingest_skew_ms(&s->skew));
    }
    w->dirty_count = 0;
    w->has_open = false;
}

int ingest_writer_commit(struct ingest_writer *w, uint64_t offset, struct aas_error *err)
{
    struct aas_mono began = aas_clock_mono();
    for (struct writer_sensor *s = w->dirty; s; s = s->next_dirty) {
        int rc = ingest_writer_close_bucket(w, s, err);
        if (rc < 0)
            return rc;
    }
    int rc = ingest_writer_drain(w, err);
    ingest_crash_point("quarantine");
    for (struct writer_sensor *s = w->dirty; rc == 0 && s; s = s->next_dirty)
        rc = writer_rollup_recompute(w, s, err);
    if (rc == 0)
        rc = ingest_registry_save(w->o.registry, w->o.store, w->newest_received_ms, err);
    ingest_crash_point("registry");
    if (rc == 0 && offset > w->saved.offset)
        rc = save_position(w, offset, err);
    if (rc < 0)
        return rc;
    ingest_crash_point("position");
    size_t sensors = w->dirty_count;
    w->committed = offset;
    settle(w);
    (void)pthread_mutex_lock(&w->stats_lock);
    w->stats.commits++;
    w->stats.committed = offset;
    w->stats.last_commit_sensors = sensors;
    w->stats.last_commit_ms = aas_clock_wall_ms();
    w->stats.last_commit_seconds = (double)aas_mono_diff_ns(aas_clock_mono(), began) / 1e9;
    (void)pthread_mutex_unlock(&w->stats_lock);
    rc = aas_wal_trim(w->o.wal, offset, err);
    ingest_crash_point("trimmed");
    return rc;
}
