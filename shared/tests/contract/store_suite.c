/* Helpers of the store's contract suite. */
#include "store_suite.h"

struct aas_store *suite_store;
unsigned suite_flaws;

void suite_ok(int rc, const struct aas_error *err)
{
    if (rc != 0)
        fail_msg("%s: %s", aas_errname(rc), aas_error_text(err, rc));
}

bson_t *suite_prediction(const char *id, const char *sensor, int64_t at, const char *state, double confidence)
{
    bson_t *d = bson_new();
    BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_UTF8(d, "sensor_id", sensor);
    BSON_APPEND_DATE_TIME(d, "at", at);
    BSON_APPEND_UTF8(d, "state", state);
    BSON_APPEND_UTF8(d, "label", strcmp(state, "fault") == 0 ? "imbalance" : "normal");
    BSON_APPEND_BOOL(d, "is_anomaly", strcmp(state, "fault") == 0);
    BSON_APPEND_UTF8(d, "model", "v1");
    if (confidence < 0)
        BSON_APPEND_NULL(d, "confidence");
    else
        BSON_APPEND_DOUBLE(d, "confidence", confidence);
    BSON_APPEND_DATE_TIME(d, "received", at + 5);
    return d;
}

bson_t *suite_bucket(const char *sensor, int64_t start, int rows, int channels)
{
    char id[128];
    char key[16];
    bson_t *d = bson_new();
    bson_t v;
    (void)snprintf(id, sizeof id, "%s:%lld:1", sensor, (long long)start);
    BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_UTF8(d, "sensor_id", sensor);
    BSON_APPEND_DATE_TIME(d, "start", start);
    BSON_APPEND_DATE_TIME(d, "end", start + (rows - 1) * 1000);
    BSON_APPEND_INT32(d, "n", rows);
    BSON_APPEND_DATE_TIME(d, "received", start + rows * 1000);
    BSON_APPEND_DOCUMENT_BEGIN(d, "v", &v);
    for (int c = 0; c < channels; c++) {
        bson_t list;
        (void)snprintf(key, sizeof key, "c%d", c);
        BSON_APPEND_ARRAY_BEGIN(&v, key, &list);
        for (int i = 0; i < rows; i++) {
            (void)snprintf(key, sizeof key, "%d", i);
            BSON_APPEND_DOUBLE(&list, key, 0.1 * i + c);
        }
        bson_append_array_end(&v, &list);
    }
    bson_append_document_end(d, &v);
    return d;
}

bson_t *suite_alarm(const char *id, const char *sensor, const char *state, int64_t raised, const char *open_key)
{
    bson_t *d = bson_new();
    BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_UTF8(d, "sensor_id", sensor);
    BSON_APPEND_UTF8(d, "fault", "imbalance");
    BSON_APPEND_UTF8(d, "priority", "high");
    BSON_APPEND_UTF8(d, "state", state);
    BSON_APPEND_DATE_TIME(d, "raised", raised);
    if (open_key)
        BSON_APPEND_UTF8(d, "open_key", open_key);
    return d;
}

void suite_put(enum aas_collection c, bson_t *doc)
{
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_store_insert(suite_store, c, doc, &err);
    bson_destroy(doc);
    suite_ok(rc, &err);
}

int suite_collect(const bson_t *doc, void *arg)
{
    struct suite_ids *ids = arg;
    assert_true(ids->n < sizeof ids->id / sizeof ids->id[0]);
    (void)snprintf(ids->id[ids->n++], sizeof ids->id[0], "%s", aas_doc_str(doc, "_id", "?"));
    return 0;
}

void suite_find(enum aas_collection c, const struct aas_query *q, char out[static 4096])
{
    struct suite_ids *ids = calloc(1, sizeof *ids);
    struct aas_error err = AAS_ERROR_NONE;
    assert_non_null(ids);
    suite_ok(aas_store_find(suite_store, c, q, suite_collect, ids, NULL, &err), &err);
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < ids->n; i++)
        at += (size_t)snprintf(out + at, 4096 - at, "%s%s", i > 0 ? " " : "", ids->id[i]);
    free(ids);
}
