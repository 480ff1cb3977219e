/* Alarms: list, one, what an operator does to them, and the figures of the alarm system (EEMUA 191). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/json.h"
#include "aas/store.h"
#include "alarm_change.h"
#include "app.h"
#include "live.h"
#include "once.h"
#include "principal.h"
#include "routes.h"

#define DAY_MS           INT64_C(86400000)
#define SHELVE_MIN       60 /* minutes, where the request names none */
#define MAX_BYTES        (1 << 20)
#define GROUPS_LISTED    10
#define BUNDLE_MAX_BYTES ((size_t)16 << 20)

static int list_alarms(struct aas_http_req *req, struct aas_error *err)
{
    static const char *const open[] = {"unacked",           "acked",          "rtn_unacked",
                                       "shelved",           "shelved_active", "suppressed",
                                       "suppressed_active", "out_of_service", "out_of_service_active"};
    struct aas_value states[sizeof open / sizeof open[0]];
    struct aas_cond conds[AAS_STORE_FILTER_MAX];
    struct api_filter filter = {req, conds, 0};
    struct aas_query query = {.where = conds, .sort = "raised", .descending = true};
    const char *state = aas_http_req_query(req, "state");
    enum aas_alarm_state known;
    int rc = api_page(req, &query, err);
    if (rc == 0 && state && strcmp(state, "open") == 0) {
        for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
            states[i] = AAS_V_STR(open[i]);
        conds[filter.count++] =
            (struct aas_cond){.field = "state", .op = AAS_OP_IN, .in = states, .n_in = sizeof open / sizeof open[0]};
    } else if (rc == 0 && state && !aas_alarm_state_parse(state, &known)) {
        rc = aas_http_req_field(
            req, "state",
            aas_error_set(err, AAS_EINVAL, "state is \"%.40s\", which is neither open nor a state", state));
    } else if (rc == 0) {
        rc = api_filter_text(&filter, "state", "state", NULL, err);
    }
    rc = rc ? rc : api_filter_text(&filter, "sensor_id", "sensor_id", NULL, err);
    rc = rc ? rc : api_filter_text(&filter, "fault", "fault", NULL, err);
    rc = rc ? rc : api_filter_text(&filter, "priority", "priority", NULL, err);
    rc = rc ? rc : api_filter_times(&filter, "raised", err);
    if (rc)
        return rc;
    query.n_where = filter.count;
    return api_reply_list(aas_http_req_ctx(req), req, AAS_COLL_ALARMS, &query, err);
}

static int get_alarm(struct aas_http_req *req, struct aas_error *err)
{
    return api_reply_document(aas_http_req_ctx(req), req, AAS_COLL_ALARMS, aas_http_req_param(req, "id"), "alarm", err);
}

/* ---- what an operator does ---- */

/* All fields are optional but a comment's text, so an empty body is fine there. */
static int read_action(struct aas_http_req *req, struct api_alarm_change *change, struct aas_error *err)
{
    json_t *body = NULL;
    size_t len = 0;
    json_int_t minutes = SHELVE_MIN;
    (void)aas_http_req_body(req, &len);
    if (len > 0 || change->action == API_ALARM_COMMENT) {
        int rc = api_body(req, "alarm_action", &body, err);
        if (rc)
            return rc;
        change->text = json_string_value(json_object_get(body, "comment"));
        const json_t *given = json_object_get(body, "minutes");
        if (given)
            minutes = json_integer_value(given);
    }
    if (change->action == API_ALARM_COMMENT && !change->text)
        return aas_http_req_field(req, "comment", aas_error_set(err, AAS_EINVAL, "comment is missing"));
    change->until_ms = change->now_ms + minutes * 60000;
    return 0;
}

