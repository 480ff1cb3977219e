/* See jobs.h: documents and the thread. */
#include "jobs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/json.h>
#include <aas/log.h>
#include <aas/store.h>

#include "jobs_internal.h"

#define AAS_LOG_MOD "jobs"

#define PATH_BYTES 1024

static char *tool_path(const char *given)
{
    if (given && given[0])
        return strdup(given);
    char self[PATH_BYTES], *path = NULL;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return NULL;
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    return asprintf(&path, "%s/aastreli-model", self) < 0 ? NULL : path;
}

int ml_jobs_create(struct ml_jobs **ret, const struct ml_jobs_options *o, struct aas_error *err)
{
    struct ml_jobs *j = calloc(1, sizeof *j);
    if (!j)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    (void)pthread_mutex_init(&j->lock, NULL);
    (void)pthread_cond_init(&j->wake, NULL);
    j->store = o->store;
    j->registry = o->registry;
    j->promote = o->promote;
    j->store_url = strdup(o->store_url);
    j->models_dir = strdup(o->models_dir);
    j->instance = strdup(o->instance);
    j->tool = tool_path(o->tool);
    j->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!j->store_url || !j->models_dir || !j->instance || !j->tool || j->wake_fd < 0) {
        ml_jobs_destroy(j);
        return aas_error_set(err, AAS_ENOMEM, "cannot set up retraining");
    }
    *ret = j;
    return 0;
}

void ml_jobs_destroy(struct ml_jobs *j)
{
    if (!j)
        return;
    ml_jobs_stop(j);
    if (j->wake_fd >= 0)
        (void)close(j->wake_fd);
    free(j->store_url);
    free(j->models_dir);
    free(j->instance);
    free(j->tool);
    (void)pthread_cond_destroy(&j->wake);
    (void)pthread_mutex_destroy(&j->lock);
    free(j);
}

/* --- documents -----------------------------------------------------------------------------------------------------
 */

struct update {
    const char *id;
    const json_t *fields;
    bool cancelled, only_if_open;
};

static bool is_open(const char *status)
{
    return strcmp(status, "queued") == 0 || strcmp(status, "running") == 0;
}

static int change(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    struct update *u = arg;
    if (!old_doc)
        return aas_error_set(err, AAS_ENOENT, "there is no job \"%.40s\"", u->id);
    if (u->only_if_open && !is_open(aas_doc_str(old_doc, "status", "")))
        return aas_error_set(err, AAS_ECONFLICT, "job %s has ended: %s", u->id, aas_doc_str(old_doc, "status", ""));
    u->cancelled = aas_doc_bool(old_doc, "cancel_requested", false);
    AAS_AUTO_JSON json_t *doc = NULL;
    int rc = aas_json_from_bson(old_doc, &doc, err);
    if (rc)
        return rc;
    AAS_IGNORE(json_object_del(doc, "id"));
    AAS_IGNORE(json_object_del(doc, "rev"));
    if (json_object_update(doc, (json_t *)(uintptr_t)u->fields) != 0)
        return AAS_ENOMEM;
    bson_t *body = NULL;
    rc = aas_json_to_bson(doc, aas_json_store_dates, &body, err);
    if (rc)
        return rc;
    bool ok = BSON_APPEND_UTF8(ret_new, "_id", u->id) && bson_concat(ret_new, body);
    bson_destroy(body);
    return ok ? 0 : AAS_ETOOBIG;
}

int jobs_update(struct ml_jobs *j, const char *id, const json_t *fields, bool *ret_cancelled, struct aas_error *err)
{
    struct update u = {.id = id, .fields = fields};
    int rc = aas_store_update(j->store, AAS_COLL_JOBS, id, change, &u, err);
    if (rc == 0 && ret_cancelled)
        *ret_cancelled = u.cancelled;
    return rc;
}

int ml_jobs_get(struct ml_jobs *j, const char *id, json_t **ret_job, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(j->store, AAS_COLL_JOBS, id, &doc, err);
    if (rc == AAS_ENOENT)
        return aas_error_set(err, rc, "there is no job \"%.40s\"", id);
    if (rc == 0)
        rc = aas_json_from_bson(doc, ret_job, err);
    bson_destroy(doc);
    return rc;
}

