/* The real server on a free port, through sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/error.h"
#include "aas/health.h"
#include "aas/http_server.h"
#include "aas/test_http.h"
#include "aas/test_port.h"
#include "aas/test_wait.h"
#include "aas/thread.h"
#include "aas/workers.h"

#define BODY_MAX 1000

static struct aas_http_server *server;
static struct aas_workers *workers;
static struct aas_health *health;
static uint16_t port;
static int ready_code;

static int echo(struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    int rc = aas_http_req_json(req, &body, err);
    if (rc)
        return rc;
    aas_http_reply_json(req, 200, json_incref(body));
    return 0;
}

static int show(struct aas_http_req *req, struct aas_error *err)
{
    int64_t n;
    int rc = aas_http_req_query_int(req, "n", 1, 10, 5, &n, err);
    if (rc)
        return rc;
    const char *q = aas_http_req_query(req, "q");
    aas_http_reply_json(req, 200,
                        json_pack("{s:s, s:s, s:I, s:s?}", "id", aas_http_req_param(req, "id"), "path",
                                  aas_http_req_path(req), "n", (json_int_t)n, "q", q));
    return 0;
}

static int slow(struct aas_http_req *req, struct aas_error *err)
{
    (void)err;
    assert_string_not_equal(aas_thread_name(), "http");
    aas_http_reply_json(req, 200, json_pack("{s:s}", "thread", aas_thread_name()));
    return 0;
}

static int fails(struct aas_http_req *req, struct aas_error *err)
{
    (void)req;
    return aas_error_set(err, -EFAULT, "a secret of the inside");
}

static void *later(void *arg)
{
    struct aas_http_req *req = arg;
    aas_http_reply_bytes(req, 200, "text/plain", "later", 5);
    aas_http_req_finish(req, 0, NULL);
    return NULL;
}

static void later_job(void *arg, bool cancelled)
{
    (void)cancelled;
    (void)later(arg);
}

static int deferred(struct aas_http_req *req, struct aas_error *err)
{
    aas_http_req_defer(req);
    int rc = aas_workers_submit(workers, later_job, req);
    return rc ? aas_error_set(err, rc, "full") : 0;
}

static const struct aas_http_route routes[] = {
    {.method = AAS_HTTP_POST, .pattern = "/echo", .handler = echo, .max_body_bytes = BODY_MAX},
    {.method = AAS_HTTP_GET, .pattern = "/things/{id}", .handler = show, .flags = AAS_HTTP_ETAG},
    {.method = AAS_HTTP_POST, .pattern = "/slow", .handler = slow, .mode = AAS_HTTP_WORKER},
    {.method = AAS_HTTP_GET, .pattern = "/fails", .handler = fails},
    {.method = AAS_HTTP_GET, .pattern = "/deferred", .handler = deferred},
    {.method = AAS_HTTP_GET, .pattern = "/ws", .handler = fails, .flags = AAS_HTTP_UPGRADE},
};

static int guard(void *arg, struct aas_http_req *req, struct aas_error *err)
{
    (void)arg;
    if (aas_http_req_header(req, "X-Forbidden"))
        return aas_error_set(err, AAS_EFORBIDDEN, "not you");
    return 0;
}

static int is_ready(void *arg, struct aas_error *err)
{
    (void)arg;
    return ready_code ? aas_error_set(err, ready_code, "the store does not answer") : 0;
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(aas_workers_create(&workers, "work", 2, 8), 0);
    struct aas_http_server_config config = {.threads = 2,
                                            .workers = workers,
                                            .before = guard,
                                            .head_timeout_ms = 300,
                                            .body_timeout_ms = 400,
                                            .cors_origins = "http://a.example, http://b.example",
                                            .service = "test"};
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_http_server_create(&server, &config, &err), 0);
    assert_int_equal(aas_http_server_add(server, routes, sizeof routes / sizeof *routes, NULL, &err), 0);
    assert_int_equal(aas_health_create(&health, "test", "1", &err), 0);
    assert_int_equal(aas_health_add(health, "store", false, is_ready, NULL, &err), 0);
    assert_int_equal(aas_health_register(health, server, 0, &err), 0);
    assert_int_equal(aas_http_server_start(server, &err), 0);
    port = aas_http_server_port(server);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    aas_http_server_stop(server, 1000);
    aas_workers_destroy(workers);
    aas_http_server_destroy(server);
    aas_health_destroy(health);
    return 0;
}

/* Request, check the status, return the body (static). */
static const char *ask(const char *method, const char *path, const char *headers, const char *body, int status)
{
    static char text[65536];
    struct aas_test_response r;
    assert_int_equal(aas_test_http(port, method, path, headers, body, body ? strlen(body) : 0, 5000, &r), 0);
    if (r.status != status)
        print_error("%s %s: %d, %s\n", method, path, r.status, r.body);
    assert_int_equal(r.status, status);
    (void)snprintf(text, sizeof text, "%s\n\n%s", r.headers, r.body);
    aas_test_response_fini(&r);
    return text;
}

