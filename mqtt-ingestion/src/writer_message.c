/* From a record of the log to rows in buckets: decode, identify, judge, find duplicates. On the writer's thread; asks
 * the store only for readings older than the keys in memory. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/log.h"
#include "record.h"
#include "writer_internal.h"

/* One record on its way. */
struct work {
    struct ingest_writer *w;
    const struct aas_wal_record *rec;
    struct ingest_message m;
    struct ingest_topic_match topic;
    struct aas_error *err;
};

static int reject(struct work *k, size_t index, struct aas_str sensor_id, struct aas_str payload, uint64_t readings,
                  enum ingest_reject reason, const struct aas_error *detail)
{
    k->w->totals.quarantined += readings;
    k->w->settled.quarantined += readings;
    return ingest_writer_reject(k->w, k->rec, index, &k->m, sensor_id, payload, readings, reason, detail);
}

/* --- one reading -------------------------------------------------------------------------------------------------- */

/* Which sensor is meant; sensor_id stays empty where that can't be told. */
static enum ingest_reject identify(const struct work *k, const struct aas_reading *r, struct aas_str *ret_id,
                                   struct aas_error *detail)
{
    struct aas_str topic = k->topic.sensor_id, own = {r->sensor_id, r->sensor_id_len};
    *ret_id = own.len > 0 ? own : topic;
    if (ret_id->len == 0) {
        (void)aas_error_set(detail, AAS_EINVAL, "neither the topic nor the message names the sensor");
        return INGEST_REJECT_NO_SENSOR;
    }
    if (own.len > 0 && topic.len > 0 && !aas_str_eq(own, topic)) {
        (void)aas_error_set(detail, AAS_EINVAL, "the message says sensor_id \"%.*s\", its topic \"%.*s\"",
                            AAS_STR_ARG(own), AAS_STR_ARG(topic));
        return INGEST_REJECT_SENSOR_MISMATCH;
    }
    if (!aas_reading_name_valid(ret_id->ptr, ret_id->len)) {
        (void)aas_error_set(
            detail, AAS_EINVAL,
            "the topic's sensor id \"%.*s\" must be 1 to 64 characters of A-Z a-z 0-9 _ . - :", AAS_STR_ARG(*ret_id));
        *ret_id = (struct aas_str){0};
        return INGEST_REJECT_NO_SENSOR;
    }
    return INGEST_ACCEPT;
}

/* Columns of the values; new channels are learnt. */
static int resolve(struct work *k, struct writer_sensor *s, const struct aas_reading *r, uint32_t *columns,
                   enum ingest_reject *ret_reject, struct aas_error *detail)
{
    const struct aas_reading_value *v = &k->w->batch.values[r->first];
    if (r->positional && r->count > s->positions_count) {
        *ret_reject = INGEST_REJECT_CHANNELS;
        (void)aas_error_set(detail, AAS_EINVAL, "%u values, but %zu channels of \"%s\" are known: name them first",
                            r->count, s->positions_count, s->id);
        return 0;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->positional) {
            columns[i] = s->positions[i];
            continue;
        }
        columns[i] = writer_channel_find(s, v[i].channel, v[i].channel_len, i);
        if (columns[i] != WRITER_CHANNEL_NEW)
            continue;
        if (s->channels_count == AAS_READING_MAX_CHANNELS) {
            *ret_reject = INGEST_REJECT_CHANNELS;
            (void)aas_error_set(detail, AAS_EINVAL, "\"%s\" has %d channels already", s->id, AAS_READING_MAX_CHANNELS);
            return 0;
        }
        int rc = writer_channel_add(s, v[i].channel, v[i].channel_len);
        if (rc < 0)
            return rc;
        columns[i] = (uint32_t)s->channels_count - 1;
        ingest_registry_learn(k->w->o.registry, s->id, s->id_len, v[i].channel, v[i].channel_len);
    }
    return 0;
}

