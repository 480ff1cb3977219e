/* Inside of a frame: its bytes as they go to the wire, so that one encoding serves every client.
 *
 * Users: ws_frame.c, ws_server_*.c. Immutable after creation; the count is atomic. Frames from a server are never
 * masked (RFC 6455 section 5.1), so that all clients get the same bytes. */
#pragma once

#include <aas/ref.h>
#include <aas/ws_server.h>

#include <stddef.h>
#include <stdint.h>

enum ws_opcode {
    WS_OP_CONTINUATION = 0,
    WS_OP_TEXT = 1,
    WS_OP_BINARY = 2,
    WS_OP_CLOSE = 8,
    WS_OP_PING = 9,
    WS_OP_PONG = 10,
};

#define WS_HEADER_BYTES      10 /* of an unmasked frame, at most */
#define WS_CONTROL_BYTES     125
#define WS_FRAME_MAX_PAYLOAD ((size_t)16 << 20)

struct aas_ws_frame {
    struct aas_ref ref;
    struct aas_ws_frame_meta meta;
    const char *text; /* payload, NUL-terminated */
    size_t len;
    size_t wire_len;
    uint8_t wire[]; /* header, payload, NUL, key, NUL */
};

/** A ping, pong or close; payload (copied) of at most WS_CONTROL_BYTES. NULL when memory is short. */
struct aas_ws_frame *ws_frame_create_control(enum ws_opcode opcode, const void *payload, size_t len);
/** Bytes as they are: the answer to the handshake. */
struct aas_ws_frame *ws_frame_create_raw(const void *bytes, size_t len);
/** The header of an unmasked, unfragmented frame; returns its length. */
size_t ws_frame_header(enum ws_opcode opcode, size_t len, uint8_t out[WS_HEADER_BYTES]);
