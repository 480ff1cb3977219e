/* The registry's documents: reading what people edited, writing what was learnt. On the writer's thread. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/store.h"
#include "registry_internal.h"

#define SEEN_EVERY_MS 60000
#define NEW_AT_ONCE   256
#define SEEN_AT_ONCE  200 /* last_seen updates of one save, so that no save takes long */

/* --- documents to descriptions ------------------------------------------------------------------------------------ */

static double number_at(bson_iter_t *it)
{
    if (BSON_ITER_HOLDS_DOUBLE(it))
        return bson_iter_double(it);
    if (BSON_ITER_HOLDS_INT32(it) || BSON_ITER_HOLDS_INT64(it))
        return (double)bson_iter_as_int64(it);
    return NAN;
}

static bool read_channel(struct ingest_meta *m, bson_iter_t *list)
{
    bson_iter_t it;
    const char *name = NULL, *unit = NULL;
    double min = NAN, max = NAN, period = NAN;
    if (!BSON_ITER_HOLDS_DOCUMENT(list) || !bson_iter_recurse(list, &it))
        return true;
    while (bson_iter_next(&it)) {
        const char *key = bson_iter_key(&it);
        if (strcmp(key, "name") == 0 && BSON_ITER_HOLDS_UTF8(&it))
            name = bson_iter_utf8(&it, NULL);
        else if (strcmp(key, "unit") == 0 && BSON_ITER_HOLDS_UTF8(&it))
            unit = bson_iter_utf8(&it, NULL);
        else if (strcmp(key, "min") == 0)
            min = number_at(&it);
        else if (strcmp(key, "max") == 0)
            max = number_at(&it);
        else if (strcmp(key, "period_ms") == 0)
            period = number_at(&it);
    }
    if (!name || ingest_meta_has_channel(m, name, strlen(name)))
        return true;
    return ingest_meta_add_channel(m, name, strlen(name), unit, min, max, period);
}

static bool read_text(char **to, const bson_t *doc, const char *path)
{
    const char *text = aas_doc_str(doc, path, NULL);
    *to = text ? strdup(text) : NULL;
    return *to || !text;
}

