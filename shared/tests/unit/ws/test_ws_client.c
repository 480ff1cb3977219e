#include <aas/ws_client.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aas/error.h>
#include <aas/test_port.h>
#include <aas/test_wait.h>
#include <aas/ws_server.h>

#include "ws_peer.h"

#define WAIT_MS 10000

/* A hub and a client of it: the two have nothing but the standard in common. */
struct fixture {
    struct aas_ws_server *server;
    struct ws_acceptor *acceptor;
    struct aas_ws_client *client;
    atomic_int opened, closed, messages, server_messages;
    char last[256], reason[256], user[64];
    size_t last_len;
};

static void client_open(void *ctx, struct aas_ws_client *client)
{
    struct fixture *f = ctx;
    atomic_fetch_add(&f->opened, 1);
    AAS_IGNORE(aas_ws_client_send(client, "hello", 5)); /* refused when a stop came meanwhile */
}

static void client_message(void *ctx, struct aas_ws_client *client, const char *data, size_t len, bool binary)
{
    struct fixture *f = ctx;
    (void)client;
    assert_false(binary);
    (void)snprintf(f->last, sizeof f->last, "%.*s", (int)(len < 200 ? len : 200), data);
    f->last_len = len;
    atomic_fetch_add(&f->messages, 1);
}

static void client_close(void *ctx, struct aas_ws_client *client, const char *reason)
{
    struct fixture *f = ctx;
    (void)client;
    (void)snprintf(f->reason, sizeof f->reason, "%s", reason);
    atomic_fetch_add(&f->closed, 1);
}

static void server_message(void *ctx, struct aas_ws_conn *conn, const char *data, size_t len, bool binary)
{
    struct fixture *f = ctx;
    (void)binary;
    if (aas_ws_conn_user(conn))
        (void)snprintf(f->user, sizeof f->user, "%s", (const char *)aas_ws_conn_user(conn));
    if (len == 4 && memcmp(data, "kick", 4) == 0)
        aas_ws_conn_close(conn, 4003, "out");
    else if (len == 3 && memcmp(data, "big", 3) == 0) {
        char *text = calloc(1, 300000);
        assert_non_null(text);
        memset(text, 'b', 300000);
        aas_ws_conn_send_text(conn, text, 300000);
        free(text);
    } else if (len == 3 && memcmp(data, "bad", 3) == 0)
        aas_ws_conn_send_text(conn, "\xff\xfe", 2);
    else
        aas_ws_conn_send_text(conn, data, len);
    atomic_fetch_add(&f->server_messages, 1);
}

static void start_server(struct fixture *f)
{
    const struct aas_ws_server_config config = {.callbacks.on_message = server_message, .ctx = f};
    assert_int_equal(aas_ws_server_create(&f->server, &config, NULL), 0);
    assert_int_equal(aas_ws_server_start(f->server, NULL), 0);
    f->acceptor = ws_acceptor_start(f->server);
}

static void stop_server(struct fixture *f)
{
    ws_acceptor_stop(f->acceptor);
    aas_ws_server_stop(f->server, 1000);
    aas_ws_server_destroy(f->server);
    f->server = NULL;
}

static void start_client(struct fixture *f, uint16_t port, struct aas_ws_client_config config)
{
    char url[64];
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%u/stream?since=7", port);
    config.url = url;
    config.on_open = client_open;
    config.on_message = client_message;
    config.on_close = client_close;
    config.ctx = f;
    config.backoff_min_ms = 20;
    config.backoff_max_ms = 100;
    assert_int_equal(aas_ws_client_create(&f->client, &config, NULL), 0);
    assert_int_equal(aas_ws_client_start(f->client, NULL), 0);
}

static void urls(void **state)
{
    (void)state;
    static const char *const good[] = {"ws://h",          "ws://h:1",   "ws://127.0.0.1:8002/stream?x=1",
                                       "ws://[::1]:80/a", "ws://[::1]", "ws://h?x=1"};
    static const char *const bad[] = {
        NULL,           "",         "http://h", "wss://h",  "ws://",     "ws://:80",   "ws://h:0",
        "ws://h:65536", "ws://h:x", "ws://h:",  "ws://u@h", "ws://h/#f", "ws://h/a b", "ws://h/\r\nX: y"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct aas_ws_client *client = NULL;
        assert_int_equal(aas_ws_client_create(&client, &(struct aas_ws_client_config){.url = good[i]}, NULL), 0);
        assert_false(aas_ws_client_connected(client));
        assert_int_equal(aas_ws_client_send(client, "x", 1), AAS_EUNAVAILABLE);
        aas_ws_client_destroy(client);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct aas_ws_client *client = NULL;
        struct aas_error err = AAS_ERROR_NONE;
        int rc = aas_ws_client_create(&client, &(struct aas_ws_client_config){.url = bad[i]}, &err);
        if (rc != AAS_EINVAL)
            print_error("%s: %d\n", bad[i] ? bad[i] : "NULL", rc);
        assert_int_equal(rc, AAS_EINVAL);
        assert_non_null(strstr(err.msg, "ws://host:port/path"));
    }
}

