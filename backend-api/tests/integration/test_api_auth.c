/* Sessions, roles, limits, accounts and API tokens, with the real daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define DROP(call) json_decref(call)

static void who_am_i(void **state)
{
    struct fixture *f = *state;
    json_t *me = fixture_call(f, "GET", "/auth/me", NULL, NULL, 200, "user");
    assert_string_equal(json_string_value(json_object_get(me, "username")), "admin");
    assert_true(json_is_true(json_object_get(me, "must_change")));
    json_decref(me);
    DROP(fixture_call(f, "GET", "/auth/me", "", NULL, 401, NULL));
    DROP(fixture_call(f, "GET", "/auth/me", "Authorization: Basic YTpi\r\n", NULL, 401, NULL));
    DROP(fixture_call(f, "GET", "/auth/me", "Authorization: Bearer x.y.z\r\n", NULL, 401, NULL));
}

static void forged_tokens(void **state)
{
    struct fixture *f = *state;
    char header[4096];
    /* {"alg":"none","typ":"JWT"} and the real payload without a signature */
    const char *payload = strchr(f->token, '.') + 1;
    (void)snprintf(header, sizeof header, "Authorization: Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.%.*s.\r\n",
                   (int)strcspn(payload, "."), payload);
    DROP(fixture_call(f, "GET", "/auth/me", header, NULL, 401, NULL));
    /* one letter of the payload changed */
    (void)snprintf(header, sizeof header, "%s", f->token);
    char *letter = strchr(header, '.') + 20;
    *letter = *letter == 'A' ? 'B' : 'A';
    DROP(fixture_call(f, "GET", "/auth/me", header, NULL, 401, NULL));
}

static void refresh_rotates_and_reuse_revokes(void **state)
{
    struct fixture *f = *state;
    char token[4096];
    char first[256];
    char second[256];
    char header[512];
    struct aas_test_response r;
    fixture_login(f, "admin", f->admin, token, first);
    assert_int_equal(aas_test_http(f->port, "POST", "/auth/refresh", first, NULL, 0, 5000, &r), 0);
    assert_int_equal(r.status, 200);
    assert_non_null(aas_test_http_header(&r, "Set-Cookie", header, sizeof header));
    (void)snprintf(second, sizeof second, "Cookie: %.*s\r\n", (int)strcspn(header, ";"), header);
    assert_string_not_equal(first, second);
    aas_test_response_fini(&r);
    DROP(fixture_call(f, "POST", "/auth/refresh", first, NULL, 401, NULL));  /* used twice … */
    DROP(fixture_call(f, "POST", "/auth/refresh", second, NULL, 401, NULL)); /* … ends the family */
    DROP(fixture_call(f, "POST", "/auth/refresh", "", NULL, 401, NULL));
}

static void logout(void **state)
{
    struct fixture *f = *state;
    char token[4096];
    char cookie[256];
    fixture_login(f, "admin", f->admin, token, cookie);
    DROP(fixture_call(f, "POST", "/auth/logout", cookie, NULL, 204, NULL));
    DROP(fixture_call(f, "POST", "/auth/refresh", cookie, NULL, 401, NULL));
    DROP(fixture_call(f, "POST", "/auth/logout", "", NULL, 204, NULL));
}

static void sessions_outlive_a_restart(void **state)
{
    struct fixture *f = *state;
    char token[4096];
    char cookie[256];
    fixture_login(f, "admin", f->admin, token, cookie);
    fixture_restart(f);
    DROP(fixture_call(f, "GET", "/auth/me", token, NULL, 200, "user"));
    DROP(fixture_call(f, "POST", "/auth/refresh", cookie, NULL, 200, "session"));
}

