/* Reading a version directory. See manifest.h; writing stands in version_dir.c. */
#include "manifest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/clock.h>
#include <aas/id.h>
#include <aas/json.h>

#include "files.h"

#define MANIFEST_MAX_BYTES (16u * 1024 * 1024)

static int out_of_memory(struct aas_error *err)
{
    return aas_error_set(err, AAS_ENOMEM, "out of memory for a model version");
}

void ml_manifest_destroy(struct ml_manifest *m)
{
    if (!m)
        return;
    for (size_t i = 0; m->classes && i < m->classes_count; i++)
        free(m->classes[i]);
    free(m->classes);
    free(m->dir);
    free(m->model_path);
    free(m->parent);
    free(m->sensor_type);
    free(m->normal);
    free(m->mean);
    free(m->scale);
    aas_feature_schema_destroy(m->schema);
    json_decref(m->doc);
    free(m);
}

static int copy_text(const char *from, char **ret, struct aas_error *err)
{
    *ret = strdup(from);
    return *ret ? 0 : out_of_memory(err);
}

/* The version is the directory's name, and the manifest must agree: a copied directory is not another version. */
static int read_identity(struct ml_manifest *m, struct aas_error *err)
{
    const char *version = NULL, *parent = NULL, *type = "*", *normal = "normal";
    int rc = aas_json_get_string(m->doc, "version", AAS_JSON_REQUIRED, 1, ML_VERSION_NAME_BYTES - 1, &version, err);
    if (rc == 0)
        rc = aas_json_get_string(m->doc, "parent", AAS_JSON_OPTIONAL, 1, ML_VERSION_NAME_BYTES - 1, &parent, err);
    if (rc == 0)
        rc = aas_json_get_string(m->doc, "sensor_type", AAS_JSON_OPTIONAL, 1, 128, &type, err);
    if (rc == 0)
        rc = aas_json_get_string(m->doc, "normal", AAS_JSON_OPTIONAL, 1, 128, &normal, err);
    if (rc == 0)
        rc = aas_json_get_time_ms(m->doc, "trained_at", AAS_JSON_REQUIRED, &m->trained_at_ms, err);
    if (rc < 0)
        return rc;
    const char *slash = strrchr(m->dir, '/'), *name = slash ? slash + 1 : m->dir;
    if (strcmp(name, version) != 0)
        return aas_error_set(err, AAS_EMISMATCH, "directory %.40s holds version %s", name, version);
    memcpy(m->version, version, strlen(version) + 1);
    rc = copy_text(type, &m->sensor_type, err);
    if (rc == 0)
        rc = copy_text(normal, &m->normal, err);
    return rc == 0 && parent ? copy_text(parent, &m->parent, err) : rc;
}

