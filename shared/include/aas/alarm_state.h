/* The alarm state machine of ISA-18.2 (ANSI/ISA-18.2-2016, figure 3: states A to I) as a pure function, so that its
 * complete transition table is a test. Used by mqtt-ingestion (condition) and backend-api (what people do). No clock,
 * no store. */
#pragma once

#include <stdbool.h>

/* While shelved, suppressed or out of service the process goes on: the state remembers whether the condition holds, and
 * coming back lands where the condition says. */
enum aas_alarm_state {
    AAS_ALARM_NORMAL = 0,     /* A: no condition, nothing to do; the alarm document may close */
    AAS_ALARM_UNACKED,        /* B: condition, nobody has seen it */
    AAS_ALARM_ACKED,          /* C: condition, seen */
    AAS_ALARM_RTN_UNACKED,    /* D: condition gone, nobody saw it */
    AAS_ALARM_SHELVED,        /* G: put aside by an operator, for a time; no condition */
    AAS_ALARM_SHELVED_ACTIVE, /* G: … condition holds */
    AAS_ALARM_SUPPRESSED,     /* H: suppressed by design; no condition */
    AAS_ALARM_SUPPRESSED_ACTIVE,
    AAS_ALARM_OUT_OF_SERVICE, /* I: machine under maintenance; no condition */
    AAS_ALARM_OUT_OF_SERVICE_ACTIVE,
    AAS_ALARM_STATE__COUNT
};

enum aas_alarm_event {
    AAS_ALARM_RAISE = 0, /* the condition became true */
    AAS_ALARM_RETURN,    /* the condition became false */
    AAS_ALARM_ACK,
    AAS_ALARM_CLEAR, /* a person closes an alarm whose condition is gone */
    AAS_ALARM_SHELVE,
    AAS_ALARM_UNSHELVE, /* by a person or by its time */
    AAS_ALARM_SUPPRESS,
    AAS_ALARM_UNSUPPRESS,
    AAS_ALARM_REMOVE,  /* out of service */
    AAS_ALARM_RESTORE, /* back in service */
    AAS_ALARM_EVENT__COUNT
};

enum aas_alarm_outcome {
    AAS_ALARM_CHANGED,
    AAS_ALARM_SAME,   /* allowed, nothing changes: a repeated event is no error */
    AAS_ALARM_REFUSED /* not allowed here; the state stays */
};

/** The state after event; *ret_next is always set (to state itself when nothing changes or it is refused). Pure. */
enum aas_alarm_outcome aas_alarm_next(enum aas_alarm_state state, enum aas_alarm_event event,
                                      enum aas_alarm_state *ret_next) __attribute__((warn_unused_result));

/** True while the condition holds, shelved or not. */
bool aas_alarm_is_active(enum aas_alarm_state state);
/** True while an operator has something to do: unacked and rtn_unacked. */
bool aas_alarm_needs_ack(enum aas_alarm_state state);
/** True until the alarm is normal: its document keeps the open_key. */
bool aas_alarm_is_open(enum aas_alarm_state state);

/* Names as they stand in documents and frames: "normal", "unacked", "acked", "rtn_unacked", "shelved",
 * "shelved_active", …; "raise", "return", "ack", "clear", … . The parsers return false for any other text. */
const char *aas_alarm_state_name(enum aas_alarm_state state);
const char *aas_alarm_event_name(enum aas_alarm_event event);
bool aas_alarm_state_parse(const char *name, enum aas_alarm_state *ret_state);
bool aas_alarm_event_parse(const char *name, enum aas_alarm_event *ret_event);
