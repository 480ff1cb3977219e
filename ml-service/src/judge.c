/* See judge.h. */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/http_route.h>
#include <aas/json.h>
#include <aas/json_pull.h>
#include <aas/log.h>

#include "explain.h"
#include "stats.h"

#define AAS_LOG_MOD "judge"

#define DEPTH 16

static int no_model(struct ml_service *svc, const char *type, const struct ml_serving *serving, struct aas_error *err)
{
    if (!serving) {
        ml_registry_reason(svc->registry, err);
        return AAS_EUNAVAILABLE;
    }
    return aas_error_set(err, AAS_EUNAVAILABLE, "no model serves sensors of type %s, nor all types",
                         type[0] ? type : "*");
}

static bool is_kept(const struct ml_service *svc, const struct ml_prediction *pr)
{
    return pr->sensor_id[0] && svc->config->keep != ML_KEEP_NONE &&
           (svc->config->keep == ML_KEEP_ALL || pr->is_anomaly);
}

static bool make_entry(struct ml_service *svc, struct ml_scratch *s, size_t i, const struct ml_prediction *pr,
                       struct ml_log_entry *ret)
{
    if (!is_kept(svc, pr))
        return false;
    bson_t *doc = ml_scratch_doc(s, i);
    if (!doc || ml_prediction_bson(doc, pr) != 0)
        return false;
    *ret = (struct ml_log_entry){.kind = pr->is_anomaly && !pr->explanation ? ML_LOG_EXPLAIN_LATER : ML_LOG_PREDICTION,
                                 .doc = doc};
    return true;
}

/* An answer is worth more than its record: when the disk refuses, the prediction is given all the same. */
static void append(struct ml_service *svc, const struct ml_log_entry *entries, size_t n)
{
    struct aas_error err = AAS_ERROR_NONE;
    if (n > 0 && ml_prediction_log_append(svc->log, entries, n, &err) != 0)
        AAS_LOG_ERROR("predictions.unlogged", "predictions were answered but can't be logged: they will not be stored",
                      AAS_F_ERROR(&err), AAS_F_UINT("count", n));
}

/* The shadow sees the same item; its prediction is stored apart and never answered. */
static void run_shadow(struct ml_service *svc, struct ml_scratch *s, struct ml_model *shadow, int64_t now_ms)
{
    struct ml_prediction pr = {.sensor_id = s->in.sensor_id, .role = ML_ROLE_SHADOW};
    struct aas_error err = AAS_ERROR_NONE;
    struct ml_log_entry entry;
    ml_scratch_swap(s);
    if (ml_predictor_run(s, shadow, now_ms, svc->config->unknown_below, &pr, &err) == 0) {
        ml_stats_count(shadow->stats, &pr);
        if (make_entry(svc, s, 0, &pr, &entry))
            append(svc, &entry, 1);
    } else {
        AAS_LOG_WARN("shadow.failed", "the shadow can't judge a window; the answer doesn't depend on it",
                     AAS_F_STR("version", shadow->version), AAS_F_ERROR(&err));
    }
    ml_scratch_swap(s);
}

static void explain_if(struct ml_prediction *pr, enum ml_explain_mode mode, struct ml_explanation *x)
{
    if (mode == ML_EXPLAIN_LATER || (mode == ML_EXPLAIN_ANOMALIES && !pr->is_anomaly))
        return;
    struct aas_error err = AAS_ERROR_NONE;
    if (ml_explain(pr->model, pr->row, pr->label, x, &err) == 0)
        pr->explanation = x;
    else
        AAS_LOG_WARN("explain.failed", "a prediction is given without its explanation", AAS_F_ERROR(&err));
}

static double micros_since(struct aas_mono start)
{
    return (double)aas_mono_diff_ns(aas_clock_mono(), start) / 1000.0;
}

static int fail_at(const struct ml_input *in, char *field, int rc)
{
    (void)snprintf(field, ML_FIELD_BYTES, "%s", in->field);
    return rc;
}

