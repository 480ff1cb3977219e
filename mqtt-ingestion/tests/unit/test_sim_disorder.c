/* The disorder plan: nothing more, nothing less, and nothing else than was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/test_alloc.h"
#include "sim_disorder.h"

#define N 20000

struct plan {
    struct sim_event *events;
    size_t n;
    struct sim_disorder_counts counts;
};

static int64_t rel_ms[N];

static struct plan make(const struct sim_disorder *d)
{
    struct plan p = {0};
    for (size_t i = 0; i < N; i++)
        rel_ms[i] = (int64_t)i * 100;
    assert_int_equal(sim_disorder_plan(d, rel_ms, N, &p.events, &p.n, &p.counts), 0);
    for (size_t i = 1; i < p.n; i++)
        assert_true(p.events[i - 1].at_ms <= p.events[i].at_ms);
    return p;
}

static void without_disorder_each_row_goes_once_in_order(void **state)
{
    (void)state;
    struct plan p = make(&(struct sim_disorder){.seed = 1, .reach = 5});
    assert_int_equal(p.n, N);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(p.events[i].row, i);
        assert_int_equal(p.events[i].at_ms, rel_ms[i]);
        assert_int_equal(p.events[i].copy, 0);
    }
    free(p.events);
}

/* How often each row appears; and the places of its first and second sending. */
static void count_rows(const struct plan *p, uint8_t *seen)
{
    memset(seen, 0, N);
    for (size_t i = 0; i < p->n; i++) {
        assert_int_equal(p->events[i].copy, seen[p->events[i].row]); /* the duplicate comes second */
        seen[p->events[i].row]++;
    }
}

static void percentages_are_kept(void **state)
{
    (void)state;
    static uint8_t seen[N];
    const struct sim_disorder d = {.out_of_order_pct = 10,
                                   .late_pct = 4,
                                   .duplicates_pct = 5,
                                   .drop_pct = 2,
                                   .reach = 7,
                                   .late_ms = 30000,
                                   .seed = 42};
    struct plan p = make(&d);
    count_rows(&p, seen);
    size_t missing = 0, twice = 0, behind = 0, late = 0;
    uint32_t newest = 0;
    for (size_t i = 0; i < N; i++) {
        missing += seen[i] == 0;
        twice += seen[i] == 2;
        assert_true(seen[i] <= 2);
    }
    for (size_t i = 0; i < p.n; i++) {
        const struct sim_event *e = &p.events[i];
        int64_t delay = e->at_ms - rel_ms[e->row];
        if (e->copy == 0) {
            assert_true(delay == 0 || delay == 30000 || (delay > 0 && delay <= 700));
            late += delay == 30000;
            behind += e->row < newest;
        } else {
            assert_true(delay >= 0 && (delay == 30000 || delay <= 1400));
        }
        newest = e->row > newest ? e->row : newest;
    }
    assert_int_equal(missing, p.counts.dropped);
    assert_int_equal(twice, p.counts.duplicates);
    assert_int_equal(late, p.counts.late);
    assert_in_range(p.counts.dropped, N * 2 / 100 - 100, N * 2 / 100 + 100);
    assert_in_range(p.counts.duplicates, N * 5 / 100 - 200, N * 5 / 100 + 200);
    assert_in_range(p.counts.late, N * 4 / 100 - 150, N * 4 / 100 + 150);
    assert_in_range(p.counts.out_of_order, N * 10 / 100 - 250, N * 10 / 100 + 250);
    assert_true(behind >= p.counts.out_of_order * 7 / 10); /* some are overtaken by nobody: the next was moved too */
    free(p.events);
}

static void a_seed_gives_the_same_plan_again(void **state)
{
    (void)state;
    struct sim_disorder d = {.out_of_order_pct = 20, .duplicates_pct = 5, .drop_pct = 5, .reach = 5, .seed = 7};
    struct plan a = make(&d), b = make(&d);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.events, b.events, a.n * sizeof *a.events);
    d.seed = 8;
    struct plan c = make(&d);
    assert_true(a.n != c.n || memcmp(a.events, c.events, a.n * sizeof *a.events) != 0);
    /* more of one kind of disorder leaves the choice of duplicates as it was */
    d.seed = 7;
    d.out_of_order_pct = 0;
    struct plan e = make(&d);
    assert_int_equal(e.counts.duplicates, a.counts.duplicates);
    assert_int_equal(e.counts.dropped, a.counts.dropped);
    free(a.events);
    free(b.events);
    free(c.events);
    free(e.events);
}

static void extremes_work(void **state)
{
    (void)state;
    static uint8_t seen[N];
    struct plan all = make(&(struct sim_disorder){.drop_pct = 100});
    assert_int_equal(all.n, 0);
    struct plan twice = make(&(struct sim_disorder){.duplicates_pct = 100, .out_of_order_pct = 100, .reach = 3});
    count_rows(&twice, seen);
    assert_int_equal(twice.n, 2 * N);
    struct sim_event *events = NULL;
    size_t n = 9;
    struct sim_disorder_counts counts;
    assert_int_equal(
        sim_disorder_plan(&(struct sim_disorder){.out_of_order_pct = 100, .reach = 9}, rel_ms, 1, &events, &n, &counts),
        0);
    assert_int_equal(n, 1);
    assert_int_equal(counts.out_of_order, 0); /* one row alone has no order */
    free(events);
    aas_test_alloc_fail_once(1);
    assert_int_equal(sim_disorder_plan(&(struct sim_disorder){0}, rel_ms, 5, &events, &n, &counts), AAS_ENOMEM);
    (void)aas_test_alloc_reset();
    free(all.events);
    free(twice.events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_disorder_each_row_goes_once_in_order),
        cmocka_unit_test(percentages_are_kept),
        cmocka_unit_test(a_seed_gives_the_same_plan_again),
        cmocka_unit_test(extremes_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
