#include <aas/ws_server.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <aas/error.h>
#include <aas/metrics.h>
#include <aas/test_wait.h>

#include "ws_peer.h"
#include "ws_ring.h"

#define WAIT_MS 10000

struct fixture {
    struct aas_ws_server *server;
    struct ws_acceptor *acceptor;
    atomic_int opened, closed, messages, ticks;
    char last[128]; /* the last message; written before messages is counted up */
    uint32_t admit_kind;
};

static void on_open(void *ctx, struct aas_ws_conn *conn)
{
    struct fixture *f = ctx;
    aas_ws_conn_set_data(conn, f);
    atomic_fetch_add(&f->opened, 1);
}

static void on_close(void *ctx, struct aas_ws_conn *conn)
{
    struct fixture *f = ctx;
    assert_ptr_equal(aas_ws_conn_data(conn), f);
    atomic_fetch_add(&f->closed, 1);
}

/* Commands for the hub, by message. */
static void on_message(void *ctx, struct aas_ws_conn *conn, const char *data, size_t len, bool binary)
{
    struct fixture *f = ctx;
    (void)snprintf(f->last, sizeof f->last, "%s%.*s", binary ? "binary:" : "", (int)(len < 100 ? len : 100), data);
    atomic_fetch_add(&f->messages, 1);
    if (strncmp(data, "echo:", len < 5 ? len : 5) == 0)
        aas_ws_conn_send_text(conn, data, len);
    else if (len == 5 && memcmp(data, "close", 5) == 0)
        aas_ws_conn_close(conn, 4001, "as you wish");
    else if (len == 3 && memcmp(data, "who", 3) == 0)
        aas_ws_conn_send_text(conn, aas_ws_conn_peer(conn), strlen(aas_ws_conn_peer(conn)));
}

static bool admit(void *ctx, const struct aas_ws_conn *conn, const struct aas_ws_frame *frame)
{
    const struct fixture *f = ctx;
    (void)conn;
    return f->admit_kind == 0 || aas_ws_frame_meta(frame)->kind == f->admit_kind;
}

static void on_tick(void *ctx)
{
    struct fixture *f = ctx;
    atomic_fetch_add(&f->ticks, 1);
}

static void setup(struct fixture *f, struct aas_ws_server_config config)
{
    static const char *const protocols[] = {"aastreli.v1", NULL};
    memset(f, 0, sizeof *f);
    config.name = "test";
    config.subprotocols = protocols;
    config.callbacks = (struct aas_ws_callbacks){
        .on_open = on_open, .on_message = on_message, .on_close = on_close, .filter = admit, .on_tick = on_tick};
    config.ctx = f;
    assert_int_equal(aas_ws_server_create(&f->server, &config, NULL), 0);
    assert_int_equal(aas_ws_server_start(f->server, NULL), 0);
    f->acceptor = ws_acceptor_start(f->server);
}

static void teardown(struct fixture *f)
{
    if (f->acceptor)
        ws_acceptor_stop(f->acceptor);
    aas_ws_server_stop(f->server, 1000);
    aas_ws_server_destroy(f->server);
    assert_int_equal(atomic_load(&f->opened), atomic_load(&f->closed));
}

static void connect_to(const struct fixture *f, struct ws_peer *p)
{
    assert_true(ws_peer_open(p, ws_acceptor_port(f->acceptor), NULL, 0));
}

static void broadcast(struct fixture *f, uint32_t kind, uint64_t seq, const char *text)
{
    struct aas_ws_frame *frame =
        aas_ws_frame_create(text, strlen(text), &(struct aas_ws_frame_meta){.kind = kind, .seq = seq, .key = "s1"});
    assert_non_null(frame);
    aas_ws_server_broadcast(f->server, frame);
    aas_ws_frame_unref(frame);
}

static void expect_text(struct ws_peer *p, const char *want)
{
    const struct peer_frame *got = ws_peer_receive(p, WAIT_MS);
    assert_non_null(got);
    assert_int_equal(got->opcode, 1);
    assert_true(got->fin);
    assert_false(got->masked);
    assert_string_equal(got->payload, want);
}