static int act(struct aas_http_req *req, enum api_alarm_action action, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    struct api_alarm_change change = {
        .action = action,
        .id = aas_http_req_param(req, "id"),
        .user = api_caller_name(req),
        .now_ms = aas_clock_wall_ms(),
    };
    int rc = read_action(req, &change, err);
    if (rc)
        return rc;
    if (strlen(change.id) > AAS_STORE_ID_MAX_BYTES)
        return aas_error_set(err, AAS_ENOENT, "there is no alarm of that id");
    rc = aas_store_update(app->store, AAS_COLL_ALARMS, change.id, api_alarm_apply, &change, err);
    if (rc)
        return rc;
    static const char *const names[] = {"alarm.ack", "alarm.shelve", "alarm.unshelve", "alarm.clear", "alarm.comment"};
    size_t len = 0;
    api_audit(req, names[action], change.id, aas_http_req_body(req, &len));
    rc = get_alarm(req, err);
    if (rc)
        return rc;
    bson_t *doc = NULL;
    rc = aas_store_get(app->store, AAS_COLL_ALARMS, change.id, &doc, NULL);
    if (rc == 0) {
        AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(MAX_BYTES);
        if (api_append_document(&text, doc, NULL) == 0)
            api_live_alarm(app->live, text.data, text.len);
        bson_destroy(doc);
    }
    return 0;
}

static int ack(struct aas_http_req *req, struct aas_error *err)
{
    return act(req, API_ALARM_ACK, err);
}

static int shelve(struct aas_http_req *req, struct aas_error *err)
{
    return act(req, API_ALARM_SHELVE, err);
}

static int unshelve(struct aas_http_req *req, struct aas_error *err)
{
    return act(req, API_ALARM_UNSHELVE, err);
}

static int clear_alarm(struct aas_http_req *req, struct aas_error *err)
{
    return act(req, API_ALARM_CLEAR, err);
}

static int comment(struct aas_http_req *req, struct aas_error *err)
{
    return act(req, API_ALARM_COMMENT, err);
}

static int comment_once(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    return api_once_run(app->once, req, comment, err);
}

/* ---- flight recorder ---- */

/* mqtt-ingestion records the bundle a minute after the alarm; what people did since is in the alarm itself, which is
 * put in as it is now. */
static int bundle(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    const char *id = aas_http_req_param(req, "id");
    char name[128];
    bson_t *doc = NULL;
    void *data = NULL;
    size_t len = 0;
    AAS_AUTO_JSON json_t *json = NULL;
    json_t *alarm = NULL;
    int n = snprintf(name, sizeof name, "bundles/%s.json", id);
    int rc = n < 0 || (size_t)n >= sizeof name ? AAS_ENOENT : aas_store_get(app->store, AAS_COLL_ALARMS, id, &doc, err);
    if (rc == AAS_ENOENT)
        return aas_error_set(err, AAS_ENOENT, "there is no alarm \"%.64s\"", id);
    if (rc)
        return rc;
    rc = aas_json_from_bson(doc, &alarm, err);
    bson_destroy(doc);
    rc = rc ? rc : aas_store_blob_get(app->store, name, &data, &len, err);
    if (rc == AAS_ENOENT)
        (void)aas_error_set(err, rc, "the alarm has no bundle yet; it is recorded a minute after the alarm");
    rc = rc ? rc : aas_json_parse(data, len, BUNDLE_MAX_BYTES, 0, &json, err);
    free(data);
    if (rc == AAS_EPARSE || (rc == 0 && !json_is_object(json)))
        rc = aas_error_set(err, AAS_ECORRUPT, "the stored bundle is no JSON object");
    if (rc) {
        json_decref(alarm);
        return rc;
    }
    (void)json_object_set_new(json, "alarm", alarm);
    (void)snprintf(name, sizeof name, "attachment; filename=\"alarm-%.64s.json\"", id);
    aas_http_reply_header(req, "Content-Disposition", name);
    aas_http_reply_json(req, 200, json_incref(json));
    return 0;
}

/* ---- figures ---- */

struct top {
    json_t *list; /* of {key, count}, most frequent first */
    const char *key;
    int64_t total;
};

