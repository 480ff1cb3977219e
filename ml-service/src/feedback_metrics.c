/* What feedback says of each version; see feedback.h. Counts per (truth, predicted) in a JSON object per version: the
 * classes are few and the call is rare. */
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/store.h>

#include "feedback.h"

#define NEWEST 10000

static json_t *child(json_t *parent, const char *key)
{
    json_t *c = json_object_get(parent, key);
    if (!c) {
        c = json_object();
        if (json_object_set_new(parent, key, c) != 0)
            return NULL;
    }
    return c;
}

/* counts: {version: {truth: {predicted: n}}} */
static int count_one(const bson_t *doc, void *arg)
{
    const char *model = aas_doc_str(doc, "model", NULL), *truth = aas_doc_str(doc, "truth", NULL);
    const char *predicted = aas_doc_str(doc, "predicted", NULL);
    if (!model || !truth || !predicted)
        return 0;
    json_t *version = child(arg, model), *row = version ? child(version, truth) : NULL;
    if (!row)
        return AAS_ENOMEM;
    json_int_t n = json_integer_value(json_object_get(row, predicted));
    return json_object_set_new(row, predicted, json_integer(n + 1)) == 0 ? 0 : AAS_ENOMEM;
}

static double cell(const json_t *counts, const char *truth, const char *predicted)
{
    return (double)json_integer_value(json_object_get(json_object_get(counts, truth), predicted));
}

static double row_sum(const json_t *counts, const char *truth)
{
    double sum = 0;
    const char *key;
    json_t *n;
    json_object_foreach(json_object_get(counts, truth), key, n) sum += (double)json_integer_value(n);
    return sum;
}

static double column_sum(const json_t *counts, const char *predicted)
{
    double sum = 0;
    const char *truth;
    json_t *row;
    json_object_foreach((json_t *)(uintptr_t)counts, truth, row) sum += cell(counts, truth, predicted);
    return sum;
}

static json_t *share(double part, double whole)
{
    return whole > 0 ? json_real(part / whole) : json_null();
}

static json_t *of_version(const json_t *counts)
{
    double total = 0, right = 0, f1_sum = 0, classes = 0, false_alarms = 0, missed = 0;
    json_t *per_class = json_object();
    const char *truth, *predicted;
    json_t *row, *n;
    json_object_foreach((json_t *)(uintptr_t)counts, truth, row)
    {
        double support = row_sum(counts, truth), hit = cell(counts, truth, truth), said = column_sum(counts, truth);
        double f1 = support + said > 0 ? 2 * hit / (support + said) : 0;
        total += support;
        right += hit;
        f1_sum += f1;
        classes += 1;
        json_object_foreach(row, predicted, n)
        {
            if (strcmp(truth, "normal") == 0 && strcmp(predicted, "normal") != 0)
                false_alarms += (double)json_integer_value(n);
            if (strcmp(truth, "normal") != 0 && strcmp(predicted, "normal") == 0)
                missed += (double)json_integer_value(n);
        }
        AAS_IGNORE(json_object_set_new(per_class, truth,
                                       json_pack("{s:o,s:o,s:f,s:I}", "precision", share(hit, said), "recall",
                                                 share(hit, support), "f1", f1, "support", (json_int_t)support)));
    }
    return json_pack("{s:I,s:o,s:o,s:I,s:I,s:o}", "judged", (json_int_t)total, "accuracy", share(right, total),
                     "macro_f1", share(f1_sum, classes), "false_alarms", (json_int_t)false_alarms, "missed",
                     (json_int_t)missed, "per_class", per_class);
}

int ml_feedback_metrics(struct ml_service *svc, json_t **ret_metrics, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *counts = json_object();
    const struct aas_cond where[] = {{.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(0)}};
    struct aas_query q = {.where = where, .n_where = 1, .sort = "at", .descending = true, .limit = NEWEST};
    int rc = aas_store_find(svc->store, AAS_COLL_FEEDBACK, &q, count_one, counts, NULL, err);
    if (rc)
        return rc;
    json_t *out = json_object();
    const char *version;
    json_t *mine;
    json_object_foreach(counts, version, mine) AAS_IGNORE(json_object_set_new(out, version, of_version(mine)));
    *ret_metrics = out;
    return 0;
}
