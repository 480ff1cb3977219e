/* From the broker to the log: the MQTT thread collects what it reads and makes it durable before a PUBACK leaves
 * (docs/adr/0002). Also the only place where records are appended: marks, imports and reinjected messages go through
 * it, so that counting and the full log's policy are the same for all.
 *
 * Threads: callbacks run on the MQTT client's thread; ingest_subscriber_append and _mark on any. One mutex orders the
 * appends of all of them; under it the log's and the ledger's locks are taken. */
#pragma once

#include <stdint.h>

#include "aas/error.h"
#include "aas/mqtt.h"
#include "config.h"
#include "record.h"

struct aas_wal;
struct ingest_ledger;
struct ingest_subscriber;
struct ingest_topics;
struct ingest_writer;

struct ingest_subscriber_options {
    const struct ingest_config *config;
    struct aas_wal *wal;
    struct ingest_ledger *ledger;
    const struct ingest_topics *topics;
};

/** Borrows what the options point to. */
int ingest_subscriber_create(struct ingest_subscriber **ret_sub, const struct ingest_subscriber_options *o,
                             struct aas_error *err) AAS_MUST_CHECK;
/** The writer whose cursor the full log's policy must respect; before start. */
void ingest_subscriber_set_writer(struct ingest_subscriber *s, struct ingest_writer *writer);
int ingest_subscriber_start(struct ingest_subscriber *s, struct aas_error *err) AAS_MUST_CHECK;
void ingest_subscriber_stop(struct ingest_subscriber *s, struct aas_mono deadline);
void ingest_subscriber_destroy(struct ingest_subscriber *s);

/** Append messages as if they had come from the broker; durable on return. Errors: AAS_ENOSPC the log is full, those of
 *  the log. Any thread. */
int ingest_subscriber_append(struct ingest_subscriber *s, const struct ingest_message *messages, size_t n,
                             struct aas_error *err) AAS_MUST_CHECK;
/** Append a mark and sync. Any thread. */
int ingest_subscriber_mark(struct ingest_subscriber *s) AAS_MUST_CHECK;

struct ingest_subscriber_stats {
    enum aas_mqtt_state state;
    char reason[128];
    struct aas_mqtt_stats mqtt;
    uint64_t messages, blocked, thinned;
    bool log_full;
};
void ingest_subscriber_stats(struct ingest_subscriber *s, struct ingest_subscriber_stats *ret_stats);
