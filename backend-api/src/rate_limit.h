/* Token buckets by key (an address, an account), in a table of fixed size: hostile keys can't fill memory. A key that
 * finds no free slot takes that of the fullest bucket in its set, whose owner loses nothing by it. Thread-safe: the
 * table has 16 locks, each a leaf. Source of the method: J. Turner, "New directions in communications", 1986. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

struct api_rate;

/** Each key gets `burst` tokens at first and per_second more each second, up to burst. slots is rounded up to a power
 *  of 2. Errors: AAS_ENOMEM. */
int api_rate_create(struct api_rate **ret_rate, double per_second, double burst, size_t slots) AAS_MUST_CHECK;
void api_rate_destroy(struct api_rate *rate); /* NULL is fine */

struct api_rate_state {
    uint32_t limit;     /* burst */
    uint32_t remaining; /* whole tokens left */
    uint32_t reset_s;   /* until the bucket is full again */
    uint32_t retry_s;   /* 0 when allowed, else until the next token, at least 1 */
};

/** Take cost tokens. False: there are too few; nothing is taken. cost 0 only looks. rate NULL: always allowed, and
 * state is all 0. */
bool api_rate_take(struct api_rate *rate, const char *key, double cost, struct api_rate_state *ret_state);
