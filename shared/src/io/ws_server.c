/* Lifetime of the WebSocket hub, and what any thread may call: commands go through the inbox. */
#include "ws_server_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aas/metrics.h>

#define DEFAULT_CLIENTS       2048
#define DEFAULT_MESSAGE_BYTES 65536
#define DEFAULT_RING_FRAMES   256
#define DEFAULT_RING_BYTES    ((size_t)4 << 20)
#define DEFAULT_INBOX_FRAMES  8192
#define DEFAULT_PING_S        20
#define DEFAULT_PONG_S        45
#define DEFAULT_TICK_MS       1000

#define OR_DEFAULT(value, fallback) ((value) ? (value) : (fallback))

static int copy_list(char ***ret_list, const char *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    char **copy = calloc(n + 1, sizeof(char *));
    if (!copy)
        return AAS_ENOMEM;
    *ret_list = copy;
    for (size_t i = 0; i < n; i++)
        if (!(copy[i] = strdup(list[i])))
            return AAS_ENOMEM;
    return 0;
}

static void fill_defaults(struct aas_ws_server_config *c)
{
    c->max_clients = OR_DEFAULT(c->max_clients, DEFAULT_CLIENTS);
    c->max_message_bytes = OR_DEFAULT(c->max_message_bytes, DEFAULT_MESSAGE_BYTES);
    c->ring_frames = OR_DEFAULT(c->ring_frames, DEFAULT_RING_FRAMES);
    c->ring_bytes = OR_DEFAULT(c->ring_bytes, DEFAULT_RING_BYTES);
    c->inbox_frames = OR_DEFAULT(c->inbox_frames, DEFAULT_INBOX_FRAMES);
    c->ping_s = OR_DEFAULT(c->ping_s, DEFAULT_PING_S);
    c->pong_timeout_s = OR_DEFAULT(c->pong_timeout_s, DEFAULT_PONG_S);
    c->tick_ms = OR_DEFAULT(c->tick_ms, DEFAULT_TICK_MS);
}

int aas_ws_server_create(struct aas_ws_server **ret_server, const struct aas_ws_server_config *config,
                         struct aas_error *err)
{
    struct aas_ws_server *server = calloc(1, sizeof *server);
    if (!server)
        return AAS_ENOMEM;
    if (pthread_mutex_init(&server->inbox.lock, NULL) != 0) {
        free(server);
        return AAS_ENOMEM;
    }
    server->config = *config;
    fill_defaults(&server->config);
    server->inbox.tail = &server->inbox.head;
    size_t buckets = 64;
    while (buckets < server->config.max_clients)
        buckets *= 2;
    server->by_id_mask = buckets - 1;
    server->by_id = calloc(buckets, sizeof(struct aas_ws_conn *));
    server->name = strdup(config->name ? config->name : "ws");
    int rc = server->by_id && server->name ? copy_list(&server->subprotocols, config->subprotocols) : AAS_ENOMEM;
    if (rc == 0 && server->config.pong_timeout_s <= server->config.ping_s)
        rc = aas_error_set(err, AAS_EINVAL, "pong_timeout_s %u must be over ping_s %u", server->config.pong_timeout_s,
                           server->config.ping_s);
    if (rc) {
        aas_ws_server_destroy(server);
        return rc;
    }
    *ret_server = server;
    return 0;
}

static void collect(struct aas_metrics *m, void *arg)
{
    const struct aas_ws_server *server = arg;
    struct aas_ws_stats s;
    aas_ws_server_stats(server, &s);
    const struct aas_label labels[] = {{"hub", server->name}, {NULL, NULL}};
    aas_metric_set(aas_metrics_gauge(m, "aas_ws_clients", "WebSocket clients connected.", labels), (double)s.clients);
    aas_metric_set_total(aas_metrics_counter(m, "aas_ws_opened_total", "WebSocket connections opened.", labels),
                         (double)s.opened);
    aas_metric_set_total(aas_metrics_counter(m, "aas_ws_sent_total", "WebSocket frames sent.", labels), (double)s.sent);
    aas_metric_set_total(aas_metrics_counter(m, "aas_ws_received_total", "WebSocket messages received.", labels),
                         (double)s.received);
    aas_metric_set_total(
        aas_metrics_counter(m, "aas_ws_lost_total", "Frames that slow WebSocket clients missed.", labels),
        (double)s.lost);
    aas_metric_set_total(aas_metrics_counter(m, "aas_ws_refused_total", "WebSocket clients refused, too many.", labels),
                         (double)s.refused);
}

