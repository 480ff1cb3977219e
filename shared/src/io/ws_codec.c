#include "ws_codec.h"

#include <string.h>

#include <aas/str.h>

#define CLOSE_PROTOCOL 1002
#define CLOSE_UTF8     1007
#define CLOSE_TOO_BIG  1009
#define CLOSE_INTERNAL 1011
#define CLOSE_NO_CODE  1005

void ws_decoder_init(struct ws_decoder *d, size_t max_message_bytes)
{
    *d = (struct ws_decoder){.max_message_bytes = max_message_bytes, .message = AAS_BUF_INIT(max_message_bytes)};
}

void ws_decoder_fini(struct ws_decoder *d)
{
    aas_buf_fini(&d->message);
}

bool ws_close_code_valid(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static uint16_t fail(struct ws_decoder *d, uint16_t code, const char *why)
{
    d->closed = true;
    d->fault = why;
    return code;
}

static bool is_control(uint8_t opcode)
{
    return (opcode & 8) != 0;
}

/* How long the head is, as far as its first two bytes tell. */
static size_t head_size(const struct ws_decoder *d)
{
    if (d->head_len < 2)
        return 2;
    unsigned len7 = d->head[1] & 0x7f;
    return 2 + (len7 == 126 ? 2U : len7 == 127 ? 8U : 0U) + 4;
}

/* What is wrong is told by the first two bytes, before anything else of the frame is waited for. */
static uint16_t check_start(struct ws_decoder *d)
{
    uint8_t opcode = d->head[0] & 0x0f, len7 = d->head[1] & 0x7f;
    bool fin = (d->head[0] & 0x80) != 0;
    if (d->head[0] & 0x70)
        return fail(d, CLOSE_PROTOCOL, "reserved bit without an extension");
    if ((opcode > WS_OP_BINARY && opcode < WS_OP_CLOSE) || opcode > WS_OP_PONG)
        return fail(d, CLOSE_PROTOCOL, "reserved opcode");
    if (!(d->head[1] & 0x80))
        return fail(d, CLOSE_PROTOCOL, "unmasked frame from a client");
    if (is_control(opcode)) {
        if (!fin || len7 > WS_CONTROL_BYTES)
            return fail(d, CLOSE_PROTOCOL, "control frame fragmented or over 125 bytes");
    } else if (opcode == WS_OP_CONTINUATION) {
        if (!d->fragmented)
            return fail(d, CLOSE_PROTOCOL, "continuation of nothing");
    } else if (d->fragmented) {
        return fail(d, CLOSE_PROTOCOL, "new message inside a fragmented one");
    }
    d->fin = fin;
    d->opcode = opcode;
    return 0;
}

static uint16_t take_head(struct ws_decoder *d)
{
    unsigned len7 = d->head[1] & 0x7f;
    size_t width = len7 == 126 ? 2 : len7 == 127 ? 8 : 0;
    uint64_t len = width ? 0 : len7;
    for (size_t i = 0; i < width; i++)
        len = len << 8 | d->head[2 + i];
    if ((width == 2 && len < 126) || (width == 8 && (len <= UINT16_MAX || len >> 63)))
        return fail(d, CLOSE_PROTOCOL, "length not in its shortest form");
    if (!is_control(d->opcode)) {
        if (len > d->max_message_bytes || d->message.len + len > d->max_message_bytes)
            return fail(d, CLOSE_TOO_BIG, "message too big");
        if (d->opcode != WS_OP_CONTINUATION)
            d->message_opcode = d->opcode;
    }
    memcpy(d->mask, d->head + 2 + width, sizeof d->mask);
    d->mask_at = 0;
    d->left = len;
    d->control_len = 0;
    d->in_payload = true;
    return 0;
}

static void unmask(struct ws_decoder *d, uint8_t *bytes, size_t n)
{
    unsigned at = d->mask_at;
    for (size_t i = 0; i < n; i++)
        bytes[i] ^= d->mask[(at + i) & 3];
    d->mask_at = (unsigned)(at + n) & 3;
}

static uint16_t deliver(struct ws_decoder *d, enum ws_event event, const void *data, size_t len, uint16_t code,
                        ws_message_fn *fn, void *arg)
{
    const struct ws_message message = {.event = event, .data = data ? data : "", .len = len, .code = code};
    if (!fn(arg, &message))
        d->closed = true;
    return 0;
}

static uint16_t end_of_control(struct ws_decoder *d, ws_message_fn *fn, void *arg)
{
    if (d->opcode != WS_OP_CLOSE)
        return deliver(d, d->opcode == WS_OP_PING ? WS_EVENT_PING : WS_EVENT_PONG, d->control, d->control_len, 0, fn,
                       arg);
    d->closed = true;
    if (d->control_len == 0)
        return deliver(d, WS_EVENT_CLOSE, NULL, 0, CLOSE_NO_CODE, fn, arg);
    if (d->control_len == 1)
        return fail(d, CLOSE_PROTOCOL, "close frame of one byte");
    unsigned code = (unsigned)d->control[0] << 8 | d->control[1];
    if (!ws_close_code_valid(code))
        return fail(d, CLOSE_PROTOCOL, "close code that must not be sent");
    const struct aas_str reason = {(const char *)d->control + 2, d->control_len - 2};
    if (!aas_str_is_utf8(reason))
        return fail(d, CLOSE_UTF8, "close reason is no UTF-8");
    return deliver(d, WS_EVENT_CLOSE, reason.ptr, reason.len, (uint16_t)code, fn, arg);
}

static uint16_t end_of_message(struct ws_decoder *d, const void *data, size_t len, ws_message_fn *fn, void *arg)
{
    uint16_t rc;
    d->fragmented = false;
    if (d->message_opcode == WS_OP_BINARY)
        rc = deliver(d, WS_EVENT_BINARY, data, len, 0, fn, arg);
    else if (!aas_str_is_utf8((struct aas_str){data, len}))
        rc = fail(d, CLOSE_UTF8, "text is no UTF-8");
    else
        rc = deliver(d, WS_EVENT_TEXT, data, len, 0, fn, arg);
    aas_buf_clear(&d->message);
    return rc;
}

/* Part of a payload, perhaps all of it. A message that came in one piece is handed over without a copy. */
static uint16_t take_payload(struct ws_decoder *d, uint8_t *bytes, size_t n, ws_message_fn *fn, void *arg)
{
    unmask(d, bytes, n);
    d->left -= n;
    bool whole = d->left == 0;
    d->in_payload = !whole;
    if (whole)
        d->head_len = 0;
    if (is_control(d->opcode)) {
        memcpy(d->control + d->control_len, bytes, n);
        d->control_len += n;
        return whole ? end_of_control(d, fn, arg) : 0;
    }
    if (whole && d->fin && d->message.len == 0)
        return end_of_message(d, bytes, n, fn, arg);
    if (aas_buf_append(&d->message, bytes, n) != 0)
        return fail(d, CLOSE_INTERNAL, "out of memory");
    if (whole && d->fin)
        return end_of_message(d, d->message.data, d->message.len, fn, arg);
    if (whole)
        d->fragmented = true;
    return 0;
}

uint16_t ws_decoder_feed(struct ws_decoder *d, uint8_t *bytes, size_t n, ws_message_fn *fn, void *arg)
{
    uint16_t rc = 0;
    size_t at = 0;
    while (rc == 0 && !d->closed && at < n) {
        if (!d->in_payload) {
            d->head[d->head_len++] = bytes[at++];
            if (d->head_len == 2)
                rc = check_start(d);
            if (rc == 0 && d->head_len >= 2 && d->head_len == head_size(d))
                rc = take_head(d);
            if (rc || !d->in_payload || d->left > 0)
                continue;
        }
        size_t part = d->left < n - at ? (size_t)d->left : n - at;
        rc = take_payload(d, bytes + at, part, fn, arg);
        at += part;
    }
    return rc;
}
