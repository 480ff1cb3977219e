/* From predictions to alarms: probabilities are averaged over the last windows, compared with a threshold per fault,
 * and an alarm is raised when enough of the last windows were over it for long enough, so that one odd window makes
 * none. Pure; one object per sensor, one owner. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

#define INGEST_DECIDE_SMOOTH_MAX 16
#define INGEST_DECIDE_FAULTS_MAX 64
#define INGEST_FAULT_BYTES       65

struct ingest_decide_rules {
    uint32_t smooth;                   /* windows to average over, 1 … INGEST_DECIDE_SMOOTH_MAX */
    uint32_t on, of;                   /* raised by `on` of the last `of` windows, of ≤ 64 */
    uint32_t off;                      /* returns after so many windows below in a row */
    int64_t on_delay_ms, off_delay_ms; /* and only after so much event time */
};

/** The threshold on P(not normal) of a fault; above 1: it never raises (disabled). */
typedef double ingest_threshold_fn(void *arg, const char *fault);

struct ingest_decide_fault {
    char label[INGEST_FAULT_BYTES];
    float recent[INGEST_DECIDE_SMOOTH_MAX];
    uint64_t over; /* bit per window, newest lowest */
    uint32_t below;
    int64_t over_since_ms, below_since_ms; /* INT64_MIN: it isn't */
    bool active;
};

struct ingest_decide {
    struct ingest_decide_fault *faults;
    size_t count;
    float anomaly[INGEST_DECIDE_SMOOTH_MAX]; /* P(not normal) */
    uint32_t windows;                        /* seen, at most smooth in use */
    int64_t newest_ms;
};

struct ingest_decision {
    const char *fault; /* borrowed from the decide object */
    bool raise;        /* else it returns */
    double score;      /* smoothed P(not normal) */
};

/** Zeroed is empty. */
void ingest_decide_fini(struct ingest_decide *d);
/** An alarm of this fault is open since an earlier life. Errors: AAS_ENOMEM, AAS_EFULL. */
int ingest_decide_resume(struct ingest_decide *d, const char *fault) AAS_MUST_CHECK;
/** A window that was judged: n probabilities p of labels, one of which is `normal`; a window older than the newest is
 *  ignored (an amended judgement rewrites no history). Decisions go to out (room for INGEST_DECIDE_FAULTS_MAX). Errors:
 *  AAS_ENOMEM, AAS_EFULL. */
int ingest_decide_step(struct ingest_decide *d, const struct ingest_decide_rules *rules, int64_t at_ms,
                       const char *const *labels, const double *p, size_t n, const char *normal,
                       ingest_threshold_fn *threshold, void *arg, struct ingest_decision *out,
                       size_t *ret_count) AAS_MUST_CHECK;
