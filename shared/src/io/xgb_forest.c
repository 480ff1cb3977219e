#include "xgb_forest.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xgb_forest_read.h"

#define LANES      8  /* trees walked at once: independent chains hide the latency of each step */
#define TREE_BLOCK 64 /* trees whose nodes stay in the first-level cache while many rows pass */

/* Eight bytes a node. A leaf points to itself with a condition that every value meets, so that all chains of a tree
 * take the same number of steps and no branch has to be guessed. */
struct node {
    float condition;
    uint16_t feature; /* top bit: a missing value goes left */
    uint16_t left;    /* in its tree; the right child follows it */
};
#define MISSING_LEFT 0x8000u

struct tree {
    uint32_t first; /* of its nodes */
    uint16_t depth;
    uint16_t group;
};

struct xgb_forest {
    size_t groups, features, trees_count;
    enum xgb_link link;
    float base; /* margin before the first tree */
    struct tree *trees;
    struct node *nodes;
    float *leaves; /* per node; 0 where it is none */
};

void xgb_forest_destroy(struct xgb_forest *f)
{
    if (!f)
        return;
    free(f->trees);
    free(f->nodes);
    free(f->leaves);
    free(f);
}

/* Steps to the deepest leaf. Children stand behind their parent, so one pass over the nodes is enough. False where they
 * don't, or where the right child doesn't follow the left one. */
static bool measure(const struct xgb_tree_text *t, uint16_t *depth_of, uint16_t *ret_depth)
{
    uint16_t deepest = 0;
    depth_of[0] = 0;
    for (size_t i = 0; i < t->n; i++) {
        int64_t left = t->left[i];
        if (left == -1) {
            deepest = depth_of[i] > deepest ? depth_of[i] : deepest;
            continue;
        }
        if (left <= (int64_t)i || left + 1 >= (int64_t)t->n || t->right[i] != left + 1 || depth_of[i] > 1000)
            return false;
        depth_of[left] = depth_of[left + 1] = (uint16_t)(depth_of[i] + 1);
    }
    *ret_depth = deepest;
    return true;
}

static bool append_tree(struct xgb_forest *f, size_t at, size_t first, const struct xgb_tree_text *t)
{
    uint16_t *depth_of = calloc(t->n, sizeof *depth_of);
    bool ok = depth_of && measure(t, depth_of, &f->trees[at].depth);
    free(depth_of);
    f->trees[at].first = (uint32_t)first;
    for (size_t i = 0; ok && i < t->n; i++) {
        struct node *n = &f->nodes[first + i];
        if (t->left[i] == -1) {
            *n = (struct node){.condition = INFINITY, .feature = MISSING_LEFT, .left = (uint16_t)i};
            f->leaves[first + i] = t->condition[i];
            continue;
        }
        ok = t->feature[i] >= 0 && (size_t)t->feature[i] < f->features && isfinite(t->condition[i]);
        *n = (struct node){.condition = t->condition[i],
                           .feature = (uint16_t)((unsigned)t->feature[i] | (t->default_left[i] ? MISSING_LEFT : 0)),
                           .left = (uint16_t)t->left[i]};
    }
    return ok;
}

struct xgb_forest *xgb_forest_create(const char *json, size_t len, size_t groups, size_t features)
{
    struct xgb_model_text text;
    if (features >= MISSING_LEFT || groups == 0 || groups > UINT16_MAX || !xgb_model_read(json, len, &text))
        return NULL;
    struct xgb_forest *f = calloc(1, sizeof *f);
    bool ok = f && text.trees_count > 0 && text.info_count == text.trees_count;
    if (ok) {
        *f = (struct xgb_forest){.groups = groups, .features = features, .trees_count = text.trees_count};
        f->link = text.link;
        f->base = text.link == XGB_LINK_LOGISTIC ? -logf(1.0f / text.base_score - 1.0f) : text.base_score;
        f->trees = calloc(text.trees_count, sizeof *f->trees);
        f->nodes = calloc(text.nodes_count, sizeof *f->nodes);
        f->leaves = calloc(text.nodes_count, sizeof *f->leaves);
        ok = f->trees && f->nodes && f->leaves && (text.link == XGB_LINK_SOFTMAX) == (groups > 1);
    }
    for (size_t i = 0, first = 0; ok && i < text.trees_count; i++) {
        ok = text.info[i] >= 0 && (size_t)text.info[i] < groups && append_tree(f, i, first, &text.trees[i]);
        if (ok)
            f->trees[i].group = (uint16_t)text.info[i];
        first += text.trees[i].n;
    }
    xgb_model_text_fini(&text);
    if (!ok) {
        xgb_forest_destroy(f);
        return NULL;
    }
    return f;
}

