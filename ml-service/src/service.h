/* What every route handler gets: the service's components, all borrowed from the app and alive while the HTTP server
 * runs. */
#pragma once

#include <jansson.h>

#include "config.h"
#include "prediction_log.h"
#include "registry.h"

struct aas_store;
struct aas_workers;
struct aas_http_server;
struct aas_http_req;
struct ml_idempotency;
struct ml_current;
struct ml_jobs;
struct ml_keeper;

struct ml_service {
    const struct ml_config *config;
    struct aas_store *store;
    struct aas_workers *workers;
    struct ml_registry *registry;
    struct ml_prediction_log *log;
    struct ml_idempotency *idempotency;
    struct ml_jobs *jobs;
    struct ml_current *current;
    struct ml_keeper *keeper;
};

/* One per resource: its table of routes. */
int ml_routes_predict(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err) AAS_MUST_CHECK;
int ml_routes_predictions(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err) AAS_MUST_CHECK;
int ml_routes_models(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err) AAS_MUST_CHECK;
int ml_routes_feedback(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err) AAS_MUST_CHECK;
int ml_routes_jobs(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err) AAS_MUST_CHECK;
int ml_routes_metrics(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err) AAS_MUST_CHECK;

/** Who asks: the gateway, which has authenticated them, says so in X-Aastreli-User; others name themselves in the
 * body's `user` (body may be NULL). Never NULL; borrowed from either. */
const char *ml_user_of(const struct aas_http_req *req, const json_t *body);
