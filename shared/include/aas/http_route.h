/* One HTTP request as a handler sees it, and the rows of a route table.
 *
 * Users: every daemon's routes_*.c. The server (aas/http_server.h) matches a request against its tables, runs the
 * service's `before` hook, reads the body under the row's cap and calls the handler, on the HTTP thread (INLINE) or on
 * a worker (WORKER; the connection is suspended meanwhile). Memory handed out here belongs to the request and is gone
 * when the answer has been sent. A request is used by one thread at a time: no locks. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_buf;
struct aas_error;
struct aas_http_req;

#define AAS_HTTP_MAX_PARAMS 4 /* {placeholders} in one pattern */
#define AAS_HTTP_DONE       1 /* a hook or a handler returns it to say: the reply is set, go no further */

enum aas_http_method {
    AAS_HTTP_GET,
    AAS_HTTP_HEAD,
    AAS_HTTP_POST,
    AAS_HTTP_PUT,
    AAS_HTTP_PATCH,
    AAS_HTTP_DELETE,
    AAS_HTTP_OPTIONS,
    AAS_HTTP__COUNT
};

enum aas_http_mode {
    AAS_HTTP_INLINE, /* on the HTTP thread: must not block for longer than about a millisecond */
    AAS_HTTP_WORKER, /* on a worker thread; a full queue answers 503 with Retry-After */
};

enum aas_http_route_flags {
    AAS_HTTP_UPGRADE = 1 << 0,   /* WebSocket: the handler calls aas_ws_server_accept(); anything else gets 426 */
    AAS_HTTP_ETAG = 1 << 1,      /* a 200 gets an ETag from its body's hash, and If-None-Match is answered with 304 */
    AAS_HTTP_NO_LOG = 1 << 2,    /* not in the access log: probes and scrapes */
    AAS_HTTP_USER_FLAG = 1 << 8, /* this bit and the higher ones are the service's own */
};

/** Answers one request. Returns 0 with a reply set, AAS_HTTP_DONE likewise, or a negative code with *err filled: the
 *  server then sends the matching application/problem+json. No reply and 0 is answered with 204. */
typedef int aas_http_handler_fn(struct aas_http_req *req, struct aas_error *err);

/** A row of a route table. Tables are static const: the server keeps pointers into them. HEAD is answered by the GET
 *  row, OPTIONS by the server. A fixed segment wins over a {parameter} in the same place, whatever the order. */
struct aas_http_route {
    enum aas_http_method method;
    const char *pattern; /* "/sensors/{id}/readings"; a last segment "{path...}" takes all the rest */
    enum aas_http_mode mode;
    uint32_t role; /* the service's `before` hook reads it; the server does not */
    uint32_t flags;
    size_t max_body_bytes; /* 0: the server's default */
    uint32_t deadline_ms;  /* time to answer, from the head's arrival; 0: the server's default */
    aas_http_handler_fn *handler;
};

/* ---- the request ---- */

/** What the table was registered with (borrowed). */
void *aas_http_req_ctx(const struct aas_http_req *req);
const struct aas_http_route *aas_http_req_route(const struct aas_http_req *req);
/** HEAD reads as GET here: a handler need not care. */
enum aas_http_method aas_http_req_method(const struct aas_http_req *req);
/** The path as sent, without the query. */
const char *aas_http_req_path(const struct aas_http_req *req);
/** Client-sent X-Request-Id where it is harmless ([A-Za-z0-9._-], at most 64), else a generated one. */
const char *aas_http_req_id(const struct aas_http_req *req);
/** The peer's numeric address (of the last proxy, where there is one). */
const char *aas_http_req_peer(const struct aas_http_req *req);
/** A {placeholder}'s percent-decoded value; never NULL for a name in the row's pattern. */
const char *aas_http_req_param(const struct aas_http_req *req, const char *name);
/** A decoded query parameter (the first of that name), NULL if absent, "" if it has no value. */
const char *aas_http_req_query(const struct aas_http_req *req, const char *name);
/** Calls fn for every query parameter, in no promised order; stops when fn returns false. */
void aas_http_req_query_each(const struct aas_http_req *req, bool (*fn)(void *arg, const char *name, const char *value),
                             void *arg);
/** A header by case-insensitive name, NULL if absent. */
const char *aas_http_req_header(const struct aas_http_req *req, const char *name);
/** The value of a cookie, NULL if absent. */
const char *aas_http_req_cookie(const struct aas_http_req *req, const char *name);

/** An integer query parameter. Absent: *ret = fallback. Errors: AAS_EINVAL for what is no number or out of [min, max];
 *  *err names the parameter, the value and the range, and becomes the problem's `field`. */
int aas_http_req_query_int(struct aas_http_req *req, const char *name, int64_t min, int64_t max, int64_t fallback,
                           int64_t *ret_value, struct aas_error *err) __attribute__((warn_unused_result));
