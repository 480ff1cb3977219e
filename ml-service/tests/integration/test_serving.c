/* The real ml-service with a model that this test trains: forms of input, states, errors, storage across kill -9. */
#include "ml_fixture.h"

#include <math.h>
#include <signal.h>

#include <aas/json_schema.h>
#include <aas/store.h>

#define T0 INT64_C(1767225600000)

static void check_schema(const char *name, const json_t *doc)
{
    const struct aas_schema *schema = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    char field[128] = "";
    assert_int_equal(aas_schema_get(name, &schema, &err), 0);
    if (aas_schema_check(schema, doc, field, sizeof field, &err) != 0)
        fail_msg("%s: %s: %s", name, field, err.msg);
}

static json_t *predict(struct ml_fixture *f, const char *body, int status)
{
    return fixture_call(f, "POST", "/predict", JSON_HEADER, body, status);
}

static void no_model_then_live(void **state)
{
    (void)state;
    struct ml_fixture f;
    char body[4096];
    fixture_init(&f);
    fixture_start(&f, NULL);
    json_decref(fixture_call(&f, "GET", "/health/ready", NULL, NULL, 503));
    fixture_window(body, sizeof body, "m1", 1, 0, T0);
    json_t *problem = predict(&f, body, 503);
    check_schema("problem", problem);
    json_decref(problem);
    json_decref(fixture_call(&f, "GET", "/serving", NULL, NULL, 503));
    fixture_write_version(&f, 1);
    fixture_ready(&f);
    json_t *serving = fixture_call(&f, "GET", "/serving", NULL, NULL, 200);
    check_schema("serving", serving);
    assert_string_equal(text_at(json_object_get(json_object_get(serving, "types"), "*"), "version"), "v1");
    json_decref(serving);
    json_t *models = fixture_call(&f, "GET", "/models", NULL, NULL, 200);
    check_schema("model_list", models);
    assert_string_equal(text_at(json_array_get(json_object_get(models, "items"), 0), "status"), "champion");
    json_decref(models);
    fixture_stop(&f);
    fixture_fini(&f);
}

static void windows_are_judged(struct ml_fixture *f)
{
    static const char *const label[] = {"normal", "hot", "shaky"};
    char body[4096];
    for (int k = 0; k < 3; k++) {
        fixture_window(body, sizeof body, "m1", 40 + (uint64_t)k, k, T0);
        json_t *p = predict(f, body, 200);
        check_schema("prediction", p);
        assert_string_equal(text_at(p, "label"), label[k]);
        assert_string_equal(text_at(p, "fault"), label[k]);
        assert_string_equal(text_at(p, "state"), k ? "fault" : "normal");
        assert_true(json_is_true(json_object_get(p, "is_anomaly")) == (k != 0));
        assert_int_equal(json_integer_value(json_object_get(p, "at")), T0 + 9000);
        json_decref(p);
    }
    json_t *rows = predict(f,
                           "{\"sensor_id\":\"m1\",\"window\":[[50,1],[51,1.1],[49,0.9],[50,1],[50,1.2],[51,1],[50,1],"
                           "[49,1],[52,0.8],[50,1]]}",
                           200);
    assert_string_equal(text_at(rows, "label"), "hot");
    json_decref(rows);
    json_t *few = predict(f, "{\"sensor_id\":\"m1\",\"window\":[[50,1],[51,1.1]]}", 200);
    assert_string_equal(text_at(few, "state"), "blind");
    assert_false(json_is_true(json_object_get(few, "is_anomaly")));
    json_decref(few);
    json_t *other = predict(f, "{\"sensor_id\":\"m1\",\"window\":{\"channels\":{\"pressure\":[1,2,3]}}}", 200);
    assert_string_equal(text_at(other, "state"), "blind");
    json_decref(other);
}

