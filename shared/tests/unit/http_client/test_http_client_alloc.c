/* Every allocation of the HTTP client's own may fail (libcurl's are out of reach). */
#include <aas/http_client.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <aas/error.h>
#include <aas/test_alloc.h>

#include "scripted_server.h"

#define MOST_CALLS 200

static int make_and_call(const char *url)
{
    struct aas_http_client *client = NULL;
    struct aas_http_result result;
    static const char *const headers[] = {"A: b", NULL};
    const struct aas_http_call call = {
        .method = "POST", .path = "/echo", .body = "x", .body_len = 1, .headers = headers};
    aas_http_result_init(&result);
    int rc = aas_http_client_create(&client, &(struct aas_http_client_config){.base_url = url, .name = "alloc"}, NULL);
    if (rc == 0)
        rc = aas_http_client_do(client, &call, &result, NULL);
    aas_http_result_fini(&result);
    aas_http_client_destroy(client);
    return rc;
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    struct scripted_server *server = scripted_server_start(0);
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", scripted_server_port(server));
    unsigned failures = 0;
    for (size_t n = 1;; n++) {
        aas_test_alloc_fail_once(n);
        int rc = make_and_call(url);
        if (!aas_test_alloc_reset()) {
            assert_int_equal(rc, 0);
            break;
        }
        assert_true(rc == 0 || rc == AAS_ENOMEM); /* a metric may be missing */
        failures += rc != 0;
        assert_true(n < MOST_CALLS);
    }
    assert_true(failures >= 5);
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
