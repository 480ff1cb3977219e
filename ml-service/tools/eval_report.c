/* See eval_report.h. */
#include "eval_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double mean(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    return n ? sum / (double)n : (double)NAN;
}

/* Of the repetitions (n - 1); 0 for one. */
static double deviation(const double *v, size_t n)
{
    double m = mean(v, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (v[i] - m) * (v[i] - m);
    return n > 1 ? sqrt(sum / (double)(n - 1)) : 0;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

/* Share of a type's rows that were judged right: its type told, or where only alarms are told an alarm (normal: none).
 */
static double accuracy_of(const struct eval *e, const struct eval_result *r, uint32_t label)
{
    const struct type_score *t = &r->score.types[label];
    if (label == 0)
        return share(t->rows - t->alarmed, t->rows);
    return share(e->preset->binary ? t->alarmed : t->told_right, t->rows);
}

static bool has_hard(const struct eval *e)
{
    return e->preset->hard[0] != NULL;
}

static void print_head(const struct eval *e, const struct eval_result *r)
{
    printf("preset %s: %s\nwindow ending at every row, warm-up rows are normal, alarm where P(not normal) ",
           e->preset->name, e->preset->description);
    if (e->smooth > 1)
        printf("(mean of %u) ", e->smooth);
    printf(">= %g\n", e->threshold);
    if (r->folds && e->preset->blocks)
        printf("cross-validation over %u contiguous parts of each run, %u times; rows whose window reaches out of the "
               "part "
               "aren't scored\n",
               r->folds, r->repeats);
    else if (r->folds)
        printf("cross-validation over %u groups of whole runs, %u times\n", r->folds, r->repeats);
    printf("\n%-16s %8.4f", "F1", mean(r->f1, r->repeats));
    if (r->repeats > 1)
        printf("  +- %.4f over repetitions", deviation(r->f1, r->repeats));
    printf(
        "\n%-16s %8.4f\n%-16s %8.4f\n%-16s %7.2f %%  (%llu of %llu normal rows)\n%-16s %7.2f %%  (%llu of %llu faulty "
        "rows)\n%-16s %7.2f %%  (mean over types)\n",
        "precision", score_precision(&r->score), "recall", score_recall(&r->score), "false alarms",
        100 * score_false_alarms(&r->score), (unsigned long long)r->score.fp,
        (unsigned long long)(r->score.fp + r->score.tn), "missed alarms", 100 * score_missed_alarms(&r->score),
        (unsigned long long)r->score.fn, (unsigned long long)(r->score.fn + r->score.tp), "detection",
        100 * score_mean_detection(&r->score, &e->score));
}

static void print_types(const struct eval *e, const struct eval_result *r)
{
    printf("\n%-24s %8s %9s %9s  %s\n", "type", "rows", "accuracy", "in alarm",
           "runs: detected, missed, already in alarm");
    for (uint32_t k = 0; k < e->runs->labels.count; k++) {
        const struct type_score *t = &r->score.types[k];
        if (t->rows == 0)
            continue;
        printf("%-24s %8llu %8.1f%% %8.1f%%", e->runs->labels.names[k], (unsigned long long)t->rows,
               100 * accuracy_of(e, r, k), 100 * share(t->alarmed, t->rows));
        if (k > 0)
            printf("  %zu: %zu, %zu, %zu", t->runs, t->detected, t->missed, t->already);
        printf("%s\n", score_is_hard(&e->score, k) ? "  practically undetectable: trained as normal, not counted" : "");
    }
    printf(
        "\ndelay to the third alarm row in a row: median %.0f, mean %.1f rows (%zu runs); %zu missed, %zu already in "
        "alarm at onset\n",
        score_median_delay(&r->score), r->score.detected ? r->score.delay_sum / (double)r->score.detected : (double)NAN,
        r->score.detected, r->score.missed, r->score.already);
    if (has_hard(e))
        printf("types that are practically undetectable are shown, but are in no rate above\n");
}

static void print_confusion(const struct eval *e, const struct eval_result *r)
{
    printf("\n%-24s %12s %12s\n", "confusion: truth", "told normal", "told fault");
    for (uint32_t k = 0; k < e->runs->labels.count; k++)
        if (r->score.types[k].rows)
            printf("%-24s %12llu %12llu\n", e->runs->labels.names[k], (unsigned long long)r->confusion[k][0],
                   (unsigned long long)r->confusion[k][1]);
}

void eval_print(const struct eval *e, const struct eval_result *r)
{
    print_head(e, r);
    print_types(e, r);
    print_confusion(e, r);
    printf("\n%.1f s\n", r->seconds);
}

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *list_of(const double *v, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, number(v[i]));
    return list;
}

static json_t *types_json(const struct eval *e, const struct eval_result *r)
{
    json_t *doc = json_object();
    for (uint32_t k = 0; k < e->runs->labels.count; k++) {
        const struct type_score *t = &r->score.types[k];
        if (t->rows)
            (void)json_object_set_new(
                doc, e->runs->labels.names[k],
                json_pack("{s:I,s:o,s:o,s:I,s:I,s:I,s:I,s:b}", "rows", (json_int_t)t->rows, "accuracy",
                          number(accuracy_of(e, r, k)), "alarm_rate", number(share(t->alarmed, t->rows)), "runs",
                          (json_int_t)t->runs, "detected", (json_int_t)t->detected, "missed", (json_int_t)t->missed,
                          "already_in_alarm", (json_int_t)t->already, "counted", !score_is_hard(&e->score, k)));
    }
    return doc;
}

static json_t *confusion_json(const struct eval *e, const struct eval_result *r)
{
    json_t *doc = json_object();
    for (uint32_t k = 0; k < e->runs->labels.count; k++)
        if (r->score.types[k].rows)
            (void)json_object_set_new(doc, e->runs->labels.names[k],
                                      json_pack("{s:I,s:I}", "normal", (json_int_t)r->confusion[k][0], "fault",
                                                (json_int_t)r->confusion[k][1]));
    return doc;
}

json_t *eval_json(const struct eval *e, const struct eval_result *r)
{
    const struct score *s = &r->score;
    json_t *delay =
        json_pack("{s:o,s:o,s:I,s:I,s:I}", "median_rows", number(score_median_delay(s)), "mean_rows",
                  number(s->detected ? s->delay_sum / (double)s->detected : (double)NAN), "detected",
                  (json_int_t)s->detected, "missed", (json_int_t)s->missed, "already_in_alarm", (json_int_t)s->already);
    json_t *counts = json_pack("{s:I,s:I,s:I,s:I}", "tp", (json_int_t)s->tp, "fp", (json_int_t)s->fp, "fn",
                               (json_int_t)s->fn, "tn", (json_int_t)s->tn);
    return json_pack("{s:s,s:I,s:f,s:I,s:I,s:o,s:f,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:f}", "preset",
                     e->preset->name, "smooth", (json_int_t)e->smooth, "threshold", e->threshold, "folds",
                     (json_int_t)r->folds, "repeats", (json_int_t)r->repeats, "f1", number(mean(r->f1, r->repeats)),
                     "f1_deviation", deviation(r->f1, r->repeats), "f1_of_repeats", list_of(r->f1, r->repeats),
                     "detection_of_repeats", list_of(r->detection, r->repeats), "false_alarm_rate_of_repeats",
                     list_of(r->false_alarms, r->repeats), "precision", number(score_precision(s)), "recall",
                     number(score_recall(s)), "false_alarm_rate", number(score_false_alarms(s)), "missed_alarm_rate",
                     number(score_missed_alarms(s)), "detection", number(score_mean_detection(s, &e->score)), "types",
                     types_json(e, r), "delay", delay, "counts", counts, "confusion", confusion_json(e, r),
                     "feature_hash", e->schema->hash, "seconds", r->seconds);
}
