#include "live.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/log.h"
#include "live_internal.h"
#include "record.h"
#include "writer.h"

#define AAS_LOG_MOD    "live"
#define BATCH_READINGS 16384
#define BATCH_VALUES   131072
#define BATCH_RECORDS  256 /* under one lock */
#define FRAME_BYTES    ((size_t)1 << 20)
#define SCAN_MS        500  /* how often states are looked at */
#define SILENCES_MAX   64   /* told in one scan */
#define STATE_EVERY_MS 5000 /* a sensor frame at least so often while data comes */

const char *const live_state_names[LIVE__STATE_COUNT] = {
    [LIVE_NORMAL] = "normal", [LIVE_FAULT] = "fault",           [LIVE_UNKNOWN] = "unknown",
    [LIVE_BLIND] = "blind",   [LIVE_WARMING_UP] = "warming_up", [LIVE_NO_DATA] = "no_data",
};

/* --- records ------------------------------------------------------------------------------------------------------ */

struct work {
    const struct ingest_message *m;
    uint64_t offset;
    struct ingest_topic_match topic;
};

static void note_arrival(struct live_sensor *s, int64_t t, int64_t received_ms)
{
    if (s->newest_ms != INT64_MIN && t > s->newest_ms) {
        double step = (double)(t - s->newest_ms);
        s->interval_ms = isnan(s->interval_ms) ? step : s->interval_ms + 0.1 * (step - s->interval_ms);
    }
    if (received_ms > s->last_received_ms)
        s->last_received_ms = received_ms;
}

static void mark_unsent(struct ingest_live *l, struct live_sensor *s)
{
    if (s->in_unsent)
        return;
    s->in_unsent = true;
    s->next_unsent = l->unsent;
    l->unsent = s;
}

/* Columns of the values, judged as the writer does: what goes to quarantine is not shown either. False: refused. */
static bool resolve(struct live_sensor *s, const struct work *k, const struct aas_reading *r,
                    const struct aas_reading_value *v, uint32_t *columns)
{
    bool released = k->m->flags & INGEST_MESSAGE_REINJECTED;
    if (r->positional && r->count > s->positions_count)
        return false;
    for (uint32_t i = 0; i < r->count; i++) {
        ssize_t at = r->positional ? (ssize_t)s->positions[i] : live_channel_get(s, v[i].channel, v[i].channel_len, i);
        if (at < 0)
            return false;
        columns[i] = (uint32_t)at;
        const struct live_channel *c = &s->channels[at];
        if (!released && ingest_validate_range(v[i].value, c->min, c->max, c->name, c->len, NULL) != INGEST_ACCEPT)
            return false;
    }
    return true;
}

static void take_reading(struct ingest_live *l, const struct work *k, const struct aas_reading *r)
{
    struct aas_str own = {r->sensor_id, r->sensor_id_len}, id = own.len > 0 ? own : k->topic.sensor_id;
    bool mismatch = own.len > 0 && k->topic.sensor_id.len > 0 && !aas_str_eq(own, k->topic.sensor_id);
    struct live_sensor *s;
    if (mismatch || !aas_reading_name_valid(id.ptr, id.len) || live_sensor_get(l, id.ptr, id.len, &k->topic, &s) < 0 ||
        s->meta->retired)
        return;
    bool clockless = r->ts_ms == AAS_READING_NO_TIME;
    if (!clockless && !(k->m->flags & INGEST_MESSAGE_REINJECTED) &&
        ingest_validate_time(&l->rules, r->ts_ms, k->m->received_ms, NULL) != INGEST_ACCEPT)
        return;
    uint32_t columns[AAS_READING_MAX_CHANNELS];
    const struct aas_reading_value *v = &l->batch.values[r->first];
    if (!resolve(s, k, r, v, columns))
        return;
    if (!s->restored)
        live_restore(l, s);
    int64_t t = clockless ? ingest_auto_time(&s->last_auto_ms, k->m->received_ms) : r->ts_ms;
    live_window_ensure(l, s);
    note_arrival(s, t, k->m->received_ms);
    double *row = live_row_add(s, t, k->offset, l->committed);
    if (!row)
        return;
    for (uint32_t i = 0; i < r->count; i++)
        row[columns[i]] = v[i].value;
    mark_unsent(l, s);
    l->stats.readings++;
    live_window_push(l, s, t, row);
}

