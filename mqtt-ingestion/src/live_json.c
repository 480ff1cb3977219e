/* The live view as JSON: frames, the snapshot, rows for GET /latest. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/json_pull.h"
#include "live_internal.h"

enum live_state live_state_of(const struct ingest_live *l, const struct live_sensor *s, int64_t now_ms)
{
    if (s->last_received_ms == 0 || now_ms - s->last_received_ms > l->o.config->no_data_ms)
        return LIVE_NO_DATA;
    return l->available ? s->predicted : LIVE_BLIND;
}

/* `"sensor_id":…,"t":[…],"channels":{…}` of the rows that no frame has carried. */
void live_write_readings(struct live_sensor *s, struct aas_buf *out)
{
    struct aas_json_writer w;
    size_t first = s->rows_len - s->unsent;
    int64_t t;
    aas_json_write_init(&w, out);
    aas_json_write_object(&w);
    aas_json_write_key(&w, "sensor_id");
    aas_json_write_string(&w, s->id);
    aas_json_write_key(&w, "t");
    aas_json_write_array(&w);
    for (size_t i = first; i < s->rows_len; i++) {
        (void)live_row_at(s, i, &t);
        aas_json_write_int(&w, t);
    }
    aas_json_write_array_end(&w);
    aas_json_write_key(&w, "channels");
    aas_json_write_object(&w);
    for (size_t c = 0; c < s->channels_count; c++) {
        aas_json_write_key(&w, s->channels[c].name);
        aas_json_write_array(&w);
        for (size_t i = first; i < s->rows_len; i++)
            aas_json_write_double(&w, c < s->stride ? live_row_at(s, i, &t)[c] : NAN);
        aas_json_write_array_end(&w);
    }
    aas_json_write_object_end(&w);
    aas_json_write_object_end(&w);
    if (aas_json_write_finish(&w) == 0) { /* its braces go: the stream makes the frame around it */
        memmove(out->data, out->data + 1, out->len - 2);
        aas_buf_truncate(out, out->len - 2);
    }
}

static void write_text(struct aas_json_writer *w, const char *key, const char *text)
{
    aas_json_write_key(w, key);
    aas_json_write_string(w, text && text[0] != '\0' ? text : NULL);
}

static void write_number(struct aas_json_writer *w, const char *key, double value)
{
    aas_json_write_key(w, key);
    aas_json_write_double(w, value);
}

static void write_channels(struct aas_json_writer *w, const struct live_sensor *s)
{
    aas_json_write_key(w, "channels");
    aas_json_write_array(w);
    for (size_t i = 0; i < s->channels_count; i++) {
        const char *unit = NULL;
        for (size_t k = 0; k < s->meta->channels_count; k++) {
            if (strcmp(s->meta->channels[k].name, s->channels[i].name) == 0)
                unit = s->meta->channels[k].unit;
        }
        aas_json_write_object(w);
        write_text(w, "name", s->channels[i].name);
        write_text(w, "unit", unit);
        aas_json_write_object_end(w);
    }
    aas_json_write_array_end(w);
}

static void write_latest(struct aas_json_writer *w, const struct live_sensor *s)
{
    aas_json_write_key(w, "latest");
    if (s->rows_len == 0) {
        aas_json_write_null(w);
        return;
    }
    aas_json_write_object(w);
    aas_json_write_key(w, "t");
    aas_json_write_int(w, s->t[s->newest_row]);
    aas_json_write_key(w, "values");
    aas_json_write_object(w);
    for (size_t c = 0; c < s->channels_count && c < s->stride; c++)
        write_number(w, s->channels[c].name, s->values[s->newest_row * s->stride + c]);
    aas_json_write_object_end(w);
    aas_json_write_object_end(w);
}

static double coverage_of(const struct live_sensor *s)
{
    if (!isnan(s->coverage) || !s->window)
        return s->coverage;
    return (double)aas_window_filled(s->window) / (double)s->type->window.rows;
}

