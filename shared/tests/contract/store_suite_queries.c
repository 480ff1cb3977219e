/* Contract: find, cursors, count, tally. */
#include "store_suite.h"

#define COND(f, o, v)                                                                                                  \
    {                                                                                                                  \
        .field = (f), .op = (o), .value = v                                                                            \
    }

/* 12 predictions of two sensors; p00 and p01, p02 and p03 … share their time. */
static void put_predictions(void)
{
    static bool done;
    if (done)
        return;
    for (int i = 0; i < 12; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "p%02d", i);
        suite_put(AAS_COLL_PREDICTIONS, suite_prediction(id, i % 3 == 0 ? "q-pump" : "q-fan", T0 + i / 2 * 1000,
                                                         i % 4 == 0 ? "fault" : "normal", i == 11 ? -1 : 0.05 * i));
    }
    done = true;
}

struct case_row {
    const char *name;
    struct aas_query q;
    const char *expected;
};

static const struct aas_value two_states[] = {AAS_V_STR("fault"), AAS_V_STR("blind")};
static const struct aas_value three_ids[] = {AAS_V_STR("p07"), AAS_V_STR("p01"), AAS_V_STR("nobody")};

static const struct aas_cond by_sensor[] = {COND("sensor_id", AAS_OP_EQ, AAS_V_STR("q-pump"))};
static const struct aas_cond by_time[] = {COND("at", AAS_OP_GE, AAS_V_TIME(T0 + 1000)),
                                          COND("at", AAS_OP_LT, AAS_V_TIME(T0 + 3000))};
static const struct aas_cond by_time_open[] = {COND("at", AAS_OP_GT, AAS_V_TIME(T0 + 1000)),
                                               COND("at", AAS_OP_LE, AAS_V_TIME(T0 + 3000))};
static const struct aas_cond by_confidence[] = {COND("confidence", AAS_OP_GE, AAS_V_NUM(0.4))};
static const struct aas_cond by_states[] = {{.field = "state", .op = AAS_OP_IN, .in = two_states, .n_in = 2}};
static const struct aas_cond by_nothing[] = {{.field = "state", .op = AAS_OP_IN, .in = two_states, .n_in = 0}};
static const struct aas_cond by_ids[] = {{.field = "_id", .op = AAS_OP_IN, .in = three_ids, .n_in = 3}};
static const struct aas_cond by_id_range[] = {COND("_id", AAS_OP_GE, AAS_V_STR("p03")),
                                              COND("_id", AAS_OP_LT, AAS_V_STR("p06"))};
static const struct aas_cond by_all[] = {COND("sensor_id", AAS_OP_EQ, AAS_V_STR("q-fan")),
                                         COND("is_anomaly", AAS_OP_EQ, AAS_V_BOOL(true)),
                                         COND("label", AAS_OP_EQ, AAS_V_STR("imbalance")),
                                         COND("model", AAS_OP_EQ, AAS_V_STR("v1")),
                                         COND("at", AAS_OP_GE, AAS_V_TIME(T0)),
                                         COND("confidence", AAS_OP_GE, AAS_V_NUM(0.1))};

#define Q(w, ...)                                                                                                      \
    {                                                                                                                  \
        .where = w, .n_where = sizeof w / sizeof w[0], __VA_ARGS__                                                     \
    }

static const struct case_row cases[] = {
    {"all by id", {0}, "p00 p01 p02 p03 p04 p05 p06 p07 p08 p09 p10 p11"},
    {"all by id descending", {.descending = true, .limit = 3}, "p11 p10 p09"},
    {"sensor, newest first", Q(by_sensor, .sort = "at", .descending = true), "p09 p06 p03 p00"},
    {"sensor, oldest first", Q(by_sensor, .sort = "at"), "p00 p03 p06 p09"},
    {"time, ties by id", Q(by_time, .sort = "at"), "p02 p03 p04 p05"},
    {"time descending, ties too", Q(by_time, .sort = "at", .descending = true), "p05 p04 p03 p02"},
    {"open bounds", Q(by_time_open, .sort = "at"), "p04 p05 p06 p07"},
    {"a number's range leaves null out", Q(by_confidence, .sort = "confidence"), "p08 p09 p10"},
    {"sort leaves null out", {.sort = "confidence", .descending = true, .limit = 2}, "p10 p09"},
    {"in", Q(by_states), "p00 p04 p08"},
    {"in by time", Q(by_states, .sort = "at", .descending = true, .limit = 2), "p08 p04"},
    {"in nothing", Q(by_nothing), ""},
    {"ids", Q(by_ids), "p01 p07"},
    {"range of ids", Q(by_id_range), "p03 p04 p05"},
    {"everything at once", Q(by_all, .sort = "at", .descending = true), "p08 p04"},
};

