/* The SQLite driver's inside. One file, WAL mode; a pool of connections, each used by one thread at a time with its own
 * cache of prepared statements; one writer at a time per process by `writing`, so that threads queue on a condition
 * instead of polling for SQLite's lock, which only processes contend for then.
 * Lock: `lock` guards pool and gate; it is never held while SQLite is called. */
#pragma once

#include "store_internal.h"

#include <pthread.h>
#include <sqlite3.h>

#include "aas/buf.h"
#include "aas/rng.h"

#define SQ_CACHE_SLOTS    48
#define SQ_SQL_BYTES      (64 * 1024)
#define SQ_APPLICATION_ID 0x41617374 /* "Aast": what `file` and we know our files by */

struct sq_slot {
    char *sql;
    sqlite3_stmt *stmt;
    uint64_t used;
};

struct sq_conn {
    sqlite3 *db;
    struct sq_conn *next;
    struct aas_rng rng;
    int64_t slept_ms, budget_ms; /* of the call under way, waiting for other processes */
    uint64_t tick;
    bool broken; /* not back into the pool */
    struct sq_slot cache[SQ_CACHE_SLOTS];
};

struct sq_store {
    struct store_driver base;
    char *path;
    int64_t busy_ms;
    int64_t max_pages; /* 0: no limit */
    char *sql_insert[AAS_COLL__COUNT];
    char *sql_update[AAS_COLL__COUNT];
    char *sql_get[AAS_COLL__COUNT];
    pthread_mutex_t lock;
    pthread_cond_t free_conn, free_gate;
    struct sq_conn *idle;
    unsigned n_idle, n_open;
    bool writing;
};

/* store_sqlite.c */
int sq_acquire(struct sq_store *s, int64_t budget_ms, struct sq_conn **ret, struct aas_error *err) AAS_MUST_CHECK;
void sq_release(struct sq_store *s, struct sq_conn *c);
/** A prepared statement, from the cache where it is there; reset and without bindings. Give back with sq_done. */
int sq_prepare(struct sq_conn *c, const char *sql, sqlite3_stmt **ret, struct aas_error *err) AAS_MUST_CHECK;
void sq_done(struct sq_conn *c, sqlite3_stmt *stmt);
/** Run SQL without results. */
int sq_exec(struct sq_conn *c, const char *sql, struct aas_error *err) AAS_MUST_CHECK;
/** Translate a result code of SQLite on this connection; what: "reading sensor_data". */
int sq_fail(struct sq_conn *c, int rc, const char *what, struct aas_error *err);
/** Become this process's writer and begin; end commits when rc is 0, and returns rc or the commit's failure. */
int sq_write_begin(struct sq_store *s, int64_t budget_ms, struct sq_conn **ret, struct aas_error *err) AAS_MUST_CHECK;
int sq_write_end(struct sq_store *s, struct sq_conn *c, int rc, struct aas_error *err) AAS_MUST_CHECK;

/* store_sqlite_sql.c: text and bindings */
/** `"name"` with the table's own names only, which hold no quotes. */
void sq_put_name(struct aas_buf *b, const char *name);
void sq_put_where(struct aas_buf *b, const struct store_plan *plan);
void sq_put_order(struct aas_buf *b, const struct store_plan *plan);
int sq_bind_value(sqlite3_stmt *stmt, int at, const struct aas_value *v) AAS_MUST_CHECK;
/** Bind plan's conditions from parameter *at on, which moves on. */
int sq_bind_where(sqlite3_stmt *stmt, int *at, const struct store_plan *plan) AAS_MUST_CHECK;
/** The SELECT of a plan, as sq_find runs it: also what the tests explain. */
void sq_put_find(struct aas_buf *b, const struct store_plan *plan);
void sq_put_count(struct aas_buf *b, const struct store_plan *plan);
void sq_put_remove(struct aas_buf *b, const struct store_plan *plan);
void sq_put_tally(struct aas_buf *b, const struct store_plan *plan, const struct aas_store_field *const *group,
                  size_t n_group, const struct aas_store_field *const *sum, size_t n_sum);
/** Fill s->sql_*. */
int sq_make_sql(struct sq_store *s) AAS_MUST_CHECK;

/* the operations */
int sq_ensure(struct store_driver *d, struct aas_error *err); /* _schema.c */
int sq_find(struct store_driver *d, const struct store_plan *plan, aas_store_each_fn *each, void *arg,
            struct aas_error *err); /* _read.c */
int sq_get(struct store_driver *d, enum aas_collection c, const char *id, bson_t **ret_doc, struct aas_error *err);
int sq_count(struct store_driver *d, const struct store_plan *plan, int64_t *ret_count, struct aas_error *err);
int sq_tally(struct store_driver *d, const struct store_plan *plan, const struct aas_store_field *const *group,
             size_t n_group, const struct aas_store_field *const *sum, size_t n_sum, aas_store_tally_fn *each,
             void *arg, struct aas_error *err);
int sq_insert(struct store_driver *d, enum aas_collection c, const struct store_row *rows, size_t n, int *outcomes,
              struct aas_error *err); /* _write.c */
int sq_replace(struct store_driver *d, enum aas_collection c, const struct store_row *row, int64_t expected_rev,
               struct aas_error *err);
int sq_remove(struct store_driver *d, const struct store_plan *plan, size_t limit, size_t *ret_removed,
              struct aas_error *err);
int sq_blob_put(struct store_driver *d, const char *name, const void *data, size_t len, struct aas_error *err);
int sq_blob_get(struct store_driver *d, const char *name, void **ret_data, size_t *ret_len, struct aas_error *err);
int sq_blob_remove(struct store_driver *d, const char *name, struct aas_error *err);
int sq_blob_list(struct store_driver *d, aas_store_blob_each_fn *each, void *arg, struct aas_error *err);
int sq_backup(struct store_driver *d, const char *path, struct aas_error *err); /* _backup.c */
int sq_restore(struct store_driver *d, const char *path, struct aas_error *err);
