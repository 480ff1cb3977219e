/* See input.h. */
#include "input.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TIME_MS INT64_C(253402300799999)
#define FIRST_CAP   1024

void ml_input_fini(struct ml_input *in)
{
    free(in->values);
    free(in->t);
    memset(in, 0, sizeof *in);
}

static int bad(struct ml_input *in, struct aas_error *err, const char *field, const char *fmt, ...) AAS_PRINTF(4, 5);
static int bad(struct ml_input *in, struct aas_error *err, const char *field, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int rc = aas_error_vset(err, AAS_EINVAL, fmt, args);
    va_end(args);
    (void)snprintf(in->field, sizeof in->field, "%s", field);
    return rc;
}

static int syntax(const struct aas_json_pull *r, struct aas_error *err)
{
    return aas_json_pull_fail(r, err);
}

static int grow_values(struct ml_input *in, size_t need)
{
    if (need <= in->values_cap)
        return 0;
    size_t cap = in->values_cap ? in->values_cap : FIRST_CAP;
    while (cap < need)
        cap *= 2;
    double *p = realloc(in->values, cap * sizeof *p);
    if (!p)
        return AAS_ENOMEM;
    in->values = p;
    in->values_cap = cap;
    return 0;
}

static bool name_is_sound(const char *s, size_t len)
{
    if (len < 1 || len > 64)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                  c == ':' || c == '-';
        if (!ok)
            return false;
    }
    return true;
}

static int read_sensor_id(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err)
{
    enum aas_json_event e = aas_json_pull_next(r);
    if (e == AAS_JSON_ERROR)
        return syntax(r, err);
    if (e != AAS_JSON_STRING || r->escaped || !name_is_sound(r->str, r->str_len))
        return bad(in, err, "sensor_id", "sensor_id must be 1 to 64 characters of A-Z a-z 0-9 _ . : -");
    memcpy(in->sensor_id, r->str, r->str_len);
    in->sensor_id[r->str_len] = '\0';
    return 0;
}

static int read_sensor_type(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err)
{
    enum aas_json_event e = aas_json_pull_next(r);
    if (e == AAS_JSON_ERROR)
        return syntax(r, err);
    size_t len = 0;
    if (e != AAS_JSON_STRING || aas_json_pull_string(r, in->sensor_type, sizeof in->sensor_type, &len) != 0 || len == 0)
        return bad(in, err, "sensor_type", "sensor_type must be a string of 1 to 64 bytes");
    return 0;
}

static int read_revision(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err)
{
    int64_t v = 0;
    if (aas_json_pull_next(r) == AAS_JSON_ERROR)
        return syntax(r, err);
    if (r->event != AAS_JSON_NUMBER || aas_json_pull_int(r, &v) != 0 || v < 0 || v > INT32_MAX)
        return bad(in, err, "revision", "revision must be an integer from 0");
    in->revision = (uint32_t)v;
    return 0;
}

/* An array of numbers and nulls, appended to values; the reader stands before it. limit: most elements. */
static int read_numbers(struct aas_json_pull *r, struct ml_input *in, size_t limit, const char *field, size_t *ret_n,
                        struct aas_error *err)
{
    enum aas_json_event e = aas_json_pull_next(r);
    if (e == AAS_JSON_ERROR)
        return syntax(r, err);
    if (e != AAS_JSON_ARRAY)
        return bad(in, err, field, "%s must be an array of numbers and nulls", field);
    size_t n = 0;
    for (;;) {
        e = aas_json_pull_next(r);
        double v;
        if (e == AAS_JSON_NUMBER)
            v = r->num;
        else if (e == AAS_JSON_NULL)
            v = (double)NAN;
        else if (e == AAS_JSON_ARRAY_END)
            break;
        else if (e == AAS_JSON_ERROR)
            return syntax(r, err);
        else
            return bad(in, err, field, "%s[%zu] must be a number or null", field, n);
        if (n == limit)
            return bad(in, err, field, "%s has more than %zu elements", field, limit);
        if (in->values_len == in->values_cap && grow_values(in, in->values_len + 1) != 0)
            return aas_error_set(err, AAS_ENOMEM, "out of memory");
        in->values[in->values_len++] = v;
        n++;
    }
    *ret_n = n;
    return 0;
}

static int read_features(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err)
{
    in->kind = ML_INPUT_FEATURES;
    in->values_len = 0;
    int rc = read_numbers(r, in, 8192, "features", &in->n, err);
    if (rc == 0 && in->n == 0)
        return bad(in, err, "features", "features must not be empty");
    return rc;
}

