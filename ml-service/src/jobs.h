/* Retraining jobs: one at a time, each `aastreli-model retrain` in a child process, with its progress in the collection
 * `jobs`. A version that passes its gate is promoted where promotion is managed. A job whose child dies is "crashed"
 * with the signal; one that was under way when the service ended is "failed" at the next start. Any thread may call, on
 * workers (store). One thread runs the children. Lock: `lock` guards the slot, short. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <aas/error.h>

#include "registry.h"

struct aas_store;
struct ml_jobs;

struct ml_jobs_options {
    struct aas_store *store;                       /* borrows */
    struct ml_registry *registry;                  /* borrows */
    const char *store_url, *models_dir, *instance; /* copies; instance: whose jobs a restart cleans up */
    const char *tool;                              /* copies; path of aastreli-model, NULL: beside our own executable */
    bool promote;
};

/** What is asked for. All borrowed; strings may be NULL but type, user and reason. */
struct ml_retrain {
    const char *type; /* sensor type whose champion is the parent */
    const char *user, *reason;
    const json_t *params; /* NULL: the parent's */
    int64_t from, to;     /* of labelled times; 0: open */
};

int ml_jobs_create(struct ml_jobs **ret, const struct ml_jobs_options *o, struct aas_error *err) AAS_MUST_CHECK;
int ml_jobs_start(struct ml_jobs *j, struct aas_error *err) AAS_MUST_CHECK;
/** Ends a running child. */
void ml_jobs_stop(struct ml_jobs *j);
void ml_jobs_destroy(struct ml_jobs *j);

/** Queue a job; its document (new). Errors: AAS_ECONFLICT one is under way (its id is named); AAS_EUNAVAILABLE no
 *  champion; store's. */
int ml_jobs_retrain(struct ml_jobs *j, const struct ml_retrain *what, json_t **ret_job,
                    struct aas_error *err) AAS_MUST_CHECK;
/** AAS_ENOENT. */
int ml_jobs_get(struct ml_jobs *j, const char *id, json_t **ret_job, struct aas_error *err) AAS_MUST_CHECK;
int ml_jobs_list(struct ml_jobs *j, size_t limit, const char *cursor, json_t **ret_list,
                 struct aas_error *err) AAS_MUST_CHECK;
/** Ask for the end, on whichever replica it runs; the job as it is now. Errors: AAS_ENOENT; AAS_ECONFLICT it has ended.
 */
int ml_jobs_cancel(struct ml_jobs *j, const char *id, json_t **ret_job, struct aas_error *err) AAS_MUST_CHECK;
/** When the newest job was created, 0: none. */
int ml_jobs_newest(struct ml_jobs *j, int64_t *ret_created, struct aas_error *err) AAS_MUST_CHECK;