static struct ingest_meta *meta_of_doc(const bson_t *doc)
{
    const char *id = aas_doc_str(doc, "_id", "");
    if (!aas_reading_name_valid(id, strlen(id)))
        return NULL;
    struct ingest_meta *m = ingest_meta_new(id, strlen(id), NULL);
    if (!m)
        return NULL;
    m->stored = true;
    bool ok = read_text(&m->name, doc, "name") && read_text(&m->type, doc, "type") &&
              read_text(&m->status, doc, "status") && read_text(&m->site, doc, "asset.site") &&
              read_text(&m->line, doc, "asset.line") && read_text(&m->machine, doc, "asset.machine") &&
              read_text(&m->model, doc, "model");
    m->retired = m->status && strcmp(m->status, "retired") == 0;
    bson_iter_t it, list;
    if (bson_iter_init_find(&it, doc, "channels") && BSON_ITER_HOLDS_ARRAY(&it) && bson_iter_recurse(&it, &list)) {
        while (ok && bson_iter_next(&list))
            ok = read_channel(m, &list);
    }
    if (ok)
        return m;
    ingest_meta_unref(m);
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_number(double a, double b)
{
    return (isnan(a) && isnan(b)) || !(a < b || a > b);
}

static bool same_meta(const struct ingest_meta *a, const struct ingest_meta *b)
{
    bool same = same_text(a->name, b->name) && same_text(a->type, b->type) && same_text(a->status, b->status) &&
                same_text(a->site, b->site) && same_text(a->line, b->line) && same_text(a->machine, b->machine) &&
                same_text(a->model, b->model) && a->channels_count == b->channels_count;
    for (size_t i = 0; same && i < a->channels_count; i++) {
        const struct ingest_channel *x = &a->channels[i], *y = &b->channels[i];
        same = same_text(x->name, y->name) && same_text(x->unit, y->unit) && same_number(x->min, y->min) &&
               same_number(x->max, y->max) && same_number(x->period_ms, y->period_ms);
    }
    return same;
}

/* Channels that we learnt and that the store has not got yet stay, behind those that it has. */
static bool keep_learnt(struct ingest_meta *m, const struct ingest_meta *old)
{
    for (size_t i = 0; i < old->channels_count; i++) {
        const struct ingest_channel *c = &old->channels[i];
        if (!ingest_meta_has_channel(m, c->name, strlen(c->name)) &&
            !ingest_meta_add_channel(m, c->name, strlen(c->name), c->unit, c->min, c->max, c->period_ms))
            return false;
    }
    return true;
}

static int take_doc(const bson_t *doc, void *arg)
{
    struct ingest_registry *r = arg;
    struct ingest_meta *m = meta_of_doc(doc);
    if (!m)
        return 0;
    (void)pthread_mutex_lock(&r->lock);
    struct registry_entry *e = ingest_smap_get(&r->map, m->id, strlen(m->id));
    bool take = true;
    if (e) {
        m->stored = e->meta->stored;
        take = (!e->dirty || keep_learnt(m, e->meta)) && !same_meta(m, e->meta);
    }
    if (e)
        e->in_store = true;
    struct registry_entry *put = take ? ingest_registry_put(r, m) : NULL;
    if (put && !e) {
        put->in_store = true;
        put->last_seen_ms = put->saved_seen_ms = aas_doc_int(doc, "last_seen", 0);
    }
    (void)pthread_mutex_unlock(&r->lock);
    if (!put)
        ingest_meta_unref(m);
    return 0;
}

int ingest_registry_refresh(struct ingest_registry *r, struct aas_store *store, struct aas_error *err)
{
    struct aas_query all = {0};
    return aas_store_find(store, AAS_COLL_SENSORS, &all, take_doc, r, NULL, err);
}

/* --- descriptions to documents ------------------------------------------------------------------------------------ */

struct change {
    const struct ingest_meta *meta;
    int64_t last_seen_ms, now_ms;
    double skew_ms;
};

static bool append_number(bson_t *doc, const char *key, double v)
{
    return isnan(v) ? bson_append_null(doc, key, -1) : bson_append_double(doc, key, -1, v);
}

static bool append_text(bson_t *doc, const char *key, const char *text)
{
    return text ? bson_append_utf8(doc, key, -1, text, -1) : bson_append_null(doc, key, -1);
}

static bool append_channel(bson_t *list, uint32_t i, const struct ingest_channel *c)
{
    char tmp[16];
    const char *key;
    bson_t doc;
    (void)bson_uint32_to_string(i, &key, tmp, sizeof tmp);
    return bson_append_document_begin(list, key, -1, &doc) && append_text(&doc, "name", c->name) &&
           append_text(&doc, "unit", c->unit) && append_number(&doc, "min", c->min) &&
           append_number(&doc, "max", c->max) && append_number(&doc, "period_ms", c->period_ms) &&
           bson_append_document_end(list, &doc);
}

/* The channels of the document, as people left them, then those that it lacks. */
static bool append_channels(bson_t *ret_new, const bson_t *old_doc, const struct ingest_meta *meta)
{
    struct ingest_meta *have = old_doc ? meta_of_doc(old_doc) : NULL;
    bson_t list;
    uint32_t n = 0;
    bool ok = BSON_APPEND_ARRAY_BEGIN(ret_new, "channels", &list);
    for (size_t i = 0; ok && have && i < have->channels_count; i++)
        ok = append_channel(&list, n++, &have->channels[i]);
    for (size_t i = 0; ok && i < meta->channels_count; i++) {
        const struct ingest_channel *c = &meta->channels[i];
        if (!have || !ingest_meta_has_channel(have, c->name, strlen(c->name)))
            ok = append_channel(&list, n++, c);
    }
    ingest_meta_unref(have);
    return ok && bson_append_array_end(ret_new, &list);
}

static bool append_new(bson_t *doc, const struct change *c)
{
    const struct ingest_meta *m = c->meta;
    bson_t asset;
    return BSON_APPEND_UTF8(doc, "_id", m->id) && append_text(doc, "name", m->name) &&
           append_text(doc, "type", m->type) && append_text(doc, "status", m->status ? m->status : "new") &&
           BSON_APPEND_DOCUMENT_BEGIN(doc, "asset", &asset) && append_text(&asset, "site", m->site) &&
           append_text(&asset, "line", m->line) && append_text(&asset, "machine", m->machine) &&
           bson_append_document_end(doc, &asset) && BSON_APPEND_DATE_TIME(doc, "created", c->now_ms) &&
           append_text(doc, "model", m->model);
}

static int change_sensor(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    static const char *const ours[] = {"channels", "last_seen", "skew_ms", NULL};
    const struct change *c = arg;
    bool ok = old_doc ? aas_store_copy_except(old_doc, ret_new, ours) == 0 : append_new(ret_new, c);
    ok = ok && append_channels(ret_new, old_doc, c->meta);
    ok = ok && (c->last_seen_ms > 0 ? BSON_APPEND_DATE_TIME(ret_new, "last_seen", c->last_seen_ms)
                                    : BSON_APPEND_NULL(ret_new, "last_seen"));
    ok = ok && append_number(ret_new, "skew_ms", c->skew_ms);
    return ok ? 0 : aas_error_set(err, AAS_ENOMEM, "out of memory for a sensor's document");
}

/* Sensors that the store has not got, as many as one insert takes. Their descriptions get a reference. */
static size_t next_new(struct ingest_registry *r, size_t *i, int64_t now_ms, struct change *out)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&r->lock);
    for (; *i < r->count && n < NEW_AT_ONCE; (*i)++) {
        struct registry_entry *e = r->entries[*i];
        if (!e->dirty || e->in_store)
            continue;
        e->dirty = false;
        e->in_store = true;
        e->saved_seen_ms = e->last_seen_ms;
        e->saved_at_ms = now_ms;
        aas_ref_get(&e->meta->ref);
        out[n++] =
            (struct change){.meta = e->meta, .last_seen_ms = e->last_seen_ms, .now_ms = now_ms, .skew_ms = e->skew_ms};
    }
    (void)pthread_mutex_unlock(&r->lock);
    return n;
}

