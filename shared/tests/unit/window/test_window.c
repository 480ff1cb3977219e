/* Windows: a brute-force model of "the last rows by event time" must agree for rows in order, shuffled, doubled and
 * after a restart. */
#include <aas/window.h>

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aas/err.h>
#include <aas/error.h>

#define ROWS    12
#define STRIDE  5
#define PERIOD  1000
#define N       200
#define T0      INT64_C(1700000000000)
#define MISSING ((double)NAN)

static struct aas_window *make(uint32_t rows, uint32_t stride, int64_t lateness_ms, int64_t max_gap_ms)
{
    struct aas_window_options opt = {
        .spec = {.rows = rows, .stride = stride, .period_ms = PERIOD, .min_coverage = 0.8, .max_gap_ms = max_gap_ms},
        .channels = 2,
        .lateness_ms = lateness_ms};
    struct aas_window *w = NULL;
    assert_int_equal(aas_window_create(&opt, &w, NULL), 0);
    return w;
}

static enum aas_window_outcome push(struct aas_window *w, int64_t t, double a, double b)
{
    const double v[2] = {a, b};
    enum aas_window_outcome outcome = AAS_WINDOW__OUTCOME_COUNT;
    assert_int_equal(aas_window_push(w, t, v, &outcome), 0);
    return outcome;
}

/* Row i's values, so that a window can be checked from its times alone. */
static double value_a(int64_t t)
{
    return sin((double)(t - T0) / 977.0);
}

struct ends {
    int64_t end[4 * N];
    uint32_t revision[4 * N];
    size_t n;
};

/* Take what is ready, check each window's inner truth, and note its end. */
static void drain(struct aas_window *w, struct aas_window_view *view, struct ends *ends)
{
    while (aas_window_next(w, view)) {
        assert_int_equal(view->n, aas_window_spec_of(w)->rows);
        assert_true(view->start_ms == view->t[0] && view->end_ms == view->t[view->n - 1]);
        for (size_t i = 0; i < view->n; i++) {
            assert_true(i == 0 || view->t[i] > view->t[i - 1]);
            assert_true(view->columns[0][i] == value_a(view->t[i]));
        }
        ends->end[ends->n] = view->end_ms;
        ends->revision[ends->n++] = view->revision;
    }
}

static void in_order_gives_every_stride(void **state)
{
    (void)state;
    struct aas_window *w = make(ROWS, STRIDE, 0, 0);
    struct aas_window_view view = {0};
    struct ends ends = {.n = 0};
    for (int i = 0; i < N; i++) {
        int64_t t = T0 + i * PERIOD;
        assert_int_equal(push(w, t, value_a(t), MISSING), AAS_WINDOW_IN_ORDER);
        drain(w, &view, &ends);
    }
    assert_int_equal(ends.n, (N - ROWS) / STRIDE + 1);
    for (size_t k = 0; k < ends.n; k++) {
        assert_true(ends.end[k] == T0 + (ROWS - 1 + (int64_t)k * STRIDE) * PERIOD);
        assert_int_equal(ends.revision[k], 0);
    }
    assert_true(view.coverage == 1.0 && !view.blind);
    assert_true(isnan(view.columns[1][0]));
    aas_window_view_fini(&view);
    aas_window_destroy(w);
}