void live_write_sensor(struct ingest_live *l, struct live_sensor *s, int64_t now_ms, struct aas_buf *out)
{
    struct aas_json_writer w;
    enum live_state state = live_state_of(l, s, now_ms);
    aas_json_write_init(&w, out);
    aas_json_write_object(&w);
    write_text(&w, "sensor_id", s->id);
    write_text(&w, "name", s->meta->name);
    write_text(&w, "type", s->meta->type);
    write_text(&w, "status", s->meta->status);
    write_text(&w, "state", live_state_names[state]);
    write_text(&w, "label", s->label);
    write_number(&w, "confidence", s->confidence);
    write_text(&w, "prediction_id", s->prediction_id);
    aas_json_write_key(&w, "last_seen");
    if (s->newest_ms == INT64_MIN)
        aas_json_write_null(&w);
    else
        aas_json_write_int(&w, s->newest_ms);
    write_number(&w, "rate_hz", s->interval_ms > 0 ? 1000 / s->interval_ms : NAN);
    write_channels(&w, s);
    write_latest(&w, s);
    write_number(&w, "coverage", coverage_of(s));
    aas_json_write_object_end(&w);
    AAS_IGNORE(aas_json_write_finish(&w));
}

void ingest_live_snapshot(struct ingest_live *l, struct aas_buf *out)
{
    int64_t now = aas_clock_wall_ms();
    (void)pthread_mutex_lock(&l->lock);
    (void)aas_buf_append_str(out, "\"sensors\":[");
    for (size_t i = 0; i < l->count; i++) {
        if (i > 0)
            (void)aas_buf_append_char(out, ',');
        live_write_sensor(l, l->list[i], now, out);
    }
    (void)aas_buf_append_str(out, "],\"predictions\":[");
    bool any = false;
    for (size_t i = 0; i < LIVE_PREDICTIONS && i < l->predictions_at; i++) {
        const char *text = l->predictions[(l->predictions_at - 1 - i) % LIVE_PREDICTIONS];
        if (any)
            (void)aas_buf_append_char(out, ',');
        (void)aas_buf_append_str(out, text);
        any = true;
    }
    (void)aas_buf_append_char(out, ']');
    (void)pthread_mutex_unlock(&l->lock);
}

void ingest_rows_fini(struct ingest_rows *r)
{
    for (size_t c = 0; r->names && c < r->channels; c++)
        free(r->names[c]);
    free(r->names);
    free(r->t);
    free(r->values);
    *r = (struct ingest_rows){0};
}

static bool copy_rows(const struct live_sensor *s, struct ingest_rows *r)
{
    r->names = calloc(s->channels_count + 1, sizeof *r->names);
    r->t = calloc(s->rows_len + 1, sizeof *r->t);
    r->values = calloc((s->rows_len + 1) * (s->channels_count + 1), sizeof *r->values);
    if (!r->names || !r->t || !r->values)
        return false;
    r->channels = s->channels_count;
    for (size_t c = 0; c < s->channels_count; c++) {
        r->names[c] = strdup(s->channels[c].name);
        if (!r->names[c])
            return false;
    }
    for (size_t i = 0; i < s->rows_len; i++) {
        const double *row = live_row_at(s, i, &r->t[i]);
        for (size_t c = 0; c < r->channels; c++)
            r->values[i * r->channels + c] = c < s->stride ? row[c] : NAN;
    }
    r->n = s->rows_len;
    return true;
}

bool ingest_live_rows(struct ingest_live *l, const char *sensor_id, struct ingest_rows *ret_rows)
{
    struct ingest_rows r = {0};
    (void)pthread_mutex_lock(&l->lock);
    const struct live_sensor *s = ingest_smap_get(&l->map, sensor_id, strlen(sensor_id));
    bool ok = s && copy_rows(s, &r);
    (void)pthread_mutex_unlock(&l->lock);
    if (ok)
        *ret_rows = r;
    else
        ingest_rows_fini(&r);
    return ok;
}
