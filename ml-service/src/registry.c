/* See registry.h: lifetime, the thread, the routing table. What touches the store stands in registry_store.c. */
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/log.h>
#include <aas/store.h>

#include "registry_internal.h"
#include "version_load.h"

#define AAS_LOG_MOD "registry"

#define PATH_BYTES 1024

int ml_registry_create(struct ml_registry **ret_reg, const struct ml_registry_options *o, struct aas_error *err)
{
    struct ml_registry *r = calloc(1, sizeof *r);
    if (!r)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_mutex_init(&r->work, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&r->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    r->store = o->store;
    r->poll_ms = o->poll_ms;
    r->models_dir = strdup(o->models_dir);
    r->state_dir = strdup(o->state_dir);
    if (asprintf(&r->cache_dir, "%s/model-cache", o->state_dir) < 0)
        r->cache_dir = NULL;
    (void)aas_error_set(&r->reason, AAS_EUNAVAILABLE, "no model yet: none in %.150s/versions", o->models_dir);
    if (!r->models_dir || !r->state_dir || !r->cache_dir) {
        ml_registry_destroy(r);
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    }
    *ret_reg = r;
    return 0;
}

void ml_registry_destroy(struct ml_registry *reg)
{
    if (!reg)
        return;
    ml_registry_stop(reg);
    ml_serving_put(reg->serving);
    for (size_t i = 0; i < REGISTRY_CACHE; i++)
        ml_model_put(reg->cache[i]);
    free(reg->known);
    free(reg->models_dir);
    free(reg->state_dir);
    free(reg->cache_dir);
    (void)pthread_cond_destroy(&reg->wake);
    (void)pthread_mutex_destroy(&reg->lock);
    (void)pthread_mutex_destroy(&reg->work);
    free(reg);
}

/* --- models in memory ----------------------------------------------------------------------------------------------
 */

static struct ml_model *in_table(const struct ml_serving *s, const char *version)
{
    for (size_t i = 0; s && i < s->count; i++) {
        struct ml_model *const mine[] = {s->routes[i].champion, s->routes[i].challenger, s->routes[i].shadow};
        for (size_t k = 0; k < 3; k++)
            if (mine[k] && strcmp(mine[k]->version, version) == 0)
                return ml_model_get(mine[k]);
    }
    return NULL;
}

struct ml_model *registry_cached(struct ml_registry *reg, const char *version)
{
    (void)pthread_mutex_lock(&reg->lock);
    struct ml_model *m = in_table(reg->serving, version);
    for (size_t i = 0; !m && i < REGISTRY_CACHE && reg->cache[i]; i++)
        if (strcmp(reg->cache[i]->version, version) == 0)
            m = ml_model_get(reg->cache[i]);
    (void)pthread_mutex_unlock(&reg->lock);
    return m;
}

void registry_remember(struct ml_registry *reg, struct ml_model *model)
{
    (void)pthread_mutex_lock(&reg->lock);
    struct ml_model *out = reg->cache[REGISTRY_CACHE - 1];
    memmove(&reg->cache[1], &reg->cache[0], (REGISTRY_CACHE - 1) * sizeof reg->cache[0]);
    reg->cache[0] = ml_model_get(model);
    (void)pthread_mutex_unlock(&reg->lock);
    ml_model_put(out);
}

static int load_from_disk(struct ml_registry *reg, const char *version, struct ml_model **ret_model,
                          struct aas_error *err)
{
    char dir[PATH_BYTES];
    if (snprintf(dir, sizeof dir, "%s/versions/%s", reg->models_dir, version) >= (int)sizeof dir)
        return aas_error_set(err, AAS_ETOOBIG, "the models directory's path is too long");
    struct ml_manifest *manifest = NULL;
    int rc = ml_manifest_load(dir, &manifest, err);
    if (rc == 0)
        rc = ml_version_load(manifest, reg->cache_dir, ret_model, err);
    ml_manifest_destroy(manifest);
    return rc;
}

/* Under work. */
static int load_version(struct ml_registry *reg, const char *version, struct ml_model **ret_model,
                        struct aas_error *err)
{
    struct ml_model *m = registry_cached(reg, version);
    if (m) {
        *ret_model = m;
        return 0;
    }
    int rc = load_from_disk(reg, version, ret_model, err);
    if (rc == AAS_ENOENT) {
        rc = registry_fetch(reg, version, err);
        if (rc == 0)
            rc = load_from_disk(reg, version, ret_model, err);
    }
    return rc;
}

int ml_registry_model(struct ml_registry *reg, const char *version, struct ml_model **ret_model, struct aas_error *err)
{
    struct ml_model *m = registry_cached(reg, version);
    if (m) {
        *ret_model = m;
        return 0;
    }
    (void)pthread_mutex_lock(&reg->work);
    int rc = load_version(reg, version, ret_model, err);
    (void)pthread_mutex_unlock(&reg->work);
    if (rc == 0)
        registry_remember(reg, *ret_model);
    return rc;
}

/* --- the table -----------------------------------------------------------------------------------------------------
 */

struct ml_serving *ml_registry_acquire(struct ml_registry *reg)
{
    (void)pthread_mutex_lock(&reg->lock);
    struct ml_serving *s = reg->serving ? ml_serving_get(reg->serving) : NULL;
    (void)pthread_mutex_unlock(&reg->lock);
    return s;
}

static void swap_table(struct ml_registry *reg, struct ml_serving *next)
{
    (void)pthread_mutex_lock(&reg->lock);
    struct ml_serving *before = reg->serving;
    reg->serving = next;
    if (next && next->count > 0)
        aas_error_clear(&reg->reason);
    (void)pthread_mutex_unlock(&reg->lock);
    ml_serving_put(before);
}

static void set_reason(struct ml_registry *reg, const struct aas_error *err)
{
    (void)pthread_mutex_lock(&reg->lock);
    if (!reg->serving)
        reg->reason = *err;
    (void)pthread_mutex_unlock(&reg->lock);
}

void ml_registry_reason(struct ml_registry *reg, struct aas_error *ret_reason)
{
    (void)pthread_mutex_lock(&reg->lock);
    *ret_reason = reg->reason;
    (void)pthread_mutex_unlock(&reg->lock);
}

/* A second role's model; what can't be loaded is left out: it must not stop the champion. */
static struct ml_model *optional_model(struct ml_registry *reg, const json_t *row, const char *key)
{
    const char *version = json_string_value(json_object_get(row, key));
    struct ml_model *m = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (version && load_version(reg, version, &m, &err) != 0)
        AAS_LOG_ERROR("model.load", "a version can't be loaded; it plays no part", AAS_F_STR("version", version),
                      AAS_F_STR("role", key), AAS_F_ERROR(&err));
    return m;
}

static int fill_route(struct ml_registry *reg, const json_t *row, struct ml_route *route, struct aas_error *err)
{
    const char *champion = json_string_value(json_object_get(row, "champion"));
    (void)snprintf(route->type, sizeof route->type, "%s", json_string_value(json_object_get(row, "type")));
    int rc = load_version(reg, champion, &route->champion, err);
    if (rc)
        return aas_error_prefix(err, "version %s", champion);
    route->challenger = optional_model(reg, row, "challenger");
    route->ab_pct = json_number_value(json_object_get(row, "ab_pct"));
    route->shadow = optional_model(reg, row, "shadow");
    return 0;
}

/* A new table from the roles; on failure the one that serves goes on. Under work. */
static int build_table(struct ml_registry *reg, const json_t *roles, int64_t rev, struct aas_error *err)
{
    const json_t *rows = json_object_get(roles, "roles");
    struct ml_serving *s = ml_serving_new(json_array_size(rows));
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    s->rev = rev;
    s->count = 0;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (!json_is_string(json_object_get(row, "champion")))
            continue;
        int rc = fill_route(reg, row, &s->routes[s->count], err);
        if (rc) {
            s->count++; /* what it holds is given back, too */
            ml_serving_put(s);
            return rc;
        }
        s->count++;
    }
    if (s->count == 0) {
        ml_serving_put(s);
        s = NULL;
    }
    for (size_t k = 0; s && k < s->count; k++)
        AAS_LOG_INFO("model.serve", "a model serves", AAS_F_STR("type", s->routes[k].type),
                     AAS_F_STR("version", s->routes[k].champion->version));
    swap_table(reg, s);
    return 0;
}

