/* The parser of /predict items against shared/schemas/predict_request.schema.json: same verdicts, and fields named. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <aas/json.h>
#include <aas/json_schema.h>

#include "input.h"

static struct ml_input in;

static int read_text(const char *text, struct aas_error *err)
{
    struct aas_json_pull r;
    aas_json_pull_init(&r, text, strlen(text), 16);
    return ml_input_read(&r, &in, err);
}

static const struct {
    const char *text;
    const char *field; /* NULL: accepted */
} cases[] = {
    {"{\"features\":[1,2.5,null]}", NULL},
    {"{\"sensor_id\":\"p-1\",\"sensor_type\":\"pump\",\"window\":[[1,2],[3,null]]}", NULL},
    {"{\"window\":{\"t\":[1,2],\"channels\":{\"a\":[1,2],\"b\":[null,3]}},\"sensor_id\":\"s\"}", NULL},
    {"{\"window\":{\"channels\":{\"a\":[1]}},\"revision\":2}", NULL},
    {"{}", "window"},
    {"[]", ""},
    {"{\"features\":[]}", "features"},
    {"{\"features\":[\"1\"]}", "features"},
    {"{\"features\":{}}", "features"},
    {"{\"features\":[1],\"window\":[[1]]}", "window"},
    {"{\"window\":[]}", "window"},
    {"{\"window\":[[]]}", "window"},
    {"{\"window\":[1]}", "window"},
    {"{\"window\":[[true]]}", "window"},
    {"{\"window\":\"x\"}", "window"},
    {"{\"window\":{}}", "window.channels"},
    {"{\"window\":{\"channels\":{}}}", "window.channels"},
    {"{\"window\":{\"channels\":{\"a b\":[1]}}}", "window.channels"},
    {"{\"window\":{\"channels\":{\"a\":1}}}", "window.channels.a"},
    {"{\"window\":{\"channels\":{\"a\":[{}]}}}", "window.channels.a"},
    {"{\"window\":{\"channels\":{\"a\":[1]},\"x\":1}}", "window"},
    {"{\"window\":{\"t\":[1.5],\"channels\":{\"a\":[1]}}}", "window.t"},
    {"{\"window\":{\"t\":[-1],\"channels\":{\"a\":[1]}}}", "window.t"},
    {"{\"window\":{\"t\":[null],\"channels\":{\"a\":[1]}}}", "window.t"},
    {"{\"window\":{\"t\":5,\"channels\":{\"a\":[1]}}}", "window.t"},
    {"{\"sensor_id\":\"\",\"features\":[1]}", "sensor_id"},
    {"{\"sensor_id\":\"a/b\",\"features\":[1]}", "sensor_id"},
    {"{\"sensor_id\":7,\"features\":[1]}", "sensor_id"},
    {"{\"sensor_type\":\"\",\"features\":[1]}", "sensor_type"},
    {"{\"sensor_type\":7,\"features\":[1]}", "sensor_type"},
    {"{\"revision\":-1,\"features\":[1]}", "revision"},
    {"{\"revision\":1.5,\"features\":[1]}", "revision"},
    {"{\"features\":[1],\"threshold\":3}", ""},
};

static void verdicts_equal_the_schema(void **state)
{
    (void)state;
    const struct aas_schema *schema = NULL;
    assert_int_equal(aas_schema_get("predict_request", &schema, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct aas_error err = AAS_ERROR_NONE;
        int rc = read_text(cases[i].text, &err);
        if (cases[i].field) {
            if (rc != AAS_EINVAL || strcmp(in.field, cases[i].field) != 0)
                fail_msg("%s: code %d, field \"%s\", %s", cases[i].text, rc, in.field, err.msg);
            assert_string_not_equal(err.msg, "");
        } else if (rc != 0) {
            fail_msg("%s: %s", cases[i].text, err.msg);
        }
        json_t *doc = NULL;
        assert_int_equal(aas_json_parse(cases[i].text, strlen(cases[i].text), 0, 0, &doc, NULL), 0);
        int by_schema = aas_schema_check(schema, doc, NULL, 0, NULL);
        json_decref(doc);
        if ((by_schema == 0) != (rc == 0))
            fail_msg("%s: the schema says %d, the parser %d", cases[i].text, by_schema, rc);
    }
}

/* What JSON Schema can't say. */
static void lengths_and_order(void **state)
{
    (void)state;
    static const struct {
        const char *text, *field;
    } bad[] = {
        {"{\"window\":[[1,2],[3]]}", "window"},
        {"{\"window\":{\"t\":[1],\"channels\":{\"a\":[1,2]}}}", "window.channels.a"},
        {"{\"window\":{\"channels\":{\"a\":[1,2],\"b\":[1]}}}", "window.channels.b"},
        {"{\"window\":{\"t\":[2,1],\"channels\":{\"a\":[1,2]}}}", "window.t"},
        {"{\"window\":{\"t\":[],\"channels\":{\"a\":[]}}}", "window.t"},
        {"{\"window\":{\"channels\":{\"a\":[1],\"a\":[1]}}}", "window.channels"},
        {"{\"sensor_id\":\"a\",\"sensor_id\":\"a\",\"features\":[1]}", "sensor_id"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct aas_error err = AAS_ERROR_NONE;
        int rc = read_text(bad[i].text, &err);
        if (rc != AAS_EINVAL || strcmp(in.field, bad[i].field) != 0)
            fail_msg("%s: code %d, field \"%s\", %s", bad[i].text, rc, in.field, err.msg);
    }
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(read_text("{\"window\":[[1,2", &err), AAS_EPARSE);
    assert_int_equal(read_text("{\"features\":[1e999]}", &err) != 0, 1);
}

static void values_arrive(void **state)
{
    (void)state;
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(read_text("{\"window\":{\"t\":[10,20,30],\"channels\":{\"b\":[1,2,3],\"a\":[4,null,6]}},"
                               "\"sensor_id\":\"m.1\",\"sensor_type\":\"fan\",\"revision\":3}",
                               &err),
                     0);
    assert_int_equal(in.kind, ML_INPUT_COLUMNS);
    assert_int_equal(in.n, 3);
    assert_int_equal(in.revision, 3);
    assert_string_equal(in.sensor_id, "m.1");
    assert_string_equal(in.sensor_type, "fan");
    assert_int_equal(in.columns_count, 2);
    assert_true(in.values[in.columns[0].offset + 2] == 3);
    assert_true(isnan(in.values[in.columns[1].offset + 1]));
    assert_int_equal(in.t[2], 30);
    assert_int_equal(read_text("{\"window\":[[1,2],[3,4],[5,6]]}", &err), 0);
    assert_int_equal(in.kind, ML_INPUT_ROWS);
    assert_int_equal(in.width, 2);
    assert_int_equal(in.n, 3);
    assert_string_equal(in.sensor_id, "");
    assert_int_equal(in.revision, 0);
    assert_true(in.values[5] == 6);
}

static int teardown(void **state)
{
    (void)state;
    ml_input_fini(&in);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts_equal_the_schema), cmocka_unit_test(lengths_and_order),
                                       cmocka_unit_test(values_arrive)};
    return cmocka_run_group_tests(tests, NULL, teardown);
}
