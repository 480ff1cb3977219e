#include "sim_table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "aas/clock.h"
#include "aas/num.h"
#include "aas/reading.h"
#include "csv.h"

#define CHUNK_BYTES 65536

struct loader {
    struct sim_table *t;
    const char *path, *sensor;
    size_t limit;
    struct aas_error *err;
    struct csv_parser csv;
    bool has_header;
    size_t first_channel; /* column */
    uint32_t last_sensor;
};

static int fail(struct loader *l, int code, const char *what, const char *text)
{
    return aas_error_set(l->err, code, "%s line %" PRIu64 ": %s%s%.60s%s", l->path, l->csv.line, what,
                         *text ? " '" : "", text, *text ? "'" : "");
}

static bool is_missing(const char *text, size_t len)
{
    static const char *const words[] = {"", "NaN", "nan", "NA", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == len && memcmp(words[i], text, len) == 0)
            return true;
    return false;
}

static int take_header(struct loader *l)
{
    struct sim_table *t = l->t;
    const struct csv_parser *p = &l->csv;
    size_t len;
    if (strcmp(csv_field(p, 0, &len), "timestamp") != 0)
        return fail(l, AAS_EPARSE, "the first column must be timestamp, not", csv_field(p, 0, &len));
    bool asset = p->fields_count > 1 && strcmp(csv_field(p, 1, &len), "asset") == 0;
    if (!asset && !l->sensor)
        return fail(l, AAS_EPARSE, "there is no column asset: name the sensor with --sensor", "");
    l->first_channel = asset ? 2 : 1;
    t->channels = calloc(p->fields_count + 1, sizeof *t->channels);
    if (!t->channels)
        return fail(l, AAS_ENOMEM, "out of memory", "");
    for (size_t i = l->first_channel; i < p->fields_count; i++) {
        const char *name = csv_field(p, i, &len);
        if (strcmp(name, "label") == 0)
            break;
        if (!aas_reading_name_valid(name, len))
            return fail(l, AAS_EPARSE, "not a channel's name (A-Z a-z 0-9 _ . - :, at most 64):", name);
        t->channels[t->n_channels] = strdup(name);
        if (!t->channels[t->n_channels])
            return fail(l, AAS_ENOMEM, "out of memory", "");
        t->n_channels++;
    }
    l->has_header = true;
    if (t->n_channels == 0)
        return fail(l, AAS_EPARSE, "there is no channel", "");
    if (t->n_channels > AAS_READING_MAX_CHANNELS)
        return fail(l, AAS_ETOOBIG, "more than 256 channels", "");
    return 0;
}

static int find_sensor(struct loader *l, const char *name, uint32_t *ret)
{
    struct sim_table *t = l->t;
    if (t->n_sensors > l->last_sensor && strcmp(t->sensors[l->last_sensor], name) == 0) {
        *ret = l->last_sensor;
        return 0;
    }
    for (l->last_sensor = 0; l->last_sensor < t->n_sensors; l->last_sensor++)
        if (strcmp(t->sensors[l->last_sensor], name) == 0) {
            *ret = l->last_sensor;
            return 0;
        }
    if (!aas_reading_name_valid(name, strlen(name)))
        return fail(l, AAS_EPARSE, "the asset is not a sensor's name (give one with --sensor):", name);
    char **grown = realloc(t->sensors, (t->n_sensors + 1) * sizeof *grown);
    if (!grown)
        return fail(l, AAS_ENOMEM, "out of memory", "");
    t->sensors = grown;
    grown[t->n_sensors] = strdup(name);
    if (!grown[t->n_sensors])
        return fail(l, AAS_ENOMEM, "out of memory", "");
    *ret = l->last_sensor = (uint32_t)t->n_sensors++;
    return 0;
}

static int grow(struct loader *l)
{
    struct sim_table *t = l->t;
    if (t->n_rows < t->cap_rows)
        return 0;
    size_t cap = t->cap_rows ? 2 * t->cap_rows : 1024;
    struct sim_row *rows = reallocarray(t->rows, cap, sizeof *rows);
    t->rows = rows ? rows : t->rows;
    double *values = reallocarray(t->values, cap, t->n_channels * sizeof *values);
    t->values = values ? values : t->values;
    if (!rows || !values)
        return fail(l, AAS_ENOMEM, "out of memory", "");
    t->cap_rows = cap;
    return 0;
}

