/* See metrics_report.h. */
#include "metrics_report.h"

#include <math.h>
#include <stdlib.h>

int ml_confusion_init(struct ml_confusion *c, size_t classes)
{
    c->classes = classes;
    c->counts = calloc(classes * classes, sizeof(*c->counts));
    return c->counts ? 0 : AAS_ENOMEM;
}

void ml_confusion_fini(struct ml_confusion *c)
{
    free(c->counts);
    c->counts = NULL;
}

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

void ml_confusion_class(const struct ml_confusion *c, size_t k, struct ml_class_score *ret)
{
    uint64_t hit = c->counts[k * c->classes + k], truth = 0, told = 0;
    for (size_t i = 0; i < c->classes; i++) {
        truth += c->counts[k * c->classes + i];
        told += c->counts[i * c->classes + k];
    }
    *ret = (struct ml_class_score){
        .precision = ratio(hit, told),
        .recall = ratio(hit, truth),
        .f1 = truth + told ? 2.0 * (double)hit / (double)(truth + told) : (double)NAN,
        .support = truth,
    };
}

double ml_confusion_accuracy(const struct ml_confusion *c)
{
    uint64_t hit = 0, all = 0;
    for (size_t i = 0; i < c->classes * c->classes; i++) {
        all += c->counts[i];
        hit += i / c->classes == i % c->classes ? c->counts[i] : 0;
    }
    return ratio(hit, all);
}

double ml_confusion_macro_f1(const struct ml_confusion *c)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < c->classes; k++) {
        struct ml_class_score s;
        ml_confusion_class(c, k, &s);
        if (s.support == 0)
            continue;
        sum += s.f1;
        n++;
    }
    return n ? sum / (double)n : (double)NAN;
}

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

json_t *ml_confusion_metrics(const struct ml_confusion *c, char *const *names)
{
    json_t *per_class = json_object();
    uint64_t rows = 0;
    for (size_t k = 0; k < c->classes; k++) {
        struct ml_class_score s;
        ml_confusion_class(c, k, &s);
        rows += s.support;
        json_object_set_new(per_class, names[k],
                            json_pack("{s:o,s:o,s:o,s:I}", "precision", number(s.precision), "recall", number(s.recall),
                                      "f1", number(s.f1), "support", (json_int_t)s.support));
    }
    return json_pack("{s:I,s:o,s:o,s:o}", "rows", (json_int_t)rows, "accuracy", number(ml_confusion_accuracy(c)),
                     "macro_f1", number(ml_confusion_macro_f1(c)), "per_class", per_class);
}

json_t *ml_confusion_json(const struct ml_confusion *c, char *const *names)
{
    json_t *labels = json_array(), *counts = json_array();
    for (size_t k = 0; k < c->classes; k++) {
        json_t *row = json_array();
        json_array_append_new(labels, json_string(names[k]));
        for (size_t i = 0; i < c->classes; i++)
            json_array_append_new(row, json_integer((json_int_t)c->counts[k * c->classes + i]));
        json_array_append_new(counts, row);
    }
    return json_pack("{s:o,s:o}", "labels", labels, "counts", counts);
}