/* min_rows: windows grow from a start on; a gap starts anew; late rows amend those that were given out. */
static void early_windows_grow(void **state)
{
    (void)state;
    struct aas_window_options opt = {
        .spec =
            {.rows = 8, .min_rows = 3, .stride = 2, .period_ms = PERIOD, .min_coverage = 0.8, .max_gap_ms = 5 * PERIOD},
        .channels = 1};
    struct aas_window *w = NULL;
    struct aas_window_view view = {0};
    assert_int_equal(aas_window_create(&opt, &w, NULL), 0);
    static const struct {
        int second;
        size_t n; /* rows of the window that comes out; 0: none */
    } rows[] = {{0, 0}, {1, 0}, {2, 3},  {3, 0},  {4, 5},  {5, 0},  {6, 7},  {7, 0},
                {8, 8}, {9, 0}, {10, 8}, {30, 0}, {31, 0}, {32, 3}, {33, 0}, {34, 5}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const double v = rows[i].second;
        assert_int_equal(aas_window_push(w, T0 + rows[i].second * PERIOD, &v, NULL), 0);
        bool ready = aas_window_next(w, &view);
        assert_int_equal(ready, rows[i].n > 0);
        if (!ready)
            continue;
        assert_int_equal(view.n, rows[i].n);
        assert_true(view.columns[0][view.n - 1] == v && view.columns[0][0] == v - (double)rows[i].n + 1);
        assert_false(aas_window_next(w, &view));
    }
    const double late = 31.5;
    enum aas_window_outcome outcome;
    assert_int_equal(aas_window_push(w, T0 + 31500, &late, &outcome), 0);
    assert_int_equal(outcome, AAS_WINDOW_AMENDS);
    assert_true(aas_window_next(w, &view));
    assert_int_equal(view.n, 4);
    assert_int_equal(view.revision, 1);
    assert_true(aas_window_next(w, &view));
    assert_int_equal(view.n, 6);
    assert_false(aas_window_next(w, &view));
    aas_window_view_fini(&view);
    aas_window_destroy(w);
    opt.spec.min_rows = 9;
    assert_int_equal(aas_window_create(&opt, &w, NULL), AAS_EINVAL);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Times of a sensor with jitter and holes. */
static void make_times(uint32_t *seed, int64_t *t, size_t n)
{
    int64_t now = T0;
    for (size_t i = 0; i < n; i++) {
        now += 500 + next_random(seed) % 1000;
        if (next_random(seed) % 40 == 0)
            now += 20000;
        t[i] = now;
    }
}

static void collect_in_order(const int64_t *t, size_t n, int64_t gap, struct ends *ret)
{
    struct aas_window *w = make(ROWS, STRIDE, 0, gap);
    struct aas_window_view view = {0};
    ret->n = 0;
    for (size_t i = 0; i < n; i++) {
        (void)push(w, t[i], value_a(t[i]), 0);
        drain(w, &view, ret);
    }
    aas_window_view_fini(&view);
    aas_window_destroy(w);
}

/* Shuffle neighbours, send some rows twice: with a lateness beyond the disorder the windows are the same. */
static void disorder_within_lateness_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t seed = 1, round = 0; round < 50; round++) {
        int64_t t[N], sent[N], gap = round % 2 ? 10000 : 0;
        make_times(&seed, t, N);
        memcpy(sent, t, sizeof(t));
        for (size_t i = 0; i + 3 < N; i += 4) {
            size_t j = i + next_random(&seed) % 4;
            int64_t x = sent[i];
            sent[i] = sent[j];
            sent[j] = x;
        }
        struct ends want, got = {.n = 0};
        collect_in_order(t, N, gap, &want);
        struct aas_window *w = make(ROWS, STRIDE, 90000, gap);
        struct aas_window_view view = {0};
        for (size_t i = 0; i < N; i++) {
            (void)push(w, sent[i], value_a(sent[i]), 0);
            if (next_random(&seed) % 5 == 0)
                assert_int_equal(push(w, sent[i], value_a(sent[i]), 0), AAS_WINDOW_DUPLICATE);
            drain(w, &view, &got);
        }
        aas_window_advance(w, t[N - 1] + 90000);
        drain(w, &view, &got);
        assert_int_equal(got.n, want.n);
        assert_memory_equal(got.end, want.end, want.n * sizeof(*want.end));
        for (size_t k = 0; k < got.n; k++)
            assert_int_equal(got.revision[k], 0);
        aas_window_view_fini(&view);
        aas_window_destroy(w);
    }
}

