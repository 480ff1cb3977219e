/* Operators' words on predictions and ranges: what is stored, how an edit is kept, who disagrees. One document per
 * (user, prediction) or (user, range): its id is derived, so that a repeated post is the same document, and a changed
 * one an edit whose predecessor goes into `history`.
 *
 *   {_id, prediction_id|null, sensor_id, start, end, verdict, label|null, truth|null, comment, user, at, model|null,
 *    role|null, predicted|null, history: [{at, verdict, label, comment}], used_in: []}
 *
 * `truth` is what the verdict means: the prediction's label when confirmed, the given label when relabelled, else, for
 * a rejected anomaly, the normal class; null when that isn't known. Workers only: all of it talks to the store. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <aas/error.h>

#include "service.h"

/** Store one feedback (body: as feedback.schema.json, checked; borrows). ret_doc: the document as JSON (new) with
 *  `disagrees`: ids of other users' feedback on the same prediction or an overlapping range that mean another class.
 *  ret_created: false when it was there already, edited or not. Errors: AAS_ENOENT no such prediction; AAS_EINVAL a
 * label that no fault type and no model knows, or a verdict without its label (*ret_field names the field); store's. */
int ml_feedback_add(struct ml_service *svc, const json_t *body, const char *user, int64_t now_ms, json_t **ret_doc,
                    bool *ret_created, const char **ret_field, struct aas_error *err) AAS_MUST_CHECK;

/** Would add accept it? The label and the verdict only. */
int ml_feedback_check(struct ml_service *svc, const json_t *body, struct aas_error *err) AAS_MUST_CHECK;

/** Filters of a list; NULL and 0: any. */
struct ml_feedback_filter {
    const char *sensor_id, *prediction_id, *user, *verdict, *label;
    int64_t from, to;   /* of `at`; to 0: none */
    bool disagreements; /* only those that somebody contradicts */
    size_t limit;
    const char *cursor;
};
/** {"items": […] newest first, "next"} (new). Errors: AAS_EPARSE the cursor; store's. */
int ml_feedback_list(struct ml_service *svc, const struct ml_feedback_filter *f, json_t **ret_list,
                     struct aas_error *err) AAS_MUST_CHECK;

/** Per model version what feedback says of it: {"v1": {"judged", "accuracy", "macro_f1", "false_alarms",
 *  "missed", "per_class": {name: {"precision", "recall", "f1", "support"}}}} (new), over the newest feedback (at most
 *  10,000). */
int ml_feedback_metrics(struct ml_service *svc, json_t **ret_metrics, struct aas_error *err) AAS_MUST_CHECK;
/** Feedback since a time: for the retraining trigger. */
int ml_feedback_count_since(struct ml_service *svc, int64_t since_ms, int64_t *ret_count,
                            struct aas_error *err) AAS_MUST_CHECK;
