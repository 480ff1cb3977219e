#include "stream.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/http_route.h"
#include "aas/id.h"
#include "aas/json_pull.h"
#include "aas/num.h"
#include "aas/ws_server.h"
#include "subscription.h"

#define HISTORY_FRAMES 4096
#define HISTORY_BYTES  ((size_t)8 << 20)
#define SNAPSHOT_BYTES ((size_t)16 << 20)

static const char *const kind_types[INGEST_FRAME__COUNT] = {
    [INGEST_FRAME_READINGS] = "readings",
    [INGEST_FRAME_PREDICTION] = "prediction",
    [INGEST_FRAME_SENSOR] = "sensor",
    [INGEST_FRAME_ALARM] = "alarm",
};

struct ingest_stream {
    struct aas_ws_server *hub;
    ingest_snapshot_fn *snapshot;
    void *snapshot_arg;
    char epoch[AAS_ID_SIZE];
    _Atomic size_t clients;

    pthread_mutex_t lock; /* what follows; a leaf but for the hub's inbox */
    uint64_t seq;         /* of the last frame */
    struct aas_ws_frame *history[HISTORY_FRAMES];
    size_t head, len, bytes;
    struct aas_buf text;
};

/* A client, on the hub's thread. */
struct client {
    struct ingest_subscription want;
    uint64_t from; /* frames up to here are in its snapshot */
};

/* From the request to the hub's thread: where to resume; 0: with a snapshot. */
struct visitor {
    bool resumes;
    uint64_t since;
};

/* --- publishing --------------------------------------------------------------------------------------------------- */

bool ingest_stream_wanted(const struct ingest_stream *s)
{
    return atomic_load_explicit(&s->clients, memory_order_relaxed) > 0;
}

/* Under lock. */
static void remember(struct ingest_stream *s, struct aas_ws_frame *frame, size_t bytes)
{
    while (s->len > 0 && (s->len == HISTORY_FRAMES || s->bytes + bytes > HISTORY_BYTES)) {
        struct aas_ws_frame *old = s->history[s->head];
        size_t n;
        (void)aas_ws_frame_text(old, &n);
        s->bytes -= n;
        aas_ws_frame_unref(old);
        s->head = (s->head + 1) % HISTORY_FRAMES;
        s->len--;
    }
    s->history[(s->head + s->len++) % HISTORY_FRAMES] = aas_ws_frame_ref(frame);
    s->bytes += bytes;
}

