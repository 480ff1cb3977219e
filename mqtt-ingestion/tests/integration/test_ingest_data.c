/* Quarantine and letting in again, import with preview, minutes, retention, amended windows, a full log. */
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

static void publish_reading(struct harness *h, const char *id, int64_t ts, const char *channels)
{
    char text[256], topic[128];
    (void)snprintf(topic, sizeof topic, "aastreli/sensors/%s/data", id);
    (void)snprintf(text, sizeof text, "{\"timestamp\":%lld,\"readings\":{%s}}", (long long)ts, channels);
    harness_publish(h, topic, text);
}

static json_t *post_csv(struct harness *h, const char *path, const char *csv, int status)
{
    struct aas_test_response r;
    assert_int_equal(aas_test_http(h->port, "POST", path, "Content-Type: text/csv\r\n", csv, strlen(csv), 10000, &r),
                     0);
    if (r.status != status)
        fail_msg("%s: %d: %s", path, r.status, r.body);
    json_t *doc = json_loads(r.body, 0, NULL);
    assert_non_null(doc);
    aas_test_response_fini(&r);
    return doc;
}

static int64_t number(const json_t *doc, const char *key)
{
    return json_integer_value(json_object_get(doc, key));
}

static void test_reinject(void **state)
{
    struct harness h;
    char path[128];
    (void)state;
    harness_setup(&h);
    harness_start_daemon(&h);
    int64_t future = aas_clock_wall_ms() + 7200000;
    publish_reading(&h, "p1", future, "\"a\":1");
    harness_publish(&h, "aastreli/sensors/p1/data", "{broken");
    assert_true(harness_wait_ledger(&h, "quarantined", 2, 5000));

    json_t *list = harness_get(&h, "/quarantine?reason=future", 200);
    const json_t *item = json_array_get(json_object_get(list, "items"), 0);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 1);
    assert_string_equal(json_string_value(json_object_get(item, "sensor_id")), "p1");
    assert_non_null(strstr(json_string_value(json_object_get(item, "text")), "readings"));
    (void)snprintf(path, sizeof path, "/quarantine/%s/reinject", json_string_value(json_object_get(item, "id")));
    json_decref(list);
    json_decref(harness_post(&h, path, NULL, 202));
    assert_true(harness_wait_ledger(&h, "stored", 1, 5000));
    json_decref(harness_post(&h, path, NULL, 409)); /* once only */

    list = harness_get(&h, "/quarantine?reason=malformed", 200);
    (void)snprintf(path, sizeof path, "/quarantine/%s/reinject",
                   json_string_value(json_object_get(json_array_get(json_object_get(list, "items"), 0), "id")));
    json_decref(list);
    json_decref(harness_post(&h, path, NULL, 422)); /* still broken */
    json_decref(harness_post(&h, path, "{\"readings\":{\"a\":2}}", 202));
    assert_true(harness_wait_ledger(&h, "stored", 2, 5000));
    json_decref(harness_post(&h, "/quarantine/01ARZ3NDEKTSV4RRFFQ69G5FAV/reinject", NULL, 404));
    assert_int_equal(harness_ledger(&h, "received"), 4);
    assert_int_equal(harness_ledger(&h, "imbalance"), 0);
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

static void test_import(void **state)
{
    static const char csv[] = "timestamp,asset,a,b,label\n"
                              "2024-01-01T00:00:00Z,m1,1,2,ok\n"
                              "2024-01-01T00:00:01Z,m1,3,,ok\n"
                              "2024-01-01T00:00:02,m1,3,4,ok\n" /* no zone */
                              "2024-01-01T00:00:03Z,m2,x,4,ok\n"
                              "2024-01-01T00:00:04Z,m2,5,6,ok\n";
    struct harness h;
    (void)state;
    harness_setup(&h);
    harness_start_daemon(&h);
    for (int dry = 1; dry >= 0; dry--) {
        json_t *doc = post_csv(&h, dry ? "/import?dry_run=1" : "/import", csv, dry ? 200 : 202);
        assert_int_equal(number(doc, "rows"), 5);
        assert_int_equal(number(doc, "accepted"), 3);
        assert_int_equal(number(doc, "rejected"), 2);
        assert_int_equal(number(json_array_get(json_object_get(doc, "errors"), 0), "line"), 4);
        assert_int_equal(number(json_object_get(json_object_get(doc, "sensors"), "m1"), "rows"), 2);
        json_decref(doc);
        if (dry)
            assert_int_equal(harness_ledger(&h, "received"), 0);
    }
    assert_true(harness_wait_ledger(&h, "stored", 3, 5000));
    json_decref(post_csv(&h, "/import", csv, 202)); /* again: known already */
    assert_true(harness_wait_ledger(&h, "duplicate", 3, 5000));
    json_t *doc = harness_get(&h, "/latest?sensor_id=m1&n=5", 200);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(doc, "t"), 1)), 1704067201000);
    json_decref(doc);
    json_decref(post_csv(&h, "/import", "a,b\n1,2\n", 400));
    doc = harness_post(&h, "/import?sensor_id=m3",
                       "{\"timestamp\":1704067201000,\"readings\":{\"a\":1}}\n{\"readings\":{\"a\":1}}\n", 202);
    assert_int_equal(number(doc, "accepted"), 1);
    json_decref(doc);
    assert_true(harness_wait_ledger(&h, "stored", 4, 5000));
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

struct minute {
    int64_t at, readings, late, n;
    double min, max, sum, last;
    int found;
};

