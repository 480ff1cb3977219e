/* Why a model said so: TreeSHAP contributions to the margin of the predicted class, per (channel, statistic). About 125
 * times the cost of a prediction: on workers and on the writer's thread, never on an HTTP thread. Thread-safe. */
#pragma once

#include "prediction.h"

/** Explain class `label` for one row (model->features floats, borrows). Strings of ret_x are borrowed from the model.
 *  Errors: AAS_EUPSTREAM, AAS_ENOMEM, AAS_ECORRUPT when the contributions don't sum to the margin within 1e-4. */
int ml_explain(const struct ml_model *model, const float *row, int label, struct ml_explanation *ret_x,
               struct aas_error *err) AAS_MUST_CHECK;
