#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aas/error.h"
#include "aas/http_route.h"
#include "http_query.h"
#include "http_router.h"

static void test_percent(void **state)
{
    static const struct {
        const char *in;
        bool plus;
        const char *out; /* NULL: refused */
    } cases[] = {
        {"plain", false, "plain"}, {"a%20b", false, "a b"}, {"a+b", true, "a b"},      {"a+b", false, "a+b"},
        {"%2F%2f", false, "//"},   {"%C3%A4", true, "ä"},   {"%", true, NULL},         {"%4", true, NULL},
        {"%zz", true, NULL},       {"%00", true, NULL},     {"%C3", true, NULL},       {"%ED%A0%80", true, NULL},
        {"%C0%AF", true, NULL},    {"", true, ""},          {"%F4%90%80%80", 0, NULL}, {"%41%", false, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dst[64];
        int n = http_percent_decode(cases[i].in, strlen(cases[i].in), cases[i].plus, dst);
        if (!cases[i].out) {
            assert_int_equal(n, -1);
        } else {
            assert_int_equal(n, (int)strlen(cases[i].out));
            assert_string_equal(dst, cases[i].out);
        }
    }
}

static void test_query(void **state)
{
    (void)state;
    const char *text = "&&a=1&b&c=&=x&d=1=2", *at = text;
    static const char *const names[] = {"a", "b", "c", "", "d"}, *const values[] = {"1", "", "", "x", "1=2"};
    struct http_pair p;
    for (size_t i = 0; i < 5; i++) {
        assert_true(http_query_next(&at, text + strlen(text), &p));
        assert_int_equal(p.name_len, strlen(names[i]));
        assert_memory_equal(p.name, names[i], p.name_len);
        assert_int_equal(p.value_len, strlen(values[i]));
        assert_memory_equal(p.value, values[i], p.value_len);
    }
    assert_false(http_query_next(&at, text + strlen(text), &p));
}

static void test_cookie(void **state)
{
    const char *v;
    size_t n;
    (void)state;
    assert_true(http_cookie_find("a=1; refresh=abc ; b=2", "refresh", &v, &n));
    assert_int_equal(n, 3);
    assert_memory_equal(v, "abc", 3);
    assert_true(http_cookie_find("x=\"q\"", "x", &v, &n));
    assert_int_equal(n, 1);
    assert_false(http_cookie_find("xrefresh=1; refres=2", "refresh", &v, &n));
    assert_true(http_list_has("keep-alive, Upgrade", "upgrade"));
    assert_false(http_list_has("keep-alive, Upgraded", "upgrade"));
}

static int nothing(struct aas_http_req *req, struct aas_error *err)
{
    (void)req;
    (void)err;
    return 0;
}

static const struct aas_http_route routes[] = {
    {.method = AAS_HTTP_GET, .pattern = "/", .handler = nothing},
    {.method = AAS_HTTP_GET, .pattern = "/sensors", .handler = nothing},
    {.method = AAS_HTTP_GET, .pattern = "/sensors/{id}", .handler = nothing},
    {.method = AAS_HTTP_PATCH, .pattern = "/sensors/{id}", .handler = nothing},
    {.method = AAS_HTTP_GET, .pattern = "/sensors/new", .handler = nothing},
    {.method = AAS_HTTP_GET, .pattern = "/sensors/{id}/readings", .handler = nothing},
    {.method = AAS_HTTP_GET, .pattern = "/files/{path...}", .handler = nothing},
};

static void test_router(void **state)
{
    static const struct {
        enum aas_http_method method;
        const char *path;
        int row; /* -1: none */
        uint32_t allowed;
        const char *param;
    } cases[] = {
        {AAS_HTTP_GET, "/", 0, 3, NULL},
        {AAS_HTTP_GET, "/sensors", 1, 3, NULL},
        {AAS_HTTP_HEAD, "/sensors", 1, 3, NULL},
        {AAS_HTTP_GET, "/sensors/p1", 2, 3 | 1u << AAS_HTTP_PATCH, "p1"},
        {AAS_HTTP_PATCH, "/sensors/p1", 3, 3 | 1u << AAS_HTTP_PATCH, "p1"},
        {AAS_HTTP_GET, "/sensors/new", 4, 3, NULL},
        {AAS_HTTP_GET, "/sensors/new/readings", 5, 3, "new"},
        {AAS_HTTP_DELETE, "/sensors/p1", -1, 3 | 1u << AAS_HTTP_PATCH, NULL},
        {AAS_HTTP_GET, "/sensors/", -1, 0, NULL},
        {AAS_HTTP_GET, "/sensors//readings", -1, 0, NULL},
        {AAS_HTTP_GET, "/nothing", -1, 0, NULL},
        {AAS_HTTP_GET, "sensors", -1, 0, NULL},
        {AAS_HTTP_GET, "/files/a/b/c.js", 6, 3, "a/b/c.js"},
    };
    struct http_node *root = http_router_create();
    (void)state;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        assert_int_equal(http_router_add(root, &routes[i], NULL, i, NULL), 0);
    assert_int_equal(http_router_add(root, &routes[1], NULL, 9, NULL), AAS_EINVAL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_match m;
        http_router_match(root, cases[i].method, cases[i].path, strlen(cases[i].path), &m);
        assert_int_equal(m.entry ? (int)m.entry->index : -1, cases[i].row);
        assert_int_equal(m.allowed, cases[i].allowed);
        if (cases[i].param) {
            assert_int_equal(m.n_params, 1);
            assert_int_equal(m.params[0].value_len, strlen(cases[i].param));
            assert_memory_equal(m.params[0].value, cases[i].param, m.params[0].value_len);
        }
    }
    http_router_destroy(root);
}

static void test_malformed_patterns(void **state)
{
    static const char *const bad[] = {"", "x", "//", "/a//b", "/{}", "/{a...}/b", "/a{b", "/{a}/{b}/{c}/{d}/{e}"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct aas_http_route r = {.method = AAS_HTTP_GET, .pattern = bad[i], .handler = nothing};
        struct http_node *root = http_router_create();
        assert_int_equal(http_router_add(root, &r, NULL, 0, NULL), AAS_EINVAL);
        http_router_destroy(root);
    }
}

static void test_codes(void **state)
{
    (void)state;
    assert_int_equal(aas_http_status_of(AAS_EINVAL), 400);
    assert_int_equal(aas_http_status_of(AAS_EFULL), 503);
    assert_int_equal(aas_http_status_of(AAS_EMISMATCH), 422);
    assert_int_equal(aas_http_status_of(-12345), 500);
    assert_string_equal(aas_http_code_word(AAS_ENOENT), "not_found");
    json_t *p = aas_http_problem_json(AAS_EINVAL, NULL, "items[2]", "id");
    assert_string_equal(json_string_value(json_object_get(p, "field")), "items[2]");
    assert_int_equal(json_integer_value(json_object_get(p, "status")), 400);
    json_decref(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percent), cmocka_unit_test(test_query), cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_router),  cmocka_unit_test(test_codes), cmocka_unit_test(test_malformed_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
