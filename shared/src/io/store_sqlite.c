/* SQLite driver: opening, connection pool, statement cache, transactions, result codes. See store_sqlite.h.
 *
 * URL: sqlite:PATH[?busy_ms=N&max_mb=N]. busy_ms: how long a call waits for another process's write (5,000); max_mb:
 * the file's largest size (no limit). */
#include "store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/clock.h"
#include "aas/log.h"
#include "aas/num.h"
#include "aas/str.h"

#define BUSY_MS_DEFAULT 5000
#define PING_MS         2000
#define CONNS_MAX       24
#define CONNS_IDLE_MAX  6
#define PAGE_BYTES      8192
#define FREE_MIN_BYTES  (UINT64_C(1024) * 1024)

/* ---- library ---- */

static void on_log(void *arg, int code, const char *text)
{
    (void)arg;
    int primary = code & 0xff;
    /* what the caller is told anyway, or what happens all day */
    bool quiet = primary == SQLITE_NOTICE || primary == SQLITE_CONSTRAINT || primary == SQLITE_BUSY ||
                 primary == SQLITE_SCHEMA || primary == SQLITE_FULL;
    aas_log_bridge(quiet ? AAS_LOG_DEBUG : AAS_LOG_WARN, "sqlite", text, SIZE_MAX);
}

static void init_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_LOG, on_log, NULL);
    (void)sqlite3_initialize();
}

/* ---- result codes ---- */

static bool is_disk_full(sqlite3 *db, int rc, int saved)
{
    if ((rc & 0xff) == SQLITE_FULL)
        return true;
    /* SQLite's own note of errno is lost by the rollback that follows a failed write (3.40); errno itself is not */
    int noted = sqlite3_system_errno(db);
    int e = noted != 0 ? noted : saved;
    return (rc & 0xff) == SQLITE_IOERR && (e == ENOSPC || e == EDQUOT || e == EFBIG);
}

int sq_fail(struct sq_conn *c, int rc, const char *what, struct aas_error *err)
{
    int saved = errno;
    const char *text = c && c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(rc);
    int code = AAS_EUPSTREAM;
    if (c && c->db && is_disk_full(c->db, rc, saved)) {
        c->broken = true; /* a transaction in doubt ends with its connection */
        return aas_error_set(err, AAS_ENOSPC, "%s: the disk, or the store's size limit, is full", what);
    }
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return aas_error_set(err, AAS_EUNAVAILABLE, "%s: another process has kept the store locked for too long", what);
    case SQLITE_NOMEM:
        code = AAS_ENOMEM;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        code = AAS_ECORRUPT;
        break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        code = AAS_EUNAVAILABLE;
        break;
    case SQLITE_TOOBIG:
        code = AAS_ETOOBIG;
        break;
    default:
        break;
    }
    if (c && (code == AAS_ECORRUPT || code == AAS_EUNAVAILABLE))
        c->broken = true;
    return aas_error_set(err, code, "%s: SQLite says: %s", what, text);
}

/* ---- statements ---- */

int sq_prepare(struct sq_conn *c, const char *sql, sqlite3_stmt **ret, struct aas_error *err)
{
    struct sq_slot *oldest = &c->cache[0];
    for (size_t i = 0; i < SQ_CACHE_SLOTS; i++) {
        struct sq_slot *slot = &c->cache[i];
        if (slot->sql && strcmp(slot->sql, sql) == 0) {
            slot->used = ++c->tick;
            *ret = slot->stmt;
            return 0;
        }
        if (slot->used < oldest->used)
            oldest = slot;
    }
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc != SQLITE_OK)
        return sq_fail(c, rc, "preparing a statement", err);
    char *copy = strdup(sql);
    if (!copy) {
        (void)sqlite3_finalize(stmt);
        return aas_error_set(err, AAS_ENOMEM, "no memory for a statement");
    }
    (void)sqlite3_finalize(oldest->stmt);
    free(oldest->sql);
    *oldest = (struct sq_slot){copy, stmt, ++c->tick};
    *ret = stmt;
    return 0;
}

