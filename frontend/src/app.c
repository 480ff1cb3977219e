#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/buf.h>
#include <aas/health.h>
#include <aas/log.h>
#include <aas/metrics.h>

#define AAS_LOG_MOD "app"

#define THREADS 2 /* everything comes from memory */

int web_app_create(void **ret_app, const void *config, struct aas_error *err)
{
    struct web_app *app = calloc(1, sizeof *app);
    if (!app)
        return AAS_ENOMEM;
    app->config = config;
    if (pthread_mutex_init(&app->lock, NULL) != 0) {
        free(app);
        return AAS_ENOMEM;
    }
    *ret_app = app;
    int rc = web_api_parse(&app->api, app->config->public_api_url, err);
    if (rc)
        return rc;
    AAS_AUTO_BUF struct aas_buf json = AAS_BUF_INIT(sizeof app->config_json - 1);
    (void)aas_buf_append_str(&json, "{\"api_url\":");
    (void)aas_buf_append_json(&json, app->api.url, strlen(app->api.url));
    rc = aas_buf_append_str(&json, ",\"version\":\"" AAS_VERSION "\"}\n");
    if (rc == 0)
        memcpy(app->config_json, aas_buf_str(&json), json.len + 1);
    return rc;
}

struct web_assets *web_app_assets(struct web_app *app)
{
    (void)pthread_mutex_lock(&app->lock);
    struct web_assets *assets = web_assets_ref(app->assets);
    (void)pthread_mutex_unlock(&app->lock);
    return assets;
}

static int load(struct web_app *app, struct aas_error *err)
{
    struct web_assets *fresh = NULL;
    int rc = web_assets_load(&fresh, app->config->root, (size_t)app->config->max_bytes, err);
    if (rc)
        return rc;
    AAS_LOG_INFO("assets.loaded", "the dashboard's files are in memory", AAS_F_STR("path", app->config->root),
                 AAS_F_UINT("files", fresh->count), AAS_F_UINT("bytes", fresh->bytes));
    (void)pthread_mutex_lock(&app->lock);
    struct web_assets *old = app->assets;
    app->assets = fresh;
    (void)pthread_mutex_unlock(&app->lock);
    web_assets_unref(old);
    return 0;
}

void web_app_reload(void *arg)
{
    struct aas_error err = AAS_ERROR_NONE;
    if (load(arg, &err) != 0)
        AAS_LOG_ERROR("assets.reload", "the dashboard's files cannot be read again, serving the old ones",
                      AAS_F_ERROR(&err));
}

static void collect(struct aas_metrics *m, void *arg)
{
    struct web_assets *assets = web_app_assets(arg);
    aas_metric_set(aas_metrics_gauge(m, "aas_web_files", "Files of the dashboard.", AAS_NO_LABELS),
                   (double)assets->count);
    aas_metric_set(
        aas_metrics_gauge(m, "aas_web_files_bytes", "Memory that the dashboard's files take.", AAS_NO_LABELS),
        (double)assets->bytes);
    web_assets_unref(assets);
}

static int check_files(void *arg, struct aas_error *err)
{
    (void)arg;
    (void)err;
    return 0; /* a daemon without files does not start, and a failed reload keeps the old ones */
}

int web_app_start(void *arg, struct aas_error *err)
{
    struct web_app *app = arg;
    const struct aas_http_server_config http = {
        .bind = app->config->common.bind,
        .port = app->config->port,
        .threads = THREADS,
        .max_body_bytes = 1024,
        .after = web_after,
        .hook_arg = app,
        .service = "frontend",
    };
    int rc = load(app, err);
    if (rc == 0)
        rc = aas_http_server_create(&app->http, &http, err);
    if (rc == 0)
        rc = aas_health_create(&app->health, "frontend", AAS_VERSION, err);
    if (rc == 0)
        rc = aas_health_add(app->health, "files", false, check_files, app, err);
    if (rc == 0)
        rc = aas_health_register(app->health, app->http, 0, err);
    if (rc == 0)
        rc = web_routes_add(app, err);
    if (rc == 0) {
        rc = aas_metrics_add_collector(NULL, collect, app);
        app->exported = rc == 0;
    }
    return rc ? rc : aas_http_server_start(app->http, err);
}

void web_app_stop(void *arg, struct aas_mono deadline)
{
    struct web_app *app = arg;
    if (app->stopped)
        return;
    app->stopped = true;
    if (app->health)
        aas_health_set_stopping(app->health);
    int64_t left_ms = aas_mono_diff_ms(deadline, aas_clock_mono());
    if (app->http)
        aas_http_server_stop(app->http, left_ms > 0 ? (uint32_t)left_ms : 0);
}

void web_app_destroy(void *arg)
{
    struct web_app *app = arg;
    if (!app)
        return;
    if (app->exported)
        aas_metrics_remove_collector(NULL, collect, app);
    aas_http_server_destroy(app->http);
    aas_health_destroy(app->health);
    web_assets_unref(app->assets);
    (void)pthread_mutex_destroy(&app->lock);
    free(app);
}
