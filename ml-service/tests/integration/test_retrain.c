/* The loop: a fault that the champion doesn't know, feedback through the API, retraining in a child, gate, promotion,
 * and the same fault recognised. And what happens to a job whose child is killed, and to one that is cancelled. */
#include "ml_fixture.h"

#include <signal.h>

#include <aas/clock.h>
#include <aas/store.h>

#define T0    INT64_C(1767225600000)
#define LEAKS 16

/* "leak": the mean of b falls. The champion has never seen it. */
static void leak_window(char *dst, size_t size, uint64_t seed, int64_t start, struct aas_store *store)
{
    struct aas_rng r;
    double a[TINY_ROWS], b[TINY_ROWS];
    aas_rng_seed(&r, seed);
    tiny_window(&r, 0, a, b);
    json_t *t = json_array(), *va = json_array(), *vb = json_array();
    for (int i = 0; i < TINY_ROWS; i++) {
        json_array_append_new(t, json_integer(start + 1000 * i));
        json_array_append_new(va, json_real(a[i]));
        json_array_append_new(vb, json_real(b[i] - 40));
    }
    json_t *body =
        json_pack("{s:s,s:{s:O,s:{s:O,s:O}}}", "sensor_id", "m1", "window", "t", t, "channels", "a", va, "b", vb);
    char *text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(17));
    (void)snprintf(dst, size, "%s", text);
    free(text);
    json_decref(body);
    json_t *doc =
        json_pack("{s:o,s:s,s:I,s:I,s:i,s:I,s:o,s:{s:o,s:o}}", "_id", json_sprintf("m1:%lld:1", (long long)start),
                  "sensor_id", "m1", "start", (json_int_t)start, "end", (json_int_t)(start + 9000), "n", TINY_ROWS,
                  "received", (json_int_t)start, "t", t, "v", "a", va, "b", vb);
    bson_t *bson = NULL;
    assert_int_equal(aas_json_to_bson(doc, aas_json_store_dates, &bson, NULL), 0);
    if (store)
        assert_int_equal(aas_store_insert(store, AAS_COLL_SENSOR_DATA, bson, NULL), 0);
    bson_destroy(bson);
    json_decref(doc);
}

static void plant_runs(struct ml_fixture *f, struct aas_store *store, char ids[LEAKS][32])
{
    char body[4096];
    for (int i = 0; i < 60; i++) {
        fixture_window(body, sizeof body, "m2", 500 + (uint64_t)i, i % 3, T0 + 60000 * i);
        json_decref(fixture_call(f, "POST", "/predict", JSON_HEADER, body, 200));
    }
    for (int i = 0; i < LEAKS; i++) {
        leak_window(body, sizeof body, 900 + (uint64_t)i, T0 + 60000 * i, store);
        json_t *p = fixture_call(f, "POST", "/predict", JSON_HEADER, body, 200);
        assert_string_not_equal(text_at(p, "label"), "leak");
        (void)snprintf(ids[i], sizeof ids[i], "%s", text_at(p, "id"));
        json_decref(p);
    }
}

static bool is_stored(struct aas_store *s, const char *id)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(s, AAS_COLL_PREDICTIONS, id, &doc, NULL);
    bson_destroy(doc);
    return rc == 0;
}

static json_t *job_now(struct ml_fixture *f, const char *id)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/jobs/%s", id);
    return fixture_call(f, "GET", path, NULL, NULL, 200);
}

static bool job_is(struct ml_fixture *f, const char *id, const char *status)
{
    json_t *job = job_now(f, id);
    bool yes = strcmp(text_at(job, "status"), status) == 0;
    json_decref(job);
    return yes;
}

static bool job_ended(struct ml_fixture *f, const char *id)
{
    return !job_is(f, id, "queued") && !job_is(f, id, "running");
}

static void start_job(struct ml_fixture *f, const char *body, char id[64])
{
    json_t *job = fixture_call(f, "POST", "/retrain", JSON_HEADER, body, 202);
    (void)snprintf(id, 64, "%s", text_at(job, "id"));
    json_decref(job);
}

static void teach(struct ml_fixture *f, struct aas_store *store, char ids[LEAKS][32])
{
    char body[1024];
    bson_t *fault = BCON_NEW("_id", BCON_UTF8("leak"), "enabled", BCON_BOOL(true));
    assert_int_equal(aas_store_insert(store, AAS_COLL_FAULTS, fault, NULL), 0);
    bson_destroy(fault);
    assert_true(AAS_TEST_WAIT(10000, is_stored(store, ids[LEAKS - 1])));
    for (int i = 0; i < LEAKS; i++) {
        (void)snprintf(body, sizeof body, "{\"prediction_id\":\"%s\",\"verdict\":\"relabel\",\"label\":\"leak\"}",
                       ids[i]);
        json_decref(fixture_call(f, "POST", "/feedback", JSON_HEADER, body, 201));
    }
}

