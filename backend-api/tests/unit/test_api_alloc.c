/* Each allocation of the parts that hold what clients send fails once: AAS_ENOMEM comes out, nothing is lost or broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "aas/test_alloc.h"
#include "docs.h"
#include "live_state.h"
#include "rate_limit.h"
#include "revoked.h"
#include "series.h"
#include "subscription.h"

static const char snapshot[] =
    "{\"type\":\"snapshot\",\"seq\":1,\"sensors\":[{\"sensor_id\":\"a\",\"state\":\"normal\"},{\"sensor_id\":\"b\"}],"
    "\"predictions\":[{\"id\":\"1\"},{\"id\":\"2\"}],\"alarms\":[{\"id\":\"A\",\"state\":\"acked\"}]}";
static const char again[] = "{\"type\":\"prediction\",\"seq\":2,\"prediction\":{\"id\":\"1\",\"sensor_id\":\"a\"}}";

static int use_state(void)
{
    struct api_state *state = NULL;
    struct api_frame frame;
    int rc = api_state_create(&state);
    if (rc)
        return rc;
    rc = api_frame_parse(snapshot, strlen(snapshot), &frame, NULL);
    rc = rc ? rc : api_state_apply(state, &frame);
    rc = rc ? rc : api_frame_parse(again, strlen(again), &frame, NULL);
    rc = rc ? rc : api_state_apply(state, &frame);
    struct aas_buf out = AAS_BUF_INIT(1 << 20);
    api_state_snapshot(state, 1, &out); /* whatever was taken in, it is still one */
    if (rc == 0)
        rc = aas_buf_status(&out);
    aas_buf_fini(&out);
    api_state_destroy(state);
    return rc;
}

static bson_t bucket; /* made before allocations fail */

static int use_series(void)
{
    int rc = 0;
    for (int64_t slot_ms = 0; rc == 0 && slot_ms <= 10; slot_ms += 10) {
        struct api_series *series = NULL;
        struct aas_buf out = AAS_BUF_INIT(1 << 20);
        rc = api_series_create(&series, 0, 100000, slot_ms);
        rc = rc ? rc : api_series_add_bucket(series, &bucket, NULL);
        rc = rc ? rc : api_series_write(series, "a", &out);
        aas_buf_fini(&out);
        api_series_destroy(series);
    }
    return rc;
}

static json_t *subscribe;

static int use_subscription(void)
{
    struct api_subscription s;
    api_subscription_init(&s);
    int rc = api_subscription_set(&s, subscribe);
    if (rc) /* as before */
        assert_true(api_subscription_wants(&s, API_FRAME_READINGS, "x"));
    api_subscription_fini(&s);
    return rc;
}

static int use_rate(void)
{
    struct api_rate *rate = NULL;
    int rc = api_rate_create(&rate, 1, 1, 64);
    api_rate_destroy(rate);
    return rc;
}

static int use_revoked(void)
{
    struct api_revoked *revoked = NULL;
    int rc = api_revoked_create(&revoked, 1000);
    if (rc == 0) {
        api_revoked_add(revoked, "ada");
        assert_true(api_revoked_check(revoked, "ada", 0));
        assert_false(api_revoked_check(revoked, "bob", 0));
    }
    api_revoked_destroy(revoked);
    return rc;
}

static int use_docs(void)
{
    struct api_docs *docs = NULL;
    int rc = api_docs_create(&docs, "");
    api_docs_destroy(docs);
    return rc;
}

static void each_fails_once(void **state)
{
    static const struct {
        const char *name;
        int (*use)(void);
        size_t at_least;
    } table[] = {
        {"state", use_state, 10}, {"series", use_series, 10}, {"subscription", use_subscription, 1},
        {"rate", use_rate, 1},    {"docs", use_docs, 1},      {"revoked", use_revoked, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t failures = 0;
        for (size_t n = 1;; n++) {
            aas_test_alloc_fail_once(n);
            int rc = table[i].use();
            if (!aas_test_alloc_reset()) {
                assert_int_equal(rc, 0);
                break;
            }
            if (rc != AAS_ENOMEM)
                fail_msg("%s: allocation %zu failed and it gave %d", table[i].name, n, rc);
            failures++;
        }
        if (failures < table[i].at_least)
            fail_msg("%s: only %zu allocations", table[i].name, failures);
    }
}

static int setup(void **state)
{
    bson_t t;
    bson_t v;
    bson_t x;
    char key[24];
    (void)state;
    bson_init(&bucket);
    BSON_APPEND_ARRAY_BEGIN(&bucket, "t", &t);
    for (int i = 0; i < 1500; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        BSON_APPEND_INT64(&t, key, i * 20);
    }
    bson_append_array_end(&bucket, &t);
    BSON_APPEND_DOCUMENT_BEGIN(&bucket, "v", &v);
    for (int c = 0; c < 2; c++) {
        BSON_APPEND_ARRAY_BEGIN(&v, c ? "y" : "x", &x);
        BSON_APPEND_DOUBLE(&x, "0", 1);
        bson_append_array_end(&v, &x);
    }
    bson_append_document_end(&bucket, &v);
    subscribe = json_pack("{s:s, s:[s, s]}", "op", "subscribe", "sensors", "a", "b");
    return subscribe ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bson_destroy(&bucket);
    json_decref(subscribe);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_fails_once)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
