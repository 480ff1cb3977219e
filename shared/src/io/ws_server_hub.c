/* The hub's thread: libwebsockets' loop, the inbox, timers. */
#include "ws_server_internal.h"

#include "ws_log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aas/log.h>

#define AAS_LOG_MOD "ws"

#define PROTOCOL        "aas-hub"
#define READ_BYTES      16384
#define HOUSEKEEPING_US (LWS_US_PER_SEC / 2)
#define CODE_GOING_AWAY 1001
#define TIMEOUT_ANY     PENDING_TIMEOUT_USER_REASON_BASE
#define MIN_TIMER_US    1

static int on_library(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {{.name = PROTOCOL, .callback = on_library}, {.name = NULL}};

/* ---- connections ---- */

static struct aas_ws_conn **bucket(struct aas_ws_server *server, uint64_t id)
{
    return &server->by_id[id & server->by_id_mask];
}

static struct aas_ws_conn *find(struct aas_ws_server *server, uint64_t id)
{
    struct aas_ws_conn *conn = *bucket(server, id);
    while (conn && conn->id != id)
        conn = conn->next_hash;
    return conn;
}

static void add(struct aas_ws_conn *conn)
{
    struct aas_ws_server *server = conn->server;
    struct aas_ws_conn **slot = bucket(server, conn->id);
    conn->next_hash = *slot;
    *slot = conn;
    conn->prev = NULL;
    conn->next = server->conns;
    if (server->conns)
        server->conns->prev = conn;
    server->conns = conn;
    conn->in_list = true;
    server->open_count++;
    atomic_store_explicit(&server->clients, server->open_count, memory_order_relaxed);
    atomic_fetch_add_explicit(&server->opened, 1, memory_order_relaxed);
}

static void take_out(struct aas_ws_conn *conn)
{
    struct aas_ws_server *server = conn->server;
    struct aas_ws_conn **slot = bucket(server, conn->id);
    while (*slot != conn)
        slot = &(*slot)->next_hash;
    *slot = conn->next_hash;
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        server->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    for (struct aas_ws_conn **at = &server->dirty; conn->dirty && *at; at = &(*at)->next_dirty)
        if (*at == conn) {
            *at = conn->next_dirty;
            break;
        }
    conn->in_list = false;
    server->open_count--;
    atomic_store_explicit(&server->clients, server->open_count, memory_order_relaxed);
}

void ws_hub_mark_dirty(struct aas_ws_conn *conn)
{
    if (conn->dirty || !conn->in_list)
        return;
    conn->dirty = true;
    conn->next_dirty = conn->server->dirty;
    conn->server->dirty = conn;
}

/* Everything that one turn produced is sent at its end: bursts become one send per client. */
static void flush_dirty(struct aas_ws_server *server)
{
    struct aas_ws_conn *conn;
    while ((conn = server->dirty)) {
        server->dirty = conn->next_dirty;
        conn->dirty = false;
        ws_conn_flush(conn);
        if (conn->state == WS_CONN_GONE)
            lws_set_timeout(conn->wsi, TIMEOUT_ANY, LWS_TO_KILL_ASYNC);
        else if (conn->want_writable)
            (void)lws_callback_on_writable(conn->wsi);
    }
}

static void on_adopted(struct aas_ws_conn *conn, struct lws *wsi)
{
    struct aas_ws_server *server = conn->server;
    conn->wsi = wsi;
    conn->state = WS_CONN_OPEN;
    server->adopted = true;
    add(conn);
    ws_hub_mark_dirty(conn); /* the handshake's answer */
    if (server->config.callbacks.on_open)
        server->config.callbacks.on_open(server->config.ctx, conn);
    if (server->stopping)
        aas_ws_conn_close(conn, CODE_GOING_AWAY, "stopping");
}

static void on_gone(struct aas_ws_conn *conn)
{
    struct aas_ws_server *server = conn->server;
    lws_set_opaque_user_data(conn->wsi, NULL);
    conn->state = WS_CONN_GONE;
    take_out(conn);
    if (server->config.callbacks.on_close)
        server->config.callbacks.on_close(server->config.ctx, conn);
    ws_conn_destroy(conn);
    ws_server_unreserve(server);
}

static void adopt(struct aas_ws_server *server, struct aas_ws_conn *conn)
{
    const lws_adopt_desc_t desc = {
        .vh = server->vhost,
        .type = LWS_ADOPT_SOCKET,
        .fd.sockfd = conn->fd,
        .vh_prot_name = PROTOCOL,
        .opaque = conn,
    };
    server->adopted = false;
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&desc);
    if (wsi || server->adopted)
        return;    /* conn may have come and gone already */
    conn->fd = -1; /* the library has closed the socket */
    ws_conn_destroy(conn);
    ws_server_unreserve(server);
}

