#include "harness.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/test_http.h"
#include "aas/test_port.h"
#include "aas/test_wait.h"

void harness_setup(struct harness *h)
{
    struct aas_error err = AAS_ERROR_NONE;
    if (!aas_test_broker_available()) {
        print_message("no mosquitto: skipped\n");
        exit(77);
    }
    *h = (struct harness){0};
    assert_int_equal(aas_test_dir_make(h->dir), 0);
    (void)snprintf(h->url, sizeof h->url, "sqlite:%s/aastreli.db", h->dir);
    if (aas_test_broker_start(&h->broker, NULL, &err) != 0)
        fail_msg("%s", err.msg);
    assert_int_equal(aas_test_port(&h->port), 0);
    assert_int_equal(aas_test_port(&h->ml_port), 0);
}

void harness_teardown(struct harness *h)
{
    if (h->publisher)
        aas_mqtt_stop(h->publisher, AAS_MONO_PAST);
    aas_mqtt_destroy(h->publisher);
    aas_test_proc_destroy(h->daemon);
    aas_test_broker_destroy(h->broker);
    aas_test_dir_remove(h->dir);
    *h = (struct harness){0};
}

void harness_start_daemon(struct harness *h)
{
    harness_spawn_daemon(h);
    assert_true(aas_test_proc_wait_http(h->daemon, h->port, "/health/ready", 20000));
}

void harness_spawn_daemon(struct harness *h)
{
    char path[512], texts[6][AAS_TEST_PATH_BYTES + 128];
    const char *env[40];
    struct aas_error err = AAS_ERROR_NONE;
    size_t n = 0;
    (void)snprintf(texts[0], sizeof texts[0], "AAS_HOME=%s", h->dir);
    (void)snprintf(texts[1], sizeof texts[1], "AAS_MQTT_PORT=%u", aas_test_broker_port(h->broker));
    (void)snprintf(texts[2], sizeof texts[2], "AAS_INGEST_PORT=%u", h->port);
    (void)snprintf(texts[3], sizeof texts[3], "AAS_ML_PORT=%u", h->ml_port);
    (void)snprintf(texts[4], sizeof texts[4], "AAS_STORE_URL=%s", h->url);
    (void)snprintf(texts[5], sizeof texts[5], "AAS_FLUSH=100ms");
    for (size_t i = 0; i < 6; i++)
        env[n++] = texts[i];
    for (size_t i = 0; h->env[i]; i++)
        env[n++] = h->env[i];
    env[n] = NULL;
    const char *argv[] = {aas_test_bin(path, "mqtt-ingestion"), NULL};
    if (aas_test_proc_spawn(&h->daemon, argv, env, &err) != 0)
        fail_msg("%s", err.msg);
}

void harness_kill_daemon(struct harness *h)
{
    assert_int_equal(aas_test_proc_kill(h->daemon, SIGKILL), 0);
    assert_int_equal(aas_test_proc_wait(h->daemon, 5000), 128 + SIGKILL);
    aas_test_proc_destroy(h->daemon);
    h->daemon = NULL;
}

void harness_stop_daemon(struct harness *h)
{
    int rc = aas_test_proc_stop(h->daemon, 8000);
    if (rc != 0) {
        char *text = aas_test_proc_stderr(h->daemon);
        print_error("%s\n", text ? text : "");
        free(text);
    }
    assert_int_equal(rc, 0);
    aas_test_proc_destroy(h->daemon);
    h->daemon = NULL;
}

void harness_publish_bytes(struct harness *h, const char *topic, const void *payload, size_t len)
{
    struct aas_error err = AAS_ERROR_NONE;
    if (!h->publisher) {
        const struct aas_mqtt_config config = {.port = aas_test_broker_port(h->broker), .client_id = "test-publisher"};
        assert_int_equal(aas_mqtt_create(&h->publisher, &config, &err), 0);
        assert_int_equal(aas_mqtt_start(h->publisher, &err), 0);
    }
    assert_int_equal(aas_mqtt_publish(h->publisher, topic, payload, len, 1, false, aas_mono_in_ms(5000), NULL), 0);
    assert_int_equal(aas_mqtt_flush(h->publisher, aas_mono_in_ms(5000)), 0);
}

void harness_publish(struct harness *h, const char *topic, const char *payload)
{
    harness_publish_bytes(h, topic, payload, strlen(payload));
}

