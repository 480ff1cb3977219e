#include "xgb_forest_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/json_pull.h>
#include <aas/num.h>

#define NODES_MAX 65535 /* what a node's 16-bit place can say */
#define TREES_MAX 200000

static void tree_fini(struct xgb_tree_text *t)
{
    free(t->left);
    free(t->right);
    free(t->feature);
    free(t->default_left);
    free(t->condition);
}

void xgb_model_text_fini(struct xgb_model_text *m)
{
    for (size_t i = 0; i < m->trees_count; i++)
        tree_fini(&m->trees[i]);
    free(m->trees);
    free(m->info);
    *m = (struct xgb_model_text){0};
}

/* Elements of the array that the reader stands before, by a scan of its own; nested values aren't expected. */
static size_t count_elements(const struct aas_json_pull *r)
{
    struct aas_json_pull look = *r;
    size_t n = 0;
    if (aas_json_pull_next(&look) != AAS_JSON_ARRAY)
        return 0;
    while (aas_json_pull_next(&look) > AAS_JSON_DONE && look.event != AAS_JSON_ARRAY_END)
        n++;
    return n;
}

/* An array of integers, or of true and false; NULL where it is none. */
static int64_t *read_ints(struct aas_json_pull *r, size_t *ret_n)
{
    size_t n = count_elements(r), i = 0;
    int64_t *values = malloc((n ? n : 1) * sizeof *values);
    bool ok = values && aas_json_pull_next(r) == AAS_JSON_ARRAY;
    while (ok && aas_json_pull_next(r) != AAS_JSON_ARRAY_END) {
        ok = i < n;
        if (ok && r->event == AAS_JSON_NUMBER)
            ok = aas_json_pull_int(r, &values[i]) == 0;
        else if (ok && (r->event == AAS_JSON_TRUE || r->event == AAS_JSON_FALSE))
            values[i] = r->event == AAS_JSON_TRUE;
        else
            ok = false;
        i++;
    }
    if (!ok) {
        free(values);
        return NULL;
    }
    *ret_n = n;
    return values;
}

static float *read_floats(struct aas_json_pull *r, size_t *ret_n)
{
    size_t n = count_elements(r), i = 0;
    float *values = malloc((n ? n : 1) * sizeof *values);
    bool ok = values && aas_json_pull_next(r) == AAS_JSON_ARRAY;
    while (ok && aas_json_pull_next(r) != AAS_JSON_ARRAY_END) {
        ok = i < n && r->event == AAS_JSON_NUMBER;
        if (ok) /* straight to float: by way of a double it would be rounded twice */
            values[i] = strtof(r->str, NULL);
        i++;
    }
    if (!ok) {
        free(values);
        return NULL;
    }
    *ret_n = n;
    return values;
}

/* A string of digits as XGBoost writes its parameters; false where it isn't one. */
static bool read_text(struct aas_json_pull *r, char *dst, size_t cap)
{
    size_t len;
    return aas_json_pull_next(r) == AAS_JSON_STRING && aas_json_pull_string(r, dst, cap, &len) == 0;
}

/* A list of numbers whose length must be n once the tree is complete. */
static bool put_ints(struct aas_json_pull *r, int64_t **slot, struct xgb_tree_text *t, bool *first)
{
    size_t n;
    if (*slot || !(*slot = read_ints(r, &n)) || (!*first && n != t->n))
        return false;
    t->n = n;
    *first = false;
    return true;
}

static bool put_floats(struct aas_json_pull *r, struct xgb_tree_text *t, bool *first)
{
    size_t n;
    if (t->condition || !(t->condition = read_floats(r, &n)) || (!*first && n != t->n))
        return false;
    t->n = n;
    *first = false;
    return true;
}

static bool tree_params(struct aas_json_pull *r, struct xgb_model_text *m)
{
    char text[32];
    if (aas_json_pull_next(r) != AAS_JSON_OBJECT)
        return false;
    while (aas_json_pull_next(r) == AAS_JSON_KEY) {
        if (aas_json_pull_is(r, "size_leaf_vector")) {
            if (!read_text(r, text, sizeof text))
                return false;
            m->foreign |= strcmp(text, "0") != 0 && strcmp(text, "1") != 0;
        } else if (!aas_json_pull_skip(r)) {
            return false;
        }
    }
    return r->event == AAS_JSON_OBJECT_END;
}

static bool read_tree(struct aas_json_pull *r, struct xgb_model_text *m, struct xgb_tree_text *t)
{
    bool ok = true, first = true;
    size_t n = 0;
    while (ok && aas_json_pull_next(r) == AAS_JSON_KEY) {
        if (aas_json_pull_is(r, "left_children")) {
            ok = put_ints(r, &t->left, t, &first);
        } else if (aas_json_pull_is(r, "right_children")) {
            ok = put_ints(r, &t->right, t, &first);
        } else if (aas_json_pull_is(r, "split_indices")) {
            ok = put_ints(r, &t->feature, t, &first);
        } else if (aas_json_pull_is(r, "default_left")) {
            ok = put_ints(r, &t->default_left, t, &first);
        } else if (aas_json_pull_is(r, "split_conditions")) {
            ok = put_floats(r, t, &first);
        } else if (aas_json_pull_is(r, "categories_nodes")) {
            int64_t *nodes = read_ints(r, &n);
            ok = nodes != NULL;
            m->foreign |= n > 0;
            free(nodes);
        } else if (aas_json_pull_is(r, "tree_param")) {
            ok = tree_params(r, m);
        } else {
            ok = aas_json_pull_skip(r);
        }
    }
    return ok && r->event == AAS_JSON_OBJECT_END && t->left && t->right && t->feature && t->default_left &&
           t->condition && t->n > 0 && t->n <= NODES_MAX;
}

