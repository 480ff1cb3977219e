/* See predictor.h. */
#include "predictor.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/feature_schema.h>

void ml_scratch_fini(struct ml_scratch *s)
{
    ml_input_fini(&s->in);
    free(s->d);
    free(s->row);
    free(s->p);
    free(s->other_row);
    free(s->other_p);
    for (size_t i = 0; i < s->docs_count; i++)
        bson_destroy(s->docs[i]);
    free(s->docs);
    free(s->batch);
    free(s->batch_ids);
    free(s->items);
    memset(s, 0, sizeof *s);
}

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static bool scratch_has_key;

static void scratch_free(void *arg)
{
    ml_scratch_fini(arg);
    free(arg);
}

static void scratch_make_key(void)
{
    scratch_has_key = pthread_key_create(&scratch_key, scratch_free) == 0;
}

struct ml_scratch *ml_scratch_mine(void)
{
    (void)pthread_once(&scratch_once, scratch_make_key);
    if (!scratch_has_key)
        return NULL;
    struct ml_scratch *s = pthread_getspecific(scratch_key);
    if (s)
        return s;
    s = calloc(1, sizeof *s);
    if (s && pthread_setspecific(scratch_key, s) != 0) {
        free(s);
        return NULL;
    }
    return s;
}

static int need(void **p, size_t *cap, size_t count, size_t size)
{
    if (count <= *cap)
        return 0;
    void *q = realloc(*p, count * size);
    if (!q)
        return AAS_ENOMEM;
    *p = q;
    *cap = count;
    return 0;
}

static int need_doubles(struct ml_scratch *s, size_t count)
{
    void *p = s->d;
    int rc = need(&p, &s->d_cap, count, sizeof *s->d);
    s->d = p;
    return rc;
}

static int need_floats(float **p, size_t *cap, size_t count)
{
    void *q = *p;
    int rc = need(&q, cap, count, sizeof **p);
    *p = q;
    return rc;
}

void ml_scratch_swap(struct ml_scratch *s)
{
    float *row = s->row, *p = s->p;
    size_t row_cap = s->row_cap, p_cap = s->p_cap;
    s->row = s->other_row;
    s->row_cap = s->other_row_cap;
    s->p = s->other_p;
    s->p_cap = s->other_p_cap;
    s->other_row = row;
    s->other_row_cap = row_cap;
    s->other_p = p;
    s->other_p_cap = p_cap;
}

bson_t *ml_scratch_doc(struct ml_scratch *s, size_t i)
{
    while (i >= s->docs_count) {
        bson_t **p = realloc(s->docs, (s->docs_count + 1) * sizeof(bson_t *));
        if (!p)
            return NULL;
        s->docs = p;
        p[s->docs_count++] = bson_new();
    }
    bson_reinit(s->docs[i]);
    return s->docs[i];
}

int ml_scratch_batch(struct ml_scratch *s, size_t n, size_t rows_floats, size_t p_floats)
{
    if (n > s->batch_cap) {
        struct ml_prediction *batch = realloc(s->batch, n * sizeof *batch);
        if (!batch)
            return AAS_ENOMEM;
        s->batch = batch;
        void *ids = realloc(s->batch_ids, n * sizeof *s->batch_ids);
        if (!ids)
            return AAS_ENOMEM;
        s->batch_ids = ids;
        s->batch_cap = n;
    }
    int rc = need_floats(&s->row, &s->row_cap, rows_floats);
    return rc ? rc : need_floats(&s->p, &s->p_cap, p_floats);
}

static int mismatch(struct ml_scratch *s, const char *field)
{
    (void)snprintf(s->in.field, sizeof s->in.field, "%s", field);
    return AAS_EMISMATCH;
}

static int from_features(struct ml_scratch *s, const struct ml_model *model, float *row, struct aas_error *err)
{
    if (s->in.n != model->features) {
        (void)aas_error_set(err, AAS_EMISMATCH, "features has %zu values, model %s wants %zu", s->in.n, model->version,
                            model->features);
        return mismatch(s, "features");
    }
    ml_model_scale(model, s->in.values, row);
    return 0;
}

/* Pointers to the model's channels inside the item's columns, `skip` rows left out at the start. */
static void map_columns(const struct ml_input *in, const struct aas_feature_schema *schema, size_t skip,
                        const double **ret_columns)
{
    memset(ret_columns, 0, schema->channels_count * sizeof *ret_columns);
    for (size_t i = 0; i < in->columns_count; i++) {
        const struct ml_column *c = &in->columns[i];
        int at = aas_feature_schema_channel(schema, c->name, c->name_len);
        if (at >= 0)
            ret_columns[at] = in->values + c->offset + skip;
    }
}

