/* Sensors, readings, predictions, dashboard, alarms, faults and what is handed on, with the real daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/test_wait.h"
#include "fixture.h"
#include "seed.h"

#define DROP(call) json_decref(call)
#define T0         INT64_C(1700000000000)

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static size_t items(const json_t *list)
{
    return json_array_size(json_object_get(list, "items"));
}

static int seed(void **state)
{
    char id[64];
    if (fixture_setup(state) != 0)
        return -1;
    struct fixture *f = *state;
    for (int i = 1; i <= 5; i++) {
        (void)snprintf(id, sizeof id, "pump-%d", i);
        seed_sensor(f->store, id, i == 5 ? "fan" : "pump", T0 + i);
    }
    for (int i = 0; i < 60; i++)
        seed_bucket(f->store, "pump-1", T0 + i * 60000, 1000, 60);
    for (int i = 0; i < 120; i++) {
        (void)snprintf(id, sizeof id, "P%03d", i);
        seed_prediction(f->store, id, i % 2 ? "pump-1" : "pump-2", T0 + i * 1000, i % 3 ? "normal" : "bearing",
                        0.5 + i / 1000.0, i < 60 ? "v1" : "v2");
    }
    return 0;
}

static void sensors(void **state)
{
    struct fixture *f = *state;
    json_t *page = fixture_call(f, "GET", "/sensors?limit=2", NULL, NULL, 200, "sensor_list");
    char path[1200];
    assert_int_equal(items(page), 2);
    (void)snprintf(path, sizeof path, "/sensors?limit=500&cursor=%s", text(page, "next"));
    json_decref(page);
    page = fixture_call(f, "GET", path, NULL, NULL, 200, "sensor_list");
    assert_int_equal(items(page), 3);
    assert_true(json_is_null(json_object_get(page, "next")));
    json_decref(page);
    page = fixture_call(f, "GET", "/sensors?type=fan&status=new", NULL, NULL, 200, "sensor_list");
    assert_int_equal(items(page), 1);
    json_decref(page);
    DROP(fixture_call(f, "GET", "/sensors?status=odd", NULL, NULL, 400, NULL));
    DROP(fixture_call(f, "GET", "/sensors?limit=501", NULL, NULL, 400, NULL));
    DROP(fixture_call(f, "GET", "/sensors?cursor=nonsense", NULL, NULL, 400, NULL));
    DROP(fixture_call(f, "GET", "/sensors/none", NULL, NULL, 404, NULL));
    DROP(fixture_call(f, "GET", "/sensors/%00", NULL, NULL, 400, NULL));
}

static void edit(void **state)
{
    struct fixture *f = *state;
    json_t *s = fixture_call(f, "PATCH", "/sensors/pump-3", NULL,
                             "{\"name\":\"Feed pump\",\"status\":\"active\",\"asset\":{\"site\":\"S\",\"line\":\"L\"}}",
                             200, "sensor");
    assert_string_equal(text(s, "name"), "Feed pump");
    assert_string_equal(text(s, "status"), "active");
    json_decref(s);
    s = fixture_call(f, "PATCH", "/sensors/pump-3", NULL, "{\"asset\":{\"line\":null,\"machine\":\"M\"}}", 200,
                     "sensor");
    const json_t *asset = json_object_get(s, "asset");
    assert_string_equal(text(asset, "site"), "S");
    assert_null(text(asset, "line"));
    assert_string_equal(text(asset, "machine"), "M");
    assert_string_equal(text(s, "name"), "Feed pump");
    json_decref(s);
    static const char *const bad[] = {"{}", "{\"id\":\"x\"}", "{\"status\":\"odd\"}", "{\"name\":\"\"}",
                                      "[]", "{\"name\":"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        DROP(fixture_call(f, "PATCH", "/sensors/pump-3", NULL, bad[i], 400, NULL));
    DROP(fixture_call(f, "PATCH", "/sensors/none", NULL, "{\"name\":\"x\"}", 404, NULL));
}

static void readings(void **state)
{
    struct fixture *f = *state;
    char path[256];
    (void)snprintf(path, sizeof path, "/sensors/pump-1/readings?from=%lld&to=%lld&resolution=raw", (long long)T0,
                   (long long)T0 + 3599999);
    json_t *s = fixture_call(f, "GET", path, NULL, NULL, 200, "series");
    assert_int_equal(json_array_size(json_object_get(s, "t")), 3600); /* every row, once */
    for (size_t i = 0; i < 3600; i++)
        assert_int_equal(json_integer_value(json_array_get(json_object_get(s, "t"), i)), T0 + (int64_t)i * 1000);
    const json_t *x = json_object_get(json_object_get(s, "channels"), "x");
    assert_int_equal(json_array_size(x), 3600);
    assert_true(json_is_null(json_array_get(json_object_get(json_object_get(s, "channels"), "y"), 0)));
    json_decref(s);
    (void)snprintf(path, sizeof path, "/sensors/pump-1/readings?from=%lld&to=%lld&resolution=1m",
                   (long long)T0 / 60000 * 60000, (long long)T0 + 3599999);
    s = fixture_call(f, "GET", path, NULL, NULL, 200, "series");
    x = json_object_get(json_object_get(s, "channels"), "x");
    assert_in_range(json_array_size(json_object_get(x, "mean")), 60, 61);
    json_decref(s);
    (void)snprintf(path, sizeof path, "/sensors/pump-1/readings?from=%lld&to=%lld", (long long)T0,
                   (long long)T0 + 3600000);
    s = fixture_call(f, "GET", path, NULL, NULL, 200, "series");
    assert_string_equal(text(s, "resolution"), "2s");
    assert_in_range(json_array_size(json_object_get(s, "t")), 1000, 2000);
    json_decref(s);
    (void)snprintf(path, sizeof path, "/sensors/pump-1/readings?from=%lld&to=%lld&resolution=raw",
                   (long long)T0 + 30500, (long long)T0 + 60500);
    s = fixture_call(f, "GET", path, NULL, NULL, 200, "series"); /* cuts through buckets */
    assert_int_equal(json_array_size(json_object_get(s, "t")), 30);
    json_decref(s);
    s = fixture_call(f, "GET", "/sensors/pump-2/readings?resolution=raw", NULL, NULL, 200, "series");
    assert_int_equal(json_array_size(json_object_get(s, "t")), 0);
    json_decref(s);
    DROP(fixture_call(f, "GET", "/sensors/none/readings", NULL, NULL, 404, NULL));
    DROP(fixture_call(f, "GET", "/sensors/pump-1/readings?from=9&to=8", NULL, NULL, 400, NULL));
    DROP(fixture_call(f, "GET", "/sensors/pump-1/readings?resolution=odd", NULL, NULL, 400, NULL));
    DROP(fixture_call(f, "GET", "/sensors/pump-1/readings?from=0&resolution=1ms", NULL, NULL, 400, NULL));
}

