/* Hostile models: each way to hurt the library is refused with its place, and what is whole passes. The models are
 * trained here, so that no file of a foreign model is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aas/buf.h>
#include <aas/json.h>
#include <aas/rng.h>
#include <aas/xgb.h>

#include "model_check.h"
#include "sandbox.h"

#define ROWS    200
#define COLS    5
#define CLASSES 3

static json_t *trained; /* multi:softprob */
static char *trained_text;

static char *train(const char *objective, const char *classes)
{
    static float x[ROWS * COLS], y[ROWS];
    struct aas_rng rng;
    aas_rng_seed(&rng, 5);
    for (int i = 0; i < ROWS; i++) {
        y[i] = (float)(i % (classes ? CLASSES : 2));
        for (int c = 0; c < COLS; c++)
            x[i * COLS + c] = (float)aas_rng_normal(&rng) + (c == 1 ? 2 * y[i] : 0);
    }
    const struct aas_xgb_param params[] = {
        {"objective", objective}, {"max_depth", "3"}, {"nthread", "2"}, {"num_class", classes}};
    const struct aas_xgb_training how = {.params = params, .params_count = classes ? 4 : 3, .rounds = 4};
    const struct aas_xgb_data data = {x, ROWS, COLS, y, NULL};
    struct aas_xgb *m = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_xgb_train(&how, &data, NULL, &m, &err) != 0)
        fail_msg("%s", err.msg);
    struct aas_buf buf = AAS_BUF_INIT(1 << 24);
    assert_int_equal(aas_xgb_save(m, AAS_XGB_JSON, &buf, &err), 0);
    aas_xgb_destroy(m);
    return aas_buf_take(&buf, NULL);
}

static void test_whole_models_pass(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    json_t *facts = NULL;
    if (ml_model_probe(trained_text, strlen(trained_text), "model.json", &facts, &err) != 0)
        fail_msg("%s", err.msg);
    assert_int_equal(json_integer_value(json_object_get(facts, "features")), COLS);
    assert_int_equal(json_integer_value(json_object_get(facts, "classes")), CLASSES);
    assert_int_equal(json_integer_value(json_object_get(facts, "rounds")), 4);
    assert_int_equal(json_integer_value(json_object_get(facts, "trees")), 4 * CLASSES);
    assert_true(json_is_false(json_object_get(facts, "from_sklearn")));
    json_decref(facts);
    char *binary = train("binary:logistic", NULL);
    facts = NULL;
    if (ml_model_probe(binary, strlen(binary), "model.json", &facts, &err) != 0)
        fail_msg("%s", err.msg);
    assert_int_equal(json_integer_value(json_object_get(facts, "classes")), 2);
    json_decref(facts);
    free(binary);
}

/* A path into the model, e.g. "learner.gradient_booster.model.trees.0.left_children.0". */
static void set_at(json_t *root, const char *path, json_t *value)
{
    char copy[200], *save = NULL;
    (void)snprintf(copy, sizeof(copy), "%s", path);
    char *last = strrchr(copy, '.');
    json_t *at = root;
    *last++ = '\0';
    for (char *part = strtok_r(copy, ".", &save); part; part = strtok_r(NULL, ".", &save))
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(part, NULL, 10)) : json_object_get(at, part);
    assert_non_null(at);
    if (json_is_array(at))
        assert_int_equal(json_array_set_new(at, (size_t)strtoul(last, NULL, 10), value), 0);
    else
        assert_int_equal(json_object_set_new(at, last, value), 0);
}

#define MODEL "learner.gradient_booster.model."
#define TREE  MODEL "trees.0."
#define PARAM "learner.learner_model_param."

