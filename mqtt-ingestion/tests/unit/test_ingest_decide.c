/* When windows make an alarm, and when it returns. */
#include "decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const labels[] = {"normal", "imbalance", "bearing_wear"};
static const struct ingest_decide_rules rules = {.smooth = 1, .on = 2, .of = 3, .off = 2};

static double threshold(void *arg, const char *fault)
{
    const char *disabled = arg;
    return disabled && strcmp(disabled, fault) == 0 ? 2 : 0.6;
}

/* Feed windows, one letter each: n normal, i imbalance, b bearing wear, w a weak imbalance. Decisions come as text:
 * +imbalance@3 for raised at the third window. */
static const char *feed(const struct ingest_decide_rules *r, const char *windows, const char *disabled, int64_t step_ms)
{
    static char text[512];
    struct ingest_decide d = {0};
    struct ingest_decision out[INGEST_DECIDE_FAULTS_MAX];
    size_t at = 0, n;
    text[0] = '\0';
    char off[32] = "";
    if (disabled)
        (void)snprintf(off, sizeof off, "%s", disabled);
    for (size_t i = 0; windows[i]; i++) {
        double p[3] = {0.95, 0.03, 0.02};
        if (windows[i] == 'i')
            memcpy(p, (double[]){0.05, 0.9, 0.05}, sizeof p);
        if (windows[i] == 'b')
            memcpy(p, (double[]){0.05, 0.05, 0.9}, sizeof p);
        if (windows[i] == 'w')
            memcpy(p, (double[]){0.5, 0.45, 0.05}, sizeof p);
        assert_int_equal(ingest_decide_step(&d, r, 1000 + (int64_t)i * step_ms, labels, p, 3, "normal", threshold,
                                            disabled ? off : NULL, out, &n),
                         0);
        for (size_t k = 0; k < n; k++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%c%s@%zu ", out[k].raise ? '+' : '-', out[k].fault,
                                   i + 1);
    }
    ingest_decide_fini(&d);
    return text;
}

static void test_k_of_n(void **state)
{
    static const struct {
        const char *windows, *expected;
    } cases[] = {
        {"nnnn", ""},
        {"ninn", ""}, /* one odd window makes none */
        {"nii", "+imbalance@3 "},
        {"ini", "+imbalance@3 "},   /* two of three */
        {"innin", ""},              /* two of four are not enough */
        {"iiii", "+imbalance@2 "},  /* raised once */
        {"iinin", "+imbalance@2 "}, /* one below does not return it */
        {"iinn", "+imbalance@2 -imbalance@4 "},
        {"iinni", "+imbalance@2 -imbalance@4 "}, /* and needs its own windows again */
        {"iinnii", "+imbalance@2 -imbalance@4 +imbalance@6 "},
        {"wwww", ""}, /* P(not normal) below the threshold */
        {"iibb", "+imbalance@2 -imbalance@4 +bearing_wear@4 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *got = feed(&rules, cases[i].windows, NULL, 1000);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].windows, got, cases[i].expected);
    }
}

static void test_disabled_fault(void **state)
{
    (void)state;
    assert_string_equal(feed(&rules, "iiii", "imbalance", 1000), "");
    assert_string_equal(feed(&rules, "iiii", "bearing_wear", 1000), "+imbalance@2 ");
}

static void test_smoothing(void **state)
{
    struct ingest_decide_rules r = rules;
    (void)state;
    r.smooth = 3;
    r.on = r.of = 1;
    assert_string_equal(feed(&r, "nni", NULL, 1000), "");               /* a third of 0.95 */
    assert_string_equal(feed(&r, "nnii", NULL, 1000), "+imbalance@4 "); /* two thirds */
}

static void test_delays_in_event_time(void **state)
{
    struct ingest_decide_rules r = rules;
    (void)state;
    r.on_delay_ms = 3000;
    r.off_delay_ms = 2500;
    assert_string_equal(feed(&r, "iiiiii", NULL, 1000), "+imbalance@4 ");
    assert_string_equal(feed(&r, "iiiinnnn", NULL, 1000), "+imbalance@4 -imbalance@8 ");
    assert_string_equal(feed(&r, "ii", NULL, 5000), "+imbalance@2 ");
}

static void test_resume_and_old_windows(void **state)
{
    struct ingest_decide d = {0};
    struct ingest_decision out[INGEST_DECIDE_FAULTS_MAX];
    const double healthy[] = {1, 0, 0};
    size_t n;
    (void)state;
    assert_int_equal(ingest_decide_resume(&d, "imbalance"), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            ingest_decide_step(&d, &rules, 1000 + i, labels, healthy, 3, "normal", threshold, NULL, out, &n), 0);
    assert_int_equal(n, 1);
    assert_false(out[0].raise);
    assert_string_equal(out[0].fault, "imbalance");
    const double faulty[] = {0, 1, 0};
    for (int i = 0; i < 5; i++) { /* an older window changes nothing */
        assert_int_equal(ingest_decide_step(&d, &rules, 900, labels, faulty, 3, "normal", threshold, NULL, out, &n), 0);
        assert_int_equal(n, 0);
    }
    ingest_decide_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_k_of_n),
        cmocka_unit_test(test_disabled_fault),
        cmocka_unit_test(test_smoothing),
        cmocka_unit_test(test_delays_in_event_time),
        cmocka_unit_test(test_resume_and_old_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
