#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/json.h"
#include "aas/json_schema.h"
#include "series.h"

/* A bucket with one row per time; channel "x" counts up from first, NaN where skip says so; "y" only if with_y. */
static bson_t *bucket(const int64_t *t, size_t n, double first, bool with_y)
{
    bson_t *doc = bson_new();
    bson_t times;
    bson_t v;
    bson_t column;
    char key[24];
    BSON_APPEND_ARRAY_BEGIN(doc, "t", &times);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(key, sizeof key, "%zu", i);
        BSON_APPEND_INT64(&times, key, t[i]);
    }
    bson_append_array_end(doc, &times);
    BSON_APPEND_DOCUMENT_BEGIN(doc, "v", &v);
    BSON_APPEND_ARRAY_BEGIN(&v, "x", &column);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(key, sizeof key, "%zu", i);
        BSON_APPEND_DOUBLE(&column, key, first + (double)i);
    }
    bson_append_array_end(&v, &column);
    if (with_y) {
        BSON_APPEND_ARRAY_BEGIN(&v, "y", &column);
        for (size_t i = 0; i < n; i++) {
            (void)snprintf(key, sizeof key, "%zu", i);
            if (i % 2)
                BSON_APPEND_NULL(&column, key);
            else
                BSON_APPEND_DOUBLE(&column, key, -1);
        }
        bson_append_array_end(&v, &column);
    }
    bson_append_document_end(doc, &v);
    return doc;
}

static void add(struct api_series *s, bson_t *doc)
{
    struct aas_error err = AAS_ERROR_NONE;
    int rc = api_series_add_bucket(s, doc, &err);
    bson_destroy(doc);
    assert_int_equal(rc, 0);
}

static char *text_of(struct api_series *s)
{
    struct aas_buf out = AAS_BUF_INIT(1 << 20);
    const struct aas_schema *schema = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    json_t *json = NULL;
    assert_int_equal(api_series_write(s, "p-1", &out), 0);
    assert_int_equal(aas_json_parse(out.data, out.len, 1 << 20, 0, &json, &err), 0);
    assert_int_equal(aas_schema_get("series", &schema, &err), 0);
    assert_int_equal(aas_schema_check(schema, json, NULL, 0, &err), 0);
    json_decref(json);
    return aas_buf_take(&out, NULL);
}

static void expect(struct api_series *s, const char *text)
{
    char *got = text_of(s);
    assert_string_equal(got, text);
    free(got);
    api_series_destroy(s);
}

static struct api_series *make(int64_t from, int64_t to, int64_t slot_ms)
{
    struct api_series *s = NULL;
    assert_int_equal(api_series_create(&s, from, to, slot_ms), 0);
    return s;
}

static void raw_rows_by_time(void **state)
{
    struct api_series *s = make(1000, 5000, 0);
    (void)state;
    add(s, bucket((const int64_t[]){3000, 4000, 6000}, 3, 30, true)); /* the last lies behind the range */
    add(s, bucket((const int64_t[]){500, 1000, 2000}, 3, 1, false));  /* the first before it */
    assert_int_equal(api_series_rows(s), 4);
    expect(s, "{\"sensor_id\":\"p-1\",\"resolution\":\"raw\",\"t\":[1000,2000,3000,4000],\"channels\":{"
              "\"x\":[2,3,30,31],\"y\":[null,null,-1,null]}}");
}

static void slots(void **state)
{
    struct api_series *s = make(1500, 4999, 1000);
    (void)state;
    add(s, bucket((const int64_t[]){1400, 1500, 1900, 2500, 4000}, 5, 0, true));
    add(s, bucket((const int64_t[]){1999}, 1, 6, false));
    expect(s, "{\"sensor_id\":\"p-1\",\"resolution\":\"1s\",\"t\":[1000,2000,4000],\"channels\":{"
              "\"x\":{\"min\":[1,3,4],\"max\":[6,3,4],\"mean\":[3,3,4]},"
              "\"y\":{\"min\":[-1,null,-1],\"max\":[-1,null,-1],\"mean\":[-1,null,-1]}}}");
}

