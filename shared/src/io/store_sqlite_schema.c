/* SQLite driver: tables, columns and indexes from the collection table. A fingerprint in aas_meta makes the usual call
 * one read. When the table has changed, all of it happens in one transaction under the write lock: missing columns are
 * added and filled from the documents, indexes that the table doesn't know any more are dropped, and so are columns,
 * because the next version that declares them again must not take them for filled. */
#include "store_sqlite.h"

#include <string.h>

#include "aas/id.h"

#define SCHEMA_LAYOUT "2" /* of the tables themselves, beside the collections' fields */

/* An index is named by its definition, so that a changed one is another one. */
static void put_index_name(struct aas_buf *b, const char *coll, const struct aas_store_index *ix)
{
    (void)aas_buf_append_str(b, coll);
    for (size_t i = 0; i < AAS_STORE_INDEX_KEYS_MAX && ix->fields[i]; i++) {
        (void)aas_buf_append_char(b, i == 0 ? ':' : ',');
        (void)aas_buf_append_str(b, ix->fields[i]);
    }
    for (size_t i = 0; i < AAS_STORE_INDEX_ALSO_MAX && ix->also[i]; i++) {
        (void)aas_buf_append_char(b, i == 0 ? '+' : ',');
        (void)aas_buf_append_str(b, ix->also[i]);
    }
    if (ix->unique)
        (void)aas_buf_append_char(b, '!');
}

static int fingerprint(char ret[AAS_SHA256_HEX_SIZE])
{
    AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(SQ_SQL_BYTES);
    (void)aas_buf_append_str(&b, SCHEMA_LAYOUT "\n");
    for (int i = 0; i < AAS_COLL__COUNT; i++) {
        const struct aas_store_collection *coll = aas_store_collection((enum aas_collection)i);
        (void)aas_buf_printf(&b, "%s %d\n", coll->name, coll->revisions ? 1 : 0);
        for (const struct aas_store_field *f = coll->fields; f->path; f++)
            (void)aas_buf_printf(&b, "%s %d\n", f->path, (int)f->kind);
        for (const struct aas_store_index *ix = coll->indexes; ix->fields[0]; ix++) {
            put_index_name(&b, coll->name, ix);
            (void)aas_buf_append_char(&b, '\n');
        }
    }
    if (aas_buf_status(&b) == 0)
        aas_sha256_hex(b.data, b.len, ret);
    return aas_buf_status(&b);
}

