/* Structure of XGBoost's JSON models. See model_check.h; the trial stands in model_probe.c. */
#include "model_check.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/num.h>

#define JSON_DEPTH_MAX 16
#define TREES_MAX      200000
#define NODES_MAX      (1 << 22) /* of one tree */
#define NO_CHILD       (-1)

struct check {
    size_t features, classes, groups, trees;
    uint64_t nodes;
    size_t depth;
    struct aas_error *err;
};

static int missing(struct aas_error *err, const char *what)
{
    return aas_error_set(err, AAS_EPARSE, "the model's %s is missing or of the wrong type", what);
}

/* XGBoost writes numbers as text: "96". */
static int text_number(const json_t *object, const char *key, uint64_t max, uint64_t *ret, struct aas_error *err)
{
    const char *text = json_string_value(json_object_get(object, key));
    uint64_t n = 0;
    if (!text)
        return missing(err, key);
    if (aas_num_parse_u64(text, strlen(text), &n) < 0 || n > max)
        return aas_error_set(err, AAS_EINVAL, "the model's %s is \"%.24s\", must be 0 to %" PRIu64, key, text, max);
    *ret = n;
    return 0;
}

/* "5E-1", or since 3.1 "[1E0,2E0]" with one number per class. */
static int check_base_score(const json_t *param, const struct check *c)
{
    const char *text = json_string_value(json_object_get(param, "base_score"));
    if (!text)
        return missing(c->err, "base_score");
    bool list = text[0] == '[';
    const char *p = list ? text + 1 : text;
    size_t n = 0;
    for (;;) {
        char *end = NULL;
        double v = strtod(p, &end);
        if (end == p || !isfinite(v))
            return aas_error_set(c->err, AAS_EINVAL, "the model's base_score \"%.40s\" isn't a number", text);
        n++;
        p = end;
        if (!list || *p != ',')
            break;
        p++;
    }
    if ((list && strcmp(p, "]") != 0) || (!list && *p != '\0'))
        return aas_error_set(c->err, AAS_EINVAL, "the model's base_score \"%.40s\" isn't a number", text);
    if (n != 1 && n != c->groups)
        return aas_error_set(c->err, AAS_EINVAL, "the model's base_score has %zu numbers for %zu outputs", n,
                             c->groups);
    return 0;
}

static int check_objective(const json_t *learner, struct check *c, const char **ret_name)
{
    const char *name = json_string_value(json_object_get(json_object_get(learner, "objective"), "name"));
    if (!name)
        return missing(c->err, "objective.name");
    bool multi = strcmp(name, "multi:softprob") == 0;
    if (!multi && strcmp(name, "binary:logistic") != 0)
        return aas_error_set(c->err, AAS_ENOTSUP,
                             "objective %.40s gives no probabilities: train with multi:softprob or binary:logistic",
                             name);
    if (multi && c->classes < 2)
        return aas_error_set(c->err, AAS_EINVAL, "multi:softprob with num_class %zu", c->classes);
    if (!multi && c->classes > 1)
        return aas_error_set(c->err, AAS_EINVAL, "binary:logistic with num_class %zu", c->classes);
    c->groups = multi ? c->classes : 1;
    c->classes = multi ? c->classes : 2;
    *ret_name = name;
    return 0;
}

static int check_param(const json_t *learner, struct check *c, const char **ret_objective)
{
    const json_t *param = json_object_get(learner, "learner_model_param");
    uint64_t features = 0, classes = 0, targets = 1;
    if (!json_is_object(param))
        return missing(c->err, "learner_model_param");
    int rc = text_number(param, "num_feature", ML_CHECK_MAX_FEATURES, &features, c->err);
    if (rc == 0 && features < 1)
        rc = aas_error_set(c->err, AAS_EINVAL, "the model has no features");
    if (rc == 0)
        rc = text_number(param, "num_class", ML_CHECK_MAX_CLASSES, &classes, c->err);
    if (rc == 0 && json_object_get(param, "num_target"))
        rc = text_number(param, "num_target", 1, &targets, c->err);
    if (rc < 0)
        return rc;
    c->features = features;
    c->classes = classes;
    rc = check_objective(learner, c, ret_objective);
    return rc < 0 ? rc : check_base_score(param, c);
}

static int at_node(const struct check *c, size_t tree, size_t node, const char *what)
{
    return aas_error_set(c->err, AAS_EINVAL, "tree %zu, node %zu: %s", tree, node, what);
}

static bool integer_at(const json_t *list, size_t i, int64_t *ret)
{
    const json_t *v = json_array_get(list, i);
    if (json_is_boolean(v)) {
        *ret = json_is_true(v);
        return true;
    }
    *ret = json_integer_value(v);
    return json_is_integer(v);
}

