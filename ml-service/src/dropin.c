/* See dropin.h. */
#include "dropin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/id.h>
#include <aas/json.h>
#include <aas/xgb.h>

#include "files.h"
#include "model_check.h"
#include "pickle.h"

#define PATH_BYTES     4096
#define SIDE_MAX_BYTES (4u * 1024 * 1024)

static const char *const model_names[] = {"xgboost_anomaly_detector.json", "model.json", NULL};
static const char *const encoder_names[] = {"label_encoder.pkl", "label_encoder.joblib", "label_encoder.json", NULL};
static const char *const scaler_names[] = {"feature_scaler.pkl", "feature_scaler.joblib", "feature_scaler.json", NULL};
static const char *const schema_names[] = {"feature_schema.json", NULL};

static int no_memory(struct aas_error *err)
{
    return aas_error_set(err, AAS_ENOMEM, "out of memory for a model");
}

void ml_dropin_fini(struct ml_dropin *d)
{
    if (!d)
        return;
    free(d->model);
    json_decref(d->facts);
    json_decref(d->classes);
    json_decref(d->scaler);
    json_decref(d->notes);
    aas_feature_schema_destroy(d->schema);
    *d = (struct ml_dropin){0};
}

/* The first of names that is there; its path, or false. */
static bool find(const char *dir, const char *const *names, char path[PATH_BYTES])
{
    for (; *names; names++) {
        FILE *f = snprintf(path, PATH_BYTES, "%s/%s", dir, *names) < PATH_BYTES ? fopen(path, "re") : NULL;
        if (f) {
            (void)fclose(f);
            return true;
        }
    }
    return false;
}

static void note(struct ml_dropin *d, const char *text)
{
    (void)json_array_append_new(d->notes, json_string(text));
}

static int add_digest(const char *path, size_t max, struct aas_buf *sums, struct aas_error *err)
{
    AAS_AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    uint8_t sum[32];
    int rc = ml_file_read(path, max, &bytes, &len, err);
    if (rc < 0)
        return rc;
    aas_sha256(bytes, len, sum);
    const char *slash = strrchr(path, '/');
    (void)aas_buf_append_str(sums, slash ? slash : path);
    return aas_buf_append(sums, sum, sizeof(sum));
}

int ml_dropin_digest(const char *dir, char ret_digest[65], struct aas_error *err)
{
    char path[PATH_BYTES];
    AAS_AUTO_BUF struct aas_buf sums = AAS_BUF_INIT(4096);
    const char *const *all[] = {model_names, encoder_names, scaler_names, schema_names};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        bool there = find(dir, all[i], path);
        if (!there && i == 0)
            return aas_error_set(err, AAS_ENOENT, "%s holds no %s", dir, model_names[0]);
        int rc = there ? add_digest(path, i == 0 ? ML_CHECK_MAX_BYTES : ML_PICKLE_MAX_BYTES, &sums, err) : 0;
        if (rc < 0)
            return rc;
    }
    aas_sha256_hex(sums.data, sums.len, ret_digest);
    return 0;
}

/* XGBClassifier's early stopping: only its best rounds predict. */
static int keep_best(struct ml_dropin *d, struct aas_error *err)
{
    if (!json_object_get(d->facts, "best_iteration"))
        return 0;
    AAS_AUTO_JSON json_t *root = json_loadb(d->model, d->model_len, 0, NULL);
    bool changed = false;
    int rc = root ? ml_model_keep_best(root, d->facts, &changed, err) : no_memory(err);
    if (rc < 0 || !changed)
        return rc;
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (!text)
        return no_memory(err);
    free(d->model);
    d->model = text;
    d->model_len = strlen(text);
    note(d, "XGBClassifier stopped early: the rounds after best_iteration are left out, as its Python does");
    return 0;
}

static int read_model(const char *dir, struct ml_dropin *d, struct aas_error *err)
{
    char path[PATH_BYTES];
    if (!find(dir, model_names, path))
        return aas_error_set(err, AAS_ENOENT, "%s holds no %s", dir, model_names[0]);
    int rc = ml_file_read(path, ML_CHECK_MAX_BYTES, &d->model, &d->model_len, err);
    if (rc == 0)
        rc = ml_model_probe(d->model, d->model_len, strrchr(path, '/') + 1, &d->facts, err);
    return rc == 0 ? keep_best(d, err) : rc;
}

