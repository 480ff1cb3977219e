/* SQLite driver: insert, replace, remove. Each call is one transaction, synced on return. */
#include "store_sqlite.h"

static int bind_fields(sqlite3_stmt *stmt, int at, const struct store_row *row, const struct aas_store_collection *coll)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; coll->fields[i].path && rc == SQLITE_OK; i++)
        rc = sq_bind_value(stmt, at++, &row->values[i]);
    return rc;
}

static int bind_doc(sqlite3_stmt *stmt, int at, const bson_t *doc)
{
    return sqlite3_bind_blob(stmt, at, bson_get_data(doc), (int)doc->len, SQLITE_STATIC);
}

/* One row within the transaction: 0, AAS_EDUPLICATE (ret_by_id: by its _id), or the failure of all. A constraint ends
 * only its own statement; the transaction goes on. */
static int insert_row(struct sq_conn *c, sqlite3_stmt *stmt, const struct store_row *row,
                      const struct aas_store_collection *coll, bool *ret_by_id, struct aas_error *err)
{
    int rc = sqlite3_bind_text(stmt, 1, row->id, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && row->rev > 0)
        rc = sqlite3_bind_int64(stmt, 2, row->rev);
    if (rc == SQLITE_OK)
        rc = bind_doc(stmt, 3, row->doc);
    if (rc == SQLITE_OK)
        rc = bind_fields(stmt, 4, row, coll);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    int code = 0;
    *ret_by_id = false;
    if (rc == SQLITE_DONE) {
        *ret_by_id = sqlite3_changes(c->db) == 0;
        code = *ret_by_id ? AAS_EDUPLICATE : 0;
    } else if ((rc & 0xff) == SQLITE_CONSTRAINT) {
        code = AAS_EDUPLICATE;
    } else {
        code = sq_fail(c, rc, "inserting", err);
    }
    sq_done(c, stmt);
    return code;
}

int sq_insert(struct store_driver *d, enum aas_collection coll, const struct store_row *rows, size_t n, int *outcomes,
              struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    int rc = sq_write_begin(s, s->busy_ms, &c, err);
    if (rc == 0) {
        rc = sq_prepare(c, s->sql_insert[coll], &stmt, err);
        for (size_t i = 0; i < n && rc == 0; i++) {
            bool by_id;
            if (outcomes[i] != 0)
                continue;
            int one = insert_row(c, stmt, &rows[i], aas_store_collection(coll), &by_id, err);
            outcomes[i] = one;
            if (one != 0 && one != AAS_EDUPLICATE)
                rc = one;
        }
        rc = sq_write_end(s, c, rc, err);
    }
    if (rc != 0) /* nothing of it is stored */
        for (size_t i = 0; i < n; i++)
            if (outcomes[i] == 0 || outcomes[i] == AAS_EDUPLICATE)
                outcomes[i] = rc;
    return rc;
}

static int conflict(const char *coll, const struct store_row *row, struct aas_error *err)
{
    return aas_error_set(err, AAS_ECONFLICT, "%s %.120s has been changed meanwhile", coll, row->id);
}

static int duplicate(const char *coll, const struct store_row *row, struct aas_error *err)
{
    return aas_error_set(err, AAS_EDUPLICATE, "%s %.120s: a unique field has the value of another document", coll,
                         row->id);
}

static int replace_new(struct sq_store *s, struct sq_conn *c, enum aas_collection coll, const struct store_row *row,
                       struct aas_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool by_id = false;
    const struct aas_store_collection *table = aas_store_collection(coll);
    int rc = sq_prepare(c, s->sql_insert[coll], &stmt, err);
    if (rc == 0)
        rc = insert_row(c, stmt, row, table, &by_id, err);
    if (rc != AAS_EDUPLICATE)
        return rc;
    return by_id ? conflict(table->name, row, err) : duplicate(table->name, row, err);
}

static int replace_old(struct sq_store *s, struct sq_conn *c, enum aas_collection coll, const struct store_row *row,
                       int64_t expected_rev, struct aas_error *err)
{
    sqlite3_stmt *stmt = NULL;
    const struct aas_store_collection *table = aas_store_collection(coll);
    int rc = sq_prepare(c, s->sql_update[coll], &stmt, err);
    if (rc != 0)
        return rc;
    int n = sqlite3_bind_parameter_count(stmt);
    int step = sqlite3_bind_int64(stmt, 1, row->rev);
    if (step == SQLITE_OK)
        step = bind_doc(stmt, 2, row->doc);
    if (step == SQLITE_OK)
        step = bind_fields(stmt, 3, row, table);
    if (step == SQLITE_OK)
        step = sqlite3_bind_text(stmt, n - 1, row->id, -1, SQLITE_STATIC);
    if (step == SQLITE_OK)
        step = sqlite3_bind_int64(stmt, n, expected_rev);
    if (step == SQLITE_OK)
        step = sqlite3_step(stmt);
    if ((step & 0xff) == SQLITE_CONSTRAINT)
        rc = duplicate(table->name, row, err);
    else if (step != SQLITE_DONE)
        rc = sq_fail(c, step, "replacing", err);
    else if (sqlite3_changes(c->db) == 0)
        rc = conflict(table->name, row, err);
    sq_done(c, stmt);
    return rc;
}

int sq_replace(struct store_driver *d, enum aas_collection coll, const struct store_row *row, int64_t expected_rev,
               struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    int rc = sq_write_begin(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    rc = expected_rev == 0 ? replace_new(s, c, coll, row, err) : replace_old(s, c, coll, row, expected_rev, err);
    return sq_write_end(s, c, rc, err);
}

int sq_remove(struct store_driver *d, const struct store_plan *plan, size_t limit, size_t *ret_removed,
              struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    int at = 1;
    size_t removed = 0;
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    sq_put_remove(&sql, plan);
    int rc = aas_buf_status(&sql);
    if (rc != 0)
        return aas_error_set(err, rc, "no memory for a removal");
    rc = sq_write_begin(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    rc = sq_prepare(c, aas_buf_str(&sql), &stmt, err);
    if (rc == 0) {
        int step = sq_bind_where(stmt, &at, plan);
        if (step == SQLITE_OK)
            step = sqlite3_bind_int64(stmt, at, (int64_t)limit);
        if (step == SQLITE_OK)
            step = sqlite3_step(stmt);
        if (step == SQLITE_DONE)
            removed = (size_t)sqlite3_changes(c->db);
        else
            rc = sq_fail(c, step, "removing", err);
        sq_done(c, stmt);
    }
    rc = sq_write_end(s, c, rc, err);
    if (rc == 0 && ret_removed)
        *ret_removed = removed;
    return rc;
}
