/* Documents as the other services write them. */
#pragma once

#include "aas/store.h"

void seed_sensor(struct aas_store *store, const char *id, const char *type, int64_t last_seen);
/** n rows from start on, step_ms apart: x counts up from 0, y is null. */
void seed_bucket(struct aas_store *store, const char *sensor, int64_t start, int64_t step_ms, int n);
void seed_prediction(struct aas_store *store, const char *id, const char *sensor, int64_t at, const char *label,
                     double confidence, const char *model);
void seed_alarm(struct aas_store *store, const char *id, const char *sensor, const char *state, int64_t raised);
