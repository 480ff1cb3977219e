/* The live stream through the real daemon: snapshot, fan-out with own numbers, subscriptions, loss of the upstream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/json.h"
#include "aas/json_schema.h"
#include "aas/test_wait.h"
#include "aas/ws_client.h"
#include "fixture.h"
#include "seed.h"

/* ---- a browser ---- */

struct browser {
    struct aas_ws_client *client;
    pthread_mutex_t lock;
    json_t *frames; /* as they came */
    int closed;
    int invalid; /* that the schema refuses */
};

static void on_message(void *ctx, struct aas_ws_client *client, const char *data, size_t len, bool binary)
{
    struct browser *b = ctx;
    const struct aas_schema *schema = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    json_t *json = NULL;
    (void)client;
    (void)binary;
    bool good = aas_json_parse(data, len, 8u << 20, 0, &json, &err) == 0 &&
                aas_schema_get("ws_server", &schema, &err) == 0 && aas_schema_check(schema, json, NULL, 0, &err) == 0;
    (void)pthread_mutex_lock(&b->lock);
    if (good) {
        (void)json_array_append_new(b->frames, json);
    } else {
        b->invalid++;
        json_decref(json);
        print_error("invalid: %.*s: %s\n", (int)len, data, err.msg);
    }
    (void)pthread_mutex_unlock(&b->lock);
}

static void on_close(void *ctx, struct aas_ws_client *client, const char *reason)
{
    struct browser *b = ctx;
    (void)client;
    (void)reason;
    (void)pthread_mutex_lock(&b->lock);
    b->closed++;
    (void)pthread_mutex_unlock(&b->lock);
}

static struct browser *browser_open(struct fixture *f, const char *protocols)
{
    struct browser *b = calloc(1, sizeof *b);
    char url[64];
    struct aas_error err = AAS_ERROR_NONE;
    (void)pthread_mutex_init(&b->lock, NULL);
    b->frames = json_array();
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%u/realtime", f->port);
    const struct aas_ws_client_config config = {
        .url = url, .subprotocols = protocols, .on_message = on_message, .on_close = on_close, .ctx = b};
    assert_int_equal(aas_ws_client_create(&b->client, &config, &err), 0);
    assert_int_equal(aas_ws_client_start(b->client, &err), 0);
    return b;
}

/* "aastreli.v1, bearer.<token>" from the fixture's Authorization line. */
static struct browser *browser_login(struct fixture *f)
{
    char protocols[4200];
    const char *token = strstr(f->token, "Bearer ") + 7;
    (void)snprintf(protocols, sizeof protocols, "aastreli.v1, bearer.%.*s", (int)strcspn(token, "\r"), token);
    return browser_open(f, protocols);
}

static void browser_close(struct browser *b)
{
    aas_ws_client_stop(b->client);
    aas_ws_client_destroy(b->client);
    assert_int_equal(b->invalid, 0);
    json_decref(b->frames);
    (void)pthread_mutex_destroy(&b->lock);
    free(b);
}

/* The n-th (from 0) frame of a type; -1 while there is none, else its place. */
static int find(struct browser *b, const char *type, int n)
{
    int found = -1;
    (void)pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < json_array_size(b->frames) && found < 0; i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(b->frames, i), "type")), type) == 0 && n-- == 0)
            found = (int)i;
    (void)pthread_mutex_unlock(&b->lock);
    return found;
}

static json_t *frame(struct browser *b, const char *type, int n)
{
    assert_true(AAS_TEST_WAIT(10000, find(b, type, n) >= 0));
    (void)pthread_mutex_lock(&b->lock);
    json_t *json = NULL;
    for (size_t i = 0; i < json_array_size(b->frames) && !json; i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(b->frames, i), "type")), type) == 0 && n-- == 0)
            json = json_array_get(b->frames, i);
    (void)pthread_mutex_unlock(&b->lock);
    return json;
}

static int64_t seq(const json_t *json)
{
    return json_integer_value(json_object_get(json, "seq"));
}

#define READINGS(id, n)                                                                                                \
    "{\"type\":\"readings\",\"seq\":" #n ",\"sensor_id\":\"" id "\",\"t\":[1],\"channels\":{\"x\":[" #n "]}}"