static void features_are_explained(struct ml_fixture *f)
{
    json_t *p = fixture_call(f, "POST", "/predict?explain=1", JSON_HEADER,
                             "{\"sensor_id\":\"m1\",\"features\":[50,1,1,0.2]}", 200);
    check_schema("prediction", p);
    assert_string_equal(text_at(p, "label"), "hot");
    const json_t *list = json_object_get(p, "explanation");
    double sum = json_number_value(json_object_get(p, "explanation_bias"));
    for (size_t i = 0; i < json_array_size(list); i++)
        sum += json_number_value(json_object_get(json_array_get(list, i), "contribution"));
    assert_int_equal(json_array_size(list), 4);
    assert_string_equal(text_at(json_array_get(list, 0), "channel"), "a");
    assert_true(fabs(sum - json_number_value(json_object_get(p, "margin"))) < 1e-4);
    json_decref(p);
}

static void forms_and_errors(void **state)
{
    (void)state;
    struct ml_fixture f;
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    windows_are_judged(&f);
    features_are_explained(&f);
    static const struct {
        const char *body;
        int status;
        const char *field;
    } bad[] = {{"{\"sensor_id\":\"m1\",\"features\":[1]}", 422, "features"},
               {"{\"sensor_id\":\"m1\",\"window\":[[1,2,3]]}", 422, "window"},
               {"{\"sensor_id\":\"m 1\",\"features\":[1]}", 400, "sensor_id"},
               {"{\"sensor_id\":\"m1\"", 400, ""},
               {"{\"sensor_id\":\"m1\",\"features\":[1,2,3,1e300]}", 400, ""}};
    for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
        json_t *problem = predict(&f, bad[b].body, bad[b].status);
        check_schema("problem", problem);
        if (bad[b].field[0])
            assert_string_equal(text_at(problem, "field"), bad[b].field);
        json_decref(problem);
    }
    fixture_stop(&f);
    fixture_fini(&f);
}

static void batch_in_order(void **state)
{
    (void)state;
    struct ml_fixture f;
    char a[4096], b[4096], body[16384];
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    fixture_window(a, sizeof a, "m1", 7, 1, T0);
    fixture_window(b, sizeof b, "m2", 8, 2, T0);
    (void)snprintf(body, sizeof body,
                   "{\"items\":[%s,{\"sensor_id\":\"m3\",\"features\":[1]},%s,{\"window\":{}},{\"sensor_id\":\"m4\","
                   "\"features\":[20,1,1,0.2]}]}",
                   a, b);
    const char *headers = JSON_HEADER "Idempotency-Key: k1\r\n";
    json_t *first = fixture_call(&f, "POST", "/predict-batch", headers, body, 200);
    check_schema("predict_batch_response", first);
    const json_t *list = json_object_get(first, "predictions");
    assert_int_equal(json_array_size(list), 5);
    assert_string_equal(text_at(json_array_get(list, 0), "label"), "hot");
    const json_t *error = json_object_get(json_array_get(list, 1), "error");
    assert_string_equal(text_at(error, "field"), "items[1].features");
    assert_int_equal(json_integer_value(json_object_get(error, "status")), 422);
    assert_string_equal(text_at(json_array_get(list, 2), "label"), "shaky");
    assert_string_equal(text_at(json_object_get(json_array_get(list, 3), "error"), "field"),
                        "items[3].window.channels");
    assert_string_equal(text_at(json_array_get(list, 4), "label"), "normal");
    json_t *again = fixture_call(&f, "POST", "/predict-batch", headers, body, 200);
    assert_true(json_equal(first, again)); /* m4 told no time: its id is remembered by the key */
    json_decref(again);
    again = fixture_call(&f, "POST", "/predict-batch?explain=anomalies", JSON_HEADER, body, 200);
    const json_t *explained = json_object_get(again, "predictions");
    assert_true(json_is_array(json_object_get(json_array_get(explained, 0), "explanation")));
    assert_true(json_is_null(json_object_get(json_array_get(explained, 4), "explanation"))); /* normal */
    json_decref(again);
    json_decref(fixture_call(&f, "POST", "/predict-batch?explain=maybe", JSON_HEADER, body, 400));
    json_decref(fixture_call(&f, "POST", "/predict-batch", headers, "{\"items\":[{\"features\":[1,2,3,4]}]}", 409));
    json_decref(fixture_call(&f, "POST", "/predict-batch", JSON_HEADER, "{\"items\":[]}", 400));
    json_decref(fixture_call(&f, "POST", "/predict-batch", JSON_HEADER, "{\"items\":[{]}", 400));
    /* the same window alone has the same id, its amendment another that points to it */
    json_t *alone = predict(&f, a, 200);
    assert_string_equal(text_at(alone, "id"), text_at(json_array_get(list, 0), "id"));
    a[strlen(a) - 1] = '\0';
    (void)snprintf(body, sizeof body, "%s,\"revision\":1}", a);
    json_t *amended = predict(&f, body, 200);
    assert_string_not_equal(text_at(amended, "id"), text_at(alone, "id"));
    assert_string_equal(text_at(amended, "amends"), text_at(alone, "id"));
    json_decref(amended);
    json_decref(alone);
    json_decref(first);
    fixture_stop(&f);
    fixture_fini(&f);
}

