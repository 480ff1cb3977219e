/* Accounts and API tokens, for admins; and the audit records that the services write. */
#include <stdio.h>
#include <string.h>

#include "aas/audit.h"
#include "aas/clock.h"
#include "aas/id.h"
#include "aas/json.h"
#include "aas/rng.h"
#include "aas/store.h"
#include "aas/str.h"
#include "accounts.h"
#include "app.h"
#include "hashing.h"
#include "once.h"
#include "principal.h"
#include "revoked.h"
#include "routes.h"
#include "sessions.h"

#define DAY_MS INT64_C(86400000)

/* ---- lists without secrets ---- */

struct list {
    struct aas_buf *out;
    const char *const *drop;
    struct aas_error *err;
    bool any;
};

static int append_without(const bson_t *doc, void *arg)
{
    struct list *list = arg;
    bson_t shown = BSON_INITIALIZER;
    int rc = aas_store_copy_except(doc, &shown, list->drop);
    if (list->any)
        (void)aas_buf_append_char(list->out, ',');
    list->any = true;
    rc = rc ? rc : aas_json_write_bson(list->out, &shown, list->err);
    bson_destroy(&shown);
    return rc;
}

static int reply_without(struct aas_http_req *req, enum aas_collection c, const struct aas_query *query,
                         const char *const *drop, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    char next[AAS_STORE_CURSOR_BYTES] = "";
    struct list list = {.out = aas_http_req_buf(req), .drop = drop, .err = err};
    (void)aas_buf_append_str(list.out, "{\"items\":[");
    int rc = aas_store_find(app->store, c, query, append_without, &list, next, err);
    if (rc)
        return rc == AAS_EPARSE && query->cursor ? aas_http_req_field(req, "cursor", AAS_EINVAL) : rc;
    (void)aas_buf_append_str(list.out, "],\"next\":");
    if (next[0])
        (void)aas_buf_append_json(list.out, next, strlen(next));
    else
        (void)aas_buf_append_str(list.out, "null");
    (void)aas_buf_append_char(list.out, '}');
    aas_http_reply_buf(req, 200, "application/json");
    return 0;
}

static int list_users(struct aas_http_req *req, struct aas_error *err)
{
    static const char *const drop[] = {"hash", "rev", NULL};
    struct aas_query query = {.limit = 0};
    int rc = api_page(req, &query, err);
    return rc ? rc : reply_without(req, AAS_COLL_USERS, &query, drop, err);
}

static int list_tokens(struct aas_http_req *req, struct aas_error *err)
{
    static const char *const drop[] = {"family", "rev", NULL};
    const struct aas_cond where[] = {{.field = "kind", .op = AAS_OP_EQ, .value = AAS_V_STR("api")}};
    struct aas_query query = {.where = where, .n_where = 1, .sort = "created", .descending = true};
    int rc = api_page(req, &query, err);
    return rc ? rc : reply_without(req, AAS_COLL_TOKENS, &query, drop, err);
}

static int list_audit(struct aas_http_req *req, struct aas_error *err)
{
    struct aas_cond conds[AAS_STORE_FILTER_MAX];
    struct api_filter filter = {req, conds, 0};
    struct aas_query query = {.where = conds, .sort = "at", .descending = true};
    int rc = api_page(req, &query, err);
    rc = rc ? rc : api_filter_text(&filter, "user", "user", NULL, err);
    rc = rc ? rc : api_filter_text(&filter, "action", "action", NULL, err);
    rc = rc ? rc : api_filter_text(&filter, "target", "target", NULL, err);
    rc = rc ? rc : api_filter_times(&filter, "at", err);
    if (rc)
        return rc;
    query.n_where = filter.count;
    return api_reply_list(aas_http_req_ctx(req), req, AAS_COLL_AUDIT, &query, err);
}

