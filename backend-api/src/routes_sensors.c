/* Sensors: list, one, edit, readings. */
#include <stdio.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/json.h"
#include "aas/store.h"
#include "app.h"
#include "live.h"
#include "principal.h"
#include "routes.h"
#include "series.h"

#define HOUR_MS 3600000
/* A bucket spans at most so much: with it a range on `start` finds all that overlap a range of time. */
#define BUCKET_SPAN_MS ((int64_t)HOUR_MS)
#define MINUTE_MS      60000

/* The stored document with the live state behind it, which knows best when the sensor was last seen. */
static int append_sensor(struct api_app *app, struct aas_buf *out, const bson_t *doc, struct aas_error *err)
{
    bson_t shown;
    bson_iter_t it;
    bson_init(&shown);
    bson_copy_to_excluding_noinit(doc, &shown, "rev", "last_seen", NULL);
    int rc = aas_json_write_bson(out, &shown, err);
    bson_destroy(&shown);
    if (rc)
        return rc;
    aas_buf_truncate(out, out->len - 1); /* the closing brace: more goes in front of it */
    if (!aas_doc_str(doc, "status", NULL))
        (void)aas_buf_append_str(out, ",\"status\":\"new\"");
    if (!bson_iter_init_find(&it, doc, "channels"))
        (void)aas_buf_append_str(out, ",\"channels\":[]");
    (void)aas_buf_append_str(out, ",\"live\":");
    int64_t stored = aas_doc_int(doc, "last_seen", 0);
    int64_t last_seen = api_live_append_sensor(app->live, aas_doc_str(doc, "_id", ""), out);
    if (stored > last_seen)
        last_seen = stored;
    (void)aas_buf_append_str(out, ",\"last_seen\":");
    if (last_seen)
        (void)aas_buf_append_i64(out, last_seen);
    else
        (void)aas_buf_append_str(out, "null");
    (void)aas_buf_append_char(out, '}');
    return aas_buf_status(out);
}

struct list {
    struct api_app *app;
    struct aas_buf *out;
    struct aas_error *err;
    bool any;
};

static int append_item(const bson_t *doc, void *arg)
{
    struct list *list = arg;
    if (list->any)
        (void)aas_buf_append_char(list->out, ',');
    list->any = true;
    return append_sensor(list->app, list->out, doc, list->err);
}

static int list_sensors(struct aas_http_req *req, struct aas_error *err)
{
    static const char *const statuses[] = {"new", "active", "retired", NULL};
    struct aas_cond conds[AAS_STORE_FILTER_MAX];
    struct api_filter filter = {req, conds, 0};
    struct aas_query query = {.where = conds};
    char next[AAS_STORE_CURSOR_BYTES] = "";
    struct list list = {.app = aas_http_req_ctx(req), .out = aas_http_req_buf(req), .err = err};
    int rc = api_page(req, &query, err);
    rc = rc ? rc : api_filter_text(&filter, "status", "status", statuses, err);
    rc = rc ? rc : api_filter_text(&filter, "type", "type", NULL, err);
    if (rc)
        return rc;
    query.n_where = filter.count;
    (void)aas_buf_append_str(list.out, "{\"items\":[");
    rc = aas_store_find(list.app->store, AAS_COLL_SENSORS, &query, append_item, &list, next, err);
    if (rc)
        return rc == AAS_EPARSE && query.cursor ? aas_http_req_field(req, "cursor", AAS_EINVAL) : rc;
    (void)aas_buf_append_str(list.out, "],\"next\":");
    if (next[0])
        (void)aas_buf_append_json(list.out, next, strlen(next));
    else
        (void)aas_buf_append_str(list.out, "null");
    (void)aas_buf_append_char(list.out, '}');
    aas_http_reply_buf(req, 200, "application/json");
    return 0;
}

static int no_sensor(struct aas_error *err, const char *id)
{
    return aas_error_set(err, AAS_ENOENT, "there is no sensor \"%.64s\"", id);
}

