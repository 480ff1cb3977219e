/* The SQLite driver's inside: every query shape of the services goes through an index, and a file of an older version
 * is brought up to the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "aas/test_dir.h"
#include "store_sqlite.h"
#include "store_suite.h"

static char dir[AAS_TEST_PATH_BYTES];
static char file[AAS_TEST_PATH_BYTES];
static char url[AAS_TEST_PATH_BYTES + 16];

static void open_store(void)
{
    struct aas_error err = AAS_ERROR_NONE;
    suite_ok(aas_store_open(&suite_store, url, &err), &err);
}

static sqlite3 *raw(void)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    return db;
}

static void raw_exec(sqlite3 *db, const char *sql)
{
    char *text = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        fail_msg("%s: %s", sql, text);
}

/* All lines of the plan, joined by " | ". */
static void explain(sqlite3 *db, const char *sql, char *out, size_t size)
{
    char text[8192];
    sqlite3_stmt *stmt = NULL;
    size_t at = 0;
    (void)snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql);
    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    out[0] = '\0';
    while (sqlite3_step(stmt) == SQLITE_ROW)
        at += (size_t)snprintf(out + at, size - at, "%s%s", at > 0 ? " | " : "",
                               (const char *)sqlite3_column_text(stmt, 3));
    (void)sqlite3_finalize(stmt);
}

enum verb { FIND, COUNT, TALLY, REMOVE };

/* Conditions as text: "sensor_id=", "at>", "state~" ($in of two). */
struct shape {
    enum aas_collection c;
    enum verb verb;
    const char *where;
    const char *sort;
    const char *index; /* in the plan */
    bool sorts;        /* a sort is right: few documents match */
};

