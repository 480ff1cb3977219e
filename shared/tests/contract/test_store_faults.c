/* The SQLite driver when things go wrong: a lock held by another process, a full disk, kill -9 in the middle of
 * inserts, two processes at once, damaged files. The other processes are this program with a verb. */
#include "store_suite.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aas/num.h"
#include "aas/test_dir.h"
#include "aas/test_proc.h"
#include "aas/test_wait.h"

#define BATCH 20

static char dir[AAS_TEST_PATH_BYTES];
static char file[AAS_TEST_PATH_BYTES];

static const char *self(void)
{
    static char path[512];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    assert_true(n > 0);
    path[n] = '\0';
    return path;
}

/* A fresh store file with options of the URL. */
static void open_store(const char *name, const char *options)
{
    char url[AAS_TEST_PATH_BYTES + 64];
    struct aas_error err = AAS_ERROR_NONE;
    (void)snprintf(url, sizeof url, "sqlite:%s%s", aas_test_path(file, dir, name), options);
    suite_ok(aas_store_open(&suite_store, url, &err), &err);
    suite_ok(aas_store_ensure(suite_store, &err), &err);
}

static void reopen_store(void)
{
    char url[AAS_TEST_PATH_BYTES + 64];
    struct aas_error err = AAS_ERROR_NONE;
    aas_store_close(suite_store);
    (void)snprintf(url, sizeof url, "sqlite:%s", file);
    suite_ok(aas_store_open(&suite_store, url, &err), &err);
}

static int64_t count_all(void)
{
    int64_t n = -1;
    struct aas_error err = AAS_ERROR_NONE;
    suite_ok(aas_store_count(suite_store, AAS_COLL_SENSOR_DATA, NULL, 0, &n, &err), &err);
    return n;
}

static struct aas_test_proc *spawn(const char *verb, const char *sensor)
{
    struct aas_test_proc *p = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    const char *const argv[] = {self(), verb, file, sensor, NULL};
    suite_ok(aas_test_proc_spawn(&p, argv, NULL, &err), &err);
    return p;
}

static int insert_batch(const char *sensor, int64_t k)
{
    bson_t *docs[BATCH];
    for (int i = 0; i < BATCH; i++)
        docs[i] = suite_bucket(sensor, T0 + (k * BATCH + i) * 60000, 60, 4);
    int rc = aas_store_insert_many(suite_store, AAS_COLL_SENSOR_DATA, (const bson_t *const *)docs, BATCH, NULL, NULL);
    for (int i = 0; i < BATCH; i++)
        bson_destroy(docs[i]);
    return rc;
}

/* ---- verbs of the other process ---- */

/* Hold the write lock until standard error says so and a signal comes. */
static int verb_hold(const char *path)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return 1;
    (void)fprintf(stderr, "held\n");
    (void)pause();
    return 0;
}

/* Insert batches until killed, or 30 for "some"; a line per batch that is durable. */
static int verb_insert(const char *path, const char *sensor, int64_t batches)
{
    char url[AAS_TEST_PATH_BYTES + 64];
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    if (aas_store_open(&suite_store, url, NULL) != 0)
        return 1;
    for (int64_t k = 0; k < batches; k++) {
        int rc = insert_batch(sensor, k);
        if (rc != 0) {
            (void)fprintf(stderr, "failed: %s\n", aas_errname(rc));
            return 1;
        }
        (void)fprintf(stderr, "stored %lld\n", (long long)k);
    }
    aas_store_close(suite_store);
    return 0;
}

/* Insert under a file size limit until it is full; "full" when the store says so, then go on reading. */
static int verb_fill(const char *path, const char *sensor)
{
    struct rlimit limit = {3 * 1024 * 1024, 3 * 1024 * 1024};
    char url[AAS_TEST_PATH_BYTES + 64];
    int64_t n = -1;
    int64_t stored = 0;
    int rc = 0;
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || aas_store_open(&suite_store, url, NULL) != 0)
        return 1;
    while (rc == 0 && stored < 1000) {
        rc = insert_batch(sensor, stored);
        stored += rc == 0;
    }
    int counted = aas_store_count(suite_store, AAS_COLL_SENSOR_DATA, NULL, 0, &n, NULL);
    (void)fprintf(stderr, "%s after %lld batches, %lld documents\n", aas_errname(rc), (long long)stored, (long long)n);
    aas_store_close(suite_store);
    return rc == AAS_ENOSPC && counted == 0 && n == stored * BATCH ? 0 : 1;
}

/* ---- tests ---- */