/* --- without the store ---------------------------------------------------------------------------------------------
 */

static void state_path(const struct ml_registry *reg, char path[PATH_BYTES])
{
    (void)snprintf(path, PATH_BYTES, "%s/ml-serving.json", reg->state_dir);
}

/* The newest roles, kept for a start without the store. Best effort. */
static void keep_roles(const struct ml_registry *reg, const json_t *roles)
{
    char path[PATH_BYTES], temp[PATH_BYTES + 16];
    state_path(reg, path);
    (void)snprintf(temp, sizeof temp, "%s.new", path);
    if (json_dump_file(roles, temp, JSON_COMPACT) != 0 || rename(temp, path) != 0)
        AAS_LOG_WARN("roles.keep",
                     "the roles could not be kept on disk; a start without the store takes the newest version",
                     AAS_F_STR("path", path));
}

/* Under work. Nothing serves and the store doesn't answer: the roles of last time, else the newest version on disk. */
static void serve_without_store(struct ml_registry *reg)
{
    char path[PATH_BYTES];
    state_path(reg, path);
    AAS_AUTO_JSON json_t *roles = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_json_load(path, 0, &roles, NULL) == 0 && build_table(reg, roles, 0, &err) == 0 && reg->serving)
        return;
    AAS_AUTO_FREE uint32_t *numbers = NULL;
    size_t count = 0;
    if (ml_versions_list(reg->models_dir, &numbers, &count, &err) != 0 || count == 0)
        return;
    char version[ML_VERSION_BYTES];
    (void)snprintf(version, sizeof version, "v%u", numbers[count - 1]);
    struct ml_change first = {.action = ML_ACTION_PROMOTE,
                              .type = "*",
                              .version = version,
                              .user = "ml-service",
                              .reason = "the store does not answer"};
    AAS_AUTO_JSON json_t *made = ml_roles_new();
    if (made && ml_roles_apply(made, &first, &err) == 0 && build_table(reg, made, 0, &err) == 0)
        AAS_LOG_WARN("model.provisional", "the store does not answer; the newest version on disk serves until it does",
                     AAS_F_STR("version", version));
}

