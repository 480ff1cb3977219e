#include "proxy.h"

#include <stdio.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/http_client.h"
#include "app.h"
#include "principal.h"

#define HEADER_BYTES 256

static const char *const methods[AAS_HTTP__COUNT] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

struct writer {
    struct aas_buf *out;
    bool any;
};

static void escape(struct aas_buf *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                     (*c && strchr("-._~:*", *c));
        if (plain) {
            (void)aas_buf_append_char(out, (char)*c);
        } else {
            const char code[3] = {'%', hex[*c >> 4], hex[*c & 15]};
            (void)aas_buf_append(out, code, sizeof code);
        }
    }
}

static bool append_parameter(void *arg, const char *name, const char *value)
{
    struct writer *w = arg;
    (void)aas_buf_append_char(w->out, w->any ? '&' : '?');
    w->any = true;
    escape(w->out, name);
    (void)aas_buf_append_char(w->out, '=');
    escape(w->out, value);
    return true;
}

static void add_header(struct aas_http_req *req, const char **headers, size_t *count, const char *name,
                       const char *value)
{
    size_t size = strlen(name) + 2 + strlen(value) + 1;
    char *line = size <= HEADER_BYTES && !strpbrk(value, "\r\n") ? aas_http_req_alloc(req, size) : NULL;
    if (!line)
        return;
    (void)snprintf(line, size, "%s: %s", name, value);
    headers[(*count)++] = line;
}

static void set_reply(struct aas_http_req *req, const struct aas_http_result *result)
{
    char *type = aas_http_req_strdup(req, result->content_type[0] ? result->content_type : "application/json");
    if (result->retry_after_s) {
        char text[16];
        (void)snprintf(text, sizeof text, "%u", result->retry_after_s);
        aas_http_reply_header(req, "Retry-After", text);
    }
    if (result->body.len == 0)
        aas_http_reply_empty(req, result->status);
    else
        aas_http_reply_bytes(req, result->status, type ? type : "application/json", result->body.data,
                             result->body.len);
}

static int proxy(struct aas_http_req *req, const char *upstream_path, const char *accept, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    AAS_AUTO_BUF struct aas_buf path = AAS_BUF_INIT(8192);
    struct writer w = {.out = &path};
    const char *headers[5] = {NULL};
    size_t count = 0;
    const char *key = aas_http_req_header(req, "Idempotency-Key");
    const struct api_principal *caller = api_caller(req);
    struct aas_http_call call = {.method = methods[aas_http_req_method(req)], .headers = headers};
    (void)aas_buf_append_str(&path, upstream_path);
    aas_http_req_query_each(req, append_parameter, &w);
    if (aas_buf_status(&path) != 0)
        return aas_error_set(err, AAS_EINVAL, "the path and the query are too long");
    add_header(req, headers, &count, "X-Request-Id", aas_http_req_id(req));
    if (caller)
        add_header(req, headers, &count, "X-Aastreli-User", caller->name);
    if (key)
        add_header(req, headers, &count, "Idempotency-Key", key);
    if (accept)
        add_header(req, headers, &count, "Accept", accept);
    call.path = aas_buf_str(&path);
    call.content_type = aas_http_req_header(req, "Content-Type");
    if (call.content_type && (strlen(call.content_type) > HEADER_BYTES || strpbrk(call.content_type, "\r\n")))
        return aas_error_set(err, AAS_EINVAL, "this Content-Type makes no sense");
    call.body = aas_http_req_body(req, &call.body_len);
    call.deadline_ms = aas_http_req_time_left_ms(req);
    if (call.deadline_ms == 0)
        return aas_error_set(err, AAS_EUNAVAILABLE, "the request waited too long for its turn; try again");
    struct aas_http_result result;
    aas_http_result_init(&result);
    int rc = aas_http_client_do(app->ml, &call, &result, err);
    if (rc == 0)
        set_reply(req, &result);
    aas_http_result_fini(&result);
    return rc;
}

int api_proxy_ml(struct aas_http_req *req, struct aas_error *err)
{
    return proxy(req, aas_http_req_path(req), aas_http_req_header(req, "Accept"), err);
}

int api_proxy_ml_metrics(struct aas_http_req *req, struct aas_error *err)
{
    return proxy(req, "/metrics", "application/json", err);
}
