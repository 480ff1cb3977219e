/* Has a champion that was promoted a short while ago turned out worse than the one before? Pure decision on figures
 * that the keeper collects. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <aas/error.h>

struct ml_record {
    int64_t windows, anomalies; /* judged as champion in equal spans after and before the promotion */
    int64_t judged;             /* by feedback */
    double accuracy;            /* of those; NaN: none */
};

/* Less than so much says nothing. */
#define ML_WATCH_MIN_WINDOWS  200
#define ML_WATCH_MIN_JUDGED   20
#define ML_WATCH_ALARM_FACTOR 3.0
#define ML_WATCH_ALARM_MORE   0.2  /* share of windows */
#define ML_WATCH_ACCURACY     0.15 /* fall */

/** True: roll back; ret_why says it in a sentence. */
bool ml_watch_is_worse(const struct ml_record *now, const struct ml_record *before, struct aas_error *ret_why);