static void transpose(const struct ml_input *in, size_t skip, size_t n, double *dst, const double **ret_columns)
{
    const double *src = in->values + skip * in->width;
    for (size_t c = 0; c < in->width; c++) {
        double *column = dst + c * n;
        for (size_t i = 0; i < n; i++)
            column[i] = src[i * in->width + c];
        ret_columns[c] = column;
    }
}

/* Of the cells that the model can't do without, how many are there. */
static double share_of_cells(const struct aas_feature_schema *schema, const double *const *columns, size_t n)
{
    size_t have = 0, wanted = 0;
    for (size_t c = 0; c < schema->channels_count; c++) {
        if (schema->optional && schema->optional[c])
            continue;
        wanted += n;
        for (size_t i = 0; columns[c] && i < n; i++)
            have += isnan(columns[c][i]) ? 0 : 1;
    }
    return wanted > 0 ? (double)have / (double)wanted : 1.0;
}

static void describe_window(const struct ml_input *in, const struct aas_window_spec *spec, size_t skip, size_t n,
                            int64_t now_ms, struct ml_prediction *pr)
{
    pr->has_window = true;
    pr->n = (uint32_t)n;
    /* A window that may be given out while it grows isn't short. */
    double rows = spec->min_rows && n >= spec->min_rows ? (double)n : (double)spec->rows;
    double filled = (double)n < rows ? (double)n / rows : 1.0;
    pr->has_t = in->has_t;
    if (in->has_t) {
        pr->start = in->t[skip];
        pr->at = in->t[skip + n - 1];
        pr->coverage = filled * aas_window_coverage(in->t + skip, n, spec->period_ms);
    } else {
        pr->at = now_ms;
        pr->start = now_ms - (int64_t)(n - 1) * spec->period_ms;
        pr->coverage = filled;
    }
}

static int from_window(struct ml_scratch *s, const struct ml_model *model, int64_t now_ms, float *row,
                       struct ml_prediction *pr, struct aas_error *err)
{
    const struct aas_feature_schema *schema = model->schema;
    const struct ml_input *in = &s->in;
    if (!schema) {
        (void)aas_error_set(err, AAS_EMISMATCH,
                            "model %s has no feature schema, so a window can't be turned into its %zu features: send "
                            "{\"features\": [...]}, or deploy it with feature_schema.json",
                            model->version, model->features);
        return mismatch(s, "window");
    }
    if (in->kind == ML_INPUT_ROWS && in->width != schema->channels_count) {
        (void)aas_error_set(err, AAS_EMISMATCH, "a row of window has %zu values, model %s wants %zu channels: %s, ...",
                            in->width, model->version, schema->channels_count, schema->channels[0]);
        return mismatch(s, "window");
    }
    size_t n = in->n < schema->window.rows ? in->n : schema->window.rows, skip = in->n - n;
    size_t work = aas_feature_schema_scratch(schema, n);
    size_t cells = in->kind == ML_INPUT_ROWS ? n * in->width : 0;
    if (need_doubles(s, work + cells) != 0)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    const double *columns[AAS_WINDOW_MAX_CHANNELS];
    if (in->kind == ML_INPUT_ROWS)
        transpose(in, skip, n, s->d + work, columns);
    else
        map_columns(in, schema, skip, columns);
    describe_window(in, &schema->window, skip, n, now_ms, pr);
    pr->coverage *= share_of_cells(schema, columns, n);
    aas_feature_schema_extract(schema, columns, n, s->d, row, NULL);
    return 0;
}

int ml_predictor_row(struct ml_scratch *s, const struct ml_model *model, int64_t now_ms, float *row,
                     struct ml_prediction *pr, struct aas_error *err)
{
    pr->has_window = pr->has_t = false;
    pr->at = now_ms;
    pr->coverage = (double)NAN;
    pr->n = 0;
    if (s->in.kind == ML_INPUT_FEATURES)
        return from_features(s, model, row, err);
    return from_window(s, model, now_ms, row, pr, err);
}

int ml_predictor_run(struct ml_scratch *s, const struct ml_model *model, int64_t now_ms, double unknown_below,
                     struct ml_prediction *pr, struct aas_error *err)
{
    if (need_floats(&s->row, &s->row_cap, model->features) != 0 ||
        need_floats(&s->p, &s->p_cap, model->classes_count) != 0)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    pr->model = model;
    int rc = ml_predictor_row(s, model, now_ms, s->row, pr, err);
    if (rc == 0)
        rc = ml_model_predict(model, s->row, s->p, err);
    if (rc)
        return rc;
    pr->row = s->row;
    pr->p = s->p;
    pr->received = now_ms;
    pr->revision = s->in.revision;
    pr->explanation = NULL;
    ml_prediction_judge(pr, unknown_below);
    ml_prediction_name(pr);
    return 0;
}
