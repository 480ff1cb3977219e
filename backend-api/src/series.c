#include "series.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/json_pull.h"
#include "aas/num.h"

struct cell { /* of a slot and channel */
    double min, max, sum;
    double n;
};

struct channel {
    char *name;
    double *values; /* raw: one per row, NaN = none */
    struct cell *cells;
};

struct api_series {
    int64_t from, to, slot_ms;
    struct channel channels[API_SERIES_CHANNELS];
    size_t channel_count;
    int64_t *t; /* raw: row times; else slot starts that have been seen, in any order */
    size_t rows, cap;
    /* slots: index into t + 1 by (start - first) / slot, 0 = not seen */
    int64_t first;
    uint32_t *slot_row;
    size_t slot_count;
};

int api_series_create(struct api_series **ret_series, int64_t from, int64_t to, int64_t slot_ms)
{
    struct api_series *s = calloc(1, sizeof *s);
    if (!s)
        return AAS_ENOMEM;
    s->from = from;
    s->to = to;
    s->slot_ms = slot_ms;
    if (slot_ms > 0) {
        s->first = from - from % slot_ms;
        s->slot_count = (size_t)((to - s->first) / slot_ms) + 1;
        s->slot_row = calloc(s->slot_count, sizeof *s->slot_row);
        if (!s->slot_row) {
            api_series_destroy(s);
            return AAS_ENOMEM;
        }
    }
    *ret_series = s;
    return 0;
}

void api_series_destroy(struct api_series *series)
{
    if (!series)
        return;
    for (size_t i = 0; i < series->channel_count; i++) {
        free(series->channels[i].name);
        free(series->channels[i].values);
        free(series->channels[i].cells);
    }
    free(series->t);
    free(series->slot_row);
    free(series);
}

size_t api_series_rows(const struct api_series *series)
{
    return series->rows;
}

static void clear_channel(const struct api_series *s, struct channel *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (s->slot_ms)
            c->cells[i] = (struct cell){.min = INFINITY, .max = -INFINITY};
        else
            c->values[i] = NAN;
    }
}

static int resize_channel(const struct api_series *s, struct channel *c, size_t old_cap, size_t cap)
{
    if (s->slot_ms) {
        struct cell *cells = realloc(c->cells, cap * sizeof *cells);
        if (!cells)
            return AAS_ENOMEM;
        c->cells = cells;
    } else {
        double *values = realloc(c->values, cap * sizeof *values);
        if (!values)
            return AAS_ENOMEM;
        c->values = values;
    }
    clear_channel(s, c, old_cap, cap);
    return 0;
}

static int grow(struct api_series *s)
{
    if (s->rows < s->cap)
        return 0;
    size_t cap = s->cap ? s->cap * 2 : 1024;
    int64_t *t = realloc(s->t, cap * sizeof *t);
    if (!t)
        return AAS_ENOMEM;
    s->t = t;
    for (size_t i = 0; i < s->channel_count; i++)
        if (resize_channel(s, &s->channels[i], s->cap, cap) != 0)
            return AAS_ENOMEM;
    s->cap = cap;
    return 0;
}

/* NULL: too many, or no memory; *ret_rc tells. */
static struct channel *channel(struct api_series *s, const char *name, size_t hint, int *ret_rc)
{
    *ret_rc = 0;
    if (hint < s->channel_count && strcmp(s->channels[hint].name, name) == 0)
        return &s->channels[hint];
    for (size_t i = 0; i < s->channel_count; i++)
        if (strcmp(s->channels[i].name, name) == 0)
            return &s->channels[i];
    if (s->channel_count == API_SERIES_CHANNELS)
        return NULL;
    struct channel *c = &s->channels[s->channel_count];
    *c = (struct channel){.name = strdup(name)};
    if (!c->name || (s->cap && resize_channel(s, c, 0, s->cap) != 0)) {
        free(c->name);
        free(c->values);
        free(c->cells);
        *ret_rc = AAS_ENOMEM;
        return NULL;
    }
    s->channel_count++;
    return c;
}

/* The row for time t; SIZE_MAX: outside the range. */
static int row_for(struct api_series *s, int64_t t, size_t *ret_row, struct aas_error *err)
{
    *ret_row = SIZE_MAX;
    if (t < s->from || t > s->to)
        return 0;
    if (s->slot_ms) {
        size_t slot = (size_t)((t - s->first) / s->slot_ms);
        if (s->slot_row[slot]) {
            *ret_row = s->slot_row[slot] - 1;
            return 0;
        }
        t = s->first + (int64_t)slot * s->slot_ms;
        s->slot_row[slot] = (uint32_t)s->rows + 1;
    } else if (s->rows == API_SERIES_MAX_ROWS) {
        return aas_error_set(err, AAS_ETOOBIG, "the range holds more than %d rows; narrow it, or ask for a resolution",
                             API_SERIES_MAX_ROWS);
    }
    if (grow(s) != 0)
        return AAS_ENOMEM;
    s->t[s->rows] = t;
    *ret_row = s->rows++;
    return 0;
}

