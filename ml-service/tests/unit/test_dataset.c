/* Datasets: weights, folds that keep groups together, and the scores made of a confusion matrix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "dataset.h"
#include "metrics_report.h"

static void fill(struct ml_dataset *d, uint32_t groups, uint32_t rows_each)
{
    ml_dataset_init(d, 2);
    for (uint32_t g = 0; g < groups; g++) {
        for (uint32_t i = 0; i < rows_each; i++) {
            float *x = NULL;
            assert_int_equal(ml_dataset_add(d, i < rows_each / 2 ? 0 : 1 + g % 2, 1000 - g, &x), 0);
            x[0] = (float)g;
            x[1] = (float)i;
        }
    }
}

static void test_folds_keep_groups_whole_and_classes_spread(void **state)
{
    (void)state;
    struct ml_dataset d;
    fill(&d, 20, 10);
    uint32_t fold[200], of_group[20], per_fold_class[5][3] = {{0}};
    memset(of_group, 0xff, sizeof(of_group));
    assert_int_equal(ml_dataset_folds(&d, 3, 0, 5, 7, fold, NULL), 0);
    for (size_t i = 0; i < d.rows; i++) {
        uint32_t *known = &of_group[1000 - d.group[i]];
        if (*known == UINT32_MAX)
            *known = fold[i];
        assert_int_equal(*known, fold[i]);
        assert_true(fold[i] < 5);
        per_fold_class[fold[i]][(size_t)d.label[i]]++;
    }
    for (int f = 0; f < 5; f++)
        for (int k = 1; k < 3; k++)
            assert_int_equal(per_fold_class[f][k], 10); /* two groups of each class in each fold */
    uint32_t other[200];
    assert_int_equal(ml_dataset_folds(&d, 3, 0, 5, 8, other, NULL), 0);
    assert_memory_not_equal(fold, other, sizeof(fold));
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(ml_dataset_folds(&d, 3, 0, 21, 7, fold, &err), AAS_EINVAL);
    ml_dataset_fini(&d);
}

static void test_balance(void **state)
{
    (void)state;
    struct ml_dataset d;
    fill(&d, 3, 8); /* 12 x class 0, 8 x class 1, 4 x class 2 */
    ml_dataset_balance(&d, 3, 1.0);
    double sum[3] = {0};
    for (size_t i = 0; i < d.rows; i++)
        sum[(size_t)d.label[i]] += (double)d.weight[i];
    for (int k = 0; k < 3; k++)
        assert_true(fabs(sum[k] - 8.0) < 1e-5);
    ml_dataset_balance(&d, 3, 0.0);
    for (size_t i = 0; i < d.rows; i++)
        assert_true(d.weight[i] == 1.0F);
    ml_dataset_fini(&d);
}

static void test_append_keeps_what_is_asked(void **state)
{
    (void)state;
    struct ml_dataset d, part, narrow;
    bool keep[24] = {false};
    fill(&d, 3, 8);
    keep[3] = keep[20] = true;
    ml_dataset_init(&part, 2);
    ml_dataset_init(&narrow, 1);
    assert_int_equal(ml_dataset_append(&part, &d, keep, true), 0);
    assert_int_equal(part.rows, 2);
    assert_int_equal(part.group[1], 998);
    assert_true(part.x[2] == 2.0F && part.x[3] == 4.0F);
    assert_int_equal(ml_dataset_append(&part, &d, keep, false), 0);
    assert_int_equal(part.rows, 24);
    assert_int_equal(ml_dataset_append(&narrow, &d, NULL, true), AAS_EINVAL);
    ml_dataset_fini(&d);
    ml_dataset_fini(&part);
}

static void test_scores(void **state)
{
    (void)state;
    static const uint64_t counts[9] = {8, 2, 0, 1, 3, 0, 0, 0, 0};
    struct ml_confusion c;
    assert_int_equal(ml_confusion_init(&c, 3), 0);
    memcpy(c.counts, counts, sizeof(counts));
    struct ml_class_score s;
    ml_confusion_class(&c, 1, &s);
    assert_true(fabs(s.precision - 0.6) < 1e-12 && fabs(s.recall - 0.75) < 1e-12);
    assert_true(fabs(s.f1 - 2 * 0.6 * 0.75 / 1.35) < 1e-12);
    assert_int_equal(s.support, 4);
    ml_confusion_class(&c, 2, &s);
    assert_true(isnan(s.precision) && isnan(s.recall) && isnan(s.f1));
    assert_true(fabs(ml_confusion_accuracy(&c) - 11.0 / 14) < 1e-12);
    assert_true(fabs(ml_confusion_macro_f1(&c) - (16.0 / 19 + 6.0 / 9) / 2) < 1e-12); /* class 2 has no rows */
    ml_confusion_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds_keep_groups_whole_and_classes_spread),
        cmocka_unit_test(test_balance),
        cmocka_unit_test(test_append_keeps_what_is_asked),
        cmocka_unit_test(test_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
