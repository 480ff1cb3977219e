/* Model versions and their roles: what stands in AAS_MODELS_DIR/versions and in the store's collection `models` (a
 * document per version, and the roles document of roles.h), and the routing table that follows from it.
 *
 * A thread looks every poll_ms: versions that appeared in the directory are registered and their files put into the
 * store; versions that another replica registered are fetched; when the roles changed, a new table is built and swapped
 * in. The first version of a sensor type without a champion becomes it. While the store is away, the newest roles known
 * (kept in state_dir) go on, and without any the newest version on disk serves.
 *
 * acquire and model: any thread. Locks: `lock` guards pointer and cache, short, never over I/O; `work` serialises
 * synchronisation, held over I/O; order work, lock. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <aas/clock.h>
#include <aas/error.h>

#include "roles.h"
#include "serving.h"

struct aas_store;
struct ml_registry;

struct ml_registry_options {
    const char *models_dir;  /* copies */
    const char *state_dir;   /* copies; holds serving.json and cache/ */
    struct aas_store *store; /* borrows */
    int64_t poll_ms;
};

int ml_registry_create(struct ml_registry **ret_reg, const struct ml_registry_options *o,
                       struct aas_error *err) AAS_MUST_CHECK;
/** One synchronisation on the caller's thread (problems are logged, the service starts without a model), then the
 *  thread. */
int ml_registry_start(struct ml_registry *reg, struct aas_error *err) AAS_MUST_CHECK;
void ml_registry_stop(struct ml_registry *reg);
void ml_registry_destroy(struct ml_registry *reg);

/** The current table with a reference for the caller; NULL: no model serves. */
struct ml_serving *ml_registry_acquire(struct ml_registry *reg);
/** A version in memory, served or not (reference for the caller). Loads it when need be: slow, workers only. Errors:
 *  AAS_ENOENT, those of ml_version_load. */
int ml_registry_model(struct ml_registry *reg, const char *version, struct ml_model **ret_model,
                      struct aas_error *err) AAS_MUST_CHECK;

/** Apply a change of roles in the store, audit it, and swap here at once. The version must be registered and loadable.
 *  Errors: those of ml_roles_apply; AAS_ENOENT no such version; AAS_EUNAVAILABLE. Workers only. */
int ml_registry_change(struct ml_registry *reg, const struct ml_change *change, struct aas_error *err) AAS_MUST_CHECK;
/** Synchronise now, on the caller's thread. */
int ml_registry_sync(struct ml_registry *reg, struct aas_error *err) AAS_MUST_CHECK;

/** GET /models: {"items": […]} newest first (new). GET /models/{v}: one item. Workers only. */
int ml_registry_list(struct ml_registry *reg, json_t **ret_list, struct aas_error *err) AAS_MUST_CHECK;
int ml_registry_describe(struct ml_registry *reg, const char *version, json_t **ret_item,
                         struct aas_error *err) AAS_MUST_CHECK;
/** Write the gate's report into the version's document; one that didn't pass becomes "rejected". */
int ml_registry_set_gate(struct ml_registry *reg, const char *version, const json_t *report, bool passed,
                         struct aas_error *err) AAS_MUST_CHECK;

/** Why nothing is served, as a sentence; "" when something is. */
void ml_registry_reason(struct ml_registry *reg, struct aas_error *ret_reason);