/* Range of every value, identity of the reading. */
static enum ingest_reject judge(const struct work *k, const struct writer_sensor *s, const struct aas_reading *r,
                                const uint32_t *columns, struct ingest_key *key, struct aas_error *detail)
{
    const struct aas_reading_value *v = &k->w->batch.values[r->first];
    bool released = k->m.flags & INGEST_MESSAGE_REINJECTED;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct writer_channel *c = &s->channels[columns[i]];
        if (isnan(v[i].value))
            continue;
        enum ingest_reject bad =
            released ? INGEST_ACCEPT : ingest_validate_range(v[i].value, c->min, c->max, c->name, c->len, detail);
        if (bad)
            return bad;
        ingest_key_mix(key, c->hash, v[i].value);
    }
    if (r->ts_ms == AAS_READING_NO_TIME || released)
        return INGEST_ACCEPT;
    return ingest_validate_time(&k->w->rules, r->ts_ms, k->m.received_ms, detail);
}

/* Was it accepted before? *ret_same: the earlier one, or NULL. */
static int find_same(struct work *k, struct writer_sensor *s, const struct ingest_key *key,
                     const struct ingest_key **ret_same)
{
    *ret_same = NULL;
    if (key->t == INGEST_KEY_NO_TIME) {
        if (key->seq >= 0) {
            const struct ingest_key *same = ingest_recent_find(&s->recent, key);
            *ret_same = same && same->values == key->values ? same : NULL;
        }
        return 0;
    }
    if (key->t > s->newest_ms)
        return 0;
    *ret_same = ingest_recent_find(&s->recent, key);
    if (*ret_same || !s->recent.forgot)
        return 0;
    if (!s->known && !(s->known = calloc(1, sizeof *s->known)))
        return aas_error_set(k->err, AAS_ENOMEM, "out of memory");
    return ingest_known_find(s->known, k->w->o.store, s->id, k->w->committed, key, ret_same, k->err);
}

/* A bucket stays within a span, so that looking up a time needs a bounded range of buckets. Two buckets of one record
 * must not get one name: then the wider bucket is the lesser evil. */
static int make_room(struct work *k, struct writer_sensor *s, int64_t t)
{
    const struct ingest_bucket *b = &s->bucket;
    if (b->rows == 0)
        return 0;
    bool spans = t - b->start_ms > INGEST_BUCKET_SPAN_MS || b->end_ms - t > INGEST_BUCKET_SPAN_MS;
    bool fits = b->rows < INGEST_BUCKET_ROWS_MAX || b->offset == k->rec->offset;
    if ((!spans && fits) || (b->offset == k->rec->offset && t == b->start_ms))
        return 0;
    return ingest_writer_close_bucket(k->w, s, k->err);
}

/* One frozen channel may be a stopped machine; all of them are a frozen sensor. */
static void tell_stale(const struct ingest_writer *w, struct writer_sensor *s, bool stale, int64_t t)
{
    if (stale != s->stale && w->o.on_stale && w->o.on_stale(w->o.arg, s->id, stale, t))
        s->stale = stale;
}

static int store_row(struct work *k, struct writer_sensor *s, const struct aas_reading *r, const uint32_t *columns,
                     struct ingest_key *key)
{
    struct ingest_writer *w = k->w;
    const struct aas_reading_value *v = &w->batch.values[r->first];
    bool clockless = r->ts_ms == AAS_READING_NO_TIME;
    int64_t t = clockless ? ingest_auto_time(&s->last_auto_ms, k->m.received_ms) : r->ts_ms;
    int32_t q = clockless ? INGEST_Q_NO_TIME : 0;
    if (s->newest_ms != INT64_MIN && s->newest_ms - t > w->rules.late_ms)
        q |= INGEST_Q_LATE;
    q |= k->m.flags & INGEST_MESSAGE_REINJECTED ? INGEST_Q_REINJECTED : 0;
    q |= k->m.flags & INGEST_MESSAGE_IMPORTED ? INGEST_Q_IMPORTED : 0;

