/* What a sensor published and the broker acknowledged is in the store exactly once: the daemon killed under load, the
 * broker killed under load, the store away. */
#include "harness.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "aas/rng.h"
#include "aas/test_wait.h"

/* The simulator for `seconds` at 8 x 250 readings/s. */
static struct aas_test_proc *start_load(struct harness *h, int seconds)
{
    char path[512], port[64], duration[16];
    struct aas_test_proc *sim;
    struct aas_error err = AAS_ERROR_NONE;
    (void)snprintf(port, sizeof port, "AAS_MQTT_PORT=%u", aas_test_broker_port(h->broker));
    (void)snprintf(duration, sizeof duration, "%d", seconds);
    const char *env[] = {port, NULL};
    const char *argv[] = {aas_test_bin(path, "aastreli-sim"),
                          "run",
                          "--sensors",
                          "8",
                          "--rate",
                          "250",
                          "--seed",
                          "7",
                          "--duration",
                          duration,
                          "--json",
                          NULL};
    if (aas_test_proc_spawn(&sim, argv, env, &err) != 0)
        fail_msg("%s", err.msg);
    return sim;
}

static int64_t end_load(struct aas_test_proc *sim)
{
    assert_int_equal(aas_test_proc_wait(sim, 60000), 0);
    char *out = aas_test_proc_stdout(sim);
    char *last = out;
    for (char *p = out; (p = strchr(p, '\n')) && p[1] != '\0'; p++)
        last = p + 1;
    json_t *doc = json_loads(last, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(doc);
    int64_t acked = json_integer_value(json_object_get(doc, "acked"));
    assert_int_equal(json_integer_value(json_object_get(doc, "published")), acked);
    json_decref(doc);
    free(out);
    aas_test_proc_destroy(sim);
    return acked;
}

static void check_exactly_once(struct harness *h, int64_t published)
{
    int64_t readings, doubles;
    assert_true(harness_wait_ledger(h, "stored", published, 30000));
    harness_count(h, &readings, &doubles);
    assert_int_equal(readings, published);
    assert_int_equal(doubles, 0);
    assert_int_equal(harness_ledger(h, "imbalance"), 0);
    assert_int_equal(harness_ledger(h, "quarantined"), 0);
    assert_int_equal(harness_ledger(h, "received"), published + harness_ledger(h, "duplicate"));
}

static void test_daemon_killed_under_load(void **state)
{
    struct harness h;
    struct aas_rng rng;
    (void)state;
    aas_rng_seed(&rng, 11);
    harness_setup(&h);
    harness_start_daemon(&h);
    struct aas_test_proc *sim = start_load(&h, 6);
    int kills = 0;
    while (aas_test_proc_alive(sim)) {
        /* until a random number of readings more has come: the kill falls into any step */
        int64_t more = harness_ledger(&h, "received") + (int64_t)aas_rng_below(&rng, 2500);
        (void)AAS_TEST_WAIT(4000, harness_ledger(&h, "received") >= more || !aas_test_proc_alive(sim));
        harness_kill_daemon(&h);
        kills++;
        harness_start_daemon(&h);
    }
    check_exactly_once(&h, end_load(sim));
    assert_true(kills >= 3);
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

static void test_broker_restarted_under_load(void **state)
{
    struct harness h;
    struct aas_error err = AAS_ERROR_NONE;
    (void)state;
    harness_setup(&h);
    harness_start_daemon(&h);
    struct aas_test_proc *sim = start_load(&h, 4);
    assert_true(AAS_TEST_WAIT(10000, harness_ledger(&h, "received") > 1500));
    if (aas_test_broker_restart(h.broker, false, &err) != 0)
        fail_msg("%s", err.msg);
    check_exactly_once(&h, end_load(sim));
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

/* The daemon dies at every step of the path, again and again; what was published is there once. */
static void test_killed_at_each_step(void **state)
{
    static const char *const points[] = {"appended:40", "synced:60",  "buckets:3", "quarantine:2",
                                         "registry:3",  "position:3", "trimmed:4", "buckets:1"};
    struct harness h;
    char at[64];
    (void)state;
    harness_setup(&h);
    h.env[0] = at;
    h.env[1] = "AAS_WAL_SEGMENT=64KiB"; /* so that segments go, too */
    (void)snprintf(at, sizeof at, "AAS_TEST_CRASH_AT=%s", points[0]);
    harness_start_daemon(&h);
    struct aas_test_proc *sim = start_load(&h, 7);
    for (size_t i = 1; i <= sizeof points / sizeof points[0]; i++) {
        assert_int_equal(aas_test_proc_wait(h.daemon, 20000), 128 + SIGKILL);
        aas_test_proc_destroy(h.daemon);
        h.daemon = NULL;
        (void)snprintf(at, sizeof at, "AAS_TEST_CRASH_AT=%s", i < sizeof points / sizeof points[0] ? points[i] : "");
        harness_spawn_daemon(&h);
    }
    check_exactly_once(&h, end_load(sim));
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

static bool store_ok(struct harness *h)
{
    json_t *doc = harness_get(h, "/status", 200);
    bool ok = json_is_true(json_object_get(json_object_get(doc, "store"), "ok"));
    json_decref(doc);
    return ok;
}

/* Somebody else holds the store's write lock for seconds: data is taken, shown and kept, and stored when it is free. */
static void test_store_away(void **state)
{
    struct harness h;
    sqlite3 *db;
    char path[AAS_TEST_PATH_BYTES + 32];
    (void)state;
    harness_setup(&h);
    (void)snprintf(h.url, sizeof h.url, "sqlite:%s/aastreli.db?busy_ms=200", h.dir);
    harness_start_daemon(&h);
    (void)snprintf(path, sizeof path, "%s/aastreli.db", h.dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    (void)sqlite3_busy_timeout(db, 5000);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct aas_test_proc *sim = start_load(&h, 3);
    int64_t published = end_load(sim);
    assert_true(AAS_TEST_WAIT(10000, harness_ledger(&h, "received") == published));
    assert_int_equal(harness_ledger(&h, "in_flight"), published);
    json_t *doc = harness_get(&h, "/latest?sensor_id=pump-01&n=1", 200); /* from memory */
    assert_int_equal(json_array_size(json_object_get(doc, "t")), 1);
    json_decref(doc);
    assert_true(AAS_TEST_WAIT(10000, !store_ok(&h)));
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    check_exactly_once(&h, published);
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

/* A clean stop settles everything; what comes meanwhile waits at the broker. */
static void test_stop_and_start(void **state)
{
    struct harness h;
    (void)state;
    harness_setup(&h);
    harness_start_daemon(&h);
    struct aas_test_proc *sim = start_load(&h, 3);
    assert_true(AAS_TEST_WAIT(10000, harness_ledger(&h, "received") > 1000));
    harness_stop_daemon(&h);
    int64_t readings, doubles;
    harness_count(&h, &readings, &doubles);
    assert_true(readings >= 1000);
    harness_start_daemon(&h);
    check_exactly_once(&h, end_load(sim));
    harness_stop_daemon(&h);
    harness_teardown(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_daemon_killed_under_load),
        cmocka_unit_test(test_killed_at_each_step),
        cmocka_unit_test(test_store_away),
        cmocka_unit_test(test_broker_restarted_under_load),
        cmocka_unit_test(test_stop_and_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
