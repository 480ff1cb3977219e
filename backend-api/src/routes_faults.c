/* Fault types: what people wrote about them, with how often each was predicted in the last day and the day before.
 * Labels that models use and nobody has described yet are listed too. */
#include <string.h>

#include "aas/clock.h"
#include "aas/json.h"
#include "aas/store.h"
#include "app.h"
#include "once.h"
#include "principal.h"
#include "routes.h"

#define DAY_MS     INT64_C(86400000)
#define MAX_FAULTS 500

/* ---- list ---- */

struct listing {
    json_t *by_code; /* code -> fault */
    const char *counter;
    struct aas_error *err;
};

static json_t *fault_of(struct listing *l, const char *code)
{
    json_t *fault = json_object_get(l->by_code, code);
    if (fault)
        return fault;
    fault =
        json_pack("{s:s, s:n, s:b, s:i, s:i}", "code", code, "name", "enabled", 1, "count_24h", 0, "count_before", 0);
    return fault && json_object_set_new(l->by_code, code, fault) == 0 ? fault : NULL;
}

static int add_document(const bson_t *doc, void *arg)
{
    struct listing *l = arg;
    json_t *stored = NULL;
    json_t *fault = fault_of(l, aas_doc_str(doc, "_id", ""));
    int rc = aas_json_from_bson(doc, &stored, l->err);
    if (rc)
        return rc;
    (void)json_object_del(stored, "id");
    rc = fault && json_object_update(fault, stored) == 0 ? 0 : AAS_ENOMEM;
    json_decref(stored);
    return rc;
}

static int add_count(const struct aas_tally_row *row, void *arg)
{
    struct listing *l = arg;
    if (row->keys[0].type != AAS_VALUE_STR || json_object_size(l->by_code) >= MAX_FAULTS)
        return 0;
    json_t *fault = fault_of(l, row->keys[0].v.s);
    return fault && json_object_set_new(fault, l->counter, json_integer((json_int_t)row->count)) == 0 ? 0 : AAS_ENOMEM;
}

static int count_day(struct api_app *app, struct listing *l, const char *counter, int64_t from, int64_t to,
                     struct aas_error *err)
{
    static const char *const by[] = {"label"};
    const struct aas_cond where[] = {{.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(from)},
                                     {.field = "at", .op = AAS_OP_LT, .value = AAS_V_TIME(to)},
                                     {.field = "is_anomaly", .op = AAS_OP_EQ, .value = AAS_V_BOOL(true)}};
    l->counter = counter;
    return aas_store_tally(app->store, AAS_COLL_PREDICTIONS, where, 3, by, 1, NULL, 0, add_count, l, err);
}

static int list_faults(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    const struct aas_query all = {.limit = MAX_FAULTS};
    struct listing l = {.by_code = json_object(), .err = err};
    json_t *items = json_array();
    int64_t now_ms = aas_clock_wall_ms();
    const char *code = NULL;
    json_t *fault = NULL;
    int rc = l.by_code && items ? 0 : AAS_ENOMEM;
    rc = rc ? rc : aas_store_find(app->store, AAS_COLL_FAULTS, &all, add_document, &l, NULL, err);
    rc = rc ? rc : count_day(app, &l, "count_24h", now_ms - DAY_MS, now_ms + DAY_MS, err);
    rc = rc ? rc : count_day(app, &l, "count_before", now_ms - 2 * DAY_MS, now_ms - DAY_MS, err);
    if (rc == 0) {
        json_object_foreach(l.by_code, code, fault) if (json_array_append(items, fault) != 0) rc = AAS_ENOMEM;
    }
    if (rc == 0)
        aas_http_reply_json(req, 200, json_pack("{s:O, s:n}", "items", items, "next"));
    json_decref(items);
    json_decref(l.by_code);
    return rc;
}

/* ---- edit ---- */

struct edit {
    const char *code;
    const json_t *body;
    bool create;
};

