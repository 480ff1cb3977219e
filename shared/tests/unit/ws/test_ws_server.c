/* The hub: messages, closing, broadcasts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <aas/error.h>
#include <aas/metrics.h>
#include <aas/test_wait.h>

#include "ws_fixture.h"

static void messages_go_both_ways(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    fixture_setup(&f, (struct aas_ws_server_config){0});
    connect_to(&f, &p);
    assert_true(ws_peer_send_text(&p, "echo:hi"));
    expect_text(&p, "echo:hi");
    assert_true(ws_peer_send(&p, 0x01, "echo:", 5)); /* in fragments, with a ping between */
    assert_true(ws_peer_send(&p, 0x89, "now", 3));
    assert_true(ws_peer_send(&p, 0x80, "joined", 6));
    const struct peer_frame *pong = ws_peer_receive(&p, WAIT_MS);
    assert_non_null(pong);
    assert_int_equal(pong->opcode, 10);
    assert_string_equal(pong->payload, "now");
    expect_text(&p, "echo:joined");
    assert_true(ws_peer_send(&p, 0x82, "bytes", 5));
    assert_true(AAS_TEST_WAIT(WAIT_MS, atomic_load(&f.messages) == 3));
    assert_string_equal(f.last, "binary:bytes");
    assert_true(ws_peer_send_text(&p, "who"));
    expect_text(&p, "127.0.0.1");
    assert_int_equal(stats(&f).clients, 1);
    assert_int_equal(stats(&f).received, 4);
    ws_peer_close(&p);
    assert_true(AAS_TEST_WAIT(WAIT_MS, stats(&f).clients == 0));
    fixture_teardown(&f);
}

static void the_chosen_subprotocol_is_answered(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    fixture_setup(&f, (struct aas_ws_server_config){0});
    assert_true(ws_peer_open(&p, ws_acceptor_port(f.acceptor), "aastreli.v1", 0));
    assert_non_null(strstr(p.head, "\r\nSec-WebSocket-Protocol: aastreli.v1\r\n"));
    ws_peer_close(&p);
    connect_to(&f, &p);
    assert_null(strcasestr(p.head, "Sec-WebSocket-Protocol"));
    assert_null(strcasestr(p.head, "Sec-WebSocket-Extensions"));
    ws_peer_close(&p);
    fixture_teardown(&f);
}

static void hostile_frames_end_with_their_code(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len;
        int want;
    } table[] = {
        {"unmasked", "\x81\x05hello", 7, 1002},
        {"RSV1", "\xc1\x81\0\0\0\0x", 7, 1002},
        {"opcode 3", "\x83\x81\0\0\0\0x", 7, 1002},
        {"ping over 125", "\x89\xfe\x00\x7e\0\0\0\0", 8, 1002},
        {"ping in fragments", "\x09\x80\0\0\0\0", 6, 1002},
        {"continuation of nothing", "\x80\x81\0\0\0\0x", 7, 1002},
        {"no UTF-8", "\x81\x82\0\0\0\0\xc3\x28", 8, 1007},
        {"close 1005", "\x88\x82\0\0\0\0\x03\xed", 8, 1002},
        {"close 1006", "\x88\x82\0\0\0\0\x03\xee", 8, 1002},
        {"close 1015", "\x88\x82\0\0\0\0\x03\xf7", 8, 1002},
        {"close 999", "\x88\x82\0\0\0\0\x03\xe7", 8, 1002},
        {"close of one byte", "\x88\x81\0\0\0\0\x03", 7, 1002},
        {"close reason no UTF-8", "\x88\x83\0\0\0\0\x03\xe8\xff", 9, 1007},
        {"too big", "\x82\xfe\xff\xff\0\0\0\0", 8, 1009},
        {"a good close", "\x88\x82\0\0\0\0\x03\xe8", 8, 1000},
        {"a close without a code", "\x88\x80\0\0\0\0", 6, 0},
    };
    struct fixture f;
    fixture_setup(&f, (struct aas_ws_server_config){.max_message_bytes = 1000});
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct ws_peer p;
        connect_to(&f, &p);
        assert_true(ws_peer_send_raw(&p, table[i].bytes, table[i].len));
        int code = ws_peer_close_code(&p, WAIT_MS);
        if (code != table[i].want)
            print_error("%s: %d\n", table[i].name, code);
        assert_int_equal(code, table[i].want);
        assert_true(ws_peer_at_end(&p, WAIT_MS)); /* the server closes first */
        ws_peer_close(&p);
    }
    assert_true(AAS_TEST_WAIT(WAIT_MS, stats(&f).clients == 0));
    assert_int_equal(atomic_load(&f.messages), 0);
    fixture_teardown(&f);
}