static bool feed_is_up(struct fixture *f)
{
    json_t *d = fixture_call(f, "GET", "/dashboard", NULL, NULL, 200, "dashboard");
    bool up = json_is_true(json_object_get(json_object_get(d, "feed"), "connected"));
    json_decref(d);
    return up;
}

static int setup(void **state)
{
    if (fixture_setup(state) != 0)
        return -1;
    assert_true(AAS_TEST_WAIT(10000, feed_is_up(*state)));
    return 0;
}

static void snapshot_then_frames(void **state)
{
    struct fixture *f = *state;
    struct browser *a = browser_login(f);
    json_t *hello = frame(a, "hello", 0);
    json_t *snapshot = frame(a, "snapshot", 0);
    assert_int_equal(seq(hello), seq(snapshot));
    assert_int_equal(json_array_size(json_object_get(snapshot, "sensors")), 1);
    assert_int_equal(find(a, "feed", 0), -1); /* it is up: nothing to say */
    fixture_stream(f, READINGS("pump-1", 700));
    fixture_stream(f, "{\"type\":\"sensor\",\"seq\":701,\"sensor\":{\"sensor_id\":\"pump-1\",\"state\":\"fault\"}}");
    fixture_stream(f, "this is no frame");
    fixture_stream(f, READINGS("pump-2", 702));
    json_t *first = frame(a, "readings", 0);
    json_t *second = frame(a, "sensor", 0);
    json_t *third = frame(a, "readings", 1);
    assert_int_equal(seq(first), seq(hello) + 1); /* numbers of our own, without a gap */
    assert_int_equal(seq(second), seq(hello) + 2);
    assert_int_equal(seq(third), seq(hello) + 3);
    struct browser *late = browser_login(f); /* sees the new state at once */
    json_t *now = frame(late, "snapshot", 0);
    assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(now, "sensors"), 0), "state")),
                        "fault");
    assert_int_equal(seq(now), seq(third));
    browser_close(late);
    browser_close(a);
}

static void subscriptions(void **state)
{
    static const char subscribe[] = "{\"op\":\"subscribe\",\"sensors\":[\"pump-2\"],\"kinds\":[\"readings\"]}";
    struct fixture *f = *state;
    struct browser *b = browser_login(f);
    (void)frame(b, "snapshot", 0);
    assert_int_equal(aas_ws_client_send(b->client, subscribe, sizeof subscribe - 1), 0);
    /* a message is handled in order: when its snapshot is here, the subscription holds */
    assert_int_equal(aas_ws_client_send(b->client, "{\"op\":\"snapshot\"}", 17), 0);
    (void)frame(b, "snapshot", 1);
    fixture_stream(f, READINGS("pump-1", 1));
    fixture_stream(f, "{\"type\":\"sensor\",\"seq\":2,\"sensor\":{\"sensor_id\":\"pump-2\",\"state\":\"normal\"}}");
    fixture_stream(f, READINGS("pump-2", 3));
    json_t *only = frame(b, "readings", 0);
    assert_string_equal(json_string_value(json_object_get(only, "sensor_id")), "pump-2");
    assert_int_equal(find(b, "sensor", 0), -1);
    browser_close(b);
}

static int closed(struct browser *b)
{
    (void)pthread_mutex_lock(&b->lock);
    int n = b->closed;
    (void)pthread_mutex_unlock(&b->lock);
    return n;
}

static void nonsense_closes(void **state)
{
    struct fixture *f = *state;
    struct browser *b = browser_login(f);
    (void)frame(b, "snapshot", 0);
    assert_int_equal(aas_ws_client_send(b->client, "{\"op\":\"explode\"}", 16), 0);
    assert_true(AAS_TEST_WAIT(10000, closed(b) > 0));
    browser_close(b);
}

static void strangers_stay_out(void **state)
{
    struct fixture *f = *state;
    char head[1024];
    static const char *const protocols[] = {"", "Sec-WebSocket-Protocol: aastreli.v1\r\n",
                                            "Sec-WebSocket-Protocol: aastreli.v1, bearer.a.b.c\r\n"};
    for (size_t i = 0; i < 3; i++) {
        int n = snprintf(head, sizeof head,
                         "GET /realtime HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
                         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                         protocols[i]);
        char *answer = aas_test_http_raw(f->port, head, (size_t)n, 5000, NULL);
        assert_non_null(answer);
        assert_int_equal(strncmp(answer, "HTTP/1.1 401", 12), 0);
        free(answer);
    }
}