static void predictions(void **state)
{
    static const struct {
        const char *query;
        size_t count;
    } table[] = {
        {"", 120},
        {"&sensor_id=pump-1", 60},
        {"&label=bearing", 40},
        {"&state=fault", 40},
        {"&state=normal&sensor_id=pump-2", 40},
        {"&model=v2", 60},
        {"&from=1700000010000&to=1700000019000", 10},
        {"&min_confidence=0.6", 20},
        {"&sensor_id=pump-1&label=bearing&state=fault&model=v1&from=1700000000000&to=1700000060000&min_confidence=0.51",
         8},
        {"&sensor_id=nobody", 0},
    };
    struct fixture *f = *state;
    char path[512];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        (void)snprintf(path, sizeof path, "/predictions?limit=500%s", table[i].query);
        json_t *list = fixture_call(f, "GET", path, NULL, NULL, 200, "prediction_list");
        if (items(list) != table[i].count)
            fail_msg("%s: %zu", path, items(list));
        for (size_t k = 1; k < items(list); k++) { /* newest first */
            const json_t *all = json_object_get(list, "items");
            assert_true(json_integer_value(json_object_get(json_array_get(all, k), "at")) <=
                        json_integer_value(json_object_get(json_array_get(all, k - 1), "at")));
        }
        json_decref(list);
    }
    json_t *one = fixture_call(f, "GET", "/predictions/P007", NULL, NULL, 200, "prediction");
    assert_null(json_object_get(one, "row")); /* the features are the services' own */
    json_decref(one);
    DROP(fixture_call(f, "GET", "/predictions/none", NULL, NULL, 404, NULL));
    DROP(fixture_call(f, "GET", "/predictions?min_confidence=2", NULL, NULL, 400, NULL));
    DROP(fixture_call(f, "GET", "/predictions?from=x", NULL, NULL, 400, NULL));
}

