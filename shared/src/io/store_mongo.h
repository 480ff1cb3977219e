/* The MongoDB driver's inside. A client of the pool per call; a breaker in front of it, so that a server that is away
 * costs one call's server selection (1.5 s) now and then instead of every call's. Lock: `lock` guards the breaker only
 * and is never held over a call of the library. */
#pragma once

#include "store_internal.h"

#include <mongoc/mongoc.h>
#include <pthread.h>

#include "aas/backoff.h"
#include "aas/clock.h"

#define MG_INDEX_PREFIX "aas:"

struct mg_store {
    struct store_driver base;
    mongoc_client_pool_t *pool;
    mongoc_client_pool_t *ping_pool; /* one client whose socket gives up sooner; past the breaker */
    char *db;
    pthread_mutex_t lock;
    unsigned failures; /* in a row */
    bool open, probing;
    struct aas_mono retry_at;
    struct aas_backoff backoff;
};

/* store_mongo.c */
int mg_acquire(struct mg_store *s, mongoc_client_t **ret, struct aas_error *err) AAS_MUST_CHECK;
/** Give the client back and tell the breaker how the call went. Returns rc. */
int mg_release(struct mg_store *s, mongoc_client_t *client, int rc);
/** Translate the library's error; what: "reading sensor_data". */
int mg_fail(const bson_error_t *e, const char *what, struct aas_error *err);
mongoc_collection_t *mg_collection(struct mg_store *s, mongoc_client_t *client, enum aas_collection c);

static inline void mg_auto_bson(bson_t *b)
{
    bson_destroy(b);
}
static inline void mg_auto_collection(mongoc_collection_t **c)
{
    if (*c)
        mongoc_collection_destroy(*c);
}
static inline void mg_auto_cursor(mongoc_cursor_t **c)
{
    if (*c)
        mongoc_cursor_destroy(*c);
}
#define MG_AUTO_BSON       __attribute__((cleanup(mg_auto_bson)))
#define MG_AUTO_COLLECTION __attribute__((cleanup(mg_auto_collection)))
#define MG_AUTO_CURSOR     __attribute__((cleanup(mg_auto_cursor)))

/* store_mongo_filter.c: pure */
void mg_append_value(bson_t *doc, const char *key, const struct aas_value *v);
/** Append plan's conditions, its position and "has the sort field" to an empty document. */
void mg_put_filter(bson_t *filter, const struct store_plan *plan);
void mg_put_sort(bson_t *sort, const struct store_plan *plan);
void mg_put_pipeline(bson_t *pipeline, const struct store_plan *plan, const struct aas_store_field *const *group,
                     size_t n_group, const struct aas_store_field *const *sum, size_t n_sum);
/** The specification of one index as createIndexes takes it. */
void mg_put_index(bson_t *spec, const struct aas_store_index *ix);

/* the operations */
int mg_ensure(struct store_driver *d, struct aas_error *err); /* _schema.c */
int mg_find(struct store_driver *d, const struct store_plan *plan, aas_store_each_fn *each, void *arg,
            struct aas_error *err); /* _read.c */
int mg_get(struct store_driver *d, enum aas_collection c, const char *id, bson_t **ret_doc, struct aas_error *err);
int mg_count(struct store_driver *d, const struct store_plan *plan, int64_t *ret_count, struct aas_error *err);
int mg_tally(struct store_driver *d, const struct store_plan *plan, const struct aas_store_field *const *group,
             size_t n_group, const struct aas_store_field *const *sum, size_t n_sum, aas_store_tally_fn *each,
             void *arg, struct aas_error *err);
int mg_insert(struct store_driver *d, enum aas_collection c, const struct store_row *rows, size_t n, int *outcomes,
              struct aas_error *err); /* _write.c */
int mg_replace(struct store_driver *d, enum aas_collection c, const struct store_row *row, int64_t expected_rev,
               struct aas_error *err);
int mg_remove(struct store_driver *d, const struct store_plan *plan, size_t limit, size_t *ret_removed,
              struct aas_error *err);
int mg_blob_put(struct store_driver *d, const char *name, const void *data, size_t len,
                struct aas_error *err); /* _blob.c */
int mg_blob_get(struct store_driver *d, const char *name, void **ret_data, size_t *ret_len, struct aas_error *err);
int mg_blob_remove(struct store_driver *d, const char *name, struct aas_error *err);
int mg_blob_list(struct store_driver *d, aas_store_blob_each_fn *each, void *arg, struct aas_error *err);
