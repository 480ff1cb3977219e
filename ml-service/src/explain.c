/* See explain.h. Source of the method: TreeSHAP, Lundberg et al. 2018, arXiv:1802.03888, as XGBoost computes it. */
#include "explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/features.h>

#define SUM_TOLERANCE 1e-4

static int by_size(const void *a, const void *b)
{
    double x = fabs(((const struct ml_contribution *)a)->contribution);
    double y = fabs(((const struct ml_contribution *)b)->contribution);
    return (x < y) - (x > y);
}

static struct ml_contribution contribution_of(const struct ml_model *m, size_t i, double value)
{
    struct ml_contribution c = {.contribution = value, .stat = "value"};
    if (m->schema) {
        const struct aas_feature *f = &m->schema->features[i];
        c.channel = m->schema->channels[f->channel];
        c.stat = aas_stat_name(f->stat);
        return c;
    }
    c.channel = aas_xgb_feature_name(m->xgb, i);
    if (!c.channel)
        c.channel = "feature";
    return c;
}

static void keep_largest(struct ml_contribution *all, size_t n, struct ml_explanation *x)
{
    qsort(all, n, sizeof *all, by_size);
    x->count = n <= ML_EXPLANATION_KEPT + 1 ? n : ML_EXPLANATION_KEPT;
    memcpy(x->items, all, x->count * sizeof *all);
    if (x->count == n)
        return;
    struct ml_contribution *other = &x->items[x->count++];
    *other = (struct ml_contribution){.channel = "(other)", .stat = "(other)"};
    for (size_t i = ML_EXPLANATION_KEPT; i < n; i++)
        other->contribution += all[i].contribution;
}

int ml_explain(const struct ml_model *model, const float *row, int label, struct ml_explanation *ret_x,
               struct aas_error *err)
{
    size_t n = model->features, groups = aas_xgb_info(model->xgb)->groups;
    AAS_AUTO_FREE float *phi = malloc(groups * (n + 1) * sizeof *phi);
    AAS_AUTO_FREE float *margin = malloc(groups * sizeof *margin);
    AAS_AUTO_FREE struct ml_contribution *all = malloc(n * sizeof *all);
    if (!phi || !margin || !all)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    int rc = aas_xgb_explain(model->xgb, row, 1, n, phi, err);
    if (rc == 0)
        rc = aas_xgb_margin(model->xgb, row, 1, n, margin, err);
    if (rc)
        return rc;
    /* One output is the margin of class 1; what speaks for it speaks against class 0. */
    size_t group = model->binary ? 0 : (size_t)label;
    double sign = model->binary && label == 0 ? -1.0 : 1.0;
    const float *mine = phi + group * (n + 1);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        all[i] = contribution_of(model, i, sign * (double)mine[i]);
        sum += all[i].contribution;
    }
    struct ml_explanation x = {.bias = sign * (double)mine[n], .margin = sign * (double)margin[group]};
    if (!(fabs(sum + x.bias - x.margin) <= SUM_TOLERANCE * fmax(1.0, fabs(x.margin))))
        return aas_error_set(err, AAS_ECORRUPT, "contributions sum to %.6g, the margin is %.6g", sum + x.bias,
                             x.margin);
    keep_largest(all, n, &x);
    *ret_x = x;
    return 0;
}
