/* SQLite driver: the SQL of plans. Names come from the collection table alone; values are always bound. */
#include "store_sqlite.h"

#include <string.h>

void sq_put_name(struct aas_buf *b, const char *name)
{
    (void)aas_buf_append_char(b, '"');
    (void)aas_buf_append_str(b, name);
    (void)aas_buf_append_char(b, '"');
}

static void put_in(struct aas_buf *b, size_t n)
{
    (void)aas_buf_append_str(b, " IN (");
    for (size_t i = 0; i < n; i++)
        (void)aas_buf_append_str(b, i == 0 ? "?" : ",?");
    (void)aas_buf_append_char(b, ')');
}

/* Documents without the sort field are left out, on both drivers. */
static bool needs_not_null(const struct store_plan *plan)
{
    if (!plan->sort)
        return false;
    for (size_t i = 0; i < plan->n_where; i++)
        if (strcmp(plan->where[i].field, plan->sort->path) == 0)
            return false;
    return true;
}

static bool compares_equal(const struct store_plan *plan, const char *field)
{
    for (size_t i = 0; i < plan->n_where; i++)
        if (plan->where[i].op == AAS_OP_EQ && strcmp(plan->where[i].field, field) == 0)
            return true;
    return false;
}

/* Where several indexes give the wanted order behind an equality, SQLite has no reason to take the more selective one:
 * the table's order of indexes decides. */
static const struct aas_store_index *preferred_index(const struct store_plan *plan)
{
    for (const struct aas_store_index *ix = plan->coll->indexes; plan->sort && ix->fields[0]; ix++)
        if (ix->fields[1] && strcmp(ix->fields[1], plan->sort->path) == 0 && compares_equal(plan, ix->fields[0]))
            return ix;
    return NULL;
}

/* A condition that must not choose the index: the unary plus hides its column from the planner. */
static bool is_residual(const struct store_plan *plan, const struct aas_store_index *ix, const char *field)
{
    return ix && strcmp(field, ix->fields[0]) != 0 && strcmp(field, plan->sort->path) != 0;
}

void sq_put_where(struct aas_buf *b, const struct store_plan *plan)
{
    const struct aas_store_index *ix = preferred_index(plan);
    static const char *const ops[] = {" = ?", " >= ?", " > ?", " <= ?", " < ?"};
    const char *join = " WHERE ";
    for (size_t i = 0; i < plan->n_where; i++) {
        (void)aas_buf_append_str(b, join);
        if (is_residual(plan, ix, plan->where[i].field))
            (void)aas_buf_append_char(b, '+');
        sq_put_name(b, plan->where[i].field);
        if (plan->where[i].op == AAS_OP_IN)
            put_in(b, plan->where[i].n_in);
        else
            (void)aas_buf_append_str(b, ops[plan->where[i].op]);
        join = " AND ";
    }
    if (needs_not_null(plan)) {
        (void)aas_buf_append_str(b, join);
        sq_put_name(b, plan->sort->path);
        (void)aas_buf_append_str(b, " IS NOT NULL");
        join = " AND ";
    }
    if (!plan->has_after)
        return;
    (void)aas_buf_append_str(b, join);
    if (store_sort_is_unique(plan)) {
        sq_put_name(b, plan->sort->path);
        (void)aas_buf_append_str(b, plan->descending ? " < ?" : " > ?");
    } else if (plan->sort) {
        (void)aas_buf_append_char(b, '(');
        sq_put_name(b, plan->sort->path);
        (void)aas_buf_append_str(b, ",\"_id\")");
        (void)aas_buf_append_str(b, plan->descending ? " < (?,?)" : " > (?,?)");
    } else {
        (void)aas_buf_append_str(b, plan->descending ? "\"_id\" < ?" : "\"_id\" > ?");
    }
}

void sq_put_order(struct aas_buf *b, const struct store_plan *plan)
{
    const char *dir = plan->descending ? " DESC" : "";
    (void)aas_buf_append_str(b, " ORDER BY ");
    if (plan->sort) {
        sq_put_name(b, plan->sort->path);
        (void)aas_buf_append_str(b, dir);
        if (store_sort_is_unique(plan))
            return;
        (void)aas_buf_append_char(b, ',');
    }
    (void)aas_buf_append_str(b, "\"_id\"");
    (void)aas_buf_append_str(b, dir);
}

void sq_put_find(struct aas_buf *b, const struct store_plan *plan)
{
    (void)aas_buf_append_str(b, "SELECT doc FROM ");
    sq_put_name(b, plan->coll->name);
    sq_put_where(b, plan);
    sq_put_order(b, plan);
    (void)aas_buf_append_str(b, " LIMIT ?");
}

void sq_put_count(struct aas_buf *b, const struct store_plan *plan)
{
    (void)aas_buf_append_str(b, "SELECT count(*) FROM ");
    sq_put_name(b, plan->coll->name);
    sq_put_where(b, plan);
}

void sq_put_remove(struct aas_buf *b, const struct store_plan *plan)
{
    (void)aas_buf_append_str(b, "DELETE FROM ");
    sq_put_name(b, plan->coll->name);
    (void)aas_buf_append_str(b, " WHERE rid IN (SELECT rid FROM ");
    sq_put_name(b, plan->coll->name);
    sq_put_where(b, plan);
    (void)aas_buf_append_str(b, " LIMIT ?)");
}

