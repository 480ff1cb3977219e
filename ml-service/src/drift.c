/* See drift.h. Source of the index: e.g. B. Yurdakul, "Statistical Properties of Population Stability Index", 2018. */
#include "drift.h"

#include <bson/bson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/features.h>
#include <aas/store.h>

#define BINS       10
#define SCAN       5000
#define TOP        20
#define NORMAL_IQR 1.349 /* interquartile range of a normal distribution in standard deviations */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Values that are there, sorted at the front; their count. */
static size_t sort_present(float *v, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(v[i]))
            v[k++] = v[i];
    qsort(v, k, sizeof *v, by_value);
    return k;
}

static double quantile(const float *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    double rest = at - (double)i;
    return i + 1 < n ? (double)sorted[i] * (1 - rest) + (double)sorted[i + 1] * rest : (double)sorted[n - 1];
}

/* Share of sorted values in (lo, hi], a little more than nothing where it is nothing. */
static double share(const float *sorted, size_t n, double lo, double hi)
{
    size_t in = 0;
    for (size_t i = 0; i < n; i++)
        in += (double)sorted[i] > lo && (double)sorted[i] <= hi;
    return ((double)in + 0.5) / ((double)n + 0.5 * BINS);
}

struct ml_drift_feature ml_drift_compare(float *reference, size_t n_reference, float *current, size_t n_current)
{
    struct ml_drift_feature f = {.psi = (double)NAN, .effect = (double)NAN};
    size_t a = sort_present(reference, n_reference), b = sort_present(current, n_current);
    if (a < ML_DRIFT_MIN_ROWS || b < ML_DRIFT_MIN_ROWS)
        return f;
    double psi = 0, lo = -(double)INFINITY;
    for (int k = 1; k <= BINS; k++) {
        double hi = k < BINS ? quantile(reference, a, (double)k / BINS) : (double)INFINITY;
        if (hi <= lo) /* a constant stretch: its bins fall together */
            continue;
        double p = share(reference, a, lo, hi), q = share(current, b, lo, hi);
        psi += (q - p) * log(q / p);
        lo = hi;
    }
    double spread = (quantile(reference, a, 0.75) - quantile(reference, a, 0.25)) / NORMAL_IQR;
    double moved = fabs(quantile(current, b, 0.5) - quantile(reference, a, 0.5));
    f.psi = psi;
    f.effect = moved / fmax(spread, 1e-9 + 1e-6 * fabs(quantile(reference, a, 0.5)));
    f.drifted = f.psi > ML_DRIFT_PSI && f.effect > ML_DRIFT_EFFECT;
    return f;
}

/* Column-major sample of rows. */
struct sample {
    float *v;
    size_t n, cols;
};

static int on_prediction(const bson_t *doc, void *arg)
{
    struct sample *s = arg;
    bson_iter_t it;
    bson_subtype_t subtype;
    const uint8_t *bytes = NULL;
    uint32_t len = 0;
    if (strcmp(aas_doc_str(doc, "state", ""), "normal") != 0 || !bson_iter_init_find(&it, doc, "row") ||
        !BSON_ITER_HOLDS_BINARY(&it))
        return 0;
    bson_iter_binary(&it, &subtype, &len, &bytes);
    if (len != s->cols * sizeof(float))
        return 0;
    for (size_t c = 0; c < s->cols; c++)
        memcpy(&s->v[c * ML_DRIFT_SAMPLE + s->n], bytes + c * sizeof(float), sizeof(float));
    return ++s->n == ML_DRIFT_SAMPLE ? AAS_ECANCELED : 0;
}

static int read_sample(struct aas_store *store, const struct ml_model *model, bool newest, struct sample *ret,
                       struct aas_error *err)
{
    ret->cols = model->features;
    ret->n = 0;
    ret->v = malloc(model->features * ML_DRIFT_SAMPLE * sizeof *ret->v);
    if (!ret->v)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    const struct aas_cond where[] = {{.field = "model", .op = AAS_OP_EQ, .value = AAS_V_STR(model->version)},
                                     {.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(0)}};
    struct aas_query q = {.where = where, .n_where = 2, .sort = "at", .descending = newest, .limit = SCAN};
    int rc = aas_store_find(store, AAS_COLL_PREDICTIONS, &q, on_prediction, ret, NULL, err);
    return rc == AAS_ECANCELED ? 0 : rc;
}

struct ranked {
    size_t column;
    struct ml_drift_feature f;
};

static int by_psi(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->f.psi, y = ((const struct ranked *)b)->f.psi;
    return (isnan(x) ? 1 : 0) - (isnan(y) ? 1 : 0) ? (isnan(x) ? 1 : -1) : (x < y) - (x > y);
}

static json_t *feature_json(const struct ml_model *m, const struct ranked *r)
{
    const struct aas_feature *f = m->schema ? &m->schema->features[r->column] : NULL;
    const char *name = f ? m->schema->channels[f->channel] : aas_xgb_feature_name(m->xgb, r->column);
    return json_pack("{s:s,s:s,s:f,s:f,s:b}", "channel", name ? name : "feature", "stat",
                     f ? aas_stat_name(f->stat) : "value", "psi", r->f.psi, "effect", r->f.effect, "drifted",
                     r->f.drifted);
}

static json_t *report_of(const struct ml_model *m, struct sample *ref, struct sample *cur, struct ranked *ranked)
{
    bool enough = ref->n >= ML_DRIFT_MIN_ROWS && cur->n >= ML_DRIFT_MIN_ROWS;
    json_t *features = json_array();
    json_int_t drifted = 0;
    for (size_t c = 0; c < m->features; c++) {
        ranked[c].column = c;
        ranked[c].f = ml_drift_compare(ref->v + c * ML_DRIFT_SAMPLE, ref->n, cur->v + c * ML_DRIFT_SAMPLE, cur->n);
        drifted += ranked[c].f.drifted;
    }
    qsort(ranked, m->features, sizeof *ranked, by_psi);
    for (size_t i = 0; i < m->features && i < TOP && !isnan(ranked[i].f.psi); i++)
        AAS_IGNORE(json_array_append_new(features, feature_json(m, &ranked[i])));
    bool known = enough && !isnan(ranked[0].f.psi);
    return json_pack("{s:I,s:I,s:o,s:o,s:o}", "reference", (json_int_t)ref->n, "current", (json_int_t)cur->n, "drifted",
                     known ? json_integer(drifted) : json_null(), "psi_max",
                     known ? json_real(ranked[0].f.psi) : json_null(), "features", features);
}

int ml_drift_report(struct aas_store *store, const struct ml_model *model, json_t **ret_report, struct aas_error *err)
{
    struct sample ref = {0}, cur = {0};
    AAS_AUTO_FREE struct ranked *ranked = calloc(model->features, sizeof *ranked);
    int rc = ranked ? read_sample(store, model, false, &ref, err) : AAS_ENOMEM;
    if (rc == 0)
        rc = read_sample(store, model, true, &cur, err);
    if (rc == 0) {
        *ret_report = report_of(model, &ref, &cur, ranked);
        rc = *ret_report ? 0 : AAS_ENOMEM;
    }
    free(ref.v);
    free(cur.v);
    return rc;
}
