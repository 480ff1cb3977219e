/* One retraining job from its child's start to the promotion of what came of it; see jobs.h. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/json.h>
#include <aas/log.h>
#include <aas/store.h>

#include "child.h"
#include "jobs_internal.h"

#define AAS_LOG_MOD "jobs"

#define SAVE_EVERY_MS 500
#define TERM_WAIT_MS  5000
#define POLL_MS       250

struct running {
    struct ml_jobs *j;
    const char *id;
    struct ml_child child;
    json_t *progress, *result; /* the newest line of either kind */
    bool dirty, cancelled, stopping;
    struct aas_mono save_at, kill_at;
};

static void on_line(void *arg, char *line)
{
    struct running *r = arg;
    json_t *doc = json_loads(line, 0, NULL);
    if (!doc)
        return;
    json_t **slot = json_object_get(doc, "version") ? &r->result : &r->progress;
    json_decref(*slot);
    *slot = doc;
    r->dirty = true;
}

static void save(struct running *r, json_t *fields)
{
    struct aas_error err = AAS_ERROR_NONE;
    bool cancelled = false;
    if (fields && jobs_update(r->j, r->id, fields, &cancelled, &err) != 0)
        AAS_LOG_WARN("job.save", "a job's progress could not be stored; it goes on", AAS_F_ERROR(&err));
    r->cancelled = r->cancelled || cancelled;
    json_decref(fields);
}

static void save_progress(struct running *r)
{
    if (!aas_mono_passed(r->save_at))
        return;
    r->save_at = aas_mono_in_ms(SAVE_EVERY_MS);
    r->dirty = false;
    save(r, json_pack("{s:O?}", "progress", r->progress)); /* also looks for a wish to cancel */
}

/* SIGTERM first: between two rounds the tool ends by itself. */
static void end_child(struct running *r)
{
    if (r->stopping) {
        if (aas_mono_passed(r->kill_at))
            ml_child_signal(&r->child, SIGKILL);
        return;
    }
    r->stopping = true;
    r->kill_at = aas_mono_in_ms(TERM_WAIT_MS);
    ml_child_signal(&r->child, SIGTERM);
}

static int watch(struct running *r)
{
    int status = 0;
    bool open = true;
    while (!ml_child_reap(&r->child, &status)) {
        if (open)
            open = ml_child_poll(&r->child, r->j->wake_fd, POLL_MS, on_line, r);
        else
            (void)poll(NULL, 0, 10); /* stdout is closed: it is about to end */
        save_progress(r);
        if (jobs_should_end(r->j, r->id))
            r->cancelled = true;
        if (r->cancelled)
            end_child(r);
    }
    while (open && ml_child_poll(&r->child, -1, 0, on_line, r) && r->child.out.len > 0)
        ;
    return status;
}

static int start(struct running *r, const json_t *job, struct aas_error *err)
{
    char *params = NULL, from[32], to[32], input[4096];
    if (snprintf(input, sizeof input, "%s\n", r->j->store_url) >= (int)sizeof input)
        return aas_error_set(err, AAS_ETOOBIG, "AAS_STORE_URL is too long");
    const json_t *p = json_object_get(job, "params");
    const char *argv[24] = {r->j->tool,       "retrain",  "--json",
                            "--store",        "-",        "--models",
                            r->j->models_dir, "--parent", json_string_value(json_object_get(job, "parent"))};
    size_t n = 9;
    if (json_is_object(p)) {
        params = json_dumps(p, JSON_COMPACT);
        argv[n++] = "--params";
        argv[n++] = params ? params : "{}";
    }
    if (json_is_integer(json_object_get(job, "from"))) {
        (void)snprintf(from, sizeof from, "%lld", (long long)json_integer_value(json_object_get(job, "from")));
        argv[n++] = "--from";
        argv[n++] = from;
    }
    if (json_is_integer(json_object_get(job, "to"))) {
        (void)snprintf(to, sizeof to, "%lld", (long long)json_integer_value(json_object_get(job, "to")));
        argv[n++] = "--to";
        argv[n++] = to;
    }
    int rc = ml_child_start(&r->child, argv, input, err);
    free(params);
    return rc;
}

/* The sentence that the tool left on stderr: its last line. */
static const char *last_words(struct ml_child *c)
{
    char *text = c->err.len > 0 ? c->err.data : NULL;
    while (text && c->err.len > 0 && text[c->err.len - 1] == '\n')
        aas_buf_truncate(&c->err, c->err.len - 1);
    char *line = text ? strrchr(text, '\n') : NULL;
    return line ? line + 1 : text ? text : "it said nothing";
}

static json_t *ended(const char *status, const char *error)
{
    return json_pack("{s:s,s:I,s:s?}", "status", status, "finished", (json_int_t)aas_clock_wall_ms(), "error", error);
}