static void talks_and_stops(void **state)
{
    (void)state;
    struct fixture f = {0};
    start_server(&f);
    start_client(&f, ws_acceptor_port(f.acceptor),
                 (struct aas_ws_client_config){.authorization = "Bearer t0ken", .max_message_bytes = 1 << 20});
    assert_true(AAS_TEST_WAIT(WAIT_MS, atomic_load(&f.messages) == 1));
    assert_string_equal(f.last, "hello");
    assert_string_equal(f.user, "Bearer t0ken");
    assert_string_equal(ws_acceptor_request(f.acceptor), "GET /stream?since=7 HTTP/1.1");
    assert_true(aas_ws_client_connected(f.client));
    for (int i = 0; i < 500; i++) /* in order, none lost */
        assert_true(AAS_TEST_WAIT(WAIT_MS, aas_ws_client_send(f.client, i == 499 ? "end" : "mid", 3) == 0));
    assert_true(AAS_TEST_WAIT(WAIT_MS, atomic_load(&f.messages) == 501));
    assert_string_equal(f.last, "end");
    assert_int_equal(aas_ws_client_send(f.client, "big", 3), 0); /* comes in many pieces */
    assert_true(AAS_TEST_WAIT(WAIT_MS, atomic_load(&f.messages) == 502));
    assert_int_equal(f.last_len, 300000);
    aas_ws_client_stop(f.client);
    assert_false(aas_ws_client_connected(f.client));
    assert_int_equal(atomic_load(&f.closed), 0); /* no callback after stop */
    struct aas_ws_stats s;
    assert_true(AAS_TEST_WAIT(WAIT_MS, (aas_ws_server_stats(f.server, &s), s.clients == 0)));
    aas_ws_client_destroy(f.client);
    stop_server(&f);
}

static void comes_again_by_itself(void **state)
{
    (void)state;
    struct fixture f = {0};
    start_server(&f);
    start_client(&f, ws_acceptor_port(f.acceptor), (struct aas_ws_client_config){.max_message_bytes = 1000});
    static const struct {
        const char *order, *reason;
    } table[] = {{"kick", "code 4003: out"}, {"big", "limit"}, {"bad", "UTF-8"}};
    for (int i = 0; i < 3; i++) {
        assert_true(AAS_TEST_WAIT(WAIT_MS, atomic_load(&f.opened) == i + 1));
        assert_true(AAS_TEST_WAIT(WAIT_MS, aas_ws_client_send(f.client, table[i].order, strlen(table[i].order)) == 0));
        assert_true(AAS_TEST_WAIT(WAIT_MS, atomic_load(&f.closed) == i + 1));
        if (!strstr(f.reason, table[i].reason))
            print_error("%s: %s\n", table[i].order, f.reason);
        assert_non_null(strstr(f.reason, table[i].reason));
    }
    assert_true(AAS_TEST_WAIT(WAIT_MS, aas_ws_client_connects(f.client) == 4));
    aas_ws_client_destroy(f.client); /* stops it */
    stop_server(&f);
}

static void nobody_there_is_told_and_tried_again(void **state)
{
    (void)state;
    uint16_t port;
    assert_int_equal(aas_test_port(&port), 0);
    struct fixture f = {0};
    start_client(&f, port, (struct aas_ws_client_config){0});
    assert_true(AAS_TEST_WAIT(WAIT_MS, atomic_load(&f.closed) >= 3));
    assert_true(f.reason[0] != '\0');
    assert_int_equal(aas_ws_client_connects(f.client), 0);
    aas_ws_client_stop(f.client);
    aas_ws_client_destroy(f.client);
}

static void a_stop_while_connecting_is_quick(void **state)
{
    (void)state;
    struct fixture f = {0};
    start_server(&f);
    for (int i = 0; i < 20; i++) {
        start_client(&f, ws_acceptor_port(f.acceptor), (struct aas_ws_client_config){0});
        aas_ws_client_destroy(f.client);
    }
    stop_server(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),
        cmocka_unit_test(talks_and_stops),
        cmocka_unit_test(comes_again_by_itself),
        cmocka_unit_test(nobody_there_is_told_and_tried_again),
        cmocka_unit_test(a_stop_while_connecting_is_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
