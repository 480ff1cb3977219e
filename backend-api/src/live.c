#include "live.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/http_server.h"
#include "aas/id.h"
#include "aas/json.h"
#include "aas/json_schema.h"
#include "aas/log.h"
#include "aas/metrics.h"
#include "aas/ws_client.h"
#include "aas/ws_server.h"
#include "principal.h"
#include "revoked.h"
#include "subscription.h"

#define AAS_LOG_MOD "live"

#define CLOSE_UNAUTHORIZED 4401
#define SNAPSHOT_MAX_BYTES ((size_t)16 << 20)
#define FRAME_MAX_BYTES    ((size_t)4 << 20)

struct api_live {
    struct aas_ws_server *hub;
    struct aas_ws_client *feed;
    char epoch[AAS_ID_SIZE];
    const struct aas_schema *messages;
    struct api_revoked *revoked;
    struct aas_metric *malformed;

    pthread_mutex_t lock; /* what follows */
    struct api_state *state;
    uint64_t seq; /* of the last frame that was broadcast */
    bool connected;
    int64_t since_ms;
};

/* ---- browsers, on the hub's thread ---- */

struct browser {
    struct api_subscription subscription;
    uint64_t after; /* frames up to this one are in its snapshot */
};

static void send_snapshot(struct api_live *live, struct aas_ws_conn *conn, struct browser *browser, bool greet)
{
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(SNAPSHOT_MAX_BYTES);
    char line[192];
    (void)pthread_mutex_lock(&live->lock);
    uint64_t seq = live->seq;
    bool connected = live->connected;
    int64_t since_ms = live->since_ms;
    api_state_snapshot(live->state, seq, &text);
    (void)pthread_mutex_unlock(&live->lock);
    browser->after = seq;
    if (greet) {
        int n = snprintf(line, sizeof line,
                         "{\"type\":\"hello\",\"epoch\":\"%s\",\"seq\":%" PRIu64 ",\"server_time\":%" PRId64 "}",
                         live->epoch, seq, aas_clock_wall_ms());
        aas_ws_conn_send_text(conn, line, (size_t)n);
    }
    if (aas_buf_status(&text) == 0)
        aas_ws_conn_send_text(conn, text.data, text.len);
    if (!connected) {
        int n = snprintf(line, sizeof line,
                         "{\"type\":\"feed\",\"seq\":%" PRIu64 ",\"connected\":false,\"since\":%" PRId64 "}", seq,
                         since_ms);
        aas_ws_conn_send_text(conn, line, (size_t)n);
    }
}

static void on_open(void *ctx, struct aas_ws_conn *conn)
{
    struct browser *browser = calloc(1, sizeof *browser);
    if (!browser) {
        aas_ws_conn_close(conn, 1013, "out of memory");
        return;
    }
    api_subscription_init(&browser->subscription);
    aas_ws_conn_set_data(conn, browser);
    send_snapshot(ctx, conn, browser, true);
}

static void on_close(void *ctx, struct aas_ws_conn *conn)
{
    struct browser *browser = aas_ws_conn_data(conn);
    (void)ctx;
    if (!browser)
        return;
    api_subscription_fini(&browser->subscription);
    free(browser);
    aas_ws_conn_set_data(conn, NULL);
}

static void on_browser_message(void *ctx, struct aas_ws_conn *conn, const char *data, size_t len, bool binary)
{
    struct api_live *live = ctx;
    struct browser *browser = aas_ws_conn_data(conn);
    struct aas_error err = AAS_ERROR_NONE;
    AAS_AUTO_JSON json_t *message = NULL;
    if (!browser)
        return;
    int rc =
        binary ? aas_error_set(&err, AAS_EINVAL, "text frames only") : aas_json_parse(data, len, 0, 4, &message, &err);
    if (rc == 0)
        rc = aas_schema_check(live->messages, message, NULL, 0, &err);
    if (rc) {
        aas_ws_conn_close(conn, 1008, err.msg);
        return;
    }
    if (strcmp(json_string_value(json_object_get(message, "op")), "snapshot") == 0)
        send_snapshot(live, conn, browser, false);
    else if (api_subscription_set(&browser->subscription, message) != 0)
        aas_ws_conn_close(conn, 1013, "out of memory");
}

static void check_token(void *arg, struct aas_ws_conn *conn)
{
    struct api_live *live = arg;
    const struct api_principal *who = aas_ws_conn_user(conn);
    if (who && (who->expires_ms <= aas_clock_wall_ms() || api_revoked_check(live->revoked, who->name, who->issued_ms)))
        aas_ws_conn_close(conn, CLOSE_UNAUTHORIZED, "the access token is not good any more");
}

static void on_tick(void *ctx)
{
    struct api_live *live = ctx;
    AAS_IGNORE(aas_ws_server_each(live->hub, check_token, live)); /* full: the next tick comes soon */
}

static bool filter(void *ctx, const struct aas_ws_conn *conn, const struct aas_ws_frame *frame)
{
    const struct browser *browser = aas_ws_conn_data(conn);
    const struct aas_ws_frame_meta *meta = aas_ws_frame_meta(frame);
    (void)ctx;
    return browser && meta->seq > browser->after &&
           api_subscription_wants(&browser->subscription, (enum api_frame_kind)meta->kind, meta->key);
}