static inline unsigned step(const struct node *nodes, unsigned at, const float *row)
{
    const struct node n = nodes[at];
    const float v = row[n.feature & (MISSING_LEFT - 1)];
    unsigned right = !(v < n.condition);                /* also for a missing value … */
    right &= ~((unsigned)(v != v) & (n.feature >> 15)); /* … unless it goes left */
    return n.left + right;
}

/* Eight trees at once, then their leaves added in the trees' order. */
static void walk_lanes(const struct xgb_forest *f, const struct tree *t, const float *row, float *out)
{
    unsigned at[LANES] = {0};
    uint16_t depth = 0;
    for (size_t k = 0; k < LANES; k++)
        depth = t[k].depth > depth ? t[k].depth : depth;
    for (uint16_t d = 0; d < depth; d++)
        for (size_t k = 0; k < LANES; k++)
            at[k] = step(f->nodes + t[k].first, at[k], row);
    for (size_t k = 0; k < LANES; k++)
        out[t[k].group] += f->leaves[t[k].first + at[k]];
}

static void walk_one(const struct xgb_forest *f, const struct tree *t, const float *row, float *out)
{
    unsigned at = 0;
    for (uint16_t d = 0; d < t->depth; d++)
        at = step(f->nodes + t->first, at, row);
    out[t->group] += f->leaves[t->first + at];
}

void xgb_forest_margin(const struct xgb_forest *f, const float *x, size_t rows, float *ret_out)
{
    for (size_t i = 0; i < rows * f->groups; i++)
        ret_out[i] = f->base;
    size_t block = rows > 1 ? TREE_BLOCK : f->trees_count;
    for (size_t from = 0; from < f->trees_count; from += block) {
        size_t to = from + block < f->trees_count ? from + block : f->trees_count;
        for (size_t r = 0; r < rows; r++) {
            const float *row = x + r * f->features;
            float *out = ret_out + r * f->groups;
            size_t t = from;
            for (; t + LANES <= to; t += LANES)
                walk_lanes(f, f->trees + t, row, out);
            for (; t < to; t++)
                walk_one(f, f->trees + t, row, out);
        }
    }
}

/* The arithmetic of XGBoost's Softmax and Sigmoid, types and order of operations included: results are compared bit by
 * bit. */
static void softmax(float *m, size_t n)
{
    float max = m[0];
    double sum = 0;
    for (size_t i = 1; i < n; i++)
        max = fmaxf(m[i], max);
    for (size_t i = 0; i < n; i++) {
        m[i] = expf(m[i] - max);
        sum += (double)m[i];
    }
    for (size_t i = 0; i < n; i++)
        m[i] /= (float)sum;
}

void xgb_forest_link(const struct xgb_forest *f, float *margins, size_t rows)
{
    if (f->link == XGB_LINK_SOFTMAX)
        for (size_t r = 0; r < rows; r++)
            softmax(margins + r * f->groups, f->groups);
    else if (f->link == XGB_LINK_LOGISTIC)
        for (size_t r = 0; r < rows; r++)
            margins[r] = 1.0f / (expf(fminf(-margins[r], 88.7f)) + 1.0f + 1e-16f);
}
