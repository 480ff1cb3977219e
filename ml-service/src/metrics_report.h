/* Confusion matrix and what follows from it: precision, recall, F1 per class, accuracy, macro F1. Named apart from
 * aas/metrics.h, which is Prometheus'. Pure. */
#pragma once

#include <aas/error.h>

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct ml_confusion {
    size_t classes;
    uint64_t *counts; /* [truth * classes + told] */
};

int ml_confusion_init(struct ml_confusion *c, size_t classes) AAS_MUST_CHECK;
void ml_confusion_fini(struct ml_confusion *c);
static inline void ml_confusion_add(struct ml_confusion *c, size_t truth, size_t told)
{
    c->counts[truth * c->classes + told]++;
}

struct ml_class_score {
    double precision, recall, f1; /* NaN where nothing can be said: no such row, none told */
    uint64_t support;
};
void ml_confusion_class(const struct ml_confusion *c, size_t k, struct ml_class_score *ret);
double ml_confusion_accuracy(const struct ml_confusion *c);
/** Mean F1 of the classes that have rows; a class that was never found counts 0. */
double ml_confusion_macro_f1(const struct ml_confusion *c);

/** {"rows", "accuracy", "macro_f1", "per_class": {name: {precision, recall, f1, support}}} (new), and {"labels",
 *  "counts": [[truth row]…]} (new). NULL without memory. */
json_t *ml_confusion_metrics(const struct ml_confusion *c, char *const *names);
json_t *ml_confusion_json(const struct ml_confusion *c, char *const *names);
