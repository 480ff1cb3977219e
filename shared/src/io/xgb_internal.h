/* What the parts of the XGBoost wrapper share: xgb.c (serve), xgb_cure.c (files of newer versions), xgb_train.c. */
#pragma once

#include <aas/xgb.h>

#include <pthread.h>
#include <xgboost/c_api.h>

struct aas_buf;
struct xgb_forest;

struct aas_xgb {
    BoosterHandle booster;   /* in-place prediction only: any number of threads */
    BoosterHandle explainer; /* a copy for everything else, made at first use, under lock */
    pthread_mutex_t lock;
    struct aas_xgb_info info;
    char **names;              /* info.features, or NULL */
    struct xgb_forest *forest; /* NULL: the library serves */
};

/** Quiet the library on the calling thread: its verbosity and log callback are per thread. Cheap. */
void aas_xgb_adopt_thread(void);

/** Build m's own walk from its file (len > 1) and keep it where it agrees with the library on trial rows to the last
 * bit. */
void aas_xgb_adopt_forest(struct aas_xgb *m, const char *bytes, size_t len);
/** Predictions by the library itself: rows*outputs, or with margin rows*groups. */
int aas_xgb_by_library(const struct aas_xgb *m, bool margin, const float *x, size_t rows, float *ret_out,
                       struct aas_error *err) __attribute__((warn_unused_result));

/** The library's last error on this thread as *err; returns AAS_EUPSTREAM. what: "loading a model". */
int aas_xgb_upstream(struct aas_error *err, const char *what);

/** True when a JSON or UBJ file has a vector for base_score, which XGBoost writes since 3.1. */
bool aas_xgb_has_base_vector(const void *bytes, size_t len);
/** Translate such a JSON file into one that older libraries read with the same predictions, bit for bit; appended to
 *  ret_json. Errors: AAS_EPARSE; AAS_ENOTSUP what can't be said exactly in the old form. */
int aas_xgb_cure(const void *bytes, size_t len, struct aas_buf *ret_json, struct aas_error *err)
    __attribute__((warn_unused_result));