    uint32_t values = 0, flat = 0;
    struct ingest_rollup_minute *minute = NULL;
    int rc = make_room(k, s, t);
    if (rc == 0)
        rc = writer_rollup_row(w, s, t, &minute);
    if (rc < 0)
        return rc;
    ssize_t row = ingest_bucket_add(&s->bucket, t, r->seq, q, k->rec->offset, k->m.received_ms);
    rc = row < 0 ? (int)row : ingest_recent_add(&s->recent, key);
    if (rc == 0 && s->known)
        rc = ingest_known_add(s->known, key);
    for (uint32_t i = 0; rc == 0 && i < r->count; i++) {
        struct writer_channel *c = &s->channels[columns[i]];
        rc = ingest_bucket_set(&s->bucket, columns[i], v[i].value);
        if (rc == 0 && minute)
            rc = ingest_rollup_add(minute, columns[i], t, v[i].value);
        values += isnan(v[i].value) ? 0 : 1;
        flat += (uint32_t)ingest_flat_step(&c->flat, v[i].value, (uint32_t)w->o.config->stale_rows);
    }
    if (rc < 0)
        return aas_error_set(k->err, rc, "out of memory");
    if (!clockless && !(q & INGEST_Q_IMPORTED))
        ingest_skew_add(&s->skew, k->m.received_ms, t);
    if (flat > 0)
        q |= INGEST_Q_FLAT;
    s->bucket.q[row] = q;
    tell_stale(w, s, values > 0 && flat == values, t);
    if (minute) {
        minute->readings++;
        minute->late += (q & INGEST_Q_LATE) != 0;
    }
    s->newest_ms = t > s->newest_ms ? t : s->newest_ms;
    s->clockless |= clockless && r->seq >= 0;
    if (!s->dirty) {
        s->dirty = true;
        s->next_dirty = w->dirty;
        w->dirty = s;
        w->dirty_count++;
    }
    s->open++;
    w->totals.stored++;
    w->settled.stored++;
    if (q & INGEST_Q_LATE) {
        w->totals.late++;
        w->settled.late++;
        atomic_fetch_add_explicit(&s->count.late, 1, memory_order_relaxed);
    }
    return 0;
}

/* The reading alone, for quarantine: as it came where the message holds only this one. */
static int reject_one(struct work *k, size_t index, const struct aas_reading *r, struct aas_str id,
                      enum ingest_reject reason, const struct aas_error *detail)
{
    struct aas_str raw = {k->m.payload, k->m.payload_len};
    if (k->w->batch.len == 1)
        return reject(k, index, id, raw, 1, reason, detail);
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(AAS_READING_MAX_BYTES);
    if (aas_reading_encode(r, 1, k->w->batch.values, &text) < 0)
        return AAS_ENOMEM;
    return reject(k, index, id, (struct aas_str){text.data, text.len}, 1, reason, detail);
}

