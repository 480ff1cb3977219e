#include "sweeper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "aas/clock.h"
#include "aas/log.h"
#include "aas/store.h"
#include "aas/store_sweep.h"
#include "aas/thread.h"

#define AAS_LOG_MOD "sweeper"

#define BATCH_DOCS     1000
#define BATCH_PAUSE_MS 20
#define FIRST_MS       5000 /* after the start, when there is more important work */

struct ingest_sweeper {
    const struct ingest_config *config;
    struct aas_store *store;
    struct aas_thread *thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    _Atomic uint64_t removed;
};

/* False: stop. */
static bool pause_ms(struct ingest_sweeper *s, int64_t ms)
{
    struct aas_mono until = aas_mono_in_ms(ms);
    struct timespec at = aas_mono_timespec(until);
    aas_thread_idle();
    (void)pthread_mutex_lock(&s->lock);
    while (!s->stopping && !aas_mono_passed(until))
        (void)pthread_cond_timedwait(&s->wake, &s->lock, &at);
    bool go_on = !s->stopping;
    (void)pthread_mutex_unlock(&s->lock);
    aas_thread_busy();
    return go_on;
}

/* False: stop. */
static bool sweep(struct ingest_sweeper *s, enum aas_collection c, int64_t keep_ms)
{
    struct aas_sweep_report report = {.more = true};
    int64_t removed = 0;
    while (report.more) {
        struct aas_error err = AAS_ERROR_NONE;
        int rc = aas_store_sweep(s->store, c, aas_clock_wall_ms() - keep_ms, BATCH_DOCS, false, &report, &err);
        removed += report.removed;
        atomic_fetch_add(&s->removed, (uint64_t)report.removed);
        if (rc < 0) {
            AAS_LOG_WARN("sweep.failed", "what is too old can't be removed now, trying again later",
                         AAS_F_STR("collection", aas_store_collection(c)->name), AAS_F_ERROR(&err));
            return true;
        }
        if (report.more && report.removed == 0) /* all of the batch is spared: the same would come again */
            break;
        if (report.more && !pause_ms(s, BATCH_PAUSE_MS))
            return false;
    }
    if (removed > 0)
        AAS_LOG_INFO("sweep.done", "documents that were too old are removed",
                     AAS_F_STR("collection", aas_store_collection(c)->name), AAS_F_INT("removed", removed));
    return true;
}

static void run(void *arg)
{
    struct ingest_sweeper *s = arg;
    const struct ingest_config *c = s->config;
    if (!pause_ms(s, c->sweep_ms < FIRST_MS ? c->sweep_ms : FIRST_MS))
        return;
    do {
        if (!sweep(s, AAS_COLL_SENSOR_DATA, c->retention_raw_ms) ||
            !sweep(s, AAS_COLL_ROLLUPS, c->retention_rollups_ms) ||
            !sweep(s, AAS_COLL_QUARANTINE, c->retention_quarantine_ms))
            return;
    } while (pause_ms(s, c->sweep_ms));
}

int ingest_sweeper_create(struct ingest_sweeper **ret_sweeper, const struct ingest_config *config,
                          struct aas_store *store, struct aas_error *err)
{
    struct ingest_sweeper *s = calloc(1, sizeof *s);
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    s->config = config;
    s->store = store;
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&s->lock, NULL);
    *ret_sweeper = s;
    return 0;
}

int ingest_sweeper_start(struct ingest_sweeper *s, struct aas_error *err)
{
    int rc = aas_thread_create(&s->thread, "sweeper", run, s);
    return rc < 0 ? aas_error_set(err, rc, "cannot start a thread") : 0;
}

void ingest_sweeper_stop(struct ingest_sweeper *s)
{
    if (!s)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    (void)pthread_cond_broadcast(&s->wake);
    (void)pthread_mutex_unlock(&s->lock);
    aas_thread_join(s->thread);
    s->thread = NULL;
}

void ingest_sweeper_destroy(struct ingest_sweeper *s)
{
    if (!s)
        return;
    ingest_sweeper_stop(s);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->wake);
    free(s);
}

uint64_t ingest_sweeper_removed(const struct ingest_sweeper *s)
{
    return atomic_load(&s->removed);
}