static int apply(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    const struct edit *edit = arg;
    bson_t *fields = NULL;
    if (edit->create && old_doc)
        return aas_error_set(err, AAS_EDUPLICATE, "there is a fault type \"%.64s\" already", edit->code);
    if (!edit->create && !old_doc)
        return aas_error_set(err, AAS_ENOENT, "there is no fault type \"%.64s\"", edit->code);
    int rc = aas_json_to_bson(edit->body, NULL, &fields, err);
    if (rc)
        return rc;
    BSON_APPEND_UTF8(ret_new, "_id", edit->code);
    bson_copy_to_excluding_noinit(fields, ret_new, "code", "enabled", NULL);
    const json_t *enabled = json_object_get(edit->body, "enabled");
    BSON_APPEND_BOOL(ret_new, "enabled", !json_is_false(enabled));
    bson_destroy(fields);
    return 0;
}

static int write_fault(struct aas_http_req *req, const char *code, const json_t *body, bool create,
                       struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    struct edit edit = {code, body, create};
    int rc = aas_store_update(app->store, AAS_COLL_FAULTS, code, apply, &edit, err);
    if (rc)
        return rc;
    size_t len = 0;
    api_audit(req, create ? "fault.create" : "fault.replace", code, aas_http_req_body(req, &len));
    json_t *answer = json_copy((json_t *)(uintptr_t)body);
    if (answer)
        (void)json_object_set_new(answer, "code", json_string(code));
    aas_http_reply_json(req, create ? 201 : 200, answer);
    return 0;
}

static int create_fault(struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    int rc = api_body(req, "fault", &body, err);
    if (rc)
        return rc;
    const char *code = json_string_value(json_object_get(body, "code"));
    if (!code)
        return aas_http_req_field(req, "code", aas_error_set(err, AAS_EINVAL, "code is missing"));
    return write_fault(req, code, body, true, err);
}

static int create_fault_once(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    return api_once_run(app->once, req, create_fault, err);
}

static int replace_fault(struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL;
    const char *code = aas_http_req_param(req, "code");
    int rc = api_body(req, "fault", &body, err);
    if (rc)
        return rc;
    const char *named = json_string_value(json_object_get(body, "code"));
    if (named && strcmp(named, code) != 0)
        return aas_http_req_field(req, "code", aas_error_set(err, AAS_EINVAL, "code is not that of the path"));
    if (strlen(code) > 64)
        return aas_error_set(err, AAS_ENOENT, "there is no fault type of that code");
    return write_fault(req, code, body, false, err);
}

static int delete_fault(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    const char *code = aas_http_req_param(req, "code");
    const struct aas_cond where[] = {{.field = "_id", .op = AAS_OP_EQ, .value = AAS_V_STR(code)}};
    size_t removed = 0;
    int rc = aas_store_remove(app->store, AAS_COLL_FAULTS, where, 1, 1, &removed, err);
    if (rc)
        return rc;
    if (removed == 0)
        return aas_error_set(err, AAS_ENOENT, "there is no fault type \"%.64s\"", code);
    api_audit(req, "fault.delete", code, NULL);
    aas_http_reply_empty(req, 204);
    return 0;
}

static const struct aas_http_route rows[] = {
    {.method = AAS_HTTP_GET,
     .pattern = "/faults",
     .mode = AAS_HTTP_WORKER,
     .role = API_VIEWER,
     .flags = AAS_HTTP_ETAG,
     .handler = list_faults},
    {.method = AAS_HTTP_POST,
     .pattern = "/faults",
     .mode = AAS_HTTP_WORKER,
     .role = API_ENGINEER,
     .max_body_bytes = 16384,
     .handler = create_fault_once},
    {.method = AAS_HTTP_PUT,
     .pattern = "/faults/{code}",
     .mode = AAS_HTTP_WORKER,
     .role = API_ENGINEER,
     .max_body_bytes = 16384,
     .handler = replace_fault},
    {.method = AAS_HTTP_DELETE,
     .pattern = "/faults/{code}",
     .mode = AAS_HTTP_WORKER,
     .role = API_ENGINEER,
     .handler = delete_fault},
};
const struct api_table api_routes_faults = API_TABLE(rows);
