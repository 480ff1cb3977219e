#include "ws_ring.h"

#include <stdlib.h>

#include <aas/err.h>

int ws_ring_init(struct ws_ring *ring, size_t capacity, size_t max_bytes)
{
    *ring = (struct ws_ring){.capacity = capacity, .max_bytes = max_bytes};
    ring->slots = calloc(capacity, sizeof(struct aas_ws_frame *));
    return ring->slots ? 0 : AAS_ENOMEM;
}

void ws_ring_fini(struct ws_ring *ring)
{
    ws_ring_clear(ring);
    free(ring->slots);
    ring->slots = NULL;
}

struct aas_ws_frame *ws_ring_pop(struct ws_ring *ring)
{
    if (ring->len == 0)
        return NULL;
    struct aas_ws_frame *frame = ring->slots[ring->head];
    ring->head = (ring->head + 1) % ring->capacity;
    ring->len--;
    ring->bytes -= frame->wire_len;
    return frame;
}

size_t ws_ring_push(struct ws_ring *ring, struct aas_ws_frame *frame)
{
    size_t dropped = 0;
    while (ring->len > 0 && (ring->len == ring->capacity || ring->bytes + frame->wire_len > ring->max_bytes)) {
        struct aas_ws_frame *oldest = ws_ring_pop(ring);
        if (oldest->meta.seq > 0)
            ring->dropped_seq = oldest->meta.seq;
        aas_ws_frame_unref(oldest);
        dropped++;
    }
    ring->slots[(ring->head + ring->len) % ring->capacity] = aas_ws_frame_ref(frame);
    ring->len++;
    ring->bytes += frame->wire_len;
    return dropped;
}

void ws_ring_clear(struct ws_ring *ring)
{
    struct aas_ws_frame *frame;
    while ((frame = ws_ring_pop(ring)))
        aas_ws_frame_unref(frame);
}
