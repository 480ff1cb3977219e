/* Minutes of one sensor: count, smallest, largest, sum and last value per channel. Two minutes are open at a time, so
 * that readings may be a minute out of order; what is older, or was begun in an earlier life, is computed from the
 * store instead (writer_rollup.c). Pure; one owner. */
#pragma once

#include <bson/bson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

#define INGEST_MINUTE_MS 60000

struct ingest_rollup_cell {
    uint64_t n; /* 0: the channel had no value */
    double min, max, sum, last;
    int64_t last_ms;
};

struct ingest_rollup_minute {
    int64_t start_ms;
    uint64_t readings, late, duplicate, quarantined;
    struct ingest_rollup_cell *cells; /* per column */
    size_t cap;
};

struct ingest_rollup {
    struct ingest_rollup_minute open[2]; /* open[0] is the older */
    size_t n;
    bool resumed;
    int64_t floor_ms; /* minutes up to here were begun in an earlier life */
    int64_t *dirty;   /* minutes to compute from the store */
    size_t dirty_len, dirty_cap;
};

static inline int64_t ingest_minute_of(int64_t t_ms)
{
    int64_t rest = t_ms % INGEST_MINUTE_MS;
    return t_ms - (rest < 0 ? rest + INGEST_MINUTE_MS : rest);
}

void ingest_rollup_fini(struct ingest_rollup *r);
/** After a restart: the newest stored reading; its minute and the one in front are computed from the store. */
int ingest_rollup_resume(struct ingest_rollup *r, int64_t newest_ms) AAS_MUST_CHECK;
/** The open minute of a time; NULL where it is not open. */
struct ingest_rollup_minute *ingest_rollup_find(struct ingest_rollup *r, int64_t t_ms);
/** Whether open[0] must be closed before a minute for t can be opened. */
bool ingest_rollup_full(const struct ingest_rollup *r, int64_t t_ms);
/** The minute of a row, opened when it is newer than all; NULL: it goes to `dirty` (or memory is out: then *ret_rc). */
struct ingest_rollup_minute *ingest_rollup_open(struct ingest_rollup *r, int64_t t_ms, int *ret_rc);
/** Forget open[0], which was written. */
void ingest_rollup_close(struct ingest_rollup *r);

void ingest_rollup_cell_add(struct ingest_rollup_cell *c, int64_t t_ms, double value);
/** Add a value (NaN: none) to a minute. Errors: AAS_ENOMEM. */
int ingest_rollup_add(struct ingest_rollup_minute *m, size_t column, int64_t t_ms, double value) AAS_MUST_CHECK;
/** Append the document of a minute. names: of the columns. */
int ingest_rollup_encode(const struct ingest_rollup_minute *m, const char *sensor_id, const char *const *names,
                         size_t columns, int64_t received_ms, bson_t *doc) AAS_MUST_CHECK;
