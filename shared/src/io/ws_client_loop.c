/* The WebSocket client's thread: libwebsockets' loop, one connection that is made again and again. */
#include "ws_client_internal.h"

#include "ws_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/ref.h>
#include <aas/str.h>

#define READ_BYTES      16384
#define HOUSEKEEPING_US (LWS_US_PER_SEC / 2)
#define STABLE_MS       5000 /* a connection that lived that long resets the backoff */
#define CLOSE_WAIT_MS   1000
#define REASON_BYTES    sizeof((struct aas_ws_client *)0)->reason
#define PROTOCOL        "aas-client"

static int on_library(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {{.name = PROTOCOL, .callback = on_library}, {.name = NULL}};

/* ---- connecting ---- */

static void run_connect(lws_sorted_usec_list_t *sul)
{
    struct aas_ws_client *c = aas_container_of(sul, struct aas_ws_client, connect);
    const struct lws_client_connect_info info = {
        .context = c->context,
        .address = c->host,
        .port = c->port,
        .path = c->path,
        .host = c->host_header,
        .protocol = c->subprotocols,
        .local_protocol_name = PROTOCOL,
        .ietf_version_or_minus_one = -1,
        .opaque_user_data = c,
        .pwsi = &c->wsi,
    };
    c->planned = false;
    if (c->stopping || c->wsi)
        return;
    c->close_code = 0;
    c->reason[0] = '\0';
    /* Most failures come through the callback, also those at once, and there the next try has been planned. */
    if (!lws_client_connect_via_info(&info))
        c->wsi = NULL;
}

static void plan_connect(struct aas_ws_client *c)
{
    if (c->stopping || c->planned)
        return;
    c->planned = true;
    lws_sul_schedule(c->context, 0, &c->connect, run_connect,
                     (lws_usec_t)aas_backoff_next_ms(&c->backoff) * LWS_US_PER_MS);
}

static void set_reason(struct aas_ws_client *c, const char *reason, size_t len)
{
    if (c->reason[0] == '\0')
        (void)snprintf(c->reason, sizeof c->reason, "%.*s", (int)(len < REASON_BYTES ? len : REASON_BYTES), reason);
}

static void on_down(struct aas_ws_client *c)
{
    bool stable = c->open && aas_mono_diff_ms(aas_clock_mono(), c->opened_at) >= STABLE_MS;
    atomic_store(&c->connected, false);
    c->open = false;
    c->wsi = NULL;
    aas_buf_clear(&c->joined);
    if (stable)
        aas_backoff_reset(&c->backoff);
    (void)pthread_mutex_lock(&c->lock);
    struct ws_out *old = c->head; /* meant for the connection that is gone */
    c->head = NULL;
    c->tail = &c->head;
    c->queued = 0;
    (void)pthread_mutex_unlock(&c->lock);
    while (old) {
        struct ws_out *m = old;
        old = m->next;
        free(m);
    }
    if (c->config.on_close && !c->stopping)
        c->config.on_close(c->config.ctx, c, c->reason[0] ? c->reason : "the connection was lost");
    plan_connect(c);
}

static void on_up(struct aas_ws_client *c, struct lws *wsi)
{
    c->wsi = wsi;
    c->open = true;
    c->opened_at = c->last_heard = c->last_ping = aas_clock_mono();
    atomic_fetch_add(&c->connects, 1);
    atomic_store(&c->connected, true);
    if (c->config.on_open && !c->stopping)
        c->config.on_open(c->config.ctx, c);
}

/* ---- data ---- */

/* Not at once: version 4.1 writes past its buffer when the receive callback asks to close in the middle of a frame. */
static void close_with(struct aas_ws_client *c, uint16_t code, const char *reason)
{
    set_reason(c, reason, strlen(reason));
    c->close_code = code;
    aas_buf_clear(&c->joined);
    (void)lws_callback_on_writable(c->wsi);
}

static void on_receive(struct aas_ws_client *c, struct lws *wsi, const char *data, size_t len)
{
    bool last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    c->last_heard = aas_clock_mono();
    if (c->close_code)
        return;
    if (c->joined.len == 0)
        c->binary = lws_frame_is_binary(wsi) != 0;
    if (c->joined.len > 0 || !last || len > c->config.max_message_bytes) {
        int rc = aas_buf_append(&c->joined, data, len);
        if (rc == AAS_ETOOBIG)
            close_with(c, 1009, "the peer sent a message over the limit");
        else if (rc)
            close_with(c, 1011, "no memory for a message of the peer");
        if (rc)
            return;
        data = c->joined.data;
        len = c->joined.len;
    }
    if (!last)
        return;
    if (!c->binary && !aas_str_is_utf8((struct aas_str){data, len})) {
        close_with(c, 1007, "the peer sent text that is no UTF-8");
        return;
    }
    if (c->config.on_message && !c->stopping)
        c->config.on_message(c->config.ctx, c, data ? data : "", len, c->binary);
    aas_buf_clear(&c->joined);
}

static struct ws_out *next_message(struct aas_ws_client *c)
{
    (void)pthread_mutex_lock(&c->lock);
    struct ws_out *m = c->head;
    if (m) {
        c->head = m->next;
        c->queued--;
        if (!c->head)
            c->tail = &c->head;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return m;
}

/* One write per call is the library's rule; it calls again when it has sent all. */
static int on_writeable(struct aas_ws_client *c, struct lws *wsi)
{
    if (c->close_code) {
        lws_close_reason(wsi, (enum lws_close_status)c->close_code, NULL, 0);
        return -1;
    }
    if (c->want_ping) {
        unsigned char ping[LWS_PRE + 1] = {0};
        c->want_ping = false;
        if (lws_write(wsi, ping + LWS_PRE, 1, LWS_WRITE_PING) < 0)
            return -1;
        (void)lws_callback_on_writable(wsi);
        return 0;
    }
    struct ws_out *m = next_message(c);
    if (m) {
        int n = lws_write(wsi, m->bytes + LWS_PRE, m->len, LWS_WRITE_TEXT);
        free(m);
        if (n < 0)
            return -1;
        (void)lws_callback_on_writable(wsi);
        return 0;
    }
    if (!c->stopping)
        return 0;
    lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
    return -1;
}

static int append_authorization(const struct aas_ws_client *c, struct lws *wsi, void *in, size_t len)
{
    unsigned char **p = in, *end = *p + len;
    return c->authorization ? lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
                                                           (const unsigned char *)c->authorization,
                                                           (int)strlen(c->authorization), p, end)
                            : 0;
}

static void on_peer_close(struct aas_ws_client *c, const unsigned char *payload, size_t len)
{
    char text[REASON_BYTES];
    int n = len < 2 ? snprintf(text, sizeof text, "the peer closed the connection")
                    : snprintf(text, sizeof text, "the peer closed the connection with code %u%s%.*s",
                               (unsigned)payload[0] << 8 | payload[1], len > 2 ? ": " : "", (int)(len - 2),
                               (const char *)payload + 2);
    set_reason(c, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void on_wakeup(struct aas_ws_client *c)
{
    (void)pthread_mutex_lock(&c->lock);
    bool stop = c->stop && !c->stopping;
    c->woken = false;
    (void)pthread_mutex_unlock(&c->lock);
    if (stop) {
        c->stopping = true;
        c->stop_by = aas_mono_in_ms(CLOSE_WAIT_MS);
        lws_sul_cancel(&c->connect);
    }
    if (c->open)
        (void)lws_callback_on_writable(c->wsi);
}

static int on_connection(struct aas_ws_client *c, struct lws *wsi, enum lws_callback_reasons reason, void *in,
                         size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return append_authorization(c, wsi, in, len);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        on_up(c, wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        on_receive(c, wsi, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        c->last_heard = aas_clock_mono();
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writeable(c, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        on_peer_close(c, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        set_reason(c, in ? in : "no connection", in ? len : 13);
        on_down(c);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        on_down(c);
        return 0;
    default:
        return 0;
    }
}

static int on_library(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    struct aas_ws_client *c;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED:
        c = lws_get_opaque_user_data(wsi);
        aas_thread_busy();
        return c ? on_connection(c, wsi, reason, in, len) : 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        on_wakeup(lws_context_user(lws_get_context(wsi)));
        return 0;
    default:
        return 0;
    }
}

static void run_housekeeping(lws_sorted_usec_list_t *sul)
{
    struct aas_ws_client *c = aas_container_of(sul, struct aas_ws_client, housekeeping);
    struct aas_mono now = aas_clock_mono();
    if (!c->wsi)
        plan_connect(c); /* where the library failed without a word */
    int64_t silent_ms = aas_mono_diff_ms(now, c->last_heard), ping_ms = (int64_t)c->config.ping_s * 1000;
    if (c->open && silent_ms >= (int64_t)c->config.pong_timeout_s * 1000) {
        set_reason(c, "the peer has been silent for too long", 37);
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    } else if (c->open && silent_ms >= ping_ms && aas_mono_diff_ms(now, c->last_ping) >= ping_ms) {
        c->want_ping = true;
        c->last_ping = now;
        (void)lws_callback_on_writable(c->wsi);
    }
    lws_sul_schedule(c->context, 0, sul, run_housekeeping, HOUSEKEEPING_US);
}

void ws_client_run(void *arg)
{
    struct aas_ws_client *c = arg;
    lws_sul_schedule(c->context, 0, &c->connect, run_connect, 1);
    lws_sul_schedule(c->context, 0, &c->housekeeping, run_housekeeping, HOUSEKEEPING_US);
    while (!(c->stopping && (!c->open || aas_mono_passed(c->stop_by)))) {
        aas_thread_idle();
        if (lws_service(c->context, 0) < 0)
            break;
    }
    c->stopping = true;
}

int ws_client_open(struct aas_ws_client *c, struct aas_error *err)
{
    ws_log_bridge_init();
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .pt_serv_buf_size = READ_BYTES,
        .connect_timeout_secs = c->config.connect_timeout_s,
        .timeout_secs = c->config.connect_timeout_s,
        .fd_limit_per_thread = 16,
        .user = c,
    };
    c->context = lws_create_context(&info);
    return c->context ? 0 : aas_error_set(err, AAS_EUPSTREAM, "libwebsockets cannot make a context for the client");
}

void ws_client_close(struct aas_ws_client *c)
{
    lws_sul_cancel(&c->connect);
    lws_sul_cancel(&c->housekeeping);
    lws_context_destroy(c->context);
    c->context = NULL;
}
