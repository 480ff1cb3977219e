/* From libmicrohttpd's callbacks to a handler and back: head, body, the handler on this thread or on a worker, reply.
 */
#include "http_internal.h"

#include <stdio.h>
#include <string.h>

#include "aas/log.h"
#include "aas/num.h"
#include "aas/thread.h"
#include "http_query.h"

#define AAS_LOG_MOD "http"

#define DRAIN_MAX_BYTES ((uint64_t)16 * 1024 * 1024) /* of a refused body, so that the client reads why */

void *http_request_begin(void *arg, const char *uri, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_conn *conn = info ? info->socket_context : NULL;
    if (!conn)
        return NULL;
    http_conn_phase(conn, HTTP_PHASE_HEAD);
    struct aas_http_req *req = http_arena_alloc(conn, sizeof *req);
    if (!req)
        return NULL;
    memset(req, 0, sizeof *req);
    req->conn = conn;
    req->server = arg;
    req->mhd = c;
    req->start = aas_clock_mono();
    conn->req = req;
    char *copy = aas_http_req_strdup(req, uri);
    req->uri = copy;
    if (copy) {
        req->path_len = strcspn(copy, "?");
        req->query = copy + req->path_len + (copy[req->path_len] == '?');
        req->query_end = copy + strlen(copy);
        req->path = http_arena_alloc(conn, req->path_len + 1);
    }
    if (!copy || !req->path)
        return NULL;
    memcpy(req->path, copy, req->path_len);
    req->path[req->path_len] = '\0';
    return req;
}

void http_request_completed(void *arg, struct MHD_Connection *c, void **req_cls, enum MHD_RequestTerminationCode why)
{
    struct aas_http_server *s = arg;
    struct aas_http_req *req = *req_cls;
    (void)c;
    (void)why;
    *req_cls = NULL;
    if (!req)
        return;
    struct http_conn *conn = req->conn;
    if (req->counted) {
        double seconds = (double)aas_mono_diff_ns(aas_clock_mono(), req->start) / 1e9;
        unsigned status = req->taken ? 101 : req->status;
        http_metrics_count(s, req->match.entry, status, seconds);
        if (!req->match.entry || !(req->match.entry->route->flags & AAS_HTTP_NO_LOG))
            AAS_LOG_DEBUG("http.request", "request answered", AAS_F_STR("req_id", req->id),
                          AAS_F_STR("method", req->method_text), AAS_F_STR("path", req->path),
                          AAS_F_UINT("status", status), AAS_F_NUM("ms", seconds * 1000), AAS_F_STR("peer", conn->peer));
    }
    if (req->json)
        json_decref(req->json);
    aas_http_req_set_user(req, NULL, NULL);
    bool counted = req->counted;
    http_conn_reset(conn);
    http_conn_phase(conn, HTTP_PHASE_IDLE);
    if (counted && atomic_fetch_sub(&s->in_flight, 1) == 1 && atomic_load(&s->stopping)) {
        (void)pthread_mutex_lock(&s->sweep_lock);
        (void)pthread_cond_broadcast(&s->sweep_wake);
        (void)pthread_mutex_unlock(&s->sweep_lock);
    }
}

static bool method_by_name(const char *text, enum aas_http_method *ret)
{
    static const char *const names[AAS_HTTP__COUNT] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < AAS_HTTP__COUNT; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret = (enum aas_http_method)i;
            return true;
        }
    return false;
}

static enum MHD_Result add_size(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
    (void)kind;
    *(size_t *)arg += strlen(key) + (value ? strlen(value) : 0) + 4;
    return MHD_YES;
}

static int decode_params(struct aas_http_req *req, struct aas_error *err)
{
    for (size_t i = 0; i < req->match.n_params; i++) {
        const struct http_param *p = &req->match.params[i];
        char *dst = http_arena_alloc(req->conn, p->value_len + 1);
        if (!dst)
            return AAS_ENOMEM;
        if (http_percent_decode(p->value, p->value_len, false, dst) < 0)
            return aas_error_set(err, AAS_EINVAL,
                                 "the path holds a malformed percent-escape or bytes that are no UTF-8");
        req->param_values[i] = dst;
    }
    return 0;
}

