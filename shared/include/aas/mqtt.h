/* MQTT client on libmosquitto (docs/adr/0002): one thread of its own runs the socket, reads until it is drained, asks
 * its user to make all of that durable, and only then lets the PUBACKs out. MQTT 5, falling back to 3.1.1.
 *
 * Users: mqtt-ingestion (subscriber and outgoing topics), aastreli-sim (publisher). All callbacks run on the client's
 * thread; other threads call only what says "any thread". A message that on_batch did not make durable is never
 * acknowledged: the connection is dropped without a byte, and the broker delivers again.
 * Lifetime: create -> start -> stop -> destroy. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/clock.h"
#include "aas/error.h"

struct aas_mqtt;

enum aas_mqtt_state {
    AAS_MQTT_DISCONNECTED, /* not connected; the next attempt comes by itself */
    AAS_MQTT_CONNECTING,   /* TCP or CONNECT under way */
    AAS_MQTT_CONNECTED,    /* CONNACK was good, SUBACKs are still out */
    AAS_MQTT_READY,        /* every filter was granted (at once where there are none) */
    AAS_MQTT__STATE_COUNT
};

/** A message as it came; everything is borrowed until on_message returns. */
struct aas_mqtt_message {
    const char *topic;
    const void *payload; /* NULL when len is 0 */
    size_t len;
    int qos;
    bool retain, dup;
};

/** A subscription: filter with + and # as MQTT has them. */
struct aas_mqtt_filter {
    const char *filter;
    int qos;
};

/** All on the client's thread. Any may be NULL. */
struct aas_mqtt_callbacks {
    void (*on_message)(void *ctx, const struct aas_mqtt_message *msg);
    /** The socket is drained, or max_batch messages were read: make what on_message got durable. 0: the PUBACKs leave.
     *  Negative: none leaves, the connection is dropped and made anew after a backoff. */
    int (*on_batch)(void *ctx);
    /** reason: a sentence without a full stop, "" where there is nothing to say. */
    void (*on_state)(void *ctx, enum aas_mqtt_state state, const char *reason);
    /** The broker has acknowledged a publish (QoS 0: it went to the socket), or with a negative rc refused it. */
    void (*on_published)(void *ctx, uint64_t token, int rc);
};

/** Zero means the default in brackets; strings are copied. */
struct aas_mqtt_config {
    const char *host;                        /* ["127.0.0.1"] */
    uint16_t port;                           /* [1883] */
    const char *client_id;                   /* stable: names the persistent session; required with persistent */
    bool persistent;                         /* keep the session over disconnects */
    uint32_t session_expiry_s;               /* MQTT 5, of a persistent session [7 days] */
    const char *username, *password;         /* NULL: none */
    const char *tls_ca, *tls_cert, *tls_key; /* files; tls_ca set = TLS on; cert and key for mutual TLS */
    uint32_t keepalive_s;                    /* [15] */
    uint32_t silence_s;                      /* watchdog: no message for so long while READY: reconnect [0: off] */
    uint16_t receive_maximum;                /* unacknowledged QoS 1 messages that the broker may send [1000] */
    size_t max_batch;                        /* messages between two on_batch [1000] */
    uint32_t backoff_min_ms, backoff_max_ms; /* [200, 10000] */
    const struct aas_mqtt_filter *filters;   /* subscribed on every CONNACK (copies) */
    size_t n_filters;
    uint32_t max_inflight; /* publishes that wait for their PUBACK, far below 65,535 [500] */
    size_t max_queued;     /* publishes that wait to be sent [5000] */
    struct aas_mqtt_callbacks callbacks;
    void *ctx;
};

/** Checks and copies. Errors: AAS_EINVAL naming the member, AAS_ENOMEM, AAS_EUPSTREAM (TLS files). */
int aas_mqtt_create(struct aas_mqtt **ret_mqtt, const struct aas_mqtt_config *config,
                    struct aas_error *err) AAS_MUST_CHECK;
/** Start the thread; the connection comes, and comes again, by itself. */
int aas_mqtt_start(struct aas_mqtt *m, struct aas_error *err) AAS_MUST_CHECK;
/** Wait until what was published is acknowledged, or the deadline; then on_batch for what was read, DISCONNECT, join.
 */
void aas_mqtt_stop(struct aas_mqtt *m, struct aas_mono deadline);
/** Stops if need be. NULL is fine. */
void aas_mqtt_destroy(struct aas_mqtt *m);

/** Publish (copies). ret_token (may be NULL) comes back in on_published. Waits until deadline for room in the queue:
 *  AAS_MONO_PAST = don't wait. What is queued or in flight survives reconnects, not the process. Errors: AAS_EFULL (no
 *  room in time), AAS_EINVAL (topic with wildcards, qos), AAS_ETOOBIG, AAS_ECLOSED after stop. Any thread but the
 *  client's own may wait. */
int aas_mqtt_publish(struct aas_mqtt *m, const char *topic, const void *payload, size_t len, int qos, bool retain,
                     struct aas_mono deadline, uint64_t *ret_token) AAS_MUST_CHECK;
/** Wait until nothing is queued or in flight: AAS_ETIMEDOUT. Any thread but the client's own. */
int aas_mqtt_flush(struct aas_mqtt *m, struct aas_mono deadline) AAS_MUST_CHECK;

enum aas_mqtt_state aas_mqtt_state_of(const struct aas_mqtt *m); /* any thread */
const char *aas_mqtt_state_name(enum aas_mqtt_state state);      /* "disconnected" … */

struct aas_mqtt_stats {
    uint64_t received, received_bytes, batches, dropped_batches; /* dropped: on_batch said no, redelivery follows */
    uint64_t published, acked, refused;
    uint64_t connects, suback_refused, watchdog_reconnects;
    size_t queued, inflight;
    int protocol;            /* 5 or 4 (3.1.1); 0 before the first CONNACK */
    int64_t last_message_ms; /* wall clock; 0 = none yet */
};
/** Any thread. */
void aas_mqtt_stats(const struct aas_mqtt *m, struct aas_mqtt_stats *ret_stats);
