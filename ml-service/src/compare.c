/* See compare.h. */
#include "compare.h"

#include <bson/bson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/store.h>

#include "feedback.h"
#include "prediction.h"

#define NEWEST   2000
#define FEW      50
#define EXAMPLES 20
#define Z95      1.959964

/* One window as one version judged it. */
struct judged {
    char key[96]; /* sensor and time */
    char id[32], label[80];
    bool anomaly;
    float *row; /* owned; NULL: none */
};

struct judged_list {
    struct judged items[NEWEST];
    size_t n, features;
};

struct tally {
    int64_t n, disagree, only_a, only_b;
    json_t *examples;
};

static int on_prediction(const bson_t *doc, void *arg)
{
    struct judged_list *l = arg;
    struct judged *j = &l->items[l->n];
    bson_iter_t it;
    bson_subtype_t subtype;
    const uint8_t *bytes = NULL;
    uint32_t len = 0;
    *j = (struct judged){.anomaly = aas_doc_bool(doc, "is_anomaly", false)};
    (void)snprintf(j->key, sizeof j->key, "%s@%lld", aas_doc_str(doc, "sensor_id", ""),
                   (long long)aas_doc_int(doc, "at", 0));
    (void)snprintf(j->id, sizeof j->id, "%s", aas_doc_str(doc, "_id", ""));
    (void)snprintf(j->label, sizeof j->label, "%s", aas_doc_str(doc, "label", ""));
    if (bson_iter_init_find(&it, doc, "row") && BSON_ITER_HOLDS_BINARY(&it))
        bson_iter_binary(&it, &subtype, &len, &bytes);
    if (bytes && len == l->features * sizeof(float)) {
        j->row = malloc(len);
        if (!j->row)
            return AAS_ENOMEM;
        memcpy(j->row, bytes, len);
    }
    l->n++;
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct judged *)a)->key, ((const struct judged *)b)->key);
}

static int read_newest(struct ml_service *svc, const struct ml_model *m, struct judged_list *l, struct aas_error *err)
{
    const struct aas_cond where[] = {{.field = "model", .op = AAS_OP_EQ, .value = AAS_V_STR(m->version)},
                                     {.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(0)}};
    struct aas_query q = {.where = where, .n_where = 2, .sort = "at", .descending = true, .limit = NEWEST};
    l->features = m->features;
    int rc = aas_store_find(svc->store, AAS_COLL_PREDICTIONS, &q, on_prediction, l, NULL, err);
    if (rc == 0)
        qsort(l->items, l->n, sizeof l->items[0], by_key);
    return rc;
}

static void list_free(struct judged_list *l)
{
    for (size_t i = 0; l && i < l->n; i++)
        free(l->items[i].row);
    free(l);
}

static void count(struct tally *t, const struct judged *window, const char *a, bool a_anomaly, const char *b,
                  bool b_anomaly)
{
    t->n++;
    t->only_a += a_anomaly && !b_anomaly;
    t->only_b += b_anomaly && !a_anomaly;
    if (strcmp(a, b) == 0)
        return;
    t->disagree++;
    if (json_array_size(t->examples) < EXAMPLES)
        AAS_IGNORE(json_array_append_new(
            t->examples, json_pack("{s:s,s:s,s:s,s:s}", "id", window->id, "window", window->key, "a", a, "b", b)));
}

static void pair_stored(struct tally *t, const struct judged_list *a, const struct judged_list *b)
{
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        int order = strcmp(a->items[i].key, b->items[k].key);
        if (order == 0)
            count(t, &a->items[i], a->items[i].label, a->items[i].anomaly, b->items[k].label, b->items[k].anomaly);
        i += order <= 0;
        k += order >= 0;
    }
}

static int judge(struct ml_service *svc, const struct ml_model *m, const float *row, float *p,
                 struct ml_prediction *ret)
{
    int rc = ml_model_predict(m, row, p, NULL);
    *ret = (struct ml_prediction){.model = m, .row = row, .p = p};
    if (rc == 0)
        ml_prediction_judge(ret, svc->config->unknown_below);
    return rc;
}

static void judge_again(struct ml_service *svc, struct tally *t, const struct ml_model *a, const struct ml_model *b,
                        const struct judged_list *windows)
{
    float pa[AAS_SCHEMA_MAX_CLASSES], pb[AAS_SCHEMA_MAX_CLASSES];
    for (size_t i = 0; i < windows->n; i++) {
        const struct judged *w = &windows->items[i];
        struct ml_prediction x, y;
        if (w->row && judge(svc, a, w->row, pa, &x) == 0 && judge(svc, b, w->row, pb, &y) == 0)
            count(t, w, a->classes[x.label], x.is_anomaly, b->classes[y.label], y.is_anomaly);
    }
}

