/* The way out: a bounded queue that any thread fills, and a bounded number of messages without their PUBACK. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt_internal.h"

#define MAX_PAYLOAD 268435455u

int aas_mqtt_publish(struct aas_mqtt *m, const char *topic, const void *payload, size_t len, int qos, bool retain,
                     struct aas_mono deadline, uint64_t *ret_token)
{
    size_t topic_len = topic ? strlen(topic) : 0;
    if (topic_len == 0 || topic_len > 65535 || qos < 0 || qos > 1 ||
        mosquitto_pub_topic_check(topic) != MOSQ_ERR_SUCCESS ||
        mosquitto_validate_utf8(topic, (int)topic_len) != MOSQ_ERR_SUCCESS)
        return AAS_EINVAL;
    if (len > MAX_PAYLOAD)
        return AAS_ETOOBIG;
    struct mqtt_out *o = malloc(sizeof *o + topic_len + 1 + len);
    if (!o)
        return AAS_ENOMEM;
    *o = (struct mqtt_out){.len = len, .qos = qos, .retain = retain, .payload = o->topic + topic_len + 1};
    memcpy(o->topic, topic, topic_len + 1);
    if (len > 0)
        memcpy(o->topic + topic_len + 1, payload, len);
    if (mqtt_here == m)
        deadline = AAS_MONO_PAST; /* waiting for itself would last for ever */

    int rc = 0;
    (void)pthread_mutex_lock(&m->lock);
    while (!m->stopping && m->queued >= m->c.max_queued && !aas_mono_passed(deadline)) {
        struct timespec at = aas_mono_timespec(deadline);
        if (deadline.ns == AAS_MONO_NEVER.ns)
            (void)pthread_cond_wait(&m->changed, &m->lock);
        else
            (void)pthread_cond_timedwait(&m->changed, &m->lock, &at);
    }
    if (m->stopping)
        rc = AAS_ECLOSED;
    else if (m->queued >= m->c.max_queued)
        rc = AAS_EFULL;
    bool wake = false;
    if (!rc) {
        o->token = ++m->next_token;
        if (ret_token)
            *ret_token = o->token;
        wake = m->queued == 0;
        if (m->last)
            m->last->next = o;
        else
            m->first = o;
        m->last = o;
        m->queued++;
        m->n.published++;
    }
    (void)pthread_mutex_unlock(&m->lock);
    if (rc)
        free(o);
    else if (wake)
        mqtt_wake(m);
    return rc;
}

int aas_mqtt_flush(struct aas_mqtt *m, struct aas_mono deadline)
{
    int rc = 0;
    (void)pthread_mutex_lock(&m->lock);
    while (m->queued + m->inflight > 0 && rc == 0) {
        struct timespec at = aas_mono_timespec(deadline);
        if (aas_mono_passed(deadline))
            rc = AAS_ETIMEDOUT;
        else if (deadline.ns == AAS_MONO_NEVER.ns)
            (void)pthread_cond_wait(&m->changed, &m->lock);
        else
            (void)pthread_cond_timedwait(&m->changed, &m->lock, &at);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return rc;
}

static void slot_put(struct aas_mqtt *m, int mid, uint64_t token, int qos)
{
    size_t i = (size_t)mid & m->slots_mask;
    while (m->slots[i].mid != 0)
        i = (i + 1) & m->slots_mask;
    m->slots[i] = (struct mqtt_slot){.token = token, .mid = (uint16_t)mid, .qos = (uint8_t)qos};
}

/* Free slot i, moving up those behind it that would not be found any more. */
static void slot_free(struct aas_mqtt *m, size_t i)
{
    for (size_t k = (i + 1) & m->slots_mask; m->slots[k].mid != 0; k = (k + 1) & m->slots_mask) {
        size_t home = m->slots[k].mid & m->slots_mask;
        if (((k - home) & m->slots_mask) >= ((k - i) & m->slots_mask)) {
            m->slots[i] = m->slots[k];
            i = k;
        }
    }
    m->slots[i].mid = 0;
}

static void count_done(struct aas_mqtt *m, uint64_t token, int rc)
{
    if (rc)
        m->n.refused++;
    else
        m->n.acked++;
    if (m->c.callbacks.on_published)
        m->c.callbacks.on_published(m->c.ctx, token, rc);
    (void)pthread_mutex_lock(&m->lock);
    m->inflight--;
    if (m->queued + m->inflight == 0)
        (void)pthread_cond_broadcast(&m->changed);
    (void)pthread_mutex_unlock(&m->lock);
}

void mqtt_acknowledged(struct aas_mqtt *m, int mid, int rc)
{
    size_t i = (size_t)mid & m->slots_mask;
    while (m->slots[i].mid != 0 && m->slots[i].mid != (uint16_t)mid)
        i = (i + 1) & m->slots_mask;
    if (m->slots[i].mid == 0)
        return;
    uint64_t token = m->slots[i].token;
    slot_free(m, i);
    count_done(m, token, rc);
    m->events++;
    errno = 0; /* as after on_message */
}

void mqtt_fail_qos0(struct aas_mqtt *m)
{
    for (size_t i = 0; i <= m->slots_mask; i++)
        while (m->slots[i].mid != 0 && m->slots[i].qos == 0) {
            uint64_t token = m->slots[i].token;
            slot_free(m, i); /* may bring another one here */
            count_done(m, token, AAS_EUNAVAILABLE);
        }
}

static int publish_error(int rc)
{
    switch (rc) {
    case MOSQ_ERR_NOMEM:
        return AAS_ENOMEM;
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_PAYLOAD_SIZE:
        return AAS_ETOOBIG;
    case MOSQ_ERR_QOS_NOT_SUPPORTED:
        return AAS_ENOTSUP;
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
        return AAS_EINVAL;
    default:
        return AAS_EUPSTREAM;
    }
}

/* The next one that may go, counted as in flight; NULL: none. */
static struct mqtt_out *take(struct aas_mqtt *m)
{
    (void)pthread_mutex_lock(&m->lock);
    struct mqtt_out *o = m->inflight < m->limit ? m->first : NULL;
    if (o) {
        m->first = o->next;
        if (!m->first)
            m->last = NULL;
        m->queued--;
        m->inflight++;
        (void)pthread_cond_broadcast(&m->changed);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return o;
}

size_t mqtt_pump(struct aas_mqtt *m)
{
    size_t n = 0;
    for (struct mqtt_out *o = take(m); o; o = take(m)) {
        int mid = 0;
        int rc = mosquitto_publish_v5(m->mosq, &mid, o->topic, (int)o->len, o->len ? o->payload : NULL, o->qos,
                                      o->retain, NULL);
        if (rc == MOSQ_ERR_SUCCESS)
            slot_put(m, mid, o->token, o->qos);
        else
            count_done(m, o->token, publish_error(rc));
        free(o);
        n++;
    }
    return n;
}
