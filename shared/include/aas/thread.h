/* Every thread is a row of one process-wide table and shows in /metrics: aas_thread_busy_ratio{thread},
 * aas_thread_busy_seconds_total{thread}, aas_thread_last_beat_seconds{thread} (age). Threads are made with all signals
 * blocked. The table holds 256 rows; its lock is a leaf: no other lock is taken under it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

struct aas_thread;
struct aas_metrics;

typedef void aas_thread_fn(void *arg);

#define AAS_THREAD_NAME_BYTES 16 /* with NUL: the kernel's limit */

/** Start fn(arg) on a thread called name (copied, cut at 15 bytes). Errors: AAS_ENOMEM, AAS_EFULL (table), -errno. */
int aas_thread_create(struct aas_thread **ret_t, const char *name, aas_thread_fn *fn, void *arg) AAS_MUST_CHECK;
/** Wait for its end and free it. NULL is fine. Exactly once per created thread. */
void aas_thread_join(struct aas_thread *t);

/** For threads that a library made (HTTP pool): adopt at their first callback; calling again is cheap and does nothing.
 *  The row goes when the thread ends. */
void aas_thread_adopt(const char *name);

/* The calling thread tells what it does; no-ops on threads without a row. A thread starts idle. Both also beat. */
void aas_thread_busy(void);
void aas_thread_idle(void);
/** Alive; once per turn of a loop. */
void aas_thread_beat(void);
/** The calling thread's name, "?" without a row. */
const char *aas_thread_name(void);

struct aas_thread_row {
    char name[AAS_THREAD_NAME_BYTES];
    int64_t busy_ns;      /* since the thread's start */
    int64_t alive_ns;     /* since the thread's start */
    int64_t last_beat_ms; /* age */
};
/** Copy up to max rows, in order of start; returns how many there are. */
size_t aas_thread_list(struct aas_thread_row *ret_rows, size_t max);
/** Register the collector; aas_daemon does it. The busy ratio is that since the previous render. */
int aas_thread_export(struct aas_metrics *m) AAS_MUST_CHECK;
