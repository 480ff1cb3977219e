#include "ws_frame.h"

#include <stdlib.h>
#include <string.h>

#define FIN 0x80

size_t ws_frame_header(enum ws_opcode opcode, size_t len, uint8_t out[WS_HEADER_BYTES])
{
    out[0] = (uint8_t)(FIN | (unsigned)opcode);
    if (len < 126) {
        out[1] = (uint8_t)len;
        return 2;
    }
    size_t width = len <= UINT16_MAX ? 2 : 8;
    out[1] = width == 2 ? 126 : 127;
    for (size_t i = 0; i < width; i++)
        out[2 + i] = (uint8_t)((uint64_t)len >> (8 * (width - 1 - i)));
    return 2 + width;
}

static struct aas_ws_frame *make(const uint8_t *header, size_t header_len, const void *payload, size_t len,
                                 const struct aas_ws_frame_meta *meta)
{
    const char *key = meta && meta->key ? meta->key : "";
    size_t key_size = strlen(key) + 1;
    struct aas_ws_frame *frame = malloc(sizeof *frame + header_len + len + 1 + key_size);
    if (!frame)
        return NULL;
    aas_ref_init(&frame->ref);
    if (header_len > 0)
        memcpy(frame->wire, header, header_len);
    uint8_t *text = frame->wire + header_len;
    if (len > 0)
        memcpy(text, payload, len);
    text[len] = '\0';
    memcpy(text + len + 1, key, key_size);
    frame->text = (const char *)text;
    frame->len = len;
    frame->wire_len = header_len + len;
    frame->meta = meta ? *meta : (struct aas_ws_frame_meta){0};
    frame->meta.key = (const char *)text + len + 1;
    return frame;
}

struct aas_ws_frame *aas_ws_frame_create(const char *text, size_t len, const struct aas_ws_frame_meta *meta)
{
    uint8_t header[WS_HEADER_BYTES];
    if (len > WS_FRAME_MAX_PAYLOAD)
        return NULL;
    return make(header, ws_frame_header(WS_OP_TEXT, len, header), text, len, meta);
}

struct aas_ws_frame *ws_frame_create_control(enum ws_opcode opcode, const void *payload, size_t len)
{
    uint8_t header[WS_HEADER_BYTES];
    return make(header, ws_frame_header(opcode, len, header), payload, len, NULL);
}

struct aas_ws_frame *ws_frame_create_raw(const void *bytes, size_t len)
{
    return make(NULL, 0, bytes, len, NULL);
}

struct aas_ws_frame *aas_ws_frame_ref(struct aas_ws_frame *frame)
{
    aas_ref_get(&frame->ref);
    return frame;
}

void aas_ws_frame_unref(struct aas_ws_frame *frame)
{
    if (frame && aas_ref_put(&frame->ref))
        free(frame);
}

const struct aas_ws_frame_meta *aas_ws_frame_meta(const struct aas_ws_frame *frame)
{
    return &frame->meta;
}

const char *aas_ws_frame_text(const struct aas_ws_frame *frame, size_t *ret_len)
{
    if (ret_len)
        *ret_len = frame->len;
    return frame->text;
}
