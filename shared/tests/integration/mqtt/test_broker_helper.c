/* The tests' broker starts, keeps its port over a restart, says why it does not start, and is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/test_broker.h"
#include "aas/test_port.h"

static void restarts_on_its_port(void **state)
{
    (void)state;
    struct aas_test_broker *b = NULL;
    struct aas_error err;
    assert_int_equal(aas_test_broker_start(&b, NULL, &err), 0);
    uint16_t port = aas_test_broker_port(b);
    pid_t pid = aas_test_broker_pid(b);
    assert_true(aas_test_port_owned_by(port, pid));
    for (int hard = 0; hard < 2; hard++) {
        assert_int_equal(aas_test_broker_restart(b, hard != 0, &err), 0);
        assert_int_equal(aas_test_broker_port(b), port);
        assert_int_not_equal(aas_test_broker_pid(b), pid);
        assert_true(aas_test_port_owned_by(port, aas_test_broker_pid(b)));
    }
    aas_test_broker_stop(b, false);
    assert_false(aas_test_port_open(port));
    assert_int_equal(aas_test_broker_pid(b), -1);
    aas_test_broker_destroy(b);
}

static void a_bad_line_is_reported(void **state)
{
    (void)state;
    struct aas_test_broker *b = NULL;
    struct aas_error err;
    const struct aas_test_broker_options o = {.extra = "no_such_option 1\n"};
    assert_true(aas_test_broker_start(&b, &o, &err) < 0);
    assert_non_null(strstr(err.msg, "no_such_option"));
    assert_null(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restarts_on_its_port),
        cmocka_unit_test(a_bad_line_is_reported),
    };
    if (!aas_test_broker_available()) {
        puts("SKIPPED: mosquitto is not installed");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
