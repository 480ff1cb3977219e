/* Roles of versions: the whole life of a few versions, as a table of changes and what they lead to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "roles.h"

struct step {
    enum ml_action action;
    const char *version;
    double pct;
    int rc;
    const char *champion, *challenger, *shadow; /* afterwards */
};

static const char *role(const json_t *doc, const char *key)
{
    const char *s = json_string_value(json_object_get(ml_roles_row(doc, "*"), key));
    return s ? s : "";
}

static void run(json_t *doc, const struct step *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ml_change c = {.action = s[i].action,
                              .type = "*",
                              .version = s[i].version,
                              .ab_pct = s[i].pct,
                              .user = "eva",
                              .reason = "test",
                              .at_ms = 1000 + (int64_t)i};
        json_t *before = json_deep_copy(doc);
        struct aas_error err = AAS_ERROR_NONE;
        int rc = ml_roles_apply(doc, &c, &err);
        if (rc != s[i].rc)
            fail_msg("step %zu: code %d instead of %d: %s", i, rc, s[i].rc, err.msg);
        if (rc)
            assert_true(json_equal(before, doc));
        json_decref(before);
        assert_string_equal(role(doc, "champion"), s[i].champion);
        assert_string_equal(role(doc, "challenger"), s[i].challenger);
        assert_string_equal(role(doc, "shadow"), s[i].shadow);
    }
}

#define RUN(doc, steps) run(doc, steps, sizeof(steps) / sizeof((steps)[0]))

static void life_of_versions(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {ML_ACTION_ROLLBACK, NULL, 0, AAS_ENOENT, "", "", ""},
        {ML_ACTION_PROMOTE, "v1", 0, 0, "v1", "", ""},
        {ML_ACTION_PROMOTE, "v1", 0, AAS_ECONFLICT, "v1", "", ""},
        {ML_ACTION_ROLLBACK, NULL, 0, AAS_ENOENT, "v1", "", ""},
        {ML_ACTION_RETIRE, "v1", 0, AAS_ECONFLICT, "v1", "", ""},
        {ML_ACTION_SHADOW, "v1", 0, AAS_ECONFLICT, "v1", "", ""},
        {ML_ACTION_SHADOW, "v2", 0, 0, "v1", "", "v2"},
        {ML_ACTION_AB, "v3", 120, AAS_EINVAL, "v1", "", "v2"},
        {ML_ACTION_AB, "v3", 20, 0, "v1", "v3", "v2"},
        {ML_ACTION_PROMOTE, "v3", 0, 0, "v3", "", "v2"},
        {ML_ACTION_PROMOTE, "v2", 0, 0, "v2", "", ""},
        {ML_ACTION_ROLLBACK, NULL, 0, 0, "v3", "", ""}, /* v2 was bad */
        {ML_ACTION_ROLLBACK, NULL, 0, 0, "v1", "", ""}, /* v3 too, and v2 is not taken again */
        {ML_ACTION_ROLLBACK, NULL, 0, AAS_ENOENT, "v1", "", ""},
        {ML_ACTION_PROMOTE, "v2", 0, 0, "v2", "", ""}, /* somebody insists */
        {ML_ACTION_AB, "v4", 50, 0, "v2", "v4", ""},
        {ML_ACTION_RETIRE, "v4", 0, 0, "v2", "", ""},
        {ML_ACTION_PROMOTE, "v4", 0, AAS_ECONFLICT, "v2", "", ""},
        {ML_ACTION_AB, "v4", 1, AAS_ECONFLICT, "v2", "", ""},
        {ML_ACTION_AB, NULL, 0, 0, "v2", "", ""},
    };
    json_t *doc = ml_roles_new();
    RUN(doc, steps);
    assert_string_equal(ml_roles_status(doc, "v2"), "champion");
    assert_string_equal(ml_roles_status(doc, "v4"), "retired");
    assert_string_equal(ml_roles_status(doc, "v9"), "candidate");
    json_t *history = ml_roles_history(doc, "v2");
    const json_t *first = json_array_get(history, 0);
    assert_string_equal(json_string_value(json_object_get(first, "action")), "shadow");
    assert_string_equal(json_string_value(json_object_get(first, "user")), "eva");
    json_decref(history);
    json_decref(doc);
}

static void a_version_that_served_again_counts(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {ML_ACTION_PROMOTE, "v1", 0, 0, "v1", "", ""},  {ML_ACTION_PROMOTE, "v2", 0, 0, "v2", "", ""},
        {ML_ACTION_ROLLBACK, NULL, 0, 0, "v1", "", ""}, {ML_ACTION_PROMOTE, "v2", 0, 0, "v2", "", ""},
        {ML_ACTION_PROMOTE, "v3", 0, 0, "v3", "", ""},  {ML_ACTION_ROLLBACK, NULL, 0, 0, "v2", "", ""},
    };
    json_t *doc = ml_roles_new();
    RUN(doc, steps);
    json_decref(doc);
}

static void vacancy_and_types(void **state)
{
    (void)state;
    json_t *doc = ml_roles_new();
    struct ml_change c = {.action = ML_ACTION_PROMOTE,
                          .type = "pump",
                          .version = "v1",
                          .user = "u",
                          .reason = "",
                          .only_if_vacant = true};
    assert_int_equal(ml_roles_apply(doc, &c, NULL), 0);
    c.version = "v2";
    assert_int_equal(ml_roles_apply(doc, &c, NULL), AAS_ECANCELED);
    c.type = "fan";
    assert_int_equal(ml_roles_apply(doc, &c, NULL), 0);
    assert_string_equal(json_string_value(json_object_get(ml_roles_row(doc, "pump"), "champion")), "v1");
    assert_string_equal(json_string_value(json_object_get(ml_roles_row(doc, "fan"), "champion")), "v2");
    assert_null(ml_roles_row(doc, "*"));
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(life_of_versions),
                                       cmocka_unit_test(a_version_that_served_again_counts),
                                       cmocka_unit_test(vacancy_and_types)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
