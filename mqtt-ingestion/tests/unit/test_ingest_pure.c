/* Records, ledger, buckets, keys, judgements, map: the pure pieces of the data path. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/buf.h"
#include "aas/reading.h"
#include "aas/store.h"
#include "bucket.h"
#include "dedupe.h"
#include "ledger.h"
#include "record.h"
#include "smap.h"
#include "validate.h"

static void test_record_round_trip(void **state)
{
    const struct ingest_message m = {.received_ms = 1700000000123,
                                     .readings = 7,
                                     .flags = INGEST_MESSAGE_IMPORTED,
                                     .topic = "a/b",
                                     .topic_len = 3,
                                     .payload = "{}",
                                     .payload_len = 2};
    struct aas_buf buf = AAS_BUF_INIT(1024);
    struct ingest_message got;
    (void)state;
    assert_int_equal(ingest_message_encode(&m, &buf), 0);
    assert_int_equal(ingest_message_decode(buf.data, buf.len, &got), 0);
    assert_int_equal(got.received_ms, m.received_ms);
    assert_int_equal(got.readings, 7);
    assert_int_equal(got.flags, m.flags);
    assert_memory_equal(got.topic, "a/b", 3);
    assert_int_equal(got.payload_len, 2);
    assert_int_equal(ingest_message_decode(buf.data, 15, &got), AAS_ECORRUPT);
    buf.data[2] = 100; /* a topic longer than the record */
    assert_int_equal(ingest_message_decode(buf.data, buf.len, &got), AAS_ECORRUPT);
    buf.data[0] = 9;
    assert_int_equal(ingest_message_decode(buf.data, buf.len, &got), AAS_ECORRUPT);
    aas_buf_fini(&buf);
}

/* The count at arrival is what the decoder finds: else the ledger would not balance. */
static void test_count_agrees_with_decoder(void **state)
{
    static const char *const payloads[] = {
        "1",  "null",    "{\"readings\":{\"a\":1}}",       " [ {\"readings\":{\"a\":1}} , {\"values\":[1,2]} ] ",
        "[]", "[",       "[{\"readings\":{\"a\":1}},",     "",
        "x",  "[1,2,3]", "[{\"readings\":{\"a\":[]}},{}]", "\"[1,2]\"",
    };
    struct aas_reading_batch batch;
    (void)state;
    assert_int_equal(aas_reading_batch_init(&batch, 8, 64), 0);
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        AAS_IGNORE(aas_reading_decode(payloads[i], strlen(payloads[i]), "c", 1, &batch, NULL));
        assert_int_equal(ingest_message_count(payloads[i], strlen(payloads[i])), batch.seen);
    }
    aas_reading_batch_fini(&batch);
}

static void test_ledger_balances_and_tells_losses(void **state)
{
    struct ingest_ledger *l;
    struct ingest_ledger_view v;
    const struct ingest_totals before = {.received = 10, .stored = 8, .dropped = {[INGEST_DROP_WAL_FULL] = 2}};
    (void)state;
    assert_int_equal(ingest_ledger_create(&l), 0);
    ingest_ledger_restore(l, &before, 5);
    ingest_ledger_arrived(l, 20);
    ingest_ledger_view(l, &v);
    assert_int_equal(v.totals.received, 35);
    assert_int_equal(v.in_flight, 25);
    assert_int_equal(v.imbalance, 0);
    ingest_ledger_apply(l, &(struct ingest_delta){.meant = 24, .decoded = 24});
    ingest_ledger_apply(l, &(struct ingest_delta){.stored = 10,
                                                  .duplicate = 3,
                                                  .quarantined = 1,
                                                  .dropped = {[INGEST_DROP_RETIRED] = 1},
                                                  .vanished = {[INGEST_DROP_WAL_FULL] = 1}});
    ingest_ledger_view(l, &v);
    assert_int_equal(v.imbalance, 0);
    assert_int_equal(v.in_flight, 9);
    assert_int_equal(v.dropped, 4);
    /* a record that meant five readings and gave four: one is missing */
    ingest_ledger_apply(l, &(struct ingest_delta){.meant = 5, .decoded = 4});
    ingest_ledger_view(l, &v);
    assert_int_equal(v.imbalance, 1);
    ingest_ledger_destroy(l);
}

