#include "rollup.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void minute_clear(struct ingest_rollup_minute *m)
{
    if (m->cap > 0)
        memset(m->cells, 0, m->cap * sizeof *m->cells);
    m->readings = m->late = m->duplicate = m->quarantined = 0;
}

void ingest_rollup_fini(struct ingest_rollup *r)
{
    free(r->open[0].cells);
    free(r->open[1].cells);
    free(r->dirty);
    *r = (struct ingest_rollup){0};
}

static int mark_dirty(struct ingest_rollup *r, int64_t minute)
{
    for (size_t i = r->dirty_len; i-- > 0;) {
        if (r->dirty[i] == minute)
            return 0;
    }
    if (r->dirty_len == r->dirty_cap) {
        size_t cap = r->dirty_cap ? r->dirty_cap * 2 : 4;
        int64_t *more = realloc(r->dirty, cap * sizeof *more);
        if (!more)
            return AAS_ENOMEM;
        r->dirty = more;
        r->dirty_cap = cap;
    }
    r->dirty[r->dirty_len++] = minute;
    return 0;
}

int ingest_rollup_resume(struct ingest_rollup *r, int64_t newest_ms)
{
    r->resumed = true;
    r->floor_ms = ingest_minute_of(newest_ms);
    int rc = mark_dirty(r, r->floor_ms - INGEST_MINUTE_MS);
    return rc < 0 ? rc : mark_dirty(r, r->floor_ms);
}

struct ingest_rollup_minute *ingest_rollup_find(struct ingest_rollup *r, int64_t t_ms)
{
    int64_t minute = ingest_minute_of(t_ms);
    for (size_t i = r->n; i-- > 0;) {
        if (r->open[i].start_ms == minute)
            return &r->open[i];
    }
    return NULL;
}

static bool is_newer(const struct ingest_rollup *r, int64_t minute)
{
    return (!r->resumed || minute > r->floor_ms) && (r->n == 0 || minute > r->open[r->n - 1].start_ms);
}

bool ingest_rollup_full(const struct ingest_rollup *r, int64_t t_ms)
{
    return r->n == 2 && is_newer(r, ingest_minute_of(t_ms));
}

struct ingest_rollup_minute *ingest_rollup_open(struct ingest_rollup *r, int64_t t_ms, int *ret_rc)
{
    int64_t minute = ingest_minute_of(t_ms);
    struct ingest_rollup_minute *m = ingest_rollup_find(r, t_ms);
    *ret_rc = 0;
    if (m)
        return m;
    if (r->n == 2 || !is_newer(r, minute)) {
        *ret_rc = mark_dirty(r, minute);
        return NULL;
    }
    m = &r->open[r->n++];
    minute_clear(m);
    m->start_ms = minute;
    return m;
}

void ingest_rollup_close(struct ingest_rollup *r)
{
    if (r->n == 0)
        return;
    struct ingest_rollup_minute closed = r->open[0];
    /* a row of it that comes from now on finds it in the store */
    r->resumed = true;
    r->floor_ms = closed.start_ms > r->floor_ms ? closed.start_ms : r->floor_ms;
    r->open[0] = r->open[1];
    r->open[1] = closed; /* keeps the memory */
    r->n--;
}

void ingest_rollup_cell_add(struct ingest_rollup_cell *c, int64_t t_ms, double value)
{
    if (isnan(value))
        return;
    if (c->n == 0)
        *c = (struct ingest_rollup_cell){.min = value, .max = value, .last = value, .last_ms = t_ms};
    c->min = value < c->min ? value : c->min;
    c->max = value > c->max ? value : c->max;
    if (t_ms >= c->last_ms) {
        c->last = value;
        c->last_ms = t_ms;
    }
    c->sum += value;
    c->n++;
}

int ingest_rollup_add(struct ingest_rollup_minute *m, size_t column, int64_t t_ms, double value)
{
    if (column >= m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 8;
        while (cap <= column)
            cap *= 2;
        struct ingest_rollup_cell *cells = realloc(m->cells, cap * sizeof *cells);
        if (!cells)
            return AAS_ENOMEM;
        memset(cells + m->cap, 0, (cap - m->cap) * sizeof *cells);
        m->cells = cells;
        m->cap = cap;
    }
    ingest_rollup_cell_add(&m->cells[column], t_ms, value);
    return 0;
}

int ingest_rollup_encode(const struct ingest_rollup_minute *m, const char *sensor_id, const char *const *names,
                         size_t columns, int64_t received_ms, bson_t *doc)
{
    char id[128];
    bson_t v, cell;
    (void)snprintf(id, sizeof id, "%s:%lld", sensor_id, (long long)m->start_ms);
    bool ok = BSON_APPEND_UTF8(doc, "_id", id) && BSON_APPEND_UTF8(doc, "sensor_id", sensor_id) &&
              BSON_APPEND_DATE_TIME(doc, "minute", m->start_ms) &&
              BSON_APPEND_DATE_TIME(doc, "received", received_ms) && BSON_APPEND_DOCUMENT_BEGIN(doc, "v", &v);
    for (size_t c = 0; ok && c < columns && c < m->cap; c++) {
        const struct ingest_rollup_cell *x = &m->cells[c];
        if (x->n == 0)
            continue;
        ok = BSON_APPEND_DOCUMENT_BEGIN(&v, names[c], &cell) && BSON_APPEND_INT64(&cell, "n", (int64_t)x->n) &&
             BSON_APPEND_DOUBLE(&cell, "min", x->min) && BSON_APPEND_DOUBLE(&cell, "max", x->max) &&
             BSON_APPEND_DOUBLE(&cell, "sum", x->sum) && BSON_APPEND_DOUBLE(&cell, "last", x->last) &&
             bson_append_document_end(&v, &cell);
    }
    ok = ok && bson_append_document_end(doc, &v) && BSON_APPEND_INT64(doc, "readings", (int64_t)m->readings) &&
         BSON_APPEND_INT64(doc, "late", (int64_t)m->late) &&
         BSON_APPEND_INT64(doc, "duplicate", (int64_t)m->duplicate) &&
         BSON_APPEND_INT64(doc, "quarantined", (int64_t)m->quarantined);
    return ok ? 0 : AAS_ENOMEM;
}
