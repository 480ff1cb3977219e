/* Roles over HTTP with the real daemon: promotion, rollback, A/B, shadow, two replicas on one store, hot swap under
 * load, verification of stored predictions. */
#include "ml_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include <aas/audit.h>
#include <aas/store.h>

#define T0 INT64_C(1767225600000)

static json_t *post(struct ml_fixture *f, const char *path, const char *body, int status)
{
    return fixture_call(f, "POST", path, JSON_HEADER, body, status);
}

static bool serves(struct ml_fixture *f, const char *version)
{
    json_t *s = fixture_call(f, "GET", "/serving", NULL, NULL, 200);
    bool yes = strcmp(text_at(json_object_get(json_object_get(s, "types"), "*"), "version"), version) == 0;
    json_decref(s);
    return yes;
}

static bool has_models(struct ml_fixture *f, size_t n)
{
    json_t *m = fixture_call(f, "GET", "/models", NULL, NULL, 200);
    bool yes = json_array_size(json_object_get(m, "items")) == n;
    json_decref(m);
    return yes;
}

/* Few windows were judged by both: the stored ones are judged again. */
static int64_t windows_compared(struct ml_fixture *f)
{
    json_t *c = fixture_call(f, "GET", "/models/v1/compare/v2", NULL, NULL, 200);
    const json_t *w = json_object_get(c, "windows");
    int64_t n = json_integer_value(json_object_get(w, "n"));
    if (n > 0)
        assert_string_equal(text_at(w, "source"), "recomputed");
    assert_true(json_integer_value(json_object_get(w, "disagree")) <= n);
    json_decref(c);
    return n;
}

static void verbs_and_replicas(void **state)
{
    (void)state;
    struct ml_fixture a, b;
    fixture_init(&a);
    fixture_init(&b);
    (void)snprintf(b.store_url, sizeof b.store_url, "%s", a.store_url);
    fixture_write_version(&a, 1);
    fixture_start(&a, NULL);
    fixture_ready(&a);
    fixture_start(&b, NULL); /* knows the version from the store only */
    fixture_ready(&b);
    fixture_write_version(&a, 2);
    assert_true(AAS_TEST_WAIT(5000, has_models(&a, 2)));
    assert_true(serves(&a, "v1")); /* a second version waits for somebody's word */
    json_t *m = fixture_call(&a, "POST", "/models/v2/promote", JSON_HEADER "X-Aastreli-User: eva\r\n",
                             "{\"reason\":\"better\"}", 200);
    assert_string_equal(text_at(m, "status"), "champion");
    const json_t *entry = json_array_get(json_object_get(m, "history"), 0);
    assert_string_equal(text_at(entry, "user"), "eva");
    assert_string_equal(text_at(entry, "reason"), "better");
    assert_string_equal(text_at(entry, "from"), "v1");
    json_decref(m);
    assert_true(serves(&a, "v2"));
    assert_true(AAS_TEST_WAIT(3000, serves(&b, "v2")));
    json_decref(post(&b, "/models/v2/retire", "{}", 409));
    json_decref(post(&b, "/models/v1/rollback", "{}", 409)); /* it doesn't serve */
    m = post(&b, "/models/v2/rollback", "{\"user\":\"otto\",\"reason\":\"false alarms\"}", 200);
    assert_string_equal(text_at(m, "version"), "v1");
    json_decref(m);
    assert_true(AAS_TEST_WAIT(3000, serves(&a, "v1")));
    json_decref(post(&a, "/models/v9/promote", "{}", 404));
    json_decref(post(&a, "/models/v2/promote", "{\"resaon\":\"x\"}", 400));
    json_decref(post(&a, "/models/v2/ab", "{\"percent\":100}", 200));
    char body[4096];
    fixture_window(body, sizeof body, "m1", 3, 1, T0);
    json_t *p = post(&a, "/predict", body, 200);
    assert_string_equal(text_at(p, "model"), "v2");
    assert_string_equal(text_at(p, "role"), "challenger");
    json_decref(p);
    json_decref(post(&a, "/models/v2/ab", "{\"end\":true}", 200));
    json_decref(post(&a, "/models/v2/shadow", "{}", 200));
    fixture_window(body, sizeof body, "m1", 4, 1, T0 + 60000); /* v2 has judged the other one already */
    p = post(&a, "/predict", body, 200);
    assert_string_equal(text_at(p, "model"), "v1");
    json_decref(p);
    json_decref(fixture_call(&a, "GET", "/models/v1/compare/v9", NULL, NULL, 404));
    assert_true(AAS_TEST_WAIT(5000, windows_compared(&a) >= 2));
    fixture_stop(&b);
    fixture_stop(&a);
    struct aas_store *s = NULL;
    int64_t shadows = 0;
    const struct aas_cond where[] = {{.field = "role", .op = AAS_OP_EQ, .value = AAS_V_STR("shadow")},
                                     {.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(0)}};
    assert_int_equal(aas_store_open(&s, a.store_url, NULL), 0);
    assert_int_equal(aas_store_count(s, AAS_COLL_PREDICTIONS, where, 2, &shadows, NULL), 0);
    assert_int_equal(shadows, 1);
    struct aas_audit_report audit; /* promote, rollback, ab, its end, shadow */
    assert_int_equal(aas_audit_verify(s, &audit, NULL), 0);
    assert_int_equal(audit.records, 5);
    aas_store_close(s);
    fixture_fini(&a);
    fixture_fini(&b);
}