/* The first column of a one-row query as text into out; "" when there is no row. */
static int query_text(struct sq_conn *c, const char *sql, char *out, size_t size, struct aas_error *err)
{
    sqlite3_stmt *stmt = NULL;
    out[0] = '\0';
    int rc = sqlite3_prepare_v2(c->db, sql, -1, &stmt, NULL);
    if (rc != SQLITE_OK)
        return sq_fail(c, rc, "reading the store's schema", err);
    int step = sqlite3_step(stmt);
    if (step == SQLITE_ROW && sqlite3_column_text(stmt, 0))
        (void)snprintf(out, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
    (void)sqlite3_finalize(stmt);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : sq_fail(c, step, "reading the store's schema", err);
}

static int exec_buf(struct sq_conn *c, struct aas_buf *sql, struct aas_error *err)
{
    int rc = aas_buf_status(sql);
    rc = rc != 0 ? aas_error_set(err, rc, "no memory for the store's schema") : sq_exec(c, aas_buf_str(sql), err);
    aas_buf_clear(sql);
    return rc;
}

/* ---- columns ---- */

struct columns {
    size_t n;
    char names[AAS_STORE_FIELDS_MAX * 2][64];
};

static bool has_column(const struct columns *have, const char *name)
{
    for (size_t i = 0; i < have->n; i++)
        if (strcmp(have->names[i], name) == 0)
            return true;
    return false;
}

/* The columns of indexed fields that the file has: all but rid, _id, rev and doc. */
static int read_columns(struct sq_conn *c, const char *table, struct columns *ret, struct aas_error *err)
{
    sqlite3_stmt *stmt = NULL;
    ret->n = 0;
    int rc = sqlite3_prepare_v2(
        c->db, "SELECT name FROM pragma_table_info(?) WHERE name NOT IN ('rid','_id','rev','doc')", -1, &stmt, NULL);
    if (rc != SQLITE_OK)
        return sq_fail(c, rc, "reading the store's schema", err);
    (void)sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
    int step;
    while ((step = sqlite3_step(stmt)) == SQLITE_ROW && ret->n < AAS_STORE_FIELDS_MAX * 2) {
        (void)snprintf(ret->names[ret->n], sizeof ret->names[0], "%s", (const char *)sqlite3_column_text(stmt, 0));
        ret->n++;
    }
    (void)sqlite3_finalize(stmt);
    return step == SQLITE_DONE ? 0 : sq_fail(c, step, "reading the store's schema", err);
}

static int fill_row(struct sq_conn *c, sqlite3_stmt *read, sqlite3_stmt *write, const struct aas_store_collection *coll,
                    const bool *fresh, struct aas_error *err)
{
    bson_t doc;
    int at = 1;
    int step = SQLITE_OK;
    const void *bytes = sqlite3_column_blob(read, 1);
    if (!bytes || !bson_init_static(&doc, bytes, (size_t)sqlite3_column_bytes(read, 1)))
        return aas_error_set(err, AAS_ECORRUPT, "a stored document of %s is corrupt", coll->name);
    for (size_t i = 0; coll->fields[i].path && step == SQLITE_OK; i++) {
        struct aas_value v;
        if (!fresh[i])
            continue;
        if (store_field_value(&coll->fields[i], &doc, &v) != 0)
            v.type = AAS_VALUE_NULL; /* written before this field was checked: no query will find it by it */
        step = sq_bind_value(write, at++, &v);
    }
    if (step == SQLITE_OK)
        step = sqlite3_bind_int64(write, at, sqlite3_column_int64(read, 0));
    if (step == SQLITE_OK)
        step = sqlite3_step(write);
    (void)sqlite3_reset(write);
    return step == SQLITE_DONE ? 0 : sq_fail(c, step, "filling a new column", err);
}

/* Fill the columns marked fresh from the documents. Neither rid nor any index changes under the scan. */
static int fill_columns(struct sq_conn *c, const struct aas_store_collection *coll, const bool *fresh,
                        struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    char select[128];
    sqlite3_stmt *read = NULL;
    sqlite3_stmt *write = NULL;
    const char *join = " SET ";
    (void)aas_buf_printf(&sql, "UPDATE \"%s\"", coll->name);
    for (size_t i = 0; coll->fields[i].path; i++) {
        if (!fresh[i])
            continue;
        (void)aas_buf_printf(&sql, "%s\"%s\"=?", join, coll->fields[i].path);
        join = ",";
    }
    (void)aas_buf_append_str(&sql, " WHERE rid=?");
    (void)snprintf(select, sizeof select, "SELECT rid,doc FROM \"%s\" ORDER BY rid", coll->name);
    int step = sqlite3_prepare_v2(c->db, select, -1, &read, NULL);
    if (step == SQLITE_OK)
        step = sqlite3_prepare_v2(c->db, aas_buf_str(&sql), -1, &write, NULL);
    int rc = step == SQLITE_OK ? 0 : sq_fail(c, step, "filling a new column", err);
    while (rc == 0 && (step = sqlite3_step(read)) == SQLITE_ROW)
        rc = fill_row(c, read, write, coll, fresh, err);
    if (rc == 0 && step != SQLITE_DONE)
        rc = sq_fail(c, step, "filling a new column", err);
    (void)sqlite3_finalize(read);
    (void)sqlite3_finalize(write);
    return rc;
}

static int ensure_columns(struct sq_conn *c, const struct aas_store_collection *coll, struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    struct columns have;
    bool fresh[AAS_STORE_FIELDS_MAX] = {false};
    bool any = false;
    int rc = read_columns(c, coll->name, &have, err);
    for (size_t i = 0; rc == 0 && coll->fields[i].path; i++) {
        if (has_column(&have, coll->fields[i].path))
            continue;
        (void)aas_buf_printf(&sql, "ALTER TABLE \"%s\" ADD COLUMN \"%s\"", coll->name, coll->fields[i].path);
        rc = exec_buf(c, &sql, err);
        fresh[i] = true;
        any = true;
    }
    for (size_t i = 0; rc == 0 && i < have.n; i++) {
        if (aas_store_field(coll, have.names[i]))
            continue;
        (void)aas_buf_printf(&sql, "ALTER TABLE \"%s\" DROP COLUMN \"%s\"", coll->name, have.names[i]);
        rc = exec_buf(c, &sql, err);
    }
    return rc == 0 && any ? fill_columns(c, coll, fresh, err) : rc;
}

/* ---- tables and indexes ---- */

/* The indexed columns stand before doc, so that reading them doesn't walk a large document's pages. */
static int ensure_table(struct sq_conn *c, const struct aas_store_collection *coll, struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    (void)aas_buf_printf(&sql, "CREATE TABLE IF NOT EXISTS \"%s\"(rid INTEGER PRIMARY KEY, \"_id\" TEXT NOT NULL, rev",
                         coll->name);
    for (const struct aas_store_field *f = coll->fields; f->path; f++)
        (void)aas_buf_printf(&sql, ",\"%s\"", f->path);
    (void)aas_buf_append_str(&sql, ",doc BLOB NOT NULL, UNIQUE(\"_id\"))");
    return exec_buf(c, &sql, err);
}

static int drop_old_indexes(struct sq_conn *c, const struct aas_store_collection *coll, struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    AAS_AUTO_BUF struct aas_buf name = AAS_BUF_INIT(1024);
    sqlite3_stmt *stmt = NULL;
    int step = sqlite3_prepare_v2(
        c->db, "SELECT name FROM sqlite_schema WHERE type='index' AND tbl_name=? AND sql IS NOT NULL", -1, &stmt, NULL);
    if (step != SQLITE_OK)
        return sq_fail(c, step, "reading the store's schema", err);
    (void)sqlite3_bind_text(stmt, 1, coll->name, -1, SQLITE_STATIC);
    while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *have = (const char *)sqlite3_column_text(stmt, 0);
        bool known = false;
        for (const struct aas_store_index *ix = coll->indexes; ix->fields[0] && !known; ix++) {
            aas_buf_clear(&name);
            put_index_name(&name, coll->name, ix);
            known = strcmp(aas_buf_str(&name), have) == 0;
        }
        if (!known)
            (void)aas_buf_printf(&sql, "DROP INDEX \"%s\";", have);
    }
    (void)sqlite3_finalize(stmt);
    if (step != SQLITE_DONE)
        return sq_fail(c, step, "reading the store's schema", err);
    return exec_buf(c, &sql, err);
}