static int add_item(const bson_t *doc, void *arg)
{
    json_t *item = NULL;
    int rc = aas_json_from_bson(doc, &item, NULL);
    return rc ? rc : json_array_append_new(arg, item) == 0 ? 0 : AAS_ENOMEM;
}

int ml_jobs_list(struct ml_jobs *j, size_t limit, const char *cursor, json_t **ret_list, struct aas_error *err)
{
    char next[AAS_STORE_CURSOR_BYTES] = "";
    AAS_AUTO_JSON json_t *items = json_array();
    struct aas_query q = {.sort = "created", .descending = true, .limit = limit, .cursor = cursor};
    int rc = aas_store_find(j->store, AAS_COLL_JOBS, &q, add_item, items, next, err);
    if (rc)
        return rc;
    *ret_list = json_pack("{s:O,s:o}", "items", items, "next", next[0] ? json_string(next) : json_null());
    return *ret_list ? 0 : AAS_ENOMEM;
}

int ml_jobs_newest(struct ml_jobs *j, int64_t *ret_created, struct aas_error *err)
{
    json_t *list = NULL;
    int rc = ml_jobs_list(j, 1, NULL, &list, err);
    if (rc)
        return rc;
    const json_t *newest = json_array_get(json_object_get(list, "items"), 0);
    *ret_created = json_integer_value(json_object_get(newest, "created"));
    json_decref(list);
    return 0;
}

static int first_open(const bson_t *doc, void *arg)
{
    (void)snprintf(arg, 64, "%s", aas_doc_str(doc, "_id", ""));
    return 0;
}

static int open_job(struct ml_jobs *j, char id[64], struct aas_error *err)
{
    const struct aas_value open[] = {AAS_V_STR("queued"), AAS_V_STR("running")};
    const struct aas_cond where[] = {{.field = "status", .op = AAS_OP_IN, .in = open, .n_in = 2}};
    struct aas_query q = {.where = where, .n_where = 1, .limit = 1};
    id[0] = '\0';
    return aas_store_find(j->store, AAS_COLL_JOBS, &q, first_open, id, NULL, err);
}

static int parent_of(struct ml_jobs *j, const char *type, char version[ML_VERSION_BYTES], struct aas_error *err)
{
    struct ml_serving *s = ml_registry_acquire(j->registry);
    const struct ml_route *r = s ? ml_serving_route(s, type) : NULL;
    if (r)
        memcpy(version, r->champion->version, ML_VERSION_BYTES);
    ml_serving_put(s);
    return r ? 0
             : aas_error_set(err, AAS_EUNAVAILABLE, "no model serves type %s: there is nothing to go on from", type);
}

static int insert_job(struct ml_jobs *j, const struct ml_retrain *what, const char *id, const char *parent, int64_t now,
                      struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = json_pack(
        "{s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:O?,s:o,s:o,s:n,s:n,s:n,s:s}", "_id", id, "kind", "retrain", "status",
        "queued", "created", (json_int_t)now, "user", what->user, "reason", what->reason, "type", what->type, "parent",
        parent, "params", what->params, "from", what->from ? json_integer(what->from) : json_null(), "to",
        what->to ? json_integer(what->to) : json_null(), "progress", "version", "gate", "instance", j->instance);
    bson_t *bson = NULL;
    int rc = doc ? aas_json_to_bson(doc, aas_json_store_dates, &bson, err) : AAS_ENOMEM;
    if (rc == 0)
        rc = aas_store_insert(j->store, AAS_COLL_JOBS, bson, err);
    bson_destroy(bson);
    return rc;
}

int ml_jobs_retrain(struct ml_jobs *j, const struct ml_retrain *what, json_t **ret_job, struct aas_error *err)
{
    char id[AAS_ID_SIZE], open[64], parent[ML_VERSION_BYTES];
    int64_t now = aas_clock_wall_ms();
    int rc = open_job(j, open, err);
    if (rc == 0 && open[0])
        return aas_error_set(err, AAS_ECONFLICT, "job %s is under way: one at a time", open);
    if (rc == 0)
        rc = parent_of(j, what->type, parent, err);
    if (rc)
        return rc;
    aas_id_new(now, id);
    rc = insert_job(j, what, id, parent, now, err);
    if (rc)
        return rc;
    (void)pthread_mutex_lock(&j->lock);
    memcpy(j->next, id, sizeof j->next);
    j->has_next = true;
    (void)pthread_cond_broadcast(&j->wake);
    (void)pthread_mutex_unlock(&j->lock);
    return ml_jobs_get(j, id, ret_job, err);
}

