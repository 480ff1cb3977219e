#include "ws_peer.h"

#include "ws_server_internal.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <aas/test_wait.h>

#define KEY    "dGhlIHNhbXBsZSBub25jZQ==" /* the example of RFC 6455 section 1.3 */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct ws_acceptor {
    struct aas_ws_server *server;
    int fd;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock;
    char request[256], copy[256];
};

static bool header(const char *head, const char *name, char *out, size_t size)
{
    char key[64];
    (void)snprintf(key, sizeof key, "\r\n%s: ", name);
    const char *at = strcasestr(head, key);
    if (!at)
        return false;
    at += strlen(key);
    (void)snprintf(out, size, "%.*s", (int)strcspn(at, "\r"), at);
    return true;
}

static bool read_head(int fd, char *head, size_t size)
{
    size_t n = 0;
    head[0] = '\0';
    while (n < size - 1 && !strstr(head, "\r\n\r\n")) { /* byte by byte: what follows belongs to the frames */
        if (recv(fd, head + n, 1, 0) != 1)
            return false;
        head[++n] = '\0';
    }
    return true;
}

static void hand_over(struct ws_acceptor *a, int fd)
{
    char head[4096], key[64] = "", protocol[64], user[64];
    if (!read_head(fd, head, sizeof head) || !header(head, "Sec-WebSocket-Key", key, sizeof key) ||
        ws_server_reserve(a->server, NULL) != 0) {
        static const char busy[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
        (void)send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL);
        (void)close(fd);
        return;
    }
    (void)pthread_mutex_lock(&a->lock);
    (void)snprintf(a->request, sizeof a->request, "%.*s", (int)strcspn(head, "\r"), head);
    (void)pthread_mutex_unlock(&a->lock);
    bool offered = header(head, "Sec-WebSocket-Protocol", protocol, sizeof protocol);
    if (offered)
        protocol[strcspn(protocol, ",")] = '\0';
    char *copy = header(head, "Authorization", user, sizeof user) ? strdup(user) : NULL;
    if (ws_server_adopt(a->server, fd, key, offered ? protocol : NULL, copy, copy ? free : NULL, "127.0.0.1", NULL) !=
        0)
        ws_server_unreserve(a->server);
}

