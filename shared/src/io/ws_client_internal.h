/* Inside of the WebSocket client.
 *
 * Users: ws_client.c (lifetime, what any thread may call), ws_client_loop.c (the client's thread). Locks: one mutex, a
 * leaf; lws_cancel_service() is called under it. */
#pragma once

#include <aas/backoff.h>
#include <aas/buf.h>
#include <aas/clock.h>
#include <aas/error.h>
#include <aas/thread.h>
#include <aas/ws_client.h>

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>

struct ws_out {
    struct ws_out *next;
    size_t len;
    unsigned char bytes[]; /* LWS_PRE, then the text */
};

struct aas_ws_client {
    struct aas_ws_client_config config; /* its strings are the client's own, below */
    char *host, *host_header, *path, *subprotocols, *authorization;
    uint16_t port;

    pthread_mutex_t lock; /* queue, stop */
    struct ws_out *head, **tail;
    size_t queued;
    bool stop, woken;

    atomic_bool connected;
    atomic_uint connects;
    struct aas_thread *thread;
    struct lws_context *context;

    /* the client's thread only */
    struct lws *wsi; /* connecting or connected */
    struct aas_buf joined;
    struct aas_backoff backoff;
    struct aas_mono opened_at, last_heard, last_ping, stop_by;
    bool open, want_ping, stopping, binary, planned;
    uint16_t close_code; /* ours, 0: none */
    char reason[160];
    lws_sorted_usec_list_t connect, housekeeping;
};

int ws_client_open(struct aas_ws_client *c, struct aas_error *err) AAS_MUST_CHECK;
void ws_client_run(void *arg);
void ws_client_close(struct aas_ws_client *c);
