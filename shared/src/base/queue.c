#include "aas/queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/metrics.h"

struct aas_queue {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t not_empty, not_full;
    size_t head;
    bool closed;
    struct aas_queue_stats stats;
    size_t elem_bytes;
    aas_queue_drop_fn *drop;
    void *drop_arg;
    struct aas_metrics *exported_to;
    char *exported_name;
    bool exported;
    unsigned char *slots;
};

static void *slot(struct aas_queue *q, size_t i)
{
    return q->slots + (q->head + i) % q->stats.capacity * q->elem_bytes;
}

static int init_conds(struct aas_queue *q)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return AAS_ENOMEM;
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int rc = pthread_cond_init(&q->not_empty, &attr);
    if (rc == 0 && (rc = pthread_cond_init(&q->not_full, &attr)) != 0)
        (void)pthread_cond_destroy(&q->not_empty);
    (void)pthread_condattr_destroy(&attr);
    return -rc;
}

int aas_queue_create(struct aas_queue **ret_q, size_t elem_bytes, size_t capacity, aas_queue_drop_fn *drop, void *arg)
{
    assert(elem_bytes > 0 && capacity > 0);
    struct aas_queue *q = calloc(1, sizeof *q);
    if (!q)
        return AAS_ENOMEM;
    q->slots = calloc(capacity, elem_bytes);
    int rc = q->slots ? init_conds(q) : AAS_ENOMEM;
    if (rc == 0 && (rc = -pthread_mutex_init(&q->lock, NULL)) != 0) {
        (void)pthread_cond_destroy(&q->not_empty);
        (void)pthread_cond_destroy(&q->not_full);
    }
    if (rc) {
        free(q->slots);
        free(q);
        return rc;
    }
    q->elem_bytes = elem_bytes;
    q->stats.capacity = capacity;
    q->drop = drop;
    q->drop_arg = arg;
    *ret_q = q;
    return 0;
}

static void collect(struct aas_metrics *m, void *arg)
{
    struct aas_queue *q = arg;
    struct aas_queue_stats s;
    aas_queue_stats(q, &s);
    const struct aas_label labels[] = {{"queue", q->exported_name}, {NULL, NULL}};
    aas_metric_set(aas_metrics_gauge(m, "aas_queue_depth", "Elements waiting in the queue.", labels), (double)s.len);
    aas_metric_set(aas_metrics_gauge(m, "aas_queue_high_water", "Most elements that ever waited in the queue.", labels),
                   (double)s.high_water);
    aas_metric_set(aas_metrics_gauge(m, "aas_queue_capacity", "Elements that the queue holds at most.", labels),
                   (double)s.capacity);
    aas_metric_set_total(
        aas_metrics_counter(m, "aas_queue_dropped_total", "Elements thrown out for newer ones.", labels),
        (double)s.dropped);
    aas_metric_set_total(
        aas_metrics_counter(m, "aas_queue_refused_total", "Elements refused because the queue was full.", labels),
        (double)s.refused);
}

