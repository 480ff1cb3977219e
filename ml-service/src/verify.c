/* See verify.h. */
#include "verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/store.h>

#include "predictor.h"
#include "raw_window.h"

struct work {
    struct ml_service *svc;
    bson_t *doc;
    struct ml_model *model;
    float *row, *p;
    json_t *checks;
    bool identical;
};

static void work_fini(struct work *w)
{
    bson_destroy(w->doc);
    ml_model_put(w->model);
    free(w->row);
    free(w->p);
    json_decref(w->checks);
}

static json_t *number(double v)
{
    return isnan(v) ? json_null() : json_real(v);
}

static void check(struct work *w, const char *name, bool ok, json_t *stored, json_t *recomputed)
{
    w->identical = w->identical && ok;
    AAS_IGNORE(json_array_append_new(
        w->checks, json_pack("{s:s,s:b,s:o,s:o}", "name", name, "ok", ok, "stored", stored, "recomputed", recomputed)));
}

static void check_text(struct work *w, const char *field, const char *recomputed)
{
    const char *stored = aas_doc_str(w->doc, field, "");
    check(w, field, strcmp(stored, recomputed) == 0, json_string(stored), json_string(recomputed));
}

static void check_number(struct work *w, const char *name, const char *path, double recomputed)
{
    double stored = aas_doc_num(w->doc, path, (double)NAN);
    bool ok = memcmp(&stored, &recomputed, sizeof stored) == 0 || (isnan(stored) && isnan(recomputed));
    check(w, name, ok, number(stored), number(recomputed));
}

/* By iterator: a class name may hold a dot, which a path can't. */
static void check_probabilities(struct work *w)
{
    bson_iter_t top, it;
    bool ok = bson_iter_init_find(&top, w->doc, "probabilities") && BSON_ITER_HOLDS_DOCUMENT(&top) &&
              bson_iter_recurse(&top, &it);
    json_t *stored = json_object(), *recomputed = json_object();
    for (size_t i = 0; i < w->model->classes_count; i++) {
        bool there = ok && bson_iter_next(&it) && strcmp(bson_iter_key(&it), w->model->classes[i]) == 0;
        double before = there ? bson_iter_as_double(&it) : (double)NAN, now = (double)w->p[i];
        ok = there && memcmp(&before, &now, sizeof now) == 0;
        AAS_IGNORE(json_object_set_new(stored, w->model->classes[i], number(before)));
        AAS_IGNORE(json_object_set_new(recomputed, w->model->classes[i], number(now)));
    }
    check(w, "probabilities", ok, stored, recomputed);
}

static int read_row(struct work *w, struct aas_error *err)
{
    bson_iter_t it;
    bson_subtype_t subtype;
    const uint8_t *bytes = NULL;
    uint32_t len = 0;
    if (bson_iter_init_find(&it, w->doc, "row") && BSON_ITER_HOLDS_BINARY(&it))
        bson_iter_binary(&it, &subtype, &len, &bytes);
    if (!bytes || len != w->model->features * sizeof *w->row)
        return aas_error_set(err, AAS_EMISMATCH, "the prediction holds no row of %zu features: it can't be repeated",
                             w->model->features);
    w->row = malloc(len);
    w->p = malloc(w->model->classes_count * sizeof *w->p);
    if (!w->row || !w->p)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    memcpy(w->row, bytes, len);
    return 0;
}

/* The verdict depends on settings too (AAS_UNKNOWN_BELOW); label and numbers don't. */
static int repeat(struct work *w, struct aas_error *err)
{
    int rc = ml_model_predict(w->model, w->row, w->p, err);
    if (rc)
        return rc;
    struct ml_prediction pr = {.model = w->model, .p = w->p, .row = w->row};
    ml_prediction_judge(&pr, w->svc->config->unknown_below);
    ml_features_hash(w->row, w->model->features, pr.features_hash);
    check_text(w, "features_hash", pr.features_hash);
    check_text(w, "label", w->model->classes[pr.label]);
    check_number(w, "confidence", "confidence", (double)w->p[pr.label]);
    check_number(w, "anomaly_score", "anomaly_score", pr.anomaly_score);
    check_probabilities(w);
    return 0;
}

static json_t *raw_result(bool checked, bool ok, const char *reason)
{
    return json_pack("{s:b,s:o,s:s?}", "checked", checked, "ok", checked ? json_boolean(ok) : json_null(), "reason",
                     reason);
}

/* The features once more from the stored readings: tells whether window and features were what they are said to be. */
static json_t *check_raw(struct work *w)
{
    const struct aas_feature_schema *schema = w->model->schema;
    int64_t start = aas_doc_int(w->doc, "window.start", -1), end = aas_doc_int(w->doc, "window.end", -1);
    if (!schema || start < 0)
        return raw_result(false, false, "the prediction was made from features, not from a window");
    struct ml_raw raw = {0};
    struct aas_error err = AAS_ERROR_NONE;
    int rc = ml_raw_read(w->svc->store, aas_doc_str(w->doc, "sensor_id", ""), start, end, schema, &raw, &err);
    json_t *result = NULL;
    double *scratch = rc == 0 && raw.n > 0 ? malloc(aas_feature_schema_scratch(schema, raw.n) * sizeof *scratch) : NULL;
    float *row = malloc(w->model->features * sizeof *row);
    if (rc) {
        result = raw_result(false, false, aas_error_text(&err, rc));
    } else if (raw.n == 0) {
        result = raw_result(false, false, "the readings are no longer stored, or never were");
    } else if ((int64_t)raw.n != aas_doc_int(w->doc, "window.n", -1)) {
        result = raw_result(true, false, "the store holds another number of rows between the window's times");
    } else if (scratch && row) {
        aas_feature_schema_extract(schema, (const double *const *)raw.column, raw.n, scratch, row, NULL);
        bool same = memcmp(row, w->row, w->model->features * sizeof *row) == 0;
        result = raw_result(true, same, same ? NULL : "the stored readings give other features");
    }
    free(row);
    free(scratch);
    ml_raw_fini(&raw);
    return result ? result : raw_result(false, false, "out of memory");
}

int ml_verify(struct ml_service *svc, const char *id, json_t **ret_report, struct aas_error *err)
{
    struct work w = {.svc = svc, .checks = json_array(), .identical = true};
    int rc = aas_store_get(svc->store, AAS_COLL_PREDICTIONS, id, &w.doc, err);
    if (rc == AAS_ENOENT)
        (void)aas_error_set(err, rc, "there is no prediction \"%.40s\" (a new one takes a moment to be stored)", id);
    if (rc == 0)
        rc = ml_registry_model(svc->registry, aas_doc_str(w.doc, "model", ""), &w.model, err);
    if (rc == 0)
        rc = read_row(&w, err);
    if (rc == 0)
        rc = repeat(&w, err);
    if (rc == 0) {
        *ret_report = json_pack("{s:s,s:s,s:b,s:O,s:o}", "id", id, "model", w.model->version, "identical", w.identical,
                                "checks", w.checks, "raw", check_raw(&w));
        rc = *ret_report ? 0 : AAS_ENOMEM;
    }
    work_fini(&w);
    return rc;
}
