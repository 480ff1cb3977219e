/* Inside of the WebSocket hub.
 *
 * Users: ws_server*.c and their tests. Threads: a hub's thread owns its connections and everything in them; other
 * threads put commands into the inbox. Locks: the inbox's mutex is a leaf; lws_cancel_service() is called under it, so
 * that the context can't go away meanwhile. */
#pragma once

#include "ws_codec.h"
#include "ws_frame.h"
#include "ws_ring.h"

#include <aas/clock.h>
#include <aas/error.h>
#include <aas/thread.h>
#include <aas/ws_server.h>

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>

#define WS_BATCH_FRAMES 32

enum ws_conn_state {
    WS_CONN_NEW,     /* the socket is not adopted yet */
    WS_CONN_OPEN,    /* */
    WS_CONN_CLOSING, /* a close frame will follow what is queued */
    WS_CONN_CLOSED,  /* our close frame is out: wait for the peer's, or for its FIN */
    WS_CONN_GONE,    /* nothing more will be read or written */
};

struct aas_ws_conn {
    struct aas_ws_server *server;
    struct lws *wsi;
    uint64_t id;
    int fd; /* ours until it is adopted, then the library's; -1 when gone */
    enum ws_conn_state state;
    void *user;
    void (*free_user)(void *user);
    void *data;
    char peer[64];

    struct aas_ws_conn *prev, *next; /* all connections */
    struct aas_ws_conn *next_hash;
    struct aas_ws_conn *next_dirty;
    bool dirty, in_list;

    struct ws_decoder decoder;
    struct ws_ring ring;
    uint64_t lost, lost_seq;    /* not told yet */
    struct aas_ws_frame *first; /* the handshake's answer, until it is sent */
    struct aas_ws_frame *pong;  /* the newest; older unanswered pings need none (section 5.5.3) */
    bool want_ping, want_writable;

    struct aas_ws_frame *batch[WS_BATCH_FRAMES]; /* being sent; can't be dropped any more */
    size_t batch_len, batch_at, batch_offset;

    uint16_t close_code;
    char close_reason[WS_CONTROL_BYTES];
    bool peer_closed;           /* its close frame has come */
    struct aas_mono close_by;   /* then the socket is cut, whatever the peer does */
    struct aas_mono last_heard; /* anything that came */
    struct aas_mono last_ping;
};

enum ws_command_kind { WS_CMD_ADOPT, WS_CMD_BROADCAST, WS_CMD_SEND, WS_CMD_EACH };

struct ws_command {
    struct ws_command *next;
    enum ws_command_kind kind;
    struct aas_ws_frame *frame;
    struct aas_ws_conn *conn; /* ADOPT */
    uint64_t conn_id;         /* SEND */
    void (*fn)(void *arg, struct aas_ws_conn *conn);
    void *arg;
};

struct ws_inbox {
    pthread_mutex_t lock; /* of this struct and of server->context while other threads may wake it */
    struct ws_command *head, **tail;
    size_t frames; /* bounded commands in the list */
    uint64_t lost, lost_seq;
    bool woken; /* a wake-up is under way: the next command needs none */
    bool open;
    bool stop;
    struct aas_mono stop_by;
    size_t clients; /* adopted ones and those on the way */
    uint64_t next_id;
};

struct aas_ws_server {
    struct aas_ws_server_config config; /* with the defaults filled in; strings are the hub's */
    char *name;
    char **subprotocols;
    struct ws_inbox inbox;
    struct aas_thread *thread;
    struct lws_context *context;
    struct lws_vhost *vhost;
    bool exported;

    /* the hub's thread only */
    struct aas_ws_conn *conns, *dirty;
    struct aas_ws_conn **by_id;
    size_t by_id_mask;
    size_t open_count;
    bool stopping, busy;
    bool adopted; /* whether the adoption under way got as far as on_open */
    struct aas_mono stop_by;
    lws_sorted_usec_list_t housekeeping, tick;

    atomic_size_t clients;
    atomic_ullong opened, sent, received, lost, refused;
};

/* ws_server.c */
/** Takes fd and user in every case. The head is the library-independent part of the hand-over: the client's key. */
int ws_server_adopt(struct aas_ws_server *server, int fd, const char *key, const char *subprotocol, void *user,
                    void (*free_user)(void *user), const char *peer, struct aas_error *err) AAS_MUST_CHECK;
/** Reserves a place for one more client. */
int ws_server_reserve(struct aas_ws_server *server, struct aas_error *err) AAS_MUST_CHECK;
void ws_server_unreserve(struct aas_ws_server *server);
bool ws_server_knows_subprotocol(const struct aas_ws_server *server, const char *name);
void ws_command_free(struct ws_command *command);

/* ws_server_hub.c: the hub's thread */
int ws_hub_open(struct aas_ws_server *server, struct aas_error *err) AAS_MUST_CHECK;
void ws_hub_close(struct aas_ws_server *server);
void ws_hub_run(void *arg);
void ws_hub_mark_dirty(struct aas_ws_conn *conn);

/* ws_server_conn.c: one connection; on the hub's thread unless said otherwise */
/** Any thread. NULL when memory is short. */
struct aas_ws_conn *ws_conn_create(struct aas_ws_server *server, int fd, const char *key, const char *subprotocol);
void ws_conn_destroy(struct aas_ws_conn *conn);
void ws_conn_push(struct aas_ws_conn *conn, struct aas_ws_frame *frame);
/** Bytes from the socket. */
void ws_conn_take(struct aas_ws_conn *conn, uint8_t *bytes, size_t n);
/** Sends what it can. The state becomes GONE when the socket is to be closed. */
void ws_conn_flush(struct aas_ws_conn *conn);
/** Pings, and the deadlines of silence and of closing. */
void ws_conn_housekeep(struct aas_ws_conn *conn);
