/* One sensor of the live view: its channels and its newest rows. Under the live lock. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "live_internal.h"

#define ROWS_MIN 8
#define ROWS_MAX 512  /* kept until a frame has carried them */
#define TAIL_MAX 4096 /* kept until they are stored: a new window is made of the store's rows and these */

void live_sensor_destroy(struct live_sensor *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->channels_count; i++)
        free(s->channels[i].name);
    free(s->channels);
    free(s->positions);
    free(s->t);
    free(s->offsets);
    free(s->values);
    aas_window_destroy(s->window);
    ingest_meta_unref(s->meta);
    free(s);
}

void live_channel_map(const struct live_sensor *s, struct live_channel *c)
{
    c->column = -1;
    for (size_t i = 0; s->type && i < s->type->channels_count; i++) {
        if (strcmp(s->type->channels[i], c->name) == 0)
            c->column = (int32_t)i;
    }
}

ssize_t live_channel_get(struct live_sensor *s, const char *name, size_t len, size_t guess)
{
    if (guess < s->channels_count && s->channels[guess].len == len && memcmp(s->channels[guess].name, name, len) == 0)
        return (ssize_t)guess;
    for (size_t i = 0; i < s->channels_count; i++) {
        if (s->channels[i].len == len && memcmp(s->channels[i].name, name, len) == 0)
            return (ssize_t)i;
    }
    if (s->channels_count == AAS_READING_MAX_CHANNELS)
        return -1;
    if (s->channels_count == s->channels_cap) {
        size_t cap = s->channels_cap ? s->channels_cap * 2 : 8;
        struct live_channel *more = realloc(s->channels, cap * sizeof *more);
        if (!more)
            return -1;
        s->channels = more;
        s->channels_cap = cap;
    }
    struct live_channel *c = &s->channels[s->channels_count];
    *c = (struct live_channel){.name = strndup(name, len), .len = len, .min = NAN, .max = NAN};
    if (!c->name)
        return -1;
    live_channel_map(s, c);
    return (ssize_t)s->channels_count++;
}

static bool adopt_meta(struct live_sensor *s)
{
    const struct ingest_meta *m = s->meta;
    uint32_t *positions = realloc(s->positions, (m->channels_count + 1) * sizeof *positions);
    if (!positions)
        return false;
    s->positions = positions;
    s->positions_count = 0;
    for (size_t i = 0; i < m->channels_count; i++) {
        ssize_t at = live_channel_get(s, m->channels[i].name, strlen(m->channels[i].name), i);
        if (at < 0)
            return false;
        s->channels[at].min = m->channels[i].min;
        s->channels[at].max = m->channels[i].max;
        s->positions[s->positions_count++] = (uint32_t)at;
    }
    s->changed = true;
    return true;
}

static void refresh_meta(struct ingest_live *l, struct live_sensor *s)
{
    uint64_t generation = ingest_registry_generation(l->o.registry);
    const struct ingest_meta *m;
    if (generation == s->generation)
        return;
    s->generation = generation;
    if (ingest_registry_find(l->o.registry, s->id, s->id_len, &m) < 0)
        return;
    bool same = m == s->meta;
    bool other_type =
        !same && ((m->type == NULL) != (s->meta->type == NULL) || (m->type && strcmp(m->type, s->meta->type) != 0));
    ingest_meta_unref(s->meta);
    s->meta = m;
    if (!same)
        (void)adopt_meta(s);
    if (other_type)
        s->window_generation = 0;
}

static int add(struct ingest_live *l, struct live_sensor *s)
{
    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        struct live_sensor **more = realloc(l->list, cap * sizeof(*more));
        if (!more)
            return AAS_ENOMEM;
        l->list = more;
        l->cap = cap;
    }
    int rc = ingest_smap_put(&l->map, s->id, s->id_len, s);
    if (rc == 0)
        l->list[l->count++] = s;
    return rc;
}

