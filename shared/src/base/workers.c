#include "aas/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/thread.h"

#define MAX_THREADS    64
#define MAX_NAME_BYTES 12

struct job {
    aas_job_fn *fn;
    void *arg;
};

/* Lock order: lock, then the queue's own. */
struct aas_workers {
    struct aas_queue *jobs;
    pthread_mutex_t lock; /* pending, idle */
    pthread_cond_t idle;
    size_t pending; /* accepted, not yet finished */
    atomic_bool cancel;
    char name[MAX_NAME_BYTES + 1];
    size_t threads;
    struct aas_thread *thread[MAX_THREADS];
};

static void finished(struct aas_workers *w)
{
    (void)pthread_mutex_lock(&w->lock);
    if (--w->pending == 0)
        (void)pthread_cond_broadcast(&w->idle);
    (void)pthread_mutex_unlock(&w->lock);
}

static void work(void *arg)
{
    struct aas_workers *w = arg;
    struct job job;
    while (aas_queue_pop(w->jobs, &job, AAS_MONO_NEVER) == 0) {
        aas_thread_busy();
        job.fn(job.arg, atomic_load(&w->cancel));
        aas_thread_idle();
        finished(w);
    }
}

static int init_sync(struct aas_workers *w)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return AAS_ENOMEM;
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int rc = pthread_cond_init(&w->idle, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (rc == 0 && (rc = pthread_mutex_init(&w->lock, NULL)) != 0)
        (void)pthread_cond_destroy(&w->idle);
    return -rc;
}

int aas_workers_create(struct aas_workers **ret_w, const char *name, size_t threads, size_t capacity)
{
    if (threads == 0 || threads > MAX_THREADS || capacity == 0 || strlen(name) > MAX_NAME_BYTES)
        return AAS_EINVAL;
    struct aas_workers *w = calloc(1, sizeof *w);
    if (!w)
        return AAS_ENOMEM;
    int rc = init_sync(w);
    if (rc) {
        free(w);
        return rc;
    }
    memcpy(w->name, name, strlen(name) + 1);
    rc = aas_queue_create(&w->jobs, sizeof(struct job), capacity, NULL, NULL);
    for (size_t i = 0; rc == 0 && i < threads; i++) {
        char full[AAS_THREAD_NAME_BYTES];
        (void)snprintf(full, sizeof full, "%.12s-%u", name, (unsigned)i % MAX_THREADS);
        rc = aas_thread_create(&w->thread[i], full, work, w);
        w->threads += rc == 0;
    }
    if (rc) {
        aas_workers_destroy(w);
        return rc;
    }
    *ret_w = w;
    return 0;
}

int aas_workers_submit(struct aas_workers *w, aas_job_fn *fn, void *arg)
{
    struct job job = {fn, arg};
    /* Counted before it is visible, else wait_idle could miss it between queue and count. */
    (void)pthread_mutex_lock(&w->lock);
    w->pending++;
    (void)pthread_mutex_unlock(&w->lock);
    int rc = aas_queue_try_push(w->jobs, &job);
    if (rc)
        finished(w);
    return rc;
}

int aas_workers_wait_idle(struct aas_workers *w, struct aas_mono deadline)
{
    int rc = 0;
    (void)pthread_mutex_lock(&w->lock);
    while (w->pending > 0 && rc == 0) {
        if (deadline.ns == INT64_MAX) {
            (void)pthread_cond_wait(&w->idle, &w->lock);
            continue;
        }
        struct timespec until = aas_mono_timespec(deadline);
        rc = pthread_cond_timedwait(&w->idle, &w->lock, &until);
    }
    rc = w->pending == 0 ? 0 : AAS_ETIMEDOUT;
    (void)pthread_mutex_unlock(&w->lock);
    return rc;
}

void aas_workers_stop(struct aas_workers *w, struct aas_mono deadline)
{
    if (w->jobs)
        aas_queue_close(w->jobs);
    if (w->threads > 0 && aas_workers_wait_idle(w, deadline) != 0)
        atomic_store(&w->cancel, true); /* the threads go on popping, and cancel what they pop */
    for (size_t i = 0; i < w->threads; i++) {
        aas_thread_join(w->thread[i]);
        w->thread[i] = NULL;
    }
    w->threads = 0;
}

void aas_workers_destroy(struct aas_workers *w)
{
    if (!w)
        return;
    aas_workers_stop(w, AAS_MONO_PAST);
    aas_queue_destroy(w->jobs);
    (void)pthread_cond_destroy(&w->idle);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

void aas_workers_stats(const struct aas_workers *w, struct aas_queue_stats *ret)
{
    aas_queue_stats(w->jobs, ret);
}

int aas_workers_export(struct aas_workers *w, struct aas_metrics *m)
{
    return aas_queue_export(w->jobs, m, w->name);
}