static int get_sensor(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    const char *id = aas_http_req_param(req, "id");
    bson_t *doc = NULL;
    if (strlen(id) > 64)
        return no_sensor(err, id);
    int rc = aas_store_get(app->store, AAS_COLL_SENSORS, id, &doc, err);
    if (rc == AAS_ENOENT)
        return no_sensor(err, id);
    if (rc)
        return rc;
    rc = append_sensor(app, aas_http_req_buf(req), doc, err);
    bson_destroy(doc);
    if (rc == 0)
        aas_http_reply_buf(req, 200, "application/json");
    return rc;
}

/* ---- edit ---- */

struct patch {
    const json_t *body;
    const char *id;
};

static void append_asset(const bson_t *old_doc, bson_t *ret_new, const json_t *asset)
{
    static const char *const parts[] = {"site", "line", "machine"};
    bson_t child;
    char path[32];
    BSON_APPEND_DOCUMENT_BEGIN(ret_new, "asset", &child);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const json_t *value = json_object_get(asset, parts[i]);
        (void)snprintf(path, sizeof path, "asset.%s", parts[i]);
        const char *text = value ? json_string_value(value) : aas_doc_str(old_doc, path, NULL);
        if (text)
            BSON_APPEND_UTF8(&child, parts[i], text);
    }
    bson_append_document_end(ret_new, &child);
}

static int apply_patch(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    static const char *const texts[] = {"name", "type", "status"};
    const struct patch *patch = arg;
    const char *drop[5] = {NULL};
    size_t n = 0;
    if (!old_doc)
        return no_sensor(err, patch->id);
    for (size_t i = 0; i < 3; i++)
        if (json_object_get(patch->body, texts[i]))
            drop[n++] = texts[i];
    const json_t *asset = json_object_get(patch->body, "asset");
    if (asset)
        drop[n++] = "asset";
    int rc = aas_store_copy_except(old_doc, ret_new, drop);
    if (rc)
        return rc;
    for (size_t i = 0; i < 3; i++) {
        const char *text = json_string_value(json_object_get(patch->body, texts[i]));
        if (text)
            BSON_APPEND_UTF8(ret_new, texts[i], text);
    }
    if (asset)
        append_asset(old_doc, ret_new, asset);
    return 0;
}

static int patch_sensor(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    json_t *body = NULL;
    struct patch patch = {.id = aas_http_req_param(req, "id")};
    int rc = api_body(req, "sensor_patch", &body, err);
    if (rc)
        return rc;
    if (strlen(patch.id) > 64)
        return no_sensor(err, patch.id);
    patch.body = body;
    rc = aas_store_update(app->store, AAS_COLL_SENSORS, patch.id, apply_patch, &patch, err);
    if (rc)
        return rc;
    size_t len = 0;
    api_audit(req, "sensor.edit", patch.id, aas_http_req_body(req, &len));
    return get_sensor(req, err);
}

/* ---- readings ---- */

static int parse_range(struct aas_http_req *req, int64_t *ret_from, int64_t *ret_to, struct aas_error *err)
{
    const int64_t max = INT64_C(253402300799999);
    int64_t now_ms = aas_clock_wall_ms();
    int rc = aas_http_req_query_int(req, "to", 0, max, now_ms, ret_to, err);
    if (rc)
        return rc;
    int64_t hour_before = *ret_to > HOUR_MS ? *ret_to - HOUR_MS : 0;
    rc = aas_http_req_query_int(req, "from", 0, max, hour_before, ret_from, err);
    if (rc)
        return rc;
    if (*ret_from > *ret_to)
        return aas_http_req_field(req, "from", aas_error_set(err, AAS_EINVAL, "from lies behind to"));
    return 0;
}

struct adding {
    struct api_series *series;
    struct aas_error *err;
    int (*add)(struct api_series *series, const bson_t *doc, struct aas_error *err);
    struct aas_http_req *req;
};

static int add_document(const bson_t *doc, void *arg)
{
    struct adding *a = arg;
    if (aas_http_req_time_left_ms(a->req) == 0)
        return aas_error_set(a->err, AAS_ETIMEDOUT, "the range takes too long to read; narrow it");
    return a->add(a->series, doc, a->err);
}

