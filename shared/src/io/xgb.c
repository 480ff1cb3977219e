/* Loading and serving XGBoost models. Used by ml-service and aastreli-model. A model's booster is only ever asked for
 * in-place predictions, which the library promises to be thread-safe; all else goes to a second booster under the
 * model's lock. Buffers that the library returns belong to booster and calling thread: they are copied at once. */
#include "xgb_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/err.h>
#include <aas/error.h>
#include <aas/log.h>

#include "xgb_forest.h"

#define MODEL_MAX_BYTES ((size_t)512 * 1024 * 1024)

enum kind { KIND_VALUE = 0, KIND_MARGIN = 1, KIND_CONTRIBUTIONS = 2 }; /* XGBoosterPredictFromDMatrix's "type" */

void aas_xgb_version(int *ret_major, int *ret_minor, int *ret_patch)
{
    XGBoostVersion(ret_major, ret_minor, ret_patch);
}

static void on_log(const char *line)
{
    aas_log_bridge(AAS_LOG_DEBUG, "xgboost", line, SIZE_MAX);
}

void aas_xgb_adopt_thread(void)
{
    static _Thread_local bool done;
    if (done)
        return;
    done = true;
    (void)XGBRegisterLogCallback(on_log);
    (void)XGBSetGlobalConfig("{\"verbosity\":1}");
}

int aas_xgb_upstream(struct aas_error *err, const char *what)
{
    const char *text = XGBGetLastError();
    /* the text starts with a time, a source line and ends with a stack trace; what a person needs stands between */
    const char *from = text ? strstr(text, ": ") : NULL;
    from = from ? from + 2 : text ? text : "no reason given";
    size_t len = strcspn(from, "\n");
    return aas_error_set(err, AAS_EUPSTREAM, "%s: XGBoost says: %.*s", what, (int)(len > 160 ? 160 : len), from);
}

