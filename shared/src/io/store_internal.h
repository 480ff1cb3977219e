/* Between store.c, which checks and dispatches, and the drivers, which may trust what they are given. */
#pragma once

#include "aas/store.h"

#include <bson/bson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"

#define STORE_IN_MAX          1000
#define STORE_GROUP_MAX       3
#define STORE_SUM_MAX         8
#define STORE_SORT_TEXT_BYTES 160 /* longest text of a sort field that a cursor carries */

struct store_driver;

/** A checked query. field NULL in sort means _id. */
struct store_plan {
    enum aas_collection c;
    const struct aas_store_collection *coll;
    const struct aas_cond *where;
    size_t n_where;
    const struct aas_store_field *sort; /* NULL: _id */
    bool descending;
    size_t limit;
    /* where to go on: behind (after_value, after_id) */
    bool has_after;
    struct aas_value after_value;
    const char *after_id;
};

/** One document as a driver writes it: validated, its indexed fields taken out. Members are borrowed from `doc`. */
struct store_row {
    const bson_t *doc;
    const char *id;
    struct aas_value values[AAS_STORE_FIELDS_MAX]; /* AAS_VALUE_NULL where absent or null; in the order of the table */
    int64_t rev;                                   /* 0: collection without revisions */
};

struct store_driver_ops {
    const char *name;
    void (*close)(struct store_driver *d);
    int (*ping)(struct store_driver *d, struct aas_error *err);
    int (*ensure)(struct store_driver *d, struct aas_error *err);
    /* each is called per document; ret_full tells whether the limit ended it */
    int (*find)(struct store_driver *d, const struct store_plan *plan, aas_store_each_fn *each, void *arg,
                struct aas_error *err);
    int (*get)(struct store_driver *d, enum aas_collection c, const char *id, bson_t **ret_doc, struct aas_error *err);
    int (*count)(struct store_driver *d, const struct store_plan *plan, int64_t *ret_count, struct aas_error *err);
    int (*tally)(struct store_driver *d, const struct store_plan *plan, const struct aas_store_field *const *group,
                 size_t n_group, const struct aas_store_field *const *sum, size_t n_sum, aas_store_tally_fn *each,
                 void *arg, struct aas_error *err);
    /* rows[i] is written where outcomes[i] is 0 and gets its own outcome; returns non-zero when the call as a whole
     * failed */
    int (*insert)(struct store_driver *d, enum aas_collection c, const struct store_row *rows, size_t n, int *outcomes,
                  struct aas_error *err);
    /* row->rev is the new revision */
    int (*replace)(struct store_driver *d, enum aas_collection c, const struct store_row *row, int64_t expected_rev,
                   struct aas_error *err);
    int (*remove)(struct store_driver *d, const struct store_plan *plan, size_t limit, size_t *ret_removed,
                  struct aas_error *err);
    int (*blob_put)(struct store_driver *d, const char *name, const void *data, size_t len, struct aas_error *err);
    int (*blob_get)(struct store_driver *d, const char *name, void **ret_data, size_t *ret_len, struct aas_error *err);
    int (*blob_remove)(struct store_driver *d, const char *name, struct aas_error *err);
    int (*blob_list)(struct store_driver *d, aas_store_blob_each_fn *each, void *arg, struct aas_error *err);
    /* NULL: not supported */
    int (*backup)(struct store_driver *d, const char *path, struct aas_error *err);
    int (*restore)(struct store_driver *d, const char *path, struct aas_error *err);
};

/** First member of every driver's struct. */
struct store_driver {
    const struct store_driver_ops *ops;
};

int store_sqlite_open(struct store_driver **ret, const char *path, struct aas_error *err) AAS_MUST_CHECK;
int store_mongo_open(struct store_driver **ret, const char *url, struct aas_error *err) AAS_MUST_CHECK;

/* store_check.c */
/** Are these conditions on declared fields, with values of their kinds? AAS_EINVAL. */
int store_check_where(const struct aas_store_collection *coll, const struct aas_cond *where, size_t n,
                      struct aas_error *err) AAS_MUST_CHECK;
/** Take id and indexed fields out of doc, which must outlive row. AAS_EINVAL, AAS_ETOOBIG. */
int store_check_doc(const struct aas_store_collection *coll, const bson_t *doc, struct store_row *ret_row,
                    struct aas_error *err) AAS_MUST_CHECK;
/** A usable id: 1..512 bytes of UTF-8 without NUL. */
bool store_id_ok(const char *id, size_t len);
/** The value of the field in doc; AAS_VALUE_NULL when absent or null; AAS_EINVAL when of another type. */
int store_field_value(const struct aas_store_field *f, const bson_t *doc, struct aas_value *ret) AAS_MUST_CHECK;
enum aas_value_type store_value_type(enum aas_field_kind kind);
/** Does a unique index hold the sort field alone? Then there are no ties, and _id would only spoil the index's order.
 */
bool store_sort_is_unique(const struct store_plan *plan);
/** The iterator at a dotted path. */
bool store_iter_path(const bson_t *doc, const char *path, bson_iter_t *ret);

/* store_cursor.c */
/** Where the page that ends with doc stops, as text bound to plan's collection, filter and sort. AAS_ETOOBIG. */
int store_cursor_make(const struct store_plan *plan, const bson_t *last, char ret[AAS_STORE_CURSOR_BYTES],
                      struct aas_error *err) AAS_MUST_CHECK;
struct store_position {
    struct aas_value value;
    char text[STORE_SORT_TEXT_BYTES + 1];
    char id[AAS_STORE_ID_MAX_BYTES + 1];
};
/** Back into a position; AAS_EPARSE when it isn't one of this plan. */
int store_cursor_read(const struct store_plan *plan, const char *cursor, struct store_position *ret,
                      struct aas_error *err) AAS_MUST_CHECK;