static void take_record(struct ingest_live *l, const struct aas_wal_record *rec)
{
    struct ingest_message m;
    l->stats.records++;
    l->stats.cursor = rec->offset + 1;
    if (rec->kind != INGEST_RECORD_MESSAGE || ingest_message_decode(rec->payload, rec->len, &m) < 0 ||
        (m.flags & INGEST_MESSAGE_CUT))
        return;
    struct work k = {.m = &m, .offset = rec->offset};
    if (!(m.flags & INGEST_MESSAGE_IMPORTED) && m.topic_len > 0 &&
        !ingest_topics_match(l->o.topics, m.topic, m.topic_len, &k.topic))
        return;
    if (aas_reading_decode(m.payload, m.payload_len, k.topic.channel.ptr, k.topic.channel.len, &l->batch, NULL) < 0)
        return;
    for (size_t i = 0; i < l->batch.len; i++)
        take_reading(l, &k, &l->batch.readings[i]);
}

/* --- frames ------------------------------------------------------------------------------------------------------- */

/* Under the lock. */
static void send_readings(struct ingest_live *l)
{
    bool wanted = ingest_stream_wanted(l->o.stream);
    while (l->unsent) {
        struct live_sensor *s = l->unsent;
        l->unsent = s->next_unsent;
        s->in_unsent = false;
        if (wanted && s->unsent > 0) {
            aas_buf_clear(&l->frame);
            live_write_readings(s, &l->frame);
            if (l->frame.status == 0)
                ingest_stream_publish(l->o.stream, INGEST_FRAME_READINGS, s->id, l->frame.data, l->frame.len);
        }
        s->unsent = 0;
    }
}

static void count_state(struct ingest_live_stats *st, enum live_state state)
{
    size_t *const of[LIVE__STATE_COUNT] = {&st->normal, &st->fault,      &st->unknown,
                                           &st->blind,  &st->warming_up, &st->no_data};
    ++*of[state];
}

static void send_state(struct ingest_live *l, struct live_sensor *s, enum live_state state, int64_t now_ms)
{
    bool due = now_ms - s->sent_ms >= STATE_EVERY_MS && now_ms - s->last_received_ms < STATE_EVERY_MS;
    if (state == s->sent_state && !s->changed && !due)
        return;
    s->sent_state = state;
    s->sent_ms = now_ms;
    s->changed = false;
    if (!ingest_stream_wanted(l->o.stream))
        return;
    aas_buf_clear(&l->frame);
    (void)aas_buf_append_str(&l->frame, "\"sensor\":");
    live_write_sensor(l, s, now_ms, &l->frame);
    if (l->frame.status == 0)
        ingest_stream_publish(l->o.stream, INGEST_FRAME_SENSOR, s->id, l->frame.data, l->frame.len);
}

struct silence {
    char id[INGEST_SENSOR_ID_BYTES];
    bool silent;
    int64_t last_received_ms;
};

/* Look at every sensor's state, tell what changed. Silences come back in a list: their hook runs without the lock. */
static size_t scan_states(struct ingest_live *l, int64_t now_ms, struct silence *told, size_t max)
{
    struct ingest_live_stats *st = &l->stats;
    size_t n = 0;
    st->sensors = l->count;
    st->normal = st->fault = st->unknown = st->blind = st->warming_up = st->no_data = 0;
    for (size_t i = 0; i < l->count; i++) {
        struct live_sensor *s = l->list[i];
        live_window_idle(l, s, now_ms);
        enum live_state state = live_state_of(l, s, now_ms);
        bool silent = s->last_received_ms > 0 ? state == LIVE_NO_DATA : s->silent;
        count_state(st, state);
        send_state(l, s, state, now_ms);
        if (silent != s->silent && n < max) {
            s->silent = silent;
            memcpy(told[n].id, s->id, sizeof s->id);
            told[n].silent = silent;
            told[n++].last_received_ms = s->last_received_ms;
        }
    }
    double seconds = (double)(now_ms - l->rate_ms) / 1000;
    if (seconds >= 1) {
        st->readings_per_s = (double)(st->readings - l->rate_readings) / seconds;
        st->windows_per_s = (double)(st->windows - l->rate_windows) / seconds;
        l->rate_readings = st->readings;
        l->rate_windows = st->windows;
        l->rate_ms = now_ms;
    }
    return n;
}

/* What the hook did not take is told again. */
static void untell(struct ingest_live *l, const struct silence *one)
{
    (void)pthread_mutex_lock(&l->lock);
    struct live_sensor *s = ingest_smap_get(&l->map, one->id, strlen(one->id));
    if (s)
        s->silent = !one->silent;
    (void)pthread_mutex_unlock(&l->lock);
}

static void scan(struct ingest_live *l)
{
    struct silence told[SILENCES_MAX];
    int64_t now = aas_clock_wall_ms();
    if (now - l->scanned_ms < SCAN_MS && now >= l->scanned_ms)
        return;
    l->scanned_ms = now;
    (void)pthread_mutex_lock(&l->lock);
    size_t n = scan_states(l, now, told, SILENCES_MAX);
    (void)pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < n && l->o.hooks.on_silence; i++) {
        if (!l->o.hooks.on_silence(l->o.hooks.arg, told[i].id, told[i].silent, told[i].last_received_ms))
            untell(l, &told[i]);
    }
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