static int parse_time(struct loader *l, int64_t *ret_ms)
{
    struct aas_error why;
    size_t len;
    const char *text = csv_field(&l->csv, 0, &len);
    if (aas_num_parse_i64(text, len, ret_ms) == 0 || aas_rfc3339_parse(text, len, ret_ms, &why) == 0)
        return 0;
    return fail(l, AAS_EPARSE, "not a time (RFC 3339 with zone, or epoch milliseconds):", text);
}

static int take_row(struct loader *l)
{
    struct sim_table *t = l->t;
    struct sim_row row;
    size_t len;
    if (l->csv.fields_count < l->first_channel + t->n_channels)
        return fail(l, AAS_EPARSE, "the row has too few columns", "");
    int rc = grow(l);
    rc = rc ? rc : parse_time(l, &row.ts_ms);
    rc = rc ? rc : find_sensor(l, l->sensor ? l->sensor : csv_field(&l->csv, 1, &len), &row.sensor);
    if (rc)
        return rc;
    double *values = t->values + t->n_rows * t->n_channels;
    for (size_t i = 0; i < t->n_channels; i++) {
        const char *text = csv_field(&l->csv, l->first_channel + i, &len);
        values[i] = NAN;
        if (!is_missing(text, len) && aas_num_parse_double(text, len, &values[i]) != 0)
            return fail(l, AAS_EPARSE, "not a number:", text);
    }
    t->rows[t->n_rows++] = row;
    return 0;
}

static int take_record(struct loader *l)
{
    return l->has_header ? take_row(l) : take_header(l);
}

static bool enough(const struct loader *l)
{
    return l->limit > 0 && l->t->n_rows >= l->limit;
}

static int take_bytes(struct loader *l, const char *data, size_t n)
{
    for (size_t at = 0, used; at < n && !enough(l); at += used) {
        enum csv_event ev = csv_feed(&l->csv, data + at, n - at, &used);
        int rc = ev == CSV_ERROR ? fail(l, AAS_EPARSE, l->csv.reason, "") : ev == CSV_RECORD ? take_record(l) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int load(struct loader *l, gzFile file, char *chunk)
{
    int n = 1, rc = 0;
    while (!rc && n > 0 && !enough(l)) {
        n = gzread(file, chunk, CHUNK_BYTES);
        if (n < 0)
            return aas_error_set(l->err, AAS_EIO, "%s: %s", l->path, gzerror(file, &rc));
        rc = take_bytes(l, chunk, (size_t)n);
    }
    int end;
    const char *why = gzerror(file, &end);
    if (!rc && end != Z_OK && end != Z_STREAM_END)
        return aas_error_set(l->err, AAS_EIO, "%s: %s", l->path, *why ? why : "the file is cut short");
    if (!rc && !enough(l)) {
        enum csv_event ev = csv_finish(&l->csv);
        rc = ev == CSV_ERROR ? fail(l, AAS_EPARSE, l->csv.reason, "") : ev == CSV_RECORD ? take_record(l) : 0;
    }
    if (!rc && l->t->n_rows == 0)
        rc = aas_error_set(l->err, AAS_EPARSE, "%s: there are no rows", l->path);
    return rc;
}

int sim_table_load(struct sim_table **ret_table, const char *path, const char *sensor, size_t limit,
                   struct aas_error *err)
{
    struct loader *l = calloc(1, sizeof *l); /* the parser is too large for a stack */
    struct sim_table *t = calloc(1, sizeof *t);
    char *chunk = malloc(CHUNK_BYTES);
    errno = 0;
    gzFile file = l && t && chunk ? gzopen(path, "rbe") : NULL;
    int rc;
    if (!file) {
        int code = errno ? -errno : AAS_ENOMEM;
        rc = aas_error_set(err, code, "cannot open %s: %s", path, aas_strerror(code));
    } else {
        *l = (struct loader){.t = t, .path = path, .sensor = sensor, .limit = limit, .err = err};
        csv_init(&l->csv);
        rc = load(l, file, chunk);
        (void)gzclose(file);
    }
    free(chunk);
    free(l);
    if (rc) {
        sim_table_destroy(t);
        return rc;
    }
    *ret_table = t;
    return 0;
}

void sim_table_destroy(struct sim_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_channels; i++)
        free(t->channels[i]);
    for (size_t i = 0; i < t->n_sensors; i++)
        free(t->sensors[i]);
    free(t->channels);
    free(t->sensors);
    free(t->rows);
    free(t->values);
    free(t);
}
