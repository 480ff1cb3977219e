/* The store's front: checks what callers give, keeps cursors and revisions, and hands checked plans to the driver that
 * the URL names. No lock of its own; a store is immutable after open. */
#include "aas/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "aas/cleanup.h"
#include "store_internal.h"

#define UPDATE_ATTEMPTS 8
#define BLOB_MAX_BYTES  ((size_t)256 * 1024 * 1024)

struct aas_store {
    struct store_driver *driver;
};

int aas_store_open(struct aas_store **ret_store, const char *url, struct aas_error *err)
{
    struct aas_store *s = calloc(1, sizeof *s);
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "no memory for the store");
    int rc;
    if (strncmp(url, "sqlite:", 7) == 0)
        rc = store_sqlite_open(&s->driver, url + 7, err);
    else if (strncmp(url, "mongodb://", 10) == 0 || strncmp(url, "mongodb+srv://", 14) == 0)
        rc = store_mongo_open(&s->driver, url, err);
    else /* the URL may hold a password: only its scheme is told */
        rc = aas_error_set(err, AAS_EINVAL,
                           "the store URL starts with \"%.12s\", but must be sqlite:PATH or mongodb://…", url);
    if (rc != 0) {
        free(s);
        return rc;
    }
    *ret_store = s;
    return 0;
}

void aas_store_close(struct aas_store *s)
{
    if (!s)
        return;
    s->driver->ops->close(s->driver);
    free(s);
}

const char *aas_store_driver(const struct aas_store *s)
{
    return s->driver->ops->name;
}

int aas_store_ping(struct aas_store *s, struct aas_error *err)
{
    return s->driver->ops->ping(s->driver, err);
}

int aas_store_ensure(struct aas_store *s, struct aas_error *err)
{
    return s->driver->ops->ensure(s->driver, err);
}

/* ---- reading ---- */

static int make_plan(enum aas_collection c, const struct aas_cond *where, size_t n_where, struct store_plan *ret,
                     struct aas_error *err)
{
    *ret = (struct store_plan){.c = c, .coll = aas_store_collection(c), .where = where, .n_where = n_where};
    return store_check_where(ret->coll, where, n_where, err);
}

struct page {
    const struct store_plan *plan;
    aas_store_each_fn *each;
    void *arg;
    size_t limit;
    size_t seen;
    char *next;
    struct aas_error *err;
};

/* The plan asks for one document more than the page: when it comes, the page before it has a next one. */
static int page_each(const bson_t *doc, void *arg)
{
    struct page *p = arg;
    p->seen++;
    if (p->limit == 0)
        return p->each(doc, p->arg);
    if (p->seen > p->limit)
        return 0;
    if (p->seen == p->limit && p->next) {
        int rc = store_cursor_make(p->plan, doc, p->next, p->err);
        if (rc != 0)
            return rc;
    }
    return p->each(doc, p->arg);
}

int aas_store_find(struct aas_store *s, enum aas_collection c, const struct aas_query *q, aas_store_each_fn *each,
                   void *arg, char *ret_next, struct aas_error *err)
{
    struct store_plan plan;
    struct store_position pos;
    char next[AAS_STORE_CURSOR_BYTES] = "";
    int rc = make_plan(c, q->where, q->n_where, &plan, err);
    if (rc != 0)
        return rc;
    if (q->sort && strcmp(q->sort, "_id") != 0) {
        plan.sort = aas_store_field(plan.coll, q->sort);
        if (!plan.sort)
            return aas_error_set(err, AAS_EINVAL, "%s has no index on %s, so it can't be sorted by it", plan.coll->name,
                                 q->sort);
    }
    plan.descending = q->descending;
    if (q->cursor && q->cursor[0] != '\0') {
        rc = store_cursor_read(&plan, q->cursor, &pos, err);
        if (rc != 0)
            return rc;
        plan.has_after = true;
        plan.after_value = pos.value;
        plan.after_id = pos.id;
    }
    bool paged = q->limit > 0 && ret_next;
    plan.limit = q->limit + (paged ? 1 : 0);
    struct page page = {&plan, each, arg, q->limit, 0, paged ? next : NULL, err};
    rc = s->driver->ops->find(s->driver, &plan, page_each, &page, err);
    if (rc == 0 && ret_next)
        memcpy(ret_next, paged && page.seen > q->limit ? next : "",
               paged && page.seen > q->limit ? strlen(next) + 1 : 1);
    return rc;
}

