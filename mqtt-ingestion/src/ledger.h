/* The ledger: every reading that came is somewhere. received = stored + duplicate + quarantined + dropped{reason} + in
 * flight, at every instant, and each side is counted by another thread, so that a reading that vanishes shows.
 *
 * Users: the subscriber (arrived), the writer (decoded, settled, saved with each commit), routes and metrics
 * (snapshot). One mutex, a leaf; taken once per batch, not per reading. */
#pragma once

#include <bson/bson.h>
#include <stdint.h>

#include "aas/error.h"
#include "record.h"

struct ingest_ledger;

/** Counters of readings since the store was created. */
struct ingest_totals {
    uint64_t received, stored, duplicate, quarantined, late;
    uint64_t dropped[INGEST_DROP__COUNT];
};

/** A consistent view. imbalance is 0 unless something was lost or counted twice. */
struct ingest_ledger_view {
    struct ingest_totals totals;
    uint64_t dropped;   /* sum */
    uint64_t in_flight; /* pending + open */
    uint64_t pending;   /* in the log, not yet decoded by the writer */
    uint64_t open;      /* decoded, not yet settled in the store */
    int64_t imbalance;
};

/** What the writer found out since its last call; all in readings. */
struct ingest_delta {
    uint64_t meant;                                /* by the records that were read: leaves `pending` */
    uint64_t decoded;                              /* that came out of them: enters `open` */
    uint64_t stored, duplicate, quarantined, late; /* settled: leave `open` (but late, a share of stored) */
    uint64_t dropped[INGEST_DROP__COUNT];
    uint64_t vanished[INGEST_DROP__COUNT]; /* dropped from the log before they were read: leave `pending` */
};

int ingest_ledger_create(struct ingest_ledger **ret_ledger) AAS_MUST_CHECK;
void ingest_ledger_destroy(struct ingest_ledger *l);

/** Start from stored totals; before threads. pending: readings in the log behind the stored position. */
void ingest_ledger_restore(struct ingest_ledger *l, const struct ingest_totals *totals, uint64_t pending);
/** The subscriber appended readings. They count before they are durable, as the writer may see them at once then; where
 *  the sync fails the daemon ends. */
void ingest_ledger_arrived(struct ingest_ledger *l, int64_t n);

void ingest_ledger_apply(struct ingest_ledger *l, const struct ingest_delta *d);
void ingest_ledger_view(struct ingest_ledger *l, struct ingest_ledger_view *ret_view);

/** The settings document "ingest.ledger": position in the log and the totals of all in front of it. */
#define INGEST_LEDGER_ID "ingest.ledger"
struct ingest_ledger_doc {
    uint64_t offset; /* all records below are settled */
    struct ingest_totals totals;
};
int ingest_ledger_doc_encode(const struct ingest_ledger_doc *d, bson_t *ret_doc) AAS_MUST_CHECK;
/** Fields that are missing count as 0. */
void ingest_ledger_doc_decode(const bson_t *doc, struct ingest_ledger_doc *ret);
