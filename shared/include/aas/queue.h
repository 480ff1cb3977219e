/* Bounded first-in-first-out queue between threads. Elements have a fixed size and are copied in and out; whatever they
 * own goes with them. Lock: one mutex per queue, never held while calling out, except `drop`, which must not touch the
 * queue. Waits are on CLOCK_MONOTONIC; "closed" is tested before each sleep. All functions are thread-safe. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/clock.h"
#include "aas/err.h"

struct aas_queue;

/** Frees what an element owns: called for elements that nobody popped (destroy) or that push_latest threw out. */
typedef void aas_queue_drop_fn(void *elem, void *arg);

struct aas_queue_stats {
    size_t len, capacity, high_water;
    uint64_t pushed, popped;
    uint64_t dropped; /* by push_latest */
    uint64_t refused; /* by a push on a full queue, after its deadline */
};

/** A queue of at most capacity (> 0) elements of elem_bytes (> 0); all memory is allocated here. drop may be NULL.
 *  Errors: AAS_ENOMEM. */
int aas_queue_create(struct aas_queue **ret_q, size_t elem_bytes, size_t capacity, aas_queue_drop_fn *drop,
                     void *arg) AAS_MUST_CHECK;
/** Drops what is left. No thread may use q any more. NULL is fine. */
void aas_queue_destroy(struct aas_queue *q);

/** Append a copy of *elem; wait for room until deadline. On success the queue owns what the element owns, else the
 * caller still does. Errors: AAS_EFULL (deadline passed), AAS_ECLOSED. */
int aas_queue_push(struct aas_queue *q, const void *elem, struct aas_mono deadline) AAS_MUST_CHECK;
/** Don't wait. */
int aas_queue_try_push(struct aas_queue *q, const void *elem) AAS_MUST_CHECK;
/** Never full: drops the oldest element when there is no room. Errors: AAS_ECLOSED. */
int aas_queue_push_latest(struct aas_queue *q, const void *elem) AAS_MUST_CHECK;

/** Take the oldest into *ret_elem; wait until deadline. After close what is left still comes out. Errors: AAS_ETIMEDOUT
 *  (AAS_EAGAIN for try_pop), AAS_ECLOSED (closed and empty). */
int aas_queue_pop(struct aas_queue *q, void *ret_elem, struct aas_mono deadline) AAS_MUST_CHECK;
int aas_queue_try_pop(struct aas_queue *q, void *ret_elem) AAS_MUST_CHECK;
/** Wait for at least one, then take up to max at once, oldest first. */
int aas_queue_pop_many(struct aas_queue *q, void *ret_elems, size_t max, size_t *ret_n,
                       struct aas_mono deadline) AAS_MUST_CHECK;

/** No more pushes; wakes everybody. Idempotent. */
void aas_queue_close(struct aas_queue *q);
size_t aas_queue_len(const struct aas_queue *q);
void aas_queue_stats(const struct aas_queue *q, struct aas_queue_stats *ret);
/** Set aas_queue_depth, _high_water, _capacity and _dropped_total, _refused_total {queue="name"} at each render; undone
 *  by destroy. Registry m, NULL = default. */
struct aas_metrics;
int aas_queue_export(struct aas_queue *q, struct aas_metrics *m, const char *name) AAS_MUST_CHECK;
