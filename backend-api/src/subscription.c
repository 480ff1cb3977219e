#include "subscription.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum api_frame_kind kind;
} kinds[] = {{"readings", API_FRAME_READINGS},
             {"predictions", API_FRAME_PREDICTION},
             {"sensors", API_FRAME_SENSOR},
             {"alarms", API_FRAME_ALARM}};
#define NAMED (1u << API_FRAME_READINGS | 1u << API_FRAME_PREDICTION | 1u << API_FRAME_SENSOR | 1u << API_FRAME_ALARM)

void api_subscription_init(struct api_subscription *s)
{
    *s = (struct api_subscription){.kinds = ~0u, .all = true};
}

void api_subscription_fini(struct api_subscription *s)
{
    free(s->sensors);
    api_subscription_init(s);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

int api_subscription_set(struct api_subscription *s, const json_t *message)
{
    const json_t *wanted_kinds = json_object_get(message, "kinds");
    const json_t *sensors = json_object_get(message, "sensors");
    struct api_subscription next = {.kinds = ~0u, .all = true};
    size_t n = json_array_size(sensors);
    if (wanted_kinds) {
        next.kinds = ~NAMED;
        for (size_t i = 0; i < json_array_size(wanted_kinds); i++)
            for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
                if (strcmp(json_string_value(json_array_get(wanted_kinds, i)), kinds[k].name) == 0)
                    next.kinds |= 1u << kinds[k].kind;
    }
    if (n > 0) {
        next.all = false;
        next.sensors = calloc(n, sizeof *next.sensors);
        if (!next.sensors)
            return AAS_ENOMEM;
        for (size_t i = 0; i < n; i++) {
            const char *id = json_string_value(json_array_get(sensors, i));
            next.all = next.all || strcmp(id, "*") == 0;
            if (strlen(id) < API_KEY_BYTES)
                memcpy(next.sensors[next.count++], id, strlen(id) + 1);
        }
        qsort(next.sensors, next.count, sizeof *next.sensors, compare);
    }
    api_subscription_fini(s);
    *s = next;
    return 0;
}

bool api_subscription_wants(const struct api_subscription *s, enum api_frame_kind kind, const char *sensor_id)
{
    if (!(s->kinds & 1u << kind))
        return false;
    if (s->all || !sensor_id || !sensor_id[0] || !(NAMED & 1u << kind))
        return true;
    return bsearch(sensor_id, s->sensors, s->count, sizeof *s->sensors, compare) != NULL;
}
