#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "aas/mqtt.h"

struct ingest_outbox {
    bool enabled;
    struct aas_mqtt *mqtt;
};

static const char *or_null(const char *s)
{
    return s[0] != '\0' ? s : NULL;
}

int ingest_outbox_create(struct ingest_outbox **ret_outbox, const struct ingest_config *config, struct aas_error *err)
{
    char client_id[128];
    struct ingest_outbox *o = calloc(1, sizeof *o);
    if (!o)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    o->enabled = config->publish;
    (void)snprintf(client_id, sizeof client_id, "%.100s-out", config->mqtt_client_id);
    const struct aas_mqtt_config mqtt = {.host = config->mqtt_host,
                                         .port = config->mqtt_port,
                                         .client_id = client_id,
                                         .username = or_null(config->mqtt_user),
                                         .password = or_null(config->mqtt_password),
                                         .tls_ca = or_null(config->mqtt_ca),
                                         .tls_cert = or_null(config->mqtt_cert),
                                         .tls_key = or_null(config->mqtt_key)};
    int rc = o->enabled ? aas_mqtt_create(&o->mqtt, &mqtt, err) : 0;
    if (rc < 0) {
        free(o);
        return rc;
    }
    *ret_outbox = o;
    return 0;
}

int ingest_outbox_start(struct ingest_outbox *o, struct aas_error *err)
{
    return o->enabled ? aas_mqtt_start(o->mqtt, err) : 0;
}

void ingest_outbox_stop(struct ingest_outbox *o, struct aas_mono deadline)
{
    if (o && o->enabled)
        aas_mqtt_stop(o->mqtt, deadline);
}

void ingest_outbox_destroy(struct ingest_outbox *o)
{
    if (!o)
        return;
    aas_mqtt_destroy(o->mqtt);
    free(o);
}

int ingest_outbox_alarms(struct ingest_outbox *o, const char *sensor_id, const char *json, size_t len)
{
    char topic[128];
    if (!o->enabled)
        return 0;
    (void)snprintf(topic, sizeof topic, "aastreli/alarms/%s", sensor_id);
    return aas_mqtt_publish(o->mqtt, topic, json, len, 1, true, AAS_MONO_PAST, NULL);
}

void ingest_outbox_prediction(struct ingest_outbox *o, const char *sensor_id, const char *json, size_t len)
{
    char topic[128];
    if (!o->enabled || aas_mqtt_state_of(o->mqtt) != AAS_MQTT_READY)
        return;
    (void)snprintf(topic, sizeof topic, "aastreli/predictions/%s", sensor_id);
    AAS_IGNORE(aas_mqtt_publish(o->mqtt, topic, json, len, 0, false, AAS_MONO_PAST, NULL));
}
