/* Training. One thread, best in a process of its own; the library's work threads are set by the parameter nthread. */
#include "xgb_internal.h"

#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include <aas/buf.h>
#include <aas/err.h>
#include <aas/error.h>

struct run {
    DMatrixHandle matrix[2]; /* train, test */
    bst_ulong matrices, cols;
    BoosterHandle booster;
};

static void run_fini(struct run *r)
{
    if (r->booster)
        (void)XGBoosterFree(r->booster);
    for (bst_ulong i = 0; i < r->matrices; i++)
        (void)XGDMatrixFree(r->matrix[i]);
}

static int add_matrix(struct run *r, const struct aas_xgb_data *d, const struct aas_xgb_training *how,
                      struct aas_error *err)
{
    if (d->rows == 0 || d->cols == 0)
        return aas_error_set(err, AAS_EINVAL, "training data with %zu rows of %zu features", d->rows, d->cols);
    DMatrixHandle *m = &r->matrix[r->matrices];
    if (XGDMatrixCreateFromMat_omp(d->x, d->rows, d->cols, NAN, m, 0) != 0)
        return aas_xgb_upstream(err, "reading training data");
    r->matrices++;
    r->cols = d->cols;
    if (XGDMatrixSetFloatInfo(*m, "label", d->label, d->rows) != 0 ||
        (d->weight && XGDMatrixSetFloatInfo(*m, "weight", d->weight, d->rows) != 0))
        return aas_xgb_upstream(err, "reading labels");
    if (how->feature_names &&
        XGDMatrixSetStrFeatureInfo(*m, "feature_name", (const char **)(uintptr_t)how->feature_names, d->cols) != 0)
        return aas_xgb_upstream(err, "naming features");
    return 0;
}

/* The file doesn't hold the parameters, and without them a continued training would silently take the defaults. */
static int keep_params(BoosterHandle booster, const struct aas_xgb_training *how, struct aas_error *err)
{
    json_t *params = json_object();
    for (size_t i = 0; params && i < how->params_count; i++)
        json_object_set_new(params, how->params[i].name, json_string(how->params[i].value));
    char *text = params ? json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(params);
    if (!text)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for training parameters");
    int bad = XGBoosterSetAttr(booster, "aas_params", text);
    free(text);
    for (size_t i = 0; !bad && i < how->attrs_count; i++)
        bad = XGBoosterSetAttr(booster, how->attrs[i].name, how->attrs[i].value);
    return bad ? aas_xgb_upstream(err, "keeping attributes") : 0;
}

static int prepare(struct run *r, const struct aas_xgb_training *how, struct aas_error *err)
{
    if (XGBoosterCreate(r->matrix, r->matrices, &r->booster) != 0)
        return aas_xgb_upstream(err, "creating a model");
    for (size_t i = 0; i < how->params_count; i++)
        if (XGBoosterSetParam(r->booster, how->params[i].name, how->params[i].value) != 0)
            return aas_xgb_upstream(err, how->params[i].name);
    if (how->feature_names && XGBoosterSetStrFeatureInfo(r->booster, "feature_name",
                                                         (const char **)(uintptr_t)how->feature_names, r->cols) != 0)
        return aas_xgb_upstream(err, "naming features");
    return keep_params(r->booster, how, err);
}

static int boost(struct run *r, const struct aas_xgb_training *how, struct aas_error *err)
{
    const char *names[] = {"train", "test"};
    for (uint32_t round = 0; round < how->rounds; round++) {
        if (XGBoosterUpdateOneIter(r->booster, (int)round, r->matrix[0]) != 0)
            return aas_xgb_upstream(err, "training");
        if (!how->on_round)
            continue;
        const char *text = "";
        if (XGBoosterEvalOneIter(r->booster, (int)round, r->matrix, names, r->matrices, &text) != 0)
            return aas_xgb_upstream(err, "evaluating");
        if (how->on_round(how->arg, round, how->rounds, text) != 0)
            return aas_error_set(err, AAS_ECANCELED, "training was cancelled after %u of %u rounds", round + 1,
                                 how->rounds);
    }
    return 0;
}

int aas_xgb_train(const struct aas_xgb_training *how, const struct aas_xgb_data *train, const struct aas_xgb_data *test,
                  struct aas_xgb **ret_model, struct aas_error *err)
{
    struct run r = {.matrices = 0};
    bst_ulong len = 0;
    const char *bytes = NULL;
    aas_xgb_adopt_thread();
    int rc = how->rounds ? 0 : aas_error_set(err, AAS_EINVAL, "training with 0 rounds");
    if (rc == 0)
        rc = add_matrix(&r, train, how, err);
    if (rc == 0 && test)
        rc = add_matrix(&r, test, how, err);
    if (rc == 0)
        rc = prepare(&r, how, err);
    if (rc == 0)
        rc = boost(&r, how, err);
    if (rc == 0 && XGBoosterSaveModelToBuffer(r.booster, "{\"format\":\"ubj\"}", &len, &bytes) != 0)
        rc = aas_xgb_upstream(err, "saving the trained model");
    if (rc == 0) /* anew from its file form: what serves is what was saved, without the training data */
        rc = aas_xgb_load(bytes, len, ret_model, err);
    run_fini(&r);
    return rc;
}
