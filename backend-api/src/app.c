/* Owns every part of backend-api. Start: store, accounts, workers, live stream, HTTP. Stop in reverse: no new requests,
 * browsers are told, workers end. A store that does not answer keeps the service unready, not down. */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>

#include "aas/health.h"
#include "aas/http_client.h"
#include "aas/http_server.h"
#include "aas/jwt.h"
#include "aas/log.h"
#include "aas/store.h"
#include "aas/workers.h"
#include "accounts.h"
#include "dashboard.h"
#include "docs.h"
#include "live.h"
#include "once.h"
#include "principal.h"
#include "rate_limit.h"
#include "revoked.h"
#include "routes.h"
#include "secrets.h"
#include "sessions.h"

#define AAS_LOG_MOD "app"

#define HASHERS        2
#define HASH_QUEUE     32
#define WORKER_QUEUE   1024
#define RATE_SLOTS     4096
#define BURST_FACTOR   4
#define ACCOUNT_FACTOR 10
#define PROBE_TICKS    2
#define SWEEP_TICKS    600
#define PROBE_MS       800
#define MAX_BODY       (256 * 1024)
#define HUB_DRAIN_MS   500

/* ---- collections and the first account ---- */

static int boot(struct api_app *app, struct aas_error *err)
{
    int rc = aas_store_ensure(app->store, err);
    rc = rc ? rc : api_accounts_first_run(app->store, app->password_file, err);
    if (rc == 0)
        atomic_store(&app->booted, true);
    return rc;
}

static void boot_job(void *arg, bool cancelled)
{
    struct api_app *app = arg;
    struct aas_error err = AAS_ERROR_NONE;
    int rc = cancelled ? AAS_ECANCELED : boot(app, &err);
    if (rc == 0)
        AAS_LOG_INFO("app.store", "the store answers now");
    else if (!cancelled)
        AAS_LOG_WARN("app.store", "the store does not answer, trying again", AAS_F_ERROR(&err));
    atomic_store(&app->booting, false);
}

/* ---- probes: kept by a worker, read by the health endpoints ---- */

static void probe_job(void *arg, bool cancelled)
{
    struct api_app *app = arg;
    struct aas_http_result result;
    const struct aas_http_call call = {.path = "/health/ready", .deadline_ms = PROBE_MS};
    if (!cancelled) {
        aas_http_result_init(&result);
        int rc = aas_http_client_do(app->ml, &call, &result, NULL);
        atomic_store(&app->ml_ok, rc == 0 && result.status == 200);
        aas_http_result_fini(&result);
        atomic_store(&app->store_rc, aas_store_ping(app->store, NULL));
    }
    atomic_store(&app->probing, false);
}

static void sweep_job(void *arg, bool cancelled)
{
    struct api_app *app = arg;
    struct aas_error err = AAS_ERROR_NONE;
    size_t removed = 0;
    if (!cancelled && api_session_sweep(app->store, &removed, &err) != 0)
        AAS_LOG_WARN("app.sweep", "could not remove old tokens, trying again later", AAS_F_ERROR(&err));
}

static void submit_once(struct api_app *app, atomic_bool *busy, aas_job_fn *job)
{
    bool idle = false;
    if (!atomic_compare_exchange_strong(busy, &idle, true))
        return;
    if (aas_workers_submit(app->workers, job, app) != 0)
        atomic_store(busy, false);
}

void api_app_tick(void *arg)
{
    struct api_app *app = arg;
    app->ticks++;
    if (!atomic_load(&app->booted))
        submit_once(app, &app->booting, boot_job);
    if (app->ticks % PROBE_TICKS == 1)
        submit_once(app, &app->probing, probe_job);
    if (app->ticks % SWEEP_TICKS == 0 && atomic_load(&app->booted))
        AAS_IGNORE(aas_workers_submit(app->workers, sweep_job, app));
}

