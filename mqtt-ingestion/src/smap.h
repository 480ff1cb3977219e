/* Hash map from names to pointers: the per-thread tables of sensors. Keys are borrowed (they live in the values); open
 * addressing, grows at 70 %. One owner; a name's hash is seeded per map, so that chosen names can't collide on
 * purpose. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

struct ingest_smap_slot {
    uint64_t hash;
    const char *key;
    size_t len;
    void *value; /* NULL: free */
};

struct ingest_smap {
    struct ingest_smap_slot *slots;
    size_t cap, len;
    uint64_t seed;
};

/** Empty; allocates nothing. */
void ingest_smap_init(struct ingest_smap *m);
/** Frees the table, not the values. */
void ingest_smap_fini(struct ingest_smap *m);
/** The value, or NULL. */
void *ingest_smap_get(const struct ingest_smap *m, const char *key, size_t len);
/** Add a key that isn't there (borrows key). Errors: AAS_ENOMEM. */
int ingest_smap_put(struct ingest_smap *m, const char *key, size_t len, void *value) AAS_MUST_CHECK;
/** Walk: start with *at = 0; the next value, NULL at the end. The map must not change meanwhile. */
void *ingest_smap_next(const struct ingest_smap *m, size_t *at);
