/* Contract: insert, get, replace, update, remove, blobs. */
#include "store_suite.h"

#include <pthread.h>

#include "aas/store_sweep.h"

static bson_t *setting(const char *id, const char *text)
{
    bson_t *d = bson_new();
    if (id)
        BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_UTF8(d, "text", text);
    return d;
}

static int64_t stored_rev(enum aas_collection c, const char *id)
{
    bson_t *doc = NULL;
    if (aas_store_get(suite_store, c, id, &doc, NULL) != 0)
        return -1;
    int64_t rev = aas_doc_int(doc, "rev", -2);
    bson_destroy(doc);
    return rev;
}

static void stored_text(const char *id, char *out, size_t size)
{
    bson_t *doc = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    suite_ok(aas_store_get(suite_store, AAS_COLL_SETTINGS, id, &doc, &err), &err);
    (void)snprintf(out, size, "%s", aas_doc_str(doc, "text", "?"));
    bson_destroy(doc);
}

static void test_insert_and_get_round_trip(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    bson_t *doc = suite_bucket("rt", T0, 3, 2);
    bson_t *got = NULL;
    suite_ok(aas_store_insert(suite_store, AAS_COLL_SENSOR_DATA, doc, &err), &err);
    assert_int_equal(aas_store_insert(suite_store, AAS_COLL_SENSOR_DATA, doc, NULL), AAS_EDUPLICATE);
    suite_ok(aas_store_get(suite_store, AAS_COLL_SENSOR_DATA, aas_doc_str(doc, "_id", ""), &got, &err), &err);
    assert_true(bson_equal(doc, got)); /* a collection without revisions gets no field more */
    assert_int_equal(aas_doc_int(got, "end", 0), T0 + 2000);
    assert_true(aas_doc_num(got, "v.c1.2", 0) > 1.19);
    bson_destroy(got);
    bson_destroy(doc);
    assert_int_equal(aas_store_get(suite_store, AAS_COLL_SENSOR_DATA, "rt:none", &got, NULL), AAS_ENOENT);
}

static void test_insert_many_tells_each_outcome(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    int outcomes[5] = {9, 9, 9, 9, 9};
    bson_t *docs[5] = {setting("im-a", "1"), setting(NULL, "no id"), setting("im-b", "2"), setting("im-a", "again"),
                       setting("im-c", "3")};
    int rc = aas_store_insert_many(suite_store, AAS_COLL_SETTINGS, (const bson_t *const *)docs, 5, outcomes, &err);
    assert_int_equal(rc, AAS_EINVAL); /* the first failure; the others are stored */
    assert_string_not_equal(err.msg, "");
    assert_int_equal(outcomes[0], 0);
    assert_int_equal(outcomes[1], AAS_EINVAL);
    assert_int_equal(outcomes[2], 0);
    assert_int_equal(outcomes[3], AAS_EDUPLICATE);
    assert_int_equal(outcomes[4], 0);
    assert_int_equal(stored_rev(AAS_COLL_SETTINGS, "im-a"), 1);
    char text[16];
    stored_text("im-a", text, sizeof text);
    assert_string_equal(text, "1");
    assert_int_equal(stored_rev(AAS_COLL_SETTINGS, "im-c"), 1);
    /* only duplicates: that is done */
    bson_t *again[2] = {docs[0], docs[2]};
    suite_ok(aas_store_insert_many(suite_store, AAS_COLL_SETTINGS, (const bson_t *const *)again, 2, NULL, &err), &err);
    for (size_t i = 0; i < 5; i++)
        bson_destroy(docs[i]);
}

