/* Random numbers: a small seedable generator for simulation, jitter and tests (never for secrets), and the kernel's for
 * secrets. The generator is xoshiro256** seeded by splitmix64 (D. Blackman, S. Vigna, "Scrambled linear pseudorandom
 * number generators", ACM TOMS 2021): the same seed gives the same sequence on every machine. One owner per generator.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

struct aas_rng {
    uint64_t s[4];
    double spare_normal; /* NaN when none */
};

/** Seed; any value will do, also 0. */
void aas_rng_seed(struct aas_rng *r, uint64_t seed);
/** Seed from (seed, stream): independent sequences, e.g. one per sensor. */
void aas_rng_seed_stream(struct aas_rng *r, uint64_t seed, uint64_t stream);
/** 64 random bits. */
uint64_t aas_rng_u64(struct aas_rng *r);
/** Uniform in 0..n-1 without bias; n > 0. */
uint64_t aas_rng_below(struct aas_rng *r, uint64_t n);
/** Uniform in [0, 1), 53 bits. */
double aas_rng_unit(struct aas_rng *r);
/** Uniform in [lo, hi). */
double aas_rng_range(struct aas_rng *r, double lo, double hi);
/** Standard normal (polar method of Marsaglia). */
double aas_rng_normal(struct aas_rng *r);

/** Fill with the kernel's random bytes, for secrets and ids (getrandom(2)); aborts where the kernel can't give any. */
void aas_random_bytes(void *out, size_t n);
uint64_t aas_random_u64(void);
