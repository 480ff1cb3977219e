/* MongoDB driver: blobs in GridFS. A put uploads a new file under a new id and then deletes the older ones of that
 * name, so that a reader finds one of them whole at any time; the newest wins. */
#include "store_mongo.h"

#include <stdlib.h>
#include <string.h>

#include "aas/id.h"

static void value_of(const char *text, bson_value_t *ret)
{
    *ret = (bson_value_t){.value_type = BSON_TYPE_UTF8};
    ret->value.v_utf8.str = (char *)(uintptr_t)text;
    ret->value.v_utf8.len = (uint32_t)strlen(text);
}

static mongoc_gridfs_bucket_t *open_bucket(struct mg_store *s, mongoc_client_t *client, bson_error_t *e)
{
    mongoc_database_t *db = mongoc_client_get_database(client, s->db);
    mongoc_gridfs_bucket_t *bucket = mongoc_gridfs_bucket_new(db, NULL, NULL, e);
    mongoc_database_destroy(db);
    return bucket;
}

/* Files called name, newest first. */
static mongoc_cursor_t *list_files(mongoc_gridfs_bucket_t *bucket, const char *name)
{
    MG_AUTO_BSON bson_t filter = BSON_INITIALIZER;
    MG_AUTO_BSON bson_t opts = BSON_INITIALIZER;
    bson_t sort;
    BSON_APPEND_UTF8(&filter, "filename", name);
    BSON_APPEND_DOCUMENT_BEGIN(&opts, "sort", &sort);
    BSON_APPEND_INT32(&sort, "_id", -1);
    bson_append_document_end(&opts, &sort);
    return mongoc_gridfs_bucket_find(bucket, &filter, &opts);
}

/* Delete all files called name whose id is less than before (NULL: all). */
static int delete_files(mongoc_gridfs_bucket_t *bucket, const char *name, const char *before, bson_error_t *e)
{
    const bson_t *doc = NULL;
    char ids[64][AAS_ID_SIZE];
    size_t n = 0;
    {
        MG_AUTO_CURSOR mongoc_cursor_t *cursor = list_files(bucket, name);
        while (n < 64 && mongoc_cursor_next(cursor, &doc)) {
            const char *id = aas_doc_str(doc, "_id", "");
            if (strlen(id) == AAS_ID_LEN && (!before || strcmp(id, before) < 0))
                memcpy(ids[n++], id, AAS_ID_SIZE);
        }
        if (mongoc_cursor_error(cursor, e))
            return -1;
    }
    for (size_t i = 0; i < n; i++) {
        bson_value_t id;
        value_of(ids[i], &id);
        /* "not found" means that somebody else was faster */
        if (!mongoc_gridfs_bucket_delete_by_id(bucket, &id, e) && e->domain != MONGOC_ERROR_GRIDFS)
            return -1;
    }
    return 0;
}

static int upload(mongoc_gridfs_bucket_t *bucket, const char *id_text, const char *name, const char *data, size_t len,
                  bson_error_t *e)
{
    bson_value_t id;
    value_of(id_text, &id);
    mongoc_stream_t *stream = mongoc_gridfs_bucket_open_upload_stream_with_id(bucket, &id, name, NULL, e);
    if (!stream)
        return -1;
    size_t at = 0;
    bool ok = true;
    while (at < len && ok) {
        size_t n = len - at < 1024 * 1024 ? len - at : 1024 * 1024;
        ssize_t put = mongoc_stream_write(stream, (void *)(uintptr_t)(data + at), n, 0);
        ok = put > 0;
        at += ok ? (size_t)put : 0;
    }
    if (ok)
        ok = mongoc_stream_close(stream) == 0;
    if (!ok) {
        if (!mongoc_gridfs_bucket_stream_error(stream, e))
            bson_set_error(e, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, "the upload was cut off");
        (void)mongoc_gridfs_bucket_abort_upload(stream);
    }
    mongoc_stream_destroy(stream);
    return ok ? 0 : -1;
}

int mg_blob_put(struct store_driver *d, const char *name, const void *data, size_t len, struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    mongoc_client_t *client = NULL;
    bson_error_t e = {0};
    char id[AAS_ID_SIZE];
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    aas_id_new(aas_clock_wall_ms(), id);
    mongoc_gridfs_bucket_t *bucket = open_bucket(s, client, &e);
    if (!bucket || upload(bucket, id, name, data, len, &e) != 0 || delete_files(bucket, name, id, &e) != 0)
        rc = mg_fail(&e, "storing a blob", err);
    if (bucket)
        mongoc_gridfs_bucket_destroy(bucket);
    return mg_release(s, client, rc);
}

int mg_blob_remove(struct store_driver *d, const char *name, struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    mongoc_client_t *client = NULL;
    bson_error_t e = {0};
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    mongoc_gridfs_bucket_t *bucket = open_bucket(s, client, &e);
    if (!bucket || delete_files(bucket, name, NULL, &e) != 0)
        rc = mg_fail(&e, "removing a blob", err);
    if (bucket)
        mongoc_gridfs_bucket_destroy(bucket);
    return mg_release(s, client, rc);
}

