/* GET /serving, /models, /models/{v}, and the verbs of the registry: promote, rollback, retire, shadow, ab. */
#include <stdlib.h>
#include <string.h>

#include <aas/clock.h>
#include <aas/http_route.h>
#include <aas/http_server.h>
#include <aas/json.h>
#include <aas/json_schema.h>

#include "compare.h"
#include "current_watch.h"
#include "service.h"

#define FIELD_BYTES 128

static int serving(struct aas_http_req *req, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    struct ml_serving *s = ml_registry_acquire(svc->registry);
    if (!s) {
        ml_registry_reason(svc->registry, err);
        return AAS_EUNAVAILABLE;
    }
    json_t *body = ml_serving_json(s);
    ml_serving_put(s);
    if (!body)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    aas_http_reply_json(req, 200, body);
    return 0;
}

static int list_models(struct aas_http_req *req, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    json_t *list = NULL;
    int rc = ml_registry_list(svc->registry, &list, err);
    if (rc)
        return rc;
    AAS_IGNORE(json_object_set_new(list, "drop_in", ml_current_json(svc->current)));
    aas_http_reply_json(req, 200, list);
    return 0;
}

static int reply_model(struct aas_http_req *req, const char *version, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    json_t *item = NULL;
    int rc = ml_registry_describe(svc->registry, version, &item, err);
    if (rc == 0)
        aas_http_reply_json(req, 200, item);
    return rc;
}

static int get_model(struct aas_http_req *req, struct aas_error *err)
{
    return reply_model(req, aas_http_req_param(req, "version"), err);
}

static int compare(struct aas_http_req *req, struct aas_error *err)
{
    json_t *report = NULL;
    int rc = ml_compare(aas_http_req_ctx(req), aas_http_req_param(req, "version"), aas_http_req_param(req, "other"),
                        &report, err);
    if (rc == 0)
        aas_http_reply_json(req, 200, report);
    return rc;
}

/* Body of a verb: {sensor_type?, percent?, end?, user?, reason?}. An empty body is {}. */
static int read_body(struct aas_http_req *req, const json_t **ret_body, struct aas_error *err)
{
    size_t len;
    (void)aas_http_req_body(req, &len);
    *ret_body = NULL;
    if (len == 0)
        return 0;
    json_t *body = NULL;
    const struct aas_schema *schema = NULL;
    char field[FIELD_BYTES] = "";
    int rc = aas_http_req_json(req, &body, err);
    if (rc == 0)
        rc = aas_schema_get("model_change", &schema, err);
    if (rc == 0)
        rc = aas_schema_check(schema, body, field, sizeof field, err);
    if (rc) {
        char *kept = field[0] ? aas_http_req_strdup(req, field) : NULL;
        return kept ? aas_http_req_field(req, kept, rc) : rc;
    }
    *ret_body = body;
    return 0;
}

static const char *text_or(const json_t *body, const char *key, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(body, key));
    return s ? s : otherwise;
}

const char *ml_user_of(const struct aas_http_req *req, const json_t *body)
{
    const char *user = aas_http_req_header(req, "X-Aastreli-User");
    return user && *user && strlen(user) <= 128 ? user : text_or(body, "user", "unknown");
}

/* The type that a version serves where the body names none: the manifest's. */
static int type_of(struct ml_service *svc, const char *version, const json_t *body, char *type, size_t size,
                   struct aas_error *err)
{
    const char *named = text_or(body, "sensor_type", NULL);
    json_t *item = NULL;
    if (!named) {
        int rc = ml_registry_describe(svc->registry, version, &item, err);
        if (rc)
            return rc;
        named = text_or(item, "sensor_type", "*");
    }
    (void)snprintf(type, size, "%s", named);
    json_decref(item);
    return 0;
}

