#include "lookup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/store.h"
#include "bucket.h"

#define AROUND_MS  60000 /* a range is loaded this far around the time that is asked for */
#define PRIME_DOCS 4

/* --- rows of a bucket document to keys ---------------------------------------------------------------------------- */

struct rows {
    struct ingest_key *keys;
    int32_t *q;
    size_t n;
};

static bool read_times(bson_iter_t *list, struct rows *r)
{
    size_t cap = 0;
    while (bson_iter_next(list)) {
        if (r->n == cap) {
            cap = cap ? cap * 2 : 64;
            struct ingest_key *keys = realloc(r->keys, cap * sizeof *keys);
            if (!keys)
                return false;
            r->keys = keys;
        }
        r->keys[r->n++] = (struct ingest_key){.t = bson_iter_as_int64(list), .seq = -1};
    }
    return true;
}

static void read_column(const char *name, bson_iter_t *list, struct rows *r)
{
    uint64_t hash = ingest_name_hash(name, strlen(name));
    for (size_t i = 0; i < r->n && bson_iter_next(list); i++) {
        if (BSON_ITER_HOLDS_DOUBLE(list))
            ingest_key_mix(&r->keys[i], hash, bson_iter_double(list));
    }
}

static bool find_list(const bson_t *doc, const char *name, bson_iter_t *ret_list)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, doc, name) && bson_iter_recurse(&it, ret_list);
}

/* ret->keys and ->q are malloc'ed. */
static int read_rows(const bson_t *doc, struct rows *ret)
{
    bson_iter_t list, column;
    struct rows r = {0};
    if (!find_list(doc, "t", &list))
        return 0;
    if (!read_times(&list, &r) || !(r.q = calloc(r.n + 1, sizeof *r.q))) {
        free(r.keys);
        return AAS_ENOMEM;
    }
    if (find_list(doc, "seq", &list)) {
        for (size_t i = 0; i < r.n && bson_iter_next(&list); i++)
            r.keys[i].seq = bson_iter_as_int64(&list);
    }
    if (find_list(doc, "q", &list)) {
        for (size_t i = 0; i < r.n && bson_iter_next(&list); i++)
            r.q[i] = (int32_t)bson_iter_as_int64(&list);
    }
    if (find_list(doc, "v", &list)) {
        while (bson_iter_next(&list)) {
            if (bson_iter_recurse(&list, &column))
                read_column(bson_iter_key(&list), &column, &r);
        }
    }
    *ret = r;
    return 0;
}

static bool is_before(const bson_t *doc, uint64_t before)
{
    return ingest_bucket_id_offset(aas_doc_str(doc, "_id", "")) < before;
}

/* --- a range of time ---------------------------------------------------------------------------------------------- */

void ingest_known_fini(struct ingest_known *k)
{
    free(k->keys);
    *k = (struct ingest_known){0};
}

static int reserve(struct ingest_known *k)
{
    if (k->len < k->cap)
        return 0;
    size_t cap = k->cap ? k->cap * 2 : 128;
    struct ingest_key *keys = realloc(k->keys, cap * sizeof *keys);
    if (!keys)
        return AAS_ENOMEM;
    k->keys = keys;
    k->cap = cap;
    return 0;
}

struct load {
    struct ingest_known *known;
    uint64_t before;
};

static int load_bucket(const bson_t *doc, void *arg)
{
    const struct load *l = arg;
    struct ingest_known *k = l->known;
    struct rows r = {0};
    if (!is_before(doc, l->before))
        return 0;
    int rc = read_rows(doc, &r);
    for (size_t i = 0; rc == 0 && i < r.n; i++) {
        if (r.keys[i].t < k->lo_ms || r.keys[i].t > k->hi_ms)
            continue;
        rc = reserve(k);
        if (rc == 0)
            k->keys[k->len++] = r.keys[i];
    }
    free(r.keys);
    free(r.q);
    return rc;
}

static int by_time(const void *a, const void *b)
{
    const struct ingest_key *x = a, *y = b;
    return (x->t > y->t) - (x->t < y->t);
}

