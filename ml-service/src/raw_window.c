/* See raw_window.h. Buckets come by their start; rows inside one ascend, but buckets may overlap (late data). */
#include "raw_window.h"

#include <bson/bson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/store.h>

struct reader {
    struct ml_raw *raw;
    const struct aas_feature_schema *schema;
    int64_t from, to;
    int rc;
};

void ml_raw_fini(struct ml_raw *raw)
{
    for (size_t c = 0; c < raw->channels; c++)
        free(raw->column[c]);
    free(raw->column);
    free(raw->t);
    memset(raw, 0, sizeof *raw);
}

static int reserve(struct ml_raw *raw, size_t n)
{
    if (n <= raw->cap)
        return 0;
    if (n > ML_RAW_MAX_ROWS)
        return AAS_ETOOBIG;
    size_t cap = raw->cap ? raw->cap : 256;
    while (cap < n)
        cap *= 2;
    int64_t *t = realloc(raw->t, cap * sizeof *t);
    if (!t)
        return AAS_ENOMEM;
    raw->t = t;
    for (size_t c = 0; c < raw->channels; c++) {
        double *column = realloc(raw->column[c], cap * sizeof *column);
        if (!column)
            return AAS_ENOMEM;
        raw->column[c] = column;
    }
    raw->cap = cap;
    return 0;
}

/* The row of time t, made in its place when there is none. AAS_ENOMEM, AAS_ETOOBIG, or its index. */
static int row_at(struct ml_raw *raw, int64_t t, size_t *ret_row)
{
    size_t at = raw->n;
    while (at > 0 && raw->t[at - 1] > t)
        at--;
    if (at > 0 && raw->t[at - 1] == t) {
        *ret_row = at - 1;
        return 0;
    }
    int rc = reserve(raw, raw->n + 1);
    if (rc)
        return rc;
    memmove(raw->t + at + 1, raw->t + at, (raw->n - at) * sizeof *raw->t);
    raw->t[at] = t;
    for (size_t c = 0; c < raw->channels; c++) {
        double *column = raw->column[c];
        memmove(column + at + 1, column + at, (raw->n - at) * sizeof *column);
        column[at] = (double)NAN;
    }
    raw->n++;
    *ret_row = at;
    return 0;
}

static double number_of(const bson_iter_t *it)
{
    if (BSON_ITER_HOLDS_NUMBER(it))
        return bson_iter_as_double(it);
    return (double)NAN;
}

/* bson_iter_t alone can't be an array's element: its alignment exceeds its size. */
struct cell {
    bson_iter_t it;
    bool has;
};

/* Walks the bucket's time array and the arrays of the schema's channels side by side. */
static int add_rows(struct reader *r, const bson_t *doc)
{
    bson_iter_t t, top;
    struct cell cell[AAS_WINDOW_MAX_CHANNELS];
    for (size_t c = 0; c < r->raw->channels; c++)
        cell[c].has = false;
    if (!bson_iter_init_find(&top, doc, "t") || !BSON_ITER_HOLDS_ARRAY(&top) || !bson_iter_recurse(&top, &t))
        return 0;
    if (bson_iter_init_find(&top, doc, "v") && BSON_ITER_HOLDS_DOCUMENT(&top)) {
        bson_iter_t v;
        AAS_IGNORE(bson_iter_recurse(&top, &v));
        while (bson_iter_next(&v)) {
            int c = aas_feature_schema_channel(r->schema, bson_iter_key(&v), strlen(bson_iter_key(&v)));
            if (c >= 0 && BSON_ITER_HOLDS_ARRAY(&v))
                cell[c].has = bson_iter_recurse(&v, &cell[c].it);
        }
    }
    while (bson_iter_next(&t)) {
        int64_t ms = bson_iter_as_int64(&t);
        size_t row = 0;
        bool mine = ms >= r->from && ms <= r->to;
        int rc = mine ? row_at(r->raw, ms, &row) : 0;
        if (rc)
            return rc;
        for (size_t c = 0; c < r->raw->channels; c++) {
            cell[c].has = cell[c].has && bson_iter_next(&cell[c].it);
            if (mine && cell[c].has && isnan(r->raw->column[c][row]))
                r->raw->column[c][row] = number_of(&cell[c].it);
        }
    }
    return 0;
}

static int on_bucket(const bson_t *doc, void *arg)
{
    return add_rows(arg, doc);
}

int ml_raw_read(struct aas_store *store, const char *sensor_id, int64_t from, int64_t to,
                const struct aas_feature_schema *schema, struct ml_raw *raw, struct aas_error *err)
{
    if (raw->channels != schema->channels_count) {
        ml_raw_fini(raw);
        raw->column = calloc(schema->channels_count, sizeof *raw->column);
        if (!raw->column)
            return aas_error_set(err, AAS_ENOMEM, "out of memory");
        raw->channels = schema->channels_count;
    }
    raw->n = 0;
    const struct aas_cond where[] = {{.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(sensor_id)},
                                     {.field = "end", .op = AAS_OP_GE, .value = AAS_V_TIME(from)},
                                     {.field = "start", .op = AAS_OP_LE, .value = AAS_V_TIME(to)}};
    struct aas_query q = {.where = where, .n_where = 3, .sort = "start"};
    struct reader r = {.raw = raw, .schema = schema, .from = from, .to = to};
    int rc = aas_store_find(store, AAS_COLL_SENSOR_DATA, &q, on_bucket, &r, NULL, err);
    if (rc == AAS_ETOOBIG)
        return aas_error_set(err, rc, "more than %zu rows of sensor %s lie between the two times", ML_RAW_MAX_ROWS,
                             sensor_id);
    return rc;
}
