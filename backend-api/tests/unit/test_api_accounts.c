/* Accounts and sessions on SQLite in a fresh directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aas/store.h"
#include "aas/test_clock.h"
#include "aas/test_dir.h"
#include "accounts.h"
#include "secrets.h"
#include "sessions.h"

#define DAY_MS INT64_C(86400000)

struct fixture {
    char dir[AAS_TEST_PATH_BYTES];
    struct aas_store *store;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char url[AAS_TEST_PATH_BYTES + 32];
    struct aas_error err = AAS_ERROR_NONE;
    if (!f || aas_test_dir_make(f->dir) != 0 || api_password_init(&err) != 0)
        return -1;
    (void)snprintf(url, sizeof url, "sqlite:%s/t.db", f->dir);
    if (aas_store_open(&f->store, url, &err) != 0 || aas_store_ensure(f->store, &err) != 0)
        return -1;
    aas_test_clock_start(1700000000000);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aas_test_clock_stop();
    aas_store_close(f->store);
    aas_test_dir_remove(f->dir);
    free(f);
    return 0;
}

static void passwords(void **state)
{
    char hash[API_PASSWORD_HASH_BYTES];
    char again[API_PASSWORD_HASH_BYTES];
    char random[21];
    char longest[API_PASSWORD_MAX_BYTES + 2];
    struct aas_error err = AAS_ERROR_NONE;
    (void)state;
    assert_int_equal(api_password_hash("correct horse battery", hash, &err), 0);
    assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
    assert_int_equal(api_password_hash("correct horse battery", again, &err), 0);
    assert_string_not_equal(hash, again); /* salted */
    assert_true(api_password_verify(hash, "correct horse battery"));
    assert_false(api_password_verify(hash, "correct horse batterz"));
    assert_false(api_password_verify(hash, ""));
    assert_false(api_password_verify(NULL, "correct horse battery"));
    assert_false(api_password_outdated(hash));
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(api_password_hash(longest, hash, &err), AAS_EINVAL);
    assert_false(api_password_verify(again, longest));
    api_password_random(random, 20);
    assert_int_equal(strlen(random), 20);
}

