#include "aas/mqtt.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mqtt_internal.h"

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_init(void)
{
    (void)mosquitto_lib_init();
}

static int check(const struct aas_mqtt_config *c, struct aas_error *err)
{
    if (c->persistent && (!c->client_id || !*c->client_id))
        return aas_error_set(err, AAS_EINVAL, "client_id is needed for a persistent session");
    if (c->keepalive_s != 0 && (c->keepalive_s < 5 || c->keepalive_s > 65535))
        return aas_error_set(err, AAS_EINVAL, "keepalive_s %u: 5 to 65535", c->keepalive_s);
    if (!c->tls_ca && (c->tls_cert || c->tls_key))
        return aas_error_set(err, AAS_EINVAL, "tls_cert and tls_key need tls_ca");
    if (!c->tls_cert != !c->tls_key)
        return aas_error_set(err, AAS_EINVAL, "tls_cert and tls_key go together");
    if (c->password && !c->username)
        return aas_error_set(err, AAS_EINVAL, "password needs username");
    if (c->max_inflight > 20000)
        return aas_error_set(err, AAS_EINVAL, "max_inflight %u: at most 20000", c->max_inflight);
    if (c->backoff_min_ms > (c->backoff_max_ms ? c->backoff_max_ms : 10000))
        return aas_error_set(err, AAS_EINVAL, "backoff_min_ms %u is above backoff_max_ms", c->backoff_min_ms);
    for (size_t i = 0; i < c->n_filters; i++) {
        const char *filter = c->filters[i].filter;
        if (!filter || mosquitto_sub_topic_check(filter) != MOSQ_ERR_SUCCESS)
            return aas_error_set(err, AAS_EINVAL, "filter '%s' is not a topic filter", filter ? filter : "");
        if (c->filters[i].qos < 0 || c->filters[i].qos > 1) /* libmosquitto forgets a QoS 2 message that was refused */
            return aas_error_set(err, AAS_EINVAL, "filter '%s': QoS %d, 0 or 1 is possible", filter, c->filters[i].qos);
    }
    return 0;
}

static bool copy_string(const char **member)
{
    if (*member)
        *member = strdup(*member);
    else
        return true;
    return *member != NULL;
}

/* All strings become our own; on failure those not yet copied are NULL, so that destroy can free what there is. */
static int copy_config(struct aas_mqtt *m, const struct aas_mqtt_config *c)
{
    m->c = *c;
    const char **members[] = {&m->c.host,   &m->c.client_id, &m->c.username, &m->c.password,
                              &m->c.tls_ca, &m->c.tls_cert,  &m->c.tls_key};
    bool ok = true;
    m->c.host = c->host ? c->host : "127.0.0.1";
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!ok || !copy_string(members[i])) {
            *members[i] = NULL;
            ok = false;
        }
    struct aas_mqtt_filter *filters = calloc(c->n_filters + 1, sizeof *filters);
    m->c.filters = filters;
    m->c.n_filters = 0;
    for (size_t i = 0; ok && filters && i < c->n_filters; i++) {
        filters[i] = c->filters[i];
        ok = copy_string(&filters[i].filter);
        m->c.n_filters++;
    }
    return ok && filters ? 0 : AAS_ENOMEM;
}

static void set_defaults(struct aas_mqtt_config *c)
{
    c->port = c->port ? c->port : 1883;
    c->session_expiry_s = c->session_expiry_s ? c->session_expiry_s : 7 * 86400;
    c->keepalive_s = c->keepalive_s ? c->keepalive_s : 15;
    c->receive_maximum = c->receive_maximum ? c->receive_maximum : 1000;
    c->max_batch = c->max_batch ? c->max_batch : 1000;
    c->backoff_max_ms = c->backoff_max_ms ? c->backoff_max_ms : 10000;
    c->backoff_min_ms = c->backoff_min_ms ? c->backoff_min_ms : 200;
    c->max_inflight = c->max_inflight ? c->max_inflight : 500;
    c->max_queued = c->max_queued ? c->max_queued : 5000;
    if (c->backoff_min_ms > c->backoff_max_ms)
        c->backoff_min_ms = c->backoff_max_ms;
}

