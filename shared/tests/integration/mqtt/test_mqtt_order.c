/* What the client sends, and when, watched by a scripted broker: no byte leaves while something that was read is not
 * durable (library-facts: libmosquitto by itself acknowledges earlier). */
#include "fake_broker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "aas/mqtt.h"
#include "aas/test_wait.h"

/* on_batch waits at a gate that the test opens, once per batch. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool held;   /* on_batch has to wait */
    bool inside; /* on_batch is waiting */
    int answer;
    unsigned messages, batches;
    char payloads[256];
    char reason[200];
    int state;
    struct fake_broker b;
    struct aas_mqtt *m;
};

static void on_message(void *ctx, const struct aas_mqtt_message *msg)
{
    struct gate *g = ctx;
    (void)pthread_mutex_lock(&g->lock);
    g->messages++;
    size_t used = strlen(g->payloads);
    (void)snprintf(g->payloads + used, sizeof g->payloads - used, "%.*s ", (int)msg->len, (const char *)msg->payload);
    (void)pthread_mutex_unlock(&g->lock);
}

static int on_batch(void *ctx)
{
    struct gate *g = ctx;
    (void)pthread_mutex_lock(&g->lock);
    g->inside = true;
    while (g->held)
        (void)pthread_cond_wait(&g->opened, &g->lock);
    g->inside = false;
    g->batches++;
    int answer = g->answer;
    (void)pthread_mutex_unlock(&g->lock);
    return answer;
}

static void on_state(void *ctx, enum aas_mqtt_state state, const char *reason)
{
    struct gate *g = ctx;
    (void)pthread_mutex_lock(&g->lock);
    g->state = (int)state;
    if (*reason)
        (void)snprintf(g->reason, sizeof g->reason, "%s", reason);
    (void)pthread_mutex_unlock(&g->lock);
}

static void hold(struct gate *g, bool held, int answer)
{
    (void)pthread_mutex_lock(&g->lock);
    g->held = held;
    g->answer = answer;
    (void)pthread_cond_broadcast(&g->opened);
    (void)pthread_mutex_unlock(&g->lock);
}

static bool inside(struct gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    bool in = g->inside;
    (void)pthread_mutex_unlock(&g->lock);
    return in;
}

static bool reason_has(struct gate *g, const char *text)
{
    (void)pthread_mutex_lock(&g->lock);
    bool has = strstr(g->reason, text) != NULL;
    (void)pthread_mutex_unlock(&g->lock);
    return has;
}

static void start_client(struct gate *g, const struct aas_mqtt_config *extra)
{
    static const struct aas_mqtt_filter filters[] = {{"t", 1}};
    struct aas_mqtt_config c = *extra;
    c.port = g->b.port;
    c.client_id = "order";
    c.persistent = true;
    c.filters = filters;
    c.n_filters = 1;
    c.backoff_min_ms = 10;
    c.backoff_max_ms = 50;
    c.callbacks = (struct aas_mqtt_callbacks){.on_message = on_message, .on_batch = on_batch, .on_state = on_state};
    c.ctx = g;
    assert_int_equal(aas_mqtt_create(&g->m, &c, NULL), 0);
    assert_int_equal(aas_mqtt_start(g->m, NULL), 0);
}

static int setup(void **state)
{
    struct gate *g = calloc(1, sizeof *g);
    if (!g)
        return -1;
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_cond_init(&g->opened, NULL);
    fake_start(&g->b);
    *state = g;
    return 0;
}

static int teardown(void **state)
{
    struct gate *g = *state;
    hold(g, false, 0);
    aas_mqtt_destroy(g->m);
    fake_stop(&g->b);
    free(g);
    return 0;
}

static void no_puback_leaves_before_the_batch_is_durable(void **state)
{
    struct gate *g = *state;
    start_client(g, &(struct aas_mqtt_config){0});
    fake_welcome(&g->b);
    hold(g, true, 0);
    for (uint16_t mid = 1; mid <= 20; mid++)
        fake_publish(&g->b, mid, false, "x");
    assert_true(AAS_TEST_WAIT(5000, inside(g)));
    assert_true(fake_silent(&g->b, 300));
    for (uint16_t mid = 21; mid <= 30; mid++) /* these come while the batch is being written */
        fake_publish(&g->b, mid, false, "y");
    assert_true(fake_silent(&g->b, 300));
    hold(g, false, 0);
    for (unsigned mid = 1; mid <= 30; mid++)
        assert_int_equal(fake_puback(&g->b, 5000), mid);
    assert_int_equal(g->messages, 30);
    assert_true(g->batches >= 2);
}

