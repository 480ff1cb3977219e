/* Labelled feature rows in memory, with the group each belongs to (a machine, a run): what training and evaluation
 * share. Rows of one group never stand on both sides of a split, since neighbouring windows are nearly copies of each
 * other. No lock: one owner. */
#pragma once

#include <aas/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ml_dataset {
    size_t cols, rows, cap;
    float *x;        /* rows*cols, row-major, NaN = missing */
    float *label;    /* index of the class */
    uint32_t *group; /* any numbers */
    float *weight;   /* 1 unless changed */
};

void ml_dataset_init(struct ml_dataset *d, size_t cols);
void ml_dataset_fini(struct ml_dataset *d);

/** Add a row whose cols values the caller writes to *ret_x before the next call. Errors: AAS_ENOMEM. */
int ml_dataset_add(struct ml_dataset *d, uint32_t label, uint32_t group, float **ret_x) AAS_MUST_CHECK;
/** Append rows of src where keep[row] is `want` (NULL: all). Errors: AAS_ENOMEM, AAS_EINVAL other cols. */
int ml_dataset_append(struct ml_dataset *d, const struct ml_dataset *src, const bool *keep, bool want) AAS_MUST_CHECK;

/** Rows per class into ret_counts[classes]. Labels must be below classes. */
void ml_dataset_count(const struct ml_dataset *d, size_t classes, uint64_t *ret_counts);
/** Weights so that every class weighs (count of the mean class / its own count)^power: 0 leaves rows alone, 1 makes
 *  classes equal. */
void ml_dataset_balance(struct ml_dataset *d, size_t classes, double power);

/** Deal groups into `folds` parts, ret_fold[row] = 0 … folds-1. Groups of one class are spread evenly: they are
 *  shuffled by seed and dealt round by the class that most of their rows that aren't `normal` have. Errors: AAS_EINVAL
 *  fewer groups than folds, AAS_ENOMEM. */
int ml_dataset_folds(const struct ml_dataset *d, size_t classes, uint32_t normal, uint32_t folds, uint64_t seed,
                     uint32_t *ret_fold, struct aas_error *err) AAS_MUST_CHECK;