static void test_find(void **state)
{
    (void)state;
    char got[4096];
    put_predictions();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        suite_find(AAS_COLL_PREDICTIONS, &cases[i].q, got);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: got %s, expected %s", cases[i].name, got, cases[i].expected);
    }
}

/* Page through q by `limit` documents; all ids joined, pages separated by '|'. */
static void page_through(struct aas_query q, size_t limit, char out[static 4096])
{
    char next[AAS_STORE_CURSOR_BYTES] = "";
    struct aas_error err = AAS_ERROR_NONE;
    size_t at = 0;
    q.limit = limit;
    out[0] = '\0';
    for (int page = 0; page < 50; page++) {
        struct suite_ids *ids = calloc(1, sizeof *ids);
        assert_non_null(ids);
        q.cursor = next;
        suite_ok(aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &q, suite_collect, ids, next, &err), &err);
        assert_true(ids->n <= limit);
        for (size_t i = 0; i < ids->n; i++)
            at += (size_t)snprintf(out + at, 4096 - at, "%s%s", i > 0 ? " " : "", ids->id[i]);
        free(ids);
        if (next[0] == '\0')
            return;
        at += (size_t)snprintf(out + at, 4096 - at, "|");
    }
    fail_msg("the cursor never ends");
}

static void test_cursor_pages_see_each_document_once(void **state)
{
    (void)state;
    char got[4096];
    put_predictions();
    page_through((struct aas_query){0}, 5, got);
    assert_string_equal(got, "p00 p01 p02 p03 p04|p05 p06 p07 p08 p09|p10 p11");
    page_through((struct aas_query){.sort = "at", .descending = true}, 3, got);
    assert_string_equal(got, "p11 p10 p09|p08 p07 p06|p05 p04 p03|p02 p01 p00"); /* no empty page at the end */
    page_through((struct aas_query){.sort = "at"}, 5, got);
    assert_string_equal(got, "p00 p01 p02 p03 p04|p05 p06 p07 p08 p09|p10 p11");
    page_through((struct aas_query)Q(by_sensor, .sort = "at", .descending = true), 3, got);
    assert_string_equal(got, "p09 p06 p03|p00");
    page_through((struct aas_query)Q(by_sensor, .sort = "state"), 1, got);
    assert_string_equal(got, "p00|p03|p06|p09");
    page_through((struct aas_query){.sort = "confidence"}, 6, got);
    assert_string_equal(got, "p00 p01 p02 p03 p04 p05|p06 p07 p08 p09 p10");
    page_through((struct aas_query){.sort = "is_anomaly", .descending = true}, 4, got);
    assert_string_equal(got, "p08 p04 p00 p11|p10 p09 p07 p06|p05 p03 p02 p01");
}

static void test_cursor_of_another_query_is_refused(void **state)
{
    (void)state;
    char next[AAS_STORE_CURSOR_BYTES] = "";
    struct suite_ids ids = {0};
    struct aas_error err = AAS_ERROR_NONE;
    struct aas_query q = Q(by_time, .sort = "at", .limit = 2);
    put_predictions();
    suite_ok(aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &q, suite_collect, &ids, next, &err), &err);
    assert_true(strlen(next) > 20 && strlen(next) < 512);
    q.cursor = next;
    struct aas_query other = q;
    other.descending = true;
    assert_int_equal(aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &other, suite_collect, &ids, NULL, &err),
                     AAS_EPARSE);
    other = q;
    other.where = by_time_open;
    assert_int_equal(aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &other, suite_collect, &ids, NULL, &err),
                     AAS_EPARSE);
    other = q;
    other.sort = NULL;
    assert_int_equal(aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &other, suite_collect, &ids, NULL, &err),
                     AAS_EPARSE);
    /* each changed character */
    size_t len = strlen(next);
    for (size_t i = 0; i < len; i++) {
        char changed[AAS_STORE_CURSOR_BYTES];
        memcpy(changed, next, len + 1);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        q.cursor = changed;
        assert_int_equal(aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &q, suite_collect, &ids, NULL, &err),
                         AAS_EPARSE);
        changed[i] = '\0'; /* and each cut */
        if (i > 0)
            assert_int_equal(aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &q, suite_collect, &ids, NULL, &err),
                             AAS_EPARSE);
    }
    q.cursor = "not a cursor at all!";
    assert_int_equal(aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &q, suite_collect, &ids, NULL, &err),
                     AAS_EPARSE);
}

