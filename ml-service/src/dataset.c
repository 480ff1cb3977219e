/* See dataset.h. */
#include "dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/rng.h>

void ml_dataset_init(struct ml_dataset *d, size_t cols)
{
    *d = (struct ml_dataset){.cols = cols};
}

void ml_dataset_fini(struct ml_dataset *d)
{
    free(d->x);
    free(d->label);
    free(d->group);
    free(d->weight);
    ml_dataset_init(d, d->cols);
}

static bool grow(void **p, size_t count, size_t size)
{
    void *bigger = reallocarray(*p, count, size);
    if (bigger)
        *p = bigger;
    return bigger != NULL;
}

static int reserve(struct ml_dataset *d, size_t rows)
{
    if (rows <= d->cap)
        return 0;
    size_t cap = d->cap ? d->cap : 256;
    while (cap < rows)
        cap *= 2;
    if (!grow((void **)&d->x, cap, d->cols * sizeof(*d->x)) || !grow((void **)&d->label, cap, sizeof(*d->label)) ||
        !grow((void **)&d->group, cap, sizeof(*d->group)) || !grow((void **)&d->weight, cap, sizeof(*d->weight)))
        return AAS_ENOMEM;
    d->cap = cap;
    return 0;
}

int ml_dataset_add(struct ml_dataset *d, uint32_t label, uint32_t group, float **ret_x)
{
    int rc = reserve(d, d->rows + 1);
    if (rc < 0)
        return rc;
    d->label[d->rows] = (float)label;
    d->group[d->rows] = group;
    d->weight[d->rows] = 1;
    *ret_x = d->x + d->rows++ * d->cols;
    return 0;
}

int ml_dataset_append(struct ml_dataset *d, const struct ml_dataset *src, const bool *keep, bool want)
{
    if (d->cols != src->cols)
        return AAS_EINVAL;
    size_t n = 0;
    for (size_t i = 0; i < src->rows; i++)
        n += !keep || keep[i] == want;
    int rc = reserve(d, d->rows + n);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < src->rows; i++) {
        if (keep && keep[i] != want)
            continue;
        memcpy(d->x + d->rows * d->cols, src->x + i * d->cols, d->cols * sizeof(*d->x));
        d->label[d->rows] = src->label[i];
        d->group[d->rows] = src->group[i];
        d->weight[d->rows++] = src->weight[i];
    }
    return 0;
}

void ml_dataset_count(const struct ml_dataset *d, size_t classes, uint64_t *ret_counts)
{
    memset(ret_counts, 0, classes * sizeof(*ret_counts));
    for (size_t i = 0; i < d->rows; i++)
        ret_counts[(size_t)d->label[i]]++;
}

void ml_dataset_balance(struct ml_dataset *d, size_t classes, double power)
{
    uint64_t counts[256] = {0};
    size_t present = 0;
    if (classes > 256)
        return;
    ml_dataset_count(d, classes, counts);
    for (size_t k = 0; k < classes; k++)
        present += counts[k] > 0;
    double mean = (double)d->rows / (double)(present ? present : 1);
    for (size_t i = 0; i < d->rows; i++)
        d->weight[i] = (float)pow(mean / (double)counts[(size_t)d->label[i]], power);
}

struct group {
    uint32_t id, main_class, fold;
    uint64_t order; /* random */
};

static int by_id(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int by_class_then_order(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->main_class != y->main_class)
        return x->main_class < y->main_class ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static struct group *find(struct group *groups, size_t n, uint32_t id)
{
    const struct group key = {.id = id};
    return bsearch(&key, groups, n, sizeof(key), by_id);
}

/* Distinct groups, sorted by id. */
static size_t collect(const struct ml_dataset *d, struct group *groups)
{
    size_t n = 0;
    for (size_t i = 0; i < d->rows; i++)
        if (i == 0 || d->group[i] != d->group[i - 1])
            groups[n++] = (struct group){.id = d->group[i]};
    qsort(groups, n, sizeof(*groups), by_id);
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || groups[i].id != groups[distinct - 1].id)
            groups[distinct++] = groups[i];
    return distinct;
}

static void find_main_classes(const struct ml_dataset *d, struct group *groups, size_t n, size_t classes,
                              uint32_t normal, uint32_t *votes)
{
    for (size_t i = 0; i < d->rows; i++)
        votes[(size_t)(find(groups, n, d->group[i]) - groups) * classes + (size_t)d->label[i]]++;
    for (size_t g = 0; g < n; g++) {
        uint32_t best = normal;
        for (uint32_t k = 0; k < classes; k++)
            if (k != normal && votes[g * classes + k] > (best == normal ? 0 : votes[g * classes + best]))
                best = k;
        groups[g].main_class = best;
    }
}

int ml_dataset_folds(const struct ml_dataset *d, size_t classes, uint32_t normal, uint32_t folds, uint64_t seed,
                     uint32_t *ret_fold, struct aas_error *err)
{
    AAS_AUTO_FREE struct group *groups = calloc(d->rows + 1, sizeof(*groups));
    size_t n = groups ? collect(d, groups) : 0;
    AAS_AUTO_FREE uint32_t *votes = calloc((n + 1) * classes, sizeof(*votes));
    if (!groups || !votes)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for folds");
    if (folds < 2 || n < folds)
        return aas_error_set(err, AAS_EINVAL, "%u folds can't be made of %zu groups", folds, n);
    find_main_classes(d, groups, n, classes, normal, votes);
    struct aas_rng rng;
    aas_rng_seed(&rng, seed);
    for (size_t g = 0; g < n; g++)
        groups[g].order = aas_rng_u64(&rng);
    qsort(groups, n, sizeof(*groups), by_class_then_order);
    for (size_t g = 0; g < n; g++)
        groups[g].fold = (uint32_t)(g % folds);
    qsort(groups, n, sizeof(*groups), by_id);
    for (size_t i = 0; i < d->rows; i++)
        ret_fold[i] = find(groups, n, d->group[i])->fold;
    return 0;
}
