/* Descriptions of sensors: made, copied, extended before they are shared; never changed afterwards. */
#include <stdlib.h>
#include <string.h>

#include "registry_internal.h"

static void meta_free(struct ingest_meta *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->channels_count; i++) {
        free(m->channels[i].name);
        free(m->channels[i].unit);
    }
    free(m->channels);
    free(m->name);
    free(m->type);
    free(m->status);
    free(m->site);
    free(m->line);
    free(m->machine);
    free(m->model);
    free(m);
}

void ingest_meta_unref(const struct ingest_meta *m)
{
    if (!m)
        return;
    struct ingest_meta *own;
    memcpy(&own, &m, sizeof own); /* the last owner may free what all others only read */
    if (aas_ref_put(&own->ref))
        meta_free(own);
}

bool ingest_meta_has_channel(const struct ingest_meta *m, const char *name, size_t len)
{
    for (size_t i = 0; i < m->channels_count; i++) {
        if (strlen(m->channels[i].name) == len && memcmp(m->channels[i].name, name, len) == 0)
            return true;
    }
    return false;
}

bool ingest_meta_add_channel(struct ingest_meta *m, const char *name, size_t len, const char *unit, double min,
                             double max, double period_ms)
{
    if (m->channels_count == AAS_READING_MAX_CHANNELS)
        return false;
    struct ingest_channel *more = realloc(m->channels, (m->channels_count + 1) * sizeof *more);
    if (!more)
        return false;
    m->channels = more;
    struct ingest_channel *c = &more[m->channels_count];
    *c = (struct ingest_channel){
        .name = strndup(name, len), .unit = unit ? strdup(unit) : NULL, .min = min, .max = max, .period_ms = period_ms};
    m->channels_count++;
    return c->name && (c->unit || !unit);
}

static bool copy_text(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return *to || !from;
}

struct ingest_meta *ingest_meta_new(const char *id, size_t len, const struct ingest_meta *from)
{
    struct ingest_meta *m = calloc(1, sizeof *m);
    if (!m || len >= sizeof m->id) {
        free(m);
        return NULL;
    }
    aas_ref_init(&m->ref);
    memcpy(m->id, id, len);
    if (!from)
        return m;
    m->retired = from->retired;
    m->stored = from->stored;
    bool ok = copy_text(&m->name, from->name) && copy_text(&m->type, from->type) &&
              copy_text(&m->status, from->status) && copy_text(&m->site, from->site) &&
              copy_text(&m->line, from->line) && copy_text(&m->machine, from->machine) &&
              copy_text(&m->model, from->model);
    for (size_t i = 0; ok && i < from->channels_count; i++) {
        const struct ingest_channel *c = &from->channels[i];
        ok = ingest_meta_add_channel(m, c->name, strlen(c->name), c->unit, c->min, c->max, c->period_ms);
    }
    if (ok)
        return m;
    meta_free(m);
    return NULL;
}
