/* What one browser wants from the live stream: kinds of frames and sensors. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "live_frame.h"

struct api_subscription {
    unsigned kinds; /* bit per enum api_frame_kind */
    bool all;
    size_t count;
    char (*sensors)[API_KEY_BYTES]; /* sorted; owned */
};

/** Everything. */
void api_subscription_init(struct api_subscription *s);
void api_subscription_fini(struct api_subscription *s);
/** Replace by what a checked {"op":"subscribe"} says; what it doesn't name becomes everything. AAS_ENOMEM. */
int api_subscription_set(struct api_subscription *s, const json_t *message) AAS_MUST_CHECK;
/** Frames of no sensor, and kinds that can't be named, always go out. */
bool api_subscription_wants(const struct api_subscription *s, enum api_frame_kind kind, const char *sensor_id);
