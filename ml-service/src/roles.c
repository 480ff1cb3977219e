/* See roles.h. */
#include "roles.h"

#include <stdbool.h>
#include <string.h>

#include <aas/json.h>

static const char *const action_names[ML_ACTION__COUNT] = {"promote", "rollback", "retire", "shadow", "ab"};

const char *ml_action_name(enum ml_action a)
{
    return action_names[a];
}

json_t *ml_roles_new(void)
{
    return json_pack("{s:[],s:[],s:[]}", "roles", "retired", "history");
}

static const char *text(const json_t *obj, const char *key)
{
    return json_string_value(json_object_get(obj, key));
}

static bool is(const json_t *obj, const char *key, const char *value)
{
    const char *s = text(obj, key);
    return s && strcmp(s, value) == 0;
}

const json_t *ml_roles_row(const json_t *doc, const char *type)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(doc, "roles"), i, row) if (is(row, "type", type)) return row;
    return NULL;
}

static bool is_retired(const json_t *doc, const char *version)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(doc, "retired"), i,
                       v) if (strcmp(json_string_value(v), version) == 0) return true;
    return false;
}

const char *ml_roles_status(const json_t *doc, const char *version)
{
    static const char *const roles[] = {"champion", "challenger", "shadow"};
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
        size_t i;
        json_t *row;
        json_array_foreach(json_object_get(doc, "roles"), i, row) if (is(row, roles[r], version)) return roles[r];
    }
    return is_retired(doc, version) ? "retired" : "candidate";
}

json_t *ml_roles_history(const json_t *doc, const char *version)
{
    json_t *out = json_array();
    size_t i;
    json_t *e;
    json_array_foreach(json_object_get(doc, "history"), i, e)
    {
        if (is(e, "version", version) || is(e, "from", version))
            AAS_IGNORE(json_array_append(out, e));
    }
    return out;
}

/* The row of the type, made when missing (borrowed; NULL: no memory). */
static json_t *row_of(json_t *doc, const char *type)
{
    json_t *roles = json_object_get(doc, "roles");
    size_t i;
    json_t *row;
    json_array_foreach(roles, i, row) if (is(row, "type", type)) return row;
    row = json_pack("{s:s,s:n,s:n,s:f,s:n}", "type", type, "champion", "challenger", "ab_pct", 0.0, "shadow");
    return row && json_array_append_new(roles, row) == 0 ? row : NULL;
}

static int set(json_t *row, const char *key, const char *value)
{
    return json_object_set_new(row, key, value ? json_string(value) : json_null()) == 0 ? 0 : AAS_ENOMEM;
}

static int record(json_t *doc, const struct ml_change *c, const char *version, const char *from)
{
    json_t *e =
        json_pack("{s:I,s:s,s:s*,s:s*,s:s*,s:s,s:s}", "at", (json_int_t)c->at_ms, "action", action_names[c->action],
                  "type", c->type, "version", version, "from", from, "user", c->user, "reason", c->reason);
    json_t *history = json_object_get(doc, "history");
    if (!e || json_array_append_new(history, e) != 0)
        return AAS_ENOMEM;
    if (c->action == ML_ACTION_AB)
        AAS_IGNORE(json_object_set_new(e, "ab_pct", json_real(c->ab_pct)));
    while (json_array_size(history) > ML_ROLES_HISTORY_MAX)
        AAS_IGNORE(json_array_remove(history, 0));
    return 0;
}

static int promote(json_t *doc, const struct ml_change *c, struct aas_error *err)
{
    const json_t *now = ml_roles_row(doc, c->type);
    const char *from = now ? text(now, "champion") : NULL;
    if (from && c->only_if_vacant)
        return AAS_ECANCELED;
    if (from && strcmp(from, c->version) == 0)
        return aas_error_set(err, AAS_ECONFLICT, "%s is the champion of type %s already", c->version, c->type);
    if (is_retired(doc, c->version))
        return aas_error_set(err, AAS_ECONFLICT, "%s is retired", c->version);
    /* from dies with the row's old value */
    int rc = record(doc, c, c->version, from);
    json_t *row = rc == 0 ? row_of(doc, c->type) : NULL;
    if (!row)
        return AAS_ENOMEM;
    if (is(row, "challenger", c->version)) {
        AAS_IGNORE(set(row, "challenger", NULL));
        AAS_IGNORE(json_object_set_new(row, "ab_pct", json_real(0)));
    }
    if (is(row, "shadow", c->version))
        AAS_IGNORE(set(row, "shadow", NULL));
    return set(row, "champion", c->version);
}

