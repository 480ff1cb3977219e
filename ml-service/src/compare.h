/* Two versions side by side: what their manifests say, what feedback says, and where they disagree on recent windows.
 * Workers only. */
#pragma once

#include <jansson.h>

#include <aas/error.h>

#include "service.h"

/** {"a", "b", "metrics": {"a", "b"}, "feedback": {"a", "b"}, "windows": {"source": "stored"|"recomputed"|"none", "n",
 *  "disagree", "share", "share_ci95": [lo, hi]|null, "only_a_anomaly", "only_b_anomaly", "p_value"|null, "examples":
 * […]}} (new). Windows are those that both judged (champion and shadow, or over time); where that are few and both make
 * the same rows, the newest windows of either are judged again by both. Errors: AAS_ENOENT; those of the store. */
int ml_compare(struct ml_service *svc, const char *a, const char *b, json_t **ret_report,
               struct aas_error *err) AAS_MUST_CHECK;
