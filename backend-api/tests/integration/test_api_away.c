/* backend-api when what it needs is not there: no store, a port that is taken, a bad configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/signals.h"
#include "aas/test_dir.h"
#include "aas/test_http.h"
#include "aas/test_port.h"
#include "aas/test_proc.h"

struct place {
    char dir[AAS_TEST_PATH_BYTES];
    char home[AAS_TEST_PATH_BYTES + 16];
    char port_env[64];
    uint16_t port;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_int_equal(aas_signals_block(), 0);
    assert_int_equal(aas_test_dir_make(p->dir), 0);
    assert_int_equal(aas_test_port(&p->port), 0);
    (void)snprintf(p->home, sizeof p->home, "AAS_HOME=%s", p->dir);
    (void)snprintf(p->port_env, sizeof p->port_env, "AAS_BACKEND_PORT=%u", p->port);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    aas_test_dir_remove(p->dir);
    free(p);
    return 0;
}

static struct aas_test_proc *spawn(const struct place *p, const char *flag, const char *more)
{
    char bin[512];
    struct aas_test_proc *proc = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    const char *argv[] = {aas_test_bin(bin, "backend-api"), flag, NULL};
    const char *env[] = {p->home, p->port_env, more, NULL};
    assert_int_equal(aas_test_proc_spawn(&proc, argv, env, &err), 0);
    return proc;
}

static int status_of(uint16_t port, const char *method, const char *path, const char *body, const char *code)
{
    struct aas_test_response r;
    assert_int_equal(aas_test_http(port, method, path, body ? "Content-Type: application/json\r\n" : "", body,
                                   body ? strlen(body) : 0, 12000, &r),
                     0);
    int status = r.status;
    if (code && !strstr(r.body, code))
        fail_msg("%s %s: %s", method, path, r.body);
    aas_test_response_fini(&r);
    return status;
}

static void no_store(void **state)
{
    struct place *p = *state;
    char url[128];
    uint16_t nobody = 0;
    assert_int_equal(aas_test_port(&nobody), 0);
    (void)snprintf(url, sizeof url, "AAS_STORE_URL=mongodb://127.0.0.1:%u/x?serverSelectionTimeoutMS=300", nobody);
    struct aas_test_proc *proc = spawn(p, NULL, url);
    assert_true(aas_test_proc_wait_http(proc, p->port, "/health/live", 15000));
    assert_int_equal(status_of(p->port, "GET", "/health/ready", NULL, "the store does not answer"), 503);
    assert_int_equal(
        status_of(p->port, "POST", "/auth/login", "{\"username\":\"a\",\"password\":\"b\"}", "\"unavailable\""), 503);
    assert_int_equal(status_of(p->port, "GET", "/openapi.json", NULL, "openapi"), 200);
    assert_int_equal(aas_test_proc_stop(proc, 8000), 0);
    aas_test_proc_destroy(proc);
}

static void port_taken(void **state)
{
    struct place *p = *state;
    struct aas_test_proc *first = spawn(p, NULL, NULL);
    assert_true(aas_test_proc_wait_http(first, p->port, "/health/ready", 15000));
    struct aas_test_proc *second = spawn(p, NULL, NULL);
    assert_int_equal(aas_test_proc_wait(second, 15000), 1);
    char *log = aas_test_proc_stderr(second);
    char port[16];
    char pid[32];
    (void)snprintf(port, sizeof port, "%u", p->port);
    (void)snprintf(pid, sizeof pid, "pid %ld", (long)aas_test_proc_pid(first));
    assert_non_null(strstr(log, port));
    assert_non_null(strstr(log, pid));
    free(log);
    aas_test_proc_destroy(second);
    assert_int_equal(aas_test_proc_stop(first, 8000), 0);
    aas_test_proc_destroy(first);
}

static void bad_configuration(void **state)
{
    struct place *p = *state;
    static const char *const bad[] = {"AAS_ACCESS_TTL=forever", "AAS_REFRESH_TTL=1m", "AAS_CORS_ORIGINS=*",
                                      "AAS_ML_URL=ftp://x", "AAS_API_WORKERS=0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct aas_test_proc *proc = spawn(p, "--check-config", bad[i]);
        assert_int_equal(aas_test_proc_wait(proc, 10000), 2);
        aas_test_proc_destroy(proc);
    }
    struct aas_test_proc *proc = spawn(p, "--check-config", NULL);
    assert_int_equal(aas_test_proc_wait(proc, 10000), 0);
    aas_test_proc_destroy(proc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_store, setup, teardown),
        cmocka_unit_test_setup_teardown(port_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_configuration, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