/* A version served well when its last time as champion didn't end by a rollback. */
static bool was_rolled_back(const json_t *history, const char *type, const char *version, size_t from_index)
{
    for (size_t i = from_index; i < json_array_size(history); i++) {
        const json_t *e = json_array_get(history, i);
        if (is(e, "action", "rollback") && is(e, "type", type) && is(e, "from", version))
            return true;
    }
    return false;
}

static int rollback(json_t *doc, const struct ml_change *c, struct aas_error *err)
{
    const json_t *history = json_object_get(doc, "history"), *row = ml_roles_row(doc, c->type);
    const char *from = row ? text(row, "champion") : NULL;
    if (!from)
        return aas_error_set(err, AAS_ENOENT, "type %s has no champion to roll back", c->type);
    if (c->version && strcmp(c->version, from) != 0)
        return aas_error_set(err, AAS_ECONFLICT, "%s is not the champion of type %s now (%s is)", c->version, c->type,
                             from);
    for (size_t i = json_array_size(history); i-- > 0;) {
        const json_t *e = json_array_get(history, i);
        const char *v = text(e, "version");
        if (!v || !is(e, "type", c->type) || !(is(e, "action", "promote") || is(e, "action", "rollback")))
            continue;
        if (strcmp(v, from) == 0 || is_retired(doc, v) || was_rolled_back(history, c->type, v, i))
            continue;
        int rc = record(doc, c, v, from);
        return rc ? rc : set(row_of(doc, c->type), "champion", v);
    }
    return aas_error_set(err, AAS_ENOENT, "no earlier version of type %s served well: promote one by name", c->type);
}

static int retire(json_t *doc, const struct ml_change *c, struct aas_error *err)
{
    if (strcmp(ml_roles_status(doc, c->version), "champion") == 0)
        return aas_error_set(err, AAS_ECONFLICT, "%s is a champion: promote another version first", c->version);
    if (is_retired(doc, c->version))
        return aas_error_set(err, AAS_ECONFLICT, "%s is retired already", c->version);
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(doc, "roles"), i, row)
    {
        if (is(row, "challenger", c->version)) {
            AAS_IGNORE(set(row, "challenger", NULL));
            AAS_IGNORE(json_object_set_new(row, "ab_pct", json_real(0)));
        }
        if (is(row, "shadow", c->version))
            AAS_IGNORE(set(row, "shadow", NULL));
    }
    if (json_array_append_new(json_object_get(doc, "retired"), json_string(c->version)) != 0)
        return AAS_ENOMEM;
    return record(doc, c, c->version, NULL);
}

static int second_role(json_t *doc, const struct ml_change *c, struct aas_error *err)
{
    const char *key = c->action == ML_ACTION_SHADOW ? "shadow" : "challenger";
    const json_t *row = ml_roles_row(doc, c->type);
    if (c->version && row && is(row, "champion", c->version))
        return aas_error_set(err, AAS_ECONFLICT, "%s is the champion of type %s itself", c->version, c->type);
    if (c->version && is_retired(doc, c->version))
        return aas_error_set(err, AAS_ECONFLICT, "%s is retired", c->version);
    if (!(c->ab_pct >= 0 && c->ab_pct <= 100))
        return aas_error_set(err, AAS_EINVAL, "percent must be 0 to 100");
    int rc = record(doc, c, c->version, row ? text(row, key) : NULL);
    json_t *mine = rc == 0 ? row_of(doc, c->type) : NULL;
    if (!mine)
        return AAS_ENOMEM;
    if (c->action == ML_ACTION_AB && json_object_set_new(mine, "ab_pct", json_real(c->version ? c->ab_pct : 0)) != 0)
        return AAS_ENOMEM;
    return set(mine, key, c->version);
}

int ml_roles_apply(json_t *doc, const struct ml_change *change, struct aas_error *err)
{
    switch (change->action) {
    case ML_ACTION_PROMOTE:
        return promote(doc, change, err);
    case ML_ACTION_ROLLBACK:
        return rollback(doc, change, err);
    case ML_ACTION_RETIRE:
        return retire(doc, change, err);
    case ML_ACTION_SHADOW:
    case ML_ACTION_AB:
        return second_role(doc, change, err);
    case ML_ACTION__COUNT:
        break;
    }
    return AAS_EINVAL;
}
