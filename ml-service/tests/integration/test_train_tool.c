/* aastreli-model train --simulated as a user runs it: a version appears whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/json.h>
#include <aas/test_dir.h>
#include <aas/test_proc.h>
#include <aas/xgb.h>

#include "manifest.h"

#define DEADLINE_MS 60000

struct outcome {
    int code;
    char *out, *err;
};

static void outcome_fini(struct outcome *o)
{
    free(o->out);
    free(o->err);
}

static struct aas_test_proc *spawn(const char *const *args)
{
    const char *argv[24];
    char bin[512];
    size_t n = 0;
    argv[n++] = aas_test_bin(bin, "aastreli-model");
    for (; *args; args++)
        argv[n++] = *args;
    argv[n] = NULL;
    struct aas_test_proc *p = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_test_proc_spawn(&p, argv, NULL, &err) != 0)
        fail_msg("%s", err.msg);
    return p;
}

static struct outcome finish(struct aas_test_proc *p)
{
    struct outcome o = {.code = aas_test_proc_wait(p, DEADLINE_MS)};
    o.out = aas_test_proc_stdout(p);
    o.err = aas_test_proc_stderr(p);
    aas_test_proc_destroy(p);
    return o;
}

static const char *const SMALL[] = {"train", "--simulated", "--machines", "5",      "--windows",
                                    "1",     "--rounds",    "3",          "--json", "--if-missing"};

static struct outcome train_small(const char *dir)
{
    const char *args[16];
    memcpy(args, SMALL, sizeof(SMALL));
    args[10] = "--out";
    args[11] = dir;
    args[12] = NULL;
    return finish(spawn(args));
}

static void test_makes_a_version_that_serves(void **state)
{
    struct outcome o = train_small(*state);
    assert_int_equal(o.code, 0);
    AAS_AUTO_JSON json_t *answer = json_loads(o.out, 0, NULL);
    assert_non_null(answer);
    assert_string_equal(json_string_value(json_object_get(answer, "version")), "v1");
    assert_true(json_is_true(json_object_get(answer, "trained")));
    assert_true(json_number_value(json_object_get(json_object_get(answer, "metrics"), "macro_f1")) > 0.2);
    outcome_fini(&o);

    char path[AAS_TEST_PATH_BYTES];
    struct aas_error err = AAS_ERROR_NONE;
    struct ml_manifest *m = NULL;
    if (ml_manifest_load(aas_test_path(path, *state, "versions/v1"), &m, &err) != 0)
        fail_msg("%s", err.msg);
    assert_string_equal(m->sensor_type, "*");
    assert_int_equal(m->classes_count, 12);
    assert_string_equal(m->classes[0], "normal");
    assert_int_equal(m->schema->window.rows, 60);
    assert_int_equal(m->schema->window.stride, 10);
    char *bytes = NULL;
    size_t len = 0;
    struct aas_xgb *xgb = NULL;
    assert_int_equal(ml_manifest_read_model(m, &bytes, &len, &err), 0);
    assert_int_equal(aas_xgb_load(bytes, len, &xgb, &err), 0);
    assert_int_equal(aas_xgb_info(xgb)->features, m->features);
    assert_int_equal(aas_xgb_info(xgb)->outputs, 12);
    char name[64];
    aas_feature_schema_name(m->schema, 0, name, sizeof(name));
    assert_string_equal(aas_xgb_feature_name(xgb, 0), name);
    aas_xgb_destroy(xgb);
    free(bytes);
    ml_manifest_destroy(m);

    o = train_small(*state); /* the second start finds v1 */
    assert_int_equal(o.code, 0);
    AAS_AUTO_JSON json_t *again = json_loads(o.out, 0, NULL);
    assert_true(json_is_false(json_object_get(again, "trained")));
    assert_string_equal(json_string_value(json_object_get(again, "version")), "v1");
    outcome_fini(&o);
}

static void test_same_seed_same_model(void **state)
{
    char other[AAS_TEST_PATH_BYTES], path[AAS_TEST_PATH_BYTES], digest[2][65];
    aas_test_path(other, *state, "other");
    const char *dirs[2] = {*state, other};
    for (int i = 0; i < 2; i++) {
        struct outcome o = train_small(dirs[i]);
        assert_int_equal(o.code, 0);
        outcome_fini(&o);
        struct ml_manifest *m = NULL;
        assert_int_equal(ml_manifest_load(aas_test_path(path, dirs[i], "versions/v1"), &m, NULL), 0);
        memcpy(digest[i], m->model_sha256, 65);
        ml_manifest_destroy(m);
    }
    assert_string_equal(digest[0], digest[1]);
}

static void test_interrupted_leaves_nothing(void **state)
{
    const char *args[] = {"train", "--simulated", "--out", *state, "--machines", "500", "--rounds", "5000", NULL};
    struct aas_test_proc *p = spawn(args);
    /* caught as soon as the handler stands: until then the default action ends it, which leaves nothing either */
    assert_int_equal(aas_test_proc_kill(p, SIGINT), 0);
    struct outcome o = finish(p);
    assert_int_equal(o.code, 130);
    uint32_t *numbers = NULL;
    size_t count = 1;
    assert_int_equal(ml_versions_list(*state, &numbers, &count, NULL), 0);
    assert_int_equal(count, 0);
    free(numbers);
    outcome_fini(&o);
}

static void test_arguments(void **state)
{
    static const struct {
        const char *args[8];
        int code;
        const char *words;
    } rows[] = {
        {{"train"}, 2, "--out DIR"},
        {{"train", "--rounds", "many"}, 2, "--rounds must be an integer"},
        {{"train", "--rounds=0"}, 2, "--rounds must be an integer"},
        {{"train", "--depht", "3"}, 2, "unknown option"},
        {{"train", "--out"}, 2, "wants a value"},
        {{"train", "--json=1"}, 2, "takes no value"},
        {{"train", "somewhere"}, 2, "too many"},
        {{"drain"}, 2, "no such verb"},
        {{NULL}, 2, "usage"},
        {{"train", "--simulated", "--machines", "5", "--out", "/proc/nowhere"}, 1, "/proc/nowhere"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome o = finish(spawn(rows[i].args));
        if (o.code != rows[i].code || !strstr(o.err, rows[i].words))
            fail_msg("row %zu: exit %d, \"%s\"", i, o.code, o.err);
        outcome_fini(&o);
    }
    static const char *const help[] = {"train", "--help", NULL}, *const all[] = {"--help", NULL};
    struct outcome o = finish(spawn(help));
    assert_int_equal(o.code, 0);
    assert_non_null(strstr(o.out, "--simulated"));
    assert_non_null(strstr(o.out, "Exit codes"));
    outcome_fini(&o);
    o = finish(spawn(all));
    assert_int_equal(o.code, 0);
    assert_non_null(strstr(o.out, "train"));
    outcome_fini(&o);
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
        cmocka_unit_test_setup_teardown(test_makes_a_version_that_serves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_seed_same_model, setup, teardown),
        cmocka_unit_test_setup_teardown(test_interrupted_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arguments, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