static void test_ledger_document(void **state)
{
    const struct ingest_ledger_doc d = {.offset = 77,
                                        .totals = {.received = 5,
                                                   .stored = 1,
                                                   .duplicate = 2,
                                                   .late = 1,
                                                   .quarantined = 1,
                                                   .dropped = {[INGEST_DROP_WAL_THINNED] = 1}}};
    struct ingest_ledger_doc got;
    bson_t doc = BSON_INITIALIZER;
    (void)state;
    assert_int_equal(ingest_ledger_doc_encode(&d, &doc), 0);
    ingest_ledger_doc_decode(&doc, &got);
    assert_memory_equal(&got, &d, sizeof d);
    bson_destroy(&doc);
}

static void test_bucket_document(void **state)
{
    struct ingest_bucket b = {0};
    static const char *const names[] = {"a", "b", "c"};
    bson_t doc = BSON_INITIALIZER;
    bson_iter_t it, found;
    (void)state;
    for (int i = 0; i < 150; i++) {
        assert_int_equal(ingest_bucket_add(&b, 1000 + (i == 3 ? -500 : i), i, i % 2, 42 + (uint64_t)i, 2000 + i), i);
        if (i != 7)
            assert_int_equal(ingest_bucket_set(&b, 0, i * 0.5), 0);
        if (i == 149)
            assert_int_equal(ingest_bucket_set(&b, 2, -1), 0);
    }
    assert_int_equal(ingest_bucket_encode(&b, "p:1", names, &doc), 0);
    assert_true(bson_validate(&doc, BSON_VALIDATE_NONE, NULL));
    assert_string_equal(aas_doc_str(&doc, "_id", ""), "p:1:500:42");
    assert_int_equal(ingest_bucket_id_offset("p:1:500:42"), 42);
    assert_true(ingest_bucket_id_offset("nonsense") == UINT64_MAX);
    assert_int_equal(aas_doc_int(&doc, "start", 0), 500);
    assert_int_equal(aas_doc_int(&doc, "end", 0), 1149);
    assert_int_equal(aas_doc_int(&doc, "n", 0), 150);
    assert_int_equal(aas_doc_int(&doc, "received", 0), 2000);
    assert_int_equal(aas_doc_int(&doc, "t.149", 0), 1149);
    assert_int_equal(aas_doc_int(&doc, "seq.120", 0), 120);
    assert_true(bson_iter_init(&it, &doc) && bson_iter_find_descendant(&it, "v.a.7", &found));
    assert_true(BSON_ITER_HOLDS_NULL(&found));
    assert_true(aas_doc_num(&doc, "v.a.149", 0) == 74.5);
    assert_true(bson_iter_init(&it, &doc) && bson_iter_find_descendant(&it, "v.c.149", &found));
    assert_false(bson_iter_init(&it, &doc) && bson_iter_find_descendant(&it, "v.b", &found)); /* never a value */
    bson_destroy(&doc);
    ingest_bucket_fini(&b);
}

static void test_recent_keys(void **state)
{
    struct ingest_recent r = {0};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        const struct ingest_key k = {.t = i, .seq = -1, .channels = 5, .values = (uint32_t)i};
        assert_null(ingest_recent_find(&r, &k));
        assert_int_equal(ingest_recent_add(&r, &k), 0);
        assert_non_null(ingest_recent_find(&r, &k));
    }
    assert_non_null(ingest_recent_find(&r, &(struct ingest_key){.t = 3, .seq = -1, .channels = 5}));
    assert_null(ingest_recent_find(&r, &(struct ingest_key){.t = 3, .seq = 1, .channels = 5}));
    assert_null(ingest_recent_find(&r, &(struct ingest_key){.t = 3, .seq = -1, .channels = 6}));
    assert_false(r.forgot);
    ingest_recent_trim(&r, 64);
    assert_true(r.forgot);
    assert_null(ingest_recent_find(&r, &(struct ingest_key){.t = 935, .seq = -1, .channels = 5}));
    assert_non_null(ingest_recent_find(&r, &(struct ingest_key){.t = 936, .seq = -1, .channels = 5}));
    ingest_recent_fini(&r);
}

static void test_key_hashes(void **state)
{
    uint64_t a = ingest_name_hash("a", 1), b = ingest_name_hash("b", 1);
    struct ingest_key x = {0}, y = {0}, z = {0};
    (void)state;
    ingest_key_mix(&x, a, 1);
    ingest_key_mix(&x, b, 2);
    ingest_key_mix(&y, b, 2); /* another order */
    ingest_key_mix(&y, a, 1);
    ingest_key_mix(&z, a, 2); /* values changed places */
    ingest_key_mix(&z, b, 1);
    assert_true(ingest_key_same(&x, &y) && x.values == y.values);
    assert_true(ingest_key_same(&x, &z) && x.values != z.values);
}

