/* feature_schema.json <-> struct aas_feature_schema, and the hash over its canonical form: sorted keys, no blanks,
 * 17 significant digits, features always as a list, so that two ways to write one schema have one hash. */
#include <aas/feature_schema.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <aas/err.h>
#include <aas/error.h>
#include <aas/id.h>
#include <aas/json.h>

#define FILE_MAX_BYTES (4u * 1024 * 1024)
#define NAME_MAX_BYTES 128

static int out_of_memory(struct aas_error *err)
{
    return aas_error_set(err, AAS_ENOMEM, "out of memory for a feature schema");
}

static int parse_window(const json_t *doc, struct aas_window_spec *spec, struct aas_error *err)
{
    static const char *const known[] = {"rows", "min_rows", "stride", "period_ms", "min_coverage", "max_gap_ms", NULL};
    int64_t rows = 0, min_rows = 0, stride = 1, period = 0, gap = 0;
    double coverage = 0.8;
    json_t *w = NULL;
    int rc = aas_json_get_object(doc, "window", AAS_JSON_REQUIRED, &w, err);
    if (rc == 0)
        rc = aas_json_only_fields(w, known, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "rows", AAS_JSON_REQUIRED, 2, AAS_WINDOW_MAX_ROWS, &rows, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "min_rows", AAS_JSON_OPTIONAL, 2, rows, &min_rows, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "stride", AAS_JSON_OPTIONAL, 1, AAS_WINDOW_MAX_ROWS, &stride, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "period_ms", AAS_JSON_REQUIRED, 1, INT64_C(86400000), &period, err);
    if (rc == 0)
        rc = aas_json_get_number(w, "min_coverage", AAS_JSON_OPTIONAL, 0, 1, &coverage, err);
    if (rc == 0)
        rc = aas_json_get_int(w, "max_gap_ms", AAS_JSON_OPTIONAL, 0, INT64_MAX, &gap, err);
    if (rc < 0)
        return rc;
    *spec = (struct aas_window_spec){.rows = (uint32_t)rows,
                                     .min_rows = (uint32_t)min_rows,
                                     .stride = (uint32_t)stride,
                                     .period_ms = period,
                                     .min_coverage = coverage,
                                     .max_gap_ms = gap};
    return 0;
}

/* A list of distinct names. */
static int parse_names(const json_t *doc, const char *field, enum aas_json_need need, size_t max, char ***ret_names,
                       size_t *ret_count, struct aas_error *err)
{
    json_t *list = NULL;
    int rc = aas_json_get_array(doc, field, need, 1, max, &list, err);
    if (rc < 0 || !list)
        return rc;
    size_t n = json_array_size(list);
    char **names = calloc(n, sizeof(*names));
    if (!names)
        return out_of_memory(err);
    *ret_names = names; /* the schema owns it from here, also on failure */
    *ret_count = n;
    for (size_t i = 0; i < n; i++) {
        const char *s = json_string_value(json_array_get(list, i));
        if (!s || !*s || strlen(s) > NAME_MAX_BYTES)
            return aas_error_set(err, AAS_EINVAL, "%s[%zu] must be a name of 1 to %d bytes", field, i, NAME_MAX_BYTES);
        for (size_t k = 0; k < i; k++)
            if (strcmp(names[k], s) == 0)
                return aas_error_set(err, AAS_EINVAL, "%s[%zu] is \"%s\" a second time", field, i, s);
        names[i] = strdup(s);
        if (!names[i])
            return out_of_memory(err);
    }
    return 0;
}

static int stat_of(const char *name, const char *where, size_t i, enum aas_stat *ret_stat, struct aas_error *err)
{
    if (!name)
        return aas_error_set(err, AAS_EINVAL, "%s[%zu] must name a statistic", where, i);
    if (aas_stat_by_name(name, ret_stat) < 0)
        return aas_error_set(err, AAS_EINVAL, "%s[%zu] is \"%s\", must be one of mean, std, min, max, range, …", where,
                             i, name);
    return 0;
}