static struct aas_ws_stats stats(const struct fixture *f)
{
    struct aas_ws_stats s;
    aas_ws_server_stats(f->server, &s);
    return s;
}

static void frames_are_immutable_and_counted(void **state)
{
    (void)state;
    char text[] = "abc", key[] = "pump-1";
    struct aas_ws_frame *frame =
        aas_ws_frame_create(text, 3, &(struct aas_ws_frame_meta){.kind = 7, .seq = 9, .key = key});
    assert_non_null(frame);
    memset(text, 'x', 3);
    memset(key, 'x', 6);
    size_t len = 0;
    assert_string_equal(aas_ws_frame_text(frame, &len), "abc");
    assert_int_equal(len, 3);
    assert_string_equal(aas_ws_frame_meta(frame)->key, "pump-1");
    assert_int_equal(aas_ws_frame_meta(frame)->kind, 7);
    assert_ptr_equal(aas_ws_frame_ref(frame), frame);
    aas_ws_frame_unref(frame);
    assert_string_equal(aas_ws_frame_text(frame, NULL), "abc");
    aas_ws_frame_unref(frame);
    struct aas_ws_frame *plain = aas_ws_frame_create("", 0, NULL);
    assert_string_equal(aas_ws_frame_meta(plain)->key, "");
    aas_ws_frame_unref(plain);
    assert_null(aas_ws_frame_create("", ((size_t)16 << 20) + 1, NULL));
}

static void push_text(struct ws_ring *ring, const char *text, uint64_t seq, size_t want_dropped)
{
    struct aas_ws_frame *frame = aas_ws_frame_create(text, strlen(text), &(struct aas_ws_frame_meta){.seq = seq});
    assert_int_equal(ws_ring_push(ring, frame), want_dropped);
    aas_ws_frame_unref(frame);
}

static void the_ring_drops_the_oldest(void **state)
{
    (void)state;
    struct ws_ring ring;
    assert_int_equal(ws_ring_init(&ring, 3, 40), 0);
    push_text(&ring, "1", 1, 0);
    push_text(&ring, "2", 2, 0);
    push_text(&ring, "3", 3, 0);
    push_text(&ring, "4", 4, 1); /* by number */
    assert_int_equal(ring.dropped_seq, 1);
    push_text(&ring, "123456789012345678901234567890", 5, 1); /* number again; 38 bytes now */
    push_text(&ring, "12345", 6, 2);                          /* number, then bytes */
    assert_int_equal(ring.dropped_seq, 4);
    push_text(&ring, "123456789", 7, 1); /* bytes */
    assert_int_equal(ring.dropped_seq, 5);
    assert_int_equal(ring.len, 2);
    push_text(&ring, "over the limit, all alone, but it gets in nevertheless", 8, 2);
    struct aas_ws_frame *frame = ws_ring_pop(&ring);
    assert_int_equal(aas_ws_frame_meta(frame)->seq, 8);
    aas_ws_frame_unref(frame);
    assert_int_equal(ring.bytes, 0);
    assert_null(ws_ring_pop(&ring));
    ws_ring_fini(&ring);
}

static void messages_go_both_ways(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    setup(&f, (struct aas_ws_server_config){0});
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
    teardown(&f);
}

static void the_chosen_subprotocol_is_answered(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    setup(&f, (struct aas_ws_server_config){0});
    assert_true(ws_peer_open(&p, ws_acceptor_port(f.acceptor), "aastreli.v1", 0));
    assert_non_null(strstr(p.head, "\r\nSec-WebSocket-Protocol: aastreli.v1\r\n"));
    ws_peer_close(&p);
    connect_to(&f, &p);
    assert_null(strcasestr(p.head, "Sec-WebSocket-Protocol"));
    assert_null(strcasestr(p.head, "Sec-WebSocket-Extensions"));
    ws_peer_close(&p);
    teardown(&f);
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
    setup(&f, (struct aas_ws_server_config){.max_message_bytes = 1000});
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
    teardown(&f);
}

