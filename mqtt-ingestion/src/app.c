#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "aas/clock.h"
#include "aas/health.h"
#include "aas/http_server.h"
#include "aas/log.h"
#include "aas/store.h"
#include "aas/wal.h"
#include "aas/workers.h"
#include "alarms.h"
#include "crash.h"
#include "ledger.h"
#include "live.h"
#include "ml_client.h"
#include "outbox.h"
#include "registry.h"
#include "simulator.h"
#include "stream.h"
#include "subscriber.h"
#include "sweeper.h"
#include "topic.h"
#include "writer.h"

#define AAS_LOG_MOD "app"

#define HTTP_WORKERS   2
#define HTTP_JOBS      64
#define RECORD_MAX     ((size_t)(1024 + 128) * 1024) /* a message of 1 MiB with its topic */
#define STORE_TRIES_MS 20000                         /* another process may be creating the store just now */

/* --- health ------------------------------------------------------------------------------------------------------- */

static int check_broker(void *arg, struct aas_error *err)
{
    struct ingest_app *app = arg;
    struct ingest_subscriber_stats s;
    ingest_subscriber_stats(app->subscriber, &s);
    if (s.state == AAS_MQTT_READY)
        return 0;
    return aas_error_set(err, AAS_EUNAVAILABLE, "the broker at %s:%u is %s%s%s", app->config->mqtt_host,
                         app->config->mqtt_port, aas_mqtt_state_name(s.state), s.reason[0] ? ": " : "", s.reason);
}

static int check_store(void *arg, struct aas_error *err)
{
    struct ingest_app *app = arg;
    struct ingest_writer_stats s;
    ingest_writer_stats(app->writer, &s);
    return s.store_ok ? 0 : aas_error_set(err, AAS_EUNAVAILABLE, "the store: %s", s.store_error);
}

static int check_log(void *arg, struct aas_error *err)
{
    struct ingest_app *app = arg;
    struct ingest_subscriber_stats s;
    ingest_subscriber_stats(app->subscriber, &s);
    return s.log_full ? aas_error_set(err, AAS_ENOSPC, "the log is full: messages stay with the broker") : 0;
}

static int check_ml(void *arg, struct aas_error *err)
{
    struct ingest_app *app = arg;
    struct ingest_ml_stats s;
    ingest_ml_stats(app->ml, &s);
    return s.available ? 0 : aas_error_set(err, AAS_EUNAVAILABLE, "sensors are blind: %s", s.error);
}

static int check_ledger(void *arg, struct aas_error *err)
{
    struct ingest_app *app = arg;
    struct ingest_ledger_view v;
    ingest_ledger_view(app->ledger, &v);
    return v.imbalance == 0
               ? 0
               : aas_error_set(err, AAS_EMISMATCH, "%lld readings are not accounted for", (long long)v.imbalance);
}

static int add_checks(struct ingest_app *app, struct aas_error *err)
{
    int rc = aas_health_add(app->health, "broker", false, check_broker, app, err);
    if (rc == 0)
        rc = aas_health_add(app->health, "store", false, check_store, app, err);
    if (rc == 0)
        rc = aas_health_add(app->health, "log", false, check_log, app, err);
    if (rc == 0)
        rc = aas_health_add(app->health, "ml-service", true, check_ml, app, err);
    if (rc == 0)
        rc = aas_health_add(app->health, "ledger", true, check_ledger, app, err);
    return rc;
}

/* --- between components ------------------------------------------------------------------------------------------- */

static int request_mark(void *arg)
{
    struct ingest_app *app = arg;
    return ingest_subscriber_mark(app->subscriber);
}

static void on_prediction(void *arg, const struct ingest_window_job *job, json_t *prediction, const char *error)
{
    struct ingest_app *app = arg;
    ingest_live_prediction(app->live, job, prediction, error);
}

static void on_serving(void *arg, struct ingest_serving *serving)
{
    struct ingest_app *app = arg;
    ingest_live_serving(app->live, serving);
}

static void on_available(void *arg, bool available)
{
    struct ingest_app *app = arg;
    ingest_live_available(app->live, available);
}

static void on_judged(void *arg, const struct ingest_window_job *job, const json_t *prediction)
{
    struct ingest_app *app = arg;
    char *text = json_dumps(prediction, JSON_COMPACT | JSON_REAL_PRECISION(9));
    if (text)
        ingest_outbox_prediction(app->outbox, job->sensor_id, text, strlen(text));
    free(text);
    if (job->revision == 0) /* an amended judgement rewrites no alarm */
        ingest_alarms_prediction(app->alarms, job->sensor_id, prediction, job->type->normal);
}

/* While the broker is away every sensor is silent, and that is one fault, not thousands. */
static bool on_silence(void *arg, const char *sensor_id, bool silent, int64_t last_received_ms)
{
    struct ingest_app *app = arg;
    struct ingest_subscriber_stats s;
    ingest_subscriber_stats(app->subscriber, &s);
    if (silent && s.state != AAS_MQTT_READY)
        return false;
    return ingest_alarms_condition(app->alarms, sensor_id, INGEST_FAULT_NO_DATA, silent, last_received_ms);
}