static int load_range(struct ingest_known *k, struct aas_store *store, const char *sensor_id, uint64_t before,
                      int64_t t, struct aas_error *err)
{
    k->loaded = false;
    k->len = 0;
    k->lo_ms = t - AROUND_MS;
    k->hi_ms = t + AROUND_MS;
    struct load l = {k, before};
    const struct aas_cond where[] = {
        {.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(sensor_id)},
        {.field = "start", .op = AAS_OP_GE, .value = AAS_V_TIME(k->lo_ms - INGEST_BUCKET_SPAN_MS)},
        {.field = "start", .op = AAS_OP_LE, .value = AAS_V_TIME(k->hi_ms)},
        {.field = "end", .op = AAS_OP_GE, .value = AAS_V_TIME(k->lo_ms)},
    };
    struct aas_query q = {.where = where, .n_where = 4, .sort = "start"};
    int rc = aas_store_find(store, AAS_COLL_SENSOR_DATA, &q, load_bucket, &l, NULL, err);
    if (rc < 0)
        return rc;
    if (k->len > 1)
        qsort(k->keys, k->len, sizeof *k->keys, by_time);
    k->loaded = true;
    return 0;
}

static size_t lower_bound(const struct ingest_known *k, int64_t t)
{
    size_t lo = 0, hi = k->len;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (k->keys[mid].t < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int ingest_known_find(struct ingest_known *k, struct aas_store *store, const char *sensor_id, uint64_t before,
                      const struct ingest_key *key, const struct ingest_key **ret_key, struct aas_error *err)
{
    *ret_key = NULL;
    if (!k->loaded || key->t < k->lo_ms || key->t > k->hi_ms) {
        int rc = load_range(k, store, sensor_id, before, key->t, err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = lower_bound(k, key->t); i < k->len && k->keys[i].t == key->t; i++) {
        if (ingest_key_same(&k->keys[i], key)) {
            *ret_key = &k->keys[i];
            break;
        }
    }
    return 0;
}

int ingest_known_add(struct ingest_known *k, const struct ingest_key *key)
{
    if (!k->loaded || key->t < k->lo_ms || key->t > k->hi_ms)
        return 0;
    int rc = reserve(k);
    if (rc < 0)
        return rc;
    size_t at = lower_bound(k, key->t);
    memmove(k->keys + at + 1, k->keys + at, (k->len - at) * sizeof *k->keys);
    k->keys[at] = *key;
    k->len++;
    return 0;
}

/* --- the newest rows ---------------------------------------------------------------------------------------------- */

struct prime {
    uint64_t before;
    struct ingest_last *last;
    struct ingest_recent *recent;
    unsigned docs;
};

static int prime_bucket(const bson_t *doc, void *arg)
{
    struct prime *p = arg;
    struct rows r = {0};
    if (!is_before(doc, p->before))
        return 0;
    int rc = read_rows(doc, &r);
    for (size_t i = 0; rc == 0 && i < r.n; i++) {
        struct ingest_key key = r.keys[i];
        if (key.t > p->last->newest_ms)
            p->last->newest_ms = key.t;
        if (r.q[i] & INGEST_Q_NO_TIME) {
            if (key.t > p->last->last_auto_ms)
                p->last->last_auto_ms = key.t;
            key.t = INGEST_KEY_NO_TIME;
        }
        rc = ingest_recent_add(p->recent, &key);
    }
    free(r.keys);
    free(r.q);
    return rc != 0 ? rc : ++p->docs == PRIME_DOCS;
}

int ingest_lookup_last(struct aas_store *store, const char *sensor_id, uint64_t before, struct ingest_last *ret_last,
                       struct ingest_recent *recent, struct aas_error *err)
{
    *ret_last = (struct ingest_last){INT64_MIN, INT64_MIN};
    struct prime p = {.before = before, .last = ret_last, .recent = recent};
    const struct aas_cond where[] = {{.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(sensor_id)}};
    struct aas_query q = {.where = where, .n_where = 1, .sort = "end", .descending = true};
    int rc = aas_store_find(store, AAS_COLL_SENSOR_DATA, &q, prime_bucket, &p, NULL, err);
    recent->forgot = true;
    return rc < 0 ? rc : 0;
}
