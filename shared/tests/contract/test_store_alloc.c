/* Every allocation of the store's own code fails once: the call says AAS_ENOMEM, nothing leaks, and the next call
 * works. */
#include "store_suite.h"

#include "aas/test_alloc.h"
#include "aas/test_dir.h"

static char dir[AAS_TEST_PATH_BYTES];
static char url[AAS_TEST_PATH_BYTES + 16];
static bson_t *docs[3];
static bson_t *sensor;

static int count_doc(const bson_t *doc, void *arg)
{
    size_t *n = arg;
    *n += doc->len > 0;
    return 0;
}

static int ignore_row(const struct aas_tally_row *row, void *arg)
{
    (void)row;
    (void)arg;
    return 0;
}

static int rename_it(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    const char *const changed[] = {"name", NULL};
    (void)err;
    (void)arg;
    int rc = old_doc ? aas_store_copy_except(old_doc, ret_new, changed) : AAS_ENOENT;
    BSON_APPEND_UTF8(ret_new, "name", "renamed");
    return rc;
}

static int use(struct aas_store *s, struct aas_error *err)
{
    char next[AAS_STORE_CURSOR_BYTES] = "";
    size_t n = 0;
    int64_t count = 0;
    void *data = NULL;
    const char *const by[] = {"state"};
    const struct aas_value states[] = {AAS_V_STR("fault"), AAS_V_STR("normal")};
    const struct aas_cond where[] = {{.field = "state", .op = AAS_OP_IN, .in = states, .n_in = 2}};
    struct aas_query q = {.where = where, .n_where = 1, .sort = "at", .limit = 1, .cursor = next};
    int rc = aas_store_insert_many(s, AAS_COLL_PREDICTIONS, (const bson_t *const *)docs, 3, NULL, err);
    if (rc == 0)
        rc = aas_store_find(s, AAS_COLL_PREDICTIONS, &q, count_doc, &n, next, err);
    if (rc == 0)
        rc = aas_store_find(s, AAS_COLL_PREDICTIONS, &q, count_doc, &n, NULL, err);
    if (rc == 0)
        rc = aas_store_count(s, AAS_COLL_PREDICTIONS, where, 1, &count, err);
    if (rc == 0)
        rc = aas_store_tally(s, AAS_COLL_PREDICTIONS, NULL, 0, by, 1, NULL, 0, ignore_row, NULL, err);
    if (rc == 0 && aas_store_insert(s, AAS_COLL_SENSORS, sensor, err) == AAS_ENOMEM)
        rc = AAS_ENOMEM;
    if (rc == 0)
        rc = aas_store_update(s, AAS_COLL_SENSORS, "al", rename_it, NULL, err);
    if (rc == 0)
        rc = aas_store_blob_put(s, "al", "abc", 3, err);
    if (rc == 0)
        rc = aas_store_blob_get(s, "al", &data, &n, err);
    free(data);
    return rc;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    bool failed = true;
    size_t at = 0;
    while (failed) {
        at++;
        struct aas_error err = AAS_ERROR_NONE;
        struct aas_store *s = NULL;
        assert_true(at < 2000);
        aas_test_alloc_fail_once(at);
        int rc = aas_store_open(&s, url, &err);
        if (rc == 0)
            rc = aas_store_ensure(s, &err);
        if (rc == 0)
            rc = use(s, &err);
        failed = aas_test_alloc_reset();
        if (failed ? rc != AAS_ENOMEM : rc != 0)
            fail_msg("allocation %zu: %s: %s", at, aas_errname(rc), err.msg);
        if (s && failed) { /* the same store goes on working */
            aas_error_clear(&err);
            suite_ok(aas_store_ensure(s, &err), &err);
            suite_ok(use(s, &err), &err);
        }
        aas_store_close(s);
    }
    print_message("%zu allocations\n", at - 1);
    assert_true(at > 50);
}

static int setup(void **state)
{
    (void)state;
    char path[AAS_TEST_PATH_BYTES];
    if (aas_test_dir_make(dir) != 0)
        return -1;
    (void)snprintf(url, sizeof url, "sqlite:%s", aas_test_path(path, dir, "store.db"));
    docs[0] = suite_prediction("al-0", "al", T0, "fault", 0.5);
    docs[1] = suite_prediction("al-1", "al", T0 + 1, "normal", 0.5);
    docs[2] = suite_prediction("al-2", "al", T0 + 2, "blind", -1);
    sensor = bson_new();
    BSON_APPEND_UTF8(sensor, "_id", "al");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        bson_destroy(docs[i]);
    bson_destroy(sensor);
    aas_test_dir_remove(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
