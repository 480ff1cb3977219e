/* See eval.h. */
#include "eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/window.h>

#define NO_TYPE UINT32_MAX

static int no_memory(struct aas_error *err)
{
    return aas_error_set(err, AAS_ENOMEM, "out of memory for an evaluation");
}

void eval_fini(struct eval *e)
{
    for (size_t i = 0; e->list && i < e->count; i++) {
        struct eval_run *r = &e->list[i];
        ml_dataset_fini(&r->windows);
        free(r->row);
        free(r->first);
        free(r->p);
        free(r->told);
        free(r->smoothed);
        free(r->alarm);
        free(r->skip);
    }
    free(e->list);
    aas_feature_schema_destroy(e->schema);
    *e = (struct eval){0};
}

static bool is_hard(const struct eval_preset *p, const char *label)
{
    for (const char *const *h = p->hard; *h; h++)
        if (strcmp(*h, label) == 0)
            return true;
    return false;
}

/* Class 0 is normal. A label without training rows keeps "anomaly" in the scores and has no class. */
static void map_labels(struct eval *e, size_t trained, json_t *classes)
{
    uint32_t next = 1;
    (void)json_array_append_new(classes, json_string(e->runs->labels.names[0]));
    e->class_label[0] = 0;
    for (uint32_t k = 1; k < e->runs->labels.count; k++) {
        const char *name = e->runs->labels.names[k];
        e->label_class[k] = 0;
        if (is_hard(e->preset, name)) {
            e->score.hard[k / 64] |= UINT64_C(1) << (k % 64);
            continue;
        }
        if (e->preset->binary) {
            e->label_class[k] = 1;
        } else if (k < trained) {
            e->label_class[k] = next;
            e->class_label[next++] = k;
            (void)json_array_append_new(classes, json_string(name));
        }
    }
    if (e->preset->binary) {
        e->class_label[1] = NO_TYPE;
        (void)json_array_append_new(classes, json_string("anomaly"));
    }
}

static int compare_i64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Median distance of neighbouring rows of the first run. */
static int64_t typical_period(const struct labelled_run *run)
{
    AAS_AUTO_FREE int64_t *d = calloc(run->rows + 1, sizeof(*d));
    if (!d || run->rows < 2)
        return 1000;
    for (size_t i = 1; i < run->rows; i++)
        d[i - 1] = run->t[i] - run->t[i - 1];
    qsort(d, run->rows - 1, sizeof(*d), compare_i64);
    int64_t median = d[(run->rows - 1) / 2];
    return median >= 1 ? median : 1;
}

static int make_schema(struct eval *e, size_t trained, struct aas_error *err)
{
    const struct eval_preset *p = e->preset;
    json_t *classes = json_array(), *stats = json_array(), *channels = json_array();
    map_labels(e, trained, classes);
    for (const char *const *s = p->stats; *s; s++)
        (void)json_array_append_new(stats, json_string(*s));
    for (size_t i = 0; i < e->runs->channels.count; i++)
        (void)json_array_append_new(channels, json_string(e->runs->channels.names[i]));
    int64_t period = p->period_ms ? p->period_ms : typical_period(&e->runs->runs[0]);
    AAS_AUTO_JSON json_t *doc =
        json_pack("{s:i,s:s,s:{s:I,s:I,s:i,s:I,s:f},s:o,s:{s:s,s:o},s:o}", "version", 1, "normal",
                  e->runs->labels.names[0], "window", "rows", (json_int_t)p->rows, "min_rows", (json_int_t)p->min_rows,
                  "stride", 1, "period_ms", (json_int_t)period, "min_coverage", 0.5, "channels", channels, "features",
                  "order", "channel-major", "stats", stats, "classes", classes);
    if (!doc)
        return no_memory(err);
    if (p->recent_rows)
        (void)json_object_set_new(doc, "recent_rows", json_integer(p->recent_rows));
    if (p->reference_rows)
        (void)json_object_set_new(doc, "reference_rows", json_integer(p->reference_rows));
    return aas_feature_schema_parse(doc, &e->schema, err);
}