static void test_answers(void **state)
{
    (void)state;
    assert_non_null(strstr(ask("POST", "/echo", NULL, "{\"a\": [1, 2]}", 200), "{\"a\":[1,2]}"));
    const char *t = ask("GET", "/things/p%2F1?q=a%20b&n=7", NULL, NULL, 200);
    assert_non_null(strstr(t, "\"id\":\"p/1\""));
    assert_non_null(strstr(t, "\"q\":\"a b\""));
    assert_non_null(strstr(t, "\"n\":7"));
    assert_non_null(strstr(t, "X-Request-Id: "));
    assert_non_null(strstr(ask("POST", "/slow", NULL, "", 200), "work-"));
    assert_non_null(strstr(ask("GET", "/deferred", NULL, NULL, 200), "later"));
    assert_non_null(strstr(ask("GET", "/things/x", "X-Request-Id: my-id.1\r\n", NULL, 200), "X-Request-Id: my-id.1"));
}

static void test_errors(void **state)
{
    (void)state;
    const char *t = ask("GET", "/things/x?n=11", NULL, NULL, 400);
    assert_non_null(strstr(t, "application/problem+json"));
    assert_non_null(strstr(t, "\"field\":\"n\""));
    assert_non_null(strstr(t, "from 1 to 10"));
    assert_non_null(strstr(ask("GET", "/nowhere", NULL, NULL, 404), "\"code\":\"not_found\""));
    assert_non_null(strstr(ask("DELETE", "/things/x", NULL, NULL, 405), "Allow: GET, HEAD"));
    (void)ask("BREW", "/things/x", NULL, NULL, 501);
    t = ask("GET", "/fails", NULL, NULL, 500);
    assert_null(strstr(t, "secret"));
    (void)ask("GET", "/things/x", "X-Forbidden: 1\r\n", NULL, 403);
    (void)ask("POST", "/echo", "X-Forbidden: 1\r\n", "{}", 403);
    (void)ask("POST", "/echo", NULL, "{\"a\":", 400);
    (void)ask("POST", "/echo", NULL, "7", 400);
    (void)ask("POST", "/echo", "Content-Type: text/plain\r\n", "{}", 400);
    (void)ask("GET", "/things/%ff", NULL, NULL, 400);
    (void)ask("GET", "/ws", NULL, NULL, 426);
    (void)ask("GET", "/ws", "Upgrade: websocket\r\n", NULL, 500);
}

static void test_limits(void **state)
{
    static char big[20000];
    (void)state;
    memset(big, 'a', sizeof big - 1);
    big[0] = '"';
    (void)ask("POST", "/echo", NULL, big, 413);
    /* chunked, so that the length is not announced */
    char raw[3000];
    int n = snprintf(raw, sizeof raw,
                     "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                     "7d0\r\n%.2000s\r\n0\r\n\r\n",
                     big);
    char *answer = aas_test_http_raw(port, raw, (size_t)n, 3000, NULL);
    assert_non_null(answer);
    assert_non_null(strstr(answer, " 413 "));
    free(answer);
    static char header[20100];
    (void)snprintf(header, sizeof header, "X-Big: %.17000s\r\n", big + 1);
    (void)ask("GET", "/things/x", header, NULL, 431);
}

static void test_etag_and_head(void **state)
{
    static const char head_request[] = "HEAD /things/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    char tag[80], header[200];
    struct aas_test_response r;
    (void)state;
    assert_int_equal(aas_test_http_get(port, "/things/x", &r), 0);
    assert_non_null(aas_test_http_header(&r, "ETag", tag, sizeof tag));
    aas_test_response_fini(&r);
    (void)snprintf(header, sizeof header, "If-None-Match: \"other\", W/%s\r\n", tag);
    (void)ask("GET", "/things/x", header, NULL, 304);
    (void)ask("GET", "/things/y", header, NULL, 200);
    char *answer = aas_test_http_raw(port, head_request, sizeof head_request - 1, 3000, NULL);
    assert_non_null(strstr(answer, " 200 "));
    char *end = strstr(answer, "\r\n\r\n");
    assert_non_null(end);
    assert_string_equal(end, "\r\n\r\n");
    free(answer);
}