void aas_xgb_destroy(struct aas_xgb *m)
{
    if (!m)
        return;
    if (m->booster)
        (void)XGBoosterFree(m->booster);
    if (m->explainer)
        (void)XGBoosterFree(m->explainer);
    xgb_forest_destroy(m->forest);
    for (size_t i = 0; m->names && i < m->info.features; i++)
        free(m->names[i]);
    free(m->names);
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

const struct aas_xgb_info *aas_xgb_info(const struct aas_xgb *m)
{
    return &m->info;
}

const char *aas_xgb_feature_name(const struct aas_xgb *m, size_t i)
{
    return m->names && i < m->info.features ? m->names[i] : NULL;
}

static int load_booster(const void *bytes, size_t len, BoosterHandle *ret, struct aas_error *err)
{
    BoosterHandle booster = NULL;
    if (XGBoosterCreate(NULL, 0, &booster) != 0)
        return aas_xgb_upstream(err, "creating a model");
    if (XGBoosterLoadModelFromBuffer(booster, bytes, len) != 0 || XGBoosterSetParam(booster, "nthread", "1") != 0) {
        int rc = aas_xgb_upstream(err, "loading the model");
        (void)XGBoosterFree(booster);
        return rc;
    }
    *ret = booster;
    return 0;
}

/* Objective from the library's own configuration: its place in the file differs between versions. */
static int read_config(struct aas_xgb *m, struct aas_error *err)
{
    bst_ulong len = 0, features = 0;
    const char *text = NULL;
    int rounds = 0;
    if (XGBoosterSaveJsonConfig(m->booster, &len, &text) != 0 || XGBoosterGetNumFeature(m->booster, &features) != 0 ||
        XGBoosterBoostedRounds(m->booster, &rounds) != 0)
        return aas_xgb_upstream(err, "asking the model");
    json_t *config = json_loadb(text, len, 0, NULL);
    const json_t *train = json_object_get(json_object_get(config, "learner"), "learner_train_param");
    const char *objective = json_string_value(json_object_get(train, "objective"));
    (void)snprintf(m->info.objective, sizeof(m->info.objective), "%s", objective ? objective : "");
    json_decref(config);
    m->info.features = features;
    m->info.rounds = rounds > 0 ? (uint32_t)rounds : 0;
    if (features < 1 || features > 1000000)
        return aas_error_set(err, AAS_EPARSE, "the model wants %" PRIu64 " features", (uint64_t)features);
    return 0;
}

static int read_names(struct aas_xgb *m, struct aas_error *err)
{
    bst_ulong count = 0;
    const char **names = NULL;
    if (XGBoosterGetStrFeatureInfo(m->booster, "feature_name", &count, &names) != 0)
        return aas_xgb_upstream(err, "asking the model for its feature names");
    if (count == 0)
        return 0;
    if (count != m->info.features)
        return aas_error_set(err, AAS_EPARSE, "the model names %" PRIu64 " features but has %zu", (uint64_t)count,
                             m->info.features);
    m->names = calloc(count, sizeof(*m->names));
    for (bst_ulong i = 0; m->names && i < count; i++)
        m->names[i] = strdup(names[i]);
    if (!m->names || !m->names[count - 1])
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a model");
    m->info.has_names = true;
    return 0;
}

static int check_rows(const struct aas_xgb *m, const float *x, size_t rows, size_t cols, struct aas_error *err)
{
    if (cols != m->info.features)
        return aas_error_set(err, AAS_EINVAL, "%zu features were given, the model wants %zu", cols, m->info.features);
    if (rows == 0)
        return aas_error_set(err, AAS_EINVAL, "no rows were given");
    for (size_t i = 0; i < rows * cols; i++)
        if (isinf(x[i]))
            return aas_error_set(err, AAS_EINVAL, "feature %zu of row %zu is infinite", i % cols, i / cols);
    return 0;
}

/* One in-place prediction. ret_width: values per row; out (may be NULL, for trials) has room for `room` floats. */
static int predict_inplace(const struct aas_xgb *m, enum kind kind, const float *x, size_t rows, size_t cols,
                           float *out, size_t room, size_t *ret_width, struct aas_error *err)
{
    char array[160], config[160];
    (void)snprintf(array, sizeof(array),
                   "{\"data\":[%" PRIuPTR ",true],\"shape\":[%zu,%zu],\"typestr\":\"<f4\",\"version\":3}", (uintptr_t)x,
                   rows, cols);
    (void)snprintf(config, sizeof(config),
                   "{\"type\":%d,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":true,"
                   "\"cache_id\":0,\"missing\":NaN}",
                   (int)kind);
    bst_ulong const *shape = NULL;
    bst_ulong dims = 0;
    const float *result = NULL;
    aas_xgb_adopt_thread();
    if (XGBoosterPredictFromDense(m->booster, array, config, NULL, &shape, &dims, &result) != 0)
        return aas_xgb_upstream(err, "predicting");
    size_t width = dims >= 2 ? shape[1] : 1;
    if (dims < 1 || shape[0] != rows || width < 1 || (out && rows * width != room))
        return aas_error_set(err, AAS_EUPSTREAM, "predicting: XGBoost gave an unexpected shape");
    if (out)
        memcpy(out, result, rows * width * sizeof(*out));
    *ret_width = width;
    return 0;
}

/* The first prediction configures the booster, which must not happen on several threads; and it shows the shape. */
static int trial(struct aas_xgb *m, struct aas_error *err)
{
    AAS_AUTO_FREE float *row = calloc(m->info.features, sizeof(*row));
    if (!row)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a model");
    int rc = predict_inplace(m, KIND_MARGIN, row, 1, m->info.features, NULL, 0, &m->info.groups, err);
    return rc < 0 ? rc : predict_inplace(m, KIND_VALUE, row, 1, m->info.features, NULL, 0, &m->info.outputs, err);
}

static bool library_reads_base_vectors(void)
{
    int major, minor, patch;
    aas_xgb_version(&major, &minor, &patch);
    return major > 3 || (major == 3 && minor >= 1);
}

/* What the loaded model is; bytes: the file in the form that the booster read. */
static int inspect(struct aas_xgb *m, const void *bytes, size_t len, struct aas_error *err)
{
    int rc = read_config(m, err);
    if (rc == 0)
        rc = read_names(m, err);
    if (rc == 0)
        rc = trial(m, err);
    if (rc == 0)
        aas_xgb_adopt_forest(m, bytes, len);
    return rc;
}

/* Load bytes, translated first where the library is older than the file. */
static int load_or_cure(struct aas_xgb *m, const void *bytes, size_t len, struct aas_error *err)
{
    const char *text = bytes;
    if (library_reads_base_vectors() || !aas_xgb_has_base_vector(bytes, len)) {
        int loaded = load_booster(bytes, len, &m->booster, err);
        return loaded < 0 ? loaded : inspect(m, bytes, len, err);
    }
    if (text[1] != '"' && text[1] != '\n' && text[1] != ' ')
        return aas_error_set(err, AAS_ENOTSUP, "a UBJ model of XGBoost 3.1 or newer: save it as JSON");
    AAS_AUTO_BUF struct aas_buf cured = AAS_BUF_INIT(MODEL_MAX_BYTES);
    int rc = aas_xgb_cure(bytes, len, &cured, err);
    m->info.cured = true;
    rc = rc < 0 ? rc : load_booster(cured.data, cured.len, &m->booster, err);
    return rc < 0 ? rc : inspect(m, cured.data, cured.len, err);
}

int aas_xgb_load(const void *bytes, size_t len, struct aas_xgb **ret_model, struct aas_error *err)
{
    const char *text = bytes;
    if (len < 16 || text[0] != '{')
        return aas_error_set(err, AAS_EPARSE,
                             "not an XGBoost model in JSON or UBJ form (the old binary isn't supported)");
    struct aas_xgb *m = calloc(1, sizeof(*m));
    if (!m)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a model");
    (void)pthread_mutex_init(&m->lock, NULL);
    aas_xgb_adopt_thread();
    int rc = load_or_cure(m, bytes, len, err);
    if (rc < 0) {
        aas_xgb_destroy(m);
        return rc;
    }
    *ret_model = m;
    return 0;
}

int aas_xgb_by_library(const struct aas_xgb *m, bool margin, const float *x, size_t rows, float *ret_out,
                       struct aas_error *err)
{
    size_t width, room = rows * (margin ? m->info.groups : m->info.outputs);
    return predict_inplace(m, margin ? KIND_MARGIN : KIND_VALUE, x, rows, m->info.features, ret_out, room, &width, err);
}

int aas_xgb_predict(const struct aas_xgb *m, const float *x, size_t rows, size_t cols, float *ret_out,
                    struct aas_error *err)
{
    int rc = check_rows(m, x, rows, cols, err);
    if (rc < 0)
        return rc;
    if (!m->forest)
        return aas_xgb_by_library(m, false, x, rows, ret_out, err);
    xgb_forest_margin(m->forest, x, rows, ret_out);
    xgb_forest_link(m->forest, ret_out, rows);
    return 0;
}

int aas_xgb_margin(const struct aas_xgb *m, const float *x, size_t rows, size_t cols, float *ret_out,
                   struct aas_error *err)
{
    int rc = check_rows(m, x, rows, cols, err);
    if (rc < 0)
        return rc;
    if (!m->forest)
        return aas_xgb_by_library(m, true, x, rows, ret_out, err);
    xgb_forest_margin(m->forest, x, rows, ret_out);
    return 0;
}

/* The second booster; caller holds the lock. */
static int need_explainer(struct aas_xgb *m, struct aas_error *err)
{
    bst_ulong len = 0;
    const char *bytes = NULL;
    if (m->explainer)
        return 0;
    if (XGBoosterSaveModelToBuffer(m->booster, "{\"format\":\"ubj\"}", &len, &bytes) != 0)
        return aas_xgb_upstream(err, "copying the model");
    return load_booster(bytes, len, &m->explainer, err);
}

static int explain_locked(struct aas_xgb *m, DMatrixHandle matrix, size_t rows, float *ret_phi, struct aas_error *err)
{
    static const char config[] = "{\"type\":2,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
                                 "\"strict_shape\":true}";
    bst_ulong const *shape = NULL;
    bst_ulong dims = 0;
    const float *result = NULL;
    int rc = need_explainer(m, err);
    if (rc < 0)
        return rc;
    if (XGBoosterPredictFromDMatrix(m->explainer, matrix, config, &shape, &dims, &result) != 0)
        return aas_xgb_upstream(err, "explaining");
    size_t n = rows * m->info.groups * (m->info.features + 1), got = 1;
    for (bst_ulong d = 0; d < dims; d++)
        got *= shape[d];
    if (got != n)
        return aas_error_set(err, AAS_EUPSTREAM, "explaining: XGBoost gave an unexpected shape");
    memcpy(ret_phi, result, n * sizeof(*ret_phi));
    return 0;
}

int aas_xgb_explain(struct aas_xgb *m, const float *x, size_t rows, size_t cols, float *ret_phi, struct aas_error *err)
{
    int rc = check_rows(m, x, rows, cols, err);
    if (rc < 0)
        return rc;
    DMatrixHandle matrix = NULL;
    aas_xgb_adopt_thread();
    if (XGDMatrixCreateFromMat_omp(x, rows, cols, NAN, &matrix, 1) != 0)
        return aas_xgb_upstream(err, "explaining");
    (void)pthread_mutex_lock(&m->lock);
    rc = explain_locked(m, matrix, rows, ret_phi, err);
    (void)pthread_mutex_unlock(&m->lock);
    (void)XGDMatrixFree(matrix);
    return rc;
}

int aas_xgb_attr(struct aas_xgb *m, const char *name, struct aas_buf *ret_value, struct aas_error *err)
{
    const char *value = NULL;
    int found = 0;
    aas_xgb_adopt_thread();
    (void)pthread_mutex_lock(&m->lock);
    int rc = need_explainer(m, err);
    if (rc == 0 && XGBoosterGetAttr(m->explainer, name, &value, &found) != 0)
        rc = aas_xgb_upstream(err, "reading an attribute");
    if (rc == 0)
        rc = found ? aas_buf_append_str(ret_value, value)
                   : aas_error_set(err, AAS_ENOENT, "the model has no attribute \"%s\"", name);
    (void)pthread_mutex_unlock(&m->lock);
    return rc;
}

int aas_xgb_save(struct aas_xgb *m, enum aas_xgb_format format, struct aas_buf *buf, struct aas_error *err)
{
    bst_ulong len = 0;
    const char *bytes = NULL;
    const char *config = format == AAS_XGB_JSON ? "{\"format\":\"json\"}" : "{\"format\":\"ubj\"}";
    aas_xgb_adopt_thread();
    (void)pthread_mutex_lock(&m->lock);
    int rc = need_explainer(m, err);
    if (rc == 0 && XGBoosterSaveModelToBuffer(m->explainer, config, &len, &bytes) != 0)
        rc = aas_xgb_upstream(err, "saving the model");
    if (rc == 0)
        rc = aas_buf_append(buf, bytes, len);
    (void)pthread_mutex_unlock(&m->lock);
    return rc;
}