/* A pickle, or its JSON form. */
static int read_side(const char *path, const char *kind, json_t **ret, struct aas_error *err)
{
    size_t n = strlen(path);
    bool json = n > 5 && strcmp(path + n - 5, ".json") == 0;
    int rc = json ? aas_json_load(path, SIDE_MAX_BYTES, ret, err) : ml_pickle_import(path, ret, err);
    if (rc == 0 && !json && strcmp(json_string_value(json_object_get(*ret, "kind")), kind) != 0)
        rc = aas_error_set(err, AAS_EMISMATCH, "%s holds a %s", path, json_string_value(json_object_get(*ret, "kind")));
    return rc;
}

static int read_classes(const char *dir, struct ml_dropin *d, const json_t *schema, struct aas_error *err)
{
    char path[PATH_BYTES];
    AAS_AUTO_JSON json_t *doc = NULL;
    json_t *list = json_object_get(schema, "classes");
    size_t want = (size_t)json_integer_value(json_object_get(d->facts, "classes"));
    if (find(dir, encoder_names, path)) {
        int rc = read_side(path, "label_encoder", &doc, err);
        if (rc < 0)
            return rc;
        list = json_is_array(doc) ? doc : json_object_get(doc, "classes");
    }
    if (!json_is_array(list))
        return aas_error_set(
            err, AAS_EMISMATCH,
            "%s: nothing names the classes: add label_encoder.pkl, or \"classes\" to feature_schema.json", dir);
    if (json_array_size(list) != want)
        return aas_error_set(err, AAS_EMISMATCH, "the model tells %zu classes apart, the label encoder names %zu", want,
                             json_array_size(list));
    for (size_t i = 0; i < want; i++)
        if (json_string_length(json_array_get(list, i)) == 0)
            return aas_error_set(err, AAS_EINVAL, "class %zu isn't a name", i);
    d->classes = json_incref(list);
    return 0;
}

static int read_scaler(const char *dir, struct ml_dropin *d, json_t **ret_names, struct aas_error *err)
{
    char path[PATH_BYTES];
    AAS_AUTO_JSON json_t *doc = NULL;
    size_t want = (size_t)json_integer_value(json_object_get(d->facts, "features"));
    if (!find(dir, scaler_names, path))
        return 0;
    int rc = read_side(path, "standard_scaler", &doc, err);
    if (rc < 0)
        return rc;
    json_t *mean = json_object_get(doc, "mean"), *scale = json_object_get(doc, "scale");
    if (json_array_size(mean) != want || json_array_size(scale) != want)
        return aas_error_set(err, AAS_EMISMATCH, "the model has %zu features, the scaler %zu", want,
                             json_array_size(scale));
    d->scaler = json_pack("{s:O,s:O}", "mean", mean, "scale", scale);
    *ret_names = json_incref(json_object_get(doc, "feature_names"));
    return d->scaler ? 0 : no_memory(err);
}

/* "vibration_x_mean" -> channel "vibration_x", stat "mean": the longest statistic that fits. */
static bool split_name(const char *name, char *channel, size_t cap, const char **ret_stat)
{
    size_t n = strlen(name), best = 0;
    for (int s = 0; s <= AAS_STAT__COUNT; s++) {
        const char *stat = s < AAS_STAT__COUNT ? aas_stat_name((enum aas_stat)s) : "ptp";
        size_t m = strlen(stat);
        if (m > best && n > m + 1 && name[n - m - 1] == '_' && strcmp(name + n - m, stat) == 0) {
            best = m;
            *ret_stat = stat;
        }
    }
    if (best == 0 || n - best - 1 >= cap)
        return false;
    memcpy(channel, name, n - best - 1);
    channel[n - best - 1] = '\0';
    return true;
}

/* A schema made of feature names; NULL when they don't follow the pattern. */
static json_t *schema_of_names(const json_t *names)
{
    AAS_AUTO_JSON json_t *features = json_array();
    AAS_AUTO_JSON json_t *channels = json_array();
    AAS_AUTO_JSON json_t *seen = json_object();
    for (size_t i = 0; i < json_array_size(names); i++) {
        char channel[128];
        const char *stat = NULL, *name = json_string_value(json_array_get(names, i));
        if (!name || !split_name(name, channel, sizeof(channel), &stat))
            return NULL;
        if (!json_object_get(seen, channel)) {
            (void)json_object_set_new(seen, channel, json_true());
            (void)json_array_append_new(channels, json_string(channel));
        }
        (void)json_array_append_new(features, json_pack("{s:s,s:s}", "channel", channel, "stat", stat));
    }
    if (json_array_size(features) == 0)
        return NULL;
    return json_pack("{s:i,s:{s:i,s:i,s:i},s:O,s:O}", "version", 1, "window", "rows", 60, "stride", 10, "period_ms",
                     1000, "channels", channels, "features", features);
}

