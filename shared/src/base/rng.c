#include "aas/rng.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void aas_rng_seed(struct aas_rng *r, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++)
        r->s[i] = splitmix(&seed);
    r->spare_normal = NAN;
}

void aas_rng_seed_stream(struct aas_rng *r, uint64_t seed, uint64_t stream)
{
    uint64_t mixed = splitmix(&seed);
    aas_rng_seed(r, mixed ^ splitmix(&stream));
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t aas_rng_u64(struct aas_rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t aas_rng_below(struct aas_rng *r, uint64_t n)
{
    uint64_t skip = (0 - n) % n; /* the values that would make the low results likelier */
    uint64_t x;
    do {
        x = aas_rng_u64(r);
    } while (x < skip);
    return x % n;
}

double aas_rng_unit(struct aas_rng *r)
{
    return (double)(aas_rng_u64(r) >> 11) * 0x1p-53;
}

double aas_rng_range(struct aas_rng *r, double lo, double hi)
{
    return lo + (hi - lo) * aas_rng_unit(r);
}

double aas_rng_normal(struct aas_rng *r)
{
    if (!isnan(r->spare_normal)) {
        double v = r->spare_normal;
        r->spare_normal = NAN;
        return v;
    }
    double u, v, s;
    do {
        u = 2 * aas_rng_unit(r) - 1;
        v = 2 * aas_rng_unit(r) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    double f = sqrt(-2 * log(s) / s);
    r->spare_normal = v * f;
    return u * f;
}

void aas_random_bytes(void *out, size_t n)
{
    unsigned char *p = out;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            abort(); /* no system that we run on; secrets from anything else would be worse */
        }
        p += got;
        n -= (size_t)got;
    }
}

uint64_t aas_random_u64(void)
{
    uint64_t v;
    aas_random_bytes(&v, sizeof v);
    return v;
}
