/* SQLite driver: the store as a whole. A backup is one snapshot, read in one step: in several, each write of another
 * process would start it anew. A restore goes into the live file as one transaction, so that running daemons need not
 * know. */
#include "store_sqlite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_RETRY_US 20000

static int fail_on(sqlite3 *db, int rc, const char *what, struct aas_error *err)
{
    struct sq_conn as = {.db = db}; /* for its message alone */
    return sq_fail(&as, rc, what, err);
}

/* Copy all pages of from into to; waits for a writer of to as long as budget_ms. */
static int copy_pages(sqlite3 *from, sqlite3 *to, int64_t budget_ms, struct aas_error *err)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    if (!copy)
        return fail_on(to, sqlite3_errcode(to), "copying the store", err);
    int step = sqlite3_backup_step(copy, -1);
    for (int64_t waited_us = 0; (step == SQLITE_BUSY || step == SQLITE_LOCKED) && waited_us < budget_ms * 1000;
         waited_us += STEP_RETRY_US) {
        (void)usleep(STEP_RETRY_US); /* the lock of another process sends no event */
        step = sqlite3_backup_step(copy, -1);
    }
    int rc = sqlite3_backup_finish(copy);
    if (step != SQLITE_DONE)
        return fail_on(to, rc != SQLITE_OK ? rc : step, "copying the store", err);
    return 0;
}

int sq_backup(struct store_driver *d, const char *path, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3 *to = NULL;
    if (access(path, F_OK) == 0)
        return aas_error_set(err, AAS_EEXIST, "%s is there already", path);
    int rc = sq_acquire(s, s->busy_ms, &c, err);
    if (rc != 0)
        return rc;
    int opened = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, NULL);
    rc = opened == SQLITE_OK ? copy_pages(c->db, to, s->busy_ms, err) : fail_on(to, opened, path, err);
    if (rc == 0) { /* one file that needs no -wal beside it */
        int mode = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
        if (mode != SQLITE_OK)
            rc = fail_on(to, mode, "finishing the copy", err);
    }
    (void)sqlite3_close(to);
    sq_release(s, c);
    if (rc != 0)
        (void)unlink(path);
    return rc;
}

/* The first column of the first row equals expected. */
static int check_row(sqlite3 *db, const char *sql, const char *expected, bool *ret_same, struct aas_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *ret_same = sqlite3_column_text(stmt, 0) && strcmp((const char *)sqlite3_column_text(stmt, 0), expected) == 0;
    (void)sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? 0 : fail_on(db, rc, "checking the backup", err);
}

static int check_copy(sqlite3 *db, const char *path, struct aas_error *err)
{
    bool same = false;
    char ours[24];
    (void)snprintf(ours, sizeof ours, "%d", SQ_APPLICATION_ID);
    int rc = check_row(db, "PRAGMA application_id", ours, &same, err);
    if (rc == 0 && !same)
        return aas_error_set(err, AAS_EMISMATCH, "%s is a database of another application", path);
    if (rc == 0)
        rc = check_row(db, "PRAGMA integrity_check(1)", "ok", &same, err);
    if (rc == 0 && !same)
        return aas_error_set(err, AAS_ECORRUPT, "%s is damaged", path);
    return rc;
}

int sq_restore(struct store_driver *d, const char *path, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    sqlite3 *from = NULL;
    int opened = sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE, NULL);
    int rc = opened == SQLITE_OK ? check_copy(from, path, err) : fail_on(from, opened, path, err);
    if (rc == 0)
        rc = sq_acquire(s, s->busy_ms, &c, err);
    if (rc == 0) {
        rc = copy_pages(from, c->db, s->busy_ms * 12, err);
        sq_release(s, c);
    }
    (void)sqlite3_close(from);
    return rc != 0 ? rc : sq_ensure(d, err); /* a backup of an older version */
}
