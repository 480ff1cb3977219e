/* Typed readers of one field of a document; see aas/store.h. */
#include "store_internal.h"

#include <string.h>

bool store_iter_path(const bson_t *doc, const char *path, bson_iter_t *ret)
{
    bson_iter_t it;
    if (!bson_iter_init(&it, doc))
        return false;
    if (!strchr(path, '.')) {
        *ret = it;
        return bson_iter_find(ret, path);
    }
    return bson_iter_find_descendant(&it, path, ret);
}

const char *aas_doc_str(const bson_t *doc, const char *path, const char *otherwise)
{
    bson_iter_t it;
    if (!store_iter_path(doc, path, &it) || !BSON_ITER_HOLDS_UTF8(&it))
        return otherwise;
    return bson_iter_utf8(&it, NULL);
}

int64_t aas_doc_int(const bson_t *doc, const char *path, int64_t otherwise)
{
    bson_iter_t it;
    if (!store_iter_path(doc, path, &it))
        return otherwise;
    switch (bson_iter_type(&it)) {
    case BSON_TYPE_INT32:
        return bson_iter_int32(&it);
    case BSON_TYPE_INT64:
        return bson_iter_int64(&it);
    case BSON_TYPE_DATE_TIME:
        return bson_iter_date_time(&it);
    default:
        return otherwise;
    }
}

double aas_doc_num(const bson_t *doc, const char *path, double otherwise)
{
    bson_iter_t it;
    if (!store_iter_path(doc, path, &it))
        return otherwise;
    switch (bson_iter_type(&it)) {
    case BSON_TYPE_DOUBLE:
        return bson_iter_double(&it);
    case BSON_TYPE_INT32:
        return bson_iter_int32(&it);
    case BSON_TYPE_INT64:
        return (double)bson_iter_int64(&it);
    default:
        return otherwise;
    }
}

bool aas_doc_bool(const bson_t *doc, const char *path, bool otherwise)
{
    bson_iter_t it;
    if (!store_iter_path(doc, path, &it) || !BSON_ITER_HOLDS_BOOL(&it))
        return otherwise;
    return bson_iter_bool(&it);
}

int aas_store_copy_except(const bson_t *old_doc, bson_t *ret_new, const char *const *names)
{
    bson_iter_t it;
    if (!bson_iter_init(&it, old_doc))
        return AAS_ECORRUPT;
    while (bson_iter_next(&it)) {
        const char *key = bson_iter_key(&it);
        bool skip = strcmp(key, "rev") == 0;
        for (const char *const *name = names; !skip && name && *name; name++)
            skip = strcmp(key, *name) == 0;
        if (!skip && !bson_append_iter(ret_new, key, -1, &it))
            return AAS_ETOOBIG;
    }
    return it.err_off ? AAS_ECORRUPT : 0;
}
