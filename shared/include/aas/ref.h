/* Atomic reference count, embedded in an immutable object that several threads share. The last put says so; the owner
 * of the type then frees. All functions are thread-safe. */
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct aas_ref {
    atomic_uint count;
};

/** The struct of type that contains member at address ptr. */
#define aas_container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/** Start with one reference, the creator's. */
static inline void aas_ref_init(struct aas_ref *ref)
{
    atomic_init(&ref->count, 1);
}

/** Take one more. Only somebody who holds a reference may do so. */
static inline void aas_ref_get(struct aas_ref *ref)
{
    unsigned before = atomic_fetch_add_explicit(&ref->count, 1, memory_order_relaxed);
    assert(before > 0);
    (void)before;
}

/** Give one back. True: it was the last, the caller must free the object now. */
static inline bool aas_ref_put(struct aas_ref *ref)
{
    unsigned before = atomic_fetch_sub_explicit(&ref->count, 1, memory_order_acq_rel);
    assert(before > 0);
    return before == 1;
}

/** References now; for tests and metrics only, as it may change at once. */
static inline unsigned aas_ref_count(const struct aas_ref *ref)
{
    return atomic_load_explicit(&ref->count, memory_order_relaxed);
}
