/* See model.h. */
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

static void model_destroy(struct ml_model *m)
{
    aas_xgb_destroy(m->xgb);
    aas_feature_schema_destroy(m->schema);
    for (size_t i = 0; m->classes && i < m->classes_count; i++)
        free(m->classes[i]);
    free(m->classes);
    free(m->mean);
    free(m->scale);
    free(m);
}

struct ml_model *ml_model_get(struct ml_model *model)
{
    aas_ref_get(&model->ref);
    return model;
}

void ml_model_put(struct ml_model *model)
{
    if (model && aas_ref_put(&model->ref))
        model_destroy(model);
}

static int copy_doubles(double **ret, const double *src, size_t n)
{
    *ret = malloc(n * sizeof **ret);
    if (!*ret)
        return AAS_ENOMEM;
    memcpy(*ret, src, n * sizeof **ret);
    return 0;
}

static int copy_classes(struct ml_model *m, const struct ml_model_parts *p, struct aas_error *err)
{
    const char *const *from = p->classes;
    size_t n = p->classes_count;
    if (!from && p->schema) {
        from = (const char *const *)p->schema->classes;
        n = p->schema->classes_count;
    }
    if (!from || n < 2)
        return aas_error_set(
            err, AAS_EMISMATCH,
            "the model has no class names: give label_encoder.pkl, or \"classes\" in the feature schema");
    m->classes = calloc(n, sizeof *m->classes);
    if (!m->classes)
        return AAS_ENOMEM;
    m->classes_count = n;
    for (size_t i = 0; i < n; i++) {
        m->classes[i] = strdup(from[i]);
        if (!m->classes[i])
            return AAS_ENOMEM;
    }
    const char *normal = p->normal ? p->normal : p->schema ? p->schema->normal : "normal";
    m->normal = -1;
    m->threshold = p->threshold ? *p->threshold : (double)NAN;
    for (size_t i = 0; i < n; i++)
        if (strcmp(m->classes[i], normal) == 0)
            m->normal = (int)i;
    return 0;
}

static int check_outputs(struct ml_model *m, struct aas_error *err)
{
    const struct aas_xgb_info *info = aas_xgb_info(m->xgb);
    m->binary = info->outputs == 1;
    if (m->binary && strcmp(info->objective, "binary:logistic") != 0)
        return aas_error_set(err, AAS_EMISMATCH,
                             "objective %s gives no probabilities: train with binary:logistic or multi:softprob",
                             info->objective);
    if (!m->binary && strcmp(info->objective, "multi:softprob") != 0)
        return aas_error_set(err, AAS_EMISMATCH, "objective %s is not served: train with multi:softprob",
                             info->objective);
    size_t classes = m->binary ? 2 : info->outputs;
    if (classes != m->classes_count)
        return aas_error_set(err, AAS_EMISMATCH, "the booster tells %zu classes apart, but %zu class names are given",
                             classes, m->classes_count);
    m->features = info->features;
    return 0;
}

static int take_schema(struct ml_model *m, const struct ml_model_parts *p, struct aas_error *err)
{
    if (p->schema) {
        if (p->schema->features_count != m->features)
            return aas_error_set(err, AAS_EMISMATCH, "the booster wants %zu features, the feature schema gives %zu",
                                 m->features, p->schema->features_count);
        memcpy(m->hash, p->schema->hash, sizeof m->hash);
        m->schema = p->schema;
        return 0;
    }
    if (!p->mean)
        return 0;
    if (p->scaler_count != m->features)
        return aas_error_set(err, AAS_EMISMATCH, "the booster wants %zu features, the scaler was fitted to %zu",
                             m->features, p->scaler_count);
    int rc = copy_doubles(&m->mean, p->mean, m->features);
    return rc ? rc : copy_doubles(&m->scale, p->scale, m->features);
}

int ml_model_create(struct ml_model **ret_model, const struct ml_model_parts *parts, struct aas_error *err)
{
    struct ml_model *m = calloc(1, sizeof *m);
    if (!m)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    aas_ref_init(&m->ref);
    if (strlen(parts->version) >= sizeof m->version) {
        free(m);
        return aas_error_set(err, AAS_EINVAL, "version \"%.40s\" is too long", parts->version);
    }
    memcpy(m->version, parts->version, strlen(parts->version) + 1);
    int rc = aas_xgb_load(parts->bytes, parts->len, &m->xgb, err);
    if (rc == 0)
        rc = copy_classes(m, parts, err);
    if (rc == 0)
        rc = check_outputs(m, err);
    if (rc == 0)
        rc = take_schema(m, parts, err);
    if (rc) {
        m->schema = NULL; /* still the caller's */
        model_destroy(m);
        return err && err->code ? rc : aas_error_set(err, rc, "out of memory");
    }
    m->stats = ml_stats_of(m->version, m->classes, m->classes_count);
    *ret_model = m;
    return 0;
}

/* binary:logistic gives P(class 1) only. */
static void spread_binary(float *p, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        float one = p[i];
        p[2 * i + 1] = one;
        p[2 * i] = 1.0F - one;
    }
}

int ml_model_predict_many(const struct ml_model *model, const float *rows, size_t n, float *ret_p,
                          struct aas_error *err)
{
    int rc = aas_xgb_predict(model->xgb, rows, n, model->features, ret_p, err);
    if (rc == 0 && model->binary)
        spread_binary(ret_p, n);
    return rc;
}

int ml_model_predict(const struct ml_model *model, const float *row, float *ret_p, struct aas_error *err)
{
    return ml_model_predict_many(model, row, 1, ret_p, err);
}

void ml_model_scale(const struct ml_model *model, const double *raw, float *ret_row)
{
    if (model->schema) {
        aas_feature_schema_scale(model->schema, raw, ret_row);
        return;
    }
    for (size_t i = 0; i < model->features; i++)
        ret_row[i] = (float)(model->mean ? (raw[i] - model->mean[i]) / model->scale[i] : raw[i]);
}

bool ml_schema_same_rows(const struct aas_feature_schema *a, const struct aas_feature_schema *b)
{
    if (!a || !b || a->features_count != b->features_count || (a->mean != NULL) != (b->mean != NULL) ||
        a->recent_rows != b->recent_rows || a->reference_rows != b->reference_rows)
        return false;
    size_t bytes = a->features_count * sizeof *a->mean;
    for (size_t i = 0; i < a->features_count; i++)
        if (a->features[i].stat != b->features[i].stat ||
            strcmp(a->channels[a->features[i].channel], b->channels[b->features[i].channel]) != 0)
            return false;
    return !a->mean || (memcmp(a->mean, b->mean, bytes) == 0 && memcmp(a->scale, b->scale, bytes) == 0);
}