static void test_lock_of_another_process_ends_in_unavailable(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    open_store("lock.db", "?busy_ms=150");
    assert_int_equal(insert_batch("lk", 0), 0);
    struct aas_test_proc *p = spawn("hold", "");
    assert_true(aas_test_proc_wait_stderr(p, "held", 5000));
    bson_t *doc = suite_bucket("lk", 5, 1, 1);
    int outcome = 0;
    const bson_t *docs[] = {doc};
    assert_int_equal(aas_store_insert_many(suite_store, AAS_COLL_SENSOR_DATA, docs, 1, &outcome, &err),
                     AAS_EUNAVAILABLE);
    assert_int_equal(outcome, AAS_EUNAVAILABLE);
    assert_non_null(strstr(err.msg, "locked"));
    assert_int_equal(aas_store_ping(suite_store, NULL), AAS_EUNAVAILABLE);
    assert_int_equal(count_all(), BATCH); /* reading goes on */
    assert_int_equal(aas_test_proc_kill(p, SIGKILL), 0);
    assert_int_equal(aas_test_proc_wait(p, 5000), 128 + SIGKILL);
    suite_ok(aas_store_insert(suite_store, AAS_COLL_SENSOR_DATA, doc, &err), &err);
    suite_ok(aas_store_ping(suite_store, &err), &err);
    bson_destroy(doc);
    aas_test_proc_destroy(p);
    aas_store_close(suite_store);
}

static void *insert_one(void *arg)
{
    (void)arg;
    return insert_batch("lw", 1) == 0 ? NULL : file;
}

static void test_lock_that_is_released_in_time_is_waited_for(void **state)
{
    (void)state;
    pthread_t thread;
    void *failed = NULL;
    open_store("wait.db", "");
    struct aas_test_proc *p = spawn("hold", "");
    assert_true(aas_test_proc_wait_stderr(p, "held", 5000));
    assert_int_equal(pthread_create(&thread, NULL, insert_one, NULL), 0);
    assert_int_equal(count_all(), 0);
    assert_int_equal(aas_test_proc_kill(p, SIGKILL), 0); /* its lock goes with it */
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(count_all(), BATCH);
    aas_test_proc_destroy(p);
    aas_store_close(suite_store);
}

static void test_full_store_refuses_and_recovers(void **state)
{
    (void)state;
    int64_t k = 0;
    size_t removed = 0;
    struct aas_error err = AAS_ERROR_NONE;
    open_store("full.db", "?max_mb=2");
    int rc = 0;
    while (rc == 0 && k < 200) {
        rc = insert_batch("fu", k);
        k += rc == 0;
    }
    assert_int_equal(rc, AAS_ENOSPC);
    assert_true(k > 0 && k < 200);
    assert_int_equal(count_all(), k * BATCH); /* nothing of the refused batch */
    char *big = calloc(1, 4 * 1024 * 1024);
    assert_non_null(big);
    assert_int_equal(aas_store_blob_put(suite_store, "big", big, 4 * 1024 * 1024, &err), AAS_ENOSPC);
    free(big);
    /* what a sweeper does: then there is room again */
    const struct aas_cond where[] = {{.field = "sensor_id", .value = AAS_V_STR("fu")}};
    suite_ok(aas_store_remove(suite_store, AAS_COLL_SENSOR_DATA, where, 1, BATCH * 2, &removed, &err), &err);
    assert_int_equal(removed, BATCH * 2);
    assert_int_equal(insert_batch("fu", k), 0);
    aas_store_close(suite_store);
}

static void test_full_disk_refuses_and_recovers(void **state)
{
    (void)state;
    open_store("disk.db", "");
    struct aas_test_proc *p = spawn("fill", "di");
    int rc = aas_test_proc_wait(p, 60000);
    char *text = aas_test_proc_stderr(p);
    if (rc != 0)
        fail_msg("exit %d: %s", rc, text ? text : "");
    free(text);
    aas_test_proc_destroy(p);
    int64_t before = count_all();
    assert_int_equal(insert_batch("di-later", 0), 0);
    assert_int_equal(count_all(), before + BATCH);
    aas_store_close(suite_store);
}

static int64_t last_stored(struct aas_test_proc *p)
{
    char *text = aas_test_proc_stderr(p);
    int64_t last = -1;
    for (char *at = text; at && (at = strstr(at, "stored ")) != NULL;) {
        at += 7;
        size_t len = strcspn(at, "\n");
        int64_t k;
        if (at[len] == '\n' && aas_num_parse_i64(at, len, &k) == 0)
            last = k;
    }
    free(text);
    return last;
}

static void check_integrity(void)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "ok");
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
}

