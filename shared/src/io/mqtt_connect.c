/* Connecting, versions, subscriptions: all that libmosquitto's callbacks tell. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <mqtt_protocol.h>

#include "aas/log.h"
#include "mqtt_internal.h"

#define AAS_LOG_MOD "mqtt"

void mqtt_set_state(struct aas_mqtt *m, enum aas_mqtt_state state, const char *reason)
{
    int before = atomic_exchange(&m->state, (int)state);
    if ((before != (int)state || *reason) && m->c.callbacks.on_state)
        m->c.callbacks.on_state(m->c.ctx, state, reason);
}

static void plan_retry(struct aas_mqtt *m)
{
    m->fd = -1;
    m->answer_by = m->resubscribe_at = AAS_MONO_NEVER;
    m->retry_at = aas_mono_in_ms(aas_backoff_next_ms(&m->backoff));
}

void mqtt_lost(struct aas_mqtt *m, const char *why)
{
    char copy[MQTT_REASON]; /* why may stand in m */
    (void)snprintf(copy, sizeof copy, "%s", why);
    plan_retry(m);
    if (m->version_refused) {
        m->attempt_v4 = true;
        m->retry_at = AAS_MONO_PAST;
    } else if (!m->version_proven && m->tcp_up && !m->got_connack) {
        /* A broker that knows 3.1.1 only may just close the connection: every third attempt is in that version. */
        m->attempt_v4 = ++m->silent_failures % 3 == 2;
    }
    mqtt_fail_qos0(m);
    mqtt_set_state(m, AAS_MQTT_DISCONNECTED, copy);
}

void mqtt_drop(struct aas_mqtt *m, const char *why)
{
    int fd = mosquitto_socket(m->mosq);
    if (fd >= 0) /* what libmosquitto has queued stays queued: it is thrown away when it connects anew */
        (void)shutdown(fd, SHUT_RDWR);
    mqtt_lost(m, why);
}

static void on_connect(struct mosquitto *mosq, void *ctx, int rc, int flags, const mosquitto_property *props)
{
    struct aas_mqtt *m = ctx;
    (void)flags;
    if (rc != 0) {
        (void)snprintf(m->reason, sizeof m->reason, "the broker refused: %s",
                       m->attempt_v4 ? mosquitto_connack_string(rc) : mosquitto_reason_string(rc));
        size_t n = strlen(m->reason);
        if (m->reason[n - 1] == '.')
            m->reason[n - 1] = '\0';
        m->got_connack = true;
        m->version_refused = !m->attempt_v4 && (rc == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION ||
                                                rc == CONNACK_REFUSED_PROTOCOL_VERSION /* as 3.x brokers say it */);
        return;
    }
    uint16_t server_max = 65535;
    (void)mosquitto_property_read_int16(props, MQTT_PROP_RECEIVE_MAXIMUM, &server_max, false);
    m->limit = m->c.max_inflight < server_max ? m->c.max_inflight : server_max;
    m->got_connack = m->version_proven = true;
    m->answer_by = AAS_MONO_NEVER;
    m->n.connects++;
    m->n.protocol = m->attempt_v4 ? 4 : 5;
    m->last_message = aas_clock_mono();
    mosquitto_log_callback_set(mosq, NULL);
    mqtt_set_state(m, AAS_MQTT_CONNECTED, "");
    for (size_t i = 0; i < m->c.n_filters; i++)
        m->sub_mids[i] = -1;
    mqtt_subscribe(m);
}