int live_sensor_get(struct ingest_live *l, const char *id, size_t len, const struct ingest_topic_match *match,
                    struct live_sensor **ret_sensor)
{
    struct live_sensor *s = l->last;
    if (!s || s->id_len != len || memcmp(s->id, id, len) != 0)
        s = ingest_smap_get(&l->map, id, len);
    if (s) {
        refresh_meta(l, s);
        *ret_sensor = l->last = s;
        return 0;
    }
    const struct ingest_meta *m;
    int rc = ingest_registry_get(l->o.registry, id, len, match, &m);
    if (rc < 0)
        return rc;
    s = calloc(1, sizeof *s);
    if (!s) {
        ingest_meta_unref(m);
        return AAS_ENOMEM;
    }
    memcpy(s->id, id, len);
    s->id_len = len;
    s->meta = m;
    s->newest_ms = s->last_auto_ms = s->resume_ms = INT64_MIN;
    s->predicted = LIVE_WARMING_UP;
    s->confidence = s->coverage = s->interval_ms = NAN;
    s->sent_state = LIVE__STATE_COUNT;
    s->restored = !m->stored;
    s->silent = m->stored; /* an alarm of an earlier life may be open: data ends it */
    if (!adopt_meta(s) || add(l, s) < 0) {
        live_sensor_destroy(s);
        return AAS_ENOMEM;
    }
    *ret_sensor = l->last = s;
    return 0;
}

/* Lay the rows out anew for more rows or more channels. */
static bool resize(struct live_sensor *s, size_t cap, size_t stride)
{
    int64_t *t = malloc(cap * sizeof *t);
    uint64_t *offsets = malloc(cap * sizeof *offsets);
    double *values = malloc(cap * stride * sizeof *values);
    if (!t || !offsets || !values) {
        free(t);
        free(offsets);
        free(values);
        return false;
    }
    for (size_t i = 0; i < s->rows_len; i++) {
        const double *from = live_row_at(s, i, &t[i]);
        offsets[i] = s->offsets[(s->rows_head + i) % s->rows_cap];
        for (size_t c = 0; c < stride; c++)
            values[i * stride + c] = c < s->stride ? from[c] : NAN;
    }
    if (s->rows_len > 0)
        s->newest_row = (s->newest_row + s->rows_cap - s->rows_head) % s->rows_cap;
    free(s->t);
    free(s->values);
    free(s->offsets);
    s->t = t;
    s->offsets = offsets;
    s->values = values;
    s->rows_cap = cap;
    s->stride = stride;
    s->rows_head = 0;
    return true;
}

const double *live_row_at(const struct live_sensor *s, size_t i, int64_t *ret_t)
{
    size_t at = (s->rows_head + i) % s->rows_cap;
    *ret_t = s->t[at];
    return s->values + at * s->stride;
}

double *live_row_add(struct live_sensor *s, int64_t t, uint64_t offset, uint64_t committed)
{
    size_t stride = s->channels_cap ? s->channels_cap : 8, cap = s->rows_cap;
    if (s->rows_len == cap) { /* more only while they are needed */
        bool uncarried = cap < ROWS_MAX && s->unsent * 2 >= cap;
        bool unstored = cap > 0 && cap < TAIL_MAX && s->offsets[s->rows_head] >= committed;
        cap = cap == 0 ? ROWS_MIN : uncarried || unstored ? cap * 2 : cap;
    }
    if ((stride > s->stride || cap > s->rows_cap) && !resize(s, cap, stride))
        return NULL;
    if (s->rows_len == s->rows_cap) {
        s->rows_head = (s->rows_head + 1) % s->rows_cap;
        s->rows_len--;
        s->unsent = s->unsent > s->rows_len ? s->rows_len : s->unsent;
    }
    size_t at = (s->rows_head + s->rows_len++) % s->rows_cap;
    s->t[at] = t;
    s->offsets[at] = offset;
    double *row = s->values + at * s->stride;
    for (size_t c = 0; c < s->stride; c++)
        row[c] = NAN;
    if (t >= s->newest_ms) {
        s->newest_ms = t;
        s->newest_row = at;
    }
    s->unsent++;
    return row;
}
