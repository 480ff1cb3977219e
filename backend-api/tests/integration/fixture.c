#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/http_server.h"
#include "aas/json.h"
#include "aas/json_schema.h"
#include "aas/signals.h"
#include "aas/store.h"
#include "aas/test_port.h"
#include "aas/test_proc.h"
#include "aas/ws_server.h"

/* ---- what stands in for the other services ---- */

static void on_stream_open(void *ctx, struct aas_ws_conn *conn)
{
    static const char hello[] = "{\"type\":\"hello\",\"seq\":0,\"epoch\":\"E\",\"server_time\":1}";
    static const char snapshot[] =
        "{\"type\":\"snapshot\",\"seq\":1,\"sensors\":[{\"sensor_id\":\"pump-1\",\"state\":\"normal\","
        "\"last_seen\":1700000000000}],\"predictions\":[],\"alarms\":[]}";
    struct fixture *f = ctx;
    aas_ws_conn_send_text(conn, hello, sizeof hello - 1);
    aas_ws_conn_send_text(conn, snapshot, sizeof snapshot - 1);
    atomic_fetch_add(&f->streams, 1);
}

static void on_stream_close(void *ctx, struct aas_ws_conn *conn)
{
    struct fixture *f = ctx;
    (void)conn;
    atomic_fetch_sub(&f->streams, 1);
}

static void on_stream_message(void *ctx, struct aas_ws_conn *conn, const char *data, size_t len, bool binary)
{
    struct fixture *f = ctx;
    (void)conn;
    if (!binary && len == strlen("{\"op\":\"snapshot\"}") && memcmp(data, "{\"op\":\"snapshot\"}", len) == 0)
        atomic_fetch_add(&f->snapshot_asked, 1);
}

static int stream(struct aas_http_req *req, struct aas_error *err)
{
    struct fixture *f = aas_http_req_ctx(req);
    return aas_ws_server_accept(f->hub, req, NULL, err);
}

static bool add_query(void *arg, const char *name, const char *value)
{
    (void)json_object_set_new(arg, name, json_string(value));
    return true;
}

static int echo(struct aas_http_req *req, struct aas_error *err)
{
    size_t len = 0;
    const char *body = aas_http_req_body(req, &len);
    json_t *query = json_object();
    (void)err;
    aas_http_req_query_each(req, add_query, query);
    const char *user = aas_http_req_header(req, "X-Aastreli-User");
    const char *key = aas_http_req_header(req, "Idempotency-Key");
    aas_http_reply_json(req, aas_http_req_method(req) == AAS_HTTP_POST ? 202 : 200,
                        json_pack("{s:s, s:o, s:s, s:s, s:s}", "path", aas_http_req_path(req), "query", query, "body",
                                  body, "user", user ? user : "", "key", key ? key : ""));
    return 0;
}

static int nothing(struct aas_http_req *req, struct aas_error *err)
{
    (void)req;
    return aas_error_set(err, AAS_ENOENT, "no such version");
}

static const struct aas_http_route upstream_rows[] = {
    {.method = AAS_HTTP_GET, .pattern = "/stream", .flags = AAS_HTTP_UPGRADE, .handler = stream},
    {.method = AAS_HTTP_GET, .pattern = "/models", .handler = echo},
    {.method = AAS_HTTP_GET, .pattern = "/health/ready", .handler = echo},
    {.method = AAS_HTTP_GET, .pattern = "/metrics", .handler = echo},
    {.method = AAS_HTTP_GET, .pattern = "/models/{v}", .handler = nothing},
    {.method = AAS_HTTP_POST, .pattern = "/retrain", .handler = echo},
};

void fixture_start_upstream(struct fixture *f)
{
    struct aas_error err = AAS_ERROR_NONE;
    const struct aas_http_server_config http = {.port = f->upstream_port, .threads = 1};
    const struct aas_ws_server_config ws = {
        .callbacks = {.on_open = on_stream_open, .on_close = on_stream_close, .on_message = on_stream_message},
        .ctx = f};
    assert_int_equal(aas_ws_server_create(&f->hub, &ws, &err), 0);
    assert_int_equal(aas_ws_server_start(f->hub, &err), 0);
    assert_int_equal(aas_http_server_create(&f->upstream, &http, &err), 0);
    assert_int_equal(
        aas_http_server_add(f->upstream, upstream_rows, sizeof upstream_rows / sizeof upstream_rows[0], f, &err), 0);
    int rc = aas_http_server_start(f->upstream, &err);
    if (rc)
        print_error("%s\n", err.msg);
    assert_int_equal(rc, 0);
}

void fixture_stop_upstream(struct fixture *f)
{
    if (!f->upstream)
        return;
    aas_http_server_stop(f->upstream, 1000);
    aas_ws_server_stop(f->hub, 500);
    aas_http_server_destroy(f->upstream);
    aas_ws_server_destroy(f->hub);
    f->upstream = NULL;
    f->hub = NULL;
}

void fixture_stream(struct fixture *f, const char *text)
{
    struct aas_ws_frame *frame = aas_ws_frame_create(text, strlen(text), NULL);
    assert_non_null(frame);
    aas_ws_server_broadcast(f->hub, frame);
    aas_ws_frame_unref(frame);
}

/* ---- the daemon ---- */

