/* WS /stream: frames to any number of clients, numbered, resumable, filtered per client (docs/ARCHITECTURE.md, "Live
 * frames").
 *
 * publish() may be called by any thread; it numbers the frame, keeps it for clients that come back, and hands it to the
 * hub. The lock (seq, history) is a leaf below the caller's own locks. Snapshots are made on the hub's thread by the
 * callback, which may take its locks: a publisher must not hold the hub. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/buf.h"
#include "aas/error.h"

struct aas_http_req;
struct ingest_stream;

enum ingest_frame_kind {
    INGEST_FRAME_READINGS,
    INGEST_FRAME_PREDICTION,
    INGEST_FRAME_SENSOR,
    INGEST_FRAME_ALARM,
    INGEST_FRAME__COUNT
};

/** Append `"sensors":[…],"predictions":[…],"alarms":[…]` to out. On the hub's thread. */
typedef void ingest_snapshot_fn(void *arg, struct aas_buf *out);

int ingest_stream_create(struct ingest_stream **ret_stream, ingest_snapshot_fn *snapshot, void *arg,
                         struct aas_error *err) AAS_MUST_CHECK;
int ingest_stream_start(struct ingest_stream *s, struct aas_error *err) AAS_MUST_CHECK;
void ingest_stream_stop(struct ingest_stream *s, uint32_t drain_ms);
void ingest_stream_destroy(struct ingest_stream *s);

/** Does anybody listen? Frames for nobody need not be made: a client that comes gets a snapshot. */
bool ingest_stream_wanted(const struct ingest_stream *s);
/** body: the members of the frame behind type and seq, e.g. `"sensor_id":"p1",…` (copies). key: the sensor id. */
void ingest_stream_publish(struct ingest_stream *s, enum ingest_frame_kind kind, const char *key, const char *body,
                           size_t len);
/** The handler of GET /stream. */
int ingest_stream_accept(struct ingest_stream *s, struct aas_http_req *req, struct aas_error *err) AAS_MUST_CHECK;

struct ingest_stream_stats {
    size_t clients;
    uint64_t seq, sent, lost;
};
void ingest_stream_stats(struct ingest_stream *s, struct ingest_stream_stats *ret_stats);
