/* Windows of the live view: cut from the ordered stream, rebuilt from the store after a restart or when another window
 * is served. Under the live lock; the store is read only where a window is made. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/log.h"
#include "aas/store.h"
#include "live_internal.h"

#define AAS_LOG_MOD "live"

#define CATCH_UP_WINDOWS 64 /* that nobody has judged, because it wasn't known what to serve, are made up for */

/* --- rows from the store ------------------------------------------------------------------------------------------ */

struct stored_row {
    int64_t t;
    size_t at; /* of its values */
};

/* The newest rows of a sensor, each with the window's columns. */
struct history {
    const struct live_sensor *s;
    size_t need, most, width; /* rows for a window; rows at most */
    struct stored_row *rows;
    double *values;
    size_t len, cap;
};

static bool history_reserve(struct history *h, size_t n)
{
    if (h->len + n <= h->cap)
        return true;
    size_t cap = h->cap ? h->cap * 2 : 128;
    while (cap < h->len + n)
        cap *= 2;
    struct stored_row *rows = realloc(h->rows, cap * sizeof *rows);
    if (!rows)
        return false;
    h->rows = rows;
    double *values = realloc(h->values, cap * h->width * sizeof *values);
    if (!values)
        return false;
    h->values = values;
    h->cap = cap;
    return true;
}

static void read_column(struct history *h, size_t first, size_t n, size_t column, bson_iter_t *list)
{
    for (size_t i = 0; i < n && bson_iter_next(list); i++) {
        if (BSON_ITER_HOLDS_DOUBLE(list))
            h->values[(first + i) * h->width + column] = bson_iter_double(list);
    }
}

static int take_bucket(const bson_t *doc, void *arg)
{
    struct history *h = arg;
    bson_iter_t it, list, column;
    size_t n = (size_t)aas_doc_int(doc, "n", 0), first = h->len, got = 0;
    if (!history_reserve(h, n))
        return AAS_ENOMEM;
    if (!bson_iter_init_find(&it, doc, "t") || !bson_iter_recurse(&it, &list))
        return 0;
    for (; got < n && bson_iter_next(&list); got++) {
        h->rows[first + got] = (struct stored_row){bson_iter_as_int64(&list), first + got};
        for (size_t c = 0; c < h->width; c++)
            h->values[(first + got) * h->width + c] = c + 1 < h->width ? NAN : 1;
    }
    if (bson_iter_init_find(&it, doc, "v") && bson_iter_recurse(&it, &list)) {
        while (bson_iter_next(&list)) {
            for (size_t c = 0; c + 1 < h->width; c++) {
                if (strcmp(h->s->type->channels[c], bson_iter_key(&list)) == 0 && bson_iter_recurse(&list, &column))
                    read_column(h, first, got, c, &column);
            }
        }
    }
    h->len += got;
    /* back to where judging ended, and a window more */
    bool judged = aas_doc_int(doc, "start", INT64_MAX) <= h->s->resume_ms;
    return h->len >= h->most || (judged && h->len >= h->need);
}

