#include "smap.h"

#include <stdlib.h>
#include <string.h>

#include "aas/rng.h"

void ingest_smap_init(struct ingest_smap *m)
{
    *m = (struct ingest_smap){.seed = aas_random_u64()};
}

void ingest_smap_fini(struct ingest_smap *m)
{
    free(m->slots);
    m->slots = NULL;
    m->cap = m->len = 0;
}

/* Eight bytes at a time, multiply and fold (the construction of wyhash). */
static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t p = (__uint128_t)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t hash_of(const struct ingest_smap *m, const char *key, size_t len)
{
    uint64_t h = m->seed ^ len;
    while (len >= 8) {
        uint64_t w;
        memcpy(&w, key, 8);
        h = mix(h ^ w, 0x9e3779b97f4a7c15u);
        key += 8;
        len -= 8;
    }
    uint64_t w = 0;
    if (len > 0)
        memcpy(&w, key, len);
    return mix(h ^ w, 0xd6e8feb86659fd93u);
}

static struct ingest_smap_slot *find(const struct ingest_smap *m, uint64_t hash, const char *key, size_t len)
{
    size_t mask = m->cap - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct ingest_smap_slot *s = &m->slots[i];
        if (!s->value || (s->hash == hash && s->len == len && memcmp(s->key, key, len) == 0))
            return s;
    }
}

void *ingest_smap_get(const struct ingest_smap *m, const char *key, size_t len)
{
    return m->cap == 0 ? NULL : find(m, hash_of(m, key, len), key, len)->value;
}

static int grow(struct ingest_smap *m)
{
    size_t cap = m->cap ? m->cap * 2 : 64;
    struct ingest_smap bigger = {
        .slots = calloc(cap, sizeof *bigger.slots), .cap = cap, .len = m->len, .seed = m->seed};
    if (!bigger.slots)
        return AAS_ENOMEM;
    for (size_t i = 0; i < m->cap; i++) {
        const struct ingest_smap_slot *s = &m->slots[i];
        if (s->value)
            *find(&bigger, s->hash, s->key, s->len) = *s;
    }
    free(m->slots);
    *m = bigger;
    return 0;
}

int ingest_smap_put(struct ingest_smap *m, const char *key, size_t len, void *value)
{
    if ((m->len + 1) * 10 > m->cap * 7) {
        int rc = grow(m);
        if (rc < 0)
            return rc;
    }
    uint64_t hash = hash_of(m, key, len);
    *find(m, hash, key, len) = (struct ingest_smap_slot){.hash = hash, .key = key, .len = len, .value = value};
    m->len++;
    return 0;
}

void *ingest_smap_next(const struct ingest_smap *m, size_t *at)
{
    while (*at < m->cap) {
        struct ingest_smap_slot *s = &m->slots[(*at)++];
        if (s->value)
            return s->value;
    }
    return NULL;
}