static void unexport(struct aas_queue *q)
{
    static const char *const names[] = {"aas_queue_depth", "aas_queue_high_water", "aas_queue_capacity",
                                        "aas_queue_dropped_total", "aas_queue_refused_total"};
    if (!q->exported)
        return;
    aas_metrics_remove_collector(q->exported_to, collect, q);
    const struct aas_label labels[] = {{"queue", q->exported_name}, {NULL, NULL}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        aas_metrics_remove(q->exported_to, names[i], labels);
    q->exported = false;
}

void aas_queue_destroy(struct aas_queue *q)
{
    if (!q)
        return;
    unexport(q);
    for (size_t i = 0; q->drop && i < q->stats.len; i++)
        q->drop(slot(q, i), q->drop_arg);
    (void)pthread_mutex_destroy(&q->lock);
    (void)pthread_cond_destroy(&q->not_empty);
    (void)pthread_cond_destroy(&q->not_full);
    free(q->exported_name);
    free(q->slots);
    free(q);
}

/* Wait on cond until deadline. False: time is up. The caller tests its predicate, and "closed", around each wait. */
static bool wait_until(struct aas_queue *q, pthread_cond_t *cond, struct aas_mono deadline)
{
    if (deadline.ns == INT64_MAX)
        return pthread_cond_wait(cond, &q->lock) == 0;
    struct timespec until = aas_mono_timespec(deadline);
    return pthread_cond_timedwait(cond, &q->lock, &until) == 0;
}

/* With the lock held and room there. */
static void append(struct aas_queue *q, const void *elem)
{
    memcpy(slot(q, q->stats.len), elem, q->elem_bytes);
    q->stats.len++;
    q->stats.pushed++;
    if (q->stats.len > q->stats.high_water)
        q->stats.high_water = q->stats.len;
    (void)pthread_cond_signal(&q->not_empty);
}

static void take_oldest(struct aas_queue *q, void *ret_elem)
{
    memcpy(ret_elem, slot(q, 0), q->elem_bytes);
    q->head = (q->head + 1) % q->stats.capacity;
    q->stats.len--;
}

static int push(struct aas_queue *q, const void *elem, bool may_wait, struct aas_mono deadline)
{
    int rc = 0;
    bool time_left = may_wait;
    (void)pthread_mutex_lock(&q->lock);
    while (!q->closed && q->stats.len == q->stats.capacity && time_left)
        time_left = wait_until(q, &q->not_full, deadline);
    if (q->closed)
        rc = AAS_ECLOSED;
    else if (q->stats.len == q->stats.capacity)
        rc = AAS_EFULL;
    if (rc == AAS_EFULL)
        q->stats.refused++;
    if (rc == 0)
        append(q, elem);
    (void)pthread_mutex_unlock(&q->lock);
    return rc;
}

int aas_queue_push(struct aas_queue *q, const void *elem, struct aas_mono deadline)
{
    return push(q, elem, true, deadline);
}

int aas_queue_try_push(struct aas_queue *q, const void *elem)
{
    return push(q, elem, false, AAS_MONO_PAST);
}

int aas_queue_push_latest(struct aas_queue *q, const void *elem)
{
    int rc = 0;
    (void)pthread_mutex_lock(&q->lock);
    if (q->closed) {
        rc = AAS_ECLOSED;
    } else {
        if (q->stats.len == q->stats.capacity) {
            if (q->drop)
                q->drop(slot(q, 0), q->drop_arg);
            q->head = (q->head + 1) % q->stats.capacity;
            q->stats.len--;
            q->stats.dropped++;
        }
        append(q, elem);
    }
    (void)pthread_mutex_unlock(&q->lock);
    return rc;
}

static int pop(struct aas_queue *q, void *ret_elems, size_t max, size_t *ret_n, bool may_wait, struct aas_mono deadline)
{
    bool time_left = may_wait;
    (void)pthread_mutex_lock(&q->lock);
    while (!q->closed && q->stats.len == 0 && time_left)
        time_left = wait_until(q, &q->not_empty, deadline);
    size_t n = q->stats.len < max ? q->stats.len : max;
    for (size_t i = 0; i < n; i++)
        take_oldest(q, (unsigned char *)ret_elems + i * q->elem_bytes);
    q->stats.popped += n;
    int rc = n > 0 ? 0 : q->closed ? AAS_ECLOSED : may_wait ? AAS_ETIMEDOUT : AAS_EAGAIN;
    if (n == 1)
        (void)pthread_cond_signal(&q->not_full);
    else if (n > 1)
        (void)pthread_cond_broadcast(&q->not_full);
    /* One signal per push wakes one waiter; if it took less than all, the next waiter must learn of the rest. */
    if (n > 0 && q->stats.len > 0)
        (void)pthread_cond_signal(&q->not_empty);
    (void)pthread_mutex_unlock(&q->lock);
    if (rc == 0 && ret_n)
        *ret_n = n;
    return rc;
}

int aas_queue_pop(struct aas_queue *q, void *ret_elem, struct aas_mono deadline)
{
    return pop(q, ret_elem, 1, NULL, true, deadline);
}

int aas_queue_try_pop(struct aas_queue *q, void *ret_elem)
{
    return pop(q, ret_elem, 1, NULL, false, AAS_MONO_PAST);
}

int aas_queue_pop_many(struct aas_queue *q, void *ret_elems, size_t max, size_t *ret_n, struct aas_mono deadline)
{
    assert(max > 0);
    return pop(q, ret_elems, max, ret_n, true, deadline);
}

void aas_queue_close(struct aas_queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    q->closed = true;
    (void)pthread_cond_broadcast(&q->not_empty);
    (void)pthread_cond_broadcast(&q->not_full);
    (void)pthread_mutex_unlock(&q->lock);
}

/* Reading takes the lock too: a const queue is one that isn't changed, not one that isn't locked. */
static pthread_mutex_t *lock_of(const struct aas_queue *q)
{
    return (pthread_mutex_t *)(uintptr_t)&q->lock;
}

size_t aas_queue_len(const struct aas_queue *q)
{
    (void)pthread_mutex_lock(lock_of(q));
    size_t len = q->stats.len;
    (void)pthread_mutex_unlock(lock_of(q));
    return len;
}

void aas_queue_stats(const struct aas_queue *q, struct aas_queue_stats *ret)
{
    (void)pthread_mutex_lock(lock_of(q));
    *ret = q->stats;
    (void)pthread_mutex_unlock(lock_of(q));
}

int aas_queue_export(struct aas_queue *q, struct aas_metrics *m, const char *name)
{
    assert(!q->exported);
    char *copy = strdup(name);
    if (!copy)
        return AAS_ENOMEM;
    free(q->exported_name);
    q->exported_name = copy;
    q->exported_to = m;
    int rc = aas_metrics_add_collector(m, collect, q);
    q->exported = rc == 0;
    return rc;
}
