#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "aas/json.h"
#include "aas/json_schema.h"
#include "live_frame.h"
#include "live_state.h"
#include "subscription.h"

static struct api_frame parse(const char *text)
{
    struct api_frame f;
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(api_frame_parse(text, strlen(text), &f, &err), 0);
    return f;
}

static void kinds_and_keys(void **state)
{
    static const char readings[] = "{\"type\":\"readings\",\"seq\":12,\"sensor_id\":\"a\",\"t\":[1],\"channels\":{}}";
    struct api_frame f = parse(readings);
    (void)state;
    assert_int_equal(f.kind, API_FRAME_READINGS);
    assert_string_equal(f.sensor_id, "a");
    assert_int_equal(f.seq_len, 2);
    assert_memory_equal(readings + f.seq_at, "12", 2);

    f = parse("{\"prediction\":{\"sensor_id\":\"b\",\"id\":\"P\"},\"seq\":3,\"type\":\"prediction\"}");
    assert_int_equal(f.kind, API_FRAME_PREDICTION);
    assert_string_equal(f.sensor_id, "b");
    assert_int_equal(f.body.len, strlen("{\"sensor_id\":\"b\",\"id\":\"P\"}"));

    f = parse("{\"type\":\"something new\",\"seq\":1}");
    assert_int_equal(f.kind, API_FRAME_OTHER);
    f = parse("{\"type\":\"a type with a name much longer than any that we know of\"}");
    assert_int_equal(f.kind, API_FRAME_OTHER);
    assert_int_equal(f.seq_at, 0);
}

static void malformed_frames(void **state)
{
    static const char *const table[] = {
        "",
        "[]",
        "{}",
        "{\"type\":3}",
        "{\"type\":\"\"}",
        "{\"type\":\"hello\"",
        "{\"type\":\"hello\"} x",
        "{\"type\":\"sensor\",\"seq\":\"1\",\"sensor\":{}}",
        "{\"type\":\"sensor\",\"seq\":1,\"sensor\":[]}",
        "{\"type\":\"snapshot\",\"seq\":1,\"sensors\":{}}",
        "{\"type\":\"sensor\",\"seq\":1,\"sensor\":{\"sensor_id\":5}}",
        "{\"type\":\"sensor\",\"seq\":1,\"sensor\":{\"last_seen\":\"x\"}}",
        "{\"type\":\"readings\",\"seq\":1,\"sensor_id\":"
        "\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct api_frame f;
        struct aas_error err = AAS_ERROR_NONE;
        assert_int_equal(api_frame_parse(table[i], strlen(table[i]), &f, &err), AAS_EPARSE);
        assert_true(err.msg[0]);
    }
}

static void check_snapshot(const struct api_state *s, const char *expected)
{
    struct aas_buf out = AAS_BUF_INIT(1 << 20);
    const struct aas_schema *schema = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    json_t *json = NULL;
    api_state_snapshot(s, 7, &out);
    assert_string_equal(aas_buf_str(&out), expected);
    assert_int_equal(aas_json_parse(out.data, out.len, 0, 0, &json, &err), 0);
    assert_int_equal(aas_schema_get("ws_server", &schema, &err), 0);
    assert_int_equal(aas_schema_check(schema, json, NULL, 0, &err), 0);
    json_decref(json);
    aas_buf_fini(&out);
}

#define P(id)                                                                                                          \
    "{\"id\":\"" id "\",\"sensor_id\":\"a\",\"at\":1,\"state\":\"normal\",\"label\":null,\"confidence\":null,"         \
    "\"is_anomaly\":false,\"model\":null}"
#define S(id, is) "{\"sensor_id\":\"" id "\",\"state\":\"" is "\",\"last_seen\":500}"

static void apply(struct api_state *s, const char *text, int expected)
{
    struct api_frame f = parse(text);
    assert_int_equal(api_state_apply(s, &f), expected);
}

