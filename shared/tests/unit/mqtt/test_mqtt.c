/* The client without a broker: what create refuses, the bounded queue, deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aas/mqtt.h"
#include "aas/test_alloc.h"
#include "aas/test_port.h"
#include "aas/test_wait.h"

static void create_names_what_is_wrong(void **state)
{
    (void)state;
    const struct aas_mqtt_filter bad = {"a/#/b", 1}, qos2 = {"a", 2};
    const struct {
        struct aas_mqtt_config c;
        const char *says;
    } cases[] = {
        {{.persistent = true}, "client_id"},
        {{.keepalive_s = 4}, "keepalive_s 4"},
        {{.tls_cert = "x", .tls_key = "y"}, "tls_ca"},
        {{.tls_ca = "x", .tls_cert = "y"}, "go together"},
        {{.password = "x"}, "password needs username"},
        {{.max_inflight = 65535}, "max_inflight"},
        {{.backoff_min_ms = 500, .backoff_max_ms = 100}, "backoff_min_ms 500"},
        {{.filters = &bad, .n_filters = 1}, "'a/#/b'"},
        {{.filters = &qos2, .n_filters = 1}, "QoS 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct aas_mqtt *m = NULL;
        struct aas_error err = AAS_ERROR_NONE;
        assert_int_equal(aas_mqtt_create(&m, &cases[i].c, &err), AAS_EINVAL);
        assert_non_null(strstr(err.msg, cases[i].says));
        assert_null(m);
    }
}

static void the_queue_is_bounded_and_stop_keeps_its_deadline(void **state)
{
    (void)state;
    struct aas_mqtt *m = NULL;
    uint16_t port;
    uint64_t token = 0;
    assert_int_equal(aas_test_port(&port), 0); /* nobody listens */
    const struct aas_mqtt_config c = {.port = port, .max_queued = 3};
    assert_int_equal(aas_mqtt_create(&m, &c, NULL), 0);
    assert_int_equal(aas_mqtt_publish(m, "a", "x", 1, 1, false, AAS_MONO_PAST, &token), 0); /* before start is fine */
    assert_int_equal(token, 1);
    assert_int_equal(aas_mqtt_start(m, NULL), 0);
    assert_int_equal(aas_mqtt_publish(m, "a", NULL, 0, 0, true, AAS_MONO_PAST, NULL), 0);
    assert_int_equal(aas_mqtt_publish(m, "a", "x", 1, 1, false, AAS_MONO_PAST, &token), 0);
    assert_int_equal(token, 3);
    assert_int_equal(aas_mqtt_publish(m, "a", "x", 1, 1, false, aas_mono_in_ms(20), NULL), AAS_EFULL);
    const char *const bad[] = {"", "a/+", "#", "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(aas_mqtt_publish(m, bad[i], "x", 1, 1, false, AAS_MONO_PAST, NULL), AAS_EINVAL);
    assert_int_equal(aas_mqtt_publish(m, "a", "x", 1, 2, false, AAS_MONO_PAST, NULL), AAS_EINVAL);
    assert_int_equal(aas_mqtt_flush(m, aas_mono_in_ms(20)), AAS_ETIMEDOUT);
    struct aas_mqtt_stats st;
    aas_mqtt_stats(m, &st);
    assert_int_equal(st.published, 3);
    assert_int_equal(st.queued, 3);
    int64_t begin = aas_test_real_ns();
    aas_mqtt_stop(m, aas_mono_in_ms(50));
    assert_true(aas_test_real_ns() - begin < 2000000000);
    assert_int_equal(aas_mqtt_publish(m, "a", "x", 1, 1, false, AAS_MONO_NEVER, NULL), AAS_ECLOSED);
    aas_mqtt_destroy(m);
}

static void every_allocation_of_create_may_fail(void **state)
{
    (void)state;
    const struct aas_mqtt_filter filters[] = {{"a", 1}, {"b/+", 0}};
    const struct aas_mqtt_config c = {
        .client_id = "x", .username = "u", .password = "p", .filters = filters, .n_filters = 2};
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        struct aas_mqtt *m = NULL;
        aas_test_alloc_fail_once(n);
        int rc = aas_mqtt_create(&m, &c, NULL);
        failed = aas_test_alloc_reset();
        assert_int_equal(rc, failed ? AAS_ENOMEM : 0);
        aas_mqtt_destroy(m);
    }
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(aas_mqtt_state_name(AAS_MQTT_DISCONNECTED), "disconnected");
    assert_string_equal(aas_mqtt_state_name(AAS_MQTT_READY), "ready");
    assert_string_equal(aas_mqtt_state_name(AAS_MQTT__STATE_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_names_what_is_wrong),
        cmocka_unit_test(the_queue_is_bounded_and_stop_keeps_its_deadline),
        cmocka_unit_test(every_allocation_of_create_may_fail),
        cmocka_unit_test(states_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
