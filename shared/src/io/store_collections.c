/* The store's one table; see aas/store_collections.h. A row's indexes follow from the queries of the services: each
 * list of the API sorts by one time and filters by equality, so an index is (equal field, time); a sweeper removes by a
 * range of `received` or of another time alone. */
#include "aas/store_collections.h"

#include <assert.h>
#include <string.h>

#define STR(p)                                                                                                         \
    {                                                                                                                  \
        p, AAS_KIND_STR                                                                                                \
    }
#define INT(p)                                                                                                         \
    {                                                                                                                  \
        p, AAS_KIND_INT                                                                                                \
    }
#define NUM(p)                                                                                                         \
    {                                                                                                                  \
        p, AAS_KIND_NUM                                                                                                \
    }
#define BOOL(p)                                                                                                        \
    {                                                                                                                  \
        p, AAS_KIND_BOOL                                                                                               \
    }
#define TIME(p)                                                                                                        \
    {                                                                                                                  \
        p, AAS_KIND_TIME                                                                                               \
    }

#define IX(...)                                                                                                        \
    {                                                                                                                  \
        .fields = { __VA_ARGS__ }                                                                                      \
    }

static const struct aas_store_collection table[AAS_COLL__COUNT] = {
    [AAS_COLL_SENSORS] =
        {
            .name = "sensors",
            .revisions = true,
            .fields = {STR("status"), STR("type"), STR("asset.line"), STR("model"), TIME("last_seen"), TIME("created")},
            .indexes = {IX("status"), IX("type"), IX("asset.line"), IX("last_seen")},
        },
    [AAS_COLL_SENSOR_DATA] =
        {
            .name = "sensor_data",
            /* n before the document: a sum of readings reads no document */
            .fields = {STR("sensor_id"), TIME("start"), TIME("end"), TIME("received"), INT("n")},
            .indexes = {{.fields = {"sensor_id", "start"}, .also = {"end", "n"}},
                        IX("sensor_id", "end"),
                        IX("end"),
                        IX("received")},
        },
    [AAS_COLL_ROLLUPS] =
        {
            .name = "rollups",
            .revisions = true,
            .fields = {STR("sensor_id"), TIME("minute"), TIME("received"), INT("readings"), INT("late"),
                       INT("duplicate"), INT("quarantined")},
            .indexes = {{.fields = {"sensor_id", "minute"}, .also = {"readings", "late", "duplicate", "quarantined"}},
                        {.fields = {"minute"}, .also = {"sensor_id", "readings"}},
                        IX("received")},
        },
    [AAS_COLL_PREDICTIONS] =
        {
            .name = "predictions",
            .fields = {STR("sensor_id"), TIME("at"), STR("label"), STR("state"), STR("model"), STR("role"),
                       BOOL("is_anomaly"), NUM("confidence"), TIME("received")},
            .indexes = {{.fields = {"sensor_id", "at"}, .also = {"state", "label", "confidence", "is_anomaly"}},
                        {.fields = {"at"}, .also = {"confidence", "is_anomaly", "state", "role"}},
                        {.fields = {"label", "at"}, .also = {"confidence", "model", "sensor_id"}},
                        {.fields = {"state", "at"}, .also = {"confidence", "model", "sensor_id"}},
                        {.fields = {"model", "at"}, .also = {"confidence", "is_anomaly", "role", "sensor_id"}},
                        {.fields = {"is_anomaly", "at"}, .also = {"confidence", "label", "sensor_id"}},
                        IX("received")},
        },
    [AAS_COLL_FEEDBACK] =
        {
            .name = "feedback",
            .revisions = true,
            .fields = {STR("sensor_id"), STR("prediction_id"), STR("user"), STR("verdict"), STR("label"), TIME("at"),
                       TIME("start"), TIME("end")},
            .indexes = {IX("sensor_id", "at"), IX("prediction_id"), IX("user", "at"), IX("verdict", "at"),
                        IX("label", "at"), IX("at"), IX("sensor_id", "end")},
        },
    [AAS_COLL_MODELS] =
        {
            .name = "models",
            .revisions = true,
            .fields = {STR("status"), STR("sensor_type"), TIME("created")},
            .indexes = {IX("status", "created"), IX("sensor_type", "created"), IX("created")},
        },
    [AAS_COLL_FAULTS] =
        {
            .name = "faults",
            .revisions = true,
            .fields = {BOOL("enabled")},
            .indexes = {IX("enabled")},
        },
    [AAS_COLL_ALARMS] =
        {
            .name = "alarms",
            .revisions = true,
            .fields = {STR("sensor_id"), STR("fault"), STR("priority"), STR("state"), STR("open_key"), TIME("raised"),
                       TIME("returned"), TIME("cleared"), TIME("shelved_until"), STR("model")},
            .indexes = {{.fields = {"open_key"}, .unique = true},
                        {.fields = {"sensor_id", "raised"}, .also = {"state", "priority", "fault"}},
                        {.fields = {"state", "raised"}, .also = {"priority"}},
                        IX("priority", "raised"),
                        IX("fault", "raised"),
                        {.fields = {"raised"}, .also = {"state", "priority", "fault"}},
                        IX("shelved_until"),
                        IX("cleared")},
        },
    [AAS_COLL_USERS] =
        {
            .name = "users",
            .revisions = true,
            .fields = {STR("role"), BOOL("disabled"), TIME("created")},
            .indexes = {IX("role"), IX("created")},
        },
    [AAS_COLL_TOKENS] =
        {
            .name = "tokens",
            .revisions = true,
            .fields = {STR("kind"), STR("user"), STR("family"), TIME("created"), TIME("expires"), BOOL("revoked")},
            .indexes = {IX("user", "kind"), IX("family"), IX("expires"), IX("kind", "created")},
        },
    [AAS_COLL_AUDIT] =
        {
            .name = "audit",
            .fields = {INT("seq"), TIME("at"), STR("user"), STR("action"), STR("target")},
            .indexes = {{.fields = {"seq"}, .unique = true},
                        IX("at"),
                        IX("user", "at"),
                        IX("action", "at"),
                        IX("target", "at")},
        },
    [AAS_COLL_QUARANTINE] =
        {
            .name = "quarantine",
            .revisions = true,
            .fields = {STR("sensor_id"), STR("reason"), STR("topic"), TIME("at")},
            .indexes = {IX("sensor_id", "at"), IX("reason", "at"), IX("at")},
        },
    [AAS_COLL_SETTINGS] =
        {
            .name = "settings",
            .revisions = true,
        },
    [AAS_COLL_JOBS] =
        {
            .name = "jobs",
            .revisions = true,
            .fields = {STR("status"), STR("kind"), TIME("created"), TIME("finished")},
            .indexes = {IX("status", "created"), IX("kind", "created"), IX("created"), IX("finished")},
        },
};

const struct aas_store_collection *aas_store_collection(enum aas_collection c)
{
    assert((unsigned)c < AAS_COLL__COUNT);
    return &table[c];
}

int aas_store_collection_by_name(const char *name)
{
    for (int i = 0; i < AAS_COLL__COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return i;
    return -1;
}

const struct aas_store_field *aas_store_field(const struct aas_store_collection *c, const char *path)
{
    for (const struct aas_store_field *f = c->fields; f->path; f++)
        if (strcmp(f->path, path) == 0)
            return f;
    return NULL;
}
