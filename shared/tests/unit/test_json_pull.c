/* The pull reader: what it accepts is RFC 8259, and every refusal says where. The writer: what it makes reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "aas/buf.h"
#include "aas/error.h"
#include "aas/json_pull.h"

/* The events of a text as letters: { } [ ] k s n t f 0, then . for the end or ! for an error. */
static const char *events(const char *text, size_t len, unsigned depth, char *out, struct aas_json_pull *r)
{
    static const char letters[] = ".{}[]ksntf0";
    size_t n = 0;
    aas_json_pull_init(r, text, len, depth);
    for (;;) {
        enum aas_json_event e = aas_json_pull_next(r);
        out[n++] = e == AAS_JSON_ERROR ? '!' : letters[e];
        if (e == AAS_JSON_ERROR || e == AAS_JSON_DONE || n > 60)
            break;
    }
    out[n] = '\0';
    return out;
}

static void test_events(void **state)
{
    (void)state;
    static const struct {
        const char *text, *events;
    } cases[] = {
        {"{}", "{}."},
        {" [ ] ", "[]."},
        {"1", "n."},
        {"-0.5e+3", "n."},
        {"null", "0."},
        {"true", "t."},
        {"\"\"", "s."},
        {"{\"a\":1,\"b\":[null,false,\"x\"]}", "{knk[0fs]}."},
        {"[[],{},[{}]]", "[[]{}[{}]]."},
        {"\t\r\n {\"a\" : 1 }\n", "{kn}."},
        {"\"\\u00e9\\ud83d\\ude00\\n\"", "s."},
        {"\"\xc3\xa9\xf0\x9f\x98\x80\"", "s."},
        /* refused */
        {"", "!"},
        {" ", "!"},
        {"{", "{!"},
        {"[1,]", "[n!"},
        {"[,1]", "[!"},
        {"[1 2]", "[n!"},
        {"{\"a\"}", "{!"},
        {"{\"a\":}", "{k!"},
        {"{\"a\":1,}", "{kn!"},
        {"{a:1}", "{!"},
        {"{1:1}", "{!"},
        {"[1}", "[n!"},
        {"{\"a\":1]", "{kn!"},
        {"]", "!"},
        {"1 1", "n!"},
        {"nul", "!"},
        {"nulll", "0!"},
        {"NaN", "!"},
        {"Infinity", "!"},
        {"+1", "!"},
        {"01", "n!"},
        {"-", "!"},
        {"1.", "n!"},
        {".5", "!"},
        {"1e", "n!"},
        {"1e999", "!"},
        {"'a'", "!"},
        {"\"a", "!"},
        {"\"a\nb\"", "!"},
        {"\"\\x\"", "!"},
        {"\"\\u12g4\"", "!"},
        {"\"\\ud800\"", "!"},
        {"\"\\ud800\\u0041\"", "!"},
        {"\"\\udc00\"", "!"},
        {"\"\xff\"", "!"},
        {"\"\xc0\xaf\"", "!"},
        {"\"\xed\xa0\x80\"", "!"},
        {"\"\xf4\x90\x80\x80\"", "!"},
        {"\"\xe2\x82\"", "!"},
        {"[1] /* x */", "[n]!"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[80];
        struct aas_json_pull r;
        (void)events(cases[i].text, strlen(cases[i].text), 16, got, &r);
        size_t n = strlen(got);
        size_t m = strlen(cases[i].events);
        /* Where a broken number is noticed, within or after it, is free; that it is refused isn't. */
        bool both_refused = got[n - 1] == '!' && cases[i].events[m - 1] == '!';
        if (strcmp(got, cases[i].events) != 0 && !(both_refused && (m - n == 1 || n - m == 1)))
            fail_msg("%s gives %s, not %s", cases[i].text, got, cases[i].events);
        /* Every prefix of a valid object or list is refused: nothing is taken half. */
        if (got[n - 1] == '.' && strchr("{[\"", cases[i].text[0])) {
            for (size_t cut = 0; cut + 1 < strlen(cases[i].text); cut++) {
                char part[80];
                (void)events(cases[i].text, cut, 16, part, &r);
                assert_int_equal(part[strlen(part) - 1], '!');
            }
        }
    }
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    struct aas_json_pull r;
    char got[80];
    assert_string_equal(events("[[[]]]", 6, 3, got, &r), "[[[]]].");
    assert_string_equal(events("[[[[]]]]", 8, 3, got, &r), "[[[!");
    assert_string_equal(r.reason, "nested too deeply");
    char deep[200];
    memset(deep, '[', sizeof deep);
    aas_json_pull_init(&r, deep, sizeof deep, 1000); /* brought to 64, since a level is a bit */
    for (int i = 0; i < 64; i++)
        assert_int_equal(aas_json_pull_next(&r), AAS_JSON_ARRAY);
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_ERROR);
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_ERROR); /* sticky */
}