static void test_cors(void **state)
{
    (void)state;
    const char *t =
        ask("OPTIONS", "/things/x", "Origin: http://b.example\r\nAccess-Control-Request-Method: GET\r\n", NULL, 204);
    assert_non_null(strstr(t, "Access-Control-Allow-Origin: http://b.example"));
    assert_non_null(strstr(t, "Access-Control-Allow-Credentials: true"));
    assert_non_null(strstr(t, "Access-Control-Allow-Methods: GET"));
    t = ask("GET", "/things/x", "Origin: http://evil.example\r\n", NULL, 200);
    assert_null(strstr(t, "Access-Control-Allow-Origin"));
    /* the dashboard asks whether a route is there: the browser lets it see the 404 only after a preflight that passed
     */
    t = ask("OPTIONS", "/nothing", "Origin: http://b.example\r\nAccess-Control-Request-Method: GET\r\n", NULL, 204);
    assert_non_null(strstr(t, "Access-Control-Allow-Origin: http://b.example"));
    t = ask("GET", "/nothing", "Origin: http://b.example\r\n", NULL, 404);
    assert_non_null(strstr(t, "Access-Control-Allow-Origin: http://b.example"));
    (void)ask("OPTIONS", "/nothing", NULL, NULL, 404);
}

static void test_keep_alive(void **state)
{
    static const char two[] = "GET /things/1 HTTP/1.1\r\nHost: x\r\n\r\n"
                              "GET /things/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    (void)state;
    char *answer = aas_test_http_raw(port, two, sizeof two - 1, 3000, NULL);
    assert_non_null(strstr(answer, "\"id\":\"1\""));
    assert_non_null(strstr(answer, "\"id\":\"2\""));
    free(answer);
}

static void test_slow_clients_are_cut(void **state)
{
    static const char head[] = "GET /things/1 HTTP/1.1\r\nX: ";
    static const char body[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
    (void)state;
    size_t n;
    char *answer = aas_test_http_raw(port, head, sizeof head - 1, 10000, &n);
    assert_true(answer && n == 0);
    free(answer);
    answer = aas_test_http_raw(port, body, sizeof body - 1, 10000, &n);
    assert_true(!answer || !strstr(answer, " 200 "));
    free(answer);
    assert_true(AAS_TEST_WAIT(5000, aas_http_server_connections(server) == 0));
    assert_int_equal(aas_http_server_in_flight(server), 0);
}

static void test_hostile_bytes(void **state)
{
    static const char *const raw[] = {"\r\n\r\n\r\n",
                                      "GET\r\n\r\n",
                                      "\x16\x03\x01\x02\x01",
                                      "GET / HTTP/9.9\r\n\r\n",
                                      "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                                      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                                      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n"};
    (void)state;
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        free(aas_test_http_raw(port, raw[i], strlen(raw[i]), 700, NULL));
    (void)ask("GET", "/things/x", NULL, NULL, 200);
}

static void test_health(void **state)
{
    (void)state;
    assert_non_null(strstr(ask("GET", "/health/live", NULL, NULL, 200), "\"status\":\"live\""));
    assert_non_null(strstr(ask("GET", "/health/ready", NULL, NULL, 200), "\"reason\":null"));
    ready_code = AAS_EUNAVAILABLE;
    const char *t = ask("GET", "/health/ready", NULL, NULL, 503);
    assert_non_null(strstr(t, "\"status\":\"not_ready\""));
    assert_non_null(strstr(t, "the store does not answer"));
    ready_code = 0;
    t = ask("GET", "/metrics", NULL, NULL, 200);
    assert_non_null(strstr(t, "aas_http_requests_total{"));
}

static void test_port_taken(void **state)
{
    struct aas_http_server *other;
    struct aas_http_server_config config = {.port = port};
    struct aas_error err = AAS_ERROR_NONE;
    char pid[32];
    (void)state;
    assert_int_equal(aas_http_server_create(&other, &config, &err), 0);
    assert_int_equal(aas_http_server_start(other, &err), -EADDRINUSE);
    (void)snprintf(pid, sizeof pid, "pid %d", (int)getpid());
    assert_non_null(strstr(err.msg, pid));
    aas_http_server_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_etag_and_head),
        cmocka_unit_test(test_cors),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_slow_clients_are_cut),
        cmocka_unit_test(test_hostile_bytes),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_port_taken),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
