/* Alarms: decides on the ml thread, keeps the documents on a thread of its own. One open alarm per sensor and fault, by
 * the unique open_key; states by aas/alarm_state.h. What people change in the documents is noticed within two seconds;
 * a shelf whose time is over ends also when the daemon was down meanwhile. Open alarms are told to the stream, and to
 * the plant by MQTT.
 *
 * The lock (fault types, open alarms, figures) is a leaf but for the stream's. The store is called on the alarms'
 * thread only, and patiently: events wait in a bounded queue. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "aas/buf.h"
#include "aas/clock.h"
#include "aas/error.h"
#include "config.h"

struct aas_store;
struct ingest_alarms;
struct ingest_ledger;
struct ingest_outbox;
struct ingest_registry;
struct ingest_stream;

#define INGEST_FAULT_NO_DATA   "no_data"          /* a sensor has fallen silent */
#define INGEST_FAULT_STALE     "stale"            /* it sends, but every channel is frozen */
#define INGEST_FAULT_IMBALANCE "ledger_imbalance" /* readings are not accounted for */
#define INGEST_SYSTEM_SENSOR   "aastreli"         /* whose alarms are about the system itself */

struct ingest_alarms_options {
    const struct ingest_config *config;
    struct aas_store *store;
    struct ingest_registry *registry;
    struct ingest_ledger *ledger;
    struct ingest_stream *stream;
    struct ingest_outbox *outbox;
};

int ingest_alarms_create(struct ingest_alarms **ret_alarms, const struct ingest_alarms_options *o,
                         struct aas_error *err) AAS_MUST_CHECK;
/** Reads fault types and open alarms, then starts the thread. */
int ingest_alarms_start(struct ingest_alarms *a, struct aas_error *err) AAS_MUST_CHECK;
/** Finish what is queued until the deadline. */
void ingest_alarms_stop(struct ingest_alarms *a, struct aas_mono deadline);
void ingest_alarms_destroy(struct ingest_alarms *a);

/** A window was judged (borrows). On the ml thread only. */
void ingest_alarms_prediction(struct ingest_alarms *a, const char *sensor_id, const json_t *prediction,
                              const char *normal);
/** A condition beside the model's began or ended. Any thread; false: the queue is full, say it again. */
bool ingest_alarms_condition(struct ingest_alarms *a, const char *sensor_id, const char *fault, bool active,
                             int64_t at_ms) AAS_MUST_CHECK;

/** Append the open alarms as a JSON list. Any thread. */
void ingest_alarms_snapshot(struct ingest_alarms *a, struct aas_buf *out);

/** Figures after EEMUA 191 / ISA-18.2. */
struct ingest_alarms_stats {
    size_t open, unacked, chattering, standing; /* standing: active for more than a day */
    uint64_t raised, returned, lost;            /* since the start; lost: the queue was full */
    size_t raised_10min;
    bool flood;           /* more than 10 in 10 minutes */
    double flood_seconds; /* since the start */
};
void ingest_alarms_stats(struct ingest_alarms *a, struct ingest_alarms_stats *ret_stats);