static void test_error_names_the_place(void **state)
{
    (void)state;
    struct aas_json_pull r;
    char got[80];
    (void)events("{\"a\": tru}", 10, 8, got, &r);
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_json_pull_fail(&r, &err), AAS_EPARSE);
    assert_non_null(strstr(err.msg, "byte 6"));
    assert_non_null(strstr(err.msg, "true, false and null"));
}

static void test_strings(void **state)
{
    (void)state;
    static const char text[] = "[\"plain\",\"a\\u0062c\\n\\ud83d\\ude00\",\"\\u0000\"]";
    struct aas_json_pull r;
    char dst[32];
    size_t len = 0;
    aas_json_pull_init(&r, text, sizeof text - 1, 4);
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_ARRAY);
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_STRING);
    assert_false(r.escaped);
    assert_true(aas_json_pull_is(&r, "plain"));
    assert_false(aas_json_pull_is(&r, "plai"));
    assert_int_equal(aas_json_pull_string(&r, dst, 5, &len), AAS_ETOOBIG);
    assert_int_equal(aas_json_pull_string(&r, dst, 6, &len), 0);
    assert_string_equal(dst, "plain");
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_STRING);
    assert_true(r.escaped);
    assert_true(aas_json_pull_is(&r, "abc\n\xf0\x9f\x98\x80"));
    assert_int_equal(aas_json_pull_string(&r, dst, sizeof dst, &len), 0);
    assert_int_equal(len, 8);
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_STRING);
    assert_int_equal(aas_json_pull_string(&r, dst, sizeof dst, &len), AAS_EPARSE);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        int64_t value;
    } ints[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"1.0", 0, 1},
        {"1e3", 0, 1000},
        {"1.5", AAS_EINVAL, 0},
        {"9007199254740993", 0, 9007199254740993},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", AAS_ERANGE, 0},
        {"1e30", AAS_ERANGE, 0},
    };
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
        struct aas_json_pull r;
        int64_t v = 0;
        aas_json_pull_init(&r, ints[i].text, strlen(ints[i].text), 1);
        assert_int_equal(aas_json_pull_next(&r), AAS_JSON_NUMBER);
        assert_int_equal(aas_json_pull_int(&r, &v), ints[i].rc);
        if (ints[i].rc == 0)
            assert_true(v == ints[i].value);
    }
}

static void test_arrays(void **state)
{
    (void)state;
    struct aas_json_pull r;
    double v[4];
    int64_t t[4];
    size_t n = 0;
    aas_json_pull_init(&r, "[1, null, -2.5e1]", 17, 4);
    assert_int_equal(aas_json_pull_doubles(&r, v, 4, &n), 0);
    assert_int_equal(n, 3);
    assert_true(v[0] == 1 && isnan(v[1]) && v[2] == -25);
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_DONE);
    aas_json_pull_init(&r, "[1,2,3]", 7, 4);
    assert_int_equal(aas_json_pull_doubles(&r, v, 2, &n), AAS_ETOOBIG);
    aas_json_pull_init(&r, "[1,[2]]", 7, 4);
    assert_int_equal(aas_json_pull_doubles(&r, v, 4, &n), AAS_EINVAL);
    assert_int_equal(r.at, 3);
    aas_json_pull_init(&r, "[1,", 3, 4);
    assert_int_equal(aas_json_pull_doubles(&r, v, 4, &n), AAS_EPARSE);
    aas_json_pull_init(&r, "[1700000000000,5]", 17, 4);
    assert_int_equal(aas_json_pull_ints(&r, t, 4, &n), 0);
    assert_true(n == 2 && t[0] == 1700000000000 && t[1] == 5);
    aas_json_pull_init(&r, "[1,null]", 8, 4);
    assert_int_equal(aas_json_pull_ints(&r, t, 4, &n), AAS_EINVAL);
    aas_json_pull_init(&r, "[]", 2, 4);
    assert_int_equal(aas_json_pull_ints(&r, t, 0, &n), 0);
    assert_int_equal(n, 0);
}

