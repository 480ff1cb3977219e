/* Sessions: login, refresh, logout, who am I, change of password. Hashing runs on two threads of its own; the HTTP
 * thread defers. A failure costs as much as a success and says the same, whatever was wrong. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aas/clock.h"
#include "aas/id.h"
#include "aas/json.h"
#include "aas/jwt.h"
#include "aas/log.h"
#include "aas/store.h"
#include "accounts.h"
#include "app.h"
#include "hashing.h"
#include "principal.h"
#include "rate_limit.h"
#include "routes.h"
#include "sessions.h"

#define AAS_LOG_MOD "auth"

#define COOKIE "aastreli_refresh"

const struct aas_jwt_rules api_jwt_rules = {.issuer = "aastreli", .audience = "aastreli-api"};

static void set_cookie(const struct api_app *app, struct aas_http_req *req, const char *token, int64_t ttl_ms)
{
    char text[256];
    (void)snprintf(text, sizeof text, COOKIE "=%s; HttpOnly; SameSite=Strict; Path=/auth; Max-Age=%lld%s", token,
                   (long long)(ttl_ms / 1000), app->config->cookie_secure ? "; Secure" : "");
    aas_http_reply_header(req, "Set-Cookie", text);
}

static int reply_session(const struct api_app *app, struct aas_http_req *req, const struct api_account *account,
                         const char *refresh, struct aas_error *err)
{
    char token[AAS_JWT_MAX_BYTES];
    struct aas_jwt_claims claims = {.kind = "access"};
    int64_t now_s = aas_clock_wall_ms() / 1000;
    claims.iat_s = now_s;
    claims.exp_s = now_s + app->config->access_ttl_ms / 1000;
    (void)snprintf(claims.sub, sizeof claims.sub, "%s", account->name);
    (void)snprintf(claims.role, sizeof claims.role, "%s", api_role_name(account->role));
    aas_id_new(aas_clock_wall_ms(), claims.jti);
    int rc = aas_jwt_sign(app->jwt, &api_jwt_rules, &claims, token, sizeof token, err);
    if (rc)
        return rc;
    set_cookie(app, req, refresh, app->config->refresh_ttl_ms);
    aas_http_reply_json(req, 200,
                        json_pack("{s:s, s:s, s:I, s:o}", "access_token", token, "token_type", "Bearer", "expires_in",
                                  (json_int_t)(app->config->access_ttl_ms / 1000), "user", api_account_json(account)));
    return 0;
}

/* ---- login ---- */

/* Failures are counted per address, so that guessing is slow; and per account with ten times as many, so that guessing
 * from many addresses is slow too, while nobody can lock a person out with a handful of wrong passwords. */
static void count_failure(struct api_app *app, struct aas_http_req *req, const char *name)
{
    struct api_rate_state state;
    (void)api_rate_take(app->failed_by_address, api_caller_address(app, req), 1, &state);
    (void)api_rate_take(app->failed_by_account, name, 1, &state);
}

static int check_failures(struct api_app *app, struct aas_http_req *req, const char *name, struct aas_error *err)
{
    struct api_rate_state by_address;
    struct api_rate_state by_account;
    (void)api_rate_take(app->failed_by_address, api_caller_address(app, req), 0, &by_address);
    (void)api_rate_take(app->failed_by_account, name, 0, &by_account);
    if (by_address.remaining > 0 && by_account.remaining > 0)
        return 0;
    by_address.retry_s = (uint32_t)(app->config->login_every_ms / 1000) + 1;
    return api_rate_refuse(req, &by_address, err);
}

static void improve_hash(struct api_app *app, const struct api_account *account, const char *password)
{
    char hash[API_PASSWORD_HASH_BYTES];
    struct aas_error err = AAS_ERROR_NONE;
    if (!api_password_outdated(account->hash))
        return;
    int rc = api_password_hash(password, hash, &err);
    if (rc == 0)
        rc = api_account_set_hash(app->store, account->name, hash, account->must_change, &err);
    if (rc)
        AAS_LOG_WARN("auth.rehash", "could not renew a password's hash, the old one stays", AAS_F_ERROR(&err));
}

static int login_job(struct api_app *app, struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    char refresh[API_TOKEN_BYTES];
    struct api_account account = {.disabled = true};
    int rc = api_body(req, "login", &body, err);
    if (rc)
        return rc;
    const char *name = json_string_value(json_object_get(body, "username"));
    const char *password = json_string_value(json_object_get(body, "password"));
    rc = check_failures(app, req, name, err);
    if (rc)
        return rc;
    rc = api_account_get(app->store, name, &account, NULL);
    if (rc && rc != AAS_ENOENT)
        return aas_error_set(err, rc, "the accounts can't be read now");
    bool known = rc == 0;
    if (!api_password_verify(known ? account.hash : NULL, password) || account.disabled) {
        count_failure(app, req, name);
        AAS_LOG_INFO("auth.failed", "a login failed", AAS_F_STR("req_id", aas_http_req_id(req)),
                     AAS_F_STR("peer", api_caller_address(app, req)));
        return aas_error_set(err, AAS_EUNAUTHORIZED, "wrong user name or password");
    }
    improve_hash(app, &account, password);
    rc = api_session_open(app->store, account.name, app->config->refresh_ttl_ms, refresh, err);
    if (rc)
        return rc;
    AAS_LOG_INFO("auth.login", "a user logged in", AAS_F_STR("user", account.name),
                 AAS_F_STR("peer", api_caller_address(app, req)));
    return reply_session(app, req, &account, refresh, err);
}