/* ---- the stream ---- */

/* Under the lock, so that the order of numbers is the order of sending. */
static void broadcast(struct api_live *live, enum api_frame_kind kind, const char *key, const char *text, size_t len)
{
    const struct aas_ws_frame_meta meta = {.kind = kind, .seq = live->seq, .key = key};
    struct aas_ws_frame *frame = aas_ws_frame_create(text, len, &meta);
    if (!frame)
        return;
    aas_ws_server_broadcast(live->hub, frame);
    aas_ws_frame_unref(frame);
}

static void broadcast_feed(struct api_live *live)
{
    char line[128];
    int n =
        snprintf(line, sizeof line, "{\"type\":\"feed\",\"seq\":%" PRIu64 ",\"connected\":%s,\"since\":%" PRId64 "}",
                 ++live->seq, live->connected ? "true" : "false", live->since_ms);
    broadcast(live, API_FRAME_FEED, "", line, (size_t)n);
}

static void broadcast_snapshot(struct api_live *live)
{
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(SNAPSHOT_MAX_BYTES);
    live->seq++;
    api_state_snapshot(live->state, live->seq, &text);
    if (aas_buf_status(&text) == 0)
        broadcast(live, API_FRAME_SNAPSHOT, "", text.data, text.len);
}

/* The frame as it came, with a number of ours in place of the upstream's. */
static void pass_on(struct api_live *live, const struct api_frame *frame, const char *text, size_t len)
{
    AAS_AUTO_BUF struct aas_buf out = AAS_BUF_INIT(FRAME_MAX_BYTES + 64);
    if (frame->seq_at == 0)
        return;
    live->seq++;
    (void)aas_buf_reserve(&out, len + 24);
    (void)aas_buf_append(&out, text, frame->seq_at);
    (void)aas_buf_append_u64(&out, live->seq);
    (void)aas_buf_append(&out, text + frame->seq_at + frame->seq_len, len - frame->seq_at - frame->seq_len);
    if (aas_buf_status(&out) == 0)
        broadcast(live, frame->kind, frame->sensor_id, out.data, out.len);
}

static int take_frame(struct api_live *live, const struct api_frame *frame, const char *text, size_t len)
{
    int rc = api_state_apply(live->state, frame);
    if (frame->kind == API_FRAME_SNAPSHOT) {
        if (!live->connected) {
            live->connected = true;
            live->since_ms = aas_clock_wall_ms();
            broadcast_feed(live);
        }
        broadcast_snapshot(live);
    } else if (frame->kind == API_FRAME_READINGS || frame->kind == API_FRAME_PREDICTION ||
               frame->kind == API_FRAME_SENSOR || frame->kind == API_FRAME_ALARM || frame->kind == API_FRAME_OTHER) {
        pass_on(live, frame, text, len);
    }
    return rc;
}

static void on_frame(void *ctx, struct aas_ws_client *client, const char *data, size_t len, bool binary)
{
    struct api_live *live = ctx;
    struct api_frame frame;
    struct aas_error err = AAS_ERROR_NONE;
    static const char ask[] = "{\"op\":\"snapshot\"}";
    int rc = binary ? aas_error_set(&err, AAS_EPARSE, "a binary frame") : api_frame_parse(data, len, &frame, &err);
    if (rc == 0) {
        (void)pthread_mutex_lock(&live->lock);
        rc = take_frame(live, &frame, data, len);
        (void)pthread_mutex_unlock(&live->lock);
    }
    if (rc) {
        aas_metric_inc(live->malformed);
        AAS_LOG_WARN("live.frame", "a frame of the live stream could not be used, going on", AAS_F_ERR(rc),
                     AAS_F_STR("detail", aas_error_text(&err, rc)));
    } else if (frame.kind == API_FRAME_LOST) {
        AAS_IGNORE(aas_ws_client_send(client, ask, sizeof ask - 1));
    }
}

static void on_feed_open(void *ctx, struct aas_ws_client *client)
{
    (void)ctx;
    (void)client;
    AAS_LOG_INFO("live.connected", "connected to the live stream of mqtt-ingestion");
}

static void on_feed_close(void *ctx, struct aas_ws_client *client, const char *reason)
{
    struct api_live *live = ctx;
    (void)client;
    (void)pthread_mutex_lock(&live->lock);
    bool lost = live->connected;
    live->connected = false;
    if (lost) {
        live->since_ms = aas_clock_wall_ms();
        broadcast_feed(live);
    }
    (void)pthread_mutex_unlock(&live->lock);
    if (lost)
        AAS_LOG_WARN("live.lost", "lost the live stream of mqtt-ingestion, reconnecting", AAS_F_STR("detail", reason));
}

/* ---- life ---- */

