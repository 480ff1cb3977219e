/* Hands a request on to another service and its answer back. Worker rows only: it waits. */
#pragma once

#include "aas/error.h"
#include "aas/http_route.h"

/** To ml-service, same method, path, query and body, with the caller's name. A handler. */
int api_proxy_ml(struct aas_http_req *req, struct aas_error *err);
/** ml-service's figures of each version (its GET /metrics as JSON). A handler. */
int api_proxy_ml_metrics(struct aas_http_req *req, struct aas_error *err);