/** A finite number, as above. */
int aas_http_req_query_double(struct aas_http_req *req, const char *name, double min, double max, double fallback,
                              double *ret_value, struct aas_error *err) __attribute__((warn_unused_result));
/** A flag: 1/0, true/false, yes/no; present without a value is true. */
int aas_http_req_query_bool(struct aas_http_req *req, const char *name, bool fallback, bool *ret_value,
                            struct aas_error *err) __attribute__((warn_unused_result));

/** The whole body, NUL-terminated for convenience (the NUL is not counted); "" when there is none. Not in `before`
 *  hooks: the body comes after them. */
const char *aas_http_req_body(const struct aas_http_req *req, size_t *ret_len);
/** The body parsed as JSON object or array; *ret_json is borrowed and freed with the request. Parsed once. Errors:
 *  AAS_EPARSE (400) with line and column; AAS_EINVAL where Content-Type names something else than JSON. */
int aas_http_req_json(struct aas_http_req *req, json_t **ret_json, struct aas_error *err)
    __attribute__((warn_unused_result));

/** Names the field that a coming error is about (borrowed until the reply is sent): `field` of the problem. Returns
 *  its argument `code`, so that a handler can write `return aas_http_req_field(req, "from", AAS_EINVAL)`. */
int aas_http_req_field(struct aas_http_req *req, const char *field, int code);

/** Request memory: uninitialised, aligned for anything, freed with the request. NULL when out of memory. */
void *aas_http_req_alloc(struct aas_http_req *req, size_t size);
char *aas_http_req_strdup(struct aas_http_req *req, const char *text);

/** The principal slot: set by the `before` hook, read by handlers and by aas_ws_server_accept(). `free_user` (may be
 *  NULL) is called when the request ends, unless the slot is emptied by aas_http_req_take_user(). */
void aas_http_req_set_user(struct aas_http_req *req, void *user, void (*free_user)(void *user));
void *aas_http_req_user(const struct aas_http_req *req);
void *aas_http_req_take_user(struct aas_http_req *req, void (**ret_free_user)(void *user));

/** What is left until the row's deadline, 0 when it has passed: handlers pass it on to what they wait for, since a
 *  suspended connection never times out by itself. */
uint32_t aas_http_req_time_left_ms(const struct aas_http_req *req);

/** An INLINE handler that answers later calls defer, hands the request to another thread and returns 0; that thread
 *  sets a reply and calls finish, exactly once, after which it must not touch the request. The server can't stop
 *  before finish was called. `code`/`err` as a handler would return them; err may be NULL with code 0. */
void aas_http_req_defer(struct aas_http_req *req);
void aas_http_req_finish(struct aas_http_req *req, int code, const struct aas_error *err);

/* ---- the reply: the last one set wins ---- */

/** Sends a JSON value, compact. Takes `json` in every case. */
void aas_http_reply_json(struct aas_http_req *req, unsigned status, json_t *json);
/** Copies `len` bytes. `type` is the Content-Type (borrowed until the reply is sent; use a literal). */
void aas_http_reply_bytes(struct aas_http_req *req, unsigned status, const char *type, const void *data, size_t len);
/** As above without a copy: the bytes must outlive the server's stop (assets). */
void aas_http_reply_static(struct aas_http_req *req, unsigned status, const char *type, const void *data, size_t len);
/** The request's own reply buffer, emptied: write the body into it, then reply_buf. Kept between the requests of a
 *  connection, so that the hot path does not allocate. */
struct aas_buf *aas_http_req_buf(struct aas_http_req *req);
void aas_http_reply_buf(struct aas_http_req *req, unsigned status, const char *type);
/** The reply as it is set now: status, type and body (borrowed until the next one is set). False: none is set. */
bool aas_http_reply_get(const struct aas_http_req *req, unsigned *ret_status, const char **ret_type,
                        const void **ret_data, size_t *ret_len);
/** No body. */
void aas_http_reply_empty(struct aas_http_req *req, unsigned status);
/** Adds a response header (copies both). At most 16; CR and LF are refused by dropping the header. */
void aas_http_reply_header(struct aas_http_req *req, const char *name, const char *value);
/** Sets an ETag of the handler's own (`tag` without quotes); If-None-Match is then answered with 304. */
void aas_http_reply_etag(struct aas_http_req *req, const char *tag);
/** application/problem+json. `code` is the stable word, `detail` a sentence (both copied, detail may be NULL). */
void aas_http_reply_problem(struct aas_http_req *req, unsigned status, const char *code, const char *detail);
/** The problem that belongs to an error code, by the one table in http_problem.c. A 503 carries Retry-After: 1. */
void aas_http_reply_error(struct aas_http_req *req, int code, const struct aas_error *err);

/** HTTP status and stable `code` word of an aas_err code; unknown codes are 500 "internal". */
unsigned aas_http_status_of(int code);
const char *aas_http_code_word(int code);
/** A problem object as it would be sent, for per-item errors in batches; NULL when out of memory. */
json_t *aas_http_problem_json(int code, const struct aas_error *err, const char *field, const char *request_id);