static void nothing_found(void **state)
{
    (void)state;
    expect(make(0, 10, 0), "{\"sensor_id\":\"p-1\",\"resolution\":\"raw\",\"t\":[],\"channels\":{}}");
    expect(make(0, 10, 1), "{\"sensor_id\":\"p-1\",\"resolution\":\"1ms\",\"t\":[],\"channels\":{}}");
}

static void rollups(void **state)
{
    struct api_series *s = make(0, 299999, 120000);
    struct aas_error err = AAS_ERROR_NONE;
    (void)state;
    for (int minute = 0; minute < 4; minute++) {
        bson_t doc = BSON_INITIALIZER;
        bson_t v;
        bson_t x;
        BSON_APPEND_DATE_TIME(&doc, "minute", minute * 60000);
        BSON_APPEND_DOCUMENT_BEGIN(&doc, "v", &v);
        BSON_APPEND_DOCUMENT_BEGIN(&v, "x", &x);
        BSON_APPEND_INT64(&x, "n", minute == 3 ? 0 : 10);
        BSON_APPEND_DOUBLE(&x, "min", minute);
        BSON_APPEND_DOUBLE(&x, "max", 10 + minute);
        BSON_APPEND_DOUBLE(&x, "sum", 100 * (minute + 1));
        bson_append_document_end(&v, &x);
        bson_append_document_end(&doc, &v);
        assert_int_equal(api_series_add_rollup(s, &doc, &err), 0);
        bson_destroy(&doc);
    }
    expect(s, "{\"sensor_id\":\"p-1\",\"resolution\":\"2m\",\"t\":[0,120000],\"channels\":{"
              "\"x\":{\"min\":[0,2],\"max\":[11,12],\"mean\":[15,30]}}}");
}

static void broken_buckets(void **state)
{
    struct aas_error err = AAS_ERROR_NONE;
    struct api_series *s = make(0, 10000, 0);
    bson_t empty = BSON_INITIALIZER;
    bson_t text = BSON_INITIALIZER;
    (void)state;
    assert_int_equal(api_series_add_bucket(s, &empty, &err), AAS_ECORRUPT);
    BSON_APPEND_UTF8(&text, "t", "no");
    BSON_APPEND_UTF8(&text, "v", "no");
    assert_int_equal(api_series_add_bucket(s, &text, &err), AAS_ECORRUPT);
    assert_int_equal(api_series_rows(s), 0);
    bson_destroy(&text);
    api_series_destroy(s);
}

static void resolutions(void **state)
{
    static const struct {
        const char *text;
        int64_t range_ms;
        int rc;
        int64_t slot_ms;
    } table[] = {
        {"raw", 0, 0, 0},
        {"auto", 0, 0, 1},
        {"auto", 3600000, 0, 2000},
        {"auto", 86400000, 0, 60000},
        {"auto", INT64_C(31536000000), 0, 21600000},
        {"auto", INT64_C(253402300799999), 0, INT64_C(154828800000)},
        {"10s", 3600000, 0, 10000},
        {"500ms", 3600000, 0, 500},
        {"1d", 3600000, 0, 86400000},
        {"1ms", 3600000, AAS_ETOOBIG, 0},
        {"0s", 1, AAS_EINVAL, 0},
        {"", 1, AAS_EINVAL, 0},
        {"s", 1, AAS_EINVAL, 0},
        {"10", 1, AAS_EINVAL, 0},
        {"10x", 1, AAS_EINVAL, 0},
        {"1000000s", 1, AAS_EINVAL, 0},
        {"-1s", 1, AAS_EINVAL, 0},
        {"RAW", 1, AAS_EINVAL, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t slot_ms = -1;
        assert_int_equal(api_series_resolution(table[i].text, table[i].range_ms, &slot_ms), table[i].rc);
        if (table[i].rc == 0 && table[i].range_ms < INT64_C(253402300799999))
            assert_int_equal(slot_ms, table[i].slot_ms);
        if (strcmp(table[i].text, "auto") == 0)
            assert_true(table[i].range_ms / slot_ms < API_SERIES_POINTS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_rows_by_time), cmocka_unit_test(slots),          cmocka_unit_test(nothing_found),
        cmocka_unit_test(rollups),          cmocka_unit_test(broken_buckets), cmocka_unit_test(resolutions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