static int64_t stored_of(struct aas_store *s, const char *sensor)
{
    int64_t n = -1;
    const struct aas_cond where[] = {{.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(sensor)}};
    return aas_store_count(s, AAS_COLL_PREDICTIONS, where, 1, &n, NULL) == 0 ? n : -1;
}

static void answered_is_stored_after_kill(void **state)
{
    (void)state;
    struct ml_fixture f;
    char body[4096];
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    for (int i = 0; i < 50; i++) {
        fixture_window(body, sizeof body, "m1", (uint64_t)i, i % 3, T0 + 60000 * i);
        json_decref(predict(&f, body, 200));
    }
    assert_int_equal(aas_test_proc_kill(f.proc, SIGKILL), 0);
    assert_int_equal(aas_test_proc_wait(f.proc, 5000), 128 + SIGKILL);
    aas_test_proc_destroy(f.proc);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    for (int i = 40; i < 50; i++) { /* a client that repeats makes nothing twice */
        fixture_window(body, sizeof body, "m1", (uint64_t)i, i % 3, T0 + 60000 * i);
        json_decref(predict(&f, body, 200));
    }
    struct aas_store *s = NULL;
    assert_int_equal(aas_store_open(&s, f.store_url, NULL), 0);
    assert_true(AAS_TEST_WAIT(10000, stored_of(s, "m1") == 50));
    fixture_stop(&f);
    assert_int_equal(stored_of(s, "m1"), 50);
    aas_store_close(s);
    fixture_fini(&f);
}

/* A store that nobody listens for: predictions are given and kept, the stop is quick; the next start, with a store,
 * stores them. */
static void without_a_store(void **state)
{
    (void)state;
    struct ml_fixture f;
    char body[4096], url[AAS_TEST_PATH_BYTES + 32];
    uint16_t nobody;
    fixture_init(&f);
    assert_int_equal(aas_test_port(&nobody), 0);
    memcpy(url, f.store_url, sizeof url);
    (void)snprintf(f.store_url, sizeof f.store_url, "mongodb://127.0.0.1:%u/x", nobody);
    fixture_write_version(&f, 1);
    fixture_start(&f, NULL);
    json_decref(fixture_call(&f, "GET", "/health/ready", NULL, NULL, 503));
    for (int i = 0; i < 5; i++) {
        fixture_window(body, sizeof body, "m1", (uint64_t)i, 1, T0 + 60000 * i);
        json_t *p = predict(&f, body, 200);
        assert_string_equal(text_at(p, "label"), "hot");
        json_decref(p);
    }
    json_decref(fixture_call(&f, "GET", "/models", NULL, NULL, 503));
    fixture_stop(&f);
    memcpy(f.store_url, url, sizeof url);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    struct aas_store *s = NULL;
    assert_int_equal(aas_store_open(&s, f.store_url, NULL), 0);
    assert_true(AAS_TEST_WAIT(10000, stored_of(s, "m1") == 5));
    aas_store_close(s);
    fixture_stop(&f);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_model_then_live), cmocka_unit_test(forms_and_errors), cmocka_unit_test(batch_in_order),
        cmocka_unit_test(answered_is_stored_after_kill), cmocka_unit_test(without_a_store)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