static int read_times(struct aas_json_pull *r, struct ml_input *in, size_t *ret_n, struct aas_error *err)
{
    if (aas_json_pull_next(r) != AAS_JSON_ARRAY) {
        if (r->event == AAS_JSON_ERROR)
            return syntax(r, err);
        return bad(in, err, "window.t", "window.t must be an array of epoch milliseconds");
    }
    size_t n = 0;
    while (aas_json_pull_next(r) != AAS_JSON_ARRAY_END) {
        if (r->event == AAS_JSON_ERROR)
            return syntax(r, err);
        int64_t t = 0;
        if (r->event != AAS_JSON_NUMBER || aas_json_pull_int(r, &t) != 0 || t < 0 || t > MAX_TIME_MS)
            return bad(in, err, "window.t", "window.t[%zu] must be an integer of epoch milliseconds", n);
        if (n > 0 && t < in->t[n - 1])
            return bad(in, err, "window.t", "window.t[%zu] is older than the one before: times must ascend", n);
        if (n == ML_INPUT_MAX_ROWS)
            return bad(in, err, "window.t", "window.t has more than %d elements", ML_INPUT_MAX_ROWS);
        if (n == in->t_cap) {
            size_t cap = in->t_cap ? 2 * in->t_cap : FIRST_CAP;
            int64_t *p = realloc(in->t, cap * sizeof *p);
            if (!p)
                return aas_error_set(err, AAS_ENOMEM, "out of memory");
            in->t = p;
            in->t_cap = cap;
        }
        in->t[n++] = t;
    }
    *ret_n = n;
    return 0;
}

static int read_channels(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err)
{
    if (aas_json_pull_next(r) != AAS_JSON_OBJECT) {
        if (r->event == AAS_JSON_ERROR)
            return syntax(r, err);
        return bad(in, err, "window.channels", "window.channels must be an object of arrays by channel name");
    }
    in->columns_count = 0;
    in->values_len = 0;
    while (aas_json_pull_next(r) == AAS_JSON_KEY) {
        if (r->escaped || !name_is_sound(r->str, r->str_len))
            return bad(in, err, "window.channels",
                       "a channel's name must be 1 to 64 characters of A-Z a-z 0-9 _ . : -");
        if (in->columns_count == ML_INPUT_MAX_COLS)
            return bad(in, err, "window.channels", "window.channels has more than %d channels", ML_INPUT_MAX_COLS);
        struct ml_column *c = &in->columns[in->columns_count];
        *c = (struct ml_column){.name = r->str, .name_len = r->str_len, .offset = in->values_len};
        for (size_t i = 0; i < in->columns_count; i++)
            if (in->columns[i].name_len == c->name_len && memcmp(in->columns[i].name, c->name, c->name_len) == 0)
                return bad(in, err, "window.channels", "channel %.*s stands there twice", (int)c->name_len, c->name);
        char field[ML_FIELD_BYTES];
        (void)snprintf(field, sizeof field, "window.channels.%.*s", (int)c->name_len, c->name);
        int rc = read_numbers(r, in, ML_INPUT_MAX_ROWS, field, &c->n, err);
        if (rc)
            return rc;
        in->columns_count++;
    }
    if (r->event != AAS_JSON_OBJECT_END)
        return syntax(r, err);
    if (in->columns_count == 0)
        return bad(in, err, "window.channels", "window.channels must name at least one channel");
    return 0;
}

static int check_columns(struct ml_input *in, size_t n_times, struct aas_error *err)
{
    in->n = in->has_t ? n_times : in->columns[0].n;
    for (size_t i = 0; i < in->columns_count; i++) {
        const struct ml_column *c = &in->columns[i];
        if (c->n == in->n)
            continue;
        char field[ML_FIELD_BYTES];
        (void)snprintf(field, sizeof field, "window.channels.%.*s", (int)c->name_len, c->name);
        return bad(in, err, field, "%s has %zu values, but %s %zu", field, c->n,
                   in->has_t ? "window.t has" : "the first channel has", in->n);
    }
    if (in->n == 0)
        return bad(in, err, in->has_t ? "window.t" : "window.channels", "the window is empty");
    return 0;
}

static int read_window_object(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err)
{
    in->kind = ML_INPUT_COLUMNS;
    size_t n_times = 0;
    bool has_channels = false;
    while (aas_json_pull_next(r) == AAS_JSON_KEY) {
        int rc;
        if (aas_json_pull_is(r, "t")) {
            if (in->has_t)
                return bad(in, err, "window.t", "window.t stands there twice");
            rc = read_times(r, in, &n_times, err);
            in->has_t = true;
        } else if (aas_json_pull_is(r, "channels")) {
            if (has_channels)
                return bad(in, err, "window.channels", "window.channels stands there twice");
            rc = read_channels(r, in, err);
            has_channels = true;
        } else {
            return bad(in, err, "window", "window has an unknown field \"%.*s\": known are t and channels",
                       (int)(r->str_len < 40 ? r->str_len : 40), r->str);
        }
        if (rc)
            return rc;
    }
    if (r->event != AAS_JSON_OBJECT_END)
        return syntax(r, err);
    if (!has_channels)
        return bad(in, err, "window.channels", "window.channels is missing");
    return check_columns(in, n_times, err);
}

