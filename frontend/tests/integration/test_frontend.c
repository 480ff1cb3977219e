/* The real daemon over a directory of the test's. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <aas/cleanup.h>
#include <aas/test_dir.h>
#include <aas/test_http.h>
#include <aas/test_port.h>
#include <aas/test_proc.h>
#include <aas/test_wait.h>

#define WAIT_MS 15000
#define PAGE    "<!doctype html><title>Aastreli</title>"

struct fixture {
    char dir[AAS_TEST_PATH_BYTES];
    uint16_t port;
    struct aas_test_proc *proc;
};

static void put(const struct fixture *f, const char *name, const char *text)
{
    char path[AAS_TEST_PATH_BYTES];
    assert_int_equal(aas_test_file_write(aas_test_path(path, f->dir, name), text, strlen(text)), 0);
}

static void spawn(struct fixture *f, const char *extra)
{
    char bin[512], home[600], root[600], port[64];
    (void)snprintf(home, sizeof home, "AAS_HOME=%s/home", f->dir);
    (void)snprintf(root, sizeof root, "AAS_WEB_ROOT=%s/dist", f->dir);
    (void)snprintf(port, sizeof port, "AAS_WEB_PORT=%u", f->port);
    const char *const argv[] = {aas_test_bin(bin, "frontend"), NULL};
    const char *const env[] = {home, root, port, extra, NULL};
    assert_int_equal(aas_test_proc_spawn(&f->proc, argv, env, NULL), 0);
}

static int setup(void **state)
{
    static struct fixture f;
    char path[AAS_TEST_PATH_BYTES];
    memset(&f, 0, sizeof f);
    *state = &f;
    if (aas_test_dir_make(f.dir) != 0 || aas_test_port(&f.port) != 0)
        return -1;
    (void)mkdir(aas_test_path(path, f.dir, "dist"), 0755);
    (void)mkdir(aas_test_path(path, f.dir, "dist/assets"), 0755);
    put(&f, "dist/index.html", PAGE);
    put(&f, "dist/favicon.svg", "<svg/>");
    put(&f, "dist/assets/app-12345678.js", "let x = 1");
    put(&f, "dist/assets/app-12345678.js.br", "brotli");
    put(&f, "secret.txt", "beside the root");
    return 0;
}

static int setup_running(void **state)
{
    if (setup(state) != 0)
        return -1;
    struct fixture *f = *state;
    spawn(f, NULL);
    return aas_test_proc_wait_http(f->proc, f->port, "/health/ready", WAIT_MS) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aas_test_proc_destroy(f->proc);
    aas_test_dir_remove(f->dir);
    return 0;
}

static int request(const struct fixture *f, const char *method, const char *path, const char *headers,
                   struct aas_test_response *r)
{
    int rc = aas_test_http(f->port, method, path, headers, NULL, 0, WAIT_MS, r);
    if (rc)
        print_error("%s %s: %d\n", method, path, rc);
    assert_int_equal(rc, 0);
    return r->status;
}

static void expect_header(const struct aas_test_response *r, const char *name, const char *want)
{
    char value[1024];
    const char *got = aas_test_http_header(r, name, value, sizeof value);
    if (!want) {
        assert_null(got);
        return;
    }
    assert_non_null(got);
    assert_string_equal(got, want);
}

static void files_with_their_headers(void **state)
{
    const struct fixture *f = *state;
    struct aas_test_response r;
    assert_int_equal(request(f, "GET", "/", NULL, &r), 200);
    assert_string_equal(r.body, PAGE);
    expect_header(&r, "Content-Type", "text/html; charset=utf-8");
    expect_header(&r, "Cache-Control", "no-cache");
    expect_header(&r, "X-Content-Type-Options", "nosniff");
    expect_header(&r, "X-Frame-Options", "DENY");
    expect_header(&r, "Referrer-Policy", "no-referrer");
    char policy[1024], want[160];
    assert_non_null(aas_test_http_header(&r, "Content-Security-Policy", policy, sizeof policy));
    (void)snprintf(want, sizeof want, "connect-src 'self' http://127.0.0.1:8000 ws://127.0.0.1:8000;");
    assert_non_null(strstr(policy, want));
    aas_test_response_fini(&r);

    assert_int_equal(request(f, "GET", "/assets/app-12345678.js", NULL, &r), 200);
    assert_string_equal(r.body, "let x = 1");
    expect_header(&r, "Content-Type", "text/javascript; charset=utf-8");
    expect_header(&r, "Cache-Control", "public, max-age=31536000, immutable");
    expect_header(&r, "Vary", "Accept-Encoding");
    expect_header(&r, "Content-Encoding", NULL);
    aas_test_response_fini(&r);

    assert_int_equal(request(f, "GET", "/favicon.svg?v=1", NULL, &r), 200);
    expect_header(&r, "Content-Type", "image/svg+xml");
    expect_header(&r, "Cache-Control", "no-cache");
    aas_test_response_fini(&r);

    assert_int_equal(request(f, "GET", "/config.json", NULL, &r), 200);
    assert_non_null(strstr(r.body, "{\"api_url\":\"http://127.0.0.1:8000\",\"version\":\""));
    expect_header(&r, "Cache-Control", "no-store");
    expect_header(&r, "Content-Type", "application/json");
    aas_test_response_fini(&r);
}

static void encodings_have_tags_of_their_own(void **state)
{
    const struct fixture *f = *state;
    struct aas_test_response r;
    char plain[128], brotli[128], condition[256];
    assert_int_equal(request(f, "GET", "/assets/app-12345678.js", "Accept-Encoding: gzip\r\n", &r), 200);
    assert_non_null(aas_test_http_header(&r, "ETag", plain, sizeof plain));
    assert_true(plain[0] == '"'); /* strong */
    expect_header(&r, "Content-Encoding", NULL);
    aas_test_response_fini(&r);
    assert_int_equal(request(f, "GET", "/assets/app-12345678.js", "Accept-Encoding: gzip, br\r\n", &r), 200);
    assert_non_null(aas_test_http_header(&r, "ETag", brotli, sizeof brotli));
    assert_string_equal(r.body, "brotli");
    expect_header(&r, "Content-Encoding", "br");
    expect_header(&r, "Content-Type", "text/javascript; charset=utf-8");
    aas_test_response_fini(&r);
    assert_string_not_equal(plain, brotli);

    (void)snprintf(condition, sizeof condition, "Accept-Encoding: br\r\nIf-None-Match: \"x\", %s\r\n", brotli);
    assert_int_equal(request(f, "GET", "/assets/app-12345678.js", condition, &r), 304);
    assert_int_equal(r.body_len, 0);
    expect_header(&r, "ETag", brotli);
    expect_header(&r, "Cache-Control", "public, max-age=31536000, immutable");
    aas_test_response_fini(&r);
    (void)snprintf(condition, sizeof condition, "Accept-Encoding: br\r\nIf-None-Match: %s\r\n", plain);
    assert_int_equal(request(f, "GET", "/assets/app-12345678.js", condition, &r), 200);
    aas_test_response_fini(&r);
}

