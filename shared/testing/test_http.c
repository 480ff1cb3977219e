#include "aas/test_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aas/buf.h"
#include "aas/num.h"
#include "aas/test_wait.h"

#define ANSWER_MAX_BYTES (64u << 20)

static int wait_for(int fd, short events, int64_t end_ns)
{
    int64_t left_ms = (end_ns - aas_test_real_ns() + 999999) / 1000000;
    struct pollfd p = {.fd = fd, .events = events};
    int n = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;
    return n > 0 ? 0 : n == 0 ? AAS_ETIMEDOUT : -errno;
}

static int open_connection(uint16_t port, int64_t end_ns, int *ret_fd)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int rc = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 || errno == EINPROGRESS ? 0 : -errno;
    if (rc == 0)
        rc = wait_for(fd, POLLOUT, end_ns);
    int failure = 0;
    socklen_t len = sizeof failure;
    if (rc == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) == 0)
        rc = -failure;
    if (rc) {
        (void)close(fd);
        return rc;
    }
    *ret_fd = fd;
    return 0;
}

static int send_all(int fd, const char *p, size_t n, int64_t end_ns)
{
    while (n > 0) {
        ssize_t put = send(fd, p, n, MSG_NOSIGNAL);
        if (put < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (put < 0) {
            int rc = wait_for(fd, POLLOUT, end_ns);
            if (rc)
                return rc;
            continue;
        }
        p += put;
        n -= (size_t)put;
    }
    return 0;
}

/* Read what is there; *ret_n 0: the peer closed. */
static int read_some(int fd, struct aas_buf *in, int64_t end_ns, size_t *ret_n)
{
    for (;;) {
        char *to = aas_buf_reserve(in, 65536);
        if (!to)
            return aas_buf_status(in);
        ssize_t n = recv(fd, to, 65536, 0);
        if (n >= 0) {
            aas_buf_commit(in, (size_t)n);
            *ret_n = (size_t)n;
            return 0;
        }
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        int rc = wait_for(fd, POLLIN, end_ns);
        if (rc)
            return rc;
    }
}

/* Position behind the header block, or 0 while it is incomplete. */
static size_t head_end(const struct aas_buf *in)
{
    const char *hit = in->len ? memmem(in->data, in->len, "\r\n\r\n", 4) : NULL;
    return hit ? (size_t)(hit - in->data) + 4 : 0;
}

/* 1: complete, in *body; 0: more is needed; negative: malformed. */
static int unchunk(const char *p, size_t n, struct aas_buf *body)
{
    aas_buf_clear(body);
    for (;;) {
        const char *eol = n ? memmem(p, n, "\r\n", 2) : NULL;
        if (!eol)
            return 0;
        char *end;
        unsigned long size = strtoul(p, &end, 16);
        if (end == p || (end != eol && *end != ';') || size > ANSWER_MAX_BYTES)
            return AAS_EPARSE;
        size_t head = (size_t)(eol - p) + 2;
        if (n < head + size + 2)
            return 0;
        if (memcmp(p + head + size, "\r\n", 2) != 0)
            return AAS_EPARSE;
        if (size == 0)
            return 1;
        (void)aas_buf_append(body, p + head, size);
        p += head + size + 2;
        n -= head + size + 2;
    }
}

static int parse_status(const char *head, int *ret)
{
    if (strncmp(head, "HTTP/1.", 7) != 0 || strlen(head) < 12 || head[8] != ' ')
        return AAS_EPARSE;
    int64_t status;
    if (aas_num_parse_i64(head + 9, 3, &status) != 0 || status < 100)
        return AAS_EPARSE;
    *ret = (int)status;
    return 0;
}

const char *aas_test_http_header(const struct aas_test_response *r, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    const char *line = r->headers ? strstr(r->headers, "\r\n") : NULL;
    for (; line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
            continue;
        const char *value = line + n + 1 + strspn(line + n + 1, " \t");
        (void)snprintf(out, size, "%.*s", (int)strcspn(value, "\r\n"), value);
        return out;
    }
    return NULL;
}

/* How the end of the body is known. */
struct framing {
    bool chunked, none, counted;
    size_t length;
};

static int find_framing(const struct aas_test_response *r, const char *method, struct framing *f)
{
    char value[64];
    *f = (struct framing){.none = strcmp(method, "HEAD") == 0 || r->status == 204 || r->status == 304};
    if (aas_test_http_header(r, "Transfer-Encoding", value, sizeof value))
        f->chunked = strcasecmp(value, "chunked") == 0;
    if (aas_test_http_header(r, "Content-Length", value, sizeof value)) {
        uint64_t n;
        if (f->chunked || aas_num_parse_u64(value, strlen(value), &n) != 0 || n > ANSWER_MAX_BYTES)
            return AAS_EPARSE;
        f->counted = true;
        f->length = (size_t)n;
    }
    return 0;
}

/* 1 when the body is complete. */
static int body_state(const struct framing *f, const char *p, size_t n, bool closed, struct aas_buf *body)
{
    if (f->none)
        return 1;
    if (f->chunked)
        return unchunk(p, n, body);
    if (f->counted ? n < f->length : !closed)
        return 0;
    aas_buf_clear(body);
    return aas_buf_append(body, p, f->counted ? f->length : n) == 0 ? 1 : body->status;
}

static int receive(int fd, const char *method, int64_t end_ns, struct aas_test_response *r, struct aas_buf *body)
{
    AAS_AUTO_BUF struct aas_buf in = AAS_BUF_INIT(ANSWER_MAX_BYTES);
    struct framing f = {0};
    size_t head = 0, n = 1;
    while (n > 0) {
        int rc = read_some(fd, &in, end_ns, &n);
        if (rc)
            return rc;
        if (head == 0 && (head = head_end(&in)) > 0) {
            free(r->headers);
            r->headers = strndup(in.data, head);
            rc = r->headers ? parse_status(r->headers, &r->status) : AAS_ENOMEM;
            if (rc == 0)
                rc = find_framing(r, method, &f);
            if (rc)
                return rc;
            if (r->status == 100) { /* an interim answer */
                aas_buf_consume(&in, head);
                head = 0;
                if (in.len == 0)
                    continue;
                head = head_end(&in);
                if (head)
                    return AAS_ENOTSUP; /* both in one read: no test needs it */
                continue;
            }
        }
        rc = head ? body_state(&f, in.data + head, in.len - head, n == 0, body) : 0;
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
    return AAS_EPARSE; /* closed before the end */
}

int aas_test_http(uint16_t port, const char *method, const char *path, const char *headers, const void *body,
                  size_t body_len, int64_t timeout_ms, struct aas_test_response *ret)
{
    int64_t end_ns = aas_test_real_ns() + timeout_ms * 1000000;
    int fd;
    int rc = open_connection(port, end_ns, &fd);
    if (rc)
        return rc;
    AAS_AUTO_BUF struct aas_buf out = AAS_BUF_INIT(ANSWER_MAX_BYTES);
    AAS_AUTO_BUF struct aas_buf in = AAS_BUF_INIT(ANSWER_MAX_BYTES);
    (void)aas_buf_printf(&out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s", method, path, port,
                         headers ? headers : "");
    if (body)
        (void)aas_buf_printf(&out, "Content-Length: %zu\r\n", body_len);
    (void)aas_buf_append_str(&out, "\r\n");
    if (body)
        (void)aas_buf_append(&out, body, body_len);
    struct aas_test_response r = {0};
    rc = aas_buf_status(&out);
    if (rc == 0)
        rc = send_all(fd, out.data, out.len, end_ns);
    /* A server may answer and close before it has read all (413): its answer counts. */
    if (rc == 0 || rc == -EPIPE || rc == -ECONNRESET)
        rc = receive(fd, method, end_ns, &r, &in);
    (void)close(fd);
    if (rc == 0)
        r.body = aas_buf_take(&in, &r.body_len);
    if (rc == 0 && !r.body)
        rc = AAS_ENOMEM;
    if (rc) {
        aas_test_response_fini(&r);
        return rc;
    }
    *ret = r;
    return 0;
}

int aas_test_http_get(uint16_t port, const char *path, struct aas_test_response *ret)
{
    return aas_test_http(port, "GET", path, NULL, NULL, 0, 5000, ret);
}

int aas_test_http_post(uint16_t port, const char *path, const char *json, struct aas_test_response *ret)
{
    return aas_test_http(port, "POST", path, "Content-Type: application/json\r\n", json, strlen(json), 5000, ret);
}

void aas_test_response_fini(struct aas_test_response *r)
{
    free(r->headers);
    free(r->body);
    *r = (struct aas_test_response){0};
}

char *aas_test_http_raw(uint16_t port, const void *bytes, size_t n, int64_t timeout_ms, size_t *ret_len)
{
    int64_t end_ns = aas_test_real_ns() + timeout_ms * 1000000;
    int fd;
    if (open_connection(port, end_ns, &fd) != 0)
        return NULL;
    AAS_AUTO_BUF struct aas_buf in = AAS_BUF_INIT(ANSWER_MAX_BYTES);
    int rc = send_all(fd, bytes, n, end_ns);
    size_t got = 1;
    while (rc == 0 && got > 0)
        rc = read_some(fd, &in, end_ns, &got);
    (void)close(fd);
    return in.status ? NULL : aas_buf_take(&in, ret_len);
}
