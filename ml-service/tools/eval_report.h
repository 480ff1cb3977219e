/* Results of an evaluation, for people and programs. */
#pragma once

#include <jansson.h>

#include "eval.h"

#define EVAL_MAX_REPEATS 20

/** What was found, over all repetitions. */
struct eval_result {
    struct score score;                     /* counts of all repetitions together */
    uint64_t confusion[RUNS_MAX_LABELS][2]; /* binary: rows of a label told normal, told anomaly */
    double f1[EVAL_MAX_REPEATS], detection[EVAL_MAX_REPEATS], false_alarms[EVAL_MAX_REPEATS];
    uint32_t repeats, folds; /* folds 0: train and test folders */
    double seconds;
};

/** Text on stdout. */
void eval_print(const struct eval *e, const struct eval_result *r);
/** The same as JSON (new). */
json_t *eval_json(const struct eval *e, const struct eval_result *r);

/** One strip per run: probability, threshold, faulty rows, alarms. Errors: -errno with the path. */
int eval_plot(const struct eval *e, const char *path, struct aas_error *err) AAS_MUST_CHECK;
/** A CSV row per row of every run: run, row, timestamp, truth, P(not normal), label, alarm. Errors: -errno. */
int eval_dump_rows(const struct eval *e, const char *path, struct aas_error *err) AAS_MUST_CHECK;