static void head_and_ranges_and_other_methods(void **state)
{
    const struct fixture *f = *state;
    struct aas_test_response r;
    char length[32];
    assert_int_equal(request(f, "HEAD", "/", NULL, &r), 200);
    assert_int_equal(r.body_len, 0);
    assert_non_null(aas_test_http_header(&r, "Content-Length", length, sizeof length));
    assert_int_equal(strtoul(length, NULL, 10), sizeof PAGE - 1);
    aas_test_response_fini(&r);
    assert_int_equal(request(f, "GET", "/", "Range: bytes=0-3\r\n", &r), 200); /* not offered, so all of it */
    assert_string_equal(r.body, PAGE);
    expect_header(&r, "Accept-Ranges", "none");
    aas_test_response_fini(&r);
    assert_int_equal(request(f, "POST", "/", NULL, &r), 405);
    aas_test_response_fini(&r);
    assert_int_equal(request(f, "DELETE", "/index.html", NULL, &r), 405);
    aas_test_response_fini(&r);
}

static void pages_of_the_dashboard_and_missing_files(void **state)
{
    const struct fixture *f = *state;
    static const struct {
        const char *path, *headers;
        int want;
    } table[] = {
        {"/predictions/01ABC", "Accept: text/html,application/xhtml+xml\r\n", 200},
        {"/app/sensors/pump.1", "Accept: text/html\r\n", 200},
        {"/settings", "Sec-Fetch-Mode: navigate\r\nAccept: */*\r\n", 200},
        {"/settings/", "Accept: text/html\r\n", 200},
        {"/settings", "Accept: application/json\r\n", 404},
        {"/app/sensors/pump.1", "Accept: text/html\r\n", 200},
        {"/settings", "Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n", 404},
        {"/settings", NULL, 404},
        {"/assets/gone-12345678.js", "Accept: text/html\r\n", 404},
        {"/gone.js", "Accept: text/html\r\n", 404},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct aas_test_response r;
        int status = request(f, "GET", table[i].path, table[i].headers, &r);
        if (status != table[i].want)
            print_error("case %zu: %d\n", i, status);
        assert_int_equal(status, table[i].want);
        if (status == 200) {
            assert_string_equal(r.body, PAGE);
            expect_header(&r, "Cache-Control", "no-cache");
        } else {
            expect_header(&r, "Content-Type", "application/problem+json");
            expect_header(&r, "X-Content-Type-Options", "nosniff");
        }
        aas_test_response_fini(&r);
    }
}

