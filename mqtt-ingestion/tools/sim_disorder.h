/* Disorder on demand: which row is sent when, how often, or not at all. Pure and deterministic by seed. User:
 * aastreli-sim replay. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

struct sim_disorder {
    double out_of_order_pct; /* rows that are sent 1..reach rows later than their place */
    double late_pct;         /* rows that are sent late_ms of stream time later */
    double duplicates_pct;   /* rows that are sent a second time, 0..reach rows later */
    double drop_pct;         /* rows that are never sent */
    uint32_t reach;
    int64_t late_ms;
    uint64_t seed;
};

/** One sending. */
struct sim_event {
    int64_t at_ms;  /* stream time, as rel_ms */
    uint64_t order; /* among those of the same time */
    uint32_t row;
    uint32_t copy; /* 0, or 1 for the duplicate */
};

struct sim_disorder_counts {
    size_t dropped, out_of_order, late, duplicates;
};

/** Plan the sending of n rows; rel_ms[i] is row i's place on the stream's time line, ascending (borrows). ret_events
 *  (caller frees) come in order of sending. A row suffers at most one of drop, late, out of order; a duplicate may come
 * on top of the last two. Errors: AAS_ENOMEM. */
int sim_disorder_plan(const struct sim_disorder *d, const int64_t *rel_ms, size_t n, struct sim_event **ret_events,
                      size_t *ret_n, struct sim_disorder_counts *ret_counts) AAS_MUST_CHECK;