static void set_open(struct ws_inbox *inbox, bool open)
{
    (void)pthread_mutex_lock(&inbox->lock);
    inbox->open = open;
    (void)pthread_mutex_unlock(&inbox->lock);
}

int aas_ws_server_start(struct aas_ws_server *server, struct aas_error *err)
{
    int rc = ws_hub_open(server, err);
    if (rc)
        return rc;
    set_open(&server->inbox, true);
    rc = aas_thread_create(&server->thread, server->name, ws_hub_run, server);
    if (rc) {
        set_open(&server->inbox, false);
        ws_hub_close(server);
        return aas_error_set(err, rc, "cannot start the thread of the hub \"%s\"", server->name);
    }
    server->exported = aas_metrics_add_collector(NULL, collect, server) == 0;
    return 0;
}

void ws_command_free(struct ws_command *command)
{
    aas_ws_frame_unref(command->frame);
    ws_conn_destroy(command->conn);
    free(command);
}

void aas_ws_server_stop(struct aas_ws_server *server, uint32_t drain_ms)
{
    struct ws_inbox *inbox = &server->inbox;
    if (!server->thread)
        return;
    (void)pthread_mutex_lock(&inbox->lock);
    inbox->open = false;
    inbox->stop = true;
    inbox->stop_by = aas_mono_in_ms(drain_ms);
    lws_cancel_service(server->context);
    (void)pthread_mutex_unlock(&inbox->lock);
    aas_thread_join(server->thread);
    server->thread = NULL;
    ws_hub_close(server);
    while (inbox->head) { /* the loop failed: nobody took these */
        struct ws_command *command = inbox->head;
        inbox->head = command->next;
        ws_command_free(command);
    }
    inbox->tail = &inbox->head;
}

void aas_ws_server_destroy(struct aas_ws_server *server)
{
    if (!server)
        return;
    aas_ws_server_stop(server, 0);
    if (server->exported)
        aas_metrics_remove_collector(NULL, collect, server);
    for (char **name = server->subprotocols; name && *name; name++)
        free(*name);
    free(server->subprotocols);
    free(server->name);
    free(server->by_id);
    (void)pthread_mutex_destroy(&server->inbox.lock);
    free(server);
}

/* ---- inbox, any thread ---- */

/* With the lock held: makes room by losing the oldest frame. Other commands are few and never lost. */
static void lose_oldest(struct ws_inbox *inbox)
{
    for (struct ws_command **at = &inbox->head; *at; at = &(*at)->next) {
        struct ws_command *command = *at;
        if (command->kind != WS_CMD_BROADCAST && command->kind != WS_CMD_SEND)
            continue;
        *at = command->next;
        if (!*at)
            inbox->tail = at;
        inbox->frames--;
        inbox->lost++;
        inbox->lost_seq = command->frame->meta.seq;
        ws_command_free(command);
        return;
    }
}

static int post(struct aas_ws_server *server, struct ws_command *command)
{
    struct ws_inbox *inbox = &server->inbox;
    bool bounded = command->kind != WS_CMD_ADOPT;
    int rc = 0;
    (void)pthread_mutex_lock(&inbox->lock);
    if (bounded && inbox->frames >= server->config.inbox_frames)
        lose_oldest(inbox);
    if (!inbox->open || (bounded && inbox->frames >= server->config.inbox_frames)) {
        rc = AAS_EUNAVAILABLE;
        if (inbox->open && command->frame) {
            inbox->lost++;
            inbox->lost_seq = command->frame->meta.seq;
        }
    } else {
        command->next = NULL;
        *inbox->tail = command;
        inbox->tail = &command->next;
        inbox->frames += bounded;
        if (!inbox->woken)
            lws_cancel_service(server->context);
        inbox->woken = true;
    }
    (void)pthread_mutex_unlock(&inbox->lock);
    return rc;
}