static void a_code_arrives_even_if_the_peer_goes_on_sending(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    fixture_setup(&f, (struct aas_ws_server_config){0});
    connect_to(&f, &p);
    assert_true(ws_peer_send_raw(&p, "\x83\x80\0\0\0\0", 6));
    char junk[65536] = {0}; /* closing a socket with unread bytes would reset it */
    for (int i = 0; i < 20; i++)
        assert_true(ws_peer_send_raw(&p, junk, sizeof junk));
    assert_int_equal(ws_peer_close_code(&p, WAIT_MS), 1002);
    ws_peer_close(&p);
    fixture_teardown(&f);
}

static void the_service_closes_with_its_code(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    fixture_setup(&f, (struct aas_ws_server_config){0});
    connect_to(&f, &p);
    assert_true(ws_peer_send_text(&p, "echo:first"));
    assert_true(ws_peer_send_text(&p, "close"));
    expect_text(&p, "echo:first"); /* what was queued comes before */
    const struct peer_frame *frame = ws_peer_receive(&p, WAIT_MS);
    assert_non_null(frame);
    assert_int_equal(frame->code, 4001);
    assert_string_equal(frame->payload + 2, "as you wish");
    assert_true(ws_peer_send_text(&p, "echo:too late"));
    assert_true(ws_peer_send(&p, 0x88, "\x0f\xa1", 2));
    assert_true(ws_peer_at_end(&p, WAIT_MS));
    assert_true(AAS_TEST_WAIT(WAIT_MS, stats(&f).clients == 0));
    assert_int_equal(atomic_load(&f.messages), 2);
    ws_peer_close(&p);
    fixture_teardown(&f);
}

/* A browser would take a close frame whose reason is no UTF-8 for a failure of the protocol. */
static void a_close_reason_is_always_utf8(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    fixture_setup(&f, (struct aas_ws_server_config){0});
    connect_to(&f, &p);
    assert_true(ws_peer_send_text(&p, "odd"));
    assert_int_equal(ws_peer_close_code(&p, WAIT_MS), 1008);
    assert_string_equal(p.frame.payload + 2, "cut: ?");
    ws_peer_close(&p);
    fixture_teardown(&f);
}

static void a_broadcast_reaches_whom_the_filter_admits(void **state)
{
    (void)state;
    enum { N = 200 };
    struct fixture f;
    static struct ws_peer peers[N];
    fixture_setup(&f, (struct aas_ws_server_config){0});
    f.admit_kind = 2;
    for (int i = 0; i < N; i++)
        connect_to(&f, &peers[i]);
    for (uint64_t seq = 1; seq <= 20; seq++) {
        char text[32];
        (void)snprintf(text, sizeof text, "{\"seq\":%llu}", (unsigned long long)seq);
        broadcast(&f, 1 + seq % 2, seq, text);
    }
    for (int i = 0; i < N; i++) {
        for (unsigned seq = 1; seq <= 19; seq += 2) {
            char want[32];
            (void)snprintf(want, sizeof want, "{\"seq\":%u}", seq);
            expect_text(&peers[i], want);
        }
        ws_peer_close(&peers[i]);
    }
    assert_int_equal(stats(&f).sent, N * 10);
    assert_int_equal(stats(&f).lost, 0);
    assert_int_equal(stats(&f).opened, N);
    fixture_teardown(&f);
}

static void send_id(void *arg, struct aas_ws_conn *conn)
{
    uint64_t *sum = arg;
    *sum += aas_ws_conn_id(conn);
    aas_ws_conn_send_text(conn, "each", 4);
}

