/* Minutes into the store: those that are full, inserted with the commit; those that late readings touch, or that were
 * begun before a restart, computed anew from the stored buckets before the position is saved. On the writer's thread.
 */
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "writer_internal.h"

#define IDLE_MS (2 * INGEST_MINUTE_MS) /* a minute of a silent sensor is written so long after its end */

static int fill_names(struct ingest_writer *w, const struct writer_sensor *s)
{
    if (w->names_cap == 0) {
        w->names = malloc(AAS_READING_MAX_CHANNELS * sizeof *w->names);
        if (!w->names)
            return AAS_ENOMEM;
        w->names_cap = AAS_READING_MAX_CHANNELS;
    }
    for (size_t c = 0; c < s->channels_count; c++)
        w->names[c] = s->channels[c].name;
    return 0;
}

static int write_oldest(struct ingest_writer *w, struct writer_sensor *s)
{
    int rc = fill_names(w, s);
    if (rc == 0 && w->minutes_count == w->minutes_cap) {
        size_t cap = w->minutes_cap ? w->minutes_cap * 2 : 64;
        bson_t **more = realloc(w->minutes, cap * sizeof(*more));
        rc = more ? 0 : AAS_ENOMEM;
        w->minutes = more ? more : w->minutes;
        w->minutes_cap = more ? cap : w->minutes_cap;
    }
    bson_t *doc = rc == 0 ? bson_new() : NULL;
    if (!doc)
        return AAS_ENOMEM;
    rc = ingest_rollup_encode(&s->rollup.open[0], s->id, w->names, s->channels_count, aas_clock_wall_ms(), doc);
    if (rc < 0) {
        bson_destroy(doc);
        return rc;
    }
    w->minutes[w->minutes_count++] = doc;
    ingest_rollup_close(&s->rollup);
    return 0;
}

int writer_rollup_row(struct ingest_writer *w, struct writer_sensor *s, int64_t t_ms,
                      struct ingest_rollup_minute **ret_minute)
{
    int rc = 0;
    while (rc == 0 && ingest_rollup_full(&s->rollup, t_ms))
        rc = write_oldest(w, s);
    *ret_minute = rc == 0 ? ingest_rollup_open(&s->rollup, t_ms, &rc) : NULL;
    return rc;
}

/* --- from the store ----------------------------------------------------------------------------------------------- */

struct recompute {
    struct writer_sensor *s;
    struct ingest_rollup_minute minute;
    int rc;
};

static bool find_list(const bson_t *doc, const char *name, bson_iter_t *ret_list)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, doc, name) && bson_iter_recurse(&it, ret_list);
}

static bool inside(const struct ingest_rollup_minute *m, int64_t t)
{
    return t >= m->start_ms && t < m->start_ms + INGEST_MINUTE_MS;
}

static void add_column(struct recompute *r, const bson_t *doc, bson_iter_t *values, size_t column)
{
    bson_iter_t times;
    if (!find_list(doc, "t", &times))
        return;
    while (bson_iter_next(&times) && bson_iter_next(values)) {
        int64_t t = bson_iter_as_int64(&times);
        if (r->rc == 0 && inside(&r->minute, t) && BSON_ITER_HOLDS_DOUBLE(values))
            r->rc = ingest_rollup_add(&r->minute, column, t, bson_iter_double(values));
    }
}

static int add_bucket(const bson_t *doc, void *arg)
{
    struct recompute *r = arg;
    bson_iter_t times, quality, columns, values;
    if (!find_list(doc, "t", &times) || !find_list(doc, "q", &quality))
        return 0;
    while (bson_iter_next(&times) && bson_iter_next(&quality)) {
        if (!inside(&r->minute, bson_iter_as_int64(&times)))
            continue;
        r->minute.readings++;
        r->minute.late += (bson_iter_as_int64(&quality) & INGEST_Q_LATE) != 0;
    }
    if (!find_list(doc, "v", &columns))
        return 0;
    while (bson_iter_next(&columns)) {
        const char *name = bson_iter_key(&columns);
        uint32_t column = writer_channel_find(r->s, name, strlen(name), 0);
        if (column != WRITER_CHANNEL_NEW && bson_iter_recurse(&columns, &values))
            add_column(r, doc, &values, column);
    }
    return r->rc;
}

struct replace {
    const struct ingest_writer *w;
    struct recompute *r;
};

static int change_minute(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    const struct replace *x = arg;
    struct ingest_rollup_minute *m = &x->r->minute;
    if (old_doc) { /* what the buckets can't tell */
        m->duplicate = (uint64_t)aas_doc_int(old_doc, "duplicate", 0);
        m->quarantined = (uint64_t)aas_doc_int(old_doc, "quarantined", 0);
    }
    int rc = ingest_rollup_encode(m, x->r->s->id, x->w->names, x->r->s->channels_count, aas_clock_wall_ms(), ret_new);
    return rc < 0 ? aas_error_set(err, rc, "out of memory for a minute") : 0;
}

static int recompute(struct ingest_writer *w, struct writer_sensor *s, int64_t minute, struct aas_error *err)
{
    struct recompute r = {.s = s, .minute = {.start_ms = minute}};
    const struct aas_cond where[] = {
        {.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(s->id)},
        {.field = "start", .op = AAS_OP_GE, .value = AAS_V_TIME(minute - INGEST_BUCKET_SPAN_MS)},
        {.field = "start", .op = AAS_OP_LT, .value = AAS_V_TIME(minute + INGEST_MINUTE_MS)},
        {.field = "end", .op = AAS_OP_GE, .value = AAS_V_TIME(minute)},
    };
    struct aas_query q = {.where = where, .n_where = 4, .sort = "start"};
    int rc = aas_store_find(w->o.store, AAS_COLL_SENSOR_DATA, &q, add_bucket, &r, NULL, err);
    if (rc >= 0)
        rc = fill_names(w, s);
    if (rc == 0 && r.minute.readings > 0) {
        char id[INGEST_BUCKET_ID_BYTES];
        struct replace x = {w, &r};
        (void)snprintf(id, sizeof id, "%s:%lld", s->id, (long long)minute);
        rc = aas_store_update(w->o.store, AAS_COLL_ROLLUPS, id, change_minute, &x, err);
    }
    free(r.minute.cells);
    return rc;
}

int writer_rollup_recompute(struct ingest_writer *w, struct writer_sensor *s, struct aas_error *err)
{
    while (s->rollup.dirty_len > 0) {
        int rc = recompute(w, s, s->rollup.dirty[s->rollup.dirty_len - 1], err);
        if (rc < 0)
            return rc;
        s->rollup.dirty_len--;
    }
    return 0;
}

int writer_rollup_idle(struct ingest_writer *w)
{
    int64_t now = aas_clock_wall_ms();
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < w->list_count; i++) {
        struct writer_sensor *s = w->list[i];
        /* rows of an uncommitted bucket are in the open minute too: it waits for the commit */
        while (rc == 0 && !s->dirty && s->rollup.n > 0 &&
               s->rollup.open[0].start_ms + INGEST_MINUTE_MS + IDLE_MS < now &&
               (s->rollup.n == 2 || s->newest_ms + IDLE_MS < now))
            rc = write_oldest(w, s);
    }
    return rc;
}
