/* The registry's inside, shared by metrics.c (registry, series) and metrics_render.c (text). */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "aas/metrics.h"

#define MAX_BOUNDS     32
#define MAX_COLLECTORS 32

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/** One series. Its value is n + d, so that counting is one integer addition; gauges use d alone. */
struct aas_metric {
    char *labels; /* rendered, sorted by name, without braces: `reason="late",topic="a"` */
    _Atomic uint64_t n;
    _Atomic uint64_t d; /* the bits of a double; the sum of a histogram */
    const struct family *family;
    _Atomic uint64_t buckets[]; /* histogram: bounds + 1, not cumulative */
};

struct family {
    char *name, *help;
    enum metric_type type;
    double *bounds;
    size_t bounds_count;
    struct aas_metric **series; /* sorted by labels */
    size_t count, cap;
};

struct collector {
    aas_metrics_collect_fn *fn;
    void *arg;
};

/** Lock order: collect_lock, then lock. Series' values are atomic and need neither. */
struct aas_metrics {
    pthread_mutex_t collect_lock; /* collectors; held while they run */
    pthread_mutex_t lock;         /* families and series */
    struct family **families;     /* sorted by name */
    size_t count, cap;
    struct collector collectors[MAX_COLLECTORS];
    size_t collectors_count;
};

double metric_load_double(const _Atomic uint64_t *bits);