/* Stop anywhere, rebuild from the stored rows: together both lives give what one life gives. */
static void restart_repeats_and_loses_nothing(void **state)
{
    (void)state;
    for (uint32_t seed = 7, round = 0; round < 50; round++) {
        int64_t t[N], gap = round % 2 ? 10000 : 0;
        make_times(&seed, t, N);
        struct ends want, got = {.n = 0};
        collect_in_order(t, N, gap, &want);
        size_t stop = 1 + next_random(&seed) % (N - 1);
        collect_in_order(t, stop, gap, &got);

        struct aas_window *w = make(ROWS, STRIDE, 0, gap);
        struct aas_window_view view = {0};
        if (got.n)
            aas_window_resume(w, got.end[got.n - 1]);
        size_t from = stop > 3 * ROWS ? stop - 3 * ROWS : 0;
        for (size_t i = from; i < N; i++) {
            (void)push(w, t[i], value_a(t[i]), 0);
            drain(w, &view, &got);
        }
        assert_int_equal(got.n, want.n);
        assert_memory_equal(got.end, want.end, want.n * sizeof(*want.end));
        aas_window_view_fini(&view);
        aas_window_destroy(w);
    }
}

static void late_row_amends_what_was_given(void **state)
{
    (void)state;
    struct aas_window *w = make(4, 2, 0, 0);
    struct aas_window_view view = {0};
    struct ends ends = {.n = 0};
    for (int i = 0; i < 12; i++) {
        int64_t t = T0 + i * PERIOD;
        if (i == 6)
            continue;
        (void)push(w, t, value_a(t), 0);
        drain(w, &view, &ends);
    }
    /* without row 6 the windows ended at rows 3, 5, 8, 10; those that span row 6 are 8 and, from row 7 on, not 10 */
    assert_int_equal(ends.n, 4);
    assert_true(ends.end[2] == T0 + 8 * PERIOD && ends.end[3] == T0 + 10 * PERIOD);
    ends.n = 0;
    int64_t late = T0 + 6 * PERIOD;
    assert_int_equal(push(w, late, value_a(late), 0), AAS_WINDOW_AMENDS);
    drain(w, &view, &ends);
    assert_int_equal(ends.n, 1);
    assert_true(ends.end[0] == T0 + 8 * PERIOD);
    assert_int_equal(ends.revision[0], 1);
    assert_true(view.start_ms == T0 + 5 * PERIOD);
    aas_window_view_fini(&view);
    aas_window_destroy(w);
}

static void cells_merge_and_first_value_wins(void **state)
{
    (void)state;
    struct aas_window *w = make(2, 1, 0, 0);
    struct aas_window_view view = {0};
    assert_int_equal(push(w, T0, 1, MISSING), AAS_WINDOW_IN_ORDER);
    assert_int_equal(push(w, T0, 9, 2), AAS_WINDOW_MERGED);
    assert_int_equal(push(w, T0, 9, 9), AAS_WINDOW_DUPLICATE);
    assert_int_equal(push(w, T0 + 5, MISSING, MISSING), AAS_WINDOW_EMPTY);
    assert_int_equal(push(w, T0 + PERIOD, 3, MISSING), AAS_WINDOW_IN_ORDER);
    assert_true(aas_window_next(w, &view));
    assert_true(view.columns[0][0] == 1 && view.columns[1][0] == 2 && isnan(view.columns[1][1]));
    assert_int_equal(push(w, T0 + PERIOD, MISSING, 4), AAS_WINDOW_MERGED);
    assert_true(aas_window_next(w, &view));
    assert_true(view.revision == 1 && view.columns[1][1] == 4);
    assert_false(aas_window_next(w, &view));
    aas_window_view_fini(&view);
    aas_window_destroy(w);
}