static void test_insert_refuses_what_queries_could_not_see(void **state)
{
    (void)state;
    bson_t *d = bson_new();
    BSON_APPEND_UTF8(d, "_id", "ir-1");
    BSON_APPEND_INT64(d, "at", T0); /* must be a date */
    assert_int_equal(aas_store_insert(suite_store, AAS_COLL_PREDICTIONS, d, NULL), AAS_EINVAL);
    bson_reinit(d);
    BSON_APPEND_UTF8(d, "_id", "ir-2");
    BSON_APPEND_DOUBLE(d, "confidence", 0.0 / (aas_doc_num(d, "none", 0)));
    assert_int_equal(aas_store_insert(suite_store, AAS_COLL_PREDICTIONS, d, NULL), AAS_EINVAL);
    bson_reinit(d);
    BSON_APPEND_UTF8(d, "_id", "ir-3");
    BSON_APPEND_NULL(d, "open_key");
    assert_int_equal(aas_store_insert(suite_store, AAS_COLL_ALARMS, d, NULL), AAS_EINVAL);
    bson_reinit(d);
    BSON_APPEND_UTF8(d, "_id", "");
    assert_int_equal(aas_store_insert(suite_store, AAS_COLL_SETTINGS, d, NULL), AAS_EINVAL);
    bson_reinit(d);
    BSON_APPEND_INT64(d, "_id", 7);
    assert_int_equal(aas_store_insert(suite_store, AAS_COLL_SETTINGS, d, NULL), AAS_EINVAL);
    bson_reinit(d);
    char *huge = calloc(1, AAS_STORE_DOC_MAX_BYTES + 1);
    assert_non_null(huge);
    memset(huge, 'x', AAS_STORE_DOC_MAX_BYTES);
    BSON_APPEND_UTF8(d, "_id", "ir-4");
    BSON_APPEND_UTF8(d, "text", huge);
    free(huge);
    assert_int_equal(aas_store_insert(suite_store, AAS_COLL_SETTINGS, d, NULL), AAS_ETOOBIG);
    bson_destroy(d);
}

static void test_replace_is_compare_and_set(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    bson_t *d = setting("rp", "1");
    assert_int_equal(aas_store_replace(suite_store, AAS_COLL_SETTINGS, d, 3, NULL), AAS_ECONFLICT);
    suite_ok(aas_store_replace(suite_store, AAS_COLL_SETTINGS, d, 0, &err), &err);
    assert_int_equal(stored_rev(AAS_COLL_SETTINGS, "rp"), 1);
    assert_int_equal(aas_store_replace(suite_store, AAS_COLL_SETTINGS, d, 0, NULL), AAS_ECONFLICT);
    suite_ok(aas_store_replace(suite_store, AAS_COLL_SETTINGS, d, 1, &err), &err);
    assert_int_equal(stored_rev(AAS_COLL_SETTINGS, "rp"), 2);
    assert_int_equal(aas_store_replace(suite_store, AAS_COLL_SETTINGS, d, 1, &err), AAS_ECONFLICT);
    assert_string_not_equal(err.msg, "");
    bson_destroy(d);
    d = suite_bucket("rp", T0, 1, 1);
    assert_int_equal(aas_store_replace(suite_store, AAS_COLL_SENSOR_DATA, d, 0, NULL), AAS_EINVAL);
    bson_destroy(d);
}

static void test_unique_field_holds_one_open_alarm(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    suite_put(AAS_COLL_ALARMS, suite_alarm("uq-1", "uq", "unacked", T0, "uq/imbalance"));
    bson_t *second = suite_alarm("uq-2", "uq", "unacked", T0 + 1, "uq/imbalance");
    assert_int_equal(aas_store_insert(suite_store, AAS_COLL_ALARMS, second, NULL), AAS_EDUPLICATE);
    assert_int_equal(aas_store_replace(suite_store, AAS_COLL_ALARMS, second, 0, NULL), AAS_EDUPLICATE);
    /* closed alarms have no key, and there are many */
    suite_put(AAS_COLL_ALARMS, suite_alarm("uq-3", "uq", "normal", T0 + 2, NULL));
    suite_put(AAS_COLL_ALARMS, suite_alarm("uq-4", "uq", "normal", T0 + 3, NULL));
    bson_t *takes = suite_alarm("uq-3", "uq", "unacked", T0 + 2, "uq/imbalance");
    int rc = aas_store_replace(suite_store, AAS_COLL_ALARMS, takes, 1, NULL);
    assert_int_equal(rc, suite_flaws & SUITE_UPDATE_DUPLICATE_IS_INTERNAL ? AAS_EUPSTREAM : AAS_EDUPLICATE);
    assert_int_equal(stored_rev(AAS_COLL_ALARMS, "uq-3"), 1);
    bson_t *closed = suite_alarm("uq-1", "uq", "normal", T0, NULL);
    suite_ok(aas_store_replace(suite_store, AAS_COLL_ALARMS, closed, 1, &err), &err);
    suite_ok(aas_store_insert(suite_store, AAS_COLL_ALARMS, second, &err), &err);
    bson_destroy(closed);
    bson_destroy(takes);
    bson_destroy(second);
}