/* The second batch's PUBACKs must not leave with the first one's. */
static void each_batch_is_acknowledged_by_itself(void **state)
{
    struct gate *g = *state;
    start_client(g, &(struct aas_mqtt_config){.max_batch = 1});
    fake_welcome(&g->b);
    hold(g, true, 0);
    fake_publish(&g->b, 1, false, "a");
    assert_true(AAS_TEST_WAIT(5000, inside(g)));
    fake_publish(&g->b, 2, false, "b");
    fake_publish(&g->b, 3, false, "c");
    hold(g, false, 0);
    for (unsigned mid = 1; mid <= 3; mid++)
        assert_int_equal(fake_puback(&g->b, 5000), mid);
    struct aas_mqtt_stats st;
    aas_mqtt_stats(g->m, &st);
    assert_int_equal(st.batches, 3);
}

static void no_ping_leaves_while_a_batch_is_open(void **state)
{
    struct gate *g = *state;
    struct fake_packet p;
    start_client(g, &(struct aas_mqtt_config){.keepalive_s = 5});
    fake_welcome(&g->b);
    hold(g, true, 0);
    fake_publish(&g->b, 7, false, "x");
    assert_true(AAS_TEST_WAIT(5000, inside(g)));
    assert_true(fake_silent(&g->b, 6500)); /* a PINGREQ would be due after 5 s */
    hold(g, false, 0);
    bool acked = false, pinged = false;
    while (!(acked && pinged) && fake_read(&g->b, &p, 10000)) {
        assert_true(p.type == FAKE_PUBACK || p.type == FAKE_PINGREQ);
        acked = acked || p.type == FAKE_PUBACK;
        pinged = pinged || p.type == FAKE_PINGREQ;
    }
    assert_true(acked && pinged);
}

static void a_refused_batch_drops_the_connection_without_a_byte(void **state)
{
    struct gate *g = *state;
    struct fake_packet p;
    start_client(g, &(struct aas_mqtt_config){0});
    fake_welcome(&g->b);
    hold(g, true, AAS_ENOSPC);
    fake_publish(&g->b, 1, false, "a");
    fake_publish(&g->b, 2, false, "b");
    assert_true(AAS_TEST_WAIT(5000, inside(g)));
    hold(g, false, AAS_ENOSPC);
    assert_false(fake_read(&g->b, &p, 5000)); /* the end of the connection, and nothing before it */
    assert_true(AAS_TEST_WAIT(5000, reason_has(g, "could not be made durable")));
    hold(g, false, 0);
    fake_welcome(&g->b);
    fake_publish(&g->b, 1, true, "a");
    fake_publish(&g->b, 2, true, "b");
    assert_int_equal(fake_puback(&g->b, 5000), 1);
    assert_int_equal(fake_puback(&g->b, 5000), 2);
    struct aas_mqtt_stats st;
    aas_mqtt_stats(g->m, &st);
    assert_int_equal(st.dropped_batches, 1);
    assert_int_equal(st.connects, 2);
}

/* A full disk: the distance between attempts grows, though connecting works each time. */
static void refused_batches_are_retried_ever_later(void **state)
{
    struct gate *g = *state;
    struct fake_packet p;
    start_client(g, &(struct aas_mqtt_config){0});
    hold(g, false, AAS_ENOSPC);
    int64_t begin = aas_test_real_ns();
    for (uint16_t i = 0; i < 6; i++) {
        fake_welcome(&g->b);
        fake_publish(&g->b, 1, i > 0, "a");
        assert_false(fake_read(&g->b, &p, 5000));
    }
    assert_true(aas_test_real_ns() - begin >= 80000000); /* at least 5 + 10 + 20 + 25 + 25 ms, five times 5 without */
    hold(g, false, 0);
    fake_welcome(&g->b);
    fake_publish(&g->b, 1, true, "a");
    assert_int_equal(fake_puback(&g->b, 5000), 1);
}

static void what_was_read_when_the_connection_broke_is_settled(void **state)
{
    struct gate *g = *state;
    start_client(g, &(struct aas_mqtt_config){0});
    fake_welcome(&g->b);
    fake_publish(&g->b, 1, false, "last");
    fake_close(&g->b);
    assert_true(AAS_TEST_WAIT(5000, ({
                                  struct aas_mqtt_stats st;
                                  aas_mqtt_stats(g->m, &st);
                                  st.received == 1;
                              })));
    fake_welcome(&g->b);
    assert_true(g->batches == 1);
}

