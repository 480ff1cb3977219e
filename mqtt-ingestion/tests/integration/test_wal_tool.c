/* aastreli-wal on a whole log, on a damaged one, and on wrong arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/test_dir.h"
#include "aas/test_proc.h"
#include "aas/wal.h"

static char dir[AAS_TEST_PATH_BYTES], log_dir[AAS_TEST_PATH_BYTES];

static int make_log(void **state)
{
    (void)state;
    struct aas_wal *w = NULL;
    if (aas_test_dir_make(dir) != 0)
        return -1;
    const struct aas_wal_options o = {.dir = aas_test_path(log_dir, dir, "wal")};
    struct aas_wal_record recs[] = {{.kind = 1, .payload = "first", .len = 5},
                                    {.kind = 2, .payload = "se\"cond", .len = 7},
                                    {.kind = 1, .payload = "third", .len = 5}};
    int rc = aas_wal_open(&w, &o, NULL);
    rc = rc ? rc : aas_wal_append(w, recs, 3, NULL);
    rc = rc ? rc : aas_wal_sync(w, NULL);
    aas_wal_close(w);
    return rc;
}

static int remove_log(void **state)
{
    (void)state;
    aas_test_dir_remove(dir);
    return 0;
}

/* Run with up to five arguments; output goes to out (malloc'ed). */
static int run(const char *const *args, char **out)
{
    char bin[512];
    const char *argv[8] = {aas_test_bin(bin, "aastreli-wal")};
    struct aas_test_proc *p = NULL;
    for (size_t i = 0; i < 6 && args[i]; i++)
        argv[i + 1] = args[i];
    assert_int_equal(aas_test_proc_spawn(&p, argv, NULL, NULL), 0);
    int rc = aas_test_proc_wait(p, 10000);
    *out = rc == 2 ? aas_test_proc_stderr(p) : aas_test_proc_stdout(p);
    aas_test_proc_destroy(p);
    assert_non_null(*out);
    return rc;
}

static void expect(const char *const *args, int code, const char *text)
{
    char *out;
    int rc = run(args, &out);
    if (rc != code || !strstr(out, text))
        fail_msg("%s %s: exit %d, wanted %d and '%s' in: %s", args[0] ? args[0] : "", args[1] ? args[1] : "", rc, code,
                 text, out);
    free(out);
}

static void a_whole_log_is_listed_and_checked(void **state)
{
    (void)state;
    expect((const char *const[]){"list", log_dir, NULL}, 0, "0000000000000000.wal  from 0  3 records");
    expect((const char *const[]){"list", log_dir, "--json", NULL}, 0, "\"records\":3,\"bytes\":128");
    expect((const char *const[]){"list", log_dir, "--records", NULL}, 0, "\"third\"");
    expect((const char *const[]){"list", log_dir, "--records", "--json", NULL}, 0, "\"begins\":\"se\\\"cond\"");
    expect((const char *const[]){"check", log_dir, NULL}, 0, "3 records, 128 bytes; damage in 0 places");
    char *out;
    assert_int_equal(run((const char *const[]){"list", log_dir, "--records", "--limit", "2", NULL}, &out), 0);
    assert_null(strstr(out, "third"));
    free(out);
}

static void damage_is_found_where_it_is(void **state)
{
    (void)state;
    char path[AAS_TEST_PATH_BYTES];
    size_t n;
    char *bytes = aas_test_file_read(aas_test_path(path, log_dir, "0000000000000000.wal"), &n);
    assert_non_null(bytes);
    bytes[64 + 22] ^= 1; /* in the second record's payload */
    assert_int_equal(aas_test_file_write(path, bytes, n), 0);
    expect((const char *const[]){"check", log_dir, NULL}, 1, "at byte 64: 32 bytes");
    expect((const char *const[]){"check", log_dir, "--json", NULL}, 1, "\"lost_records\":1,\"tail_only\":false");
    bytes[64 + 22] ^= 1;
    assert_int_equal(aas_test_file_write(path, bytes, n - 3), 0);
    expect((const char *const[]){"check", log_dir, "--json", NULL}, 1, "\"tail_only\":true");
    free(bytes);
}

static void wrong_arguments_exit_with_2(void **state)
{
    (void)state;
    expect((const char *const[]){NULL}, 2, "--help");
    expect((const char *const[]){"mend", log_dir, NULL}, 2, "no such command: mend");
    expect((const char *const[]){"list", log_dir, "--limit", "0", NULL}, 2, "--limit");
    expect((const char *const[]){"check", log_dir, "--records", NULL}, 2, "goes with list");
    expect((const char *const[]){"--help", NULL}, 0, "usage: aastreli-wal");
    expect((const char *const[]){"list", "/nonexistent", NULL}, 1, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_log_is_listed_and_checked, make_log, remove_log),
        cmocka_unit_test_setup_teardown(damage_is_found_where_it_is, make_log, remove_log),
        cmocka_unit_test_setup_teardown(wrong_arguments_exit_with_2, make_log, remove_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
