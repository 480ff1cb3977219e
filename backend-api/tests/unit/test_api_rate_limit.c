#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "aas/test_clock.h"
#include "principal.h"
#include "rate_limit.h"

static int setup(void **state)
{
    (void)state;
    aas_test_clock_start(1700000000000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    aas_test_clock_stop();
    return 0;
}

static void burst_then_refill(void **state)
{
    struct api_rate *rate = NULL;
    struct api_rate_state s;
    (void)state;
    assert_int_equal(api_rate_create(&rate, 2, 4, 64), 0);
    for (int i = 0; i < 4; i++) {
        assert_true(api_rate_take(rate, "a", 1, &s));
        assert_int_equal(s.limit, 4);
        assert_int_equal(s.remaining, 3 - i);
    }
    assert_false(api_rate_take(rate, "a", 1, &s));
    assert_int_equal(s.remaining, 0);
    assert_int_equal(s.retry_s, 1);
    assert_int_equal(s.reset_s, 2);
    assert_true(api_rate_take(rate, "b", 1, &s)); /* another key has its own */
    aas_test_clock_advance(499);
    assert_false(api_rate_take(rate, "a", 1, &s));
    aas_test_clock_advance(2);
    assert_true(api_rate_take(rate, "a", 1, &s));
    aas_test_clock_advance(3600000);
    assert_true(api_rate_take(rate, "a", 1, &s));
    assert_int_equal(s.remaining, 3); /* never over the burst */
    api_rate_destroy(rate);
}

static void looking_costs_nothing(void **state)
{
    struct api_rate *rate = NULL;
    struct api_rate_state s;
    (void)state;
    assert_int_equal(api_rate_create(&rate, 0.001, 2, 64), 0);
    for (int i = 0; i < 10; i++) {
        assert_true(api_rate_take(rate, "a", 0, &s));
        assert_int_equal(s.remaining, 2);
    }
    assert_true(api_rate_take(rate, "a", 2, &s));
    assert_true(api_rate_take(rate, "a", 0, &s));
    assert_int_equal(s.remaining, 0);
    assert_int_equal(s.retry_s, 0);
    assert_false(api_rate_take(rate, "a", 1, &s));
    assert_int_equal(s.retry_s, 1000);
    api_rate_destroy(rate);
}

static void no_limit(void **state)
{
    struct api_rate_state s = {.limit = 7};
    (void)state;
    assert_true(api_rate_take(NULL, "a", 1000, &s));
    assert_int_equal(s.limit, 0);
    api_rate_destroy(NULL);
}

/* Very many keys in a small table: the one that is at its limit keeps its slot, as fuller ones go first. */
static void flood_of_keys_frees_nobody(void **state)
{
    struct api_rate *rate = NULL;
    struct api_rate_state s;
    char key[32];
    (void)state;
    assert_int_equal(api_rate_create(&rate, 0.001, 5, 128), 0);
    for (int i = 0; i < 5; i++)
        assert_true(api_rate_take(rate, "attacker", 1, &s));
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        assert_true(api_rate_take(rate, key, 1, &s));
    }
    assert_false(api_rate_take(rate, "attacker", 1, &s));
    api_rate_destroy(rate);
}

static void forwarded_addresses(void **state)
{
    static const struct {
        const char *header, *address;
    } table[] = {
        {"203.0.113.7", "203.0.113.7"},
        {"10.0.0.1, 203.0.113.7", "203.0.113.7"}, /* what stands in front is anybody's word */
        {"a, b ,  2001:db8::1 ", "2001:db8::1"},
        {"[2001:db8::1]:4711", "[2001:db8::1]:4711"},
        {"", NULL},
        {" , ", NULL},
        {"10.0.0.1, unknown", NULL},
        {"10.0.0.1;evil", NULL},
        {"1111111111111111111111111111111111111111111111111111111111111111111111", NULL},
    };
    char out[64];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *got = api_forwarded_address(table[i].header, out, sizeof out);
        if (table[i].address)
            assert_string_equal(got, table[i].address);
        else
            assert_null(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(burst_then_refill, setup, teardown),
        cmocka_unit_test_setup_teardown(looking_costs_nothing, setup, teardown),
        cmocka_unit_test(no_limit),
        cmocka_unit_test(forwarded_addresses),
        cmocka_unit_test_setup_teardown(flood_of_keys_frees_nobody, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