/* Everything that can be said before the body: 0 goes on, AAS_HTTP_DONE has a reply, negative is an error. */
static int accept_head(struct aas_http_req *req, struct aas_error *err)
{
    struct aas_http_server *s = req->server;
    size_t head = strlen(req->uri);
    (void)MHD_get_connection_values(req->mhd, MHD_HEADER_KIND, add_size, &head);
    if (atomic_load_explicit(&s->stopping, memory_order_relaxed))
        return aas_error_set(err, AAS_EUNAVAILABLE, "the service is stopping");
    if (head > s->config.max_head_bytes) {
        aas_http_reply_problem(req, 431, "head_too_large", "request line and headers are too large");
        return AAS_HTTP_DONE;
    }
    if (!method_by_name(req->method_text, &req->method)) {
        aas_http_reply_problem(req, 501, "not_implemented", "this method is not known here");
        return AAS_HTTP_DONE;
    }
    http_router_match(s->router, req->method, req->path, req->path_len, &req->match);
    const struct http_entry *e = req->match.entry;
    /* a preflight about a path that is not there passes: else a script could not see the 404 that tells it so */
    bool preflight = req->method == AAS_HTTP_OPTIONS && aas_http_req_header(req, "Access-Control-Request-Method");
    if (!e && req->match.allowed == 0 && !preflight)
        return aas_error_set(err, AAS_ENOENT, "there is nothing at %.120s", req->path);
    if (!e && req->method == AAS_HTTP_OPTIONS) {
        http_reply_options(req);
        return AAS_HTTP_DONE;
    }
    if (!e) {
        aas_http_reply_problem(req, 405, "method_not_allowed", "this path does not answer this method; see Allow");
        return AAS_HTTP_DONE;
    }
    uint32_t ms = e->route->deadline_ms ? e->route->deadline_ms : s->config.handler_timeout_ms;
    req->deadline = aas_mono_add_ms(req->start, ms);
    req->max_body = e->route->max_body_bytes ? e->route->max_body_bytes : s->config.max_body_bytes;
    int rc = decode_params(req, err);
    if (rc == 0 && s->config.before)
        rc = s->config.before(s->config.hook_arg, req, err);
    return rc;
}

static int refuse_size(struct aas_http_req *req, struct aas_error *err)
{
    return aas_error_set(err, AAS_ETOOBIG, "the body is too large; at most %zu bytes are accepted here", req->max_body);
}

/* The body's announced length: 0 none, UINT64_MAX unknown (chunked). */
static uint64_t announced(const struct aas_http_req *req)
{
    const char *te = aas_http_req_header(req, "Transfer-Encoding");
    const char *cl = aas_http_req_header(req, "Content-Length");
    uint64_t n = 0;
    if (te)
        return UINT64_MAX;
    return cl && aas_num_parse_u64(cl, strlen(cl), &n) == 0 ? n : 0;
}

void http_request_conclude(struct aas_http_req *req, int code, const struct aas_error *err)
{
    if (code >= 0)
        return;
    if (aas_http_status_of(code) == 500)
        AAS_LOG_ERROR("http.internal", "a request failed inside", AAS_F_STR("req_id", req->id),
                      AAS_F_STR("path", req->path), AAS_F_ERR(code),
                      AAS_F_STR("detail", err && err->code ? err->msg : NULL));
    req->etag = NULL;
    aas_http_reply_error(req, code, err);
}

static enum MHD_Result on_head(struct aas_http_req *req, const char *method)
{
    struct aas_error err = AAS_ERROR_NONE;
    req->method_text = method;
    req->counted = true;
    atomic_fetch_add(&req->server->in_flight, 1);
    http_request_make_id(req);
    int rc = accept_head(req, &err);
    uint64_t body = announced(req);
    if (rc == 0 && body != UINT64_MAX && body > req->max_body)
        rc = refuse_size(req, &err);
    if (rc == 0) {
        req->state = HTTP_BODY;
        if (body)
            http_conn_phase(req->conn, HTTP_PHASE_BODY);
        return MHD_YES;
    }
    http_request_conclude(req, rc, &err);
    /* a client that waits for 100, or has nothing to send, gets the answer now; others when they have finished */
    if (body == 0 || aas_http_req_header(req, "Expect") || (body != UINT64_MAX && body > DRAIN_MAX_BYTES))
        return http_send(req);
    req->state = HTTP_DRAIN;
    http_conn_phase(req->conn, HTTP_PHASE_BODY);
    return MHD_YES;
}

