/* A model version in memory: booster, feature schema, classes. Immutable once made and reference-counted: every request
 * holds a reference while it uses one, so that a version may be swapped out under load. All functions are thread-safe.
 */
#pragma once

#include <aas/feature_schema.h>
#include <aas/ref.h>
#include <aas/xgb.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aas/error.h>

#define ML_VERSION_BYTES 32

struct ml_stats;

struct ml_model {
    struct aas_ref ref;
    struct ml_stats *stats;         /* what it has said so far; may be NULL; outlives it */
    char version[ML_VERSION_BYTES]; /* "v1" */
    struct aas_xgb *xgb;
    struct aas_feature_schema *schema; /* NULL: serves {"features": […]} only */
    double *mean, *scale;              /* scaler of a model without a schema: features each, or NULL */
    size_t features;                   /* columns of a row */
    char **classes;
    size_t classes_count;
    int normal;       /* index of the class that means healthy; -1: it has none */
    double threshold; /* anomaly where 1 - P(normal) reaches it; NaN: where the likeliest class isn't normal */
    bool binary;      /* one output: the probability of class 1 */
    char hash[65];    /* of the feature schema; "" without one */
};

/** What a model is made of. */
struct ml_model_parts {
    const char *version; /* copies */
    const void *bytes;   /* the booster's file (borrows) */
    size_t len;
    struct aas_feature_schema *schema; /* takes; may be NULL */
    const char *const *classes;        /* copies; NULL: the schema's */
    size_t classes_count;
    const char *normal;         /* copies; NULL: the schema's, else "normal" */
    const double *mean, *scale; /* copies; without a schema only */
    size_t scaler_count;
    const double *threshold; /* NULL: none */
};

/** Load the booster and check that all parts agree: columns with the schema's features and the scaler, outputs with the
 *  classes. Errors: AAS_EMISMATCH saying what differs, those of aas_xgb_load, AAS_ENOMEM. The caller gives its
 * reference back with ml_model_put. */
int ml_model_create(struct ml_model **ret_model, const struct ml_model_parts *parts,
                    struct aas_error *err) AAS_MUST_CHECK;
struct ml_model *ml_model_get(struct ml_model *model);
/** NULL is fine. */
void ml_model_put(struct ml_model *model);

/** Probabilities of every class for one row (features floats, borrows), classes_count floats into ret_p. Errors:
 *  AAS_EUPSTREAM. */
int ml_model_predict(const struct ml_model *model, const float *row, float *ret_p,
                     struct aas_error *err) AAS_MUST_CHECK;
/** The same for n rows, row after row. */
int ml_model_predict_many(const struct ml_model *model, const float *rows, size_t n, float *ret_p,
                          struct aas_error *err) AAS_MUST_CHECK;
/** Raw features (features doubles, borrows) as the model's row. */
void ml_model_scale(const struct ml_model *model, const double *raw, float *ret_row);
/** Do two schemas (NULL: no) make the same row of the same window? Classes aside. */
bool ml_schema_same_rows(const struct aas_feature_schema *a, const struct aas_feature_schema *b);