static json_t *failure(struct running *r, int status)
{
    char text[512];
    if (r->cancelled)
        return ended("cancelled", NULL);
    if (WIFSIGNALED(status)) {
        (void)snprintf(text, sizeof text, "the training process was killed by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
        return ended("crashed", text);
    }
    (void)snprintf(text, sizeof text, "the training process ended with status %d: %.380s", WEXITSTATUS(status),
                   last_words(&r->child));
    return ended("failed", text);
}

/* --- what came of it -----------------------------------------------------------------------------------------------
 */

static int mark_used(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    static const char *const replaced[] = {"used_in", NULL};
    if (!old_doc)
        return aas_error_set(err, AAS_ENOENT, "the feedback is gone");
    int rc = aas_store_copy_except(old_doc, ret_new, replaced);
    bson_t list;
    bson_iter_t it, item;
    uint32_t n = 0;
    bool ok = rc == 0 && BSON_APPEND_ARRAY_BEGIN(ret_new, "used_in", &list);
    if (ok && bson_iter_init_find(&it, old_doc, "used_in") && BSON_ITER_HOLDS_ARRAY(&it) &&
        bson_iter_recurse(&it, &item))
        while (ok && bson_iter_next(&item) && BSON_ITER_HOLDS_UTF8(&item)) {
            char key[16];
            (void)snprintf(key, sizeof key, "%u", n++);
            ok = bson_append_utf8(&list, key, -1, bson_iter_utf8(&item, NULL), -1);
        }
    char key[16];
    (void)snprintf(key, sizeof key, "%u", n);
    ok = ok && bson_append_utf8(&list, key, -1, arg, -1) && bson_append_array_end(ret_new, &list);
    return ok ? 0 : AAS_ETOOBIG;
}

static int promote(struct running *r, const json_t *job, const char *version, struct aas_error *err)
{
    char reason[160];
    (void)snprintf(reason, sizeof reason, "passed the gate (job %s: %.100s)", r->id,
                   json_string_value(json_object_get(job, "reason")));
    struct ml_change c = {.action = ML_ACTION_PROMOTE,
                          .type = json_string_value(json_object_get(job, "type")),
                          .version = version,
                          .user = "retrain",
                          .reason = reason,
                          .at_ms = aas_clock_wall_ms()};
    return ml_registry_change(r->j->registry, &c, err);
}

static json_t *success(struct running *r, const json_t *job)
{
    const char *version = json_string_value(json_object_get(r->result, "version"));
    const json_t *gate = json_object_get(r->result, "gate"), *used = json_object_get(r->result, "feedback");
    bool passed = json_is_true(json_object_get(gate, "passed")), promoted = false;
    struct aas_error err = AAS_ERROR_NONE;
    int rc = ml_registry_sync(r->j->registry, &err);
    if (rc == 0)
        rc = ml_registry_set_gate(r->j->registry, version, gate, passed, &err);
    for (size_t i = 0; rc == 0 && i < json_array_size(used); i++)
        AAS_IGNORE(aas_store_update(r->j->store, AAS_COLL_FEEDBACK, json_string_value(json_array_get(used, i)),
                                    mark_used, (void *)(uintptr_t)version, NULL));
    if (rc == 0 && passed && r->j->promote) {
        rc = promote(r, job, version, &err);
        promoted = rc == 0;
    }
    AAS_LOG_INFO("job.done", "a retraining job made a version", AAS_F_STR("version", version),
                 AAS_F_BOOL("gate_passed", passed), AAS_F_BOOL("promoted", promoted));
    json_t *fields = ended(rc == 0 ? "succeeded" : "failed", rc == 0 ? NULL : aas_error_text(&err, rc));
    if (fields) {
        AAS_IGNORE(json_object_set_new(fields, "version", json_string(version)));
        AAS_IGNORE(json_object_set_new(fields, "gate", json_deep_copy(gate)));
        AAS_IGNORE(json_object_set_new(fields, "promoted", json_boolean(promoted)));
    }
    return fields;
}

void jobs_run(struct ml_jobs *j, const char *id)
{
    struct running r = {.j = j, .id = id, .save_at = AAS_MONO_PAST};
    AAS_AUTO_JSON json_t *job = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (ml_jobs_get(j, id, &job, &err) != 0) {
        AAS_LOG_ERROR("job.read", "a queued job can't be read; it stays queued until a restart", AAS_F_ERROR(&err));
        return;
    }
    int rc = start(&r, job, &err);
    save(&r, json_pack("{s:s,s:I,s:I}", "status", "running", "started", (json_int_t)aas_clock_wall_ms(), "pid",
                       (json_int_t)r.child.pid));
    int status = rc == 0 ? watch(&r) : 0;
    if (rc)
        save(&r, ended("failed", err.msg));
    else if (status == 0 && r.result)
        save(&r, success(&r, job));
    else
        save(&r, failure(&r, status));
    json_decref(r.progress);
    json_decref(r.result);
    ml_child_fini(&r.child);
}
