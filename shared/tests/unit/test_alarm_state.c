/* The complete transition table of the ISA-18.2 machine, written down a second time, as a person would check it against
 * the standard: every state with every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "aas/alarm_state.h"

struct row {
    const char *state;
    const char *event;
    const char *expected; /* a state, "=" nothing changes, "!" refused */
};

static const struct row rows[] = {
    /* A: nothing is wrong */
    {"normal", "raise", "unacked"},
    {"normal", "return", "="},
    {"normal", "ack", "="},
    {"normal", "clear", "="},
    {"normal", "shelve", "shelved"},
    {"normal", "unshelve", "="},
    {"normal", "suppress", "suppressed"},
    {"normal", "unsuppress", "="},
    {"normal", "remove", "out_of_service"},
    {"normal", "restore", "="},
    /* B: wrong, unseen */
    {"unacked", "raise", "="},
    {"unacked", "return", "rtn_unacked"},
    {"unacked", "ack", "acked"},
    {"unacked", "clear", "!"},
    {"unacked", "shelve", "shelved_active"},
    {"unacked", "unshelve", "="},
    {"unacked", "suppress", "suppressed_active"},
    {"unacked", "unsuppress", "="},
    {"unacked", "remove", "out_of_service_active"},
    {"unacked", "restore", "="},
    /* C: wrong, seen */
    {"acked", "raise", "="},
    {"acked", "return", "normal"},
    {"acked", "ack", "="},
    {"acked", "clear", "!"},
    {"acked", "shelve", "shelved_active"},
    {"acked", "unshelve", "="},
    {"acked", "suppress", "suppressed_active"},
    {"acked", "unsuppress", "="},
    {"acked", "remove", "out_of_service_active"},
    {"acked", "restore", "="},
    /* D: over, unseen */
    {"rtn_unacked", "raise", "unacked"},
    {"rtn_unacked", "return", "="},
    {"rtn_unacked", "ack", "normal"},
    {"rtn_unacked", "clear", "normal"},
    {"rtn_unacked", "shelve", "shelved"},
    {"rtn_unacked", "unshelve", "="},
    {"rtn_unacked", "suppress", "suppressed"},
    {"rtn_unacked", "unsuppress", "="},
    {"rtn_unacked", "remove", "out_of_service"},
    {"rtn_unacked", "restore", "="},
    /* G: put aside */
    {"shelved", "raise", "shelved_active"},
    {"shelved", "return", "="},
    {"shelved", "ack", "!"},
    {"shelved", "clear", "normal"},
    {"shelved", "shelve", "="},
    {"shelved", "unshelve", "normal"},
    {"shelved", "suppress", "!"},
    {"shelved", "unsuppress", "="},
    {"shelved", "remove", "out_of_service"},
    {"shelved", "restore", "="},
    {"shelved_active", "raise", "="},
    {"shelved_active", "return", "shelved"},
    {"shelved_active", "ack", "!"},
    {"shelved_active", "clear", "!"},
    {"shelved_active", "shelve", "="},
    {"shelved_active", "unshelve", "unacked"},
    {"shelved_active", "suppress", "!"},
    {"shelved_active", "unsuppress", "="},
    {"shelved_active", "remove", "out_of_service_active"},
    {"shelved_active", "restore", "="},
    /* H: suppressed by design */
    {"suppressed", "raise", "suppressed_active"},
    {"suppressed", "return", "="},
    {"suppressed", "ack", "!"},
    {"suppressed", "clear", "normal"},
    {"suppressed", "shelve", "!"},
    {"suppressed", "unshelve", "="},
    {"suppressed", "suppress", "="},
    {"suppressed", "unsuppress", "normal"},
    {"suppressed", "remove", "out_of_service"},
    {"suppressed", "restore", "="},
    {"suppressed_active", "raise", "="},
    {"suppressed_active", "return", "suppressed"},
    {"suppressed_active", "ack", "!"},
    {"suppressed_active", "clear", "!"},
    {"suppressed_active", "shelve", "!"},
    {"suppressed_active", "unshelve", "="},
    {"suppressed_active", "suppress", "="},
    {"suppressed_active", "unsuppress", "unacked"},
    {"suppressed_active", "remove", "out_of_service_active"},
    {"suppressed_active", "restore", "="},
    /* I: out of service */
    {"out_of_service", "raise", "out_of_service_active"},
    {"out_of_service", "return", "="},
    {"out_of_service", "ack", "!"},
    {"out_of_service", "clear", "normal"},
    {"out_of_service", "shelve", "!"},
    {"out_of_service", "unshelve", "="},
    {"out_of_service", "suppress", "!"},
    {"out_of_service", "unsuppress", "="},
    {"out_of_service", "remove", "="},
    {"out_of_service", "restore", "normal"},
    {"out_of_service_active", "raise", "="},
    {"out_of_service_active", "return", "out_of_service"},
    {"out_of_service_active", "ack", "!"},
    {"out_of_service_active", "clear", "!"},
    {"out_of_service_active", "shelve", "!"},
    {"out_of_service_active", "unshelve", "="},
    {"out_of_service_active", "suppress", "!"},
    {"out_of_service_active", "unsuppress", "="},
    {"out_of_service_active", "remove", "="},
    {"out_of_service_active", "restore", "unacked"},
};