static void feedback_teaches(struct ml_fixture *f, struct aas_store *store)
{
    char id[64], body[4096];
    start_job(f, "{\"reason\":\"leaks\",\"user\":\"eva\"}", id);
    assert_true(AAS_TEST_WAIT(60000, job_ended(f, id)));
    json_t *job = job_now(f, id);
    if (strcmp(text_at(job, "status"), "succeeded") != 0 || !json_is_true(json_object_get(job, "promoted")))
        fail_msg("%s", json_dumps(job, JSON_INDENT(1)));
    assert_string_equal(text_at(job, "version"), "v2");
    json_decref(job);
    leak_window(body, sizeof body, 7777, T0 + 9999000, NULL);
    json_t *p = fixture_call(f, "POST", "/predict", JSON_HEADER, body, 200);
    assert_string_equal(text_at(p, "model"), "v2");
    assert_string_equal(text_at(p, "label"), "leak");
    json_decref(p);
    fixture_window(body, sizeof body, "m2", 4242, 1, T0 + 9999000); /* and nothing is forgotten */
    p = fixture_call(f, "POST", "/predict", JSON_HEADER, body, 200);
    assert_string_equal(text_at(p, "label"), "hot");
    json_decref(p);
    json_t *m = fixture_call(f, "GET", "/models/v2", NULL, NULL, 200);
    assert_true(json_is_true(json_object_get(json_object_get(m, "gate"), "passed")));
    assert_string_equal(text_at(json_object_get(m, "manifest"), "parent"), "v1");
    json_decref(m);
    json_t *list = fixture_call(f, "GET", "/feedback?limit=1", NULL, NULL, 200);
    const json_t *used = json_object_get(json_array_get(json_object_get(list, "items"), 0), "used_in");
    assert_string_equal(json_string_value(json_array_get(used, 0)), "v2");
    json_decref(list);
    (void)store;
}

static bool is_training(struct ml_fixture *f, const char *id, pid_t *ret_pid)
{
    json_t *job = job_now(f, id);
    const json_t *progress = json_object_get(job, "progress");
    bool yes = strcmp(text_at(progress, "phase"), "training") == 0;
    *ret_pid = (pid_t)json_integer_value(json_object_get(job, "pid"));
    json_decref(job);
    return yes;
}

#define LONG_JOB "{\"params\":{\"rounds\":5000,\"eta\":0.001}}"

static void killed_and_cancelled(struct ml_fixture *f)
{
    char id[64], path[128];
    pid_t pid = 0;
    start_job(f, LONG_JOB, id);
    assert_true(AAS_TEST_WAIT(30000, is_training(f, id, &pid)));
    json_decref(fixture_call(f, "POST", "/retrain", JSON_HEADER, "{}", 409));
    assert_true(pid > 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_true(AAS_TEST_WAIT(10000, job_is(f, id, "crashed")));
    json_t *job = job_now(f, id);
    assert_non_null(strstr(text_at(job, "error"), "signal 9"));
    json_decref(job);
    start_job(f, LONG_JOB, id);
    assert_true(AAS_TEST_WAIT(30000, is_training(f, id, &pid)));
    (void)snprintf(path, sizeof path, "/jobs/%s", id);
    json_decref(fixture_call(f, "DELETE", path, NULL, NULL, 202));
    assert_true(AAS_TEST_WAIT(15000, job_is(f, id, "cancelled")));
    json_decref(fixture_call(f, "DELETE", path, NULL, NULL, 409));
    json_decref(fixture_call(f, "GET", "/health/ready", NULL, NULL, 200));
    start_job(f, LONG_JOB, id); /* a service that ends takes its child along, and tells so afterwards */
    assert_true(AAS_TEST_WAIT(30000, is_training(f, id, &pid)));
    fixture_stop(f);
    assert_true(AAS_TEST_WAIT(5000, kill(pid, 0) != 0));
    fixture_start(f, NULL);
    fixture_ready(f);
    assert_true(job_ended(f, id));
}

static void the_loop(void **state)
{
    (void)state;
    struct ml_fixture f;
    struct aas_store *store = NULL;
    char ids[LEAKS][32];
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    assert_int_equal(aas_store_open(&store, f.store_url, NULL), 0);
    json_decref(fixture_call(&f, "POST", "/retrain", JSON_HEADER, "{\"rounds\":3}", 400));
    plant_runs(&f, store, ids);
    teach(&f, store, ids);
    feedback_teaches(&f, store);
    killed_and_cancelled(&f);
    aas_store_close(store);
    fixture_stop(&f);
    fixture_fini(&f);
}

/* The newest job, by its status; its user and reason. */
static bool newest_job_is(struct ml_fixture *f, const char *status, char user[64], char reason[128])
{
    json_t *list = fixture_call(f, "GET", "/jobs?limit=1", NULL, NULL, 200);
    const json_t *job = json_array_get(json_object_get(list, "items"), 0);
    bool yes = strcmp(text_at(job, "status"), status) == 0;
    (void)snprintf(user, 64, "%s", text_at(job, "user"));
    (void)snprintf(reason, 128, "%s", text_at(job, "reason"));
    json_decref(list);
    return yes;
}

/* Enough verdicts start a training by themselves; with manual promotion its version waits. */
static void by_itself(void **state)
{
    (void)state;
    struct ml_fixture f;
    struct aas_store *store = NULL;
    char ids[LEAKS][32], user[64], reason[128];
    const char *const env[] = {"AAS_RETRAIN_FEEDBACKS=16", "AAS_KEEPER_EVERY=200ms", "AAS_PROMOTION=manual", NULL};
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, env);
    fixture_ready(&f);
    assert_int_equal(aas_store_open(&store, f.store_url, NULL), 0);
    plant_runs(&f, store, ids);
    teach(&f, store, ids);
    assert_true(AAS_TEST_WAIT(60000, newest_job_is(&f, "succeeded", user, reason)));
    assert_string_equal(user, "ml-service");
    assert_string_equal(reason, "16 new verdicts since the last training");
    json_t *m = fixture_call(&f, "GET", "/models/v2", NULL, NULL, 200);
    assert_string_equal(text_at(m, "status"), "candidate");
    json_decref(m);
    aas_store_close(store);
    fixture_stop(&f);
    fixture_fini(&f);
}