static int verify_audit(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    struct aas_audit_report report;
    int rc = aas_audit_verify(app->store, &report, err);
    if (rc && rc != AAS_ECORRUPT)
        return rc;
    aas_http_reply_json(req, 200,
                        json_pack("{s:b, s:I, s:I, s:s, s:s?}", "ok", rc == 0, "records", (json_int_t)report.records,
                                  "last_seq", (json_int_t)report.last_seq, "last_hash", report.last_hash, "reason",
                                  rc ? aas_error_text(err, rc) : NULL));
    return 0;
}

/* ---- accounts ---- */

static int create_account(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    json_t *body = NULL;
    struct api_account account = {.must_change = true};
    int rc = api_body(req, "user_create", &body, err);
    if (rc)
        return rc;
    const char *name = json_string_value(json_object_get(body, "username"));
    if (!api_account_name_ok(name) || !api_role_parse(json_string_value(json_object_get(body, "role")), &account.role))
        return aas_http_req_field(req, "username",
                                  aas_error_set(err, AAS_EINVAL, "username is 1 to 64 of A-Z a-z 0-9 . _ @ -"));
    (void)snprintf(account.name, sizeof account.name, "%s", name);
    rc = api_password_hash(json_string_value(json_object_get(body, "password")), account.hash, err);
    rc = rc ? rc : api_account_create(app->store, &account, err);
    if (rc == AAS_EDUPLICATE)
        return aas_error_set(err, rc, "there is an account \"%s\" already", account.name);
    if (rc)
        return rc;
    api_audit(req, "user.create", account.name, api_role_name(account.role));
    aas_http_reply_json(req, 201, api_account_json(&account));
    return 0;
}

static int create_job(struct api_app *app, struct aas_http_req *req, struct aas_error *err)
{
    return api_once_run(app->once, req, create_account, err);
}

static int create_user(struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    int rc = api_body(req, "user_create", &body, err);
    return rc ? rc : api_hash_defer(req, create_job, err);
}

static int change_job(struct api_app *app, struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    struct api_account account;
    enum api_role role = API_VIEWER;
    const char *name = aas_http_req_param(req, "name");
    int rc = api_body(req, "user_change", &body, err);
    if (rc)
        return rc;
    const json_t *disabled = json_object_get(body, "disabled");
    const char *password = json_string_value(json_object_get(body, "password"));
    bool has_role = api_role_parse(json_string_value(json_object_get(body, "role")), &role);
    bool off = json_is_true(disabled);
    if (strcmp(name, api_caller_name(req)) == 0)
        return aas_error_set(err, AAS_ECONFLICT, "an admin can't change the own account here: somebody must stay");
    if (!api_account_name_ok(name))
        return aas_error_set(err, AAS_ENOENT, "there is no such account");
    if (password) {
        char hash[API_PASSWORD_HASH_BYTES];
        rc = api_password_hash(password, hash, err);
        rc = rc ? rc : api_account_set_hash(app->store, name, hash, true, err);
    }
    if (rc == 0 && (has_role || disabled))
        rc = api_account_change(app->store, name, has_role ? &role : NULL, disabled ? &off : NULL, err);
    if (rc == 0)
        rc = api_session_close_all(app->store, name, NULL, err); /* what it may do changed: log in again */
    rc = rc ? rc : api_account_get(app->store, name, &account, err);
    if (rc)
        return rc;
    api_machine_tokens_forget(app);
    api_revoked_add(app->revoked, name);
    char what[96];
    (void)snprintf(what, sizeof what, "{\"role\":\"%s\",\"disabled\":%s,\"new_password\":%s}",
                   api_role_name(account.role), account.disabled ? "true" : "false", password ? "true" : "false");
    api_audit(req, "user.change", name, what);
    aas_http_reply_json(req, 200, api_account_json(&account));
    return 0;
}

static int change_user(struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    int rc = api_body(req, "user_change", &body, err);
    return rc ? rc : api_hash_defer(req, change_job, err);
}

/* ---- API tokens ---- */

