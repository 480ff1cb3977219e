/* Statistics of one channel. Two passes over the values that are there: plain formulas on centred values keep the error
 * near rounding, which the comparison with NumPy holds to 1e-9. */
#include <aas/features.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <aas/err.h>

#define TINY          1e-12 /* smallest denominator */
#define BAND_ROWS_MIN 16
#define BANDS         4
#define MASK_BANDS                                                                                                     \
    (AAS_STAT_BIT(AAS_STAT_BAND_ENERGY_1) | AAS_STAT_BIT(AAS_STAT_BAND_ENERGY_2) |                                     \
     AAS_STAT_BIT(AAS_STAT_BAND_ENERGY_3) | AAS_STAT_BIT(AAS_STAT_BAND_ENERGY_4))
#define MASK_NEIGHBOUR (AAS_STAT_BIT(AAS_STAT_MEAN_ABS_DIFF) | AAS_STAT_BIT(AAS_STAT_LAG1_AUTOCORR))

static const char *const names[AAS_STAT__COUNT] = {
    [AAS_STAT_MEAN] = "mean",
    [AAS_STAT_STD] = "std",
    [AAS_STAT_MIN] = "min",
    [AAS_STAT_MAX] = "max",
    [AAS_STAT_RANGE] = "range",
    [AAS_STAT_MEDIAN] = "median",
    [AAS_STAT_RMS] = "rms",
    [AAS_STAT_SLOPE] = "slope",
    [AAS_STAT_LAST] = "last",
    [AAS_STAT_MEAN_ABS_DIFF] = "mean_abs_diff",
    [AAS_STAT_SKEW] = "skew",
    [AAS_STAT_KURTOSIS] = "kurtosis",
    [AAS_STAT_KURTOSIS_EXCESS] = "kurtosis_excess",
    [AAS_STAT_CREST] = "crest",
    [AAS_STAT_LAG1_AUTOCORR] = "lag1_autocorr",
    [AAS_STAT_BAND_ENERGY_1] = "band_energy_1",
    [AAS_STAT_BAND_ENERGY_2] = "band_energy_2",
    [AAS_STAT_BAND_ENERGY_3] = "band_energy_3",
    [AAS_STAT_BAND_ENERGY_4] = "band_energy_4",
    [AAS_STAT_SHIFT] = "shift",
};

const char *aas_stat_name(enum aas_stat stat)
{
    return (unsigned)stat < AAS_STAT__COUNT ? names[stat] : NULL;
}

int aas_stat_by_name(const char *name, enum aas_stat *ret_stat)
{
    if (strcmp(name, "ptp") == 0)
        name = "range";
    for (int i = 0; i < AAS_STAT__COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_stat = (enum aas_stat)i;
            return 0;
        }
    }
    return AAS_ENOENT;
}

static double at_least_tiny(double denominator)
{
    return denominator < TINY ? TINY : denominator;
}

static void swap(double *a, double *b)
{
    double t = *a;
    *a = *b;
    *b = t;
}

/* Afterwards v[k] is the k-th smallest and nothing before it is greater. Source: C.A.R. Hoare, "Algorithm 65: FIND",
 * CACM 1961, in Wirth's form. */
static void select_kth(double *v, ptrdiff_t n, ptrdiff_t k)
{
    ptrdiff_t lo = 0, hi = n - 1;
    while (lo < hi) {
        double pivot = v[k];
        ptrdiff_t i = lo, j = hi;
        do {
            while (v[i] < pivot)
                i++;
            while (pivot < v[j])
                j--;
            if (i <= j)
                swap(&v[i++], &v[j--]);
        } while (i <= j);
        if (j < k)
            lo = i;
        if (k < i)
            hi = j;
    }
}

/* v is reordered. */
static double median_of(double *v, size_t n)
{
    size_t k = n / 2;
    select_kth(v, (ptrdiff_t)n, (ptrdiff_t)k);
    if (n % 2)
        return v[k];
    double below = v[0];
    for (size_t i = 1; i < k; i++)
        below = v[i] > below ? v[i] : below;
    return 0.5 * (below + v[k]);
}

/* What is left of a channel without its missing values. */
struct present {
    const double *v;
    size_t n;
    double index_mean, index_ss; /* mean and sum of squared deviations of the row numbers */
    double index_dot;            /* sum of (i - index_mean) * (v - mean) */
    double mean, m2, m3, m4;     /* population moments around the mean */
    double sum_squares, min, max;
};

static void first_pass(const double *x, size_t n, double *values, double *index, struct present *p)
{
    double sum = 0, index_sum = 0;
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        values[k] = x[i];
        index[k++] = (double)i;
        sum += x[i];
        index_sum += (double)i;
    }
    *p = (struct present){.v = values, .n = k};
    if (k == 0)
        return;
    /* a second sum of the residuals removes the rounding of the first: matters for large offsets */
    double mean = sum / (double)k, residual = 0;
    for (size_t i = 0; i < k; i++)
        residual += values[i] - mean;
    p->mean = mean + residual / (double)k;
    p->index_mean = index_sum / (double)k;
}

