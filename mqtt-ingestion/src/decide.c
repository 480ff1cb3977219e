#include "decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ingest_decide_fini(struct ingest_decide *d)
{
    free(d->faults);
    *d = (struct ingest_decide){0};
}

/* The entry of a fault, made when it is new. NULL: no memory, or too many. */
static struct ingest_decide_fault *fault_of(struct ingest_decide *d, const char *label)
{
    for (size_t i = 0; i < d->count; i++) {
        if (strcmp(d->faults[i].label, label) == 0)
            return &d->faults[i];
    }
    if (d->count == INGEST_DECIDE_FAULTS_MAX)
        return NULL;
    struct ingest_decide_fault *more = realloc(d->faults, (d->count + 1) * sizeof *more);
    if (!more)
        return NULL;
    d->faults = more;
    struct ingest_decide_fault *f = &more[d->count++];
    *f = (struct ingest_decide_fault){.over_since_ms = INT64_MIN, .below_since_ms = INT64_MIN};
    (void)snprintf(f->label, sizeof f->label, "%s", label);
    return f;
}

int ingest_decide_resume(struct ingest_decide *d, const char *fault)
{
    struct ingest_decide_fault *f = fault_of(d, fault);
    if (!f)
        return d->count == INGEST_DECIDE_FAULTS_MAX ? AAS_EFULL : AAS_ENOMEM;
    f->active = true;
    return 0;
}

static void push(float *recent, double value)
{
    memmove(recent + 1, recent, (INGEST_DECIDE_SMOOTH_MAX - 1) * sizeof *recent);
    recent[0] = (float)value;
}

static double mean(const float *recent, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (double)recent[i];
    return sum / n;
}

static int take_window(struct ingest_decide *d, const char *const *labels, const double *p, size_t n,
                       const char *normal)
{
    double healthy = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(labels[i], normal) == 0)
            healthy = p[i];
        else if (!fault_of(d, labels[i]))
            return d->count == INGEST_DECIDE_FAULTS_MAX ? AAS_EFULL : AAS_ENOMEM;
    }
    push(d->anomaly, 1 - healthy);
    for (size_t f = 0; f < d->count; f++) {
        double value = 0;
        for (size_t i = 0; i < n; i++) {
            if (strcmp(labels[i], d->faults[f].label) == 0)
                value = p[i];
        }
        push(d->faults[f].recent, value);
    }
    return 0;
}

/* Count a window for or against one fault; true: something is decided. */
static bool judge(struct ingest_decide_fault *f, const struct ingest_decide_rules *r, int64_t at_ms, bool over)
{
    uint64_t mask = r->of >= 64 ? UINT64_MAX : (UINT64_C(1) << r->of) - 1;
    f->over = f->over << 1 | over;
    f->below = over ? 0 : f->below + 1;
    if (over && f->over_since_ms == INT64_MIN)
        f->over_since_ms = at_ms;
    if (!over && f->below_since_ms == INT64_MIN)
        f->below_since_ms = at_ms;
    if (over)
        f->below_since_ms = INT64_MIN;
    if ((f->over & mask) == 0)
        f->over_since_ms = INT64_MIN;
    if (!f->active) {
        f->active = over && (uint32_t)__builtin_popcountll(f->over & mask) >= r->on &&
                    at_ms - f->over_since_ms >= r->on_delay_ms;
        return f->active;
    }
    bool gone = f->below >= r->off && at_ms - f->below_since_ms >= r->off_delay_ms;
    if (gone) {
        f->active = false;
        f->over = 0; /* the next alarm needs its own windows */
        f->over_since_ms = INT64_MIN;
    }
    return gone;
}

int ingest_decide_step(struct ingest_decide *d, const struct ingest_decide_rules *rules, int64_t at_ms,
                       const char *const *labels, const double *p, size_t n, const char *normal,
                       ingest_threshold_fn *threshold, void *arg, struct ingest_decision *out, size_t *ret_count)
{
    *ret_count = 0;
    if (d->windows > 0 && at_ms <= d->newest_ms)
        return 0;
    int rc = take_window(d, labels, p, n, normal);
    if (rc < 0)
        return rc;
    d->newest_ms = at_ms;
    d->windows += d->windows < INGEST_DECIDE_SMOOTH_MAX;
    uint32_t smooth = d->windows < rules->smooth ? d->windows : rules->smooth;
    double anomaly = mean(d->anomaly, smooth), best = 0;
    const struct ingest_decide_fault *suspect = NULL;
    for (size_t i = 0; i < d->count; i++) {
        double m = mean(d->faults[i].recent, smooth);
        if (m > best) {
            best = m;
            suspect = &d->faults[i];
        }
    }
    for (size_t i = 0; i < d->count; i++) {
        struct ingest_decide_fault *f = &d->faults[i];
        bool over = f == suspect && anomaly >= threshold(arg, f->label);
        if (judge(f, rules, at_ms, over))
            out[(*ret_count)++] = (struct ingest_decision){.fault = f->label, .raise = f->active, .score = anomaly};
    }
    return 0;
}
