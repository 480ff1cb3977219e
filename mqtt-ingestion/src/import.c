#include "import.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/clock.h"
#include "aas/num.h"
#include "aas/reading.h"
#include "aas/str.h"
#include "csv.h"
#include "record.h"
#include "smap.h"
#include "subscriber.h"

#define ERRORS_MAX   50
#define SENSORS_MAX  1000
#define FLUSH_ROWS   1000
#define FLUSH_BYTES  ((size_t)4 << 20)
#define READINGS_MAX 16384
#define VALUES_MAX   131072

struct sensor {
    char id[AAS_READING_MAX_NAME_BYTES + 1];
    int64_t rows, from_ms, to_ms;
    json_t *channels; /* object used as a set */
    struct sensor *next;
};

struct import {
    const struct ingest_import_options *o;
    struct aas_error *err;
    int64_t rows, accepted, rejected;
    json_t *errors;
    struct sensor *sensors;
    size_t sensors_count;
    struct aas_reading_batch batch;
    /* rows that wait for the log */
    struct aas_buf payloads;
    size_t starts[FLUSH_ROWS + 1];
    size_t pending;
};

static void import_fini(struct import *im)
{
    while (im->sensors) {
        struct sensor *s = im->sensors;
        im->sensors = s->next;
        json_decref(s->channels);
        free(s);
    }
    json_decref(im->errors);
    aas_buf_fini(&im->payloads);
    aas_reading_batch_fini(&im->batch);
}

static int import_init(struct import *im, const struct ingest_import_options *o, struct aas_error *err)
{
    *im = (struct import){.o = o, .err = err, .errors = json_array(), .payloads = AAS_BUF_INIT(FLUSH_BYTES * 2)};
    if (!im->errors || aas_reading_batch_init(&im->batch, READINGS_MAX, VALUES_MAX) < 0) {
        import_fini(im);
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    }
    return 0;
}

static void reject(struct import *im, uint64_t line, const char *reason)
{
    im->rejected++;
    if (json_array_size(im->errors) < ERRORS_MAX)
        (void)json_array_append_new(im->errors, json_pack("{s:I, s:s}", "line", (json_int_t)line, "reason", reason));
}

static struct sensor *sensor_of(struct import *im, const char *id, size_t len)
{
    for (struct sensor *s = im->sensors; s; s = s->next) {
        if (strlen(s->id) == len && memcmp(s->id, id, len) == 0)
            return s;
    }
    if (im->sensors_count == SENSORS_MAX)
        return NULL;
    struct sensor *s = calloc(1, sizeof *s);
    if (!s || !(s->channels = json_object())) {
        free(s);
        return NULL;
    }
    memcpy(s->id, id, len);
    s->from_ms = INT64_MAX;
    s->to_ms = INT64_MIN;
    s->next = im->sensors;
    im->sensors = s;
    im->sensors_count++;
    return s;
}

static int flush(struct import *im)
{
    if (im->pending == 0 || im->o->dry_run)
        return 0;
    struct ingest_message *messages = calloc(im->pending, sizeof *messages);
    if (!messages)
        return aas_error_set(im->err, AAS_ENOMEM, "out of memory");
    im->starts[im->pending] = im->payloads.len;
    for (size_t i = 0; i < im->pending; i++)
        messages[i] = (struct ingest_message){.received_ms = im->o->now_ms,
                                              .readings = 1,
                                              .flags = INGEST_MESSAGE_IMPORTED,
                                              .topic = "",
                                              .payload = im->payloads.data + im->starts[i],
                                              .payload_len = im->starts[i + 1] - im->starts[i]};
    int rc = ingest_subscriber_append(im->o->subscriber, messages, im->pending, im->err);
    free(messages);
    aas_buf_clear(&im->payloads);
    im->pending = 0;
    return rc;
}

/* One reading of the batch, judged as the writer will judge it. */
static int take(struct import *im, uint64_t line, struct aas_reading *r)
{
    struct aas_error detail = AAS_ERROR_NONE;
    const struct aas_reading_value *v = &im->batch.values[r->first];
    im->rows++;
    if (!r->sensor_id && im->o->sensor_id) {
        r->sensor_id = im->o->sensor_id;
        r->sensor_id_len = (uint32_t)strlen(im->o->sensor_id);
    }
    if (!r->sensor_id || !aas_reading_name_valid(r->sensor_id, r->sensor_id_len)) {
        reject(im, line, "the sensor is missing, or is no valid id");
        return 0;
    }
    if (r->ts_ms == AAS_READING_NO_TIME) {
        reject(im, line, "the timestamp is missing: history needs one");
        return 0;
    }
    if (ingest_validate_time(&im->o->rules, r->ts_ms, im->o->now_ms, &detail) != INGEST_ACCEPT) {
        reject(im, line, detail.msg);
        return 0;
    }
    struct sensor *s = sensor_of(im, r->sensor_id, r->sensor_id_len);
    if (!s) {
        reject(im, line, "more than 1,000 sensors in one import");
        return 0;
    }
    s->rows++;
    s->from_ms = r->ts_ms < s->from_ms ? r->ts_ms : s->from_ms;
    s->to_ms = r->ts_ms > s->to_ms ? r->ts_ms : s->to_ms;
    for (uint32_t i = 0; i < r->count && !r->positional; i++)
        (void)json_object_setn_new_nocheck(s->channels, v[i].channel, v[i].channel_len, json_true());
    im->accepted++;
    if (im->o->dry_run)
        return 0;
    im->starts[im->pending++] = im->payloads.len;
    if (aas_reading_encode(r, 1, im->batch.values, &im->payloads) < 0)
        return aas_error_set(im->err, AAS_ENOMEM, "out of memory");
    return im->pending == FLUSH_ROWS || im->payloads.len >= FLUSH_BYTES ? flush(im) : 0;
}