static void second_pass(const double *index, struct present *p)
{
    p->min = p->max = p->v[0];
    double s2 = 0, s3 = 0, s4 = 0;
    for (size_t i = 0; i < p->n; i++) {
        double x = p->v[i], d = x - p->mean, d2 = d * d, di = index[i] - p->index_mean;
        s2 += d2;
        s3 += d2 * d;
        s4 += d2 * d2;
        p->sum_squares += x * x;
        p->index_ss += di * di;
        p->index_dot += di * d;
        p->min = x < p->min ? x : p->min;
        p->max = x > p->max ? x : p->max;
    }
    double k = (double)p->n;
    p->m2 = s2 / k;
    p->m3 = s3 / k;
    p->m4 = s4 / k;
}

static void neighbours(const struct present *p, double *ret_values)
{
    double diff = 0, product = 0;
    for (size_t i = 1; i < p->n; i++) {
        diff += fabs(p->v[i] - p->v[i - 1]);
        product += (p->v[i] - p->mean) * (p->v[i - 1] - p->mean);
    }
    bool enough = p->n >= 2;
    ret_values[AAS_STAT_MEAN_ABS_DIFF] = enough ? diff / (double)(p->n - 1) : (double)NAN;
    ret_values[AAS_STAT_LAG1_AUTOCORR] = enough ? product / at_least_tiny(p->m2 * (double)p->n) : (double)NAN;
}

/* Variance by quarter of the one-sided spectrum, by Goertzel's recurrence per bin: n is small and not a power of two.
 * Source: G. Goertzel, Amer. Math. Monthly 65, 1958. */
static void bands(const struct present *p, size_t rows, double *ret_values)
{
    double energy[BANDS] = {0};
    bool even = p->n == rows && rows >= BAND_ROWS_MIN; /* a spectrum needs every row */
    size_t bins = rows / 2, n = rows;
    for (size_t k = 1; even && k <= bins; k++) {
        double w = 2 * M_PI * (double)k / (double)n, c = cos(w), s = sin(w), s1 = 0, s2 = 0;
        for (size_t i = 0; i < n; i++) {
            double s0 = p->v[i] - p->mean + 2 * c * s1 - s2;
            s2 = s1;
            s1 = s0;
        }
        double re = s1 * c - s2, im = s1 * s, power = (re * re + im * im) / ((double)n * (double)n);
        bool nyquist = 2 * k == n;
        energy[(k - 1) * BANDS / bins] += nyquist ? power : 2 * power;
    }
    for (int b = 0; b < BANDS; b++)
        ret_values[AAS_STAT_BAND_ENERGY_1 + b] = even ? energy[b] : (double)NAN;
}

/* Mean of the values that are there, with the rounding of the first sum removed; NaN where there is none. */
static double mean_of(const double *x, size_t n)
{
    double sum = 0, residual = 0;
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(x[i])) {
            sum += x[i];
            k++;
        }
    }
    if (k == 0)
        return (double)NAN;
    double mean = sum / (double)k;
    for (size_t i = 0; i < n; i++)
        residual += isnan(x[i]) ? 0 : x[i] - mean;
    return mean + residual / (double)k;
}

double aas_features_shift(const double *x, size_t n, size_t recent, size_t reference)
{
    if (recent == 0 || reference == 0 || n < recent + reference)
        return (double)NAN;
    return mean_of(x + (n - recent), recent) - mean_of(x, reference);
}

void aas_features_compute(const double *x, size_t n, uint32_t mask, double *scratch, double ret_values[AAS_STAT__COUNT])
{
    struct present p;
    double *values = scratch, *index = scratch + n, out[AAS_STAT__COUNT];
    first_pass(x, n, values, index, &p);
    if (p.n == 0) {
        for (int i = 0; i < AAS_STAT__COUNT; i++)
            if (mask & AAS_STAT_BIT(i))
                ret_values[i] = (double)NAN;
        return;
    }
    second_pass(index, &p);

    double rms = sqrt(p.sum_squares / (double)p.n);
    double kurtosis = p.m4 / at_least_tiny(p.m2 * p.m2);
    out[AAS_STAT_MEAN] = p.mean;
    out[AAS_STAT_STD] = sqrt(p.m2);
    out[AAS_STAT_MIN] = p.min;
    out[AAS_STAT_MAX] = p.max;
    out[AAS_STAT_RANGE] = p.max - p.min;
    out[AAS_STAT_RMS] = rms;
    out[AAS_STAT_SLOPE] = p.n >= 2 ? p.index_dot / at_least_tiny(p.index_ss) : (double)NAN;
    out[AAS_STAT_LAST] = p.v[p.n - 1];
    out[AAS_STAT_SKEW] = p.m3 / at_least_tiny(p.m2 * sqrt(p.m2));
    out[AAS_STAT_KURTOSIS] = kurtosis;
    out[AAS_STAT_KURTOSIS_EXCESS] = kurtosis - 3;
    out[AAS_STAT_CREST] = fmax(p.max, -p.min) / at_least_tiny(rms);
    if (mask & AAS_STAT_BIT(AAS_STAT_SHIFT))
        out[AAS_STAT_SHIFT] = aas_features_shift(x, n, n / 4, n / 4);
    if (mask & MASK_NEIGHBOUR)
        neighbours(&p, out);
    if (mask & MASK_BANDS)
        bands(&p, n, out);
    if (mask & AAS_STAT_BIT(AAS_STAT_MEDIAN)) /* last: it reorders the values */
        out[AAS_STAT_MEDIAN] = median_of(values, p.n);
    for (int i = 0; i < AAS_STAT__COUNT; i++)
        if (mask & AAS_STAT_BIT(i))
            ret_values[i] = out[i];
}