static int by_time(const void *a, const void *b)
{
    const struct stored_row *x = a, *y = b;
    if (x->t != y->t)
        return x->t < y->t ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static void fill_from_store(const struct ingest_live *l, struct live_sensor *s)
{
    const struct aas_window_spec *spec = &s->type->window;
    struct history h = {.s = s, .need = 2 * (size_t)spec->rows, .width = s->type->channels_count + 1};
    h.most = h.need + CATCH_UP_WINDOWS * (size_t)spec->stride;
    const struct aas_cond where[] = {{.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(s->id)}};
    struct aas_query q = {.where = where, .n_where = 1, .sort = "end", .descending = true};
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_store_find(l->o.store, AAS_COLL_SENSOR_DATA, &q, take_bucket, &h, NULL, &err);
    if (rc < 0)
        AAS_LOG_WARN("window.no_history", "stored readings can't be read: the window warms up anew",
                     AAS_F_STR("sensor_id", s->id), AAS_F_ERROR(&err));
    if (h.len > 1)
        qsort(h.rows, h.len, sizeof *h.rows, by_time);
    for (size_t i = 0; i < h.len; i++)
        AAS_IGNORE(aas_window_push(s->window, h.rows[i].t, h.values + h.rows[i].at * h.width, NULL));
    free(h.rows);
    free(h.values);
}

/* --- the window --------------------------------------------------------------------------------------------------- */

/* The last column is ours and always 1: a row without any of the model's channels still counts as a row, so that such a
 * sensor's windows are judged (as blind) and not silently missing. */
static const double *window_row(struct ingest_live *l, const struct live_sensor *s, const double *values)
{
    size_t width = s->type->channels_count + 1;
    if (width > l->row_cap) {
        double *row = realloc(l->row, width * sizeof *row);
        if (!row)
            return NULL;
        l->row = row;
        l->row_cap = width;
    }
    for (size_t c = 0; c + 1 < width; c++)
        l->row[c] = NAN;
    l->row[width - 1] = 1;
    for (size_t c = 0; c < s->channels_count; c++) {
        if (s->channels[c].column >= 0)
            l->row[s->channels[c].column] = values[c];
    }
    return l->row;
}

static void hand_over(struct ingest_live *l, struct live_sensor *s)
{
    const struct aas_window_view *v = &l->view;
    struct ingest_window_job *job = ingest_window_job_new(l->serving, s->type, v->n);
    if (!job) {
        AAS_LOG_ERROR("window.lost", "no memory for a window", AAS_F_STR("sensor_id", s->id));
        return;
    }
    memcpy(job->sensor_id, s->id, sizeof s->id);
    if (s->meta->type)
        AAS_IGNORE(aas_str_copy(job->sensor_type, sizeof job->sensor_type, aas_str_from(s->meta->type)));
    job->start_ms = v->start_ms;
    job->end_ms = v->end_ms;
    job->coverage = v->coverage;
    job->revision = v->revision;
    memcpy(job->t, v->t, v->n * sizeof *v->t);
    for (size_t c = 0; c < s->type->channels_count; c++)
        memcpy(job->values + c * v->n, v->columns[c], v->n * sizeof(double));
    l->stats.windows++;
    l->stats.amended += v->revision > 0;
    s->resume_ms = v->end_ms > s->resume_ms ? v->end_ms : s->resume_ms;
    ingest_ml_push(l->ml, job);
}

static void give_out(struct ingest_live *l, struct live_sensor *s)
{
    while (aas_window_next(s->window, &l->view))
        hand_over(l, s);
}

void live_window_push(struct ingest_live *l, struct live_sensor *s, int64_t t, const double *values)
{
    enum aas_window_outcome outcome;
    const double *row = s->window ? window_row(l, s, values) : NULL;
    if (!row || aas_window_push(s->window, t, row, &outcome) < 0)
        return;
    l->stats.too_late += outcome == AAS_WINDOW_TOO_LATE;
    give_out(l, s);
}

void live_window_idle(struct ingest_live *l, struct live_sensor *s, int64_t now_ms)
{
    int64_t lateness = l->o.config->lateness_ms;
    if (lateness == 0 || !s->window || s->newest_ms == INT64_MIN || now_ms - s->last_received_ms < lateness)
        return;
    aas_window_advance(s->window, s->newest_ms + lateness);
    give_out(l, s);
}

static void fill_from_memory(struct ingest_live *l, struct live_sensor *s)
{
    for (size_t i = 0; i < s->rows_len; i++) {
        int64_t t;
        const double *values = live_row_at(s, i, &t);
        const double *row = window_row(l, s, values);
        if (row)
            AAS_IGNORE(aas_window_push(s->window, t, row, NULL));
    }
}

void live_window_ensure(struct ingest_live *l, struct live_sensor *s)
{
    if (s->window_generation == l->serving_generation)
        return;
    s->window_generation = l->serving_generation;
    aas_window_destroy(s->window);
    s->window = NULL;
    s->type = ingest_serving_find(l->serving, s->meta->type);
    for (size_t c = 0; c < s->channels_count; c++)
        live_channel_map(s, &s->channels[c]);
    if (!s->type)
        return;
    const struct aas_window_options o = {
        .spec = s->type->window,
        .channels = s->type->channels_count + 1,
        .lateness_ms = l->o.config->lateness_ms,
    };
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_window_create(&o, &s->window, &err) < 0) {
        AAS_LOG_ERROR("window.create", "a sensor gets no window", AAS_F_STR("sensor_id", s->id), AAS_F_ERROR(&err));
        return;
    }
    if (s->resume_ms != INT64_MIN)
        aas_window_resume(s->window, s->resume_ms);
    fill_from_store(l, s);
    fill_from_memory(l, s);
    give_out(l, s);
}

/* --- restart ------------------------------------------------------------------------------------------------------ */

static int take_prediction(const bson_t *doc, void *arg)
{
    struct live_sensor *s = arg;
    const char *role = aas_doc_str(doc, "role", "champion"), *state = aas_doc_str(doc, "state", "unknown");
    if (strcmp(role, "champion") != 0)
        return 0;
    for (int i = 0; i < LIVE__STATE_COUNT; i++) {
        if (strcmp(live_state_names[i], state) == 0)
            s->predicted = (enum live_state)i;
    }
    s->predicted_ms = s->resume_ms = aas_doc_int(doc, "at", INT64_MIN);
    s->confidence = aas_doc_num(doc, "confidence", NAN);
    s->coverage = aas_doc_num(doc, "window.coverage", NAN);
    AAS_IGNORE(aas_str_copy(s->label, sizeof s->label, aas_str_from(aas_doc_str(doc, "label", ""))));
    AAS_IGNORE(aas_str_copy(s->prediction_id, sizeof s->prediction_id, aas_str_from(aas_doc_str(doc, "_id", ""))));
    return 1;
}