static int features_by_order(struct aas_feature_schema *s, const json_t *f, struct aas_error *err)
{
    static const char *const known[] = {"order", "stats", NULL};
    static const char *const orders[] = {"channel-major", "stat-major", NULL};
    json_t *stats = NULL;
    int order = 0;
    int rc = aas_json_only_fields(f, known, err);
    if (rc == 0)
        rc = aas_json_get_choice(f, "order", AAS_JSON_OPTIONAL, orders, &order, err);
    if (rc == 0)
        rc = aas_json_get_array(f, "stats", AAS_JSON_REQUIRED, 1, AAS_STAT__COUNT + 1, &stats, err);
    if (rc < 0)
        return rc;
    size_t ns = json_array_size(stats), nc = s->channels_count;
    s->features = calloc(ns * nc, sizeof(*s->features));
    if (!s->features)
        return out_of_memory(err);
    s->features_count = ns * nc;
    for (size_t k = 0; k < ns; k++) {
        enum aas_stat stat;
        rc = stat_of(json_string_value(json_array_get(stats, k)), "features.stats", k, &stat, err);
        if (rc < 0)
            return rc;
        for (size_t c = 0; c < nc; c++)
            s->features[order == 0 ? c * ns + k : k * nc + c] = (struct aas_feature){(uint32_t)c, stat};
    }
    return 0;
}

static int features_by_list(struct aas_feature_schema *s, const json_t *list, struct aas_error *err)
{
    size_t n = json_array_size(list);
    if (n < 1 || n > AAS_SCHEMA_MAX_FEATURES)
        return aas_error_set(err, AAS_EINVAL, "features has %zu entries, must be 1 to %d", n, AAS_SCHEMA_MAX_FEATURES);
    s->features = calloc(n, sizeof(*s->features));
    if (!s->features)
        return out_of_memory(err);
    s->features_count = n;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(list, i);
        const char *channel = json_string_value(json_object_get(item, "channel"));
        int c = channel ? aas_feature_schema_channel(s, channel, strlen(channel)) : -1;
        if (c < 0)
            return aas_error_set(err, AAS_EINVAL, "features[%zu].channel is \"%s\", must be one of channels", i,
                                 channel ? channel : "absent");
        enum aas_stat stat;
        int rc = stat_of(json_string_value(json_object_get(item, "stat")), "features", i, &stat, err);
        if (rc < 0)
            return rc;
        s->features[i] = (struct aas_feature){(uint32_t)c, stat};
    }
    return 0;
}

static int parse_features(struct aas_feature_schema *s, const json_t *doc, struct aas_error *err)
{
    const json_t *f = json_object_get(doc, "features");
    int rc;
    if (json_is_object(f))
        rc = features_by_order(s, f, err);
    else if (json_is_array(f))
        rc = features_by_list(s, f, err);
    else
        rc = aas_error_set(err, AAS_EINVAL,
                           "features must be {\"order\", \"stats\"} or a list of {\"channel\", \"stat\"}");
    if (rc < 0)
        return rc;
    s->masks = calloc(s->channels_count, sizeof(*s->masks));
    if (!s->masks)
        return out_of_memory(err);
    for (size_t i = 0; i < s->features_count; i++)
        s->masks[s->features[i].channel] |= AAS_STAT_BIT(s->features[i].stat);
    return 0;
}

static int parse_numbers(const json_t *scaler, const char *field, size_t count, double **ret, struct aas_error *err)
{
    json_t *list = NULL;
    int rc = aas_json_get_array(scaler, field, AAS_JSON_REQUIRED, count, count, &list, err);
    if (rc < 0)
        return rc;
    bool is_scale = strcmp(field, "scale") == 0;
    double *v = calloc(count, sizeof(*v));
    if (!v)
        return out_of_memory(err);
    *ret = v;
    for (size_t i = 0; i < count; i++) {
        const json_t *x = json_array_get(list, i);
        v[i] = json_number_value(x);
        if (!json_is_number(x) || !isfinite(v[i]) || (is_scale && v[i] == 0))
            return aas_error_set(err, AAS_EINVAL, "scaler.%s[%zu] must be a number%s", field, i,
                                 is_scale ? " other than 0" : "");
    }
    return 0;
}

