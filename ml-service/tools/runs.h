/* Labelled CSV runs of a folder, plain or gzip: `timestamp[, asset], <channels…>, label[, …]`, one experiment a file.
 * What stands behind `label` is left alone; an empty cell is a missing value. */
#pragma once

#include <aas/error.h>

#include <stddef.h>
#include <stdint.h>

#define RUNS_MAX_CHANNELS 256
#define RUNS_MAX_LABELS   256

/** Names in the order of their first appearance; index 0 is "normal". */
struct name_list {
    char **names;
    size_t count;
};

struct labelled_run {
    char *name; /* file name without .csv(.gz) */
    size_t rows;
    int64_t *t;      /* ms */
    double *v;       /* rows * channels, row-major; NaN = missing */
    uint32_t *label; /* index into labels */
};

struct labelled_runs {
    struct name_list channels, labels;
    struct labelled_run *runs; /* sorted by name */
    size_t count;
};

/** Read every *.csv and *.csv.gz of dir. like: take its channels (others are left out, absent ones are missing) and
 *  start with its labels; NULL: the channels of all files. Errors: AAS_ENOENT no such file there; AAS_EPARSE with file
 *  and line; AAS_EINVAL no label column, too many channels or labels; -errno. The caller frees it with runs_fini. */
int runs_load(const char *dir, const struct labelled_runs *like, struct labelled_runs *ret,
              struct aas_error *err) AAS_MUST_CHECK;
/** Zeroed or loaded. */
void runs_fini(struct labelled_runs *r);