static int reserve_run(const struct eval *e, struct eval_run *r, struct aas_error *err)
{
    size_t n = r->run->rows + 1;
    ml_dataset_init(&r->windows, e->schema->features_count);
    r->row = calloc(n, sizeof(*r->row));
    r->first = calloc(n, sizeof(*r->first));
    r->p = calloc(n, sizeof(*r->p));
    r->told = calloc(n, sizeof(*r->told));
    r->smoothed = calloc(n, sizeof(*r->smoothed));
    r->alarm = calloc(n, sizeof(*r->alarm));
    r->skip = calloc(n, sizeof(*r->skip));
    if (!r->row || !r->first || !r->p || !r->told || !r->smoothed || !r->alarm || !r->skip)
        return no_memory(err);
    for (size_t i = 0; i < r->run->rows; i++)
        r->p[i] = (double)NAN;
    return 0;
}

static int keep_window(const struct eval *e, struct eval_run *r, const struct aas_window_view *view, size_t row,
                       double *scratch)
{
    float *x = NULL;
    uint32_t label = r->run->label[row];
    r->row[r->windows.rows] = row;
    r->first[r->windows.rows] = row + 1 >= view->n ? row + 1 - view->n : 0;
    int rc = ml_dataset_add(&r->windows, e->label_class[label], (uint32_t)(r - e->list), &x);
    if (rc == 0)
        aas_feature_schema_extract(e->schema, view->columns, view->n, scratch, x, NULL);
    return rc;
}

/* A window at every row, as the live stream would give them. */
static int cut_windows(const struct eval *e, struct eval_run *r, struct aas_error *err)
{
    const struct aas_window_options opt = {.spec = e->schema->window, .channels = e->runs->channels.count};
    struct aas_window_view view = {0};
    struct aas_window *w = NULL;
    AAS_AUTO_FREE double *scratch =
        calloc(aas_feature_schema_scratch(e->schema, e->schema->window.rows), sizeof(*scratch));
    int rc = scratch ? aas_window_create(&opt, &w, err) : no_memory(err);
    for (size_t i = 0; rc == 0 && i < r->run->rows; i++) {
        rc = aas_window_push(w, r->run->t[i], r->run->v + i * opt.channels, NULL);
        if (rc < 0)
            rc = aas_error_set(err, rc, "%s, row %zu: %s", r->run->name, i + 1, aas_strerror(rc));
        while (rc == 0 && aas_window_next(w, &view))
            rc = keep_window(e, r, &view, i, scratch);
    }
    aas_window_view_fini(&view);
    aas_window_destroy(w);
    return rc < 0 && err && err->code == 0 ? no_memory(err) : rc;
}

int eval_init(struct eval *e, const struct eval_preset *preset, const struct labelled_runs *runs, size_t trained,
              struct aas_error *err)
{
    *e = (struct eval){.preset = preset,
                       .params = preset->params,
                       .smooth = preset->smooth,
                       .threshold = preset->threshold,
                       .runs = runs};
    int rc = make_schema(e, trained, err);
    e->list = calloc(runs->count + 1, sizeof(*e->list));
    if (rc == 0 && !e->list)
        rc = no_memory(err);
    for (size_t i = 0; rc == 0 && i < runs->count; i++) {
        e->list[i].run = &runs->runs[i];
        e->count++;
        rc = reserve_run(e, &e->list[i], err);
        if (rc == 0)
            rc = cut_windows(e, &e->list[i], err);
    }
    return rc;
}

static int take_rows(const struct eval *e, eval_use_fn *use, const void *arg, struct ml_dataset *train)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct eval_run *r = &e->list[i];
        for (size_t k = 0; k < r->windows.rows; k += e->preset->train_stride) {
            float *x = NULL;
            if (!use(arg, e, i, k))
                continue;
            int rc = ml_dataset_add(train, (uint32_t)r->windows.label[k], (uint32_t)i, &x);
            if (rc < 0)
                return rc;
            memcpy(x, r->windows.x + k * train->cols, train->cols * sizeof(*x));
        }
    }
    return 0;
}

