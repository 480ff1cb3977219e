/* xoshiro256++ 1.0 with splitmix64 seeding, and the Box-Muller transform. */
#include "plant_rng.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, unsigned k)
{
    return (x << k) | (x >> (64 - k));
}

void plant_rng_init(struct plant_rng *r, uint64_t seed, uint64_t stream)
{
    uint64_t mix = stream;
    uint64_t x = seed ^ splitmix(&mix);
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix(&x);
}

uint64_t plant_rng_next(struct plant_rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotl(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

double plant_rng_uniform(struct plant_rng *r)
{
    return (double)(plant_rng_next(r) >> 11) * 0x1p-53;
}

double plant_rng_normal(struct plant_rng *r)
{
    double u = 1.0 - plant_rng_uniform(r); /* (0, 1]: the logarithm stays finite */
    double v = plant_rng_uniform(r);
    return sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * v);
}
