#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "assets.h"
#include "encoding.h"
#include "mime.h"
#include "policy.h"

#define ALL (1u << WEB_IDENTITY | 1u << WEB_GZIP | 1u << WEB_BROTLI)
#define GZ  (1u << WEB_IDENTITY | 1u << WEB_GZIP)

static void encodings(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        unsigned available;
        enum web_encoding want;
    } table[] = {
        {NULL, ALL, WEB_IDENTITY},
        {"", ALL, WEB_IDENTITY},
        {"gzip, deflate, br, zstd", ALL, WEB_BROTLI},
        {"gzip, deflate, br, zstd", GZ, WEB_GZIP},
        {"gzip, deflate, br, zstd", 1u << WEB_IDENTITY, WEB_IDENTITY},
        {"gzip", ALL, WEB_GZIP},
        {"GZIP", ALL, WEB_GZIP},
        {"x-gzip", ALL, WEB_GZIP},
        {"br;q=0.5, gzip;q=0.8", ALL, WEB_GZIP},
        {"br;q=0.5,gzip;q=0.8;x=1", GZ, WEB_GZIP},
        {"br ; q=0, gzip", ALL, WEB_GZIP},
        {"br;q=0", ALL, WEB_IDENTITY},
        {"*", ALL, WEB_BROTLI},
        {"*;q=0", ALL, WEB_IDENTITY},
        {"gzip;q=0, *", ALL, WEB_BROTLI},
        {"identity", ALL, WEB_IDENTITY},
        {"identity;q=0.5, gzip;q=0.4", ALL, WEB_IDENTITY},
        {"identity;q=0, gzip", ALL, WEB_GZIP},
        {"identity;q=0", 1u << WEB_IDENTITY, WEB_IDENTITY},
        {"br;q=2", ALL, WEB_IDENTITY},
        {"br;q=abc, gzip", ALL, WEB_GZIP},
        {"brotli, gzipped", ALL, WEB_IDENTITY},
        {",,;q=1,;", ALL, WEB_IDENTITY},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        enum web_encoding got = web_encoding_choose(table[i].accept, table[i].available);
        if (got != table[i].want)
            print_error("\"%s\": %s\n", table[i].accept ? table[i].accept : "NULL", web_encoding_name(got));
        assert_int_equal(got, table[i].want);
    }
}

static void content_types(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"/index.html", "text/html; charset=utf-8"},
        {"/a/b.js", "text/javascript; charset=utf-8"},
        {"/B.CSS", "text/css; charset=utf-8"},
        {"/favicon.svg", "image/svg+xml"},
        {"/x.woff2", "font/woff2"},
        {"/a.b/file", "application/octet-stream"},
        {"/file.", "application/octet-stream"},
        {"/x.exe", "application/octet-stream"},
        {"/m.webmanifest", "application/manifest+json"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_string_equal(web_mime_of(table[i][0]), table[i][1]);
}

static void hashed_names(void **state)
{
    (void)state;
    static const char *const yes[] = {"/assets/index-BPpYWGud.js", "/assets/a-b-12345678.css", "/assets/x-ab_d-fgh.js",
                                      "/assets/fonts/r-ABCDEFGH.woff2"};
    static const char *const no[] = {"/index-BPpYWGud.js",        "/assets/index.js",       "/assets/-BPpYWGud.js",
                                     "/assets/index-short.js",    "/assets/index-BPpYWGud", "/assets/jquery-3.min.js",
                                     "/assets/index-BPpYWGud1.js"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(web_path_is_hashed(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(web_path_is_hashed(no[i]));
}

static void api_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"same-origin",           "http://h",          "https://api.example.org",
                                       "http://127.0.0.1:8000", "http://[::1]:8000", "http://[fe80::1]"};
    static const char *const bad[] = {"",           "h:80",       "ftp://h",        "http://",        "http://h/",
                                      "http://h/x", "http://h:0", "http://h:70000", "http://h:",      "http://u@h",
                                      "http://h;x", "http://h\n", "http://[::1",    "http://h 'self'"};
    struct web_api api;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(web_api_parse(&api, good[i], NULL), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct aas_error err = AAS_ERROR_NONE;
        assert_int_equal(web_api_parse(&api, bad[i], &err), AAS_EINVAL);
        assert_true(err.msg[0] != '\0');
    }
}

static void policies(void **state)
{
    (void)state;
    static const struct {
        const char *api, *host, *want;
    } table[] = {
        {"http://127.0.0.1:8000", "127.0.0.1:3000", "connect-src 'self' http://127.0.0.1:8000 ws://127.0.0.1:8000;"},
        {"http://127.0.0.1:8000", "localhost:3000", "connect-src 'self' http://localhost:8000 ws://localhost:8000;"},
        {"http://127.0.0.1:8000", "plant.lan", "connect-src 'self' http://plant.lan:8000 ws://plant.lan:8000;"},
        {"http://127.0.0.1:8000", "[::1]:3000", "connect-src 'self' http://[::1]:8000 ws://[::1]:8000;"},
        {"http://127.0.0.1:8000", NULL, "connect-src 'self' http://127.0.0.1:8000 ws://127.0.0.1:8000;"},
        {"http://127.0.0.1:8000", "evil; script-src *",
         "connect-src 'self' http://127.0.0.1:8000 ws://127.0.0.1:8000;"},
        {"http://127.0.0.1:8000", "a:80 b", "connect-src 'self' http://127.0.0.1:8000 ws://127.0.0.1:8000;"},
        {"https://api.example.org", "plant.lan", "connect-src 'self' https://api.example.org wss://api.example.org;"},
        {"same-origin", "plant.lan:3000", "connect-src 'self' ws://plant.lan:3000 wss://plant.lan:3000;"},
        {"same-origin", "x'y", "connect-src 'self';"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct web_api api;
        char policy[WEB_POLICY_BYTES];
        assert_int_equal(web_api_parse(&api, table[i].api, NULL), 0);
        if (!strstr(web_policy_write(&api, table[i].host, policy), table[i].want))
            print_error("case %zu: %s\n", i, policy);
        assert_non_null(strstr(policy, table[i].want));
        assert_non_null(strstr(policy, "script-src 'self'; "));
        assert_non_null(strstr(policy, "; frame-ancestors 'none'")); /* not cut */
    }
    struct web_api api;
    char policy[WEB_POLICY_BYTES], longest[300];
    memset(longest, 'h', 255);
    longest[255] = '\0';
    assert_int_equal(web_api_parse(&api, "http://127.0.0.1:8000", NULL), 0);
    assert_non_null(strstr(web_policy_write(&api, longest, policy), "; frame-ancestors 'none'"));
    assert_int_equal(web_api_parse(&api, "same-origin", NULL), 0);
    assert_non_null(strstr(web_policy_write(&api, longest, policy), "; frame-ancestors 'none'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings),     cmocka_unit_test(content_types), cmocka_unit_test(hashed_names),
        cmocka_unit_test(api_addresses), cmocka_unit_test(policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
