/* See gate.h. */
#include "gate.h"

#include <stdlib.h>

#include <aas/cleanup.h>

struct verdict {
    double accuracy, macro_f1;
    json_t *metrics;
};

/* The likeliest class of each row; ret_told: d->rows. */
static int tell(const struct aas_xgb *model, size_t classes, const struct ml_dataset *d, uint32_t *ret_told,
                struct aas_error *err)
{
    size_t outputs = aas_xgb_info(model)->outputs;
    AAS_AUTO_FREE float *p = calloc(d->rows * outputs + 1, sizeof *p);
    if (!p)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    int rc = aas_xgb_predict(model, d->x, d->rows, d->cols, p, err);
    for (size_t i = 0; rc == 0 && i < d->rows; i++) {
        const float *row = p + i * outputs;
        ret_told[i] = outputs == 1 ? (row[0] > 0.5F ? 1 : 0) : 0;
        for (size_t k = 1; outputs > 1 && k < classes; k++)
            if (row[k] > row[ret_told[i]])
                ret_told[i] = (uint32_t)k;
    }
    return rc;
}

static int score(const struct aas_xgb *model, size_t own_classes, const struct ml_gate_input *in,
                 const struct ml_dataset *d, struct verdict *ret, struct aas_error *err)
{
    AAS_AUTO_FREE uint32_t *told = calloc(d->rows + 1, sizeof *told);
    struct ml_confusion c = {0};
    if (!told || ml_confusion_init(&c, in->challenger_classes) != 0)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    int rc = tell(model, own_classes, d, told, err);
    for (size_t i = 0; rc == 0 && i < d->rows; i++)
        ml_confusion_add(&c, (size_t)d->label[i], told[i]);
    if (rc == 0) {
        ret->accuracy = ml_confusion_accuracy(&c);
        ret->macro_f1 = ml_confusion_macro_f1(&c);
        ret->metrics = ml_confusion_metrics(&c, in->classes);
        rc = ret->metrics ? 0 : AAS_ENOMEM;
    }
    ml_confusion_fini(&c);
    return rc;
}

static void reason(json_t *report, bool *passed, bool ok, json_t *text)
{
    *passed = *passed && ok;
    AAS_IGNORE(json_array_append_new(json_object_get(report, "reasons"), text));
}

static int compare(const struct ml_gate_input *in, const struct ml_dataset *d, const char *name, json_t *report,
                   struct verdict v[2], struct aas_error *err)
{
    int rc = score(in->champion, in->champion_classes, in, d, &v[0], err);
    if (rc == 0)
        rc = score(in->challenger, in->challenger_classes, in, d, &v[1], err);
    if (rc) {
        json_decref(v[0].metrics);
        return rc;
    }
    json_t *part =
        json_pack("{s:I,s:o,s:o}", "rows", (json_int_t)d->rows, "champion", v[0].metrics, "challenger", v[1].metrics);
    return part && json_object_set_new(report, name, part) == 0 ? 0 : AAS_ENOMEM;
}

static int replay(const struct ml_gate_input *in, json_t *report, bool *passed, struct aas_error *err)
{
    const struct ml_dataset *d = in->replay;
    AAS_AUTO_FREE uint32_t *before = calloc(d->rows + 1, sizeof *before);
    AAS_AUTO_FREE uint32_t *after = calloc(d->rows + 1, sizeof *after);
    if (!before || !after)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    int rc = tell(in->champion, in->champion_classes, d, before, err);
    if (rc == 0)
        rc = tell(in->challenger, in->challenger_classes, d, after, err);
    if (rc)
        return rc;
    int64_t was = 0, is = 0, added = 0, removed = 0;
    for (size_t i = 0; i < d->rows; i++) {
        bool a = (int)before[i] != in->normal, b = (int)after[i] != in->normal;
        was += a;
        is += b;
        added += b && !a;
        removed += a && !b;
    }
    json_t *part =
        json_pack("{s:I,s:I,s:I,s:I,s:I}", "windows", (json_int_t)d->rows, "alarms_before", (json_int_t)was,
                  "alarms_after", (json_int_t)is, "added", (json_int_t)added, "removed", (json_int_t)removed);
    if (!part || json_object_set_new(report, "replay", part) != 0)
        return AAS_ENOMEM;
    bool flood = (double)is > ML_GATE_ALARM_FACTOR * (double)was && (double)is > 0.05 * (double)d->rows;
    reason(
        report, passed, !flood,
        json_sprintf("on %zu recent windows it would judge %lld as faults instead of %lld (%lld added, %lld removed)",
                     d->rows, (long long)is, (long long)was, (long long)added, (long long)removed));
    return 0;
}

int ml_gate_run(const struct ml_gate_input *in, json_t **ret_report, struct aas_error *err)
{
    json_t *report = json_pack("{s:b,s:[]}", "passed", 0, "reasons");
    bool passed = true;
    struct verdict v[2] = {{0}};
    int rc = report ? 0 : AAS_ENOMEM;
    if (rc == 0 && in->labelled->rows > 0) {
        rc = compare(in, in->labelled, "labelled", report, v, err);
        if (rc == 0)
            reason(report, &passed, v[1].accuracy >= v[0].accuracy,
                   json_sprintf("accuracy on %zu held-out windows that operators labelled: %.3f, champion %.3f",
                                in->labelled->rows, v[1].accuracy, v[0].accuracy));
    }
    if (rc == 0 && in->base->rows > 0) {
        rc = compare(in, in->base, "base", report, v, err);
        if (rc == 0)
            reason(report, &passed, v[1].macro_f1 >= v[0].macro_f1 - ML_GATE_BASE_TOLERANCE,
                   json_sprintf("macro F1 on %zu held-out windows of the base data: %.3f, champion %.3f",
                                in->base->rows, v[1].macro_f1, v[0].macro_f1));
    }
    if (rc == 0 && in->replay->rows > 0 && in->normal >= 0)
        rc = replay(in, report, &passed, err);
    if (rc == 0 && in->labelled->rows + in->base->rows == 0)
        reason(report, &passed, false, json_string("there is nothing to judge it by: no held-out windows"));
    if (rc) {
        json_decref(report);
        return err && err->code ? rc : aas_error_set(err, rc, "%s", aas_strerror(rc));
    }
    AAS_IGNORE(json_object_set_new(report, "passed", json_boolean(passed)));
    *ret_report = report;
    return 0;
}