static void first_run(void **state)
{
    struct fixture *f = *state;
    struct api_account account;
    struct aas_error err = AAS_ERROR_NONE;
    struct stat st;
    char path[AAS_TEST_PATH_BYTES];
    (void)aas_test_path(path, f->dir, "secrets/admin-password");
    assert_int_equal(api_accounts_first_run(f->store, path, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char *password = aas_test_file_read(path, NULL);
    password[strcspn(password, "\n")] = '\0';
    assert_int_equal(api_account_get(f->store, "admin", &account, &err), 0);
    assert_int_equal(account.role, API_ADMIN);
    assert_true(account.must_change);
    assert_true(api_password_verify(account.hash, password));
    assert_int_equal(api_accounts_first_run(f->store, path, &err), 0); /* nothing more */
    char *same = aas_test_file_read(path, NULL);
    assert_int_equal(strncmp(same, password, strlen(password)), 0);
    free(same);
    free(password);
}

/* A process that was killed before the renaming left the file beside. */
static void first_run_is_finished(void **state)
{
    struct fixture *f = *state;
    struct aas_error err = AAS_ERROR_NONE;
    char path[AAS_TEST_PATH_BYTES];
    char pending[AAS_TEST_PATH_BYTES];
    (void)aas_test_path(path, f->dir, "secrets/admin-password");
    (void)aas_test_path(pending, f->dir, "secrets/admin-password.pending");
    assert_int_equal(api_accounts_first_run(f->store, path, &err), 0);
    assert_int_equal(rename(path, pending), 0);
    assert_int_equal(api_accounts_first_run(f->store, path, &err), 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(pending, F_OK), 0);
}

static void changes(void **state)
{
    struct fixture *f = *state;
    struct aas_error err = AAS_ERROR_NONE;
    struct api_account a = {.name = "ada", .hash = "$h", .role = API_VIEWER};
    enum api_role role = API_ENGINEER;
    bool disabled = true;
    assert_int_equal(api_account_create(f->store, &a, &err), 0);
    assert_int_equal(api_account_create(f->store, &a, &err), AAS_EDUPLICATE);
    assert_int_equal(api_account_change(f->store, "ada", &role, &disabled, &err), 0);
    assert_int_equal(api_account_set_hash(f->store, "ada", "$i", true, &err), 0);
    assert_int_equal(api_account_get(f->store, "ada", &a, &err), 0);
    assert_int_equal(a.role, API_ENGINEER);
    assert_true(a.disabled);
    assert_true(a.must_change);
    assert_string_equal(a.hash, "$i");
    assert_int_equal(api_account_change(f->store, "bob", &role, NULL, &err), AAS_ENOENT);
    assert_int_equal(api_account_get(f->store, "bob", &a, &err), AAS_ENOENT);
    assert_true(api_account_name_ok("a.b-c_d@e"));
    assert_false(api_account_name_ok(""));
    assert_false(api_account_name_ok("a b"));
    assert_false(api_account_name_ok("0123456789012345678901234567890123456789012345678901234567890123456789"));
}

static void rotation_and_reuse(void **state)
{
    struct fixture *f = *state;
    struct aas_error err = AAS_ERROR_NONE;
    char first[API_TOKEN_BYTES];
    char second[API_TOKEN_BYTES];
    char third[API_TOKEN_BYTES];
    char other[API_TOKEN_BYTES];
    char user[API_NAME_BYTES];
    assert_int_equal(api_session_open(f->store, "ada", DAY_MS, first, &err), 0);
    assert_int_equal(api_session_open(f->store, "ada", DAY_MS, other, &err), 0);
    assert_int_equal(api_session_rotate(f->store, first, DAY_MS, second, user, &err), 0);
    assert_string_equal(user, "ada");
    assert_string_not_equal(first, second);
    assert_int_equal(api_session_rotate(f->store, first, DAY_MS, third, user, &err), AAS_EUNAUTHORIZED);
    assert_int_equal(api_session_rotate(f->store, second, DAY_MS, third, user, &err), AAS_EUNAUTHORIZED);
    assert_int_equal(api_session_rotate(f->store, other, DAY_MS, third, user, &err), 0); /* another session lives on */
    assert_int_equal(api_session_rotate(f->store, "nonsense", DAY_MS, third, user, &err), AAS_EUNAUTHORIZED);
}

static void ends(void **state)
{
    struct fixture *f = *state;
    struct aas_error err = AAS_ERROR_NONE;
    char tokens[4][API_TOKEN_BYTES];
    char next[API_TOKEN_BYTES];
    char user[API_NAME_BYTES];
    size_t removed = 0;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(api_session_open(f->store, i == 3 ? "bob" : "ada", DAY_MS, tokens[i], &err), 0);
    assert_int_equal(api_session_close(f->store, tokens[0], &err), 0);
    assert_int_equal(api_session_close(f->store, "unknown", &err), 0);
    assert_int_equal(api_session_rotate(f->store, tokens[0], DAY_MS, next, user, &err), AAS_EUNAUTHORIZED);
    assert_int_equal(api_session_close_all(f->store, "ada", tokens[1], &err), 0);
    assert_int_equal(api_session_rotate(f->store, tokens[2], DAY_MS, next, user, &err), AAS_EUNAUTHORIZED);
    assert_int_equal(api_session_rotate(f->store, tokens[1], DAY_MS, next, user, &err), 0);
    assert_int_equal(api_session_rotate(f->store, tokens[3], DAY_MS, tokens[3], user, &err), 0);
    aas_test_clock_advance(DAY_MS + 1);
    assert_int_equal(api_session_rotate(f->store, tokens[3], DAY_MS, next, user, &err), AAS_EUNAUTHORIZED);
    assert_int_equal(api_session_sweep(f->store, &removed, &err), 0);
    assert_int_equal(removed, 0);
    aas_test_clock_advance(DAY_MS + 1);
    assert_int_equal(api_session_sweep(f->store, &removed, &err), 0);
    assert_int_equal(removed, 6);
}

static void keys(void **state)
{
    struct fixture *f = *state;
    struct aas_error err = AAS_ERROR_NONE;
    struct stat st;
    char path[AAS_TEST_PATH_BYTES];
    (void)aas_test_path(path, f->dir, "deep/er/jwt");
    assert_int_equal(api_secrets_make_key(path, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 65);
    char *before = aas_test_file_read(path, NULL);
    assert_int_equal(api_secrets_make_key(path, &err), 0);
    char *after = aas_test_file_read(path, NULL);
    assert_string_equal(before, after);
    free(before);
    free(after);
    assert_int_not_equal(api_secrets_make_key("/proc/nowhere/jwt", &err), 0);
    assert_non_null(strstr(err.msg, "/proc/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(passwords, setup, teardown),
        cmocka_unit_test_setup_teardown(first_run, setup, teardown),
        cmocka_unit_test_setup_teardown(first_run_is_finished, setup, teardown),
        cmocka_unit_test_setup_teardown(changes, setup, teardown),
        cmocka_unit_test_setup_teardown(rotation_and_reuse, setup, teardown),
        cmocka_unit_test_setup_teardown(ends, setup, teardown),
        cmocka_unit_test_setup_teardown(keys, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
