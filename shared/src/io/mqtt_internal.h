/* What the parts of the MQTT client share. Only mqtt*.c includes it, and nothing else includes mosquitto.h.
 *
 * Lock: `lock` guards the outgoing queue, the counts of what is queued and in flight, and the order to stop; it is a
 * leaf and never held over a call into libmosquitto or a callback. What stands under "client's thread" has no lock:
 * only that thread touches it. Figures and state are atomics. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mosquitto.h>

#include "aas/backoff.h"
#include "aas/mqtt.h"
#include "aas/thread.h"

#define MQTT_CONNECT_MS 10000 /* TCP, TLS and CONNACK together; SUBACKs again */
#define MQTT_REASON     192

/** A message on its way out, as publish left it: topic and payload lie behind each other. */
struct mqtt_out {
    struct mqtt_out *next;
    uint64_t token;
    size_t len;
    const void *payload;
    int qos;
    bool retain;
    char topic[];
};

/** Published and not acknowledged: message id -> token. Open addressing; ids come in order, so they rarely collide. */
struct mqtt_slot {
    uint64_t token;
    uint16_t mid; /* 0: free */
    uint8_t qos;
};

struct aas_mqtt {
    struct aas_mqtt_config c; /* strings are our own */
    int wake_fd;
    struct aas_thread *thread;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* room in the queue, or nothing left */
    struct mqtt_out *first, *last;
    size_t queued, inflight;
    uint64_t next_token;
    bool stopping;
    struct aas_mono stop_by;

    /* client's thread */
    struct mosquitto *mosq;
    struct aas_backoff backoff, batch_backoff; /* of connecting; of batches that are refused */
    struct aas_mono retry_at, answer_by, resubscribe_at, last_message;
    int fd;                                                /* -1: not connected, whatever libmosquitto still holds */
    bool hello_sent, tcp_up, got_connack, version_refused; /* of this attempt */
    bool version_proven, attempt_v4;
    unsigned silent_failures, addresses_tried;
    size_t unsynced; /* messages since the last on_batch */
    uint64_t events; /* messages and acknowledgements so far: tells whether a read got on */
    int *sub_mids;   /* per filter: message id of its SUBSCRIBE; 0 granted, -1 refused */
    struct mqtt_slot *slots;
    size_t slots_mask, limit;
    char reason[MQTT_REASON], library_says[MQTT_REASON];

    _Atomic int state;
    struct {
        _Atomic uint64_t received, received_bytes, batches, dropped_batches, published, acked, refused, connects,
            suback_refused, watchdog_reconnects;
        _Atomic int protocol;
        _Atomic int64_t last_message_ms;
    } n;
};

/** Make libmosquitto's handle with callbacks, options and TLS. */
int mqtt_handle_create(struct aas_mqtt *m, struct aas_error *err) AAS_MUST_CHECK;
/** Begin to connect. On failure the next attempt is planned. */
void mqtt_connect(struct aas_mqtt *m);
/** The connection is gone: plan the next attempt. why: a sentence without full stop (copied). */
void mqtt_lost(struct aas_mqtt *m, const char *why);
/** Let go of the connection without another byte: nothing queued (PUBACKs!) is sent. */
void mqtt_drop(struct aas_mqtt *m, const char *why);
/** Send SUBSCRIBE for all filters that are not granted. */
void mqtt_subscribe(struct aas_mqtt *m);
void mqtt_set_state(struct aas_mqtt *m, enum aas_mqtt_state state, const char *reason);

/** Hand queued messages to libmosquitto, up to the bound of unacknowledged ones. Returns how many. */
size_t mqtt_pump(struct aas_mqtt *m);
/** The broker has answered message mid (QoS 0: it went out). */
void mqtt_acknowledged(struct aas_mqtt *m, int mid, int rc);
/** What was QoS 0 and not written is lost with the connection. */
void mqtt_fail_qos0(struct aas_mqtt *m);
void mqtt_wake(struct aas_mqtt *m);

/** The thread. */
void mqtt_run(void *arg);
/** The client whose thread this is, or NULL. */
extern _Thread_local const struct aas_mqtt *mqtt_here;