static void nothing_outside_the_root(void **state)
{
    const struct fixture *f = *state;
    static const char *const paths[] = {
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%5c..%5csecret.txt",
        "//secret.txt",
        "/./index.html",
        "/%00index.html",
        "/index.html%00.js",
        "/etc/passwd",
        "/%2fetc%2fpasswd",
        "/assets",
        "/assets/",
        "/%ff%fe.js",
        "/....//secret.txt",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct aas_test_response r;
        int status = request(f, "GET", paths[i], NULL, &r);
        if (status != 404 && status != 400)
            print_error("%s: %d\n", paths[i], status);
        assert_true(status == 404 || status == 400);
        assert_null(strstr(r.body, "beside the root"));
        aas_test_response_fini(&r);
    }
}

static bool page_is(const struct fixture *f, const char *text)
{
    struct aas_test_response r;
    bool is = request(f, "GET", "/", NULL, &r) == 200 && strcmp(r.body, text) == 0;
    aas_test_response_fini(&r);
    return is;
}

static void hangup_reads_again_and_keeps_what_it_has(void **state)
{
    struct fixture *f = *state;
    char from[AAS_TEST_PATH_BYTES], to[AAS_TEST_PATH_BYTES];
    put(f, "dist/index.html", "the next version");
    assert_true(page_is(f, PAGE)); /* from memory */
    assert_int_equal(aas_test_proc_kill(f->proc, SIGHUP), 0);
    assert_true(AAS_TEST_WAIT(WAIT_MS, page_is(f, "the next version")));
    assert_int_equal(rename(aas_test_path(from, f->dir, "dist"), aas_test_path(to, f->dir, "gone")), 0);
    assert_int_equal(aas_test_proc_kill(f->proc, SIGHUP), 0);
    assert_true(aas_test_proc_wait_stderr(f->proc, "assets.reload", WAIT_MS));
    assert_true(page_is(f, "the next version"));
}

static void probes_metrics_and_a_clean_end(void **state)
{
    struct fixture *f = *state;
    struct aas_test_response r;
    assert_int_equal(request(f, "GET", "/health/live", NULL, &r), 200);
    aas_test_response_fini(&r);
    assert_int_equal(request(f, "GET", "/metrics", NULL, &r), 200);
    assert_non_null(strstr(r.body, "\naas_web_files 3\n"));
    aas_test_response_fini(&r);
    assert_int_equal(aas_test_proc_kill(f->proc, SIGTERM), 0);
    assert_int_equal(aas_test_proc_wait(f->proc, WAIT_MS), 0);
}

static void a_missing_dashboard_is_a_clear_error(void **state)
{
    struct fixture *f = *state;
    char from[AAS_TEST_PATH_BYTES], to[AAS_TEST_PATH_BYTES];
    assert_int_equal(rename(aas_test_path(from, f->dir, "dist"), aas_test_path(to, f->dir, "gone")), 0);
    spawn(f, NULL);
    assert_int_equal(aas_test_proc_wait(f->proc, WAIT_MS), 1);
    AAS_AUTO_FREE char *text = aas_test_proc_stderr(f->proc);
    assert_non_null(strstr(text, "npm run build"));
}

static void a_bad_address_is_a_bad_configuration(void **state)
{
    struct fixture *f = *state;
    spawn(f, "AAS_PUBLIC_API_URL=127.0.0.1:8000");
    assert_int_equal(aas_test_proc_wait(f->proc, WAIT_MS), 2);
    AAS_AUTO_FREE char *text = aas_test_proc_stderr(f->proc);
    assert_non_null(strstr(text, "AAS_PUBLIC_API_URL"));
}

static void same_origin_is_an_empty_address(void **state)
{
    struct fixture *f = *state;
    struct aas_test_response r;
    spawn(f, "AAS_PUBLIC_API_URL=same-origin");
    assert_true(aas_test_proc_wait_http(f->proc, f->port, "/health/ready", WAIT_MS));
    assert_int_equal(request(f, "GET", "/config.json", NULL, &r), 200);
    assert_non_null(strstr(r.body, "{\"api_url\":\"\","));
    aas_test_response_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_with_their_headers, setup_running, teardown),
        cmocka_unit_test_setup_teardown(encodings_have_tags_of_their_own, setup_running, teardown),
        cmocka_unit_test_setup_teardown(head_and_ranges_and_other_methods, setup_running, teardown),
        cmocka_unit_test_setup_teardown(pages_of_the_dashboard_and_missing_files, setup_running, teardown),
        cmocka_unit_test_setup_teardown(nothing_outside_the_root, setup_running, teardown),
        cmocka_unit_test_setup_teardown(hangup_reads_again_and_keeps_what_it_has, setup_running, teardown),
        cmocka_unit_test_setup_teardown(probes_metrics_and_a_clean_end, setup_running, teardown),
        cmocka_unit_test_setup_teardown(a_missing_dashboard_is_a_clear_error, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_address_is_a_bad_configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(same_origin_is_an_empty_address, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
