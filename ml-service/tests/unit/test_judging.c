/* From probabilities to verdicts, from windows to rows, explanations, routing: with a model trained here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain.h"
#include "predictor.h"
#include "serving.h"
#include "tiny_model.h"

static struct ml_model *model;
static struct ml_scratch scratch;

static void verdicts(void **state)
{
    (void)state;
    static const struct {
        float p[3];
        double coverage, threshold, unknown_below;
        int label;
        enum ml_state verdict;
    } cases[] = {
        {{0.9F, 0.05F, 0.05F}, 1, NAN, 0.5, 0, ML_STATE_NORMAL}, {{0.1F, 0.8F, 0.1F}, 1, NAN, 0.5, 1, ML_STATE_FAULT},
        {{0.3F, 0.4F, 0.3F}, 1, NAN, 0.5, 1, ML_STATE_UNKNOWN},  {{0.1F, 0.8F, 0.1F}, 0.4, NAN, 0.5, 1, ML_STATE_BLIND},
        {{0.6F, 0.1F, 0.3F}, 1, 0.35, 0.3, 2, ML_STATE_FAULT}, /* the threshold sees more than the likeliest class */
        {{0.4F, 0.5F, 0.1F}, 1, 0.7, 0.3, 0, ML_STATE_NORMAL}, /* … or less */
        {{0.2F, 0.4F, 0.4F}, 1, 0.5, 0.5, 1, ML_STATE_FAULT},  /* sure that it is one, not which */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ml_prediction pr = {.model = model, .p = cases[i].p, .has_window = true, .coverage = cases[i].coverage};
        model->threshold = cases[i].threshold;
        ml_prediction_judge(&pr, cases[i].unknown_below);
        if (pr.label != cases[i].label || pr.state != cases[i].verdict)
            fail_msg("case %zu: label %d, state %s", i, pr.label, ml_state_name(pr.state));
        assert_int_equal(pr.is_anomaly, cases[i].verdict == ML_STATE_FAULT);
        assert_true(fabs(pr.anomaly_score - (1 - (double)cases[i].p[0])) < 1e-7);
    }
    model->threshold = (double)NAN;
}

static int judge(const char *text, struct ml_prediction *pr, struct aas_error *err)
{
    struct aas_json_pull r;
    aas_json_pull_init(&r, text, strlen(text), 16);
    int rc = ml_input_read(&r, &scratch.in, err);
    if (rc)
        return rc;
    *pr = (struct ml_prediction){.sensor_id = scratch.in.sensor_id};
    return ml_predictor_run(&scratch, model, 1000000, 0.5, pr, err);
}

static void coverage(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double coverage;
        uint32_t n;
    } cases[] = {
        {"{\"window\":[[1,1],[1,1],[1,1],[1,1],[1,1]]}", 0.5, 5},
        {"{\"window\":[[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1]]}", 1, 10},
        {"{\"window\":[[1,null],[1,null],[1,null],[1,null],[1,null],[1,null],[1,null],[1,null],[1,null],[1,null]]}",
         0.5, 10},
        {"{\"window\":{\"channels\":{\"b\":[1,2,3,4,5,6,7,8,9,10],\"other\":[1,2,3,4,5,6,7,8,9,10]}}}", 0.5, 10},
        {"{\"window\":{\"t\":[0,2000,4000,6000,8000,10000,12000,14000,16000,18000],\"channels\":{\"a\":[1,2,3,4,5,6,7,"
         "8,"
         "9,10],\"b\":[1,2,3,4,5,6,7,8,9,10]}}}",
         10.0 / 19.0, 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ml_prediction pr;
        struct aas_error err = AAS_ERROR_NONE;
        if (judge(cases[i].text, &pr, &err) != 0)
            fail_msg("case %zu: %s", i, err.msg);
        if (fabs(pr.coverage - cases[i].coverage) > 0.06 || pr.n != cases[i].n)
            fail_msg("case %zu: coverage %g instead of %g, n %u", i, pr.coverage, cases[i].coverage, pr.n);
    }
}

