/* Waiting in tests: poll a condition to a deadline. Never a bare sleep. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "aas/clock.h"

/** True as soon as cond(arg) is; false after timeout_ms of real time. Polls every 2 ms at first, then every 20 ms. */
bool aas_test_wait(bool (*cond)(void *arg), void *arg, int64_t timeout_ms);

/** The same for an expression. Expands to a bool: `assert_true(AAS_TEST_WAIT(5000, count(s) == 3));` */
#define AAS_TEST_WAIT(timeout_ms, expr)                                                                                \
    ({                                                                                                                 \
        int64_t aas_end_ns_ = aas_test_real_ns() + (int64_t)(timeout_ms)*1000000;                                      \
        bool aas_ok_ = false;                                                                                          \
        while (!(aas_ok_ = (expr)) && aas_test_real_ns() < aas_end_ns_)                                                \
            (void)usleep(5000);                                                                                        \
        aas_ok_;                                                                                                       \
    })

/** CLOCK_MONOTONIC in ns, whatever fake clock is set. */
int64_t aas_test_real_ns(void);
