/* What could not be accepted: listed, and let in again by a person. On a worker; the collection's other writer is the
 * writer thread. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "aas/buf.h"
#include "aas/error.h"

struct aas_store;
struct ingest_subscriber;
struct ingest_topics;

struct ingest_quarantine_query {
    const char *sensor_id, *reason; /* NULL: any */
    size_t limit;
    const char *cursor;
};
/** Append {"items":[…newest first],"next"} with the payload as `text` where it is UTF-8. Errors: those of the store. */
int ingest_quarantine_list(struct aas_store *store, const struct ingest_quarantine_query *q, struct aas_buf *out,
                           struct aas_error *err) AAS_MUST_CHECK;

/** Let a rejected message in again, through the log like any other, with the time of its first arrival; bounds of time
 *  and range are not judged again. payload: a corrected one, or NULL for the one that was kept. Errors: AAS_ENOENT;
 *  AAS_ECONFLICT it was let in before; AAS_EINVAL it still can't be decoded; those of the store and the log. */
int ingest_quarantine_reinject(struct aas_store *store, struct ingest_subscriber *subscriber,
                               const struct ingest_topics *topics, const char *id, const char *payload,
                               size_t payload_len, uint32_t *ret_readings, struct aas_error *err) AAS_MUST_CHECK;
