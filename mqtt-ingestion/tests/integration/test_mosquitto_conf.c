/* The mosquitto configurations that we ship, as they are but for port and paths, with the real broker. */
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

#define CONF_DIR "mqtt-ingestion/mosquitto/"

struct fixture {
    char dir[AAS_TEST_PATH_BYTES], ca[AAS_TEST_PATH_BYTES];
    struct aas_test_broker *b;
    struct aas_mqtt *ingestion, *device;
    _Atomic unsigned received, acked, refused;
    char reason[200];
};

/* text with every `from` replaced by `to`; takes text. `from` must be in it. */
static char *replace(char *text, const char *from, const char *to)
{
    char *out = NULL, *rest = text, *at;
    size_t len = 0;
    FILE *f = open_memstream(&out, &len);
    assert_non_null(f);
    assert_non_null(strstr(text, from));
    while ((at = strstr(rest, from))) {
        (void)fwrite(rest, 1, (size_t)(at - rest), f);
        (void)fputs(to, f);
        rest = at + strlen(from);
    }
    (void)fputs(rest, f);
    (void)fclose(f);
    free(text);
    return out;
}

static char *read_conf(const char *name)
{
    char path[AAS_TEST_PATH_BYTES];
    char *text = aas_test_file_read(aas_test_path(path, CONF_DIR, name), NULL); /* tests run in the source directory */
    assert_non_null(text);
    return text;
}

static void start_broker(struct fixture *f, char *conf)
{
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_test_broker_start(&f->b, &(struct aas_test_broker_options){.listener = conf, .whole = true}, &err);
    free(conf);
    if (rc)
        fail_msg("%s", err.msg);
}

static void on_message(void *ctx, const struct aas_mqtt_message *msg)
{
    (void)msg;
    ((struct fixture *)ctx)->received++;
}

static void on_published(void *ctx, uint64_t token, int rc)
{
    struct fixture *f = ctx;
    (void)token;
    if (rc)
        f->refused++;
    else
        f->acked++;
}

static pthread_mutex_t reason_lock = PTHREAD_MUTEX_INITIALIZER;

static void on_state(void *ctx, enum aas_mqtt_state state, const char *reason)
{
    struct fixture *f = ctx;
    (void)state;
    (void)pthread_mutex_lock(&reason_lock);
    if (*reason)
        (void)snprintf(f->reason, sizeof f->reason, "%s", reason);
    (void)pthread_mutex_unlock(&reason_lock);
}

/* Has the client given a reason with text in it? */
static bool said(struct fixture *f, const char *text)
{
    (void)pthread_mutex_lock(&reason_lock);
    bool has = f->reason[0] && strstr(f->reason, text);
    (void)pthread_mutex_unlock(&reason_lock);
    return has;
}

static struct aas_mqtt *client(struct fixture *f, const char *user, const char *password, const char *filter)
{
    struct aas_mqtt *m = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    const struct aas_mqtt_filter filters[] = {{filter, 1}};
    const struct aas_mqtt_config c = {
        .port = aas_test_broker_port(f->b),
        .client_id = user ? user : "anybody",
        .persistent = filter != NULL,
        .username = user,
        .password = password,
        .tls_ca = *f->ca ? f->ca : NULL,
        .filters = filters,
        .n_filters = filter ? 1 : 0,
        .backoff_max_ms = 200,
        .callbacks = {.on_message = on_message, .on_state = on_state, .on_published = on_published},
        .ctx = f,
    };
    int rc = aas_mqtt_create(&m, &c, &err);
    if (rc || aas_mqtt_start(m, NULL) != 0)
        fail_msg("%s", err.msg);
    return m;
}

static bool ready(const struct aas_mqtt *m)
{
    return AAS_TEST_WAIT(10000, aas_mqtt_state_of(m) == AAS_MQTT_READY);
}