static void test_time_bounds(void **state)
{
    const struct ingest_rules rules = {.max_future_ms = 60000, .max_age_ms = 86400000};
    static const struct {
        int64_t ahead_ms;
        enum ingest_reject expected;
    } cases[] = {{0, INGEST_ACCEPT},
                 {60000, INGEST_ACCEPT},
                 {60001, INGEST_REJECT_FUTURE},
                 {-86400000, INGEST_ACCEPT},
                 {-86400001, INGEST_REJECT_TOO_OLD}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(ingest_validate_time(&rules, 1700000000000 + cases[i].ahead_ms, 1700000000000, NULL),
                         cases[i].expected);
}

static void test_ranges(void **state)
{
    (void)state;
    assert_int_equal(ingest_validate_range(5, 0, 10, "a", 1, NULL), INGEST_ACCEPT);
    assert_int_equal(ingest_validate_range(11, 0, 10, "a", 1, NULL), INGEST_REJECT_RANGE);
    assert_int_equal(ingest_validate_range(-1, 0, NAN, "a", 1, NULL), INGEST_REJECT_RANGE);
    assert_int_equal(ingest_validate_range(1e9, 0, NAN, "a", 1, NULL), INGEST_ACCEPT);
    assert_int_equal(ingest_validate_range(NAN, 0, 10, "a", 1, NULL), INGEST_ACCEPT);
}

static void test_auto_time_is_unique(void **state)
{
    int64_t last = INT64_MIN;
    (void)state;
    assert_int_equal(ingest_auto_time(&last, 100), 100);
    assert_int_equal(ingest_auto_time(&last, 100), 101);
    assert_int_equal(ingest_auto_time(&last, 99), 102);
    assert_int_equal(ingest_auto_time(&last, 200), 200);
}

static void test_skew_is_robust(void **state)
{
    struct ingest_skew s = {0};
    (void)state;
    assert_true(isnan(ingest_skew_ms(&s)));
    for (int i = 0; i < 15; i++)
        ingest_skew_add(&s, 1000000, 1000000 - 250 - (i % 4 == 0 ? 3600000 : i % 3)); /* every fourth is an hour late */
    assert_true(ingest_skew_ms(&s) <= -250 && ingest_skew_ms(&s) >= -252);
}

static void test_flat_line(void **state)
{
    struct ingest_flat f = {0};
    (void)state;
    assert_false(ingest_flat_step(&f, 1, 3));
    assert_false(ingest_flat_step(&f, 1, 3));
    assert_false(ingest_flat_step(&f, NAN, 3));
    assert_true(ingest_flat_step(&f, 1, 3));
    assert_false(ingest_flat_step(&f, 1.5, 3));
    assert_false(ingest_flat_step(&f, 1.5, 0));
}

static void test_map(void **state)
{
    struct ingest_smap m;
    static char keys[2000][16];
    (void)state;
    ingest_smap_init(&m);
    assert_null(ingest_smap_get(&m, "a", 1));
    for (size_t i = 0; i < 2000; i++) {
        int n = snprintf(keys[i], sizeof keys[i], "sensor-%zu", i);
        assert_int_equal(ingest_smap_put(&m, keys[i], (size_t)n, keys[i]), 0);
    }
    for (size_t i = 0; i < 2000; i++)
        assert_ptr_equal(ingest_smap_get(&m, keys[i], strlen(keys[i])), keys[i]);
    assert_null(ingest_smap_get(&m, "sensor-2000", 11));
    size_t at = 0, n = 0;
    while (ingest_smap_next(&m, &at))
        n++;
    assert_int_equal(n, 2000);
    ingest_smap_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_round_trip),
        cmocka_unit_test(test_count_agrees_with_decoder),
        cmocka_unit_test(test_ledger_balances_and_tells_losses),
        cmocka_unit_test(test_ledger_document),
        cmocka_unit_test(test_bucket_document),
        cmocka_unit_test(test_recent_keys),
        cmocka_unit_test(test_key_hashes),
        cmocka_unit_test(test_time_bounds),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_auto_time_is_unique),
        cmocka_unit_test(test_skew_is_robust),
        cmocka_unit_test(test_flat_line),
        cmocka_unit_test(test_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
