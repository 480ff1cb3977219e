/* Who calls: found out in the server's `before` hook, from the Authorization header or, for browsers' WebSockets, from
 * the subprotocol `bearer.<token>`. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "accounts.h"

struct aas_http_req;
struct api_app;

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

/** Where the caller is: the peer's address, or what a trusted proxy says it is. Borrowed from the request. */
const char *api_caller_address(const struct api_app *app, struct aas_http_req *req);

/** The last address of an X-Forwarded-For header into out, or NULL when that is none. Pure. */
const char *api_forwarded_address(const char *header, char *out, size_t size);

/** The hooks; arg is a struct api_app. */
int api_before(void *arg, struct aas_http_req *req, struct aas_error *err);
void api_after(void *arg, struct aas_http_req *req, unsigned status);