static void malformed_logins(void **state)
{
    static const char *const bodies[] = {"",
                                         "x",
                                         "[]",
                                         "{}",
                                         "{\"username\":\"admin\"}",
                                         "{\"username\":1,\"password\":\"x\"}",
                                         "{\"username\":\"admin\",\"password\":\"x\",\"more\":1}",
                                         "{\"username\":\"\",\"password\":\"x\"}",
                                         "{\"username\":\"a\",\"username\":\"b\",\"password\":\"x\"}",
                                         "{\"username\":\"\xff\",\"password\":\"x\"}"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        DROP(fixture_call(f, "POST", "/auth/login", "", bodies[i], 400, NULL));
    char big[6000];
    memset(big, ' ', sizeof big);
    big[sizeof big - 1] = '\0';
    DROP(fixture_call(f, "POST", "/auth/login", "", big, 413, NULL));
}

/* Five failures at once (AAS_LOGIN_BURST of the fixture), then 429, for an unknown name as for a known one; and a
 * daemon of its own, as this address is held up afterwards. */
static void guessing_is_slowed(void **state)
{
    struct fixture *f = *state;
    struct aas_test_response r;
    char wait[16];
    for (int i = 0; i < 5; i++)
        DROP(fixture_call(f, "POST", "/auth/login", "",
                          i % 2 ? "{\"username\":\"admin\",\"password\":\"wrong\"}"
                                : "{\"username\":\"nobody\",\"password\":\"wrong\"}",
                          401, NULL));
    assert_int_equal(aas_test_http_post(f->port, "/auth/login", "{\"username\":\"admin\",\"password\":\"wrong\"}", &r),
                     0);
    assert_int_equal(r.status, 429);
    assert_non_null(aas_test_http_header(&r, "Retry-After", wait, sizeof wait));
    aas_test_response_fini(&r);
}

static void change_of_password(void **state)
{
    struct fixture *f = *state;
    char token[4096];
    char mine[256];
    char other[256];
    char body[256];
    char path[AAS_TEST_PATH_BYTES];
    fixture_login(f, "admin", f->admin, token, mine);
    fixture_login(f, "admin", f->admin, token, other);
    fixture_login(f, "admin", f->admin, token, mine);
    char headers[8192];
    (void)snprintf(headers, sizeof headers, "%s%s", token, mine);
    DROP(fixture_call(f, "POST", "/auth/password", headers,
                      "{\"current_password\":\"wrong\",\"new_password\":\"a long new one\"}", 403, NULL));
    (void)snprintf(body, sizeof body, "{\"current_password\":\"%s\",\"new_password\":\"short\"}", f->admin);
    DROP(fixture_call(f, "POST", "/auth/password", headers, body, 400, NULL));
    (void)snprintf(body, sizeof body, "{\"current_password\":\"%s\",\"new_password\":\"%s\"}", f->admin, f->admin);
    DROP(fixture_call(f, "POST", "/auth/password", headers, body, 400, NULL));
    (void)snprintf(body, sizeof body, "{\"current_password\":\"%s\",\"new_password\":\"a long new one\"}", f->admin);
    DROP(fixture_call(f, "POST", "/auth/password", headers, body, 204, NULL));
    assert_int_not_equal(access(aas_test_path(path, f->dir, "secrets/admin-password"), F_OK), 0);
    DROP(fixture_call(f, "POST", "/auth/refresh", other, NULL, 401, NULL)); /* other sessions end */
    DROP(fixture_call(f, "POST", "/auth/refresh", mine, NULL, 200, "session"));
    json_t *me = fixture_call(f, "GET", "/auth/me", token, NULL, 200, "user");
    assert_true(json_is_false(json_object_get(me, "must_change")));
    json_decref(me);
    (void)snprintf(f->admin, sizeof f->admin, "a long new one");
    fixture_login(f, "admin", f->admin, f->token, NULL);
}

static void roles(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int status[4]; /* viewer, operator, engineer, admin */
    } table[] = {
        {"GET", "/sensors", NULL, {200, 200, 200, 200}},
        {"GET", "/dashboard", NULL, {200, 200, 200, 200}},
        {"GET", "/faults", NULL, {200, 200, 200, 200}},
        {"GET", "/alarms", NULL, {403, 200, 200, 200}},
        {"POST", "/alarms/none/ack", NULL, {403, 404, 404, 404}},
        {"PATCH", "/sensors/none", "{\"name\":\"x\"}", {403, 403, 404, 404}},
        {"DELETE", "/faults/none", NULL, {403, 403, 404, 404}},
        {"POST", "/retrain", "{\"reason\":\"x\"}", {403, 403, 202, 202}},
        {"GET", "/users", NULL, {403, 403, 403, 200}},
        {"GET", "/tokens", NULL, {403, 403, 403, 200}},
        {"GET", "/audit", NULL, {403, 403, 403, 200}},
    };
    static const char *const names[] = {"viewer", "operator", "engineer"};
    struct fixture *f = *state;
    char tokens[4][4096];
    char body[256];
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(body, sizeof body, "{\"username\":\"%s\",\"password\":\"a password for it\",\"role\":\"%s\"}",
                       names[i], names[i]);
        json_t *user = fixture_call(f, "POST", "/users", NULL, body, 201, "user");
        assert_true(json_is_true(json_object_get(user, "must_change")));
        json_decref(user);
        fixture_login(f, names[i], "a password for it", tokens[i], NULL);
    }
    DROP(fixture_call(f, "POST", "/users", NULL, body, 409, NULL)); /* there already */
    DROP(fixture_call(f, "GET", "/users", NULL, NULL, 200, "user_list"));
    (void)snprintf(tokens[3], sizeof tokens[3], "%s", f->token);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (size_t who = 0; who < 4; who++)
            DROP(fixture_call(f, table[i].method, table[i].path, tokens[who], table[i].body, table[i].status[who],
                              NULL));
    /* an account that is switched off can't log in, refresh, or be itself */
    DROP(fixture_call(f, "PATCH", "/users/viewer", NULL, "{\"disabled\":true}", 200, "user"));
    DROP(fixture_call(f, "GET", "/auth/me", tokens[0], NULL, 401, NULL));
    DROP(fixture_call(f, "GET", "/sensors", tokens[0], NULL, 401, NULL)); /* though its token has not expired */
    DROP(fixture_call(f, "POST", "/auth/login", "", "{\"username\":\"viewer\",\"password\":\"a password for it\"}", 401,
                      NULL));
    DROP(fixture_call(f, "PATCH", "/users/viewer", NULL, "{\"disabled\":false,\"role\":\"operator\"}", 200, "user"));
    fixture_login(f, "viewer", "a password for it", tokens[0], NULL);
    DROP(fixture_call(f, "GET", "/alarms", tokens[0], NULL, 200, "alarm_list"));
    DROP(fixture_call(f, "PATCH", "/users/admin", NULL, "{\"role\":\"viewer\"}", 409, NULL));
    DROP(fixture_call(f, "PATCH", "/users/nobody", NULL, "{\"role\":\"viewer\"}", 404, NULL));
}

