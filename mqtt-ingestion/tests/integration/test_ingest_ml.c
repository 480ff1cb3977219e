/* Windows to ml-service, with a peer that can be slow, away or strict: a retry keeps its key, late readings amend, a
 * sensor is blind while nobody judges, a fault raises one alarm, and windows do not warm up anew after a restart. */
#include "harness.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/clock.h"
#include "aas/http_server.h"
#include "aas/test_http.h"
#include "aas/test_wait.h"
#include "aas/workers.h"

#define ROWS   10
#define STRIDE 5

/* The peer: judges the mean of channel a: 1 and more is a fault. */
struct peer {
    struct aas_http_server *server;
    struct aas_workers *workers;
    pthread_mutex_t lock; /* all below */
    int refuse;           /* answer so many batches with 503 */
    char keys[64][64];
    int calls, windows, amended, revision;
    int64_t ends; /* sum of the windows' ends */
};

static int get_serving(struct aas_http_req *req, struct aas_error *err)
{
    (void)err;
    aas_http_reply_json(req, 200,
                        json_pack("{s:{s:{s:s, s:s, s:{s:i, s:i, s:i, s:f}, s:[s, s]}}}", "types", "*", "version", "v1",
                                  "schema_hash", "x", "window", "rows", ROWS, "stride", STRIDE, "period_ms", 1000,
                                  "min_coverage", 0.5, "channels", "a", "b"));
    return 0;
}

static json_t *judge(struct peer *p, const json_t *item)
{
    const json_t *window = json_object_get(item, "window"), *t = json_object_get(window, "t"),
                 *a = json_object_get(json_object_get(window, "channels"), "a"),
                 *b = json_object_get(json_object_get(window, "channels"), "b");
    double sum = 0;
    size_t n = json_array_size(t);
    assert_int_equal(json_array_size(a), n);
    assert_int_equal(json_array_size(b), n); /* every channel of the model is there, null where the sensor has none */
    assert_true(json_is_null(json_array_get(b, 0)));
    for (size_t i = 0; i < n; i++)
        sum += json_number_value(json_array_get(a, i));
    double fault = sum / (double)n >= 1 ? 0.9 : 0.1;
    int64_t end = json_integer_value(json_array_get(t, n - 1));
    int revision = (int)json_integer_value(json_object_get(item, "revision"));
    p->windows++;
    p->amended += revision > 0;
    p->revision = revision > p->revision ? revision : p->revision;
    p->ends += end;
    char id[64];
    (void)snprintf(id, sizeof id, "P%lld-%d", (long long)end, revision);
    return json_pack("{s:s, s:O, s:I, s:s, s:s, s:f, s:{s:f, s:f}, s:f, s:b, s:s, s:s, s:{s:I, s:I, s:i, s:f}}", "id",
                     id, "sensor_id", json_object_get(item, "sensor_id"), "at", (json_int_t)end, "state",
                     fault > 0.5 ? "fault" : "normal", "label", fault > 0.5 ? "wear" : "normal", "confidence", 0.9,
                     "probabilities", "normal", 1 - fault, "wear", fault, "anomaly_score", fault, "is_anomaly",
                     fault > 0.5, "model", "v1", "role", "champion", "window", "start",
                     json_integer_value(json_array_get(t, 0)), "end", (json_int_t)end, "n", (int)n, "coverage", 1.0);
}

static int post_batch(struct aas_http_req *req, struct aas_error *err)
{
    struct peer *p = aas_http_req_ctx(req);
    json_t *body, *item, *out = json_array();
    size_t i;
    int rc = aas_http_req_json(req, &body, err);
    if (rc < 0)
        return rc;
    (void)pthread_mutex_lock(&p->lock);
    const char *key = aas_http_req_header(req, "Idempotency-Key");
    (void)snprintf(p->keys[p->calls % 64], sizeof p->keys[0], "%s", key ? key : "");
    p->calls++;
    if (p->refuse > 0) {
        p->refuse--;
        json_decref(out);
        aas_http_reply_problem(req, 503, "unavailable", "busy");
    } else {
        json_array_foreach(json_object_get(body, "items"), i, item)(void) json_array_append_new(out, judge(p, item));
        aas_http_reply_json(req, 200, json_pack("{s:o}", "predictions", out));
    }
    (void)pthread_mutex_unlock(&p->lock);
    return 0;
}

