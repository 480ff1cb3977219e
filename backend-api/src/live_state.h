/* What the live stream says now: sensors, the newest predictions, open alarms; kept as the JSON text that came, so that
 * a new browser's snapshot is a concatenation. No lock: the owner (live.c) has one. Bounded: at most 20,000 sensors, 50
 * predictions, 500 alarms. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/buf.h"
#include "aas/error.h"
#include "live_frame.h"

struct api_state;

enum api_sensor_state {
    API_SENSOR_NORMAL,
    API_SENSOR_FAULT,
    API_SENSOR_UNKNOWN,
    API_SENSOR_BLIND,
    API_SENSOR_WARMING_UP,
    API_SENSOR_NO_DATA,
    API_SENSOR__COUNT
};
const char *api_sensor_state_name(enum api_sensor_state state);

int api_state_create(struct api_state **ret_state) AAS_MUST_CHECK;
void api_state_destroy(struct api_state *state); /* NULL is fine */

/** Take a frame in (copies): snapshot, sensor, prediction or alarm; others change nothing. AAS_EPARSE, AAS_ENOMEM,
 *  AAS_EFULL. */
int api_state_apply(struct api_state *state, const struct api_frame *frame) AAS_MUST_CHECK;
/** One alarm by itself, as JSON text. */
int api_state_put_alarm(struct api_state *state, struct aas_str object) AAS_MUST_CHECK;

/** Append a snapshot frame. */
void api_state_snapshot(const struct api_state *state, uint64_t seq, struct aas_buf *out);
/** Append a sensor's state, or null. Returns its newest event time, 0: not known. */
int64_t api_state_append_sensor(const struct api_state *state, const char *id, struct aas_buf *out);

struct api_state_counts {
    unsigned total;
    unsigned by_state[API_SENSOR__COUNT];
    int64_t last_seen; /* 0: none */
};
void api_state_count(const struct api_state *state, struct api_state_counts *ret_counts);
