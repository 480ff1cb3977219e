/* Bounded parse, typed getters and their sentences, store documents as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "aas/buf.h"
#include "aas/error.h"
#include "aas/json.h"

static void expect_says(const struct aas_error *err, const char *word)
{
    if (!strstr(err->msg, word))
        fail_msg("\"%s\" doesn't say \"%s\"", err->msg, word);
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        const char *says;
    } cases[] = {
        {"{\"a\":1,\"a\":2}", AAS_EPARSE, "duplicate"},
        {"{\"a\":\n 1 1}", AAS_EPARSE, "line 2"},
        {"[NaN]", AAS_EPARSE, "not valid JSON"},
        {"[1e999]", AAS_EPARSE, "not valid JSON"},
        {"[\"\\u0000\"]", AAS_EPARSE, "not valid JSON"},
        {"[] []", AAS_EPARSE, "not valid JSON"},
        {"", AAS_EPARSE, "not valid JSON"},
        {"[[[[[]]]]]", AAS_EPARSE, "deeper than 4"},
        {"[\"0123456789012345678901234567890123456789\"]", AAS_ETOOBIG, "at most 40"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct aas_error err = AAS_ERROR_NONE;
        json_t *doc = NULL;
        assert_int_equal(aas_json_parse(cases[i].text, strlen(cases[i].text), 40, 4, &doc, &err), cases[i].rc);
        assert_null(doc);
        expect_says(&err, cases[i].says);
    }
    /* Brackets within strings are no depth. */
    AAS_AUTO_JSON json_t *doc = NULL;
    static const char quoted[] = "[\"[[[[[\\\"[[\"]";
    assert_int_equal(aas_json_parse(quoted, sizeof quoted - 1, 40, 1, &doc, NULL), 0);
}

static void test_load_names_the_file(void **state)
{
    (void)state;
    char path[] = "/tmp/aas-json-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "{\"a\":1}", 7), 7);
    AAS_AUTO_JSON json_t *doc = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_json_load(path, 0, &doc, &err), 0);
    json_t *none = NULL;
    assert_int_equal(aas_json_load(path, 3, &none, &err), AAS_ETOOBIG);
    expect_says(&err, path);
    assert_int_equal(ftruncate(fd, 4), 0);
    assert_int_equal(aas_json_load(path, 0, &none, &err), AAS_EPARSE);
    expect_says(&err, path);
    (void)close(fd);
    (void)unlink(path);
    assert_int_equal(aas_json_load(path, 0, &none, &err), AAS_ENOENT);
    expect_says(&err, path);
}

static json_t *parse(const char *text)
{
    json_t *doc = NULL;
    assert_int_equal(aas_json_parse(text, strlen(text), 0, 0, &doc, NULL), 0);
    return doc;
}

static void test_getters(void **state)
{
    (void)state;
    AAS_AUTO_JSON json_t *o = parse("{\"s\":\"abc\",\"i\":7,\"r\":2.5,\"w\":3.0,\"b\":true,\"o\":{},\"a\":[1],"
                                    "\"n\":null,\"t\":\"2024-05-01T12:00:00.250+02:00\",\"m\":1714557600250}");
    const char *s = "preset";
    int64_t i = -1;
    double d = -1;
    bool b = false;
    json_t *child = NULL;
    int choice = -1;
    assert_int_equal(aas_json_get_string(o, "s", AAS_JSON_REQUIRED, 1, 0, &s, NULL), 0);
    assert_string_equal(s, "abc");
    assert_int_equal(aas_json_get_int(o, "i", AAS_JSON_REQUIRED, 0, 10, &i, NULL), 0);
    assert_int_equal(i, 7);
    assert_int_equal(aas_json_get_int(o, "w", AAS_JSON_REQUIRED, 0, 10, &i, NULL), 0);
    assert_int_equal(i, 3);
    assert_int_equal(aas_json_get_number(o, "i", AAS_JSON_REQUIRED, -DBL_MAX, DBL_MAX, &d, NULL), 0);
    assert_true(d == 7);
    assert_int_equal(aas_json_get_bool(o, "b", AAS_JSON_REQUIRED, &b, NULL), 0);
    assert_true(b);
    assert_int_equal(aas_json_get_object(o, "o", AAS_JSON_REQUIRED, &child, NULL), 0);
    assert_int_equal(aas_json_get_array(o, "a", AAS_JSON_REQUIRED, 1, 1, &child, NULL), 0);
    assert_int_equal(
        aas_json_get_choice(o, "s", AAS_JSON_REQUIRED, (const char *const[]){"x", "abc", NULL}, &choice, NULL), 0);
    assert_int_equal(choice, 1);
    assert_int_equal(aas_json_get_time_ms(o, "t", AAS_JSON_REQUIRED, &i, NULL), 0);
    assert_true(i == 1714557600250);
    assert_int_equal(aas_json_get_time_ms(o, "m", AAS_JSON_REQUIRED, &i, NULL), 0);
    assert_true(i == 1714557600250);
    /* absent or null, and optional: the preset stays */
    s = "preset";
    assert_int_equal(aas_json_get_string(o, "zz", AAS_JSON_OPTIONAL, 1, 0, &s, NULL), 0);
    assert_int_equal(aas_json_get_string(o, "n", AAS_JSON_OPTIONAL, 1, 0, &s, NULL), 0);
    assert_string_equal(s, "preset");
}

