/* The client against a real mosquitto: both directions, restarts, sessions, versions, TLS, passwords, volume. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/mqtt.h"
#include "aas/test_broker.h"
#include "aas/test_dir.h"
#include "aas/test_wait.h"

#define MAX_SEEN 100001

/* A subscriber that counts what came, by the number in the payload. */
struct sink {
    struct aas_mqtt *m;
    _Atomic uint32_t total, unique, bad;
    _Atomic int64_t last; /* newest number */
    uint8_t *seen;        /* [MAX_SEEN] */
    _Atomic uint32_t disorder;
    char reason[200];
};

struct fixture {
    struct aas_test_broker *b;
    struct sink sink;
    struct aas_mqtt *pub;
    _Atomic uint64_t acked, refused;
};

static void on_message(void *ctx, const struct aas_mqtt_message *msg)
{
    struct sink *s = ctx;
    char text[16] = "";
    char *end;
    memcpy(text, msg->payload, msg->len < 15 ? msg->len : 15);
    unsigned long n = strtoul(text, &end, 10);
    if (*end || n >= MAX_SEEN) {
        s->bad++;
        return;
    }
    s->total++;
    if (!s->seen[n]) {
        s->unique++;
        s->disorder += (int64_t)n < s->last;
    }
    s->seen[n] = 1;
    s->last = (int64_t)n;
}

static pthread_mutex_t reason_lock = PTHREAD_MUTEX_INITIALIZER;

static void on_state(void *ctx, enum aas_mqtt_state state, const char *reason)
{
    struct sink *s = ctx;
    (void)state;
    (void)pthread_mutex_lock(&reason_lock);
    if (*reason)
        (void)snprintf(s->reason, sizeof s->reason, "%s", reason);
    (void)pthread_mutex_unlock(&reason_lock);
}

/* Has the client given a reason with text in it? */
static bool said(struct sink *s, const char *text)
{
    (void)pthread_mutex_lock(&reason_lock);
    bool has = s->reason[0] && strstr(s->reason, text);
    (void)pthread_mutex_unlock(&reason_lock);
    return has;
}

static void on_published(void *ctx, uint64_t token, int rc)
{
    struct fixture *f = ctx;
    (void)token;
    f->acked += rc == 0;
    f->refused += rc != 0;
}

static void start_broker(struct fixture *f, const struct aas_test_broker_options *o)
{
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_test_broker_start(&f->b, o, &err);
    if (rc)
        fail_msg("%s", aas_error_text(&err, rc));
}

static struct aas_mqtt_config base_config(const struct fixture *f)
{
    return (struct aas_mqtt_config){.port = aas_test_broker_port(f->b), .backoff_min_ms = 20, .backoff_max_ms = 200};
}

static void start_sink(struct fixture *f, const struct aas_mqtt_config *with, int qos)
{
    const struct aas_mqtt_filter filters[] = {{"aastreli/#", qos}, {"other/+/x", 0}};
    struct aas_mqtt_config c = *with;
    struct aas_error err = AAS_ERROR_NONE;
    c.client_id = "sink";
    c.persistent = true;
    c.filters = filters;
    c.n_filters = 2;
    c.callbacks = (struct aas_mqtt_callbacks){.on_message = on_message, .on_state = on_state};
    c.ctx = &f->sink;
    int rc = aas_mqtt_create(&f->sink.m, &c, &err);
    if (rc || aas_mqtt_start(f->sink.m, NULL) != 0)
        fail_msg("%s", err.msg);
}

static void start_publisher(struct fixture *f, const struct aas_mqtt_config *with)
{
    struct aas_mqtt_config c = *with;
    c.callbacks = (struct aas_mqtt_callbacks){.on_published = on_published};
    c.ctx = f;
    assert_int_equal(aas_mqtt_create(&f->pub, &c, NULL), 0);
    assert_int_equal(aas_mqtt_start(f->pub, NULL), 0);
}

static void publish(struct fixture *f, unsigned n, int qos)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u", n);
    assert_int_equal(aas_mqtt_publish(f->pub, "aastreli/sensors/s1/data", text, (size_t)len, qos, false,
                                      aas_mono_in_ms(20000), NULL),
                     0);
}

static uint64_t connects(const struct aas_mqtt *m)
{
    struct aas_mqtt_stats st;
    aas_mqtt_stats(m, &st);
    return st.connects;
}

static bool ready(struct fixture *f)
{
    return AAS_TEST_WAIT(10000, aas_mqtt_state_of(f->sink.m) == AAS_MQTT_READY);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f)
        f->sink.seen = calloc(MAX_SEEN, 1);
    *state = f;
    return f && f->sink.seen ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aas_mqtt_destroy(f->pub);
    aas_mqtt_destroy(f->sink.m);
    aas_test_broker_destroy(f->b);
    free(f->sink.seen);
    free(f);
    return 0;
}