static int check_store(void *arg, struct aas_error *err)
{
    struct api_app *app = arg;
    int rc = atomic_load(&app->store_rc);
    if (rc)
        return aas_error_set(err, rc, "the store does not answer: %s", aas_strerror(rc));
    return atomic_load(&app->booted) ? 0 : aas_error_set(err, AAS_EUNAVAILABLE, "the collections are not there yet");
}

static int check_feed(void *arg, struct aas_error *err)
{
    struct api_app *app = arg;
    return api_live_connected(app->live, NULL)
               ? 0
               : aas_error_set(err, AAS_EUNAVAILABLE, "the live stream of mqtt-ingestion is not connected");
}

static int check_ml(void *arg, struct aas_error *err)
{
    struct api_app *app = arg;
    return atomic_load(&app->ml_ok)
               ? 0
               : aas_error_set(err, AAS_EUNAVAILABLE, "ml-service does not answer, or has no model");
}

/* ---- life ---- */

static int create_limits(struct api_app *app)
{
    const struct api_config *c = app->config;
    double burst = (double)c->login_burst;
    double per_second = 1000.0 / (double)c->login_every_ms;
    int rc = 0;
    if (c->rate_address > 0)
        rc = api_rate_create(&app->by_address, c->rate_address, c->rate_address * BURST_FACTOR, RATE_SLOTS);
    if (rc == 0 && c->rate_principal > 0)
        rc = api_rate_create(&app->by_principal, c->rate_principal, c->rate_principal * BURST_FACTOR, RATE_SLOTS);
    rc = rc ? rc : api_rate_create(&app->failed_by_address, per_second, burst, RATE_SLOTS);
    return rc ? rc
              : api_rate_create(&app->failed_by_account, per_second * ACCOUNT_FACTOR, burst * ACCOUNT_FACTOR,
                                RATE_SLOTS);
}

static int create_secrets(struct api_app *app, struct aas_error *err)
{
    if (asprintf(&app->password_file, "%s/secrets/admin-password", app->config->common.home) < 0) {
        app->password_file = NULL;
        return AAS_ENOMEM;
    }
    int rc = api_password_init(err);
    rc = rc ? rc : api_secrets_make_dir(app->password_file, err);
    rc = rc ? rc : api_secrets_make_key(app->config->jwt_file, err);
    return rc ? rc : aas_jwt_key_load(app->config->jwt_file, &app->jwt, err);
}

static int create_ml(struct api_app *app, struct aas_error *err)
{
    const struct aas_http_client_config config = {.base_url = app->config->ml_url, .name = "ml-service"};
    return aas_http_client_create(&app->ml, &config, err);
}

int api_app_create(void **ret_app, const void *config, struct aas_error *err)
{
    struct api_app *app = calloc(1, sizeof *app);
    if (!app)
        return AAS_ENOMEM;
    app->config = config;
    int rc = create_secrets(app, err);
    rc = rc ? rc : create_limits(app);
    rc = rc ? rc : api_machine_tokens_create(&app->machine_tokens);
    rc = rc ? rc : api_revoked_create(&app->revoked, app->config->access_ttl_ms);
    rc = rc ? rc : api_once_create(&app->once);
    rc = rc ? rc : api_dashboard_create(&app->dashboard);
    rc = rc ? rc : api_docs_create(&app->docs, app->config->docs_root);
    rc = rc ? rc : create_ml(app, err);
    if (rc == 0)
        rc = api_live_create(&app->live, app->config->ingest_url, (size_t)app->config->max_clients, app->revoked, err);
    rc = rc ? rc : aas_store_open(&app->store, app->config->store_url, err);
    if (rc) {
        api_app_destroy(app);
        return rc;
    }
    *ret_app = app;
    return 0;
}

static int add_health(struct api_app *app, struct aas_error *err)
{
    int rc = aas_health_create(&app->health, "backend-api", AAS_VERSION, err);
    rc = rc ? rc : aas_health_add(app->health, "store", false, check_store, app, err);
    rc = rc ? rc : aas_health_add(app->health, "feed", true, check_feed, app, err);
    rc = rc ? rc : aas_health_add(app->health, "ml-service", true, check_ml, app, err);
    return rc ? rc : aas_health_register(app->health, app->http, 0, err);
}

