/* Alarm documents: made, and changed by what the process does (docs/modules of alarm_state: what people do is
 * backend-api's). Pure functions from old to new, for aas_store_update. */
#pragma once

#include <bson/bson.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "aas/alarm_state.h"
#include "aas/error.h"
#include "aas/id.h"
#include "decide.h"
#include "registry.h"

/** What an alarm is raised with. */
struct ingest_alarm_new {
    const char *sensor_id, *fault, *priority, *group;
    int64_t raised_ms, event_ms, bundle_due_ms;
    const json_t *prediction; /* NULL: not from a prediction */
    const char *first_out_id; /* the first alarm of the group that is still active; NULL: this one is it */
    int64_t occurrences;      /* of this sensor and fault within the last hour, this one included */
};

/** "<sensor>|<fault>": unique while the alarm is open. */
#define INGEST_OPEN_KEY_BYTES (INGEST_SENSOR_ID_BYTES + INGEST_FAULT_BYTES)
void ingest_alarm_open_key(const char *sensor_id, const char *fault, char key[static INGEST_OPEN_KEY_BYTES]);
/** Append a new alarm's fields to an empty doc. The id comes from sensor, fault and event time: a retry makes the same.
 */
int ingest_alarm_make(const struct ingest_alarm_new *a, bson_t *doc) AAS_MUST_CHECK;

/** A change for aas_store_update: an event of the state machine at a time. */
struct ingest_alarm_event {
    enum aas_alarm_event event; /* RAISE, RETURN, UNSHELVE */
    int64_t at_ms;
};
int ingest_alarm_change(const bson_t *old_doc, bson_t *ret_new, void *event, struct aas_error *err);
/** Take over the explanation of a stored prediction (arg: const bson_t *), which comes a moment after the judgement. */
int ingest_alarm_set_explanation(const bson_t *old_doc, bson_t *ret_new, void *prediction, struct aas_error *err);
/** Set the bundle's name (arg: const char *). */
int ingest_alarm_set_bundle(const bson_t *old_doc, bson_t *ret_new, void *name, struct aas_error *err);