static void pages_hold_everything_once(void **state)
{
    struct fixture *f = *state;
    char path[1400] = "/predictions?limit=50";
    char seen[120] = {0};
    size_t pages = 0;
    for (bool more = true; more; pages++) {
        json_t *list = fixture_call(f, "GET", path, NULL, NULL, 200, "prediction_list");
        for (size_t i = 0; i < items(list); i++) {
            int n = 0;
            assert_int_equal(sscanf(text(json_array_get(json_object_get(list, "items"), i), "id"), "P%d", &n), 1);
            assert_in_range(n, 0, 119);
            assert_int_equal(seen[n]++, 0);
        }
        more = text(list, "next") != NULL;
        if (more)
            (void)snprintf(path, sizeof path, "/predictions?limit=50&cursor=%s", text(list, "next"));
        json_decref(list);
    }
    assert_int_equal(pages, 3);
    for (size_t i = 0; i < 120; i++)
        assert_int_equal(seen[i], 1);
}

static void not_modified(void **state)
{
    struct fixture *f = *state;
    struct aas_test_response r;
    char etag[128];
    char headers[8192];
    assert_int_equal(aas_test_http(f->port, "GET", "/predictions?limit=5", f->token, NULL, 0, 5000, &r), 0);
    assert_non_null(aas_test_http_header(&r, "ETag", etag, sizeof etag));
    aas_test_response_fini(&r);
    (void)snprintf(headers, sizeof headers, "%sIf-None-Match: %s\r\n", f->token, etag);
    assert_int_equal(aas_test_http(f->port, "GET", "/predictions?limit=5", headers, NULL, 0, 5000, &r), 0);
    assert_int_equal(r.status, 304);
    aas_test_response_fini(&r);
}

static void dashboard(void **state)
{
    struct fixture *f = *state;
    seed_prediction(f->store, "NEW1", "pump-1", aas_clock_wall_ms() - 1000, "bearing", 0.9, "v2");
    seed_prediction(f->store, "NEW2", "pump-1", aas_clock_wall_ms() - 500, "normal", 0.9, "v2");
    json_t *d = NULL;
    /* the answer is kept for half a second */
    assert_true(AAS_TEST_WAIT(
        5000, (json_decref(d), d = fixture_call(f, "GET", "/dashboard", NULL, NULL, 200, "dashboard"),
               json_integer_value(json_object_get(json_object_get(d, "anomaly_rate"), "predictions")) == 2)));
    const json_t *rate = json_object_get(d, "anomaly_rate");
    assert_int_equal(json_integer_value(json_object_get(rate, "anomalies")), 1);
    assert_true(json_real_value(json_object_get(rate, "rate")) == 0.5);
    assert_int_equal(json_array_size(json_object_get(d, "predictions")), 20);
    assert_string_equal(text(json_array_get(json_object_get(d, "predictions"), 0), "id"), "NEW2");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(d, "sensors"), "normal")), 1);
    json_decref(d);
}