static int answer_one(struct ml_service *svc, struct ml_scratch *s, const struct ml_choice *choice,
                      struct aas_mono start, enum ml_explain_mode explain, struct aas_buf *out, struct aas_error *err)
{
    struct ml_prediction pr = {.sensor_id = s->in.sensor_id, .role = choice->role};
    struct ml_explanation x;
    int rc = ml_predictor_run(s, choice->model, aas_clock_wall_ms(), svc->config->unknown_below, &pr, err);
    if (rc)
        return rc;
    explain_if(&pr, explain, &x);
    pr.latency_us = micros_since(start);
    ml_stats_count(pr.model->stats, &pr);
    struct ml_log_entry entry;
    if (make_entry(svc, s, 0, &pr, &entry))
        append(svc, &entry, 1);
    struct aas_json_writer w;
    aas_json_write_init(&w, out);
    ml_prediction_json(&w, &pr);
    rc = aas_json_write_finish(&w);
    if (choice->shadow)
        run_shadow(svc, s, choice->shadow, pr.received);
    return rc;
}

int ml_judge_one(struct ml_service *svc, const char *body, size_t len, enum ml_explain_mode explain,
                 struct aas_buf *out, char *field, struct aas_error *err)
{
    struct aas_mono start = aas_clock_mono();
    struct ml_scratch *s = ml_scratch_mine();
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    struct aas_json_pull r;
    aas_json_pull_init(&r, body, len, DEPTH);
    int rc = ml_input_read(&r, &s->in, err);
    if (rc)
        return fail_at(&s->in, field, rc);
    if (aas_json_pull_next(&r) != AAS_JSON_DONE)
        return aas_json_pull_fail(&r, err);
    struct ml_serving *serving = ml_registry_acquire(svc->registry);
    struct ml_choice choice;
    if (!serving || !ml_serving_choose(serving, s->in.sensor_type, s->in.sensor_id, &choice))
        rc = no_model(svc, s->in.sensor_type, serving, err);
    else
        rc = answer_one(svc, s, &choice, start, explain, out, err);
    ml_serving_put(serving);
    return rc ? fail_at(&s->in, field, rc) : 0;
}

/* --- batches -------------------------------------------------------------------------------------------------------
 */

struct item {
    struct ml_choice choice;
    size_t row, p; /* offsets into the scratch's floats */
    int rc;
    struct aas_error err;
    char field[ML_FIELD_BYTES];
};

struct batch {
    struct ml_service *svc;
    struct ml_scratch *s;
    struct ml_serving *serving;
    struct item *items;
    size_t n, cap, rows_used, p_used;
    int64_t now_ms;
    bool timed;
};

static int grow(struct batch *b)
{
    if (b->n < b->cap)
        return 0;
    size_t cap = b->cap ? 2 * b->cap : 64;
    struct item *items = realloc(b->items, cap * sizeof *items);
    if (!items)
        return AAS_ENOMEM;
    b->items = items;
    b->cap = cap;
    return 0;
}

/* The item's row goes behind the others; probabilities follow for all rows of a model at once. */
static int prepare(struct batch *b, struct item *it, struct aas_error *err)
{
    struct ml_scratch *s = b->s;
    if (!b->serving || !ml_serving_choose(b->serving, s->in.sensor_type, s->in.sensor_id, &it->choice))
        return no_model(b->svc, s->in.sensor_type, b->serving, err);
    const struct ml_model *m = it->choice.model;
    it->row = b->rows_used;
    it->p = b->p_used;
    int rc = ml_scratch_batch(s, b->n + 1, it->row + m->features, it->p + m->classes_count);
    if (rc)
        return aas_error_set(err, rc, "out of memory");
    struct ml_prediction *pr = &s->batch[b->n];
    *pr =
        (struct ml_prediction){.model = m, .role = it->choice.role, .received = b->now_ms, .revision = s->in.revision};
    rc = ml_predictor_row(s, m, b->now_ms, s->row + it->row, pr, err);
    if (rc)
        return rc;
    memcpy(s->batch_ids[b->n], s->in.sensor_id, sizeof s->batch_ids[0]);
    b->timed = b->timed && pr->has_t;
    b->rows_used += m->features;
    b->p_used += m->classes_count;
    if (it->choice.shadow)
        run_shadow(b->svc, s, it->choice.shadow, b->now_ms);
    return 0;
}