/* ---- inbox ---- */

static void broadcast(struct aas_ws_server *server, struct aas_ws_frame *frame)
{
    const struct aas_ws_callbacks *callbacks = &server->config.callbacks;
    for (struct aas_ws_conn *conn = server->conns; conn; conn = conn->next)
        if (conn->state == WS_CONN_OPEN && (!callbacks->filter || callbacks->filter(server->config.ctx, conn, frame)))
            ws_conn_push(conn, frame);
}

static void each(struct aas_ws_server *server, const struct ws_command *command)
{
    for (struct aas_ws_conn *conn = server->conns; conn; conn = conn->next)
        if (conn->state == WS_CONN_OPEN)
            command->fn(command->arg, conn);
}

static void obey(struct aas_ws_server *server, struct ws_command *command)
{
    struct aas_ws_conn *conn;
    switch (command->kind) {
    case WS_CMD_ADOPT:
        adopt(server, AAS_STEAL(command->conn));
        break;
    case WS_CMD_BROADCAST:
        broadcast(server, command->frame);
        break;
    case WS_CMD_SEND:
        if ((conn = find(server, command->conn_id)))
            ws_conn_push(conn, command->frame);
        break;
    case WS_CMD_EACH:
        each(server, command);
        break;
    }
}

static void begin_stop(struct aas_ws_server *server, struct aas_mono by)
{
    server->stopping = true;
    server->stop_by = by;
    for (struct aas_ws_conn *conn = server->conns; conn; conn = conn->next)
        aas_ws_conn_close(conn, CODE_GOING_AWAY, "stopping");
}

static void drain_inbox(struct aas_ws_server *server)
{
    struct ws_inbox *inbox = &server->inbox;
    (void)pthread_mutex_lock(&inbox->lock);
    struct ws_command *list = AAS_STEAL(inbox->head);
    inbox->tail = &inbox->head;
    inbox->frames = 0;
    inbox->woken = false;
    uint64_t lost = inbox->lost, lost_seq = inbox->lost_seq;
    inbox->lost = 0;
    bool stop = inbox->stop && !server->stopping;
    struct aas_mono stop_by = inbox->stop_by;
    (void)pthread_mutex_unlock(&inbox->lock);

    for (struct aas_ws_conn *conn = lost > 0 ? server->conns : NULL; conn; conn = conn->next) {
        conn->lost += lost;
        conn->lost_seq = lost_seq;
        atomic_fetch_add_explicit(&server->lost, lost, memory_order_relaxed);
        ws_hub_mark_dirty(conn);
    }
    while (list) {
        struct ws_command *command = list;
        list = command->next;
        obey(server, command);
        ws_command_free(command);
    }
    if (stop)
        begin_stop(server, stop_by);
}

/* ---- the library's side ---- */

static void run_housekeeping(lws_sorted_usec_list_t *sul)
{
    struct aas_ws_server *server = aas_container_of(sul, struct aas_ws_server, housekeeping);
    for (struct aas_ws_conn *conn = server->conns; conn; conn = conn->next)
        ws_conn_housekeep(conn);
    flush_dirty(server);
    lws_sul_schedule(server->context, 0, sul, run_housekeeping, HOUSEKEEPING_US);
}