void sq_put_tally(struct aas_buf *b, const struct store_plan *plan, const struct aas_store_field *const *group,
                  size_t n_group, const struct aas_store_field *const *sum, size_t n_sum)
{
    (void)aas_buf_append_str(b, "SELECT ");
    for (size_t i = 0; i < n_group; i++) {
        sq_put_name(b, group[i]->path);
        (void)aas_buf_append_char(b, ',');
    }
    (void)aas_buf_append_str(b, "count(*)");
    for (size_t i = 0; i < n_sum; i++) {
        (void)aas_buf_append_str(b, ",total(");
        sq_put_name(b, sum[i]->path);
        (void)aas_buf_append_char(b, ')');
    }
    (void)aas_buf_append_str(b, " FROM ");
    sq_put_name(b, plan->coll->name);
    sq_put_where(b, plan);
    for (int pass = 0; pass < 2 && n_group > 0; pass++) {
        (void)aas_buf_append_str(b, pass == 0 ? " GROUP BY " : " ORDER BY ");
        for (size_t i = 0; i < n_group; i++) {
            if (i > 0)
                (void)aas_buf_append_char(b, ',');
            sq_put_name(b, group[i]->path);
        }
    }
}

int sq_bind_value(sqlite3_stmt *stmt, int at, const struct aas_value *v)
{
    switch (v->type) {
    case AAS_VALUE_STR:
        return sqlite3_bind_text(stmt, at, v->v.s, -1, SQLITE_STATIC);
    case AAS_VALUE_INT:
    case AAS_VALUE_TIME:
        return sqlite3_bind_int64(stmt, at, v->v.i);
    case AAS_VALUE_NUM:
        return sqlite3_bind_double(stmt, at, v->v.d);
    case AAS_VALUE_BOOL:
        return sqlite3_bind_int(stmt, at, v->v.b ? 1 : 0);
    case AAS_VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, at);
}

int sq_bind_where(sqlite3_stmt *stmt, int *at, const struct store_plan *plan)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < plan->n_where && rc == SQLITE_OK; i++) {
        const struct aas_cond *w = &plan->where[i];
        size_t n = w->op == AAS_OP_IN ? w->n_in : 1;
        for (size_t k = 0; k < n && rc == SQLITE_OK; k++)
            rc = sq_bind_value(stmt, (*at)++, w->op == AAS_OP_IN ? &w->in[k] : &w->value);
    }
    if (plan->has_after && plan->sort && rc == SQLITE_OK)
        rc = sq_bind_value(stmt, (*at)++, &plan->after_value);
    if (plan->has_after && rc == SQLITE_OK && !store_sort_is_unique(plan))
        rc = sqlite3_bind_text(stmt, (*at)++, plan->after_id, -1, SQLITE_STATIC);
    return rc;
}

/* ---- statements that depend on the collection alone ---- */

static void put_insert(struct aas_buf *b, const struct aas_store_collection *coll)
{
    size_t n = 0;
    (void)aas_buf_append_str(b, "INSERT INTO ");
    sq_put_name(b, coll->name);
    (void)aas_buf_append_str(b, "(\"_id\",rev,doc");
    for (; coll->fields[n].path; n++) {
        (void)aas_buf_append_char(b, ',');
        sq_put_name(b, coll->fields[n].path);
    }
    (void)aas_buf_append_str(b, ") VALUES(?,?,?");
    for (size_t i = 0; i < n; i++)
        (void)aas_buf_append_str(b, ",?");
    (void)aas_buf_append_str(b, ") ON CONFLICT(\"_id\") DO NOTHING");
}

/* parameters: rev, doc, the fields, then _id and the expected revision */
static void put_update(struct aas_buf *b, const struct aas_store_collection *coll)
{
    (void)aas_buf_append_str(b, "UPDATE ");
    sq_put_name(b, coll->name);
    (void)aas_buf_append_str(b, " SET rev=?,doc=?");
    for (size_t i = 0; coll->fields[i].path; i++) {
        (void)aas_buf_append_char(b, ',');
        sq_put_name(b, coll->fields[i].path);
        (void)aas_buf_append_str(b, "=?");
    }
    (void)aas_buf_append_str(b, " WHERE \"_id\"=? AND rev=?");
}

static void put_get(struct aas_buf *b, const struct aas_store_collection *coll)
{
    (void)aas_buf_append_str(b, "SELECT doc FROM ");
    sq_put_name(b, coll->name);
    (void)aas_buf_append_str(b, " WHERE \"_id\"=?");
}

static char *make_one(void (*put)(struct aas_buf *, const struct aas_store_collection *),
                      const struct aas_store_collection *coll)
{
    AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(SQ_SQL_BYTES);
    put(&b, coll);
    return aas_buf_take(&b, NULL);
}

int sq_make_sql(struct sq_store *s)
{
    for (int i = 0; i < AAS_COLL__COUNT; i++) {
        const struct aas_store_collection *coll = aas_store_collection((enum aas_collection)i);
        s->sql_insert[i] = make_one(put_insert, coll);
        s->sql_update[i] = make_one(put_update, coll);
        s->sql_get[i] = make_one(put_get, coll);
        if (!s->sql_insert[i] || !s->sql_update[i] || !s->sql_get[i])
            return AAS_ENOMEM;
    }
    return 0;
}
