/* models/current: files that are copied there serve moments later, without a restart; bad ones are refused with a
 * reason; the model of ../shared/peers answers as its own Python does. */
#include "ml_fixture.h"

#include <errno.h>
#include <math.h>

#define PEER "../shared/peers/python/model"

static void copy_text(struct ml_fixture *f, const char *name, const void *bytes, size_t len)
{
    char dir[AAS_TEST_PATH_BYTES], path[AAS_TEST_PATH_BYTES];
    (void)aas_test_path(dir, f->models, "current");
    if (mkdir(dir, 0755) != 0)
        assert_int_equal(errno, EEXIST);
    (void)aas_test_path(path, dir, name);
    assert_int_equal(aas_test_file_write(path, bytes, len), 0);
}

static void drop_tiny(struct ml_fixture *f, uint64_t seed)
{
    struct aas_buf buf = AAS_BUF_INIT(1 << 24);
    tiny_booster(&buf, seed);
    const char classes[] = "[\"normal\",\"hot\",\"shaky\"]";
    copy_text(f, "label_encoder.json", classes, strlen(classes));
    copy_text(f, "feature_schema.json", tiny_schema_text, strlen(tiny_schema_text));
    copy_text(f, "xgboost_anomaly_detector.json", buf.data, buf.len);
    aas_buf_fini(&buf);
}

static json_t *drop_in(struct ml_fixture *f)
{
    json_t *m = fixture_call(f, "GET", "/models", NULL, NULL, 200);
    json_t *state = json_incref(json_object_get(m, "drop_in"));
    json_decref(m);
    return state;
}

static bool state_is(struct ml_fixture *f, const char *state, const char *version)
{
    json_t *d = drop_in(f);
    bool yes = strcmp(text_at(d, "state"), state) == 0 && strcmp(text_at(d, "version"), version) == 0;
    json_decref(d);
    return yes;
}

static bool serves(struct ml_fixture *f, const char *version)
{
    struct aas_test_response r = {0};
    int rc = aas_test_http_get(f->port, "/serving", &r);
    char want[64];
    (void)snprintf(want, sizeof want, "\"version\":\"%s\"", version);
    bool yes = rc == 0 && r.status == 200 && strstr(r.body, want);
    if (rc == 0)
        aas_test_response_fini(&r);
    return yes;
}

static void copied_files_serve(void **state)
{
    (void)state;
    struct ml_fixture f;
    fixture_init(&f);
    fixture_start(&f, NULL);
    drop_tiny(&f, 1);
    assert_true(AAS_TEST_WAIT(20000, serves(&f, "v1")));
    assert_true(AAS_TEST_WAIT(5000, state_is(&f, "deployed", "v1")));
    drop_tiny(&f, 2);
    assert_true(AAS_TEST_WAIT(20000, serves(&f, "v2")));
    /* a person's rollback stands, also over a restart with the same files */
    json_decref(fixture_call(&f, "POST", "/models/v2/rollback", JSON_HEADER, "{\"user\":\"eva\"}", 200));
    fixture_stop(&f);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    assert_true(AAS_TEST_WAIT(10000, state_is(&f, "deployed", "v2")));
    assert_true(serves(&f, "v1"));
    /* hostile bytes: refused with a reason, what served goes on */
    copy_text(&f, "xgboost_anomaly_detector.json", "{\"learner\":{}}", 14);
    assert_true(AAS_TEST_WAIT(20000, state_is(&f, "refused", "")));
    json_t *d = drop_in(&f);
    assert_true(strlen(text_at(d, "reason")) > 10);
    json_decref(d);
    const char pickle[] = "\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.";
    drop_tiny(&f, 3);
    copy_text(&f, "label_encoder.pkl", pickle, sizeof pickle - 1);
    assert_true(AAS_TEST_WAIT(20000, state_is(&f, "refused", "")));
    assert_true(serves(&f, "v1"));
    fixture_stop(&f);
    fixture_fini(&f);
}

/* The manual policy registers and waits. */
static void manual_promotion(void **state)
{
    (void)state;
    struct ml_fixture f;
    const char *const env[] = {"AAS_PROMOTION=manual", NULL};
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, env);
    fixture_ready(&f);
    drop_tiny(&f, 2);
    assert_true(AAS_TEST_WAIT(20000, state_is(&f, "deployed", "v2")));
    assert_true(serves(&f, "v1"));
    fixture_stop(&f);
    fixture_fini(&f);
}

static bool copy_peer(struct ml_fixture *f, const char *name)
{
    char path[256];
    size_t len;
    (void)snprintf(path, sizeof path, PEER "/%s", name);
    char *bytes = aas_test_file_read(path, &len);
    if (!bytes)
        return false;
    copy_text(f, name, bytes, len);
    free(bytes);
    return true;
}

/* Expected figures: ml_service.py of the peers on the same window (NumPy 1.24, XGBoost 1.7.4). */
static void peers_model(void **state)
{
    (void)state;
    struct ml_fixture f;
    size_t len;
    char *text = aas_test_file_read("ml-service/tests/data/peer_window.json", &len);
    assert_non_null(text);
    json_t *golden = json_loadb(text, len, 0, NULL);
    free(text);
    fixture_init(&f);
    fixture_start(&f, NULL);
    if (!copy_peer(&f, "label_encoder.pkl") || !copy_peer(&f, "feature_scaler.pkl") ||
        !copy_peer(&f, "feature_schema.json") || !copy_peer(&f, "xgboost_anomaly_detector.json")) {
        print_message("SKIPPED: %s is not there\n", PEER);
        json_decref(golden);
        fixture_stop(&f);
        fixture_fini(&f);
        skip();
    }
    assert_true(AAS_TEST_WAIT(60000, serves(&f, "v1")));
    const json_t *cases = json_object_get(golden, "cases");
    assert_true(json_array_size(cases) > 0);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *c = json_array_get(cases, i);
        char *body = json_dumps(json_object_get(c, "request"), JSON_COMPACT);
        json_t *p = fixture_call(&f, "POST", "/predict", JSON_HEADER, body, 200);
        const json_t *want = json_object_get(c, "answer"), *probabilities = json_object_get(want, "probabilities");
        assert_string_equal(text_at(p, "fault"), text_at(want, "fault"));
        assert_string_equal(text_at(p, "sensor_id"), text_at(want, "sensor_id"));
        const char *name;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)probabilities, name, value)
        {
            double mine = json_number_value(json_object_get(json_object_get(p, "probabilities"), name));
            if (fabs(mine - json_number_value(value)) > 2e-6)
                fail_msg("case %zu, %s: %.9g instead of %.9g", i, name, mine, json_number_value(value));
        }
        free(body);
        json_decref(p);
    }
    json_decref(golden);
    fixture_stop(&f);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(copied_files_serve), cmocka_unit_test(manual_promotion),
                                       cmocka_unit_test(peers_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
