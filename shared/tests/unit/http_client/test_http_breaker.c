#include "http_client_breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <aas/test_clock.h>

static int clock_on(void **state)
{
    (void)state;
    aas_test_clock_start(1700000000000);
    return 0;
}

static int clock_off(void **state)
{
    (void)state;
    aas_test_clock_stop();
    return 0;
}

static void call(struct http_breaker *b, enum http_breaker_ticket want, enum http_breaker_verdict verdict)
{
    enum http_breaker_ticket ticket = http_breaker_enter(b);
    assert_int_equal(ticket, want);
    if (ticket != HTTP_BREAKER_REFUSED)
        http_breaker_settle(b, ticket, verdict);
}

static void opens_after_failures_in_a_row_only(void **state)
{
    (void)state;
    struct http_breaker b;
    http_breaker_init(&b, 3, 100);
    for (int i = 0; i < 5; i++) { /* never three in a row */
        call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
        call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
        call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_ALIVE);
    }
    assert_int_equal(http_breaker_state(&b), AAS_HTTP_BREAKER_CLOSED);
    call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
    call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
    call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_UNKNOWN); /* says nothing about the upstream */
    call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
    assert_int_equal(http_breaker_state(&b), AAS_HTTP_BREAKER_OPEN);
    call(&b, HTTP_BREAKER_REFUSED, HTTP_BREAKER_ALIVE);
}

static void half_open_lets_one_call_through(void **state)
{
    (void)state;
    struct http_breaker b;
    http_breaker_init(&b, 1, 100);
    call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
    aas_test_clock_advance(100);
    assert_int_equal(http_breaker_state(&b), AAS_HTTP_BREAKER_HALF_OPEN);
    enum http_breaker_ticket probe = http_breaker_enter(&b);
    assert_int_equal(probe, HTTP_BREAKER_PROBE);
    assert_int_equal(http_breaker_enter(&b), HTTP_BREAKER_REFUSED);
    http_breaker_settle(&b, probe, HTTP_BREAKER_UNKNOWN); /* given back unused: the next one is the probe */
    assert_int_equal(http_breaker_enter(&b), HTTP_BREAKER_PROBE);
    http_breaker_settle(&b, HTTP_BREAKER_PROBE, HTTP_BREAKER_ALIVE);
    assert_int_equal(http_breaker_state(&b), AAS_HTTP_BREAKER_CLOSED);
    call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_ALIVE);
}

static int64_t pause_ms(const struct http_breaker *b)
{
    return aas_mono_diff_ms(b->open_at, aas_clock_mono());
}

static void pause_doubles_up_to_sixteen_times_and_is_jittered(void **state)
{
    (void)state;
    static const int64_t want[] = {100, 200, 400, 800, 1600, 1600, 1600};
    int64_t least = INT64_MAX, most = 0;
    for (int round = 0; round < 50; round++) {
        struct http_breaker b;
        http_breaker_init(&b, 1, 100);
        call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
        for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
            int64_t pause = pause_ms(&b);
            assert_in_range(pause, want[i] / 2, want[i]);
            if (i == 4) {
                least = pause < least ? pause : least;
                most = pause > most ? pause : most;
            }
            aas_test_clock_advance(pause + 1);
            call(&b, HTTP_BREAKER_PROBE, HTTP_BREAKER_DEAD);
        }
        aas_test_clock_advance(1601);
        call(&b, HTTP_BREAKER_PROBE, HTTP_BREAKER_ALIVE);
        call(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD); /* success has reset the pause */
        assert_in_range(pause_ms(&b), 50, 100);
    }
    assert_true(most - least > 100);
}

static void verdicts_of_calls_from_before_are_ignored(void **state)
{
    (void)state;
    struct http_breaker b;
    http_breaker_init(&b, 2, 100);
    for (int i = 0; i < 6; i++)
        assert_int_equal(http_breaker_enter(&b), HTTP_BREAKER_NORMAL);
    http_breaker_settle(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
    http_breaker_settle(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
    int64_t pause = pause_ms(&b);
    for (int i = 0; i < 3; i++)
        http_breaker_settle(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_DEAD);
    http_breaker_settle(&b, HTTP_BREAKER_NORMAL, HTTP_BREAKER_ALIVE);
    assert_int_equal(pause_ms(&b), pause);
    assert_int_equal(http_breaker_state(&b), AAS_HTTP_BREAKER_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_after_failures_in_a_row_only),
        cmocka_unit_test(half_open_lets_one_call_through),
        cmocka_unit_test(pause_doubles_up_to_sixteen_times_and_is_jittered),
        cmocka_unit_test(verdicts_of_calls_from_before_are_ignored),
    };
    return cmocka_run_group_tests(tests, clock_on, clock_off);
}