void ingest_stream_publish(struct ingest_stream *s, enum ingest_frame_kind kind, const char *key, const char *body,
                           size_t len)
{
    (void)pthread_mutex_lock(&s->lock);
    struct aas_buf *b = &s->text;
    aas_buf_clear(b);
    (void)aas_buf_append_str(b, "{\"type\":\"");
    (void)aas_buf_append_str(b, kind_types[kind]);
    (void)aas_buf_append_str(b, "\",\"seq\":");
    (void)aas_buf_append_u64(b, s->seq + 1);
    (void)aas_buf_append_char(b, ',');
    (void)aas_buf_append(b, body, len);
    if (aas_buf_append_char(b, '}') == 0) {
        const struct aas_ws_frame_meta meta = {.kind = (uint32_t)kind, .seq = s->seq + 1, .key = key};
        struct aas_ws_frame *frame = aas_ws_frame_create(b->data, b->len, &meta);
        if (frame) {
            s->seq++;
            remember(s, frame, b->len);
            aas_ws_server_broadcast(s->hub, frame);
            aas_ws_frame_unref(frame);
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
}

/* --- clients, on the hub's thread --------------------------------------------------------------------------------- */

static void send_hello(const struct ingest_stream *s, struct aas_ws_conn *conn, uint64_t seq)
{
    char text[160];
    int n = snprintf(text, sizeof text, "{\"type\":\"hello\",\"epoch\":\"%s\",\"seq\":%llu,\"server_time\":%lld}",
                     s->epoch, (unsigned long long)seq, (long long)aas_clock_wall_ms());
    aas_ws_conn_send_text(conn, text, (size_t)n);
}

static uint64_t current_seq(struct ingest_stream *s)
{
    (void)pthread_mutex_lock(&s->lock);
    uint64_t seq = s->seq;
    (void)pthread_mutex_unlock(&s->lock);
    return seq;
}

/* The number is taken first: a frame that is made meanwhile may be in the snapshot and come once more, never be
 * missing.
 */
static void send_snapshot(struct ingest_stream *s, struct aas_ws_conn *conn)
{
    struct client *c = aas_ws_conn_data(conn);
    AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(SNAPSHOT_BYTES);
    uint64_t seq = current_seq(s);
    (void)aas_buf_append_str(&b, "{\"type\":\"snapshot\",\"seq\":");
    (void)aas_buf_append_u64(&b, seq);
    (void)aas_buf_append_char(&b, ',');
    s->snapshot(s->snapshot_arg, &b);
    if (aas_buf_append_char(&b, '}') == 0)
        aas_ws_conn_send_text(conn, b.data, b.len);
    if (c)
        c->from = seq;
}

/* False: the frames since then are not all there. */
static bool send_since(struct ingest_stream *s, struct aas_ws_conn *conn, struct client *c, uint64_t since)
{
    (void)pthread_mutex_lock(&s->lock);
    uint64_t oldest = s->seq - s->len; /* the one in front of the oldest that is kept */
    bool can = since >= oldest && since <= s->seq;
    if (can) {
        send_hello(s, conn, s->seq);
        for (uint64_t seq = since + 1; seq <= s->seq; seq++) {
            struct aas_ws_frame *frame = s->history[(s->head + (size_t)(seq - oldest - 1)) % HISTORY_FRAMES];
            const struct aas_ws_frame_meta *meta = aas_ws_frame_meta(frame);
            if (ingest_subscription_wants(&c->want, meta->kind, meta->key))
                aas_ws_conn_send(conn, frame);
        }
        c->from = s->seq;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return can;
}

static void on_open(void *ctx, struct aas_ws_conn *conn)
{
    struct ingest_stream *s = ctx;
    const struct visitor *v = aas_ws_conn_user(conn);
    struct client *c = calloc(1, sizeof *c);
    if (!c) {
        aas_ws_conn_close(conn, 1011, "out of memory");
        return;
    }
    ingest_subscription_init(&c->want);
    aas_ws_conn_set_data(conn, c);
    atomic_fetch_add(&s->clients, 1);
    if (v && v->resumes && send_since(s, conn, c, v->since))
        return;
    send_hello(s, conn, current_seq(s));
    send_snapshot(s, conn);
}

static void on_message(void *ctx, struct aas_ws_conn *conn, const char *data, size_t len, bool binary)
{
    struct client *c = aas_ws_conn_data(conn);
    struct aas_error err = AAS_ERROR_NONE;
    bool snapshot = false;
    if (!c)
        return;
    int rc = binary ? aas_error_set(&err, AAS_EINVAL, "messages are text")
                    : ingest_subscription_apply(&c->want, data, len, &snapshot, &err);
    if (rc < 0)
        aas_ws_conn_close(conn, 1008, err.msg);
    else if (snapshot)
        send_snapshot(ctx, conn);
}

static void on_close(void *ctx, struct aas_ws_conn *conn)
{
    struct ingest_stream *s = ctx;
    struct client *c = aas_ws_conn_data(conn);
    if (!c)
        return;
    aas_ws_conn_set_data(conn, NULL);
    ingest_subscription_fini(&c->want);
    free(c);
    atomic_fetch_sub(&s->clients, 1);
}

static bool filter(void *ctx, const struct aas_ws_conn *conn, const struct aas_ws_frame *frame)
{
    (void)ctx;
    const struct client *c = aas_ws_conn_data(conn);
    const struct aas_ws_frame_meta *meta = aas_ws_frame_meta(frame);
    return c && meta->seq > c->from && ingest_subscription_wants(&c->want, meta->kind, meta->key);
}

int ingest_stream_accept(struct ingest_stream *s, struct aas_http_req *req, struct aas_error *err)
{
    const char *since = aas_http_req_query(req, "since"), *epoch = aas_http_req_query(req, "epoch");
    struct visitor *v = calloc(1, sizeof *v);
    if (!v)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    if (since) {
        int rc = aas_num_parse_u64(since, strlen(since), &v->since);
        if (rc < 0) {
            free(v);
            return aas_http_req_field(
                req, "since",
                aas_error_set(err, AAS_EINVAL, "since is \"%.32s\", must be the number of a frame", since));
        }
        v->resumes = !epoch || strcmp(epoch, s->epoch) == 0;
    }
    aas_http_req_set_user(req, v, free);
    return aas_ws_server_accept(s->hub, req, NULL, err);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

int ingest_stream_create(struct ingest_stream **ret_stream, ingest_snapshot_fn *snapshot, void *arg,
                         struct aas_error *err)
{
    struct ingest_stream *s = calloc(1, sizeof *s);
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    s->snapshot = snapshot;
    s->snapshot_arg = arg;
    aas_id_new(aas_clock_wall_ms(), s->epoch);
    (void)pthread_mutex_init(&s->lock, NULL);
    aas_buf_init(&s->text, SNAPSHOT_BYTES);
    const struct aas_ws_server_config config = {
        .name = "stream",
        .ring_frames = 1024,
        .callbacks = {.on_open = on_open, .on_message = on_message, .on_close = on_close, .filter = filter},
        .ctx = s,
    };
    int rc = aas_ws_server_create(&s->hub, &config, err);
    if (rc < 0) {
        ingest_stream_destroy(s);
        return rc;
    }
    *ret_stream = s;
    return 0;
}

int ingest_stream_start(struct ingest_stream *s, struct aas_error *err)
{
    return aas_ws_server_start(s->hub, err);
}

void ingest_stream_stop(struct ingest_stream *s, uint32_t drain_ms)
{
    aas_ws_server_stop(s->hub, drain_ms);
}

void ingest_stream_destroy(struct ingest_stream *s)
{
    if (!s)
        return;
    aas_ws_server_destroy(s->hub);
    for (size_t i = 0; i < s->len; i++)
        aas_ws_frame_unref(s->history[(s->head + i) % HISTORY_FRAMES]);
    aas_buf_fini(&s->text);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void ingest_stream_stats(struct ingest_stream *s, struct ingest_stream_stats *ret_stats)
{
    struct aas_ws_stats ws;
    aas_ws_server_stats(s->hub, &ws);
    *ret_stats =
        (struct ingest_stream_stats){.clients = ws.clients, .seq = current_seq(s), .sent = ws.sent, .lost = ws.lost};
}
