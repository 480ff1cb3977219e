/* One WebSocket connection of the hub. The library tells when the socket is readable or writable; reading frames and
 * sending them is done here, because its own send buffer would stop the reading (and spin the loop) as long as a slow
 * client keeps it filled. Everything runs on the hub's thread. */
#include "ws_server_internal.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <aas/str.h>

#define CLOSE_WAIT_MS    3000
#define FLUSH_MAX_BYTES  ((size_t)512 << 10) /* per turn and client: others wait */
#define BATCH_MAX_BYTES  ((size_t)64 << 10)
#define CODE_NORMAL      1000
#define CODE_NONE        1005
#define HANDSHAKE_BYTES  512
#define KEY_MAX_BYTES    64
#define MAX_REASON_BYTES 120

static struct aas_ws_frame *make_handshake(const char *key, const char *subprotocol)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 section 1.3 */
    char text[HANDSHAKE_BYTES], joined[KEY_MAX_BYTES + sizeof guid], accept[40];
    unsigned char sha1[20];
    if (strlen(key) > KEY_MAX_BYTES)
        return NULL;
    int n = snprintf(joined, sizeof joined, "%s%s", key, guid);
    lws_SHA1((const unsigned char *)joined, (size_t)n, sha1);
    (void)lws_b64_encode_string((const char *)sha1, sizeof sha1, accept, sizeof accept);
    n = snprintf(text, sizeof text,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n%s%s%s\r\n",
                 accept, subprotocol ? "Sec-WebSocket-Protocol: " : "", subprotocol ? subprotocol : "",
                 subprotocol ? "\r\n" : "");
    return (size_t)n < sizeof text ? ws_frame_create_raw(text, (size_t)n) : NULL;
}

struct aas_ws_conn *ws_conn_create(struct aas_ws_server *server, int fd, const char *key, const char *subprotocol)
{
    struct aas_ws_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return NULL;
    conn->server = server;
    conn->fd = -1;
    ws_decoder_init(&conn->decoder, server->config.max_message_bytes);
    conn->first = make_handshake(key, subprotocol);
    if (!conn->first || ws_ring_init(&conn->ring, server->config.ring_frames, server->config.ring_bytes) != 0) {
        ws_conn_destroy(conn);
        return NULL;
    }
    conn->last_heard = conn->last_ping = aas_clock_mono();
    conn->fd = fd;
    const int on = 1, off = 0; /* whatever the HTTP server left: frames are sent as they are */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return conn;
}

void ws_conn_destroy(struct aas_ws_conn *conn)
{
    if (!conn)
        return;
    for (; conn->batch_at < conn->batch_len; conn->batch_at++)
        aas_ws_frame_unref(conn->batch[conn->batch_at]);
    aas_ws_frame_unref(conn->first);
    aas_ws_frame_unref(conn->pong);
    ws_ring_fini(&conn->ring);
    ws_decoder_fini(&conn->decoder);
    if (conn->free_user)
        conn->free_user(conn->user);
    if (conn->fd >= 0 && conn->state == WS_CONN_NEW)
        (void)close(conn->fd);
    free(conn);
}

/* ---- out ---- */

static void note_lost(struct aas_ws_conn *conn, uint64_t count, uint64_t seq)
{
    conn->lost += count;
    conn->lost_seq = seq;
    atomic_fetch_add_explicit(&conn->server->lost, count, memory_order_relaxed);
}

void ws_conn_push(struct aas_ws_conn *conn, struct aas_ws_frame *frame)
{
    if (conn->state != WS_CONN_OPEN)
        return;
    if (conn->ring.len == conn->ring.capacity || conn->ring.bytes + frame->wire_len > conn->ring.max_bytes)
        ws_conn_flush(conn); /* a burst within one turn is no slow reader */
    size_t dropped = conn->state == WS_CONN_OPEN ? ws_ring_push(&conn->ring, frame) : 0;
    if (dropped > 0)
        note_lost(conn, dropped, conn->ring.dropped_seq);
    ws_hub_mark_dirty(conn);
}

static void batch_add(struct aas_ws_conn *conn, struct aas_ws_frame *frame)
{
    if (frame)
        conn->batch[conn->batch_len++] = frame;
}

static struct aas_ws_frame *make_lost_notice(struct aas_ws_conn *conn)
{
    char text[96];
    int n = snprintf(text, sizeof text, "{\"type\":\"lost\",\"seq\":%llu,\"count\":%llu}",
                     (unsigned long long)conn->lost_seq, (unsigned long long)conn->lost);
    return aas_ws_frame_create(text, (size_t)n, NULL);
}

static struct aas_ws_frame *make_close(const struct aas_ws_conn *conn)
{
    uint8_t payload[WS_CONTROL_BYTES];
    size_t len = 0;
    if (conn->close_code != CODE_NONE) {
        size_t reason_len = strlen(conn->close_reason);
        payload[0] = (uint8_t)(conn->close_code >> 8);
        payload[1] = (uint8_t)conn->close_code;
        memcpy(payload + 2, conn->close_reason, reason_len);
        len = 2 + reason_len;
    }
    return ws_frame_create_control(WS_OP_CLOSE, payload, len);
}

