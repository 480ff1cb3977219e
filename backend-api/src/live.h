/* The live stream: one WebSocket from mqtt-ingestion, fanned out to any number of browsers with sequence numbers of our
 * own. A browser gets hello and a snapshot, then what it subscribed to; when the upstream goes away it is told
 * (`feed`). Lifetime: create -> start -> (HTTP runs) -> HTTP stop -> stop -> destroy. Thread-safe; the lock may be held
 * while the hub's inbox is locked, never the other way round. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/buf.h"
#include "aas/error.h"
#include "live_state.h"

struct aas_http_req;
struct api_live;
struct api_revoked;

/** ingest_url: http://host:port of mqtt-ingestion (borrows for the call). A connection ends with its token, or when
 *  `revoked` (borrowed, outlives) has its account: close 4401, to come again with a new one. */
int api_live_create(struct api_live **ret_live, const char *ingest_url, size_t max_clients, struct api_revoked *revoked,
                    struct aas_error *err) AAS_MUST_CHECK;
int api_live_start(struct api_live *live, struct aas_error *err) AAS_MUST_CHECK;
/** After the HTTP server's stop. */
void api_live_stop(struct api_live *live, uint32_t drain_ms);
void api_live_destroy(struct api_live *live); /* NULL is fine */

/** Takes over an upgrade request. */
int api_live_accept(struct api_live *live, struct aas_http_req *req, struct aas_error *err) AAS_MUST_CHECK;

/** Is the stream up? *ret_since (may be NULL): since when it is so, epoch ms. */
bool api_live_connected(struct api_live *live, int64_t *ret_since);
/** Append a sensor's live state, or null when it is unknown or the stream is away. Returns its newest event time, 0:
 * not known. */
int64_t api_live_append_sensor(struct api_live *live, const char *id, struct aas_buf *out);
/** False, and nothing, when the stream is away. */
bool api_live_count(struct api_live *live, struct api_state_counts *ret_counts);
/** Tell every browser of an alarm that a person changed; object is its JSON. */
void api_live_alarm(struct api_live *live, const char *object, size_t len);
