/* GET /dashboard: the plant in one answer. It is built at most twice a second, whatever the number of browsers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/json.h"
#include "aas/store.h"
#include "app.h"
#include "dashboard.h"
#include "live.h"
#include "principal.h"
#include "routes.h"

#define FRESH_MS       500
#define RATE_WINDOW_MS 3600000
#define PREDICTIONS    20
#define ALARMS         20
#define MAX_BYTES      ((size_t)1 << 20)

struct api_dashboard {
    pthread_mutex_t lock;
    struct aas_buf text; /* "" before the first */
    struct aas_mono fresh_until;
};

int api_dashboard_create(struct api_dashboard **ret_dashboard)
{
    struct api_dashboard *d = calloc(1, sizeof *d);
    if (!d)
        return AAS_ENOMEM;
    (void)pthread_mutex_init(&d->lock, NULL);
    aas_buf_init(&d->text, MAX_BYTES);
    d->fresh_until = AAS_MONO_PAST;
    *ret_dashboard = d;
    return 0;
}

void api_dashboard_destroy(struct api_dashboard *dashboard)
{
    if (!dashboard)
        return;
    aas_buf_fini(&dashboard->text);
    (void)pthread_mutex_destroy(&dashboard->lock);
    free(dashboard);
}

static void member(struct aas_buf *out, const char *name, int64_t value)
{
    (void)aas_buf_append_str(out, name);
    (void)aas_buf_append_i64(out, value);
}

static int take_last_seen(const bson_t *doc, void *arg)
{
    *(int64_t *)arg = aas_doc_int(doc, "last_seen", 0);
    return 0;
}

/* Without the stream nobody knows how the machines are: they are counted as unknown. */
static int count_from_store(struct api_app *app, struct api_state_counts *counts, struct aas_error *err)
{
    const struct aas_query newest = {.sort = "last_seen", .descending = true, .limit = 1};
    int64_t n = 0;
    memset(counts, 0, sizeof *counts);
    int rc = aas_store_count(app->store, AAS_COLL_SENSORS, NULL, 0, &n, err);
    if (rc)
        return rc;
    counts->total = (unsigned)n;
    counts->by_state[API_SENSOR_UNKNOWN] = (unsigned)n;
    return aas_store_find(app->store, AAS_COLL_SENSORS, &newest, take_last_seen, &counts->last_seen, NULL, err);
}

static int append_sensors(struct api_app *app, struct aas_buf *out, struct aas_error *err)
{
    struct api_state_counts counts;
    if (!api_live_count(app->live, &counts)) {
        int rc = count_from_store(app, &counts, err);
        if (rc)
            return rc;
    }
    member(out, ",\"sensors\":{\"total\":", counts.total);
    for (int i = 0; i < API_SENSOR__COUNT; i++) {
        (void)aas_buf_append_str(out, ",\"");
        (void)aas_buf_append_str(out, api_sensor_state_name((enum api_sensor_state)i));
        member(out, "\":", counts.by_state[i]);
    }
    if (counts.last_seen)
        member(out, "},\"last_seen\":", counts.last_seen);
    else
        (void)aas_buf_append_str(out, "},\"last_seen\":null");
    return 0;
}

struct rate {
    int64_t all, anomalies;
};

static int add_group(const struct aas_tally_row *row, void *arg)
{
    struct rate *rate = arg;
    rate->all += row->count;
    if (row->keys[0].type == AAS_VALUE_BOOL && row->keys[0].v.b)
        rate->anomalies += row->count;
    return 0;
}

static int append_rate(struct api_app *app, int64_t now_ms, struct aas_buf *out, struct aas_error *err)
{
    static const char *const by[] = {"is_anomaly"};
    const struct aas_cond where[] = {{.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(now_ms - RATE_WINDOW_MS)}};
    struct rate rate = {0, 0};
    int rc = aas_store_tally(app->store, AAS_COLL_PREDICTIONS, where, 1, by, 1, NULL, 0, add_group, &rate, err);
    if (rc)
        return rc;
    member(out, ",\"anomaly_rate\":{\"window_ms\":", RATE_WINDOW_MS);
    member(out, ",\"predictions\":", rate.all);
    member(out, ",\"anomalies\":", rate.anomalies);
    (void)aas_buf_append_str(out, ",\"rate\":");
    (void)aas_buf_append_double(out, rate.all ? (double)rate.anomalies / (double)rate.all : (double)NAN);
    (void)aas_buf_append_char(out, '}');
    return 0;
}

struct items {
    struct aas_buf *out;
    struct aas_error *err;
    bool any;
};

