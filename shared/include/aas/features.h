/* Statistics of a window's channels: the one implementation for serving, training and evaluation. Pure and thread-safe.
 *
 * Population moments (ddof 0). Rows are i = 0 … n-1; missing values (NaN) are left out, the others keep their i. Where
 * a denominator is below 1e-12 it is 1e-12. A channel with too few values (one; two for slope, mean_abs_diff and
 * lag1_autocorr; 16 and none missing for the bands; four rows and a value at both ends for shift) gives NaN, which
 * XGBoost reads as "missing". Results equal NumPy's and SciPy's to 1e-9. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct aas_error;

enum aas_stat {
    AAS_STAT_MEAN,
    AAS_STAT_STD,
    AAS_STAT_MIN,
    AAS_STAT_MAX,
    AAS_STAT_RANGE, /* alias ptp */
    AAS_STAT_MEDIAN,
    AAS_STAT_RMS,
    AAS_STAT_SLOPE,           /* least squares, per row */
    AAS_STAT_LAST,            /* the newest value that isn't missing */
    AAS_STAT_MEAN_ABS_DIFF,   /* of neighbouring values */
    AAS_STAT_SKEW,            /* m3 / m2^1.5 */
    AAS_STAT_KURTOSIS,        /* m4 / m2^2, Pearson: 3 for a normal distribution */
    AAS_STAT_KURTOSIS_EXCESS, /* Fisher: kurtosis - 3, SciPy's default */
    AAS_STAT_CREST,           /* max |x| / rms */
    AAS_STAT_LAG1_AUTOCORR,   /* sum (x_i - m)(x_i+1 - m) / sum (x_i - m)^2 */
    AAS_STAT_BAND_ENERGY_1,   /* variance in the lowest quarter of the spectrum (DC left out), … */
    AAS_STAT_BAND_ENERGY_2,
    AAS_STAT_BAND_ENERGY_3,
    AAS_STAT_BAND_ENERGY_4, /* … in the highest; the four sum to the variance */
    AAS_STAT_SHIFT,         /* mean of the newest quarter of the rows minus mean of the oldest quarter */
    AAS_STAT__COUNT
};

#define AAS_STAT_BIT(stat) (UINT32_C(1) << (stat))

/** Name as in feature_schema.json ("mean", "range", …); NULL when out of range. */
const char *aas_stat_name(enum aas_stat stat);
/** By name or alias (borrows). 0, or AAS_ENOENT and the output untouched. */
int aas_stat_by_name(const char *name, enum aas_stat *ret_stat) __attribute__((warn_unused_result));

/** Compute the statistics whose bits are set in `mask` of x[0 … n) (borrows; NaN = missing, no Inf) into
 *  ret_values[AAS_STAT__COUNT] at their enum's place; the others stay untouched. scratch: 2*n doubles (caller's), what
 *  it holds afterwards means nothing. n at most AAS_WINDOW_MAX_ROWS; n = 0 gives NaN throughout. */
void aas_features_compute(const double *x, size_t n, uint32_t mask, double *scratch,
                          double ret_values[AAS_STAT__COUNT]);

/** Mean of the last `recent` rows minus mean of the first `reference` rows of x[0 … n) (borrows; NaN = missing). NaN
 *  where the two would overlap or one has no value. */
double aas_features_shift(const double *x, size_t n, size_t recent, size_t reference);
