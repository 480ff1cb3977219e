#include "dedupe.h"

#include <stdlib.h>
#include <string.h>

#define SCAN_MAX 16 /* up to here a scan is as fast as a table */

uint64_t ingest_name_hash(const char *name, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, then a finisher: the same in every run, as stored rows are compared */
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)name[i]) * 0x100000001b3u;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return h ^ (h >> 32);
}

bool ingest_key_same(const struct ingest_key *a, const struct ingest_key *b)
{
    return a->t == b->t && a->seq == b->seq && a->channels == b->channels;
}

static uint64_t hash_of(const struct ingest_key *k)
{
    uint64_t h = (uint64_t)k->t * 0x9e3779b97f4a7c15u ^ (uint64_t)k->seq * 0xd6e8feb86659fd93u ^ k->channels;
    h ^= h >> 32;
    return h * 0x9e3779b97f4a7c15u >> 20;
}

void ingest_recent_fini(struct ingest_recent *r)
{
    free(r->keys);
    free(r->index);
    *r = (struct ingest_recent){0};
}

const struct ingest_key *ingest_recent_find(const struct ingest_recent *r, const struct ingest_key *key)
{
    if (r->index_cap == 0) {
        for (size_t i = r->len; i-- > 0;) {
            if (ingest_key_same(&r->keys[i], key))
                return &r->keys[i];
        }
        return NULL;
    }
    size_t mask = r->index_cap - 1;
    for (size_t i = hash_of(key) & mask; r->index[i] != 0; i = (i + 1) & mask) {
        const struct ingest_key *k = &r->keys[r->index[i] - 1];
        if (ingest_key_same(k, key))
            return k;
    }
    return NULL;
}

static void index_one(struct ingest_recent *r, size_t place)
{
    size_t mask = r->index_cap - 1, i = hash_of(&r->keys[place]) & mask;
    while (r->index[i] != 0)
        i = (i + 1) & mask;
    r->index[i] = (uint32_t)place + 1;
}

static int reindex(struct ingest_recent *r)
{
    size_t cap = 64;
    while (cap < r->len * 4)
        cap *= 2;
    if (cap != r->index_cap) {
        uint32_t *index = realloc(r->index, cap * sizeof *index);
        if (!index)
            return AAS_ENOMEM;
        r->index = index;
        r->index_cap = cap;
    }
    memset(r->index, 0, cap * sizeof *r->index);
    for (size_t i = 0; i < r->len; i++)
        index_one(r, i);
    return 0;
}

int ingest_recent_add(struct ingest_recent *r, const struct ingest_key *key)
{
    if (r->len == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 8;
        struct ingest_key *keys = realloc(r->keys, cap * sizeof *keys);
        if (!keys)
            return AAS_ENOMEM;
        r->keys = keys;
        r->cap = cap;
    }
    r->keys[r->len++] = *key;
    if (r->index_cap > 0 && r->len * 2 <= r->index_cap) {
        index_one(r, r->len - 1);
        return 0;
    }
    if (r->len <= SCAN_MAX)
        return 0;
    int rc = reindex(r);
    if (rc < 0)
        r->len--;
    return rc;
}

void ingest_recent_trim(struct ingest_recent *r, size_t keep)
{
    if (r->len <= keep)
        return;
    r->forgot = true;
    memmove(r->keys, r->keys + (r->len - keep), keep * sizeof *r->keys);
    r->len = keep;
    if (r->cap > 256 && r->cap > keep * 4) { /* a burst is over: give the memory back */
        struct ingest_key *keys = realloc(r->keys, keep * 2 * sizeof *keys);
        if (keys) {
            r->keys = keys;
            r->cap = keep * 2;
        }
    }
    free(r->index);
    r->index = NULL;
    r->index_cap = 0;
    if (r->len > SCAN_MAX && reindex(r) < 0)
        r->index_cap = 0; /* scanned then */
}