static int ensure_index(struct sq_conn *c, const char *coll, const struct aas_store_index *ix, struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    (void)aas_buf_printf(&sql, "CREATE %sINDEX IF NOT EXISTS \"", ix->unique ? "UNIQUE " : "");
    put_index_name(&sql, coll, ix);
    (void)aas_buf_printf(&sql, "\" ON \"%s\"(", coll);
    for (size_t i = 0; i < AAS_STORE_INDEX_KEYS_MAX && ix->fields[i]; i++)
        (void)aas_buf_printf(&sql, "%s\"%s\"", i == 0 ? "" : ",", ix->fields[i]);
    if (!ix->unique) /* in a unique one the tie-break would make any value unique */
        (void)aas_buf_append_str(&sql, ",\"_id\"");
    for (size_t i = 0; i < AAS_STORE_INDEX_ALSO_MAX && ix->also[i] && !ix->unique; i++)
        (void)aas_buf_printf(&sql, ",\"%s\"", ix->also[i]);
    (void)aas_buf_append_char(&sql, ')');
    return exec_buf(c, &sql, err);
}

static int ensure_collection(struct sq_conn *c, const struct aas_store_collection *coll, struct aas_error *err)
{
    int rc = ensure_table(c, coll, err);
    if (rc == 0)
        rc = drop_old_indexes(c, coll, err);
    if (rc == 0)
        rc = ensure_columns(c, coll, err);
    for (const struct aas_store_index *ix = coll->indexes; ix->fields[0] && rc == 0; ix++)
        rc = ensure_index(c, coll->name, ix, err);
    return rc;
}

