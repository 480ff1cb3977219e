/* The hub's limits: slow readers, late hub, silence, too many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aas/error.h>
#include <aas/test_wait.h>

#include "ws_fixture.h"
#include "ws_ring.h"

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

static void a_slow_reader_loses_the_oldest_and_is_told(void **state)
{
    (void)state;
    enum { N = 5000, TEXT = 4000 };
    struct fixture f;
    struct ws_peer slow, quick;
    fixture_setup(&f, (struct aas_ws_server_config){.ring_frames = 50, .inbox_frames = N + 10});
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
    fixture_teardown(&f);
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
    fixture_setup(&f, (struct aas_ws_server_config){.inbox_frames = 10});
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
    fixture_teardown(&f);
}

static void look_away(void *arg, struct aas_ws_conn *conn)
{
    (void)arg;
    (void)conn;
}

static void calls_are_never_lost_but_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer p;
    atomic_int gate = 0;
    fixture_setup(&f, (struct aas_ws_server_config){.inbox_frames = 3});
    connect_to(&f, &p);
    assert_int_equal(aas_ws_server_each(f.server, block, &gate), 0);
    assert_true(AAS_TEST_WAIT(WAIT_MS, atomic_load(&gate) == 1));
    broadcast(&f, 0, 1, "one");
    for (int i = 0; i < 3; i++)
        assert_int_equal(aas_ws_server_each(f.server, look_away, NULL), 0); /* the third takes the frame's place */
    assert_int_equal(aas_ws_server_each(f.server, look_away, NULL), AAS_EUNAVAILABLE);
    broadcast(&f, 0, 2, "two"); /* finds no room either, and is counted */
    atomic_store(&gate, 2);
    expect_text(&p, "{\"type\":\"lost\",\"seq\":2,\"count\":2}");
    ws_peer_close(&p);
    fixture_teardown(&f);
}

static void too_many_clients_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer a, b, c;
    fixture_setup(&f, (struct aas_ws_server_config){.max_clients = 2});
    connect_to(&f, &a);
    connect_to(&f, &b);
    assert_false(ws_peer_open(&c, ws_acceptor_port(f.acceptor), NULL, 0));
    assert_int_equal(stats(&f).refused, 1);
    ws_peer_close(&a);
    assert_true(AAS_TEST_WAIT(WAIT_MS, ws_peer_open(&c, ws_acceptor_port(f.acceptor), NULL, 0)));
    ws_peer_close(&b);
    ws_peer_close(&c);
    fixture_teardown(&f);
}

static void silence_is_pinged_and_then_cut(void **state)
{
    (void)state;
    struct fixture f;
    struct ws_peer alive, dead;
    fixture_setup(&f, (struct aas_ws_server_config){.ping_s = 1, .pong_timeout_s = 2, .tick_ms = 50});
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
    fixture_teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_immutable_and_counted),
        cmocka_unit_test(the_ring_drops_the_oldest),
        cmocka_unit_test(a_slow_reader_loses_the_oldest_and_is_told),
        cmocka_unit_test(a_full_inbox_loses_the_oldest_and_tells_all),
        cmocka_unit_test(calls_are_never_lost_but_refused),
        cmocka_unit_test(too_many_clients_are_refused),
        cmocka_unit_test(silence_is_pinged_and_then_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
