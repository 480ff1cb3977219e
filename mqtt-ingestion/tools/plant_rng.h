/* Random numbers for simulations: xoshiro256++ seeded by splitmix64 (Blackman, Vigna 2018, doi:10.1145/3460772). Small,
 * fast, and the same on every machine; not for secrets. Used by the plant and by the replayer's disturbances. */
#pragma once

#include <stdint.h>

struct plant_rng {
    uint64_t s[4];
};

/** Start a stream; different (seed, stream) pairs give unrelated numbers. */
void plant_rng_init(struct plant_rng *r, uint64_t seed, uint64_t stream);

/** Next 64 random bits. */
uint64_t plant_rng_next(struct plant_rng *r);

/** Uniform in [0, 1). */
double plant_rng_uniform(struct plant_rng *r);

/** Normal with mean 0 and deviation 1. Always takes two numbers of the stream, so that streams stay aligned. */
double plant_rng_normal(struct plant_rng *r);
