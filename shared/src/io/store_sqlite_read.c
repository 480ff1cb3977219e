/* SQLite driver: find, get, count, tally. A find reads one snapshot, whatever writers do meanwhile (WAL). */
#include "store_sqlite.h"

#include <string.h>

static int corrupt(const char *coll, struct aas_error *err)
{
    return aas_error_set(err, AAS_ECORRUPT, "a stored document of %s is corrupt", coll);
}

static int step_documents(struct sq_conn *c, sqlite3_stmt *stmt, const char *coll, aas_store_each_fn *each, void *arg,
                          struct aas_error *err)
{
    for (;;) {
        int rc = sqlite3_step(stmt);
        if (rc == SQLITE_DONE)
            return 0;
        if (rc != SQLITE_ROW)
            return sq_fail(c, rc, "reading the store", err);
        bson_t doc;
        const void *bytes = sqlite3_column_blob(stmt, 0);
        if (!bytes || !bson_init_static(&doc, bytes, (size_t)sqlite3_column_bytes(stmt, 0)))
            return corrupt(coll, err);
        rc = each(&doc, arg);
        if (rc != 0)
            return rc;
    }
}

/* A connection, the statement of b's text, and plan's conditions bound. */
static int start(struct sq_store *s, struct aas_buf *b, const struct store_plan *plan, struct sq_conn **ret_c,
                 sqlite3_stmt **ret_stmt, int *ret_at, struct aas_error *err)
{
    struct sq_conn *c = NULL;
    *ret_at = 1;
    int rc = aas_buf_status(b);
    if (rc != 0)
        return aas_error_set(err, rc, "no memory for a query");
    rc = sq_acquire(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    rc = sq_prepare(c, aas_buf_str(b), ret_stmt, err);
    if (rc == 0) {
        int bound = sq_bind_where(*ret_stmt, ret_at, plan);
        if (bound != SQLITE_OK) {
            rc = sq_fail(c, bound, "binding a query", err);
            sq_done(c, *ret_stmt);
        }
    }
    if (rc != 0) {
        sq_release(s, c);
        return rc;
    }
    *ret_c = c;
    return 0;
}

static void stop(struct sq_store *s, struct sq_conn *c, sqlite3_stmt *stmt)
{
    sq_done(c, stmt);
    sq_release(s, c);
}

int sq_find(struct store_driver *d, const struct store_plan *plan, aas_store_each_fn *each, void *arg,
            struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    int at = 1;
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    sq_put_find(&sql, plan);
    int rc = start(s, &sql, plan, &c, &stmt, &at, err);
    if (rc != 0)
        return rc;
    (void)sqlite3_bind_int64(stmt, at, plan->limit == 0 ? -1 : (int64_t)plan->limit);
    rc = step_documents(c, stmt, plan->coll->name, each, arg, err);
    stop(s, c, stmt);
    return rc;
}

int sq_get(struct store_driver *d, enum aas_collection coll, const char *id, bson_t **ret_doc, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    const char *name = aas_store_collection(coll)->name;
    int rc = sq_acquire(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    rc = sq_prepare(c, s->sql_get[coll], &stmt, err);
    if (rc != 0) {
        sq_release(s, c);
        return rc;
    }
    (void)sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
    int step = sqlite3_step(stmt);
    if (step == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(stmt, 0);
        bson_t *doc = bytes ? bson_new_from_data(bytes, (size_t)sqlite3_column_bytes(stmt, 0)) : NULL;
        if (doc)
            *ret_doc = doc;
        else
            rc = corrupt(name, err);
    } else if (step == SQLITE_DONE) {
        rc = aas_error_set(err, AAS_ENOENT, "%s holds no %.120s", name, id);
    } else {
        rc = sq_fail(c, step, "reading the store", err);
    }
    stop(s, c, stmt);
    return rc;
}

int sq_count(struct store_driver *d, const struct store_plan *plan, int64_t *ret_count, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    int at = 1;
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    sq_put_count(&sql, plan);
    int rc = start(s, &sql, plan, &c, &stmt, &at, err);
    if (rc != 0)
        return rc;
    int step = sqlite3_step(stmt);
    if (step == SQLITE_ROW)
        *ret_count = sqlite3_column_int64(stmt, 0);
    else
        rc = sq_fail(c, step, "counting", err);
    stop(s, c, stmt);
    return rc;
}

static struct aas_value key_of(sqlite3_stmt *stmt, int column, const struct aas_store_field *f)
{
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
        return (struct aas_value){.type = AAS_VALUE_NULL};
    switch (f->kind) {
    case AAS_KIND_STR:
        return AAS_V_STR((const char *)sqlite3_column_text(stmt, column));
    case AAS_KIND_NUM:
        return AAS_V_NUM(sqlite3_column_double(stmt, column));
    case AAS_KIND_BOOL:
        return AAS_V_BOOL(sqlite3_column_int(stmt, column) != 0);
    case AAS_KIND_TIME:
        return AAS_V_TIME(sqlite3_column_int64(stmt, column));
    case AAS_KIND_INT:
        break;
    }
    return AAS_V_INT(sqlite3_column_int64(stmt, column));
}

int sq_tally(struct store_driver *d, const struct store_plan *plan, const struct aas_store_field *const *group,
             size_t n_group, const struct aas_store_field *const *sum, size_t n_sum, aas_store_tally_fn *each,
             void *arg, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    int at = 1;
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    sq_put_tally(&sql, plan, group, n_group, sum, n_sum);
    int rc = start(s, &sql, plan, &c, &stmt, &at, err);
    if (rc != 0)
        return rc;
    while (rc == 0) {
        int step = sqlite3_step(stmt);
        if (step == SQLITE_DONE)
            break;
        if (step != SQLITE_ROW) {
            rc = sq_fail(c, step, "tallying", err);
            break;
        }
        struct aas_value keys[STORE_GROUP_MAX];
        double sums[STORE_SUM_MAX];
        for (size_t i = 0; i < n_group; i++)
            keys[i] = key_of(stmt, (int)i, group[i]);
        for (size_t i = 0; i < n_sum; i++)
            sums[i] = sqlite3_column_double(stmt, (int)(n_group + 1 + i));
        struct aas_tally_row row = {keys, sqlite3_column_int64(stmt, (int)n_group), sums};
        rc = each(&row, arg);
    }
    stop(s, c, stmt);
    return rc;
}