/* --- hot swap ------------------------------------------------------------------------------------------------------
 */

struct load {
    struct ml_fixture *f;
    const char *body;
    double p[2]; /* P(hot) of v1, v2 */
    atomic_bool stop;
    atomic_int answers, bad, seen[2];
};

static double hot_of(const json_t *p)
{
    return json_number_value(json_object_get(json_object_get(p, "probabilities"), "hot"));
}

static void *drive(void *arg)
{
    struct load *l = arg;
    while (!atomic_load(&l->stop)) {
        struct aas_test_response r = {0};
        int rc = aas_test_http(l->f->port, "POST", "/predict", JSON_HEADER, l->body, strlen(l->body), 10000, &r);
        json_t *p = rc == 0 && r.status == 200 ? json_loadb(r.body, r.body_len, 0, NULL) : NULL;
        int which = p && strcmp(text_at(p, "model"), "v2") == 0;
        if (!p || hot_of(p) != l->p[which])
            atomic_fetch_add(&l->bad, 1);
        else
            atomic_fetch_add(&l->seen[which], 1);
        atomic_fetch_add(&l->answers, 1);
        json_decref(p);
        if (rc == 0)
            aas_test_response_fini(&r);
    }
    return NULL;
}

static double ask(struct ml_fixture *f, const char *body, const char *version)
{
    json_t *p = post(f, "/predict", body, 200);
    assert_string_equal(text_at(p, "model"), version);
    double v = hot_of(p);
    json_decref(p);
    return v;
}

static void hot_swap_under_load(void **state)
{
    (void)state;
    struct ml_fixture f;
    char body[4096];
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    fixture_write_version(&f, 2);
    assert_true(AAS_TEST_WAIT(5000, has_models(&f, 2)));
    fixture_window(body, sizeof body, "m1", 3, 1, T0);
    struct load l = {.f = &f, .body = body};
    l.p[0] = ask(&f, body, "v1");
    json_decref(post(&f, "/models/v2/promote", "{}", 200));
    l.p[1] = ask(&f, body, "v2");
    assert_true(l.p[0] != l.p[1]);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, drive, &l), 0);
    for (int i = 0; i < 30; i++) {
        int before = atomic_load(&l.answers);
        json_decref(post(&f, i % 2 ? "/models/v2/promote" : "/models/v1/promote", "{}", 200));
        assert_true(AAS_TEST_WAIT(10000, atomic_load(&l.answers) > before + 4));
    }
    atomic_store(&l.stop, true);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&l.bad), 0);
    assert_true(atomic_load(&l.seen[0]) > 0 && atomic_load(&l.seen[1]) > 0);
    fixture_stop(&f);
    fixture_fini(&f);
}

