#include "latest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/json_pull.h"
#include "aas/reading.h"
#include "aas/store.h"
#include "lookup.h"

#define RANGE_ROWS_MAX 100000

struct row {
    int64_t t;
    double *values; /* AAS_READING_MAX_CHANNELS at most; `width` are allocated */
    size_t width;
};

struct table {
    size_t need;
    struct row *rows;
    size_t len, cap;
    char *names[AAS_READING_MAX_CHANNELS];
    size_t channels;
};

static void table_fini(struct table *t)
{
    for (size_t i = 0; i < t->len; i++)
        free(t->rows[i].values);
    free(t->rows);
    for (size_t c = 0; c < t->channels; c++)
        free(t->names[c]);
}

static ssize_t channel_of(struct table *t, const char *name)
{
    for (size_t c = 0; c < t->channels; c++) {
        if (strcmp(t->names[c], name) == 0)
            return (ssize_t)c;
    }
    if (t->channels == AAS_READING_MAX_CHANNELS || !(t->names[t->channels] = strdup(name)))
        return -1;
    return (ssize_t)t->channels++;
}

static bool add_row(struct table *t, int64_t ms)
{
    if (t->len == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 128;
        struct row *rows = realloc(t->rows, cap * sizeof *rows);
        if (!rows)
            return false;
        t->rows = rows;
        t->cap = cap;
    }
    t->rows[t->len++] = (struct row){.t = ms};
    return true;
}

static bool set_value(struct row *r, size_t channel, double value)
{
    if (isnan(value))
        return true;
    if (channel >= r->width) {
        size_t width = channel + 8 < AAS_READING_MAX_CHANNELS ? channel + 8 : AAS_READING_MAX_CHANNELS;
        double *values = realloc(r->values, width * sizeof *values);
        if (!values)
            return false;
        for (size_t i = r->width; i < width; i++)
            values[i] = NAN;
        r->values = values;
        r->width = width;
    }
    r->values[channel] = value;
    return true;
}

static int take_bucket(const bson_t *doc, void *arg)
{
    struct table *t = arg;
    bson_iter_t it, list, column;
    size_t first = t->len;
    if (!bson_iter_init_find(&it, doc, "t") || !bson_iter_recurse(&it, &list))
        return 0;
    while (bson_iter_next(&list)) {
        if (!add_row(t, bson_iter_as_int64(&list)))
            return AAS_ENOMEM;
    }
    if (bson_iter_init_find(&it, doc, "v") && bson_iter_recurse(&it, &list)) {
        while (bson_iter_next(&list)) {
            ssize_t c = channel_of(t, bson_iter_key(&list));
            if (c < 0 || !bson_iter_recurse(&list, &column))
                continue;
            for (size_t i = first; i < t->len && bson_iter_next(&column); i++) {
                if (BSON_ITER_HOLDS_DOUBLE(&column) && !set_value(&t->rows[i], (size_t)c, bson_iter_double(&column)))
                    return AAS_ENOMEM;
            }
        }
    }
    /* buckets come by their end: older ones can't add to the newest rows once there are enough of them behind it */
    return t->len >= t->need;
}

static int add_memory(struct table *t, const struct ingest_rows *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!add_row(t, m->t[i]))
            return AAS_ENOMEM;
        for (size_t c = 0; c < m->channels; c++) {
            ssize_t at = channel_of(t, m->names[c]);
            if (at >= 0 && !set_value(&t->rows[t->len - 1], (size_t)at, m->values[i * m->channels + c]))
                return AAS_ENOMEM;
        }
    }
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return (x->t > y->t) - (x->t < y->t);
}

