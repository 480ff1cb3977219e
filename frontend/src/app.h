/* frontend's parts, from start to stop. Threads: main (start, reload, stop), HTTP pool (routes). */
#pragma once

#include "assets.h"
#include "config.h"
#include "policy.h"

#include <aas/clock.h>
#include <aas/http_server.h>

#include <pthread.h>

struct aas_health;

struct web_app {
    const struct web_config *config;
    struct web_api api;
    char config_json[512];
    pthread_mutex_t lock; /* of assets, the pointer; a leaf */
    struct web_assets *assets;
    struct aas_http_server *http;
    struct aas_health *health;
    bool exported, stopped;
};

int web_app_create(void **ret_app, const void *config, struct aas_error *err) AAS_MUST_CHECK;
int web_app_start(void *app, struct aas_error *err) AAS_MUST_CHECK;
void web_app_stop(void *app, struct aas_mono deadline);
void web_app_destroy(void *app);
/** Reads the directory again; what can't be read leaves the files that are being served. */
void web_app_reload(void *app);

/** The files now, with a reference of the caller's. Any thread. */
struct web_assets *web_app_assets(struct web_app *app);

/* routes.c */
int web_routes_add(struct web_app *app, struct aas_error *err) AAS_MUST_CHECK;
/** Adds the security headers to every answer. */
aas_http_after_fn web_after;