static void changed_account_is_shown_out(void **state)
{
    struct fixture *f = *state;
    char admin[4096];
    (void)snprintf(admin, sizeof admin, "%s", f->token);
    json_decref(fixture_call(f, "POST", "/users", admin,
                             "{\"username\":\"eve\",\"password\":\"a password for it\",\"role\":\"viewer\"}", 201,
                             "user"));
    fixture_login(f, "eve", "a password for it", f->token, NULL);
    struct browser *eve = browser_login(f);
    (void)snprintf(f->token, sizeof f->token, "%s", admin);
    struct browser *stays = browser_login(f);
    (void)frame(eve, "snapshot", 0);
    (void)frame(stays, "snapshot", 0);
    json_decref(fixture_call(f, "PATCH", "/users/eve", NULL, "{\"disabled\":true}", 200, "user"));
    assert_true(AAS_TEST_WAIT(10000, closed(eve) > 0));
    fixture_stream(f, READINGS("pump-1", 5));
    (void)frame(stays, "readings", 0);
    assert_int_equal(closed(stays), 0);
    browser_close(eve);
    browser_close(stays);
}

static void acknowledged_alarm_is_told(void **state)
{
    struct fixture *f = *state;
    struct browser *b = browser_login(f);
    (void)frame(b, "snapshot", 0);
    seed_alarm(f->store, "A1", "pump-1", "unacked", 1700000000000);
    json_decref(fixture_call(f, "POST", "/alarms/A1/ack", NULL, NULL, 200, "alarm"));
    const json_t *alarm = json_object_get(frame(b, "alarm", 0), "alarm");
    assert_string_equal(json_string_value(json_object_get(alarm, "id")), "A1");
    assert_string_equal(json_string_value(json_object_get(alarm, "state")), "acked");
    browser_close(b);
}

static void upstream_lost_and_back(void **state)
{
    struct fixture *f = *state;
    struct browser *b = browser_login(f);
    (void)frame(b, "snapshot", 0);
    fixture_stop_upstream(f);
    assert_true(json_is_false(json_object_get(frame(b, "feed", 0), "connected")));
    struct browser *late = browser_login(f); /* is told at once */
    assert_true(json_is_false(json_object_get(frame(late, "feed", 0), "connected")));
    json_t *d = NULL;
    assert_true(
        AAS_TEST_WAIT(5000, (json_decref(d), d = fixture_call(f, "GET", "/dashboard", NULL, NULL, 200, "dashboard"),
                             json_is_false(json_object_get(json_object_get(d, "feed"), "connected")))));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(d, "sensors"), "normal")), 0);
    json_decref(d);
    json_decref(fixture_call(f, "GET", "/health/ready", "", NULL, 200, "health")); /* it can live without */
    fixture_start_upstream(f);
    assert_true(json_is_true(json_object_get(frame(b, "feed", 1), "connected")));
    (void)frame(b, "snapshot", 1);
    browser_close(late);
    browser_close(b);
}

static void upstream_lost_frames(void **state)
{
    struct fixture *f = *state;
    int before = atomic_load(&f->snapshot_asked);
    assert_true(AAS_TEST_WAIT(10000, atomic_load(&f->streams) == 1));
    fixture_stream(f, "{\"type\":\"lost\",\"seq\":9,\"count\":4}");
    assert_true(AAS_TEST_WAIT(10000, atomic_load(&f->snapshot_asked) > before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshot_then_frames),
        cmocka_unit_test(subscriptions),
        cmocka_unit_test(nonsense_closes),
        cmocka_unit_test(strangers_stay_out),
        cmocka_unit_test(acknowledged_alarm_is_told),
        cmocka_unit_test(changed_account_is_shown_out),
        cmocka_unit_test(upstream_lost_and_back),
        cmocka_unit_test(upstream_lost_frames),
    };
    return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