static void alarms(void **state)
{
    struct fixture *f = *state;
    seed_alarm(f->store, "A1", "pump-1", "unacked", T0);
    seed_alarm(f->store, "A2", "pump-2", "rtn_unacked", T0 + 1);
    json_t *a = fixture_call(f, "GET", "/alarms?state=open&sensor_id=pump-1", NULL, NULL, 200, "alarm_list");
    assert_int_equal(items(a), 1);
    json_decref(a);
    DROP(fixture_call(f, "GET", "/alarms?state=odd", NULL, NULL, 400, NULL));
    DROP(fixture_call(f, "POST", "/alarms/A1/clear", NULL, NULL, 409, NULL)); /* its condition holds */
    a = fixture_call(f, "POST", "/alarms/A1/ack", NULL, "{\"comment\":\"seen\"}", 200, "alarm");
    assert_string_equal(text(a, "state"), "acked");
    assert_string_equal(text(a, "acked_by"), "admin");
    assert_int_equal(json_array_size(json_object_get(a, "comments")), 1);
    json_decref(a);
    DROP(fixture_call(f, "POST", "/alarms/A1/ack", NULL, NULL, 200, "alarm")); /* again is no error */
    a = fixture_call(f, "POST", "/alarms/A1/shelve", NULL, "{\"minutes\":5}", 200, "alarm");
    assert_string_equal(text(a, "state"), "shelved_active");
    int64_t until = json_integer_value(json_object_get(a, "shelved_until"));
    assert_in_range(until, aas_clock_wall_ms() + 280000, aas_clock_wall_ms() + 300000);
    json_decref(a);
    DROP(fixture_call(f, "POST", "/alarms/A1/shelve", NULL, "{\"minutes\":0}", 400, NULL));
    DROP(fixture_call(f, "POST", "/alarms/A1/ack", NULL, NULL, 409, NULL));
    a = fixture_call(f, "POST", "/alarms/A1/unshelve", NULL, NULL, 200, "alarm");
    assert_string_equal(text(a, "state"), "unacked");
    assert_null(json_object_get(a, "shelved_until"));
    json_decref(a);
    DROP(fixture_call(f, "POST", "/alarms/A1/comment", NULL, "{}", 400, NULL));
    a = fixture_call(f, "POST", "/alarms/A1/comment", NULL, "{\"comment\":\"more\"}", 200, "alarm");
    assert_int_equal(json_array_size(json_object_get(a, "comments")), 2);
    json_decref(a);
    a = fixture_call(f, "POST", "/alarms/A2/ack", NULL, NULL, 200, "alarm"); /* condition gone: that closes it */
    assert_string_equal(text(a, "state"), "normal");
    assert_non_null(json_object_get(a, "cleared"));
    json_decref(a);
    seed_alarm(f->store, "A3", "pump-2", "unacked", T0 + 2); /* its open_key is free again */
    DROP(fixture_call(f, "POST", "/alarms/none/ack", NULL, NULL, 404, NULL));
    DROP(fixture_call(f, "GET", "/alarms/A1", NULL, NULL, 200, "alarm"));
    DROP(fixture_call(f, "GET", "/alarms/A1/bundle", NULL, NULL, 404, NULL)); /* not recorded yet */
    struct aas_error err = AAS_ERROR_NONE;
    static const char blob[] = "{\"alarm\":{\"state\":\"unacked\"},\"readings\":[1,2]}";
    assert_int_equal(aas_store_blob_put(f->store, "bundles/A1.json", blob, sizeof blob - 1, &err), 0);
    a = fixture_call(f, "GET", "/alarms/A1/bundle", NULL, NULL, 200, NULL);
    assert_int_equal(json_array_size(json_object_get(a, "readings")), 2);
    assert_int_equal(json_array_size(json_object_get(json_object_get(a, "alarm"), "comments")), 2); /* as it is now */
    json_decref(a);
    DROP(fixture_call(f, "GET", "/alarms/none/bundle", NULL, NULL, 404, NULL));
    DROP(fixture_call(f, "GET", "/alarms/kpi?window_ms=60000", NULL, NULL, 200, "alarm_kpi"));
}

static void faults(void **state)
{
    struct fixture *f = *state;
    DROP(fixture_call(f, "POST", "/faults", NULL,
                      "{\"code\":\"cavitation\",\"name\":\"Cavitation\",\"severity\":\"high\"}", 201, "fault"));
    DROP(fixture_call(f, "POST", "/faults", NULL, "{\"code\":\"cavitation\"}", 409, NULL));
    DROP(fixture_call(f, "POST", "/faults", NULL, "{\"name\":\"no code\"}", 400, NULL));
    DROP(fixture_call(f, "PUT", "/faults/cavitation", NULL, "{\"name\":\"Bubbles\",\"enabled\":false}", 200, "fault"));
    DROP(fixture_call(f, "PUT", "/faults/cavitation", NULL, "{\"code\":\"other\"}", 400, NULL));
    DROP(fixture_call(f, "PUT", "/faults/none", NULL, "{\"name\":\"x\"}", 404, NULL));
    json_t *list = fixture_call(f, "GET", "/faults", NULL, NULL, 200, "fault_list");
    const json_t *fault = json_array_get(json_object_get(list, "items"), 0);
    assert_string_equal(text(fault, "code"), "cavitation");
    assert_string_equal(text(fault, "name"), "Bubbles");
    assert_true(json_is_false(json_object_get(fault, "enabled")));
    json_decref(list);
    DROP(fixture_call(f, "DELETE", "/faults/cavitation", NULL, NULL, 204, NULL));
    DROP(fixture_call(f, "DELETE", "/faults/cavitation", NULL, NULL, 404, NULL));
}

static void handed_on(void **state)
{
    struct fixture *f = *state;
    char headers[8192];
    json_t *a = fixture_call(f, "GET", "/models?limit=3&note=a%20b%26c", NULL, NULL, 200, NULL);
    assert_string_equal(text(a, "path"), "/models");
    assert_string_equal(text(json_object_get(a, "query"), "note"), "a b&c");
    assert_string_equal(text(a, "user"), "admin");
    json_decref(a);
    (void)snprintf(headers, sizeof headers, "%sIdempotency-Key: k-1\r\n", f->token);
    a = fixture_call(f, "POST", "/retrain", headers, "{\"reason\":\"test\"}", 202, NULL);
    assert_string_equal(text(a, "body"), "{\"reason\":\"test\"}");
    assert_string_equal(text(a, "key"), "k-1");
    json_decref(a);
    DROP(fixture_call(f, "GET", "/models/v9", NULL, NULL, 404, NULL));
    a = fixture_call(f, "GET", "/models/metrics", NULL, NULL, 200, NULL);
    assert_string_equal(text(a, "path"), "/metrics");
    json_decref(a);
    fixture_stop_upstream(f);
    DROP(fixture_call(f, "GET", "/models", NULL, NULL, 503, NULL));
    fixture_start_upstream(f);
}

