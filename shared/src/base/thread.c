#include "aas/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/metrics.h"

#define MAX_ROWS 256

enum row_state { ROW_FREE, ROW_USED, ROW_ENDED /* its series are still exported */ };

struct row {
    enum row_state state;
    char name[AAS_THREAD_NAME_BYTES];
    uint64_t order;
    int64_t start_ns;
    /* written by the thread itself, read by the collector */
    _Atomic int64_t busy_ns;
    _Atomic int64_t busy_since_ns; /* 0 while idle */
    _Atomic int64_t beat_ns;
    /* the collector's */
    int64_t seen_busy_ns, seen_at_ns;
};

struct aas_thread {
    pthread_t id;
    struct row *row;
    aas_thread_fn *fn;
    void *arg;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* rows' state, name, order, collector's fields; a leaf */
static struct row rows[MAX_ROWS];
static uint64_t next_order;
static bool exported;

static _Thread_local struct row *self;
static pthread_key_t adopted_key;
static pthread_once_t adopted_once = PTHREAD_ONCE_INIT;

static bool name_taken(const char *name)
{
    for (size_t i = 0; i < MAX_ROWS; i++)
        if (rows[i].state == ROW_USED && strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

/* Names are unique among the living, as they are labels: a second "http" becomes "http-1". */
static void choose_name(char out[AAS_THREAD_NAME_BYTES], const char *name)
{
    (void)snprintf(out, AAS_THREAD_NAME_BYTES, "%.15s", name);
    for (unsigned i = 1; name_taken(out) && i < MAX_ROWS; i++)
        (void)snprintf(out, AAS_THREAD_NAME_BYTES, "%.11s-%u", name, i);
}

static struct row *row_take(const char *name)
{
    struct row *row = NULL;
    int64_t now = aas_clock_mono().ns;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MAX_ROWS && !row; i++)
        if (rows[i].state == ROW_FREE)
            row = &rows[i];
    for (size_t i = 0; i < MAX_ROWS && !row; i++) /* rather lose an ended row's last figures than a thread */
        if (rows[i].state == ROW_ENDED)
            row = &rows[i];
    if (row) {
        choose_name(row->name, name);
        row->state = ROW_USED;
        row->order = next_order++;
        row->start_ns = row->seen_at_ns = now;
        row->seen_busy_ns = 0;
        atomic_store(&row->busy_ns, 0);
        atomic_store(&row->busy_since_ns, 0);
        atomic_store(&row->beat_ns, now);
    }
    (void)pthread_mutex_unlock(&lock);
    return row;
}

static void row_release(void *arg)
{
    struct row *row = arg;
    (void)pthread_mutex_lock(&lock);
    row->state = exported ? ROW_ENDED : ROW_FREE;
    (void)pthread_mutex_unlock(&lock);
}

static void *run(void *arg)
{
    struct aas_thread *t = arg;
    self = t->row;
    (void)pthread_setname_np(pthread_self(), t->row->name);
    t->fn(t->arg);
    self = NULL;
    row_release(t->row);
    return NULL;
}

int aas_thread_create(struct aas_thread **ret_t, const char *name, aas_thread_fn *fn, void *arg)
{
    struct aas_thread *t = calloc(1, sizeof *t);
    if (!t)
        return AAS_ENOMEM;
    t->fn = fn;
    t->arg = arg;
    t->row = row_take(name);
    if (!t->row) {
        free(t);
        return AAS_EFULL;
    }
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&t->id, NULL, run, t);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        row_release(t->row);
        free(t);
        return -rc;
    }
    *ret_t = t;
    return 0;
}

void aas_thread_join(struct aas_thread *t)
{
    if (!t)
        return;
    (void)pthread_join(t->id, NULL);
    free(t);
}

static void make_adopted_key(void)
{
    (void)pthread_key_create(&adopted_key, row_release);
}

void aas_thread_adopt(const char *name)
{
    if (self)
        return;
    (void)pthread_once(&adopted_once, make_adopted_key);
    struct row *row = row_take(name);
    if (!row)
        return;
    if (pthread_setspecific(adopted_key, row) != 0) {
        row_release(row);
        return;
    }
    self = row;
    (void)pthread_setname_np(pthread_self(), row->name);
}

void aas_thread_busy(void)
{
    if (!self)
        return;
    int64_t now = aas_clock_mono().ns;
    atomic_store_explicit(&self->beat_ns, now, memory_order_relaxed);
    if (atomic_load_explicit(&self->busy_since_ns, memory_order_relaxed) == 0)
        atomic_store_explicit(&self->busy_since_ns, now, memory_order_relaxed);
}