static int change(struct aas_http_req *req, enum ml_action action, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    const char *version = aas_http_req_param(req, "version");
    const json_t *body = NULL;
    char type[65] = "";
    int rc = read_body(req, &body, err);
    if (rc == 0)
        rc = type_of(svc, version, body, type, sizeof type, err);
    if (rc)
        return rc;
    bool ends = json_is_true(json_object_get(body, "end"));
    const json_t *percent = json_object_get(body, "percent");
    struct ml_change c = {.action = action,
                          .type = action == ML_ACTION_RETIRE ? NULL : type,
                          .version = ends ? NULL : version,
                          .ab_pct = percent ? json_number_value(percent) : 50.0,
                          .user = ml_user_of(req, body),
                          .reason = text_or(body, "reason", ""),
                          .at_ms = aas_clock_wall_ms()};
    rc = ml_registry_change(svc->registry, &c, err);
    return rc ? rc : reply_model(req, version, err);
}

static int promote(struct aas_http_req *req, struct aas_error *err)
{
    return change(req, ML_ACTION_PROMOTE, err);
}

static int retire(struct aas_http_req *req, struct aas_error *err)
{
    return change(req, ML_ACTION_RETIRE, err);
}

static int shadow(struct aas_http_req *req, struct aas_error *err)
{
    return change(req, ML_ACTION_SHADOW, err);
}

static int ab(struct aas_http_req *req, struct aas_error *err)
{
    return change(req, ML_ACTION_AB, err);
}

/* {v} is the version that is to go: it must serve now, so that two people don't roll back twice. */
static int rollback(struct aas_http_req *req, struct aas_error *err)
{
    struct ml_service *svc = aas_http_req_ctx(req);
    const char *version = aas_http_req_param(req, "version");
    const json_t *body = NULL;
    char type[65] = "";
    int rc = read_body(req, &body, err);
    if (rc == 0)
        rc = type_of(svc, version, body, type, sizeof type, err);
    if (rc)
        return rc;
    struct ml_change c = {.action = ML_ACTION_ROLLBACK,
                          .type = type,
                          .version = version,
                          .user = ml_user_of(req, body),
                          .reason = text_or(body, "reason", ""),
                          .at_ms = aas_clock_wall_ms()};
    rc = ml_registry_change(svc->registry, &c, err);
    if (rc)
        return rc;
    struct ml_serving *s = ml_registry_acquire(svc->registry);
    const struct ml_route *route = s ? ml_serving_route(s, type) : NULL;
    char now[ML_VERSION_BYTES] = "";
    if (route)
        memcpy(now, route->champion->version, sizeof now);
    ml_serving_put(s);
    return reply_model(req, now, err);
}

int ml_routes_models(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err)
{
    static const struct aas_http_route routes[] = {
        {AAS_HTTP_GET, "/serving", AAS_HTTP_INLINE, 0, AAS_HTTP_NO_LOG, 0, 0, serving},
        {AAS_HTTP_GET, "/models", AAS_HTTP_WORKER, 0, 0, 0, 0, list_models},
        {AAS_HTTP_GET, "/models/{version}", AAS_HTTP_WORKER, 0, 0, 0, 0, get_model},
        {AAS_HTTP_GET, "/models/{version}/compare/{other}", AAS_HTTP_WORKER, 0, 0, 0, 30000, compare},
        {AAS_HTTP_POST, "/models/{version}/promote", AAS_HTTP_WORKER, 0, 0, 0, 30000, promote},
        {AAS_HTTP_POST, "/models/{version}/rollback", AAS_HTTP_WORKER, 0, 0, 0, 30000, rollback},
        {AAS_HTTP_POST, "/models/{version}/retire", AAS_HTTP_WORKER, 0, 0, 0, 30000, retire},
        {AAS_HTTP_POST, "/models/{version}/shadow", AAS_HTTP_WORKER, 0, 0, 0, 30000, shadow},
        {AAS_HTTP_POST, "/models/{version}/ab", AAS_HTTP_WORKER, 0, 0, 0, 30000, ab},
    };
    return aas_http_server_add(server, routes, sizeof routes / sizeof routes[0], svc, err);
}
