#include "crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "aas/num.h"

static const char *point;
static size_t point_len;
static atomic_uint_fast64_t left;

void ingest_crash_set(const char *at)
{
    const char *colon = strchr(at, ':');
    uint64_t n = 1;
    point_len = colon ? (size_t)(colon - at) : strlen(at);
    if (colon && aas_num_parse_u64(colon + 1, strlen(colon + 1), &n) < 0)
        n = 1;
    atomic_store(&left, n);
    point = at[0] != '\0' ? at : NULL;
}

void ingest_crash_point(const char *name)
{
    if (!point || strlen(name) != point_len || memcmp(name, point, point_len) != 0)
        return;
    if (atomic_fetch_sub(&left, 1) == 1)
        (void)kill(getpid(), SIGKILL);
}
