#include "rate_limit.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/rng.h"
#include "aas/str.h"

#define WAYS  8 /* slots that a key may be in */
#define LOCKS 16

struct slot {
    uint64_t hash; /* 0: free */
    int64_t at_ns; /* when tokens were counted */
    double tokens;
};

struct api_rate {
    double per_ns;
    double burst;
    size_t sets; /* power of 2 */
    uint64_t salt;
    pthread_mutex_t locks[LOCKS];
    struct slot slots[];
};

int api_rate_create(struct api_rate **ret_rate, double per_second, double burst, size_t slots)
{
    size_t sets = LOCKS;
    while (sets * WAYS < slots)
        sets *= 2;
    struct api_rate *rate = calloc(1, sizeof *rate + sets * WAYS * sizeof(struct slot));
    if (!rate)
        return AAS_ENOMEM;
    rate->per_ns = per_second / 1e9;
    rate->burst = burst;
    rate->sets = sets;
    rate->salt = aas_random_u64(); /* so that nobody can choose addresses that meet in one set */
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_init(&rate->locks[i], NULL);
    *ret_rate = rate;
    return 0;
}

void api_rate_destroy(struct api_rate *rate)
{
    if (!rate)
        return;
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_destroy(&rate->locks[i]);
    free(rate);
}

static void refill(const struct api_rate *rate, struct slot *slot, int64_t now_ns)
{
    if (now_ns > slot->at_ns) {
        slot->tokens = fmin(rate->burst, slot->tokens + (double)(now_ns - slot->at_ns) * rate->per_ns);
        slot->at_ns = now_ns;
    }
}

static struct slot *find(const struct api_rate *rate, struct slot *set, uint64_t hash, int64_t now_ns)
{
    struct slot *fullest = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        struct slot *slot = &set[i];
        if (slot->hash == hash) {
            refill(rate, slot, now_ns);
            return slot;
        }
        if (slot->hash == 0)
            slot->tokens = rate->burst;
        else
            refill(rate, slot, now_ns);
        if (!fullest || (fullest->hash != 0 && (slot->hash == 0 || slot->tokens > fullest->tokens)))
            fullest = slot;
    }
    *fullest = (struct slot){hash, now_ns, rate->burst};
    return fullest;
}

static uint32_t seconds(double tokens, double per_ns)
{
    return tokens <= 0 ? 0 : (uint32_t)fmin(86400, ceil(tokens / per_ns / 1e9));
}

bool api_rate_take(struct api_rate *rate, const char *key, double cost, struct api_rate_state *ret_state)
{
    memset(ret_state, 0, sizeof *ret_state);
    if (!rate)
        return true;
    uint64_t hash = aas_str_hash(aas_str_from(key)) ^ rate->salt;
    hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
    hash = hash ^ hash >> 32;
    hash += hash == 0;
    size_t set = (size_t)hash & (rate->sets - 1);
    pthread_mutex_t *lock = &rate->locks[set % LOCKS];
    (void)pthread_mutex_lock(lock);
    struct slot *slot = find(rate, &rate->slots[set * WAYS], hash, aas_clock_mono().ns);
    bool allowed = slot->tokens >= cost;
    if (allowed)
        slot->tokens -= cost;
    double left = slot->tokens;
    (void)pthread_mutex_unlock(lock);
    ret_state->limit = (uint32_t)rate->burst;
    ret_state->remaining = (uint32_t)left;
    ret_state->reset_s = seconds(rate->burst - left, rate->per_ns);
    if (!allowed) {
        uint32_t wait = seconds(cost - left, rate->per_ns);
        ret_state->retry_s = wait ? wait : 1;
    }
    return allowed;
}