static int create_token(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    json_t *body = NULL;
    unsigned char bytes[32];
    char hex[65];
    char token[sizeof API_TOKEN_PREFIX + 64];
    char id[AAS_SHA256_HEX_SIZE];
    int rc = api_body(req, "token_create", &body, err);
    if (rc)
        return rc;
    const json_t *days = json_object_get(body, "days");
    int64_t now_ms = aas_clock_wall_ms();
    int64_t expires = now_ms + (days ? json_integer_value(days) : 90) * DAY_MS;
    const char *name = json_string_value(json_object_get(body, "name"));
    const char *scope = json_string_value(json_object_get(body, "scope"));
    aas_random_bytes(bytes, sizeof bytes);
    aas_str_hex(bytes, sizeof bytes, hex);
    (void)snprintf(token, sizeof token, "%s%s", API_TOKEN_PREFIX, hex);
    aas_sha256_hex(token, strlen(token), id);
    bson_t doc = BSON_INITIALIZER;
    BSON_APPEND_UTF8(&doc, "_id", id);
    BSON_APPEND_UTF8(&doc, "kind", "api");
    BSON_APPEND_UTF8(&doc, "name", name);
    BSON_APPEND_UTF8(&doc, "user", api_caller_name(req));
    BSON_APPEND_UTF8(&doc, "scope", scope);
    BSON_APPEND_DATE_TIME(&doc, "created", now_ms);
    BSON_APPEND_DATE_TIME(&doc, "expires", expires);
    BSON_APPEND_BOOL(&doc, "revoked", false);
    rc = aas_store_insert(app->store, AAS_COLL_TOKENS, &doc, err);
    bson_destroy(&doc);
    if (rc)
        return rc;
    api_audit(req, "token.create", id, name);
    aas_http_reply_json(req, 201,
                        json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", id, "name", name, "scope", scope, "token", token,
                                  "expires", (json_int_t)expires));
    return 0;
}

static int create_token_once(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    return api_once_run(app->once, req, create_token, err);
}

static int revoke_token(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    const char *id = aas_http_req_param(req, "id");
    const struct aas_cond where[] = {{.field = "_id", .op = AAS_OP_EQ, .value = AAS_V_STR(id)},
                                     {.field = "kind", .op = AAS_OP_EQ, .value = AAS_V_STR("api")}};
    size_t removed = 0;
    int rc = aas_store_remove(app->store, AAS_COLL_TOKENS, where, 2, 1, &removed, err);
    if (rc)
        return rc;
    if (removed == 0)
        return aas_error_set(err, AAS_ENOENT, "there is no such API token");
    api_machine_tokens_forget(app);
    api_audit(req, "token.revoke", id, NULL);
    aas_http_reply_empty(req, 204);
    return 0;
}

#define ROW(verb, path, how, fn)                                                                                       \
    {                                                                                                                  \
        .method = (verb), .pattern = (path), .mode = (how), .role = API_ADMIN, .max_body_bytes = 4096, .handler = (fn) \
    }

static const struct aas_http_route rows[] = {
    ROW(AAS_HTTP_GET, "/users", AAS_HTTP_WORKER, list_users),
    ROW(AAS_HTTP_POST, "/users", AAS_HTTP_INLINE, create_user),
    ROW(AAS_HTTP_PATCH, "/users/{name}", AAS_HTTP_INLINE, change_user),
    ROW(AAS_HTTP_GET, "/tokens", AAS_HTTP_WORKER, list_tokens),
    ROW(AAS_HTTP_POST, "/tokens", AAS_HTTP_WORKER, create_token_once),
    ROW(AAS_HTTP_DELETE, "/tokens/{id}", AAS_HTTP_WORKER, revoke_token),
    ROW(AAS_HTTP_GET, "/audit", AAS_HTTP_WORKER, list_audit),
    ROW(AAS_HTTP_GET, "/audit/verify", AAS_HTTP_WORKER, verify_audit),
};
const struct api_table api_routes_users = API_TABLE(rows);
