/* MQTT payloads to readings and back; see aas/reading.h. */
#include "aas/reading.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/clock.h"
#include "aas/err.h"
#include "aas/error.h"
#include "aas/json_pull.h"
#include "excerpt.h"

#define MAX_DEPTH 16 /* three levels are ours; the rest is for fields that we skip */

struct decoder {
    struct aas_json_pull r;
    struct aas_reading_batch *batch;
    struct aas_error *err;
    char prefix[24]; /* "[2]." within an array */
};

enum { SEEN_SENSOR = 1, SEEN_TIME = 2, SEEN_SEQ = 4, SEEN_READINGS = 8, SEEN_VALUES = 16 };

int aas_reading_batch_init(struct aas_reading_batch *batch, size_t readings_cap, size_t values_cap)
{
    *batch = (struct aas_reading_batch){.cap = readings_cap, .values_cap = values_cap};
    batch->readings = calloc(readings_cap, sizeof *batch->readings);
    batch->values = calloc(values_cap, sizeof *batch->values);
    if (batch->readings && batch->values)
        return 0;
    aas_reading_batch_fini(batch);
    return AAS_ENOMEM;
}

void aas_reading_batch_fini(struct aas_reading_batch *batch)
{
    free(batch->readings);
    free(batch->values);
    *batch = (struct aas_reading_batch){0};
}

bool aas_reading_name_valid(const char *name, size_t len)
{
    if (len == 0 || len > AAS_READING_MAX_NAME_BYTES)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                  c == '-' || c == ':';
        if (!ok)
            return false;
    }
    return true;
}

/* ---- errors ---- */

static int wrong(struct decoder *d, const char *field, const char *right)
{
    const struct aas_json_pull *r = &d->r;
    char text[AAS_EXCERPT_BYTES];
    switch (r->event) {
    case AAS_JSON_ERROR:
        return aas_json_pull_fail(r, d->err);
    case AAS_JSON_STRING:
        return aas_error_set(d->err, AAS_EINVAL, "%s%s is \"%s\", but must be %s", d->prefix, field,
                             aas_excerpt(r->str, r->str_len, text), right);
    case AAS_JSON_NUMBER:
        return aas_error_set(d->err, AAS_EINVAL, "%s%s is %s, but must be %s", d->prefix, field,
                             aas_excerpt(r->str, r->str_len, text), right);
    default: {
        const char *was = r->event == AAS_JSON_OBJECT  ? "an object"
                          : r->event == AAS_JSON_ARRAY ? "a list"
                          : r->event == AAS_JSON_NULL  ? "null"
                          : r->event == AAS_JSON_TRUE  ? "true"
                                                       : "false";
        return aas_error_set(d->err, AAS_EINVAL, "%s%s is %s, but must be %s", d->prefix, field, was, right);
    }
    }
}

static int refused(struct decoder *d, const char *field, const char *sentence)
{
    return aas_error_set(d->err, AAS_EINVAL, "%s%s %s", d->prefix, field, sentence);
}

static int full(struct decoder *d, const char *what, size_t cap)
{
    return aas_error_set(d->err, AAS_ETOOBIG, "the message holds more than %zu %s: send smaller messages", cap, what);
}

/* ---- one reading ---- */

static int add_value(struct decoder *d, struct aas_reading *reading, const char *channel, size_t channel_len)
{
    struct aas_reading_batch *b = d->batch;
    if (reading->count == AAS_READING_MAX_CHANNELS)
        return full(d, "channels in a reading", AAS_READING_MAX_CHANNELS);
    if (b->values_len == b->values_cap)
        return full(d, "values", b->values_cap);
    b->values[b->values_len++] = (struct aas_reading_value){
        .channel = channel,
        .channel_len = (uint32_t)channel_len,
        .value = d->r.event == AAS_JSON_NULL ? NAN : d->r.num,
    };
    reading->count++;
    return 0;
}