static int check_numbers(const json_t *tree, const char *key, size_t n, size_t index, const struct check *c)
{
    const json_t *list = json_object_get(tree, key);
    if (!json_is_array(list) || json_array_size(list) != n)
        return aas_error_set(c->err, AAS_EINVAL, "tree %zu: %s isn't a list of %zu numbers", index, key, n);
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(list, i);
        double x = json_number_value(v);
        if (!json_is_number(v) || !(fabs(x) <= 3.4028235e38))
            return aas_error_set(c->err, AAS_EINVAL, "tree %zu, node %zu: %s isn't a finite number", index, i, key);
    }
    return 0;
}

struct arrays {
    const json_t *left, *right, *parent, *index, *def, *type;
    size_t n;
};

static int find_arrays(const json_t *tree, size_t index, struct arrays *a, const struct check *c)
{
    uint64_t n = 0;
    const json_t *param = json_object_get(tree, "tree_param");
    int rc = text_number(param, "num_nodes", NODES_MAX, &n, c->err);
    if (rc < 0)
        return aas_error_prefix(c->err, "tree %zu", index);
    *a = (struct arrays){json_object_get(tree, "left_children"),
                         json_object_get(tree, "right_children"),
                         json_object_get(tree, "parents"),
                         json_object_get(tree, "split_indices"),
                         json_object_get(tree, "default_left"),
                         json_object_get(tree, "split_type"),
                         n};
    const json_t *all[] = {a->left, a->right, a->parent, a->index, a->def};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (!json_is_array(all[i]) || json_array_size(all[i]) != n)
            return aas_error_set(c->err, AAS_EINVAL, "tree %zu: its lists must have num_nodes %" PRIu64 " entries each",
                                 index, n);
    if (n < 1)
        return aas_error_set(c->err, AAS_EINVAL, "tree %zu has no nodes", index);
    if (a->type && json_array_size(a->type) != n && json_array_size(a->type) != 0)
        return aas_error_set(c->err, AAS_EINVAL, "tree %zu: split_type has another length", index);
    const char *leaf = json_string_value(json_object_get(param, "size_leaf_vector"));
    if (leaf && strcmp(leaf, "0") != 0 && strcmp(leaf, "1") != 0)
        return aas_error_set(c->err, AAS_ENOTSUP, "tree %zu has vectors for leaves", index);
    const char *categories[] = {"categories", "categories_nodes", "categories_segments", "categories_sizes"};
    for (size_t i = 0; i < 4; i++)
        if (json_array_size(json_object_get(tree, categories[i])) > 0)
            return aas_error_set(c->err, AAS_ENOTSUP, "tree %zu splits by categories: features are numbers here",
                                 index);
    return 0;
}

/* An inner node's children stand behind it and name it as their parent, and nobody else claims them: with that, walking
 * down ends, and no walk meets another. depth[] holds levels + 1, 0 where no parent was seen. */
static int check_node(const struct arrays *a, size_t tree, size_t node, uint16_t *depth, struct check *c)
{
    int64_t left = 0, right = 0, index = 0, def = 0;
    if (!integer_at(a->left, node, &left) || !integer_at(a->right, node, &right) ||
        !integer_at(a->index, node, &index) || !integer_at(a->def, node, &def) || def < 0 || def > 1)
        return at_node(c, tree, node, "children, split index and default direction must be integers");
    if (left == NO_CHILD && right == NO_CHILD)
        return 0;
    if (a->type && json_array_size(a->type) && json_integer_value(json_array_get(a->type, node)) != 0)
        return at_node(c, tree, node, "splits by categories");
    if (index < 0 || (uint64_t)index >= c->features)
        return at_node(c, tree, node, "splits on a feature that the model doesn't have");
    const int64_t children[2] = {left, right};
    for (int i = 0; i < 2; i++) {
        int64_t k = children[i], parent = 0;
        if (k <= (int64_t)node || k >= (int64_t)a->n)
            return at_node(c, tree, node, "has a child that isn't behind it");
        if (depth[k] != 0)
            return at_node(c, tree, node, "shares a child with another node");
        if (!integer_at(a->parent, (size_t)k, &parent) || parent != (int64_t)node)
            return at_node(c, tree, node, "isn't its child's parent");
        if (depth[node] == 0)
            return at_node(c, tree, node, "has children but no parent");
        if (depth[node] > ML_CHECK_MAX_DEPTH)
            return at_node(c, tree, node, "lies deeper than trees may be");
        depth[k] = (uint16_t)(depth[node] + 1);
        c->depth = c->depth < depth[node] ? depth[node] : c->depth;
    }
    return 0;
}

