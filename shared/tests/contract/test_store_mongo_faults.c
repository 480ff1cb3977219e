/* The MongoDB driver when its server goes: needs one that may be killed, so only the stand-in. */
#include "store_suite.h"

#include <signal.h>
#include <unistd.h>

#include "aas/test_port.h"
#include "aas/test_wait.h"
#include "mongo_server.h"

static struct mongo_server *server;

static bson_t *setting(const char *id)
{
    bson_t *d = bson_new();
    BSON_APPEND_UTF8(d, "_id", id);
    return d;
}

static int insert(const char *id)
{
    bson_t *d = setting(id);
    int rc = aas_store_insert(suite_store, AAS_COLL_SETTINGS, d, NULL);
    bson_destroy(d);
    return rc;
}

static void open_store(const char *options)
{
    char url[1024];
    struct aas_error err = AAS_ERROR_NONE;
    suite_ok(aas_store_open(&suite_store, mongo_server_url(server, "aas_faults", options, url, sizeof url), &err),
             &err);
}

static void test_server_that_was_never_there(void **state)
{
    (void)state;
    uint16_t port = 0;
    char url[128];
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_test_port(&port), 0);
    (void)snprintf(url, sizeof url, "mongodb://127.0.0.1:%u/x?serverSelectionTimeoutMS=200", (unsigned)port);
    suite_ok(aas_store_open(&suite_store, url, &err), &err); /* opening doesn't wait */
    assert_int_equal(aas_store_ping(suite_store, &err), AAS_EUNAVAILABLE);
    assert_int_equal(aas_store_ensure(suite_store, &err), AAS_EUNAVAILABLE);
    assert_int_equal(insert("x"), AAS_EUNAVAILABLE);
    /* by now the breaker is open: calls come back at once, without the library's time-out */
    int64_t start = aas_test_real_ns();
    for (int i = 0; i < 50; i++)
        assert_int_equal(insert("x"), AAS_EUNAVAILABLE);
    assert_true(aas_test_real_ns() - start < INT64_C(5) * 1000000000);
    aas_store_close(suite_store);
}

static void test_server_killed_and_back(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    bson_t *doc = NULL;
    open_store("serverSelectionTimeoutMS=300");
    suite_ok(aas_store_ensure(suite_store, &err), &err);
    assert_int_equal(insert("before"), 0);
    mongo_server_signal(server, SIGKILL);
    assert_int_equal(insert("meanwhile"), AAS_EUNAVAILABLE);
    assert_int_equal(aas_store_get(suite_store, AAS_COLL_SETTINGS, "before", &doc, &err), AAS_EUNAVAILABLE);
    bson_t *d = setting("before");
    int outcome = 0;
    const bson_t *docs[] = {d};
    assert_int_equal(aas_store_insert_many(suite_store, AAS_COLL_SETTINGS, docs, 1, &outcome, &err), AAS_EUNAVAILABLE);
    assert_int_equal(outcome, AAS_EUNAVAILABLE);
    assert_true(mongo_server_restart(server));
    /* the same ids again: "duplicate" means done */
    assert_true(
        AAS_TEST_WAIT(15000, aas_store_insert_many(suite_store, AAS_COLL_SETTINGS, docs, 1, &outcome, &err) == 0));
    assert_int_equal(outcome, AAS_EDUPLICATE);
    assert_int_equal(insert("meanwhile"), 0);
    bson_destroy(d);
    aas_store_close(suite_store);
}

static void test_server_that_hangs(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    bson_t *doc = NULL;
    open_store("serverSelectionTimeoutMS=300&socketTimeoutMS=300&connectTimeoutMS=300");
    assert_int_equal(insert("hang"), 0);
    mongo_server_signal(server, SIGSTOP);
    assert_int_equal(aas_store_get(suite_store, AAS_COLL_SETTINGS, "hang", &doc, &err), AAS_EUNAVAILABLE);
    /* readiness says so well before the 10 s that other calls may take */
    struct aas_store *plain = NULL;
    char url[1024];
    suite_ok(aas_store_open(&plain, mongo_server_url(server, "aas_faults", "", url, sizeof url), &err), &err);
    int64_t start = aas_test_real_ns();
    assert_int_equal(aas_store_ping(plain, &err), AAS_EUNAVAILABLE);
    assert_true(aas_test_real_ns() - start < INT64_C(8) * 1000000000);
    mongo_server_signal(server, SIGCONT);
    assert_true(AAS_TEST_WAIT(15000, aas_store_ping(plain, NULL) == 0));
    aas_store_close(plain);
    assert_true(AAS_TEST_WAIT(15000, aas_store_get(suite_store, AAS_COLL_SETTINGS, "hang", &doc, NULL) == 0));
    bson_destroy(doc);
    suite_ok(aas_store_ping(suite_store, &err), &err);
    aas_store_close(suite_store);
}

int main(void)
{
    (void)unsetenv("AAS_TEST_MONGODB_URI"); /* a given server is not ours to kill */
    int rc = mongo_server_start(&server);
    if (rc != 0)
        return rc;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_that_was_never_there),
        cmocka_unit_test(test_server_killed_and_back),
        cmocka_unit_test(test_server_that_hangs),
    };
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    mongo_server_stop(server, "");
    return rc == 0 ? 0 : 1;
}