static const struct aas_http_route routes[] = {
    {.method = AAS_HTTP_GET, .pattern = "/serving", .handler = get_serving},
    {.method = AAS_HTTP_POST,
     .pattern = "/predict-batch",
     .mode = AAS_HTTP_WORKER,
     .max_body_bytes = 8 << 20,
     .handler = post_batch},
};

static void peer_start(struct peer *p, uint16_t port)
{
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_workers_create(&p->workers, "peer", 1, 16), 0);
    const struct aas_http_server_config config = {.port = port, .threads = 1, .workers = p->workers};
    assert_int_equal(aas_http_server_create(&p->server, &config, &err), 0);
    assert_int_equal(aas_http_server_add(p->server, routes, 2, p, &err), 0);
    if (aas_http_server_start(p->server, &err) != 0)
        fail_msg("%s", err.msg);
}

static void peer_stop(struct peer *p)
{
    aas_http_server_stop(p->server, 1000);
    aas_workers_destroy(p->workers);
    aas_http_server_destroy(p->server);
    p->server = NULL;
    p->workers = NULL;
}

static int peer_get(struct peer *p, const int *what)
{
    (void)pthread_mutex_lock(&p->lock);
    int n = *what;
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}

static void publish(struct harness *h, int64_t ts, double a)
{
    char text[128];
    (void)snprintf(text, sizeof text, "{\"timestamp\":%lld,\"readings\":{\"a\":%g}}", (long long)ts, a);
    harness_publish(h, "aastreli/sensors/p1/data", text);
}

static int64_t state_count(struct harness *h, const char *state)
{
    struct aas_test_response r;
    if (aas_test_http_get(h->port, "/status", &r) != 0)
        return -1;
    json_t *doc = json_loads(r.body, 0, NULL);
    int64_t n = json_integer_value(json_object_get(json_object_get(doc, "states"), state));
    json_decref(doc);
    aas_test_response_fini(&r);
    return n;
}

static int64_t open_alarms(struct harness *h)
{
    json_t *doc = harness_get(h, "/status", 200);
    int64_t n = json_integer_value(json_object_get(json_object_get(doc, "alarms"), "open"));
    json_decref(doc);
    return n;
}

static void test_windows_are_judged(void **state)
{
    struct harness h;
    struct peer p = {.lock = PTHREAD_MUTEX_INITIALIZER};
    (void)state;
    harness_setup(&h);
    peer_start(&p, h.ml_port);
    harness_start_daemon(&h);
    int64_t base = aas_clock_wall_ms() - 600000;
    /* the first batch is refused twice: the same key comes again */
    (void)pthread_mutex_lock(&p.lock);
    p.refuse = 2;
    (void)pthread_mutex_unlock(&p.lock);
    for (int i = 0; i < 10; i++)
        publish(&h, base + i * 1000, 0);
    assert_true(AAS_TEST_WAIT(15000, peer_get(&p, &p.windows) == 1));
    assert_int_equal(peer_get(&p, &p.calls), 3);
    assert_string_equal(p.keys[0], p.keys[1]);
    assert_string_equal(p.keys[0], p.keys[2]);
    assert_int_equal(strlen(p.keys[0]), 26);
    assert_true(AAS_TEST_WAIT(5000, state_count(&h, "normal") == 1));

    for (int i = 10; i < 20; i++)
        publish(&h, base + i * 1000, 0);
    assert_true(AAS_TEST_WAIT(5000, peer_get(&p, &p.windows) == 3));
    assert_string_not_equal(p.keys[0], p.keys[3]);
    /* a late reading amends the windows that hold its time, with a revision */
    publish(&h, base + 12500, 0);
    assert_true(AAS_TEST_WAIT(5000, peer_get(&p, &p.amended) >= 1));
    assert_int_equal(peer_get(&p, &p.revision), 1);
    assert_true(harness_wait_ledger(&h, "stored", 21, 5000));

    /* a restart: the next window needs a stride of rows, not a whole window */
    harness_kill_daemon(&h);
    harness_start_daemon(&h);
    int before = peer_get(&p, &p.windows);
    for (int i = 20; i < 25; i++)
        publish(&h, base + i * 1000, 0);
    assert_true(AAS_TEST_WAIT(10000, peer_get(&p, &p.windows) > before));
    assert_true(harness_wait_ledger(&h, "stored", 26, 5000));
    harness_stop_daemon(&h);
    peer_stop(&p);
    harness_teardown(&h);
}

