#include "scripted_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 64

struct connection {
    struct scripted_server *server;
    pthread_t thread;
    int fd;
};

struct scripted_server {
    int fd;
    uint16_t port;
    atomic_bool stopping;
    atomic_uint accepted, requests;
    pthread_t thread;
    struct connection connections[MAX_CONNECTIONS];
};

static const struct {
    const char *path, *answer;
    bool close;
} answers[] = {
    {"/ok", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"abc\"\r\nContent-Length: 2\r\n\r\n{}", false},
    {"/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", false},
    {"/then-close", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true},
    {"/404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false},
    {"/500", "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops", false},
    {"/501", "HTTP/1.1 501 No\r\nContent-Length: 0\r\n\r\n", false},
    {"/503-later", "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", false},
    {"/503", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", false},
    {"/redirect", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", false},
    {"/garbage", "this is no HTTP at all\r\n\r\n", true},
    {"/short", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", true},
    {"/bad-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", true},
    {"/nothing", "", true},
    {"/large", "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", true},
    {"/stream", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", true}, /* and bytes without end */
};

static bool put(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* Reads one request with its body; its length, 0 at the end. */
static size_t take_request(int fd, char *head, size_t size)
{
    size_t n = 0, want = 0;
    while (want == 0 || n < want) {
        ssize_t got = recv(fd, head + n, size - 1 - n, 0);
        if (got <= 0)
            return 0;
        n += (size_t)got;
        head[n] = '\0';
        const char *end = strstr(head, "\r\n\r\n");
        const char *length = strcasestr(head, "\r\nContent-Length: ");
        if (end)
            want = (size_t)(end - head) + 4 + (length && length < end ? strtoul(length + 18, NULL, 10) : 0);
    }
    return n;
}

static bool echo(int fd, const char *request, size_t n)
{
    char head[96];
    int len = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
    return put(fd, head, (size_t)len) && put(fd, request, n);
}

static void drip(struct connection *c)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n";
    struct pollfd fd = {.fd = c->fd, .events = POLLRDHUP};
    for (size_t i = 0; i < 10000 && !atomic_load(&c->server->stopping); i++)
        if (!put(c->fd, i < sizeof text - 1 ? &text[i] : "x", 1) || poll(&fd, 1, 5) != 0)
            return;
}

static bool serve(struct connection *c, const char *request, size_t n)
{
    char path[64] = "";
    (void)sscanf(request, "%*s %63s", path);
    if (strncmp(path, "/echo", 5) == 0)
        return echo(c->fd, request, n);
    if (strcmp(path, "/drip") == 0) {
        drip(c);
        return false;
    }
    if (strcmp(path, "/silent") == 0) {
        struct pollfd fd = {.fd = c->fd, .events = POLLRDHUP};
        while (!atomic_load(&c->server->stopping) && poll(&fd, 1, 20) == 0)
            continue;
        return false;
    }
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (strcmp(path, answers[i].path) != 0)
            continue;
        bool ok = put(c->fd, answers[i].answer, strlen(answers[i].answer));
        while (ok && strcmp(path, "/stream") == 0)
            ok = put(c->fd, "0123456789abcdef", 16);
        return ok && !answers[i].close;
    }
    return false;
}

static void *run_connection(void *arg)
{
    struct connection *c = arg;
    char request[16384];
    size_t n;
    while ((n = take_request(c->fd, request, sizeof request)) > 0) {
        (void)atomic_fetch_add(&c->server->requests, 1);
        if (!serve(c, request, n))
            break;
    }
    (void)shutdown(c->fd, SHUT_RDWR);
    return NULL;
}

static void *run_server(void *arg)
{
    struct scripted_server *s = arg;
    for (;;) {
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        unsigned i = atomic_load(&s->accepted);
        if (i == MAX_CONNECTIONS) {
            (void)close(fd);
            return NULL;
        }
        (void)atomic_fetch_add(&s->accepted, 1); /* before the answer: the test counts when it has it */
        s->connections[i] = (struct connection){.server = s, .fd = fd};
        if (pthread_create(&s->connections[i].thread, NULL, run_connection, &s->connections[i]) != 0)
            abort();
    }
}

struct scripted_server *scripted_server_start(uint16_t port)
{
    struct scripted_server *s = calloc(1, sizeof *s);
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    int one = 1;
    if (!s || (s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 ||
        setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(s->fd, (struct sockaddr *)&addr, sizeof addr) != 0 || listen(s->fd, 64) != 0 ||
        getsockname(s->fd, (struct sockaddr *)&addr, &len) != 0 || pthread_create(&s->thread, NULL, run_server, s) != 0)
        abort();
    s->port = ntohs(addr.sin_port);
    return s;
}

uint16_t scripted_server_port(const struct scripted_server *s)
{
    return s->port;
}

unsigned scripted_server_accepted(struct scripted_server *s)
{
    return atomic_load(&s->accepted);
}

unsigned scripted_server_requests(struct scripted_server *s)
{
    return atomic_load(&s->requests);
}

void scripted_server_stop(struct scripted_server *s)
{
    atomic_store(&s->stopping, true);
    (void)shutdown(s->fd, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    for (unsigned i = 0; i < atomic_load(&s->accepted); i++) {
        (void)shutdown(s->connections[i].fd, SHUT_RDWR);
        (void)pthread_join(s->connections[i].thread, NULL);
        (void)close(s->connections[i].fd);
    }
    (void)close(s->fd);
    free(s);
}