static const struct shape shapes[] = {
    {AAS_COLL_SENSORS, FIND, "", NULL, "sqlite_autoindex_sensors_1", false},
    {AAS_COLL_SENSORS, FIND, "status=", NULL, "sensors:status", false},
    {AAS_COLL_SENSORS, FIND, "type=", NULL, "sensors:type", false},
    {AAS_COLL_SENSORS, FIND, "status= type=", NULL, "sensors:", false},
    {AAS_COLL_SENSORS, FIND, "asset.line=", NULL, "sensors:asset.line", false},
    {AAS_COLL_SENSORS, COUNT, "status=", NULL, "COVERING INDEX sensors:status", false},
    {AAS_COLL_SENSORS, TALLY, "", "status", "COVERING INDEX sensors:status", false},
    {AAS_COLL_SENSOR_DATA, FIND, "sensor_id=", "end", "sensor_data:sensor_id,end", false},
    {AAS_COLL_SENSOR_DATA, FIND, "sensor_id= end> start<", "start", "sensor_data:sensor_id,", false},
    {AAS_COLL_SENSOR_DATA, FIND, "sensor_id= start> start<", "start", "sensor_data:sensor_id,start", false},
    {AAS_COLL_SENSOR_DATA, REMOVE, "received<", NULL, "sensor_data:received", false},
    {AAS_COLL_SENSOR_DATA, TALLY, "", "sensor_id", "COVERING INDEX sensor_data:sensor_id,start+end,n", false},
    {AAS_COLL_SENSOR_DATA, TALLY, "sensor_id=", "sensor_id", "COVERING INDEX sensor_data:sensor_id,start+end,n", false},
    {AAS_COLL_ROLLUPS, FIND, "sensor_id= minute> minute<", "minute", "rollups:sensor_id,minute", false},
    {AAS_COLL_ROLLUPS, REMOVE, "received<", NULL, "rollups:received", false},
    {AAS_COLL_PREDICTIONS, FIND, "", "at", "predictions:at", false},
    {AAS_COLL_PREDICTIONS, FIND, "at> at<", "at", "predictions:at", false},
    {AAS_COLL_PREDICTIONS, FIND, "confidence>", "at", "predictions:", false},
    {AAS_COLL_PREDICTIONS, FIND, "sensor_id=", "at", "predictions:sensor_id,at", false},
    {AAS_COLL_PREDICTIONS, FIND, "sensor_id= at> at<", "at", "predictions:sensor_id,at", false},
    {AAS_COLL_PREDICTIONS, FIND, "label=", "at", "predictions:label,at", false},
    {AAS_COLL_PREDICTIONS, FIND, "state=", "at", "predictions:state,at", false},
    {AAS_COLL_PREDICTIONS, FIND, "model=", "at", "predictions:model,at", false},
    {AAS_COLL_PREDICTIONS, FIND, "is_anomaly=", "at", "predictions:is_anomaly,at", false},
    {AAS_COLL_PREDICTIONS, FIND, "sensor_id= label= state= model= at> at< confidence>", "at",
     "predictions:sensor_id,at", false},
    {AAS_COLL_PREDICTIONS, FIND, "model= sensor_id=", "at", "predictions:sensor_id,at", false},
    {AAS_COLL_PREDICTIONS, FIND, "model= label= confidence>", "at", "predictions:label,at", false},
    {AAS_COLL_PREDICTIONS, FIND, "state= confidence>", "at", "predictions:state,at", false},
    {AAS_COLL_PREDICTIONS, COUNT, "at>", NULL, "COVERING INDEX predictions:at", false},
    {AAS_COLL_PREDICTIONS, COUNT, "at> is_anomaly=", NULL, "COVERING INDEX predictions:is_anomaly,at", false},
    {AAS_COLL_PREDICTIONS, TALLY, "at>", "label", "predictions:", true},
    {AAS_COLL_PREDICTIONS, REMOVE, "received<", NULL, "predictions:received", false},
    {AAS_COLL_FEEDBACK, FIND, "prediction_id=", NULL, "feedback:prediction_id", false},
    {AAS_COLL_FEEDBACK, FIND, "sensor_id=", "at", "feedback:sensor_id,at", false},
    {AAS_COLL_FEEDBACK, FIND, "verdict=", "at", "feedback:verdict,at", false},
    {AAS_COLL_FEEDBACK, FIND, "user=", "at", "feedback:user,at", false},
    {AAS_COLL_FEEDBACK, FIND, "", "at", "feedback:at", false},
    {AAS_COLL_MODELS, FIND, "status=", "created", "models:status,created", false},
    {AAS_COLL_MODELS, FIND, "", "created", "models:created", false},
    {AAS_COLL_ALARMS, FIND, "open_key=", NULL, "alarms:open_key!", false},
    {AAS_COLL_ALARMS, FIND, "sensor_id=", "raised", "alarms:sensor_id,raised", false},
    {AAS_COLL_ALARMS, FIND, "state=", "raised", "alarms:state,raised", false},
    {AAS_COLL_ALARMS, FIND, "priority= state= sensor_id=", "raised", "alarms:sensor_id,raised", false},
    {AAS_COLL_ALARMS, FIND, "state~", "raised", "alarms:", true},
    {AAS_COLL_ALARMS, FIND, "priority=", "raised", "alarms:priority,raised", false},
    {AAS_COLL_ALARMS, FIND, "fault=", "raised", "alarms:fault,raised", false},
    {AAS_COLL_ALARMS, FIND, "raised> raised<", "raised", "alarms:raised", false},
    {AAS_COLL_ALARMS, FIND, "shelved_until<", "shelved_until", "alarms:shelved_until", false},
    {AAS_COLL_TOKENS, FIND, "family=", NULL, "tokens:family", false},
    {AAS_COLL_TOKENS, FIND, "user= kind=", NULL, "tokens:user,kind", false},
    {AAS_COLL_TOKENS, REMOVE, "expires<", NULL, "tokens:expires", false},
    {AAS_COLL_AUDIT, FIND, "", "seq", "audit:seq!", false},
    {AAS_COLL_AUDIT, FIND, "seq>", "seq", "audit:seq!", false},
    {AAS_COLL_AUDIT, FIND, "user=", "at", "audit:user,at", false},
    {AAS_COLL_QUARANTINE, FIND, "sensor_id=", "at", "quarantine:sensor_id,at", false},
    {AAS_COLL_QUARANTINE, FIND, "reason=", "at", "quarantine:reason,at", false},
    {AAS_COLL_QUARANTINE, REMOVE, "at<", NULL, "quarantine:at", false},
    {AAS_COLL_JOBS, FIND, "status=", "created", "jobs:status,created", false},
    {AAS_COLL_JOBS, FIND, "", "created", "jobs:created", false},
};

