/* Row-wise scores: every row counts, delays, runs in alarm before the fault, types told apart, smoothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "score.h"

#define MAX 32

/* Rows as letters: truth "..ff.." (other letters: other labels), alarms "..##..", skipped rows "x" in skips. */
struct picture {
    uint32_t label[MAX];
    bool alarm[MAX], skip[MAX];
    struct judged_run run;
};

static void draw(struct picture *p, const char *truth, const char *alarms, const char *skips)
{
    size_t n = strlen(truth);
    assert_int_equal(strlen(alarms), n);
    memset(p, 0, sizeof(*p));
    for (size_t i = 0; i < n; i++) {
        p->label[i] = truth[i] == '.' ? 0 : (uint32_t)(truth[i] - 'a' + 1);
        p->alarm[i] = alarms[i] == '#';
        p->skip[i] = skips && skips[i] == 'x';
    }
    p->run = (struct judged_run){.name = "run", .rows = n, .label = p->label, .alarm = p->alarm, .skip = p->skip};
}

static void test_onsets(void **state)
{
    (void)state;
    static const struct {
        const char *truth, *alarms;
        enum onset_kind kind;
        size_t delay;
    } rows[] = {
        {"......", "..##..", ONSET_NONE, 0},
        {"..aaaa", "..###.", ONSET_DETECTED, 2},
        {"..aaaaaa", "...#.###", ONSET_DETECTED, 5},
        {"..aaaa", "..##..", ONSET_MISSED, 0},
        {"..aaa..", "...####", ONSET_MISSED, 0}, /* the third alarm row is behind the fault */
        {"..aaaa", ".#####", ONSET_ALREADY, 0},
        {"...aaaa", ".#..###", ONSET_DETECTED, 3}, /* an alarm that had gone before the fault */
        {"aaaa", "###.", ONSET_DETECTED, 2},
        {"..aa..aa", "......##", ONSET_MISSED, 0}, /* the first fault counts */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct picture p;
        size_t delay = 0;
        draw(&p, rows[i].truth, rows[i].alarms, NULL);
        assert_int_equal(score_onset(&p.run, &delay), rows[i].kind);
        assert_int_equal(delay, rows[i].delay);
    }
}

static void test_counts_and_rates(void **state)
{
    (void)state;
    struct score s = {.tp = 0};
    struct score_options o = {.score_from = 0};
    struct picture p;
    draw(&p, "....aaaa..", "#...####.#", NULL);
    assert_int_equal(score_add(&s, &p.run, &o), 0);
    draw(&p, "bbbb......", "..........", "x.........");
    assert_int_equal(score_add(&s, &p.run, &o), 0);
    assert_int_equal(s.tp, 4);
    assert_int_equal(s.fn, 3);
    assert_int_equal(s.fp, 2);
    assert_int_equal(s.tn, 10);
    assert_true(fabs(score_f1(&s) - 8.0 / 13) < 1e-12);
    assert_true(fabs(score_precision(&s) - 4.0 / 6) < 1e-12);
    assert_true(fabs(score_false_alarms(&s) - 2.0 / 12) < 1e-12);
    assert_true(fabs(score_missed_alarms(&s) - 3.0 / 7) < 1e-12);
    assert_true(fabs(score_mean_detection(&s, &o) - 0.5) < 1e-12);
    assert_int_equal(s.detected, 1);
    assert_int_equal(s.missed, 1);
    assert_true(score_median_delay(&s) == 2);
    score_fini(&s);
    assert_true(isnan(score_f1(&s)) && isnan(score_median_delay(&s)));
}

static void test_options(void **state)
{
    (void)state;
    struct picture p;
    struct score s = {.tp = 0};
    const struct score_options late = {.score_from = 4}, faulty = {.fault_runs_only = true}, hard = {.hard = {1u << 2}};
    draw(&p, "..aaaa", "#.####", NULL);
    assert_int_equal(score_add(&s, &p.run, &late), 0);
    assert_int_equal(s.tp + s.fp + s.fn + s.tn, 2);
    score_fini(&s);
    draw(&p, "......", "######", NULL);
    assert_int_equal(score_add(&s, &p.run, &faulty), 0);
    assert_int_equal(s.fp, 0);
    draw(&p, "..bbbb", "....##", NULL); /* label 2 is hard: shown by type, counted nowhere else */
    assert_int_equal(score_add(&s, &p.run, &hard), 0);
    assert_int_equal(s.tp + s.fn, 0);
    assert_int_equal(s.tn, 2);
    assert_int_equal(s.types[2].rows, 4);
    assert_int_equal(s.types[2].alarmed, 2);
    assert_int_equal(s.types[2].missed, 1);
    assert_int_equal(s.missed, 0);
    score_fini(&s);
}

static void test_smoothing(void **state)
{
    (void)state;
    double p[8] = {(double)NAN, 1, 0, 0, 1, (double)NAN, 1, 0};
    static const double want[8] = {0, 1, 0.5, 1.0 / 3, 1.0 / 3, 0, 1, 0.5};
    assert_int_equal(score_smooth(p, 8, 3), 0);
    for (int i = 0; i < 8; i++)
        assert_true(fabs(p[i] - want[i]) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_onsets),
        cmocka_unit_test(test_counts_and_rates),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_smoothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
