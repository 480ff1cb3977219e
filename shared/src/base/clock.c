#include "aas/clock.h"

#include <limits.h>
#include <stdatomic.h>

static _Atomic(const struct aas_clock_source *) source;

void aas_clock_set_source(const struct aas_clock_source *src)
{
    atomic_store(&source, src);
}

static int64_t real_mono_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t aas_clock_wall_ms(void)
{
    const struct aas_clock_source *src = atomic_load_explicit(&source, memory_order_acquire);
    if (src && src->wall_ms)
        return src->wall_ms(src->arg);
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct aas_mono aas_clock_mono(void)
{
    const struct aas_clock_source *src = atomic_load_explicit(&source, memory_order_acquire);
    if (src && src->mono_ns)
        return (struct aas_mono){src->mono_ns(src->arg)};
    return (struct aas_mono){real_mono_ns()};
}

struct aas_mono aas_mono_add_ms(struct aas_mono t, int64_t ms)
{
    int64_t ns, sum;
    if (t.ns == INT64_MAX || t.ns == INT64_MIN)
        return t;
    if (__builtin_mul_overflow(ms, (int64_t)1000000, &ns) || __builtin_add_overflow(t.ns, ns, &sum))
        return ms < 0 ? AAS_MONO_PAST : AAS_MONO_NEVER;
    return (struct aas_mono){sum};
}

struct aas_mono aas_mono_in_ms(int64_t ms)
{
    return aas_mono_add_ms(aas_clock_mono(), ms);
}

int64_t aas_mono_diff_ns(struct aas_mono a, struct aas_mono b)
{
    int64_t d;
    if (__builtin_sub_overflow(a.ns, b.ns, &d))
        return a.ns < b.ns ? INT64_MIN : INT64_MAX;
    return d;
}

int64_t aas_mono_diff_ms(struct aas_mono a, struct aas_mono b)
{
    return aas_mono_diff_ns(a, b) / 1000000;
}

bool aas_mono_passed(struct aas_mono t)
{
    return t.ns != INT64_MAX && aas_clock_mono().ns >= t.ns;
}

int aas_mono_poll_ms(struct aas_mono t)
{
    if (t.ns == INT64_MAX)
        return -1;
    int64_t left = aas_mono_diff_ns(t, aas_clock_mono());
    if (left <= 0)
        return 0;
    int64_t ms = left / 1000000 + (left % 1000000 != 0); /* rounded up: poll must not spin on the last fraction */
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

struct timespec aas_mono_timespec(struct aas_mono t)
{
    int64_t now = real_mono_ns(), left = aas_mono_diff_ns(t, aas_clock_mono());
    int64_t at;
    if (t.ns == INT64_MAX || __builtin_add_overflow(now, left, &at))
        at = left < 0 ? 0 : INT64_MAX;
    if (at < 0)
        at = 0;
    return (struct timespec){.tv_sec = (time_t)(at / 1000000000), .tv_nsec = (long)(at % 1000000000)};
}