static int parse_scaler(struct aas_feature_schema *s, const json_t *doc, struct aas_error *err)
{
    static const char *const known[] = {"mean", "scale", NULL};
    json_t *scaler = NULL;
    int rc = aas_json_get_object(doc, "scaler", AAS_JSON_OPTIONAL, &scaler, err);
    if (rc < 0 || !scaler)
        return rc;
    rc = aas_json_only_fields(scaler, known, err);
    if (rc == 0)
        rc = parse_numbers(scaler, "mean", s->features_count, &s->mean, err);
    return rc < 0 ? rc : parse_numbers(scaler, "scale", s->features_count, &s->scale, err);
}

/* Channels that a sensor of this type may lack without its windows being thought incomplete. */
static int parse_optional(struct aas_feature_schema *s, const json_t *doc, struct aas_error *err)
{
    json_t *list = NULL;
    int rc = aas_json_get_array(doc, "optional", AAS_JSON_OPTIONAL, 1, s->channels_count - 1, &list, err);
    if (rc < 0 || !list)
        return rc;
    s->optional = calloc(s->channels_count, sizeof(*s->optional));
    if (!s->optional)
        return out_of_memory(err);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        int c = name ? aas_feature_schema_channel(s, name, strlen(name)) : -1;
        if (c < 0 || s->optional[c])
            return aas_error_set(err, AAS_EINVAL, "optional[%zu] is \"%s\", must be one of channels, named once", i,
                                 name ? name : "no string");
        s->optional[c] = true;
    }
    return 0;
}

/* Which rows of a window statistics are of, and which ones they are compared with. */
static int parse_parts(struct aas_feature_schema *s, const json_t *doc, struct aas_error *err)
{
    int64_t recent = 0, reference = 0, rows = s->window.rows;
    int rc = aas_json_get_int(doc, "recent_rows", AAS_JSON_OPTIONAL, 1, rows, &recent, err);
    if (rc == 0)
        rc = aas_json_get_int(doc, "reference_rows", AAS_JSON_OPTIONAL, 1, rows, &reference, err);
    if (rc == 0 && (recent + reference > rows || (reference && !recent)))
        rc = aas_error_set(err, AAS_EINVAL, "reference_rows wants recent_rows, and both must fit into window.rows");
    s->recent_rows = (uint32_t)recent;
    s->reference_rows = (uint32_t)reference;
    return rc;
}

static int parse_fields(struct aas_feature_schema *s, const json_t *doc, struct aas_error *err)
{
    static const char *const known[] = {"version",  "sensor_type", "normal",         "window",
                                        "channels", "optional",    "features",       "scaler",
                                        "classes",  "recent_rows", "reference_rows", NULL};
    const char *type = "*", *normal = "normal";
    int64_t version = 1;
    if (!json_is_object(doc))
        return aas_error_set(err, AAS_EINVAL, "a feature schema must be a JSON object");
    int rc = aas_json_only_fields(doc, known, err);
    if (rc == 0)
        rc = aas_json_get_int(doc, "version", AAS_JSON_OPTIONAL, 1, 1, &version, err);
    if (rc == 0)
        rc = aas_json_get_string(doc, "sensor_type", AAS_JSON_OPTIONAL, 1, NAME_MAX_BYTES, &type, err);
    if (rc == 0)
        rc = aas_json_get_string(doc, "normal", AAS_JSON_OPTIONAL, 1, NAME_MAX_BYTES, &normal, err);
    if (rc == 0)
        rc = parse_window(doc, &s->window, err);
    if (rc == 0)
        rc = parse_names(doc, "channels", AAS_JSON_REQUIRED, AAS_WINDOW_MAX_CHANNELS, &s->channels, &s->channels_count,
                         err);
    if (rc == 0)
        rc = parse_optional(s, doc, err);
    if (rc == 0)
        rc = parse_parts(s, doc, err);
    if (rc == 0)
        rc = parse_features(s, doc, err);
    if (rc == 0)
        rc = parse_scaler(s, doc, err);
    if (rc == 0)
        rc =
            parse_names(doc, "classes", AAS_JSON_OPTIONAL, AAS_SCHEMA_MAX_CLASSES, &s->classes, &s->classes_count, err);
    if (rc < 0)
        return rc;
    s->sensor_type = strdup(type);
    s->normal = strdup(normal);
    return s->sensor_type && s->normal ? 0 : out_of_memory(err);
}

