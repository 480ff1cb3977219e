/* Which sensors there are, and what people have written down about them: the collection `sensors` in memory. A sensor's
 * description is immutable and refcounted; a change makes a new one. Users: writer and live thread look a sensor up
 * when its first reading comes and again when `generation` has moved; the writer's thread saves what was learnt and
 * reads what people edited.
 *
 * One mutex, a leaf, never held over a store call. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/error.h"
#include "aas/reading.h"
#include "aas/ref.h"
#include "topic.h"

struct aas_store;
struct ingest_registry;

#define INGEST_SENSOR_ID_BYTES (AAS_READING_MAX_NAME_BYTES + 1)

struct ingest_channel {
    char *name;
    char *unit;       /* NULL: unknown */
    double min, max;  /* NaN: no bound */
    double period_ms; /* NaN: unknown */
};

/** What is known of a sensor. Immutable. Strings are NULL where nothing is known. */
struct ingest_meta {
    struct aas_ref ref;
    char id[INGEST_SENSOR_ID_BYTES];
    char *name, *type, *status, *site, *line, *machine, *model;
    bool retired;
    bool stored; /* the store had it when this process started: it may hold readings */
    size_t channels_count;
    struct ingest_channel *channels;
};

int ingest_registry_create(struct ingest_registry **ret_registry, size_t max_sensors,
                           bool auto_register) AAS_MUST_CHECK;
void ingest_registry_destroy(struct ingest_registry *r);

/** The description of a sensor, with a reference for the caller. An unknown one registers itself, as far as allowed;
 *  `match` (may be NULL) tells its place in the plant. Errors: AAS_ENOENT unknown and not allowed; AAS_EFULL too many;
 *  AAS_ENOMEM. */
int ingest_registry_get(struct ingest_registry *r, const char *id, size_t len, const struct ingest_topic_match *match,
                        const struct ingest_meta **ret_meta) AAS_MUST_CHECK;
/** The current description of a known sensor without registering it: AAS_ENOENT. */
int ingest_registry_find(struct ingest_registry *r, const char *id, size_t len,
                         const struct ingest_meta **ret_meta) AAS_MUST_CHECK;
void ingest_meta_unref(const struct ingest_meta *m);

/** A channel was seen that the description lacks: it is added. Nothing happens when it is there, or memory is out. */
void ingest_registry_learn(struct ingest_registry *r, const char *id, size_t len, const char *channel,
                           size_t channel_len);
/** Changes with every change of any description: compare, and look up anew. */
uint64_t ingest_registry_generation(const struct ingest_registry *r);
size_t ingest_registry_count(struct ingest_registry *r);
/** Calls fn with each description (borrowed) without holding the lock over the call. Order is that of registration. */
void ingest_registry_each(struct ingest_registry *r, void (*fn)(void *arg, const struct ingest_meta *m), void *arg);

/** A reading of the sensor came (event time, estimated clock skew): written with the next save that is due. */
void ingest_registry_seen(struct ingest_registry *r, const char *id, size_t len, int64_t last_seen_ms, double skew_ms);

/* --- on the writer's thread, as they call the store --- */

/** Read all descriptions; what people edited replaces ours, what we learnt since stays. */
int ingest_registry_refresh(struct ingest_registry *r, struct aas_store *store, struct aas_error *err) AAS_MUST_CHECK;
/** Write new sensors, new channels, and last_seen of those not written for a minute. */
int ingest_registry_save(struct ingest_registry *r, struct aas_store *store, int64_t now_ms,
                         struct aas_error *err) AAS_MUST_CHECK;
