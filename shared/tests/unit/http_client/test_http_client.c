#include <aas/http_client.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <aas/clock.h>
#include <aas/error.h>
#include <aas/test_port.h>
#include <aas/test_wait.h>

#include "scripted_server.h"

struct fixture {
    struct scripted_server *server;
    struct aas_http_client *client;
    struct aas_http_result result;
    struct aas_error err;
};

static struct aas_http_client *make_client(uint16_t port, struct aas_http_client_config config)
{
    char url[64];
    struct aas_http_client *client = NULL;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
    config.base_url = url;
    config.name = "scripted";
    assert_int_equal(aas_http_client_create(&client, &config, NULL), 0);
    return client;
}

static void setup(struct fixture *f, struct aas_http_client_config config)
{
    memset(f, 0, sizeof *f);
    f->server = scripted_server_start(0);
    f->client = make_client(scripted_server_port(f->server), config);
    aas_http_result_init(&f->result);
}

static void teardown(struct fixture *f)
{
    aas_http_client_destroy(f->client);
    aas_http_result_fini(&f->result);
    scripted_server_stop(f->server);
}

static int get(struct fixture *f, const char *path, uint32_t deadline_ms)
{
    aas_error_clear(&f->err);
    return aas_http_client_do(f->client, &(struct aas_http_call){.path = path, .deadline_ms = deadline_ms}, &f->result,
                              &f->err);
}

static struct aas_http_client_stats stats(const struct fixture *f)
{
    struct aas_http_client_stats s;
    aas_http_client_stats(f->client, &s);
    return s;
}

static void bad_base_urls_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        NULL,           "",           "localhost:80",   "ftp://h",   "http://h/", "http://", "http://u:p@h:1",
        "http://h?x=1", "http://h#f", "http://h:99999", "http://h h"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct aas_http_client *client = NULL;
        struct aas_error err = AAS_ERROR_NONE;
        int rc = aas_http_client_create(&client, &(struct aas_http_client_config){.base_url = bad[i]}, &err);
        if (rc != AAS_EINVAL)
            print_error("%s\n", bad[i] ? bad[i] : "NULL");
        assert_int_equal(rc, AAS_EINVAL);
        assert_true(err.msg[0] != '\0');
        assert_null(client);
    }
}

static void answers_and_keeps_the_connection(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_http_client_config){0});
    for (int i = 0; i < 50; i++) {
        assert_int_equal(get(&f, "/ok", 2000), 0);
        assert_int_equal(f.result.status, 200);
        assert_string_equal(aas_buf_str(&f.result.body), "{}");
        assert_string_equal(f.result.content_type, "application/json");
        assert_string_equal(f.result.etag, "\"abc\"");
    }
    assert_int_equal(get(&f, "/chunked", 2000), 0);
    assert_string_equal(aas_buf_str(&f.result.body), "abcde");
    assert_string_equal(f.result.etag, ""); /* nothing is left from the call before */
    assert_int_equal(get(&f, "/404", 2000), 0);
    assert_int_equal(f.result.status, 404);
    assert_int_equal(get(&f, "/redirect", 2000), 0); /* not followed */
    assert_int_equal(f.result.status, 302);
    assert_int_equal(scripted_server_accepted(f.server), 1);
    assert_int_equal(scripted_server_requests(f.server), 53);
    assert_int_equal(stats(&f).connects, 1);
    assert_int_equal(stats(&f).calls, 53);
    assert_int_equal(stats(&f).failed, 0);
    teardown(&f);
}

static void a_connection_that_went_stale_is_replaced_unseen(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_http_client_config){0});
    for (int i = 0; i < 5; i++) {
        assert_int_equal(get(&f, "/then-close", 2000), 0);
        assert_string_equal(aas_buf_str(&f.result.body), "ok");
    }
    assert_int_equal(scripted_server_accepted(f.server), 5);
    assert_int_equal(stats(&f).failed, 0);
    teardown(&f);
}

