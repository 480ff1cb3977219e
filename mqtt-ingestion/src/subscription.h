/* What a client of the stream wants: {"op":"subscribe","sensors":[…],"kinds":[…]} or {"op":"snapshot"}. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"
#include "smap.h"

struct ingest_subscription {
    uint32_t kinds; /* bit (1u << enum ingest_frame_kind) */
    bool all;       /* every sensor */
    char **sensors; /* else these */
    size_t sensors_count;
    struct ingest_smap set;
};

/** Everything. */
void ingest_subscription_init(struct ingest_subscription *s);
void ingest_subscription_fini(struct ingest_subscription *s);
bool ingest_subscription_wants(const struct ingest_subscription *s, uint32_t kind, const char *key);
/** Apply a client's message. *ret_snapshot: it asks for a snapshot (a new subscription gets one too). Errors:
 * AAS_EPARSE, AAS_EINVAL with a sentence; the subscription stays as it was. */
int ingest_subscription_apply(struct ingest_subscription *s, const char *text, size_t len, bool *ret_snapshot,
                              struct aas_error *err) AAS_MUST_CHECK;