static bool read_trees(struct aas_json_pull *r, struct xgb_model_text *m)
{
    if (m->trees || aas_json_pull_next(r) != AAS_JSON_ARRAY)
        return false;
    while (aas_json_pull_next(r) == AAS_JSON_OBJECT) {
        if (m->trees_count == m->trees_cap) {
            size_t cap = m->trees_cap ? m->trees_cap * 2 : 256;
            struct xgb_tree_text *grown = cap > TREES_MAX ? NULL : realloc(m->trees, cap * sizeof *grown);
            if (!grown)
                return false;
            m->trees = grown;
            m->trees_cap = cap;
        }
        struct xgb_tree_text *t = &m->trees[m->trees_count++];
        *t = (struct xgb_tree_text){0};
        if (!read_tree(r, m, t))
            return false;
        m->nodes_count += t->n;
    }
    return r->event == AAS_JSON_ARRAY_END;
}

static bool read_gbtree(struct aas_json_pull *r, struct xgb_model_text *m)
{
    if (aas_json_pull_next(r) != AAS_JSON_OBJECT)
        return false;
    while (aas_json_pull_next(r) == AAS_JSON_KEY) {
        bool ok = true;
        if (aas_json_pull_is(r, "trees")) {
            ok = read_trees(r, m);
        } else if (aas_json_pull_is(r, "tree_info")) {
            ok = !m->info && (m->info = read_ints(r, &m->info_count)) != NULL;
        } else {
            ok = aas_json_pull_skip(r);
        }
        if (!ok)
            return false;
    }
    return r->event == AAS_JSON_OBJECT_END;
}

static bool read_booster(struct aas_json_pull *r, struct xgb_model_text *m)
{
    char name[32] = "";
    if (aas_json_pull_next(r) != AAS_JSON_OBJECT)
        return false;
    while (aas_json_pull_next(r) == AAS_JSON_KEY) {
        bool ok = true;
        if (aas_json_pull_is(r, "model"))
            ok = read_gbtree(r, m);
        else if (aas_json_pull_is(r, "name"))
            ok = read_text(r, name, sizeof name);
        else
            ok = aas_json_pull_skip(r);
        if (!ok)
            return false;
    }
    m->foreign |= strcmp(name, "gbtree") != 0;
    return r->event == AAS_JSON_OBJECT_END;
}

static bool read_objective(struct aas_json_pull *r, struct xgb_model_text *m)
{
    char name[64] = "";
    if (aas_json_pull_next(r) != AAS_JSON_OBJECT)
        return false;
    while (aas_json_pull_next(r) == AAS_JSON_KEY)
        if (!(aas_json_pull_is(r, "name") ? read_text(r, name, sizeof name) : aas_json_pull_skip(r)))
            return false;
    if (strcmp(name, "multi:softprob") == 0)
        m->link = XGB_LINK_SOFTMAX;
    else if (strcmp(name, "binary:logistic") == 0)
        m->link = XGB_LINK_LOGISTIC;
    else
        m->foreign |= strcmp(name, "reg:squarederror") != 0;
    return r->event == AAS_JSON_OBJECT_END;
}

static bool read_params(struct aas_json_pull *r, struct xgb_model_text *m)
{
    char text[64];
    double base = NAN;
    if (aas_json_pull_next(r) != AAS_JSON_OBJECT)
        return false;
    while (aas_json_pull_next(r) == AAS_JSON_KEY) {
        if (!aas_json_pull_is(r, "base_score")) {
            if (!aas_json_pull_skip(r))
                return false;
            continue;
        }
        if (!read_text(r, text, sizeof text))
            return false;
        m->foreign |= aas_num_parse_double(text, strlen(text), &base) != 0; /* a vector: the cured file has none */
        m->base_score = m->foreign ? 0 : strtof(text, NULL);
    }
    m->foreign |= isnan(base);
    return r->event == AAS_JSON_OBJECT_END;
}

static bool read_learner(struct aas_json_pull *r, struct xgb_model_text *m)
{
    if (aas_json_pull_next(r) != AAS_JSON_OBJECT)
        return false;
    while (aas_json_pull_next(r) == AAS_JSON_KEY) {
        bool ok = true;
        if (aas_json_pull_is(r, "gradient_booster"))
            ok = read_booster(r, m);
        else if (aas_json_pull_is(r, "learner_model_param"))
            ok = read_params(r, m);
        else if (aas_json_pull_is(r, "objective"))
            ok = read_objective(r, m);
        else
            ok = aas_json_pull_skip(r);
        if (!ok)
            return false;
    }
    return r->event == AAS_JSON_OBJECT_END;
}

bool xgb_model_read(const char *json, size_t len, struct xgb_model_text *m)
{
    struct aas_json_pull r;
    *m = (struct xgb_model_text){0};
    aas_json_pull_init(&r, json, len, AAS_JSON_PULL_MAX_DEPTH);
    bool ok = aas_json_pull_next(&r) == AAS_JSON_OBJECT, learner = false;
    while (ok && aas_json_pull_next(&r) == AAS_JSON_KEY) {
        if (aas_json_pull_is(&r, "learner"))
            ok = !learner && (learner = read_learner(&r, m));
        else
            ok = aas_json_pull_skip(&r);
    }
    ok = ok && r.event == AAS_JSON_OBJECT_END && learner && !m->foreign && m->info;
    if (!ok)
        xgb_model_text_fini(m);
    return ok;
}