static void start_daemon(struct fixture *f)
{
    char bin[512];
    char home[AAS_TEST_PATH_BYTES + 16];
    char ports[4][64];
    struct aas_error err = AAS_ERROR_NONE;
    (void)snprintf(home, sizeof home, "AAS_HOME=%s", f->dir);
    (void)snprintf(ports[0], sizeof ports[0], "AAS_BACKEND_PORT=%u", f->port);
    (void)snprintf(ports[1], sizeof ports[1], "AAS_ML_PORT=%u", f->upstream_port);
    (void)snprintf(ports[2], sizeof ports[2], "AAS_INGEST_PORT=%u", f->upstream_port);
    (void)snprintf(ports[3], sizeof ports[3], "AAS_LOGIN_BURST=5");
    const char *argv[] = {aas_test_bin(bin, "backend-api"), NULL};
    const char *env[] = {home, ports[0], ports[1], ports[2], ports[3], "AAS_DOCS_ROOT=/nowhere", NULL};
    assert_int_equal(aas_test_proc_spawn(&f->daemon, argv, env, &err), 0);
    assert_true(aas_test_proc_wait_http(f->daemon, f->port, "/health/ready", 15000));
}

static void read_password(struct fixture *f)
{
    char path[AAS_TEST_PATH_BYTES];
    char *text = aas_test_file_read(aas_test_path(path, f->dir, "secrets/admin-password"), NULL);
    assert_non_null(text);
    (void)snprintf(f->admin, sizeof f->admin, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char url[AAS_TEST_PATH_BYTES + 32];
    struct aas_error err = AAS_ERROR_NONE;
    *state = f;
    assert_int_equal(aas_signals_block(), 0);
    assert_int_equal(aas_test_dir_make(f->dir), 0);
    assert_int_equal(aas_test_port(&f->port), 0);
    assert_int_equal(aas_test_port(&f->upstream_port), 0);
    fixture_start_upstream(f);
    start_daemon(f);
    (void)snprintf(url, sizeof url, "sqlite:%s/aastreli.db", f->dir);
    assert_int_equal(aas_store_open(&f->store, url, &err), 0);
    read_password(f);
    fixture_login(f, "admin", f->admin, f->token, NULL);
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    int rc = f->daemon ? aas_test_proc_stop(f->daemon, 8000) : -1;
    char *log = f->daemon ? aas_test_proc_stderr(f->daemon) : NULL;
    if (rc != 0)
        print_error("backend-api ended with %d:\n%s\n", rc, log ? log : "");
    free(log);
    aas_test_proc_destroy(f->daemon);
    fixture_stop_upstream(f);
    aas_store_close(f->store);
    aas_test_dir_remove(f->dir);
    free(f);
    return rc;
}

void fixture_restart(struct fixture *f)
{
    assert_int_equal(aas_test_proc_stop(f->daemon, 8000), 0);
    aas_test_proc_destroy(f->daemon);
    f->daemon = NULL;
    start_daemon(f);
}

/* ---- calls ---- */

json_t *fixture_call(struct fixture *f, const char *method, const char *path, const char *headers, const char *body,
                     int status, const char *schema)
{
    char all[8192];
    struct aas_test_response r;
    struct aas_error err = AAS_ERROR_NONE;
    json_t *json = NULL;
    (void)snprintf(all, sizeof all, "%s%s", headers ? headers : f->token,
                   body ? "Content-Type: application/json\r\n" : "");
    assert_int_equal(aas_test_http(f->port, method, path, all, body, body ? strlen(body) : 0, 15000, &r), 0);
    if (r.status != status)
        print_error("%s %s: %d %s\n", method, path, r.status, r.body);
    assert_int_equal(r.status, status);
    if (r.body_len > 0)
        assert_int_equal(aas_json_parse(r.body, r.body_len, 8u << 20, 0, &json, &err), 0);
    if (status >= 400 && !schema)
        schema = "problem";
    if (schema) {
        const struct aas_schema *compiled = NULL;
        assert_int_equal(aas_schema_get(schema, &compiled, &err), 0);
        if (aas_schema_check(compiled, json, NULL, 0, &err) != 0)
            fail_msg("%s %s: %s in %s", method, path, err.msg, r.body);
    }
    aas_test_response_fini(&r);
    return json;
}

void fixture_login(struct fixture *f, const char *user, const char *password, char out[static 4096], char *cookie)
{
    char body[512];
    char header[512];
    struct aas_test_response r;
    struct aas_error err = AAS_ERROR_NONE;
    AAS_AUTO_JSON json_t *json = NULL;
    (void)snprintf(body, sizeof body, "{\"username\":\"%s\",\"password\":\"%s\"}", user, password);
    assert_int_equal(aas_test_http_post(f->port, "/auth/login", body, &r), 0);
    assert_int_equal(r.status, 200);
    assert_int_equal(aas_json_parse(r.body, r.body_len, 0, 0, &json, &err), 0);
    (void)snprintf(out, 4096, "Authorization: Bearer %s\r\n", json_string_value(json_object_get(json, "access_token")));
    assert_non_null(aas_test_http_header(&r, "Set-Cookie", header, sizeof header));
    assert_non_null(strstr(header, "; HttpOnly; SameSite=Strict; Path=/auth;"));
    if (cookie)
        (void)snprintf(cookie, 256, "Cookie: %.*s\r\n", (int)strcspn(header, ";"), header);
    aas_test_response_fini(&r);
}
