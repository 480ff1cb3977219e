/* The writer's table of sensors: their channels, and what they start from after a restart. On the writer's thread. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "writer_internal.h"

void ingest_writer_sensor_destroy(struct writer_sensor *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->channels_count; i++)
        free(s->channels[i].name);
    free(s->channels);
    free(s->positions);
    ingest_bucket_fini(&s->bucket);
    ingest_recent_fini(&s->recent);
    if (s->known)
        ingest_known_fini(s->known);
    free(s->known);
    ingest_rollup_fini(&s->rollup);
    ingest_meta_unref(s->meta);
    free(s);
}

uint32_t writer_channel_find(const struct writer_sensor *s, const char *name, size_t len, size_t guess)
{
    if (guess < s->channels_count && s->channels[guess].len == len && memcmp(s->channels[guess].name, name, len) == 0)
        return (uint32_t)guess;
    for (size_t i = 0; i < s->channels_count; i++) {
        if (s->channels[i].len == len && memcmp(s->channels[i].name, name, len) == 0)
            return (uint32_t)i;
    }
    return WRITER_CHANNEL_NEW;
}

int writer_channel_add(struct writer_sensor *s, const char *name, size_t len)
{
    if (s->channels_count == s->channels_cap) {
        size_t cap = s->channels_cap ? s->channels_cap * 2 : 8;
        struct writer_channel *more = realloc(s->channels, cap * sizeof *more);
        if (!more)
            return AAS_ENOMEM;
        s->channels = more;
        s->channels_cap = cap;
    }
    char *copy = strndup(name, len);
    if (!copy)
        return AAS_ENOMEM;
    s->channels[s->channels_count++] =
        (struct writer_channel){.name = copy, .len = len, .hash = ingest_name_hash(name, len), .min = NAN, .max = NAN};
    return 0;
}

/* Ranges and positions from the description; columns that exist stay where they are. */
static int adopt_meta(struct writer_sensor *s)
{
    const struct ingest_meta *m = s->meta;
    uint32_t *positions = realloc(s->positions, (m->channels_count + 1) * sizeof *positions);
    if (!positions)
        return AAS_ENOMEM;
    s->positions = positions;
    s->positions_count = 0;
    for (size_t i = 0; i < m->channels_count; i++) {
        const struct ingest_channel *c = &m->channels[i];
        size_t len = strlen(c->name);
        uint32_t at = writer_channel_find(s, c->name, len, i);
        if (at == WRITER_CHANNEL_NEW) {
            int rc = writer_channel_add(s, c->name, len);
            if (rc < 0)
                return rc;
            at = (uint32_t)s->channels_count - 1;
        }
        s->channels[at].min = c->min;
        s->channels[at].max = c->max;
        s->positions[s->positions_count++] = at;
    }
    return 0;
}

static int refresh_meta(struct ingest_writer *w, struct writer_sensor *s)
{
    uint64_t generation = ingest_registry_generation(w->o.registry);
    if (generation == s->generation)
        return 0;
    const struct ingest_meta *m;
    if (ingest_registry_find(w->o.registry, s->id, s->id_len, &m) == 0) {
        bool same = m == s->meta;
        ingest_meta_unref(s->meta);
        s->meta = m;
        int rc = same ? 0 : adopt_meta(s);
        if (rc < 0)
            return rc;
    }
    s->generation = generation;
    return 0;
}

static int list_sensor(struct ingest_writer *w, struct writer_sensor *s)
{
    int rc = 0;
    (void)pthread_mutex_lock(&w->list_lock);
    if (w->list_count == w->list_cap) {
        size_t cap = w->list_cap ? w->list_cap * 2 : 64;
        struct writer_sensor **more = realloc(w->list, cap * sizeof(*more));
        rc = more ? 0 : AAS_ENOMEM;
        if (more) {
            w->list = more;
            w->list_cap = cap;
        }
    }
    if (rc == 0)
        rc = ingest_smap_put(&w->map, s->id, s->id_len, s);
    if (rc == 0)
        w->list[w->list_count++] = s;
    (void)pthread_mutex_unlock(&w->list_lock);
    return rc;
}

static int make_sensor(struct ingest_writer *w, struct aas_str id, const struct ingest_topic_match *topic,
                       struct writer_sensor **ret_sensor)
{
    uint64_t generation = ingest_registry_generation(w->o.registry);
    const struct ingest_meta *m;
    int rc = ingest_registry_get(w->o.registry, id.ptr, id.len, topic, &m);
    if (rc < 0)
        return rc;
    struct writer_sensor *s = calloc(1, sizeof *s);
    if (!s) {
        ingest_meta_unref(m);
        return AAS_ENOMEM;
    }
    memcpy(s->id, id.ptr, id.len);
    s->id_len = id.len;
    s->meta = m;
    s->generation = generation;
    s->newest_ms = s->last_auto_ms = INT64_MIN;
    s->primed = !m->stored;
    rc = adopt_meta(s);
    if (rc == 0)
        rc = list_sensor(w, s);
    if (rc < 0) {
        ingest_writer_sensor_destroy(s);
        return rc;
    }
    *ret_sensor = s;
    return 0;
}

static int prime(const struct ingest_writer *w, struct writer_sensor *s, struct aas_error *err)
{
    struct ingest_last last;
    int rc = ingest_lookup_last(w->o.store, s->id, w->committed, &last, &s->recent, err);
    if (rc < 0)
        return rc;
    s->newest_ms = last.newest_ms;
    s->last_auto_ms = last.last_auto_ms;
    s->primed = true;
    return last.newest_ms == INT64_MIN ? 0 : ingest_rollup_resume(&s->rollup, last.newest_ms);
}

int writer_sensor_get(struct ingest_writer *w, struct aas_str id, const struct ingest_topic_match *topic,
                      struct writer_sensor **ret_sensor, struct aas_error *err)
{
    struct writer_sensor *s = w->last;
    if (!s || s->id_len != id.len || memcmp(s->id, id.ptr, id.len) != 0)
        s = ingest_smap_get(&w->map, id.ptr, id.len);
    int rc = s ? refresh_meta(w, s) : make_sensor(w, id, topic, &s);
    if (rc == 0 && !s->primed)
        rc = prime(w, s, err);
    if (rc < 0)
        return rc;
    w->last = s;
    *ret_sensor = s;
    return 0;
}
