/* Golden cases of the four payload forms (tests/data/readings.json), bounds of the batch, and the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "aas/buf.h"
#include "aas/error.h"
#include "aas/json.h"
#include "aas/reading.h"

static bool same_text(const json_t *expected, const char *text, size_t len)
{
    if (json_is_null(expected))
        return text == NULL;
    return text && json_string_length(expected) == len && memcmp(json_string_value(expected), text, len) == 0;
}

static bool same_int(const json_t *expected, int64_t value, int64_t absent)
{
    return value == (json_is_null(expected) ? absent : json_integer_value(expected));
}

static void check_batch(const char *name, const json_t *expected, const struct aas_reading_batch *b)
{
    if (json_array_size(expected) != b->len)
        fail_msg("%s: %zu readings, expected %zu", name, b->len, json_array_size(expected));
    for (size_t i = 0; i < b->len; i++) {
        const json_t *e = json_array_get(expected, i);
        const struct aas_reading *r = &b->readings[i];
        const json_t *values = json_object_get(e, "values");
        if (!same_text(json_object_get(e, "sensor_id"), r->sensor_id, r->sensor_id_len) ||
            !same_int(json_object_get(e, "ts_ms"), r->ts_ms, AAS_READING_NO_TIME) ||
            !same_int(json_object_get(e, "seq"), r->seq, AAS_READING_NO_SEQ) || json_array_size(values) != r->count)
            fail_msg("%s: reading %zu differs", name, i);
        for (uint32_t k = 0; k < r->count; k++) {
            const json_t *pair = json_array_get(values, k);
            const struct aas_reading_value *v = &b->values[r->first + k];
            const json_t *number = json_array_get(pair, 1);
            bool same = json_is_null(number) ? isnan(v->value) : v->value == json_number_value(number);
            if (!same || !same_text(json_array_get(pair, 0), v->channel, v->channel_len))
                fail_msg("%s: value %u of reading %zu differs", name, k, i);
        }
    }
}

static void test_golden(void **state)
{
    (void)state;
    AAS_AUTO_JSON json_t *cases = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_json_load("shared/tests/data/readings.json", 0, &cases, &err) != 0)
        fail_msg("%s", err.msg);
    struct aas_reading_batch batch;
    assert_int_equal(aas_reading_batch_init(&batch, 8, 64), 0);
    size_t i;
    const json_t *c;
    assert_true(json_array_size(cases) > 30);
    json_array_foreach(cases, i, c)
    {
        const char *name = json_string_value(json_object_get(c, "name"));
        const json_t *payload = json_object_get(c, "payload");
        const char *channel = json_string_value(json_object_get(c, "channel"));
        const char *says = json_string_value(json_object_get(c, "expected_error"));
        aas_error_clear(&err);
        int rc = aas_reading_decode(json_string_value(payload), json_string_length(payload), channel,
                                    channel ? strlen(channel) : 0, &batch, &err);
        if ((rc != 0) != (says != NULL))
            fail_msg("%s: %s", name, rc ? err.msg : "was taken");
        if (!says) {
            check_batch(name, json_object_get(c, "expected"), &batch);
            assert_int_equal(batch.seen, batch.len);
            continue;
        }
        if (!strstr(err.msg, says))
            fail_msg("%s: \"%s\" doesn't say \"%s\"", name, err.msg, says);
        const json_t *seen = json_object_get(c, "seen");
        assert_int_equal(batch.seen, seen ? json_integer_value(seen) : 1);
        assert_int_equal(batch.len, 0);
    }
    aas_reading_batch_fini(&batch);
}

static void test_bounds(void **state)
{
    (void)state;
    struct aas_reading_batch batch;
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_reading_batch_init(&batch, 2, 3), 0);
    static const char three[] = "[{\"values\":[1]},{\"values\":[1]},{\"values\":[1]}]";
    assert_int_equal(aas_reading_decode(three, sizeof three - 1, NULL, 0, &batch, &err), AAS_ETOOBIG);
    assert_int_equal(batch.seen, 3);
    assert_non_null(strstr(err.msg, "more than 2 readings"));
    static const char four[] = "{\"values\":[1,2,3,4]}";
    assert_int_equal(aas_reading_decode(four, sizeof four - 1, NULL, 0, &batch, &err), AAS_ETOOBIG);
    assert_non_null(strstr(err.msg, "more than 3 values"));
    /* The batch serves again after a refusal. */
    assert_int_equal(aas_reading_decode("7", 1, "t", 1, &batch, &err), 0);
    assert_int_equal(batch.len, 1);
    aas_reading_batch_fini(&batch);
    static char big[AAS_READING_MAX_BYTES + 1];
    memset(big, ' ', sizeof big);
    assert_int_equal(aas_reading_batch_init(&batch, 2, 3), 0);
    assert_int_equal(aas_reading_decode(big, sizeof big, NULL, 0, &batch, &err), AAS_ETOOBIG);
    aas_reading_batch_fini(&batch);
}

static void test_names(void **state)
{
    (void)state;
    char name[66];
    memset(name, 'a', sizeof name);
    assert_true(aas_reading_name_valid(name, 64));
    assert_false(aas_reading_name_valid(name, 65));
    assert_false(aas_reading_name_valid("", 0));
    assert_false(aas_reading_name_valid("a/b", 3));
    assert_false(aas_reading_name_valid("a\0b", 3));
    assert_false(aas_reading_name_valid("\xc3\xa4", 2));
    assert_true(aas_reading_name_valid("Line-1:pump_2.x", 15));
}

static void test_encode(void **state)
{
    (void)state;
    static const struct aas_reading_value values[] = {
        {"t", 1, 0.1}, {"v", 1, (double)NAN}, {NULL, 0, 3}, {NULL, 0, (double)NAN}};
    static const struct aas_reading readings[] = {
        {"p", 1, 0, 2, false, 1714557600250, 9},
        {NULL, 0, 2, 2, true, AAS_READING_NO_TIME, AAS_READING_NO_SEQ},
    };
    struct aas_buf buf = AAS_BUF_INIT(1000);
    assert_int_equal(aas_reading_encode(readings, 1, values, &buf), 0);
    assert_string_equal(
        aas_buf_str(&buf),
        "{\"sensor_id\":\"p\",\"timestamp\":1714557600250,\"seq\":9,\"readings\":{\"t\":0.1,\"v\":null}}");
    aas_buf_clear(&buf);
    assert_int_equal(aas_reading_encode(readings, 2, values, &buf), 0);
    assert_non_null(strstr(aas_buf_str(&buf), ",{\"values\":[3,null]}]"));
    aas_buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_encode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
