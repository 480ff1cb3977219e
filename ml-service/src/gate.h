/* May a challenger take the champion's place? Both judge the same held-out windows: what operators labelled, newest in
 * time, and the base data of the parent; and they replay recent stored windows, which tells alarms that would come and
 * go. Pure. */
#pragma once

#include <jansson.h>

#include <aas/error.h>
#include <aas/xgb.h>

#include "dataset.h"
#include "metrics_report.h"

struct ml_gate_input {
    const struct aas_xgb *champion, *challenger; /* of the same columns; the challenger's classes go on behind */
    size_t champion_classes, challenger_classes;
    char *const *classes;                              /* challenger_classes names */
    int normal;                                        /* index; -1: none */
    const struct ml_dataset *labelled, *base, *replay; /* any may be empty */
};

/* Macro F1 on base data may fall by so much, the rounding of small samples. */
#define ML_GATE_BASE_TOLERANCE 0.02
/* More alarms than so many times the champion's on recent windows (and at least 5 % of them) are suspicious. */
#define ML_GATE_ALARM_FACTOR 3.0

/** The report (new): {"passed", "reasons": […], "labelled": {"rows", "champion": metrics, "challenger": metrics},
 *  "base": {…}, "replay": {"windows", "alarms_before", "alarms_after", "added", "removed"}}. Errors: AAS_EUPSTREAM,
 *  AAS_ENOMEM. */
int ml_gate_run(const struct ml_gate_input *in, json_t **ret_report, struct aas_error *err) AAS_MUST_CHECK;
