/* WebSocket hub on libwebsockets, fed with sockets by the HTTP server: both share one port.
 *
 * Users: mqtt-ingestion (/stream), backend-api (/realtime). One thread of the hub's own runs every callback; other
 * threads may call only what says "any thread". A frame is encoded once, is immutable and refcounted, and goes into a
 * bounded ring per client; a client that reads too slowly loses its oldest frames and is told how many, in their
 * place: {"type":"lost","seq":S,"count":N}, S being the newest lost frame's meta.seq.
 * Lifetime: create -> start -> (HTTP server runs) -> HTTP stop -> stop -> destroy. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_error;
struct aas_http_req;
struct aas_ws_conn;
struct aas_ws_frame;
struct aas_ws_server;

/** What a filter may look at. `key` is usually a sensor id ("" for none). */
struct aas_ws_frame_meta {
    uint32_t kind;
    uint64_t seq;
    const char *key;
};

/** A frame of text (copies `text` and `meta->key`; meta may be NULL), with one reference. NULL when out of memory or
 *  over 16 MiB. Any thread. */
struct aas_ws_frame *aas_ws_frame_create(const char *text, size_t len, const struct aas_ws_frame_meta *meta);
struct aas_ws_frame *aas_ws_frame_ref(struct aas_ws_frame *frame);
void aas_ws_frame_unref(struct aas_ws_frame *frame);
const struct aas_ws_frame_meta *aas_ws_frame_meta(const struct aas_ws_frame *frame);
const char *aas_ws_frame_text(const struct aas_ws_frame *frame, size_t *ret_len);

/** All on the hub's thread. Any may be NULL. */
struct aas_ws_callbacks {
    void (*on_open)(void *ctx, struct aas_ws_conn *conn);
    /** One whole message (fragments are joined); borrowed. */
    void (*on_message)(void *ctx, struct aas_ws_conn *conn, const char *data, size_t len, bool binary);
    void (*on_close)(void *ctx, struct aas_ws_conn *conn);
    /** Whether a broadcast frame goes to this client; NULL: to every one. */
    bool (*filter)(void *ctx, const struct aas_ws_conn *conn, const struct aas_ws_frame *frame);
    /** Several times a second at most: for work that belongs on the hub's thread. */
    void (*on_tick)(void *ctx);
};

/** Zero means the default in brackets. */
struct aas_ws_server_config {
    const char *name;                /* label of the metrics ["ws"] */
    const char *const *subprotocols; /* NULL-terminated list that accept may select from; NULL: none */
    size_t max_clients;              /* [2048]; over it accept refuses with 503 */
    size_t max_message_bytes;        /* from a client [65536]; over it: close 1009 */
    size_t ring_frames;              /* per client [256] */
    size_t ring_bytes;               /* per client [4 MiB] */
    size_t inbox_frames;             /* broadcasts that wait for the hub's thread [8192]; over it the oldest go, and
                                        every client's lost counter tells */
    uint32_t ping_s;                 /* silence before a ping [20] */
    uint32_t pong_timeout_s;         /* silence before the connection is closed [45] */
    uint32_t tick_ms;                /* of on_tick [1000] */
    struct aas_ws_callbacks callbacks;
    void *ctx;
};

/** Copies the configuration. Errors: AAS_EINVAL, AAS_ENOMEM. */
int aas_ws_server_create(struct aas_ws_server **ret_server, const struct aas_ws_server_config *config,
                         struct aas_error *err) __attribute__((warn_unused_result));
int aas_ws_server_start(struct aas_ws_server *server, struct aas_error *err) __attribute__((warn_unused_result));
/** Sends close 1001 to every client, waits up to drain_ms for them, joins the thread. Stop the HTTP server first. */
void aas_ws_server_stop(struct aas_ws_server *server, uint32_t drain_ms);
void aas_ws_server_destroy(struct aas_ws_server *server);

/** Called in the handler of a row with AAS_HTTP_UPGRADE after all checks: takes the request's socket over.
 * `subprotocol` (may be NULL) is the one that the server selects. The request's user slot moves to the connection.
 * Returns 0, to be returned by the handler; on an error the request is still a plain request and the error its answer.
 * Any thread. */
int aas_ws_server_accept(struct aas_ws_server *server, struct aas_http_req *req, const char *subprotocol,
                         struct aas_error *err) __attribute__((warn_unused_result));

/** Queues a frame for every client that the filter admits. Copies nothing: takes a reference of its own. Any thread;
 *  never blocks. */
void aas_ws_server_broadcast(struct aas_ws_server *server, struct aas_ws_frame *frame);
/** The same for one client by id; silently nothing if it has gone. Any thread. */
void aas_ws_server_send(struct aas_ws_server *server, uint64_t conn_id, struct aas_ws_frame *frame);
/** Runs fn on the hub's thread for every client, in order with broadcasts. Any thread; never blocks. Errors:
 *  AAS_EUNAVAILABLE when the inbox is full of such calls or the hub is stopped; AAS_ENOMEM. */
int aas_ws_server_each(struct aas_ws_server *server, void (*fn)(void *arg, struct aas_ws_conn *conn), void *arg)
    __attribute__((warn_unused_result));

/* ---- on the hub's thread only ---- */
uint64_t aas_ws_conn_id(const struct aas_ws_conn *conn);
/** The principal that came with the request; freed after on_close. */
void *aas_ws_conn_user(const struct aas_ws_conn *conn);
/** A slot for the service's own per-connection state; the service frees it in on_close. */
void aas_ws_conn_set_data(struct aas_ws_conn *conn, void *data);
void *aas_ws_conn_data(const struct aas_ws_conn *conn);
const char *aas_ws_conn_peer(const struct aas_ws_conn *conn);
/** Past the filter, into the ring. Takes a reference of its own. */
void aas_ws_conn_send(struct aas_ws_conn *conn, struct aas_ws_frame *frame);
/** Copies; for answers to one client. */
void aas_ws_conn_send_text(struct aas_ws_conn *conn, const char *text, size_t len);
/** Closes with a code (1000-4999) after what is queued has been sent; reason is cut at 120 bytes. */
void aas_ws_conn_close(struct aas_ws_conn *conn, uint16_t code, const char *reason);

/** For /status and tests. Any thread. */
struct aas_ws_stats {
    size_t clients;
    uint64_t opened, sent, received, lost, refused;
};
void aas_ws_server_stats(const struct aas_ws_server *server, struct aas_ws_stats *ret_stats);