static void ring(struct ml_jobs *j)
{
    const uint64_t one = 1;
    (void)!write(j->wake_fd, &one, sizeof one); /* full means that it is readable already */
}

int ml_jobs_cancel(struct ml_jobs *j, const char *id, json_t **ret_job, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *fields = json_pack("{s:b}", "cancel_requested", 1);
    struct update u = {.id = id, .fields = fields, .only_if_open = true};
    int rc = aas_store_update(j->store, AAS_COLL_JOBS, id, change, &u, err);
    if (rc)
        return rc;
    (void)pthread_mutex_lock(&j->lock);
    (void)snprintf(j->cancel, sizeof j->cancel, "%s", id);
    ring(j);
    (void)pthread_mutex_unlock(&j->lock);
    return ml_jobs_get(j, id, ret_job, err);
}

/* --- the thread ----------------------------------------------------------------------------------------------------
 */

bool jobs_should_end(struct ml_jobs *j, const char *id)
{
    uint64_t count;
    (void)!read(j->wake_fd, &count, sizeof count);
    (void)pthread_mutex_lock(&j->lock);
    bool end = j->stopping || strcmp(j->cancel, id) == 0;
    (void)pthread_mutex_unlock(&j->lock);
    return end;
}

static int close_orphan(const bson_t *doc, void *arg)
{
    json_t *list = arg;
    return json_array_append_new(list,
                                 json_pack("[s,s]", aas_doc_str(doc, "_id", ""), aas_doc_str(doc, "instance", ""))) == 0
               ? 0
               : AAS_ENOMEM;
}

/* What was under way when this instance ended will not end by itself. */
static void close_orphans(struct ml_jobs *j)
{
    const struct aas_value open[] = {AAS_V_STR("queued"), AAS_V_STR("running")};
    const struct aas_cond where[] = {{.field = "status", .op = AAS_OP_IN, .in = open, .n_in = 2}};
    struct aas_query q = {.where = where, .n_where = 1};
    AAS_AUTO_JSON json_t *list = json_array();
    struct aas_error err = AAS_ERROR_NONE;
    AAS_AUTO_JSON json_t *fields =
        json_pack("{s:s,s:I,s:s}", "status", "failed", "finished", (json_int_t)aas_clock_wall_ms(), "error",
                  "the service ended while it was under way");
    if (aas_store_find(j->store, AAS_COLL_JOBS, &q, close_orphan, list, NULL, &err) != 0)
        return;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        if (strcmp(json_string_value(json_array_get(pair, 1)), j->instance) == 0)
            AAS_IGNORE(jobs_update(j, json_string_value(json_array_get(pair, 0)), fields, NULL, &err));
    }
}

static void run(void *arg)
{
    struct ml_jobs *j = arg;
    for (;;) {
        char id[AAS_ID_SIZE];
        (void)pthread_mutex_lock(&j->lock);
        aas_thread_idle();
        while (!j->stopping && !j->has_next)
            (void)pthread_cond_wait(&j->wake, &j->lock);
        bool end = j->stopping;
        memcpy(id, j->next, sizeof id);
        j->has_next = false;
        (void)pthread_mutex_unlock(&j->lock);
        if (end)
            return;
        aas_thread_busy();
        jobs_run(j, id);
    }
}

int ml_jobs_start(struct ml_jobs *j, struct aas_error *err)
{
    close_orphans(j);
    int rc = aas_thread_create(&j->thread, "ml-jobs", run, j);
    return rc ? aas_error_set(err, rc, "cannot start the job runner: %s", aas_strerror(rc)) : 0;
}

void ml_jobs_stop(struct ml_jobs *j)
{
    (void)pthread_mutex_lock(&j->lock);
    j->stopping = true;
    (void)pthread_cond_broadcast(&j->wake);
    if (j->wake_fd >= 0)
        ring(j);
    (void)pthread_mutex_unlock(&j->lock);
    aas_thread_join(j->thread);
    j->thread = NULL;
}