static int add_one(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    const char *const changed[] = {"_id", "count", NULL};
    (void)err;
    BSON_APPEND_UTF8(ret_new, "_id", arg);
    BSON_APPEND_INT64(ret_new, "count", old_doc ? aas_doc_int(old_doc, "count", 0) + 1 : 1);
    return old_doc ? aas_store_copy_except(old_doc, ret_new, changed) : 0;
}

static int leave(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    (void)old_doc;
    (void)ret_new;
    (void)arg;
    return aas_error_set(err, AAS_ECANCELED, "nothing to do");
}

static void *count_up(void *arg)
{
    int done = 0;
    while (done < 10) { /* a conflict of all eight attempts is possible and no failure */
        int rc = aas_store_update(suite_store, AAS_COLL_SETTINGS, "up-n", add_one, arg, NULL);
        if (rc == 0)
            done++;
        else if (rc != AAS_ECONFLICT)
            return (void *)1;
    }
    return NULL;
}

static void test_update_loses_no_change_of_another_thread(void **state)
{
    (void)state;
    pthread_t threads[4];
    char id[] = "up-n";
    size_t n = suite_flaws & SUITE_REPLACE_IS_NOT_ATOMIC ? 1 : 4;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, id), 0);
    for (size_t i = 0; i < n; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    bson_t *doc = NULL;
    assert_int_equal(aas_store_get(suite_store, AAS_COLL_SETTINGS, "up-n", &doc, NULL), 0);
    assert_int_equal(aas_doc_int(doc, "count", 0), 10 * n);
    assert_int_equal(aas_doc_int(doc, "rev", 0), 10 * n);
    bson_destroy(doc);
    struct aas_error err = AAS_ERROR_NONE;
    suite_ok(aas_store_update(suite_store, AAS_COLL_SETTINGS, "up-n", leave, NULL, &err), &err);
    assert_int_equal(stored_rev(AAS_COLL_SETTINGS, "up-n"), 10 * n);
    /* the change gave another document */
    assert_int_equal(aas_store_update(suite_store, AAS_COLL_SETTINGS, "up-other", add_one, id, NULL), AAS_EINVAL);
}

static void test_remove_takes_no_more_than_asked(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    size_t removed = 99;
    char left[4096];
    for (int i = 0; i < 7; i++)
        suite_put(AAS_COLL_SENSOR_DATA, suite_bucket("rm", T0 + i * 60000, 2, 1));
    const struct aas_cond old[] = {{.field = "sensor_id", .value = AAS_V_STR("rm")},
                                   {.field = "received", .op = AAS_OP_LT, .value = AAS_V_TIME(T0 + 5 * 60000)}};
    suite_ok(aas_store_remove(suite_store, AAS_COLL_SENSOR_DATA, old, 2, 2, &removed, &err), &err);
    assert_int_equal(removed, 2);
    suite_ok(aas_store_remove(suite_store, AAS_COLL_SENSOR_DATA, old, 2, 100, &removed, &err), &err);
    assert_int_equal(removed, 3);
    suite_ok(aas_store_remove(suite_store, AAS_COLL_SENSOR_DATA, old, 2, 100, &removed, &err), &err);
    assert_int_equal(removed, 0);
    suite_find(AAS_COLL_SENSOR_DATA, &(struct aas_query){.where = old, .n_where = 1}, left);
    assert_string_equal(left, "rm:1700000300000:1 rm:1700000360000:1");
    assert_int_equal(aas_store_remove(suite_store, AAS_COLL_SENSOR_DATA, NULL, 0, 1, &removed, NULL), AAS_EINVAL);
    assert_int_equal(aas_store_remove(suite_store, AAS_COLL_SENSOR_DATA, old, 1, 0, &removed, NULL), AAS_EINVAL);
}