/* The reader stands behind the outer '['. */
static int read_window_rows(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err)
{
    in->kind = ML_INPUT_ROWS;
    in->values_len = 0;
    size_t n = 0;
    for (;;) {
        enum aas_json_event e = aas_json_pull_next(r);
        if (e == AAS_JSON_ARRAY_END)
            break;
        if (e == AAS_JSON_ERROR)
            return syntax(r, err);
        if (e != AAS_JSON_ARRAY)
            return bad(in, err, "window", "window[%zu] must be an array of numbers and nulls, one per channel", n);
        if (n == ML_INPUT_MAX_ROWS)
            return bad(in, err, "window", "window has more than %d rows", ML_INPUT_MAX_ROWS);
        size_t width = 0;
        while ((e = aas_json_pull_next(r)) != AAS_JSON_ARRAY_END) {
            if (e == AAS_JSON_ERROR)
                return syntax(r, err);
            if (e != AAS_JSON_NUMBER && e != AAS_JSON_NULL)
                return bad(in, err, "window", "window[%zu][%zu] must be a number or null", n, width);
            if (++width > ML_INPUT_MAX_COLS)
                return bad(in, err, "window", "window[%zu] has more than %d values", n, ML_INPUT_MAX_COLS);
            if (in->values_len == in->values_cap && grow_values(in, in->values_len + 1) != 0)
                return aas_error_set(err, AAS_ENOMEM, "out of memory");
            in->values[in->values_len++] = e == AAS_JSON_NUMBER ? r->num : (double)NAN;
        }
        if (width == 0 || (n > 0 && width != in->width))
            return bad(in, err, "window",
                       "window[%zu] has %zu values, the first row %zu: all rows need the same, at least 1", n, width,
                       in->width);
        in->width = width;
        n++;
    }
    in->n = n;
    return n > 0 ? 0 : bad(in, err, "window", "the window is empty");
}

static int read_window(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err)
{
    switch (aas_json_pull_next(r)) {
    case AAS_JSON_OBJECT:
        return read_window_object(r, in, err);
    case AAS_JSON_ARRAY:
        return read_window_rows(r, in, err);
    case AAS_JSON_ERROR:
        return syntax(r, err);
    default:
        return bad(in, err, "window", "window must be an object {\"t\", \"channels\"} or an array of rows");
    }
}

static void reset(struct ml_input *in)
{
    in->kind = ML_INPUT_NONE;
    in->sensor_id[0] = in->sensor_type[0] = in->field[0] = '\0';
    in->revision = 0;
    in->n = in->width = in->columns_count = in->values_len = 0;
    in->has_t = false;
}

enum { SEEN_ID = 1, SEEN_TYPE = 2, SEEN_INPUT = 4, SEEN_REVISION = 8 };

static int read_field(struct aas_json_pull *r, struct ml_input *in, unsigned *seen, struct aas_error *err)
{
    static const struct {
        const char *name;
        unsigned bit;
        int (*read)(struct aas_json_pull *, struct ml_input *, struct aas_error *);
    } fields[] = {{"window", SEEN_INPUT, read_window},
                  {"sensor_id", SEEN_ID, read_sensor_id},
                  {"sensor_type", SEEN_TYPE, read_sensor_type},
                  {"features", SEEN_INPUT, read_features},
                  {"revision", SEEN_REVISION, read_revision}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!aas_json_pull_is(r, fields[i].name))
            continue;
        if (*seen & fields[i].bit)
            return bad(in, err, fields[i].name, "%s: give each field once, and either window or features",
                       fields[i].name);
        *seen |= fields[i].bit;
        return fields[i].read(r, in, err);
    }
    return bad(in, err, "", "unknown field \"%.*s\": known are sensor_id, sensor_type, window, features, revision",
               (int)(r->str_len < 40 ? r->str_len : 40), r->str);
}

int ml_input_read(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err)
{
    reset(in);
    enum aas_json_event e = aas_json_pull_next(r);
    if (e == AAS_JSON_ERROR)
        return syntax(r, err);
    if (e != AAS_JSON_OBJECT)
        return bad(in, err, "", "expected an object with window or features");
    unsigned seen = 0;
    while (aas_json_pull_next(r) == AAS_JSON_KEY) {
        int rc = read_field(r, in, &seen, err);
        if (rc)
            return rc;
    }
    if (r->event != AAS_JSON_OBJECT_END)
        return syntax(r, err);
    if (!(seen & SEEN_INPUT))
        return bad(in, err, "window", "window is missing: give window or features");
    return 0;
}
