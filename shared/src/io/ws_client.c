/* WebSocket client on libwebsockets: address, lifetime, queue. */
#include "ws_client_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/num.h>
#include <aas/str.h>

#define DEFAULT_MESSAGE_BYTES  ((size_t)4 << 20)
#define DEFAULT_QUEUE_FRAMES   1024
#define DEFAULT_CONNECT_S      5
#define DEFAULT_PING_S         20
#define DEFAULT_PONG_S         45
#define DEFAULT_BACKOFF_MIN_MS 200
#define DEFAULT_BACKOFF_MAX_MS 10000

#define OR_DEFAULT(value, fallback) ((value) ? (value) : (fallback))

/* ---- address ---- */

static int bad_url(const char *url, const char *what, struct aas_error *err)
{
    return aas_error_set(err, AAS_EINVAL, "the URL \"%s\" %s; ws://host:port/path is wanted", url ? url : "", what);
}

static int parse_url(struct aas_ws_client *c, const char *url, struct aas_error *err)
{
    if (!url || strncmp(url, "ws://", 5) != 0)
        return bad_url(url, "does not start with ws://", err);
    for (const unsigned char *p = (const unsigned char *)url; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || *p == '#')
            return bad_url(url, "has a blank, a # or a byte that is not ASCII", err);
    struct aas_str rest = aas_str_from(url + 5);
    size_t host_end = strcspn(rest.ptr, "/?");
    struct aas_str authority = {rest.ptr, host_end};
    if (memchr(authority.ptr, '@', authority.len))
        return bad_url(url, "holds a user name", err);
    const char *colon = memrchr(authority.ptr, ':', authority.len);
    if (authority.len > 0 && authority.ptr[0] == '[' && authority.ptr[authority.len - 1] == ']')
        colon = NULL; /* [::1] without a port */
    struct aas_str host = {authority.ptr, colon ? (size_t)(colon - authority.ptr) : authority.len};
    int64_t port = 80;
    if (colon && (aas_num_parse_i64(colon + 1, authority.len - host.len - 1, &port) != 0 || port < 1 || port > 65535))
        return bad_url(url, "has a port that is not 1 to 65535", err);
    if (host.len > 2 && host.ptr[0] == '[')
        host = (struct aas_str){host.ptr + 1, host.len - 2};
    if (host.len == 0)
        return bad_url(url, "has no host", err);
    c->port = (uint16_t)port;
    c->host = aas_str_dup(host);
    c->host_header = aas_str_dup(authority);
    const char *path = rest.ptr + host_end;
    if (asprintf(&c->path, "%s%s", path[0] == '/' ? "" : "/", path) < 0)
        c->path = NULL;
    return c->host && c->host_header && c->path ? 0 : AAS_ENOMEM;
}

static void fill_defaults(struct aas_ws_client_config *c)
{
    c->max_message_bytes = OR_DEFAULT(c->max_message_bytes, DEFAULT_MESSAGE_BYTES);
    c->max_queue_frames = OR_DEFAULT(c->max_queue_frames, DEFAULT_QUEUE_FRAMES);
    c->connect_timeout_s = OR_DEFAULT(c->connect_timeout_s, DEFAULT_CONNECT_S);
    c->ping_s = OR_DEFAULT(c->ping_s, DEFAULT_PING_S);
    c->pong_timeout_s = OR_DEFAULT(c->pong_timeout_s, DEFAULT_PONG_S);
    c->backoff_min_ms = OR_DEFAULT(c->backoff_min_ms, DEFAULT_BACKOFF_MIN_MS);
    c->backoff_max_ms = OR_DEFAULT(c->backoff_max_ms, DEFAULT_BACKOFF_MAX_MS);
    if (c->backoff_max_ms < c->backoff_min_ms)
        c->backoff_max_ms = c->backoff_min_ms;
}

int aas_ws_client_create(struct aas_ws_client **ret_client, const struct aas_ws_client_config *config,
                         struct aas_error *err)
{
    struct aas_ws_client *c = calloc(1, sizeof *c);
    if (!c)
        return AAS_ENOMEM;
    if (pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c);
        return AAS_ENOMEM;
    }
    c->tail = &c->head;
    c->config = *config;
    fill_defaults(&c->config);
    aas_buf_init(&c->joined, c->config.max_message_bytes);
    aas_backoff_init(&c->backoff, c->config.backoff_min_ms, c->config.backoff_max_ms, 0);
    int rc = parse_url(c, config->url, err);
    if (rc == 0 && config->subprotocols && !(c->subprotocols = strdup(config->subprotocols)))
        rc = AAS_ENOMEM;
    if (rc == 0 && config->authorization && !(c->authorization = strdup(config->authorization)))
        rc = AAS_ENOMEM;
    if (rc) {
        aas_ws_client_destroy(c);
        return rc;
    }
    c->config.url = c->config.subprotocols = c->config.authorization = NULL; /* borrowed: see the copies */
    *ret_client = c;
    return 0;
}

/* ---- lifetime, and what any thread may call ---- */

int aas_ws_client_start(struct aas_ws_client *c, struct aas_error *err)
{
    int rc = ws_client_open(c, err);
    if (rc)
        return rc;
    rc = aas_thread_create(&c->thread, "ws-client", ws_client_run, c);
    if (rc) {
        ws_client_close(c);
        return aas_error_set(err, rc, "cannot start the thread of the WebSocket client");
    }
    return 0;
}

static void wake(struct aas_ws_client *c) /* with the lock held */
{
    if (!c->woken)
        lws_cancel_service(c->context);
    c->woken = true;
}

void aas_ws_client_stop(struct aas_ws_client *c)
{
    if (!c->thread)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->stop = true;
    wake(c);
    (void)pthread_mutex_unlock(&c->lock);
    aas_thread_join(c->thread);
    c->thread = NULL;
    ws_client_close(c);
}

void aas_ws_client_destroy(struct aas_ws_client *c)
{
    if (!c)
        return;
    aas_ws_client_stop(c);
    while (c->head) {
        struct ws_out *m = c->head;
        c->head = m->next;
        free(m);
    }
    aas_buf_fini(&c->joined);
    free(c->host);
    free(c->host_header);
    free(c->path);
    free(c->subprotocols);
    free(c->authorization);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

int aas_ws_client_send(struct aas_ws_client *c, const char *text, size_t len)
{
    if (!atomic_load(&c->connected))
        return AAS_EUNAVAILABLE;
    struct ws_out *m = malloc(sizeof *m + LWS_PRE + len);
    if (!m)
        return AAS_ENOMEM;
    m->next = NULL;
    m->len = len;
    memcpy(m->bytes + LWS_PRE, text, len);
    (void)pthread_mutex_lock(&c->lock);
    bool room = c->queued < c->config.max_queue_frames && !c->stop;
    if (room) {
        *c->tail = m;
        c->tail = &m->next;
        c->queued++;
        wake(c);
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (!room)
        free(m);
    return room ? 0 : AAS_EUNAVAILABLE;
}

bool aas_ws_client_connected(const struct aas_ws_client *c)
{
    return atomic_load(&c->connected);
}

unsigned aas_ws_client_connects(const struct aas_ws_client *c)
{
    return atomic_load(&c->connects);
}