static int append_item(const bson_t *doc, void *arg)
{
    struct items *items = arg;
    if (items->any)
        (void)aas_buf_append_char(items->out, ',');
    items->any = true;
    return api_append_document(items->out, doc, items->err);
}

static int append_documents(struct api_app *app, enum aas_collection c, const struct aas_query *query, const char *name,
                            struct aas_buf *out, struct aas_error *err)
{
    struct items items = {out, err, false};
    (void)aas_buf_append_str(out, name);
    int rc = aas_store_find(app->store, c, query, append_item, &items, NULL, err);
    (void)aas_buf_append_char(out, ']');
    return rc;
}

static int append_alarms(struct api_app *app, struct aas_buf *out, struct aas_error *err)
{
    static const char *const open[] = {"unacked", "acked", "rtn_unacked"};
    struct aas_value states[3];
    for (size_t i = 0; i < 3; i++)
        states[i] = AAS_V_STR(open[i]);
    const struct aas_cond where[] = {{.field = "state", .op = AAS_OP_IN, .in = states, .n_in = 3}};
    const struct aas_query query = {
        .where = where, .n_where = 1, .sort = "raised", .descending = true, .limit = ALARMS};
    return append_documents(app, AAS_COLL_ALARMS, &query, ",\"alarms\":[", out, err);
}

static void append_service(struct aas_buf *out, const char *name, bool ok, const char *reason)
{
    (void)aas_buf_append_str(out, "{\"name\":");
    (void)aas_buf_append_json(out, name, strlen(name));
    (void)aas_buf_append_str(out, ok ? ",\"ok\":true,\"reason\":null}" : ",\"ok\":false,\"reason\":");
    if (ok)
        return;
    (void)aas_buf_append_json(out, reason, strlen(reason));
    (void)aas_buf_append_char(out, '}');
}

static int build(struct api_app *app, struct aas_buf *out, struct aas_error *err)
{
    const struct aas_query newest = {.sort = "at", .descending = true, .limit = PREDICTIONS};
    int64_t now_ms = aas_clock_wall_ms();
    int64_t since_ms = 0;
    bool connected = api_live_connected(app->live, &since_ms);
    member(out, "{\"server_time\":", now_ms);
    (void)aas_buf_append_str(out, connected ? ",\"feed\":{\"connected\":true" : ",\"feed\":{\"connected\":false");
    member(out, ",\"since\":", since_ms);
    (void)aas_buf_append_char(out, '}');
    int rc = append_sensors(app, out, err);
    rc = rc ? rc : append_rate(app, now_ms, out, err);
    rc = rc ? rc : append_documents(app, AAS_COLL_PREDICTIONS, &newest, ",\"predictions\":[", out, err);
    rc = rc ? rc : append_alarms(app, out, err);
    if (rc)
        return rc;
    (void)aas_buf_append_str(out, ",\"services\":[");
    append_service(out, "mqtt-ingestion", connected, "the live stream is not connected");
    (void)aas_buf_append_char(out, ',');
    append_service(out, "ml-service", atomic_load(&app->ml_ok), "ml-service does not answer, or has no model");
    (void)aas_buf_append_str(out, "]}");
    return aas_buf_status(out);
}

static int dashboard(struct aas_http_req *req, struct aas_error *err)
{
    struct api_app *app = aas_http_req_ctx(req);
    struct api_dashboard *d = app->dashboard;
    struct aas_buf *out = aas_http_req_buf(req);
    (void)pthread_mutex_lock(&d->lock);
    bool fresh = d->text.len > 0 && !aas_mono_passed(d->fresh_until);
    if (fresh)
        (void)aas_buf_append(out, d->text.data, d->text.len);
    else if (d->text.len > 0)
        d->fresh_until = aas_mono_in_ms(FRESH_MS); /* the others take the last one while this one builds */
    (void)pthread_mutex_unlock(&d->lock);
    if (!fresh) {
        int rc = build(app, out, err);
        if (rc)
            return rc;
        (void)pthread_mutex_lock(&d->lock);
        aas_buf_clear(&d->text);
        (void)aas_buf_append(&d->text, out->data, out->len);
        d->fresh_until = aas_mono_in_ms(FRESH_MS);
        (void)pthread_mutex_unlock(&d->lock);
    }
    aas_http_reply_buf(req, 200, "application/json");
    return 0;
}

static const struct aas_http_route rows[] = {
    {.method = AAS_HTTP_GET,
     .pattern = "/dashboard",
     .mode = AAS_HTTP_WORKER,
     .role = API_VIEWER,
     .handler = dashboard},
};
const struct api_table api_routes_dashboard = API_TABLE(rows);
