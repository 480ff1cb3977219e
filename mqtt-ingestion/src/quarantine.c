#include "quarantine.h"

#include <string.h>

#include "aas/clock.h"
#include "aas/json.h"
#include "aas/json_pull.h"
#include "aas/reading.h"
#include "aas/store.h"
#include "record.h"
#include "subscriber.h"
#include "topic.h"

#define READINGS_MAX 16384
#define VALUES_MAX   131072

static struct aas_str payload_of(const bson_t *doc)
{
    bson_iter_t it;
    bson_subtype_t type;
    uint32_t len = 0;
    const uint8_t *bytes = NULL;
    if (bson_iter_init_find(&it, doc, "payload") && BSON_ITER_HOLDS_BINARY(&it))
        bson_iter_binary(&it, &type, &len, &bytes);
    return (struct aas_str){(const char *)bytes, len};
}

struct list {
    struct aas_json_writer w;
};

static void write_time(struct aas_json_writer *w, const char *key, int64_t ms)
{
    aas_json_write_key(w, key);
    if (ms < 0)
        aas_json_write_null(w);
    else
        aas_json_write_int(w, ms);
}

static int write_item(const bson_t *doc, void *arg)
{
    static const char *const texts[] = {"sensor_id", "topic", "reason", "detail"};
    struct aas_json_writer *w = &((struct list *)arg)->w;
    struct aas_str payload = payload_of(doc);
    aas_json_write_object(w);
    aas_json_write_key(w, "id");
    aas_json_write_string(w, aas_doc_str(doc, "_id", ""));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        aas_json_write_key(w, texts[i]);
        aas_json_write_string(w, aas_doc_str(doc, texts[i], NULL));
    }
    write_time(w, "at", aas_doc_int(doc, "at", -1));
    aas_json_write_key(w, "readings");
    aas_json_write_int(w, aas_doc_int(doc, "n", 1));
    write_time(w, "reinjected", aas_doc_int(doc, "reinjected", -1));
    aas_json_write_key(w, "bytes");
    aas_json_write_int(w, (int64_t)payload.len);
    aas_json_write_key(w, "text");
    if (payload.ptr && aas_str_is_utf8(payload))
        aas_json_write_string_n(w, payload.ptr, payload.len);
    else
        aas_json_write_null(w);
    aas_json_write_object_end(w);
    return w->rc < 0 ? w->rc : 0;
}

int ingest_quarantine_list(struct aas_store *store, const struct ingest_quarantine_query *q, struct aas_buf *out,
                           struct aas_error *err)
{
    struct aas_cond where[2];
    char next[AAS_STORE_CURSOR_BYTES] = "";
    size_t n = 0;
    if (q->sensor_id)
        where[n++] = (struct aas_cond){.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(q->sensor_id)};
    if (q->reason)
        where[n++] = (struct aas_cond){.field = "reason", .op = AAS_OP_EQ, .value = AAS_V_STR(q->reason)};
    struct aas_query query = {
        .where = where, .n_where = n, .sort = "at", .descending = true, .limit = q->limit, .cursor = q->cursor};
    struct list l;
    aas_json_write_init(&l.w, out);
    aas_json_write_object(&l.w);
    aas_json_write_key(&l.w, "items");
    aas_json_write_array(&l.w);
    int rc = aas_store_find(store, AAS_COLL_QUARANTINE, &query, write_item, &l, next, err);
    aas_json_write_array_end(&l.w);
    aas_json_write_key(&l.w, "next");
    aas_json_write_string(&l.w, next[0] != '\0' ? next : NULL);
    aas_json_write_object_end(&l.w);
    int written = aas_json_write_finish(&l.w);
    return rc < 0 ? rc : written;
}

/* --- let in again ------------------------------------------------------------------------------------------------- */

/* Would it be decoded? What was malformed and is still so would only come back. */
static int check_payload(const struct ingest_topics *topics, struct aas_str topic, struct aas_str payload,
                         uint32_t *ret_readings, struct aas_error *err)
{
    struct ingest_topic_match m = {0};
    struct aas_reading_batch batch;
    if (topic.len > 0 && !ingest_topics_match(topics, topic.ptr, topic.len, &m))
        return aas_error_set(err, AAS_EINVAL, "no template of AAS_MQTT_TOPICS fits the topic \"%.*s\"",
                             AAS_STR_ARG(topic));
    if (aas_reading_batch_init(&batch, READINGS_MAX, VALUES_MAX) < 0)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    int rc = aas_reading_decode(payload.ptr ? payload.ptr : "", payload.len, m.channel.ptr, m.channel.len, &batch, err);
    *ret_readings = (uint32_t)batch.len;
    aas_reading_batch_fini(&batch);
    return rc < 0 ? aas_error_set(err, AAS_EINVAL, "%s", err ? err->msg : "") : 0;
}

static int mark_reinjected(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    static const char *const drop[] = {"reinjected", NULL};
    const int64_t *now = arg;
    if (!old_doc)
        return aas_error_set(err, AAS_ENOENT, "the message has gone from quarantine");
    if (aas_doc_int(old_doc, "reinjected", -1) >= 0)
        return aas_error_set(err, AAS_ECONFLICT, "the message was let in before");
    int rc = aas_store_copy_except(old_doc, ret_new, drop);
    if (rc == 0 && !BSON_APPEND_DATE_TIME(ret_new, "reinjected", *now))
        rc = AAS_ENOMEM;
    return rc < 0 ? aas_error_set(err, rc, "out of memory") : 0;
}

static int reinject_doc(struct aas_store *store, struct ingest_subscriber *subscriber,
                        const struct ingest_topics *topics, const bson_t *doc, struct aas_str payload,
                        uint32_t *ret_readings, struct aas_error *err)
{
    struct aas_str topic = aas_str_from(aas_doc_str(doc, "topic", ""));
    int64_t now = aas_clock_wall_ms();
    struct aas_str bytes = payload.ptr ? payload : payload_of(doc);
    int rc = check_payload(topics, topic, bytes, ret_readings, err);
    /* marked first: two people who press the button let it in once; the log takes it or says why */
    if (rc == 0)
        rc = aas_store_update(store, AAS_COLL_QUARANTINE, aas_doc_str(doc, "_id", ""), mark_reinjected, &now, err);
    if (rc < 0)
        return rc;
    const struct ingest_message m = {
        .received_ms = aas_doc_int(doc, "at", now),
        .readings = ingest_message_count(bytes.ptr, bytes.len),
        .flags = INGEST_MESSAGE_REINJECTED,
        .topic = topic.ptr,
        .topic_len = topic.len,
        .payload = bytes.ptr,
        .payload_len = bytes.len,
    };
    return ingest_subscriber_append(subscriber, &m, 1, err);
}

int ingest_quarantine_reinject(struct aas_store *store, struct ingest_subscriber *subscriber,
                               const struct ingest_topics *topics, const char *id, const char *payload,
                               size_t payload_len, uint32_t *ret_readings, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(store, AAS_COLL_QUARANTINE, id, &doc, err);
    if (rc == AAS_ENOENT)
        return aas_error_set(err, AAS_ENOENT, "there is no message \"%.64s\" in quarantine", id);
    if (rc < 0)
        return rc;
    rc = reinject_doc(store, subscriber, topics, doc, (struct aas_str){payload, payload_len}, ret_readings, err);
    bson_destroy(doc);
    return rc;
}