static int build_schema(struct ml_dropin *d, json_t *given, const json_t *scaler_names_list, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = json_incref(given);
    if (!doc) {
        const json_t *names = json_object_get(d->facts, "feature_names");
        doc = schema_of_names(names);
        if (!doc)
            doc = schema_of_names(scaler_names_list);
        if (!doc) {
            note(d, "no feature schema and no feature names of the form <channel>_<stat>: serves {\"features\": […]} "
                    "only; write feature_schema.json to serve windows");
            return 0;
        }
        note(d, "features are taken from their names; the window of 60 rows of 1 s is an assumption: write "
                "feature_schema.json to say otherwise");
    }
    if (json_object_set(doc, "classes", d->classes) || (d->scaler && json_object_set(doc, "scaler", d->scaler)))
        return no_memory(err);
    int rc = aas_feature_schema_parse(doc, &d->schema, err);
    if (rc < 0)
        return aas_error_prefix(err, "%s", schema_names[0]);
    size_t want = (size_t)json_integer_value(json_object_get(d->facts, "features"));
    if (d->schema->features_count != want)
        return aas_error_set(err, AAS_EMISMATCH, "the model has %zu features, the feature schema gives %zu", want,
                             d->schema->features_count);
    return 0;
}

static int read_all(const char *dir, struct ml_dropin *d, struct aas_error *err)
{
    char path[PATH_BYTES];
    AAS_AUTO_JSON json_t *schema = NULL;
    AAS_AUTO_JSON json_t *names = NULL;
    int rc = ml_dropin_digest(dir, d->digest, err);
    if (rc == 0)
        rc = read_model(dir, d, err);
    if (rc == 0 && find(dir, schema_names, path))
        rc = aas_json_load(path, SIDE_MAX_BYTES, &schema, err);
    if (rc == 0 && schema && !json_is_object(schema))
        rc = aas_error_set(err, AAS_EINVAL, "%s must hold an object", path);
    if (rc == 0)
        rc = read_classes(dir, d, schema, err);
    if (rc == 0)
        rc = read_scaler(dir, d, &names, err);
    return rc == 0 ? build_schema(d, schema, names, err) : rc;
}

int ml_dropin_read(const char *dir, struct ml_dropin *ret, struct aas_error *err)
{
    struct ml_dropin d = {.notes = json_array()};
    int rc = d.notes ? read_all(dir, &d, err) : no_memory(err);
    if (rc < 0)
        ml_dropin_fini(&d);
    else
        *ret = d;
    return rc;
}

int ml_dropin_write(const char *models_dir, const struct ml_dropin *d, const char *parent,
                    char ret_version[ML_VERSION_NAME_BYTES], struct aas_error *err)
{
    char at[AAS_RFC3339_BYTES], library[32];
    int major, minor, patch;
    aas_rfc3339_format(aas_clock_wall_ms(), at);
    aas_xgb_version(&major, &minor, &patch);
    (void)snprintf(library, sizeof(library), "%d.%d.%d", major, minor, patch);
    AAS_AUTO_JSON json_t *m = json_pack("{s:s?,s:s,s:s,s:{s:i},s:O,s:O,s:s,s:s}", "parent", parent, "trained_at", at,
                                        "source", "drop-in", "decision", "smooth", 1, "model", d->facts, "notes",
                                        d->notes, "dropin_digest", d->digest, "xgboost", library);
    if (!m)
        return no_memory(err);
    if (!d->schema) {
        int bad = json_object_set(m, "classes", d->classes) |
                  json_object_set(m, "features", json_object_get(d->facts, "features")) |
                  (d->scaler ? json_object_set(m, "scaler", d->scaler) : 0);
        if (bad)
            return no_memory(err);
    }
    const struct ml_version_parts parts = {d->model, d->model_len, d->schema, m};
    return ml_version_write(models_dir, &parts, NULL, ret_version, err);
}
