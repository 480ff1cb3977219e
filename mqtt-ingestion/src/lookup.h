/* What the store already holds of a sensor: for the start of a sensor after a restart, and for readings older than the
 * keys in memory. Buckets of records at or behind `before` (the log position that is being processed anew) are not
 * there yet, as far as the writer is concerned: it is about to compose them again. On the writer's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/error.h"
#include "dedupe.h"

struct aas_store;

/** A bucket never spans more event time than this, so that the buckets that may hold a time lie in a bounded range. */
#define INGEST_BUCKET_SPAN_MS 3600000

/** The keys of a range of event time, sorted by time. Zeroed is empty. */
struct ingest_known {
    int64_t lo_ms, hi_ms; /* inclusive; lo > hi: nothing is loaded */
    struct ingest_key *keys;
    size_t len, cap;
    bool loaded;
};
void ingest_known_fini(struct ingest_known *k);
/** The key with the same identity, from the loaded range, which is moved to key->t where it lies outside. *ret_key is
 *  NULL when there is none. Errors: those of the store. */
int ingest_known_find(struct ingest_known *k, struct aas_store *store, const char *sensor_id, uint64_t before,
                      const struct ingest_key *key, const struct ingest_key **ret_key,
                      struct aas_error *err) AAS_MUST_CHECK;
/** A reading was accepted: it is known from now on, where the loaded range holds its time. */
int ingest_known_add(struct ingest_known *k, const struct ingest_key *key) AAS_MUST_CHECK;

/** What a sensor starts from. */
struct ingest_last {
    int64_t newest_ms;    /* INT64_MIN: nothing is stored */
    int64_t last_auto_ms; /* newest row whose time is that of arrival; INT64_MIN */
};
/** Newest stored event time; keys of the newest rows go to recent. */
int ingest_lookup_last(struct aas_store *store, const char *sensor_id, uint64_t before, struct ingest_last *ret_last,
                       struct ingest_recent *recent, struct aas_error *err) AAS_MUST_CHECK;
