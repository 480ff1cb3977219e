/* MongoDB driver: insert, replace, remove. */
#include "store_mongo.h"

#include <stdlib.h>
#include <string.h>

#include "aas/cleanup.h"

/* Field names are ours, and channel names may hold dots: no checks by the library. */
static void no_validation(bson_t *opts)
{
    bson_init(opts);
    BSON_APPEND_BOOL(opts, "validate", false);
}

/* Set the outcomes that the reply's writeErrors tell; place[k] is the row of the k-th document sent. */
static int read_write_errors(const bson_t *reply, const size_t *place, size_t n_sent, int *outcomes,
                             struct aas_error *err)
{
    bson_iter_t it;
    bson_iter_t list;
    int first = 0;
    if (!bson_iter_init_find(&it, reply, "writeErrors") || !bson_iter_recurse(&it, &list))
        return 0;
    while (bson_iter_next(&list)) {
        uint32_t len = 0;
        const uint8_t *bytes = NULL;
        bson_t one;
        if (!BSON_ITER_HOLDS_DOCUMENT(&list))
            continue;
        bson_iter_document(&list, &len, &bytes);
        if (!bson_init_static(&one, bytes, len))
            continue;
        int64_t index = aas_doc_int(&one, "index", -1);
        if (index < 0 || (size_t)index >= n_sent)
            continue;
        bson_error_t e = {.domain = MONGOC_ERROR_SERVER, .code = (uint32_t)aas_doc_int(&one, "code", 0)};
        (void)snprintf(e.message, sizeof e.message, "%s", aas_doc_str(&one, "errmsg", "unknown error"));
        struct aas_error own = AAS_ERROR_NONE;
        int code = mg_fail(&e, "inserting", &own);
        outcomes[place[index]] = code;
        if (code != AAS_EDUPLICATE && first == 0)
            first = aas_error_set(err, code, "%s", own.msg);
    }
    return first;
}

static bool has_list(const bson_t *reply, const char *name)
{
    bson_iter_t it;
    bson_iter_t list;
    return bson_iter_init_find(&it, reply, name) && bson_iter_recurse(&it, &list) && bson_iter_next(&list);
}

static int insert_once(struct mg_store *s, enum aas_collection c, const struct store_row *rows, const size_t *place,
                       size_t n, int *outcomes, struct aas_error *err)
{
    mongoc_client_t *client = NULL;
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    {
        bson_error_t e = {0};
        bson_t reply;
        MG_AUTO_BSON bson_t opts = BSON_INITIALIZER;
        MG_AUTO_BSON bson_t each;
        MG_AUTO_COLLECTION mongoc_collection_t *coll = mg_collection(s, client, c);
        no_validation(&each);
        BSON_APPEND_BOOL(&opts, "ordered", false);
        mongoc_bulk_operation_t *bulk = mongoc_collection_create_bulk_operation_with_opts(coll, &opts);
        bool ok = true;
        for (size_t k = 0; k < n && ok; k++)
            ok = mongoc_bulk_operation_insert_with_opts(bulk, rows[place[k]].doc, &each, &e);
        if (!ok) {
            rc = mg_fail(&e, "inserting", err);
        } else {
            ok = mongoc_bulk_operation_execute(bulk, &reply, &e) != 0;
            if (!ok) {
                bool told = has_list(&reply, "writeErrors");
                rc = read_write_errors(&reply, place, n, outcomes, err);
                if (rc != AAS_EUNAVAILABLE &&
                    (!told || has_list(&reply, "writeConcernErrors") || e.domain == MONGOC_ERROR_STREAM))
                    rc = mg_fail(&e, "inserting", err);
                else if (rc != AAS_EUNAVAILABLE)
                    rc = 0; /* each document has its own outcome */
            }
            bson_destroy(&reply);
        }
        mongoc_bulk_operation_destroy(bulk);
    }
    return mg_release(s, client, rc);
}

int mg_insert(struct store_driver *d, enum aas_collection c, const struct store_row *rows, size_t n, int *outcomes,
              struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    size_t sent = 0;
    AAS_AUTO_FREE size_t *place = calloc(n, sizeof *place);
    if (!place)
        return aas_error_set(err, AAS_ENOMEM, "no memory for %zu documents", n);
    for (size_t i = 0; i < n; i++)
        if (outcomes[i] == 0)
            place[sent++] = i;
    int rc = sent == 0 ? 0 : insert_once(s, c, rows, place, sent, outcomes, err);
    for (size_t k = 0; k < sent && rc != 0; k++)
        if (outcomes[place[k]] == 0)
            outcomes[place[k]] = rc; /* stored or not: nobody knows */
    return rc;
}

static int conflict(const char *coll, const struct store_row *row, struct aas_error *err)
{
    return aas_error_set(err, AAS_ECONFLICT, "%s %.120s has been changed meanwhile", coll, row->id);
}