void aas_thread_idle(void)
{
    if (!self)
        return;
    int64_t now = aas_clock_mono().ns;
    int64_t since = atomic_load_explicit(&self->busy_since_ns, memory_order_relaxed);
    atomic_store_explicit(&self->beat_ns, now, memory_order_relaxed);
    if (since) {
        atomic_store_explicit(&self->busy_since_ns, 0, memory_order_relaxed);
        (void)atomic_fetch_add_explicit(&self->busy_ns, now - since, memory_order_relaxed);
    }
}

void aas_thread_beat(void)
{
    if (self)
        atomic_store_explicit(&self->beat_ns, aas_clock_mono().ns, memory_order_relaxed);
}

const char *aas_thread_name(void)
{
    return self ? self->name : "?";
}

static int64_t busy_total(const struct row *row, int64_t now)
{
    int64_t since = atomic_load_explicit(&row->busy_since_ns, memory_order_relaxed);
    int64_t busy = atomic_load_explicit(&row->busy_ns, memory_order_relaxed);
    return busy + (since && now > since ? now - since : 0);
}

static int by_order(const void *a, const void *b)
{
    const struct row *const *x = a, *const *y = b;
    return ((*x)->order > (*y)->order) - ((*x)->order < (*y)->order);
}

size_t aas_thread_list(struct aas_thread_row *ret_rows, size_t max)
{
    const struct row *used[MAX_ROWS];
    size_t n = 0;
    int64_t now = aas_clock_mono().ns;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MAX_ROWS; i++)
        if (rows[i].state == ROW_USED)
            used[n++] = &rows[i];
    qsort(used, n, sizeof *used, by_order);
    for (size_t i = 0; i < n && i < max; i++) {
        ret_rows[i] = (struct aas_thread_row){
            .busy_ns = busy_total(used[i], now),
            .alive_ns = now - used[i]->start_ns,
            .last_beat_ms = (now - atomic_load(&used[i]->beat_ns)) / 1000000,
        };
        memcpy(ret_rows[i].name, used[i]->name, sizeof ret_rows[i].name);
    }
    (void)pthread_mutex_unlock(&lock);
    return n;
}

/* What the collector found; series are set after the table's lock is released, as that lock is a leaf. */
struct figures {
    char name[AAS_THREAD_NAME_BYTES];
    bool ended;
    double ratio, busy_s, beat_s;
};

static size_t take_figures(struct figures *out)
{
    size_t n = 0;
    int64_t now = aas_clock_mono().ns;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MAX_ROWS; i++) {
        struct row *row = &rows[i];
        if (row->state == ROW_FREE)
            continue;
        struct figures *f = &out[n++];
        memcpy(f->name, row->name, sizeof f->name);
        f->ended = row->state == ROW_ENDED;
        if (f->ended) {
            row->state = ROW_FREE;
            continue;
        }
        int64_t busy = busy_total(row, now), span = now - row->seen_at_ns;
        double ratio = span > 0 ? (double)(busy - row->seen_busy_ns) / (double)span : 0;
        f->ratio = ratio < 0 ? 0 : ratio > 1 ? 1 : ratio;
        f->busy_s = (double)busy / 1e9;
        f->beat_s = (double)(now - atomic_load(&row->beat_ns)) / 1e9;
        row->seen_busy_ns = busy;
        row->seen_at_ns = now;
    }
    (void)pthread_mutex_unlock(&lock);
    return n;
}

static void collect(struct aas_metrics *m, void *arg)
{
    (void)arg;
    struct figures figures[MAX_ROWS];
    size_t n = take_figures(figures);
    for (size_t i = 0; i < n; i++) { /* ended ones first: a new thread may have taken the name */
        const struct aas_label labels[] = {{"thread", figures[i].name}, {NULL, NULL}};
        if (!figures[i].ended)
            continue;
        aas_metrics_remove(m, "aas_thread_busy_ratio", labels);
        aas_metrics_remove(m, "aas_thread_busy_seconds_total", labels);
        aas_metrics_remove(m, "aas_thread_last_beat_seconds", labels);
    }
    for (size_t i = 0; i < n; i++) {
        const struct aas_label labels[] = {{"thread", figures[i].name}, {NULL, NULL}};
        if (figures[i].ended)
            continue;
        aas_metric_set(aas_metrics_gauge(m, "aas_thread_busy_ratio",
                                         "Share of the time since the last scrape that the thread was busy.", labels),
                       figures[i].ratio);
        aas_metric_set_total(
            aas_metrics_counter(m, "aas_thread_busy_seconds_total", "Time that the thread has been busy.", labels),
            figures[i].busy_s);
        aas_metric_set(
            aas_metrics_gauge(m, "aas_thread_last_beat_seconds", "Age of the thread's last sign of life.", labels),
            figures[i].beat_s);
    }
}

int aas_thread_export(struct aas_metrics *m)
{
    int rc = aas_metrics_add_collector(m, collect, NULL);
    (void)pthread_mutex_lock(&lock);
    exported = exported || rc == 0;
    (void)pthread_mutex_unlock(&lock);
    return rc;
}
