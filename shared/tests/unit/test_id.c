/* ULIDs: order, monotony under threads, derivation, strict parse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>

#include "aas/id.h"

static void test_shape_and_time(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 1, 1469918176385, 1700000000000, (INT64_C(1) << 48) - 1};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char id[AAS_ID_SIZE];
        int64_t back = -1;
        aas_id_derive(times[i], "x", 1, id);
        assert_int_equal(strlen(id), AAS_ID_LEN);
        assert_true(aas_id_parse(id, &back));
        assert_int_equal(back, times[i]);
    }
    /* The specification's own example of a time part. */
    char id[AAS_ID_SIZE];
    aas_id_floor(1469918176385, id);
    assert_string_equal(id, "01ARYZ6S410000000000000000");
}

static void test_random_ids_grow(void **state)
{
    (void)state;
    char last[AAS_ID_SIZE] = "";
    /* The clock stands, then steps back: order holds all the same. */
    for (int i = 0; i < 10000; i++) {
        char id[AAS_ID_SIZE];
        aas_id_new(i < 5000 ? 1700000000000 : 1699999999000, id);
        assert_true(strcmp(last, id) < 0);
        memcpy(last, id, sizeof id);
    }
    char later[AAS_ID_SIZE];
    aas_id_new(1700000000001, later);
    assert_true(strcmp(last, later) < 0);
    char floor_id[AAS_ID_SIZE];
    aas_id_floor(1700000000001, floor_id);
    assert_true(strcmp(floor_id, later) <= 0 && strcmp(last, floor_id) < 0);
}

#define PER_THREAD 2000

static void *make_ids(void *arg)
{
    char(*ids)[AAS_ID_SIZE] = arg;
    for (int i = 0; i < PER_THREAD; i++)
        aas_id_new(1800000000000, ids[i]);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void test_threads_never_share_an_id(void **state)
{
    (void)state;
    static char ids[4 * PER_THREAD][AAS_ID_SIZE];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, ids + (ptrdiff_t)i * PER_THREAD), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    qsort(ids, 4 * PER_THREAD, AAS_ID_SIZE, compare);
    for (int i = 1; i < 4 * PER_THREAD; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
}

static void test_derived_ids_repeat(void **state)
{
    (void)state;
    char a[AAS_ID_SIZE];
    char b[AAS_ID_SIZE];
    aas_id_derive(1700000000000, "pump-1\0v1", 9, a);
    aas_id_derive(1700000000000, "pump-1\0v1", 9, b);
    assert_string_equal(a, b);
    aas_id_derive(1700000000000, "pump-1\0v2", 9, b);
    assert_string_not_equal(a, b);
    aas_id_derive(1700000000001, "pump-1\0v1", 9, b);
    assert_string_not_equal(a, b);
    assert_string_equal(a + 10, b + 10); /* only the time differs */
}

static void test_parse_is_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "01ARYZ6S41",
        "01ARYZ6S41000000000000000",   /* 25 */
        "01ARYZ6S4100000000000000000", /* 27 */
        "01aryz6s410000000000000000",  /* small letters */
        "01ARYZ6S41000000000000000I",  /* I, L, O, U are no letters of this alphabet */
        "81ARYZ6S410000000000000000",  /* over 48 bits */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(aas_id_parse(bad[i], NULL));
    assert_true(aas_id_parse("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", NULL));
}

static void test_sha256(void **state)
{
    (void)state;
    char hex[AAS_SHA256_HEX_SIZE];
    aas_sha256_hex("abc", 3, hex); /* FIPS 180-4, appendix B.1 */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    aas_sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape_and_time),     cmocka_unit_test(test_random_ids_grow),
        cmocka_unit_test(test_derived_ids_repeat), cmocka_unit_test(test_threads_never_share_an_id),
        cmocka_unit_test(test_parse_is_strict),    cmocka_unit_test(test_sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