static void test_getters_explain(void **state)
{
    (void)state;
    AAS_AUTO_JSON json_t *o = parse("{\"s\":\"abc\",\"i\":70,\"r\":2.5,\"b\":1,\"a\":{},\"big\":1e300,\"long\":"
                                    "\"ääääääääääääääääääääääääääääääääääääää\",\"t\":\"2024-05-01T12:00:00\"}");
    const char *s = "kept";
    int64_t i = -7;
    double d = 0;
    bool b = false;
    json_t *child = NULL;
    int choice = 0;
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_json_get_string(o, "zz", AAS_JSON_REQUIRED, 1, 8, &s, &err), AAS_EINVAL);
    assert_string_equal(err.msg, "zz is missing: it must be a string of 1 to 8 bytes");
    assert_int_equal(aas_json_get_string(o, "i", AAS_JSON_OPTIONAL, 1, 8, &s, &err), AAS_EINVAL);
    assert_string_equal(err.msg, "i is 70, but must be a string of 1 to 8 bytes");
    assert_string_equal(s, "kept");
    assert_int_equal(aas_json_get_int(o, "i", AAS_JSON_REQUIRED, 0, 10, &i, &err), AAS_EINVAL);
    assert_string_equal(err.msg, "i is 70, but must be a whole number from 0 to 10");
    assert_int_equal(aas_json_get_int(o, "r", AAS_JSON_REQUIRED, 0, 10, &i, &err), AAS_EINVAL);
    expect_says(&err, "2.5");
    assert_int_equal(aas_json_get_int(o, "big", AAS_JSON_REQUIRED, 0, 10, &i, &err), AAS_EINVAL);
    assert_int_equal(i, -7);
    assert_int_equal(aas_json_get_number(o, "s", AAS_JSON_REQUIRED, -DBL_MAX, DBL_MAX, &d, &err), AAS_EINVAL);
    assert_string_equal(err.msg, "s is \"abc\", but must be a number");
    assert_int_equal(aas_json_get_bool(o, "b", AAS_JSON_REQUIRED, &b, &err), AAS_EINVAL);
    expect_says(&err, "true or false");
    assert_int_equal(aas_json_get_array(o, "a", AAS_JSON_REQUIRED, 0, 5, &child, &err), AAS_EINVAL);
    expect_says(&err, "an object");
    assert_int_equal(
        aas_json_get_choice(o, "s", AAS_JSON_REQUIRED, (const char *const[]){"x", "y", NULL}, &choice, &err),
        AAS_EINVAL);
    assert_string_equal(err.msg, "s is \"abc\", but must be x or y");
    assert_int_equal(aas_json_get_time_ms(o, "t", AAS_JSON_REQUIRED, &i, &err), AAS_EINVAL);
    expect_says(&err, "zone");
    assert_int_equal(aas_json_get_int(o, "long", AAS_JSON_REQUIRED, 0, 1, &i, &err), AAS_EINVAL);
    expect_says(&err, "ä…\""); /* cut between characters */
    assert_int_equal(aas_json_only_fields(o, (const char *const[]){"s", "i", NULL}, &err), AAS_EINVAL);
    expect_says(&err, "is no known field: s or i are");
    assert_int_equal(aas_json_get_int(child, "x", AAS_JSON_OPTIONAL, 0, 1, &i, &err), AAS_EINVAL);
}

