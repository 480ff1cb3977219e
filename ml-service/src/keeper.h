/* What has to be looked at now and then: retention of predictions, drift, retraining triggers, and whether a new
 * champion does worse than the one before. One thread; each look reads the store. */
#pragma once

#include <jansson.h>

#include <aas/error.h>

#include "service.h"

struct ml_keeper;

/** svc is borrowed and outlives the keeper. */
int ml_keeper_create(struct ml_keeper **ret, struct ml_service *svc, struct aas_error *err) AAS_MUST_CHECK;
int ml_keeper_start(struct ml_keeper *k, struct aas_error *err) AAS_MUST_CHECK;
void ml_keeper_stop(struct ml_keeper *k);
void ml_keeper_destroy(struct ml_keeper *k);

/** The newest drift report per champion: {"v1": {…}} (new); empty before the first look. Any thread. */
json_t *ml_keeper_drift(struct ml_keeper *k);
