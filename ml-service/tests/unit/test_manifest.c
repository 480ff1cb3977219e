/* Version directories: what is written is read back, what was damaged is refused, writers don't collide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <aas/error.h>
#include <aas/json.h>
#include <aas/test_dir.h>

#include "manifest.h"

static const char model_text[] = "{\"learner\":{},\"version\":[1,7,4]}";
static const char schema_text[] =
    "{\"version\":1,\"sensor_type\":\"pump\",\"normal\":\"ok\",\"window\":{\"rows\":8,\"stride\":2,\"period_ms\":1000},"
    "\"channels\":[\"a\",\"b\"],\"features\":{\"stats\":[\"mean\",\"std\"]},\"classes\":[\"bad\",\"ok\"]}";

static struct aas_feature_schema *schema(void)
{
    AAS_AUTO_JSON json_t *doc = json_loads(schema_text, 0, NULL);
    struct aas_feature_schema *s = NULL;
    assert_int_equal(aas_feature_schema_parse(doc, &s, NULL), 0);
    return s;
}

static json_t *fields(void)
{
    return json_pack("{s:s,s:s,s:{s:i,s:f},s:{s:f}}", "parent", "v4", "trained_at", "2026-01-02T03:04:05Z", "decision",
                     "smooth", 5, "threshold", 0.625, "metrics", "macro_f1", 0.9);
}

static int write_one(const char *dir, const char *want, bool with_schema, char version[ML_VERSION_NAME_BYTES],
                     struct aas_error *err)
{
    struct aas_feature_schema *s = with_schema ? schema() : NULL;
    AAS_AUTO_JSON json_t *m = fields();
    struct ml_version_parts parts = {model_text, sizeof(model_text) - 1, s, m};
    int rc = ml_version_write(dir, &parts, want, version, err);
    aas_feature_schema_destroy(s);
    return rc;
}

static void test_round_trip(void **state)
{
    char path[AAS_TEST_PATH_BYTES], version[ML_VERSION_NAME_BYTES];
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(write_one(*state, NULL, true, version, &err), 0);
    assert_string_equal(version, "v1");
    assert_int_equal(write_one(*state, "v7", true, version, &err), 0);
    assert_int_equal(write_one(*state, NULL, true, version, &err), 0);
    assert_string_equal(version, "v8");

    struct ml_manifest *m = NULL;
    assert_int_equal(ml_manifest_load(aas_test_path(path, *state, "versions/v7/"), &m, &err), 0);
    assert_string_equal(m->version, "v7");
    assert_string_equal(m->parent, "v4");
    assert_string_equal(m->sensor_type, "pump");
    assert_string_equal(m->normal, "ok");
    assert_int_equal(m->classes_count, 2);
    assert_string_equal(m->classes[0], "bad");
    assert_int_equal(m->features, 4);
    assert_int_equal(m->trained_at_ms, INT64_C(1767323045000));
    assert_int_equal(m->smooth, 5);
    assert_true(m->threshold == 0.625);
    assert_non_null(m->schema);
    assert_true(json_number_value(json_object_get(m->metrics, "macro_f1")) == 0.9);
    char *bytes = NULL;
    size_t len = 0;
    assert_int_equal(ml_manifest_read_model(m, &bytes, &len, &err), 0);
    assert_int_equal(len, sizeof(model_text) - 1);
    assert_memory_equal(bytes, model_text, len);
    free(bytes);
    ml_manifest_destroy(m);

    uint32_t *numbers = NULL;
    size_t count = 0;
    assert_int_equal(ml_versions_list(*state, &numbers, &count, &err), 0);
    assert_int_equal(count, 3);
    assert_int_equal(numbers[0], 1);
    assert_int_equal(numbers[2], 8);
    free(numbers);
}

static void test_without_schema(void **state)
{
    char version[ML_VERSION_NAME_BYTES], path[AAS_TEST_PATH_BYTES];
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(write_one(*state, NULL, false, version, &err), AAS_EINVAL);
    assert_non_null(strstr(err.msg, "must state classes and features"));
    AAS_AUTO_JSON json_t *doc =
        json_pack("{s:s,s:[s,s],s:i,s:{s:[f,f],s:[f,f]}}", "trained_at", "2026-01-02T03:04:05Z", "classes", "normal",
                  "worn", "features", 2, "scaler", "mean", 1.5, 2.5, "scale", 0.5, 4.0);
    struct ml_version_parts parts = {model_text, sizeof(model_text) - 1, NULL, doc};
    assert_int_equal(ml_version_write(*state, &parts, NULL, version, &err), 0);
    struct ml_manifest *m = NULL;
    assert_int_equal(ml_manifest_load(aas_test_path(path, *state, "versions/v1"), &m, &err), 0);
    assert_null(m->schema);
    assert_int_equal(m->smooth, 1);
    assert_true(isnan(m->threshold));
    assert_true(m->mean[1] == 2.5 && m->scale[0] == 0.5);
    ml_manifest_destroy(m);
}

static void refuse(const char *dir, int code, const char *words)
{
    char path[AAS_TEST_PATH_BYTES];
    struct aas_error err = AAS_ERROR_NONE;
    struct ml_manifest *m = NULL;
    assert_int_equal(ml_manifest_load(aas_test_path(path, dir, "versions/v1"), &m, &err), code);
    assert_null(m);
    if (!strstr(err.msg, words))
        fail_msg("\"%s\" doesn't say \"%s\"", err.msg, words);
}

static void test_damage(void **state)
{
    char version[ML_VERSION_NAME_BYTES], path[AAS_TEST_PATH_BYTES], moved[AAS_TEST_PATH_BYTES];
    struct aas_error err = AAS_ERROR_NONE;
    refuse(*state, AAS_ENOENT, "manifest.json");
    assert_int_equal(write_one(*state, NULL, true, version, &err), 0);
    assert_int_equal(write_one(*state, NULL, true, version, &err), 0);

    aas_test_path(path, *state, "versions/v1/model.json");
    assert_int_equal(aas_test_file_write(path, "{\"learner\":{},\"version\":[1,7,5]}", sizeof(model_text) - 1), 0);
    refuse(*state, AAS_ECORRUPT, "SHA-256");
    assert_int_equal(unlink(path), 0);
    refuse(*state, AAS_ECORRUPT, "missing");
    assert_int_equal(mkfifo(path, 0600), 0);
    refuse(*state, AAS_EINVAL, "regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(aas_test_file_write(path, model_text, sizeof(model_text) - 1), 0);

    aas_test_path(path, *state, "versions/v1/manifest.json");
    char *text = aas_test_file_read(path, NULL);
    AAS_AUTO_JSON json_t *doc = json_loads(text, 0, NULL);
    free(text);
    static const struct {
        const char *field, *value, *words;
        int code;
    } rows[] = {
        {"feature_hash", "\"00\"", "hash", AAS_EMISMATCH},
        {"classes", "[\"ok\",\"bad\"]", "classes", AAS_EMISMATCH},
        {"features", "5", "5", AAS_EMISMATCH},
        {"version", "\"v2\"", "v2", AAS_EMISMATCH},
        {"trained_at", "\"yesterday\"", "trained_at", AAS_EINVAL},
        {"decision", "{\"smooth\":0}", "smooth", AAS_EINVAL},
        {"files", "{}", "SHA-256", AAS_ECORRUPT},
        {"scaler", "{\"mean\":[0,0,0,0],\"scale\":[1,1,1,1]}", "beside a feature schema", AAS_EMISMATCH},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AAS_AUTO_JSON json_t *bad = json_copy(doc);
        json_object_set_new(bad, rows[i].field, json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
        assert_int_equal(json_dump_file(bad, path, 0), 0);
        refuse(*state, rows[i].code, rows[i].words);
    }
    assert_int_equal(json_dump_file(doc, path, 0), 0);
    struct ml_manifest *m = NULL;
    assert_int_equal(ml_manifest_load(aas_test_path(moved, *state, "versions/v1"), &m, &err), 0);
    ml_manifest_destroy(m);
}

static void test_names_and_leftovers(void **state)
{
    char version[ML_VERSION_NAME_BYTES], path[AAS_TEST_PATH_BYTES];
    struct aas_error err = AAS_ERROR_NONE;
    static const char *const bad[] = {"1", "v", "v0", "v01", "v-1", "v1x", "../v1", "v99999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(write_one(*state, bad[i], true, version, &err), AAS_EINVAL);
    assert_int_equal(write_one(*state, "v3", true, version, &err), 0);
    assert_int_equal(write_one(*state, "v3", true, version, &err), AAS_EEXIST);

    static const char *const names[] = {"versions/.new-old", "versions/.new-fresh", "versions/notes"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(mkdir(aas_test_path(path, *state, names[i]), 0755), 0);
    const struct utimbuf long_ago = {1000, 1000};
    assert_int_equal(utime(aas_test_path(path, *state, names[0]), &long_ago), 0);
    uint32_t *numbers = NULL;
    size_t count = 0;
    assert_int_equal(ml_versions_list(*state, &numbers, &count, &err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(numbers[0], 3);
    free(numbers);
    struct stat st;
    assert_int_equal(stat(aas_test_path(path, *state, names[0]), &st), -1);
    assert_int_equal(stat(aas_test_path(path, *state, names[1]), &st), 0);
}

#define WRITERS 4
#define EACH    6

static void *write_many(void *arg)
{
    char version[ML_VERSION_NAME_BYTES];
    for (int i = 0; i < EACH; i++)
        if (write_one(arg, NULL, true, version, NULL) < 0)
            return arg;
    return NULL;
}

static void test_writers_get_numbers_of_their_own(void **state)
{
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, *state), 0);
    for (int i = 0; i < WRITERS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    uint32_t *numbers = NULL;
    size_t count = 0;
    assert_int_equal(ml_versions_list(*state, &numbers, &count, NULL), 0);
    assert_int_equal(count, WRITERS * EACH);
    for (uint32_t i = 0; i < count; i++) {
        char path[AAS_TEST_PATH_BYTES], name[48];
        assert_int_equal(numbers[i], i + 1);
        (void)snprintf(name, sizeof(name), "versions/v%u", i + 1);
        struct ml_manifest *m = NULL;
        assert_int_equal(ml_manifest_load(aas_test_path(path, *state, name), &m, NULL), 0);
        ml_manifest_destroy(m);
    }
    free(numbers);
}

static int setup(void **state)
{
    char *dir = malloc(AAS_TEST_PATH_BYTES);
    *state = dir;
    return dir ? aas_test_dir_make(dir) : -1;
}

static int teardown(void **state)
{
    aas_test_dir_remove(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_and_leftovers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writers_get_numbers_of_their_own, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