static bool on_stale(void *arg, const char *sensor_id, bool stale, int64_t at_ms)
{
    struct ingest_app *app = arg;
    return ingest_alarms_condition(app->alarms, sensor_id, INGEST_FAULT_STALE, stale, at_ms);
}

static void snapshot(void *arg, struct aas_buf *out)
{
    struct ingest_app *app = arg;
    ingest_live_snapshot(app->live, out);
    (void)aas_buf_append_str(out, ",\"alarms\":");
    ingest_alarms_snapshot(app->alarms, out);
}

/* --- create ------------------------------------------------------------------------------------------------------- */

static int create_log(struct ingest_app *app, struct aas_error *err)
{
    char dir[4096];
    int n = snprintf(dir, sizeof dir, "%s/wal", app->config->common.home);
    if (n < 0 || (size_t)n >= sizeof dir)
        return aas_error_set(err, AAS_EINVAL, "AAS_HOME is too long");
    if (mkdir(app->config->common.home, 0750) < 0 && errno != EEXIST)
        return aas_error_set(err, -errno, "cannot make %s", app->config->common.home);
    const struct aas_wal_options o = {.dir = dir,
                                      .segment_bytes = app->config->wal_segment_bytes,
                                      .max_total_bytes = app->config->wal_max_bytes +
                                                         app->config->wal_segment_bytes, /* room for marks */
                                      .max_record_bytes = RECORD_MAX};
    return aas_wal_open(&app->wal, &o, err);
}

static int create_data_path(struct ingest_app *app, struct aas_error *err)
{
    const struct ingest_config *c = app->config;
    int rc = ingest_ledger_create(&app->ledger);
    if (rc == 0)
        rc = ingest_registry_create(&app->registry, (size_t)c->max_sensors, c->auto_register);
    if (rc < 0)
        return aas_error_set(err, rc, "out of memory");
    const struct ingest_subscriber_options sub = {
        .config = c, .wal = app->wal, .ledger = app->ledger, .topics = app->topics};
    rc = ingest_subscriber_create(&app->subscriber, &sub, err);
    const struct ingest_writer_options writer = {.config = c,
                                                 .wal = app->wal,
                                                 .store = app->store,
                                                 .ledger = app->ledger,
                                                 .registry = app->registry,
                                                 .topics = app->topics,
                                                 .request_mark = request_mark,
                                                 .on_stale = on_stale,
                                                 .arg = app};
    if (rc == 0)
        rc = ingest_writer_create(&app->writer, &writer, err);
    if (rc == 0)
        ingest_subscriber_set_writer(app->subscriber, app->writer);
    return rc;
}

static int create_live_path(struct ingest_app *app, struct aas_error *err)
{
    const struct ingest_config *c = app->config;
    int rc = ingest_stream_create(&app->stream, snapshot, app, err);
    const struct ingest_live_options live = {
        .config = c,
        .wal = app->wal,
        .store = app->store,
        .registry = app->registry,
        .topics = app->topics,
        .stream = app->stream,
        .writer = app->writer,
        .hooks = {.on_prediction = on_judged, .on_silence = on_silence, .arg = app}};
    const struct ingest_alarms_options alarms = {
        .config = c, .store = app->store, .registry = app->registry, .ledger = app->ledger, .stream = app->stream};
    if (rc == 0)
        rc = ingest_live_create(&app->live, &live, err);
    const struct ingest_ml_callbacks callbacks = {
        .on_prediction = on_prediction, .on_serving = on_serving, .on_available = on_available, .arg = app};
    if (rc == 0)
        rc = ingest_ml_create(&app->ml, c, &callbacks, err);
    if (rc == 0)
        rc = ingest_outbox_create(&app->outbox, c, err);
    if (rc == 0) {
        struct ingest_alarms_options o = alarms;
        o.outbox = app->outbox;
        rc = ingest_alarms_create(&app->alarms, &o, err);
    }
    if (rc == 0)
        rc = ingest_simulator_create(&app->simulator, c, app->topics, err);
    if (rc == 0)
        rc = ingest_sweeper_create(&app->sweeper, c, app->store, err);
    return rc;
}

static int create_http(struct ingest_app *app, struct aas_error *err)
{
    int rc = aas_workers_create(&app->workers, "http-w", HTTP_WORKERS, HTTP_JOBS);
    if (rc < 0)
        return aas_error_set(err, rc, "cannot start workers");
    const struct aas_http_server_config http = {.bind = app->config->common.bind,
                                                .port = app->config->port,
                                                .workers = app->workers,
                                                .service = "mqtt-ingestion"};
    rc = aas_http_server_create(&app->http, &http, err);
    if (rc == 0)
        rc = aas_health_create(&app->health, "mqtt-ingestion", AAS_VERSION, err);
    if (rc == 0)
        rc = add_checks(app, err);
    if (rc == 0)
        rc = aas_health_register(app->health, app->http, 0, err);
    if (rc == 0)
        rc = ingest_routes_add(app, err);
    if (rc == 0)
        rc = ingest_routes_add_data(app, err);
    if (rc == 0)
        rc = ingest_metrics_add(app);
    return rc;
}

