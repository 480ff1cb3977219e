/* What the files of the HTTP server share. A connection's memory (arena, body, reply buffer) is kept between its
 * requests, so that the hot path allocates nothing of its own. A request is used by one thread at a time: the HTTP
 * thread, or the worker that it was handed to while the connection is suspended.
 *
 * Lock order: server->conns_lock is taken alone, never while calling out. */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "aas/buf.h"
#include "aas/clock.h"
#include "aas/error.h"
#include "aas/http_server.h"
#include "aas/metrics.h"
#include "aas/workers.h"
#include "http_router.h"

#define HTTP_MAX_HEADERS    16
#define HTTP_REQ_ID_BYTES   65
#define HTTP_PEER_BYTES     64
#define HTTP_ARENA_BYTES    4096
#define HTTP_KEEP_BUF_BYTES (256u * 1024) /* a larger buffer is given back after its request */
#define HTTP_STATUS_CLASSES 6

/* ---- connection ---- */

enum http_phase {
    HTTP_PHASE_HEAD, /* from the accept, or from the request line */
    HTTP_PHASE_BODY,
    HTTP_PHASE_HANDLE, /* bounded by the row's deadline */
    HTTP_PHASE_SEND,
    HTTP_PHASE_IDLE
};

struct http_chunk { /* of the arena */
    struct http_chunk *next;
    size_t used, cap;
    _Alignas(max_align_t) unsigned char data[];
};

struct http_conn {
    struct aas_http_server *server;
    struct http_conn *prev, *next; /* under conns_lock */
    int fd;
    _Atomic int64_t since_ms; /* monotonic, of the phase */
    atomic_int phase;
    bool cut; /* under conns_lock: already shut down by the sweeper */
    struct http_chunk *arena;
    struct aas_buf body, reply;
    struct aas_http_req *req; /* the request under way, in the arena */
    char peer[HTTP_PEER_BYTES];
};

void http_conn_notify(void *arg, struct MHD_Connection *c, void **socket_context,
                      enum MHD_ConnectionNotificationCode code);
void http_conn_phase(struct http_conn *conn, enum http_phase phase);
void *http_arena_alloc(struct http_conn *conn, size_t size);
/** Forget the request's memory, keep the first chunk and small buffers. */
void http_conn_reset(struct http_conn *conn);
/** The sweeper's thread: shuts down connections that are too slow. */
void http_sweeper(void *server);

/* ---- request ---- */

enum http_state {
    HTTP_NEW,      /* request line is there */
    HTTP_BODY,     /* head was accepted, the body comes */
    HTTP_DRAIN,    /* refused, the rest of the body is thrown away */
    HTTP_RUNNING,  /* with the handler, or suspended */
    HTTP_ANSWERED, /* the reply is set: send it at the next call */
    HTTP_SENT
};

enum http_body_kind { HTTP_REPLY_NONE, HTTP_REPLY_EMPTY, HTTP_REPLY_COPY, HTTP_REPLY_STATIC, HTTP_REPLY_BUF };

struct http_header {
    const char *name, *value;
};

struct aas_http_req {
    struct http_conn *conn;
    struct aas_http_server *server;
    struct MHD_Connection *mhd;
    const char *uri; /* as sent, with query */
    size_t path_len;
    char *path;
    const char *query, *query_end;
    enum aas_http_method method;
    const char *method_text;
    struct http_match match;
    const char *param_values[AAS_HTTP_MAX_PARAMS]; /* decoded */
    enum http_state state;
    bool counted; /* in in_flight */
    bool deferred, suspended;
    bool taken; /* the socket went to the WebSocket hub */
    struct aas_mono start, deadline;
    size_t max_body;
    uint64_t drained; /* bytes of a refused body */
    char id[HTTP_REQ_ID_BYTES];
    json_t *json;
    void *user;
    void (*free_user)(void *user);
    const char *field;
    /* reply */
    enum http_body_kind kind;
    unsigned status;
    const char *type;
    const void *data; /* static, or in the arena */
    size_t len;
    const char *etag;
    struct http_header headers[HTTP_MAX_HEADERS];
    size_t n_headers;
};

/** Called with the request line; returns the request (NULL: out of memory). */
void *http_request_begin(void *server, const char *uri, struct MHD_Connection *c);
void http_request_completed(void *server, struct MHD_Connection *c, void **req_cls,
                            enum MHD_RequestTerminationCode why);
enum MHD_Result http_access(void *server, struct MHD_Connection *c, const char *url, const char *method,
                            const char *version, const char *upload, size_t *upload_size, void **req_cls);
/** Turn a handler's result into a set reply. */
void http_request_conclude(struct aas_http_req *req, int code, const struct aas_error *err);
/** Queue the reply that is set. */
enum MHD_Result http_send(struct aas_http_req *req);
/** Adds the CORS headers where the request's Origin is allowed. */
void http_send_cors(struct aas_http_req *req, struct MHD_Response *response);
/** Answer OPTIONS, preflight or not. */
void http_reply_options(struct aas_http_req *req);
void http_request_make_id(struct aas_http_req *req);

/* ---- server ---- */

struct http_route_figures {
    _Atomic(struct aas_metric *) status[HTTP_STATUS_CLASSES];
    _Atomic(struct aas_metric *) seconds;
};

struct aas_http_server {
    struct aas_http_server_config config;
    char *bind, *service, *cors;
    struct http_node *router;
    size_t routes;
    struct http_route_figures *figures; /* routes + 1: the last for what no row matched */
    struct MHD_Daemon *daemon;
    int listen_fd; /* after quiesce */
    uint16_t port;
    atomic_bool stopping;
    atomic_uint in_flight, suspended, open;
    pthread_mutex_t conns_lock; /* conns, http_conn.prev/next/cut */
    struct http_conn *conns;
    struct aas_thread *sweeper;
    pthread_mutex_t sweep_lock; /* sweep_end */
    pthread_cond_t sweep_wake;  /* also told when a request ends */
    bool sweep_end;
};

/** Count an answered request. */
void http_metrics_count(struct aas_http_server *server, const struct http_entry *entry, unsigned status,
                        double seconds);
/** Gauges. Errors: AAS_ENOMEM. */
int http_metrics_register(struct aas_http_server *server) __attribute__((warn_unused_result));
void http_metrics_unregister(struct aas_http_server *server);