static int create_hub(struct api_live *live, size_t max_clients, struct aas_error *err)
{
    static const char *const subprotocols[] = {"aastreli.v1", NULL};
    const struct aas_ws_server_config config = {
        .name = "realtime",
        .subprotocols = subprotocols,
        .max_clients = max_clients,
        .callbacks = {.on_open = on_open,
                      .on_message = on_browser_message,
                      .on_close = on_close,
                      .filter = filter,
                      .on_tick = on_tick},
        .ctx = live,
    };
    return aas_ws_server_create(&live->hub, &config, err);
}

static int create_feed(struct api_live *live, const char *ingest_url, struct aas_error *err)
{
    char url[512];
    int n = snprintf(url, sizeof url, "ws%s/stream", ingest_url + strlen("http"));
    if (n < 0 || (size_t)n >= sizeof url)
        return aas_error_set(err, AAS_EINVAL, "AAS_INGEST_URL is too long");
    const struct aas_ws_client_config config = {
        .url = url,
        .max_message_bytes = SNAPSHOT_MAX_BYTES,
        .backoff_max_ms = 2000,
        .on_open = on_feed_open,
        .on_message = on_frame,
        .on_close = on_feed_close,
        .ctx = live,
    };
    return aas_ws_client_create(&live->feed, &config, err);
}

int api_live_create(struct api_live **ret_live, const char *ingest_url, size_t max_clients, struct api_revoked *revoked,
                    struct aas_error *err)
{
    struct api_live *live = calloc(1, sizeof *live);
    if (!live)
        return AAS_ENOMEM;
    (void)pthread_mutex_init(&live->lock, NULL);
    live->revoked = revoked;
    live->since_ms = aas_clock_wall_ms();
    aas_id_new(live->since_ms, live->epoch);
    live->malformed = aas_metrics_counter(NULL, "aas_api_feed_malformed_total",
                                          "Frames of the live stream that could not be used.", AAS_NO_LABELS);
    int rc = aas_schema_get("ws_client", &live->messages, err);
    rc = rc ? rc : api_state_create(&live->state);
    rc = rc ? rc : create_hub(live, max_clients, err);
    rc = rc ? rc : create_feed(live, ingest_url, err);
    if (rc) {
        api_live_destroy(live);
        return rc;
    }
    *ret_live = live;
    return 0;
}

int api_live_start(struct api_live *live, struct aas_error *err)
{
    int rc = aas_ws_server_start(live->hub, err);
    return rc ? rc : aas_ws_client_start(live->feed, err);
}

void api_live_stop(struct api_live *live, uint32_t drain_ms)
{
    aas_ws_client_stop(live->feed);
    aas_ws_server_stop(live->hub, drain_ms);
}

void api_live_destroy(struct api_live *live)
{
    if (!live)
        return;
    if (live->feed)
        aas_ws_client_destroy(live->feed);
    if (live->hub)
        aas_ws_server_destroy(live->hub);
    api_state_destroy(live->state);
    (void)pthread_mutex_destroy(&live->lock);
    free(live);
}

int api_live_accept(struct api_live *live, struct aas_http_req *req, struct aas_error *err)
{
    const char *protocol = aas_http_req_offers_subprotocol(req, "aastreli.v1") ? "aastreli.v1" : NULL;
    return aas_ws_server_accept(live->hub, req, protocol, err);
}

bool api_live_connected(struct api_live *live, int64_t *ret_since)
{
    (void)pthread_mutex_lock(&live->lock);
    bool connected = live->connected;
    if (ret_since)
        *ret_since = live->since_ms;
    (void)pthread_mutex_unlock(&live->lock);
    return connected;
}

int64_t api_live_append_sensor(struct api_live *live, const char *id, struct aas_buf *out)
{
    int64_t last_seen = 0;
    (void)pthread_mutex_lock(&live->lock);
    if (live->connected)
        last_seen = api_state_append_sensor(live->state, id, out);
    else
        (void)aas_buf_append_str(out, "null");
    (void)pthread_mutex_unlock(&live->lock);
    return last_seen;
}

bool api_live_count(struct api_live *live, struct api_state_counts *ret_counts)
{
    (void)pthread_mutex_lock(&live->lock);
    bool connected = live->connected;
    if (connected)
        api_state_count(live->state, ret_counts);
    (void)pthread_mutex_unlock(&live->lock);
    return connected;
}

void api_live_alarm(struct api_live *live, const char *object, size_t len)
{
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(FRAME_MAX_BYTES);
    struct api_item item;
    if (api_item_parse((struct aas_str){object, len}, &item) != 0)
        return;
    (void)pthread_mutex_lock(&live->lock);
    AAS_IGNORE(api_state_put_alarm(live->state, (struct aas_str){object, len}));
    live->seq++;
    (void)aas_buf_append_str(&text, "{\"type\":\"alarm\",\"seq\":");
    (void)aas_buf_append_u64(&text, live->seq);
    (void)aas_buf_append_str(&text, ",\"alarm\":");
    (void)aas_buf_append(&text, object, len);
    (void)aas_buf_append_char(&text, '}');
    if (aas_buf_status(&text) == 0)
        broadcast(live, API_FRAME_ALARM, item.sensor_id, text.data, text.len);
    (void)pthread_mutex_unlock(&live->lock);
}