static void test_kill_during_inserts_loses_nothing_acknowledged(void **state)
{
    (void)state;
    open_store("kill.db", "");
    for (int round = 0; round < 4; round++) {
        char sensor[16];
        char until[32];
        (void)snprintf(sensor, sizeof sensor, "ki-%d", round);
        (void)snprintf(until, sizeof until, "stored %d\n", 3 + round * 2);
        struct aas_test_proc *p = spawn("insert", sensor);
        assert_true(aas_test_proc_wait_stderr(p, until, 20000));
        assert_int_equal(aas_test_proc_kill(p, SIGKILL), 0);
        assert_int_equal(aas_test_proc_wait(p, 5000), 128 + SIGKILL);
        int64_t acknowledged = last_stored(p) + 1;
        aas_test_proc_destroy(p);
        reopen_store();
        int64_t n = -1;
        const struct aas_cond where[] = {{.field = "sensor_id", .value = AAS_V_STR(sensor)}};
        assert_int_equal(aas_store_count(suite_store, AAS_COLL_SENSOR_DATA, where, 1, &n, NULL), 0);
        /* the batch under way is there as a whole or not at all */
        assert_true(n == acknowledged * BATCH || n == (acknowledged + 1) * BATCH);
        /* replay: the same ids again are duplicates, what is new is stored */
        for (int64_t k = 0; k <= acknowledged; k++)
            assert_int_equal(insert_batch(sensor, k), 0);
        assert_int_equal(aas_store_count(suite_store, AAS_COLL_SENSOR_DATA, where, 1, &n, NULL), 0);
        assert_int_equal(n, (acknowledged + 1) * BATCH);
    }
    aas_store_close(suite_store);
    check_integrity();
}

static void test_processes_and_threads_insert_at_once(void **state)
{
    (void)state;
    open_store("both.db", "");
    struct aas_test_proc *a = spawn("some", "bo-a");
    struct aas_test_proc *b = spawn("some", "bo-b");
    for (int64_t k = 0; k < 30; k++)
        assert_int_equal(insert_batch("bo-c", k), 0);
    for (int i = 0; i < 2; i++) {
        struct aas_test_proc *p = i == 0 ? a : b;
        int rc = aas_test_proc_wait(p, 60000);
        char *text = aas_test_proc_stderr(p);
        if (rc != 0)
            fail_msg("exit %d: %s", rc, text ? text : "");
        free(text);
        aas_test_proc_destroy(p);
    }
    assert_int_equal(count_all(), 3 * 30 * BATCH);
    aas_store_close(suite_store);
    check_integrity();
}

static int read_all(const bson_t *doc, void *arg)
{
    bson_iter_t it;
    size_t *n = arg;
    *n += bson_iter_init(&it, doc) ? 1 : 0;
    return 0;
}

static void test_damaged_pages_are_told_not_served(void **state)
{
    (void)state;
    open_store("damage.db", "");
    for (int64_t k = 0; k < 5; k++)
        assert_int_equal(insert_batch("da", k), 0);
    aas_store_close(suite_store); /* the last one out moves the WAL into the file */
    FILE *f = fopen(file, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    char junk[4096];
    memset(junk, 0xA5, sizeof junk);
    for (long at = size / 3; at < size - 4096; at += 40960) {
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_int_equal(fwrite(junk, 1, sizeof junk, f), sizeof junk);
    }
    assert_int_equal(fclose(f), 0);
    suite_store = NULL;
    char url[AAS_TEST_PATH_BYTES + 64];
    size_t n = 0;
    (void)snprintf(url, sizeof url, "sqlite:%s", file);
    int rc = aas_store_open(&suite_store, url, NULL);
    const struct aas_cond where[] = {{.field = "sensor_id", .value = AAS_V_STR("da")}};
    const struct aas_query q = {.where = where, .n_where = 1, .sort = "start"};
    if (rc == 0)
        rc = aas_store_find(suite_store, AAS_COLL_SENSOR_DATA, &q, read_all, &n, NULL, NULL);
    assert_int_equal(rc, AAS_ECORRUPT);
    aas_store_close(suite_store);
}

static int setup(void **state)
{
    (void)state;
    return aas_test_dir_make(dir);
}

static int teardown(void **state)
{
    (void)state;
    aas_test_dir_remove(dir);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "hold") == 0)
        return verb_hold(argv[2]);
    if (argc == 4 && strcmp(argv[1], "insert") == 0)
        return verb_insert(argv[2], argv[3], 100000);
    if (argc == 4 && strcmp(argv[1], "some") == 0)
        return verb_insert(argv[2], argv[3], 30);
    if (argc == 4 && strcmp(argv[1], "fill") == 0)
        return verb_fill(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_of_another_process_ends_in_unavailable),
        cmocka_unit_test(test_lock_that_is_released_in_time_is_waited_for),
        cmocka_unit_test(test_full_store_refuses_and_recovers),
        cmocka_unit_test(test_full_disk_refuses_and_recovers),
        cmocka_unit_test(test_kill_during_inserts_loses_nothing_acknowledged),
        cmocka_unit_test(test_processes_and_threads_insert_at_once),
        cmocka_unit_test(test_damaged_pages_are_told_not_served),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