int aas_store_get(struct aas_store *s, enum aas_collection c, const char *id, bson_t **ret_doc, struct aas_error *err)
{
    const struct aas_store_collection *coll = aas_store_collection(c);
    if (!store_id_ok(id, strlen(id)))
        return aas_error_set(err, AAS_ENOENT, "no such document in %s", coll->name);
    return s->driver->ops->get(s->driver, c, id, ret_doc, err);
}

int aas_store_count(struct aas_store *s, enum aas_collection c, const struct aas_cond *where, size_t n_where,
                    int64_t *ret_count, struct aas_error *err)
{
    struct store_plan plan;
    int rc = make_plan(c, where, n_where, &plan, err);
    return rc != 0 ? rc : s->driver->ops->count(s->driver, &plan, ret_count, err);
}

static int find_fields(const struct store_plan *plan, const char *const *names, size_t n, size_t max,
                       const struct aas_store_field **ret, struct aas_error *err)
{
    if (n > max)
        return aas_error_set(err, AAS_EINVAL, "a tally names %zu fields, at most %zu", n, max);
    for (size_t i = 0; i < n; i++) {
        ret[i] = aas_store_field(plan->coll, names[i]);
        if (!ret[i])
            return aas_error_set(err, AAS_EINVAL, "%s has no index on %s, so it can't be tallied by it",
                                 plan->coll->name, names[i]);
    }
    return 0;
}

int aas_store_tally(struct aas_store *s, enum aas_collection c, const struct aas_cond *where, size_t n_where,
                    const char *const *group_by, size_t n_group, const char *const *sum_of, size_t n_sum,
                    aas_store_tally_fn *each, void *arg, struct aas_error *err)
{
    struct store_plan plan;
    const struct aas_store_field *group[STORE_GROUP_MAX];
    const struct aas_store_field *sum[STORE_SUM_MAX];
    int rc = make_plan(c, where, n_where, &plan, err);
    if (rc == 0)
        rc = find_fields(&plan, group_by, n_group, STORE_GROUP_MAX, group, err);
    if (rc == 0)
        rc = find_fields(&plan, sum_of, n_sum, STORE_SUM_MAX, sum, err);
    for (size_t i = 0; rc == 0 && i < n_sum; i++)
        if (sum[i]->kind != AAS_KIND_INT && sum[i]->kind != AAS_KIND_NUM)
            rc = aas_error_set(err, AAS_EINVAL, "%s can't be summed: it is no number", sum[i]->path);
    return rc != 0 ? rc : s->driver->ops->tally(s->driver, &plan, group, n_group, sum, n_sum, each, arg, err);
}

/* ---- writing ---- */

/* A copy of doc with `rev` at its end. NULL without memory. */
static bson_t *with_revision(const bson_t *doc, int64_t rev)
{
    bson_t *copy = bson_sized_new(doc->len + 32);
    if (copy && (aas_store_copy_except(doc, copy, NULL) != 0 || !BSON_APPEND_INT64(copy, "rev", rev))) {
        bson_destroy(copy);
        return NULL;
    }
    return copy;
}

