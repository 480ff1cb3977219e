/* MongoDB driver: find, get, count, tally. Reads that fail on a broken connection before the caller saw a document are
 * asked once more: a restarted server leaves one such connection behind. */
#include "store_mongo.h"

#include <stdlib.h>
#include <string.h>

struct seen {
    aas_store_each_fn *each;
    void *arg;
    size_t n;
};

static int find_once(struct mg_store *s, const struct store_plan *plan, const bson_t *filter, const bson_t *opts,
                     struct seen *seen, int *ret_from_each, struct aas_error *err)
{
    mongoc_client_t *client = NULL;
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    {
        bson_error_t e;
        const bson_t *doc = NULL;
        MG_AUTO_COLLECTION mongoc_collection_t *coll = mg_collection(s, client, plan->c);
        MG_AUTO_CURSOR mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(coll, filter, opts, NULL);
        while (*ret_from_each == 0 && mongoc_cursor_next(cursor, &doc)) {
            seen->n++;
            *ret_from_each = seen->each(doc, seen->arg);
        }
        if (*ret_from_each == 0 && mongoc_cursor_error(cursor, &e))
            rc = mg_fail(&e, plan->coll->name, err);
    }
    return mg_release(s, client, rc);
}

int mg_find(struct store_driver *d, const struct store_plan *plan, aas_store_each_fn *each, void *arg,
            struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    struct seen seen = {each, arg, 0};
    int from_each = 0;
    bson_t sort;
    MG_AUTO_BSON bson_t filter = BSON_INITIALIZER;
    MG_AUTO_BSON bson_t opts = BSON_INITIALIZER;
    mg_put_filter(&filter, plan);
    BSON_APPEND_DOCUMENT_BEGIN(&opts, "sort", &sort);
    mg_put_sort(&sort, plan);
    bson_append_document_end(&opts, &sort);
    if (plan->limit > 0)
        BSON_APPEND_INT64(&opts, "limit", (int64_t)plan->limit);
    int rc = find_once(s, plan, &filter, &opts, &seen, &from_each, err);
    if (rc == AAS_EUNAVAILABLE && seen.n == 0)
        rc = find_once(s, plan, &filter, &opts, &seen, &from_each, err);
    return rc != 0 ? rc : from_each;
}

static int take_doc(const bson_t *doc, void *arg)
{
    bson_t **ret = arg;
    *ret = bson_copy(doc);
    return *ret ? 0 : AAS_ENOMEM;
}

int mg_get(struct store_driver *d, enum aas_collection c, const char *id, bson_t **ret_doc, struct aas_error *err)
{
    const struct aas_cond where[] = {{.field = "_id", .op = AAS_OP_EQ, .value = AAS_V_STR(id)}};
    const struct store_plan plan = {.c = c, .coll = aas_store_collection(c), .where = where, .n_where = 1, .limit = 1};
    bson_t *doc = NULL;
    int rc = mg_find(d, &plan, take_doc, &doc, err);
    if (rc == 0 && !doc)
        rc = aas_error_set(err, AAS_ENOENT, "%s holds no %.120s", plan.coll->name, id);
    if (rc == 0)
        *ret_doc = doc;
    return rc;
}

static int count_once(struct mg_store *s, const struct store_plan *plan, int64_t *ret_count, struct aas_error *err)
{
    mongoc_client_t *client = NULL;
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    {
        bson_error_t e;
        MG_AUTO_BSON bson_t filter = BSON_INITIALIZER;
        MG_AUTO_COLLECTION mongoc_collection_t *coll = mg_collection(s, client, plan->c);
        mg_put_filter(&filter, plan);
        int64_t n = mongoc_collection_count_documents(coll, &filter, NULL, NULL, NULL, &e);
        if (n >= 0)
            *ret_count = n;
        else
            rc = mg_fail(&e, plan->coll->name, err);
    }
    return mg_release(s, client, rc);
}

int mg_count(struct store_driver *d, const struct store_plan *plan, int64_t *ret_count, struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    int rc = count_once(s, plan, ret_count, err);
    return rc == AAS_EUNAVAILABLE ? count_once(s, plan, ret_count, err) : rc;
}

/* ---- tally ---- */

struct group {
    struct aas_value keys[STORE_GROUP_MAX];
    char *text[STORE_GROUP_MAX]; /* owned copies of string keys */
    int64_t count;
    double sums[STORE_SUM_MAX];
};

struct groups {
    struct group *rows;
    size_t n, cap;
};

static void groups_fini(struct groups *g)
{
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < STORE_GROUP_MAX; k++)
            free(g->rows[i].text[k]);
    free(g->rows);
}