static void put(const struct api_series *s, struct channel *c, size_t row, double value)
{
    if (!s->slot_ms) {
        c->values[row] = value;
        return;
    }
    struct cell *cell = &c->cells[row];
    cell->min = fmin(cell->min, value);
    cell->max = fmax(cell->max, value);
    cell->sum += value;
    cell->n++;
}

static int map_rows(struct api_series *s, const bson_iter_t *t, size_t **ret_rows, size_t *ret_n, struct aas_error *err)
{
    bson_iter_t item;
    size_t n = 0;
    if (!bson_iter_recurse(t, &item))
        return AAS_ECORRUPT;
    while (bson_iter_next(&item))
        n++;
    size_t *rows = malloc((n + 1) * sizeof *rows);
    if (!rows)
        return AAS_ENOMEM;
    int rc = bson_iter_recurse(t, &item) ? 0 : AAS_ECORRUPT;
    for (size_t i = 0; rc == 0 && i < n && bson_iter_next(&item); i++) {
        int64_t ms = BSON_ITER_HOLDS_DATE_TIME(&item) ? bson_iter_date_time(&item) : bson_iter_as_int64(&item);
        rc = row_for(s, ms, &rows[i], err);
    }
    if (rc) {
        free(rows);
        return rc;
    }
    *ret_rows = rows;
    *ret_n = n;
    return 0;
}

int api_series_add_bucket(struct api_series *series, const bson_t *doc, struct aas_error *err)
{
    bson_iter_t t;
    bson_iter_t v;
    bson_iter_t column;
    bson_iter_t item;
    size_t *rows = NULL;
    size_t n = 0;
    if (!bson_iter_init_find(&t, doc, "t") || !BSON_ITER_HOLDS_ARRAY(&t) || !bson_iter_init_find(&v, doc, "v") ||
        !BSON_ITER_HOLDS_DOCUMENT(&v) || !bson_iter_recurse(&v, &column))
        return aas_error_set(err, AAS_ECORRUPT, "a stored bucket has no t or no v");
    int rc = map_rows(series, &t, &rows, &n, err);
    for (size_t hint = 0; rc == 0 && bson_iter_next(&column); hint++) {
        struct channel *c = channel(series, bson_iter_key(&column), hint, &rc);
        if (!c || !BSON_ITER_HOLDS_ARRAY(&column) || !bson_iter_recurse(&column, &item))
            continue;
        for (size_t i = 0; i < n && bson_iter_next(&item); i++)
            if (rows[i] != SIZE_MAX && BSON_ITER_HOLDS_NUMBER(&item) && isfinite(bson_iter_as_double(&item)))
                put(series, c, rows[i], bson_iter_as_double(&item));
    }
    free(rows);
    return rc;
}

static double number(const bson_iter_t *doc, const char *name)
{
    bson_iter_t field;
    if (!bson_iter_recurse(doc, &field) || !bson_iter_find(&field, name) || !BSON_ITER_HOLDS_NUMBER(&field))
        return NAN;
    return bson_iter_as_double(&field);
}

int api_series_add_rollup(struct api_series *series, const bson_t *doc, struct aas_error *err)
{
    bson_iter_t minute;
    bson_iter_t v;
    bson_iter_t column;
    size_t row = 0;
    if (!bson_iter_init_find(&minute, doc, "minute") || !BSON_ITER_HOLDS_DATE_TIME(&minute) ||
        !bson_iter_init_find(&v, doc, "v") || !BSON_ITER_HOLDS_DOCUMENT(&v) || !bson_iter_recurse(&v, &column))
        return aas_error_set(err, AAS_ECORRUPT, "a stored rollup has no minute or no v");
    int rc = row_for(series, bson_iter_date_time(&minute), &row, err);
    if (rc || row == SIZE_MAX)
        return rc;
    for (size_t hint = 0; bson_iter_next(&column); hint++) {
        struct channel *c = channel(series, bson_iter_key(&column), hint, &rc);
        if (rc)
            return rc;
        if (!c || !BSON_ITER_HOLDS_DOCUMENT(&column))
            continue;
        double n = number(&column, "n");
        double sum = number(&column, "sum");
        if (!(n > 0) || !isfinite(sum))
            continue;
        struct cell *cell = &c->cells[row];
        cell->min = fmin(cell->min, number(&column, "min"));
        cell->max = fmax(cell->max, number(&column, "max"));
        cell->sum += sum;
        cell->n += n;
    }
    return 0;
}

/* ---- writing ---- */

struct place {
    int64_t t;
    size_t row;
};

