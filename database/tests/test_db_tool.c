/* aastreli-db on the embedded store, as a person runs it. */
#include "tool.h"

#include <pthread.h>
#include <stdatomic.h>

static char url[AAS_TEST_PATH_BYTES + 16];

/* A fresh store of the test's own name. */
static const char *store(const char *name, char out[static AAS_TEST_PATH_BYTES + 16])
{
    char path[AAS_TEST_PATH_BYTES];
    (void)snprintf(out, AAS_TEST_PATH_BYTES + 16, "sqlite:%s", aas_test_path(path, tool_dir, name));
    return out;
}

static void test_arguments(void **state)
{
    (void)state;
    assert_int_equal(tool_run("sqlite:/nowhere/at/all.db", "--help", NULL, NULL, NULL), 0);
    assert_non_null(strstr(tool_out, "AAS_RETENTION_RAW"));
    static const char *const wrong[][4] = {
        {"fly"}, {"backup"}, {"stats", "x"}, {"stats", "--dry-run"}, {"--fast", "stats"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(tool_run("sqlite:x", wrong[i][0], wrong[i][1], NULL, NULL), 2);
    assert_int_equal(tool_run("sqlite:/nowhere/at/all.db", "stats", NULL, NULL, NULL), 1);
    assert_non_null(strstr(tool_err, "/nowhere/at/all.db"));
}

static void test_init_and_stats(void **state)
{
    (void)state;
    tool_ok(store("init.db", url), "init", NULL, NULL, NULL);
    tool_ok(url, "init", "--json", NULL, NULL);
    assert_non_null(strstr(tool_out, "\"initialised\":true"));
    tool_fill(url);
    tool_ok(url, "stats", "--json", NULL, NULL);
    assert_non_null(strstr(tool_out, "\"sensor_data\":250,"));
    assert_non_null(strstr(tool_out, "\"blobs\":1,\"blob_bytes\":7,\"file_bytes\":"));
    tool_ok(url, "stats", NULL, NULL, NULL);
    assert_non_null(strstr(tool_out, "sensor_data             250 documents"));
}

struct writer {
    struct aas_store *s;
    atomic_bool stop;
    int failures;
};

static void *write_on(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; !atomic_load(&w->stop); i++) {
        char id[32];
        bson_t *d = bson_new();
        (void)snprintf(id, sizeof id, "w-%d", i);
        BSON_APPEND_UTF8(d, "_id", id);
        w->failures += aas_store_insert(w->s, AAS_COLL_SETTINGS, d, NULL) != 0;
        bson_destroy(d);
    }
    return NULL;
}

static void test_backup_while_others_write_and_restore(void **state)
{
    (void)state;
    char file[AAS_TEST_PATH_BYTES];
    struct writer w = {0};
    pthread_t thread;
    tool_fill(store("live.db", url));
    assert_int_equal(aas_store_open(&w.s, url, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
    aas_test_path(file, tool_dir, "plant.aasbak");
    tool_ok(url, "backup", file, "--json", NULL);
    assert_non_null(strstr(tool_out, "\"sha256\":\""));
    assert_int_equal(tool_run(url, "backup", file, NULL, NULL), 1); /* never over an older one */
    /* the store goes on, then loses data, and gets it back while it is open */
    const struct aas_cond all[] = {{.field = "sensor_id", .value = AAS_V_STR("pump-1")}};
    size_t removed = 0;
    assert_int_equal(aas_store_remove(w.s, AAS_COLL_SENSOR_DATA, all, 1, 1000, &removed, NULL), 0);
    assert_int_equal(removed, 250);
    tool_ok(url, "restore", file, NULL, NULL);
    assert_int_equal(tool_count(url, AAS_COLL_SENSOR_DATA), 250);
    int64_t n = 0;
    assert_int_equal(aas_store_count(w.s, AAS_COLL_SENSOR_DATA, NULL, 0, &n, NULL), 0);
    assert_int_equal(n, 250);
    atomic_store(&w.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(w.failures, 0);
    aas_store_close(w.s);
    /* and into a new place */
    char other[AAS_TEST_PATH_BYTES + 16];
    tool_ok(store("other.db", other), "restore", file, NULL, NULL);
    assert_int_equal(tool_count(other, AAS_COLL_SENSOR_DATA), 250);
}

static void test_damaged_backup_replaces_nothing(void **state)
{
    (void)state;
    char file[AAS_TEST_PATH_BYTES];
    size_t len = 0;
    tool_fill(store("safe.db", url));
    aas_test_path(file, tool_dir, "safe.aasbak");
    tool_ok(url, "backup", file, NULL, NULL);
    char *bytes = aas_test_file_read(file, &len);
    assert_non_null(bytes);
    const size_t at[] = {len / 2, len - 1, 4096, 18};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        bytes[at[i]] ^= 1;
        assert_int_equal(aas_test_file_write(file, bytes, len), 0);
        assert_int_equal(tool_run(url, "restore", file, NULL, NULL), 3);
        bytes[at[i]] ^= 1;
    }
    assert_int_equal(aas_test_file_write(file, bytes, len - 1), 0);
    assert_int_equal(tool_run(url, "restore", file, NULL, NULL), 3);
    assert_int_equal(aas_test_file_write(file, bytes, 100), 0);
    assert_int_equal(tool_run(url, "restore", file, NULL, NULL), 3);
    assert_int_equal(tool_count(url, AAS_COLL_SENSOR_DATA), 250);
    assert_int_equal(aas_test_file_write(file, bytes, len), 0);
    tool_ok(url, "restore", file, NULL, NULL);
    free(bytes);
}

static void test_export_and_import_round_trip(void **state)
{
    (void)state;
    char a[AAS_TEST_PATH_BYTES];
    char b[AAS_TEST_PATH_BYTES];
    char other[AAS_TEST_PATH_BYTES + 16];
    tool_fill(store("from.db", url));
    aas_test_path(a, tool_dir, "export-a");
    aas_test_path(b, tool_dir, "export-b");
    tool_ok(url, "export", a, NULL, NULL);
    tool_ok(store("to.db", other), "import", a, "--json", NULL);
    assert_non_null(strstr(tool_out, "\"stored\":252,\"already_there\":0,\"blobs\":1}"));
    tool_ok(other, "import", a, "--json", NULL);
    assert_non_null(strstr(tool_out, "\"stored\":0,\"already_there\":252,"));
    tool_ok(other, "export", b, NULL, NULL);
    tool_same_exports(a, b);
    /* one changed byte, and nothing is touched */
    char file[AAS_TEST_PATH_BYTES];
    size_t len = 0;
    char *bytes = aas_test_file_read(aas_test_path(file, b, "sensor_data.jsonl"), &len);
    assert_non_null(bytes);
    bytes[len / 2] ^= 1;
    assert_int_equal(aas_test_file_write(file, bytes, len), 0);
    free(bytes);
    assert_int_equal(tool_run(other, "restore", b, NULL, NULL), 3);
    assert_int_equal(tool_count(other, AAS_COLL_SENSOR_DATA), 250);
    tool_ok(other, "restore", a, NULL, NULL);
    assert_int_equal(tool_count(other, AAS_COLL_SENSOR_DATA), 250);
}

/* An alarm's flight recorder bundle is a blob each: a plant has thousands. */
static void test_export_takes_any_number_of_blobs(void **state)
{
    (void)state;
    char dir[AAS_TEST_PATH_BYTES];
    char other[AAS_TEST_PATH_BYTES + 16];
    struct aas_store *s = NULL;
    assert_int_equal(aas_store_open(&s, store("blobs.db", url), NULL), 0);
    assert_int_equal(aas_store_ensure(s, NULL), 0);
    for (int i = 0; i < 1030; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "bundles/%d.json", i);
        assert_int_equal(aas_store_blob_put(s, name, "{}", 2, NULL), 0);
    }
    aas_store_close(s);
    tool_ok(url, "export", aas_test_path(dir, tool_dir, "export-blobs"), NULL, NULL);
    tool_ok(store("blobs-to.db", other), "import", dir, "--json", NULL);
    assert_non_null(strstr(tool_out, "\"blobs\":1030}"));
}

static void test_sweep_tells_first(void **state)
{
    (void)state;
    tool_fill(store("sweep.db", url));
    tool_ok(url, "sweep", "--dry-run", "--json", NULL);
    assert_non_null(
        strstr(tool_out, "{\"dry_run\":true,\"collections\":[{\"name\":\"sensor_data\",\"removed\":250,\"kept\":0}"));
    assert_int_equal(tool_count(url, AAS_COLL_SENSOR_DATA), 250);
    tool_ok(url, "sweep", NULL, NULL, NULL);
    assert_int_equal(tool_count(url, AAS_COLL_SENSOR_DATA), 0);
    assert_int_equal(tool_count(url, AAS_COLL_QUARANTINE), 0);
    assert_int_equal(tool_count(url, AAS_COLL_SENSORS), 1);
}

static int setup(void **state)
{
    (void)state;
    return aas_test_dir_make(tool_dir);
}

static int teardown(void **state)
{
    (void)state;
    aas_test_dir_remove(tool_dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_init_and_stats),
        cmocka_unit_test(test_backup_while_others_write_and_restore),
        cmocka_unit_test(test_damaged_backup_replaces_nothing),
        cmocka_unit_test(test_export_and_import_round_trip),
        cmocka_unit_test(test_export_takes_any_number_of_blobs),
        cmocka_unit_test(test_sweep_tells_first),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
