/* What becomes of a message: the four payload forms, quarantine, duplicates, late readings, and that all of it is
 * counted and visible. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/clock.h"
#include "aas/test_http.h"
#include "aas/test_wait.h"

#define TOPIC(id) "aastreli/sensors/" id "/data"

static void publish_reading(struct harness *h, const char *topic, int64_t ts, const char *channels)
{
    char text[256];
    (void)snprintf(text, sizeof text, "{\"timestamp\":%lld,\"readings\":{%s}}", (long long)ts, channels);
    harness_publish(h, topic, text);
}

static void test_payload_forms(void **state)
{
    struct harness h;
    char text[512];
    (void)state;
    harness_setup(&h);
    h.env[0] = "AAS_MQTT_TOPICS=aastreli/sensors/{sensor_id}/data,plant/{line}/{sensor_id}/{channel},plant/bulk";
    harness_start_daemon(&h);
    int64_t now = aas_clock_wall_ms() - 1000;

    publish_reading(&h, TOPIC("p1"), now, "\"a\":1,\"b\":null");
    (void)snprintf(text, sizeof text,
                   "[{\"sensor_id\":\"p1\",\"timestamp\":%lld,\"readings\":{\"a\":2}},"
                   "{\"sensor_id\":\"p2\",\"timestamp\":%lld,\"readings\":{\"a\":3}}]",
                   (long long)now + 1, (long long)now + 1);
    harness_publish(&h, "plant/bulk", text);
    assert_true(harness_wait_ledger(&h, "stored", 3, 5000));
    (void)snprintf(text, sizeof text, "{\"timestamp\":%lld,\"values\":[4,5]}", (long long)now + 2);
    harness_publish(&h, TOPIC("p1"), text);
    harness_publish(&h, "plant/l1/p3/temperature", " 21.5 ");
    harness_publish(&h, "plant/l1/p3/temperature", "21.5");
    assert_true(harness_wait_ledger(&h, "stored", 6, 5000));

    json_t *doc = harness_get(&h, "/latest?sensor_id=p1&n=10", 200);
    json_t *a = json_object_get(json_object_get(doc, "channels"), "a"),
           *b = json_object_get(json_object_get(doc, "channels"), "b");
    assert_int_equal(json_array_size(a), 3);
    assert_int_equal((int)json_number_value(json_array_get(a, 0)), 1);
    assert_int_equal((int)json_number_value(json_array_get(a, 2)), 4);
    assert_true(json_is_null(json_array_get(b, 0)));
    assert_int_equal((int)json_number_value(json_array_get(b, 2)), 5);
    json_decref(doc);
    doc = harness_get(&h, "/latest?sensor_id=p3&n=1", 200);
    assert_int_equal(json_array_size(json_object_get(doc, "t")), 1);
    json_decref(doc);
    json_decref(harness_get(&h, "/latest?sensor_id=nobody", 404));
    json_decref(harness_get(&h, "/latest?sensor_id=p1&n=0", 400));
    json_decref(harness_get(&h, "/latest", 400));
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

static void count_reasons(struct aas_store *store, void *arg)
{
    static const char *const reasons[] = {"malformed", "future", "no_sensor", "sensor_mismatch", "channels"};
    struct aas_error err = AAS_ERROR_NONE;
    (void)arg;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        const struct aas_cond where[] = {{.field = "reason", .op = AAS_OP_EQ, .value = AAS_V_STR(reasons[i])}};
        int64_t n = 0;
        assert_int_equal(aas_store_count(store, AAS_COLL_QUARANTINE, where, 1, &n, &err), 0);
        if (n != 1)
            fail_msg("%s: %lld", reasons[i], (long long)n);
    }
}

static void test_quarantine(void **state)
{
    struct harness h;
    (void)state;
    harness_setup(&h);
    h.env[0] = "AAS_MQTT_TOPICS=aastreli/sensors/{sensor_id}/data,bulk";
    harness_start_daemon(&h);
    int64_t now = aas_clock_wall_ms();
    harness_publish(&h, TOPIC("p1"), "{\"readings\":{\"a\":");
    publish_reading(&h, TOPIC("p1"), now + 3600000, "\"a\":1");
    publish_reading(&h, "bulk", now, "\"a\":1");
    harness_publish(&h, TOPIC("p1"), "{\"sensor_id\":\"p9\",\"readings\":{\"a\":1}}");
    harness_publish(&h, TOPIC("p2"), "{\"values\":[1]}");
    assert_true(harness_wait_ledger(&h, "quarantined", 5, 5000));
    assert_int_equal(harness_ledger(&h, "received"), 5);
    assert_int_equal(harness_ledger(&h, "imbalance"), 0);
    harness_with_store(&h, count_reasons, NULL);
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

/* The same reading again is counted, not stored: at once, after a commit, after a restart, and out of order. */
static void test_duplicates(void **state)
{
    struct harness h;
    int64_t readings, doubles;
    (void)state;
    harness_setup(&h);
    harness_start_daemon(&h);
    int64_t base = aas_clock_wall_ms() - 600000;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++)
            publish_reading(&h, TOPIC("p1"), base + (i * 37 % 200) * 1000, "\"a\":1");
        assert_true(harness_wait_ledger(&h, "received", 200 * (round + 1), 10000));
        assert_int_equal(harness_ledger(&h, "stored"), 200);
        assert_int_equal(harness_ledger(&h, "duplicate"), 200 * round);
        if (round == 1) {
            harness_kill_daemon(&h);
            harness_start_daemon(&h);
        }
    }
    harness_count(&h, &readings, &doubles);
    assert_int_equal(readings, 200);
    assert_int_equal(doubles, 0);
    assert_true(harness_ledger(&h, "late") > 0);
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

static void test_simulate(void **state)
{
    struct harness h;
    (void)state;
    harness_setup(&h);
    harness_start_daemon(&h);
    json_t *doc = harness_post(&h, "/simulate",
                               "{\"sensor_id\":\"demo\",\"rate_hz\":50,\"seconds\":1,\"fault\":\"imbalance\"}", 202);
    assert_string_equal(json_string_value(json_array_get(json_object_get(doc, "sensors"), 0)), "demo");
    json_decref(doc);
    assert_true(harness_wait_ledger(&h, "stored", 50, 10000));
    doc = harness_post(&h, "/simulate", "{\"sensors\":3,\"seconds\":600,\"rate_hz\":10}", 202);
    char path[64];
    (void)snprintf(path, sizeof path, "/simulate/%s", json_string_value(json_object_get(doc, "id")));
    json_decref(doc);
    struct aas_test_response r;
    assert_int_equal(aas_test_http(h.port, "DELETE", path, NULL, NULL, 0, 5000, &r), 0);
    assert_int_equal(r.status, 204);
    aas_test_response_fini(&r);
    assert_int_equal(aas_test_http(h.port, "DELETE", path, NULL, NULL, 0, 5000, &r), 0);
    assert_int_equal(r.status, 404);
    aas_test_response_fini(&r);
    json_decref(harness_post(&h, "/simulate", "{\"rate_hz\":-1}", 400));
    json_decref(harness_post(&h, "/simulate", "{\"fault\":\"gremlins\"}", 400));
    json_decref(harness_post(&h, "/simulate", "{\"type\":\"motor\",\"fault\":\"cavitation\"}", 422));
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_payload_forms),
        cmocka_unit_test(test_quarantine),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_simulate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