static void test_table_is_complete(void **state)
{
    (void)state;
    bool seen[AAS_ALARM_STATE__COUNT][AAS_ALARM_EVENT__COUNT] = {{false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum aas_alarm_state s;
        enum aas_alarm_event e;
        assert_true(aas_alarm_state_parse(rows[i].state, &s));
        assert_true(aas_alarm_event_parse(rows[i].event, &e));
        assert_false(seen[s][e]);
        seen[s][e] = true;
    }
    assert_int_equal(sizeof rows / sizeof rows[0], AAS_ALARM_STATE__COUNT * AAS_ALARM_EVENT__COUNT);
}

static void test_every_transition(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum aas_alarm_state s;
        enum aas_alarm_state next;
        enum aas_alarm_event e;
        assert_true(aas_alarm_state_parse(rows[i].state, &s) && aas_alarm_event_parse(rows[i].event, &e));
        enum aas_alarm_outcome outcome = aas_alarm_next(s, e, &next);
        const char *got = outcome == AAS_ALARM_SAME      ? "="
                          : outcome == AAS_ALARM_REFUSED ? "!"
                                                         : aas_alarm_state_name(next);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s + %s gives %s, not %s", rows[i].state, rows[i].event, got, rows[i].expected);
        if (outcome != AAS_ALARM_CHANGED)
            assert_int_equal(next, s);
    }
}

/* What the plant does is never refused, and the state always knows whether the condition holds. */
static void test_condition_is_never_lost(void **state)
{
    (void)state;
    for (int s = 0; s < AAS_ALARM_STATE__COUNT; s++) {
        enum aas_alarm_state next;
        assert_int_not_equal(aas_alarm_next((enum aas_alarm_state)s, AAS_ALARM_RAISE, &next), AAS_ALARM_REFUSED);
        assert_true(aas_alarm_is_active(next));
        assert_int_not_equal(aas_alarm_next((enum aas_alarm_state)s, AAS_ALARM_RETURN, &next), AAS_ALARM_REFUSED);
        assert_false(aas_alarm_is_active(next));
        /* What people do never changes the condition. */
        for (int e = AAS_ALARM_ACK; e < AAS_ALARM_EVENT__COUNT; e++) {
            enum aas_alarm_outcome outcome = aas_alarm_next((enum aas_alarm_state)s, (enum aas_alarm_event)e, &next);
            assert_true(outcome == AAS_ALARM_CHANGED || next == (enum aas_alarm_state)s);
            assert_int_equal(aas_alarm_is_active(next), aas_alarm_is_active((enum aas_alarm_state)s));
        }
    }
}

static void test_predicates_and_names(void **state)
{
    (void)state;
    enum aas_alarm_state s;
    enum aas_alarm_event e;
    assert_false(aas_alarm_is_open(AAS_ALARM_NORMAL));
    assert_true(aas_alarm_is_open(AAS_ALARM_SHELVED));
    assert_true(aas_alarm_needs_ack(AAS_ALARM_UNACKED) && aas_alarm_needs_ack(AAS_ALARM_RTN_UNACKED));
    assert_false(aas_alarm_needs_ack(AAS_ALARM_ACKED));
    assert_false(aas_alarm_state_parse("Unacked", &s));
    assert_false(aas_alarm_event_parse("", &e));
    assert_string_equal(aas_alarm_state_name((enum aas_alarm_state)99), "unknown");
    assert_string_equal(aas_alarm_event_name((enum aas_alarm_event)99), "unknown");
    assert_int_equal(aas_alarm_next((enum aas_alarm_state)99, AAS_ALARM_ACK, &s), AAS_ALARM_REFUSED);
    assert_int_equal(aas_alarm_next(AAS_ALARM_NORMAL, (enum aas_alarm_event)99, &s), AAS_ALARM_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_complete),
        cmocka_unit_test(test_every_transition),
        cmocka_unit_test(test_condition_is_never_lost),
        cmocka_unit_test(test_predicates_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
