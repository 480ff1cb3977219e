/* Which readings of a sensor were accepted already: a set of keys of its recent readings. Older ones are asked from the
 * store (lookup.h). Pure; one owner.
 *
 * Two readings are the same when time, seq and the set of channels agree. A device without a clock has seq instead of
 * the time; without both, a reading has no identity and is never a duplicate. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

#define INGEST_KEY_NO_TIME INT64_MIN /* t of a key when the device sent none */

struct ingest_key {
    int64_t t, seq;
    uint32_t channels, values; /* order-free hashes over names, and over names and values */
};

struct ingest_recent {
    struct ingest_key *keys; /* in the order of acceptance */
    size_t len, cap;
    uint32_t *index; /* hash table of 1 + place in keys; only while len > 16 */
    size_t index_cap;
    bool forgot; /* keys were dropped: an older reading may be known to the store only */
};

/** The share of one channel in a key's hashes; add it up over the channels that have a value. */
uint64_t ingest_name_hash(const char *name, size_t len);
static inline void ingest_key_mix(struct ingest_key *k, uint64_t name_hash, double value)
{
    union {
        double d;
        uint64_t u;
    } bits = {.d = value == 0 ? 0 : value}; /* -0 and 0 are equal */
    uint64_t x = (bits.u ^ name_hash) * 0x9e3779b97f4a7c15u;
    k->channels += (uint32_t)(name_hash >> 32);
    k->values += (uint32_t)(x >> 32);
}

/** Zeroed is empty. */
void ingest_recent_fini(struct ingest_recent *r);
/** The key with the same identity (borrowed until the next change), or NULL. */
const struct ingest_key *ingest_recent_find(const struct ingest_recent *r, const struct ingest_key *key);
int ingest_recent_add(struct ingest_recent *r, const struct ingest_key *key) AAS_MUST_CHECK;
/** Keep the newest `keep` keys. */
void ingest_recent_trim(struct ingest_recent *r, size_t keep);
bool ingest_key_same(const struct ingest_key *a, const struct ingest_key *b);