static void sends_what_it_was_told(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_http_client_config){0});
    static const char *const headers[] = {"Idempotency-Key: k1", "X-Request-Id: r1", NULL};
    char *large = malloc(8001);
    assert_non_null(large);
    memset(large, 'a', 8000);
    large[8000] = '\0';
    const struct {
        struct aas_http_call call;
        const char *start, *has, *has_not;
    } table[] = {
        {{.path = "/echo?a=%20b"}, "GET /echo?a=%20b HTTP/1.1\r\n", "User-Agent: aastreli/", "Content-Type"},
        {{.path = "/echo/../x", .method = "GET"}, "GET /echo/../x HTTP/1.1\r\n", "Host: 127.0.0.1", "Expect"},
        {{.path = "/echo", .method = "POST", .body = "{\"a\":1}", .body_len = 7},
         "POST /echo HTTP/1.1\r\n",
         "Content-Type: application/json\r\n",
         "Expect"},
        {{.path = "/echo", .method = "POST"}, "POST /echo HTTP/1.1\r\n", "Content-Length: 0\r\n", "Content-Type"},
        {{.path = "/echo", .method = "POST", .body = large, .body_len = 8000, .content_type = "text/csv"},
         "POST /echo HTTP/1.1\r\n",
         "Content-Type: text/csv\r\n",
         "Expect"},
        {{.path = "/echo", .method = "PUT", .body = "x", .body_len = 1, .headers = headers},
         "PUT /echo HTTP/1.1\r\n",
         "Idempotency-Key: k1\r\n",
         "Expect"},
        {{.path = "/echo", .method = "DELETE", .headers = headers},
         "DELETE /echo HTTP/1.1\r\n",
         "X-Request-Id: r1",
         "\r\nContent-Length"},
        {{.path = "/echo", .method = "PATCH", .body = "{}", .body_len = 2},
         "PATCH /echo HTTP/1.1\r\n",
         "\r\n\r\n{}",
         "Expect"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(aas_http_client_do(f.client, &table[i].call, &f.result, &f.err), 0);
        const char *echo = aas_buf_str(&f.result.body);
        assert_memory_equal(echo, table[i].start, strlen(table[i].start));
        assert_non_null(strstr(echo, table[i].has));
        assert_null(strstr(echo, table[i].has_not));
        if (table[i].call.body_len)
            assert_memory_equal(strstr(echo, "\r\n\r\n") + 4, table[i].call.body, table[i].call.body_len);
    }
    assert_int_equal(scripted_server_accepted(f.server), 1);
    free(large);
    teardown(&f);
}

static void what_would_smuggle_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_http_client_config){.breaker_failures = 1});
    static const char *const bad_header[] = {"X-Y: a\r\nEvil: 1", NULL};
    const struct aas_http_call calls[] = {
        {.path = "/ok", .headers = bad_header},
        {.path = "/ok", .content_type = "a/b\nEvil: 1"},
        {.path = "ok"},
        {.path = "/ok HTTP/1.1\r\nEvil: 1"},
        {.path = "/o k"},
        {.path = "/ok#x"},
        {.path = NULL},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        assert_int_equal(aas_http_client_do(f.client, &calls[i], &f.result, &f.err), AAS_EINVAL);
        assert_true(f.err.msg[0] != '\0');
    }
    assert_int_equal(scripted_server_requests(f.server), 0);
    assert_int_equal(aas_http_client_breaker(f.client), AAS_HTTP_BREAKER_CLOSED); /* not the upstream's fault */
    teardown(&f);
}

static void broken_answers_are_upstream_errors(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_http_client_config){.breaker_failures = 1000});
    static const char *const paths[] = {"/garbage", "/short", "/bad-chunk", "/nothing"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        int rc = get(&f, paths[i], 2000);
        if (rc != AAS_EUPSTREAM)
            print_error("%s: %d %s\n", paths[i], rc, f.err.msg);
        assert_int_equal(rc, AAS_EUPSTREAM);
        assert_non_null(strstr(f.err.msg, "scripted"));
    }
    assert_int_equal(stats(&f).failed, 4);
    assert_int_equal(get(&f, "/ok", 2000), 0);
    teardown(&f);
}

