/* WebSocket client that keeps one connection up: backoff with jitter, pings, bounded messages.
 *
 * Users: backend-api (the feed from mqtt-ingestion's /stream), tests. It has a thread of its own, on which all
 * callbacks run; they must not block for long, since pings wait meanwhile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_error;
struct aas_ws_client;

/** Zero means the default in brackets; strings are copied. */
struct aas_ws_client_config {
    const char *url;            /* ws://host:port/path?query */
    const char *subprotocols;   /* comma-separated offer, or NULL */
    const char *authorization;  /* value of the Authorization header, or NULL */
    size_t max_message_bytes;   /* [4 MiB]; over it the connection is closed with 1009 and made anew */
    size_t max_queue_frames;    /* unsent outgoing messages [1024] */
    uint32_t connect_timeout_s; /* [5] */
    uint32_t ping_s;            /* [20] */
    uint32_t pong_timeout_s;    /* [45] */
    uint32_t backoff_min_ms;    /* [200] */
    uint32_t backoff_max_ms;    /* [10000] */
    void (*on_open)(void *ctx, struct aas_ws_client *client);
    void (*on_message)(void *ctx, struct aas_ws_client *client, const char *data, size_t len, bool binary);
    /** After a connection was lost, or could not be made; `reason` is a sentence without a full stop. */
    void (*on_close)(void *ctx, struct aas_ws_client *client, const char *reason);
    void *ctx;
};

/** Checks and copies. Errors: AAS_EINVAL naming what is wrong with the URL; AAS_ENOMEM. */
int aas_ws_client_create(struct aas_ws_client **ret_client, const struct aas_ws_client_config *config,
                         struct aas_error *err) __attribute__((warn_unused_result));
/** Starts the thread; the connection comes (and comes again) by itself. */
int aas_ws_client_start(struct aas_ws_client *client, struct aas_error *err) __attribute__((warn_unused_result));
/** Closes the connection (1000), joins the thread. No callback runs afterwards. */
void aas_ws_client_stop(struct aas_ws_client *client);
void aas_ws_client_destroy(struct aas_ws_client *client);

/** Queues a text message (copies). Any thread. Errors: AAS_EUNAVAILABLE when not connected or the queue is full. */
int aas_ws_client_send(struct aas_ws_client *client, const char *text, size_t len) __attribute__((warn_unused_result));
/** Any thread. */
bool aas_ws_client_connected(const struct aas_ws_client *client);
/** Connections made since the start; any thread. */
unsigned aas_ws_client_connects(const struct aas_ws_client *client);
