/* What the registry's parts share; see registry.h for the locks. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include <aas/thread.h>

#include "manifest.h"
#include "registry.h"

#define REGISTRY_CACHE 8 /* versions kept in memory beside those that serve */

struct ml_registry {
    char *models_dir, *state_dir, *cache_dir;
    struct aas_store *store;
    int64_t poll_ms;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    struct ml_serving *serving;
    struct ml_model *cache[REGISTRY_CACHE]; /* newest use first */
    struct aas_error reason;

    pthread_mutex_t work;
    struct aas_thread *thread;
    /* under work */
    struct registry_known {
        uint32_t number;
        bool registered; /* else refused, with a line in the log; looked at again each time */
    } * known;
    size_t known_count;
    bool store_away;
    bool ensured; /* collections and indexes are there */
    int64_t seen_rev;
};

/** The cache alone: a loaded version, or NULL. */
struct ml_model *registry_cached(struct ml_registry *reg, const char *version);
void registry_remember(struct ml_registry *reg, struct ml_model *model);

/* registry_store.c: under work. */

/** Register every version on disk that the store doesn't know. Errors: AAS_EUNAVAILABLE and the like. */
int registry_register_new(struct ml_registry *reg, struct aas_error *err) AAS_MUST_CHECK;
/** Bring a version's files from the store to the disk when they aren't there. AAS_ENOENT. */
int registry_fetch(struct ml_registry *reg, const char *version, struct aas_error *err) AAS_MUST_CHECK;
/** The roles document as JSON (new) with its revision; AAS_ENOENT: none yet. */
int registry_roles(struct ml_registry *reg, json_t **ret_doc, int64_t *ret_rev, struct aas_error *err) AAS_MUST_CHECK;
/** Compare-and-set of the roles document. */
int registry_change_roles(struct ml_registry *reg, const struct ml_change *change,
                          struct aas_error *err) AAS_MUST_CHECK;
/** Tell the audit trail of a change that was made. The roles' own history holds it in any case. */
void registry_audit(struct ml_registry *reg, const struct ml_change *change);
/** The document of a version as JSON without _id, `version` set (new). AAS_ENOENT. */
int registry_version_doc(struct ml_registry *reg, const char *version, json_t **ret_doc,
                         struct aas_error *err) AAS_MUST_CHECK;
