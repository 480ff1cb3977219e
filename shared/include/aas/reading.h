/* Readings on the wire: the four payload forms of an MQTT message, decoded without a copy into a batch that the caller
 * owns.
 *
 *   1. {"sensor_id"?, "timestamp"?, "seq"?, "readings": {channel: number|null}}
 *   2. an array of those
 *   3. {"sensor_id"?, "timestamp"?, "seq"?, "values": [number|null, …]}   in the sensor's channel order (alone or in an
 * array)
 *   4. a bare number or null, where the topic names the channel
 *
 * `timestamp` is RFC 3339 with zone, or epoch milliseconds, or absent. Pure: no clock, no ranges of a unit; the daemon
 * judges those. A batch belongs to one thread; its strings live as long as the payload does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_buf;
struct aas_error;

#define AAS_READING_NO_TIME        INT64_MIN
#define AAS_READING_NO_SEQ         (-1)
#define AAS_READING_MAX_NAME_BYTES 64  /* sensor ids and channel names */
#define AAS_READING_MAX_CHANNELS   256 /* in one reading */
#define AAS_READING_MAX_BYTES      (1024u * 1024u)
#define AAS_READING_MAX_TS_MS      253402300799999 /* 9999-12-31T23:59:59.999Z */

struct aas_reading_value {
    const char *channel; /* not NUL-terminated; NULL in form 3, where the place tells */
    uint32_t channel_len;
    double value; /* NaN for null */
};

struct aas_reading {
    const char *sensor_id; /* not NUL-terminated; NULL when the payload names none (the topic does) */
    uint32_t sensor_id_len;
    uint32_t first; /* its values are batch->values[first .. first + count) */
    uint32_t count;
    bool positional; /* form 3 */
    int64_t ts_ms;   /* AAS_READING_NO_TIME when absent */
    int64_t seq;     /* AAS_READING_NO_SEQ when absent */
};

struct aas_reading_batch {
    struct aas_reading *readings;
    size_t len, cap;
    struct aas_reading_value *values;
    size_t values_len, values_cap;
    size_t seen; /* readings that the last payload held, also when it was refused: what the ledger counts */
};

/** Memory for readings and values, reused for every payload. Errors: AAS_ENOMEM. */
int aas_reading_batch_init(struct aas_reading_batch *batch, size_t readings_cap, size_t values_cap)
    __attribute__((warn_unused_result));
void aas_reading_batch_fini(struct aas_reading_batch *batch);

/** Decode one payload (borrows: the batch points into it) into batch, replacing what stood there. channel (may be NULL,
 * borrows) is the name that the topic gives, for form 4. A payload is taken whole or not at all. Errors: AAS_EPARSE not
 * JSON; AAS_EINVAL a sentence naming field, value and what would be right ("[2].readings.temp: …"); AAS_ETOOBIG more
 * readings or values than the batch holds. On failure len is 0 and seen tells how many readings the payload meant (1
 * when that can't be told). */
int aas_reading_decode(const char *payload, size_t payload_len, const char *channel, size_t channel_len,
                       struct aas_reading_batch *batch, struct aas_error *err) __attribute__((warn_unused_result));

/** True for 1 to 64 characters of A-Z a-z 0-9 _ . - : names that are safe in topics, ids, URLs and metrics. */
bool aas_reading_name_valid(const char *name, size_t len);

/** Append readings (of the batch's values) to buf as form 1 or 3: one alone as an object, several as an array. Channels
 * with NaN are written as null. Errors: AAS_ENOMEM, AAS_ETOOBIG. */
int aas_reading_encode(const struct aas_reading *readings, size_t n, const struct aas_reading_value *values,
                       struct aas_buf *buf) __attribute__((warn_unused_result));
