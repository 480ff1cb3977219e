/* Frames that wait for one client: bounded in number and bytes, the oldest go first.
 *
 * Users: ws_server_conn.c and its test. One thread. */
#pragma once

#include "ws_frame.h"

struct ws_ring {
    struct aas_ws_frame **slots;
    size_t capacity, max_bytes;
    size_t head, len, bytes;
    uint64_t dropped_seq; /* of the newest frame that was dropped */
};

/** Errors: AAS_ENOMEM. */
int ws_ring_init(struct ws_ring *ring, size_t capacity, size_t max_bytes) __attribute__((warn_unused_result));
void ws_ring_fini(struct ws_ring *ring);
/** Takes a reference of its own and returns how many old frames had to go. The new one always gets in, even when it
 *  alone is over max_bytes: else a large snapshot could never be sent. */
size_t ws_ring_push(struct ws_ring *ring, struct aas_ws_frame *frame);
/** The oldest frame with the ring's reference, NULL when empty. */
struct aas_ws_frame *ws_ring_pop(struct ws_ring *ring);
void ws_ring_clear(struct ws_ring *ring);
