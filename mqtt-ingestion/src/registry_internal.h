/* What registry.c (table), meta.c (descriptions) and registry_store.c (documents) share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "registry.h"
#include "smap.h"

struct registry_entry {
    char *key;                /* the id, as the map borrows it */
    struct ingest_meta *meta; /* one reference */
    bool dirty;               /* has something that the store lacks */
    bool in_store;
    int64_t last_seen_ms, saved_seen_ms, saved_at_ms;
    double skew_ms;
};

struct ingest_registry {
    pthread_mutex_t lock;
    struct ingest_smap map; /* id -> entry */
    struct registry_entry **entries;
    size_t count, cap;
    size_t max_sensors;
    bool auto_register;
    _Atomic uint64_t generation;
};

/** A description with a copy of all of `from` (may be NULL: only id). NULL: no memory. */
struct ingest_meta *ingest_meta_new(const char *id, size_t len, const struct ingest_meta *from);
/** Append a channel (copies). False: no memory, or 256 are there. */
bool ingest_meta_add_channel(struct ingest_meta *m, const char *name, size_t len, const char *unit, double min,
                             double max, double period_ms);
bool ingest_meta_has_channel(const struct ingest_meta *m, const char *name, size_t len);

/** Under the lock: put a description into the table (takes m), new or in place of the old one. NULL: no memory. */
struct registry_entry *ingest_registry_put(struct ingest_registry *r, struct ingest_meta *m);
