#include "principal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aas/clock.h"
#include "aas/http_route.h"
#include "aas/http_server.h"
#include "aas/id.h"
#include "aas/jwt.h"
#include "aas/log.h"
#include "aas/str.h"
#include "app.h"
#include "rate_limit.h"
#include "revoked.h"
#include "routes.h"

#define AAS_LOG_MOD "auth"

#define SKEW_S        5
#define ADDRESS_BYTES 64

const struct api_principal *api_caller(const struct aas_http_req *req)
{
    return aas_http_req_user(req);
}

const char *api_caller_name(const struct aas_http_req *req)
{
    const struct api_principal *p = aas_http_req_user(req);
    return p ? p->name : "";
}

/* A proxy appends the address that it sees: the last one is its word, those before it are anybody's. */
const char *api_forwarded_address(const char *header, char *out, size_t size)
{
    const char *last = strrchr(header, ',');
    struct aas_str address = aas_str_trim(aas_str_from(last ? last + 1 : header));
    size_t allowed = 0;
    while (allowed < address.len && strchr("0123456789abcdefABCDEF.:[]", address.ptr[allowed]))
        allowed++;
    if (allowed == 0 || allowed != address.len || aas_str_copy(out, size, address) != 0)
        return NULL;
    return out;
}

const char *api_caller_address(const struct api_app *app, struct aas_http_req *req)
{
    const char *header = app->config->trust_proxy ? aas_http_req_header(req, "X-Forwarded-For") : NULL;
    char *out = header ? aas_http_req_alloc(req, ADDRESS_BYTES) : NULL;
    const char *address = out ? api_forwarded_address(header, out, ADDRESS_BYTES) : NULL;
    return address ? address : aas_http_req_peer(req);
}

static void set_rate_headers(struct aas_http_req *req, const struct api_rate_state *state)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", state->limit);
    aas_http_reply_header(req, "RateLimit-Limit", text);
    (void)snprintf(text, sizeof text, "%u", state->remaining);
    aas_http_reply_header(req, "RateLimit-Remaining", text);
    (void)snprintf(text, sizeof text, "%u", state->reset_s);
    aas_http_reply_header(req, "RateLimit-Reset", text);
}

int api_rate_refuse(struct aas_http_req *req, const struct api_rate_state *state, struct aas_error *err)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", state->retry_s);
    aas_http_reply_header(req, "Retry-After", text);
    return aas_error_set(err, AAS_ERATE, "too many requests; try again in %u s", state->retry_s);
}

/* Takes one token for key; the headers tell of the last bucket that was asked. */
static int limit(struct aas_http_req *req, struct api_rate *rate, const char *key, bool last, struct aas_error *err)
{
    struct api_rate_state state;
    if (!rate)
        return 0;
    bool allowed = api_rate_take(rate, key, 1, &state);
    if (!allowed || last)
        set_rate_headers(req, &state);
    return allowed ? 0 : api_rate_refuse(req, &state, err);
}

static const char *bearer(struct aas_http_req *req)
{
    const char *header = aas_http_req_header(req, "Authorization");
    if (header && strncasecmp(header, "Bearer ", 7) == 0)
        return header + 7 + strspn(header + 7, " ");
    if (aas_http_req_route(req)->flags & AAS_HTTP_UPGRADE)
        return aas_http_req_subprotocol_after(req, "bearer.");
    return NULL;
}

static int identify(struct api_app *app, struct aas_http_req *req, struct api_principal *ret_principal,
                    struct aas_error *err)
{
    const char *token = bearer(req);
    struct aas_jwt_claims claims;
    struct aas_error reason = AAS_ERROR_NONE;
    if (!token)
        return aas_error_set(err, AAS_EUNAUTHORIZED, "an access token is needed: Authorization: Bearer …");
    if (strncmp(token, API_TOKEN_PREFIX, sizeof API_TOKEN_PREFIX - 1) == 0)
        return api_machine_token_check(app, token, ret_principal, err);
    int rc = aas_jwt_verify(app->jwt, &api_jwt_rules, token, strlen(token), "access", aas_clock_wall_ms() / 1000,
                            SKEW_S, &claims, &reason);
    if (rc == AAS_ENOMEM)
        return rc;
    if (rc == 0 && !api_role_parse(claims.role, &ret_principal->role))
        rc = aas_error_set(&reason, AAS_EACCES, "unknown role");
    /* the id is a ULID: it tells the millisecond, iat the second only */
    if (rc == 0 && !aas_id_parse(claims.jti, &ret_principal->issued_ms))
        ret_principal->issued_ms = claims.iat_s * 1000;
    if (rc == 0 && api_revoked_check(app->revoked, claims.sub, ret_principal->issued_ms))
        rc = aas_error_set(&reason, AAS_EACCES, "the account was changed since");
    if (rc) {
        AAS_LOG_DEBUG("auth.refused", "an access token was refused", AAS_F_STR("req_id", aas_http_req_id(req)),
                      AAS_F_ERROR(&reason));
        return aas_error_set(err, AAS_EUNAUTHORIZED,
                             rc == AAS_ETIMEDOUT ? "the access token has expired" : "the access token is not valid");
    }
    memcpy(ret_principal->name, claims.sub, sizeof ret_principal->name);
    ret_principal->expires_ms = claims.exp_s * 1000;
    return 0;
}

/* An upgraded connection keeps its principal: it must outlive the request. */
static int keep(struct aas_http_req *req, const struct api_principal *found)
{
    bool upgrade = aas_http_req_route(req)->flags & AAS_HTTP_UPGRADE;
    struct api_principal *p = upgrade ? malloc(sizeof *p) : aas_http_req_alloc(req, sizeof *p);
    if (!p)
        return AAS_ENOMEM;
    *p = *found;
    aas_http_req_set_user(req, p, upgrade ? free : NULL);
    return 0;
}

int api_before(void *arg, struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = arg;
    const struct aas_http_route *route = aas_http_req_route(req);
    struct api_principal found = {.role = API_ANYONE};
    if (route->flags & AAS_HTTP_NO_LOG) /* probes and scrapes */
        return 0;
    int rc = limit(req, app->by_address, api_caller_address(app, req), route->role == API_ANYONE, err);
    if (rc || route->role == API_ANYONE)
        return rc;
    rc = identify(app, req, &found, err);
    if (rc)
        return rc;
    rc = limit(req, app->by_principal, found.name, true, err);
    if (rc)
        return rc;
    if (found.role < (enum api_role)route->role)
        return aas_error_set(err, AAS_EFORBIDDEN, "this needs the role %s, and you are %s",
                             api_role_name((enum api_role)route->role), api_role_name(found.role));
    return keep(req, &found);
}

void api_after(void *arg, struct aas_http_req *req, unsigned status)
{
    const struct api_app *app = arg;
    const struct aas_http_route *route = aas_http_req_route(req);
    bool cacheable = route && (route->flags & AAS_HTTP_ETAG) && (status == 200 || status == 304);
    aas_http_reply_header(req, "X-Content-Type-Options", "nosniff");
    aas_http_reply_header(req, "Cache-Control", cacheable ? "private, no-cache" : "no-store");
    aas_http_reply_header(req, "Referrer-Policy", "no-referrer");
    if (!route || !(route->flags & API_ROUTE_PAGE))
        aas_http_reply_header(req, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    if (app->config->cookie_secure)
        aas_http_reply_header(req, "Strict-Transport-Security", "max-age=31536000");
}
