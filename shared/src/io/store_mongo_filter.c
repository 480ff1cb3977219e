/* MongoDB driver: plans as filters, sorts, pipelines and index specifications. Pure. A missing field and a null are the
 * same to us: every comparison here is with a value of one type, and MongoDB compares within a type only. */
#include "store_mongo.h"

#include <math.h>
#include <string.h>

#define YEAR_1_MS INT64_C(-62135596800000)

void mg_append_value(bson_t *doc, const char *key, const struct aas_value *v)
{
    switch (v->type) {
    case AAS_VALUE_STR:
        BSON_APPEND_UTF8(doc, key, v->v.s);
        return;
    case AAS_VALUE_INT:
        BSON_APPEND_INT64(doc, key, v->v.i);
        return;
    case AAS_VALUE_TIME:
        BSON_APPEND_DATE_TIME(doc, key, v->v.i);
        return;
    case AAS_VALUE_NUM:
        BSON_APPEND_DOUBLE(doc, key, v->v.d);
        return;
    case AAS_VALUE_BOOL:
        BSON_APPEND_BOOL(doc, key, v->v.b);
        return;
    case AAS_VALUE_NULL:
        break;
    }
    BSON_APPEND_NULL(doc, key);
}

struct list {
    bson_t array;
    uint32_t n;
};

static void list_add(struct list *l, const bson_t *doc)
{
    char number[16];
    const char *key;
    (void)bson_uint32_to_string(l->n++, &key, number, sizeof number);
    BSON_APPEND_DOCUMENT(&l->array, key, doc);
}

/* {field: {op: value}} */
static void add_comparison(struct list *l, const char *field, const char *op, const struct aas_value *v)
{
    MG_AUTO_BSON bson_t doc = BSON_INITIALIZER;
    bson_t inner;
    BSON_APPEND_DOCUMENT_BEGIN(&doc, field, &inner);
    mg_append_value(&inner, op, v);
    bson_append_document_end(&doc, &inner);
    list_add(l, &doc);
}

static void add_in(struct list *l, const char *field, const struct aas_value *in, size_t n)
{
    MG_AUTO_BSON bson_t doc = BSON_INITIALIZER;
    bson_t inner;
    bson_t values;
    BSON_APPEND_DOCUMENT_BEGIN(&doc, field, &inner);
    BSON_APPEND_ARRAY_BEGIN(&inner, "$in", &values);
    for (size_t i = 0; i < n; i++) {
        char number[16];
        const char *key;
        (void)bson_uint32_to_string((uint32_t)i, &key, number, sizeof number);
        mg_append_value(&values, key, &in[i]);
    }
    bson_append_array_end(&inner, &values);
    bson_append_document_end(&doc, &inner);
    list_add(l, &doc);
}

/* "Has this field, of its type": at least the type's least value. */
static void add_present(struct list *l, const struct aas_store_field *f)
{
    static const struct aas_value both[] = {AAS_V_BOOL(false), AAS_V_BOOL(true)};
    struct aas_value least = AAS_V_STR("");
    if (f->kind == AAS_KIND_BOOL) {
        add_in(l, f->path, both, 2);
        return;
    }
    if (f->kind == AAS_KIND_TIME)
        least = AAS_V_TIME(YEAR_1_MS);
    else if (f->kind == AAS_KIND_INT || f->kind == AAS_KIND_NUM)
        least = AAS_V_NUM(-INFINITY);
    add_comparison(l, f->path, "$gte", &least);
}

/* Behind (value, id): a plain bound on the sort field first, which an index range can use, then the exact rule. */
static void add_position(struct list *l, const struct store_plan *plan)
{
    const char *beyond = plan->descending ? "$lt" : "$gt";
    const struct aas_value id = AAS_V_STR(plan->after_id);
    if (!plan->sort) {
        add_comparison(l, "_id", beyond, &id);
        return;
    }
    if (store_sort_is_unique(plan)) {
        add_comparison(l, plan->sort->path, beyond, &plan->after_value);
        return;
    }
    add_comparison(l, plan->sort->path, plan->descending ? "$lte" : "$gte", &plan->after_value);
    struct list either = {.array = BSON_INITIALIZER};
    MG_AUTO_BSON bson_t doc = BSON_INITIALIZER;
    add_comparison(&either, plan->sort->path, beyond, &plan->after_value);
    add_comparison(&either, "_id", beyond, &id);
    BSON_APPEND_ARRAY(&doc, "$or", &either.array);
    list_add(l, &doc);
    bson_destroy(&either.array);
}

void mg_put_filter(bson_t *filter, const struct store_plan *plan)
{
    static const char *const ops[] = {"$eq", "$gte", "$gt", "$lte", "$lt"};
    struct list all = {.array = BSON_INITIALIZER};
    bool on_sort = false;
    for (size_t i = 0; i < plan->n_where; i++) {
        const struct aas_cond *w = &plan->where[i];
        if (w->op == AAS_OP_IN)
            add_in(&all, w->field, w->in, w->n_in);
        else
            add_comparison(&all, w->field, ops[w->op], &w->value);
        on_sort = on_sort || (plan->sort && strcmp(w->field, plan->sort->path) == 0);
    }
    if (plan->sort && !on_sort && !plan->has_after)
        add_present(&all, plan->sort);
    if (plan->has_after)
        add_position(&all, plan);
    if (all.n > 0)
        BSON_APPEND_ARRAY(filter, "$and", &all.array);
    bson_destroy(&all.array);
}