/* The next entry to write from index i on; its description gets a reference. */
static bool next_due(struct ingest_registry *r, size_t *i, int64_t now_ms, size_t *seen_left, struct change *ret)
{
    bool found = false;
    (void)pthread_mutex_lock(&r->lock);
    for (; *i < r->count && !found; (*i)++) {
        struct registry_entry *e = r->entries[*i];
        bool seen = *seen_left > 0 && e->last_seen_ms != e->saved_seen_ms && now_ms - e->saved_at_ms >= SEEN_EVERY_MS;
        if (!e->dirty && !seen)
            continue;
        *seen_left -= !e->dirty;
        e->dirty = false;
        e->saved_seen_ms = e->last_seen_ms;
        e->saved_at_ms = now_ms;
        aas_ref_get(&e->meta->ref);
        *ret =
            (struct change){.meta = e->meta, .last_seen_ms = e->last_seen_ms, .now_ms = now_ms, .skew_ms = e->skew_ms};
        found = true;
    }
    (void)pthread_mutex_unlock(&r->lock);
    return found;
}

static void mark_dirty(struct ingest_registry *r, const char *id)
{
    (void)pthread_mutex_lock(&r->lock);
    struct registry_entry *e = ingest_smap_get(&r->map, id, strlen(id));
    if (e)
        e->dirty = true;
    (void)pthread_mutex_unlock(&r->lock);
}

/* One insert for many new sensors; those that somebody else has registered meanwhile are updated later. */
static int insert_new(struct ingest_registry *r, struct aas_store *store, struct change *new, size_t n,
                      struct aas_error *err)
{
    bson_t *docs[NEW_AT_ONCE];
    int outcomes[NEW_AT_ONCE] = {0}, rc = 0;
    for (size_t k = 0; k < n; k++) {
        docs[k] = bson_new();
        if (rc == 0)
            rc = change_sensor(NULL, docs[k], &new[k], err);
    }
    if (rc == 0)
        rc = aas_store_insert_many(store, AAS_COLL_SENSORS, (const bson_t *const *)docs, n, outcomes, err);
    for (size_t k = 0; k < n; k++) {
        if (rc < 0 || outcomes[k] == AAS_EDUPLICATE)
            mark_dirty(r, new[k].meta->id);
        ingest_meta_unref(new[k].meta);
        bson_destroy(docs[k]);
    }
    return rc;
}

int ingest_registry_save(struct ingest_registry *r, struct aas_store *store, int64_t now_ms, struct aas_error *err)
{
    size_t i = 0, seen_left = SEEN_AT_ONCE, n;
    struct change c, new[NEW_AT_ONCE];
    while ((n = next_new(r, &i, now_ms, new)) > 0) {
        int rc = insert_new(r, store, new, n, err);
        if (rc < 0)
            return rc;
    }
    i = 0;
    while (next_due(r, &i, now_ms, &seen_left, &c)) {
        int rc = aas_store_update(store, AAS_COLL_SENSORS, c.meta->id, change_sensor, &c, err);
        if (rc < 0)
            mark_dirty(r, c.meta->id);
        ingest_meta_unref(c.meta);
        if (rc < 0)
            return rc;
    }
    return 0;
}
