/* feature_schema.json: what is refused, what keeps its hash, and that extraction puts each statistic in its column. */
#include <aas/feature_schema.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aas/err.h>
#include <aas/error.h>
#include <aas/json.h>

#define GOOD                                                                                                           \
    "{\"version\":1,\"sensor_type\":\"pump\",\"normal\":\"ok\",\"window\":{\"rows\":4,\"stride\":2,\"period_ms\":"     \
    "1000,"                                                                                                            \
    "\"min_coverage\":0.5,\"max_gap_ms\":0},\"channels\":[\"a\",\"bc\"],\"features\":{\"order\":\"channel-major\","    \
    "\"stats\":[\"mean\",\"ptp\"]},\"classes\":[\"ok\",\"broken\"]}"

static int parse(const char *text, struct aas_feature_schema **ret, struct aas_error *err)
{
    json_t *doc = json_loads(text, 0, NULL);
    assert_non_null(doc);
    int rc = aas_feature_schema_parse(doc, ret, err);
    json_decref(doc);
    return rc;
}

static struct aas_feature_schema *good(const char *text)
{
    struct aas_feature_schema *s = NULL;
    struct aas_error err = {0};
    if (parse(text, &s, &err) < 0)
        fail_msg("%s", err.msg);
    return s;
}

static void reads_every_field(void **state)
{
    (void)state;
    struct aas_feature_schema *s = good(GOOD);
    assert_string_equal(s->sensor_type, "pump");
    assert_string_equal(s->normal, "ok");
    assert_int_equal(s->window.rows, 4);
    assert_int_equal(s->channels_count, 2);
    assert_int_equal(s->features_count, 4);
    assert_int_equal(s->features[3].channel, 1);
    assert_int_equal(s->features[3].stat, AAS_STAT_RANGE);
    assert_int_equal(aas_feature_schema_channel(s, "bcd", 2), 1);
    assert_int_equal(aas_feature_schema_channel(s, "b", 1), -1);
    assert_int_equal(aas_feature_schema_class(s, "broken"), 1);
    assert_int_equal(strlen(s->hash), 64);
    char name[32];
    aas_feature_schema_name(s, 2, name, sizeof(name));
    assert_string_equal(name, "bc_mean");
    aas_feature_schema_destroy(s);
    aas_feature_schema_destroy(NULL);
}

/* Two ways to write one schema have one hash; a change that matters has another. */
static void hash_tells_schemas_apart(void **state)
{
    (void)state;
    struct aas_feature_schema *a = good(GOOD);
    json_t *doc = NULL;
    assert_int_equal(aas_feature_schema_emit(a, &doc), 0);
    struct aas_feature_schema *again = NULL;
    assert_int_equal(aas_feature_schema_parse(doc, &again, NULL), 0);
    assert_string_equal(a->hash, again->hash);

    static const char *const paths[] = {"channels", "classes", "features"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        json_t *changed = json_deep_copy(doc), *list = json_object_get(changed, paths[i]);
        json_t *first = json_incref(json_array_get(list, 0));
        json_array_remove(list, 0);
        json_array_append_new(list, first);
        struct aas_feature_schema *other = NULL;
        assert_int_equal(aas_feature_schema_parse(changed, &other, NULL), 0);
        assert_string_not_equal(a->hash, other->hash);
        aas_feature_schema_destroy(other);
        json_decref(changed);
    }
    json_decref(doc);
    aas_feature_schema_destroy(a);
    aas_feature_schema_destroy(again);
}

/* What a sensor may lack is part of the schema: kept, and in the hash. */
static void optional_channels(void **state)
{
    (void)state;
    struct aas_feature_schema *plain = good(GOOD), *again = NULL, *s = NULL;
    json_t *doc = json_loads(GOOD, 0, NULL), *emitted = NULL;
    assert_null(plain->optional);
    json_object_set_new(doc, "optional", json_pack("[s]", "bc"));
    assert_int_equal(aas_feature_schema_parse(doc, &s, NULL), 0);
    assert_false(s->optional[0]);
    assert_true(s->optional[1]);
    assert_string_not_equal(s->hash, plain->hash);
    assert_int_equal(aas_feature_schema_emit(s, &emitted), 0);
    assert_int_equal(aas_feature_schema_parse(emitted, &again, NULL), 0);
    assert_string_equal(again->hash, s->hash);
    json_decref(doc);
    json_decref(emitted);
    aas_feature_schema_destroy(plain);
    aas_feature_schema_destroy(again);
    aas_feature_schema_destroy(s);
}

