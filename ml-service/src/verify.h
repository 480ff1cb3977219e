/* Repeats a stored prediction: from the row that it stored, bit for bit, and from the raw readings where they are still
 * there. Workers only. */
#pragma once

#include <jansson.h>

#include <aas/error.h>

#include "service.h"

/** {"id", "model", "identical", "checks": [{"name", "ok", "stored", "recomputed"}], "raw": {"checked", "ok", "reason"}}
 *  (new). Checks: features_hash, label, confidence, anomaly_score, probabilities; each number must have the same bits.
 *  Errors: AAS_ENOENT no such prediction, or its model is gone; AAS_EMISMATCH the prediction holds no row; those of the
 *  store. */
int ml_verify(struct ml_service *svc, const char *id, json_t **ret_report, struct aas_error *err) AAS_MUST_CHECK;