static void a_code_arrives_even_if_the_peer_goes_on_sending(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    setup(&f, (struct aas_ws_server_config){0});
    connect_to(&f, &p);
    assert_true(ws_peer_send_raw(&p, "\x83\x80\0\0\0\0", 6));
    char junk[65536] = {0}; /* closing a socket with unread bytes would reset it */
    for (int i = 0; i < 20; i++)
        assert_true(ws_peer_send_raw(&p, junk, sizeof junk));
    assert_int_equal(ws_peer_close_code(&p, WAIT_MS), 1002);
    ws_peer_close(&p);
    teardown(&f);
}

static void the_service_closes_with_its_code(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    setup(&f, (struct aas_ws_server_config){0});
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
    teardown(&f);
}

static void a_broadcast_reaches_whom_the_filter_admits(void **state)
{
    (void)state;
    enum { N = 200 };
    struct fixture f;
    static struct ws_peer peers[N];
    setup(&f, (struct aas_ws_server_config){0});
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
    teardown(&f);
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
    setup(&f, (struct aas_ws_server_config){0});
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
    teardown(&f);
}

static void a_slow_reader_loses_the_oldest_and_is_told(void **state)
{
    (void)state;
    enum { N = 5000, TEXT = 4000 };
    struct fixture f;
    struct ws_peer slow, quick;
    setup(&f, (struct aas_ws_server_config){.ring_frames = 50, .inbox_frames = N + 10});
    assert_true(ws_peer_open(&slow, ws_acceptor_port(f.acceptor), NULL, 4096));
    connect_to(&f, &quick);
    char *text = malloc(TEXT);
    assert_non_null(text);
    for (unsigned seq = 1; seq <= N; seq++) {
        memset(text, 'x', TEXT);
        text[TEXT - 1] = '\0';
        int n = snprintf(text, TEXT, "{\"type\":\"x\",\"seq\":%u}", seq);
        text[n] = ' ';
        broadcast(&f, 0, seq, text);
        if (seq % 25 == 0) { /* so that the quick one keeps up */
            for (unsigned i = 0; i < 25; i++)
                assert_non_null(ws_peer_receive(&quick, WAIT_MS));
        }
    }
    unsigned last = 0, lost = 0, got = 0, notices = 0;
    while (last < N) {
        const struct peer_frame *frame = ws_peer_receive(&slow, WAIT_MS);
        assert_non_null(frame);
        unsigned seq = 0, count = 0;
        if (sscanf(frame->payload, "{\"type\":\"lost\",\"seq\":%u,\"count\":%u}", &seq, &count) == 2) {
            assert_int_equal(seq, last + count); /* the notice stands in the gap */
            lost += count;
            notices++;
        } else {
            assert_int_equal(sscanf(frame->payload, "{\"type\":\"x\",\"seq\":%u}", &seq), 1);
            assert_int_equal(seq, last + 1);
            got++;
        }
        last = seq;
    }
    assert_true(lost > 0 && notices > 0);
    assert_int_equal(got + lost, N);
    assert_int_equal(stats(&f).lost, lost);
    free(text);
    ws_peer_close(&slow);
    ws_peer_close(&quick);
    teardown(&f);
}

static void block(void *arg, struct aas_ws_conn *conn)
{
    (void)conn;
    atomic_int *gate = arg;
    atomic_store(gate, 1);
    while (atomic_load(gate) != 2)
        (void)usleep(1000);
}

