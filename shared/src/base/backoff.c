#include "aas/backoff.h"

#include <assert.h>
#include <limits.h>

void aas_backoff_init(struct aas_backoff *b, int64_t min_ms, int64_t max_ms, uint64_t seed)
{
    assert(min_ms > 0 && max_ms >= min_ms);
    *b = (struct aas_backoff){.min_ms = min_ms, .max_ms = max_ms};
    aas_rng_seed(&b->rng, seed ? seed : aas_random_u64());
}

int64_t aas_backoff_next_ms(struct aas_backoff *b)
{
    int64_t d = b->min_ms;
    for (unsigned i = 0; i < b->attempt && d < b->max_ms; i++)
        d = d > b->max_ms / 2 ? b->max_ms : d * 2;
    if (b->attempt < UINT_MAX)
        b->attempt++;
    return d - (int64_t)aas_rng_below(&b->rng, (uint64_t)(d / 2) + 1);
}

void aas_backoff_reset(struct aas_backoff *b)
{
    b->attempt = 0;
}

unsigned aas_backoff_attempts(const struct aas_backoff *b)
{
    return b->attempt;
}
