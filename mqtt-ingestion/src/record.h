/* What mqtt-ingestion writes into its write-ahead log. Pure.
 *
 * A MESSAGE record is a message as it came. A MARK tells the writer "store here everything in front": since marks stand
 * in the log, the writer composes the same buckets again when it reads the same records again (docs/adr). A DROPPED
 * record says how many readings a full log has cost.
 *
 * MESSAGE: u8 version, u8 flags, u16 topic length, u32 readings, i64 received (ms), topic, payload. Little endian. */
#pragma once

#include <stdint.h>
#include <stddef.h>

#include "aas/err.h"

struct aas_buf;

enum ingest_record_kind {
    INGEST_RECORD_MESSAGE = 1,
    INGEST_RECORD_MARK = 2,
    INGEST_RECORD_DROPPED = 3,
};

enum ingest_message_flag {
    INGEST_MESSAGE_REINJECTED = 1, /* from quarantine: bounds of time and range were judged by a person */
    INGEST_MESSAGE_IMPORTED = 2,   /* POST /import */
    INGEST_MESSAGE_CUT = 4,        /* was too big: only the payload's start is here, for quarantine */
};

enum ingest_drop_reason {
    INGEST_DROP_WAL_FULL,    /* drop-oldest */
    INGEST_DROP_WAL_THINNED, /* thin */
    INGEST_DROP_RETIRED,     /* the sensor is retired */
    INGEST_DROP_CORRUPT,     /* a damaged record of the log: counted as one reading */
    INGEST_DROP__COUNT
};
extern const char *const ingest_drop_names[INGEST_DROP__COUNT];

struct ingest_message {
    int64_t received_ms;
    uint32_t readings; /* that the payload means, by ingest_message_count() */
    uint8_t flags;
    const char *topic; /* not NUL-terminated */
    size_t topic_len;
    const char *payload;
    size_t payload_len;
};

/** Append the record's bytes to buf. Errors: AAS_ETOOBIG (topic over 65,535 bytes, or the buffer's cap), AAS_ENOMEM. */
int ingest_message_encode(const struct ingest_message *m, struct aas_buf *buf) AAS_MUST_CHECK;
/** Views into data. Errors: AAS_ECORRUPT. */
int ingest_message_decode(const void *data, size_t len, struct ingest_message *ret_message) AAS_MUST_CHECK;

/** How many readings a payload means, without judging them: the elements of a list, else 1. Agrees with
 *  aas_reading_batch.seen. */
uint32_t ingest_message_count(const char *payload, size_t len);

/** A DROPPED record's 16 bytes and back: reason and number of readings. */
#define INGEST_DROPPED_BYTES 16
void ingest_dropped_encode(enum ingest_drop_reason reason, uint64_t readings, uint8_t out[static INGEST_DROPPED_BYTES]);
int ingest_dropped_decode(const void *data, size_t len, enum ingest_drop_reason *ret_reason,
                          uint64_t *ret_readings) AAS_MUST_CHECK;
