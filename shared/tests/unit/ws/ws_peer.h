/* For WebSocket tests: a client on raw sockets that can send anything, and an acceptor that does what the HTTP server
 * does before it hands a socket to the hub. Shares no code with what it tests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_ws_server;
struct ws_acceptor;

/** Listens on a free port of 127.0.0.1 and hands every upgrade request to the hub; `Authorization` is kept as user. */
struct ws_acceptor *ws_acceptor_start(struct aas_ws_server *server);
uint16_t ws_acceptor_port(const struct ws_acceptor *a);
/** The first line of the last request. */
const char *ws_acceptor_request(struct ws_acceptor *a);
void ws_acceptor_stop(struct ws_acceptor *a);

struct peer_frame {
    unsigned opcode;
    bool fin, masked;
    size_t len;
    char *payload; /* NUL-terminated; valid until the next receive */
    unsigned code; /* of a close, 0 when it has none */
};

struct ws_peer {
    int fd;
    char *buf;
    size_t len, cap;
    char head[1024]; /* the answer to the handshake */
    struct peer_frame frame;
};

/** Connects without a word. */
bool ws_peer_connect(struct ws_peer *p, uint16_t port, int rcvbuf);
/** Sends a request head (without the empty line) and reads the answer's head into p->head: the status, 0 for none. A
 *  body with Content-Length is read and thrown away. */
int ws_peer_request(struct ws_peer *p, const char *head);
/** The upgrade request's head, to which lines may be added. */
#define WS_PEER_UPGRADE                                                                                                \
    "GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"             \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/** Connects and shakes hands; receive buffer of rcvbuf bytes when not 0. protocol may be NULL. False when the answer
 *  is no 101. */
bool ws_peer_open(struct ws_peer *p, uint16_t port, const char *protocol, int rcvbuf);
void ws_peer_close(struct ws_peer *p);
/** A masked frame. */
bool ws_peer_send(struct ws_peer *p, unsigned first_byte, const void *payload, size_t len);
bool ws_peer_send_text(struct ws_peer *p, const char *text);
bool ws_peer_send_raw(struct ws_peer *p, const void *bytes, size_t len);
/** The next frame, within timeout_ms: NULL at end of file, or when time is up. */
const struct peer_frame *ws_peer_receive(struct ws_peer *p, int timeout_ms);
/** Skips frames until a close frame: its code; -1 when the connection ended without one. */
int ws_peer_close_code(struct ws_peer *p, int timeout_ms);
/** The other side has closed its end. */
bool ws_peer_at_end(struct ws_peer *p, int timeout_ms);
