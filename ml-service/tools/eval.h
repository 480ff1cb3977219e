/* What evaluation is made of: presets, windows at every row, fitting on a part of the rows, alarms per row. The windows
 * and features are those of the live service (aas/window.h, aas/feature_schema.h). One thread. */
#pragma once

#include <aas/error.h>
#include <aas/feature_schema.h>
#include <aas/xgb.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataset.h"
#include "runs.h"
#include "score.h"
#include "trainer.h"

struct eval_preset {
    const char *name, *description;
    uint32_t rows, min_rows, recent_rows, reference_rows;
    int64_t period_ms;        /* 0: from the data */
    const char *const *stats; /* NULL-terminated */
    bool binary;              /* normal or anomaly; else one class per label */
    bool blocks;              /* cross-validate on contiguous parts of each run, as there is one run per fault */
    const char *const *hard;  /* labels that are trained as normal and told apart; NULL-terminated */
    uint32_t train_stride;    /* every so manyth row is trained on: neighbours are nearly copies */
    uint32_t smooth;
    double threshold;
    struct ml_train_params params;
};

/** By name; NULL: there is none. eval_preset_names: "skab, tep, generic". */
const struct eval_preset *eval_preset(const char *name);
extern const char eval_preset_names[];

/** A run's windows: one per row from the first that has one. */
struct eval_run {
    const struct labelled_run *run;
    struct ml_dataset windows; /* label: class; group: index of the run */
    size_t *row;               /* of the run, per window: its last row */
    size_t *first;             /* per window: its first row */
    double *p;                 /* per row of the run: P(not normal) before smoothing; NaN: no window */
    uint32_t *told;            /* per row: label told, before smoothing */
    double *smoothed;          /* per row, and what the threshold is put to */
    bool *alarm;
    bool *skip; /* rows that aren't scored */
};

struct eval {
    const struct eval_preset *preset;
    struct ml_train_params params;
    uint32_t smooth;
    double threshold;
    const struct labelled_runs *runs; /* borrows */
    struct aas_feature_schema *schema;
    uint32_t label_class[RUNS_MAX_LABELS]; /* of a label; hard ones are normal */
    uint32_t class_label[RUNS_MAX_LABELS]; /* UINT32_MAX: "anomaly", no type */
    struct score_options score;
    struct eval_run *list;
    size_t count;
};

/** Schema, classes and windows of all runs. trained: how many of the labels have training rows (the first ones); the
 *  others are anomalies that no class stands for. Errors: AAS_EINVAL no faults or no normal rows; AAS_ENOMEM. The
 *  caller frees it with eval_fini. */
int eval_init(struct eval *e, const struct eval_preset *preset, const struct labelled_runs *runs, size_t trained,
              struct aas_error *err) AAS_MUST_CHECK;
void eval_fini(struct eval *e);

/** Whether a window is trained on: by run and window. */
typedef bool eval_use_fn(const void *arg, const struct eval *e, size_t run, size_t window);

/** Train on the windows that `use` takes. Errors: those of ml_train. The caller destroys the model. */
int eval_fit(const struct eval *e, eval_use_fn *use, const void *arg, aas_xgb_round_fn *on_round,
             struct aas_xgb **ret_model, uint64_t *ret_counts, struct aas_error *err) AAS_MUST_CHECK;
/** Probabilities of a run's windows into p and told; windows outside [from, to) are left as they are. */
int eval_predict(const struct eval *e, const struct aas_xgb *model, struct eval_run *r, size_t from, size_t to,
                 struct aas_error *err) AAS_MUST_CHECK;
/** Smoothing and threshold: fills smoothed and alarm; rows without a window aren't in alarm. Errors: AAS_ENOMEM. */
int eval_decide(const struct eval *e, struct eval_run *r) AAS_MUST_CHECK;
/** Add a run to a score. Errors: AAS_ENOMEM. */
int eval_score(const struct eval *e, const struct eval_run *r, struct score *s) AAS_MUST_CHECK;