static int decode_readings(struct decoder *d, struct aas_reading *reading)
{
    struct aas_json_pull *r = &d->r;
    const struct aas_reading_batch *b = d->batch;
    if (aas_json_pull_next(r) != AAS_JSON_OBJECT)
        return wrong(d, "readings", "an object of channel names and numbers");
    while (aas_json_pull_next(r) == AAS_JSON_KEY) {
        const char *channel = r->str;
        size_t len = r->str_len;
        char field[AAS_EXCERPT_BYTES + 16];
        char text[AAS_EXCERPT_BYTES];
        bool valid = aas_reading_name_valid(channel, len);
        for (uint32_t i = reading->first; valid && i < b->values_len; i++) {
            if (b->values[i].channel_len == len && memcmp(b->values[i].channel, channel, len) == 0) {
                (void)snprintf(field, sizeof field, "readings.%s", aas_excerpt(channel, len, text));
                return refused(d, field, "stands twice");
            }
        }
        enum aas_json_event e = aas_json_pull_next(r);
        if (valid && (e == AAS_JSON_NUMBER || e == AAS_JSON_NULL)) {
            int rc = add_value(d, reading, channel, len);
            if (rc != 0)
                return rc;
            continue;
        }
        (void)snprintf(field, sizeof field, "readings.%s", aas_excerpt(channel, len, text));
        if (e != AAS_JSON_ERROR && !valid)
            return refused(d, field, "is no channel name: 1 to 64 characters of A-Z a-z 0-9 _ . - : are");
        return wrong(d, field, "a number or null");
    }
    return r->event == AAS_JSON_OBJECT_END ? 0 : aas_json_pull_fail(r, d->err);
}

static int decode_values(struct decoder *d, struct aas_reading *reading)
{
    struct aas_json_pull *r = &d->r;
    if (aas_json_pull_next(r) != AAS_JSON_ARRAY)
        return wrong(d, "values", "a list of numbers in the sensor's channel order");
    reading->positional = true;
    for (;;) {
        enum aas_json_event e = aas_json_pull_next(r);
        if (e == AAS_JSON_ARRAY_END)
            return 0;
        if (e != AAS_JSON_NUMBER && e != AAS_JSON_NULL) {
            char field[32];
            (void)snprintf(field, sizeof field, "values[%u]", reading->count);
            return wrong(d, field, "a number or null");
        }
        int rc = add_value(d, reading, NULL, 0);
        if (rc != 0)
            return rc;
    }
}

static int decode_timestamp(struct decoder *d, struct aas_reading *reading)
{
    static const char right[] = "RFC 3339 with zone (2024-05-01T12:00:00.5Z), whole milliseconds since 1970, or absent";
    struct aas_json_pull *r = &d->r;
    int64_t ts_ms = -1;
    switch (aas_json_pull_next(r)) {
    case AAS_JSON_NULL:
        return 0;
    case AAS_JSON_STRING:
        if (aas_rfc3339_parse(r->str, r->str_len, &ts_ms, NULL) != 0)
            return wrong(d, "timestamp", right);
        break;
    case AAS_JSON_NUMBER:
        if (aas_json_pull_int(r, &ts_ms) != 0)
            return wrong(d, "timestamp", right);
        break;
    default:
        return wrong(d, "timestamp", right);
    }
    if (ts_ms < 0 || ts_ms > AAS_READING_MAX_TS_MS)
        return wrong(d, "timestamp", "between 1970 and 9999");
    reading->ts_ms = ts_ms;
    return 0;
}

