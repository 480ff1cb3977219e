/* Handlers that hash a password run on the two hashing threads: the HTTP thread defers to them. */
#pragma once

#include "aas/error.h"
#include "aas/http_route.h"

struct api_app;

/** Like a handler, on a hashing thread. */
typedef int api_hash_fn(struct api_app *app, struct aas_http_req *req, struct aas_error *err);

/** From an INLINE handler: `return api_hash_defer(req, fn, err);`. A full queue answers 503. */
int api_hash_defer(struct aas_http_req *req, api_hash_fn *fn, struct aas_error *err) AAS_MUST_CHECK;
