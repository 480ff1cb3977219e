/* The document store: BSON documents in collections that one table declares (aas/store_collections.h), on SQLite or on
 * MongoDB behind one URL. Narrow on purpose (docs/adr/0001): filters name indexed fields only, a change is a C function
 * from the old document to the new one.
 *
 * Threads: one struct aas_store serves any number of threads. Callbacks run on the calling thread and must not call the
 * same store for writing. Errors of all functions: AAS_EUNAVAILABLE the server or file does not answer (retry later);
 * AAS_EINVAL a programmer's error, such as a filter on a field without an index; AAS_ENOSPC disk full; AAS_ECORRUPT;
 * AAS_EUPSTREAM anything else that the library reports. Every document's `_id` is a string. */
#pragma once

#include "aas/store_collections.h"

#include <bson/bson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"

struct aas_store;

#define AAS_STORE_DOC_MAX_BYTES ((size_t)16 * 1024 * 1024) /* MongoDB's limit, kept on both drivers */
#define AAS_STORE_ID_MAX_BYTES  512
#define AAS_STORE_FILTER_MAX    8
#define AAS_STORE_CURSOR_BYTES  1024

/** Open `sqlite:PATH` (created when absent), `mongodb://…` or `mongodb+srv://…`; the MongoDB database is the URL's
 * path, default `aastreli`. Does not wait for a server: ping does. url is copied. */
int aas_store_open(struct aas_store **ret_store, const char *url, struct aas_error *err) AAS_MUST_CHECK;
/** Close and free. No call may be under way. NULL is fine. */
void aas_store_close(struct aas_store *s);
/** "sqlite" or "mongodb". */
const char *aas_store_driver(const struct aas_store *s);
/** Does it answer, and can it be written to? Bounded by about 2 s. */
int aas_store_ping(struct aas_store *s, struct aas_error *err) AAS_MUST_CHECK;
/** Create every collection and index that is missing. Idempotent, safe from several processes at once. */
int aas_store_ensure(struct aas_store *s, struct aas_error *err) AAS_MUST_CHECK;

/* --- values, filters, queries ------------------------------------------------------------------------------------- */

enum aas_value_type { AAS_VALUE_NULL, AAS_VALUE_STR, AAS_VALUE_INT, AAS_VALUE_NUM, AAS_VALUE_BOOL, AAS_VALUE_TIME };

/** A value to compare an indexed field with; its type must be the field's declared one. Strings are borrowed. */
struct aas_value {
    enum aas_value_type type;
    union {
        const char *s;
        int64_t i; /* INT, and TIME as epoch milliseconds */
        double d;
        bool b;
    } v;
};
#define AAS_V_STR(text) ((struct aas_value){.type = AAS_VALUE_STR, .v.s = (text)})
#define AAS_V_INT(n)    ((struct aas_value){.type = AAS_VALUE_INT, .v.i = (n)})
#define AAS_V_NUM(x)    ((struct aas_value){.type = AAS_VALUE_NUM, .v.d = (x)})
#define AAS_V_BOOL(x)   ((struct aas_value){.type = AAS_VALUE_BOOL, .v.b = (x)})
#define AAS_V_TIME(ms)  ((struct aas_value){.type = AAS_VALUE_TIME, .v.i = (ms)})

enum aas_op { AAS_OP_EQ, AAS_OP_GE, AAS_OP_GT, AAS_OP_LE, AAS_OP_LT, AAS_OP_IN };

/** One condition; those of a filter are joined by AND. For AAS_OP_IN, `in` holds n_in values (at most 1,000). */
struct aas_cond {
    const char *field; /* "_id" or a declared field, e.g. "asset.line" */
    enum aas_op op;
    struct aas_value value;
    const struct aas_value *in;
    size_t n_in;
};

/** What to find. Zero-initialised it means everything, by _id ascending. Borrows all pointers for the call. */
struct aas_query {
    const struct aas_cond *where;
    size_t n_where;
    const char
        *sort; /* one declared field, NULL = "_id"; ties go by _id, same direction. A document without it is left out */
    bool descending;
    size_t limit;       /* 0 = no limit */
    const char *cursor; /* NULL or "", or what an earlier find with the same where and sort gave: goes on behind it */
};

/** Called per document; doc is borrowed until it returns. Non-zero ends the find, which returns that value. */
typedef int aas_store_each_fn(const bson_t *doc, void *arg);

/** Find documents. ret_next (NULL or AAS_STORE_CURSOR_BYTES bytes) gets the cursor of the next page, or "" at the end
 *  (only with a limit). AAS_EPARSE: the cursor is not one of this query. */
int aas_store_find(struct aas_store *s, enum aas_collection c, const struct aas_query *q, aas_store_each_fn *each,
                   void *arg, char *ret_next, struct aas_error *err) AAS_MUST_CHECK;
/** One document by id; the caller bson_destroy()s it. AAS_ENOENT. */
int aas_store_get(struct aas_store *s, enum aas_collection c, const char *id, bson_t **ret_doc,
                  struct aas_error *err) AAS_MUST_CHECK;
/** How many match. */
int aas_store_count(struct aas_store *s, enum aas_collection c, const struct aas_cond *where, size_t n_where,
                    int64_t *ret_count, struct aas_error *err) AAS_MUST_CHECK;

/** One group of a tally: `keys` in the order of group_by, `sums` in the order of sum_of. Borrowed for the call. */
struct aas_tally_row {
    const struct aas_value *keys;
    int64_t count;
    const double *sums;
};
typedef int aas_store_tally_fn(const struct aas_tally_row *row, void *arg);
/** Count documents, and sum fields, per combination of up to 3 indexed fields. Missing keys are AAS_VALUE_NULL.
 *  Without group_by one row, also when nothing matches. Rows come in the order of their keys. */