static int login(struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    int rc = api_body(req, "login", &body, err); /* a malformed one needs no hashing thread */
    return rc ? rc : api_hash_defer(req, login_job, err);
}

/* ---- refresh, logout, me ---- */

static int refresh(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    const char *token = aas_http_req_cookie(req, COOKIE);
    char next[API_TOKEN_BYTES];
    char user[API_NAME_BYTES];
    struct api_account account;
    if (!token)
        return aas_error_set(err, AAS_EUNAUTHORIZED, "there is no session; log in");
    int rc = api_session_rotate(app->store, token, app->config->refresh_ttl_ms, next, user, err);
    if (rc == 0)
        rc = api_account_get(app->store, user, &account, err);
    if (rc == 0 && account.disabled) {
        rc = api_session_close(app->store, next, err);
        rc = rc ? rc : AAS_ENOENT;
    }
    if (rc == AAS_ENOENT)
        rc = aas_error_set(err, AAS_EUNAUTHORIZED, "the session has ended; log in again");
    if (rc == AAS_EUNAUTHORIZED)
        set_cookie(app, req, "", 0);
    return rc ? rc : reply_session(app, req, &account, next, err);
}

static int logout(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    const char *token = aas_http_req_cookie(req, COOKIE);
    int rc = token ? api_session_close(app->store, token, err) : 0;
    if (rc)
        return rc;
    set_cookie(app, req, "", 0);
    aas_http_reply_empty(req, 204);
    return 0;
}

static int me(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    struct api_account account;
    int rc = api_account_get(app->store, api_caller_name(req), &account, err);
    if (rc == AAS_ENOENT || (rc == 0 && account.disabled))
        return aas_error_set(err, AAS_EUNAUTHORIZED, "this account is gone");
    if (rc)
        return rc;
    aas_http_reply_json(req, 200, api_account_json(&account));
    return 0;
}

/* ---- change of password ---- */

static int check_new(struct aas_http_req *req, const char *old_password, const char *new_password,
                     struct aas_error *err)
{
    if (strcmp(old_password, new_password) == 0)
        return aas_http_req_field(req, "new_password",
                                  aas_error_set(err, AAS_EINVAL, "the new password is the old one"));
    if (strlen(new_password) > API_PASSWORD_MAX_BYTES)
        return aas_http_req_field(
            req, "new_password",
            aas_error_set(err, AAS_EINVAL, "the new password has more than %d bytes", API_PASSWORD_MAX_BYTES));
    return 0;
}

static int password_job(struct api_app *app, struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    struct api_account account;
    char hash[API_PASSWORD_HASH_BYTES];
    int rc = api_body(req, "password_change", &body, err);
    if (rc)
        return rc;
    const char *old_password = json_string_value(json_object_get(body, "current_password"));
    const char *new_password = json_string_value(json_object_get(body, "new_password"));
    rc = check_new(req, old_password, new_password, err);
    if (rc == 0)
        rc = check_failures(app, req, api_caller_name(req), err);
    if (rc == 0)
        rc = api_account_get(app->store, api_caller_name(req), &account, err);
    if (rc)
        return rc;
    if (!api_password_verify(account.hash, old_password)) {
        count_failure(app, req, account.name);
        return aas_http_req_field(req, "current_password",
                                  aas_error_set(err, AAS_EFORBIDDEN, "the current password is wrong"));
    }
    rc = api_password_hash(new_password, hash, err);
    if (rc == 0)
        rc = api_account_set_hash(app->store, account.name, hash, false, err);
    if (rc == 0)
        rc = api_session_close_all(app->store, account.name, aas_http_req_cookie(req, COOKIE), err);
    if (rc)
        return rc;
    api_machine_tokens_forget(app);
    if (account.must_change && strcmp(account.name, "admin") == 0)
        (void)unlink(app->password_file); /* it opens nothing any more */
    api_audit(req, "password.change", account.name, NULL);
    aas_http_reply_empty(req, 204);
    return 0;
}

static int change_password(struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    int rc = api_body(req, "password_change", &body, err);
    return rc ? rc : api_hash_defer(req, password_job, err);
}

static const struct aas_http_route rows[] = {
    {.method = AAS_HTTP_POST,
     .pattern = "/auth/login",
     .mode = AAS_HTTP_INLINE,
     .max_body_bytes = 4096,
     .handler = login},
    {.method = AAS_HTTP_POST,
     .pattern = "/auth/refresh",
     .mode = AAS_HTTP_WORKER,
     .max_body_bytes = 4096,
     .handler = refresh},
    {.method = AAS_HTTP_POST,
     .pattern = "/auth/logout",
     .mode = AAS_HTTP_WORKER,
     .max_body_bytes = 4096,
     .handler = logout},
    {.method = AAS_HTTP_GET, .pattern = "/auth/me", .mode = AAS_HTTP_WORKER, .role = API_VIEWER, .handler = me},
    {.method = AAS_HTTP_POST,
     .pattern = "/auth/password",
     .mode = AAS_HTTP_INLINE,
     .role = API_VIEWER,
     .max_body_bytes = 4096,
     .handler = change_password},
};
const struct api_table api_routes_auth = API_TABLE(rows);
