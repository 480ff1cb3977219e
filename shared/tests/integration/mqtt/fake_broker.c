#include "fake_broker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "aas/test_port.h"

void fake_start(struct fake_broker *b)
{
    *b = (struct fake_broker){.listen_fd = -1, .fd = -1};
    const int one = 1;
    assert_int_equal(aas_test_port(&b->port), 0);
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(b->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    b->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(b->listen_fd >= 0);
    (void)setsockopt(b->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(b->listen_fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(b->listen_fd, 8), 0);
}

void fake_close(struct fake_broker *b)
{
    if (b->fd >= 0)
        (void)close(b->fd);
    b->fd = -1;
}

void fake_stop(struct fake_broker *b)
{
    fake_close(b);
    (void)close(b->listen_fd);
}

static bool wait_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) > 0;
}

bool fake_silent(struct fake_broker *b, int ms)
{
    return !wait_readable(b->fd, ms);
}

static bool read_bytes(int fd, uint8_t *p, size_t n, int ms)
{
    while (n > 0) {
        if (!wait_readable(fd, ms))
            return false;
        ssize_t got = recv(fd, p, n, 0);
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

bool fake_read(struct fake_broker *b, struct fake_packet *ret, int ms)
{
    uint8_t byte;
    if (!read_bytes(b->fd, &byte, 1, ms))
        return false;
    ret->type = byte >> 4;
    ret->flags = byte & 0x0F;
    ret->len = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        if (!read_bytes(b->fd, &byte, 1, ms))
            return false;
        ret->len |= (size_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            break;
    }
    assert_true(ret->len <= sizeof ret->body);
    return read_bytes(b->fd, ret->body, ret->len, ms);
}

void fake_accept(struct fake_broker *b)
{
    struct fake_packet p;
    fake_close(b);
    assert_true(wait_readable(b->listen_fd, 10000));
    b->fd = accept(b->listen_fd, NULL, NULL);
    assert_true(b->fd >= 0);
    assert_true(fake_read(b, &p, 10000));
    assert_int_equal(p.type, FAKE_CONNECT);
    assert_memory_equal(p.body, "\0\4MQTT", 6);
    b->version = p.body[6];
}

void fake_send(struct fake_broker *b, const void *bytes, size_t n)
{
    assert_int_equal(send(b->fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

void fake_connack(struct fake_broker *b, uint8_t code)
{
    if (b->version == 5)
        fake_send(b, (const uint8_t[]){0x20, 3, 0, code, 0}, 5);
    else
        fake_send(b, (const uint8_t[]){0x20, 2, 0, code}, 4);
}

void fake_suback(struct fake_broker *b, uint8_t code)
{
    struct fake_packet p;
    assert_true(fake_read(b, &p, 10000));
    assert_int_equal(p.type, FAKE_SUBSCRIBE);
    if (b->version == 5)
        fake_send(b, (const uint8_t[]){0x90, 4, p.body[0], p.body[1], 0, code}, 6);
    else
        fake_send(b, (const uint8_t[]){0x90, 3, p.body[0], p.body[1], code}, 5);
}

void fake_welcome(struct fake_broker *b)
{
    fake_accept(b);
    fake_connack(b, 0);
    fake_suback(b, 1);
}

void fake_publish(struct fake_broker *b, uint16_t mid, bool dup, const char *payload)
{
    uint8_t out[128];
    size_t n = strlen(payload), i = 0;
    size_t props = b->version == 5 ? 1 : 0;
    assert_true(n < 100);
    out[i++] = (uint8_t)(0x32 | (dup ? 8 : 0));
    out[i++] = (uint8_t)(3 + 2 + props + n);
    out[i++] = 0;
    out[i++] = 1;
    out[i++] = 't';
    out[i++] = (uint8_t)(mid >> 8);
    out[i++] = (uint8_t)mid;
    if (props)
        out[i++] = 0;
    memcpy(out + i, payload, n);
    fake_send(b, out, i + n);
}

unsigned fake_puback(struct fake_broker *b, int ms)
{
    struct fake_packet p;
    if (!fake_read(b, &p, ms) || p.type != FAKE_PUBACK || p.len < 2)
        return 0;
    return (unsigned)p.body[0] << 8 | p.body[1];
}