/* count predictions of a version around a time, every `every`-th of them an anomaly. */
static void judged(struct aas_store *s, const char *version, int64_t from, int count, int every)
{
    for (int i = 0; i < count; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "%s-%d", version, i);
        bool bad = i % every == 0;
        bson_t *doc = BCON_NEW("_id", BCON_UTF8(id), "sensor_id", BCON_UTF8("m9"), "at", BCON_DATE_TIME(from + i),
                               "model", BCON_UTF8(version), "role", BCON_UTF8("champion"), "is_anomaly", BCON_BOOL(bad),
                               "state", BCON_UTF8(bad ? "fault" : "normal"), "received", BCON_DATE_TIME(from));
        assert_int_equal(aas_store_insert(s, AAS_COLL_PREDICTIONS, doc, NULL), 0);
        bson_destroy(doc);
    }
}

static bool champion_is(struct ml_fixture *f, const char *version)
{
    json_t *s = fixture_call(f, "GET", "/serving", NULL, NULL, 200);
    bool yes = strcmp(text_at(json_object_get(json_object_get(s, "types"), "*"), "version"), version) == 0;
    json_decref(s);
    return yes;
}

static bool knows(struct ml_fixture *f, const char *version)
{
    json_t *m = fixture_call(f, "GET", "/models", NULL, NULL, 200);
    bool yes = false;
    const json_t *items = json_object_get(m, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        yes = yes || strcmp(text_at(json_array_get(items, i), "version"), version) == 0;
    json_decref(m);
    return yes;
}

static void worse_champion_goes(void **state)
{
    (void)state;
    struct ml_fixture f;
    struct aas_store *store = NULL;
    const char *const env[] = {"AAS_KEEPER_EVERY=200ms", NULL};
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, env);
    fixture_ready(&f);
    fixture_write_version(&f, 2);
    assert_true(AAS_TEST_WAIT(5000, knows(&f, "v2")));
    assert_int_equal(aas_store_open(&store, f.store_url, NULL), 0);
    int64_t now = aas_clock_wall_ms();
    judged(store, "v1", now - 60000, 250, 50);
    json_decref(fixture_call(&f, "POST", "/models/v2/promote", JSON_HEADER, "{\"user\":\"eva\"}", 200));
    assert_true(champion_is(&f, "v2"));
    judged(store, "v2", aas_clock_wall_ms(), 250, 2);
    assert_true(AAS_TEST_WAIT(10000, champion_is(&f, "v1")));
    json_t *m = fixture_call(&f, "GET", "/models/v2", NULL, NULL, 200);
    const json_t *history = json_object_get(m, "history");
    const json_t *last = json_array_get(history, json_array_size(history) - 1);
    assert_string_equal(text_at(last, "action"), "rollback");
    assert_string_equal(text_at(last, "user"), "ml-service");
    json_decref(m);
    /* who insists, keeps it */
    json_decref(fixture_call(&f, "POST", "/models/v2/promote", JSON_HEADER, "{\"user\":\"eva\"}", 200));
    assert_false(AAS_TEST_WAIT(1000, champion_is(&f, "v1")));
    aas_store_close(store);
    fixture_stop(&f);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_loop), cmocka_unit_test(by_itself),
                                       cmocka_unit_test(worse_champion_goes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