static json_t *report_of(const struct import *im)
{
    json_t *sensors = json_object();
    for (const struct sensor *s = im->sensors; sensors && s; s = s->next) {
        const char *name;
        json_t *value, *names = json_array();
        json_object_foreach(s->channels, name, value)(void) json_array_append_new(names, json_string(name));
        (void)json_object_set_new(sensors, s->id,
                                  json_pack("{s:I, s:I, s:I, s:o}", "rows", (json_int_t)s->rows, "from",
                                            (json_int_t)s->from_ms, "to", (json_int_t)s->to_ms, "channels", names));
    }
    return json_pack("{s:b, s:I, s:I, s:I, s:O, s:o}", "dry_run", im->o->dry_run, "rows", (json_int_t)im->rows,
                     "accepted", (json_int_t)im->accepted, "rejected", (json_int_t)im->rejected, "errors", im->errors,
                     "sensors", sensors);
}

static int finish(struct import *im, int rc, json_t **ret_report)
{
    if (rc == 0)
        rc = flush(im);
    json_t *report = rc == 0 ? report_of(im) : NULL;
    if (rc == 0 && !report)
        rc = aas_error_set(im->err, AAS_ENOMEM, "out of memory");
    if (rc == 0)
        *ret_report = report;
    import_fini(im);
    return rc;
}

/* --- CSV ---------------------------------------------------------------------------------------------------------- */

enum { COLUMN_TIME = -1, COLUMN_SENSOR = -2, COLUMN_SKIP = -3, COLUMN_CHANNEL = 0 };

struct columns {
    size_t count;
    int kind[CSV_MAX_FIELDS];
    char *names[CSV_MAX_FIELDS];
    bool time, sensor;
};

static int kind_of(const char *name)
{
    static const struct {
        const char *name;
        int kind;
    } special[] = {
        {"timestamp", COLUMN_TIME}, {"time", COLUMN_TIME},        {"ts", COLUMN_TIME},
        {"datetime", COLUMN_TIME},  {"sensor_id", COLUMN_SENSOR}, {"sensor", COLUMN_SENSOR},
        {"asset", COLUMN_SENSOR},   {"machine", COLUMN_SENSOR},   {"label", COLUMN_SKIP},
        {"anomaly", COLUMN_SKIP},   {"changepoint", COLUMN_SKIP},
    };
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        if (aas_str_eq_nocase(aas_str_from(name), aas_str_from(special[i].name)))
            return special[i].kind;
    }
    return aas_reading_name_valid(name, strlen(name)) ? COLUMN_CHANNEL : COLUMN_SKIP;
}

static int read_header(struct columns *c, const struct csv_parser *p, const struct import *im)
{
    c->count = p->fields_count;
    for (size_t i = 0; i < c->count; i++) {
        size_t len;
        c->names[i] = strdup(csv_field(p, i, &len));
        if (!c->names[i])
            return aas_error_set(im->err, AAS_ENOMEM, "out of memory");
        c->kind[i] = kind_of(c->names[i]);
        c->time |= c->kind[i] == COLUMN_TIME;
        c->sensor |= c->kind[i] == COLUMN_SENSOR;
    }
    if (!c->time)
        return aas_error_set(im->err, AAS_EINVAL, "the first line must name a column timestamp");
    if (!c->sensor && !im->o->sensor_id)
        return aas_error_set(im->err, AAS_EINVAL, "the first line names no column sensor_id: give ?sensor_id=");
    return 0;
}

static bool read_time(const char *text, size_t len, int64_t *ret_ms, struct aas_error *err)
{
    return aas_num_parse_i64(text, len, ret_ms) == 0 || aas_rfc3339_parse(text, len, ret_ms, err) == 0;
}

