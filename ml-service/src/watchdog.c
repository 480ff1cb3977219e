/* See watchdog.h. */
#include "watchdog.h"

#include <math.h>

bool ml_watch_is_worse(const struct ml_record *now, const struct ml_record *before, struct aas_error *ret_why)
{
    if (now->windows >= ML_WATCH_MIN_WINDOWS && before->windows >= ML_WATCH_MIN_WINDOWS) {
        double rate = (double)now->anomalies / (double)now->windows;
        double was = (double)before->anomalies / (double)before->windows;
        if (rate > was + ML_WATCH_ALARM_MORE && rate > was * ML_WATCH_ALARM_FACTOR) {
            (void)aas_error_set(ret_why, AAS_ECANCELED,
                                "it judges %.0f %% of %lld windows as faults, the version before judged %.0f %%",
                                100 * rate, (long long)now->windows, 100 * was);
            return true;
        }
    }
    if (now->judged >= ML_WATCH_MIN_JUDGED && before->judged >= ML_WATCH_MIN_JUDGED &&
        now->accuracy < before->accuracy - ML_WATCH_ACCURACY) {
        (void)aas_error_set(ret_why, AAS_ECANCELED,
                            "operators agree with %.0f %% of %lld judgements, with the version before it was %.0f %%",
                            100 * now->accuracy, (long long)now->judged, 100 * before->accuracy);
        return true;
    }
    return false;
}
