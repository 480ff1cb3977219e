/* Has what a model sees moved away from what it saw at first? Per feature: the population stability index between a
 * reference sample and a current one, and how far the median moved in robust standard deviations. Both must be large,
 * and both samples large enough, before a feature counts as drifted: the index alone grows with small samples, the
 * median alone with harmless ones. Windows judged normal only, so that a fault isn't taken for drift. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <aas/error.h>

#include "model.h"

struct aas_store;

#define ML_DRIFT_MIN_ROWS 300
#define ML_DRIFT_PSI      0.2
#define ML_DRIFT_EFFECT   0.5
#define ML_DRIFT_SAMPLE   1000 /* rows per side, at most */

struct ml_drift_feature {
    double psi, effect; /* NaN: nothing can be said */
    bool drifted;
};

/** Compare one feature: n values each, NaN = missing (borrows; reordered). Pure. */
struct ml_drift_feature ml_drift_compare(float *reference, size_t n_reference, float *current, size_t n_current);

/** Compare all features of a model: its first windows in the store with its newest. {"reference", "current": rows,
 *  "drifted": n|null, "psi_max"|null, "features": [{"channel", "stat", "psi", "effect", "drifted"} largest first, at
 * most 20]} (new); drifted is null with too few rows. Errors: store's, AAS_ENOMEM. */
int ml_drift_report(struct aas_store *store, const struct ml_model *model, json_t **ret_report,
                    struct aas_error *err) AAS_MUST_CHECK;