static void post_frame(struct aas_ws_server *server, enum ws_command_kind kind, uint64_t conn_id,
                       struct aas_ws_frame *frame)
{
    struct ws_command *command = calloc(1, sizeof *command);
    if (!command) {
        (void)pthread_mutex_lock(&server->inbox.lock);
        server->inbox.lost++;
        server->inbox.lost_seq = frame->meta.seq;
        (void)pthread_mutex_unlock(&server->inbox.lock);
        return;
    }
    *command = (struct ws_command){.kind = kind, .frame = aas_ws_frame_ref(frame), .conn_id = conn_id};
    if (post(server, command) != 0)
        ws_command_free(command);
}

void aas_ws_server_broadcast(struct aas_ws_server *server, struct aas_ws_frame *frame)
{
    post_frame(server, WS_CMD_BROADCAST, 0, frame);
}

void aas_ws_server_send(struct aas_ws_server *server, uint64_t conn_id, struct aas_ws_frame *frame)
{
    post_frame(server, WS_CMD_SEND, conn_id, frame);
}

int aas_ws_server_each(struct aas_ws_server *server, void (*fn)(void *arg, struct aas_ws_conn *conn), void *arg)
{
    struct ws_command *command = calloc(1, sizeof *command);
    if (!command)
        return AAS_ENOMEM;
    *command = (struct ws_command){.kind = WS_CMD_EACH, .fn = fn, .arg = arg};
    int rc = post(server, command);
    if (rc)
        ws_command_free(command);
    return rc;
}

int ws_server_reserve(struct aas_ws_server *server, struct aas_error *err)
{
    struct ws_inbox *inbox = &server->inbox;
    (void)pthread_mutex_lock(&inbox->lock);
    bool open = inbox->open, room = inbox->clients < server->config.max_clients;
    if (open && room)
        inbox->clients++;
    (void)pthread_mutex_unlock(&inbox->lock);
    if (open && room)
        return 0;
    atomic_fetch_add_explicit(&server->refused, 1, memory_order_relaxed);
    if (!open)
        return aas_error_set(err, AAS_EUNAVAILABLE, "live updates are not available: the service is stopping");
    return aas_error_set(err, AAS_EUNAVAILABLE, "too many live connections: all %zu are taken",
                         server->config.max_clients);
}

void ws_server_unreserve(struct aas_ws_server *server)
{
    (void)pthread_mutex_lock(&server->inbox.lock);
    server->inbox.clients--;
    (void)pthread_mutex_unlock(&server->inbox.lock);
}

bool ws_server_knows_subprotocol(const struct aas_ws_server *server, const char *name)
{
    for (char **known = server->subprotocols; *known; known++)
        if (strcmp(*known, name) == 0)
            return true;
    return false;
}

int ws_server_adopt(struct aas_ws_server *server, int fd, const char *key, const char *subprotocol, void *user,
                    void (*free_user)(void *user), const char *peer, struct aas_error *err)
{
    struct ws_command *command = calloc(1, sizeof *command);
    struct aas_ws_conn *conn = command ? ws_conn_create(server, fd, key, subprotocol) : NULL;
    if (!conn) {
        free(command);
        (void)close(fd);
        if (free_user)
            free_user(user);
        return aas_error_set(err, AAS_ENOMEM, "no memory for one more live connection");
    }
    conn->user = user;
    conn->free_user = free_user;
    size_t len = strnlen(peer, sizeof conn->peer - 1);
    memcpy(conn->peer, peer, len);
    *command = (struct ws_command){.kind = WS_CMD_ADOPT, .conn = conn};
    (void)pthread_mutex_lock(&server->inbox.lock);
    conn->id = ++server->inbox.next_id;
    (void)pthread_mutex_unlock(&server->inbox.lock);
    int rc = post(server, command);
    if (rc) {
        ws_command_free(command);
        return aas_error_set(err, rc, "live updates are not available: the service is stopping");
    }
    return 0;
}

void aas_ws_server_stats(const struct aas_ws_server *server, struct aas_ws_stats *ret_stats)
{
    *ret_stats = (struct aas_ws_stats){
        .clients = atomic_load_explicit(&server->clients, memory_order_relaxed),
        .opened = atomic_load_explicit(&server->opened, memory_order_relaxed),
        .sent = atomic_load_explicit(&server->sent, memory_order_relaxed),
        .received = atomic_load_explicit(&server->received, memory_order_relaxed),
        .lost = atomic_load_explicit(&server->lost, memory_order_relaxed),
        .refused = atomic_load_explicit(&server->refused, memory_order_relaxed),
    };
}