static int download(mongoc_gridfs_bucket_t *bucket, const char *id_text, char *data, size_t len, bson_error_t *e)
{
    bson_value_t id;
    value_of(id_text, &id);
    mongoc_stream_t *stream = mongoc_gridfs_bucket_open_download_stream(bucket, &id, e);
    if (!stream)
        return -1;
    size_t at = 0;
    ssize_t got = 1;
    while (at < len && got > 0) {
        got = mongoc_stream_read(stream, data + at, len - at, 1, 0);
        at += got > 0 ? (size_t)got : 0;
    }
    bool failed = at < len && mongoc_gridfs_bucket_stream_error(stream, e);
    mongoc_stream_destroy(stream);
    if (at < len && !failed)
        bson_set_error(e, MONGOC_ERROR_GRIDFS, MONGOC_ERROR_GRIDFS_CORRUPT, "the file is shorter than it says");
    return at < len ? -1 : 0;
}

/* AAS_EAGAIN: the file went while it was read, because a newer one replaced it. */
static int get_once(struct mg_store *s, const char *name, char **ret, size_t *ret_len, struct aas_error *err)
{
    mongoc_client_t *client = NULL;
    bson_error_t e = {0};
    const bson_t *doc = NULL;
    char id[AAS_ID_SIZE] = "";
    int64_t len = -1;
    char *data = NULL;
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    mongoc_gridfs_bucket_t *bucket = open_bucket(s, client, &e);
    if (!bucket) {
        rc = mg_fail(&e, "reading a blob", err);
        return mg_release(s, client, rc);
    }
    {
        MG_AUTO_CURSOR mongoc_cursor_t *cursor = list_files(bucket, name);
        if (mongoc_cursor_next(cursor, &doc) && strlen(aas_doc_str(doc, "_id", "")) == AAS_ID_LEN) {
            memcpy(id, aas_doc_str(doc, "_id", ""), AAS_ID_SIZE);
            len = aas_doc_int(doc, "length", 0);
        } else if (mongoc_cursor_error(cursor, &e)) {
            rc = mg_fail(&e, "reading a blob", err);
        } else {
            rc = aas_error_set(err, AAS_ENOENT, "no blob %.120s", name);
        }
    }
    if (rc == 0) {
        data = malloc((size_t)len + 1);
        if (!data)
            rc = aas_error_set(err, AAS_ENOMEM, "no memory for the blob %.120s", name);
        else if (len > 0 && download(bucket, id, data, (size_t)len, &e) != 0)
            rc = e.domain == MONGOC_ERROR_GRIDFS ? aas_error_set(err, AAS_EAGAIN, "the blob %.120s is incomplete", name)
                                                 : mg_fail(&e, "reading a blob", err);
    }
    mongoc_gridfs_bucket_destroy(bucket);
    if (rc == 0) {
        *ret = data;
        *ret_len = (size_t)len;
    } else {
        free(data);
    }
    return mg_release(s, client, rc);
}

int mg_blob_get(struct store_driver *d, const char *name, void **ret_data, size_t *ret_len, struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    char *data = NULL;
    int rc = AAS_EAGAIN;
    for (int i = 0; i < 3 && (rc == AAS_EAGAIN || (i == 1 && rc == AAS_EUNAVAILABLE)); i++)
        rc = get_once(s, name, &data, ret_len, err);
    if (rc == AAS_EAGAIN)
        rc = aas_error_set(err, AAS_ECORRUPT, "the blob %.120s is incomplete", name);
    if (rc == 0)
        *ret_data = data;
    return rc;
}

int mg_blob_list(struct store_driver *d, aas_store_blob_each_fn *each, void *arg, struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    mongoc_client_t *client = NULL;
    bson_error_t e = {0};
    const bson_t *doc = NULL;
    char last[AAS_STORE_ID_MAX_BYTES + 1] = "";
    int from_each = 0;
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    mongoc_gridfs_bucket_t *bucket = open_bucket(s, client, &e);
    if (!bucket) {
        rc = mg_fail(&e, "listing blobs", err);
        return mg_release(s, client, rc);
    }
    {
        bson_t sort;
        MG_AUTO_BSON bson_t all = BSON_INITIALIZER;
        MG_AUTO_BSON bson_t opts = BSON_INITIALIZER;
        BSON_APPEND_DOCUMENT_BEGIN(&opts, "sort", &sort);
        BSON_APPEND_INT32(&sort, "filename", 1);
        BSON_APPEND_INT32(&sort, "_id", -1);
        bson_append_document_end(&opts, &sort);
        MG_AUTO_CURSOR mongoc_cursor_t *cursor = mongoc_gridfs_bucket_find(bucket, &all, &opts);
        while (from_each == 0 && mongoc_cursor_next(cursor, &doc)) {
            const char *name = aas_doc_str(doc, "filename", "");
            if (strcmp(name, last) == 0 || strlen(name) >= sizeof last)
                continue; /* an older one of the same name, which a put is about to delete */
            memcpy(last, name, strlen(name) + 1);
            from_each = each(name, (size_t)aas_doc_int(doc, "length", 0), arg);
        }
        if (from_each == 0 && mongoc_cursor_error(cursor, &e))
            rc = mg_fail(&e, "listing blobs", err);
    }
    mongoc_gridfs_bucket_destroy(bucket);
    rc = mg_release(s, client, rc);
    return rc != 0 ? rc : from_each;
}
