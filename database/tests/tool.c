#include "tool.h"

#include <dirent.h>

#include "aas/cleanup.h"

char tool_dir[AAS_TEST_PATH_BYTES];
char tool_out[16384], tool_err[4096];

static void keep(char *text, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", text ? text : "");
    free(text);
}

int tool_run(const char *url, const char *a, const char *b, const char *c, const char *d)
{
    char program[512];
    struct aas_test_proc *p = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    const char *const argv[] = {aas_test_bin(program, "aastreli-db"), "--url", url, a, b, c, d, NULL};
    if (aas_test_proc_spawn(&p, argv, NULL, &err) != 0)
        fail_msg("%s", err.msg);
    int code = aas_test_proc_wait(p, 60000);
    keep(aas_test_proc_stdout(p), tool_out, sizeof tool_out);
    keep(aas_test_proc_stderr(p), tool_err, sizeof tool_err);
    aas_test_proc_destroy(p);
    return code;
}

void tool_ok(const char *url, const char *a, const char *b, const char *c, const char *d)
{
    int code = tool_run(url, a, b, c, d);
    if (code != 0)
        fail_msg("%s %s: exit %d: %s", a, b ? b : "", code, tool_err);
}

static void put(struct aas_store *s, enum aas_collection c, bson_t *d)
{
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_store_insert(s, c, d, &err);
    bson_destroy(d);
    if (rc != 0)
        fail_msg("%s", err.msg);
}

static bson_t *bucket(int i)
{
    char id[64];
    bson_t list;
    bson_t v;
    bson_t *d = bson_new();
    (void)snprintf(id, sizeof id, "pump-1:%lld:%d", (long long)(T0 + i * 60000), i);
    BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_UTF8(d, "sensor_id", "pump-1");
    BSON_APPEND_DATE_TIME(d, "start", T0 + i * 60000);
    BSON_APPEND_DATE_TIME(d, "end", T0 + i * 60000 + 59000);
    BSON_APPEND_DATE_TIME(d, "received", T0 + i * 60000 + 59500);
    BSON_APPEND_INT32(d, "n", 2);
    BSON_APPEND_DOCUMENT_BEGIN(d, "v", &v);
    BSON_APPEND_ARRAY_BEGIN(&v, "vibration_x", &list);
    BSON_APPEND_DOUBLE(&list, "0", 0.1 + i);
    BSON_APPEND_NULL(&list, "1");
    bson_append_array_end(&v, &list);
    bson_append_document_end(d, &v);
    return d;
}

void tool_fill(const char *url)
{
    struct aas_store *s = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_store_open(&s, url, &err) != 0 || aas_store_ensure(s, &err) != 0)
        fail_msg("%s", err.msg);
    bson_t *buckets[250];
    for (int i = 0; i < 250; i++)
        buckets[i] = bucket(i);
    if (aas_store_insert_many(s, AAS_COLL_SENSOR_DATA, (const bson_t *const *)buckets, 250, NULL, &err) != 0)
        fail_msg("%s", err.msg);
    for (int i = 0; i < 250; i++)
        bson_destroy(buckets[i]);
    bson_t *d = bson_new();
    BSON_APPEND_UTF8(d, "_id", "pump-1");
    BSON_APPEND_UTF8(d, "name", "P\xc3\xbcmpe \"1\"\n");
    BSON_APPEND_UTF8(d, "status", "active");
    BSON_APPEND_DATE_TIME(d, "created", T0);
    if (aas_store_replace(s, AAS_COLL_SENSORS, d, 0, &err) != 0 ||
        aas_store_replace(s, AAS_COLL_SENSORS, d, 1, &err) != 0)
        fail_msg("%s", err.msg);
    bson_reinit(d);
    BSON_APPEND_UTF8(d, "_id", "01Q");
    BSON_APPEND_UTF8(d, "reason", "parse");
    BSON_APPEND_DATE_TIME(d, "at", T0);
    BSON_APPEND_BINARY(d, "payload", BSON_SUBTYPE_BINARY, (const uint8_t *)"\x00\xff{", 3);
    put(s, AAS_COLL_QUARANTINE, d);
    if (aas_store_blob_put(s, "models/v1/model.json", "{\"a\":1}", 7, &err) != 0)
        fail_msg("%s", err.msg);
    aas_store_close(s);
}

int64_t tool_count(const char *url, enum aas_collection c)
{
    struct aas_store *s = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    int64_t n = -1;
    if (aas_store_open(&s, url, &err) != 0 || aas_store_count(s, c, NULL, 0, &n, &err) != 0)
        fail_msg("%s", err.msg);
    aas_store_close(s);
    return n;
}

void tool_same_exports(const char *a, const char *b)
{
    AAS_AUTO_CLOSEDIR DIR *dir = opendir(a);
    const struct dirent *e;
    int files = 0;
    assert_non_null(dir);
    while ((e = readdir(dir)) != NULL) {
        char one[AAS_TEST_PATH_BYTES];
        char two[AAS_TEST_PATH_BYTES];
        size_t n = 0;
        size_t m = 0;
        if (e->d_name[0] == '.' || strcmp(e->d_name, "MANIFEST.json") == 0)
            continue;
        AAS_AUTO_FREE char *x = aas_test_file_read(aas_test_path(one, a, e->d_name), &n);
        AAS_AUTO_FREE char *y = aas_test_file_read(aas_test_path(two, b, e->d_name), &m);
        if (!x || !y || n != m || memcmp(x, y, n) != 0)
            fail_msg("%s and %s differ", one, two);
        files++;
    }
    assert_int_equal(files, AAS_COLL__COUNT + 1);
}