/* --- verification --------------------------------------------------------------------------------------------------
 */

static bool is_stored(struct aas_store *s, const char *id, bson_t **ret)
{
    return aas_store_get(s, AAS_COLL_PREDICTIONS, id, ret, NULL) == 0;
}

/* The readings that fixture_window() makes, as ingestion stores them. */
static void store_readings(struct aas_store *s, const char *sensor, uint64_t seed, int k)
{
    struct aas_rng r;
    double a[TINY_ROWS], b[TINY_ROWS];
    aas_rng_seed(&r, seed);
    tiny_window(&r, k, a, b);
    json_t *doc = json_pack("{s:s,s:s,s:I,s:I,s:i,s:I,s:[],s:{s:[],s:[]}}", "_id", "x:1:1", "sensor_id", sensor,
                            "start", (json_int_t)T0, "end", (json_int_t)(T0 + 9000), "n", TINY_ROWS, "received",
                            (json_int_t)T0, "t", "v", "a", "b");
    for (int i = 0; i < TINY_ROWS; i++) {
        json_array_append_new(json_object_get(doc, "t"), json_integer(T0 + 1000 * i));
        json_array_append_new(json_object_get(json_object_get(doc, "v"), "a"), json_real(a[i]));
        json_array_append_new(json_object_get(json_object_get(doc, "v"), "b"), json_real(b[i]));
    }
    bson_t *bson = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_json_to_bson(doc, aas_json_store_dates, &bson, &err), 0);
    if (aas_store_insert(s, AAS_COLL_SENSOR_DATA, bson, &err) != 0)
        fail_msg("%s", err.msg);
    bson_destroy(bson);
    json_decref(doc);
}

static json_t *verify(struct ml_fixture *f, const char *id, int status)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/predictions/%s/verify", id);
    return post(f, path, "", status);
}

static void stored_predictions_can_be_repeated(void **state)
{
    (void)state;
    struct ml_fixture f;
    char body[4096], id[32];
    struct aas_store *s = NULL;
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    fixture_window(body, sizeof body, "m1", 9, 1, T0);
    json_t *p = post(&f, "/predict", body, 200);
    (void)snprintf(id, sizeof id, "%s", text_at(p, "id"));
    json_decref(p);
    assert_int_equal(aas_store_open(&s, f.store_url, NULL), 0);
    bson_t *doc = NULL;
    assert_true(AAS_TEST_WAIT(5000, is_stored(s, id, &doc)));
    bson_iter_t it; /* an anomaly is explained before it is stored */
    assert_true(bson_iter_init_find(&it, doc, "explanation") && BSON_ITER_HOLDS_ARRAY(&it));
    json_t *report = verify(&f, id, 200);
    assert_true(json_is_true(json_object_get(report, "identical")));
    assert_false(json_is_true(json_object_get(json_object_get(report, "raw"), "checked")));
    json_decref(report);
    store_readings(s, "m1", 9, 1);
    report = verify(&f, id, 200);
    assert_true(json_is_true(json_object_get(json_object_get(report, "raw"), "ok")));
    json_decref(report);
    /* a forged document is found */
    bson_t forged = BSON_INITIALIZER;
    bson_copy_to_excluding_noinit(doc, &forged, "_id", "confidence", NULL);
    BSON_APPEND_UTF8(&forged, "_id", "01FORGED000000000000000000");
    BSON_APPEND_DOUBLE(&forged, "confidence", 0.5);
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_store_insert(s, AAS_COLL_PREDICTIONS, &forged, &err) != 0)
        fail_msg("%s", err.msg);
    bson_destroy(&forged);
    bson_destroy(doc);
    report = verify(&f, "01FORGED000000000000000000", 200);
    assert_false(json_is_true(json_object_get(report, "identical")));
    json_decref(report);
    json_decref(verify(&f, "01NONE", 404));
    aas_store_close(s);
    fixture_stop(&f);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verbs_and_replicas), cmocka_unit_test(hot_swap_under_load),
                                       cmocka_unit_test(stored_predictions_can_be_repeated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