static int prepare(struct aas_mqtt *m, const struct aas_mqtt_config *config, struct aas_error *err)
{
    pthread_condattr_t attr;
    (void)pthread_mutex_init(&m->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&m->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    m->fd = -1;
    m->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int wake_errno = errno;
    int rc = copy_config(m, config);
    set_defaults(&m->c);
    aas_backoff_init(&m->backoff, m->c.backoff_min_ms, m->c.backoff_max_ms, 0);
    aas_backoff_init(&m->batch_backoff, m->c.backoff_min_ms, m->c.backoff_max_ms, 0);
    m->retry_at = AAS_MONO_PAST;
    m->resubscribe_at = m->answer_by = AAS_MONO_NEVER;
    size_t slots = 64;
    while (slots < 4 * (size_t)m->c.max_inflight)
        slots *= 2;
    m->slots_mask = slots - 1;
    m->slots = calloc(slots, sizeof *m->slots);
    m->sub_mids = calloc(m->c.n_filters + 1, sizeof *m->sub_mids);
    if (rc || !m->slots || !m->sub_mids)
        return aas_error_set(err, AAS_ENOMEM, "no memory for the MQTT client");
    if (m->wake_fd < 0)
        return aas_error_set(err, -wake_errno, "no eventfd for the MQTT client");
    return mqtt_handle_create(m, err);
}

int aas_mqtt_create(struct aas_mqtt **ret_mqtt, const struct aas_mqtt_config *config, struct aas_error *err)
{
    int rc = check(config, err);
    if (rc)
        return rc;
    (void)pthread_once(&library_once, library_init);
    struct aas_mqtt *m = calloc(1, sizeof *m);
    if (!m)
        return aas_error_set(err, AAS_ENOMEM, "no memory for the MQTT client");
    rc = prepare(m, config, err);
    if (rc) {
        aas_mqtt_destroy(m);
        return rc;
    }
    *ret_mqtt = m;
    return 0;
}

int aas_mqtt_start(struct aas_mqtt *m, struct aas_error *err)
{
    assert(!m->thread);
    int rc = aas_thread_create(&m->thread, "mqtt", mqtt_run, m);
    return rc ? aas_error_set(err, rc, "cannot start the MQTT client's thread: %s", aas_strerror(rc)) : 0;
}

void mqtt_wake(struct aas_mqtt *m)
{
    const uint64_t one = 1;
    AAS_IGNORE(write(m->wake_fd, &one, sizeof one)); /* full means that it is awake anyway */
}

void aas_mqtt_stop(struct aas_mqtt *m, struct aas_mono deadline)
{
    (void)pthread_mutex_lock(&m->lock);
    m->stopping = true;
    m->stop_by = deadline;
    (void)pthread_cond_broadcast(&m->changed);
    (void)pthread_mutex_unlock(&m->lock);
    mqtt_wake(m);
    aas_thread_join(m->thread);
    m->thread = NULL;
}

void aas_mqtt_destroy(struct aas_mqtt *m)
{
    if (!m)
        return;
    if (m->thread)
        aas_mqtt_stop(m, AAS_MONO_PAST);
    if (m->mosq)
        mosquitto_destroy(m->mosq);
    if (m->wake_fd >= 0)
        (void)close(m->wake_fd);
    for (struct mqtt_out *o = m->first, *next; o; o = next) {
        next = o->next;
        free(o);
    }
    const char *strings[] = {m->c.host,   m->c.client_id, m->c.username, m->c.password,
                             m->c.tls_ca, m->c.tls_cert,  m->c.tls_key};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free((void *)(uintptr_t)strings[i]);
    for (size_t i = 0; i < m->c.n_filters; i++)
        free((void *)(uintptr_t)m->c.filters[i].filter);
    free((void *)(uintptr_t)m->c.filters);
    free(m->sub_mids);
    free(m->slots);
    (void)pthread_cond_destroy(&m->changed);
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

enum aas_mqtt_state aas_mqtt_state_of(const struct aas_mqtt *m)
{
    return (enum aas_mqtt_state)atomic_load(&m->state);
}

const char *aas_mqtt_state_name(enum aas_mqtt_state state)
{
    static const char *const names[AAS_MQTT__STATE_COUNT] = {"disconnected", "connecting", "connected", "ready"};
    return (unsigned)state < AAS_MQTT__STATE_COUNT ? names[state] : "?";
}

void aas_mqtt_stats(const struct aas_mqtt *m, struct aas_mqtt_stats *ret_stats)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&m->lock; /* const: not changed, but locked */
    *ret_stats = (struct aas_mqtt_stats){
        .received = m->n.received,
        .received_bytes = m->n.received_bytes,
        .batches = m->n.batches,
        .dropped_batches = m->n.dropped_batches,
        .published = m->n.published,
        .acked = m->n.acked,
        .refused = m->n.refused,
        .connects = m->n.connects,
        .suback_refused = m->n.suback_refused,
        .watchdog_reconnects = m->n.watchdog_reconnects,
        .protocol = m->n.protocol,
        .last_message_ms = m->n.last_message_ms,
    };
    (void)pthread_mutex_lock(lock);
    ret_stats->queued = m->queued;
    ret_stats->inflight = m->inflight;
    (void)pthread_mutex_unlock(lock);
}
