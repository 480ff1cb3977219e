/* Connections: their memory, their phases, and the sweeper that cuts those that are too slow. libmicrohttpd's own
 * timeout is one of inactivity, which each byte of a dripping client resets. */
#include "http_internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "aas/log.h"
#include "aas/thread.h"

#define AAS_LOG_MOD "http"

#define SWEEP_MS        250
#define BODY_MAX_BYTES  ((size_t)256 * 1024 * 1024)
#define REPLY_MAX_BYTES ((size_t)256 * 1024 * 1024)

static int64_t now_ms(void)
{
    return aas_clock_mono().ns / 1000000;
}

void http_conn_phase(struct http_conn *conn, enum http_phase phase)
{
    atomic_store_explicit(&conn->since_ms, now_ms(), memory_order_relaxed);
    atomic_store_explicit(&conn->phase, (int)phase, memory_order_relaxed);
}

void *http_arena_alloc(struct http_conn *conn, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    if (size > SIZE_MAX - align - sizeof(struct http_chunk))
        return NULL;
    size = (size + align - 1) / align * align;
    struct http_chunk *c = conn->arena;
    if (!c || c->cap - c->used < size) {
        size_t cap = size > HTTP_ARENA_BYTES ? size : HTTP_ARENA_BYTES;
        c = malloc(sizeof *c + cap);
        if (!c)
            return NULL;
        c->used = 0;
        c->cap = cap;
        c->next = conn->arena;
        conn->arena = c;
    }
    void *p = c->data + c->used;
    c->used += size;
    return p;
}

static void trim_buf(struct aas_buf *b)
{
    if (b->cap > HTTP_KEEP_BUF_BYTES) {
        size_t max = b->max_bytes;
        aas_buf_fini(b);
        aas_buf_init(b, max);
    } else {
        aas_buf_clear(b);
    }
}

void http_conn_reset(struct http_conn *conn)
{
    while (conn->arena && conn->arena->next) {
        struct http_chunk *next = conn->arena->next;
        free(conn->arena);
        conn->arena = next;
    }
    if (conn->arena && conn->arena->cap > HTTP_ARENA_BYTES) {
        free(conn->arena);
        conn->arena = NULL;
    }
    if (conn->arena)
        conn->arena->used = 0;
    trim_buf(&conn->body);
    trim_buf(&conn->reply);
    conn->req = NULL;
}

static void read_peer(struct http_conn *conn)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    socklen_t len = sizeof a;
    if (conn->fd < 0 || getpeername(conn->fd, &a.any, &len) != 0)
        return;
    const void *address = a.any.sa_family == AF_INET6 ? (const void *)&a.v6.sin6_addr : (const void *)&a.v4.sin_addr;
    (void)inet_ntop(a.any.sa_family, address, conn->peer, sizeof conn->peer);
}

static struct http_conn *conn_open(struct aas_http_server *server, struct MHD_Connection *c)
{
    struct http_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return NULL;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    conn->server = server;
    conn->fd = info ? info->connect_fd : -1;
    aas_buf_init(&conn->body, BODY_MAX_BYTES);
    aas_buf_init(&conn->reply, REPLY_MAX_BYTES);
    read_peer(conn);
    http_conn_phase(conn, HTTP_PHASE_HEAD);
    (void)pthread_mutex_lock(&server->conns_lock);
    conn->next = server->conns;
    if (conn->next)
        conn->next->prev = conn;
    server->conns = conn;
    (void)pthread_mutex_unlock(&server->conns_lock);
    atomic_fetch_add(&server->open, 1);
    return conn;
}

static void conn_close(struct http_conn *conn)
{
    struct aas_http_server *server = conn->server;
    (void)pthread_mutex_lock(&server->conns_lock);
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        server->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    (void)pthread_mutex_unlock(&server->conns_lock);
    atomic_fetch_sub(&server->open, 1);
    http_conn_reset(conn);
    free(conn->arena);
    aas_buf_fini(&conn->body);
    aas_buf_fini(&conn->reply);
    free(conn);
}

void http_conn_notify(void *arg, struct MHD_Connection *c, void **socket_context,
                      enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = conn_open(arg, c);
    } else if (*socket_context) {
        conn_close(*socket_context);
        *socket_context = NULL;
    }
}

static int64_t limit_of(const struct aas_http_server *s, int phase)
{
    switch (phase) {
    case HTTP_PHASE_HEAD:
        return s->config.head_timeout_ms;
    case HTTP_PHASE_BODY:
        return s->config.body_timeout_ms;
    case HTTP_PHASE_SEND:
        return s->config.send_timeout_ms;
    case HTTP_PHASE_IDLE:
        return s->config.idle_timeout_ms;
    default:
        return INT64_MAX;
    }
}

static void sweep(struct aas_http_server *s)
{
    static const char *const names[] = {"head", "body", "handle", "send", "idle"};
    int64_t now = now_ms();
    (void)pthread_mutex_lock(&s->conns_lock);
    for (struct http_conn *c = s->conns; c; c = c->next) {
        int phase = atomic_load_explicit(&c->phase, memory_order_relaxed);
        if (c->cut || now - atomic_load_explicit(&c->since_ms, memory_order_relaxed) <= limit_of(s, phase))
            continue;
        c->cut = true;
        /* the descriptor is closed only after conn_close(), which needs this lock */
        (void)shutdown(c->fd, SHUT_RDWR);
        if (phase != HTTP_PHASE_IDLE)
            AAS_LOG_INFO("http.slow", "a client was too slow and is disconnected", AAS_F_STR("phase", names[phase]),
                         AAS_F_STR("peer", c->peer));
    }
    (void)pthread_mutex_unlock(&s->conns_lock);
}

void http_sweeper(void *arg)
{
    struct aas_http_server *s = arg;
    (void)pthread_mutex_lock(&s->sweep_lock);
    while (!s->sweep_end) {
        struct aas_mono next = aas_mono_in_ms(SWEEP_MS);
        while (!s->sweep_end && !aas_mono_passed(next)) {
            struct timespec ts = aas_mono_timespec(next);
            (void)pthread_cond_timedwait(&s->sweep_wake, &s->sweep_lock, &ts);
        }
        if (s->sweep_end)
            break;
        (void)pthread_mutex_unlock(&s->sweep_lock);
        aas_thread_beat();
        sweep(s);
        (void)pthread_mutex_lock(&s->sweep_lock);
    }
    (void)pthread_mutex_unlock(&s->sweep_lock);
}
