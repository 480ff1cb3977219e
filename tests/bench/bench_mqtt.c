/* What a QoS 1 message costs our MQTT client: N messages of BYTES are published into the session of a subscriber that
 * is away, then drained by it, with batches as ingestion makes them (nothing is stored). A real mosquitto takes part;
 * the client's own processor time says more than the rate, which the broker bounds. bench_mqtt [N [BYTES]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aas/mqtt.h>
#include <aas/num.h>
#include <aas/test_broker.h>
#include <aas/test_wait.h>

struct drain {
    _Atomic uint64_t received, batches;
    _Atomic int64_t cpu_ns; /* of the client's thread */
};

static int64_t thread_cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void on_message(void *ctx, const struct aas_mqtt_message *msg)
{
    (void)msg;
    ((struct drain *)ctx)->received++;
}

static int on_batch(void *ctx)
{
    struct drain *d = ctx;
    d->batches++;
    d->cpu_ns = thread_cpu_ns();
    return 0;
}

static void on_published(void *ctx, uint64_t token, int rc)
{
    (void)token;
    (void)rc;
    ((struct drain *)ctx)->cpu_ns = thread_cpu_ns();
}

static struct aas_mqtt *client(uint16_t port, struct drain *d, bool subscribe)
{
    static const struct aas_mqtt_filter filter = {"bench/#", 1};
    const struct aas_mqtt_config c = {
        .port = port,
        .client_id = subscribe ? "bench-sub" : "bench-pub",
        .persistent = subscribe,
        .filters = &filter,
        .n_filters = subscribe ? 1 : 0,
        .callbacks = {.on_message = on_message, .on_batch = on_batch, .on_published = on_published},
        .ctx = d,
    };
    struct aas_mqtt *m = NULL;
    if (aas_mqtt_create(&m, &c, NULL) != 0 || aas_mqtt_start(m, NULL) != 0 ||
        !AAS_TEST_WAIT(10000, aas_mqtt_state_of(m) == AAS_MQTT_READY)) {
        (void)fputs("no connection\n", stderr);
        exit(1);
    }
    return m;
}

static void report(const char *what, uint64_t n, int64_t ns, const struct drain *d)
{
    (void)printf("%-8s %8.0f messages/s, %5.2f us of the client's processor time each", what,
                 (double)n * 1e9 / (double)ns, (double)d->cpu_ns / (double)n / 1e3);
    if (d->batches > 0)
        (void)printf(", %.0f messages a batch", (double)n / (double)d->batches);
    (void)putchar('\n');
}

static bool run(uint16_t port, uint64_t n, size_t bytes)
{
    static char payload[65536];
    struct drain sub = {0}, pub = {0};
    memset(payload, 'x', sizeof payload);
    aas_mqtt_destroy(client(port, &sub, true)); /* makes the session */
    struct aas_mqtt *m = client(port, &pub, false);
    int64_t begin = aas_test_real_ns();
    for (uint64_t i = 0; i < n; i++)
        if (aas_mqtt_publish(m, "bench/sensors/pump-01/data", payload, bytes, 1, false, aas_mono_in_ms(30000), NULL) !=
            0)
            return false;
    if (aas_mqtt_flush(m, aas_mono_in_ms(60000)) != 0)
        return false;
    report("publish", n, aas_test_real_ns() - begin, &pub);
    aas_mqtt_destroy(m);
    sub = (struct drain){0};
    begin = aas_test_real_ns();
    m = client(port, &sub, true);
    bool all = AAS_TEST_WAIT(120000, sub.received >= n);
    report("drain", sub.received, aas_test_real_ns() - begin, &sub);
    aas_mqtt_destroy(m);
    return all;
}

int main(int argc, char **argv)
{
    int64_t n = 200000, bytes = 300;
    if ((argc > 1 && aas_num_parse_i64(argv[1], strlen(argv[1]), &n) != 0) ||
        (argc > 2 && aas_num_parse_i64(argv[2], strlen(argv[2]), &bytes) != 0) || n < 1 || bytes < 0 || bytes > 65536) {
        (void)fputs("usage: bench_mqtt [N [BYTES]]\n", stderr);
        return 2;
    }
    struct aas_error err;
    struct aas_test_broker *b = NULL;
    const struct aas_test_broker_options o = {.extra = "max_queued_messages 10000000\n"};
    if (aas_test_broker_start(&b, &o, &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    bool ok = run(aas_test_broker_port(b), (uint64_t)n, (size_t)bytes);
    aas_test_broker_destroy(b);
    return ok ? 0 : 1;
}