void sq_done(struct sq_conn *c, sqlite3_stmt *stmt)
{
    (void)c;
    (void)sqlite3_reset(stmt);
    (void)sqlite3_clear_bindings(stmt);
}

int sq_exec(struct sq_conn *c, const char *sql, struct aas_error *err)
{
    int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sq_fail(c, rc, "changing the store", err);
}

/* ---- connections ---- */

/* Other processes' commits send no event, so this polls: short at first, then longer, jittered, to the call's budget.
 */
static int on_busy(void *arg, int tries)
{
    struct sq_conn *c = arg;
    if (c->slept_ms >= c->budget_ms)
        return 0;
    int64_t top = tries < 10 ? tries + 2 : 12 + tries / 4;
    int64_t ms = 1 + (int64_t)aas_rng_below(&c->rng, (uint64_t)(top < 40 ? top : 40));
    if (ms > c->budget_ms - c->slept_ms)
        ms = c->budget_ms - c->slept_ms;
    (void)usleep((useconds_t)(ms * 1000));
    c->slept_ms += ms;
    return 1;
}

static void conn_destroy(struct sq_conn *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < SQ_CACHE_SLOTS; i++) {
        (void)sqlite3_finalize(c->cache[i].stmt);
        free(c->cache[i].sql);
    }
    if (c->db)
        (void)sqlite3_close_v2(c->db);
    free(c);
}