static enum MHD_Result on_body(struct aas_http_req *req, const char *data, size_t *size)
{
    size_t n = *size;
    *size = 0;
    struct aas_buf *b = &req->conn->body;
    if (req->state == HTTP_DRAIN) {
        req->drained += n;
        return req->drained > DRAIN_MAX_BYTES ? MHD_NO : MHD_YES;
    }
    struct aas_error err = AAS_ERROR_NONE;
    int rc = n > req->max_body - b->len ? refuse_size(req, &err) : aas_buf_append(b, data, n);
    if (rc) {
        http_request_conclude(req, rc, &err);
        req->state = HTTP_DRAIN;
    }
    return MHD_YES;
}

void aas_http_req_finish(struct aas_http_req *req, int code, const struct aas_error *err)
{
    struct aas_http_server *s = req->server;
    struct MHD_Connection *c = req->mhd;
    http_request_conclude(req, code, err);
    req->state = HTTP_ANSWERED;
    MHD_resume_connection(c);
    /* the request may be gone now; the server may stop once this is 0 */
    if (atomic_fetch_sub(&s->suspended, 1) == 1 && atomic_load(&s->stopping)) {
        (void)pthread_mutex_lock(&s->sweep_lock);
        (void)pthread_cond_broadcast(&s->sweep_wake);
        (void)pthread_mutex_unlock(&s->sweep_lock);
    }
}

static void suspend(struct aas_http_req *req)
{
    atomic_fetch_add(&req->server->suspended, 1);
    req->suspended = true;
    MHD_suspend_connection(req->mhd);
}

void aas_http_req_defer(struct aas_http_req *req)
{
    req->deferred = true;
    suspend(req);
}

static void job(void *arg, bool cancelled)
{
    struct aas_http_req *req = arg;
    struct aas_error err = AAS_ERROR_NONE;
    int rc;
    if (cancelled)
        rc = aas_error_set(&err, AAS_EUNAVAILABLE, "the service is stopping");
    else if (aas_mono_passed(req->deadline))
        rc = aas_error_set(&err, AAS_EUNAVAILABLE, "the request waited too long for its turn; try again later");
    else
        rc = req->match.entry->route->handler(req, &err);
    aas_http_req_finish(req, rc, &err);
}

static bool wants_websocket(const struct aas_http_req *req)
{
    const char *upgrade = aas_http_req_header(req, "Upgrade");
    return upgrade && http_list_has(upgrade, "websocket");
}

static enum MHD_Result run(struct aas_http_req *req)
{
    const struct aas_http_route *route = req->match.entry->route;
    struct aas_error err = AAS_ERROR_NONE;
    int rc;
    req->state = HTTP_RUNNING;
    http_conn_phase(req->conn, HTTP_PHASE_HANDLE);
    if (route->mode == AAS_HTTP_WORKER) {
        suspend(req);
        rc = aas_workers_submit(req->server->config.workers, job, req);
        if (rc)
            aas_http_req_finish(
                req, aas_error_set(&err, AAS_EUNAVAILABLE, "the service is overloaded; try again later"), &err);
        return MHD_YES;
    }
    if ((route->flags & AAS_HTTP_UPGRADE) && !wants_websocket(req)) {
        aas_http_reply_header(req, "Upgrade", "websocket");
        rc = aas_error_set(&err, -EPROTO, "this path speaks WebSocket only; ask for an upgrade");
    } else {
        aas_thread_busy();
        rc = route->handler(req, &err);
        aas_thread_idle();
    }
    if (req->deferred) {
        if (rc < 0)
            aas_http_req_finish(req, rc, &err);
        return MHD_YES;
    }
    if (rc >= 0 && req->taken)
        return MHD_NO; /* drops libmicrohttpd's own descriptor */
    http_request_conclude(req, rc, &err);
    return http_send(req);
}

enum MHD_Result http_access(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                            const char *version, const char *upload, size_t *upload_size, void **req_cls)
{
    struct aas_http_req *req = *req_cls;
    (void)arg;
    (void)c;
    (void)url;
    (void)version;
    aas_thread_adopt("http");
    if (!req)
        return MHD_NO;
    switch (req->state) {
    case HTTP_NEW:
        return on_head(req, method);
    case HTTP_BODY:
        return *upload_size ? on_body(req, upload, upload_size) : run(req);
    case HTTP_DRAIN:
        return *upload_size ? on_body(req, upload, upload_size) : http_send(req);
    case HTTP_ANSWERED:
        return http_send(req);
    case HTTP_RUNNING:
    case HTTP_SENT:
        break;
    }
    return MHD_YES;
}
