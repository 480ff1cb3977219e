/* Many threads on one hub, and a stop in the middle of it: for ThreadSanitizer and AddressSanitizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include <aas/error.h>
#include <aas/rng.h>
#include <aas/test_wait.h>

#include "ws_fixture.h"

#define PRODUCERS 3
#define VISITORS  3
#define VISITS    60

struct worker {
    struct fixture *f;
    pthread_t thread;
    unsigned index;
    atomic_bool *go_on;
    unsigned done;
};

static atomic_uint seen;

static void look(void *arg, struct aas_ws_conn *conn)
{
    (void)arg;
    if (aas_ws_conn_id(conn) > 0)
        atomic_fetch_add(&seen, 1);
}

/* Broadcasts, frames for one client and calls for each, until told to end; also when the hub has stopped. */
static void *produce(void *arg)
{
    struct worker *w = arg;
    char text[2000];
    struct aas_rng rng;
    aas_rng_seed(&rng, w->index);
    memset(text, 'x', sizeof text);
    while (atomic_load(w->go_on)) {
        struct aas_ws_frame *frame = aas_ws_frame_create(text, (size_t)aas_rng_below(&rng, sizeof text),
                                                         &(struct aas_ws_frame_meta){.seq = ++w->done, .key = "k"});
        aas_ws_server_broadcast(w->f->server, frame);
        aas_ws_server_send(w->f->server, aas_rng_below(&rng, VISITORS * VISITS), frame);
        aas_ws_frame_unref(frame);
        AAS_IGNORE(aas_ws_server_each(w->f->server, look, NULL));
        struct aas_ws_stats s;
        aas_ws_server_stats(w->f->server, &s);
        if (w->done % 20 == 0)
            (void)usleep(1000);
    }
    return NULL;
}

/* Comes, talks, and leaves in different ways. */
static void *visit(void *arg)
{
    struct worker *w = arg;
    for (unsigned i = 0; i < VISITS; i++) {
        struct ws_peer p;
        if (!ws_peer_open(&p, ws_acceptor_port(w->f->acceptor), NULL, i % 5 == 0 ? 4096 : 0))
            continue;
        w->done++;
        (void)ws_peer_send_text(&p, i % 3 == 0 ? "close" : "echo:hello");
        for (unsigned n = 0; n < i % 7; n++)
            (void)ws_peer_receive(&p, 200);
        if (i % 4 == 0)
            (void)ws_peer_send(&p, 0x88, "\x03\xe8", 2);
        else if (i % 4 == 1)
            (void)ws_peer_send_raw(&p, "\x83\x80\0\0\0\0", 6);
        ws_peer_close(&p);
    }
    return NULL;
}

static void many_threads_and_a_stop_among_them(void **state)
{
    (void)state;
    struct fixture f;
    struct worker producers[PRODUCERS], visitors[VISITORS];
    struct ws_peer staying[5];
    atomic_bool go_on = true;
    fixture_setup(&f, (struct aas_ws_server_config){.ring_frames = 20, .inbox_frames = 100, .tick_ms = 1});
    for (size_t i = 0; i < 5; i++)
        connect_to(&f, &staying[i]); /* and never read */
    for (unsigned i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct worker){.f = &f, .index = i, .go_on = &go_on};
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    for (unsigned i = 0; i < VISITORS; i++) {
        visitors[i] = (struct worker){.f = &f, .index = i};
        assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
    }
    unsigned visits = 0;
    for (unsigned i = 0; i < VISITORS; i++) {
        assert_int_equal(pthread_join(visitors[i].thread, NULL), 0);
        visits += visitors[i].done;
    }
    assert_int_equal(visits, VISITORS * VISITS);
    struct aas_ws_stats s = stats(&f);
    assert_int_equal(s.opened, visits + 5);
    assert_true(s.sent > 0 && s.lost > 0 && atomic_load(&seen) > 0);
    ws_acceptor_stop(f.acceptor);
    f.acceptor = NULL;
    aas_ws_server_stop(f.server, 100); /* the producers go on */
    atomic_store(&go_on, false);
    for (unsigned i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_join(producers[i].thread, NULL), 0);
    for (size_t i = 0; i < 5; i++)
        ws_peer_close(&staying[i]);
    fixture_teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_threads_and_a_stop_among_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
