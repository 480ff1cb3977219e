/* The trial of a model from outside, in a child process. See model_check.h. */
#include "model_check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/rng.h>
#include <aas/xgb.h>

#include "sandbox.h"

#define TRIAL_ROWS 64

struct text {
    const void *bytes;
    size_t len;
};

/* Ordinary, missing and extreme values: each row takes other ways down the trees. */
static void fill(float *x, size_t rows, size_t cols)
{
    static const float extremes[] = {0.0F, -0.0F, 1e-30F, 3e38F, -3e38F, 1.0F};
    struct aas_rng rng;
    aas_rng_seed(&rng, 20260131);
    for (size_t i = 0; i < rows * cols; i++) {
        size_t row = i / cols;
        if (row < 6)
            x[i] = extremes[row];
        else if (row == 6 || aas_rng_below(&rng, 20) == 0)
            x[i] = NAN;
        else
            x[i] = (float)(aas_rng_normal(&rng) * pow(10, (double)(row % 7) - 2));
    }
}

static int check_probabilities(const float *p, size_t rows, size_t outputs, struct aas_error *err)
{
    for (size_t i = 0; i < rows; i++) {
        double sum = 0;
        for (size_t k = 0; k < outputs; k++) {
            double v = (double)p[i * outputs + k];
            if (!(v >= 0 && v <= 1))
                return aas_error_set(err, AAS_EMISMATCH, "the model's trial predictions aren't probabilities");
            sum += v;
        }
        if (outputs > 1 && fabs(sum - 1) > 1e-3)
            return aas_error_set(err, AAS_EMISMATCH, "the model's trial probabilities sum to %g instead of 1", sum);
    }
    return 0;
}

static int try_rows(struct aas_xgb *m, size_t cols, size_t outputs, size_t groups, struct aas_error *err)
{
    AAS_AUTO_FREE float *x = calloc(TRIAL_ROWS * cols, sizeof(*x));
    AAS_AUTO_FREE float *p = calloc(TRIAL_ROWS * outputs, sizeof(*p));
    AAS_AUTO_FREE float *phi = calloc(groups * (cols + 1), sizeof(*phi));
    if (!x || !p || !phi)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a trial");
    fill(x, TRIAL_ROWS, cols);
    int rc = aas_xgb_predict(m, x, TRIAL_ROWS, cols, p, err);
    if (rc == 0)
        rc = check_probabilities(p, TRIAL_ROWS, outputs, err);
    if (rc == 0)
        rc = aas_xgb_explain(m, x + (TRIAL_ROWS - 1) * cols, 1, cols, phi, err);
    for (size_t i = 0; rc == 0 && i < groups * (cols + 1); i++)
        if (!isfinite(phi[i]))
            rc = aas_error_set(err, AAS_EMISMATCH, "the model's explanation isn't finite");
    return rc;
}

static int probe_in_child(const void *arg, json_t **ret_doc, struct aas_error *err)
{
    const struct text *t = arg;
    json_t *facts = NULL;
    int rc = ml_model_check_text(t->bytes, t->len, &facts, err);
    if (rc < 0)
        return rc;
    struct aas_xgb *m = NULL;
    rc = aas_xgb_load(t->bytes, t->len, &m, err);
    if (rc == 0) {
        const struct aas_xgb_info *info = aas_xgb_info(m);
        size_t features = (size_t)json_integer_value(json_object_get(facts, "features"));
        size_t classes = (size_t)json_integer_value(json_object_get(facts, "classes"));
        if (info->features != features || (info->outputs != classes && !(info->outputs == 1 && classes == 2)))
            rc = aas_error_set(err, AAS_EMISMATCH,
                               "XGBoost sees %zu features and %zu outputs, the file says %zu and %zu", info->features,
                               info->outputs, features, classes);
        else
            rc = try_rows(m, features, info->outputs, info->groups, err);
        (void)json_object_set_new(facts, "rounds", json_integer(info->rounds));
        (void)json_object_set_new(facts, "translated", json_boolean(info->cured));
    }
    aas_xgb_destroy(m);
    if (rc < 0)
        json_decref(facts);
    else
        *ret_doc = facts;
    return rc;
}

int ml_model_probe(const void *text, size_t len, const char *name, json_t **ret_facts, struct aas_error *err)
{
    static const struct ml_sandbox_limits limits = {
        .memory_bytes = (size_t)3 * 1024 * 1024 * 1024, .cpu_seconds = 60, .max_json_bytes = (size_t)4 * 1024 * 1024};
    const struct text t = {text, len};
    if (len > ML_CHECK_MAX_BYTES)
        return aas_error_set(err, AAS_ETOOBIG, "%s has %zu bytes, at most %zu are taken from outside", name, len,
                             ML_CHECK_MAX_BYTES);
    return ml_sandbox_run(probe_in_child, &t, &limits, name, ret_facts, err);
}
