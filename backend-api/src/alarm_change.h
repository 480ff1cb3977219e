/* What people do to an alarm, as a pure function from the old document to the new one (ISA-18.2 machine of
 * aas/alarm_state.h): no store, no clock. */
#pragma once

#include <bson/bson.h>
#include <stdint.h>

#include "aas/alarm_state.h"
#include "aas/error.h"

#define API_ALARM_COMMENTS 200 /* kept per alarm; more are refused */

enum api_alarm_action { API_ALARM_ACK, API_ALARM_SHELVE, API_ALARM_UNSHELVE, API_ALARM_CLEAR, API_ALARM_COMMENT };

struct api_alarm_change {
    enum api_alarm_action action;
    const char *id;
    const char *user;
    const char *text; /* NULL: none; a comment needs one */
    int64_t now_ms;
    int64_t until_ms; /* of shelve */
};

/** An aas_store_change_fn; arg is a struct api_alarm_change. AAS_ENOENT; AAS_ECONFLICT when the state does not allow
 * it, with a sentence; AAS_ECANCELED when nothing changes. */
int api_alarm_apply(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err) AAS_MUST_CHECK;