static void both_qualities_of_service_arrive(void **state)
{
    struct fixture *f = *state;
    start_broker(f, NULL);
    struct aas_mqtt_config c = base_config(f);
    start_sink(f, &c, 1);
    assert_true(ready(f));
    start_publisher(f, &c);
    for (unsigned i = 0; i < 200; i++)
        publish(f, i, (int)(i % 2));
    assert_int_equal(aas_mqtt_flush(f->pub, aas_mono_in_ms(10000)), 0);
    assert_true(AAS_TEST_WAIT(10000, f->sink.unique == 200));
    assert_int_equal(f->acked, 200);
    struct aas_mqtt_stats st;
    aas_mqtt_stats(f->sink.m, &st);
    assert_int_equal(st.protocol, 5);
    assert_int_equal(st.received, 200);
    assert_true(st.batches > 0 && st.last_message_ms > 0);
    assert_int_equal(f->sink.disorder, 0);
}

/* 100,000: more than the 65,535 at which libmosquitto alone loses messages in silence. */
static void a_hundred_thousand_publishes_arrive_in_order(void **state)
{
    struct fixture *f = *state;
    start_broker(f, NULL);
    struct aas_mqtt_config c = base_config(f);
    start_sink(f, &c, 1);
    assert_true(ready(f));
    start_publisher(f, &c);
    for (unsigned i = 0; i < 100000; i++)
        publish(f, i, 1);
    assert_int_equal(aas_mqtt_flush(f->pub, aas_mono_in_ms(60000)), 0);
    assert_true(AAS_TEST_WAIT(60000, f->sink.unique == 100000));
    assert_int_equal(f->sink.total, 100000);
    assert_int_equal(f->sink.disorder + f->sink.bad, 0);
    assert_int_equal(f->acked, 100000);
}

static void nothing_is_lost_while_the_broker_restarts_ten_times(void **state)
{
    struct fixture *f = *state;
    unsigned n = 0;
    start_broker(f, NULL);
    struct aas_mqtt_config c = base_config(f);
    start_sink(f, &c, 1);
    assert_true(ready(f));
    start_publisher(f, &c);
    for (int restart = 0; restart < 10; restart++) {
        for (int i = 0; i < 300; i++)
            publish(f, n++, 1);
        assert_true(AAS_TEST_WAIT(10000, connects(f->sink.m) > (uint64_t)restart));
        assert_true(AAS_TEST_WAIT(10000, connects(f->pub) > (uint64_t)restart));
        assert_int_equal(aas_test_broker_restart(f->b, false, NULL), 0);
    }
    for (int i = 0; i < 300; i++)
        publish(f, n++, 1);
    assert_int_equal(aas_mqtt_flush(f->pub, aas_mono_in_ms(30000)), 0);
    assert_int_equal(f->acked, n);
    assert_true(AAS_TEST_WAIT(30000, f->sink.unique == n)); /* at least once: duplicates are the reader's to find */
    assert_true(connects(f->sink.m) >= 11);
}

static void a_persistent_session_keeps_what_came_meanwhile(void **state)
{
    struct fixture *f = *state;
    start_broker(f, NULL);
    struct aas_mqtt_config c = base_config(f);
    start_sink(f, &c, 1);
    assert_true(ready(f));
    aas_mqtt_destroy(f->sink.m);
    f->sink.m = NULL;
    start_publisher(f, &c);
    for (unsigned i = 0; i < 500; i++)
        publish(f, i, 1);
    assert_int_equal(aas_mqtt_flush(f->pub, aas_mono_in_ms(10000)), 0);
    assert_int_equal(aas_test_broker_restart(f->b, false, NULL), 0);
    start_sink(f, &c, 1);
    assert_true(AAS_TEST_WAIT(10000, f->sink.unique == 500));
    assert_int_equal(f->sink.total, 500);
}

static void an_absent_broker_is_waited_for(void **state)
{
    struct fixture *f = *state;
    start_broker(f, NULL);
    struct aas_mqtt_config c = base_config(f);
    c.host = "localhost"; /* perhaps two addresses, of which one has no listener */
    aas_test_broker_stop(f->b, false);
    start_sink(f, &c, 1);
    assert_true(AAS_TEST_WAIT(5000, said(&f->sink, "refused")));
    start_publisher(f, &c);
    publish(f, 1, 1);
    assert_int_equal(aas_test_broker_resume(f->b, NULL), 0);
    assert_true(ready(f));
    assert_true(AAS_TEST_WAIT(10000, f->sink.unique == 1 || f->acked == 1));
    struct aas_mqtt_stats st;
    aas_mqtt_stats(f->sink.m, &st);
    assert_int_equal(st.protocol, 5); /* its absence said nothing about versions */
}