/* Wilson's interval for a share. */
static json_t *interval(double k, double n)
{
    if (n <= 0)
        return json_null();
    double p = k / n, d = 1 + Z95 * Z95 / n, centre = (p + Z95 * Z95 / (2 * n)) / d;
    double half = Z95 * sqrt(p * (1 - p) / n + Z95 * Z95 / (4 * n * n)) / d;
    return json_pack("[f,f]", fmax(0, centre - half), fmin(1, centre + half));
}

/* McNemar with continuity correction: is one of them readier to raise an alarm? */
static json_t *p_value(double only_a, double only_b)
{
    if (only_a + only_b < 10)
        return json_null();
    double d = fmax(0, fabs(only_a - only_b) - 1);
    return json_real(erfc(sqrt(d * d / (only_a + only_b) / 2)));
}

static json_t *tally_json(struct tally *t, const char *source)
{
    double n = (double)t->n;
    return json_pack("{s:s,s:I,s:I,s:o,s:o,s:I,s:I,s:o,s:O}", "source", source, "n", (json_int_t)t->n, "disagree",
                     (json_int_t)t->disagree, "share", n > 0 ? json_real((double)t->disagree / n) : json_null(),
                     "share_ci95", interval((double)t->disagree, n), "only_a_anomaly", (json_int_t)t->only_a,
                     "only_b_anomaly", (json_int_t)t->only_b, "p_value", p_value((double)t->only_a, (double)t->only_b),
                     "examples", t->examples);
}

static int compare_windows(struct ml_service *svc, const struct ml_model *a, const struct ml_model *b,
                           json_t **ret_windows, struct aas_error *err)
{
    struct judged_list *of_a = calloc(1, sizeof *of_a), *of_b = calloc(1, sizeof *of_b);
    struct tally t = {.examples = json_array()};
    const char *source = "stored";
    int rc = of_a && of_b ? read_newest(svc, a, of_a, err) : AAS_ENOMEM;
    if (rc == 0)
        rc = read_newest(svc, b, of_b, err);
    if (rc == 0) {
        pair_stored(&t, of_a, of_b);
        if (t.n < FEW && ml_schema_same_rows(a->schema, b->schema)) {
            json_decref(t.examples);
            t = (struct tally){.examples = json_array()};
            source = "recomputed";
            judge_again(svc, &t, a, b, of_a);
            judge_again(svc, &t, a, b, of_b);
        }
        *ret_windows = tally_json(&t, t.n > 0 ? source : "none");
        rc = *ret_windows ? 0 : AAS_ENOMEM;
    }
    list_free(of_a);
    list_free(of_b);
    json_decref(t.examples);
    return rc;
}

static json_t *metrics_of(struct ml_service *svc, const char *version)
{
    json_t *item = NULL;
    if (ml_registry_describe(svc->registry, version, &item, NULL) != 0)
        return json_null();
    json_t *m = json_incref(json_object_get(json_object_get(item, "manifest"), "metrics"));
    json_decref(item);
    return m ? m : json_null();
}

int ml_compare(struct ml_service *svc, const char *a, const char *b, json_t **ret_report, struct aas_error *err)
{
    struct ml_model *ma = NULL, *mb = NULL;
    json_t *windows = NULL, *feedback = NULL;
    int rc = ml_registry_model(svc->registry, a, &ma, err);
    if (rc == 0)
        rc = ml_registry_model(svc->registry, b, &mb, err);
    if (rc == 0)
        rc = compare_windows(svc, ma, mb, &windows, err);
    if (rc == 0)
        rc = ml_feedback_metrics(svc, &feedback, err);
    if (rc == 0) {
        *ret_report = json_pack("{s:s,s:s,s:{s:o,s:o},s:{s:O?,s:O?},s:O}", "a", a, "b", b, "metrics", "a",
                                metrics_of(svc, a), "b", metrics_of(svc, b), "feedback", "a",
                                json_object_get(feedback, a), "b", json_object_get(feedback, b), "windows", windows);
        rc = *ret_report ? 0 : AAS_ENOMEM;
    }
    json_decref(windows);
    json_decref(feedback);
    ml_model_put(ma);
    ml_model_put(mb);
    return rc;
}