/* Statistics of the newest rows, and their shift against the oldest ones of a longer window. */
static void recent_against_reference(void **state)
{
    (void)state;
    struct aas_feature_schema *s =
        good("{\"window\":{\"rows\":10,\"min_rows\":2,\"period_ms\":1000},\"channels\":[\"a\"],\"recent_rows\":2,"
             "\"reference_rows\":3,\"features\":{\"stats\":[\"mean\",\"max\",\"shift\"]}}");
    assert_int_equal(s->window.min_rows, 2);
    const double x[10] = {1, 2, (double)NAN, 100, 100, 100, 100, 100, 7, 9};
    const double *columns[1] = {x};
    double scratch[64];
    float row[3];
    assert_true(aas_feature_schema_scratch(s, 10) <= 64);
    aas_feature_schema_extract(s, columns, 10, scratch, row, NULL);
    assert_true(row[0] == 8 && row[1] == 9 && row[2] == 8 - 1.5F);
    const double *young[1] = {x + 6};
    aas_feature_schema_extract(s, young, 4, scratch, row, NULL);
    assert_true(row[0] == 8 && isnan(row[2])); /* recent and reference would overlap */
    aas_feature_schema_extract(s, young + 0, 1, scratch, row, NULL);
    assert_true(row[0] == 100);
    json_t *doc = NULL;
    struct aas_feature_schema *again = NULL;
    assert_int_equal(aas_feature_schema_emit(s, &doc), 0);
    assert_int_equal(aas_feature_schema_parse(doc, &again, NULL), 0);
    assert_string_equal(s->hash, again->hash);
    assert_int_equal(again->reference_rows, 3);
    aas_feature_schema_destroy(again);
    (void)json_object_set_new(doc, "reference_rows", json_integer(9));
    struct aas_error err = {0};
    assert_int_equal(aas_feature_schema_parse(doc, &again, &err), AAS_EINVAL);
    assert_non_null(strstr(err.msg, "reference_rows"));
    json_decref(doc);
    aas_feature_schema_destroy(s);
}

static void refuses_with_the_fields_name(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *names;
    } bad[] = {
        {"version", "2", "version"},
        {"window", "{\"rows\":1,\"period_ms\":1000}", "rows"},
        {"window", "{\"rows\":4,\"period_ms\":1000,\"min_coverage\":2}", "min_coverage"},
        {"window", "{\"rows\":4,\"period_ms\":1000,\"strides\":2}", "strides"},
        {"channels", "[]", "channels"},
        {"channels", "[\"a\",\"a\"]", "channels[1]"},
        {"channels", "[\"a\",7]", "channels[1]"},
        {"optional", "[\"z\"]", "optional[0]"},
        {"optional", "[\"a\",\"a\"]", "optional"},
        {"features", "7", "features"},
        {"features", "{\"stats\":[\"mean\",\"variance\"]}", "variance"},
        {"features", "{\"stats\":[\"mean\"],\"order\":\"random\"}", "order"},
        {"features", "[{\"channel\":\"z\",\"stat\":\"mean\"}]", "features[0].channel"},
        {"scaler", "{\"mean\":[0,0,0],\"scale\":[1,1,1,1]}", "mean"},
        {"scaler", "{\"mean\":[0,0,0,0],\"scale\":[1,0,1,1]}", "scaler.scale[1]"},
        {"classes", "[]", "classes"},
        {"colour", "1", "colour"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        json_t *doc = json_loads(GOOD, 0, NULL);
        json_object_set_new(doc, bad[i].key, json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
        struct aas_feature_schema *s = NULL;
        struct aas_error err = {0};
        if (aas_feature_schema_parse(doc, &s, &err) >= 0 || !strstr(err.msg, bad[i].names))
            fail_msg("%s = %s: \"%s\" should name %s", bad[i].key, bad[i].value, err.msg, bad[i].names);
        assert_null(s);
        json_decref(doc);
    }
}

static void extracts_in_order_and_scales(void **state)
{
    (void)state;
    json_t *doc = json_loads(GOOD, 0, NULL);
    json_object_set_new(doc, "features",
                        json_loads("[{\"channel\":\"bc\",\"stat\":\"last\"},{\"channel\":\"a\",\"stat\":\"mean\"},"
                                   "{\"channel\":\"bc\",\"stat\":\"max\"}]",
                                   0, NULL));
    json_object_set_new(doc, "scaler", json_loads("{\"mean\":[1,2,3],\"scale\":[2,4,8]}", 0, NULL));
    struct aas_feature_schema *s = NULL;
    assert_int_equal(aas_feature_schema_parse(doc, &s, NULL), 0);
    json_decref(doc);

    const double a[4] = {1, 2, NAN, 6}, b[4] = {5, 9, 7, NAN};
    const double *columns[2] = {a, b};
    double *scratch = calloc(aas_feature_schema_scratch(s, 4), sizeof(*scratch)), raw[3];
    float row[3];
    aas_feature_schema_extract(s, columns, 4, scratch, row, raw);
    assert_true(raw[0] == 7 && raw[1] == 3 && raw[2] == 9);
    assert_true(row[0] == 3.0f && row[1] == 0.25f && row[2] == 0.75f);
    columns[1] = NULL;
    aas_feature_schema_extract(s, columns, 4, scratch, row, NULL);
    assert_true(isnan(row[0]) && row[1] == 0.25f && isnan(row[2]));
    free(scratch);
    aas_feature_schema_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field),
        cmocka_unit_test(hash_tells_schemas_apart),
        cmocka_unit_test(optional_channels),
        cmocka_unit_test(recent_against_reference),
        cmocka_unit_test(refuses_with_the_fields_name),
        cmocka_unit_test(extracts_in_order_and_scales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
