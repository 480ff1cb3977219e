#include "sim_disorder.h"

#include <stdlib.h>

#include "aas/rng.h"

static int by_sending(const void *a, const void *b)
{
    const struct sim_event *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->copy > y->copy) - (x->copy < y->copy);
}

/* In place: even orders; moved behind row k: odd, between k and k + 1. */
static void place_behind(struct sim_event *e, const int64_t *rel_ms, size_t n, size_t k)
{
    k = k < n ? k : n - 1;
    e->at_ms = rel_ms[k];
    e->order = 2 * (uint64_t)k + 1;
}

int sim_disorder_plan(const struct sim_disorder *d, const int64_t *rel_ms, size_t n, struct sim_event **ret_events,
                      size_t *ret_n, struct sim_disorder_counts *ret_counts)
{
    struct sim_disorder_counts counts = {0};
    struct aas_rng rng;
    struct sim_event *events = calloc(2 * n + 1, sizeof *events);
    size_t used = 0;
    if (!events)
        return AAS_ENOMEM;
    aas_rng_seed(&rng, d->seed);
    uint64_t reach = d->reach ? d->reach : 1;
    for (size_t i = 0; i < n; i++) {
        /* always four numbers a row: one percentage doesn't change what another one chooses */
        double fate = aas_rng_range(&rng, 0, 100), again = aas_rng_range(&rng, 0, 100);
        size_t shift = (size_t)(1 + aas_rng_below(&rng, reach)), shift_again = (size_t)aas_rng_below(&rng, reach + 1);
        struct sim_event e = {.at_ms = rel_ms[i], .order = 2 * (uint64_t)i, .row = (uint32_t)i};
        if (fate < d->drop_pct) {
            counts.dropped++;
            continue;
        }
        if (fate < d->drop_pct + d->late_pct) {
            e.at_ms += d->late_ms;
            e.order = UINT64_MAX;
            counts.late++;
        } else if (fate < d->drop_pct + d->late_pct + d->out_of_order_pct && i + 1 < n) {
            place_behind(&e, rel_ms, n, i + shift);
            counts.out_of_order++;
        }
        events[used++] = e;
        if (again < d->duplicates_pct) {
            struct sim_event twin = e;
            if (e.order != UINT64_MAX) /* not before the first one */
                place_behind(&twin, rel_ms, n, (size_t)(e.order / 2) + shift_again);
            twin.copy = 1;
            events[used++] = twin;
            counts.duplicates++;
        }
    }
    qsort(events, used, sizeof *events, by_sending);
    *ret_events = events;
    *ret_n = used;
    *ret_counts = counts;
    return 0;
}