static void the_answer_is_capped(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_http_client_config){.max_response_bytes = 4096, .breaker_failures = 1});
    assert_int_equal(get(&f, "/large", 2000), AAS_ETOOBIG);  /* announced */
    assert_int_equal(get(&f, "/stream", 2000), AAS_ETOOBIG); /* not announced */
    assert_true(f.result.body.len <= 4096);
    assert_int_equal(aas_http_client_breaker(f.client), AAS_HTTP_BREAKER_CLOSED); /* it lives */
    teardown(&f);
}

static void the_deadline_holds_against_silence_and_dripping(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_http_client_config){0});
    static const char *const paths[] = {"/silent", "/drip"};
    for (size_t i = 0; i < 2; i++) {
        int64_t began = aas_test_real_ns();
        assert_int_equal(get(&f, paths[i], 100), AAS_ETIMEDOUT);
        int64_t took_ms = (aas_test_real_ns() - began) / 1000000;
        assert_true(took_ms >= 95 && took_ms < 5000);
    }
    teardown(&f);
}

static void nobody_there_is_unavailable(void **state)
{
    (void)state;
    uint16_t port;
    assert_int_equal(aas_test_port(&port), 0);
    struct fixture f = {.client = make_client(port, (struct aas_http_client_config){0})};
    assert_int_equal(get(&f, "/ok", 2000), AAS_EUNAVAILABLE);
    assert_non_null(strstr(f.err.msg, "scripted is not reachable"));
    aas_http_client_destroy(f.client);
    aas_http_result_fini(&f.result);
}

/* A host that is down does not refuse, it is silent: here a listener whose queue is full. */
static void a_silent_host_is_unavailable(void **state)
{
    (void)state;
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fillers[8];
    assert_int_equal(bind(listener, (const struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
    for (size_t i = 0; i < 8; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (const struct sockaddr *)&addr, sizeof addr);
    }
    struct fixture f = {
        .client = make_client(ntohs(addr.sin_port), (struct aas_http_client_config){.connect_timeout_ms = 100})};
    assert_int_equal(get(&f, "/ok", 5000), AAS_EUNAVAILABLE); /* after 100 ms, not 5 s */
    assert_non_null(strstr(f.err.msg, "scripted is not reachable"));
    aas_http_client_destroy(f.client);
    aas_http_result_fini(&f.result);
    for (size_t i = 0; i < 8; i++)
        (void)close(fillers[i]);
    (void)close(listener);
}

static void the_breaker_opens_and_closes_again(void **state)
{
    (void)state;
    uint16_t port;
    assert_int_equal(aas_test_port(&port), 0);
    struct fixture f = {
        .client = make_client(port, (struct aas_http_client_config){.breaker_failures = 3, .breaker_open_ms = 40})};
    for (int i = 0; i < 3; i++)
        assert_int_equal(get(&f, "/ok", 1000), AAS_EUNAVAILABLE);
    assert_int_equal(get(&f, "/ok", 1000), AAS_EUNAVAILABLE);
    assert_non_null(strstr(f.err.msg, "failed 3 times in a row"));
    assert_int_equal(stats(&f).refused, 1);
    assert_int_equal(stats(&f).failed, 3);
    f.server = scripted_server_start(port);
    assert_true(AAS_TEST_WAIT(5000, get(&f, "/ok", 1000) == 0));
    assert_int_equal(aas_http_client_breaker(f.client), AAS_HTTP_BREAKER_CLOSED);
    teardown(&f);
}

static void which_statuses_open_the_breaker(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        unsigned status, retry_after_s;
        enum aas_http_breaker want;
    } table[] = {
        {"/404", 404, 0, AAS_HTTP_BREAKER_CLOSED},       {"/501", 501, 0, AAS_HTTP_BREAKER_CLOSED},
        {"/503-later", 503, 7, AAS_HTTP_BREAKER_CLOSED}, {"/503", 503, 0, AAS_HTTP_BREAKER_OPEN},
        {"/500", 500, 0, AAS_HTTP_BREAKER_OPEN},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct fixture f;
        setup(&f, (struct aas_http_client_config){.breaker_failures = 2, .breaker_open_ms = 60000});
        for (int n = 0; n < 2; n++) {
            assert_int_equal(get(&f, table[i].path, 2000), 0); /* any status is an answer */
            assert_int_equal(f.result.status, table[i].status);
            assert_int_equal(f.result.retry_after_s, table[i].retry_after_s);
        }
        assert_int_equal(aas_http_client_breaker(f.client), table[i].want);
        teardown(&f);
    }
}

struct caller {
    struct fixture *f;
    pthread_t thread;
    unsigned ok;
};

static void *call_many(void *arg)
{
    struct caller *c = arg;
    struct aas_http_result result;
    aas_http_result_init(&result);
    for (int i = 0; i < 100; i++) {
        const struct aas_http_call call = {.path = "/ok", .deadline_ms = 10000};
        c->ok += aas_http_client_do(c->f->client, &call, &result, NULL) == 0 && result.status == 200;
    }
    aas_http_result_fini(&result);
    return NULL;
}

static void many_threads_share_few_connections(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_http_client_config){.max_handles = 3});
    struct caller callers[8];
    for (size_t i = 0; i < 8; i++) {
        callers[i] = (struct caller){.f = &f};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_many, &callers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        assert_int_equal(callers[i].ok, 100);
    }
    assert_in_range(scripted_server_accepted(f.server), 1, 3);
    assert_int_equal(stats(&f).calls, 800);
    teardown(&f);
}