/* Whole minutes come from the roll-ups, where there are any: a week is 10,000 of them instead of millions of rows. */
static int fill(struct api_app *app, struct adding *a, const char *id, int64_t from, int64_t to, int64_t slot_ms,
                struct aas_error *err)
{
    const struct aas_cond minutes[] = {{.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(id)},
                                       {.field = "minute", .op = AAS_OP_GE, .value = AAS_V_TIME(from)},
                                       {.field = "minute", .op = AAS_OP_LE, .value = AAS_V_TIME(to)}};
    const struct aas_cond buckets[] = {
        {.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(id)},
        {.field = "start", .op = AAS_OP_GE, .value = AAS_V_TIME(from > BUCKET_SPAN_MS ? from - BUCKET_SPAN_MS : 0)},
        {.field = "start", .op = AAS_OP_LE, .value = AAS_V_TIME(to)},
        {.field = "end", .op = AAS_OP_GE, .value = AAS_V_TIME(from)}};
    struct aas_query query = {.where = minutes, .n_where = 3, .sort = "minute"};
    if (slot_ms >= MINUTE_MS && slot_ms % MINUTE_MS == 0) {
        a->add = api_series_add_rollup;
        int rc = aas_store_find(app->store, AAS_COLL_ROLLUPS, &query, add_document, a, NULL, err);
        if (rc || api_series_rows(a->series) > 0)
            return rc;
    }
    a->add = api_series_add_bucket;
    query = (struct aas_query){.where = buckets, .n_where = 4, .sort = "start"};
    return aas_store_find(app->store, AAS_COLL_SENSOR_DATA, &query, add_document, a, NULL, err);
}

static int check_sensor(struct api_app *app, const char *id, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = strlen(id) > 64 ? AAS_ENOENT : aas_store_get(app->store, AAS_COLL_SENSORS, id, &doc, err);
    if (rc == AAS_ENOENT)
        return no_sensor(err, id);
    if (rc == 0)
        bson_destroy(doc);
    return rc;
}

static int readings(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    const char *id = aas_http_req_param(req, "id");
    const char *resolution = aas_http_req_query(req, "resolution");
    int64_t from = 0;
    int64_t to = 0;
    int64_t slot_ms = 0;
    int rc = parse_range(req, &from, &to, err);
    if (rc)
        return rc;
    rc = api_series_resolution(resolution ? resolution : "auto", to - from, &slot_ms);
    if (rc)
        return aas_http_req_field(
            req, "resolution",
            aas_error_set(err, AAS_EINVAL,
                          rc == AAS_ETOOBIG ? "this resolution makes more than 20,000 slots of the range"
                                            : "resolution is auto, raw, or a width such as 500ms, 10s, 1m, 1h"));
    rc = check_sensor(app, id, err);
    if (rc)
        return rc;
    struct api_series *series = NULL;
    rc = api_series_create(&series, from, to, slot_ms);
    if (rc)
        return rc;
    struct adding a = {.series = series, .err = err, .req = req};
    rc = fill(app, &a, id, from, to, slot_ms, err);
    if (rc == 0)
        rc = api_series_write(series, id, aas_http_req_buf(req));
    api_series_destroy(series);
    if (rc == 0)
        aas_http_reply_buf(req, 200, "application/json");
    return rc == AAS_ETOOBIG ? aas_http_req_field(req, "from", AAS_EINVAL) : rc;
}

static const struct aas_http_route rows[] = {
    {.method = AAS_HTTP_GET,
     .pattern = "/sensors",
     .mode = AAS_HTTP_WORKER,
     .role = API_VIEWER,
     .flags = AAS_HTTP_ETAG,
     .handler = list_sensors},
    {.method = AAS_HTTP_GET,
     .pattern = "/sensors/{id}",
     .mode = AAS_HTTP_WORKER,
     .role = API_VIEWER,
     .flags = AAS_HTTP_ETAG,
     .handler = get_sensor},
    {.method = AAS_HTTP_PATCH,
     .pattern = "/sensors/{id}",
     .mode = AAS_HTTP_WORKER,
     .role = API_ENGINEER,
     .max_body_bytes = 16384,
     .handler = patch_sensor},
    {.method = AAS_HTTP_GET,
     .pattern = "/sensors/{id}/readings",
     .mode = AAS_HTTP_WORKER,
     .role = API_VIEWER,
     .handler = readings},
};
const struct api_table api_routes_sensors = API_TABLE(rows);
