/* SQLite driver: blobs, in parts of 1 MiB. */
#include "store_sqlite.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)1024 * 1024)

static int blob_delete(struct sq_conn *c, const char *name, struct aas_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sq_prepare(c, "DELETE FROM aas_blobs WHERE name=?", &stmt, err);
    if (rc != 0)
        return rc;
    (void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    int step = sqlite3_step(stmt);
    if (step != SQLITE_DONE)
        rc = sq_fail(c, step, "removing a blob", err);
    sq_done(c, stmt);
    return rc;
}

static int blob_write(struct sq_conn *c, const char *name, const char *data, size_t len, struct aas_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sq_prepare(c, "INSERT INTO aas_blobs(name,part,total,data) VALUES(?,?,?,?)", &stmt, err);
    size_t at = 0;
    for (int part = 0; rc == 0 && (part == 0 || at < len); part++) {
        size_t n = len - at < CHUNK_BYTES ? len - at : CHUNK_BYTES;
        (void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int(stmt, 2, part);
        (void)sqlite3_bind_int64(stmt, 3, (int64_t)len);
        (void)sqlite3_bind_blob(stmt, 4, n > 0 ? data + at : "", (int)n, SQLITE_STATIC);
        int step = sqlite3_step(stmt);
        if (step != SQLITE_DONE)
            rc = sq_fail(c, step, "storing a blob", err);
        sq_done(c, stmt);
        at += n;
    }
    return rc;
}

int sq_blob_put(struct store_driver *d, const char *name, const void *data, size_t len, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    int rc = sq_write_begin(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    rc = blob_delete(c, name, err);
    if (rc == 0)
        rc = blob_write(c, name, data, len, err);
    return sq_write_end(s, c, rc, err);
}

int sq_blob_remove(struct store_driver *d, const char *name, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    int rc = sq_write_begin(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    return sq_write_end(s, c, blob_delete(c, name, err), err);
}

/* All parts come from one statement, thus from one snapshot: a put meanwhile can't mix two versions. */
static int blob_read(struct sq_conn *c, sqlite3_stmt *stmt, const char *name, char **ret, size_t *ret_len,
                     struct aas_error *err)
{
    char *data = NULL;
    size_t total = 0;
    size_t have = 0;
    int step;
    while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
        size_t n = (size_t)sqlite3_column_bytes(stmt, 1);
        if (!data) {
            total = (size_t)sqlite3_column_int64(stmt, 0);
            data = malloc(total + 1);
        }
        if (!data)
            return aas_error_set(err, AAS_ENOMEM, "no memory for the blob %.120s of %zu bytes", name, total);
        if (n > total - have)
            break;
        if (n > 0)
            memcpy(data + have, sqlite3_column_blob(stmt, 1), n);
        have += n;
    }
    if (step == SQLITE_DONE && data && have == total) {
        *ret = data;
        *ret_len = total;
        return 0;
    }
    bool absent = step == SQLITE_DONE && !data;
    free(data);
    if (absent)
        return aas_error_set(err, AAS_ENOENT, "no blob %.120s", name);
    return step == SQLITE_DONE || step == SQLITE_ROW
               ? aas_error_set(err, AAS_ECORRUPT, "the blob %.120s is damaged", name)
               : sq_fail(c, step, "reading a blob", err);
}

int sq_blob_get(struct store_driver *d, const char *name, void **ret_data, size_t *ret_len, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    char *data = NULL;
    int rc = sq_acquire(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    rc = sq_prepare(c, "SELECT total,data FROM aas_blobs WHERE name=? ORDER BY part", &stmt, err);
    if (rc == 0) {
        (void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        rc = blob_read(c, stmt, name, &data, ret_len, err);
        sq_done(c, stmt);
    }
    sq_release(s, c);
    if (rc == 0)
        *ret_data = data;
    return rc;
}

int sq_blob_list(struct store_driver *d, aas_store_blob_each_fn *each, void *arg, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    int rc = sq_acquire(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    rc = sq_prepare(c, "SELECT name,total FROM aas_blobs WHERE part=0 ORDER BY name", &stmt, err);
    if (rc == 0) {
        int step = SQLITE_DONE;
        while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW)
            rc = each((const char *)sqlite3_column_text(stmt, 0), (size_t)sqlite3_column_int64(stmt, 1), arg);
        if (rc == 0 && step != SQLITE_DONE)
            rc = sq_fail(c, step, "listing blobs", err);
        sq_done(c, stmt);
    }
    sq_release(s, c);
    return rc;
}