static int take_minute(const bson_t *doc, void *arg)
{
    struct minute *m = arg;
    if (aas_doc_int(doc, "minute", 0) != m->at)
        return 0;
    m->found++;
    m->readings = aas_doc_int(doc, "readings", -1);
    m->late = aas_doc_int(doc, "late", -1);
    m->n = aas_doc_int(doc, "v.a.n", -1);
    m->min = aas_doc_num(doc, "v.a.min", 0);
    m->max = aas_doc_num(doc, "v.a.max", 0);
    m->sum = aas_doc_num(doc, "v.a.sum", 0);
    m->last = aas_doc_num(doc, "v.a.last", 0);
    return 0;
}

static void read_minute(struct aas_store *store, void *arg)
{
    struct aas_query all = {0};
    assert_int_equal(aas_store_find(store, AAS_COLL_ROLLUPS, &all, take_minute, arg, NULL, NULL), 0);
}

static struct minute minute_at(struct harness *h, int64_t at)
{
    struct minute m = {.at = at};
    harness_with_store(h, read_minute, &m);
    return m;
}

/* The same minute in order, over a restart, and with a late reading that comes when it was written already. */
static void test_minutes(void **state)
{
    struct harness h;
    char channels[32];
    (void)state;
    harness_setup(&h);
    harness_start_daemon(&h);
    int64_t base = (aas_clock_wall_ms() / 60000 - 30) * 60000;
    for (int i = 0; i < 50; i++) {
        (void)snprintf(channels, sizeof channels, "\"a\":%d", i);
        publish_reading(&h, "p1", base + i * 1000, channels);
        if (i == 25) {
            assert_true(harness_wait_ledger(&h, "stored", 26, 5000));
            harness_kill_daemon(&h);
            harness_start_daemon(&h);
        }
    }
    publish_reading(&h, "p1", base + 200000, "\"a\":1");
    assert_true(harness_wait_ledger(&h, "stored", 51, 5000));
    assert_true(AAS_TEST_WAIT(5000, minute_at(&h, base).readings == 50));
    publish_reading(&h, "p1", base + 59000, "\"a\":1000");
    assert_true(AAS_TEST_WAIT(5000, minute_at(&h, base).readings == 51));
    struct minute m = minute_at(&h, base);
    assert_int_equal(m.found, 1);
    assert_int_equal(m.n, 51);
    assert_int_equal(m.late, 1);
    assert_true(m.min == 0 && m.max == 1000 && m.sum == 1225 + 1000 && m.last == 1000);
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

static void count_data(struct aas_store *store, void *arg)
{
    int64_t *n = arg;
    assert_int_equal(aas_store_count(store, AAS_COLL_QUARANTINE, NULL, 0, n, NULL), 0);
}

static int64_t quarantined_docs(struct harness *h)
{
    int64_t n = -1;
    harness_with_store(h, count_data, &n);
    return n;
}

static void test_retention(void **state)
{
    struct harness h;
    (void)state;
    harness_setup(&h);
    harness_start_daemon(&h);
    harness_publish(&h, "aastreli/sensors/p1/data", "{broken");
    assert_true(harness_wait_ledger(&h, "quarantined", 1, 5000));
    assert_int_equal(quarantined_docs(&h), 1);
    harness_stop_daemon(&h);
    h.env[0] = "AAS_SWEEP=100ms";
    h.env[1] = "AAS_RETENTION_QUARANTINE=1s";
    harness_start_daemon(&h);
    assert_true(AAS_TEST_WAIT(10000, quarantined_docs(&h) == 0));
    assert_int_equal(harness_ledger(&h, "quarantined"), 1); /* the count stays */
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

/* A log that is too small for what waits in it, while the store is locked by somebody else. */
static void test_drop_oldest_is_counted(void **state)
{
    struct harness h;
    (void)state;
    harness_setup(&h);
    h.env[0] = "AAS_WAL_SEGMENT=64KiB";
    h.env[1] = "AAS_WAL_MAX=256KiB";
    h.env[2] = "AAS_WAL_FULL=drop-oldest";
    h.env[3] = "AAS_FLUSH=60s"; /* nothing is settled, so the log fills */
    harness_start_daemon(&h);
    static char payload[20000];
    int64_t now = aas_clock_wall_ms() - 100000;
    for (int i = 0; i < 60; i++) {
        int n = snprintf(payload, sizeof payload, "{\"timestamp\":%lld,\"readings\":{\"a\":%d},\"pad\":\"",
                         (long long)now + i, i);
        memset(payload + n, 'x', 15000);
        (void)snprintf(payload + n + 15000, 8, "\"}");
        harness_publish(&h, "aastreli/sensors/p1/data", payload);
    }
    assert_true(AAS_TEST_WAIT(5000, harness_ledger(&h, "received") == 60));
    assert_int_equal(harness_ledger(&h, "imbalance"), 0);
    harness_stop_daemon(&h);
    harness_start_daemon(&h);
    json_t *doc = harness_get(&h, "/status", 200), *ledger = json_object_get(doc, "ledger");
    assert_int_equal(number(ledger, "received"), 60);
    assert_int_equal(number(ledger, "in_flight"), 0);
    assert_int_equal(number(ledger, "stored") + number(json_object_get(ledger, "dropped"), "wal_full"), 60);
    json_decref(doc);
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reinject),
        cmocka_unit_test(test_import),
        cmocka_unit_test(test_minutes),
        cmocka_unit_test(test_retention),
        cmocka_unit_test(test_drop_oldest_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
