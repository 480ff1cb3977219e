/* MongoDB driver: collections and indexes from the table. Indexes of ours (by their name) that the table doesn't know
 * any more are dropped; those of other people stay. */
#include "store_mongo.h"

#include <string.h>

#define NAMESPACE_EXISTS 48

static int create_collection(struct mg_store *s, mongoc_client_t *client, const char *name, struct aas_error *err)
{
    bson_error_t e;
    MG_AUTO_BSON bson_t command = BSON_INITIALIZER;
    BSON_APPEND_UTF8(&command, "create", name);
    if (mongoc_client_write_command_with_opts(client, s->db, &command, NULL, NULL, &e) || e.code == NAMESPACE_EXISTS)
        return 0;
    return mg_fail(&e, name, err);
}

/* Which of the table's indexes the server has, and which of ours the table doesn't know any more. */
struct survey {
    bool there[AAS_STORE_INDEXES_MAX];
    size_t n_stale;
    char stale[32][128];
};

static void note_index(struct survey *v, const char *name, const struct aas_store_collection *coll)
{
    bool known = false;
    for (size_t i = 0; coll->indexes[i].fields[0] && !known; i++) {
        MG_AUTO_BSON bson_t spec = BSON_INITIALIZER;
        mg_put_index(&spec, &coll->indexes[i]);
        known = strcmp(aas_doc_str(&spec, "name", ""), name) == 0;
        v->there[i] = v->there[i] || known;
    }
    size_t len = strlen(name);
    bool ours = strncmp(name, MG_INDEX_PREFIX, strlen(MG_INDEX_PREFIX)) == 0;
    if (ours && !known && v->n_stale < sizeof v->stale / sizeof v->stale[0] && len < sizeof v->stale[0])
        memcpy(v->stale[v->n_stale++], name, len + 1);
}

static int survey_indexes(mongoc_collection_t *c, const struct aas_store_collection *coll, struct survey *ret,
                          struct aas_error *err)
{
    bson_error_t e;
    const bson_t *doc = NULL;
    MG_AUTO_CURSOR mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(c, NULL);
    while (mongoc_cursor_next(cursor, &doc))
        note_index(ret, aas_doc_str(doc, "name", ""), coll);
    return mongoc_cursor_error(cursor, &e) ? mg_fail(&e, coll->name, err) : 0;
}

static int create_missing(struct mg_store *s, mongoc_client_t *client, const struct aas_store_collection *coll,
                          const struct survey *v, struct aas_error *err)
{
    bson_error_t e;
    MG_AUTO_BSON bson_t command = BSON_INITIALIZER;
    bson_t list;
    uint32_t n = 0;
    BSON_APPEND_UTF8(&command, "createIndexes", coll->name);
    BSON_APPEND_ARRAY_BEGIN(&command, "indexes", &list);
    for (size_t i = 0; coll->indexes[i].fields[0]; i++) {
        char number[16];
        const char *key;
        bson_t spec;
        if (v->there[i])
            continue;
        (void)bson_uint32_to_string(n++, &key, number, sizeof number);
        BSON_APPEND_DOCUMENT_BEGIN(&list, key, &spec);
        mg_put_index(&spec, &coll->indexes[i]);
        bson_append_document_end(&list, &spec);
    }
    bson_append_array_end(&command, &list);
    if (n == 0 || mongoc_client_write_command_with_opts(client, s->db, &command, NULL, NULL, &e))
        return 0;
    return mg_fail(&e, coll->name, err);
}

static int ensure_indexes(struct mg_store *s, mongoc_client_t *client, const struct aas_store_collection *coll,
                          struct aas_error *err)
{
    bson_error_t e;
    struct survey v = {0};
    MG_AUTO_COLLECTION mongoc_collection_t *c = mongoc_client_get_collection(client, s->db, coll->name);
    int rc = survey_indexes(c, coll, &v, err);
    for (size_t i = 0; i < v.n_stale && rc == 0; i++)
        if (!mongoc_collection_drop_index(c, v.stale[i], &e))
            rc = mg_fail(&e, coll->name, err);
    return rc != 0 ? rc : create_missing(s, client, coll, &v, err);
}

int mg_ensure(struct store_driver *d, struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    mongoc_client_t *client = NULL;
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    for (int i = 0; i < AAS_COLL__COUNT && rc == 0; i++) {
        const struct aas_store_collection *coll = aas_store_collection((enum aas_collection)i);
        rc = create_collection(s, client, coll->name, err);
        if (rc == 0)
            rc = ensure_indexes(s, client, coll, err);
    }
    return mg_release(s, client, rc);
}
