/* Frames of mqtt-ingestion's live stream, as far as the gateway looks into them: what kind, whose, where its sequence
 * number stands. Pure: the fuzz target is fuzz_live_frame. Spans borrow the frame's text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/error.h"
#include "aas/str.h"

enum api_frame_kind {
    API_FRAME_HELLO,
    API_FRAME_SNAPSHOT,
    API_FRAME_READINGS,
    API_FRAME_PREDICTION,
    API_FRAME_SENSOR,
    API_FRAME_ALARM,
    API_FRAME_LOST,
    API_FRAME_FEED,
    API_FRAME_OTHER, /* newer than we are: passed on */
};

#define API_KEY_BYTES 65 /* sensor or alarm id, with NUL */

struct api_frame {
    enum api_frame_kind kind;
    char sensor_id[API_KEY_BYTES];               /* "" without one */
    size_t seq_at, seq_len;                      /* where the number stands; 0: nowhere */
    struct aas_str body;                         /* the object `prediction`, `sensor` or `alarm` */
    struct aas_str sensors, predictions, alarms; /* a snapshot's arrays */
};

/** AAS_EPARSE: no JSON object with a type, or a part of another type than it must have. */
int api_frame_parse(const char *text, size_t len, struct api_frame *ret_frame, struct aas_error *err) AAS_MUST_CHECK;

/** The members of an object that the gateway needs; missing ones stay "" and 0. */
struct api_item {
    char id[API_KEY_BYTES];
    char sensor_id[API_KEY_BYTES];
    char state[24];
    int64_t last_seen;
};
int api_item_parse(struct aas_str object, struct api_item *ret_item) AAS_MUST_CHECK;

/** Walk an array of objects: *at starts at 0. False at the end, or at something that is no object. */
bool api_array_next(struct aas_str array, size_t *at, struct aas_str *ret_object);