static int take_newest(const bson_t *doc, void *arg)
{
    struct live_sensor *s = arg;
    s->newest_ms = aas_doc_int(doc, "end", INT64_MIN);
    return 1;
}

void live_restore(struct ingest_live *l, struct live_sensor *s)
{
    const struct aas_cond where[] = {{.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(s->id)}};
    struct aas_query q = {.where = where, .n_where = 1, .sort = "at", .descending = true, .limit = 8};
    struct aas_error err = AAS_ERROR_NONE;
    s->restored = true;
    int rc = aas_store_find(l->o.store, AAS_COLL_PREDICTIONS, &q, take_prediction, s, NULL, &err);
    q.sort = "end";
    q.limit = 1;
    if (rc >= 0)
        rc = aas_store_find(l->o.store, AAS_COLL_SENSOR_DATA, &q, take_newest, s, NULL, &err);
    if (rc < 0)
        AAS_LOG_WARN("live.restore", "what is stored of a sensor can't be read", AAS_F_STR("sensor_id", s->id),
                     AAS_F_ERROR(&err));
}

/* --- from the ml thread ------------------------------------------------------------------------------------------- */

void ingest_live_serving(struct ingest_live *l, struct ingest_serving *serving)
{
    (void)pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->count; i++) /* rows of the old table are about to go */
        l->list[i]->type = NULL;
    ingest_serving_unref(l->serving);
    l->serving = ingest_serving_ref(serving);
    l->serving_generation++;
    for (size_t i = 0; i < l->count; i++) { /* windows of the old shape end here; new ones come with the next reading */
        aas_window_destroy(l->list[i]->window);
        l->list[i]->window = NULL;
    }
    (void)pthread_mutex_unlock(&l->lock);
}

void ingest_live_available(struct ingest_live *l, bool available)
{
    (void)pthread_mutex_lock(&l->lock);
    l->available = available;
    (void)pthread_mutex_unlock(&l->lock);
}

static enum live_state state_by_name(const char *name)
{
    for (int i = 0; name && i < LIVE__STATE_COUNT; i++) {
        if (strcmp(live_state_names[i], name) == 0)
            return (enum live_state)i;
    }
    return LIVE_UNKNOWN;
}

static void take_answer(struct live_sensor *s, const struct ingest_window_job *job, const json_t *p)
{
    const char *label = json_string_value(json_object_get(p, "label")),
               *id = json_string_value(json_object_get(p, "id"));
    const json_t *confidence = json_object_get(p, "confidence"),
                 *coverage = json_object_get(json_object_get(p, "window"), "coverage");
    s->predicted = p ? state_by_name(json_string_value(json_object_get(p, "state"))) : LIVE_UNKNOWN;
    s->predicted_ms = job->end_ms;
    s->confidence = json_is_number(confidence) ? json_number_value(confidence) : NAN;
    s->coverage = json_is_number(coverage) ? json_number_value(coverage) : job->coverage;
    AAS_IGNORE(aas_str_copy(s->label, sizeof s->label, aas_str_from(label ? label : "")));
    AAS_IGNORE(aas_str_copy(s->prediction_id, sizeof s->prediction_id, aas_str_from(id ? id : "")));
    s->changed = true;
}

void ingest_live_prediction(struct ingest_live *l, const struct ingest_window_job *job, json_t *prediction,
                            const char *error)
{
    (void)error; /* logged by the client; the sensor's state says unknown */
    char *text = prediction ? json_dumps(prediction, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    (void)pthread_mutex_lock(&l->lock);
    struct live_sensor *s = ingest_smap_get(&l->map, job->sensor_id, strlen(job->sensor_id));
    if (s && (s->prediction_id[0] == '\0' || job->end_ms >= s->predicted_ms))
        take_answer(s, job, prediction);
    if (text) {
        char **slot = &l->predictions[l->predictions_at++ % LIVE_PREDICTIONS];
        free(*slot);
        *slot = text;
        if (ingest_stream_wanted(l->o.stream)) {
            AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(1 << 20);
            (void)aas_buf_append_str(&b, "\"prediction\":");
            (void)aas_buf_append_str(&b, text);
            if (b.status == 0)
                ingest_stream_publish(l->o.stream, INGEST_FRAME_PREDICTION, job->sensor_id, b.data, b.len);
        }
    }
    (void)pthread_mutex_unlock(&l->lock);
    if (prediction && l->o.hooks.on_prediction)
        l->o.hooks.on_prediction(l->o.hooks.arg, job, prediction);
}
