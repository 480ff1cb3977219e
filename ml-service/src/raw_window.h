/* Stored readings of one sensor between two times, as columns of a model's channels: for verification and training. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <aas/error.h>
#include <aas/feature_schema.h>

struct aas_store;

#define ML_RAW_MAX_ROWS ((size_t)200000)

struct ml_raw {
    size_t n, channels;
    int64_t *t;      /* n, ascending, each time once */
    double **column; /* channels columns of n; NaN = missing */
    /* private */
    size_t cap;
};

/** Read from <= t <= to (ms). Rows of one time are merged, the first value of a cell wins, as in live windows. Zeroed
 * raw is initialised; its memory is reused. Errors: those of the store; AAS_ETOOBIG; AAS_ENOMEM. */
int ml_raw_read(struct aas_store *store, const char *sensor_id, int64_t from, int64_t to,
                const struct aas_feature_schema *schema, struct ml_raw *raw, struct aas_error *err) AAS_MUST_CHECK;
void ml_raw_fini(struct ml_raw *raw);