static void each_and_send_reach_their_clients(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer a, b;
    uint64_t sum = 0;
    fixture_setup(&f, (struct aas_ws_server_config){0});
    connect_to(&f, &a);
    connect_to(&f, &b);
    assert_int_equal(aas_ws_server_each(f.server, send_id, &sum), 0);
    expect_text(&a, "each");
    expect_text(&b, "each");
    assert_int_equal(sum, 1 + 2);
    struct aas_ws_frame *frame = aas_ws_frame_create("only b", 6, NULL);
    aas_ws_server_send(f.server, 2, frame);
    aas_ws_server_send(f.server, 77, frame); /* nobody */
    aas_ws_frame_unref(frame);
    broadcast(&f, 0, 1, "all");
    expect_text(&b, "only b");
    expect_text(&b, "all");
    expect_text(&a, "all");
    ws_peer_close(&a);
    ws_peer_close(&b);
    fixture_teardown(&f);
}

static void stop_says_1001_and_does_not_wait_for_the_deaf(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer polite, deaf;
    fixture_setup(&f, (struct aas_ws_server_config){0});
    connect_to(&f, &polite);
    connect_to(&f, &deaf);
    broadcast(&f, 0, 1, "last words");
    ws_acceptor_stop(f.acceptor);
    f.acceptor = NULL;
    int64_t began = aas_test_real_ns();
    aas_ws_server_stop(f.server, 300);
    assert_true(aas_test_real_ns() - began < 5000000000);
    expect_text(&polite, "last words");
    assert_int_equal(ws_peer_close_code(&polite, WAIT_MS), 1001);
    assert_true(ws_peer_at_end(&polite, WAIT_MS));
    struct aas_ws_frame *frame = aas_ws_frame_create("x", 1, NULL);
    aas_ws_server_broadcast(f.server, frame); /* nothing happens */
    aas_ws_frame_unref(frame);
    assert_int_equal(aas_ws_server_each(f.server, send_id, NULL), AAS_EUNAVAILABLE);
    ws_peer_close(&polite);
    ws_peer_close(&deaf);
    fixture_teardown(&f);
}

static void a_client_that_vanishes_at_once_is_no_harm(void **state)
{
    (void)state;
    struct fixture f;
    fixture_setup(&f, (struct aas_ws_server_config){0});
    for (int i = 0; i < 100; i++) {
        struct ws_peer p;
        connect_to(&f, &p);
        if (i % 2 == 0) { /* a reset instead of a FIN */
            const struct linger hard = {.l_onoff = 1};
            (void)setsockopt(p.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        }
        broadcast(&f, 0, 1, "hello and goodbye");
        ws_peer_close(&p);
    }
    assert_true(AAS_TEST_WAIT(WAIT_MS, stats(&f).clients == 0));
    assert_int_equal(stats(&f).opened, 100);
    fixture_teardown(&f);
}

static void shows_in_metrics_and_refuses_a_bad_configuration(void **state)
{
    (void)state;
    struct fixture f;
    fixture_setup(&f, (struct aas_ws_server_config){0});
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(1 << 20);
    assert_int_equal(aas_metrics_render(NULL, &text), 0);
    assert_non_null(strstr(aas_buf_str(&text), "aas_ws_clients{hub=\"test\"} 0"));
    fixture_teardown(&f);
    struct aas_ws_server *server = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    const struct aas_ws_server_config bad = {.ping_s = 50, .pong_timeout_s = 45};
    assert_int_equal(aas_ws_server_create(&server, &bad, &err), AAS_EINVAL);
    assert_null(server);
    aas_ws_server_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_both_ways),
        cmocka_unit_test(the_chosen_subprotocol_is_answered),
        cmocka_unit_test(hostile_frames_end_with_their_code),
        cmocka_unit_test(a_code_arrives_even_if_the_peer_goes_on_sending),
        cmocka_unit_test(the_service_closes_with_its_code),
        cmocka_unit_test(a_close_reason_is_always_utf8),
        cmocka_unit_test(a_broadcast_reaches_whom_the_filter_admits),
        cmocka_unit_test(each_and_send_reach_their_clients),
        cmocka_unit_test(stop_says_1001_and_does_not_wait_for_the_deaf),
        cmocka_unit_test(a_client_that_vanishes_at_once_is_no_harm),
        cmocka_unit_test(shows_in_metrics_and_refuses_a_bad_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
