#include "subscription.h"

#include <stdlib.h>
#include <string.h>

#include "aas/json.h"
#include "stream.h"

#define SENSORS_MAX 1000
#define TEXT_MAX    65536

static const char *const kind_names[] = {
    [INGEST_FRAME_READINGS] = "readings",
    [INGEST_FRAME_PREDICTION] = "predictions",
    [INGEST_FRAME_SENSOR] = "sensors",
    [INGEST_FRAME_ALARM] = "alarms",
    NULL,
};

void ingest_subscription_init(struct ingest_subscription *s)
{
    *s = (struct ingest_subscription){.kinds = (1u << INGEST_FRAME__COUNT) - 1, .all = true};
    ingest_smap_init(&s->set);
}

void ingest_subscription_fini(struct ingest_subscription *s)
{
    for (size_t i = 0; i < s->sensors_count; i++)
        free(s->sensors[i]);
    free(s->sensors);
    ingest_smap_fini(&s->set);
    *s = (struct ingest_subscription){0};
}

bool ingest_subscription_wants(const struct ingest_subscription *s, uint32_t kind, const char *key)
{
    if (!(s->kinds & (1u << kind)))
        return false;
    return s->all || ingest_smap_get(&s->set, key, strlen(key)) != NULL;
}

static int take_sensors(struct ingest_subscription *s, const json_t *list, struct aas_error *err)
{
    size_t n = json_array_size(list);
    s->sensors = calloc(n, sizeof(*s->sensors));
    if (!s->sensors)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    s->all = false;
    for (size_t i = 0; i < n; i++) {
        const char *id = json_string_value(json_array_get(list, i));
        if (!id || id[0] == '\0' || strlen(id) > 64)
            return aas_error_set(err, AAS_EINVAL, "sensors[%zu] must be a sensor id or *", i);
        if (strcmp(id, "*") == 0)
            s->all = true;
        if (ingest_smap_get(&s->set, id, strlen(id)))
            continue;
        char *copy = strdup(id);
        if (!copy || ingest_smap_put(&s->set, copy, strlen(copy), copy) < 0) {
            free(copy);
            return aas_error_set(err, AAS_ENOMEM, "out of memory");
        }
        s->sensors[s->sensors_count++] = copy;
    }
    return 0;
}

static int take_kinds(struct ingest_subscription *s, const json_t *list, struct aas_error *err)
{
    s->kinds = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        uint32_t k = 0;
        while (kind_names[k] && (!name || strcmp(kind_names[k], name) != 0))
            k++;
        if (!kind_names[k])
            return aas_error_set(err, AAS_EINVAL, "kinds[%zu] must be readings, predictions, sensors or alarms", i);
        s->kinds |= 1u << k;
    }
    return 0;
}

static int subscribe(struct ingest_subscription *s, const json_t *doc, struct aas_error *err)
{
    static const char *const known[] = {"op", "sensors", "kinds", NULL};
    json_t *sensors = NULL, *kinds = NULL;
    int rc = aas_json_only_fields(doc, known, err);
    if (rc == 0)
        rc = aas_json_get_array(doc, "sensors", AAS_JSON_OPTIONAL, 1, SENSORS_MAX, &sensors, err);
    if (rc == 0)
        rc = aas_json_get_array(doc, "kinds", AAS_JSON_OPTIONAL, 1, INGEST_FRAME__COUNT, &kinds, err);
    if (rc == 0 && sensors)
        rc = take_sensors(s, sensors, err);
    if (rc == 0 && kinds)
        rc = take_kinds(s, kinds, err);
    return rc;
}

int ingest_subscription_apply(struct ingest_subscription *s, const char *text, size_t len, bool *ret_snapshot,
                              struct aas_error *err)
{
    static const char *const ops[] = {"subscribe", "snapshot", NULL};
    AAS_AUTO_JSON json_t *doc = NULL;
    int op = 0;
    int rc = aas_json_parse(text, len, TEXT_MAX, 8, &doc, err);
    if (rc == 0 && !json_is_object(doc))
        rc = aas_error_set(err, AAS_EINVAL, "a message must be an object with op");
    if (rc == 0)
        rc = aas_json_get_choice(doc, "op", AAS_JSON_REQUIRED, ops, &op, err);
    if (rc < 0)
        return rc;
    if (op == 1) {
        *ret_snapshot = true;
        return 0;
    }
    struct ingest_subscription next;
    ingest_subscription_init(&next);
    rc = subscribe(&next, doc, err);
    if (rc < 0) {
        ingest_subscription_fini(&next);
        return rc;
    }
    ingest_subscription_fini(s);
    *s = next;
    *ret_snapshot = true;
    return 0;
}