static void *call_silent(void *arg)
{
    struct caller *c = arg;
    struct aas_http_result result = {0}; /* zeroed is as good as init'ed */
    const struct aas_http_call call = {.path = "/silent", .deadline_ms = 300};
    c->ok = aas_http_client_do(c->f->client, &call, &result, NULL) == AAS_ETIMEDOUT;
    aas_http_result_fini(&result);
    return NULL;
}

static void waiting_for_a_handle_counts_against_the_deadline(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, (struct aas_http_client_config){.max_handles = 1});
    struct caller caller = {.f = &f};
    assert_int_equal(pthread_create(&caller.thread, NULL, call_silent, &caller), 0);
    assert_true(AAS_TEST_WAIT(5000, scripted_server_requests(f.server) == 1));
    assert_int_equal(get(&f, "/ok", 50), AAS_EUNAVAILABLE);
    assert_non_null(strstr(f.err.msg, "in use"));
    assert_int_equal(pthread_join(caller.thread, NULL), 0);
    assert_int_equal(caller.ok, 1);
    assert_int_equal(get(&f, "/ok", 5000), 0);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_base_urls_are_refused),
        cmocka_unit_test(answers_and_keeps_the_connection),
        cmocka_unit_test(a_connection_that_went_stale_is_replaced_unseen),
        cmocka_unit_test(sends_what_it_was_told),
        cmocka_unit_test(what_would_smuggle_is_refused),
        cmocka_unit_test(broken_answers_are_upstream_errors),
        cmocka_unit_test(the_answer_is_capped),
        cmocka_unit_test(the_deadline_holds_against_silence_and_dripping),
        cmocka_unit_test(nobody_there_is_unavailable),
        cmocka_unit_test(a_silent_host_is_unavailable),
        cmocka_unit_test(the_breaker_opens_and_closes_again),
        cmocka_unit_test(which_statuses_open_the_breaker),
        cmocka_unit_test(many_threads_share_few_connections),
        cmocka_unit_test(waiting_for_a_handle_counts_against_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
