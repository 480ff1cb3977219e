/* GET /status, /latest, /stream; POST and DELETE /simulate. */
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/http_server.h"
#include "aas/json.h"
#include "aas/store.h"
#include "aas/wal.h"
#include "alarms.h"
#include "app.h"
#include "latest.h"
#include "ledger.h"
#include "live.h"
#include "ml_client.h"
#include "registry.h"
#include "simulator.h"
#include "stream.h"
#include "subscriber.h"
#include "writer.h"

#define LATEST_MAX 10000

/* --- status ------------------------------------------------------------------------------------------------------- */

static json_t *ledger_json(struct ingest_app *app)
{
    struct ingest_ledger_view v;
    ingest_ledger_view(app->ledger, &v);
    json_t *dropped = json_object();
    for (int r = 0; dropped && r < INGEST_DROP__COUNT; r++)
        (void)json_object_set_new(dropped, ingest_drop_names[r], json_integer((json_int_t)v.totals.dropped[r]));
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I}", "received", (json_int_t)v.totals.received, "stored",
                     (json_int_t)v.totals.stored, "duplicate", (json_int_t)v.totals.duplicate, "quarantined",
                     (json_int_t)v.totals.quarantined, "dropped", dropped, "in_flight", (json_int_t)v.in_flight, "late",
                     (json_int_t)v.totals.late, "imbalance", (json_int_t)v.imbalance);
}

static json_t *broker_json(struct ingest_app *app)
{
    struct ingest_subscriber_stats s;
    ingest_subscriber_stats(app->subscriber, &s);
    return json_pack("{s:s, s:s, s:i, s:s, s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "state",
                     aas_mqtt_state_name(s.state), "host", app->config->mqtt_host, "port", app->config->mqtt_port,
                     "session", app->config->mqtt_client_id, "protocol", s.mqtt.protocol, "reason", s.reason,
                     "messages", (json_int_t)s.messages, "batches", (json_int_t)s.mqtt.batches, "refused_batches",
                     (json_int_t)s.mqtt.dropped_batches, "connects", (json_int_t)s.mqtt.connects, "thinned",
                     (json_int_t)s.thinned, "last_message", (json_int_t)s.mqtt.last_message_ms);
}

static json_t *wal_json(struct ingest_app *app)
{
    static const char *const policies[] = {"block", "drop-oldest", "thin"};
    struct aas_wal_stats s;
    struct ingest_subscriber_stats sub;
    aas_wal_stats(app->wal, &s);
    ingest_subscriber_stats(app->subscriber, &sub);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:b}", "first_offset", (json_int_t)s.first_offset,
                     "next_offset", (json_int_t)s.next_offset, "bytes", (json_int_t)s.total_bytes, "max_bytes",
                     (json_int_t)app->config->wal_max_bytes, "segments", (json_int_t)s.segments, "syncs",
                     (json_int_t)s.syncs, "corrupt_records", (json_int_t)s.corrupt_records, "policy",
                     policies[app->config->wal_policy], "full", sub.log_full);
}

static json_t *store_json(struct ingest_app *app)
{
    struct ingest_writer_stats s;
    ingest_writer_stats(app->writer, &s);
    return json_pack("{s:s, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:f}", "driver", aas_store_driver(app->store), "ok",
                     s.store_ok, "error", s.store_error, "committed_offset", (json_int_t)s.committed, "commits",
                     (json_int_t)s.commits, "buckets", (json_int_t)s.buckets, "replayed_buckets",
                     (json_int_t)s.replayed_buckets, "last_commit", (json_int_t)s.last_commit_ms, "last_commit_seconds",
                     s.last_commit_seconds);
}

static json_t *ml_json(struct ingest_app *app)
{
    static const char *const breakers[] = {"closed", "open", "half_open"};
    struct ingest_ml_stats s;
    ingest_ml_stats(app->ml, &s);
    return json_pack("{s:b, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:f}", "available", s.available, "error", s.error,
                     "url", app->config->ml_url, "breaker", breakers[s.breaker], "queued", (json_int_t)s.queued,
                     "predicted", (json_int_t)s.predicted, "refused", (json_int_t)s.refused, "given_up",
                     (json_int_t)s.given_up, "retries", (json_int_t)s.retries, "last_seconds", s.last_seconds);
}

static void add_live(struct ingest_app *app, json_t *doc)
{
    struct ingest_live_stats s;
    ingest_live_stats(app->live, &s);
    (void)json_object_set_new(
        doc, "rates", json_pack("{s:f, s:f}", "readings_per_s", s.readings_per_s, "windows_per_s", s.windows_per_s));
    (void)json_object_set_new(doc, "windows",
                              json_pack("{s:I, s:I, s:I}", "cut", (json_int_t)s.windows, "amended",
                                        (json_int_t)s.amended, "too_late", (json_int_t)s.too_late));
    (void)json_object_set_new(doc, "states",
                              json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "normal", (json_int_t)s.normal, "fault",
                                        (json_int_t)s.fault, "unknown", (json_int_t)s.unknown, "blind",
                                        (json_int_t)s.blind, "warming_up", (json_int_t)s.warming_up, "no_data",
                                        (json_int_t)s.no_data));
}

