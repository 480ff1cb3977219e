#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "seed.h"

#include <stdio.h>
#include <string.h>

static void insert(struct aas_store *store, enum aas_collection c, bson_t *doc)
{
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_store_insert(store, c, doc, &err);
    if (rc)
        print_error("%s\n", err.msg);
    bson_destroy(doc);
    assert_int_equal(rc, 0);
}

void seed_sensor(struct aas_store *store, const char *id, const char *type, int64_t last_seen)
{
    bson_t *doc = bson_new();
    bson_t list;
    bson_t channel;
    BSON_APPEND_UTF8(doc, "_id", id);
    BSON_APPEND_UTF8(doc, "type", type);
    BSON_APPEND_UTF8(doc, "status", "new");
    BSON_APPEND_DATE_TIME(doc, "created", last_seen);
    BSON_APPEND_DATE_TIME(doc, "last_seen", last_seen);
    BSON_APPEND_ARRAY_BEGIN(doc, "channels", &list);
    BSON_APPEND_DOCUMENT_BEGIN(&list, "0", &channel);
    BSON_APPEND_UTF8(&channel, "name", "x");
    BSON_APPEND_NULL(&channel, "unit");
    bson_append_document_end(&list, &channel);
    bson_append_array_end(doc, &list);
    insert(store, AAS_COLL_SENSORS, doc);
}

static void append_column(bson_t *v, const char *name, int n, bool null)
{
    bson_t column;
    char key[16];
    BSON_APPEND_ARRAY_BEGIN(v, name, &column);
    for (int i = 0; i < n; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        if (null)
            BSON_APPEND_NULL(&column, key);
        else
            BSON_APPEND_DOUBLE(&column, key, i);
    }
    bson_append_array_end(v, &column);
}

void seed_bucket(struct aas_store *store, const char *sensor, int64_t start, int64_t step_ms, int n)
{
    bson_t *doc = bson_new();
    bson_t t;
    bson_t v;
    char id[128];
    char key[16];
    (void)snprintf(id, sizeof id, "%s:%lld:0", sensor, (long long)start);
    BSON_APPEND_UTF8(doc, "_id", id);
    BSON_APPEND_UTF8(doc, "sensor_id", sensor);
    BSON_APPEND_DATE_TIME(doc, "start", start);
    BSON_APPEND_DATE_TIME(doc, "end", start + (n - 1) * step_ms);
    BSON_APPEND_DATE_TIME(doc, "received", start);
    BSON_APPEND_INT64(doc, "n", n);
    BSON_APPEND_ARRAY_BEGIN(doc, "t", &t);
    for (int i = 0; i < n; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        BSON_APPEND_INT64(&t, key, start + i * step_ms);
    }
    bson_append_array_end(doc, &t);
    BSON_APPEND_DOCUMENT_BEGIN(doc, "v", &v);
    append_column(&v, "x", n, false);
    append_column(&v, "y", n, true);
    bson_append_document_end(doc, &v);
    insert(store, AAS_COLL_SENSOR_DATA, doc);
}

void seed_prediction(struct aas_store *store, const char *id, const char *sensor, int64_t at, const char *label,
                     double confidence, const char *model)
{
    bson_t *doc = bson_new();
    bool anomaly = strcmp(label, "normal") != 0;
    BSON_APPEND_UTF8(doc, "_id", id);
    BSON_APPEND_UTF8(doc, "sensor_id", sensor);
    BSON_APPEND_DATE_TIME(doc, "at", at);
    BSON_APPEND_UTF8(doc, "label", label);
    BSON_APPEND_DOUBLE(doc, "confidence", confidence);
    BSON_APPEND_UTF8(doc, "state", anomaly ? "fault" : "normal");
    BSON_APPEND_BOOL(doc, "is_anomaly", anomaly);
    BSON_APPEND_UTF8(doc, "model", model);
    BSON_APPEND_UTF8(doc, "role", "champion");
    BSON_APPEND_DATE_TIME(doc, "received", at);
    BSON_APPEND_BINARY(doc, "row", BSON_SUBTYPE_BINARY, (const uint8_t *)"features", 8);
    insert(store, AAS_COLL_PREDICTIONS, doc);
}

void seed_alarm(struct aas_store *store, const char *id, const char *sensor, const char *state, int64_t raised)
{
    bson_t *doc = bson_new();
    char key[128];
    (void)snprintf(key, sizeof key, "%s:bearing", sensor);
    BSON_APPEND_UTF8(doc, "_id", id);
    BSON_APPEND_UTF8(doc, "sensor_id", sensor);
    BSON_APPEND_UTF8(doc, "fault", "bearing");
    BSON_APPEND_UTF8(doc, "priority", "high");
    BSON_APPEND_UTF8(doc, "state", state);
    BSON_APPEND_DATE_TIME(doc, "raised", raised);
    BSON_APPEND_UTF8(doc, "open_key", key);
    insert(store, AAS_COLL_ALARMS, doc);
}
