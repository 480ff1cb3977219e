#include "aas/test_clock.h"

#include <stdatomic.h>
#include <stddef.h>

#include "aas/clock.h"

static _Atomic int64_t wall_ms;
static _Atomic int64_t mono_ns;

static int64_t read_wall(void *arg)
{
    (void)arg;
    return atomic_load(&wall_ms);
}

static int64_t read_mono(void *arg)
{
    (void)arg;
    return atomic_load(&mono_ns);
}

static const struct aas_clock_source fake = {.wall_ms = read_wall, .mono_ns = read_mono};

void aas_test_clock_start(int64_t start_wall_ms)
{
    atomic_store(&wall_ms, start_wall_ms);
    atomic_store(&mono_ns, INT64_C(1000000000));
    aas_clock_set_source(&fake);
}

void aas_test_clock_advance(int64_t ms)
{
    (void)atomic_fetch_add(&wall_ms, ms);
    (void)atomic_fetch_add(&mono_ns, ms * 1000000);
}

void aas_test_clock_set_wall(int64_t new_wall_ms)
{
    atomic_store(&wall_ms, new_wall_ms);
}

void aas_test_clock_stop(void)
{
    aas_clock_set_source(NULL);
}