/* Each operation of the contract is served, and each reference in it leads somewhere. */
static void check_refs(const json_t *root, const json_t *node)
{
    const char *key = NULL;
    json_t *value = NULL;
    size_t i = 0;
    if (json_is_array(node)) {
        json_array_foreach(node, i, value) check_refs(root, value);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)node, key, value)
    {
        if (strcmp(key, "$ref") != 0 || !json_is_string(value)) {
            check_refs(root, value);
            continue;
        }
        char pointer[256];
        const json_t *at = root;
        (void)snprintf(pointer, sizeof pointer, "%s", json_string_value(value));
        assert_int_equal(strncmp(pointer, "#/", 2), 0);
        for (char *save = NULL, *part = strtok_r(pointer + 2, "/", &save); part; part = strtok_r(NULL, "/", &save))
            at = json_object_get(at, part);
        if (!at)
            fail_msg("%s leads nowhere", json_string_value(value));
    }
}

static void contract(void **state)
{
    struct fixture *f = *state;
    json_t *doc = fixture_call(f, "GET", "/openapi.json", "", NULL, 200, NULL);
    const char *path = NULL;
    const char *method = NULL;
    json_t *item = NULL;
    json_t *operation = NULL;
    size_t count = 0;
    assert_string_equal(text(doc, "openapi"), "3.1.0");
    check_refs(doc, doc);
    json_object_foreach(json_object_get(doc, "paths"), path, item)
    {
        json_object_foreach(item, method, operation)
        {
            struct aas_test_response r;
            char verb[16] = "";
            for (size_t i = 0; method[i] && i < sizeof verb - 1; i++)
                verb[i] = (char)(method[i] - 'a' + 'A');
            assert_int_equal(aas_test_http(f->port, verb, path, "", NULL, 0, 5000, &r), 0);
            bool open = json_is_array(json_object_get(operation, "security"));
            if (r.status == 404 || r.status == 405 || (!open && r.status != 401))
                fail_msg("%s %s: %d", verb, path, r.status);
            aas_test_response_fini(&r);
            count++;
        }
    }
    assert_true(count > 40);
    json_decref(doc);
}

static void docs(void **state)
{
    struct fixture *f = *state;
    struct aas_test_response r;
    char csp[512];
    assert_int_equal(aas_test_http(f->port, "GET", "/docs", "", NULL, 0, 5000, &r), 0);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "openapi.json"));
    assert_non_null(strstr(r.body, "GET /predictions/{id}"));
    assert_non_null(aas_test_http_header(&r, "Content-Security-Policy", csp, sizeof csp));
    assert_non_null(strstr(csp, "script-src 'self';"));
    aas_test_response_fini(&r);
    DROP(fixture_call(f, "GET", "/docs/..%2f..%2fetc%2fpasswd", "", NULL, 404, NULL));
}

static void unknown_paths(void **state)
{
    struct fixture *f = *state;
    DROP(fixture_call(f, "GET", "/nowhere", NULL, NULL, 404, NULL));
    DROP(fixture_call(f, "DELETE", "/sensors", NULL, NULL, 405, NULL));
    DROP(fixture_call(f, "GET", "/realtime", NULL, NULL, 426, NULL));
    DROP(fixture_call(f, "GET", "/health/live", "", NULL, 200, "health"));
    DROP(fixture_call(f, "GET", "/health/ready", "", NULL, 200, "health"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sensors),
        cmocka_unit_test(edit),
        cmocka_unit_test(readings),
        cmocka_unit_test(predictions),
        cmocka_unit_test(pages_hold_everything_once),
        cmocka_unit_test(not_modified),
        cmocka_unit_test(dashboard),
        cmocka_unit_test(alarms),
        cmocka_unit_test(faults),
        cmocka_unit_test(handed_on),
        cmocka_unit_test(unknown_paths),
        cmocka_unit_test(contract),
        cmocka_unit_test(docs),
    };
    return cmocka_run_group_tests(tests, seed, fixture_teardown);
}