static void audit_trail(void **state)
{
    struct fixture *f = *state;
    json_t *list = fixture_call(f, "GET", "/audit?action=user.create", NULL, NULL, 200, "audit_list");
    const json_t *first = json_array_get(json_object_get(list, "items"), 0);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 3);
    assert_string_equal(json_string_value(json_object_get(first, "user")), "admin");
    assert_string_equal(json_string_value(json_object_get(first, "target")), "engineer");
    json_decref(list);
    json_t *check = fixture_call(f, "GET", "/audit/verify", NULL, NULL, 200, "audit_check");
    assert_true(json_is_true(json_object_get(check, "ok")));
    assert_true(json_integer_value(json_object_get(check, "records")) >= 5);
    json_decref(check);
}

static void machine_tokens(void **state)
{
    struct fixture *f = *state;
    char header[256];
    json_t *made = fixture_call(f, "POST", "/tokens", NULL, "{\"name\":\"grafana\",\"scope\":\"viewer\",\"days\":1}",
                                201, "token");
    (void)snprintf(header, sizeof header, "Authorization: Bearer %s\r\n",
                   json_string_value(json_object_get(made, "token")));
    DROP(fixture_call(f, "GET", "/sensors", header, NULL, 200, "sensor_list"));
    DROP(fixture_call(f, "GET", "/alarms", header, NULL, 403, NULL)); /* the scope, not the owner's role */
    json_t *list = fixture_call(f, "GET", "/tokens", NULL, NULL, 200, "token_list");
    assert_int_equal(json_array_size(json_object_get(list, "items")), 1);
    json_decref(list);
    char path[128];
    (void)snprintf(path, sizeof path, "/tokens/%s", json_string_value(json_object_get(made, "id")));
    json_decref(made);
    DROP(fixture_call(f, "DELETE", path, NULL, NULL, 204, NULL));
    DROP(fixture_call(f, "DELETE", path, NULL, NULL, 404, NULL));
    DROP(fixture_call(f, "GET", "/sensors", header, NULL, 401, NULL));
    header[strlen(header) - 4]++;
    DROP(fixture_call(f, "GET", "/sensors", header, NULL, 401, NULL));
}