static void run_tick(lws_sorted_usec_list_t *sul)
{
    struct aas_ws_server *server = aas_container_of(sul, struct aas_ws_server, tick);
    server->config.callbacks.on_tick(server->config.ctx);
    flush_dirty(server);
    lws_sul_schedule(server->context, 0, sul, run_tick, (lws_usec_t)server->config.tick_ms * LWS_US_PER_MS);
}

static void turn_begins(struct aas_ws_server *server)
{
    if (!server->busy)
        aas_thread_busy();
    server->busy = true;
}

static int on_conn(struct aas_ws_conn *conn, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t len)
{
    struct aas_ws_server *server = conn->server;
    if (reason == LWS_CALLBACK_RAW_ADOPT) {
        on_adopted(conn, wsi);
    } else if (reason == LWS_CALLBACK_RAW_CLOSE) {
        if (conn->in_list)
            on_gone(conn);
        return 0;
    } else if (reason == LWS_CALLBACK_RAW_RX) {
        ws_conn_take(conn, in, len);
    } else {
        ws_hub_mark_dirty(conn);
    }
    turn_begins(server);
    if (conn->state == WS_CONN_GONE)
        return -1;
    flush_dirty(server);
    return 0;
}

static int on_library(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    struct aas_ws_conn *conn;
    struct aas_ws_server *server;
    switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX:
    case LWS_CALLBACK_RAW_WRITEABLE:
    case LWS_CALLBACK_RAW_CLOSE:
        conn = lws_get_opaque_user_data(wsi);
        return conn ? on_conn(conn, wsi, reason, in, len) : 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        server = lws_context_user(lws_get_context(wsi));
        if (!server->vhost)
            return 0; /* while the context is being made */
        turn_begins(server);
        drain_inbox(server);
        flush_dirty(server);
        return 0;
    default:
        return 0;
    }
}

static bool done(const struct aas_ws_server *server)
{
    return server->stopping && (!server->conns || aas_mono_passed(server->stop_by));
}

void ws_hub_run(void *arg)
{
    struct aas_ws_server *server = arg;
    lws_sul_schedule(server->context, 0, &server->housekeeping, run_housekeeping, HOUSEKEEPING_US);
    if (server->config.callbacks.on_tick)
        lws_sul_schedule(server->context, 0, &server->tick, run_tick,
                         (lws_usec_t)server->config.tick_ms * LWS_US_PER_MS);
    while (!done(server)) {
        server->busy = false;
        aas_thread_idle();
        if (lws_service(server->context, 0) < 0) {
            AAS_LOG_ERROR("ws.loop", "the WebSocket loop failed, closing all its connections");
            break;
        }
    }
    server->stopping = true;
}

int ws_hub_open(struct aas_ws_server *server, struct aas_error *err)
{
    ws_log_bridge_init();
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .protocols = protocols,
        .pt_serv_buf_size = READ_BYTES,
        .max_http_header_pool = 1, /* heads are read by the HTTP server */
        .user = server,
        .vhost_name = PROTOCOL,
    };
    server->context = lws_create_context(&info);
    if (!server->context)
        return aas_error_set(err, AAS_EUPSTREAM, "libwebsockets cannot make a context for the hub \"%s\"",
                             server->name);
    server->vhost = lws_create_vhost(server->context, &info);
    if (!server->vhost) {
        ws_hub_close(server);
        return aas_error_set(err, AAS_EUPSTREAM, "libwebsockets cannot make a host for the hub \"%s\"", server->name);
    }
    return 0;
}

void ws_hub_close(struct aas_ws_server *server)
{
    if (!server->context)
        return;
    lws_sul_cancel(&server->housekeeping);
    lws_sul_cancel(&server->tick);
    lws_context_destroy(server->context); /* its callbacks take the last connections down */
    server->context = NULL;
    server->vhost = NULL;
}