static int by_time(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    if (x->t != y->t)
        return x->t < y->t ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static struct place *sorted(const struct api_series *s)
{
    struct place *places = malloc((s->rows + 1) * sizeof *places);
    bool in_order = true;
    if (!places)
        return NULL;
    for (size_t i = 0; i < s->rows; i++) {
        places[i] = (struct place){s->t[i], i};
        in_order = in_order && (i == 0 || s->t[i] >= s->t[i - 1]);
    }
    if (!in_order)
        qsort(places, s->rows, sizeof *places, by_time);
    return places;
}

enum part { PART_RAW, PART_MIN, PART_MAX, PART_MEAN };

static void write_column(const struct api_series *s, const struct channel *c, const struct place *places,
                         enum part part, struct aas_json_writer *w)
{
    aas_json_write_array(w);
    for (size_t i = 0; i < s->rows; i++) {
        size_t row = places[i].row;
        double v = NAN;
        if (part == PART_RAW)
            v = c->values[row];
        else if (c->cells[row].n > 0)
            v = part == PART_MIN   ? c->cells[row].min
                : part == PART_MAX ? c->cells[row].max
                                   : c->cells[row].sum / c->cells[row].n;
        aas_json_write_double_exact(w, v);
    }
    aas_json_write_array_end(w);
}

int api_series_write(struct api_series *series, const char *sensor_id, struct aas_buf *out)
{
    char resolution[24];
    struct aas_json_writer w;
    struct place *places = sorted(series);
    if (!places)
        return AAS_ENOMEM;
    api_series_resolution_text(series->slot_ms, resolution);
    aas_json_write_init(&w, out);
    aas_json_write_object(&w);
    aas_json_write_key(&w, "sensor_id");
    aas_json_write_string(&w, sensor_id);
    aas_json_write_key(&w, "resolution");
    aas_json_write_string(&w, resolution);
    aas_json_write_key(&w, "t");
    aas_json_write_array(&w);
    for (size_t i = 0; i < series->rows; i++)
        aas_json_write_int(&w, places[i].t);
    aas_json_write_array_end(&w);
    aas_json_write_key(&w, "channels");
    aas_json_write_object(&w);
    for (size_t i = 0; series->rows > 0 && i < series->channel_count; i++) {
        const struct channel *c = &series->channels[i];
        aas_json_write_key(&w, c->name);
        if (series->slot_ms == 0) {
            write_column(series, c, places, PART_RAW, &w);
            continue;
        }
        aas_json_write_object(&w);
        aas_json_write_key(&w, "min");
        write_column(series, c, places, PART_MIN, &w);
        aas_json_write_key(&w, "max");
        write_column(series, c, places, PART_MAX, &w);
        aas_json_write_key(&w, "mean");
        write_column(series, c, places, PART_MEAN, &w);
        aas_json_write_object_end(&w);
    }
    aas_json_write_object_end(&w);
    aas_json_write_object_end(&w);
    free(places);
    return aas_json_write_finish(&w);
}

/* ---- resolution ---- */

static const struct {
    const char *unit;
    int64_t ms;
} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

int api_series_resolution(const char *text, int64_t range_ms, int64_t *ret_slot_ms)
{
    static const int64_t nice[] = {1,       2,       5,        10,       20,       50,       100,
                                   200,     500,     1000,     2000,     5000,     10000,    15000,
                                   30000,   60000,   120000,   300000,   600000,   900000,   1800000,
                                   3600000, 7200000, 10800000, 21600000, 43200000, 86400000, 604800000};
    if (strcmp(text, "raw") == 0) {
        *ret_slot_ms = 0;
        return 0;
    }
    if (strcmp(text, "auto") == 0) {
        size_t i = 0;
        while (i + 1 < sizeof nice / sizeof nice[0] && range_ms / nice[i] >= API_SERIES_POINTS)
            i++;
        int64_t slot = nice[i];
        while (range_ms / slot >= API_SERIES_POINTS)
            slot *= 2;
        *ret_slot_ms = slot;
        return 0;
    }
    size_t digits = strspn(text, "0123456789");
    int64_t n = 0;
    if (digits == 0 || digits > 6 || text[0] == '0' || aas_num_parse_i64(text, digits, &n) != 0)
        return AAS_EINVAL;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].unit) == 0) {
            *ret_slot_ms = n * units[i].ms;
            return range_ms / *ret_slot_ms >= API_SERIES_MAX_SLOTS ? AAS_ETOOBIG : 0;
        }
    }
    return AAS_EINVAL;
}

void api_series_resolution_text(int64_t slot_ms, char out[static 24])
{
    if (slot_ms == 0) {
        memcpy(out, "raw", sizeof "raw");
        return;
    }
    size_t i = 0;
    while (slot_ms % units[i].ms != 0)
        i++;
    (void)snprintf(out, 24, "%" PRId64 "%s", slot_ms / units[i].ms, units[i].unit);
}