/* Check every document and hand those that are fine on; rows and outcomes have n elements. */
static int insert_checked(struct aas_store *s, enum aas_collection c, const bson_t *const *docs, size_t n,
                          bool keep_rev, struct store_row *rows, int *outcomes, struct aas_error *err)
{
    const struct aas_store_collection *coll = aas_store_collection(c);
    struct aas_error first = AAS_ERROR_NONE;
    for (size_t i = 0; i < n; i++)
        outcomes[i] = AAS_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct aas_error own = AAS_ERROR_NONE;
        const bson_t *doc = docs[i];
        int64_t rev = keep_rev ? aas_doc_int(docs[i], "rev", 1) : 1;
        if (coll->revisions) {
            doc = with_revision(docs[i], rev);
            if (!doc)
                return aas_error_set(err, AAS_ENOMEM, "no memory for a document of %s", coll->name);
        }
        outcomes[i] = store_check_doc(coll, doc, &rows[i], &own);
        rows[i].doc = doc; /* ours to destroy, also when it was refused */
        rows[i].rev = coll->revisions ? rev : 0;
        if (outcomes[i] != 0 && first.code == 0)
            first = own;
    }
    int rc = s->driver->ops->insert(s->driver, c, rows, n, outcomes, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        if (outcomes[i] == 0 || outcomes[i] == AAS_EDUPLICATE)
            continue;
        if (first.code == outcomes[i])
            return aas_error_set(err, first.code, "%s", first.msg);
        if (err && err->code == outcomes[i]) /* the driver has said why */
            return outcomes[i];
        return aas_error_set(err, outcomes[i], "a document of %s was not stored: %s", coll->name,
                             aas_strerror(outcomes[i]));
    }
    aas_error_clear(err);
    return 0;
}

static int insert_all(struct aas_store *s, enum aas_collection c, const bson_t *const *docs, size_t n, bool keep_rev,
                      int *ret_outcomes, struct aas_error *err)
{
    if (n == 0)
        return 0;
    AAS_AUTO_FREE struct store_row *rows = calloc(n, sizeof *rows);
    AAS_AUTO_FREE int *own = ret_outcomes ? NULL : calloc(n, sizeof *own);
    int *outcomes = ret_outcomes ? ret_outcomes : own;
    if (!rows || !outcomes)
        return aas_error_set(err, AAS_ENOMEM, "no memory for %zu documents", n);
    int rc = insert_checked(s, c, docs, n, keep_rev, rows, outcomes, err);
    if (aas_store_collection(c)->revisions)
        for (size_t i = 0; i < n; i++)
            if (rows[i].doc)
                bson_destroy((bson_t *)(uintptr_t)rows[i].doc);
    return rc;
}

int aas_store_insert_many(struct aas_store *s, enum aas_collection c, const bson_t *const *docs, size_t n,
                          int *ret_outcomes, struct aas_error *err)
{
    return insert_all(s, c, docs, n, false, ret_outcomes, err);
}

int aas_store_import_many(struct aas_store *s, enum aas_collection c, const bson_t *const *docs, size_t n,
                          int *ret_outcomes, struct aas_error *err)
{
    return insert_all(s, c, docs, n, true, ret_outcomes, err);
}

int aas_store_insert(struct aas_store *s, enum aas_collection c, const bson_t *doc, struct aas_error *err)
{
    int outcome = 0;
    int rc = aas_store_insert_many(s, c, &doc, 1, &outcome, err);
    if (rc == 0 && outcome == AAS_EDUPLICATE)
        return aas_error_set(err, AAS_EDUPLICATE, "%s %.120s is stored already, or a unique field of it is",
                             aas_store_collection(c)->name, aas_doc_str(doc, "_id", "?"));
    return rc;
}

int aas_store_replace(struct aas_store *s, enum aas_collection c, const bson_t *doc, int64_t expected_rev,
                      struct aas_error *err)
{
    const struct aas_store_collection *coll = aas_store_collection(c);
    struct store_row row;
    if (!coll->revisions || expected_rev < 0)
        return aas_error_set(err, AAS_EINVAL, "documents of %s have no revision %lld to replace", coll->name,
                             (long long)expected_rev);
    bson_t *next = with_revision(doc, expected_rev + 1);
    if (!next)
        return aas_error_set(err, AAS_ENOMEM, "no memory for a document of %s", coll->name);
    int rc = store_check_doc(coll, next, &row, err);
    if (rc == 0) {
        row.rev = expected_rev + 1;
        rc = s->driver->ops->replace(s->driver, c, &row, expected_rev, err);
    }
    bson_destroy(next);
    return rc;
}