static void *run_acceptor(void *arg)
{
    struct ws_acceptor *a = arg;
    int fd;
    while ((fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        hand_over(a, fd);
    return NULL;
}

struct ws_acceptor *ws_acceptor_start(struct aas_ws_server *server)
{
    struct ws_acceptor *a = calloc(1, sizeof *a);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    if (!a || pthread_mutex_init(&a->lock, NULL) != 0 || (a->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 ||
        bind(a->fd, (struct sockaddr *)&addr, sizeof addr) != 0 || listen(a->fd, 1024) != 0 ||
        getsockname(a->fd, (struct sockaddr *)&addr, &len) != 0)
        abort();
    a->server = server;
    a->port = ntohs(addr.sin_port);
    if (pthread_create(&a->thread, NULL, run_acceptor, a) != 0)
        abort();
    return a;
}

uint16_t ws_acceptor_port(const struct ws_acceptor *a)
{
    return a->port;
}

const char *ws_acceptor_request(struct ws_acceptor *a)
{
    (void)pthread_mutex_lock(&a->lock);
    memcpy(a->copy, a->request, sizeof a->copy);
    (void)pthread_mutex_unlock(&a->lock);
    return a->copy;
}

void ws_acceptor_stop(struct ws_acceptor *a)
{
    (void)shutdown(a->fd, SHUT_RDWR);
    (void)pthread_join(a->thread, NULL);
    (void)close(a->fd);
    (void)pthread_mutex_destroy(&a->lock);
    free(a);
}

/* ---- client ---- */

bool ws_peer_send_raw(struct ws_peer *p, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = send(p->fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool ws_peer_connect(struct ws_peer *p, uint16_t port, int rcvbuf)
{
    const struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *p = (struct ws_peer){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (p->fd < 0)
        return false;
    if (rcvbuf > 0)
        (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
    return connect(p->fd, (const struct sockaddr *)&addr, sizeof addr) == 0;
}

int ws_peer_request(struct ws_peer *p, const char *head)
{
    char length[32], byte, request[1024];
    int status = 0, n = snprintf(request, sizeof request, "%s\r\n", head);
    if ((size_t)n >= sizeof request || !ws_peer_send_raw(p, request, (size_t)n) ||
        !read_head(p->fd, p->head, sizeof p->head) || sscanf(p->head, "HTTP/1.1 %d ", &status) != 1)
        return 0;
    unsigned long left = header(p->head, "Content-Length", length, sizeof length) ? strtoul(length, NULL, 10) : 0;
    for (; left > 0; left--)
        if (recv(p->fd, &byte, 1, 0) != 1)
            return 0;
    return status;
}

bool ws_peer_open(struct ws_peer *p, uint16_t port, const char *protocol, int rcvbuf)
{
    char request[512];
    (void)snprintf(request, sizeof request, WS_PEER_UPGRADE "%s%s%s", protocol ? "Sec-WebSocket-Protocol: " : "",
                   protocol ? protocol : "", protocol ? "\r\n" : "");
    if (ws_peer_connect(p, port, rcvbuf) && ws_peer_request(p, request) == 101 &&
        strstr(p->head, "Sec-WebSocket-Accept: " ACCEPT "\r\n"))
        return true;
    ws_peer_close(p);
    return false;
}

void ws_peer_close(struct ws_peer *p)
{
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
    free(p->frame.payload);
    free(p->buf);
    p->buf = p->frame.payload = NULL;
}

bool ws_peer_send(struct ws_peer *p, unsigned first_byte, const void *payload, size_t len)
{
    static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
    uint8_t *bytes = malloc(len + 14);
    size_t at = 2;
    if (!bytes)
        return false;
    bytes[0] = (uint8_t)first_byte;
    if (len < 126) {
        bytes[1] = (uint8_t)(0x80 | len);
    } else {
        size_t width = len <= 0xffff ? 2 : 8;
        bytes[1] = width == 2 ? 0xfe : 0xff;
        for (size_t i = 0; i < width; i++)
            bytes[at++] = (uint8_t)((uint64_t)len >> (8 * (width - 1 - i)));
    }
    memcpy(bytes + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < len; i++)
        bytes[at + i] = ((const uint8_t *)payload)[i] ^ mask[i & 3];
    bool ok = ws_peer_send_raw(p, bytes, at + len);
    free(bytes);
    return ok;
}

bool ws_peer_send_text(struct ws_peer *p, const char *text)
{
    return ws_peer_send(p, 0x81, text, strlen(text));
}

/* At least want bytes in the buffer. */
static bool fill(struct ws_peer *p, size_t want, int64_t end_ns)
{
    while (p->len < want) {
        int64_t left_ms = (end_ns - aas_test_real_ns()) / 1000000;
        struct pollfd fd = {.fd = p->fd, .events = POLLIN};
        if (left_ms < 0 || poll(&fd, 1, (int)left_ms) <= 0)
            return false;
        if (p->cap < want + 65536) {
            char *more = realloc(p->buf, want + 65536);
            if (!more)
                abort();
            p->buf = more;
            p->cap = want + 65536;
        }
        ssize_t n = recv(p->fd, p->buf + p->len, p->cap - p->len, 0);
        if (n <= 0)
            return false;
        p->len += (size_t)n;
    }
    return true;
}

const struct peer_frame *ws_peer_receive(struct ws_peer *p, int timeout_ms)
{
    int64_t end_ns = aas_test_real_ns() + (int64_t)timeout_ms * 1000000;
    if (!fill(p, 2, end_ns))
        return NULL;
    const uint8_t *b = (const uint8_t *)p->buf;
    size_t width = (b[1] & 0x7f) == 126 ? 2 : (b[1] & 0x7f) == 127 ? 8 : 0;
    if (!fill(p, 2 + width, end_ns))
        return NULL;
    b = (const uint8_t *)p->buf;
    size_t len = width ? 0 : b[1] & 0x7f;
    for (size_t i = 0; i < width; i++)
        len = len << 8 | b[2 + i];
    if (!fill(p, 2 + width + len, end_ns))
        return NULL;
    b = (const uint8_t *)p->buf;
    free(p->frame.payload);
    p->frame = (struct peer_frame){
        .opcode = b[0] & 0x0f, .fin = (b[0] & 0xf0) == 0x80, .masked = (b[1] & 0x80) != 0, .len = len};
    p->frame.payload = strndup(p->buf + 2 + width, len);
    if (p->frame.opcode == 8 && len >= 2)
        p->frame.code = (unsigned)b[2 + width] << 8 | b[3 + width];
    p->len -= 2 + width + len;
    memmove(p->buf, p->buf + 2 + width + len, p->len);
    return &p->frame;
}

int ws_peer_close_code(struct ws_peer *p, int timeout_ms)
{
    const struct peer_frame *f;
    while ((f = ws_peer_receive(p, timeout_ms)))
        if (f->opcode == 8)
            return (int)f->code;
    return -1;
}

bool ws_peer_at_end(struct ws_peer *p, int timeout_ms)
{
    char byte;
    struct pollfd fd = {.fd = p->fd, .events = POLLIN};
    return poll(&fd, 1, timeout_ms) > 0 && recv(p->fd, &byte, 1, 0) <= 0;
}
