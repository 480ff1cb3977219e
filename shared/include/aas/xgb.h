/* XGBoost behind a narrow door: load, predict, explain, train, save. Differences between the library's versions (1.7 on
 * Debian 12, 3.0 on Debian 13) and between model files (1.0 to 3.x) end here.
 *
 * A loaded model is immutable: predict may be called by any number of threads on one object (in-place prediction, one
 * library thread). Explain and save take the model's own mutex, since the library promises thread safety for in-place
 * prediction only. Training belongs to one thread; run it in a process of its own.
 *
 * Files from outside must have passed a structural check before they come here: the library doesn't verify the
 * structure of trees and can crash on crafted ones. UBJ is for files of our own making (hash checked first). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_error;
struct aas_buf;
struct aas_xgb;

struct aas_xgb_info {
    size_t features;    /* columns of a row */
    size_t outputs;     /* values per row of a prediction: classes of multi:*, else 1 */
    size_t groups;      /* margins per row: classes of multi:*, else 1 */
    uint32_t rounds;    /* boosted */
    char objective[64]; /* "multi:softprob", … */
    bool cured;         /* the file was of a newer XGBoost than the library and was translated exactly */
    bool has_names;     /* feature names stand in the file */
    bool walked;        /* served by our own walk over the trees, bit for bit equal to the library's answers */
};

/** Version of the library in use. */
void aas_xgb_version(int *ret_major, int *ret_minor, int *ret_patch);

/** Load a model from memory (borrows): JSON where it starts with `{"` and parses, UBJ otherwise. A file written by
 *  XGBoost ≥ 3.1 whose base_score is a vector is translated when the library is older; what the library can't express
 *  is refused. Errors: AAS_EPARSE not a model, AAS_ENOTSUP what this library can't serve exactly, AAS_EUPSTREAM with
 * the library's words, AAS_ENOMEM. The caller destroys it. */
int aas_xgb_load(const void *bytes, size_t len, struct aas_xgb **ret_model, struct aas_error *err)
    __attribute__((warn_unused_result));
/** NULL is allowed. Nobody may use the model any more (refcount it). */
void aas_xgb_destroy(struct aas_xgb *model);

const struct aas_xgb_info *aas_xgb_info(const struct aas_xgb *model);

/** Predict. x: rows*cols floats row-major (borrows), NaN = missing, Inf refused; ret_out: rows*info.outputs floats
 *  (caller's): probabilities for multi:softprob and binary:logistic. Errors: AAS_EINVAL cols differ from info.features,
 *  rows is 0, or an infinite value; AAS_EUPSTREAM. Thread-safe, one thread of work. */
int aas_xgb_predict(const struct aas_xgb *model, const float *x, size_t rows, size_t cols, float *ret_out,
                    struct aas_error *err) __attribute__((warn_unused_result));
/** The same before the link function: rows*info.groups margins. */
int aas_xgb_margin(const struct aas_xgb *model, const float *x, size_t rows, size_t cols, float *ret_out,
                   struct aas_error *err) __attribute__((warn_unused_result));

/** Explain: ret_phi gets rows*info.groups*(cols+1) contributions to the margin, the bias last (caller's); they sum to
 *  the margin. About 125 times the cost of a prediction. Errors as predict. Thread-safe, serialised per model. Source:
 *  TreeSHAP, Lundberg et al. 2018, arXiv:1802.03888. */
int aas_xgb_explain(struct aas_xgb *model, const float *x, size_t rows, size_t cols, float *ret_phi,
                    struct aas_error *err) __attribute__((warn_unused_result));

/** Name of feature i from the file; NULL without names. Borrowed from the model. */
const char *aas_xgb_feature_name(const struct aas_xgb *model, size_t i);
/** A text attribute stored in the model, appended to ret_value. Errors: AAS_ENOENT, AAS_EUPSTREAM, AAS_ENOMEM. */
int aas_xgb_attr(struct aas_xgb *model, const char *name, struct aas_buf *ret_value, struct aas_error *err)
    __attribute__((warn_unused_result));

enum aas_xgb_format { AAS_XGB_JSON, AAS_XGB_UBJ };
/** Append the model's file form to buf. Errors: AAS_EUPSTREAM, AAS_ENOMEM, AAS_ETOOBIG. */
int aas_xgb_save(struct aas_xgb *model, enum aas_xgb_format format, struct aas_buf *buf, struct aas_error *err)
    __attribute__((warn_unused_result));

/** Labelled rows for training (all borrowed). */
struct aas_xgb_data {
    const float *x; /* rows*cols, row-major, NaN = missing */
    size_t rows, cols;
    const float *label;  /* rows: 0 … classes-1 */
    const float *weight; /* rows, or NULL */
};

struct aas_xgb_param {
    const char *name, *value; /* as in XGBoost's documentation */
};

/** Called after each round with the library's evaluation, for example "[3]\ttrain-mlogloss:0.412\ttest-mlogloss:0.470".
 *  A return value other than 0 stops the training, which then answers AAS_ECANCELED. */
typedef int aas_xgb_round_fn(void *arg, uint32_t round, uint32_t rounds, const char *evaluation);

struct aas_xgb_training {
    const struct aas_xgb_param *params; /* objective, num_class, eta, max_depth, seed, nthread, … */
    size_t params_count;
    uint32_t rounds;
    const char *const *feature_names;  /* cols of train, or NULL */
    const struct aas_xgb_param *attrs; /* text attributes kept in the model */
    size_t attrs_count;
    aas_xgb_round_fn *on_round; /* may be NULL */
    void *arg;
};

/** Train a model. test may be NULL; it is only evaluated. The parameters are kept in the model as the attribute
 *  "aas_params" (JSON), since XGBoost's file doesn't hold them. Errors: AAS_EINVAL empty data or rounds 0,
 * AAS_ECANCELED, AAS_EUPSTREAM, AAS_ENOMEM. The caller destroys the model, which then serves like a loaded one. */
int aas_xgb_train(const struct aas_xgb_training *how, const struct aas_xgb_data *train, const struct aas_xgb_data *test,
                  struct aas_xgb **ret_model, struct aas_error *err) __attribute__((warn_unused_result));