static int take_reading(struct work *k, size_t index)
{
    struct ingest_writer *w = k->w;
    const struct aas_reading *r = &w->batch.readings[index];
    struct aas_error detail = AAS_ERROR_NONE;
    struct aas_str id;
    struct writer_sensor *s = NULL;
    enum ingest_reject bad = identify(k, r, &id, &detail);
    if (bad)
        return reject_one(k, index, r, id, bad, &detail);
    int rc = writer_sensor_get(w, id, &k->topic, &s, k->err);
    if (rc == AAS_ENOENT || rc == AAS_EFULL) {
        bad = rc == AAS_ENOENT ? INGEST_REJECT_UNKNOWN_SENSOR : INGEST_REJECT_TOO_MANY_SENSORS;
        (void)aas_error_set(&detail, rc,
                            rc == AAS_ENOENT ? "the sensor is not registered" : "AAS_MAX_SENSORS is reached");
        return reject_one(k, index, r, id, bad, &detail);
    }
    if (rc < 0)
        return rc;
    if (s->meta->retired) {
        atomic_fetch_add_explicit(&s->count.received, 1, memory_order_relaxed);
        w->totals.dropped[INGEST_DROP_RETIRED]++;
        w->settled.dropped[INGEST_DROP_RETIRED]++;
        atomic_fetch_add_explicit(&s->count.dropped, 1, memory_order_relaxed);
        return 0;
    }
    uint32_t columns[AAS_READING_MAX_CHANNELS];
    struct ingest_key key = {.t = r->ts_ms == AAS_READING_NO_TIME ? INGEST_KEY_NO_TIME : r->ts_ms, .seq = r->seq};
    const struct ingest_key *same = NULL;
    rc = resolve(k, s, r, columns, &bad, &detail);
    if (rc == 0 && !bad)
        bad = judge(k, s, r, columns, &key, &detail);
    if (rc == 0 && !bad)
        rc = find_same(k, s, &key, &same);
    if (rc < 0)
        return rc;
    atomic_fetch_add_explicit(&s->count.received, 1, memory_order_relaxed);
    if (same && same->values != key.values && w->o.config->duplicates == INGEST_DUPLICATES_QUARANTINE) {
        bad = INGEST_REJECT_CONFLICT;
        (void)aas_error_set(&detail, AAS_EDUPLICATE, "another reading of this time has other values");
    }
    if (bad) {
        atomic_fetch_add_explicit(&s->count.quarantined, 1, memory_order_relaxed);
        struct ingest_rollup_minute *minute = ingest_rollup_find(&s->rollup, k->m.received_ms);
        if (minute)
            minute->quarantined++;
        return reject_one(k, index, r, id, bad, &detail);
    }
    if (same) {
        w->totals.duplicate++;
        w->settled.duplicate++;
        atomic_fetch_add_explicit(&s->count.duplicate, 1, memory_order_relaxed);
        struct ingest_rollup_minute *minute = ingest_rollup_find(&s->rollup, r->ts_ms);
        if (minute)
            minute->duplicate++;
        return 0;
    }
    return store_row(k, s, r, columns, &key);
}

/* From where it stopped, when the store did not answer. */
static int take_all(struct work *k, size_t *done)
{
    int rc = 0;
    for (; rc == 0 && *done < k->w->batch.len; *done += rc == 0)
        rc = take_reading(k, *done);
    return rc;
}

int ingest_writer_message(struct ingest_writer *w, const struct aas_wal_record *rec, struct aas_error *err)
{
    struct work k = {.w = w, .rec = rec, .err = err};
    struct aas_error detail = AAS_ERROR_NONE;
    if (ingest_message_decode(rec->payload, rec->len, &k.m) < 0)
        return aas_error_set(err, AAS_ECORRUPT, "a record of another version");
    struct aas_str payload = {k.m.payload, k.m.payload_len};
    bool known = (k.m.flags & INGEST_MESSAGE_IMPORTED) || k.m.topic_len == 0 ||
                 ingest_topics_match(w->o.topics, k.m.topic, k.m.topic_len, &k.topic);
    int rc = known && !(k.m.flags & INGEST_MESSAGE_CUT)
                 ? aas_reading_decode(k.m.payload, k.m.payload_len, k.topic.channel.ptr, k.topic.channel.len, &w->batch,
                                      &detail)
                 : AAS_EINVAL;
    if (!w->retry) {
        uint64_t seen = w->batch.seen;
        if (!known || (k.m.flags & INGEST_MESSAGE_CUT))
            seen = k.m.readings;
        w->totals.received += seen;
        w->arrived.meant += k.m.readings;
        w->arrived.decoded += seen;
        w->retry_done = 0;
        if (rc < 0 || !known) {
            enum ingest_reject why = !known                                                  ? INGEST_REJECT_TOPIC
                                     : (k.m.flags & INGEST_MESSAGE_CUT) || rc == AAS_ETOOBIG ? INGEST_REJECT_TOO_BIG
                                                                                             : INGEST_REJECT_MALFORMED;
            return reject(&k, 0, k.topic.sensor_id, payload, seen, why, &detail);
        }
    }
    rc = take_all(&k, &w->retry_done);
    w->retry = rc < 0;
    return rc;
}