static void test_skip(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":{\"x\":[1,{\"y\":2}]},\"b\":3}";
    struct aas_json_pull r;
    aas_json_pull_init(&r, text, sizeof text - 1, 8);
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_OBJECT);
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_KEY);
    assert_true(aas_json_pull_skip(&r));
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_KEY);
    assert_true(aas_json_pull_is(&r, "b"));
    assert_true(aas_json_pull_skip(&r));
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_OBJECT_END);
    assert_int_equal(aas_json_pull_next(&r), AAS_JSON_DONE);
    assert_false(aas_json_pull_skip(&r));
}

static void test_writer(void **state)
{
    (void)state;
    struct aas_buf buf = AAS_BUF_INIT(1000);
    struct aas_json_writer w;
    aas_json_write_init(&w, &buf);
    aas_json_write_object(&w);
    aas_json_write_key(&w, "a\"b");
    aas_json_write_string(&w, "x\n\x01\xc3\xa9");
    aas_json_write_key(&w, "n");
    aas_json_write_doubles(&w, (const double[]){1, 0.1, NAN, -INFINITY, 1234.56789012}, 5);
    aas_json_write_key(&w, "t");
    aas_json_write_ints(&w, (const int64_t[]){INT64_MIN, 0}, 2);
    aas_json_write_key(&w, "e");
    aas_json_write_array(&w);
    aas_json_write_array_end(&w);
    aas_json_write_key(&w, "o");
    aas_json_write_object(&w);
    aas_json_write_key(&w, "z");
    aas_json_write_bool(&w, true);
    aas_json_write_key(&w, "y");
    aas_json_write_string(&w, NULL);
    aas_json_write_key(&w, "r");
    aas_json_write_raw(&w, "[1]", 3);
    aas_json_write_key(&w, "x");
    aas_json_write_double_exact(&w, 0.1 + 0.2);
    aas_json_write_object_end(&w);
    aas_json_write_object_end(&w);
    assert_int_equal(aas_json_write_finish(&w), 0);
    assert_string_equal(aas_buf_str(&buf),
                        "{\"a\\\"b\":\"x\\n\\u0001\xc3\xa9\",\"n\":[1,0.1,null,null,1234.56789],"
                        "\"t\":[-9223372036854775808,0],\"e\":[],\"o\":{\"z\":true,\"y\":null,\"r\":[1],"
                        "\"x\":0.30000000000000004}}");
    aas_buf_fini(&buf);
}

static void test_writer_stops_at_the_bound(void **state)
{
    (void)state;
    struct aas_buf buf = AAS_BUF_INIT(16);
    assert_int_equal(aas_buf_append_str(&buf, "keep"), 0);
    struct aas_json_writer w;
    aas_json_write_init(&w, &buf);
    aas_json_write_array(&w);
    for (int i = 0; i < 100; i++)
        aas_json_write_int(&w, i);
    aas_json_write_array_end(&w);
    assert_int_equal(aas_json_write_finish(&w), AAS_ETOOBIG);
    assert_int_equal(buf.len, 4);
    assert_string_equal(aas_buf_str(&buf), "keep");
    aas_buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_error_names_the_place),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_skip),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_writer_stops_at_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