static void a_wrong_password_is_told_and_the_right_one_works(void **state)
{
    struct fixture *f = *state;
    char dir[AAS_TEST_PATH_BYTES], listener[1024], cmd[1024];
    assert_int_equal(aas_test_dir_make(dir), 0);
    (void)snprintf(cmd, sizeof cmd, "mosquitto_passwd -b -c %.400s/pw sink right 2>/dev/null", dir);
    assert_int_equal(system(cmd), 0);
    (void)snprintf(listener, sizeof listener,
                   "listener %%u 127.0.0.1\nallow_anonymous false\npassword_file %.400s/pw\n", dir);
    start_broker(f, &(struct aas_test_broker_options){.listener = listener});
    struct aas_mqtt_config c = base_config(f);
    c.username = "sink";
    c.password = "wrong";
    start_sink(f, &c, 1);
    assert_true(AAS_TEST_WAIT(10000, said(&f->sink, "the broker refused: ")));
    assert_int_not_equal(aas_mqtt_state_of(f->sink.m), AAS_MQTT_READY);
    aas_mqtt_destroy(f->sink.m);
    f->sink.m = NULL;
    c.password = "right";
    start_sink(f, &c, 1);
    assert_true(ready(f));
    aas_test_dir_remove(dir);
}

static void mutual_tls_works_and_strangers_stay_out(void **state)
{
    struct fixture *f = *state;
    char dir[AAS_TEST_PATH_BYTES], listener[4096], ca[AAS_TEST_PATH_BYTES], crt[AAS_TEST_PATH_BYTES],
        key[AAS_TEST_PATH_BYTES], other[AAS_TEST_PATH_BYTES];
    assert_int_equal(aas_test_dir_make(dir), 0);
    assert_int_equal(aas_test_certificates(dir), 0);
    (void)snprintf(listener, sizeof listener,
                   "listener %%u 127.0.0.1\nallow_anonymous false\ncafile %.400s/ca.crt\ncertfile %.400s/server.crt\n"
                   "keyfile %.400s/server.key\nrequire_certificate true\nuse_identity_as_username true\n",
                   dir, dir, dir);
    start_broker(f, &(struct aas_test_broker_options){.listener = listener});
    const struct aas_mqtt_config plain = base_config(f);
    struct aas_mqtt_config c = plain;
    c.tls_ca = aas_test_path(ca, dir, "ca.crt");
    start_sink(f, &c, 1); /* without a certificate of its own */
    assert_true(AAS_TEST_WAIT(10000, said(&f->sink, "")));
    aas_mqtt_destroy(f->sink.m);
    f->sink.reason[0] = '\0';
    c.tls_cert = aas_test_path(crt, dir, "client.crt");
    c.tls_key = aas_test_path(key, dir, "client.key");
    c.tls_ca = aas_test_path(other, dir, "other.crt");
    start_sink(f, &c, 1); /* the broker is not whom it should be */
    if (!AAS_TEST_WAIT(10000, said(&f->sink, "certificate verify failed")))
        fail_msg("%s", f->sink.reason);
    aas_mqtt_destroy(f->sink.m);
    f->sink.m = NULL;
    c.tls_ca = ca;
    start_sink(f, &c, 1);
    assert_true(ready(f));
    c.host = "localhost";
    start_publisher(f, &c);
    for (unsigned i = 0; i < 3000; i++)
        publish(f, i, 1);
    assert_int_equal(aas_mqtt_flush(f->pub, aas_mono_in_ms(20000)), 0);
    assert_true(AAS_TEST_WAIT(10000, f->sink.unique == 3000));
    assert_int_equal(f->sink.disorder, 0);
    c.tls_ca = "/nonexistent/ca.crt";
    struct aas_mqtt *none = NULL;
    struct aas_error err;
    assert_int_equal(aas_mqtt_create(&none, &c, &err), AAS_EUPSTREAM);
    assert_non_null(strstr(err.msg, "/nonexistent/ca.crt"));
    aas_test_dir_remove(dir);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(both_qualities_of_service_arrive),
        T(a_hundred_thousand_publishes_arrive_in_order),
        T(nothing_is_lost_while_the_broker_restarts_ten_times),
        T(a_persistent_session_keeps_what_came_meanwhile),
        T(an_absent_broker_is_waited_for),
        T(a_wrong_password_is_told_and_the_right_one_works),
        T(mutual_tls_works_and_strangers_stay_out),
    };
    if (!aas_test_broker_available()) {
        puts("SKIPPED: mosquitto is not installed");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