static int check_tree(const json_t *tree, size_t index, struct check *c)
{
    static const char *const numbers[] = {"split_conditions", "base_weights", "loss_changes", "sum_hessian"};
    struct arrays a = {.n = 0};
    if (!json_is_object(tree))
        return aas_error_set(c->err, AAS_EPARSE, "tree %zu isn't an object", index);
    int rc = find_arrays(tree, index, &a, c);
    for (size_t i = 0; rc == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        rc = check_numbers(tree, numbers[i], a.n, index, c);
    if (rc < 0)
        return rc;
    AAS_AUTO_FREE uint16_t *depth = calloc(a.n, sizeof(*depth));
    if (!depth)
        return aas_error_set(c->err, AAS_ENOMEM, "out of memory for a model");
    depth[0] = 1;
    for (size_t node = 0; rc == 0 && node < a.n; node++)
        rc = check_node(&a, index, node, depth, c);
    c->nodes += a.n;
    return rc;
}

/* Since 2.0: at which tree each round begins. */
static int check_rounds(const json_t *model, const struct check *c)
{
    const json_t *list = json_object_get(model, "iteration_indptr");
    int64_t last = 0;
    if (!list)
        return 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        int64_t v = -1;
        if (!integer_at(list, i, &v) || v < last || (i == 0 && v != 0))
            return aas_error_set(c->err, AAS_EINVAL, "iteration_indptr[%zu] is out of order", i);
        last = v;
    }
    if (!json_is_array(list) || json_array_size(list) < 1 || last != (int64_t)c->trees)
        return aas_error_set(c->err, AAS_EINVAL, "iteration_indptr doesn't end at the number of trees");
    return 0;
}

static int check_forest(const json_t *learner, struct check *c)
{
    const json_t *booster = json_object_get(learner, "gradient_booster");
    const json_t *model = json_object_get(booster, "model");
    const json_t *trees = json_object_get(model, "trees"), *info = json_object_get(model, "tree_info");
    const char *name = json_string_value(json_object_get(booster, "name"));
    uint64_t declared = 0, parallel = 1;
    if (!name || strcmp(name, "gbtree") != 0)
        return aas_error_set(c->err, AAS_ENOTSUP, "booster \"%.20s\" isn't served: train with gbtree",
                             name ? name : "");
    if (!json_is_array(trees) || !json_is_array(info))
        return missing(c->err, "trees or tree_info");
    c->trees = json_array_size(trees);
    const json_t *param = json_object_get(model, "gbtree_model_param");
    int rc = text_number(param, "num_trees", TREES_MAX, &declared, c->err);
    if (rc == 0 && json_object_get(param, "num_parallel_tree"))
        rc = text_number(param, "num_parallel_tree", TREES_MAX, &parallel, c->err);
    if (rc < 0)
        return rc;
    if (c->trees != declared || json_array_size(info) != c->trees || c->trees < 1)
        return aas_error_set(c->err, AAS_EINVAL, "the model has %zu trees and %zu tree_info, but says %" PRIu64,
                             c->trees, json_array_size(info), declared);
    if (json_array_size(json_object_get(json_object_get(model, "cats"), "enc")) > 0)
        return aas_error_set(c->err, AAS_ENOTSUP, "the model re-codes categories: features are numbers here");
    if (parallel < 1 || c->trees % (c->groups * parallel) != 0)
        return aas_error_set(c->err, AAS_EINVAL, "%zu trees aren't whole rounds of %zu", c->trees,
                             c->groups * (size_t)parallel);
    for (size_t i = 0; rc == 0 && i < c->trees; i++) {
        int64_t group = -1;
        if (!integer_at(info, i, &group) || group < 0 || (uint64_t)group >= c->groups)
            return aas_error_set(c->err, AAS_EINVAL, "tree_info[%zu] names an output that isn't there", i);
        rc = check_tree(json_array_get(trees, i), i, c);
    }
    return rc < 0 ? rc : check_rounds(model, c);
}

static int check_names(const json_t *learner, const struct check *c)
{
    const json_t *names = json_object_get(learner, "feature_names"), *types = json_object_get(learner, "feature_types");
    size_t n = json_array_size(names), t = json_array_size(types);
    if ((n != 0 && n != c->features) || (t != 0 && t != c->features))
        return aas_error_set(c->err, AAS_EINVAL, "the model names %zu features but has %zu", n, c->features);
    for (size_t i = 0; i < n; i++)
        if (!json_is_string(json_array_get(names, i)))
            return aas_error_set(c->err, AAS_EINVAL, "feature name %zu isn't text", i);
    for (size_t i = 0; i < t; i++) {
        const char *type = json_string_value(json_array_get(types, i));
        if (!type || strcmp(type, "c") == 0)
            return aas_error_set(c->err, AAS_ENOTSUP, "feature %zu is categorical: features are numbers here", i);
    }
    return 0;
}