static int update_once(struct aas_store *s, enum aas_collection c, const char *id, aas_store_change_fn *change,
                       void *arg, struct aas_error *err)
{
    bson_t *old = NULL;
    int rc = aas_store_get(s, c, id, &old, err);
    if (rc != 0 && rc != AAS_ENOENT)
        return rc;
    aas_error_clear(err);
    bson_t *next = bson_new();
    int64_t rev = old ? aas_doc_int(old, "rev", 0) : 0;
    rc = next ? change(old, next, arg, err) : AAS_ENOMEM;
    if (rc == 0 && strcmp(aas_doc_str(next, "_id", ""), id) != 0)
        rc =
            aas_error_set(err, AAS_EINVAL, "a change of %s %.120s has lost the _id", aas_store_collection(c)->name, id);
    if (rc == 0)
        rc = aas_store_replace(s, c, next, rev, err);
    if (next)
        bson_destroy(next);
    if (old)
        bson_destroy(old);
    return rc;
}

int aas_store_update(struct aas_store *s, enum aas_collection c, const char *id, aas_store_change_fn *change, void *arg,
                     struct aas_error *err)
{
    int rc = AAS_ECONFLICT;
    for (int i = 0; i < UPDATE_ATTEMPTS && rc == AAS_ECONFLICT; i++)
        rc = update_once(s, c, id, change, arg, err);
    if (rc == AAS_ECANCELED) {
        aas_error_clear(err);
        return 0;
    }
    return rc;
}

int aas_store_remove(struct aas_store *s, enum aas_collection c, const struct aas_cond *where, size_t n_where,
                     size_t limit, size_t *ret_removed, struct aas_error *err)
{
    struct store_plan plan;
    if (n_where == 0 || limit == 0)
        return aas_error_set(err, AAS_EINVAL, "a removal needs a condition and a limit");
    int rc = make_plan(c, where, n_where, &plan, err);
    return rc != 0 ? rc : s->driver->ops->remove(s->driver, &plan, limit, ret_removed, err);
}

/* ---- blobs ---- */

static int check_blob_name(const char *name, struct aas_error *err)
{
    return store_id_ok(name, strlen(name))
               ? 0
               : aas_error_set(err, AAS_EINVAL, "a blob's name must be 1 to %d bytes of text", AAS_STORE_ID_MAX_BYTES);
}

int aas_store_blob_put(struct aas_store *s, const char *name, const void *data, size_t len, struct aas_error *err)
{
    int rc = check_blob_name(name, err);
    if (rc == 0 && len > BLOB_MAX_BYTES)
        rc = aas_error_set(err, AAS_ETOOBIG, "the blob %.120s has %zu bytes, at most 256 MiB", name, len);
    return rc != 0 ? rc : s->driver->ops->blob_put(s->driver, name, data, len, err);
}

int aas_store_blob_get(struct aas_store *s, const char *name, void **ret_data, size_t *ret_len, struct aas_error *err)
{
    int rc = check_blob_name(name, err);
    return rc != 0 ? rc : s->driver->ops->blob_get(s->driver, name, ret_data, ret_len, err);
}

int aas_store_blob_remove(struct aas_store *s, const char *name, struct aas_error *err)
{
    int rc = check_blob_name(name, err);
    return rc != 0 ? rc : s->driver->ops->blob_remove(s->driver, name, err);
}

int aas_store_blob_list(struct aas_store *s, aas_store_blob_each_fn *each, void *arg, struct aas_error *err)
{
    return s->driver->ops->blob_list(s->driver, each, arg, err);
}

/* ---- the whole ---- */

int aas_store_backup(struct aas_store *s, const char *path, struct aas_error *err)
{
    if (!s->driver->ops->backup)
        return aas_error_set(err, AAS_ENOTSUP, "a store on %s is exported, not copied", s->driver->ops->name);
    return s->driver->ops->backup(s->driver, path, err);
}

int aas_store_restore(struct aas_store *s, const char *path, struct aas_error *err)
{
    if (!s->driver->ops->restore)
        return aas_error_set(err, AAS_ENOTSUP, "a store on %s is restored by importing", s->driver->ops->name);
    return s->driver->ops->restore(s->driver, path, err);
}