static int decode_field(struct decoder *d, struct aas_reading *reading, unsigned *seen)
{
    struct aas_json_pull *r = &d->r;
    static const struct {
        const char *name;
        unsigned bit;
    } fields[] = {{"readings", SEEN_READINGS},
                  {"timestamp", SEEN_TIME},
                  {"seq", SEEN_SEQ},
                  {"sensor_id", SEEN_SENSOR},
                  {"values", SEEN_VALUES}};
    unsigned bit = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && bit == 0; i++) {
        if (!aas_json_pull_is(r, fields[i].name))
            continue;
        bit = fields[i].bit;
        if (*seen & bit)
            return refused(d, fields[i].name, "stands twice");
        *seen |= bit;
    }
    switch (bit) {
    case SEEN_READINGS:
        return decode_readings(d, reading);
    case SEEN_VALUES:
        return decode_values(d, reading);
    case SEEN_TIME:
        return decode_timestamp(d, reading);
    case SEEN_SEQ:
        if (aas_json_pull_next(r) == AAS_JSON_NULL)
            return 0;
        if (r->event != AAS_JSON_NUMBER || aas_json_pull_int(r, &reading->seq) != 0 || reading->seq < 0)
            return wrong(d, "seq", "a whole number from 0 on");
        return 0;
    case SEEN_SENSOR:
        if (aas_json_pull_next(r) == AAS_JSON_NULL)
            return 0;
        if (r->event != AAS_JSON_STRING || !aas_reading_name_valid(r->str, r->str_len))
            return wrong(d, "sensor_id", "1 to 64 characters of A-Z a-z 0-9 _ . - :");
        reading->sensor_id = r->str;
        reading->sensor_id_len = (uint32_t)r->str_len;
        return 0;
    default: /* devices add fields of their own: harmless */
        return aas_json_pull_skip(r) ? 0 : aas_json_pull_fail(r, d->err);
    }
}

static struct aas_reading *next_reading(struct decoder *d)
{
    struct aas_reading_batch *b = d->batch;
    if (b->len == b->cap)
        return NULL;
    struct aas_reading *reading = &b->readings[b->len++];
    *reading =
        (struct aas_reading){.first = (uint32_t)b->values_len, .ts_ms = AAS_READING_NO_TIME, .seq = AAS_READING_NO_SEQ};
    return reading;
}

/* The reader has just seen the opening brace. */
static int decode_object(struct decoder *d)
{
    struct aas_reading *reading = next_reading(d);
    if (!reading)
        return full(d, "readings", d->batch->cap);
    unsigned seen = 0;
    while (aas_json_pull_next(&d->r) == AAS_JSON_KEY) {
        int rc = decode_field(d, reading, &seen);
        if (rc != 0)
            return rc;
    }
    if (d->r.event != AAS_JSON_OBJECT_END)
        return aas_json_pull_fail(&d->r, d->err);
    unsigned both = seen & (SEEN_READINGS | SEEN_VALUES);
    if (both == 0)
        return refused(d, "readings", "is missing: it must be an object of channel names and numbers");
    if (both == (SEEN_READINGS | SEEN_VALUES))
        return refused(d, "values", "stands beside readings: one of the two is enough");
    if (reading->count == 0)
        return refused(d, both == SEEN_READINGS ? "readings" : "values",
                       "is empty: at least one channel must be there");
    return 0;
}

static int decode_array(struct decoder *d)
{
    for (size_t i = 0;; i++) {
        (void)snprintf(d->prefix, sizeof d->prefix, "[%zu].", i);
        enum aas_json_event e = aas_json_pull_next(&d->r);
        if (e == AAS_JSON_ARRAY_END)
            return i > 0 ? 0
                         : aas_error_set(d->err, AAS_EINVAL,
                                         "the message is an empty list: at least one reading must be in it");
        if (e != AAS_JSON_OBJECT) {
            d->prefix[strlen(d->prefix) - 1] = '\0';
            return wrong(d, "", "an object with readings");
        }
        int rc = decode_object(d);
        if (rc != 0)
            return rc;
    }
}

static int decode_bare(struct decoder *d, const char *channel, size_t channel_len)
{
    if (!channel)
        return aas_error_set(d->err, AAS_EINVAL,
                             "the message is a bare number, but the topic names no channel: use a topic template with "
                             "{channel}, or send {\"readings\": {…}}");
    if (!aas_reading_name_valid(channel, channel_len)) {
        char text[AAS_EXCERPT_BYTES];
        return aas_error_set(d->err, AAS_EINVAL,
                             "the topic's channel \"%s\" must be 1 to 64 characters of A-Z a-z 0-9 _ . - :",
                             aas_excerpt(channel, channel_len, text));
    }
    struct aas_reading *reading = next_reading(d);
    if (!reading)
        return full(d, "readings", d->batch->cap);
    return add_value(d, reading, channel, channel_len);
}

