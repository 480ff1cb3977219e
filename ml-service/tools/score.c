/* See score.h. */
#include "score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define IN_A_ROW 3

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

enum onset_kind score_onset(const struct judged_run *run, size_t *ret_delay)
{
    size_t onset = 0, streak = 0;
    while (onset < run->rows && run->label[onset] == 0)
        onset++;
    if (onset == run->rows)
        return ONSET_NONE;
    if (onset > 0 && run->alarm[onset - 1])
        return ONSET_ALREADY;
    for (size_t i = onset; i < run->rows && run->label[i] != 0; i++) {
        streak = run->alarm[i] ? streak + 1 : 0;
        if (streak == IN_A_ROW) {
            *ret_delay = i - onset;
            return ONSET_DETECTED;
        }
    }
    return ONSET_MISSED;
}

static uint32_t fault_of(const struct judged_run *run)
{
    for (size_t i = 0; i < run->rows; i++)
        if (run->label[i] != 0)
            return run->label[i];
    return 0;
}

static int add_onset(struct score *s, const struct judged_run *run, const struct score_options *o)
{
    uint32_t fault = fault_of(run);
    struct type_score *type = &s->types[fault < 256 ? fault : 255];
    size_t delay = 0;
    enum onset_kind kind = score_onset(run, &delay);
    if (kind == ONSET_NONE)
        return 0;
    type->runs++;
    type->detected += kind == ONSET_DETECTED;
    type->missed += kind == ONSET_MISSED;
    type->already += kind == ONSET_ALREADY;
    if (score_is_hard(o, fault))
        return 0;
    s->detected += kind == ONSET_DETECTED;
    s->missed += kind == ONSET_MISSED;
    s->already += kind == ONSET_ALREADY;
    if (kind != ONSET_DETECTED)
        return 0;
    double *more = realloc(s->delays, (s->delays_count + 1) * sizeof(*more));
    if (!more)
        return AAS_ENOMEM;
    s->delays = more;
    s->delays[s->delays_count++] = (double)delay;
    s->delay_sum += (double)delay;
    return 0;
}

int score_add(struct score *s, const struct judged_run *run, const struct score_options *o)
{
    if (o->fault_runs_only && fault_of(run) == 0)
        return 0;
    for (size_t i = o->score_from; i < run->rows; i++) {
        uint32_t label = run->label[i] < 256 ? run->label[i] : 255;
        if (run->skip && run->skip[i])
            continue;
        s->types[label].rows++;
        s->types[label].alarmed += run->alarm[i];
        s->types[label].told_right += run->told && run->told[i] == run->label[i];
        if (score_is_hard(o, label))
            continue;
        s->tp += label != 0 && run->alarm[i];
        s->fn += label != 0 && !run->alarm[i];
        s->fp += label == 0 && run->alarm[i];
        s->tn += label == 0 && !run->alarm[i];
    }
    return add_onset(s, run, o);
}

void score_fini(struct score *s)
{
    free(s->delays);
    memset(s, 0, sizeof(*s));
}

double score_precision(const struct score *s)
{
    return ratio((double)s->tp, (double)(s->tp + s->fp));
}

double score_recall(const struct score *s)
{
    return ratio((double)s->tp, (double)(s->tp + s->fn));
}

double score_f1(const struct score *s)
{
    return ratio(2.0 * (double)s->tp, (double)(2 * s->tp + s->fp + s->fn));
}

double score_false_alarms(const struct score *s)
{
    return ratio((double)s->fp, (double)(s->fp + s->tn));
}

double score_missed_alarms(const struct score *s)
{
    return ratio((double)s->fn, (double)(s->fn + s->tp));
}

double score_mean_detection(const struct score *s, const struct score_options *o)
{
    double sum = 0, n = 0;
    for (uint32_t k = 1; k < 256; k++) {
        if (s->types[k].rows == 0 || score_is_hard(o, k))
            continue;
        sum += ratio((double)s->types[k].alarmed, (double)s->types[k].rows);
        n++;
    }
    return ratio(sum, n);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double score_median_delay(const struct score *s)
{
    size_t n = s->delays_count;
    double *sorted = n ? malloc(n * sizeof(*sorted)) : NULL;
    if (!sorted)
        return (double)NAN;
    memcpy(sorted, s->delays, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), compare);
    double median = n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
    free(sorted);
    return median;
}

int score_smooth(double *p, size_t n, size_t k)
{
    double *raw = malloc((n + 1) * sizeof(*raw));
    if (!raw)
        return AAS_ENOMEM;
    memcpy(raw, p, n * sizeof(*raw));
    size_t first = 0; /* of the values that may be averaged */
    for (size_t i = 0; i < n; i++) {
        if (isnan(raw[i])) {
            p[i] = 0;
            first = i + 1;
            continue;
        }
        size_t have = i + 1 - first, m = have < k ? have : k;
        double sum = 0;
        for (size_t j = i + 1 - m; j <= i; j++)
            sum += raw[j];
        p[i] = sum / (double)m;
    }
    free(raw);
    return 0;
}