/* Switching to WAL takes the lock without asking the busy handler: ask again until the budget is used up. */
static int set_wal(struct sq_conn *c, struct aas_error *err)
{
    int rc = SQLITE_OK;
    for (int tries = 0;; tries++) {
        rc = sqlite3_exec(c->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if ((rc & 0xff) != SQLITE_BUSY || !on_busy(c, tries))
            break;
    }
    return rc == SQLITE_OK ? 0 : sq_fail(c, rc, "opening the store", err);
}

static int conn_setup(struct sq_store *s, struct sq_conn *c, struct aas_error *err)
{
    char sql[160];
    (void)sqlite3_busy_handler(c->db, on_busy, c);
    (void)snprintf(sql, sizeof sql, "PRAGMA page_size=%d", PAGE_BYTES); /* of a new file */
    int rc = sq_exec(c, sql, err);
    if (rc == 0)
        rc = set_wal(c, err);
    if (rc == 0)
        rc = sq_exec(c,
                     "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2000; PRAGMA journal_size_limit=67108864;"
                     "PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF",
                     err);
    if (rc == 0 && s->max_pages > 0) {
        (void)snprintf(sql, sizeof sql, "PRAGMA max_page_count=%lld", (long long)s->max_pages);
        rc = sq_exec(c, sql, err);
    }
    return rc;
}

static int conn_create(struct sq_store *s, int64_t budget_ms, struct sq_conn **ret, struct aas_error *err)
{
    struct sq_conn *c = calloc(1, sizeof *c);
    if (!c)
        return aas_error_set(err, AAS_ENOMEM, "no memory for a store connection");
    c->budget_ms = budget_ms;
    aas_rng_seed(&c->rng, (uint64_t)(uintptr_t)c ^ (uint64_t)getpid());
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(s->path, &c->db, flags, NULL);
    if (rc != SQLITE_OK)
        rc = sq_fail(c, rc, s->path, err);
    else
        rc = conn_setup(s, c, err);
    if (rc != 0) {
        conn_destroy(c);
        return rc;
    }
    *ret = c;
    return 0;
}

int sq_acquire(struct sq_store *s, int64_t budget_ms, struct sq_conn **ret, struct aas_error *err)
{
    struct timespec deadline = aas_mono_timespec(aas_mono_in_ms(budget_ms));
    struct sq_conn *c = NULL;
    int rc = 0;
    (void)pthread_mutex_lock(&s->lock);
    while (!s->idle && s->n_open >= CONNS_MAX && rc == 0)
        rc = pthread_cond_timedwait(&s->free_conn, &s->lock, &deadline);
    if (s->idle) {
        c = s->idle;
        s->idle = c->next;
        s->n_idle--;
        rc = 0;
    } else if (s->n_open < CONNS_MAX) {
        s->n_open++;
        rc = 0;
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (rc != 0)
        return aas_error_set(err, AAS_EUNAVAILABLE, "all %d store connections are busy", CONNS_MAX);
    if (!c) {
        rc = conn_create(s, budget_ms, &c, err);
        if (rc != 0) {
            (void)pthread_mutex_lock(&s->lock);
            s->n_open--;
            (void)pthread_cond_signal(&s->free_conn);
            (void)pthread_mutex_unlock(&s->lock);
            return rc;
        }
    }
    c->slept_ms = 0;
    c->budget_ms = budget_ms;
    *ret = c;
    return 0;
}

void sq_release(struct sq_store *s, struct sq_conn *c)
{
    (void)pthread_mutex_lock(&s->lock);
    bool keep = !c->broken && s->n_idle < CONNS_IDLE_MAX;
    if (keep) {
        c->next = s->idle;
        s->idle = c;
        s->n_idle++;
    } else {
        s->n_open--;
    }
    (void)pthread_cond_signal(&s->free_conn);
    (void)pthread_mutex_unlock(&s->lock);
    if (!keep)
        conn_destroy(c);
}

/* ---- write transactions ---- */

static void gate_open(struct sq_store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->writing = false;
    (void)pthread_cond_signal(&s->free_gate);
    (void)pthread_mutex_unlock(&s->lock);
}

int sq_write_begin(struct sq_store *s, int64_t budget_ms, struct sq_conn **ret, struct aas_error *err)
{
    struct timespec deadline = aas_mono_timespec(aas_mono_in_ms(budget_ms));
    struct sq_conn *c = NULL;
    int rc = 0;
    (void)pthread_mutex_lock(&s->lock);
    while (s->writing && rc == 0)
        rc = pthread_cond_timedwait(&s->free_gate, &s->lock, &deadline);
    bool mine = !s->writing;
    if (mine)
        s->writing = true;
    (void)pthread_mutex_unlock(&s->lock);
    if (!mine)
        return aas_error_set(err, AAS_EUNAVAILABLE, "the store's writer has been busy for %lld ms",
                             (long long)budget_ms);
    rc = sq_acquire(s, budget_ms, &c, err);
    if (rc == 0) {
        rc = sq_exec(c, "BEGIN IMMEDIATE", err);
        if (rc != 0)
            sq_release(s, c);
    }
    if (rc != 0) {
        gate_open(s);
        return rc;
    }
    *ret = c;
    return 0;
}

int sq_write_end(struct sq_store *s, struct sq_conn *c, int rc, struct aas_error *err)
{
    if (rc == 0)
        rc = sq_exec(c, "COMMIT", err);
    if (rc != 0 && !sqlite3_get_autocommit(c->db) && sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        c->broken = true;
    sq_release(s, c);
    gate_open(s);
    return rc;
}

/* ---- open, ping, close ---- */

static int sq_ping(struct store_driver *d, struct aas_error *err)
{
    struct sq_store *s = (struct sq_store *)d;
    struct sq_conn *c = NULL;
    struct statvfs fs;
    int rc = sq_write_begin(s, PING_MS, &c, err);
    if (rc != 0)
        return rc;
    if (statvfs(s->path, &fs) != 0)
        rc = aas_error_set(err, AAS_EUNAVAILABLE, "the store file %s is gone: %s", s->path, aas_strerror(-errno));
    else if ((uint64_t)fs.f_bavail * fs.f_frsize < FREE_MIN_BYTES)
        rc = aas_error_set(err, AAS_ENOSPC, "the disk that holds %s is full", s->path);
    return sq_write_end(s, c, rc != 0 ? rc : 0, err);
}

static void sq_close(struct store_driver *d)
{
    struct sq_store *s = (struct sq_store *)d;
    while (s->idle) {
        struct sq_conn *c = s->idle;
        s->idle = c->next;
        conn_destroy(c);
    }
    for (int i = 0; i < AAS_COLL__COUNT; i++) {
        free(s->sql_insert[i]);
        free(s->sql_update[i]);
        free(s->sql_get[i]);
    }
    (void)pthread_cond_destroy(&s->free_gate);
    (void)pthread_cond_destroy(&s->free_conn);
    (void)pthread_mutex_destroy(&s->lock);
    free(s->path);
    free(s);
}

static const struct store_driver_ops sqlite_ops = {
    .name = "sqlite",
    .close = sq_close,
    .ping = sq_ping,
    .ensure = sq_ensure,
    .find = sq_find,
    .get = sq_get,
    .count = sq_count,
    .tally = sq_tally,
    .insert = sq_insert,
    .replace = sq_replace,
    .remove = sq_remove,
    .blob_put = sq_blob_put,
    .blob_get = sq_blob_get,
    .blob_remove = sq_blob_remove,
    .blob_list = sq_blob_list,
    .backup = sq_backup,
    .restore = sq_restore,
};

/* PATH[?name=N&name=N] */
static int read_url(struct sq_store *s, const char *url, struct aas_error *err)
{
    struct aas_str rest = aas_str_from(url);
    struct aas_str part;
    (void)aas_str_split(&rest, '?', &part);
    if (part.len == 0)
        return aas_error_set(err, AAS_EINVAL, "the store URL sqlite: names no file");
    s->path = aas_str_dup(part);
    if (!s->path)
        return aas_error_set(err, AAS_ENOMEM, "no memory for the store");
    while (rest.len > 0 && aas_str_split(&rest, '&', &part)) {
        struct aas_str value = part;
        struct aas_str name;
        int64_t n = 0;
        (void)aas_str_split(&value, '=', &name);
        if (aas_num_parse_i64(value.ptr ? value.ptr : "", value.len, &n) != 0 || n < 1 || n > 100 * 1000 * 1000)
            return aas_error_set(err, AAS_EINVAL, "store URL: \"%.*s\" is not NAME=NUMBER", AAS_STR_ARG(part));
        if (aas_str_eq_c(name, "busy_ms"))
            s->busy_ms = n;
        else if (aas_str_eq_c(name, "max_mb"))
            s->max_pages = n * (1024 * 1024 / PAGE_BYTES);
        else
            return aas_error_set(err, AAS_EINVAL, "store URL: unknown option \"%.*s\"; there are busy_ms, max_mb",
                                 AAS_STR_ARG(name));
    }
    return 0;
}

/* The file holds password hashes: made for its owner alone; SQLite gives -wal and -shm the same mode. */
static int create_file(const char *path, struct aas_error *err)
{
    AAS_AUTO_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return aas_error_set(err, errno == ENOSPC ? AAS_ENOSPC : AAS_EUNAVAILABLE, "cannot open the store file %s: %s",
                             path, aas_strerror(-errno));
    return 0;
}

static void init_conds(struct sq_store *s)
{
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->free_conn, &attr);
    (void)pthread_cond_init(&s->free_gate, &attr);
    (void)pthread_condattr_destroy(&attr);
}

int store_sqlite_open(struct store_driver **ret, const char *url, struct aas_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_library);
    struct sq_store *s = calloc(1, sizeof *s);
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "no memory for the store");
    s->base.ops = &sqlite_ops;
    s->busy_ms = BUSY_MS_DEFAULT;
    init_conds(s);
    struct sq_conn *c = NULL;
    int rc = read_url(s, url, err);
    if (rc == 0)
        rc = create_file(s->path, err);
    if (rc == 0 && sq_make_sql(s) != 0)
        rc = aas_error_set(err, AAS_ENOMEM, "no memory for the store");
    if (rc == 0)
        rc = sq_acquire(s, s->busy_ms, &c, err);
    if (rc != 0) {
        sq_close(&s->base);
        return rc;
    }
    sq_release(s, c);
    *ret = &s->base;
    return 0;
}
