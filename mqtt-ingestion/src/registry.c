#include "registry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/cleanup.h"
#include "guess.h"
#include "registry_internal.h"

int ingest_registry_create(struct ingest_registry **ret_registry, size_t max_sensors, bool auto_register)
{
    struct ingest_registry *r = calloc(1, sizeof *r);
    if (!r)
        return AAS_ENOMEM;
    (void)pthread_mutex_init(&r->lock, NULL);
    ingest_smap_init(&r->map);
    r->max_sensors = max_sensors;
    r->auto_register = auto_register;
    *ret_registry = r;
    return 0;
}

void ingest_registry_destroy(struct ingest_registry *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++) {
        ingest_meta_unref(r->entries[i]->meta);
        free(r->entries[i]->key);
        free(r->entries[i]);
    }
    free(r->entries);
    ingest_smap_fini(&r->map);
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

static struct registry_entry *add_entry(struct ingest_registry *r, struct ingest_meta *m)
{
    if (r->count == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 64;
        struct registry_entry **more = realloc(r->entries, cap * sizeof(*more));
        if (!more)
            return NULL;
        r->entries = more;
        r->cap = cap;
    }
    struct registry_entry *e = calloc(1, sizeof *e);
    char *key = e ? strdup(m->id) : NULL;
    if (!key || ingest_smap_put(&r->map, key, strlen(key), e) < 0) {
        free(key);
        free(e);
        return NULL;
    }
    e->key = key;
    e->skew_ms = NAN;
    r->entries[r->count++] = e;
    return e;
}

struct registry_entry *ingest_registry_put(struct ingest_registry *r, struct ingest_meta *m)
{
    struct registry_entry *e = ingest_smap_get(&r->map, m->id, strlen(m->id));
    if (!e)
        e = add_entry(r, m);
    if (!e)
        return NULL;
    ingest_meta_unref(e->meta);
    e->meta = m;
    atomic_fetch_add(&r->generation, 1);
    return e;
}

static char *text_of(struct aas_str s)
{
    return s.len > 0 ? aas_str_dup(s) : NULL;
}

/* Under the lock. */
static int register_new(struct ingest_registry *r, const char *id, size_t len, const struct ingest_topic_match *match,
                        struct registry_entry **ret_entry)
{
    if (!r->auto_register)
        return AAS_ENOENT;
    if (r->count >= r->max_sensors)
        return AAS_EFULL;
    struct ingest_meta *m = ingest_meta_new(id, len, NULL);
    if (!m)
        return AAS_ENOMEM;
    const char *type = ingest_guess_type(id, len);
    m->status = strdup("new");
    m->type = type ? strdup(type) : NULL;
    if (match) {
        m->site = text_of(match->site);
        m->line = text_of(match->line);
        m->machine = text_of(match->machine);
    }
    struct registry_entry *e = ingest_registry_put(r, m);
    if (!e) {
        ingest_meta_unref(m);
        return AAS_ENOMEM;
    }
    e->dirty = true;
    *ret_entry = e;
    return 0;
}

static int lookup(struct ingest_registry *r, const char *id, size_t len, const struct ingest_topic_match *match,
                  bool create, const struct ingest_meta **ret_meta)
{
    int rc = 0;
    (void)pthread_mutex_lock(&r->lock);
    struct registry_entry *e = ingest_smap_get(&r->map, id, len);
    if (!e)
        rc = create ? register_new(r, id, len, match, &e) : AAS_ENOENT;
    if (rc == 0) {
        aas_ref_get(&e->meta->ref);
        *ret_meta = e->meta;
    }
    (void)pthread_mutex_unlock(&r->lock);
    return rc;
}

int ingest_registry_get(struct ingest_registry *r, const char *id, size_t len, const struct ingest_topic_match *match,
                        const struct ingest_meta **ret_meta)
{
    return lookup(r, id, len, match, true, ret_meta);
}

int ingest_registry_find(struct ingest_registry *r, const char *id, size_t len, const struct ingest_meta **ret_meta)
{
    return lookup(r, id, len, NULL, false, ret_meta);
}

void ingest_registry_learn(struct ingest_registry *r, const char *id, size_t len, const char *channel,
                           size_t channel_len)
{
    (void)pthread_mutex_lock(&r->lock);
    struct registry_entry *e = ingest_smap_get(&r->map, id, len);
    if (e && !ingest_meta_has_channel(e->meta, channel, channel_len)) {
        struct ingest_meta *m = ingest_meta_new(id, len, e->meta);
        if (m &&
            ingest_meta_add_channel(m, channel, channel_len, ingest_guess_unit(channel, channel_len), NAN, NAN, NAN)) {
            e->dirty = true;
            (void)ingest_registry_put(r, m);
        } else {
            ingest_meta_unref(m);
        }
    }
    (void)pthread_mutex_unlock(&r->lock);
}

void ingest_registry_seen(struct ingest_registry *r, const char *id, size_t len, int64_t last_seen_ms, double skew_ms)
{
    (void)pthread_mutex_lock(&r->lock);
    struct registry_entry *e = ingest_smap_get(&r->map, id, len);
    if (e) {
        e->last_seen_ms = last_seen_ms > e->last_seen_ms ? last_seen_ms : e->last_seen_ms;
        e->skew_ms = skew_ms;
    }
    (void)pthread_mutex_unlock(&r->lock);
}

uint64_t ingest_registry_generation(const struct ingest_registry *r)
{
    return atomic_load(&r->generation);
}

size_t ingest_registry_count(struct ingest_registry *r)
{
    (void)pthread_mutex_lock(&r->lock);
    size_t n = r->count;
    (void)pthread_mutex_unlock(&r->lock);
    return n;
}

void ingest_registry_each(struct ingest_registry *r, void (*fn)(void *arg, const struct ingest_meta *m), void *arg)
{
    for (size_t i = 0;; i++) {
        (void)pthread_mutex_lock(&r->lock);
        const struct ingest_meta *m = NULL;
        if (i < r->count) {
            aas_ref_get(&r->entries[i]->meta->ref);
            m = r->entries[i]->meta;
        }
        (void)pthread_mutex_unlock(&r->lock);
        if (!m)
            return;
        fn(arg, m);
        ingest_meta_unref(m);
    }
}