static json_t *alarms_json(struct ingest_app *app)
{
    struct ingest_alarms_stats s;
    ingest_alarms_stats(app->alarms, &s);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:f}", "open", (json_int_t)s.open, "unacked",
                     (json_int_t)s.unacked, "chattering", (json_int_t)s.chattering, "standing", (json_int_t)s.standing,
                     "raised", (json_int_t)s.raised, "returned", (json_int_t)s.returned, "lost", (json_int_t)s.lost,
                     "raised_10min", (json_int_t)s.raised_10min, "flood", s.flood, "flood_seconds", s.flood_seconds);
}

static int get_status(struct aas_http_req *req, struct aas_error *err)
{
    struct ingest_app *app = aas_http_req_ctx(req);
    bool sensors = false;
    int rc = aas_http_req_query_bool(req, "sensors", false, &sensors, err);
    if (rc < 0)
        return rc;
    json_t *ledger = ledger_json(app);
    json_t *doc =
        json_pack("{s:O, s:o, s:I, s:o, s:o, s:o, s:o}", "received", json_object_get(ledger, "received"), "ledger",
                  ledger, "uptime_ms", (json_int_t)(aas_clock_wall_ms() - app->started_ms), "broker", broker_json(app),
                  "wal", wal_json(app), "store", store_json(app), "ml", ml_json(app));
    if (!doc)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    add_live(app, doc);
    (void)json_object_set_new(doc, "alarms", alarms_json(app));
    (void)json_object_set_new(doc, "sensors",
                              sensors ? ingest_writer_sensors_json(app->writer)
                                      : json_integer((json_int_t)ingest_registry_count(app->registry)));
    aas_http_reply_json(req, 200, doc);
    return 0;
}

/* --- latest ------------------------------------------------------------------------------------------------------- */

static int get_latest(struct aas_http_req *req, struct aas_error *err)
{
    struct ingest_app *app = aas_http_req_ctx(req);
    const char *id = aas_http_req_query(req, "sensor_id");
    const struct ingest_meta *meta;
    int64_t n = 0;
    if (!id || id[0] == '\0')
        return aas_http_req_field(req, "sensor_id", aas_error_set(err, AAS_EINVAL, "sensor_id is missing"));
    int rc = aas_http_req_query_int(req, "n", 1, LATEST_MAX, 60, &n, err);
    if (rc < 0)
        return rc;
    if (ingest_registry_find(app->registry, id, strlen(id), &meta) < 0)
        return aas_error_set(err, AAS_ENOENT, "there is no sensor \"%.64s\"", id);
    ingest_meta_unref(meta);
    struct ingest_rows memory = {0};
    (void)ingest_live_rows(app->live, id, &memory);
    rc = ingest_latest_write(app->store, id, (size_t)n, &memory, aas_http_req_buf(req), err);
    ingest_rows_fini(&memory);
    if (rc == 0)
        aas_http_reply_buf(req, 200, "application/json");
    return rc;
}

/* --- simulate ----------------------------------------------------------------------------------------------------- */

static int post_simulate(struct aas_http_req *req, struct aas_error *err)
{
    struct ingest_app *app = aas_http_req_ctx(req);
    json_t *body, *answer;
    const char *field = NULL;
    int rc = aas_http_req_json(req, &body, err);
    if (rc < 0)
        return rc;
    if (!json_is_object(body))
        return aas_error_set(err, AAS_EINVAL, "the body must be an object");
    rc = ingest_simulator_add(app->simulator, body, &answer, &field, err);
    if (rc == AAS_ENOTSUP) {
        if (field)
            (void)aas_http_req_field(req, field, rc);
        aas_http_reply_problem(req, 422, "unprocessable", err->msg);
        return 0;
    }
    if (rc < 0)
        return field ? aas_http_req_field(req, field, rc) : rc;
    aas_http_reply_json(req, 202, answer);
    return 0;
}

static int delete_simulate(struct aas_http_req *req, struct aas_error *err)
{
    struct ingest_app *app = aas_http_req_ctx(req);
    const char *id = aas_http_req_param(req, "id");
    if (ingest_simulator_remove(app->simulator, id) < 0)
        return aas_error_set(err, AAS_ENOENT, "there is no simulation \"%.64s\"", id);
    aas_http_reply_empty(req, 204);
    return 0;
}

static int get_stream(struct aas_http_req *req, struct aas_error *err)
{
    struct ingest_app *app = aas_http_req_ctx(req);
    return ingest_stream_accept(app->stream, req, err);
}

static const struct aas_http_route routes[] = {
    {.method = AAS_HTTP_GET, .pattern = "/status", .mode = AAS_HTTP_WORKER, .handler = get_status},
    {.method = AAS_HTTP_GET, .pattern = "/latest", .mode = AAS_HTTP_WORKER, .handler = get_latest},
    {.method = AAS_HTTP_GET, .pattern = "/stream", .flags = AAS_HTTP_UPGRADE, .handler = get_stream},
    {.method = AAS_HTTP_POST, .pattern = "/simulate", .mode = AAS_HTTP_WORKER, .handler = post_simulate},
    {.method = AAS_HTTP_DELETE, .pattern = "/simulate/{id}", .mode = AAS_HTTP_WORKER, .handler = delete_simulate},
};

int ingest_routes_add(struct ingest_app *app, struct aas_error *err)
{
    return aas_http_server_add(app->http, routes, sizeof routes / sizeof routes[0], app, err);
}
