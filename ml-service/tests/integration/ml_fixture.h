/* The real ml-service on a free port with a store, a home and a models directory of its own. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <jansson.h>

#include <aas/test_dir.h>
#include <aas/test_http.h>
#include <aas/test_port.h>
#include <aas/test_proc.h>
#include <aas/test_wait.h>

#include "../unit/tiny_model.h"
#include "manifest.h"

struct ml_fixture {
    char dir[AAS_TEST_PATH_BYTES];
    char models[AAS_TEST_PATH_BYTES];
    char store_url[AAS_TEST_PATH_BYTES + 32];
    uint16_t port;
    struct aas_test_proc *proc;
};

static inline void fixture_init(struct ml_fixture *f)
{
    assert_int_equal(aas_test_dir_make(f->dir), 0);
    (void)aas_test_path(f->models, f->dir, "models");
    assert_int_equal(mkdir(f->models, 0755), 0);
    (void)snprintf(f->store_url, sizeof f->store_url, "sqlite:%s/store.db", f->dir);
    assert_int_equal(aas_test_port(&f->port), 0);
    f->proc = NULL;
}

/* A version written as aastreli-model does it. */
static inline void fixture_write_version(struct ml_fixture *f, uint64_t seed)
{
    struct aas_buf buf = AAS_BUF_INIT(1 << 24);
    tiny_booster(&buf, seed);
    struct aas_feature_schema *schema = tiny_schema();
    json_t *manifest = json_pack("{s:n,s:s,s:s,s:I}", "parent", "trained_at", "2026-01-01T00:00:00Z", "source", "test",
                                 "seed", (json_int_t)seed);
    struct ml_version_parts parts = {.model = buf.data, .model_len = buf.len, .schema = schema, .manifest = manifest};
    char version[ML_VERSION_NAME_BYTES];
    struct aas_error err = AAS_ERROR_NONE;
    if (ml_version_write(f->models, &parts, NULL, version, &err) != 0)
        fail_msg("%s", err.msg);
    json_decref(manifest);
    aas_feature_schema_destroy(schema);
    aas_buf_fini(&buf);
}

/* env: up to 8 more "NAME=value", NULL-terminated, or NULL. */
static inline void fixture_start(struct ml_fixture *f, const char *const *env)
{
    char home[AAS_TEST_PATH_BYTES + 32], models[AAS_TEST_PATH_BYTES + 32], store[AAS_TEST_PATH_BYTES + 64], port[40];
    char bin[512];
    (void)snprintf(home, sizeof home, "AAS_HOME=%s", f->dir);
    (void)snprintf(models, sizeof models, "AAS_MODELS_DIR=%s", f->models);
    (void)snprintf(store, sizeof store, "AAS_STORE_URL=%s", f->store_url);
    (void)snprintf(port, sizeof port, "AAS_ML_PORT=%u", f->port);
    const char *all[16] = {home, models, store, port, "AAS_MODELS_POLL=200ms"};
    size_t n = 5;
    for (size_t i = 0; env && env[i]; i++)
        all[n++] = env[i];
    const char *const argv[] = {aas_test_bin(bin, "ml-service"), NULL};
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_test_proc_spawn(&f->proc, argv, all, &err) != 0)
        fail_msg("%s", err.msg);
    assert_true(aas_test_proc_wait_http(f->proc, f->port, "/health/live", 20000));
}

static inline void fixture_ready(struct ml_fixture *f)
{
    assert_true(aas_test_proc_wait_http(f->proc, f->port, "/health/ready", 20000));
}

static inline void fixture_stop(struct ml_fixture *f)
{
    assert_int_equal(aas_test_proc_stop(f->proc, 15000), 0);
    aas_test_proc_destroy(f->proc);
    f->proc = NULL;
}

static inline void fixture_fini(struct ml_fixture *f)
{
    aas_test_proc_destroy(f->proc);
    aas_test_dir_remove(f->dir);
}

/* The answer's body as JSON (new); the status must be the given one. */
static inline json_t *fixture_call(struct ml_fixture *f, const char *method, const char *path, const char *headers,
                                   const char *body, int status)
{
    struct aas_test_response r = {0};
    int rc = aas_test_http(f->port, method, path, headers, body, body ? strlen(body) : 0, 15000, &r);
    if (rc != 0 || r.status != status)
        fail_msg("%s %s: code %d, status %d (want %d): %s", method, path, rc, r.status, status, r.body ? r.body : "");
    json_t *doc = json_loadb(r.body, r.body_len, 0, NULL);
    if (!doc)
        fail_msg("%s %s answers no JSON: %s", method, path, r.body);
    aas_test_response_fini(&r);
    return doc;
}

#define JSON_HEADER "Content-Type: application/json\r\n"

/* A window of class k as a request body; t from start_ms, one row a second. */
static inline void fixture_window(char *dst, size_t size, const char *sensor, uint64_t seed, int k, int64_t start_ms)
{
    struct aas_rng r;
    double a[TINY_ROWS], b[TINY_ROWS];
    aas_rng_seed(&r, seed);
    tiny_window(&r, k, a, b);
    size_t n = (size_t)snprintf(dst, size, "{\"sensor_id\":\"%s\",\"window\":{\"t\":[", sensor);
    for (int i = 0; i < TINY_ROWS; i++)
        n += (size_t)snprintf(dst + n, size - n, "%s%lld", i ? "," : "", (long long)(start_ms + 1000 * i));
    n += (size_t)snprintf(dst + n, size - n, "],\"channels\":{\"a\":[");
    for (int i = 0; i < TINY_ROWS; i++)
        n += (size_t)snprintf(dst + n, size - n, "%s%.17g", i ? "," : "", a[i]);
    n += (size_t)snprintf(dst + n, size - n, "],\"b\":[");
    for (int i = 0; i < TINY_ROWS; i++)
        n += (size_t)snprintf(dst + n, size - n, "%s%.17g", i ? "," : "", b[i]);
    (void)snprintf(dst + n, size - n, "]}}}");
}

static inline const char *text_at(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}