static int replace_once(struct mg_store *s, enum aas_collection c, const struct store_row *row, int64_t expected_rev,
                        struct aas_error *err)
{
    mongoc_client_t *client = NULL;
    const char *name = aas_store_collection(c)->name;
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    {
        bson_error_t e = {0};
        bson_t reply = BSON_INITIALIZER;
        MG_AUTO_BSON bson_t opts;
        MG_AUTO_BSON bson_t key = BSON_INITIALIZER;
        MG_AUTO_COLLECTION mongoc_collection_t *coll = mg_collection(s, client, c);
        no_validation(&opts);
        if (expected_rev == 0) {
            if (!mongoc_collection_insert_one(coll, row->doc, &opts, NULL, &e))
                rc = mg_fail(&e, name, err);
        } else {
            BSON_APPEND_UTF8(&key, "_id", row->id);
            BSON_APPEND_INT64(&key, "rev", expected_rev);
            bson_destroy(&reply);
            if (!mongoc_collection_replace_one(coll, &key, row->doc, &opts, &reply, &e))
                rc = mg_fail(&e, name, err);
            else if (aas_doc_int(&reply, "matchedCount", 0) == 0)
                rc = conflict(name, row, err);
        }
        bson_destroy(&reply);
    }
    return mg_release(s, client, rc);
}

int mg_replace(struct store_driver *d, enum aas_collection c, const struct store_row *row, int64_t expected_rev,
               struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    int rc = replace_once(s, c, row, expected_rev, err);
    if (rc != AAS_EDUPLICATE)
        return rc;
    const char *name = aas_store_collection(c)->name;
    if (expected_rev == 0) { /* by its _id, or by another unique field? */
        bson_t *doc = NULL;
        int found = mg_get(d, c, row->id, &doc, err);
        if (found == 0) {
            bson_destroy(doc);
            return conflict(name, row, err);
        }
        if (found != AAS_ENOENT)
            return found;
    }
    return aas_error_set(err, AAS_EDUPLICATE, "%s %.120s: a unique field has the value of another document", name,
                         row->id);
}

/* ---- remove: ids first, as a deletion has no limit of its own ---- */

#define REMOVE_BATCH 1000

static int collect_ids(mongoc_collection_t *coll, const bson_t *filter, size_t limit, bson_t *ids, size_t *ret_n,
                       bson_error_t *e)
{
    MG_AUTO_BSON bson_t opts = BSON_INITIALIZER;
    bson_t fields;
    const bson_t *doc = NULL;
    size_t n = 0;
    BSON_APPEND_INT64(&opts, "limit", (int64_t)limit);
    BSON_APPEND_DOCUMENT_BEGIN(&opts, "projection", &fields);
    BSON_APPEND_INT32(&fields, "_id", 1);
    bson_append_document_end(&opts, &fields);
    MG_AUTO_CURSOR mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(coll, filter, &opts, NULL);
    while (mongoc_cursor_next(cursor, &doc)) {
        char number[16];
        const char *key;
        (void)bson_uint32_to_string((uint32_t)n++, &key, number, sizeof number);
        BSON_APPEND_UTF8(ids, key, aas_doc_str(doc, "_id", ""));
    }
    *ret_n = n;
    return mongoc_cursor_error(cursor, e) ? -1 : 0;
}

static int remove_batch(struct mg_store *s, const struct store_plan *plan, size_t limit, size_t *ret_found,
                        size_t *ret_removed, struct aas_error *err)
{
    mongoc_client_t *client = NULL;
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    {
        bson_error_t e = {0};
        bson_t inner;
        bson_t reply = BSON_INITIALIZER;
        MG_AUTO_BSON bson_t filter = BSON_INITIALIZER;
        MG_AUTO_BSON bson_t ids = BSON_INITIALIZER;
        MG_AUTO_COLLECTION mongoc_collection_t *coll = mg_collection(s, client, plan->c);
        mg_put_filter(&filter, plan);
        if (collect_ids(coll, &filter, limit, &ids, ret_found, &e) != 0) {
            rc = mg_fail(&e, plan->coll->name, err);
        } else if (*ret_found > 0) {
            /* with the condition again: what has changed since is left alone */
            BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &inner);
            BSON_APPEND_ARRAY(&inner, "$in", &ids);
            bson_append_document_end(&filter, &inner);
            bson_destroy(&reply);
            if (!mongoc_collection_delete_many(coll, &filter, NULL, &reply, &e))
                rc = mg_fail(&e, plan->coll->name, err);
            else
                *ret_removed += (size_t)aas_doc_int(&reply, "deletedCount", 0);
        }
        bson_destroy(&reply);
    }
    return mg_release(s, client, rc);
}

int mg_remove(struct store_driver *d, const struct store_plan *plan, size_t limit, size_t *ret_removed,
              struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    size_t removed = 0;
    int rc = 0;
    while (rc == 0 && removed < limit) {
        size_t found = 0;
        size_t n = limit - removed < REMOVE_BATCH ? limit - removed : REMOVE_BATCH;
        size_t before = removed;
        rc = remove_batch(s, plan, n, &found, &removed, err);
        if (found < n || removed == before)
            break;
    }
    if (rc == 0 && ret_removed)
        *ret_removed = removed;
    return rc;
}
