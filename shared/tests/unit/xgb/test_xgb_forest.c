/* Our own walk over the trees gives the library's answers to the last bit, or isn't used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/buf.h>
#include <aas/error.h>
#include <aas/rng.h>
#include <aas/xgb.h>

#include "xgb_forest.h"
#include "xgb_internal.h"

#define COLS 7
#define ROWS 500

static float features[ROWS * COLS], labels[ROWS];

static void make_data(unsigned classes)
{
    struct aas_rng rng;
    aas_rng_seed(&rng, 42);
    for (size_t i = 0; i < ROWS; i++) {
        float sum = 0;
        for (size_t c = 0; c < COLS; c++) {
            float v = (float)aas_rng_normal(&rng);
            features[i * COLS + c] = aas_rng_below(&rng, 10) == 0 ? NAN : v;
            sum += v;
        }
        labels[i] = classes ? (float)((unsigned)(fabsf(sum) * 1.7f) % classes) : sum;
    }
}

static struct aas_xgb *train(const char *objective, const char *classes, const char *booster)
{
    struct aas_xgb_param params[] = {{"objective", objective}, {"max_depth", "5"}, {"booster", booster},
                                     {"nthread", "1"},         {"seed", "3"},      {"num_class", classes}};
    struct aas_xgb_training how = {.params = params, .params_count = classes ? 6 : 5, .rounds = 13};
    struct aas_xgb_data data = {.x = features, .rows = ROWS, .cols = COLS, .label = labels};
    struct aas_xgb *m = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_xgb_train(&how, &data, NULL, &m, &err) != 0)
        print_error("%s\n", err.msg);
    assert_non_null(m);
    return m;
}

static void same_bits(const struct aas_xgb *m, size_t rows)
{
    static float ours[ROWS * 16], theirs[ROWS * 16];
    size_t bytes = rows * aas_xgb_info(m)->outputs * sizeof *ours;
    assert_int_equal(aas_xgb_predict(m, features, rows, COLS, ours, NULL), 0);
    assert_int_equal(aas_xgb_by_library(m, false, features, rows, theirs, NULL), 0);
    assert_memory_equal(ours, theirs, bytes);
    assert_int_equal(aas_xgb_margin(m, features, rows, COLS, ours, NULL), 0);
    assert_int_equal(aas_xgb_by_library(m, true, features, rows, theirs, NULL), 0);
    assert_memory_equal(ours, theirs, rows * aas_xgb_info(m)->groups * sizeof *ours);
}

static void test_equal_to_the_library(void **state)
{
    static const struct {
        const char *objective, *classes;
        unsigned n;
    } cases[] = {{"multi:softprob", "5", 5},
                 {"multi:softprob", "3", 3},
                 {"binary:logistic", NULL, 2},
                 {"reg:squarederror", NULL, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_data(cases[i].n);
        struct aas_xgb *m = train(cases[i].objective, cases[i].classes, "gbtree");
        assert_true(aas_xgb_info(m)->walked);
        same_bits(m, 1);
        same_bits(m, ROWS);
        AAS_AUTO_BUF struct aas_buf json = AAS_BUF_INIT(1 << 24);
        struct aas_xgb *again = NULL;
        assert_int_equal(aas_xgb_save(m, AAS_XGB_JSON, &json, NULL), 0);
        assert_int_equal(aas_xgb_load(json.data, json.len, &again, NULL), 0);
        assert_true(aas_xgb_info(again)->walked);
        same_bits(again, ROWS);
        aas_xgb_destroy(again);
        aas_xgb_destroy(m);
    }
}

static void test_what_it_does_not_know_is_the_librarys(void **state)
{
    (void)state;
    make_data(3);
    struct aas_xgb *m = train("multi:softprob", "3", "dart");
    assert_false(aas_xgb_info(m)->walked);
    same_bits(m, ROWS);
    aas_xgb_destroy(m);
    m = train("multi:softmax", "3", "gbtree");
    assert_false(aas_xgb_info(m)->walked);
    aas_xgb_destroy(m);
}

/* Texts that a prediction must not be made of; none may crash. */
static void test_malformed_files(void **state)
{
    make_data(3);
    (void)state;
    struct aas_xgb *m = train("multi:softprob", "3", "gbtree");
    AAS_AUTO_BUF struct aas_buf json = AAS_BUF_INIT(1 << 24);
    assert_int_equal(aas_xgb_save(m, AAS_XGB_JSON, &json, NULL), 0);
    aas_xgb_destroy(m);
    struct xgb_forest *f = xgb_forest_create(json.data, json.len, 3, COLS);
    assert_non_null(f);
    xgb_forest_destroy(f);
    assert_null(xgb_forest_create(json.data, json.len, 2, COLS));
    assert_null(xgb_forest_create(json.data, json.len, 3, 2));
    for (size_t cut = 0; cut < json.len; cut += json.len / 97 + 1)
        assert_null(xgb_forest_create(json.data, cut, 3, COLS));
    struct aas_rng rng;
    aas_rng_seed(&rng, 9);
    for (size_t i = 0; i < 400; i++) {
        size_t at = aas_rng_below(&rng, json.len);
        char was = json.data[at];
        json.data[at] = (char)aas_rng_below(&rng, 256);
        f = xgb_forest_create(json.data, json.len, 3, COLS);
        if (f) {
            float out[3];
            xgb_forest_margin(f, features, 1, out); /* must stay inside, whatever the digits became */
        }
        xgb_forest_destroy(f);
        json.data[at] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_to_the_library),
        cmocka_unit_test(test_what_it_does_not_know_is_the_librarys),
        cmocka_unit_test(test_malformed_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
