/* The audit trail on SQLite in a fresh directory; damage is done behind the store's back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/audit.h"
#include "aas/store.h"
#include "aas/test_dir.h"

struct fixture {
    char dir[AAS_TEST_PATH_BYTES];
    struct aas_store *store;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char url[AAS_TEST_PATH_BYTES + 32];
    struct aas_error err = AAS_ERROR_NONE;
    *state = f;
    if (!f || aas_test_dir_make(f->dir) != 0)
        return -1;
    (void)snprintf(url, sizeof url, "sqlite:%s/t.db", f->dir);
    return aas_store_open(&f->store, url, &err) != 0 || aas_store_ensure(f->store, &err) != 0 ? -1 : 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aas_store_close(f->store);
    aas_test_dir_remove(f->dir);
    free(f);
    return 0;
}

static void append(struct fixture *f, const char *action, const char *target, const char *detail)
{
    const struct aas_audit_event event = {.user = "ada", .action = action, .target = target, .detail = detail};
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_audit_append(f->store, &event, &err), 0);
}

static void a_chain(void **state)
{
    struct fixture *f = *state;
    struct aas_audit_report report;
    struct aas_error err = AAS_ERROR_NONE;
    char *big = malloc(10000);
    assert_int_equal(aas_audit_verify(f->store, &report, &err), 0);
    assert_int_equal(report.records, 0);
    assert_string_equal(report.last_hash, "");
    append(f, "user.create", "bob", NULL);
    append(f, "user.change", "bob", "{\"role\":\"viewer\"}");
    memset(big, 'x', 9999);
    big[9999] = '\0';
    memcpy(big + AAS_AUDIT_DETAIL_MAX - 1, "\xc3\xa4", 2); /* cut on a letter's border */
    append(f, "user.change", "bob", big);
    free(big);
    assert_int_equal(aas_audit_verify(f->store, &report, &err), 0);
    assert_int_equal(report.records, 3);
    assert_int_equal(report.last_seq, 3);
    assert_int_equal(strlen(report.last_hash), 64);
    assert_int_equal(aas_audit_append(f->store, &(struct aas_audit_event){.user = "x"}, &err), AAS_EINVAL);
}

/* A record like that of seq with one field changed, in its place; NULL field: none in its place. */
static void damage(struct fixture *f, const char *id, const char *field)
{
    struct aas_error err = AAS_ERROR_NONE;
    const char *const drop[] = {field, NULL};
    const struct aas_cond where[] = {{.field = "_id", .op = AAS_OP_EQ, .value = AAS_V_STR(id)}};
    size_t removed = 0;
    bson_t *old = NULL;
    bson_t changed = BSON_INITIALIZER;
    assert_int_equal(aas_store_get(f->store, AAS_COLL_AUDIT, id, &old, &err), 0);
    assert_int_equal(aas_store_copy_except(old, &changed, drop), 0);
    if (field && strcmp(field, "at") == 0)
        BSON_APPEND_DATE_TIME(&changed, "at", 1);
    else if (field)
        BSON_APPEND_UTF8(&changed, field, "mallory");
    assert_int_equal(aas_store_remove(f->store, AAS_COLL_AUDIT, where, 1, 1, &removed, &err), 0);
    assert_int_equal(removed, 1);
    if (field)
        assert_int_equal(aas_store_insert(f->store, AAS_COLL_AUDIT, &changed, &err), 0);
    bson_destroy(&changed);
    bson_destroy(old);
}

static void damage_shows(void **state)
{
    static const char *const fields[] = {"user", "action", "target", "detail", "request_id", "at", "previous", "hash"};
    struct fixture *f = *state;
    struct aas_audit_report report;
    for (size_t i = 0; i <= sizeof fields / sizeof fields[0]; i++) {
        struct aas_error err = AAS_ERROR_NONE;
        const char *field = i < sizeof fields / sizeof fields[0] ? fields[i] : NULL;
        for (int k = 0; k < 4; k++)
            append(f, "alarm.ack", "A1", "text");
        damage(f, "000000000002", field);
        assert_int_equal(aas_audit_verify(f->store, &report, &err), AAS_ECORRUPT);
        assert_int_equal(report.records, 1);
        assert_non_null(strstr(err.msg, field ? "audit record 2 was changed" : "audit record 2 is missing"));
        const struct aas_cond all[] = {{.field = "seq", .op = AAS_OP_GE, .value = AAS_V_INT(0)}};
        size_t removed = 0;
        assert_int_equal(aas_store_remove(f->store, AAS_COLL_AUDIT, all, 1, 1000, &removed, &err), 0);
    }
}

#define THREADS 4
#define EACH    25

static void *append_many(void *arg)
{
    const struct aas_audit_event event = {.user = "t", .action = "x"};
    size_t failed = 0;
    for (int i = 0; i < EACH; i++)
        failed += aas_audit_append(arg, &event, NULL) != 0;
    return (void *)failed;
}

static void many_writers(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];
    struct aas_audit_report report;
    struct aas_error err = AAS_ERROR_NONE;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, f->store), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        (void)pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(aas_audit_verify(f->store, &report, &err), 0);
    assert_int_equal(report.records, THREADS * EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_shows, setup, teardown),
        cmocka_unit_test_setup_teardown(many_writers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
