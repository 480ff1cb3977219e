/* The ISA-18.2 state machine as one table; see aas/alarm_state.h. */
#include "aas/alarm_state.h"

#include <string.h>

/* An entry is the next state; SAME and NOT are outcomes without one. */
enum { SAME = -1, NOT = -2 };

#define N  AAS_ALARM_NORMAL
#define U  AAS_ALARM_UNACKED
#define K  AAS_ALARM_ACKED
#define R  AAS_ALARM_RTN_UNACKED
#define S  AAS_ALARM_SHELVED
#define SA AAS_ALARM_SHELVED_ACTIVE
#define D  AAS_ALARM_SUPPRESSED
#define DA AAS_ALARM_SUPPRESSED_ACTIVE
#define O  AAS_ALARM_OUT_OF_SERVICE
#define OA AAS_ALARM_OUT_OF_SERVICE_ACTIVE

/* Two choices the standard leaves to the site: coming back from shelf, suppression or service with the condition still
 * there needs a new acknowledgement (what went on meanwhile was seen by nobody), and out of service wins over shelf and
 * suppression, which don't nest. */
/* clang-format off */
static const signed char table[AAS_ALARM_STATE__COUNT][AAS_ALARM_EVENT__COUNT] = {
    /*       RAISE RETURN  ACK  CLEAR SHELVE UNSHELVE SUPPRESS UNSUPPRESS REMOVE RESTORE */
    [N]  = { U,    SAME,   SAME, SAME, S,    SAME,    D,       SAME,      O,     SAME },
    [U]  = { SAME, R,      K,    NOT,  SA,   SAME,    DA,      SAME,      OA,    SAME },
    [K]  = { SAME, N,      SAME, NOT,  SA,   SAME,    DA,      SAME,      OA,    SAME },
    [R]  = { U,    SAME,   N,    N,    S,    SAME,    D,       SAME,      O,     SAME },
    [S]  = { SA,   SAME,   NOT,  N,    SAME, N,       NOT,     SAME,      O,     SAME },
    [SA] = { SAME, S,      NOT,  NOT,  SAME, U,       NOT,     SAME,      OA,    SAME },
    [D]  = { DA,   SAME,   NOT,  N,    NOT,  SAME,    SAME,    N,         O,     SAME },
    [DA] = { SAME, D,      NOT,  NOT,  NOT,  SAME,    SAME,    U,         OA,    SAME },
    [O]  = { OA,   SAME,   NOT,  N,    NOT,  SAME,    NOT,     SAME,      SAME,  N    },
    [OA] = { SAME, O,      NOT,  NOT,  NOT,  SAME,    NOT,     SAME,      SAME,  U    },
};
/* clang-format on */

static const char *const state_names[AAS_ALARM_STATE__COUNT] = {
    [N] = "normal",         [U] = "unacked",
    [K] = "acked",          [R] = "rtn_unacked",
    [S] = "shelved",        [SA] = "shelved_active",
    [D] = "suppressed",     [DA] = "suppressed_active",
    [O] = "out_of_service", [OA] = "out_of_service_active",
};

static const char *const event_names[AAS_ALARM_EVENT__COUNT] = {
    [AAS_ALARM_RAISE] = "raise",       [AAS_ALARM_RETURN] = "return",         [AAS_ALARM_ACK] = "ack",
    [AAS_ALARM_CLEAR] = "clear",       [AAS_ALARM_SHELVE] = "shelve",         [AAS_ALARM_UNSHELVE] = "unshelve",
    [AAS_ALARM_SUPPRESS] = "suppress", [AAS_ALARM_UNSUPPRESS] = "unsuppress", [AAS_ALARM_REMOVE] = "remove",
    [AAS_ALARM_RESTORE] = "restore",
};

static bool state_known(enum aas_alarm_state state)
{
    return (unsigned)state < AAS_ALARM_STATE__COUNT;
}

enum aas_alarm_outcome aas_alarm_next(enum aas_alarm_state state, enum aas_alarm_event event,
                                      enum aas_alarm_state *ret_next)
{
    *ret_next = state;
    if (!state_known(state) || (unsigned)event >= AAS_ALARM_EVENT__COUNT)
        return AAS_ALARM_REFUSED;
    int next = table[state][event];
    if (next == SAME)
        return AAS_ALARM_SAME;
    if (next == NOT)
        return AAS_ALARM_REFUSED;
    *ret_next = (enum aas_alarm_state)next;
    return AAS_ALARM_CHANGED;
}

bool aas_alarm_is_active(enum aas_alarm_state state)
{
    return state == U || state == K || state == SA || state == DA || state == OA;
}

bool aas_alarm_needs_ack(enum aas_alarm_state state)
{
    return state == U || state == R;
}

bool aas_alarm_is_open(enum aas_alarm_state state)
{
    return state_known(state) && state != N;
}

const char *aas_alarm_state_name(enum aas_alarm_state state)
{
    return state_known(state) ? state_names[state] : "unknown";
}

const char *aas_alarm_event_name(enum aas_alarm_event event)
{
    return (unsigned)event < AAS_ALARM_EVENT__COUNT ? event_names[event] : "unknown";
}

bool aas_alarm_state_parse(const char *name, enum aas_alarm_state *ret_state)
{
    for (int i = 0; i < AAS_ALARM_STATE__COUNT; i++) {
        if (strcmp(state_names[i], name) == 0) {
            *ret_state = (enum aas_alarm_state)i;
            return true;
        }
    }
    return false;
}

bool aas_alarm_event_parse(const char *name, enum aas_alarm_event *ret_event)
{
    for (int i = 0; i < AAS_ALARM_EVENT__COUNT; i++) {
        if (strcmp(event_names[i], name) == 0) {
            *ret_event = (enum aas_alarm_event)i;
            return true;
        }
    }
    return false;
}