static json_t *facts_of(const json_t *root, const json_t *learner, const struct check *c, const char *objective)
{
    char version[48] = "";
    const json_t *v = json_object_get(root, "version"), *attributes = json_object_get(learner, "attributes");
    if (json_array_size(v) == 3)
        (void)snprintf(version, sizeof(version), "%d.%d.%d", (int)json_integer_value(json_array_get(v, 0)),
                       (int)json_integer_value(json_array_get(v, 1)), (int)json_integer_value(json_array_get(v, 2)));
    json_t *facts = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:s,s:b}", "objective", objective, "features",
                              (json_int_t)c->features, "classes", (json_int_t)c->classes, "trees", (json_int_t)c->trees,
                              "nodes", (json_int_t)c->nodes, "depth", (json_int_t)c->depth, "version", version,
                              "from_sklearn", json_object_get(attributes, "scikit_learn") != NULL);
    const json_t *names = json_object_get(learner, "feature_names");
    const char *best = json_string_value(json_object_get(attributes, "best_iteration"));
    uint64_t round = 0;
    if (facts && json_array_size(names))
        (void)json_object_set_new(facts, "feature_names", json_deep_copy(names));
    if (facts && best && aas_num_parse_u64(best, strlen(best), &round) == 0 && round < TREES_MAX)
        (void)json_object_set_new(facts, "best_iteration", json_integer((json_int_t)round));
    return facts;
}

int ml_model_check(const json_t *root, json_t **ret_facts, struct aas_error *err)
{
    struct check c = {.err = err};
    const char *objective = NULL;
    const json_t *learner = json_object_get(root, "learner");
    if (!json_is_object(learner))
        return aas_error_set(err, AAS_EPARSE, "not an XGBoost model: there is no \"learner\"");
    int rc = check_param(learner, &c, &objective);
    if (rc == 0)
        rc = check_names(learner, &c);
    if (rc == 0)
        rc = check_forest(learner, &c);
    if (rc < 0)
        return rc;
    json_t *facts = facts_of(root, learner, &c, objective);
    if (!facts)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a model");
    *ret_facts = facts;
    return 0;
}

int ml_model_check_text(const void *text, size_t len, json_t **ret_facts, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *root = NULL;
    if (len == 0 || *(const char *)text != '{')
        return aas_error_set(err, AAS_EPARSE, "not an XGBoost model in JSON form: save_model(\"….json\") makes one");
    int rc = aas_json_parse(text, len, ML_CHECK_MAX_BYTES, JSON_DEPTH_MAX, &root, err);
    if (rc < 0)
        return len > 2 && ((const char *)text)[1] != '"' && rc == AAS_EPARSE
                   ? aas_error_set(err, AAS_EPARSE, "not JSON; a UBJ model isn't taken from outside: save it as JSON")
                   : rc;
    return ml_model_check(root, ret_facts, err);
}

static int cut_list(json_t *owner, const char *key, size_t n)
{
    json_t *list = json_object_get(owner, key);
    while (json_array_size(list) > n)
        if (json_array_remove(list, json_array_size(list) - 1))
            return AAS_ENOMEM;
    return 0;
}

int ml_model_keep_best(json_t *root, const json_t *facts, bool *ret_changed, struct aas_error *err)
{
    const json_t *best = json_object_get(facts, "best_iteration");
    *ret_changed = false;
    if (!best || !json_is_true(json_object_get(facts, "from_sklearn")))
        return 0;
    json_t *model = json_object_get(json_object_get(json_object_get(root, "learner"), "gradient_booster"), "model");
    json_t *param = json_object_get(model, "gbtree_model_param");
    const char *text = json_string_value(json_object_get(param, "num_parallel_tree"));
    uint64_t parallel = 1;
    if (text && aas_num_parse_u64(text, strlen(text), &parallel) < 0)
        return missing(err, "num_parallel_tree");
    bool multi = strcmp(json_string_value(json_object_get(facts, "objective")), "multi:softprob") == 0;
    size_t groups = multi ? (size_t)json_integer_value(json_object_get(facts, "classes")) : 1;
    size_t keep = ((size_t)json_integer_value(best) + 1) * groups * (size_t)parallel;
    if (keep >= json_array_size(json_object_get(model, "trees")))
        return 0;
    const json_t *ends = json_object_get(model, "iteration_indptr");
    if (ends && json_integer_value(json_array_get(ends, (size_t)json_integer_value(best) + 1)) != (json_int_t)keep)
        return aas_error_set(err, AAS_EINVAL, "iteration_indptr doesn't fit best_iteration");
    char number[24];
    (void)snprintf(number, sizeof(number), "%zu", keep);
    int bad = cut_list(model, "trees", keep) | cut_list(model, "tree_info", keep) |
              cut_list(model, "iteration_indptr", (size_t)json_integer_value(best) + 2) |
              json_object_set_new(param, "num_trees", json_string(number));
    if (bad)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a model");
    *ret_changed = true;
    return 0;
}