/* A class that a fold has no rows of can't be trained as one: its rows are elsewhere, so it just never gets told. */
static int check_classes(const struct eval *e, const struct ml_dataset *train, struct aas_error *err)
{
    uint64_t counts[RUNS_MAX_LABELS] = {0};
    ml_dataset_count(train, e->schema->classes_count, counts);
    uint64_t faults = train->rows - counts[0];
    if (counts[0] == 0 || faults == 0)
        return aas_error_set(err, AAS_EINVAL, "training needs normal and faulty rows: there are %llu and %llu",
                             (unsigned long long)counts[0], (unsigned long long)faults);
    return 0;
}

int eval_fit(const struct eval *e, eval_use_fn *use, const void *arg, aas_xgb_round_fn *on_round,
             struct aas_xgb **ret_model, uint64_t *ret_counts, struct aas_error *err)
{
    struct ml_dataset train;
    struct ml_train_params params = e->params;
    params.missing_classes = true;
    ml_dataset_init(&train, e->schema->features_count);
    int rc = take_rows(e, use, arg, &train) < 0 ? no_memory(err) : 0;
    if (rc == 0)
        rc = check_classes(e, &train, err);
    if (rc == 0)
        rc = ml_train(&train, NULL, e->schema, &params, on_round, NULL, ret_model, err);
    if (rc == 0 && ret_counts)
        ml_dataset_count(&train, e->schema->classes_count, ret_counts);
    ml_dataset_fini(&train);
    return rc;
}

/* P(not normal), and the likeliest type should it be a fault. */
static void tell(const struct eval *e, struct eval_run *r, size_t row, const float *p, size_t outputs)
{
    double anomaly = outputs == 1 ? (double)p[0] : 1.0 - (double)p[0];
    size_t best = 1;
    for (size_t k = 2; k < outputs; k++)
        best = p[k] > p[best] ? k : best;
    r->p[row] = anomaly;
    r->told[row] = outputs == 1 ? e->class_label[1] : e->class_label[best];
}

int eval_predict(const struct eval *e, const struct aas_xgb *model, struct eval_run *r, size_t from, size_t to,
                 struct aas_error *err)
{
    size_t outputs = aas_xgb_info(model)->outputs, n = r->windows.rows;
    AAS_AUTO_FREE float *p = calloc(n * outputs + 1, sizeof(*p));
    if (!p)
        return no_memory(err);
    int rc = n ? aas_xgb_predict(model, r->windows.x, n, r->windows.cols, p, err) : 0;
    for (size_t k = 0; rc == 0 && k < n; k++)
        if (r->row[k] >= from && r->row[k] < to)
            tell(e, r, r->row[k], p + k * outputs, outputs);
    return rc;
}

int eval_decide(const struct eval *e, struct eval_run *r)
{
    size_t n = r->run->rows;
    for (size_t i = 1; i < n; i++) { /* a row without a window of its own (a time given twice): what was told stands */
        if (!isnan(r->p[i]) || isnan(r->p[i - 1]) || r->skip[i])
            continue;
        r->p[i] = r->p[i - 1];
        r->told[i] = r->told[i - 1];
    }
    memcpy(r->smoothed, r->p, n * sizeof(*r->p));
    int rc = score_smooth(r->smoothed, n, e->smooth);
    for (size_t i = 0; i < n; i++)
        r->alarm[i] = !isnan(r->p[i]) && r->smoothed[i] >= e->threshold;
    return rc;
}

int eval_score(const struct eval *e, const struct eval_run *r, struct score *s)
{
    AAS_AUTO_FREE uint32_t *told = calloc(r->run->rows + 1, sizeof(*told));
    if (!told)
        return AAS_ENOMEM;
    for (size_t i = 0; i < r->run->rows; i++)
        told[i] = r->alarm[i] ? r->told[i] : 0;
    const struct judged_run judged = {.name = r->run->name,
                                      .rows = r->run->rows,
                                      .label = r->run->label,
                                      .alarm = r->alarm,
                                      .skip = r->skip,
                                      .told = e->preset->binary ? NULL : told};
    return score_add(s, &judged, &e->score);
}
