/* The server's life: configuration, listening socket, libmicrohttpd's daemon, draining stop. */
#include "http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aas/log.h"
#include "aas/thread.h"

#define AAS_LOG_MOD "http"

#define STOP_HANDLERS_MS                                                                                               \
    60000 /* a handler that outlives its own deadline by far is a bug; don't hang on it for ever                       \
           */
#define CONN_POOL_BYTES (48u * 1024)

static void defaults(struct aas_http_server_config *c)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (!c->threads)
        c->threads = cpus > 0 ? (unsigned)cpus : 1;
    if (!c->max_connections)
        c->max_connections = 1024;
    if (!c->max_head_bytes)
        c->max_head_bytes = 16384;
    if (!c->max_body_bytes)
        c->max_body_bytes = (size_t)1024 * 1024;
    if (!c->head_timeout_ms)
        c->head_timeout_ms = 10000;
    if (!c->body_timeout_ms)
        c->body_timeout_ms = 60000;
    if (!c->idle_timeout_ms)
        c->idle_timeout_ms = 75000;
    if (!c->send_timeout_ms)
        c->send_timeout_ms = 60000;
    if (!c->handler_timeout_ms)
        c->handler_timeout_ms = 10000;
}

static int init_sync(struct aas_http_server *s)
{
    pthread_condattr_t attr;
    if (pthread_mutex_init(&s->conns_lock, NULL) != 0 || pthread_mutex_init(&s->sweep_lock, NULL) != 0 ||
        pthread_condattr_init(&attr) != 0)
        return AAS_ENOMEM;
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int rc = pthread_cond_init(&s->sweep_wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    return -rc;
}

int aas_http_server_create(struct aas_http_server **ret_server, const struct aas_http_server_config *config,
                           struct aas_error *err)
{
    if (config->threads > 64)
        return aas_error_set(err, AAS_EINVAL, "threads is %u; at most 64 is right", config->threads);
    struct aas_http_server *s = calloc(1, sizeof *s);
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    s->config = *config;
    s->listen_fd = -1;
    defaults(&s->config);
    s->bind = strdup(config->bind ? config->bind : "127.0.0.1");
    s->service = strdup(config->service ? config->service : "http");
    s->cors = config->cors_origins && *config->cors_origins ? strdup(config->cors_origins) : NULL;
    s->router = http_router_create();
    bool ok = s->bind && s->service && s->router && (s->cors || !config->cors_origins || !*config->cors_origins);
    if (init_sync(s) != 0 || !ok) {
        aas_http_server_destroy(s);
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    }
    *ret_server = s;
    return 0;
}

int aas_http_server_add(struct aas_http_server *s, const struct aas_http_route *routes, size_t count, void *ctx,
                        struct aas_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct aas_http_route *r = &routes[i];
        if (r->mode == AAS_HTTP_WORKER && !s->config.workers)
            return aas_error_set(err, AAS_EINVAL, "route '%s' needs workers, and the server has none", r->pattern);
        if (r->mode == AAS_HTTP_WORKER && (r->flags & AAS_HTTP_UPGRADE))
            return aas_error_set(err, AAS_EINVAL, "route '%s': an upgrade is INLINE", r->pattern);
        int rc = http_router_add(s->router, r, ctx, s->routes, err);
        if (rc)
            return rc;
        s->routes++;
    }
    return 0;
}

/* Own socket, so that a taken port is told with its owner. */
static int open_listener(struct aas_http_server *s, int *ret_family, struct aas_error *err)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *a = NULL;
    char port[8];
    (void)snprintf(port, sizeof port, "%u", s->config.port);
    if (getaddrinfo(s->bind, port, &hints, &a) != 0)
        return aas_error_set(err, AAS_EINVAL, "bind is '%s'; a numeric address is right", s->bind);
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, rc = fd < 0 ? -errno : 0;
    if (rc == 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (rc == 0 && (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, 1024) != 0))
        rc = -errno;
    *ret_family = a->ai_family;
    freeaddrinfo(a);
    if (rc == 0) {
        s->listen_fd = fd;
        return 0;
    }
    if (fd >= 0)
        (void)close(fd);
    char owner[128];
    aas_http_port_owner(s->config.port, owner, sizeof owner);
    return aas_error_set(err, rc, "cannot listen on %s port %u: %s%s%s", s->bind, s->config.port, strerror(-rc),
                         *owner ? ", it is held by " : "", owner);
}

static AAS_PRINTF(2, 0) void bridge(void *arg, const char *format, va_list args)
{
    char text[512];
    (void)arg;
    int n = vsnprintf(text, sizeof text, format, args);
    /* this one is how an upgrade is handed over */
    if (n > 0 && !strstr(text, "Application reported internal error"))
        aas_log_bridge(AAS_LOG_DEBUG, "microhttpd", text, strcspn(text, "\n"));
}

