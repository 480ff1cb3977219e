/* The three endpoints that every daemon has: GET /health/live, GET /health/ready, GET /metrics.
 *
 * Users: the four daemons' app.c. Fixed before the server starts, read without locks afterwards. */
#pragma once

#include <aas/http_route.h>

#include <stdbool.h>
#include <stddef.h>

struct aas_error;
struct aas_health;
struct aas_http_server;

/** Whether one dependency answers. Returns 0 when it does; else a negative code with the reason in *err, as a sentence
 *  for the person on call. Runs on an HTTP thread: it reads a state that others keep, or pings with at most ~50 ms. */
typedef int aas_health_fn(void *arg, struct aas_error *err);

/** `service` and `version` are copied. */
int aas_health_create(struct aas_health **ret_health, const char *service, const char *version, struct aas_error *err)
    __attribute__((warn_unused_result));
/** After the server's stop. NULL is fine. */
void aas_health_destroy(struct aas_health *health);

/** Adds a named check before the server starts (name is copied). At most 16. An `informative` check is listed, but its
 *  failure does not make the daemon unready: what it can live without. */
int aas_health_add(struct aas_health *health, const char *name, bool informative, aas_health_fn *fn, void *arg,
                   struct aas_error *err) __attribute__((warn_unused_result));

/** From now on /health/ready answers 503 "stopping", so that balancers turn away before the port closes. Any thread. */
void aas_health_set_stopping(struct aas_health *health);

enum { AAS_HEALTH_NO_METRICS = 1 }; /* the service has a /metrics row of its own */

/** Registers the rows. /health/live: 200 {"status":"live","service","version","uptime_s"}. /health/ready: 200 or 503
 *  {"status":"ready"|"not_ready"|"stopping","service","version","checks":[{"name","ok","required","reason"|null}]}. */
int aas_health_register(struct aas_health *health, struct aas_http_server *server, unsigned flags,
                        struct aas_error *err) __attribute__((warn_unused_result));

/** The Prometheus text handler by itself, for a service that negotiates the content of /metrics. */
int aas_health_reply_metrics(struct aas_http_req *req, struct aas_error *err);