/* One item, the reader standing before it. A failure that isn't about the text itself is the item's own. */
static int read_item(struct batch *b, struct aas_json_pull *r, struct aas_error *err)
{
    struct aas_json_pull before = *r;
    if (grow(b) != 0)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    struct item *it = &b->items[b->n];
    it->err = AAS_ERROR_NONE;
    it->field[0] = '\0';
    it->rc = ml_input_read(r, &b->s->in, &it->err);
    if (it->rc == AAS_EINVAL) {
        *r = before;
        if (!aas_json_pull_skip(r))
            return aas_json_pull_fail(r, err);
    } else if (it->rc) {
        *err = it->err;
        return it->rc;
    } else {
        it->rc = prepare(b, it, &it->err);
    }
    if (it->rc == AAS_EUNAVAILABLE || it->rc == AAS_ENOMEM) {
        *err = it->err;
        return it->rc;
    }
    if (it->rc)
        (void)snprintf(it->field, sizeof it->field, "items[%zu]%s%.140s", b->n, b->s->in.field[0] ? "." : "",
                       b->s->in.field);
    b->n++;
    return 0;
}

static int bad_batch(char *field, const char *what, struct aas_error *err)
{
    (void)snprintf(field, ML_FIELD_BYTES, "items");
    return aas_error_set(err, AAS_EINVAL, "%s", what);
}

static int read_items(struct batch *b, struct aas_json_pull *r, char *field, struct aas_error *err)
{
    if (aas_json_pull_next(r) != AAS_JSON_ARRAY) {
        if (r->event == AAS_JSON_ERROR)
            return aas_json_pull_fail(r, err);
        return bad_batch(field, "items must be an array of objects with window or features", err);
    }
    for (;;) {
        struct aas_json_pull ahead = *r;
        enum aas_json_event e = aas_json_pull_next(&ahead);
        if (e == AAS_JSON_ARRAY_END) {
            *r = ahead;
            return b->n > 0 ? 0 : bad_batch(field, "items must not be empty", err);
        }
        if (e == AAS_JSON_ERROR)
            return aas_json_pull_fail(&ahead, err);
        if (b->n == ML_BATCH_MAX)
            return bad_batch(field, "items has more than 1024 elements", err);
        int rc = read_item(b, r, err);
        if (rc)
            return rc;
    }
}

static int read_batch(struct batch *b, const char *body, size_t len, char *field, struct aas_error *err)
{
    struct aas_json_pull r;
    bool seen = false;
    aas_json_pull_init(&r, body, len, DEPTH);
    if (aas_json_pull_next(&r) != AAS_JSON_OBJECT)
        return r.event == AAS_JSON_ERROR ? aas_json_pull_fail(&r, err)
                                         : aas_error_set(err, AAS_EINVAL, "expected an object with items");
    while (aas_json_pull_next(&r) == AAS_JSON_KEY) {
        if (seen || !aas_json_pull_is(&r, "items"))
            return aas_error_set(err, AAS_EINVAL, "unknown or repeated field \"%.*s\": only items is known",
                                 (int)(r.str_len < 40 ? r.str_len : 40), r.str);
        int rc = read_items(b, &r, field, err);
        if (rc)
            return rc;
        seen = true;
    }
    if (r.event != AAS_JSON_OBJECT_END || aas_json_pull_next(&r) != AAS_JSON_DONE)
        return aas_json_pull_fail(&r, err);
    return seen ? 0 : bad_batch(field, "items is missing", err);
}

/* Rows of one model that lie side by side go through it at once. A row that the model refuses (an infinite value) must
 * not cost the others: then each goes alone. */
