/* Scores of row-wise alarms against labels, as the field does: every row counts, no adjustment, no tolerance. Pure. */
#pragma once

#include <aas/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One run as judged. Borrowed. */
struct judged_run {
    const char *name;
    size_t rows;
    const uint32_t *label; /* truth; 0 = normal */
    const bool *alarm;     /* per row */
    const bool *skip;      /* rows that aren't scored; NULL: all are */
    const uint32_t *told;  /* label that was told (0 = normal); NULL: only alarms are known */
};

struct score_options {
    size_t score_from;    /* rows of each run's beginning that don't count */
    bool fault_runs_only; /* runs without a fault don't count */
    uint64_t hard[4];     /* bit per label: told apart from the counts, since practically undetectable */
};

static inline bool score_is_hard(const struct score_options *o, uint32_t label)
{
    return label < 256 && (o->hard[label / 64] >> (label % 64) & 1);
}

enum onset_kind { ONSET_NONE, ONSET_DETECTED, ONSET_MISSED, ONSET_ALREADY };

struct type_score {
    uint64_t rows, alarmed, told_right;
    size_t runs, detected, missed, already;
};

struct score {
    uint64_t tp, fp, fn, tn;
    struct type_score types[256]; /* by label */
    double delay_sum;
    size_t detected, missed, already; /* fault runs, without the hard types */
    size_t delays_count;
    double *delays; /* of detected runs, in the order of runs; caller frees by score_fini */
};

/** When a run's first fault was noticed: rows from its first row to the third alarm row in a row, within the fault.
 *  ONSET_ALREADY: the row before was in alarm. */
enum onset_kind score_onset(const struct judged_run *run, size_t *ret_delay);

/** Add a run. Errors: AAS_ENOMEM. */
int score_add(struct score *s, const struct judged_run *run, const struct score_options *o) AAS_MUST_CHECK;
void score_fini(struct score *s);

double score_precision(const struct score *s);
double score_recall(const struct score *s);
double score_f1(const struct score *s);
double score_false_alarms(const struct score *s);  /* fp / (fp + tn) */
double score_missed_alarms(const struct score *s); /* fn / (fn + tp) */
/** Mean of the types' detection rates (rows in alarm), hard ones left out; NaN without any. */
double score_mean_detection(const struct score *s, const struct score_options *o);
/** Median of the delays; NaN without any. */
double score_median_delay(const struct score *s);

/** Mean of each value and the up to k - 1 before it, in place. NaN stands for "no window": it becomes 0, and averaging
 *  starts anew behind it. Errors: AAS_ENOMEM. */
int score_smooth(double *p, size_t n, size_t k) AAS_MUST_CHECK;