/* The three forms of one window are one row. */
static void forms_agree(void **state)
{
    (void)state;
    struct aas_rng r;
    double a[TINY_ROWS], b[TINY_ROWS];
    char rows[2048] = "{\"window\":[", columns[2048] = "{\"window\":{\"channels\":{\"b\":[";
    aas_rng_seed(&r, 5);
    tiny_window(&r, 2, a, b);
    for (int i = 0; i < TINY_ROWS; i++) {
        (void)snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "%s[%.17g,%.17g]", i ? "," : "", a[i], b[i]);
        (void)snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "%s%.17g", i ? "," : "", b[i]);
    }
    (void)snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "]}");
    (void)snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "],\"a\":[");
    for (int i = 0; i < TINY_ROWS; i++)
        (void)snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "%s%.17g", i ? "," : "", a[i]);
    (void)snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "]}}}");
    struct ml_prediction pr;
    char hash[ML_FEATURES_HASH_BYTES], features[512] = "{\"features\":[";
    assert_int_equal(judge(rows, &pr, NULL), 0);
    memcpy(hash, pr.features_hash, sizeof hash);
    assert_string_equal(model->classes[pr.label], "shaky");
    for (size_t i = 0; i < model->features; i++) /* no scaler: the row is the features */
        (void)snprintf(features + strlen(features), sizeof features - strlen(features), "%s%.17g", i ? "," : "",
                       (double)pr.row[i]);
    (void)snprintf(features + strlen(features), sizeof features - strlen(features), "]}");
    assert_int_equal(judge(columns, &pr, NULL), 0);
    assert_string_equal(pr.features_hash, hash);
    assert_int_equal(judge(features, &pr, NULL), 0);
    assert_string_equal(pr.features_hash, hash);
}

static void explanations_sum_to_the_margin(void **state)
{
    (void)state;
    struct ml_prediction pr;
    assert_int_equal(judge("{\"features\":[50,1,1,0.2]}", &pr, NULL), 0);
    for (int label = 0; label < 3; label++) {
        struct ml_explanation x;
        assert_int_equal(ml_explain(model, pr.row, label, &x, NULL), 0);
        double sum = x.bias;
        for (size_t i = 0; i < x.count; i++)
            sum += x.items[i].contribution;
        assert_true(fabs(sum - x.margin) < 1e-4);
        float margin[3];
        assert_int_equal(aas_xgb_margin(model->xgb, pr.row, 1, 4, margin, NULL), 0);
        assert_true(fabs(x.margin - (double)margin[label]) < 1e-6);
    }
}

static void shares_are_sticky(void **state)
{
    (void)state;
    struct ml_model *other = tiny_model("v2", 2);
    struct ml_serving *s = ml_serving_new(1);
    struct ml_route *r = &s->routes[0];
    (void)snprintf(r->type, sizeof r->type, "*");
    r->champion = ml_model_get(model);
    r->challenger = other;
    int before[1000], count = 0;
    struct ml_choice c;
    r->ab_pct = 20;
    for (int i = 0; i < 1000; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "s%d", i);
        assert_true(ml_serving_choose(s, "pump", id, &c));
        before[i] = c.role == ML_ROLE_CHALLENGER;
        assert_ptr_equal(c.model, before[i] ? other : model);
        count += before[i];
    }
    assert_in_range(count, 150, 250);
    r->ab_pct = 40; /* a share that rises takes nobody back */
    for (int i = 0; i < 1000; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "s%d", i);
        assert_true(ml_serving_choose(s, "", id, &c));
        assert_true(!before[i] || c.role == ML_ROLE_CHALLENGER);
    }
    (void)snprintf(r->type, sizeof r->type, "fan");
    assert_false(ml_serving_choose(s, "pump", "s1", &c));
    assert_true(ml_serving_choose(s, "fan", "s1", &c));
    ml_serving_put(s);
}

static int setup(void **state)
{
    (void)state;
    model = tiny_model("v1", 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ml_scratch_fini(&scratch);
    ml_model_put(model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts), cmocka_unit_test(coverage),
                                       cmocka_unit_test(forms_agree), cmocka_unit_test(explanations_sum_to_the_margin),
                                       cmocka_unit_test(shares_are_sticky)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
