#include "record.h"

#include <endian.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/json_pull.h"

#define VERSION      1
#define HEADER_BYTES 16
#define MAX_DEPTH    16 /* as aas/reading.h */

const char *const ingest_drop_names[INGEST_DROP__COUNT] = {
    [INGEST_DROP_WAL_FULL] = "wal_full",
    [INGEST_DROP_WAL_THINNED] = "wal_thinned",
    [INGEST_DROP_RETIRED] = "sensor_retired",
    [INGEST_DROP_CORRUPT] = "log_corrupt",
};

int ingest_message_encode(const struct ingest_message *m, struct aas_buf *buf)
{
    if (m->topic_len > UINT16_MAX)
        return AAS_ETOOBIG;
    uint8_t head[HEADER_BYTES] = {VERSION, m->flags};
    uint16_t topic_len = htole16((uint16_t)m->topic_len);
    uint32_t readings = htole32(m->readings);
    uint64_t received = htole64((uint64_t)m->received_ms);
    memcpy(head + 2, &topic_len, 2);
    memcpy(head + 4, &readings, 4);
    memcpy(head + 8, &received, 8);
    char *to = aas_buf_reserve(buf, HEADER_BYTES + m->topic_len + m->payload_len);
    if (!to)
        return aas_buf_status(buf);
    memcpy(to, head, HEADER_BYTES);
    if (m->topic_len > 0)
        memcpy(to + HEADER_BYTES, m->topic, m->topic_len);
    if (m->payload_len > 0)
        memcpy(to + HEADER_BYTES + m->topic_len, m->payload, m->payload_len);
    aas_buf_commit(buf, HEADER_BYTES + m->topic_len + m->payload_len);
    return aas_buf_status(buf);
}

int ingest_message_decode(const void *data, size_t len, struct ingest_message *ret_message)
{
    const uint8_t *p = data;
    if (len < HEADER_BYTES || p[0] != VERSION)
        return AAS_ECORRUPT;
    uint16_t topic_len;
    uint32_t readings;
    uint64_t received;
    memcpy(&topic_len, p + 2, 2);
    memcpy(&readings, p + 4, 4);
    memcpy(&received, p + 8, 8);
    topic_len = le16toh(topic_len);
    if (topic_len > len - HEADER_BYTES)
        return AAS_ECORRUPT;
    *ret_message = (struct ingest_message){
        .received_ms = (int64_t)le64toh(received),
        .readings = le32toh(readings),
        .flags = p[1],
        .topic = (const char *)p + HEADER_BYTES,
        .topic_len = topic_len,
        .payload = (const char *)p + HEADER_BYTES + topic_len,
        .payload_len = len - HEADER_BYTES - topic_len,
    };
    return 0;
}

uint32_t ingest_message_count(const char *payload, size_t len)
{
    size_t at = 0;
    while (at < len && (payload[at] == ' ' || payload[at] == '\t' || payload[at] == '\n' || payload[at] == '\r'))
        at++;
    if (at == len || payload[at] != '[')
        return 1;
    struct aas_json_pull r;
    aas_json_pull_init(&r, payload, len, MAX_DEPTH);
    uint32_t n = 0;
    (void)aas_json_pull_next(&r);
    while (aas_json_pull_skip(&r) && !(r.event == AAS_JSON_ARRAY_END && r.depth == 0))
        n++;
    return n > 0 ? n : 1;
}

void ingest_dropped_encode(enum ingest_drop_reason reason, uint64_t readings, uint8_t out[static INGEST_DROPPED_BYTES])
{
    uint64_t words[2] = {htole64((uint64_t)reason), htole64(readings)};
    memcpy(out, words, sizeof words);
}

int ingest_dropped_decode(const void *data, size_t len, enum ingest_drop_reason *ret_reason, uint64_t *ret_readings)
{
    uint64_t words[2];
    if (len != sizeof words)
        return AAS_ECORRUPT;
    memcpy(words, data, sizeof words);
    if (le64toh(words[0]) >= INGEST_DROP__COUNT)
        return AAS_ECORRUPT;
    *ret_reason = (enum ingest_drop_reason)le64toh(words[0]);
    *ret_readings = le64toh(words[1]);
    return 0;
}
