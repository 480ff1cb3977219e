/* The part of an XGBoost JSON file that a prediction needs, as arrays: pulled from the text without a tree of it in
 * memory, which would take seventeen times the file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum xgb_link { XGB_LINK_NONE, XGB_LINK_LOGISTIC, XGB_LINK_SOFTMAX };

struct xgb_tree_text {
    size_t n; /* nodes */
    int64_t *left, *right, *feature, *default_left;
    float *condition; /* split value, or a leaf's value */
};

struct xgb_model_text {
    enum xgb_link link;
    float base_score;
    int64_t *info; /* group of each tree */
    size_t info_count;
    struct xgb_tree_text *trees;
    size_t trees_count, trees_cap, nodes_count;
    bool foreign; /* something that a plain walk doesn't know */
};

/** False where the text isn't a gbtree model of plain numerical splits with a known objective, or memory is short;
 *  *ret_text then owns nothing. */
bool xgb_model_read(const char *json, size_t len, struct xgb_model_text *ret_text);
void xgb_model_text_fini(struct xgb_model_text *text);
