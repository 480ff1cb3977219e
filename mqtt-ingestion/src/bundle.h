/* The flight recorder: what was around an alarm, frozen into one JSON file that opens offline: the alarm, the sensor,
 * raw readings, predictions, the model's manifest. */
#pragma once

#include <bson/bson.h>
#include <stdint.h>

#include "aas/buf.h"
#include "aas/error.h"

struct aas_store;

/** Name of the blob, "bundles/<alarm id>.json". */
#define INGEST_BUNDLE_NAME_BYTES 64
void ingest_bundle_name(const char *alarm_id, char name[static INGEST_BUNDLE_NAME_BYTES]);
/** Append the bundle of an alarm document. Errors: those of the store; AAS_ETOOBIG. */
int ingest_bundle_write(struct aas_store *store, const bson_t *alarm, int64_t before_ms, int64_t after_ms,
                        struct aas_buf *out, struct aas_error *err) AAS_MUST_CHECK;