/* A broker that is killed has told publishers "I have it", and what it sent waits in our socket: a PUBACK that can't be
 * written must not cost it. */
static void what_a_dead_broker_had_sent_is_read_to_the_end(void **state)
{
    struct gate *g = *state;
    const struct linger reset = {.l_onoff = 1, .l_linger = 0}; /* as the kernel does for one killed with unread bytes */
    start_client(g, &(struct aas_mqtt_config){.max_batch = 1});
    fake_welcome(&g->b);
    hold(g, true, 0);
    fake_publish(&g->b, 1, false, "1");
    assert_true(AAS_TEST_WAIT(5000, inside(g)));
    for (uint16_t mid = 2; mid <= 9; mid++)
        fake_publish(&g->b, mid, false, "2");
    assert_int_equal(setsockopt(g->b.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    fake_close(&g->b);
    hold(g, false, 0);
    fake_welcome(&g->b);
    assert_int_equal(g->messages, 9);
    assert_int_equal(g->batches, 9);
}

static void a_broker_of_3_1_1_is_understood(void **state)
{
    struct gate *g = *state;
    start_client(g, &(struct aas_mqtt_config){0});
    fake_accept(&g->b);
    assert_int_equal(g->b.version, 5);
    fake_send(&g->b, (const uint8_t[]){0x20, 3, 0, 0x84, 0}, 5); /* unsupported protocol version */
    fake_accept(&g->b);
    assert_int_equal(g->b.version, 4);
    fake_connack(&g->b, 0);
    fake_suback(&g->b, 1);
    fake_publish(&g->b, 1, false, "x");
    assert_int_equal(fake_puback(&g->b, 5000), 1);
    struct aas_mqtt_stats st;
    aas_mqtt_stats(g->m, &st);
    assert_int_equal(st.protocol, 4);
    fake_close(&g->b);
    fake_accept(&g->b);
    assert_int_equal(g->b.version, 4); /* what has worked stays */
}

static void a_broker_of_3_1_1_that_just_hangs_up_is_understood(void **state)
{
    struct gate *g = *state;
    unsigned attempts = 0;
    start_client(g, &(struct aas_mqtt_config){0});
    do {
        fake_accept(&g->b);
        attempts++;
        if (g->b.version == 5 && attempts == 1)
            fake_send(&g->b, (const uint8_t[]){0x20, 2, 0, 1}, 4); /* its CONNACK is not one of MQTT 5 */
    } while (g->b.version == 5 && attempts < 5);
    assert_int_equal(g->b.version, 4);
    fake_connack(&g->b, 0);
    fake_suback(&g->b, 1);
    assert_true(AAS_TEST_WAIT(5000, aas_mqtt_state_of(g->m) == AAS_MQTT_READY));
}

static void a_refused_subscription_is_told_and_tried_again(void **state)
{
    struct gate *g = *state;
    start_client(g, &(struct aas_mqtt_config){0});
    fake_accept(&g->b);
    fake_connack(&g->b, 0);
    fake_suback(&g->b, 0x87);
    assert_true(AAS_TEST_WAIT(5000, reason_has(g, "refused to subscribe t: Not authorized")));
    assert_int_equal(aas_mqtt_state_of(g->m), AAS_MQTT_CONNECTED);
    fake_suback(&g->b, 1);
    assert_true(AAS_TEST_WAIT(5000, aas_mqtt_state_of(g->m) == AAS_MQTT_READY));
    struct aas_mqtt_stats st;
    aas_mqtt_stats(g->m, &st);
    assert_int_equal(st.suback_refused, 1);
}

static void wrong_credentials_are_told(void **state)
{
    struct gate *g = *state;
    start_client(g, &(struct aas_mqtt_config){0});
    fake_accept(&g->b);
    fake_connack(&g->b, 0x86);
    assert_true(AAS_TEST_WAIT(5000, reason_has(g, "the broker refused: Bad User Name or Password")));
    fake_accept(&g->b);
    assert_int_equal(g->b.version, 5); /* and it is no reason to change the version */
}

static void silence_brings_a_new_connection(void **state)
{
    struct gate *g = *state;
    struct fake_packet p;
    start_client(g, &(struct aas_mqtt_config){.silence_s = 1});
    fake_welcome(&g->b);
    assert_false(fake_read(&g->b, &p, 5000)); /* its end is the watchdog's doing */
    assert_true(AAS_TEST_WAIT(5000, reason_has(g, "no message for too long")));
    fake_welcome(&g->b);
    struct aas_mqtt_stats st;
    aas_mqtt_stats(g->m, &st);
    assert_true(st.watchdog_reconnects >= 1);
}

static void garbage_ends_the_connection_only(void **state)
{
    struct gate *g = *state;
    start_client(g, &(struct aas_mqtt_config){0});
    fake_welcome(&g->b);
    fake_send(&g->b, "\xF7\xFF\xFF\xFF\xFF\xFF garbage", 14);
    fake_welcome(&g->b);
    fake_publish(&g->b, 9, false, "x");
    assert_int_equal(fake_puback(&g->b, 5000), 9);
}

/* The broker takes what is published but never acknowledges: no more than max_inflight leave. */
static void unacknowledged_publishes_are_bounded_and_sent_again(void **state)
{
    struct gate *g = *state;
    struct fake_packet p;
    start_client(g, &(struct aas_mqtt_config){.max_inflight = 5});
    fake_welcome(&g->b);
    for (int i = 0; i < 20; i++)
        assert_int_equal(aas_mqtt_publish(g->m, "out", "x", 1, 1, false, AAS_MONO_PAST, NULL), 0);
    for (int i = 0; i < 5; i++) {
        assert_true(fake_read(&g->b, &p, 5000));
        assert_int_equal(p.type, FAKE_PUBLISH);
        assert_int_equal(p.flags, 2); /* QoS 1, no dup */
    }
    assert_true(fake_silent(&g->b, 200));
    assert_int_equal(aas_mqtt_flush(g->m, aas_mono_in_ms(10)), AAS_ETIMEDOUT);
    fake_welcome(&g->b); /* closes the old connection first */
    unsigned mids[20], n = 0;
    while (n < 20) {
        assert_true(fake_read(&g->b, &p, 5000));
        assert_int_equal(p.type, FAKE_PUBLISH);
        mids[n] = (unsigned)p.body[5] << 8 | p.body[6];
        if (n < 5)
            assert_int_equal(p.flags, 2 | 8); /* again, and says so */
        fake_send(&g->b, (const uint8_t[]){0x40, 2, (uint8_t)(mids[n] >> 8), (uint8_t)mids[n]}, 4);
        n++;
    }
    assert_int_equal(aas_mqtt_flush(g->m, aas_mono_in_ms(5000)), 0);
    struct aas_mqtt_stats st;
    aas_mqtt_stats(g->m, &st);
    assert_int_equal(st.acked, 20);
    assert_int_equal(st.queued + st.inflight, 0);
}

static void stop_says_goodbye_in_time(void **state)
{
    struct gate *g = *state;
    struct fake_packet p;
    start_client(g, &(struct aas_mqtt_config){0});
    fake_welcome(&g->b);
    fake_publish(&g->b, 1, false, "x");
    assert_int_equal(fake_puback(&g->b, 5000), 1);
    assert_int_equal(aas_mqtt_publish(g->m, "out", "x", 1, 1, false, AAS_MONO_PAST, NULL), 0);
    int64_t begin = aas_test_real_ns();
    aas_mqtt_stop(g->m, aas_mono_in_ms(300)); /* its PUBACK never comes */
    assert_true(aas_test_real_ns() - begin < 3000000000);
    assert_true(fake_read(&g->b, &p, 5000));
    assert_int_equal(p.type, FAKE_PUBLISH);
    assert_true(fake_read(&g->b, &p, 5000));
    assert_int_equal(p.type, FAKE_DISCONNECT);
    assert_int_equal(aas_mqtt_publish(g->m, "out", "x", 1, 1, false, AAS_MONO_PAST, NULL), AAS_ECLOSED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(no_puback_leaves_before_the_batch_is_durable),
        T(each_batch_is_acknowledged_by_itself),
        T(no_ping_leaves_while_a_batch_is_open),
        T(a_refused_batch_drops_the_connection_without_a_byte),
        T(refused_batches_are_retried_ever_later),
        T(what_was_read_when_the_connection_broke_is_settled),
        T(what_a_dead_broker_had_sent_is_read_to_the_end),
        T(a_broker_of_3_1_1_is_understood),
        T(a_broker_of_3_1_1_that_just_hangs_up_is_understood),
        T(a_refused_subscription_is_told_and_tried_again),
        T(wrong_credentials_are_told),
        T(silence_brings_a_new_connection),
        T(garbage_ends_the_connection_only),
        T(unacknowledged_publishes_are_bounded_and_sent_again),
        T(stop_says_goodbye_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