static size_t read_where(const char *text, char names[8][32], struct aas_cond *where)
{
    static const struct aas_value two[2];
    size_t n = 0;
    while (*text) {
        size_t len = strcspn(text, "=><~");
        memcpy(names[n], text, len);
        names[n][len] = '\0';
        where[n] = (struct aas_cond){.field = names[n], .in = two, .n_in = 2};
        where[n].op = text[len] == '='   ? AAS_OP_EQ
                      : text[len] == '>' ? AAS_OP_GE
                      : text[len] == '<' ? AAS_OP_LT
                                         : AAS_OP_IN;
        text += len + 1;
        text += *text == ' ';
        n++;
    }
    return n;
}

static void put_sql(struct aas_buf *sql, const struct shape *s, struct store_plan *plan)
{
    const struct aas_store_field *group[1] = {plan->sort};
    const struct aas_store_field *sum[1] = {aas_store_field(plan->coll, "n")};
    switch (s->verb) {
    case FIND:
        sq_put_find(sql, plan);
        return;
    case COUNT:
        sq_put_count(sql, plan);
        return;
    case REMOVE:
        sq_put_remove(sql, plan);
        return;
    case TALLY:
        plan->sort = NULL;
        sq_put_tally(sql, plan, group, 1, sum, sum[0] ? 1 : 0);
        return;
    }
}

static void check_shape(sqlite3 *db, const struct shape *s, bool descending, bool after)
{
    char names[8][32];
    struct aas_cond where[8];
    char plan_text[2048];
    AAS_AUTO_BUF struct aas_buf sql = AAS_BUF_INIT(SQ_SQL_BYTES);
    struct store_plan plan = {.c = s->c, .coll = aas_store_collection(s->c), .where = where, .descending = descending};
    plan.n_where = read_where(s->where, names, where);
    plan.sort = s->sort ? aas_store_field(plan.coll, s->sort) : NULL;
    plan.has_after = after;
    assert_true(!s->sort || plan.sort);
    put_sql(&sql, s, &plan);
    explain(db, aas_buf_str(&sql), plan_text, sizeof plan_text);
    if (!strstr(plan_text, s->index))
        fail_msg("%s\n  should use %s, but: %s", aas_buf_str(&sql), s->index, plan_text);
    /* a walk along an index in the wanted order is fine, a walk through the table never is */
    for (const char *scan = strstr(plan_text, "SCAN "); scan; scan = strstr(scan + 1, "SCAN ")) {
        const char *end = strstr(scan, " | ");
        const char *index = strstr(scan, "INDEX");
        if (!index || (end && index > end))
            fail_msg("%s\n  scans: %s", aas_buf_str(&sql), plan_text);
        if (s->where[0] != '\0' && s->verb != TALLY && !plan.sort)
            fail_msg("%s\n  walks through a whole index: %s", aas_buf_str(&sql), plan_text);
    }
    if (!s->sorts && strstr(plan_text, "TEMP B-TREE"))
        fail_msg("%s\n  sorts: %s", aas_buf_str(&sql), plan_text);
}

static void test_every_query_uses_an_index(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    open_store();
    suite_ok(aas_store_ensure(suite_store, &err), &err);
    sqlite3 *db = raw();
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        check_shape(db, &shapes[i], false, false);
        if (shapes[i].verb != FIND)
            continue;
        check_shape(db, &shapes[i], true, false);
        check_shape(db, &shapes[i], true, true);
        check_shape(db, &shapes[i], false, true);
    }
    (void)sqlite3_close(db);
    aas_store_close(suite_store);
}

/* Every declared field is the first of some index, or is kept in one beside the first: a filter on it reads an index.
 */
static void test_every_field_stands_in_an_index(void **state)
{
    (void)state;
    for (int c = 0; c < AAS_COLL__COUNT; c++) {
        const struct aas_store_collection *coll = aas_store_collection((enum aas_collection)c);
        assert_int_equal(aas_store_collection_by_name(coll->name), c);
        for (const struct aas_store_index *ix = coll->indexes; ix->fields[0]; ix++) {
            for (size_t k = 0; k < AAS_STORE_INDEX_KEYS_MAX && ix->fields[k]; k++)
                assert_non_null(aas_store_field(coll, ix->fields[k]));
            for (size_t k = 0; k < AAS_STORE_INDEX_ALSO_MAX && ix->also[k]; k++)
                assert_non_null(aas_store_field(coll, ix->also[k]));
            assert_true(!ix->unique || !ix->fields[1]);
        }
    }
    assert_int_equal(aas_store_collection_by_name("nobody"), -1);
}