static json_t *answer_of(const char *path, int rc, struct aas_test_response *r, int status)
{
    if (rc != 0)
        fail_msg("%s: %s", path, aas_strerror(rc));
    if (r->status != status)
        fail_msg("%s: %d, not %d: %s", path, r->status, status, r->body);
    json_t *doc = r->body_len > 0 ? json_loads(r->body, JSON_DECODE_ANY, NULL) : json_null();
    assert_non_null(doc);
    aas_test_response_fini(r);
    return doc;
}

json_t *harness_get(struct harness *h, const char *path, int status)
{
    struct aas_test_response r;
    int rc = aas_test_http_get(h->port, path, &r);
    return answer_of(path, rc, &r, status);
}

json_t *harness_post(struct harness *h, const char *path, const char *body, int status)
{
    struct aas_test_response r;
    int rc = aas_test_http_post(h->port, path, body ? body : "", &r);
    return answer_of(path, rc, &r, status);
}

static int64_t read_ledger(struct harness *h, const char *field, int64_t *ret_in_flight)
{
    struct aas_test_response r;
    if (aas_test_http_get(h->port, "/status", &r) != 0)
        return -1;
    json_t *doc = json_loads(r.body, 0, NULL), *ledger = json_object_get(doc, "ledger");
    int64_t n = ledger ? json_integer_value(json_object_get(ledger, field)) : -1;
    if (ret_in_flight)
        *ret_in_flight = json_integer_value(json_object_get(ledger, "in_flight"));
    json_decref(doc);
    aas_test_response_fini(&r);
    return n;
}

int64_t harness_ledger(struct harness *h, const char *field)
{
    return read_ledger(h, field, NULL);
}

bool harness_wait_ledger(struct harness *h, const char *field, int64_t n, int64_t timeout_ms)
{
    int64_t in_flight = -1, have = -1;
    bool ok = AAS_TEST_WAIT(timeout_ms, (have = read_ledger(h, field, &in_flight)) >= n && in_flight == 0);
    if (!ok || have != n)
        print_error("ledger: %s is %lld, not %lld; %lld in flight\n", field, (long long)have, (long long)n,
                    (long long)in_flight);
    return ok && have == n;
}

/* --- the store ---------------------------------------------------------------------------------------------------- */

struct seen {
    char **keys;
    size_t len, cap;
};

static int collect(const bson_t *doc, void *arg)
{
    struct seen *s = arg;
    bson_iter_t it, list;
    const char *sensor = aas_doc_str(doc, "sensor_id", "");
    assert_true(bson_iter_init_find(&it, doc, "t") && bson_iter_recurse(&it, &list));
    int64_t n = 0;
    for (; bson_iter_next(&list); n++) {
        if (s->len == s->cap) {
            s->cap = s->cap ? s->cap * 2 : 4096;
            s->keys = realloc(s->keys, s->cap * sizeof(*s->keys));
            assert_non_null(s->keys);
        }
        assert_true(asprintf(&s->keys[s->len++], "%s:%lld", sensor, (long long)bson_iter_int64(&list)) > 0);
    }
    assert_int_equal(n, aas_doc_int(doc, "n", -1));
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void harness_with_store(struct harness *h, void (*fn)(struct aas_store *s, void *arg), void *arg)
{
    struct aas_store *store;
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_store_open(&store, h->url, &err) != 0)
        fail_msg("%s", err.msg);
    fn(store, arg);
    aas_store_close(store);
}

static void collect_all(struct aas_store *store, void *arg)
{
    struct aas_query all = {0};
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_store_find(store, AAS_COLL_SENSOR_DATA, &all, collect, arg, NULL, &err) != 0)
        fail_msg("%s", err.msg);
}

void harness_count(struct harness *h, int64_t *ret_readings, int64_t *ret_doubles)
{
    struct seen s = {0};
    harness_with_store(h, collect_all, &s);
    qsort(s.keys, s.len, sizeof(*s.keys), by_text);
    *ret_doubles = 0;
    for (size_t i = 1; i < s.len; i++)
        *ret_doubles += strcmp(s.keys[i - 1], s.keys[i]) == 0;
    *ret_readings = (int64_t)s.len;
    for (size_t i = 0; i < s.len; i++)
        free(s.keys[i]);
    free(s.keys);
}
