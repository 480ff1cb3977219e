/* What both drivers refuse alike: filters on fields without an index, values of another kind, documents whose indexed
 * fields have another type than the table says (they would be invisible to one driver's queries and not to the
 * other's). Pure. */
#include "store_internal.h"

#include <math.h>
#include <string.h>

#include "aas/str.h"

static const struct aas_store_field id_field = {.path = "_id", .kind = AAS_KIND_STR};

enum aas_value_type store_value_type(enum aas_field_kind kind)
{
    switch (kind) {
    case AAS_KIND_STR:
        return AAS_VALUE_STR;
    case AAS_KIND_INT:
        return AAS_VALUE_INT;
    case AAS_KIND_NUM:
        return AAS_VALUE_NUM;
    case AAS_KIND_BOOL:
        return AAS_VALUE_BOOL;
    case AAS_KIND_TIME:
        return AAS_VALUE_TIME;
    }
    return AAS_VALUE_NULL;
}

bool store_id_ok(const char *id, size_t len)
{
    return len > 0 && len <= AAS_STORE_ID_MAX_BYTES && !memchr(id, '\0', len) &&
           aas_str_is_utf8((struct aas_str){id, len});
}

static int check_value(const struct aas_store_field *f, const struct aas_value *v, struct aas_error *err)
{
    if (v->type != store_value_type(f->kind) || (v->type == AAS_VALUE_STR && !v->v.s))
        return aas_error_set(err, AAS_EINVAL, "a condition on %s compares with a value of another type", f->path);
    if (v->type == AAS_VALUE_NUM && !isfinite(v->v.d))
        return aas_error_set(err, AAS_EINVAL, "a condition on %s compares with a number that isn't finite", f->path);
    return 0;
}

int store_check_where(const struct aas_store_collection *coll, const struct aas_cond *where, size_t n,
                      struct aas_error *err)
{
    if (n > AAS_STORE_FILTER_MAX)
        return aas_error_set(err, AAS_EINVAL, "%zu conditions, at most %d", n, AAS_STORE_FILTER_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct aas_cond *w = &where[i];
        const struct aas_store_field *f = strcmp(w->field, "_id") == 0 ? &id_field : aas_store_field(coll, w->field);
        if (!f)
            return aas_error_set(err, AAS_EINVAL, "%s has no index on %s, so it can't be filtered by it", coll->name,
                                 w->field);
        if (w->op > AAS_OP_IN)
            return aas_error_set(err, AAS_EINVAL, "unknown operator in a condition on %s", w->field);
        if (w->op == AAS_OP_IN && w->n_in > STORE_IN_MAX)
            return aas_error_set(err, AAS_EINVAL, "%zu values in a condition on %s, at most %d", w->n_in, w->field,
                                 STORE_IN_MAX);
        const struct aas_value *v = w->op == AAS_OP_IN ? w->in : &w->value;
        size_t values = w->op == AAS_OP_IN ? w->n_in : 1;
        for (size_t k = 0; k < values; k++) {
            int rc = check_value(f, &v[k], err);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}

int store_field_value(const struct aas_store_field *f, const bson_t *doc, struct aas_value *ret)
{
    bson_iter_t it;
    *ret = (struct aas_value){.type = AAS_VALUE_NULL};
    if (!store_iter_path(doc, f->path, &it) || BSON_ITER_HOLDS_NULL(&it))
        return 0;
    bson_type_t type = bson_iter_type(&it);
    uint32_t len = 0;
    switch (f->kind) {
    case AAS_KIND_STR:
        if (type != BSON_TYPE_UTF8)
            return AAS_EINVAL;
        *ret = AAS_V_STR(bson_iter_utf8(&it, &len));
        return strlen(ret->v.s) == len ? 0 : AAS_EINVAL;
    case AAS_KIND_INT:
        if (type != BSON_TYPE_INT64 && type != BSON_TYPE_INT32)
            return AAS_EINVAL;
        *ret = AAS_V_INT(bson_iter_as_int64(&it));
        return 0;
    case AAS_KIND_NUM:
        if (type != BSON_TYPE_DOUBLE && type != BSON_TYPE_INT64 && type != BSON_TYPE_INT32)
            return AAS_EINVAL;
        *ret = AAS_V_NUM(type == BSON_TYPE_DOUBLE ? bson_iter_double(&it) : (double)bson_iter_as_int64(&it));
        return isfinite(ret->v.d) ? 0 : AAS_EINVAL;
    case AAS_KIND_BOOL:
        if (type != BSON_TYPE_BOOL)
            return AAS_EINVAL;
        *ret = AAS_V_BOOL(bson_iter_bool(&it));
        return 0;
    case AAS_KIND_TIME:
        if (type != BSON_TYPE_DATE_TIME)
            return AAS_EINVAL;
        *ret = AAS_V_TIME(bson_iter_date_time(&it));
        return 0;
    }
    return AAS_EINVAL;
}

static const char *kind_text(enum aas_field_kind kind)
{
    static const char *const names[] = {"a string", "an integer", "a finite number", "a boolean", "a date"};
    return names[kind];
}

bool store_sort_is_unique(const struct store_plan *plan)
{
    if (!plan->sort)
        return false;
    for (const struct aas_store_index *ix = plan->coll->indexes; ix->fields[0]; ix++)
        if (ix->unique && !ix->fields[1] && strcmp(ix->fields[0], plan->sort->path) == 0)
            return true;
    return false;
}

/* A unique field that is null would count as a value on one driver and as absent on the other. */
static int check_unique(const struct aas_store_collection *coll, const struct store_row *row, struct aas_error *err)
{
    for (const struct aas_store_index *ix = coll->indexes; ix->fields[0]; ix++) {
        bson_iter_t it;
        if (ix->unique && store_iter_path(row->doc, ix->fields[0], &it) && BSON_ITER_HOLDS_NULL(&it))
            return aas_error_set(err, AAS_EINVAL, "%s %.200s: %s is unique and may be absent, but not null", coll->name,
                                 row->id, ix->fields[0]);
    }
    return 0;
}

int store_check_doc(const struct aas_store_collection *coll, const bson_t *doc, struct store_row *ret_row,
                    struct aas_error *err)
{
    bson_iter_t it;
    uint32_t id_len = 0;
    struct store_row row = {.doc = doc};
    if (doc->len > AAS_STORE_DOC_MAX_BYTES - 64) /* room for `rev` */
        return aas_error_set(err, AAS_ETOOBIG, "a document for %s has %u bytes, at most 16 MiB", coll->name, doc->len);
    if (!store_iter_path(doc, "_id", &it) || !BSON_ITER_HOLDS_UTF8(&it))
        return aas_error_set(err, AAS_EINVAL, "a document for %s has no string _id", coll->name);
    row.id = bson_iter_utf8(&it, &id_len);
    if (!store_id_ok(row.id, id_len))
        return aas_error_set(err, AAS_EINVAL, "a document for %s has an _id that isn't 1 to %d bytes of text",
                             coll->name, AAS_STORE_ID_MAX_BYTES);
    for (size_t i = 0; coll->fields[i].path; i++)
        if (store_field_value(&coll->fields[i], doc, &row.values[i]) != 0)
            return aas_error_set(err, AAS_EINVAL, "%s %.120s: %s must be %s", coll->name, row.id, coll->fields[i].path,
                                 kind_text(coll->fields[i].kind));
    int rc = check_unique(coll, &row, err);
    if (rc == 0)
        *ret_row = row;
    return rc;
}