static int read_classes(struct ml_manifest *m, struct aas_error *err)
{
    json_t *list = NULL;
    int rc = aas_json_get_array(m->doc, "classes", AAS_JSON_REQUIRED, 2, AAS_SCHEMA_MAX_CLASSES, &list, err);
    if (rc < 0)
        return rc;
    m->classes_count = json_array_size(list);
    m->classes = calloc(m->classes_count, sizeof(*m->classes));
    if (!m->classes)
        return out_of_memory(err);
    for (size_t i = 0; i < m->classes_count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!name || !*name)
            return aas_error_set(err, AAS_EINVAL, "classes[%zu] must be a name", i);
        rc = copy_text(name, &m->classes[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_decision(struct ml_manifest *m, struct aas_error *err)
{
    json_t *decision = NULL;
    int64_t smooth = 1;
    double threshold = (double)NAN;
    int rc = aas_json_get_object(m->doc, "decision", AAS_JSON_OPTIONAL, &decision, err);
    if (rc == 0 && decision)
        rc = aas_json_get_int(decision, "smooth", AAS_JSON_OPTIONAL, 1, 10000, &smooth, err);
    if (rc == 0 && decision)
        rc = aas_json_get_number(decision, "threshold", AAS_JSON_OPTIONAL, 0, 1, &threshold, err);
    m->smooth = (uint32_t)smooth;
    m->threshold = threshold;
    return rc;
}

static int read_numbers(const json_t *scaler, const char *field, size_t n, double **ret, struct aas_error *err)
{
    json_t *list = NULL;
    int rc = aas_json_get_array(scaler, field, AAS_JSON_REQUIRED, n, n, &list, err);
    if (rc < 0)
        return rc;
    double *v = calloc(n, sizeof(*v));
    if (!v)
        return out_of_memory(err);
    *ret = v;
    bool divides = strcmp(field, "scale") == 0;
    for (size_t i = 0; i < n; i++) {
        v[i] = json_number_value(json_array_get(list, i));
        if (!json_is_number(json_array_get(list, i)) || !isfinite(v[i]) || (divides && v[i] == 0))
            return aas_error_set(err, AAS_EINVAL, "scaler.%s[%zu] must be a number%s", field, i,
                                 divides ? " other than 0" : "");
    }
    return 0;
}

static int read_scaler(struct ml_manifest *m, struct aas_error *err)
{
    json_t *scaler = NULL;
    int rc = aas_json_get_object(m->doc, "scaler", AAS_JSON_OPTIONAL, &scaler, err);
    if (rc < 0 || !scaler)
        return rc;
    if (m->schema)
        return aas_error_set(err, AAS_EMISMATCH, "scaler stands in the manifest beside a feature schema");
    rc = read_numbers(scaler, "mean", m->features, &m->mean, err);
    return rc < 0 ? rc : read_numbers(scaler, "scale", m->features, &m->scale, err);
}

static int digest_of(const struct ml_manifest *m, const char *file, const char **ret_hex, struct aas_error *err)
{
    const json_t *files = json_object_get(m->doc, "files");
    const char *hex = json_string_value(json_object_get(files, file));
    if (!hex || strlen(hex) != 64)
        return aas_error_set(err, AAS_ECORRUPT, "manifest.json has no SHA-256 of %s", file);
    *ret_hex = hex;
    return 0;
}

/* A file's bytes, their digest compared with the manifest's. */
static int read_checked(const struct ml_manifest *m, const char *file, size_t max, char **ret_bytes, size_t *ret_len,
                        struct aas_error *err)
{
    const char *want = NULL;
    char path[4096], have[AAS_SHA256_HEX_SIZE];
    int rc = digest_of(m, file, &want, err);
    if (rc < 0)
        return rc;
    (void)snprintf(path, sizeof(path), "%s/%s", m->dir, file);
    char *bytes = NULL;
    size_t len = 0;
    rc = ml_file_read(path, max, &bytes, &len, err);
    if (rc == AAS_ENOENT)
        return aas_error_set(err, AAS_ECORRUPT, "%s is missing", path);
    if (rc < 0)
        return rc;
    aas_sha256_hex(bytes, len, have);
    if (strcmp(have, want) != 0) {
        free(bytes);
        return aas_error_set(err, AAS_ECORRUPT, "%s isn't what was trained: its SHA-256 differs from the manifest's",
                             path);
    }
    *ret_bytes = bytes;
    *ret_len = len;
    return 0;
}

static int check_schema_agrees(const struct ml_manifest *m, struct aas_error *err)
{
    const char *hash = json_string_value(json_object_get(m->doc, "feature_hash"));
    if (!hash || strcmp(hash, m->schema->hash) != 0)
        return aas_error_set(err, AAS_EMISMATCH, "%s: the feature schema's hash isn't the manifest's", m->dir);
    if (m->schema->features_count != m->features)
        return aas_error_set(err, AAS_EMISMATCH, "%s: the feature schema gives %zu features, the manifest says %zu",
                             m->dir, m->schema->features_count, m->features);
    bool same = m->schema->classes_count == m->classes_count;
    for (size_t i = 0; same && i < m->classes_count; i++)
        same = strcmp(m->schema->classes[i], m->classes[i]) == 0;
    if (m->schema->classes && !same)
        return aas_error_set(err, AAS_EMISMATCH, "%s: the feature schema's classes aren't the manifest's", m->dir);
    return 0;
}

static int read_schema(struct ml_manifest *m, struct aas_error *err)
{
    if (!json_object_get(json_object_get(m->doc, "files"), ML_SCHEMA_FILE))
        return 0;
    char *text = NULL;
    size_t len = 0;
    int rc = read_checked(m, ML_SCHEMA_FILE, MANIFEST_MAX_BYTES, &text, &len, err);
    if (rc < 0)
        return rc;
    AAS_AUTO_JSON json_t *doc = NULL;
    rc = aas_json_parse(text, len, MANIFEST_MAX_BYTES, 0, &doc, err);
    free(text);
    if (rc == 0)
        rc = aas_feature_schema_parse(doc, &m->schema, err);
    if (rc < 0)
        return aas_error_prefix(err, "%s/%s", m->dir, ML_SCHEMA_FILE);
    return check_schema_agrees(m, err);
}

static int read_all(struct ml_manifest *m, const char *dir, struct aas_error *err)
{
    char path[4096];
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    m->dir = strndup(dir, n);
    if (!m->dir || asprintf(&m->model_path, "%s/%s", m->dir, ML_MODEL_FILE) < 0)
        return out_of_memory(err);
    if (snprintf(path, sizeof(path), "%s/%s", m->dir, ML_MANIFEST_FILE) >= (int)sizeof(path))
        return aas_error_set(err, AAS_EINVAL, "the path of a model version is too long");
    int rc = aas_json_load(path, MANIFEST_MAX_BYTES, &m->doc, err);
    if (rc < 0)
        return rc;
    int64_t features = 0;
    rc = read_identity(m, err);
    if (rc == 0)
        rc = read_classes(m, err);
    if (rc == 0)
        rc = read_decision(m, err);
    if (rc == 0)
        rc = aas_json_get_int(m->doc, "features", AAS_JSON_REQUIRED, 1, 1000000, &features, err);
    m->features = (size_t)features;
    if (rc == 0)
        rc = read_schema(m, err);
    if (rc == 0)
        rc = read_scaler(m, err);
    if (rc < 0)
        return rc;
    m->metrics = json_object_get(m->doc, "metrics");
    char *bytes = NULL;
    size_t len = 0;
    rc = ml_manifest_read_model(m, &bytes, &len, err);
    free(bytes);
    return rc;
}

int ml_manifest_load(const char *dir, struct ml_manifest **ret_manifest, struct aas_error *err)
{
    struct ml_manifest *m = calloc(1, sizeof(*m));
    if (!m)
        return out_of_memory(err);
    int rc = read_all(m, dir, err);
    if (rc < 0) {
        ml_manifest_destroy(m);
        return rc;
    }
    const char *hex = NULL;
    AAS_IGNORE(digest_of(m, ML_MODEL_FILE, &hex, NULL)); /* read_all found it there */
    memcpy(m->model_sha256, hex, sizeof(m->model_sha256));
    *ret_manifest = m;
    return 0;
}

int ml_manifest_read_model(const struct ml_manifest *m, char **ret_bytes, size_t *ret_len, struct aas_error *err)
{
    return read_checked(m, ML_MODEL_FILE, ML_MODEL_FILE_MAX_BYTES, ret_bytes, ret_len, err);
}
