/* Version directories: AAS_MODELS_DIR/versions/vN, immutable once there. Users: ml-service's registry, aastreli-model,
 * training. No state and no lock; distinct objects may be used by distinct threads, and several processes may write
 * versions at once: each gets a number of its own.
 *
 *     vN/model.json           the booster as XGBoost JSON
 *     vN/feature_schema.json  absent for a model that takes {"features": […]} only
 *     vN/manifest.json        everything else, and the SHA-256 of the files above
 *
 * manifest.json: {"version", "parent": "v3"|null, "trained_at": RFC 3339, "source", "sensor_type", "normal",
 * "classes": […], "features": n, "feature_hash": hex|null, "scaler": {"mean","scale"}|absent (models without a schema
 * only), "decision": {"smooth": K, "threshold": P|null}, "data": {…}, "label_counts": {…}, "params": {…}, "seed",
 * "rounds", "metrics": {"macro_f1", "accuracy", "per_class": {name: {precision, recall, f1, support}}, …}, "confusion":
 * {"labels", "counts"}, "gate": {…}|absent, "xgboost": "1.7.4", "files": {name: hex}}. Unknown fields are kept. */
#pragma once

#include <aas/err.h>
#include <aas/error.h>
#include <aas/feature_schema.h>

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define ML_VERSION_NAME_BYTES   32
#define ML_MODEL_FILE           "model.json"
#define ML_SCHEMA_FILE          "feature_schema.json"
#define ML_MANIFEST_FILE        "manifest.json"
#define ML_MODEL_FILE_MAX_BYTES ((size_t)256 * 1024 * 1024)

/** A version as read from its directory. All pointers belong to it. */
struct ml_manifest {
    char version[ML_VERSION_NAME_BYTES]; /* "v3": the directory's name */
    char *dir, *model_path;
    char model_sha256[65];
    char *parent; /* NULL: none */
    int64_t trained_at_ms;
    char *sensor_type; /* "*": all */
    char *normal;      /* the class that means healthy */
    char **classes;
    size_t classes_count;
    size_t features;                   /* columns of a row */
    struct aas_feature_schema *schema; /* NULL: the model takes {"features": […]} only */
    double *mean, *scale;              /* features each: scaler of a model without a schema, or NULL */
    uint32_t smooth;                   /* probabilities are averaged over the last so many windows; ≥ 1 */
    double threshold;      /* anomaly where 1 - P(normal) reaches it; NaN: where the best class isn't normal */
    const json_t *metrics; /* borrowed from doc; NULL: none */
    json_t *doc;           /* manifest.json as it stands there */
};

/** Read dir (".../versions/v3"; borrows), check every file's SHA-256, and that schema, hash, classes and feature count
 *  agree. The booster's bytes are not parsed here. Errors: AAS_ENOENT; AAS_ECORRUPT a file differs from its digest or
 *  is missing; AAS_EMISMATCH two parts disagree; AAS_EPARSE, AAS_EINVAL with file and field. */
int ml_manifest_load(const char *dir, struct ml_manifest **ret_manifest, struct aas_error *err) AAS_MUST_CHECK;
/** NULL is fine. */
void ml_manifest_destroy(struct ml_manifest *m);

/** The booster's bytes (malloc'ed; caller frees), their SHA-256 checked once more. Errors: as load. */
int ml_manifest_read_model(const struct ml_manifest *m, char **ret_bytes, size_t *ret_len,
                           struct aas_error *err) AAS_MUST_CHECK;

/** What a new version is made of; all borrowed. */
struct ml_version_parts {
    const void *model; /* XGBoost JSON */
    size_t model_len;
    const struct aas_feature_schema *schema; /* NULL: none; with classes, and scaler where there is one */
    json_t *manifest;                        /* the fields above but version, sensor_type, normal, classes,
                                                features, feature_hash and files, which are filled in; where there is no
                                                schema it must give classes, features and, if any, scaler */
};

/** Write the next free version into models_dir/versions (made when missing): a hidden directory, synced, then renamed
 *  into place, so that a reader sees a whole version or none, also after a crash. `want`: "v7" takes exactly that one
 *  (AAS_EEXIST when it is there), NULL the next number. ret_version: its name. Errors: -errno of the disk, AAS_EINVAL.
 */
int ml_version_write(const char *models_dir, const struct ml_version_parts *parts, const char *want,
                     char ret_version[ML_VERSION_NAME_BYTES], struct aas_error *err) AAS_MUST_CHECK;

/** Numbers N of the directories vN in models_dir/versions, ascending (malloc'ed; caller frees). A missing directory has
 *  none. Leftovers of interrupted writers that are older than an hour are removed. Errors: -errno, AAS_ENOMEM. */
int ml_versions_list(const char *models_dir, uint32_t **ret_numbers, size_t *ret_count,
                     struct aas_error *err) AAS_MUST_CHECK;
