/* A pool of named threads that run jobs from one bounded queue. Jobs are run in the order of submission, any number at
 * a time; a job may submit. Thread-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "aas/clock.h"
#include "aas/err.h"
#include "aas/queue.h"

struct aas_workers;

/** A job. cancelled: the pool stops before the job could run; free or answer arg, do no work. Called exactly once per
 *  accepted job either way. */
typedef void aas_job_fn(void *arg, bool cancelled);

/** threads (1..64) threads called name-0, name-1, … (name of at most 12 bytes, copied), and room for capacity waiting
 *  jobs. Errors: AAS_ENOMEM, AAS_EINVAL, -errno of pthread_create. */
int aas_workers_create(struct aas_workers **ret_w, const char *name, size_t threads, size_t capacity) AAS_MUST_CHECK;
/** Stops with a passed deadline if not stopped, then frees. NULL is fine. Not from a job. */
void aas_workers_destroy(struct aas_workers *w);

/** Hand fn(arg) to the pool; never waits. On success fn will be called, on another thread. Errors: AAS_EFULL (answer
 * 503), AAS_ECLOSED. */
int aas_workers_submit(struct aas_workers *w, aas_job_fn *fn, void *arg) AAS_MUST_CHECK;
/** Refuse new jobs, run those waiting until deadline, call the rest with cancelled, join the threads (a job in progress
 * is waited for). Idempotent. Not from a job. */
void aas_workers_stop(struct aas_workers *w, struct aas_mono deadline);
/** Wait until no job waits or runs. Errors: AAS_ETIMEDOUT. For tests and checkpoints. */
int aas_workers_wait_idle(struct aas_workers *w, struct aas_mono deadline) AAS_MUST_CHECK;
/** The queue's figures. */
void aas_workers_stats(const struct aas_workers *w, struct aas_queue_stats *ret);
int aas_workers_export(struct aas_workers *w, struct aas_metrics *m) AAS_MUST_CHECK;
