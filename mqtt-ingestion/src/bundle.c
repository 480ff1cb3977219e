#include "bundle.h"

#include <stdio.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/json.h"
#include "aas/store.h"
#include "latest.h"

#define PREDICTIONS_MAX 2000

void ingest_bundle_name(const char *alarm_id, char name[static INGEST_BUNDLE_NAME_BYTES])
{
    (void)snprintf(name, INGEST_BUNDLE_NAME_BYTES, "bundles/%.40s.json", alarm_id);
}

struct list {
    struct aas_buf *out;
    size_t n;
};

static int append_one(const bson_t *doc, void *arg)
{
    struct list *l = arg;
    if (l->n++ > 0)
        (void)aas_buf_append_char(l->out, ',');
    return aas_json_write_bson(l->out, doc, NULL);
}

static int write_predictions(struct aas_store *store, const char *sensor_id, int64_t from, int64_t to,
                             struct aas_buf *out, struct aas_error *err)
{
    const struct aas_cond where[] = {
        {.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(sensor_id)},
        {.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(from)},
        {.field = "at", .op = AAS_OP_LE, .value = AAS_V_TIME(to)},
    };
    struct aas_query q = {.where = where, .n_where = 3, .sort = "at", .limit = PREDICTIONS_MAX};
    struct list l = {.out = out};
    (void)aas_buf_append_str(out, ",\"predictions\":[");
    int rc = aas_store_find(store, AAS_COLL_PREDICTIONS, &q, append_one, &l, NULL, err);
    (void)aas_buf_append_char(out, ']');
    return rc < 0 ? rc : 0;
}

/* A document by id as a member; null where there is none. */
static int write_doc(struct aas_store *store, enum aas_collection c, const char *key, const char *id,
                     struct aas_buf *out, struct aas_error *err)
{
    bson_t *doc = NULL;
    (void)aas_buf_append_str(out, ",\"");
    (void)aas_buf_append_str(out, key);
    (void)aas_buf_append_str(out, "\":");
    int rc = id[0] != '\0' ? aas_store_get(store, c, id, &doc, err) : AAS_ENOENT;
    if (rc == AAS_ENOENT) {
        aas_error_clear(err);
        (void)aas_buf_append_str(out, "null");
        return 0;
    }
    if (rc < 0)
        return rc;
    rc = aas_json_write_bson(out, doc, err);
    bson_destroy(doc);
    return rc;
}

int ingest_bundle_write(struct aas_store *store, const bson_t *alarm, int64_t before_ms, int64_t after_ms,
                        struct aas_buf *out, struct aas_error *err)
{
    const char *sensor_id = aas_doc_str(alarm, "sensor_id", "");
    int64_t at = aas_doc_int(alarm, "event_at", aas_doc_int(alarm, "raised", 0)), from = at - before_ms,
            to = at + after_ms;
    (void)aas_buf_printf(
        out, "{\"format\":\"aastreli-bundle\",\"version\":1,\"made\":%lld,\"from\":%lld,\"to\":%lld,\"alarm\":",
        (long long)aas_clock_wall_ms(), (long long)from, (long long)to);
    int rc = aas_json_write_bson(out, alarm, err);
    if (rc == 0)
        rc = write_doc(store, AAS_COLL_SENSORS, "sensor", sensor_id, out, err);
    if (rc == 0)
        rc = write_doc(store, AAS_COLL_MODELS, "model", aas_doc_str(alarm, "model", ""), out, err);
    if (rc == 0)
        rc = write_predictions(store, sensor_id, from, to, out, err);
    (void)aas_buf_append_str(out, ",\"readings\":");
    if (rc == 0)
        rc = ingest_range_write(store, sensor_id, from, to, out, err);
    (void)aas_buf_append_char(out, '}');
    return rc < 0 ? rc : aas_buf_status(out);
}