static void test_bson_to_json(void **state)
{
    (void)state;
    bson_t doc = BSON_INITIALIZER;
    bson_t child;
    bson_append_utf8(&doc, "_id", -1, "pump-1", -1);
    bson_append_date_time(&doc, "last_seen", -1, 1714557600250);
    bson_append_int64(&doc, "n", -1, INT64_C(9007199254740993));
    bson_append_int32(&doc, "q", -1, -3);
    bson_append_double(&doc, "v", -1, 0.1);
    bson_append_double(&doc, "nan", -1, (double)NAN);
    bson_append_bool(&doc, "ok", -1, true);
    bson_append_null(&doc, "none", -1);
    bson_append_binary(&doc, "raw", -1, BSON_SUBTYPE_BINARY, (const uint8_t *)"\x00\xff\x10z", 4);
    bson_append_array_begin(&doc, "t", -1, &child);
    bson_append_int64(&child, "0", -1, 5);
    bson_append_array_end(&doc, &child);
    bson_append_document_begin(&doc, "inner", -1, &child);
    bson_append_utf8(&child, "_id", -1, "kept", -1);
    bson_append_document_end(&doc, &child);
    static const char expected[] = "{\"id\":\"pump-1\",\"last_seen\":1714557600250,\"n\":9007199254740993,\"q\":-3,"
                                   "\"v\":0.1,\"nan\":null,\"ok\":true,"
                                   "\"none\":null,\"raw\":\"AP8Qeg==\",\"t\":[5],\"inner\":{\"_id\":\"kept\"}}";
    struct aas_buf buf = AAS_BUF_INIT(4096);
    assert_int_equal(aas_json_write_bson(&buf, &doc, NULL), 0);
    assert_string_equal(aas_buf_str(&buf), expected);
    AAS_AUTO_JSON json_t *tree = NULL;
    AAS_AUTO_JSON json_t *same = parse(expected);
    assert_int_equal(aas_json_from_bson(&doc, &tree, NULL), 0);
    assert_true(json_equal(tree, same));
    /* A bound that is too small: the buffer is as before. */
    struct aas_buf small = AAS_BUF_INIT(20);
    assert_int_equal(aas_json_write_bson(&small, &doc, NULL), AAS_ETOOBIG);
    assert_int_equal(small.len, 0);
    aas_buf_fini(&small);
    aas_buf_fini(&buf);
    bson_destroy(&doc);
    /* A type that we don't store. */
    bson_t odd = BSON_INITIALIZER;
    bson_append_regex(&odd, "x", -1, "a", "i");
    struct aas_error err = AAS_ERROR_NONE;
    json_t *none = NULL;
    assert_int_equal(aas_json_from_bson(&odd, &none, &err), AAS_EPARSE);
    expect_says(&err, "\"x\"");
    bson_destroy(&odd);
}

static void test_json_to_bson(void **state)
{
    (void)state;
    AAS_AUTO_JSON json_t *tree =
        parse("{\"id\":\"x\",\"at\":1714557600250,\"n\":5,\"w\":{\"start\":1,\"id\":2},\"l\":[1.5,"
              "null,\"s\",true,{\"end\":3}]}");
    bson_t *doc = NULL;
    assert_int_equal(aas_json_to_bson(tree, aas_json_store_dates, &doc, NULL), 0);
    bson_iter_t it;
    bson_iter_t inner;
    assert_true(bson_iter_init_find(&it, doc, "_id"));
    assert_true(bson_iter_init_find(&it, doc, "at") && BSON_ITER_HOLDS_DATE_TIME(&it));
    assert_true(bson_iter_init_find(&it, doc, "n") && BSON_ITER_HOLDS_INT64(&it));
    assert_true(bson_iter_init(&it, doc) && bson_iter_find_descendant(&it, "w.start", &inner) &&
                BSON_ITER_HOLDS_DATE_TIME(&inner));
    assert_true(bson_iter_init(&it, doc) && bson_iter_find_descendant(&it, "w.id", &inner));
    assert_true(bson_iter_init(&it, doc) && bson_iter_find_descendant(&it, "l.4.end", &inner) &&
                BSON_ITER_HOLDS_DATE_TIME(&inner));
    json_t *back = NULL;
    assert_int_equal(aas_json_from_bson(doc, &back, NULL), 0);
    assert_true(json_equal(tree, back));
    json_decref(back);
    bson_destroy(doc);
    AAS_AUTO_JSON json_t *list = parse("[1]");
    assert_int_equal(aas_json_to_bson(list, NULL, &doc, NULL), AAS_EINVAL);
}

static void test_dump(void **state)
{
    (void)state;
    AAS_AUTO_JSON json_t *tree = parse("{\"a\":0.1,\"b\":[1,\"x\"]}");
    struct aas_buf buf = AAS_BUF_INIT(100);
    assert_int_equal(aas_json_dump(tree, &buf), 0);
    AAS_AUTO_JSON json_t *back = parse(aas_buf_str(&buf));
    assert_true(json_equal(tree, back));
    aas_buf_fini(&buf);
    struct aas_buf small = AAS_BUF_INIT(5);
    assert_int_equal(aas_json_dump(tree, &small), AAS_ETOOBIG);
    assert_int_equal(small.len, 0);
    aas_buf_fini(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_refuses), cmocka_unit_test(test_load_names_the_file),
        cmocka_unit_test(test_getters),       cmocka_unit_test(test_getters_explain),
        cmocka_unit_test(test_bson_to_json),  cmocka_unit_test(test_json_to_bson),
        cmocka_unit_test(test_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