static int add_group(const struct aas_tally_row *row, void *arg)
{
    struct top *top = arg;
    size_t at = 0;
    top->total += row->count;
    while (at < json_array_size(top->list) &&
           json_integer_value(json_object_get(json_array_get(top->list, at), "count")) >= row->count)
        at++;
    if (at >= GROUPS_LISTED)
        return 0;
    const char *name = row->keys[0].type == AAS_VALUE_STR ? row->keys[0].v.s : "";
    json_t *group = json_pack("{s:s, s:I}", top->key, name, "count", (json_int_t)row->count);
    if (!group || json_array_insert_new(top->list, at, group) != 0)
        return AAS_ENOMEM;
    if (json_array_size(top->list) > GROUPS_LISTED)
        (void)json_array_remove(top->list, GROUPS_LISTED);
    return 0;
}

static int tally(struct api_app *app, const struct aas_cond *where, size_t n_where, const char *field, struct top *top,
                 struct aas_error *err)
{
    top->key = field;
    top->total = 0;
    top->list = json_array();
    if (!top->list)
        return AAS_ENOMEM;
    return aas_store_tally(app->store, AAS_COLL_ALARMS, where, n_where, &field, 1, NULL, 0, add_group, top, err);
}

static int kpi(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    int64_t window_ms = DAY_MS;
    struct top sensors = {.list = NULL};
    struct top faults = {.list = NULL};
    struct top states = {.list = NULL};
    int rc = aas_http_req_query_int(req, "window_ms", 60000, 90 * DAY_MS, DAY_MS, &window_ms, err);
    if (rc)
        return rc;
    const struct aas_cond since[] = {
        {.field = "raised", .op = AAS_OP_GE, .value = AAS_V_TIME(aas_clock_wall_ms() - window_ms)}};
    rc = tally(app, since, 1, "sensor_id", &sensors, err);
    rc = rc ? rc : tally(app, since, 1, "fault", &faults, err);
    rc = rc ? rc : tally(app, NULL, 0, "state", &states, err);
    if (rc == 0) {
        double hours = (double)window_ms / 3600000.0;
        aas_http_reply_json(req, 200,
                            json_pack("{s:I, s:I, s:f, s:O, s:O, s:O}", "window_ms", (json_int_t)window_ms, "raised",
                                      (json_int_t)sensors.total, "per_hour", (double)sensors.total / hours, "by_sensor",
                                      sensors.list, "by_fault", faults.list, "by_state", states.list));
    }
    json_decref(sensors.list);
    json_decref(faults.list);
    json_decref(states.list);
    return rc;
}

#define POST(path, fn)                                                                                                 \
    {                                                                                                                  \
        .method = AAS_HTTP_POST, .pattern = (path), .mode = AAS_HTTP_WORKER, .role = API_OPERATOR,                     \
        .max_body_bytes = 16384, .handler = (fn)                                                                       \
    }
#define GET(path, etag, fn)                                                                                            \
    {                                                                                                                  \
        .method = AAS_HTTP_GET, .pattern = (path), .mode = AAS_HTTP_WORKER, .role = API_OPERATOR, .flags = (etag),     \
        .handler = (fn)                                                                                                \
    }

static const struct aas_http_route rows[] = {
    GET("/alarms", AAS_HTTP_ETAG, list_alarms),
    GET("/alarms/kpi", 0, kpi),
    GET("/alarms/{id}", AAS_HTTP_ETAG, get_alarm),
    GET("/alarms/{id}/bundle", 0, bundle),
    POST("/alarms/{id}/ack", ack),
    POST("/alarms/{id}/shelve", shelve),
    POST("/alarms/{id}/unshelve", unshelve),
    POST("/alarms/{id}/clear", clear_alarm),
    POST("/alarms/{id}/comment", comment_once),
};
const struct api_table api_routes_alarms = API_TABLE(rows);