static int stop_at_two(const bson_t *doc, void *arg)
{
    (void)doc;
    int *seen = arg;
    return ++*seen == 2 ? AAS_ECANCELED : 0;
}

static void test_callback_ends_the_find(void **state)
{
    (void)state;
    int seen = 0;
    put_predictions();
    assert_int_equal(
        aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &(struct aas_query){0}, stop_at_two, &seen, NULL, NULL),
        AAS_ECANCELED);
    assert_int_equal(seen, 2);
}

static void test_filters_without_an_index_are_refused(void **state)
{
    (void)state;
    struct suite_ids ids = {0};
    struct aas_error err = AAS_ERROR_NONE;
    static const struct aas_cond unknown[] = {COND("latency_us", AAS_OP_EQ, AAS_V_INT(1))};
    static const struct aas_cond mistyped[] = {COND("at", AAS_OP_GE, AAS_V_INT(1))};
    static const struct aas_cond empty[] = {COND("label", AAS_OP_EQ, AAS_V_STR(NULL))};
    const struct aas_query bad[] = {Q(unknown), Q(mistyped), Q(empty), {.sort = "latency_us"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(aas_store_find(suite_store, AAS_COLL_PREDICTIONS, &bad[i], suite_collect, &ids, NULL, &err),
                         AAS_EINVAL);
    int64_t n = 0;
    assert_int_equal(aas_store_count(suite_store, AAS_COLL_PREDICTIONS, unknown, 1, &n, &err), AAS_EINVAL);
    const char *const by[] = {"latency_us"};
    assert_int_equal(aas_store_tally(suite_store, AAS_COLL_PREDICTIONS, NULL, 0, by, 1, NULL, 0, NULL, NULL, &err),
                     AAS_EINVAL);
}

static void test_count(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    int64_t n = -1;
    put_predictions();
    suite_ok(aas_store_count(suite_store, AAS_COLL_PREDICTIONS, NULL, 0, &n, &err), &err);
    assert_int_equal(n, 12);
    suite_ok(aas_store_count(suite_store, AAS_COLL_PREDICTIONS, by_states, 1, &n, &err), &err);
    assert_int_equal(n, 3);
    suite_ok(aas_store_count(suite_store, AAS_COLL_PREDICTIONS, by_time, 2, &n, &err), &err);
    assert_int_equal(n, 4);
    suite_ok(aas_store_count(suite_store, AAS_COLL_PREDICTIONS, by_nothing, 1, &n, &err), &err);
    assert_int_equal(n, 0);
}

static int note_tally(const struct aas_tally_row *row, void *arg)
{
    char *out = arg;
    size_t at = strlen(out);
    (void)snprintf(out + at, 1024 - at, "%s/%s=%lld:%.0f;",
                   row->keys[0].type == AAS_VALUE_STR ? row->keys[0].v.s : "null",
                   row->keys[1].type != AAS_VALUE_BOOL ? "null"
                   : row->keys[1].v.b                  ? "yes"
                                                       : "no",
                   (long long)row->count, suite_flaws & SUITE_SUMS_ARE_ZERO ? 0 : row->sums[0] * 100);
    return 0;
}

static int note_readings(const struct aas_tally_row *row, void *arg)
{
    char *out = arg;
    size_t at = strlen(out);
    (void)snprintf(out + at, 1024 - at, "%s %lld %.0f;", row->keys[0].v.s, (long long)row->count, row->sums[0]);
    return 0;
}

static void test_tally(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    char got[1024] = "";
    const char *const by[] = {"sensor_id", "is_anomaly"};
    const char *const sum[] = {"confidence"};
    put_predictions();
    suite_ok(aas_store_tally(suite_store, AAS_COLL_PREDICTIONS, NULL, 0, by, 2, sum, 1, note_tally, got, &err), &err);
    assert_string_equal(got, suite_flaws & SUITE_SUMS_ARE_ZERO
                                 ? "q-fan/no=6:0;q-fan/yes=2:0;q-pump/no=3:0;q-pump/yes=1:0;"
                                 : "q-fan/no=6:125;q-fan/yes=2:60;q-pump/no=3:90;q-pump/yes=1:0;");
    /* readings per sensor: the sum that shows that nothing was lost */
    for (int i = 0; i < 3; i++)
        suite_put(AAS_COLL_SENSOR_DATA, suite_bucket("ta-1", T0 + i * 60000, 60, 1));
    suite_put(AAS_COLL_SENSOR_DATA, suite_bucket("ta-2", T0, 7, 1));
    const struct aas_value sensors[] = {AAS_V_STR("ta-1"), AAS_V_STR("ta-2")};
    const struct aas_cond where[] = {{.field = "sensor_id", .op = AAS_OP_IN, .in = sensors, .n_in = 2}};
    const char *const n[] = {"n"};
    got[0] = '\0';
    suite_ok(aas_store_tally(suite_store, AAS_COLL_SENSOR_DATA, where, 1, by, 1, n, 1, note_readings, got, &err), &err);
    assert_string_equal(got, suite_flaws & SUITE_SUMS_ARE_ZERO ? "ta-1 3 0;ta-2 1 0;" : "ta-1 3 180;ta-2 1 7;");
}

static void test_dotted_fields(void **state)
{
    (void)state;
    char got[4096];
    for (int i = 0; i < 3; i++) {
        char id[16];
        bson_t asset;
        bson_t *d = bson_new();
        (void)snprintf(id, sizeof id, "dot-%d", i);
        BSON_APPEND_UTF8(d, "_id", id);
        BSON_APPEND_DOCUMENT_BEGIN(d, "asset", &asset);
        if (i > 0)
            BSON_APPEND_UTF8(&asset, "line", i == 1 ? "dot-north" : "dot-south");
        bson_append_document_end(d, &asset);
        suite_put(AAS_COLL_SENSORS, d);
    }
    static const struct aas_cond north[] = {COND("asset.line", AAS_OP_EQ, AAS_V_STR("dot-north"))};
    suite_find(AAS_COLL_SENSORS, &(struct aas_query)Q(north), got);
    assert_string_equal(got, "dot-1");
}

static void test_cursor_over_a_unique_field(void **state)
{
    (void)state;
    char got[4096] = "";
    char next[AAS_STORE_CURSOR_BYTES] = "";
    struct aas_error err = AAS_ERROR_NONE;
    for (int i = 0; i < 5; i++) {
        char id[16];
        bson_t *d = bson_new();
        (void)snprintf(id, sizeof id, "au-%d", 9 - i);
        BSON_APPEND_UTF8(d, "_id", id);
        BSON_APPEND_INT64(d, "seq", 100 + i);
        suite_put(AAS_COLL_AUDIT, d);
    }
    do {
        struct suite_ids *ids = calloc(1, sizeof *ids);
        const struct aas_query q = {.sort = "seq", .descending = true, .limit = 2, .cursor = next};
        assert_non_null(ids);
        suite_ok(aas_store_find(suite_store, AAS_COLL_AUDIT, &q, suite_collect, ids, next, &err), &err);
        for (size_t i = 0; i < ids->n; i++) {
            size_t at = strlen(got);
            (void)snprintf(got + at, sizeof got - at, "%s ", ids->id[i]);
        }
        free(ids);
    } while (next[0] != '\0');
    assert_string_equal(got, "au-5 au-6 au-7 au-8 au-9 ");
}

int suite_run_queries(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_cursor_pages_see_each_document_once),
        cmocka_unit_test(test_cursor_of_another_query_is_refused),
        cmocka_unit_test(test_cursor_over_a_unique_field),
        cmocka_unit_test(test_callback_ends_the_find),
        cmocka_unit_test(test_filters_without_an_index_are_refused),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_tally),
        cmocka_unit_test(test_dotted_fields),
    };
    return cmocka_run_group_tests_name("store queries", tests, NULL, NULL);
}

int suite_run(const char *driver)
{
    print_message("store contract on %s (%s)\n", driver, aas_store_driver(suite_store));
    int failed = suite_run_changes();
    return suite_run_queries() + failed;
}
