/* Topic templates: what they subscribe to, what they read out of a topic, what is refused. */
#include "topic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_filters(void **state)
{
    struct ingest_topics *t;
    (void)state;
    assert_int_equal(
        ingest_topics_parse(&t, "a/{sensor_id}/data, {site}/{line}/{machine}/{sensor_id}/{channel},x/{any}/y", NULL),
        0);
    assert_int_equal(ingest_topics_count(t), 3);
    assert_string_equal(ingest_topics_filter(t, 0), "a/+/data");
    assert_string_equal(ingest_topics_filter(t, 1), "+/+/+/+/+");
    assert_string_equal(ingest_topics_filter(t, 2), "x/+/y");
    ingest_topics_destroy(t);
}

static void test_match(void **state)
{
    static const struct {
        const char *topic, *sensor, *channel, *line;
    } cases[] = {
        {"a/p1/data", "p1", "", ""},        {"l1/p2/temp", "p2", "temp", "l1"}, {"a//data", "", "", ""},
        {"l1/p2/temp/x", NULL, NULL, NULL}, {"a/p1", NULL, NULL, NULL},         {"", NULL, NULL, NULL},
    };
    struct ingest_topics *t;
    (void)state;
    assert_int_equal(ingest_topics_parse(&t, "a/{sensor_id}/data,{line}/{sensor_id}/{channel}", NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ingest_topic_match m;
        bool fits = ingest_topics_match(t, cases[i].topic, strlen(cases[i].topic), &m);
        assert_int_equal(fits, cases[i].sensor != NULL);
        if (!fits)
            continue;
        assert_true(aas_str_eq_c(m.sensor_id, cases[i].sensor));
        assert_true(aas_str_eq_c(m.channel, cases[i].channel));
        assert_true(aas_str_eq_c(m.line, cases[i].line));
    }
    ingest_topics_destroy(t);
}

static void test_refused(void **state)
{
    static const struct {
        const char *list, *says;
    } cases[] = {
        {"", "empty template"},
        {"a/b,,c", "empty template"},
        {"a/{sensor}/b", "no placeholder"},
        {"a/x{sensor_id}", "placeholder"},
        {"a/+/b", "{any}"},
        {"a/#", "{any}"},
        {"{sensor_id}/{sensor_id}", "twice"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct aas_error err = AAS_ERROR_NONE;
        struct ingest_topics *t = NULL;
        assert_int_equal(ingest_topics_parse(&t, cases[i].list, &err), AAS_EINVAL);
        assert_null(t);
        if (!strstr(err.msg, cases[i].says))
            fail_msg("\"%s\": %s", cases[i].list, err.msg);
    }
}

static void test_make(void **state)
{
    struct ingest_topics *t;
    char topic[64];
    (void)state;
    assert_int_equal(ingest_topics_parse(&t, "c/{sensor_id}/{channel},b/{line}/{sensor_id}", NULL), 0);
    assert_int_equal(ingest_topics_make(t, "p1", topic, sizeof topic), 0);
    assert_string_equal(topic, "b/sim/p1");
    assert_int_equal(ingest_topics_make(t, "p1", topic, 6), AAS_ETOOBIG);
    ingest_topics_destroy(t);
    assert_int_equal(ingest_topics_parse(&t, "c/{sensor_id}/{channel}", NULL), 0);
    assert_int_equal(ingest_topics_make(t, "p1", topic, sizeof topic), AAS_ENOENT);
    ingest_topics_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
