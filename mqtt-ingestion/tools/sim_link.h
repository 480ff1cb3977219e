/* aastreli-sim's way to the broker: connection, pacing, signals, progress, counts. One thread uses a link; the MQTT
 * client's thread counts acknowledgements in it. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/buf.h"
#include "aas/mqtt.h"
#include "sim_options.h"

struct sim_link {
    const struct sim_options *o;
    struct aas_mqtt *mqtt;
    int signal_fd;
    bool stopped;       /* by a signal */
    bool show_progress; /* stderr is a terminal */
    struct aas_mono started, next_progress;
    double total_s; /* expected; 0: unknown */
    uint64_t published;
    _Atomic uint64_t acked, refused;
    struct aas_buf topic, payload;
    char last_reason[200]; /* the client's thread's */
};

struct sim_reading {
    const char *sensor;
    int64_t ts_ms;
    uint64_t seq;
    const char *const *channels;
    const double *values; /* NaN: null */
    size_t n;
};

/** Connect; waits for the broker up to o->connect_ms. Blocks signals: call before other threads are made. Errors:
 *  AAS_ETIMEDOUT with what the broker or the system said, AAS_ECANCELED (signal), what the client gives. */
int sim_link_open(struct sim_link *l, const struct sim_options *o, struct aas_error *err) AAS_MUST_CHECK;
/** Wait for the last acknowledgements (through outages, until a signal comes; 4 s after one) and disconnect. */
void sim_link_close(struct sim_link *l);
/** Publish; waits for room, through outages of the broker. AAS_ECANCELED after a signal. */
int sim_link_publish(struct sim_link *l, const struct sim_reading *r, struct aas_error *err) AAS_MUST_CHECK;
/** Wait until due, showing progress. AAS_ECANCELED after a signal. */
int sim_link_wait(struct sim_link *l, struct aas_mono due) AAS_MUST_CHECK;
/** Seconds since open. */
double sim_link_seconds(const struct sim_link *l);

/** payload form 1 of design §5 into buf (replaced). Errors: AAS_ENOMEM, AAS_ETOOBIG. */
int sim_payload(struct aas_buf *buf, const struct sim_reading *r) AAS_MUST_CHECK;
/** The template with the sensor's id in place of {sensor_id}. Same errors. */
int sim_topic(struct aas_buf *buf, const char *template, const char *sensor) AAS_MUST_CHECK;
