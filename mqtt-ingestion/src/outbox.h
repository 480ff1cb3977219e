/* What ingestion says to the plant: aastreli/alarms/{sensor_id}, retained: the sensor's open alarms, and
 * aastreli/predictions/{sensor_id}. A client of its own. A retained message tells a state, which the alarms module
 * makes again from the store after a restart, so that nothing that was told can be lost. Thread-safe, never blocks. */
#pragma once

#include <stddef.h>

#include "aas/clock.h"
#include "aas/error.h"
#include "config.h"

struct ingest_outbox;

int ingest_outbox_create(struct ingest_outbox **ret_outbox, const struct ingest_config *config,
                         struct aas_error *err) AAS_MUST_CHECK;
int ingest_outbox_start(struct ingest_outbox *o, struct aas_error *err) AAS_MUST_CHECK;
void ingest_outbox_stop(struct ingest_outbox *o, struct aas_mono deadline);
void ingest_outbox_destroy(struct ingest_outbox *o);
/** QoS 1, retained. AAS_EFULL: say it again later. */
int ingest_outbox_alarms(struct ingest_outbox *o, const char *sensor_id, const char *json, size_t len) AAS_MUST_CHECK;
/** QoS 0: the next one comes soon. */
void ingest_outbox_prediction(struct ingest_outbox *o, const char *sensor_id, const char *json, size_t len);
