/* Who calls: found out in the server's `before` hook, from the Authorization header or, for browsers' WebSockets, from
 * the subprotocol `bearer.<token>`. */
#pragma once

#include <stdint.h>

#include "accounts.h"

struct aas_http_req;

struct api_principal {
    char name[API_NAME_BYTES];
    enum api_role role;
    int64_t issued_ms; /* of the token */
    int64_t expires_ms;
};

/** The caller; NULL on rows that anyone may call. Borrowed from the request. */
const struct api_principal *api_caller(const struct aas_http_req *req);
/** The caller's name, "" without one. */
const char *api_caller_name(const struct aas_http_req *req);

/** The hooks; arg is a struct api_app. */
int api_before(void *arg, struct aas_http_req *req, struct aas_error *err);
void api_after(void *arg, struct aas_http_req *req, unsigned status);
