/* GET /quarantine, POST /quarantine/{id}/reinject, POST /import. */
#include <string.h>

#include "aas/clock.h"
#include "aas/http_server.h"
#include "aas/json.h"
#include "aas/reading.h"
#include "app.h"
#include "import.h"
#include "quarantine.h"

#define LIST_MAX          500
#define IMPORT_BODY_BYTES ((size_t)64 << 20)

static int get_quarantine(struct aas_http_req *req, struct aas_error *err)
{
    struct ingest_app *app = aas_http_req_ctx(req);
    int64_t limit = 0;
    int rc = aas_http_req_query_int(req, "limit", 1, LIST_MAX, 50, &limit, err);
    if (rc < 0)
        return rc;
    const struct ingest_quarantine_query q = {.sensor_id = aas_http_req_query(req, "sensor_id"),
                                              .reason = aas_http_req_query(req, "reason"),
                                              .limit = (size_t)limit,
                                              .cursor = aas_http_req_query(req, "cursor")};
    rc = ingest_quarantine_list(app->store, &q, aas_http_req_buf(req), err);
    if (rc == AAS_EPARSE)
        return aas_http_req_field(req, "cursor", rc);
    if (rc == 0)
        aas_http_reply_buf(req, 200, "application/json");
    return rc;
}

static int post_reinject(struct aas_http_req *req, struct aas_error *err)
{
    struct ingest_app *app = aas_http_req_ctx(req);
    uint32_t readings = 0;
    size_t len = 0;
    const char *body = aas_http_req_body(req, &len), *id = aas_http_req_param(req, "id");
    int rc = ingest_quarantine_reinject(app->store, app->subscriber, app->topics, id, len > 0 ? body : NULL, len,
                                        &readings, err);
    if (rc == AAS_EINVAL) { /* well formed as a request, but it can't be done */
        aas_http_reply_problem(req, 422, "unprocessable", err->msg);
        return 0;
    }
    if (rc < 0)
        return rc;
    aas_http_reply_json(req, 202, json_pack("{s:s, s:I}", "id", id, "readings", (json_int_t)readings));
    return 0;
}

static int post_import(struct aas_http_req *req, struct aas_error *err)
{
    struct ingest_app *app = aas_http_req_ctx(req);
    const char *type = aas_http_req_header(req, "Content-Type"), *sensor = aas_http_req_query(req, "sensor_id");
    bool dry_run = false;
    json_t *report;
    size_t len = 0;
    const char *body = aas_http_req_body(req, &len);
    int rc = aas_http_req_query_bool(req, "dry_run", false, &dry_run, err);
    if (rc < 0)
        return rc;
    if (sensor && !aas_reading_name_valid(sensor, strlen(sensor)))
        return aas_http_req_field(req, "sensor_id", aas_error_set(err, AAS_EINVAL, "sensor_id is no valid id"));
    const struct ingest_import_options o = {
        .sensor_id = sensor,
        .dry_run = dry_run,
        .rules = {.max_future_ms = app->config->max_future_ms, .max_age_ms = app->config->max_age_ms},
        .now_ms = aas_clock_wall_ms(),
        .subscriber = app->subscriber,
    };
    bool csv = type && strncmp(type, "text/csv", 8) == 0;
    rc = csv ? ingest_import_csv(body, len, &o, &report, err) : ingest_import_json(body, len, &o, &report, err);
    if (rc < 0)
        return rc;
    aas_http_reply_json(req, dry_run ? 200 : 202, report);
    return 0;
}

static const struct aas_http_route routes[] = {
    {.method = AAS_HTTP_GET, .pattern = "/quarantine", .mode = AAS_HTTP_WORKER, .handler = get_quarantine},
    {.method = AAS_HTTP_POST,
     .pattern = "/quarantine/{id}/reinject",
     .mode = AAS_HTTP_WORKER,
     .handler = post_reinject},
    {.method = AAS_HTTP_POST,
     .pattern = "/import",
     .mode = AAS_HTTP_WORKER,
     .max_body_bytes = IMPORT_BODY_BYTES,
     .deadline_ms = 120000,
     .handler = post_import},
};

int ingest_routes_add_data(struct ingest_app *app, struct aas_error *err)
{
    return aas_http_server_add(app->http, routes, sizeof routes / sizeof routes[0], app, err);
}