static void predict_rows(struct batch *b)
{
    for (size_t i = 0; i < b->n;) {
        if (b->items[i].rc) {
            i++;
            continue;
        }
        const struct ml_model *m = b->items[i].choice.model;
        size_t end = i + 1;
        while (end < b->n && !b->items[end].rc && b->items[end].choice.model == m)
            end++;
        const float *rows = b->s->row + b->items[i].row;
        float *p = b->s->p + b->items[i].p;
        if (ml_model_predict_many(m, rows, end - i, p, NULL) != 0)
            for (size_t k = i; k < end; k++)
                b->items[k].rc =
                    ml_model_predict(m, b->s->row + b->items[k].row, b->s->p + b->items[k].p, &b->items[k].err);
        i = end;
    }
}

static void finish_items(struct batch *b, struct aas_mono start)
{
    double each = micros_since(start) / (double)b->n;
    for (size_t i = 0; i < b->n; i++) {
        struct ml_prediction *pr = &b->s->batch[i];
        if (b->items[i].rc)
            continue;
        pr->sensor_id = b->s->batch_ids[i];
        pr->row = b->s->row + b->items[i].row;
        pr->p = b->s->p + b->items[i].p;
        pr->latency_us = each;
        ml_prediction_judge(pr, b->svc->config->unknown_below);
        ml_prediction_name(pr);
        ml_stats_count(pr->model->stats, pr);
    }
}

static void write_problem(struct aas_json_writer *w, const struct item *it, const char *request_id)
{
    AAS_AUTO_JSON json_t *problem = aas_http_problem_json(it->rc, &it->err, it->field, request_id);
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(16384);
    aas_json_write_object(w);
    aas_json_write_key(w, "error");
    if (problem && aas_json_dump(problem, &text) == 0)
        aas_json_write_raw(w, text.data, text.len);
    else
        aas_json_write_null(w);
    aas_json_write_object_end(w);
}

/* Explanations are made here one by one: the buffer holds one. Entries go to the log before the answer leaves. */
static int write_answers(struct batch *b, enum ml_explain_mode explain, const char *request_id, struct aas_buf *out)
{
    struct aas_json_writer w;
    struct ml_explanation x;
    struct ml_log_entry entries[ML_BATCH_MAX];
    size_t n = 0;
    aas_json_write_init(&w, out);
    aas_json_write_object(&w);
    aas_json_write_key(&w, "predictions");
    aas_json_write_array(&w);
    for (size_t i = 0; i < b->n; i++) {
        if (b->items[i].rc) {
            write_problem(&w, &b->items[i], request_id);
            continue;
        }
        struct ml_prediction *pr = &b->s->batch[i];
        explain_if(pr, explain, &x);
        ml_prediction_json(&w, pr);
        if (make_entry(b->svc, b->s, i, pr, &entries[n]))
            n++;
    }
    aas_json_write_array_end(&w);
    aas_json_write_object_end(&w);
    append(b->svc, entries, n);
    return aas_json_write_finish(&w);
}

int ml_judge_many(struct ml_service *svc, const char *body, size_t len, enum ml_explain_mode explain,
                  const char *request_id, struct aas_buf *out, char *field, bool *ret_timed, struct aas_error *err)
{
    struct aas_mono start = aas_clock_mono();
    struct batch b = {.svc = svc, .s = ml_scratch_mine(), .now_ms = aas_clock_wall_ms(), .timed = true};
    if (!b.s)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    b.items = b.s->items;
    b.cap = b.s->items_cap;
    b.serving = ml_registry_acquire(svc->registry);
    int rc = read_batch(&b, body, len, field, err);
    if (rc == 0) {
        predict_rows(&b);
        finish_items(&b, start);
        rc = write_answers(&b, explain, request_id, out);
        *ret_timed = b.timed;
    }
    ml_serving_put(b.serving);
    b.s->items = b.items;
    b.s->items_cap = b.cap;
    return rc;
}
