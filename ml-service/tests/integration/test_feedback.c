/* Feedback over HTTP: verdicts, edits with history, disagreement, ranges, work orders, and what it says of a version.
 */
#include "ml_fixture.h"

#include <aas/json_schema.h>

#define T0 INT64_C(1767225600000)

static json_t *say(struct ml_fixture *f, const char *user, const char *body, int status)
{
    char headers[128];
    (void)snprintf(headers, sizeof headers, JSON_HEADER "X-Aastreli-User: %s\r\n", user);
    return fixture_call(f, "POST", "/feedback", headers, body, status);
}

static bool takes(struct ml_fixture *f, const char *body)
{
    struct aas_test_response r = {0};
    int rc = aas_test_http_post(f->port, "/feedback", body, &r);
    bool yes = rc == 0 && r.status < 300;
    if (rc == 0)
        aas_test_response_fini(&r);
    return yes;
}

/* A stored prediction of class k; its id. */
static void predict(struct ml_fixture *f, int k, int64_t start, char id[32])
{
    char body[4096];
    fixture_window(body, sizeof body, "m1", 100 + (uint64_t)k, k, start);
    json_t *p = fixture_call(f, "POST", "/predict", JSON_HEADER, body, 200);
    (void)snprintf(id, 32, "%s", text_at(p, "id"));
    json_decref(p);
}

static void verdicts_edits_and_disagreement(struct ml_fixture *f, const char *hot)
{
    char body[256];
    (void)snprintf(body, sizeof body, "{\"prediction_id\":\"%s\",\"verdict\":\"confirm\",\"user\":\"eva\"}", hot);
    assert_true(AAS_TEST_WAIT(5000, takes(f, body))); /* the prediction is stored behind its answer */
    json_t *doc = say(f, "eva", body, 200);           /* the same again is the same */
    assert_string_equal(text_at(doc, "truth"), "hot");
    assert_string_equal(text_at(doc, "predicted"), "hot");
    assert_string_equal(text_at(doc, "model"), "v1");
    assert_int_equal(json_array_size(json_object_get(doc, "history")), 0);
    json_decref(doc);
    (void)snprintf(body, sizeof body, "{\"prediction_id\":\"%s\",\"verdict\":\"reject\"}", hot);
    doc = say(f, "otto", body, 201);
    assert_string_equal(text_at(doc, "truth"), "normal");
    assert_int_equal(json_array_size(json_object_get(doc, "disagrees")), 1);
    json_decref(doc);
    (void)snprintf(body, sizeof body, "{\"prediction_id\":\"%s\",\"verdict\":\"relabel\",\"label\":\"shaky\"}", hot);
    doc = say(f, "eva", body, 200);
    assert_string_equal(text_at(json_array_get(json_object_get(doc, "history"), 0), "verdict"), "confirm");
    json_decref(doc);
    json_t *list = fixture_call(f, "GET", "/feedback?disagreements=1", NULL, NULL, 200);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 2);
    json_decref(list);
    list = fixture_call(f, "GET", "/feedback?user=otto&limit=1", NULL, NULL, 200);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 1);
    json_decref(list);
}

static void refusals(struct ml_fixture *f, const char *hot)
{
    char body[256];
    (void)snprintf(body, sizeof body, "{\"prediction_id\":\"%s\",\"verdict\":\"relabel\",\"label\":\"gremlins\"}", hot);
    json_t *p = say(f, "eva", body, 400);
    assert_string_equal(text_at(p, "field"), "label");
    json_decref(p);
    (void)snprintf(body, sizeof body, "{\"prediction_id\":\"%s\",\"verdict\":\"relabel\"}", hot);
    json_decref(say(f, "eva", body, 400));
    json_decref(say(f, "eva", "{\"prediction_id\":\"nope\",\"verdict\":\"confirm\"}", 404));
    json_decref(say(f, "eva", "{\"verdict\":\"confirm\"}", 400));
    json_decref(
        say(f, "eva",
            "{\"range\":{\"sensor_id\":\"m1\",\"start\":5,\"end\":4},\"verdict\":\"relabel\",\"label\":\"hot\"}", 400));
}

static void work_orders(struct ml_fixture *f)
{
    const char *csv = "sensor_id,start,end,label,comment\n"
                      "m7,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,hot,\"bearing, replaced\"\n"
                      "m7,2026-01-02T00:00:00Z,2026-01-02T01:00:00Z,gremlins,\n"
                      "m8,oops,2026-01-02T01:00:00Z,hot,\n";
    json_t *r = fixture_call(f, "POST", "/feedback/import?dry_run=1", "Content-Type: text/csv\r\n", csv, 200);
    assert_int_equal(json_integer_value(json_object_get(r, "imported")), 1);
    assert_int_equal(json_integer_value(json_object_get(r, "failed")), 2);
    json_decref(r);
    r = fixture_call(f, "POST", "/feedback/import", "Content-Type: text/csv\r\n", csv, 200);
    assert_int_equal(json_integer_value(json_object_get(r, "imported")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(r, "errors"), 0), "line")), 3);
    json_decref(r);
    r = fixture_call(f, "POST", "/feedback/import", "Content-Type: text/csv\r\n", csv, 200);
    assert_int_equal(json_integer_value(json_object_get(r, "unchanged")), 1);
    json_decref(r);
    json_t *list = fixture_call(f, "GET", "/feedback?sensor_id=m7", NULL, NULL, 200);
    assert_string_equal(text_at(json_array_get(json_object_get(list, "items"), 0), "comment"), "bearing, replaced");
    json_decref(list);
}

static void feedback_over_http(void **state)
{
    (void)state;
    struct ml_fixture f;
    char hot[32], normal[32], body[256];
    fixture_init(&f);
    fixture_write_version(&f, 1);
    fixture_start(&f, NULL);
    fixture_ready(&f);
    predict(&f, 1, T0, hot);
    predict(&f, 0, T0 + 3600000, normal);
    verdicts_edits_and_disagreement(&f, hot);
    refusals(&f, hot);
    work_orders(&f);
    (void)snprintf(body, sizeof body, "{\"prediction_id\":\"%s\",\"verdict\":\"confirm\"}", normal);
    json_decref(say(&f, "eva", body, 201));
    json_t *m = fixture_call(&f, "GET", "/metrics", "Accept: application/json\r\n", NULL, 200);
    const json_t *v1 = json_object_get(json_object_get(m, "feedback"), "v1");
    assert_int_equal(json_integer_value(json_object_get(v1, "judged")), 3); /* shaky, normal of otto; normal */
    assert_true(json_number_value(json_object_get(v1, "accuracy")) > 0.33 &&
                json_number_value(json_object_get(v1, "accuracy")) < 0.34);
    assert_int_equal(json_integer_value(json_object_get(v1, "false_alarms")), 1);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(json_object_get(m, "versions"), "v1"), "predictions")), 2);
    json_decref(m);
    struct aas_test_response r = {0};
    assert_int_equal(aas_test_http_get(f.port, "/metrics", &r), 0);
    assert_non_null(strstr(r.body, "aas_ml_predictions_total{label=\"hot\",version=\"v1\"} 1") ||
                            strstr(r.body, "aas_ml_predictions_total{version=\"v1\",label=\"hot\"} 1")
                        ? r.body
                        : NULL);
    aas_test_response_fini(&r);
    fixture_stop(&f);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(feedback_over_http)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