static int sum_n(const struct aas_tally_row *row, void *arg)
{
    *(double *)arg = row->sums[0];
    return 0;
}

static void test_old_file_gets_its_new_column_filled(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    const char *const n[] = {"n"};
    double sum = 0;
    open_store();
    suite_ok(aas_store_ensure(suite_store, &err), &err);
    for (int i = 0; i < 3; i++)
        suite_put(AAS_COLL_SENSOR_DATA, suite_bucket("old", T0 + i * 60000, 20, 1));
    aas_store_close(suite_store);
    sqlite3 *db = raw();
    raw_exec(db, "DROP INDEX \"sensor_data:sensor_id,start+end,n\";"
                 "ALTER TABLE sensor_data DROP COLUMN n;"
                 "ALTER TABLE sensor_data ADD COLUMN given_up;"
                 "CREATE INDEX \"sensor_data:given_up\" ON sensor_data(given_up);"
                 "UPDATE aas_meta SET value='an older one'");
    (void)sqlite3_close(db);
    open_store();
    suite_ok(aas_store_ensure(suite_store, &err), &err);
    suite_ok(aas_store_tally(suite_store, AAS_COLL_SENSOR_DATA, NULL, 0, NULL, 0, n, 1, sum_n, &sum, &err), &err);
    assert_int_equal((int)sum, 60);
    aas_store_close(suite_store);
    db = raw();
    assert_int_not_equal(sqlite3_exec(db, "SELECT given_up FROM sensor_data", NULL, NULL, NULL), SQLITE_OK);
    raw_exec(db, "SELECT 1 FROM sensor_data INDEXED BY \"sensor_data:sensor_id,start+end,n\" WHERE sensor_id='old'");
    (void)sqlite3_close(db);
}

static void test_foreign_and_broken_files_are_refused(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    sqlite3 *db = NULL;
    char path[AAS_TEST_PATH_BYTES];
    char other[AAS_TEST_PATH_BYTES + 32];
    (void)snprintf(other, sizeof other, "sqlite:%s", aas_test_path(path, dir, "other.db"));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    raw_exec(db, "CREATE TABLE cats(name)");
    (void)sqlite3_close(db);
    suite_ok(aas_store_open(&suite_store, other, &err), &err);
    assert_int_equal(aas_store_ensure(suite_store, &err), AAS_EMISMATCH);
    aas_store_close(suite_store);
    char text[2048];
    memset(text, 'x', sizeof text);
    (void)snprintf(other, sizeof other, "sqlite:%s", aas_test_path(path, dir, "text.db"));
    assert_int_equal(aas_test_file_write(path, text, sizeof text), 0);
    assert_int_equal(aas_store_open(&suite_store, other, &err), AAS_ECORRUPT);
    (void)snprintf(other, sizeof other, "sqlite:%s/none/there.db", dir);
    assert_int_equal(aas_store_open(&suite_store, other, &err), AAS_EUNAVAILABLE);
    static const char *const bad[] = {"sqlite:",          "sqlite:x?busy_ms=0", "sqlite:x?busy_ms",
                                      "sqlite:x?speed=1", "redis://x",          ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(aas_store_open(&suite_store, bad[i], &err), AAS_EINVAL);
    assert_int_equal(aas_store_open(&suite_store, "mongodb://user:geheim@[::1", &err), AAS_EINVAL);
    assert_null(strstr(err.msg, "geheim"));
}

static int setup(void **state)
{
    (void)state;
    if (aas_test_dir_make(dir) != 0)
        return -1;
    (void)snprintf(url, sizeof url, "sqlite:%s", aas_test_path(file, dir, "store.db"));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    aas_test_dir_remove(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_query_uses_an_index),
        cmocka_unit_test(test_every_field_stands_in_an_index),
        cmocka_unit_test(test_old_file_gets_its_new_column_filled),
        cmocka_unit_test(test_foreign_and_broken_files_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
