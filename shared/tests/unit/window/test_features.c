/* Statistics against values that NumPy and SciPy computed (shared/tests/data/make_features_golden.py). */
#include <aas/features.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <aas/err.h>

#define GOLDEN    "shared/tests/data/features_golden.json"
#define ROWS_MAX  512
#define TOLERANCE 1e-9

static double number_or_nan(const json_t *v)
{
    return json_is_null(v) ? (double)NAN : json_number_value(v);
}

/* Relative to the value, or to the window's own scale where cancellation leaves a value near 0. */
static int close_enough(double got, double want, double scale)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    return fabs(got - want) <= TOLERANCE * fmax(fabs(want), scale);
}

static double largest(const double *x, size_t n)
{
    double m = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            m = fmax(m, fabs(x[i]));
    return m;
}

/* What rounding alone may do to a statistic that is 0 in theory: of the order of the values for moments of order one,
 * of their squares for energies, of 1 for ratios. A thousandth of that times the tolerance. */
static double scale_of(enum aas_stat stat, double size)
{
    if (stat >= AAS_STAT_BAND_ENERGY_1)
        return size * size * 1e-3;
    if (stat == AAS_STAT_SKEW || stat == AAS_STAT_LAG1_AUTOCORR || stat == AAS_STAT_KURTOSIS_EXCESS)
        return 1e-3;
    return size * 1e-3;
}

static void check_case(const json_t *item)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    const json_t *window = json_object_get(item, "window"), *expected = json_object_get(item, "expected");
    double x[ROWS_MAX], scratch[2 * ROWS_MAX], got[AAS_STAT__COUNT];
    size_t n = json_array_size(window);
    assert_true(n <= ROWS_MAX);
    for (size_t i = 0; i < n; i++)
        x[i] = number_or_nan(json_array_get(window, i));
    aas_features_compute(x, n, UINT32_MAX, scratch, got);
    assert_int_equal(json_object_size(expected), AAS_STAT__COUNT);
    for (int s = 0; s < AAS_STAT__COUNT; s++) {
        double want = number_or_nan(json_object_get(expected, aas_stat_name((enum aas_stat)s)));
        if (!close_enough(got[s], want, scale_of((enum aas_stat)s, largest(x, n))))
            fail_msg("%s: %s is %.17g, NumPy says %.17g", name, aas_stat_name((enum aas_stat)s), got[s], want);
    }
}

static void equals_numpy_and_scipy(void **state)
{
    (void)state;
    json_error_t e;
    json_t *cases = json_load_file(GOLDEN, JSON_REJECT_DUPLICATES, &e);
    if (!cases)
        fail_msg("%s:%d: %s", GOLDEN, e.line, e.text);
    assert_true(json_array_size(cases) >= 20);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i));
    json_decref(cases);
}

static void names_go_both_ways(void **state)
{
    (void)state;
    for (int s = 0; s < AAS_STAT__COUNT; s++) {
        enum aas_stat back;
        assert_int_equal(aas_stat_by_name(aas_stat_name((enum aas_stat)s), &back), 0);
        assert_int_equal(back, s);
    }
    enum aas_stat ptp = AAS_STAT_MEAN;
    assert_int_equal(aas_stat_by_name("ptp", &ptp), 0);
    assert_int_equal(ptp, AAS_STAT_RANGE);
    assert_int_equal(aas_stat_by_name("variance", &ptp), AAS_ENOENT);
    assert_int_equal(ptp, AAS_STAT_RANGE);
    assert_null(aas_stat_name(AAS_STAT__COUNT));
}

static void mask_leaves_the_rest_alone(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4};
    double scratch[6], got[AAS_STAT__COUNT];
    for (int s = 0; s < AAS_STAT__COUNT; s++)
        got[s] = -77;
    aas_features_compute(x, 3, AAS_STAT_BIT(AAS_STAT_MEDIAN) | AAS_STAT_BIT(AAS_STAT_MAX), scratch, got);
    for (int s = 0; s < AAS_STAT__COUNT; s++) {
        double want = s == AAS_STAT_MEDIAN ? 2 : s == AAS_STAT_MAX ? 4 : -77;
        assert_true(got[s] == want);
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The selection must equal a sort, whatever the order and the ties. */
static void median_equals_a_sort(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (int round = 0; round < 2000; round++) {
        double x[64], sorted[64], scratch[128], got[AAS_STAT__COUNT];
        size_t n = 1 + (size_t)round % 64;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            x[i] = sorted[i] = (double)((seed >> 16) % (round % 2 ? 7u : 60000u));
        }
        qsort(sorted, n, sizeof(*sorted), compare_doubles);
        double want = n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
        aas_features_compute(x, n, AAS_STAT_BIT(AAS_STAT_MEDIAN), scratch, got);
        assert_true(got[AAS_STAT_MEDIAN] == want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_numpy_and_scipy),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(mask_leaves_the_rest_alone),
        cmocka_unit_test(median_equals_a_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
