/* POST /feedback, GET /feedback, POST /feedback/import. All on workers: they talk to the store. */
#include <stdio.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/http_route.h>
#include <aas/http_server.h>
#include <aas/json.h>
#include <aas/json_schema.h>

#include "feedback.h"
#include "feedback_csv.h"
#include "service.h"

#define IMPORT_MAX ((size_t)16 * 1024 * 1024)
#define MAX_ERRORS 100

static int check_body(struct aas_http_req *req, json_t **ret_body, struct aas_error *err)
{
    const struct aas_schema *schema = NULL;
    char field[128] = "";
    int rc = aas_http_req_json(req, ret_body, err);
    if (rc == 0)
        rc = aas_schema_get("feedback", &schema, err);
    if (rc == 0)
        rc = aas_schema_check(schema, *ret_body, field, sizeof field, err);
    char *kept = rc && field[0] ? aas_http_req_strdup(req, field) : NULL;
    return kept ? aas_http_req_field(req, kept, rc) : rc;
}

static int add(struct aas_http_req *req, struct aas_error *err)
{
    json_t *body = NULL, *doc = NULL;
    bool created = false;
    const char *field = NULL;
    int rc = check_body(req, &body, err);
    if (rc)
        return rc;
    rc = ml_feedback_add(aas_http_req_ctx(req), body, ml_user_of(req, body), aas_clock_wall_ms(), &doc, &created,
                         &field, err);
    if (rc)
        return field ? aas_http_req_field(req, field, rc) : rc;
    aas_http_reply_json(req, created ? 201 : 200, doc);
    return 0;
}

static int list(struct aas_http_req *req, struct aas_error *err)
{
    int64_t limit = 0;
    struct ml_feedback_filter f = {.sensor_id = aas_http_req_query(req, "sensor_id"),
                                   .prediction_id = aas_http_req_query(req, "prediction_id"),
                                   .user = aas_http_req_query(req, "user"),
                                   .verdict = aas_http_req_query(req, "verdict"),
                                   .label = aas_http_req_query(req, "label"),
                                   .cursor = aas_http_req_query(req, "cursor")};
    json_t *out = NULL;
    int rc = aas_http_req_query_int(req, "limit", 1, 500, 50, &limit, err);
    if (rc == 0)
        rc = aas_http_req_query_int(req, "from", 0, INT64_MAX, 0, &f.from, err);
    if (rc == 0)
        rc = aas_http_req_query_int(req, "to", 0, INT64_MAX, 0, &f.to, err);
    if (rc == 0)
        rc = aas_http_req_query_bool(req, "disagreements", false, &f.disagreements, err);
    f.limit = (size_t)limit;
    if (rc == 0)
        rc = ml_feedback_list(aas_http_req_ctx(req), &f, &out, err);
    if (rc == 0)
        aas_http_reply_json(req, 200, out);
    return rc;
}

struct import {
    struct aas_http_req *req;
    const char *user;
    bool dry_run;
    int64_t imported, unchanged, failed;
    json_t *errors;
};

static int note_error(struct import *im, size_t line, const struct aas_error *why)
{
    im->failed++;
    if (json_array_size(im->errors) < MAX_ERRORS)
        AAS_IGNORE(
            json_array_append_new(im->errors, json_pack("{s:I,s:s}", "line", (json_int_t)line, "detail", why->msg)));
    return 0;
}

static int on_order(void *arg, size_t line, const struct ml_work_order *o, const struct aas_error *why)
{
    struct import *im = arg;
    if (!o)
        return note_error(im, line, why);
    AAS_AUTO_JSON json_t *body =
        json_pack("{s:{s:s,s:I,s:I},s:s,s:s,s:s}", "range", "sensor_id", o->sensor_id, "start", (json_int_t)o->start,
                  "end", (json_int_t)o->end, "verdict", "relabel", "label", o->label, "comment", o->comment);
    const struct aas_schema *schema = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    json_t *doc = NULL;
    bool created = false;
    const char *field = NULL;
    if (!body) /* not UTF-8 */
        return note_error(im, line, &(struct aas_error){.code = AAS_EINVAL, .msg = "the line is not UTF-8"});
    int rc = aas_schema_get("feedback", &schema, &err);
    if (rc == 0)
        rc = aas_schema_check(schema, body, NULL, 0, &err);
    if (rc == 0 && im->dry_run)
        rc = ml_feedback_check(aas_http_req_ctx(im->req), body, &err);
    else if (rc == 0)
        rc = ml_feedback_add(aas_http_req_ctx(im->req), body, o->user[0] ? o->user : im->user, aas_clock_wall_ms(),
                             &doc, &created, &field, &err);
    json_decref(doc);
    if (rc == AAS_EINVAL || rc == AAS_ENOENT)
        return note_error(im, line, &err);
    if (rc)
        return rc;
    im->imported += im->dry_run || created;
    im->unchanged += !im->dry_run && !created;
    return 0;
}

static int import(struct aas_http_req *req, struct aas_error *err)
{
    size_t len;
    const char *text = aas_http_req_body(req, &len);
    struct import im = {.req = req, .user = ml_user_of(req, NULL), .errors = json_array()};
    int rc = aas_http_req_query_bool(req, "dry_run", false, &im.dry_run, err);
    if (rc == 0)
        rc = ml_work_orders_parse(text, len, on_order, &im, err);
    if (rc) {
        json_decref(im.errors);
        return rc;
    }
    json_t *out =
        json_pack("{s:b,s:I,s:I,s:I,s:o}", "dry_run", im.dry_run, "imported", (json_int_t)im.imported, "unchanged",
                  (json_int_t)im.unchanged, "failed", (json_int_t)im.failed, "errors", im.errors);
    if (!out)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    aas_http_reply_json(req, 200, out);
    return 0;
}

int ml_routes_feedback(struct aas_http_server *server, struct ml_service *svc, struct aas_error *err)
{
    static const struct aas_http_route routes[] = {
        {AAS_HTTP_POST, "/feedback", AAS_HTTP_WORKER, 0, 0, 65536, 0, add},
        {AAS_HTTP_GET, "/feedback", AAS_HTTP_WORKER, 0, 0, 0, 0, list},
        {AAS_HTTP_POST, "/feedback/import", AAS_HTTP_WORKER, 0, 0, IMPORT_MAX, 60000, import},
    };
    return aas_http_server_add(server, routes, sizeof routes / sizeof routes[0], svc, err);
}
