/* Golden cases of the schema checker (tests/data/schemas.json), and every embedded schema compiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "aas/error.h"
#include "aas/json.h"
#include "aas/json_schema.h"

static void check_one(size_t schema_index, const struct aas_schema *schema, const json_t *test)
{
    char field[64] = "untouched";
    struct aas_error err = AAS_ERROR_NONE;
    const char *says = json_string_value(json_object_get(test, "error"));
    int rc = aas_schema_check(schema, json_object_get(test, "doc"), field, sizeof field, &err);
    char *text = json_dumps(test, JSON_COMPACT);
    if ((rc != 0) != (says != NULL))
        fail_msg("schema %zu, %s: %s", schema_index, text, rc ? err.msg : "was taken");
    if (says) {
        assert_int_equal(rc, AAS_EINVAL);
        if (!strstr(err.msg, says))
            fail_msg("schema %zu, %s: \"%s\" doesn't say \"%s\"", schema_index, text, err.msg, says);
        assert_string_equal(field, json_string_value(json_object_get(test, "field")));
    } else {
        assert_string_equal(field, "untouched");
    }
    free(text);
}

static void test_golden(void **state)
{
    (void)state;
    AAS_AUTO_JSON json_t *cases = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_json_load("shared/tests/data/schemas.json", 0, &cases, &err) != 0)
        fail_msg("%s", err.msg);
    size_t i;
    const json_t *c;
    json_array_foreach(cases, i, c)
    {
        struct aas_schema *schema = NULL;
        const char *says = json_string_value(json_object_get(c, "schema_error"));
        aas_error_clear(&err);
        int rc = aas_schema_create(json_object_get(c, "schema"), &schema, &err);
        if ((rc != 0) != (says != NULL) || (says && !strstr(err.msg, says)))
            fail_msg("schema %zu: %s", i, rc ? err.msg : "was taken");
        size_t k;
        const json_t *test;
        json_array_foreach(json_object_get(c, "tests"), k, test) check_one(i, schema, test);
        aas_schema_destroy(schema);
    }
}

static void test_embedded_schemas_compile(void **state)
{
    (void)state;
    const char *const *names = aas_schema_names();
    for (size_t i = 0; names[i]; i++) {
        const struct aas_schema *schema = NULL;
        const struct aas_schema *again = NULL;
        struct aas_error err = AAS_ERROR_NONE;
        if (aas_schema_get(names[i], &schema, &err) != 0)
            fail_msg("%s", err.msg);
        assert_int_equal(aas_schema_get(names[i], &again, &err), 0);
        assert_ptr_equal(schema, again);
        assert_non_null(aas_schema_text(names[i]));
        /* References across files are followed when something is checked. */
        AAS_AUTO_JSON json_t *doc = json_object();
        int rc = aas_schema_check(schema, doc, NULL, 0, &err);
        if (rc != 0 && rc != AAS_EINVAL)
            fail_msg("%s: %s", names[i], err.msg);
    }
    const struct aas_schema *none = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_schema_get("no-such-schema", &none, &err), AAS_ENOENT);
    assert_non_null(strstr(err.msg, "no-such-schema"));
    assert_null(aas_schema_text("no-such-schema"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_embedded_schemas_compile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
