/* From the set reply to libmicrohttpd's response: entity tags, cross-origin headers, queueing. */
#include "http_internal.h"

#include <stdio.h>
#include <string.h>

#include "aas/crc32c.h"
#include "http_query.h"

#define EXPOSED "ETag, Retry-After, X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"

static const char *const method_names[AAS_HTTP__COUNT] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

/* The Origin of the request where the list allows it, "*" where it allows any, else NULL. */
static const char *allowed_origin(const struct aas_http_req *req)
{
    const char *list = req->server->cors, *origin = aas_http_req_header(req, "Origin");
    if (!list || !origin)
        return NULL;
    if (strcmp(list, "*") == 0)
        return list;
    return http_list_has(list, origin) ? origin : NULL;
}

static void add(struct MHD_Response *r, const char *name, const char *value)
{
    (void)MHD_add_response_header(r, name, value);
}

void http_send_cors(struct aas_http_req *req, struct MHD_Response *response)
{
    if (!req->server->cors)
        return;
    const char *origin = allowed_origin(req);
    if (strcmp(req->server->cors, "*") != 0)
        add(response, "Vary", "Origin");
    if (!origin)
        return;
    add(response, "Access-Control-Allow-Origin", origin);
    add(response, "Access-Control-Expose-Headers", EXPOSED);
    if (*origin != '*')
        add(response, "Access-Control-Allow-Credentials", "true");
}

static void allow_text(uint32_t allowed, char out[64])
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t m = 0; m < AAS_HTTP__COUNT; m++)
        if (allowed & (1u << m))
            n += (size_t)snprintf(out + n, 64 - n, "%s%s", n ? ", " : "", method_names[m]);
}

void http_reply_options(struct aas_http_req *req)
{
    char allow[64];
    allow_text(req->match.allowed | 1u << AAS_HTTP_OPTIONS, allow);
    aas_http_reply_header(req, "Allow", allow);
    if (aas_http_req_header(req, "Access-Control-Request-Method") && allowed_origin(req)) {
        aas_http_reply_header(req, "Access-Control-Allow-Methods", allow);
        aas_http_reply_header(req, "Access-Control-Allow-Headers",
                              "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id");
        aas_http_reply_header(req, "Access-Control-Max-Age", "600");
    }
    aas_http_reply_empty(req, 204);
}

/* If-None-Match: "*", or a list in which the tag stands, weak or strong (RFC 9110, 13.1.2). */
static bool none_match_hits(const char *header, const char *etag)
{
    if (strcmp(header, "*") == 0)
        return true;
    size_t len = strlen(etag);
    for (const char *p = header; (p = strstr(p, etag)); p++) {
        char after = p[len];
        if (after == '\0' || after == ',' || after == ' ' || after == '\t')
            return true;
    }
    return false;
}

static void apply_etag(struct aas_http_req *req)
{
    const struct http_entry *e = req->match.entry;
    if (req->status != 200 || (req->method != AAS_HTTP_GET && req->method != AAS_HTTP_HEAD))
        return;
    if (!req->etag && e && (e->route->flags & AAS_HTTP_ETAG) && req->len > 0) {
        char tag[64];
        (void)snprintf(tag, sizeof tag, "%08x%08x-%zx", aas_crc32c(0, req->data, req->len),
                       aas_crc32c(0x9E3779B9, req->data, req->len), req->len);
        aas_http_reply_etag(req, tag);
    }
    const char *none_match = req->etag ? aas_http_req_header(req, "If-None-Match") : NULL;
    if (none_match && none_match_hits(none_match, req->etag)) {
        req->status = 304;
        req->kind = HTTP_REPLY_EMPTY;
        req->len = 0;
    }
}

enum MHD_Result http_send(struct aas_http_req *req)
{
    struct aas_http_server *s = req->server;
    if (req->kind == HTTP_REPLY_NONE)
        aas_http_reply_empty(req, 204);
    apply_etag(req);
    if (s->config.after)
        s->config.after(s->config.hook_arg, req, req->status);
    /* the bytes live in the connection's buffer, or longer, until the request is completed */
    union {
        const void *from;
        void *to;
    } data = {.from = req->len ? req->data : ""};
    struct MHD_Response *r = MHD_create_response_from_buffer(req->len, data.to, MHD_RESPMEM_PERSISTENT);
    if (!r)
        return MHD_NO;
    if (req->type && req->kind != HTTP_REPLY_EMPTY)
        add(r, "Content-Type", req->type);
    if (req->etag && (req->status == 200 || req->status == 304))
        add(r, "ETag", req->etag);
    add(r, "X-Request-Id", req->id);
    for (size_t i = 0; i < req->n_headers; i++)
        add(r, req->headers[i].name, req->headers[i].value);
    http_send_cors(req, r);
    if (atomic_load_explicit(&s->stopping, memory_order_relaxed))
        add(r, "Connection", "close");
    if (req->status == 405) {
        char allow[64];
        allow_text(req->match.allowed, allow);
        add(r, "Allow", allow);
    }
    http_conn_phase(req->conn, HTTP_PHASE_SEND);
    req->state = HTTP_SENT;
    enum MHD_Result rc = MHD_queue_response(req->mhd, req->status, r);
    MHD_destroy_response(r);
    return rc;
}