static void check_blob(const char *name, const char *data, size_t len)
{
    struct aas_error err = AAS_ERROR_NONE;
    void *got = NULL;
    size_t got_len = 0;
    suite_ok(aas_store_blob_put(suite_store, name, data, len, &err), &err);
    suite_ok(aas_store_blob_get(suite_store, name, &got, &got_len, &err), &err);
    assert_int_equal(got_len, len);
    assert_memory_equal(got, data, len);
    free(got);
}

static void test_blobs_of_any_size(void **state)
{
    (void)state;
    size_t len = 5 * 1024 * 1024 + 17;
    char *data = malloc(len);
    void *got = NULL;
    size_t got_len = 0;
    struct aas_error err = AAS_ERROR_NONE;
    assert_non_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)(i * 7 + i / 251);
    check_blob("bl/v1/model.json", data, len);
    check_blob("bl/v1/model.json", data, 1024 * 1024); /* replaced by a shorter one */
    check_blob("bl/v1/model.json", data, 0);
    check_blob("bl/v2/model.json", data, 3);
    free(data);
    suite_ok(aas_store_blob_remove(suite_store, "bl/v1/model.json", &err), &err);
    suite_ok(aas_store_blob_remove(suite_store, "bl/v1/model.json", &err), &err);
    assert_int_equal(aas_store_blob_get(suite_store, "bl/v1/model.json", &got, &got_len, NULL), AAS_ENOENT);
    assert_int_equal(aas_store_blob_get(suite_store, "bl/v2/model.json", &got, &got_len, NULL), 0);
    free(got);
    assert_int_equal(aas_store_blob_put(suite_store, "", "x", 1, NULL), AAS_EINVAL);
}

static int note_blob(const char *name, size_t len, void *arg)
{
    char *out = arg;
    size_t at = strlen(out);
    if (strncmp(name, "li/", 3) == 0)
        (void)snprintf(out + at, 256 - at, "%s %zu;", name, len);
    return 0;
}

static void test_blobs_are_listed_once_each(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    char got[256] = "";
    suite_ok(aas_store_blob_put(suite_store, "li/b", "12345", 5, &err), &err);
    suite_ok(aas_store_blob_put(suite_store, "li/a", "1", 1, &err), &err);
    suite_ok(aas_store_blob_put(suite_store, "li/b", "123", 3, &err), &err);
    suite_ok(aas_store_blob_list(suite_store, note_blob, got, &err), &err);
    assert_string_equal(got, "li/a 1;li/b 3;");
}

static void test_import_keeps_revisions(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    bson_t *d = setting("imp", "x");
    BSON_APPEND_INT64(d, "rev", 17);
    const bson_t *docs[] = {d};
    suite_ok(aas_store_import_many(suite_store, AAS_COLL_SETTINGS, docs, 1, NULL, &err), &err);
    assert_int_equal(stored_rev(AAS_COLL_SETTINGS, "imp"), 17);
    suite_ok(aas_store_replace(suite_store, AAS_COLL_SETTINGS, d, 17, &err), &err);
    assert_int_equal(stored_rev(AAS_COLL_SETTINGS, "imp"), 18);
    bson_destroy(d);
}

static void put_feedback(const char *id, const char *sensor, int64_t start, int64_t end, bool used)
{
    bson_t *d = bson_new();
    bson_t list;
    BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_UTF8(d, "sensor_id", sensor);
    BSON_APPEND_DATE_TIME(d, "start", start);
    BSON_APPEND_DATE_TIME(d, "end", end);
    BSON_APPEND_ARRAY_BEGIN(d, "used_in", &list);
    if (used)
        BSON_APPEND_UTF8(&list, "0", "v2");
    bson_append_array_end(d, &list);
    suite_put(AAS_COLL_FEEDBACK, d);
}