void mqtt_subscribe(struct aas_mqtt *m)
{
    m->resubscribe_at = AAS_MONO_NEVER;
    bool sent = false;
    for (size_t i = 0; i < m->c.n_filters; i++) {
        if (m->sub_mids[i] >= 0)
            continue;
        int mid = 0;
        int rc = mosquitto_subscribe_v5(m->mosq, &mid, m->c.filters[i].filter, m->c.filters[i].qos, 0, NULL);
        if (rc == MOSQ_ERR_SUCCESS)
            m->sub_mids[i] = mid;
        sent = true; /* where it could not be queued, the deadline brings a new connection */
    }
    m->answer_by = sent ? aas_mono_in_ms(MQTT_CONNECT_MS) : AAS_MONO_NEVER;
    if (!sent) {
        aas_backoff_reset(&m->backoff);
        mqtt_set_state(m, AAS_MQTT_READY, "");
    }
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int mid, int n, const int *granted,
                         const mosquitto_property *props)
{
    struct aas_mqtt *m = ctx;
    char reason[MQTT_REASON] = "";
    bool waiting = false, refused = false;
    (void)mosq;
    (void)props;
    for (size_t i = 0; i < m->c.n_filters; i++) {
        const struct aas_mqtt_filter *f = &m->c.filters[i];
        if (m->sub_mids[i] == mid) {
            int code = n > 0 ? granted[0] : 0x80;
            m->sub_mids[i] = code < 0x80 ? 0 : -1;
            m->n.suback_refused += code >= 0x80;
            if (code >= 0x80)
                (void)snprintf(reason, sizeof reason, "the broker refused to subscribe %.80s: %s", f->filter,
                               m->attempt_v4 ? "not authorised" : mosquitto_reason_string(code));
            else if (code < f->qos)
                (void)snprintf(reason, sizeof reason, "the broker grants QoS %d instead of %d for %.80s", code, f->qos,
                               f->filter);
        }
        waiting = waiting || m->sub_mids[i] > 0;
        refused = refused || m->sub_mids[i] < 0;
    }
    m->answer_by = waiting ? m->answer_by : AAS_MONO_NEVER;
    if (!waiting && refused)
        m->resubscribe_at = aas_mono_in_ms(aas_backoff_next_ms(&m->backoff));
    if (!waiting && !refused)
        aas_backoff_reset(&m->backoff);
    mqtt_set_state(m, waiting || refused ? AAS_MQTT_CONNECTED : AAS_MQTT_READY, reason);
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *msg,
                       const mosquitto_property *props)
{
    struct aas_mqtt *m = ctx;
    (void)mosq;
    (void)props;
    m->unsynced++;
    m->events++;
    m->n.received++;
    m->n.received_bytes += (uint64_t)msg->payloadlen;
    if (m->c.callbacks.on_message)
        m->c.callbacks.on_message(m->c.ctx, &(struct aas_mqtt_message){.topic = msg->topic,
                                                                       .payload = msg->payload,
                                                                       .len = (size_t)msg->payloadlen,
                                                                       .qos = msg->qos,
                                                                       .retain = msg->retain});
    errno = 0; /* libmosquitto's wake-up pipe, which nobody reads, leaves EAGAIN: see read_batch */
}

static void on_publish(struct mosquitto *mosq, void *ctx, int mid, int code, const mosquitto_property *props)
{
    (void)mosq;
    (void)props;
    mqtt_acknowledged(ctx, mid, code < 0x80 ? 0 : AAS_EUPSTREAM);
}

static void on_disconnect(struct mosquitto *mosq, void *ctx, int code, const mosquitto_property *props)
{
    struct aas_mqtt *m = ctx;
    (void)mosq;
    (void)props;
    if (!m->reason[0] && code >= 0x80) /* a DISCONNECT of the broker; libmosquitto's own codes are smaller */
        (void)snprintf(m->reason, sizeof m->reason, "the broker ended the connection: %s",
                       mosquitto_reason_string(code));
}

static void on_log(struct mosquitto *mosq, void *ctx, int level, const char *text)
{
    struct aas_mqtt *m = ctx;
    (void)mosq;
    if (level != MOSQ_LOG_ERR && level != MOSQ_LOG_WARNING)
        return;
    (void)snprintf(m->library_says, sizeof m->library_says, "%s", text);
    aas_log_bridge(AAS_LOG_DEBUG, "mosquitto", text, SIZE_MAX);
}