static bool same_key(const struct aas_value *a, const struct aas_value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case AAS_VALUE_NULL:
        return true;
    case AAS_VALUE_STR:
        return strcmp(a->v.s, b->v.s) == 0;
    case AAS_VALUE_BOOL:
        return a->v.b == b->v.b;
    case AAS_VALUE_NUM:
        return a->v.d <= b->v.d && a->v.d >= b->v.d;
    case AAS_VALUE_INT:
    case AAS_VALUE_TIME:
        break;
    }
    return a->v.i == b->v.i;
}

/* Add one group of the answer; a group of missing and one of null keys are the same to us, and the sort has put them
 * side by side. */
static int groups_add(struct groups *g, const bson_t *doc, const struct aas_store_field *const *group, size_t n_group,
                      size_t n_sum)
{
    char key[24];
    struct group row = {.count = aas_doc_int(doc, "n", 0)};
    for (size_t i = 0; i < n_group; i++) {
        (void)snprintf(key, sizeof key, "_id.k%u", (unsigned)i % 100);
        const struct aas_store_field as = {.path = key, .kind = group[i]->kind};
        if (store_field_value(&as, doc, &row.keys[i]) != 0)
            row.keys[i] = (struct aas_value){.type = AAS_VALUE_NULL};
    }
    for (size_t i = 0; i < n_sum; i++) {
        (void)snprintf(key, sizeof key, "s%u", (unsigned)i % 100);
        row.sums[i] = aas_doc_num(doc, key, 0);
    }
    struct group *last = g->n > 0 ? &g->rows[g->n - 1] : NULL;
    bool same = last != NULL;
    for (size_t i = 0; same && i < n_group; i++)
        same = same_key(&last->keys[i], &row.keys[i]);
    if (same) {
        last->count += row.count;
        for (size_t i = 0; i < n_sum; i++)
            last->sums[i] += row.sums[i];
        return 0;
    }
    if (g->n == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 64;
        struct group *rows = realloc(g->rows, cap * sizeof *rows);
        if (!rows)
            return AAS_ENOMEM;
        g->rows = rows;
        g->cap = cap;
    }
    g->rows[g->n++] = row;
    for (size_t i = 0; i < n_group; i++) {
        struct group *mine = &g->rows[g->n - 1];
        if (mine->keys[i].type != AAS_VALUE_STR)
            continue;
        mine->text[i] = strdup(mine->keys[i].v.s);
        mine->keys[i].v.s = mine->text[i];
        if (!mine->text[i])
            return AAS_ENOMEM;
    }
    return 0;
}

static int tally_once(struct mg_store *s, const struct store_plan *plan, const bson_t *pipeline,
                      const struct aas_store_field *const *group, size_t n_group, size_t n_sum, struct groups *g,
                      struct aas_error *err)
{
    mongoc_client_t *client = NULL;
    int rc = mg_acquire(s, &client, err);
    if (rc != 0)
        return rc;
    {
        bson_error_t e;
        const bson_t *doc = NULL;
        MG_AUTO_COLLECTION mongoc_collection_t *coll = mg_collection(s, client, plan->c);
        MG_AUTO_CURSOR mongoc_cursor_t *cursor =
            mongoc_collection_aggregate(coll, MONGOC_QUERY_NONE, pipeline, NULL, NULL);
        while (rc == 0 && mongoc_cursor_next(cursor, &doc))
            if (groups_add(g, doc, group, n_group, n_sum) != 0)
                rc = aas_error_set(err, AAS_ENOMEM, "no memory for a tally of %s", plan->coll->name);
        if (rc == 0 && mongoc_cursor_error(cursor, &e))
            rc = mg_fail(&e, plan->coll->name, err);
    }
    return mg_release(s, client, rc);
}

int mg_tally(struct store_driver *d, const struct store_plan *plan, const struct aas_store_field *const *group,
             size_t n_group, const struct aas_store_field *const *sum, size_t n_sum, aas_store_tally_fn *each,
             void *arg, struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    struct groups g = {0};
    MG_AUTO_BSON bson_t pipeline = BSON_INITIALIZER;
    mg_put_pipeline(&pipeline, plan, group, n_group, sum, n_sum);
    int rc = tally_once(s, plan, &pipeline, group, n_group, n_sum, &g, err);
    if (rc == AAS_EUNAVAILABLE) {
        groups_fini(&g);
        g = (struct groups){0};
        rc = tally_once(s, plan, &pipeline, group, n_group, n_sum, &g, err);
    }
    /* SQL gives one row for no group at all, also when nothing matches; so do we */
    struct group none = {0};
    if (rc == 0 && n_group == 0 && g.n == 0)
        rc = each(&(struct aas_tally_row){none.keys, 0, none.sums}, arg);
    for (size_t i = 0; rc == 0 && i < g.n; i++)
        rc = each(&(struct aas_tally_row){g.rows[i].keys, g.rows[i].count, g.rows[i].sums}, arg);
    groups_fini(&g);
    return rc;
}