/* How many readings a refused payload meant: elements of a list, also of one that breaks off. */
static size_t count_readings(const char *payload, size_t len)
{
    struct aas_json_pull r;
    aas_json_pull_init(&r, payload, len, MAX_DEPTH);
    size_t n = 0;
    if (aas_json_pull_next(&r) == AAS_JSON_ARRAY) {
        while (aas_json_pull_skip(&r) && !(r.event == AAS_JSON_ARRAY_END && r.depth == 0))
            n++;
    }
    return n > 0 ? n : 1;
}

int aas_reading_decode(const char *payload, size_t payload_len, const char *channel, size_t channel_len,
                       struct aas_reading_batch *batch, struct aas_error *err)
{
    batch->len = batch->values_len = 0;
    batch->seen = 1;
    if (payload_len > AAS_READING_MAX_BYTES)
        return aas_error_set(err, AAS_ETOOBIG, "the message has %zu bytes, at most %u are taken", payload_len,
                             AAS_READING_MAX_BYTES);
    struct decoder d = {.batch = batch, .err = err};
    aas_json_pull_init(&d.r, payload, payload_len, MAX_DEPTH);
    int rc;
    switch (aas_json_pull_next(&d.r)) {
    case AAS_JSON_OBJECT:
        rc = decode_object(&d);
        break;
    case AAS_JSON_ARRAY:
        rc = decode_array(&d);
        break;
    case AAS_JSON_NUMBER:
    case AAS_JSON_NULL:
        rc = decode_bare(&d, channel, channel_len);
        break;
    default:
        rc = wrong(&d, "the message", "an object with readings, a list of those, or a number");
    }
    if (rc == 0 && aas_json_pull_next(&d.r) != AAS_JSON_DONE)
        rc = aas_json_pull_fail(&d.r, err);
    if (rc != 0) {
        batch->len = batch->values_len = 0;
        batch->seen = count_readings(payload, payload_len);
        return rc;
    }
    batch->seen = batch->len;
    return 0;
}

static void encode_one(struct aas_json_writer *w, const struct aas_reading *reading,
                       const struct aas_reading_value *values)
{
    aas_json_write_object(w);
    if (reading->sensor_id) {
        aas_json_write_key(w, "sensor_id");
        aas_json_write_string_n(w, reading->sensor_id, reading->sensor_id_len);
    }
    if (reading->ts_ms != AAS_READING_NO_TIME) {
        aas_json_write_key(w, "timestamp");
        aas_json_write_int(w, reading->ts_ms);
    }
    if (reading->seq != AAS_READING_NO_SEQ) {
        aas_json_write_key(w, "seq");
        aas_json_write_int(w, reading->seq);
    }
    aas_json_write_key(w, reading->positional ? "values" : "readings");
    if (reading->positional)
        aas_json_write_array(w);
    else
        aas_json_write_object(w);
    for (uint32_t i = reading->first; i < reading->first + reading->count; i++) {
        if (!reading->positional)
            aas_json_write_key_n(w, values[i].channel, values[i].channel_len);
        aas_json_write_double_exact(w, values[i].value);
    }
    if (reading->positional)
        aas_json_write_array_end(w);
    else
        aas_json_write_object_end(w);
    aas_json_write_object_end(w);
}

int aas_reading_encode(const struct aas_reading *readings, size_t n, const struct aas_reading_value *values,
                       struct aas_buf *buf)
{
    struct aas_json_writer w;
    aas_json_write_init(&w, buf);
    if (n != 1)
        aas_json_write_array(&w);
    for (size_t i = 0; i < n; i++)
        encode_one(&w, &readings[i], values);
    if (n != 1)
        aas_json_write_array_end(&w);
    return aas_json_write_finish(&w);
}