/* ---- the call ---- */

static int check_ours(struct sq_conn *c, const char *path, struct aas_error *err)
{
    char app[24];
    char tables[24];
    int rc = query_text(c, "PRAGMA application_id", app, sizeof app, err);
    if (rc == 0)
        rc = query_text(c, "SELECT count(*) FROM sqlite_schema", tables, sizeof tables, err);
    char ours[24];
    (void)snprintf(ours, sizeof ours, "%d", SQ_APPLICATION_ID);
    if (rc == 0 && strcmp(app, ours) != 0 && strcmp(tables, "0") != 0)
        return aas_error_set(err, AAS_EMISMATCH, "%s is a database of another application", path);
    return rc;
}

static int write_schema(struct sq_conn *c, const char *path, const char *want, struct aas_error *err)
{
    char sql[512];
    int rc = check_ours(c, path, err);
    if (rc != 0)
        return rc;
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA application_id=%d;"
                   "CREATE TABLE IF NOT EXISTS aas_meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);"
                   "CREATE TABLE IF NOT EXISTS aas_blobs(name TEXT NOT NULL, part INTEGER NOT NULL, total INTEGER NOT "
                   "NULL, data BLOB NOT NULL, UNIQUE(name, part))",
                   SQ_APPLICATION_ID);
    rc = sq_exec(c, sql, err);
    for (int i = 0; i < AAS_COLL__COUNT && rc == 0; i++)
        rc = ensure_collection(c, aas_store_collection((enum aas_collection)i), err);
    if (rc != 0)
        return rc;
    (void)snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO aas_meta VALUES('schema','%s')", want);
    return sq_exec(c, sql, err);
}

/* The fingerprint that the file was made by, "" for a new file. */
static int read_fingerprint(struct sq_conn *c, char ret[AAS_SHA256_HEX_SIZE], struct aas_error *err)
{
    char there[8];
    int rc = query_text(c, "SELECT name FROM sqlite_schema WHERE name='aas_meta'", there, sizeof there, err);
    ret[0] = '\0';
    if (rc == 0 && there[0] != '\0')
        rc = query_text(c, "SELECT value FROM aas_meta WHERE key='schema'", ret, AAS_SHA256_HEX_SIZE, err);
    return rc;
}

int sq_ensure(struct store_driver *d, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    char want[AAS_SHA256_HEX_SIZE] = "";
    char have[AAS_SHA256_HEX_SIZE] = "";
    int rc = fingerprint(want);
    if (rc != 0)
        return aas_error_set(err, rc, "no memory for the store's schema");
    rc = sq_acquire(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    rc = read_fingerprint(c, have, err);
    sq_release(s, c);
    if (rc != 0 || strcmp(have, want) == 0)
        return rc;
    /* another process may be filling columns just now: wait for it */
    rc = sq_write_begin(s, s->busy_ms * 12, &c, err);
    if (rc != 0)
        return rc;
    rc = read_fingerprint(c, have, err);
    if (rc == 0 && strcmp(have, want) != 0)
        rc = write_schema(c, s->path, want, err);
    return sq_write_end(s, c, rc, err);
}