void mg_put_sort(bson_t *sort, const struct store_plan *plan)
{
    int32_t direction = plan->descending ? -1 : 1;
    if (plan->sort)
        BSON_APPEND_INT32(sort, plan->sort->path, direction);
    if (!store_sort_is_unique(plan)) /* also because MongoDB would sort in memory */
        BSON_APPEND_INT32(sort, "_id", direction);
}

static void put_reference(bson_t *doc, const char *key, const char *op, const char *field)
{
    char path[128];
    bson_t inner;
    (void)snprintf(path, sizeof path, "$%s", field);
    if (!op) {
        BSON_APPEND_UTF8(doc, key, path);
        return;
    }
    BSON_APPEND_DOCUMENT_BEGIN(doc, key, &inner);
    BSON_APPEND_UTF8(&inner, op, path);
    bson_append_document_end(doc, &inner);
}

static void put_group(bson_t *stage, const struct aas_store_field *const *group, size_t n_group,
                      const struct aas_store_field *const *sum, size_t n_sum)
{
    char key[24];
    bson_t spec;
    bson_t inner;
    BSON_APPEND_DOCUMENT_BEGIN(stage, "$group", &spec);
    BSON_APPEND_DOCUMENT_BEGIN(&spec, "_id", &inner);
    for (size_t i = 0; i < n_group; i++) {
        (void)snprintf(key, sizeof key, "k%u", (unsigned)i % 100);
        put_reference(&inner, key, NULL, group[i]->path);
    }
    bson_append_document_end(&spec, &inner);
    BSON_APPEND_DOCUMENT_BEGIN(&spec, "n", &inner);
    BSON_APPEND_INT32(&inner, "$sum", 1);
    bson_append_document_end(&spec, &inner);
    for (size_t i = 0; i < n_sum; i++) {
        (void)snprintf(key, sizeof key, "s%u", (unsigned)i % 100);
        put_reference(&spec, key, "$sum", sum[i]->path);
    }
    bson_append_document_end(stage, &spec);
}

void mg_put_pipeline(bson_t *pipeline, const struct store_plan *plan, const struct aas_store_field *const *group,
                     size_t n_group, const struct aas_store_field *const *sum, size_t n_sum)
{
    struct list stages = {.array = BSON_INITIALIZER};
    MG_AUTO_BSON bson_t match = BSON_INITIALIZER;
    MG_AUTO_BSON bson_t grouping = BSON_INITIALIZER;
    MG_AUTO_BSON bson_t sort = BSON_INITIALIZER;
    bson_t inner;
    BSON_APPEND_DOCUMENT_BEGIN(&match, "$match", &inner);
    mg_put_filter(&inner, plan);
    bson_append_document_end(&match, &inner);
    list_add(&stages, &match);
    put_group(&grouping, group, n_group, sum, n_sum);
    list_add(&stages, &grouping);
    if (n_group > 0) {
        BSON_APPEND_DOCUMENT_BEGIN(&sort, "$sort", &inner);
        for (size_t i = 0; i < n_group; i++) {
            char key[24];
            (void)snprintf(key, sizeof key, "_id.k%u", (unsigned)i % 100);
            BSON_APPEND_INT32(&inner, key, 1);
        }
        bson_append_document_end(&sort, &inner);
        list_add(&stages, &sort);
    }
    BSON_APPEND_ARRAY(pipeline, "pipeline", &stages.array);
    bson_destroy(&stages.array);
}

/* Named by its definition, as in database/init/init-mongo.js: a changed index is another one. */
void mg_put_index(bson_t *spec, const struct aas_store_index *ix)
{
    char name[128] = MG_INDEX_PREFIX;
    size_t at = strlen(name);
    bson_t key;
    BSON_APPEND_DOCUMENT_BEGIN(spec, "key", &key);
    for (size_t i = 0; i < AAS_STORE_INDEX_KEYS_MAX && ix->fields[i]; i++) {
        BSON_APPEND_INT32(&key, ix->fields[i], 1);
        at += (size_t)snprintf(name + at, sizeof name - at, "%s%s", i == 0 ? "" : ",", ix->fields[i]);
    }
    if (!ix->unique)
        BSON_APPEND_INT32(&key, "_id", 1);
    for (size_t i = 0; i < AAS_STORE_INDEX_ALSO_MAX && ix->also[i] && !ix->unique; i++) {
        BSON_APPEND_INT32(&key, ix->also[i], 1);
        at += (size_t)snprintf(name + at, sizeof name - at, "%s%s", i == 0 ? "+" : ",", ix->also[i]);
    }
    bson_append_document_end(spec, &key);
    BSON_APPEND_UTF8(spec, "name", name);
    if (ix->unique) {
        BSON_APPEND_BOOL(spec, "unique", true);
        BSON_APPEND_BOOL(spec, "sparse", true);
    }
}