static void state_follows_frames(void **state)
{
    struct api_state *s = NULL;
    struct api_state_counts c;
    (void)state;
    assert_int_equal(api_state_create(&s), 0);
    apply(s,
          "{\"type\":\"snapshot\",\"seq\":1,\"sensors\":[" S("a", "normal") "],\"predictions\":[" P("2") "," P(
              "1") "],"
                   "\"alarms\":[{\"id\":\"A1\",\"state\":\"unacked\"}]}",
          0);
    check_snapshot(s, "{\"type\":\"snapshot\",\"seq\":7,\"sensors\":[" S("a", "normal") "],\"predictions\":[" P(
                          "2") "," P("1") "],\"alarms\":[{\"id\":\"A1\",\"state\":\"unacked\"}]}");
    apply(s, "{\"type\":\"prediction\",\"seq\":2,\"prediction\":" P("3") "}", 0);
    apply(s, "{\"type\":\"prediction\",\"seq\":2,\"prediction\":" P("3") "}", 0); /* again: no second one */
    apply(s, "{\"type\":\"sensor\",\"seq\":3,\"sensor\":" S("a", "fault") "}", 0);
    apply(s, "{\"type\":\"alarm\",\"seq\":4,\"alarm\":{\"id\":\"A1\",\"state\":\"normal\"}}", 0);
    check_snapshot(s, "{\"type\":\"snapshot\",\"seq\":7,\"sensors\":[" S("a", "fault") "],\"predictions\":[" P(
                          "3") "," P("2") "," P("1") "],\"alarms\":[]}");
    apply(s, "{\"type\":\"sensor\",\"seq\":5,\"sensor\":" S("b", "blind") "}", 0);
    api_state_count(s, &c);
    assert_int_equal(c.total, 2);
    assert_int_equal(c.by_state[API_SENSOR_FAULT], 1);
    assert_int_equal(c.by_state[API_SENSOR_BLIND], 1);
    assert_int_equal(c.last_seen, 500);
    apply(s, "{\"type\":\"sensor\",\"seq\":5}", AAS_EPARSE);
    apply(s, "{\"type\":\"sensor\",\"seq\":5,\"sensor\":{\"state\":\"normal\"}}", AAS_EPARSE);
    apply(s, "{\"type\":\"snapshot\",\"seq\":9,\"sensors\":[],\"predictions\":[]}", 0); /* replaces everything */
    check_snapshot(s, "{\"type\":\"snapshot\",\"seq\":7,\"sensors\":[],\"predictions\":[],\"alarms\":[]}");
    api_state_destroy(s);
}

static void newest_fifty_predictions(void **state)
{
    struct api_state *s = NULL;
    struct aas_buf out = AAS_BUF_INIT(1 << 20);
    char text[512];
    (void)state;
    assert_int_equal(api_state_create(&s), 0);
    for (int i = 0; i < 120; i++) {
        (void)snprintf(text, sizeof text, "{\"type\":\"prediction\",\"seq\":1,\"prediction\":{\"id\":\"p%d\"}}", i);
        apply(s, text, 0);
    }
    api_state_snapshot(s, 1, &out);
    assert_non_null(strstr(aas_buf_str(&out), "[{\"id\":\"p119\"},{\"id\":\"p118\"}"));
    assert_non_null(strstr(aas_buf_str(&out), "{\"id\":\"p70\"}]"));
    assert_null(strstr(aas_buf_str(&out), "{\"id\":\"p69\"}"));
    aas_buf_fini(&out);
    api_state_destroy(s);
}

static void subscribe(struct api_subscription *s, const char *text)
{
    struct aas_error err = AAS_ERROR_NONE;
    AAS_AUTO_JSON json_t *json = NULL;
    assert_int_equal(aas_json_parse(text, strlen(text), 0, 0, &json, &err), 0);
    assert_int_equal(api_subscription_set(s, json), 0);
}

static void subscriptions(void **state)
{
    struct api_subscription s;
    (void)state;
    api_subscription_init(&s);
    assert_true(api_subscription_wants(&s, API_FRAME_READINGS, "x"));
    subscribe(&s, "{\"op\":\"subscribe\",\"sensors\":[\"b\",\"a\"],\"kinds\":[\"readings\",\"alarms\"]}");
    assert_true(api_subscription_wants(&s, API_FRAME_READINGS, "a"));
    assert_true(api_subscription_wants(&s, API_FRAME_ALARM, "b"));
    assert_false(api_subscription_wants(&s, API_FRAME_READINGS, "c"));
    assert_false(api_subscription_wants(&s, API_FRAME_PREDICTION, "a"));
    assert_true(api_subscription_wants(&s, API_FRAME_FEED, ""));
    assert_true(api_subscription_wants(&s, API_FRAME_SNAPSHOT, ""));
    assert_true(api_subscription_wants(&s, API_FRAME_OTHER, "c"));
    subscribe(&s, "{\"op\":\"subscribe\",\"sensors\":[\"b\",\"*\"]}");
    assert_true(api_subscription_wants(&s, API_FRAME_PREDICTION, "c"));
    subscribe(&s, "{\"op\":\"subscribe\"}");
    assert_true(api_subscription_wants(&s, API_FRAME_SENSOR, "c"));
    api_subscription_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_keys),       cmocka_unit_test(malformed_frames),
        cmocka_unit_test(state_follows_frames), cmocka_unit_test(newest_fifty_predictions),
        cmocka_unit_test(subscriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
