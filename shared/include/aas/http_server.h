/* HTTP/1.1 server on libmicrohttpd: a pool of epoll threads, route tables, limits, slow work on workers.
 *
 * Users: the four daemons. One server per daemon and port; WebSocket upgrades on the same port are handed to
 * aas/ws_server.h. Lifetime: create -> add tables -> start -> stop -> destroy. Tables and hooks are fixed before start
 * and read without locks afterwards; the connection list has its own mutex (taken on open, close and by the sweeper).
 */
#pragma once

#include <aas/http_route.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_error;
struct aas_http_server;
struct aas_workers;

/** Called on the HTTP thread when the head is complete and a row was found, before the body is read: authentication,
 *  roles, rate limits. 0 goes on; AAS_HTTP_DONE stops with the reply that it set; a negative code stops with its
 *  problem. Must not block. */
typedef int aas_http_before_fn(void *arg, struct aas_http_req *req, struct aas_error *err);
/** Called just before a reply is sent, errors and 404s included: may add headers, nothing else. */
typedef void aas_http_after_fn(void *arg, struct aas_http_req *req, unsigned status);

/** Zero means the default in brackets. */
struct aas_http_server_config {
    const char *bind;            /* numeric address [127.0.0.1] */
    uint16_t port;               /* 0: any free one, see aas_http_server_port() */
    unsigned threads;            /* [number of processors] */
    unsigned max_connections;    /* [1024] upgraded ones don't count */
    unsigned max_per_ip;         /* [0: no bound; proxies share one address] */
    size_t max_head_bytes;       /* request line and headers [16384]; over it: 431 */
    size_t max_body_bytes;       /* where a row has none [1 MiB]; over it: 413 */
    uint32_t head_timeout_ms;    /* from the first byte to the end of the head [10000] */
    uint32_t body_timeout_ms;    /* from there to the end of the body [60000] */
    uint32_t idle_timeout_ms;    /* between two requests of a connection [75000] */
    uint32_t send_timeout_ms;    /* a client that does not read its answer [60000] */
    uint32_t handler_timeout_ms; /* a row's deadline where it has none [10000] */
    struct aas_workers *workers; /* borrowed; needed when a table has WORKER rows, outlives the server */
    aas_http_before_fn *before;
    aas_http_after_fn *after;
    void *hook_arg;
    const char *cors_origins; /* comma-separated exact origins that may call with credentials; "*" for any, without
                                 credentials; NULL: none */
    const char *service;      /* label of the metrics ["http"] */
};

/** Copies the configuration (strings too). Errors: AAS_EINVAL naming the member; AAS_ENOMEM. */
int aas_http_server_create(struct aas_http_server **ret_server, const struct aas_http_server_config *config,
                           struct aas_error *err) __attribute__((warn_unused_result));

/** Adds a table before start; `routes` is borrowed for the server's life, `ctx` is what aas_http_req_ctx() returns.
 *  Errors: AAS_EINVAL for a malformed or doubled pattern, or a WORKER row without workers. */
int aas_http_server_add(struct aas_http_server *server, const struct aas_http_route *routes, size_t count, void *ctx,
                        struct aas_error *err) __attribute__((warn_unused_result));

/** Binds and serves. Errors: -EADDRINUSE naming the port and, where /proc tells, the owner's pid and name; others as
 *  the system gives them. Block signals before: it starts threads. */
int aas_http_server_start(struct aas_http_server *server, struct aas_error *err) __attribute__((warn_unused_result));

/** The port that is really bound; 0 before start. */
uint16_t aas_http_server_port(const struct aas_http_server *server);

/** Stops listening, answers 503 to what still arrives on kept-alive connections, waits up to drain_ms for requests in
 *  flight, then for the handlers that still run (each has its own deadline), and closes. Call it while the workers
 *  still run: queued jobs are answered by them. Idempotent. */
void aas_http_server_stop(struct aas_http_server *server, uint32_t drain_ms);

/** Stops if need be. NULL is fine. */
void aas_http_server_destroy(struct aas_http_server *server);

/** Requests in flight, open connections: for /status and tests. */
unsigned aas_http_server_in_flight(const struct aas_http_server *server);
unsigned aas_http_server_connections(const struct aas_http_server *server);

/** Takes the socket of an upgrade request away from the HTTP server: *ret_fd is a duplicate that the caller owns, and
 *  head (NUL-terminated, ret_head_len bytes without the NUL) is a minimal request head for the WebSocket library with
 *  `subprotocol` (may be NULL) as the only one offered. Used by aas_ws_server_accept(). Errors: AAS_EINVAL when this is
 *  no sound RFC 6455 handshake (400), -EPROTO for a version other than 13 (426). */
int aas_http_req_take_socket(struct aas_http_req *req, const char *subprotocol, int *ret_fd, char *head,
                             size_t head_size, size_t *ret_head_len, struct aas_error *err)
    __attribute__((warn_unused_result));
/** Whether a subprotocol is offered in Sec-WebSocket-Protocol. The n-th offered one, or NULL: `bearer.<token>`. */
bool aas_http_req_offers_subprotocol(const struct aas_http_req *req, const char *name);
/** The rest of the first offered subprotocol that starts with `prefix` (request memory), or NULL. */
const char *aas_http_req_subprotocol_after(struct aas_http_req *req, const char *prefix);

/** "pid 4711 (mosquitto)" of the process that listens on a local TCP port, "" where /proc does not tell. */
void aas_http_port_owner(uint16_t port, char *ret_text, size_t size);