static json_t *emit_names(char *const *names, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *emit_optional(const struct aas_feature_schema *s)
{
    json_t *list = json_array();
    for (size_t c = 0; list && c < s->channels_count; c++)
        if (s->optional[c])
            json_array_append_new(list, json_string(s->channels[c]));
    return list;
}

static json_t *emit_numbers(const double *v, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list, json_real(v[i]));
    return list;
}

static json_t *emit_features(const struct aas_feature_schema *s)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < s->features_count; i++)
        json_array_append_new(list, json_pack("{s:s,s:s}", "channel", s->channels[s->features[i].channel], "stat",
                                              aas_stat_name(s->features[i].stat)));
    return list;
}

int aas_feature_schema_emit(const struct aas_feature_schema *s, json_t **ret_doc)
{
    json_t *doc = json_pack("{s:i,s:s,s:s,s:{s:I,s:I,s:I,s:f,s:I}}", "version", 1, "sensor_type", s->sensor_type,
                            "normal", s->normal, "window", "rows", (json_int_t)s->window.rows, "stride",
                            (json_int_t)s->window.stride, "period_ms", (json_int_t)s->window.period_ms, "min_coverage",
                            s->window.min_coverage, "max_gap_ms", (json_int_t)s->window.max_gap_ms);
    if (!doc)
        return AAS_ENOMEM;
    /* absent where they aren't used: schemas from before keep their hash */
    if (s->window.min_rows)
        (void)json_object_set_new(json_object_get(doc, "window"), "min_rows", json_integer(s->window.min_rows));
    if (s->recent_rows)
        (void)json_object_set_new(doc, "recent_rows", json_integer(s->recent_rows));
    if (s->reference_rows)
        (void)json_object_set_new(doc, "reference_rows", json_integer(s->reference_rows));
    int bad = json_object_set_new(doc, "channels", emit_names(s->channels, s->channels_count));
    bad |= json_object_set_new(doc, "features", emit_features(s));
    if (s->optional)
        bad |= json_object_set_new(doc, "optional", emit_optional(s));
    if (s->classes)
        bad |= json_object_set_new(doc, "classes", emit_names(s->classes, s->classes_count));
    if (s->mean)
        bad |= json_object_set_new(doc, "scaler",
                                   json_pack("{s:o,s:o}", "mean", emit_numbers(s->mean, s->features_count), "scale",
                                             emit_numbers(s->scale, s->features_count)));
    if (bad) {
        json_decref(doc);
        return AAS_ENOMEM;
    }
    *ret_doc = doc;
    return 0;
}

static int hash_schema(struct aas_feature_schema *s, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = NULL;
    if (aas_feature_schema_emit(s, &doc) < 0)
        return out_of_memory(err);
    char *text = json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    if (!text)
        return out_of_memory(err);
    aas_sha256_hex(text, strlen(text), s->hash);
    free(text);
    return 0;
}

int aas_feature_schema_parse(const json_t *doc, struct aas_feature_schema **ret_schema, struct aas_error *err)
{
    struct aas_feature_schema *s = calloc(1, sizeof(*s));
    if (!s)
        return out_of_memory(err);
    int rc = parse_fields(s, doc, err);
    if (rc == 0)
        rc = hash_schema(s, err);
    if (rc < 0) {
        aas_feature_schema_destroy(s);
        return rc;
    }
    *ret_schema = s;
    return 0;
}

int aas_feature_schema_load(const char *path, struct aas_feature_schema **ret_schema, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = NULL;
    int rc = aas_json_load(path, FILE_MAX_BYTES, &doc, err);
    if (rc < 0)
        return rc;
    rc = aas_feature_schema_parse(doc, ret_schema, err);
    return rc < 0 ? aas_error_prefix(err, "%s", path) : 0;
}
