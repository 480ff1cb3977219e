/* A CSV file of readings in memory: `timestamp, asset, <channels…>, label[, …]`, as in the public data sets; plain or
 * gzip. What stands from `label` on is not a reading. A blank cell (also NaN, NA, null) is a missing value. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"

struct sim_row {
    int64_t ts_ms;
    uint32_t sensor; /* index in sensors */
};

struct sim_table {
    char **channels;
    size_t n_channels;
    char **sensors; /* ids, in order of appearance */
    size_t n_sensors;
    struct sim_row *rows;
    double *values; /* n_rows * n_channels, NaN = missing */
    size_t n_rows, cap_rows;
};

/** Read path; at most limit rows (0: all). sensor (may be NULL) names all rows, in place of the asset column. Errors:
 * the sentence names file and line. AAS_ENOENT, AAS_EPARSE, AAS_ETOOBIG (channels), AAS_ENOMEM, AAS_EIO. */
int sim_table_load(struct sim_table **ret_table, const char *path, const char *sensor, size_t limit,
                   struct aas_error *err) AAS_MUST_CHECK;
void sim_table_destroy(struct sim_table *t);
