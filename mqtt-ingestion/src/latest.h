/* GET /latest: the newest readings of a sensor by event time, from the store and, as it is a second behind, from
 * memory. On a worker. */
#pragma once

#include <stddef.h>

#include "aas/buf.h"
#include "aas/error.h"
#include "live.h"

struct aas_store;

/** Append {"sensor_id","t":[…],"channels":{…}} with the newest n rows, oldest first. memory: rows that may not be
 * stored yet (borrows; may be empty). Errors: those of the store; AAS_ENOMEM, AAS_ETOOBIG. */
int ingest_latest_write(struct aas_store *store, const char *sensor_id, size_t n, const struct ingest_rows *memory,
                        struct aas_buf *out, struct aas_error *err) AAS_MUST_CHECK;
/** The same for stored rows of from_ms … to_ms, at most 100,000 of them. */
int ingest_range_write(struct aas_store *store, const char *sensor_id, int64_t from_ms, int64_t to_ms,
                       struct aas_buf *out, struct aas_error *err) AAS_MUST_CHECK;