static void the_same_post_again(void **state)
{
    static const char body[] = "{\"name\":\"plc\",\"scope\":\"viewer\"}";
    struct fixture *f = *state;
    char headers[4200];
    (void)snprintf(headers, sizeof headers, "%sIdempotency-Key: k1\r\n", f->token);
    json_t *first = fixture_call(f, "POST", "/tokens", headers, body, 201, "token");
    json_t *again = fixture_call(f, "POST", "/tokens", headers, body, 201, "token");
    assert_true(json_equal(first, again));
    json_decref(first);
    json_decref(again);
    json_t *list = fixture_call(f, "GET", "/tokens", NULL, NULL, 200, "token_list");
    assert_int_equal(json_array_size(json_object_get(list, "items")), 1);
    json_decref(list);
    DROP(fixture_call(f, "POST", "/tokens", headers, "{\"name\":\"other\",\"scope\":\"viewer\"}", 422, NULL));
    DROP(fixture_call(f, "POST", "/faults", headers, "{\"code\":\"once\"}", 201, "fault")); /* another path */
    DROP(fixture_call(f, "POST", "/faults", headers, "{\"code\":\"once\"}", 201, "fault"));
    (void)snprintf(headers, sizeof headers, "%sIdempotency-Key: k2\r\n", f->token);
    DROP(fixture_call(f, "POST", "/faults", headers, "{\"code\":\"once\"}", 409, NULL)); /* another key */
    DROP(fixture_call(f, "DELETE", "/faults/once", NULL, NULL, 204, NULL));
    DROP(fixture_call(f, "POST", "/faults", headers, "{\"code\":\"once\"}", 201, "fault")); /* a failure is not kept */
}

static void headers(void **state)
{
    static const char *const names[] = {"X-Content-Type-Options",  "Cache-Control",   "Referrer-Policy",
                                        "Content-Security-Policy", "RateLimit-Limit", "RateLimit-Remaining",
                                        "RateLimit-Reset"};
    struct fixture *f = *state;
    struct aas_test_response r;
    char value[256];
    assert_int_equal(aas_test_http(f->port, "GET", "/sensors", f->token, NULL, 0, 5000, &r), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!aas_test_http_header(&r, names[i], value, sizeof value))
            fail_msg("no %s", names[i]);
    aas_test_response_fini(&r);
    /* another site's page may not read, ours may */
    assert_int_equal(
        aas_test_http(f->port, "GET", "/health/live", "Origin: http://evil.example\r\n", NULL, 0, 5000, &r), 0);
    assert_null(aas_test_http_header(&r, "Access-Control-Allow-Origin", value, sizeof value));
    aas_test_response_fini(&r);
    assert_int_equal(
        aas_test_http(f->port, "GET", "/health/live", "Origin: http://localhost:3000\r\n", NULL, 0, 5000, &r), 0);
    assert_string_equal(aas_test_http_header(&r, "Access-Control-Allow-Origin", value, sizeof value),
                        "http://localhost:3000");
    aas_test_response_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_am_i),
        cmocka_unit_test(forged_tokens),
        cmocka_unit_test(headers),
        cmocka_unit_test(malformed_logins),
        cmocka_unit_test(logout),
        cmocka_unit_test(refresh_rotates_and_reuse_revokes),
        cmocka_unit_test(roles),
        cmocka_unit_test(audit_trail),
        cmocka_unit_test(machine_tokens),
        cmocka_unit_test(the_same_post_again),
        cmocka_unit_test(sessions_outlive_a_restart),
        cmocka_unit_test(change_of_password),
        cmocka_unit_test_setup_teardown(guessing_is_slowed, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