/* Fills the empty batch in the order of urgency. A notice of loss stands where the lost frames would have stood. */
static void refill(struct aas_ws_conn *conn)
{
    size_t bytes = 0;
    conn->batch_len = conn->batch_at = conn->batch_offset = 0;
    batch_add(conn, AAS_STEAL(conn->first));
    batch_add(conn, AAS_STEAL(conn->pong));
    if (conn->want_ping) /* not empty: the library of our own client does not report an empty pong */
        batch_add(conn, ws_frame_create_control(WS_OP_PING, "p", 1));
    conn->want_ping = false;
    if (conn->lost > 0) {
        struct aas_ws_frame *notice = make_lost_notice(conn);
        batch_add(conn, notice);
        conn->lost = notice ? 0 : conn->lost;
    }
    size_t before = conn->batch_len;
    while (conn->ring.len > 0 && conn->batch_len < WS_BATCH_FRAMES - 1 && bytes < BATCH_MAX_BYTES) {
        struct aas_ws_frame *frame = ws_ring_pop(&conn->ring);
        bytes += frame->wire_len;
        batch_add(conn, frame);
    }
    atomic_fetch_add_explicit(&conn->server->sent, conn->batch_len - before, memory_order_relaxed);
    if (conn->state == WS_CONN_CLOSING && conn->ring.len == 0) {
        struct aas_ws_frame *frame = make_close(conn);
        batch_add(conn, frame);
        conn->state = frame ? WS_CONN_CLOSED : WS_CONN_GONE;
        conn->close_by = aas_mono_in_ms(CLOSE_WAIT_MS);
    }
}

static void batch_sent(struct aas_ws_conn *conn, size_t n)
{
    while (n > 0) {
        struct aas_ws_frame *frame = conn->batch[conn->batch_at];
        size_t left = frame->wire_len - conn->batch_offset;
        if (n < left) {
            conn->batch_offset += n;
            return;
        }
        n -= left;
        conn->batch_offset = 0;
        conn->batch_at++;
        aas_ws_frame_unref(frame);
    }
}

/* True: all of the batch is out. */
static bool send_batch(struct aas_ws_conn *conn, size_t *budget)
{
    struct iovec iov[WS_BATCH_FRAMES];
    size_t count = 0, offset = conn->batch_offset;
    for (size_t i = conn->batch_at; i < conn->batch_len; i++, offset = 0)
        iov[count++] =
            (struct iovec){.iov_base = conn->batch[i]->wire + offset, .iov_len = conn->batch[i]->wire_len - offset};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = count};
    ssize_t n = sendmsg(conn->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            conn->state = WS_CONN_GONE;
        return false;
    }
    batch_sent(conn, (size_t)n);
    *budget -= (size_t)n < *budget ? (size_t)n : *budget;
    return conn->batch_at == conn->batch_len;
}

/* After both close frames the server closes first (section 7.1.1). Until the peer's has come, only our direction ends:
 * closing with unread bytes in the socket would reset it, and the peer might never see our code. */
static void finish_close(struct aas_ws_conn *conn)
{
    if (conn->peer_closed)
        conn->state = WS_CONN_GONE;
    else
        (void)shutdown(conn->fd, SHUT_WR);
}

void ws_conn_flush(struct aas_ws_conn *conn)
{
    size_t budget = FLUSH_MAX_BYTES;
    bool was_closed = conn->state == WS_CONN_CLOSED && conn->batch_at == conn->batch_len;
    conn->want_writable = false;
    while (conn->state != WS_CONN_GONE && budget > 0) {
        if (conn->batch_at == conn->batch_len && conn->state != WS_CONN_CLOSED)
            refill(conn);
        if (conn->batch_at == conn->batch_len)
            break;
        if (!send_batch(conn, &budget)) {
            conn->want_writable = conn->state != WS_CONN_GONE;
            return;
        }
    }
    if (conn->state == WS_CONN_CLOSED && conn->batch_at == conn->batch_len) {
        if (!was_closed || conn->peer_closed)
            finish_close(conn);
    } else if (budget == 0 && conn->state != WS_CONN_GONE) {
        conn->want_writable = true;
    }
}

/* ---- in ---- */

static bool on_peer_close(struct aas_ws_conn *conn, const struct ws_message *message)
{
    conn->peer_closed = true;
    if (conn->state == WS_CONN_OPEN || conn->state == WS_CONN_CLOSING) {
        ws_ring_clear(&conn->ring); /* nobody will look at it */
        conn->lost = 0;
        if (conn->state == WS_CONN_OPEN)
            conn->close_code = message->code;
        conn->close_reason[0] = '\0';
        conn->state = WS_CONN_CLOSING;
        conn->close_by = aas_mono_in_ms(CLOSE_WAIT_MS);
    }
    ws_hub_mark_dirty(conn);
    return false;
}