/* Up to a batch of records under one lock. The first is here already. */
static int take_batch(struct ingest_live *l, struct aas_wal_record *rec)
{
    int rc = 0;
    uint64_t committed = ingest_writer_committed(l->o.writer);
    (void)pthread_mutex_lock(&l->lock);
    l->committed = committed;
    for (size_t i = 0; rc == 0; i++) {
        take_record(l, rec);
        rc = i + 1 < BATCH_RECORDS ? aas_wal_read(l->reader, rec, AAS_MONO_PAST, NULL) : AAS_EAGAIN;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return rc;
}

static void add_known(void *arg, const struct ingest_meta *m)
{
    struct ingest_live *l = arg;
    struct live_sensor *s;
    (void)pthread_mutex_lock(&l->lock);
    if (!m->retired && live_sensor_get(l, m->id, strlen(m->id), NULL, &s) == 0 && !s->restored)
        live_restore(l, s);
    (void)pthread_mutex_unlock(&l->lock);
}

static void run(void *arg)
{
    struct ingest_live *l = arg;
    struct aas_mono next_frames = aas_mono_in_ms(l->o.config->stream_ms);
    ingest_registry_each(l->o.registry, add_known, l);
    while (!atomic_load(&l->stopping)) {
        struct aas_wal_record rec;
        struct aas_error err = AAS_ERROR_NONE;
        aas_thread_idle();
        int rc = aas_wal_read(l->reader, &rec, next_frames, &err);
        aas_thread_busy();
        if (rc == 0)
            rc = take_batch(l, &rec);
        if (rc == AAS_ECLOSED)
            return;
        if (rc != 0 && rc != AAS_ETIMEDOUT && rc != AAS_EAGAIN) {
            AAS_LOG_ERROR("log.read", "the log can't be read: nothing is live any more", AAS_F_ERROR(&err));
            return;
        }
        if (aas_mono_passed(next_frames)) {
            (void)pthread_mutex_lock(&l->lock);
            send_readings(l);
            (void)pthread_mutex_unlock(&l->lock);
            scan(l);
            next_frames = aas_mono_in_ms(l->o.config->stream_ms);
        }
    }
}

/* --- life --------------------------------------------------------------------------------------------------------- */

int ingest_live_create(struct ingest_live **ret_live, const struct ingest_live_options *o, struct aas_error *err)
{
    struct ingest_live *l = calloc(1, sizeof *l);
    if (!l)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    l->o = *o;
    l->rules = (struct ingest_rules){.max_future_ms = o->config->max_future_ms, .max_age_ms = o->config->max_age_ms};
    (void)pthread_mutex_init(&l->lock, NULL);
    ingest_smap_init(&l->map);
    aas_buf_init(&l->frame, FRAME_BYTES);
    l->rate_ms = aas_clock_wall_ms();
    if (aas_reading_batch_init(&l->batch, BATCH_READINGS, BATCH_VALUES) < 0) {
        ingest_live_destroy(l);
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    }
    *ret_live = l;
    return 0;
}

int ingest_live_start(struct ingest_live *l, struct ingest_ml *ml, uint64_t offset, struct aas_error *err)
{
    l->ml = ml;
    int rc = aas_wal_reader_open(&l->reader, l->o.wal, offset, err);
    return rc < 0 ? rc : aas_thread_create(&l->thread, "live", run, l);
}

void ingest_live_stop(struct ingest_live *l)
{
    atomic_store(&l->stopping, true);
    aas_thread_join(l->thread);
    l->thread = NULL;
    aas_wal_reader_close(l->reader);
    l->reader = NULL;
}

void ingest_live_destroy(struct ingest_live *l)
{
    if (!l)
        return;
    ingest_live_stop(l);
    for (size_t i = 0; i < l->count; i++)
        live_sensor_destroy(l->list[i]);
    free(l->list);
    ingest_smap_fini(&l->map);
    for (size_t i = 0; i < LIVE_PREDICTIONS; i++)
        free(l->predictions[i]);
    ingest_serving_unref(l->serving);
    aas_reading_batch_fini(&l->batch);
    aas_window_view_fini(&l->view);
    free(l->row);
    aas_buf_fini(&l->frame);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

void ingest_live_stats(struct ingest_live *l, struct ingest_live_stats *ret_stats)
{
    (void)pthread_mutex_lock(&l->lock);
    *ret_stats = l->stats;
    (void)pthread_mutex_unlock(&l->lock);
}