/* Ten buckets of a minute for each of three sensors, long ago: one free, one with an open alarm, one with feedback. */
static void test_sweep_spares_what_is_needed(void **state)
{
    (void)state;
    const int64_t t = T0 - INT64_C(86400000) * 30;
    const char *const sensors[] = {"sw-free", "sw-alarm", "sw-label"};
    struct aas_error err = AAS_ERROR_NONE;
    struct aas_sweep_report dry;
    struct aas_sweep_report done;
    char left[4096];
    for (int i = 0; i < 30; i++)
        suite_put(AAS_COLL_SENSOR_DATA, suite_bucket(sensors[i % 3], t + i / 3 * 3600000, 60, 1));
    suite_put(AAS_COLL_ALARMS, suite_alarm("sw-1", "sw-alarm", "unacked", t + 9 * 3600000, "sw-alarm/x"));
    suite_put(AAS_COLL_ALARMS, suite_alarm("sw-2", "sw-free", "normal", t, NULL));
    put_feedback("sw-f1", "sw-label", t + 3600000, t + 2 * 3600000, false);
    put_feedback("sw-f2", "sw-label", t + 5 * 3600000, t + 7 * 3600000, true);
    int64_t cutoff = T0 - INT64_C(86400000) * 7;
    suite_ok(aas_store_sweep(suite_store, AAS_COLL_SENSOR_DATA, cutoff, 0, true, &dry, &err), &err);
    assert_int_equal(dry.removed, 26);
    assert_int_equal(dry.kept, 4);
    suite_ok(aas_store_sweep(suite_store, AAS_COLL_SENSOR_DATA, cutoff, 0, false, &done, &err), &err);
    assert_int_equal(done.removed, 26);
    assert_int_equal(done.kept, 4);
    assert_false(done.more);
    const struct aas_value names[] = {AAS_V_STR("sw-free"), AAS_V_STR("sw-alarm"), AAS_V_STR("sw-label")};
    const struct aas_cond where[] = {{.field = "sensor_id", .op = AAS_OP_IN, .in = names, .n_in = 3}};
    suite_find(AAS_COLL_SENSOR_DATA, &(struct aas_query){.where = where, .n_where = 1}, left);
    char expected[256];
    (void)snprintf(expected, sizeof expected, "sw-alarm:%lld:1 sw-alarm:%lld:1 sw-label:%lld:1 sw-label:%lld:1",
                   (long long)(t + 8 * 3600000), (long long)(t + 9 * 3600000), (long long)(t + 3600000),
                   (long long)(t + 2 * 3600000));
    assert_string_equal(left, expected);
    assert_int_equal(aas_store_sweep(suite_store, AAS_COLL_USERS, cutoff, 0, false, &done, &err), AAS_EINVAL);
}

static void test_ensure_again_changes_nothing(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    suite_put(AAS_COLL_SETTINGS, setting("en", "kept"));
    suite_ok(aas_store_ensure(suite_store, &err), &err);
    suite_ok(aas_store_ping(suite_store, &err), &err);
    char text[16];
    stored_text("en", text, sizeof text);
    assert_string_equal(text, "kept");
}

int suite_run_changes(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_insert_and_get_round_trip),
        cmocka_unit_test(test_insert_many_tells_each_outcome),
        cmocka_unit_test(test_insert_refuses_what_queries_could_not_see),
        cmocka_unit_test(test_replace_is_compare_and_set),
        cmocka_unit_test(test_unique_field_holds_one_open_alarm),
        cmocka_unit_test(test_update_loses_no_change_of_another_thread),
        cmocka_unit_test(test_remove_takes_no_more_than_asked),
        cmocka_unit_test(test_blobs_of_any_size),
        cmocka_unit_test(test_blobs_are_listed_once_each),
        cmocka_unit_test(test_import_keeps_revisions),
        cmocka_unit_test(test_sweep_spares_what_is_needed),
        cmocka_unit_test(test_ensure_again_changes_nothing),
    };
    return cmocka_run_group_tests_name("store changes", tests, NULL, NULL);
}
