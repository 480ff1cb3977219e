/* Which version plays which role for which sensor type, and how it came to that: the one document that all replicas
 * share (`@serving` in the collection models). Changes are pure functions on its JSON form, applied by compare-and-set;
 * so roles of a type change together or not at all. History is appended to, never edited.
 *
 *   {"roles": [{"type": "*", "champion": "v3", "challenger": "v4"|null, "ab_pct": 10, "shadow": null}],
 *    "retired": ["v1"], "history": [{"at", "action", "type", "version", "from", "user", "reason"}]} */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aas/error.h>

#define ML_ROLES_ID          "@serving"
#define ML_ROLES_HISTORY_MAX 1000 /* older entries go; the audit log keeps all */

enum ml_action {
    ML_ACTION_PROMOTE,
    ML_ACTION_ROLLBACK,
    ML_ACTION_RETIRE,
    ML_ACTION_SHADOW,
    ML_ACTION_AB,
    ML_ACTION__COUNT
};
const char *ml_action_name(enum ml_action a);

/** One change. All strings are borrowed. */
struct ml_change {
    enum ml_action action;
    const char *type;    /* sensor type; not for RETIRE */
    const char *version; /* ROLLBACK: who must be champion now, NULL: whoever; NULL for SHADOW and AB ends them */
    double ab_pct;       /* AB: share of sensors, 0 … 100 */
    const char *user, *reason;
    int64_t at_ms;
    bool only_if_vacant; /* PROMOTE: AAS_ECANCELED when the type has a champion */
};

/** An empty document (new; NULL when memory is short). */
json_t *ml_roles_new(void);
/** Apply change to doc. Errors, doc unchanged: AAS_ECONFLICT it contradicts a role (retiring a champion, promoting a
 *  retired version, a champion as its own challenger); AAS_ENOENT rollback without an earlier version that served well;
 *  AAS_ECANCELED see above; AAS_EINVAL; AAS_ENOMEM. */
int ml_roles_apply(json_t *doc, const struct ml_change *change, struct aas_error *err) AAS_MUST_CHECK;
/** "champion", "challenger", "shadow", "retired" or "candidate". */
const char *ml_roles_status(const json_t *doc, const char *version);
/** The role's row of a type, exactly that type; NULL: none. Borrowed. */
const json_t *ml_roles_row(const json_t *doc, const char *type);
/** History entries that name the version (new array). */
json_t *ml_roles_history(const json_t *doc, const char *version);
