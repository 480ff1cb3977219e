/* Training of a classifier on a dataset, with the parameters that we expose: the one way for the demo model, the tools
 * and the daemon's retraining. Best called in a process of its own. */
#pragma once

#include <aas/error.h>
#include <aas/feature_schema.h>
#include <aas/xgb.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataset.h"

struct ml_train_params {
    uint32_t rounds, max_depth;
    double eta, subsample, colsample, min_child_weight, lambda, gamma;
    double balance;       /* power of ml_dataset_balance */
    double normal_weight; /* times the weight of the rows of the normal class */
    uint32_t max_bin;
    uint64_t seed;
    uint32_t threads;
    bool missing_classes; /* a class may lack rows, as in a fold; it is then never told */
};

/** Sensible for some thousand windows. */
#define ML_TRAIN_DEFAULTS                                                                                              \
    ((struct ml_train_params){.rounds = 60,                                                                            \
                              .max_depth = 5,                                                                          \
                              .eta = 0.2,                                                                              \
                              .subsample = 0.8,                                                                        \
                              .colsample = 0.5,                                                                        \
                              .min_child_weight = 2,                                                                   \
                              .lambda = 1,                                                                             \
                              .gamma = 0,                                                                              \
                              .balance = 0.4,                                                                          \
                              .normal_weight = 1,                                                                      \
                              .max_bin = 128,                                                                          \
                              .seed = 1,                                                                               \
                              .threads = 2})

/** Train multi:softprob, for two classes binary:logistic, on train (weights are set here, by balance and
 *  normal_weight); test, if not NULL, is only reported. The schema
 *  gives feature names and classes; its hash is kept in the model. Errors: AAS_EINVAL a class without rows, those of
 *  aas_xgb_train. The caller destroys the model. */
int ml_train(struct ml_dataset *train, const struct ml_dataset *test, const struct aas_feature_schema *schema,
             const struct ml_train_params *params, aas_xgb_round_fn *on_round, void *arg, struct aas_xgb **ret_model,
             struct aas_error *err) AAS_MUST_CHECK;

/** The parameters as JSON for a manifest (new), NULL without memory; and back: fields of doc (borrows) that are there
 *  replace those in *params. Errors: AAS_EINVAL with the field. */
json_t *ml_train_params_json(const struct ml_train_params *params);
int ml_train_params_read(const json_t *doc, struct ml_train_params *params, struct aas_error *err) AAS_MUST_CHECK;
