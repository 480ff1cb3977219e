/* The audit trail: who did what, when, to what, in the collection `audit`, chained by hashes so that a record that was
 * changed, or taken out of the middle, shows. Any number of processes may append: `seq` is unique, and whoever comes
 * second takes the next one. It can't show that the newest records were cut off; who needs that keeps the last hash
 * elsewhere (aas_audit_verify tells it). All calls wait for the store. Thread-safe. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"

struct aas_store;

#define AAS_AUDIT_DETAIL_MAX 4096 /* bytes; longer ones are cut */

/** What happened; strings are borrowed, NULL counts as "". */
struct aas_audit_event {
    const char *user;       /* who, or the service */
    const char *action;     /* "user.create", "model.promote", "alarm.ack" */
    const char *target;     /* the id of what it was done to */
    const char *detail;     /* more, usually JSON; no secrets */
    const char *request_id; /* as in the logs */
};

/** Append. Errors: AAS_EINVAL without an action; AAS_ECONFLICT when others append so fast that 32 attempts came second;
 *  those of the store. */
int aas_audit_append(struct aas_store *store, const struct aas_audit_event *event,
                     struct aas_error *err) AAS_MUST_CHECK;

struct aas_audit_report {
    int64_t records;
    int64_t last_seq;
    char last_hash[65]; /* "" when there is none */
};
/** Walk the whole chain. AAS_ECORRUPT names the first record that does not fit; *ret_report tells what was good until
 *  there (in both cases). */
int aas_audit_verify(struct aas_store *store, struct aas_audit_report *ret_report,
                     struct aas_error *err) AAS_MUST_CHECK;
