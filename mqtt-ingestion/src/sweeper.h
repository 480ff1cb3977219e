/* Retention: a thread that removes what is too old from the collections that ingestion owns, in small batches with
 * pauses, so that it never stands in the way of the writer (aas/store_sweep.h says what is spared). */
#pragma once

#include <stdint.h>

#include "aas/error.h"
#include "config.h"

struct aas_store;
struct ingest_sweeper;

int ingest_sweeper_create(struct ingest_sweeper **ret_sweeper, const struct ingest_config *config,
                          struct aas_store *store, struct aas_error *err) AAS_MUST_CHECK;
int ingest_sweeper_start(struct ingest_sweeper *s, struct aas_error *err) AAS_MUST_CHECK;
void ingest_sweeper_stop(struct ingest_sweeper *s);
void ingest_sweeper_destroy(struct ingest_sweeper *s);
/** Documents removed since the start. Any thread. */
uint64_t ingest_sweeper_removed(const struct ingest_sweeper *s);