static bool on_ping(struct aas_ws_conn *conn, const struct ws_message *message)
{
    struct aas_ws_frame *pong = ws_frame_create_control(WS_OP_PONG, message->data, message->len);
    if (pong) {
        aas_ws_frame_unref(conn->pong);
        conn->pong = pong;
        ws_hub_mark_dirty(conn);
    }
    return true;
}

static bool on_event(void *arg, const struct ws_message *message)
{
    struct aas_ws_conn *conn = arg;
    struct aas_ws_server *server = conn->server;
    const struct aas_ws_callbacks *callbacks = &server->config.callbacks;
    switch (message->event) {
    case WS_EVENT_TEXT:
    case WS_EVENT_BINARY:
        if (conn->state != WS_CONN_OPEN)
            return true; /* after our close frame only the peer's is of interest */
        atomic_fetch_add_explicit(&server->received, 1, memory_order_relaxed);
        if (callbacks->on_message)
            callbacks->on_message(server->config.ctx, conn, message->data, message->len,
                                  message->event == WS_EVENT_BINARY);
        return true;
    case WS_EVENT_PING:
        return conn->state != WS_CONN_OPEN || on_ping(conn, message);
    case WS_EVENT_PONG:
        return true;
    case WS_EVENT_CLOSE:
        return on_peer_close(conn, message);
    }
    return true;
}

void ws_conn_take(struct aas_ws_conn *conn, uint8_t *bytes, size_t n)
{
    conn->last_heard = aas_clock_mono();
    uint16_t fault = ws_decoder_feed(&conn->decoder, bytes, n, on_event, conn);
    if (fault) {
        ws_ring_clear(&conn->ring); /* a peer that breaks the protocol gets the code at once */
        conn->lost = 0;
        aas_ws_conn_close(conn, fault, conn->decoder.fault);
    }
}

void ws_conn_housekeep(struct aas_ws_conn *conn)
{
    const struct aas_ws_server_config *config = &conn->server->config;
    if (conn->state == WS_CONN_GONE)
        return;
    int64_t silent_ms = aas_mono_diff_ms(aas_clock_mono(), conn->last_heard);
    bool overdue = (conn->state == WS_CONN_CLOSING || conn->state == WS_CONN_CLOSED) && aas_mono_passed(conn->close_by);
    if (overdue || silent_ms >= (int64_t)config->pong_timeout_s * 1000) {
        conn->state = WS_CONN_GONE;
        ws_hub_mark_dirty(conn);
    } else if (conn->state == WS_CONN_OPEN && silent_ms >= (int64_t)config->ping_s * 1000 &&
               aas_mono_diff_ms(aas_clock_mono(), conn->last_ping) >= (int64_t)config->ping_s * 1000) {
        conn->want_ping = true;
        conn->last_ping = aas_clock_mono();
        ws_hub_mark_dirty(conn);
    }
}

/* ---- what services call ---- */

uint64_t aas_ws_conn_id(const struct aas_ws_conn *conn)
{
    return conn->id;
}

void *aas_ws_conn_user(const struct aas_ws_conn *conn)
{
    return conn->user;
}

void aas_ws_conn_set_data(struct aas_ws_conn *conn, void *data)
{
    conn->data = data;
}

void *aas_ws_conn_data(const struct aas_ws_conn *conn)
{
    return conn->data;
}

const char *aas_ws_conn_peer(const struct aas_ws_conn *conn)
{
    return conn->peer;
}

void aas_ws_conn_send(struct aas_ws_conn *conn, struct aas_ws_frame *frame)
{
    ws_conn_push(conn, frame);
}

void aas_ws_conn_send_text(struct aas_ws_conn *conn, const char *text, size_t len)
{
    struct aas_ws_frame *frame = aas_ws_frame_create(text, len, NULL);
    if (frame)
        ws_conn_push(conn, frame);
    else if (conn->state == WS_CONN_OPEN)
        note_lost(conn, 1, conn->lost_seq);
    aas_ws_frame_unref(frame);
}

void aas_ws_conn_close(struct aas_ws_conn *conn, uint16_t code, const char *reason)
{
    if (conn->state != WS_CONN_OPEN)
        return;
    assert(ws_close_code_valid(code));
    conn->close_code = ws_close_code_valid(code) ? code : CODE_NORMAL;
    size_t len = reason ? strnlen(reason, MAX_REASON_BYTES + 1) : 0;
    if (len > MAX_REASON_BYTES)
        for (len = MAX_REASON_BYTES; len > 0 && ((unsigned char)reason[len] & 0xc0) == 0x80;)
            len--; /* not in the middle of a character */
    if (len > 0)
        memcpy(conn->close_reason, reason, len);
    conn->close_reason[len] = '\0';
    if (!aas_str_is_utf8((struct aas_str){conn->close_reason, len})) /* a quotation that was cut in a character */
        for (char *c = conn->close_reason; *c; c++)
            *c = (unsigned char)*c < 0x80 ? *c : '?';
    conn->state = WS_CONN_CLOSING;
    conn->close_by = aas_mono_in_ms(CLOSE_WAIT_MS);
    ws_hub_mark_dirty(conn);
}