static void test_hostile_structures(void **state)
{
    (void)state;
    static const struct {
        const char *path, *value, *words;
    } rows[] = {
        {TREE "left_children.0", "0", "node 0: has a child that isn't behind it"}, /* endless loop */
        {TREE "left_children.0", "999999", "isn't behind it"},                     /* beyond the tree */
        {TREE "left_children.0", "-7", "isn't behind it"},
        {TREE "left_children.0", "-1", "isn't behind it"}, /* half a leaf */
        {TREE "right_children.0", "1", "shares a child"},
        {TREE "left_children.0", "2.0", "must be integers"},
        {TREE "parents.1", "2", "isn't its child's parent"},
        {TREE "split_indices.0", "5", "a feature that the model doesn't have"},
        {TREE "split_indices.0", "-1", "a feature that the model doesn't have"},
        {TREE "split_conditions.0", "1e300", "finite"},
        {TREE "split_conditions.0", "\"x\"", "finite"},
        {TREE "default_left.0", "7", "must be integers"},
        {TREE "split_type.0", "1", "categories"},
        {TREE "categories", "[1]", "categories"},
        {TREE "sum_hessian", "[1]", "sum_hessian"},
        {TREE "left_children", "[-1]", "num_nodes"},
        {TREE "tree_param.num_nodes", "\"4000000000\"", "num_nodes"},
        {TREE "tree_param.num_nodes", "\"0\"", "num_nodes"},
        {TREE "tree_param.size_leaf_vector", "\"3\"", "vectors"},
        {MODEL "tree_info.0", "77", "tree_info[0]"},
        {MODEL "tree_info.0", "-5", "tree_info[0]"},
        {MODEL "tree_info", "[0]", "tree_info"},
        {MODEL "trees", "[]", "trees"},
        {MODEL "trees.1", "null", "tree 1 isn't an object"},
        {MODEL "gbtree_model_param.num_trees", "\"13\"", "says 13"},
        {MODEL "gbtree_model_param.num_parallel_tree", "\"5\"", "whole rounds"},
        {MODEL "iteration_indptr", "[0,3,2,12]", "out of order"},
        {MODEL "iteration_indptr", "[0,3]", "number of trees"},
        {PARAM "num_class", "\"600\"", "num_class"},
        {PARAM "num_class", "\"1\"", "num_class"},
        {PARAM "num_feature", "\"1\"", "a feature that the model doesn't have"},
        {PARAM "num_feature", "\"4000000000\"", "num_feature"},
        {PARAM "num_feature", "\"0\"", "no features"},
        {PARAM "num_feature", "96", "num_feature"},
        {PARAM "num_target", "\"2\"", "num_target"},
        {PARAM "base_score", "\"abc\"", "base_score"},
        {PARAM "base_score", "\"[1,2]\"", "base_score"},
        {PARAM "base_score", "\"nan\"", "base_score"},
        {"learner.objective.name", "\"reg:squarederror\"", "gives no probabilities"},
        {"learner.objective.name", "\"binary:logistic\"", "num_class"},
        {"learner.gradient_booster.name", "\"dart\"", "gbtree"},
        {"learner.feature_names", "[\"a\"]", "names 1 features"},
        {"learner.feature_types", "[\"c\",\"float\",\"float\",\"float\",\"float\"]", "categorical"},
        {"learner.objective", "null", "objective"},
        {"learner.learner_model_param", "[]", "learner_model_param"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AAS_AUTO_JSON json_t *model = json_deep_copy(trained);
        struct aas_error err = AAS_ERROR_NONE;
        json_t *facts = NULL;
        set_at(model, rows[i].path, json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
        int rc = ml_model_check(model, &facts, &err);
        if (rc == 0 || !strstr(err.msg, rows[i].words))
            fail_msg("%s = %s: %d \"%s\"", rows[i].path, rows[i].value, rc, err.msg);
    }
}

static void test_hostile_texts(void **state)
{
    (void)state;
    size_t n = 400000;
    char *bomb = malloc(n * 5 + 1), *p = bomb;
    for (size_t i = 0; i < n; i++)
        p = stpcpy(p, "{\"a\":");
    static const char ubj[] = "{L\0\0\0\0\0\0\0\7learner{";
    const struct {
        const char *text;
        size_t len;
        const char *words;
    } rows[] = {
        {bomb, n * 5, "nested deeper"},
        {trained_text, strlen(trained_text) / 2, "not valid JSON"},
        {ubj, sizeof(ubj) - 1, "UBJ"},
        {"binf\1\2\3", 7, "JSON form"},
        {"", 0, "JSON form"},
        {"{}", 2, "no \"learner\""},
        {"{\"learner\":{},\"learner\":{}}", 27, "duplicate"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct aas_error err = AAS_ERROR_NONE;
        json_t *facts = NULL;
        int rc = ml_model_check_text(rows[i].text, rows[i].len, &facts, &err);
        if (rc == 0 || !strstr(err.msg, rows[i].words))
            fail_msg("text %zu: %d \"%s\"", i, rc, err.msg);
    }
    free(bomb);
}

static void test_best_iteration(void **state)
{
    (void)state;
    AAS_AUTO_JSON json_t *model = json_deep_copy(trained);
    AAS_AUTO_JSON json_t *facts = NULL;
    AAS_AUTO_JSON json_t *after = NULL;
    bool changed = true;
    set_at(model, "learner.attributes.best_iteration", json_string("1"));
    assert_int_equal(ml_model_check(model, &facts, NULL), 0);
    assert_int_equal(ml_model_keep_best(model, facts, &changed, NULL), 0);
    assert_false(changed); /* not of XGBClassifier: its Python uses every round */
    set_at(model, "learner.attributes.scikit_learn", json_string("{}"));
    json_decref(facts);
    assert_int_equal(ml_model_check(model, &facts, NULL), 0);
    assert_int_equal(ml_model_keep_best(model, facts, &changed, NULL), 0);
    assert_true(changed);
    assert_int_equal(ml_model_check(model, &after, NULL), 0);
    assert_int_equal(json_integer_value(json_object_get(after, "trees")), 2 * CLASSES);
}

/* What the sandbox holds in: a crash, a loop, a flood; and the answer passes whole. */
static int crash(const void *arg, json_t **ret_doc, struct aas_error *err)
{
    (void)arg, (void)ret_doc, (void)err;
    (void)raise(SIGKILL);
    return 0;
}
static int loop(const void *arg, json_t **ret_doc, struct aas_error *err)
{
    (void)ret_doc, (void)err;
    for (const volatile int *go = arg; *go;)
        continue;
    return 0;
}
static int flood(const void *arg, json_t **ret_doc, struct aas_error *err)
{
    (void)arg, (void)err;
    char *text = malloc(100000);
    memset(text, 'x', 99999);
    text[99999] = '\0';
    *ret_doc = json_string(text);
    free(text);
    return 0;
}
static int refuse(const void *arg, json_t **ret_doc, struct aas_error *err)
{
    (void)arg, (void)ret_doc;
    return aas_error_set(err, AAS_EFORBIDDEN, "not this one");
}

static void test_sandbox(void **state)
{
    (void)state;
    static const int go = 1;
    const struct ml_sandbox_limits limits = {.memory_bytes = 1 << 28, .cpu_seconds = 1, .max_json_bytes = 50000};
    struct aas_error err = AAS_ERROR_NONE;
    json_t *doc = NULL;
    assert_int_equal(ml_sandbox_run(crash, NULL, &limits, "file", &doc, &err), AAS_EUPSTREAM);
    assert_int_equal(ml_sandbox_run(loop, &go, &limits, "file", &doc, &err), AAS_EUPSTREAM);
    assert_non_null(strstr(err.msg, "too long"));
    assert_int_equal(ml_sandbox_run(flood, NULL, &limits, "file", &doc, &err), AAS_EUPSTREAM);
    assert_int_equal(ml_sandbox_run(refuse, NULL, &limits, "file", &doc, &err), AAS_EFORBIDDEN);
    assert_string_equal(err.msg, "not this one");
    assert_null(doc);
}

static int setup(void **state)
{
    (void)state;
    trained_text = train("multi:softprob", "3");
    trained = json_loads(trained_text, 0, NULL);
    return trained ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(trained);
    free(trained_text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_models_pass), cmocka_unit_test(test_hostile_structures),
        cmocka_unit_test(test_hostile_texts),     cmocka_unit_test(test_best_iteration),
        cmocka_unit_test(test_sandbox),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