int mqtt_handle_create(struct aas_mqtt *m, struct aas_error *err)
{
    const struct aas_mqtt_config *c = &m->c;
    m->mosq = mosquitto_new(c->client_id, !c->persistent, m);
    if (!m->mosq)
        return aas_error_set(err, errno == EINVAL ? AAS_EINVAL : AAS_ENOMEM, "cannot make the MQTT client%s",
                             errno == EINVAL ? ": client_id is not acceptable" : "");
    int rc = mosquitto_threaded_set(m->mosq, true); /* nothing is written but by mosquitto_loop_write */
    rc = rc ? rc : mosquitto_int_option(m->mosq, MOSQ_OPT_RECEIVE_MAXIMUM, c->receive_maximum);
    rc = rc ? rc : mosquitto_int_option(m->mosq, MOSQ_OPT_SEND_MAXIMUM, (int)c->max_inflight);
    rc = rc ? rc : mosquitto_int_option(m->mosq, MOSQ_OPT_TCP_NODELAY, 1);
    if (c->username)
        rc = rc ? rc : mosquitto_username_pw_set(m->mosq, c->username, c->password);
    if (rc)
        return aas_error_set(err, AAS_EUPSTREAM, "MQTT client: %s", mosquitto_strerror(rc));
    if (c->tls_ca) {
        rc = mosquitto_tls_set(m->mosq, c->tls_ca, NULL, c->tls_cert, c->tls_key, NULL);
        rc = rc ? rc : mosquitto_tls_opts_set(m->mosq, 1, NULL, NULL);
        if (rc)
            return aas_error_set(err, AAS_EUPSTREAM, "TLS files %s%s%s%s%s: %s", c->tls_ca, c->tls_cert ? ", " : "",
                                 c->tls_cert ? c->tls_cert : "", c->tls_key ? ", " : "", c->tls_key ? c->tls_key : "",
                                 mosquitto_strerror(rc));
    }
    mosquitto_connect_v5_callback_set(m->mosq, on_connect);
    mosquitto_subscribe_v5_callback_set(m->mosq, on_subscribe);
    mosquitto_message_v5_callback_set(m->mosq, on_message);
    mosquitto_publish_v5_callback_set(m->mosq, on_publish);
    mosquitto_disconnect_v5_callback_set(m->mosq, on_disconnect);
    return 0;
}

/* There is no asynchronous connect that takes properties, but the next one uses those of the last call that did. Port 0
 * with a path is a Unix socket: this attempt ends at once. */
static int set_version(struct aas_mqtt *m)
{
    mosquitto_property *props = NULL;
    int rc =
        mosquitto_int_option(m->mosq, MOSQ_OPT_PROTOCOL_VERSION, m->attempt_v4 ? MQTT_PROTOCOL_V311 : MQTT_PROTOCOL_V5);
    if (!rc && m->c.persistent && !m->attempt_v4)
        rc = mosquitto_property_add_int32(&props, MQTT_PROP_SESSION_EXPIRY_INTERVAL, m->c.session_expiry_s);
    if (!rc)
        AAS_IGNORE(mosquitto_connect_bind_v5(m->mosq, "/nonexistent", 0, (int)m->c.keepalive_s, NULL, props));
    mosquitto_property_free_all(&props);
    return rc;
}

/* libmosquitto's asynchronous connect tries the first address only: name the next one each time. With TLS the name must
 * stay what the certificate says, so several addresses are tried by the blocking connect. */
static int connect_addresses(struct aas_mqtt *m)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char address[NI_MAXHOST];
    unsigned n = 0, k = 0;
    int rc = getaddrinfo(m->c.host, NULL, &hints, &list);
    if (rc) {
        (void)snprintf(m->reason, sizeof m->reason, "cannot resolve %.100s: %s", m->c.host, gai_strerror(rc));
        return MOSQ_ERR_EAI;
    }
    for (const struct addrinfo *a = list; a; a = a->ai_next)
        n++;
    const struct addrinfo *chosen = list;
    for (k = m->addresses_tried++ % n; k > 0; k--)
        chosen = chosen->ai_next;
    if (getnameinfo(chosen->ai_addr, chosen->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST) != 0)
        (void)snprintf(address, sizeof address, "%s", m->c.host);
    freeaddrinfo(list);
    rc = mosquitto_connect_bind_async(m->mosq, m->c.tls_ca ? m->c.host : address, m->c.port, (int)m->c.keepalive_s,
                                      NULL);
    return m->c.tls_ca && n > 1 ? mosquitto_reconnect(m->mosq) : rc;
}

void mqtt_connect(struct aas_mqtt *m)
{
    m->hello_sent = m->tcp_up = m->got_connack = m->version_refused = false;
    m->reason[0] = m->library_says[0] = '\0';
    mosquitto_log_callback_set(m->mosq, on_log);
    mqtt_set_state(m, AAS_MQTT_CONNECTING, "");
    int rc = set_version(m);
    if (!rc) {
        errno = 0;
        rc = connect_addresses(m);
    }
    int saved = errno;
    m->fd = mosquitto_socket(m->mosq);
    if (rc == MOSQ_ERR_SUCCESS && m->fd >= 0) {
        m->answer_by = aas_mono_in_ms(MQTT_CONNECT_MS);
        return;
    }
    if (!m->reason[0])
        (void)snprintf(m->reason, sizeof m->reason, "cannot connect to %.100s:%u: %s", m->c.host, m->c.port,
                       rc == MOSQ_ERR_ERRNO && saved ? strerror(saved) : mosquitto_strerror(rc));
    mqtt_lost(m, m->reason);
}