static int add_routes(struct api_app *app, struct aas_error *err)
{
    static const struct api_table *const tables[] = {
        &api_routes_auth,     &api_routes_sensors, &api_routes_predictions, &api_routes_dashboard, &api_routes_models,
        &api_routes_realtime, &api_routes_alarms,  &api_routes_faults,      &api_routes_users,     &api_routes_docs};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof tables / sizeof tables[0]; i++)
        rc = aas_http_server_add(app->http, tables[i]->routes, tables[i]->count, app, err);
    return rc;
}

static int create_http(struct api_app *app, struct aas_error *err)
{
    const struct aas_http_server_config config = {
        .bind = app->config->common.bind,
        .port = app->config->port,
        .max_body_bytes = MAX_BODY,
        .workers = app->workers,
        .before = api_before,
        .after = api_after,
        .hook_arg = app,
        .cors_origins = app->config->cors_origins[0] ? app->config->cors_origins : NULL,
        .service = "backend-api",
    };
    int rc = aas_http_server_create(&app->http, &config, err);
    rc = rc ? rc : add_routes(app, err);
    return rc ? rc : add_health(app, err);
}

int api_app_start(void *arg, struct aas_error *err)
{
    struct api_app *app = arg;
    struct aas_error reason = AAS_ERROR_NONE;
    int rc = aas_workers_create(&app->workers, "api", (size_t)app->config->workers, WORKER_QUEUE);
    rc = rc ? rc : aas_workers_create(&app->hashers, "hash", HASHERS, HASH_QUEUE);
    if (rc)
        return aas_error_set(err, rc, "cannot start the worker threads");
    rc = boot(app, &reason);
    if (rc == AAS_EUNAVAILABLE)
        AAS_LOG_WARN("app.store", "the store does not answer, trying again", AAS_F_ERROR(&reason));
    else if (rc)
        return aas_error_set(err, rc, "%s", aas_error_text(&reason, rc));
    atomic_store(&app->store_rc, rc);
    rc = create_http(app, err);
    rc = rc ? rc : api_live_start(app->live, err);
    rc = rc ? rc : aas_http_server_start(app->http, err);
    if (rc)
        return rc;
    AAS_LOG_INFO("app.listening", "serving", AAS_F_UINT("port", aas_http_server_port(app->http)));
    return 0;
}

void api_app_stop(void *arg, struct aas_mono deadline)
{
    struct api_app *app = arg;
    int left_ms = aas_mono_poll_ms(deadline);
    if (app->health)
        aas_health_set_stopping(app->health);
    if (app->http)
        aas_http_server_stop(app->http, left_ms > HUB_DRAIN_MS ? (uint32_t)(left_ms - HUB_DRAIN_MS) : 0);
    if (app->live)
        api_live_stop(app->live, HUB_DRAIN_MS);
    if (app->hashers)
        aas_workers_stop(app->hashers, deadline);
    if (app->workers)
        aas_workers_stop(app->workers, deadline);
}

void api_app_destroy(void *arg)
{
    struct api_app *app = arg;
    if (!app)
        return;
    aas_http_server_destroy(app->http);
    aas_health_destroy(app->health);
    api_live_destroy(app->live);
    aas_workers_destroy(app->hashers);
    aas_workers_destroy(app->workers);
    if (app->ml)
        aas_http_client_destroy(app->ml);
    aas_store_close(app->store);
    api_dashboard_destroy(app->dashboard);
    api_docs_destroy(app->docs);
    api_machine_tokens_destroy(app->machine_tokens);
    api_revoked_destroy(app->revoked);
    api_once_destroy(app->once);
    api_rate_destroy(app->by_address);
    api_rate_destroy(app->by_principal);
    api_rate_destroy(app->failed_by_address);
    api_rate_destroy(app->failed_by_account);
    aas_jwt_key_destroy(app->jwt);
    free(app->password_file);
    free(app);
}
