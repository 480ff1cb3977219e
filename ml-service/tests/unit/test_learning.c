/* Drift, the watch over a new champion, and the gate: decisions on figures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <aas/rng.h>

#include "drift.h"
#include "gate.h"
#include "tiny_model.h"
#include "watchdog.h"

#define N 1000

static struct ml_drift_feature drift_of(double shift, double spread, size_t n, double missing)
{
    static float a[N], b[N];
    struct aas_rng r;
    aas_rng_seed(&r, 3);
    for (size_t i = 0; i < n; i++) {
        a[i] = (float)aas_rng_normal(&r);
        b[i] = aas_rng_unit(&r) < missing ? NAN : (float)(shift + spread * aas_rng_normal(&r));
    }
    return ml_drift_compare(a, n, b, n);
}

static void drift_needs_size_and_effect(void **state)
{
    (void)state;
    struct ml_drift_feature f = drift_of(0, 1, N, 0);
    assert_true(f.psi < 0.1 && !f.drifted);
    f = drift_of(1.5, 1, N, 0);
    assert_true(f.psi > 0.5 && f.effect > 1.2 && f.effect < 1.8 && f.drifted);
    f = drift_of(0, 2, N, 0); /* wider, not elsewhere: told, but no drift */
    assert_true(f.psi > ML_DRIFT_PSI && f.effect < ML_DRIFT_EFFECT && !f.drifted);
    f = drift_of(1.5, 1, 100, 0);
    assert_true(isnan(f.psi) && !f.drifted);
    f = drift_of(1.5, 1, N, 0.9);
    assert_true(isnan(f.psi));
    float a[400], b[400]; /* a constant that moves */
    for (size_t i = 0; i < 400; i++) {
        a[i] = 5;
        b[i] = 6;
    }
    f = ml_drift_compare(a, 400, b, 400);
    assert_true(f.drifted);
    f = ml_drift_compare(a, 400, a, 400);
    assert_true(f.psi < 1e-9 && !f.drifted);
}

static void a_worse_champion_is_told(void **state)
{
    (void)state;
    static const struct {
        struct ml_record now, before;
        bool worse;
    } cases[] = {
        {{1000, 20, 0, NAN}, {1000, 20, 0, NAN}, false},   {{1000, 400, 0, NAN}, {1000, 50, 0, NAN}, true},
        {{1000, 150, 0, NAN}, {1000, 10, 0, NAN}, false},  /* many times, but few */
        {{1000, 800, 0, NAN}, {1000, 500, 0, NAN}, false}, /* many, but not many times */
        {{199, 190, 0, NAN}, {1000, 10, 0, NAN}, false},   {{0, 0, 30, 0.5}, {0, 0, 30, 0.9}, true},
        {{0, 0, 19, 0.1}, {0, 0, 30, 0.9}, false},         {{0, 0, 30, 0.8}, {0, 0, 30, 0.9}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct aas_error why = AAS_ERROR_NONE;
        if (ml_watch_is_worse(&cases[i].now, &cases[i].before, &why) != cases[i].worse)
            fail_msg("case %zu", i);
        assert_int_equal(why.msg[0] != 0, cases[i].worse);
    }
}

/* Labelled rows of the tiny model's classes; a shift makes every label wrong. */
static void rows(struct ml_dataset *d, uint64_t seed, int n, int shift)
{
    struct aas_feature_schema *schema = tiny_schema();
    struct aas_rng r;
    aas_rng_seed(&r, seed);
    ml_dataset_init(d, 4);
    double scratch[256];
    assert_true(aas_feature_schema_scratch(schema, TINY_ROWS) <= 256);
    for (int i = 0; i < n; i++) {
        double a[TINY_ROWS], b[TINY_ROWS];
        const double *columns[] = {a, b};
        float *x;
        tiny_window(&r, i % 3, a, b);
        assert_int_equal(ml_dataset_add(d, (uint32_t)((i + shift) % 3), (uint32_t)i, &x), 0);
        aas_feature_schema_extract(schema, columns, TINY_ROWS, scratch, x, NULL);
    }
    aas_feature_schema_destroy(schema);
}

static bool gate(const struct ml_model *champion, const struct ml_model *challenger, const struct ml_dataset *labelled,
                 const struct ml_dataset *base, const struct ml_dataset *replay)
{
    struct ml_gate_input in = {.champion = champion->xgb,
                               .challenger = challenger->xgb,
                               .champion_classes = 3,
                               .challenger_classes = 3,
                               .classes = champion->classes,
                               .normal = 0,
                               .labelled = labelled,
                               .base = base,
                               .replay = replay};
    json_t *report = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (ml_gate_run(&in, &report, &err) != 0)
        fail_msg("%s", err.msg);
    bool passed = json_is_true(json_object_get(report, "passed"));
    assert_true(json_array_size(json_object_get(report, "reasons")) > 0);
    json_decref(report);
    return passed;
}

/* A model that learned the wrong labels. */
static struct ml_model *bad_model(void)
{
    struct ml_dataset d;
    rows(&d, 5, 300, 1);
    const struct aas_xgb_param params[] = {
        {"objective", "multi:softprob"}, {"num_class", "3"}, {"max_depth", "3"}, {"nthread", "1"}};
    struct aas_xgb_training how = {.params = params, .params_count = 4, .rounds = 8};
    struct aas_xgb_data data = {.x = d.x, .rows = d.rows, .cols = 4, .label = d.label};
    struct aas_xgb *x = NULL;
    struct aas_buf buf = AAS_BUF_INIT(1 << 24);
    assert_int_equal(aas_xgb_train(&how, &data, NULL, &x, NULL), 0);
    assert_int_equal(aas_xgb_save(x, AAS_XGB_JSON, &buf, NULL), 0);
    struct ml_model_parts parts = {.version = "v9", .bytes = buf.data, .len = buf.len, .schema = tiny_schema()};
    struct ml_model *m = NULL;
    assert_int_equal(ml_model_create(&m, &parts, NULL), 0);
    aas_xgb_destroy(x);
    aas_buf_fini(&buf);
    ml_dataset_fini(&d);
    return m;
}

static void gate_lets_the_better_through(void **state)
{
    (void)state;
    struct ml_model *good = tiny_model("v1", 1), *other = tiny_model("v2", 2), *bad = bad_model();
    struct ml_dataset test, normals, none;
    rows(&test, 11, 90, 0);
    rows(&normals, 12, 300, 0);
    ml_dataset_init(&none, 4);
    assert_true(gate(good, other, &test, &test, &none));
    assert_false(gate(good, bad, &test, &none, &none));
    assert_false(gate(good, bad, &none, &test, &none));
    assert_true(gate(bad, good, &test, &test, &none));
    assert_false(gate(good, other, &none, &none, &normals)); /* nothing to judge by */
    ml_dataset_fini(&test);
    ml_dataset_fini(&normals);
    ml_model_put(good);
    ml_model_put(other);
    ml_model_put(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(drift_needs_size_and_effect),
                                       cmocka_unit_test(a_worse_champion_is_told),
                                       cmocka_unit_test(gate_lets_the_better_through)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
