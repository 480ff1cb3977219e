#include "serving.h"

#include <stdlib.h>
#include <string.h>

#include "aas/json.h"

static void type_fini(struct ingest_serving_type *t)
{
    free(t->type);
    free(t->version);
    free(t->schema_hash);
    free(t->normal);
    for (size_t i = 0; i < t->channels_count; i++)
        free(t->channels[i]);
    free(t->channels);
}

void ingest_serving_unref(struct ingest_serving *s)
{
    if (!s || !aas_ref_put(&s->ref))
        return;
    for (size_t i = 0; i < s->count; i++)
        type_fini(&s->types[i]);
    free(s->types);
    free(s);
}

struct ingest_serving *ingest_serving_ref(struct ingest_serving *s)
{
    aas_ref_get(&s->ref);
    return s;
}

static int parse_window(const json_t *row, struct aas_window_spec *ret_spec, struct aas_error *err)
{
    json_t *w = NULL;
    int64_t rows = 0, min_rows = 0, stride = 1, period = 0, gap = 0;
    double coverage = 0;
    int rc = aas_json_get_object(row, "window", AAS_JSON_REQUIRED, &w, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "rows", AAS_JSON_REQUIRED, 2, AAS_WINDOW_MAX_ROWS, &rows, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "min_rows", AAS_JSON_OPTIONAL, 2, rows, &min_rows, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "stride", AAS_JSON_OPTIONAL, 1, AAS_WINDOW_MAX_ROWS, &stride, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "period_ms", AAS_JSON_REQUIRED, 1, INT32_MAX, &period, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "max_gap_ms", AAS_JSON_OPTIONAL, 0, INT64_MAX / 2, &gap, err);
    if (rc == 0)
        rc = aas_json_get_number(w, "min_coverage", AAS_JSON_OPTIONAL, 0, 1, &coverage, err);
    if (rc == 0)
        *ret_spec = (struct aas_window_spec){.rows = (uint32_t)rows,
                                             .min_rows = (uint32_t)min_rows,
                                             .stride = (uint32_t)stride,
                                             .period_ms = period,
                                             .min_coverage = coverage,
                                             .max_gap_ms = gap};
    return rc;
}

static int parse_channels(const json_t *row, struct ingest_serving_type *t, struct aas_error *err)
{
    json_t *list = NULL;
    /* one column is kept for a mark of our own: see live_window.c */
    int rc = aas_json_get_array(row, "channels", AAS_JSON_REQUIRED, 1, AAS_WINDOW_MAX_CHANNELS - 1, &list, err);
    if (rc < 0)
        return rc;
    t->channels = calloc(json_array_size(list), sizeof *t->channels);
    if (!t->channels)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!name)
            return aas_error_set(err, AAS_EINVAL, "channels[%zu] must be a name", i);
        t->channels[i] = strdup(name);
        if (!t->channels[i])
            return aas_error_set(err, AAS_ENOMEM, "out of memory");
        t->channels_count++;
    }
    return 0;
}

static int parse_type(const char *name, const json_t *row, struct ingest_serving_type *t, struct aas_error *err)
{
    const char *version = NULL, *hash = "", *normal = "normal";
    if (!json_is_object(row))
        return aas_error_set(err, AAS_EINVAL, "types.%s must be an object", name);
    int rc = aas_json_get_string(row, "version", AAS_JSON_REQUIRED, 1, 64, &version, err);
    if (rc == 0)
        rc = aas_json_get_string(row, "schema_hash", AAS_JSON_OPTIONAL, 0, 128, &hash, err);
    if (rc == 0)
        rc = aas_json_get_string(row, "normal", AAS_JSON_OPTIONAL, 1, 64, &normal, err);
    if (rc == 0)
        rc = parse_window(row, &t->window, err);
    if (rc == 0)
        rc = parse_channels(row, t, err);
    if (rc < 0)
        return rc;
    t->type = strdup(name);
    t->version = strdup(version);
    t->schema_hash = strdup(hash);
    t->normal = strdup(normal);
    return t->type && t->version && t->schema_hash && t->normal ? 0 : aas_error_set(err, AAS_ENOMEM, "out of memory");
}

int ingest_serving_parse(const json_t *doc, struct ingest_serving **ret_serving, struct aas_error *err)
{
    json_t *types = NULL, *row;
    const char *name;
    if (!json_is_object(doc))
        return aas_error_set(err, AAS_EINVAL, "the answer must be an object");
    int rc = aas_json_get_object(doc, "types", AAS_JSON_REQUIRED, &types, err);
    if (rc < 0)
        return rc;
    struct ingest_serving *s = calloc(1, sizeof *s);
    if (s)
        s->types = calloc(json_object_size(types) + 1, sizeof *s->types);
    if (!s || !s->types) {
        free(s);
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    }
    aas_ref_init(&s->ref);
    json_object_foreach(types, name, row)
    {
        s->count++;
        rc = parse_type(name, row, &s->types[s->count - 1], err);
        if (rc < 0) {
            ingest_serving_unref(s);
            return rc;
        }
    }
    *ret_serving = s;
    return 0;
}

const struct ingest_serving_type *ingest_serving_find(const struct ingest_serving *s, const char *type)
{
    const struct ingest_serving_type *any = NULL;
    for (size_t i = 0; s && i < s->count; i++) {
        if (type && strcmp(s->types[i].type, type) == 0)
            return &s->types[i];
        if (strcmp(s->types[i].type, "*") == 0)
            any = &s->types[i];
    }
    return any;
}

static bool same_windows(const struct ingest_serving_type *a, const struct ingest_serving_type *b)
{
    bool same = a->channels_count == b->channels_count && a->window.rows == b->window.rows &&
                a->window.min_rows == b->window.min_rows && a->window.stride == b->window.stride &&
                a->window.period_ms == b->window.period_ms && a->window.max_gap_ms == b->window.max_gap_ms &&
                !(a->window.min_coverage < b->window.min_coverage) &&
                !(a->window.min_coverage > b->window.min_coverage);
    for (size_t i = 0; same && i < a->channels_count; i++)
        same = strcmp(a->channels[i], b->channels[i]) == 0;
    return same;
}

bool ingest_serving_same_windows(const struct ingest_serving *a, const struct ingest_serving *b)
{
    if (!a || !b || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct ingest_serving_type *other = ingest_serving_find(b, a->types[i].type);
        if (!other || strcmp(other->type, a->types[i].type) != 0 || !same_windows(&a->types[i], other))
            return false;
    }
    return true;
}
