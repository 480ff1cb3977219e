/* RFC 6455 frames from a client: a strict, incremental decoder. Pure; no I/O.
 *
 * Users: ws_server_conn.c, its test, its fuzz target. One thread per decoder. Strict means: what the RFC calls a MUST
 * for clients ends the connection with the code that it names (ADR 0007 says why this isn't the library's decoder). */
#pragma once

#include "ws_frame.h"

#include <aas/buf.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ws_event {
    WS_EVENT_TEXT, /* one whole message, valid UTF-8 */
    WS_EVENT_BINARY,
    WS_EVENT_PING,
    WS_EVENT_PONG,
    WS_EVENT_CLOSE, /* data is the reason, code the peer's, 1005 when it gave none; nothing comes after it */
};

struct ws_message {
    enum ws_event event;
    const char *data; /* borrowed for the call; not NUL-terminated */
    size_t len;
    uint16_t code; /* of a close */
};

/** false: take no more, the connection is being closed. */
typedef bool ws_message_fn(void *arg, const struct ws_message *message);

struct ws_decoder {
    size_t max_message_bytes;
    struct aas_buf message; /* fragments, and frames that come in pieces */
    uint8_t head[14];
    size_t head_len;
    uint64_t left; /* of the payload */
    bool in_payload;
    bool fragmented; /* between the first and the last fragment */
    bool closed;     /* a close frame or an error was seen */
    bool fin;
    uint8_t opcode, message_opcode;
    uint8_t mask[4];
    unsigned mask_at;
    uint8_t control[WS_CONTROL_BYTES];
    size_t control_len;
    const char *fault; /* why, for the close frame's reason; constant */
};

void ws_decoder_init(struct ws_decoder *d, size_t max_message_bytes);
void ws_decoder_fini(struct ws_decoder *d);

/** Decodes n bytes, which it unmasks in place. Returns 0, or the code to close with: 1002 protocol, 1007 text that is
 *  no UTF-8, 1009 over max_message_bytes, 1011 out of memory. After that, and after a close frame or a false from fn,
 *  what comes is ignored. */
uint16_t ws_decoder_feed(struct ws_decoder *d, uint8_t *bytes, size_t n, ws_message_fn *fn, void *arg);

/** May this code stand in a close frame (section 7.4)? */
bool ws_close_code_valid(unsigned code);
