#include "aas/test_wait.h"

#include <time.h>

int64_t aas_test_real_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

bool aas_test_wait(bool (*cond)(void *arg), void *arg, int64_t timeout_ms)
{
    int64_t start = aas_test_real_ns(), end = start + timeout_ms * 1000000;
    while (!cond(arg)) {
        int64_t now = aas_test_real_ns();
        if (now >= end)
            return false;
        (void)usleep(now - start < 100000000 ? 2000 : 20000);
    }
    return true;
}
