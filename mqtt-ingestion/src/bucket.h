/* One sensor's readings on their way into a document of sensor_data: columns that grow, and the document built straight
 * from them. Pure; one owner. Memory is kept for the next bucket. */
#pragma once

#include <bson/bson.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

/** Flags of a row (`q` in the document). */
enum ingest_quality {
    INGEST_Q_LATE = 1,       /* behind the newest of its sensor by more than AAS_LATE */
    INGEST_Q_NO_TIME = 2,    /* the device sent no time: that of arrival */
    INGEST_Q_REINJECTED = 4, /* from quarantine */
    INGEST_Q_IMPORTED = 8,   /* back-filled */
    INGEST_Q_FLAT = 16,      /* a channel has not changed for AAS_FLAT_ROWS readings */
    INGEST_Q_SKEWED = 32,    /* the device's clock is off by more than AAS_LATE */
};

#define INGEST_BUCKET_ROWS_MAX 4096 /* from here on a bucket is closed behind the record that filled it */

struct ingest_bucket {
    size_t rows, cap;
    size_t columns, columns_cap;
    int64_t *t, *seq;
    int32_t *q;
    double **v;                            /* v[c][row], NaN = missing */
    int64_t start_ms, end_ms, received_ms; /* received: of the first row */
    uint64_t offset;                       /* of the record that brought the first row: names the document */
};

/** Zeroed is empty. */
void ingest_bucket_fini(struct ingest_bucket *b);
/** Forget the rows, keep the memory. */
void ingest_bucket_clear(struct ingest_bucket *b);
/** Add a row of missing values and return its index, or AAS_ENOMEM. The first row sets offset and received_ms. */
ssize_t ingest_bucket_add(struct ingest_bucket *b, int64_t t, int64_t seq, int32_t q, uint64_t offset,
                          int64_t received_ms) AAS_MUST_CHECK;
/** Set a cell of the last row. Column c may be new. Errors: AAS_ENOMEM. */
int ingest_bucket_set(struct ingest_bucket *b, size_t c, double value) AAS_MUST_CHECK;
/** Take the last row away again. */
void ingest_bucket_pop(struct ingest_bucket *b);

/** "<sensor>:<start ms>:<offset>" into id. */
#define INGEST_BUCKET_ID_BYTES 128
void ingest_bucket_id(const char *sensor_id, int64_t start_ms, uint64_t offset, char id[static INGEST_BUCKET_ID_BYTES]);
/** The offset in an id; UINT64_MAX when it is none. */
uint64_t ingest_bucket_id_offset(const char *id);

/** The document (appended to an empty doc). names: of the columns; those without any value are left out. Errors:
 *  AAS_ENOMEM, AAS_ETOOBIG. */
int ingest_bucket_encode(const struct ingest_bucket *b, const char *sensor_id, const char *const *names,
                         bson_t *doc) AAS_MUST_CHECK;