/* The URI is decoded by us, once it has been split. */
static size_t keep_escaped(void *arg, struct MHD_Connection *c, char *text)
{
    (void)arg;
    (void)c;
    return strlen(text);
}

static int start_daemon(struct aas_http_server *s, int family, struct aas_error *err)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (family == AF_INET6)
        flags |= MHD_USE_IPv6;
    struct MHD_OptionItem optional[4];
    size_t n = 0;
    if (s->config.threads > 1)
        optional[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->config.threads, NULL};
    if (s->config.max_per_ip)
        optional[n++] =
            (struct MHD_OptionItem){MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)s->config.max_per_ip, NULL};
    optional[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    size_t pool = s->config.max_head_bytes * 2 > CONN_POOL_BYTES ? s->config.max_head_bytes * 2 : CONN_POOL_BYTES;
    s->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, http_access, s, MHD_OPTION_EXTERNAL_LOGGER, bridge, NULL, MHD_OPTION_LISTEN_SOCKET,
        s->listen_fd, MHD_OPTION_NOTIFY_CONNECTION, http_conn_notify, s, MHD_OPTION_URI_LOG_CALLBACK,
        http_request_begin, s, MHD_OPTION_NOTIFY_COMPLETED, http_request_completed, s, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escaped, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool, MHD_OPTION_CONNECTION_LIMIT,
        s->config.max_connections, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, optional, MHD_OPTION_END);
    return s->daemon ? 0 : aas_error_set(err, AAS_EUPSTREAM, "the HTTP library does not start");
}

int aas_http_server_start(struct aas_http_server *s, struct aas_error *err)
{
    int family = AF_UNSPEC, rc;
    s->figures = calloc(s->routes + 1, sizeof *s->figures);
    if (!s->figures)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    rc = open_listener(s, &family, err);
    if (rc)
        return rc;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    socklen_t len = sizeof a;
    if (getsockname(s->listen_fd, &a.any, &len) == 0)
        s->port = ntohs(family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
    rc = http_metrics_register(s);
    if (rc == 0)
        rc = aas_thread_create(&s->sweeper, "http-sweep", http_sweeper, s);
    if (rc)
        return aas_error_set(err, rc, "the HTTP server does not start: %s", aas_strerror(rc));
    return start_daemon(s, family, err);
}

uint16_t aas_http_server_port(const struct aas_http_server *server)
{
    return server->port;
}

unsigned aas_http_server_in_flight(const struct aas_http_server *server)
{
    return atomic_load(&server->in_flight);
}

unsigned aas_http_server_connections(const struct aas_http_server *server)
{
    return atomic_load(&server->open);
}

/* Until the count is 0, or the deadline. */
static void wait_zero(struct aas_http_server *s, atomic_uint *count, int64_t ms)
{
    struct aas_mono end = aas_mono_in_ms(ms);
    (void)pthread_mutex_lock(&s->sweep_lock);
    while (atomic_load(count) > 0 && !aas_mono_passed(end)) {
        /* woken by whoever ends; the slice guards against a wake-up between test and wait */
        struct timespec ts = aas_mono_timespec(aas_mono_in_ms(20));
        (void)pthread_cond_timedwait(&s->sweep_wake, &s->sweep_lock, &ts);
    }
    (void)pthread_mutex_unlock(&s->sweep_lock);
}

void aas_http_server_stop(struct aas_http_server *s, uint32_t drain_ms)
{
    atomic_store(&s->stopping, true);
    if (s->daemon) {
        (void)MHD_quiesce_daemon(s->daemon);
        wait_zero(s, &s->in_flight, drain_ms);
        wait_zero(s, &s->suspended, STOP_HANDLERS_MS);
        MHD_stop_daemon(s->daemon);
        s->daemon = NULL;
    }
    if (s->listen_fd >= 0) {
        (void)close(s->listen_fd);
        s->listen_fd = -1;
    }
    if (s->sweeper) {
        (void)pthread_mutex_lock(&s->sweep_lock);
        s->sweep_end = true;
        (void)pthread_cond_broadcast(&s->sweep_wake);
        (void)pthread_mutex_unlock(&s->sweep_lock);
        aas_thread_join(s->sweeper);
        s->sweeper = NULL;
    }
    http_metrics_unregister(s);
}

void aas_http_server_destroy(struct aas_http_server *s)
{
    if (!s)
        return;
    aas_http_server_stop(s, 0);
    http_router_destroy(s->router);
    free(s->figures);
    free(s->bind);
    free(s->service);
    free(s->cors);
    (void)pthread_cond_destroy(&s->sweep_wake);
    (void)pthread_mutex_destroy(&s->sweep_lock);
    (void)pthread_mutex_destroy(&s->conns_lock);
    free(s);
}