static void gap_starts_anew_and_poor_coverage_is_blind(void **state)
{
    (void)state;
    struct aas_window_view view = {0};
    struct aas_window *w = make(3, 1, 0, 5000);
    for (int i = 0; i < 2; i++)
        (void)push(w, T0 + i * PERIOD, 0, 0);
    assert_int_equal(aas_window_filled(w), 2);
    (void)push(w, T0 + 7000, 0, 0);
    assert_int_equal(aas_window_filled(w), 1);
    assert_false(aas_window_next(w, &view));
    aas_window_destroy(w);

    w = make(3, 1, 0, 0);
    for (int i = 0; i < 2; i++)
        (void)push(w, T0 + i * PERIOD, 0, 0);
    (void)push(w, T0 + 7000, 0, 0);
    assert_true(aas_window_next(w, &view));
    assert_true(view.blind && view.coverage == 3.0 / 8.0);
    aas_window_view_fini(&view);
    aas_window_destroy(w);
}

/* However long it runs, rows that no window needs are let go, and what is older than those is too late. */
static void memory_stays_bounded(void **state)
{
    (void)state;
    struct aas_window *w = make(ROWS, STRIDE, 0, 0);
    struct aas_window_view view = {0};
    struct ends ends;
    for (int i = 0; i < 20000; i++) {
        ends.n = 0;
        (void)push(w, T0 + i * PERIOD, value_a(T0 + i * PERIOD), 0);
        drain(w, &view, &ends);
    }
    assert_int_equal(push(w, T0, 1, 1), AAS_WINDOW_TOO_LATE);
    assert_true(aas_window_watermark_ms(w) == T0 + 19999 * PERIOD);
    aas_window_reset(w);
    assert_int_equal(push(w, T0, 1, 1), AAS_WINDOW_IN_ORDER);
    aas_window_view_fini(&view);
    aas_window_destroy(w);
}

static void refuses_bad_input(void **state)
{
    (void)state;
    static const struct {
        struct aas_window_spec spec;
        const char *names;
    } bad[] = {
        {{.rows = 1, .stride = 1, .period_ms = 1}, "window.rows"},
        {{.rows = AAS_WINDOW_MAX_ROWS + 1, .stride = 1, .period_ms = 1}, "window.rows"},
        {{.rows = 2, .stride = 0, .period_ms = 1}, "window.stride"},
        {{.rows = 2, .stride = 1, .period_ms = 0}, "window.period_ms"},
        {{.rows = 2, .stride = 1, .period_ms = 1, .min_coverage = 1.5}, "window.min_coverage"},
        {{.rows = 2, .stride = 1, .period_ms = 1, .min_coverage = (double)NAN}, "window.min_coverage"},
        {{.rows = 2, .stride = 1, .period_ms = 1, .max_gap_ms = -1}, "window.max_gap_ms"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct aas_error err = {0};
        assert_int_equal(aas_window_spec_check(&bad[i].spec, &err), AAS_EINVAL);
        assert_non_null(strstr(err.msg, bad[i].names));
    }
    struct aas_window *w = make(2, 1, 0, 0);
    const double inf[2] = {(double)INFINITY, 0}, fine[2] = {0, 0};
    assert_int_equal(aas_window_push(w, T0, inf, NULL), AAS_EINVAL);
    assert_int_equal(aas_window_push(w, -1, fine, NULL), AAS_EINVAL);
    assert_true(aas_window_watermark_ms(w) == INT64_MIN);
    aas_window_destroy(w);
    aas_window_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_gives_every_stride),
        cmocka_unit_test(early_windows_grow),
        cmocka_unit_test(disorder_within_lateness_changes_nothing),
        cmocka_unit_test(restart_repeats_and_loses_nothing),
        cmocka_unit_test(late_row_amends_what_was_given),
        cmocka_unit_test(cells_merge_and_first_value_wins),
        cmocka_unit_test(gap_starts_anew_and_poor_coverage_is_blind),
        cmocka_unit_test(memory_stays_bounded),
        cmocka_unit_test(refuses_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