static void publish(struct aas_mqtt *m, const char *topic)
{
    assert_int_equal(aas_mqtt_publish(m, topic, "1", 1, 1, false, AAS_MONO_PAST, NULL), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    return f && aas_test_dir_make(f->dir) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aas_mqtt_destroy(f->ingestion);
    aas_mqtt_destroy(f->device);
    aas_test_broker_destroy(f->b);
    aas_test_dir_remove(f->dir);
    free(f);
    return 0;
}

static void development_lets_everybody_on_this_machine_in(void **state)
{
    struct fixture *f = *state;
    char *conf = replace(read_conf("development.conf"), "listener 1883", "listener %u");
    start_broker(f, replace(conf, ".run/mosquitto", f->dir));
    f->ingestion = client(f, "ingestion", NULL, "aastreli/sensors/+/data");
    assert_true(ready(f->ingestion));
    f->device = client(f, NULL, NULL, NULL);
    publish(f->device, "aastreli/sensors/pump-01/data");
    assert_true(AAS_TEST_WAIT(10000, f->received == 1));
    /* what is queued for somebody who is away survives a restart */
    aas_mqtt_destroy(f->ingestion);
    f->ingestion = NULL;
    for (int i = 0; i < 2000; i++) /* more than the 1,000 that mosquitto keeps by default */
        publish(f->device, "aastreli/sensors/pump-01/data");
    assert_int_equal(aas_mqtt_flush(f->device, aas_mono_in_ms(20000)), 0);
    assert_int_equal(aas_test_broker_restart(f->b, false, NULL), 0);
    f->ingestion = client(f, "ingestion", NULL, "aastreli/sensors/+/data");
    assert_true(AAS_TEST_WAIT(20000, f->received == 2001));
}

static void start_production(struct fixture *f)
{
    char cmd[2048];
    assert_int_equal(aas_test_certificates(f->dir), 0);
    (void)snprintf(cmd, sizeof cmd,
                   "cd '%.400s' && mosquitto_passwd -b -c passwords ingestion i-secret && "
                   "mosquitto_passwd -b passwords pump-01 p-secret && mosquitto_passwd -b passwords reader r-secret",
                   f->dir);
    assert_int_equal(system(cmd), 0);
    char path[AAS_TEST_PATH_BYTES];
    char *acl = read_conf("acl");
    assert_int_equal(aas_test_file_write(aas_test_path(path, f->dir, "acl"), acl, strlen(acl)), 0);
    free(acl);
    char *conf = replace(read_conf("production.conf"), "\nlistener 8883", "\nlistener %u 127.0.0.1");
    conf = replace(conf, "/etc/aastreli/mosquitto", f->dir);
    conf = replace(conf, "/var/lib/mosquitto", f->dir);
    start_broker(f, conf);
    (void)aas_test_path(f->ca, f->dir, "ca.crt");
}

static void a_device_speaks_for_itself_alone(void **state)
{
    struct fixture *f = *state;
    start_production(f);
    f->ingestion = client(f, "ingestion", "i-secret", "aastreli/sensors/+/data");
    assert_true(ready(f->ingestion));
    f->device = client(f, "pump-01", "p-secret", NULL);
    publish(f->device, "aastreli/sensors/pump-01/data");
    assert_int_equal(aas_mqtt_flush(f->device, aas_mono_in_ms(10000)), 0);
    assert_int_equal(f->acked, 1);
    publish(f->device, "aastreli/sensors/pump-02/data");
    publish(f->device, "aastreli/alarms/pump-01");
    assert_int_equal(aas_mqtt_flush(f->device, aas_mono_in_ms(10000)), 0);
    assert_int_equal(f->refused, 2); /* MQTT 5 says so */
    publish(f->ingestion, "aastreli/alarms/pump-01");
    publish(f->ingestion, "aastreli/sensors/fan-02/data"); /* POST /simulate */
    assert_int_equal(aas_mqtt_flush(f->ingestion, aas_mono_in_ms(10000)), 0);
    assert_int_equal(f->acked, 3);
    assert_true(AAS_TEST_WAIT(10000, f->received == 2));
}

static void results_are_read_only_for_readers(void **state)
{
    struct fixture *f = *state;
    start_production(f);
    f->device = client(f, "reader", "r-secret", "aastreli/#");
    f->ingestion = client(f, "ingestion", "i-secret", NULL);
    assert_true(ready(f->device) && ready(f->ingestion));
    publish(f->ingestion, "aastreli/sensors/fan-02/data"); /* not for readers */
    publish(f->ingestion, "aastreli/alarms/fan-02");
    publish(f->ingestion, "aastreli/predictions/fan-02");
    assert_int_equal(aas_mqtt_flush(f->ingestion, aas_mono_in_ms(10000)), 0);
    assert_true(AAS_TEST_WAIT(10000, f->received == 2));
    publish(f->device, "aastreli/alarms/fan-02");
    assert_int_equal(aas_mqtt_flush(f->device, aas_mono_in_ms(10000)), 0);
    assert_int_equal(f->refused, 1);
    assert_int_equal(f->received, 2);
}

static void strangers_stay_out(void **state)
{
    struct fixture *f = *state;
    start_production(f);
    f->device = client(f, NULL, NULL, NULL);
    assert_true(AAS_TEST_WAIT(10000, said(f, "Not authorized")));
    aas_mqtt_destroy(f->device);
    f->reason[0] = '\0';
    f->device = client(f, "pump-01", "wrong", NULL);
    assert_true(AAS_TEST_WAIT(10000, said(f, "Not authorized")));
    aas_mqtt_destroy(f->device);
    f->reason[0] = f->ca[0] = '\0';
    f->device = client(f, "pump-01", "p-secret", NULL); /* without TLS */
    assert_true(AAS_TEST_WAIT(10000, said(f, "")));
    assert_int_not_equal(aas_mqtt_state_of(f->device), AAS_MQTT_READY);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(development_lets_everybody_on_this_machine_in),
        T(a_device_speaks_for_itself_alone),
        T(results_are_read_only_for_readers),
        T(strangers_stay_out),
    };
    if (!aas_test_broker_available()) {
        puts("SKIPPED: mosquitto is not installed");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