/* Sort; rows of one time become one (channels that came by themselves, or a row that is in memory and stored). */
static int tidy(struct table *t)
{
    size_t kept = 0;
    if (t->len > 1)
        qsort(t->rows, t->len, sizeof *t->rows, by_time);
    for (size_t i = 1; i < t->len; i++) {
        struct row *last = &t->rows[kept], *r = &t->rows[i];
        if (r->t != last->t) {
            t->rows[++kept] = *r;
            continue;
        }
        bool ok = true;
        for (size_t c = 0; ok && c < r->width; c++)
            ok = set_value(last, c, c < last->width && !isnan(last->values[c]) ? last->values[c] : r->values[c]);
        free(r->values);
        r->values = NULL;
        if (!ok)
            return AAS_ENOMEM;
    }
    t->len = t->len > 0 ? kept + 1 : 0;
    return 0;
}

static int write_table(const struct table *t, const char *sensor_id, size_t n, struct aas_buf *out)
{
    struct aas_json_writer w;
    size_t first = t->len > n ? t->len - n : 0;
    aas_json_write_init(&w, out);
    aas_json_write_object(&w);
    aas_json_write_key(&w, "sensor_id");
    aas_json_write_string(&w, sensor_id);
    aas_json_write_key(&w, "t");
    aas_json_write_array(&w);
    for (size_t i = first; i < t->len; i++)
        aas_json_write_int(&w, t->rows[i].t);
    aas_json_write_array_end(&w);
    aas_json_write_key(&w, "channels");
    aas_json_write_object(&w);
    for (size_t c = 0; c < t->channels; c++) {
        aas_json_write_key(&w, t->names[c]);
        aas_json_write_array(&w);
        for (size_t i = first; i < t->len; i++)
            aas_json_write_double_exact(&w, c < t->rows[i].width ? t->rows[i].values[c] : NAN);
        aas_json_write_array_end(&w);
    }
    aas_json_write_object_end(&w);
    aas_json_write_object_end(&w);
    return aas_json_write_finish(&w);
}

int ingest_latest_write(struct aas_store *store, const char *sensor_id, size_t n, const struct ingest_rows *memory,
                        struct aas_buf *out, struct aas_error *err)
{
    struct table t = {.need = n + memory->n};
    const struct aas_cond where[] = {{.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(sensor_id)}};
    struct aas_query q = {.where = where, .n_where = 1, .sort = "end", .descending = true};
    int rc = aas_store_find(store, AAS_COLL_SENSOR_DATA, &q, take_bucket, &t, NULL, err);
    if (rc >= 0)
        rc = add_memory(&t, memory);
    if (rc >= 0)
        rc = tidy(&t);
    if (rc >= 0)
        rc = write_table(&t, sensor_id, n, out);
    table_fini(&t);
    return rc;
}

int ingest_range_write(struct aas_store *store, const char *sensor_id, int64_t from_ms, int64_t to_ms,
                       struct aas_buf *out, struct aas_error *err)
{
    struct table t = {.need = RANGE_ROWS_MAX};
    const struct aas_cond where[] = {
        {.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(sensor_id)},
        {.field = "start", .op = AAS_OP_GE, .value = AAS_V_TIME(from_ms - INGEST_BUCKET_SPAN_MS)},
        {.field = "start", .op = AAS_OP_LE, .value = AAS_V_TIME(to_ms)},
        {.field = "end", .op = AAS_OP_GE, .value = AAS_V_TIME(from_ms)},
    };
    struct aas_query q = {.where = where, .n_where = 4, .sort = "start"};
    int rc = aas_store_find(store, AAS_COLL_SENSOR_DATA, &q, take_bucket, &t, NULL, err);
    size_t kept = 0;
    for (size_t i = 0; i < t.len; i++) {
        if (t.rows[i].t >= from_ms && t.rows[i].t <= to_ms)
            t.rows[kept++] = t.rows[i];
        else
            free(t.rows[i].values);
    }
    t.len = kept;
    if (rc >= 0)
        rc = tidy(&t);
    if (rc >= 0)
        rc = write_table(&t, sensor_id, t.len, out);
    table_fini(&t);
    return rc;
}