int aas_store_tally(struct aas_store *s, enum aas_collection c, const struct aas_cond *where, size_t n_where,
                    const char *const *group_by, size_t n_group, const char *const *sum_of, size_t n_sum,
                    aas_store_tally_fn *each, void *arg, struct aas_error *err) AAS_MUST_CHECK;

/* --- changes -------------------------------------------------------------------------------------------------------
 */

/** Insert documents, in any order, durable on return. ret_outcomes[i] (NULL, or n ints) is 0, AAS_EDUPLICATE, or the
 *  document's own failure (AAS_EINVAL no string _id, AAS_ETOOBIG). Returns 0 when each is stored or duplicate, else the
 *  first failure; on AAS_EUNAVAILABLE some may be stored: with deterministic ids insert again. `rev` 1 is added to
 *  documents of collections with revisions. Borrows docs. */
int aas_store_insert_many(struct aas_store *s, enum aas_collection c, const bson_t *const *docs, size_t n,
                          int *ret_outcomes, struct aas_error *err) AAS_MUST_CHECK;
/** Insert one: AAS_EDUPLICATE is returned. */
int aas_store_insert(struct aas_store *s, enum aas_collection c, const bson_t *doc,
                     struct aas_error *err) AAS_MUST_CHECK;

/** As insert_many, but documents keep the `rev` that they carry: for restoring an export. */
int aas_store_import_many(struct aas_store *s, enum aas_collection c, const bson_t *const *docs, size_t n,
                          int *ret_outcomes, struct aas_error *err) AAS_MUST_CHECK;

/** Replace the document that has doc's _id and revision expected_rev by doc, whose `rev` becomes expected_rev + 1.
 *  expected_rev 0 = there must be none yet (an insert). AAS_ECONFLICT: another revision, or none, is stored.
 *  AAS_EDUPLICATE: a unique index holds the value for another document. */
int aas_store_replace(struct aas_store *s, enum aas_collection c, const bson_t *doc, int64_t expected_rev,
                      struct aas_error *err) AAS_MUST_CHECK;

/** From the old document (NULL when there is none) to the new one: append all fields but `rev` to ret_new, with the
 * same _id. Pure: it may run several times. Return 0 to write, AAS_ECANCELED to leave the document as it is (update
 * then returns 0), or any failure to pass on. */
typedef int aas_store_change_fn(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err);
/** Read, change, replace; retried up to 8 times on AAS_ECONFLICT. */
int aas_store_update(struct aas_store *s, enum aas_collection c, const char *id, aas_store_change_fn *change, void *arg,
                     struct aas_error *err) AAS_MUST_CHECK;
/** Append every field of old but those named (NULL-terminated list) and `rev` to ret_new: the usual start of a change.
 */
int aas_store_copy_except(const bson_t *old_doc, bson_t *ret_new, const char *const *names) AAS_MUST_CHECK;

/** Remove at most limit (> 0) matching documents; ret_removed tells how many. At least one condition. */
int aas_store_remove(struct aas_store *s, enum aas_collection c, const struct aas_cond *where, size_t n_where,
                     size_t limit, size_t *ret_removed, struct aas_error *err) AAS_MUST_CHECK;

/* --- blobs: model files --------------------------------------------------------------------------------------------
 */

/** Store bytes under name (at most 512 bytes), replacing what is there. At most 256 MiB. */
int aas_store_blob_put(struct aas_store *s, const char *name, const void *data, size_t len,
                       struct aas_error *err) AAS_MUST_CHECK;
/** ret_data is malloc'ed, the caller frees. AAS_ENOENT. */
int aas_store_blob_get(struct aas_store *s, const char *name, void **ret_data, size_t *ret_len,
                       struct aas_error *err) AAS_MUST_CHECK;
/** 0 also when there was none. */
int aas_store_blob_remove(struct aas_store *s, const char *name, struct aas_error *err) AAS_MUST_CHECK;

typedef int aas_store_blob_each_fn(const char *name, size_t len, void *arg);
/** Name and size of every blob, by name. Non-zero from each ends it and is returned. */
int aas_store_blob_list(struct aas_store *s, aas_store_blob_each_fn *each, void *arg,
                        struct aas_error *err) AAS_MUST_CHECK;

/* --- the store as a whole: what aastreli-db calls ------------------------------------------------------------------
 */

/** Copy everything, as of one moment while others go on writing, into the new file path (a SQLite database without
 * WAL). AAS_ENOTSUP on MongoDB; AAS_EEXIST. */
int aas_store_backup(struct aas_store *s, const char *path, struct aas_error *err) AAS_MUST_CHECK;
/** Check the whole of a file that backup made, then replace everything by it in one transaction: other processes see
 * all of the old or all of the new. AAS_ECORRUPT, AAS_EMISMATCH (not ours): nothing has changed. AAS_ENOTSUP on
 * MongoDB. */
int aas_store_restore(struct aas_store *s, const char *path, struct aas_error *err) AAS_MUST_CHECK;

/* --- one field of a document ---------------------------------------------------------------------------------------
 */

/** Small typed readers for documents that this store gave; a missing or differently typed field gives `otherwise`.
 *  `path` may be dotted. The string is borrowed from doc. */
const char *aas_doc_str(const bson_t *doc, const char *path, const char *otherwise);
int64_t aas_doc_int(const bson_t *doc, const char *path, int64_t otherwise); /* int32, int64, and dates in ms */
double aas_doc_num(const bson_t *doc, const char *path, double otherwise);   /* any number */
bool aas_doc_bool(const bson_t *doc, const char *path, bool otherwise);
