/* Models of XGBoost 3.1 and newer for older libraries. Their base_score is a vector, one value per class, which a
 * reader before 3.1 takes for something else without an error and then predicts wrongly. Where there is one output the
 * brackets go; for several, each class's value is added to every leaf of its first tree: the first addition of a
 * prediction is then done beforehand, in the same float arithmetic, so that results stay equal to the last bit. */
#include "xgb_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <aas/buf.h>
#include <aas/err.h>
#include <aas/error.h>

#define CLASSES_MAX 4096

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool aas_xgb_has_base_vector(const void *bytes, size_t len)
{
    static const char key[] = "base_score";
    const char *begin = bytes, *end = begin + len;
    const char *at = memmem(begin, len, key, sizeof(key) - 1);
    if (!at)
        return false;
    at += sizeof(key) - 1;
    if (at < end && *at == '"') { /* JSON: base_score":"[… */
        at++;
        while (at < end && (is_blank(*at) || *at == ':' || *at == '"'))
            at++;
        return at < end && *at == '[';
    }
    /* UBJ: a length of one to eight bytes with its type letter stands between key and text */
    for (const char *stop = at + 12 < end ? at + 12 : end; at < stop; at++)
        if (*at == '[')
            return true;
    return false;
}

static int unsupported(struct aas_error *err, const char *what)
{
    return aas_error_set(err, AAS_ENOTSUP,
                         "the model is of XGBoost 3.1 or newer and has %s, which this XGBoost can't say", what);
}

static int malformed(struct aas_error *err, const char *what)
{
    return aas_error_set(err, AAS_EPARSE, "%s is missing or malformed in the model", what);
}

/* "[-1.25E0,4.98E-1]" -> numbers. */
static int parse_vector(const char *text, float *ret, size_t *ret_n, struct aas_error *err)
{
    size_t n = 0;
    const char *p = text + 1;
    while (*p && *p != ']') {
        char *stop;
        double v = strtod(p, &stop);
        if (stop == p || n == CLASSES_MAX || !isfinite(v))
            return malformed(err, "base_score");
        ret[n++] = (float)v;
        p = *stop == ',' ? stop + 1 : stop;
    }
    if (*p != ']' || p[1] || n == 0)
        return malformed(err, "base_score");
    *ret_n = n;
    return 0;
}

static int add_to_leaves(json_t *tree, float base, struct aas_error *err)
{
    const json_t *left = json_object_get(tree, "left_children");
    json_t *conditions = json_object_get(tree, "split_conditions");
    size_t n = json_array_size(left);
    if (n == 0 || json_array_size(conditions) != n)
        return malformed(err, "a tree's left_children or split_conditions");
    for (size_t i = 0; i < n; i++) {
        if (json_integer_value(json_array_get(left, i)) != -1)
            continue;
        float leaf = base + (float)json_number_value(json_array_get(conditions, i));
        if (json_array_set_new(conditions, i, json_real((double)leaf)))
            return aas_error_set(err, AAS_EINVAL, "a leaf of the model isn't finite");
    }
    return 0;
}

static int spread_over_trees(json_t *model, const float *base, size_t classes, struct aas_error *err)
{
    json_t *trees = json_object_get(model, "trees");
    const json_t *tree_info = json_object_get(model, "tree_info");
    size_t n = json_array_size(trees);
    if (json_array_size(tree_info) != n)
        return malformed(err, "tree_info");
    for (size_t k = 0; k < classes; k++) {
        size_t first = 0;
        while (first < n && json_integer_value(json_array_get(tree_info, first)) != (json_int_t)k)
            first++;
        if (first == n && base[k] != 0)
            return unsupported(err, "a class without trees");
        int rc = first < n ? add_to_leaves(json_array_get(trees, first), base[k], err) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool has_vector_leaves(const json_t *model)
{
    const json_t *trees = json_object_get(model, "trees");
    for (size_t i = 0; i < json_array_size(trees); i++) {
        const json_t *param = json_object_get(json_array_get(trees, i), "tree_param");
        const char *size = json_string_value(json_object_get(param, "size_leaf_vector"));
        if (size && strcmp(size, "0") != 0 && strcmp(size, "1") != 0)
            return true;
    }
    return false;
}

static int check_sayable(const json_t *learner, struct aas_error *err)
{
    const json_t *booster = json_object_get(learner, "gradient_booster");
    const json_t *model = json_object_get(booster, "model");
    const char *name = json_string_value(json_object_get(booster, "name"));
    const json_t *cats = json_object_get(model, "cats");
    if (!name || strcmp(name, "gbtree") != 0)
        return unsupported(err, "another booster than gbtree");
    if (json_array_size(json_object_get(cats, "enc")) > 0)
        return unsupported(err, "re-coded categories");
    if (has_vector_leaves(model))
        return unsupported(err, "leaves that are vectors");
    return 0;
}

static int cure_learner(json_t *learner, struct aas_error *err)
{
    json_t *param = json_object_get(learner, "learner_model_param");
    const char *text = json_string_value(json_object_get(param, "base_score"));
    if (!text || text[0] != '[')
        return malformed(err, "base_score");
    int rc = check_sayable(learner, err);
    if (rc < 0)
        return rc;
    float *base = calloc(CLASSES_MAX, sizeof(*base));
    size_t n = 0;
    if (!base)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a model");
    rc = parse_vector(text, base, &n, err);
    if (rc == 0 && n == 1)
        rc = json_object_set_new(param, "base_score", json_stringn(text + 1, strlen(text) - 2)) ? AAS_ENOMEM : 0;
    else if (rc == 0) {
        json_t *model = json_object_get(json_object_get(learner, "gradient_booster"), "model");
        rc = spread_over_trees(model, base, n, err);
        if (rc == 0)
            rc = json_object_set_new(param, "base_score", json_string("0E0")) ? AAS_ENOMEM : 0;
    }
    free(base);
    return rc;
}

static int append_text(const char *text, size_t len, void *buf)
{
    return aas_buf_append(buf, text, len) < 0 ? -1 : 0;
}

int aas_xgb_cure(const void *bytes, size_t len, struct aas_buf *ret_json, struct aas_error *err)
{
    json_error_t where;
    json_t *doc = json_loadb(bytes, len, 0, &where);
    if (!doc)
        return aas_error_set(err, AAS_EPARSE, "the model isn't JSON: line %d: %s", where.line, where.text);
    int rc = cure_learner(json_object_get(doc, "learner"), err);
    if (rc == 0 && json_dump_callback(doc, append_text, ret_json, JSON_COMPACT | JSON_REAL_PRECISION(17)))
        rc = aas_error_set(err, AAS_ENOMEM, "out of memory for a model");
    json_decref(doc);
    return rc;
}
