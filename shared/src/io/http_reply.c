/* What a handler says into the reply: nothing is sent before it returned. */
#include "http_internal.h"

#include <string.h>

#include "aas/json.h"

static void set(struct aas_http_req *req, enum http_body_kind kind, unsigned status, const char *type, const void *data,
                size_t len)
{
    req->kind = kind;
    req->status = status;
    req->type = type;
    req->data = data;
    req->len = len;
}

void aas_http_reply_json(struct aas_http_req *req, unsigned status, json_t *json)
{
    struct aas_buf *out = aas_http_req_buf(req);
    int rc = json ? aas_json_dump(json, out) : AAS_ENOMEM;
    json_decref(json);
    if (rc)
        aas_http_reply_error(req, AAS_ENOMEM, NULL);
    else
        aas_http_reply_buf(req, status, "application/json");
}

void aas_http_reply_bytes(struct aas_http_req *req, unsigned status, const char *type, const void *data, size_t len)
{
    struct aas_buf *out = aas_http_req_buf(req);
    (void)aas_buf_append(out, data, len);
    aas_http_reply_buf(req, status, type);
}

void aas_http_reply_static(struct aas_http_req *req, unsigned status, const char *type, const void *data, size_t len)
{
    set(req, HTTP_REPLY_STATIC, status, type, data, len);
}

struct aas_buf *aas_http_req_buf(struct aas_http_req *req)
{
    aas_buf_clear(&req->conn->reply);
    return &req->conn->reply;
}

void aas_http_reply_buf(struct aas_http_req *req, unsigned status, const char *type)
{
    struct aas_buf *b = &req->conn->reply;
    if (aas_buf_status(b) != 0) {
        static const char text[] = "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,"
                                   "\"code\":\"internal\",\"detail\":\"out of memory\",\"request_id\":\"\"}";
        set(req, HTTP_REPLY_STATIC, 500, "application/problem+json", text, sizeof text - 1);
        return;
    }
    set(req, HTTP_REPLY_BUF, status, type, b->data, b->len);
}

void aas_http_reply_empty(struct aas_http_req *req, unsigned status)
{
    set(req, HTTP_REPLY_EMPTY, status, NULL, NULL, 0);
}

bool aas_http_reply_get(const struct aas_http_req *req, unsigned *ret_status, const char **ret_type,
                        const void **ret_data, size_t *ret_len)
{
    if (req->kind == HTTP_REPLY_NONE)
        return false;
    *ret_status = req->status;
    *ret_type = req->type;
    *ret_data = req->data;
    *ret_len = req->len;
    return true;
}

void aas_http_reply_header(struct aas_http_req *req, const char *name, const char *value)
{
    if (req->n_headers >= HTTP_MAX_HEADERS || strpbrk(name, "\r\n: ") || strpbrk(value, "\r\n"))
        return;
    char *n = aas_http_req_strdup(req, name), *v = aas_http_req_strdup(req, value);
    if (n && v)
        req->headers[req->n_headers++] = (struct http_header){n, v};
}

void aas_http_reply_etag(struct aas_http_req *req, const char *tag)
{
    size_t len = strlen(tag);
    char *quoted = aas_http_req_alloc(req, len + 3);
    if (!quoted)
        return;
    quoted[0] = '"';
    memcpy(quoted + 1, tag, len);
    memcpy(quoted + 1 + len, "\"", 2);
    req->etag = quoted;
}