/* A line as the only reading of the batch; false: refused, reason set. */
static bool read_row(struct import *im, const struct columns *c, const struct csv_parser *p, struct aas_error *why)
{
    struct aas_reading_batch *b = &im->batch;
    struct aas_reading *r = &b->readings[0];
    *r = (struct aas_reading){.ts_ms = AAS_READING_NO_TIME, .seq = AAS_READING_NO_SEQ};
    b->len = 1;
    b->values_len = 0;
    if (p->fields_count != c->count) {
        (void)aas_error_set(why, AAS_EPARSE, "%zu fields, the first line has %zu", p->fields_count, c->count);
        return false;
    }
    for (size_t i = 0; i < c->count; i++) {
        size_t len;
        const char *text = csv_field(p, i, &len);
        double value = NAN;
        if (c->kind[i] == COLUMN_SKIP)
            continue;
        if (c->kind[i] == COLUMN_TIME) {
            if (!read_time(text, len, &r->ts_ms, why))
                return false;
        } else if (c->kind[i] == COLUMN_SENSOR) {
            r->sensor_id = im->o->sensor_id ? NULL : text;
            r->sensor_id_len = (uint32_t)len;
        } else if (len > 0 && aas_num_parse_double(text, len, &value) < 0) {
            (void)aas_error_set(why, AAS_EPARSE, "%s is \"%.40s\", must be a number or blank", c->names[i], text);
            return false;
        } else {
            b->values[b->values_len++] = (struct aas_reading_value){
                .channel = c->names[i], .channel_len = (uint32_t)strlen(c->names[i]), .value = value};
        }
    }
    r->count = (uint32_t)b->values_len;
    if (r->count == 0 || r->count > AAS_READING_MAX_CHANNELS) {
        (void)aas_error_set(why, AAS_EPARSE, "a row needs 1 to %d channels", AAS_READING_MAX_CHANNELS);
        return false;
    }
    return true;
}

static int take_record(struct import *im, struct columns *c, const struct csv_parser *p)
{
    struct aas_error why = AAS_ERROR_NONE;
    if (c->count == 0)
        return read_header(c, p, im);
    if (read_row(im, c, p, &why))
        return take(im, p->line, &im->batch.readings[0]);
    im->rows++;
    reject(im, p->line, why.msg);
    return 0;
}

int ingest_import_csv(const char *text, size_t len, const struct ingest_import_options *o, json_t **ret_report,
                      struct aas_error *err)
{
    struct import im;
    struct csv_parser *p = malloc(sizeof *p);
    struct columns *c = calloc(1, sizeof *c);
    int rc = p && c ? import_init(&im, o, err) : aas_error_set(err, AAS_ENOMEM, "out of memory");
    if (rc < 0) {
        free(p);
        free(c);
        return rc;
    }
    csv_init(p);
    enum csv_event event = CSV_RECORD;
    for (size_t at = 0; rc == 0 && (at < len || event == CSV_RECORD);) {
        size_t used = 0;
        event = at < len ? csv_feed(p, text + at, len - at, &used) : csv_finish(p);
        at += used;
        if (event == CSV_ERROR)
            rc = aas_error_set(err, AAS_EINVAL, "line %llu: %s", (unsigned long long)p->line, p->reason);
        else if (event == CSV_RECORD)
            rc = take_record(&im, c, p);
    }
    if (rc == 0 && c->count == 0)
        rc = aas_error_set(err, AAS_EINVAL, "the file is empty");
    for (size_t i = 0; i < c->count; i++)
        free(c->names[i]);
    free(c);
    free(p);
    return finish(&im, rc, ret_report);
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static int take_line(struct import *im, uint64_t line, const char *text, size_t len)
{
    struct aas_error why = AAS_ERROR_NONE;
    int rc = aas_reading_decode(text, len, NULL, 0, &im->batch, &why);
    if (rc < 0) {
        im->rows += (int64_t)im->batch.seen;
        reject(im, line, why.msg);
        im->rejected += (int64_t)im->batch.seen - 1;
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < im->batch.len; i++)
        rc = take(im, line, &im->batch.readings[i]);
    return rc;
}

int ingest_import_json(const char *text, size_t len, const struct ingest_import_options *o, json_t **ret_report,
                       struct aas_error *err)
{
    struct import im;
    struct aas_str all = aas_str_trim((struct aas_str){text, len}), rest = all, line;
    int rc = import_init(&im, o, err);
    if (rc < 0)
        return rc;
    bool list = all.len > 0 && all.ptr[0] == '[' && all.ptr[all.len - 1] == ']' &&
                ingest_message_count(all.ptr, all.len) <= READINGS_MAX && all.len <= AAS_READING_MAX_BYTES;
    if (list)
        rc = take_line(&im, 1, all.ptr, all.len);
    for (uint64_t n = 1; rc == 0 && !list && aas_str_split(&rest, '\n', &line); n++) {
        line = aas_str_trim(line);
        if (line.len > 0)
            rc = take_line(&im, n, line.ptr, line.len);
    }
    if (rc == 0 && im.rows == 0)
        rc = aas_error_set(err, AAS_EINVAL, "there is no reading in the body");
    return finish(&im, rc, ret_report);
}
