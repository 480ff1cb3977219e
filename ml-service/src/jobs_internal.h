/* What jobs.c (documents, the thread) and job_run.c (one child) share. */
#pragma once

#include <pthread.h>

#include <aas/id.h>
#include <aas/thread.h>

#include "jobs.h"

struct ml_jobs {
    struct aas_store *store;
    struct ml_registry *registry;
    char *store_url, *models_dir, *instance, *tool;
    bool promote;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping, has_next;
    char next[AAS_ID_SIZE];   /* the queued job */
    char cancel[AAS_ID_SIZE]; /* a job to end */
    int wake_fd;              /* readable: look at stopping and cancel */
    struct aas_thread *thread;
};

/** Set fields of the job's document; *ret_cancelled: somebody asked for its end. Retries while the store is away are
 * the caller's. */
int jobs_update(struct ml_jobs *j, const char *id, const json_t *fields, bool *ret_cancelled,
                struct aas_error *err) AAS_MUST_CHECK;
/** Run one job to its end. */
void jobs_run(struct ml_jobs *j, const char *id);
bool jobs_should_end(struct ml_jobs *j, const char *id);
