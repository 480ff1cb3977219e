#pragma once

#include "aas/store.h"

/** Insert n predictions and time the pages that GET /predictions asks for: limit 50, newest first, by filter. */
int bench_predictions(struct aas_store *s, int64_t n, int64_t sensors, bool json, struct aas_error *err) AAS_MUST_CHECK;