static void a_full_inbox_loses_the_oldest_and_tells_all(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    atomic_int gate = 0;
    setup(&f, (struct aas_ws_server_config){.inbox_frames = 10});
    connect_to(&f, &p);
    assert_int_equal(aas_ws_server_each(f.server, block, &gate), 0);
    assert_true(AAS_TEST_WAIT(WAIT_MS, atomic_load(&gate) == 1)); /* the hub stands still */
    for (uint64_t seq = 1; seq <= 25; seq++) {
        char text[32];
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)seq);
        broadcast(&f, 0, seq, text);
    }
    atomic_store(&gate, 2);
    expect_text(&p, "{\"type\":\"lost\",\"seq\":15,\"count\":15}");
    for (int seq = 16; seq <= 25; seq++) {
        char text[32];
        (void)snprintf(text, sizeof text, "%d", seq);
        expect_text(&p, text);
    }
    ws_peer_close(&p);
    teardown(&f);
}

static void too_many_clients_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer a, b, c;
    setup(&f, (struct aas_ws_server_config){.max_clients = 2});
    connect_to(&f, &a);
    connect_to(&f, &b);
    assert_false(ws_peer_open(&c, ws_acceptor_port(f.acceptor), NULL, 0));
    assert_int_equal(stats(&f).refused, 1);
    ws_peer_close(&a);
    assert_true(AAS_TEST_WAIT(WAIT_MS, ws_peer_open(&c, ws_acceptor_port(f.acceptor), NULL, 0)));
    ws_peer_close(&b);
    ws_peer_close(&c);
    teardown(&f);
}

static void silence_is_pinged_and_then_cut(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer alive, dead;
    setup(&f, (struct aas_ws_server_config){.ping_s = 1, .pong_timeout_s = 2, .tick_ms = 50});
    connect_to(&f, &alive);
    connect_to(&f, &dead);
    int pings = 0;
    while (!ws_peer_at_end(&dead, 0)) { /* the first byte that it reads is the ping's */
        const struct peer_frame *frame = ws_peer_receive(&alive, WAIT_MS);
        assert_non_null(frame);
        assert_int_equal(frame->opcode, 9);
        assert_true(ws_peer_send(&alive, 0x8a, frame->payload, frame->len));
        pings++;
        if (pings >= 3)
            break;
    }
    assert_true(pings >= 2);
    assert_true(AAS_TEST_WAIT(WAIT_MS, stats(&f).clients == 1));
    assert_true(atomic_load(&f.ticks) > 5);
    ws_peer_close(&alive);
    ws_peer_close(&dead);
    teardown(&f);
}

static void stop_says_1001_and_does_not_wait_for_the_deaf(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer polite, deaf;
    setup(&f, (struct aas_ws_server_config){0});
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
    teardown(&f);
}

static void a_client_that_vanishes_at_once_is_no_harm(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_ws_server_config){0});
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
    teardown(&f);
}

static void shows_in_metrics_and_refuses_a_bad_configuration(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_ws_server_config){0});
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(1 << 20);
    assert_int_equal(aas_metrics_render(NULL, &text), 0);
    assert_non_null(strstr(aas_buf_str(&text), "aas_ws_clients{hub=\"test\"} 0"));
    teardown(&f);
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
        cmocka_unit_test(frames_are_immutable_and_counted),
        cmocka_unit_test(the_ring_drops_the_oldest),
        cmocka_unit_test(messages_go_both_ways),
        cmocka_unit_test(the_chosen_subprotocol_is_answered),
        cmocka_unit_test(hostile_frames_end_with_their_code),
        cmocka_unit_test(a_code_arrives_even_if_the_peer_goes_on_sending),
        cmocka_unit_test(the_service_closes_with_its_code),
        cmocka_unit_test(a_broadcast_reaches_whom_the_filter_admits),
        cmocka_unit_test(each_and_send_reach_their_clients),
        cmocka_unit_test(a_slow_reader_loses_the_oldest_and_is_told),
        cmocka_unit_test(a_full_inbox_loses_the_oldest_and_tells_all),
        cmocka_unit_test(too_many_clients_are_refused),
        cmocka_unit_test(silence_is_pinged_and_then_cut),
        cmocka_unit_test(stop_says_1001_and_does_not_wait_for_the_deaf),
        cmocka_unit_test(a_client_that_vanishes_at_once_is_no_harm),
        cmocka_unit_test(shows_in_metrics_and_refuses_a_bad_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
