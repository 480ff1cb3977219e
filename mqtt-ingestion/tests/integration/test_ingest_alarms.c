/* Alarms that need no model: a silent sensor, a frozen one, a shelf that ends while the daemon is down, and one open
 * alarm per sensor and fault. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/clock.h"
#include "aas/test_wait.h"

struct found {
    const char *fault;
    int n;
    char state[32], id[32];
    bool bundle, open_key;
};

static int take(const bson_t *doc, void *arg)
{
    struct found *f = arg;
    if (strcmp(aas_doc_str(doc, "fault", ""), f->fault) != 0)
        return 0;
    f->n++;
    (void)snprintf(f->state, sizeof f->state, "%s", aas_doc_str(doc, "state", ""));
    (void)snprintf(f->id, sizeof f->id, "%s", aas_doc_str(doc, "_id", ""));
    f->bundle = aas_doc_str(doc, "bundle", NULL) != NULL;
    f->open_key = aas_doc_str(doc, "open_key", NULL) != NULL;
    return 0;
}

static void look(struct aas_store *store, void *arg)
{
    struct aas_query all = {0};
    assert_int_equal(aas_store_find(store, AAS_COLL_ALARMS, &all, take, arg, NULL, NULL), 0);
}

static struct found alarm_of(struct harness *h, const char *fault)
{
    struct found f = {.fault = fault};
    harness_with_store(h, look, &f);
    return f;
}

static bool state_is(struct harness *h, const char *fault, const char *state)
{
    return strcmp(alarm_of(h, fault).state, state) == 0;
}

static int shelve_doc(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    static const char *const drop[] = {"state", "shelved_until", NULL};
    (void)arg;
    (void)err;
    assert_int_equal(aas_store_copy_except(old_doc, ret_new, drop), 0);
    BSON_APPEND_UTF8(ret_new, "state", "shelved_active");
    BSON_APPEND_DATE_TIME(ret_new, "shelved_until", aas_clock_wall_ms() + 300);
    return 0;
}

static void shelve(struct aas_store *store, void *arg)
{
    const struct found *f = arg;
    assert_int_equal(aas_store_update(store, AAS_COLL_ALARMS, f->id, shelve_doc, NULL, NULL), 0);
}

static void read_bundle(struct aas_store *store, void *arg)
{
    const struct found *f = arg;
    char name[64];
    void *data;
    size_t len;
    (void)snprintf(name, sizeof name, "bundles/%s.json", f->id);
    assert_int_equal(aas_store_blob_get(store, name, &data, &len, NULL), 0);
    json_t *doc = json_loadb(data, len, 0, NULL);
    free(data);
    assert_non_null(doc);
    assert_string_equal(json_string_value(json_object_get(doc, "format")), "aastreli-bundle");
    assert_string_equal(json_string_value(json_object_get(json_object_get(doc, "sensor"), "id")), "p1");
    json_t *t = json_object_get(json_object_get(doc, "readings"), "t");
    assert_int_equal(json_array_size(t), 1);
    json_decref(doc);
}

static void test_silent_sensor(void **state)
{
    struct harness h;
    (void)state;
    harness_setup(&h);
    h.env[0] = "AAS_NO_DATA=1s";
    h.env[1] = "AAS_BUNDLE_AFTER=100ms";
    harness_start_daemon(&h);
    harness_publish(&h, "aastreli/sensors/p1/data", "{\"readings\":{\"a\":1}}");
    assert_true(AAS_TEST_WAIT(10000, state_is(&h, "no_data", "unacked")));
    assert_true(AAS_TEST_WAIT(10000, alarm_of(&h, "no_data").bundle));
    struct found f = alarm_of(&h, "no_data");
    harness_with_store(&h, read_bundle, &f);
    json_t *doc = harness_get(&h, "/status", 200);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(doc, "alarms"), "open")), 1);
    json_decref(doc);

    /* a shelf ends by the clock, over a restart too */
    harness_kill_daemon(&h);
    harness_with_store(&h, shelve, &f);
    harness_start_daemon(&h);
    assert_true(AAS_TEST_WAIT(10000, state_is(&h, "no_data", "unacked")));

    /* data ends the alarm, which stays open until somebody has seen it */
    harness_publish(&h, "aastreli/sensors/p1/data", "{\"readings\":{\"a\":2}}");
    assert_true(AAS_TEST_WAIT(10000, state_is(&h, "no_data", "rtn_unacked")));
    assert_true(alarm_of(&h, "no_data").open_key);
    /* silence again raises the same one */
    assert_true(AAS_TEST_WAIT(10000, state_is(&h, "no_data", "unacked")));
    assert_int_equal(alarm_of(&h, "no_data").n, 1);
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

static void test_frozen_sensor(void **state)
{
    struct harness h;
    char text[128];
    (void)state;
    harness_setup(&h);
    h.env[0] = "AAS_FLAT_ROWS=5";
    harness_start_daemon(&h);
    int64_t now = aas_clock_wall_ms() - 60000;
    for (int i = 0; i < 8; i++) { /* one frozen channel alone is no frozen sensor */
        (void)snprintf(text, sizeof text, "{\"timestamp\":%lld,\"readings\":{\"a\":1,\"b\":%d}}", (long long)now + i,
                       i);
        harness_publish(&h, "aastreli/sensors/p1/data", text);
        (void)snprintf(text, sizeof text, "{\"timestamp\":%lld,\"readings\":{\"a\":1,\"b\":2}}", (long long)now + i);
        harness_publish(&h, "aastreli/sensors/p2/data", text);
    }
    assert_true(AAS_TEST_WAIT(10000, state_is(&h, "stale", "unacked")));
    assert_int_equal(alarm_of(&h, "stale").n, 1);
    (void)snprintf(text, sizeof text, "{\"timestamp\":%lld,\"readings\":{\"a\":1.5,\"b\":2}}", (long long)now + 100);
    harness_publish(&h, "aastreli/sensors/p2/data", text);
    assert_true(AAS_TEST_WAIT(10000, state_is(&h, "stale", "rtn_unacked")));
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_sensor),
        cmocka_unit_test(test_frozen_sensor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