static void test_blind_and_alarm(void **state)
{
    struct harness h;
    struct peer p = {.lock = PTHREAD_MUTEX_INITIALIZER};
    (void)state;
    harness_setup(&h);
    peer_start(&p, h.ml_port);
    harness_start_daemon(&h);
    int64_t base = aas_clock_wall_ms() - 600000;
    for (int i = 0; i < 10; i++)
        publish(&h, base + i * 1000, 0);
    assert_true(AAS_TEST_WAIT(10000, state_count(&h, "normal") == 1));
    peer_stop(&p);
    for (int i = 10; i < 40; i++)
        publish(&h, base + i * 1000, 5);
    assert_true(AAS_TEST_WAIT(10000, state_count(&h, "blind") == 1));
    assert_true(harness_wait_ledger(&h, "stored", 40, 5000)); /* data is kept meanwhile */
    assert_int_equal(open_alarms(&h), 0);
    peer_start(&p, h.ml_port);
    assert_true(AAS_TEST_WAIT(15000, state_count(&h, "fault") == 1)); /* what waited is judged */
    assert_true(AAS_TEST_WAIT(10000, open_alarms(&h) == 1));
    harness_stop_daemon(&h);
    peer_stop(&p);
    harness_teardown(&h);
}

/* Within the time that windows wait for stragglers, order of arrival changes nothing; the last window comes when the
 * sensor falls silent. */
static void test_order_within_the_horizon(void **state)
{
    struct harness h;
    struct peer p = {.lock = PTHREAD_MUTEX_INITIALIZER};
    int64_t expected = 0;
    (void)state;
    harness_setup(&h);
    h.env[0] = "AAS_WINDOW_LATENESS=2s";
    peer_start(&p, h.ml_port);
    harness_start_daemon(&h);
    int64_t base = aas_clock_wall_ms() - 600000;
    for (int i = 0; i < 30; i++)
        publish(&h, base + (i ^ 1) * 1000, 0);
    for (int end = ROWS - 1; end < 30; end += STRIDE)
        expected += base + end * 1000;
    assert_true(AAS_TEST_WAIT(15000, peer_get(&p, &p.windows) == 5));
    assert_int_equal(peer_get(&p, &p.amended), 0);
    assert_int_equal(p.ends, expected);
    harness_stop_daemon(&h);
    peer_stop(&p);
    harness_teardown(&h);
}

/* Readings that came before it was known what to serve are judged once it is: those that are stored, and those that no
 * bucket holds yet. */
static void test_windows_from_before_the_serving_was_known(void **state)
{
    struct harness h;
    struct peer p = {.lock = PTHREAD_MUTEX_INITIALIZER};
    int64_t expected = 0;
    (void)state;
    harness_setup(&h);
    h.env[0] = "AAS_FLUSH=60s";
    h.env[1] = "AAS_STREAM_INTERVAL=20ms"; /* what a frame has carried is not kept for its sake */
    harness_start_daemon(&h);
    int64_t base = aas_clock_wall_ms() - 600000;
    for (int i = 0; i < 40; i++) {
        publish(&h, base + i * 1000, 0);
        assert_true(harness_wait_ledger(&h, "received", i + 1, 5000));
    }
    peer_start(&p, h.ml_port);
    assert_true(AAS_TEST_WAIT(15000, state_count(&h, "warming_up") == 1)); /* no longer blind: it is known now */
    for (int i = 40; i < 45; i++)
        publish(&h, base + i * 1000, 0);
    for (int end = ROWS - 1; end < 45; end += STRIDE)
        expected += base + end * 1000;
    assert_true(AAS_TEST_WAIT(15000, peer_get(&p, &p.windows) == 8));
    assert_int_equal(p.ends, expected);
    harness_stop_daemon(&h);
    peer_stop(&p);
    harness_teardown(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_are_judged),
        cmocka_unit_test(test_blind_and_alarm),
        cmocka_unit_test(test_order_within_the_horizon),
        cmocka_unit_test(test_windows_from_before_the_serving_was_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
