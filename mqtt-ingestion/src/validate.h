/* Judging one reading: why it can't be accepted, what its time is, how far its clock is off, whether a channel is flat.
 * Pure: no clock, no store; time comes as an argument, so that a replay of the log judges as the first time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"

/** Why something stands in quarantine; the names are stable and documented. */
enum ingest_reject {
    INGEST_ACCEPT,
    INGEST_REJECT_MALFORMED,        /* not JSON, or not one of the payload forms */
    INGEST_REJECT_TOO_BIG,          /* over 1 MiB, or too many readings */
    INGEST_REJECT_TOPIC,            /* no template fits the topic */
    INGEST_REJECT_NO_SENSOR,        /* neither topic nor payload names the sensor */
    INGEST_REJECT_SENSOR_MISMATCH,  /* topic and payload name different ones */
    INGEST_REJECT_UNKNOWN_SENSOR,   /* AAS_AUTO_REGISTER=0 */
    INGEST_REJECT_TOO_MANY_SENSORS, /* AAS_MAX_SENSORS */
    INGEST_REJECT_CHANNELS,         /* values without known channels, or more values than channels */
    INGEST_REJECT_FUTURE,
    INGEST_REJECT_TOO_OLD,
    INGEST_REJECT_RANGE,    /* outside the channel's min and max */
    INGEST_REJECT_CONFLICT, /* AAS_DUPLICATES=quarantine: same time, other values */
    INGEST_REJECT__COUNT
};
const char *ingest_reject_name(enum ingest_reject reject);

struct ingest_rules {
    int64_t max_future_ms, max_age_ms, late_ms;
};

/** A device's time against that of arrival. detail gets a sentence. */
enum ingest_reject ingest_validate_time(const struct ingest_rules *rules, int64_t ts_ms, int64_t received_ms,
                                        struct aas_error *detail);
/** A value against its channel's range; NaN bounds are none, NaN values are missing and fine. */
enum ingest_reject ingest_validate_range(double value, double min, double max, const char *channel, size_t channel_len,
                                         struct aas_error *detail);

/** Readings without a time get that of arrival, at least one millisecond apart, so that none counts as a duplicate. */
int64_t ingest_auto_time(int64_t *last_auto_ms, int64_t received_ms);

/** Clock skew of one device: the median of arrival minus event time over the last 15 samples, which one late or
 *  delayed burst can't move. */
#define INGEST_SKEW_SAMPLES 15
struct ingest_skew {
    int32_t samples[INGEST_SKEW_SAMPLES];
    uint8_t n, at;
};
void ingest_skew_add(struct ingest_skew *s, int64_t received_ms, int64_t ts_ms);
/** Device clock minus ours in ms (negative: it is behind, or its data is slow); NaN before the first sample. */
double ingest_skew_ms(const struct ingest_skew *s);

/** Runs of equal values of one channel. */
struct ingest_flat {
    double last;
    uint32_t run;
};
/** True when value has now come `rows` times in a row (rows 0: never). Missing values change nothing. */
bool ingest_flat_step(struct ingest_flat *f, double value, uint32_t rows);