/* --- synchronisation -----------------------------------------------------------------------------------------------
 */

/* Under work. */
static int sync_locked(struct ml_registry *reg, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *roles = NULL;
    int64_t rev = 0;
    int rc = reg->ensured ? 0 : aas_store_ensure(reg->store, err);
    reg->ensured = rc == 0;
    if (rc == 0)
        rc = registry_register_new(reg, err);
    if (rc == 0)
        rc = registry_roles(reg, &roles, &rev, err);
    if (rc == AAS_ENOENT) {
        aas_error_clear(err);
        return 0; /* no version yet */
    }
    if (rc == 0 && (rev != reg->seen_rev || !reg->serving)) {
        rc = build_table(reg, roles, rev, err);
        if (rc == 0) {
            reg->seen_rev = rev;
            keep_roles(reg, roles);
        } else {
            set_reason(reg, err);
        }
    }
    return rc;
}

int ml_registry_sync(struct ml_registry *reg, struct aas_error *err)
{
    (void)pthread_mutex_lock(&reg->work);
    int rc = sync_locked(reg, err);
    if (rc && !reg->serving)
        serve_without_store(reg);
    if (rc && !reg->store_away)
        AAS_LOG_WARN("registry.sync",
                     "models and store could not be brought in line; what serves goes on, trying again",
                     AAS_F_ERROR(err));
    reg->store_away = rc != 0;
    (void)pthread_mutex_unlock(&reg->work);
    return rc;
}

int ml_registry_change(struct ml_registry *reg, const struct ml_change *change, struct aas_error *err)
{
    (void)pthread_mutex_lock(&reg->work);
    int rc = 0;
    if (change->version &&
        change->action !=
            ML_ACTION_ROLLBACK) { /* a role for a version that can't be loaded would be refused by each replica */
        json_t *doc = NULL;
        struct ml_model *model = NULL;
        rc = registry_version_doc(reg, change->version, &doc, err);
        if (rc == 0 && change->action != ML_ACTION_RETIRE)
            rc = load_version(reg, change->version, &model, err);
        json_decref(doc);
        if (rc == 0 && model)
            registry_remember(reg, model);
        ml_model_put(model);
    }
    if (rc == 0)
        rc = registry_change_roles(reg, change, err);
    if (rc == 0) {
        registry_audit(reg, change);
        rc = sync_locked(reg, err);
    }
    (void)pthread_mutex_unlock(&reg->work);
    return rc;
}

static void run(void *arg)
{
    struct ml_registry *reg = arg;
    for (;;) {
        (void)pthread_mutex_lock(&reg->lock);
        struct timespec until = aas_mono_timespec(aas_mono_in_ms(reg->poll_ms));
        aas_thread_idle();
        if (!reg->stopping)
            (void)pthread_cond_timedwait(&reg->wake, &reg->lock, &until);
        bool end = reg->stopping;
        (void)pthread_mutex_unlock(&reg->lock);
        if (end)
            return;
        aas_thread_busy();
        struct aas_error err = AAS_ERROR_NONE;
        AAS_IGNORE(ml_registry_sync(reg, &err)); /* logged there */
    }
}

int ml_registry_start(struct ml_registry *reg, struct aas_error *err)
{
    (void)mkdir(reg->state_dir, 0750);
    struct aas_error sync_err = AAS_ERROR_NONE;
    AAS_IGNORE(ml_registry_sync(reg, &sync_err));
    int rc = aas_thread_create(&reg->thread, "ml-registry", run, reg);
    return rc ? aas_error_set(err, rc, "cannot start the registry: %s", aas_strerror(rc)) : 0;
}

void ml_registry_stop(struct ml_registry *reg)
{
    (void)pthread_mutex_lock(&reg->lock);
    reg->stopping = true;
    (void)pthread_cond_broadcast(&reg->wake);
    (void)pthread_mutex_unlock(&reg->lock);
    aas_thread_join(reg->thread);
    reg->thread = NULL;
}