static void app_destroy(void *arg)
{
    struct ingest_app *app = arg;
    if (!app)
        return;
    ingest_metrics_remove(app);
    aas_http_server_destroy(app->http);
    aas_health_destroy(app->health);
    aas_workers_destroy(app->workers);
    ingest_simulator_destroy(app->simulator);
    ingest_sweeper_destroy(app->sweeper);
    ingest_subscriber_destroy(app->subscriber);
    ingest_live_destroy(app->live);
    ingest_ml_destroy(app->ml);
    ingest_alarms_destroy(app->alarms);
    ingest_outbox_destroy(app->outbox);
    ingest_stream_destroy(app->stream);
    ingest_writer_destroy(app->writer);
    ingest_registry_destroy(app->registry);
    ingest_ledger_destroy(app->ledger);
    aas_wal_close(app->wal);
    aas_store_close(app->store);
    ingest_topics_destroy(app->topics);
    free(app);
}

static int app_create(void **ret_app, const void *config, struct aas_error *err)
{
    struct ingest_app *app = calloc(1, sizeof *app);
    if (!app)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    app->config = config;
    app->started_ms = aas_clock_wall_ms();
    ingest_crash_set(app->config->crash_at);
    int rc = ingest_topics_parse(&app->topics, app->config->mqtt_topics, err);
    if (rc == 0)
        rc = create_log(app, err);
    if (rc == 0)
        rc = aas_store_open(&app->store, app->config->store_url, err);
    if (rc == 0)
        rc = create_data_path(app, err);
    if (rc == 0)
        rc = create_live_path(app, err);
    if (rc == 0)
        rc = create_http(app, err);
    if (rc < 0) {
        app_destroy(app);
        return rc;
    }
    *ret_app = app;
    return 0;
}

/* --- start and stop ----------------------------------------------------------------------------------------------- */

/* Position and sensors come from the store: without it there is nothing to go on from. */
static int start_store(struct ingest_app *app, struct aas_error *err)
{
    struct aas_mono deadline = aas_mono_in_ms(STORE_TRIES_MS);
    for (;;) {
        int rc = aas_store_ensure(app->store, err);
        if (rc == 0)
            rc = ingest_registry_refresh(app->registry, app->store, err);
        if (rc == 0)
            rc = ingest_writer_start(app->writer, err);
        if (rc == 0 || rc != AAS_EUNAVAILABLE || aas_mono_passed(deadline))
            return rc;
        AAS_LOG_WARN("store.wait", "the store does not answer yet", AAS_F_ERROR(err));
        struct timespec pause = {.tv_nsec = 200000000};
        (void)nanosleep(&pause, NULL);
    }
}

static int app_start(void *arg, struct aas_error *err)
{
    struct ingest_app *app = arg;
    struct ingest_writer_stats w;
    int rc = start_store(app, err);
    if (rc < 0)
        return rc;
    ingest_writer_stats(app->writer, &w);
    rc = ingest_stream_start(app->stream, err);
    if (rc == 0)
        rc = ingest_alarms_start(app->alarms, err);
    if (rc == 0)
        rc = ingest_outbox_start(app->outbox, err);
    if (rc == 0)
        rc = ingest_live_start(app->live, app->ml, w.committed, err);
    if (rc == 0)
        rc = ingest_ml_start(app->ml, err);
    if (rc == 0)
        rc = ingest_simulator_start(app->simulator, err);
    if (rc == 0)
        rc = ingest_sweeper_start(app->sweeper, err);
    if (rc == 0)
        rc = aas_http_server_start(app->http, err);
    if (rc == 0)
        rc = ingest_subscriber_start(app->subscriber, err);
    return rc;
}

/* Let nothing in, store what is in the log, say goodbye. */
static void app_stop(void *arg, struct aas_mono deadline)
{
    struct ingest_app *app = arg;
    int64_t left = aas_mono_diff_ms(deadline, aas_clock_mono());
    if (app->health)
        aas_health_set_stopping(app->health);
    ingest_simulator_stop(app->simulator);
    ingest_sweeper_stop(app->sweeper);
    ingest_subscriber_stop(app->subscriber, aas_mono_in_ms(left / 8));
    ingest_ml_stop(app->ml);
    ingest_live_stop(app->live);
    ingest_writer_stop(app->writer, aas_mono_add_ms(deadline, -left / 3));
    ingest_alarms_stop(app->alarms, aas_mono_add_ms(deadline, -left / 4));
    ingest_outbox_stop(app->outbox, aas_mono_in_ms(left / 8));
    aas_http_server_stop(app->http, (uint32_t)(left > 8 ? left / 8 : 1));
    aas_workers_stop(app->workers, aas_mono_in_ms(left / 8));
    ingest_stream_stop(app->stream, (uint32_t)(left > 8 ? left / 8 : 1));
}

const struct aas_daemon ingest_daemon = {
    .config = &ingest_config_table,
    .about = "subscribes to the machines' topics, stores every reading exactly once, has windows judged, raises alarms",
    .create = app_create,
    .start = app_start,
    .stop = app_stop,
    .destroy = app_destroy,
};
