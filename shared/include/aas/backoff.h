/* Exponential backoff with jitter: attempts of many clients don't stay in step. Not thread-safe: a member of whoever
 * retries. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015 ("equal jitter"). */
#pragma once

#include <stdint.h>

#include "aas/rng.h"

struct aas_backoff {
    int64_t min_ms; /* first delay's upper end */
    int64_t max_ms; /* never more */
    unsigned attempt;
    struct aas_rng rng;
};

/** 0 < min_ms <= max_ms. seed 0 takes a random one. */
void aas_backoff_init(struct aas_backoff *b, int64_t min_ms, int64_t max_ms, uint64_t seed);
/** The delay before the next attempt, in [d/2, d] with d = min(max_ms, min_ms * 2^attempt); counts the attempt. */
int64_t aas_backoff_next_ms(struct aas_backoff *b);
/** Success: start anew from min_ms. */
void aas_backoff_reset(struct aas_backoff *b);
/** Attempts since the last reset. */
unsigned aas_backoff_attempts(const struct aas_backoff *b);
