#include "live_state.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS         4096 /* power of 2 */
#define MAX_SENSORS     20000
#define MAX_ALARMS      500
#define MAX_PREDICTIONS 50

struct entry {
    struct entry *next;
    char id[API_KEY_BYTES];
    char *text;
    size_t len;
    enum api_sensor_state state;
    int64_t last_seen;
};

struct table {
    struct entry *buckets[BUCKETS];
    size_t count, max;
};

struct api_state {
    struct table sensors, alarms;
    struct entry predictions[MAX_PREDICTIONS]; /* newest first */
    size_t prediction_count;
};

static const char *const names[API_SENSOR__COUNT] = {"normal", "fault", "unknown", "blind", "warming_up", "no_data"};

const char *api_sensor_state_name(enum api_sensor_state state)
{
    return names[state];
}

static enum api_sensor_state state_of(const char *name)
{
    for (int i = 0; i < API_SENSOR__COUNT; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum api_sensor_state)i;
    return API_SENSOR_UNKNOWN;
}

static void table_clear(struct table *table)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (table->buckets[i]) {
            struct entry *next = table->buckets[i]->next;
            free(table->buckets[i]->text);
            free(table->buckets[i]);
            table->buckets[i] = next;
        }
    }
    table->count = 0;
}

static struct entry **table_at(const struct table *table, const char *id)
{
    size_t bucket = (size_t)aas_str_hash(aas_str_from(id)) & (BUCKETS - 1);
    struct entry *const *at = &table->buckets[bucket];
    while (*at && strcmp((*at)->id, id) != 0)
        at = &(*at)->next;
    return (struct entry **)(uintptr_t)at;
}

static void table_remove(struct table *table, const char *id)
{
    struct entry **at = table_at(table, id);
    struct entry *gone = *at;
    if (!gone)
        return;
    *at = gone->next;
    free(gone->text);
    free(gone);
    table->count--;
}

static int table_put(struct table *table, const char *id, struct aas_str object, const struct api_item *item)
{
    struct entry **at = table_at(table, id);
    if (!*at && table->count == table->max)
        return AAS_EFULL;
    char *text = aas_str_dup(object);
    if (!text)
        return AAS_ENOMEM;
    if (!*at) {
        *at = calloc(1, sizeof **at);
        if (!*at) {
            free(text);
            return AAS_ENOMEM;
        }
        memcpy((*at)->id, id, strlen(id) + 1); /* ids of parsed items fit */
        table->count++;
    }
    free((*at)->text);
    (*at)->text = text;
    (*at)->len = object.len;
    (*at)->state = state_of(item->state);
    (*at)->last_seen = item->last_seen;
    return 0;
}

int api_state_create(struct api_state **ret_state)
{
    struct api_state *state = calloc(1, sizeof *state);
    if (!state)
        return AAS_ENOMEM;
    state->sensors.max = MAX_SENSORS;
    state->alarms.max = MAX_ALARMS;
    *ret_state = state;
    return 0;
}

static void clear(struct api_state *state)
{
    table_clear(&state->sensors);
    table_clear(&state->alarms);
    for (size_t i = 0; i < state->prediction_count; i++)
        free(state->predictions[i].text);
    state->prediction_count = 0;
}

void api_state_destroy(struct api_state *state)
{
    if (!state)
        return;
    clear(state);
    free(state);
}

static int put_sensor(struct api_state *state, struct aas_str object)
{
    struct api_item item;
    int rc = api_item_parse(object, &item);
    if (rc == 0 && !item.sensor_id[0])
        rc = AAS_EPARSE;
    return rc ? rc : table_put(&state->sensors, item.sensor_id, object, &item);
}

int api_state_put_alarm(struct api_state *state, struct aas_str object)
{
    struct api_item item;
    int rc = api_item_parse(object, &item);
    if (rc == 0 && !item.id[0])
        rc = AAS_EPARSE;
    if (rc)
        return rc;
    if (strcmp(item.state, "normal") == 0) {
        table_remove(&state->alarms, item.id);
        return 0;
    }
    return table_put(&state->alarms, item.id, object, &item);
}

/* In front, or (a snapshot's, which come newest first) at the end; the same id again replaces. */
static int put_prediction(struct api_state *state, struct aas_str object, bool in_front)
{
    struct api_item item;
    int rc = api_item_parse(object, &item);
    if (rc)
        return rc;
    struct entry *list = state->predictions;
    size_t at = 0;
    while (at < state->prediction_count && strcmp(list[at].id, item.id) != 0)
        at++;
    bool known = at < state->prediction_count;
    if (!known && !in_front && state->prediction_count == MAX_PREDICTIONS)
        return 0;
    char *text = aas_str_dup(object);
    if (!text)
        return AAS_ENOMEM;
    if (known) {
        free(list[at].text);
    } else {
        if (state->prediction_count == MAX_PREDICTIONS)
            free(list[--state->prediction_count].text);
        at = in_front ? 0 : state->prediction_count;
        memmove(&list[at + 1], &list[at], (state->prediction_count - at) * sizeof *list);
        state->prediction_count++;
    }
    list[at] = (struct entry){.text = text, .len = object.len};
    memcpy(list[at].id, item.id, sizeof item.id);
    return 0;
}

static int load_snapshot(struct api_state *state, const struct api_frame *frame)
{
    struct aas_str object;
    int rc = 0;
    clear(state);
    for (size_t at = 0; rc == 0 && api_array_next(frame->sensors, &at, &object);)
        rc = put_sensor(state, object);
    for (size_t at = 0; rc == 0 && api_array_next(frame->predictions, &at, &object);)
        rc = put_prediction(state, object, false);
    for (size_t at = 0; rc == 0 && api_array_next(frame->alarms, &at, &object);)
        rc = api_state_put_alarm(state, object);
    return rc;
}

int api_state_apply(struct api_state *state, const struct api_frame *frame)
{
    switch (frame->kind) {
    case API_FRAME_SNAPSHOT:
        return load_snapshot(state, frame);
    case API_FRAME_SENSOR:
        return frame->body.ptr ? put_sensor(state, frame->body) : AAS_EPARSE;
    case API_FRAME_PREDICTION:
        return frame->body.ptr ? put_prediction(state, frame->body, true) : AAS_EPARSE;
    case API_FRAME_ALARM:
        return frame->body.ptr ? api_state_put_alarm(state, frame->body) : AAS_EPARSE;
    default:
        return 0;
    }
}

static void append_table(const struct table *table, struct aas_buf *out)
{
    bool any = false;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (const struct entry *e = table->buckets[i]; e; e = e->next) {
            if (any)
                (void)aas_buf_append_char(out, ',');
            any = true;
            (void)aas_buf_append(out, e->text, e->len);
        }
    }
}

void api_state_snapshot(const struct api_state *state, uint64_t seq, struct aas_buf *out)
{
    (void)aas_buf_append_str(out, "{\"type\":\"snapshot\",\"seq\":");
    (void)aas_buf_append_u64(out, seq);
    (void)aas_buf_append_str(out, ",\"sensors\":[");
    append_table(&state->sensors, out);
    (void)aas_buf_append_str(out, "],\"predictions\":[");
    for (size_t i = 0; i < state->prediction_count; i++) {
        if (i > 0)
            (void)aas_buf_append_char(out, ',');
        (void)aas_buf_append(out, state->predictions[i].text, state->predictions[i].len);
    }
    (void)aas_buf_append_str(out, "],\"alarms\":[");
    append_table(&state->alarms, out);
    (void)aas_buf_append_str(out, "]}");
}

int64_t api_state_append_sensor(const struct api_state *state, const char *id, struct aas_buf *out)
{
    const struct entry *e = *table_at(&state->sensors, id);
    if (e)
        (void)aas_buf_append(out, e->text, e->len);
    else
        (void)aas_buf_append_str(out, "null");
    return e ? e->last_seen : 0;
}

void api_state_count(const struct api_state *state, struct api_state_counts *ret_counts)
{
    struct api_state_counts counts = {.total = (unsigned)state->sensors.count};
    for (size_t i = 0; i < BUCKETS; i++) {
        for (const struct entry *e = state->sensors.buckets[i]; e; e = e->next) {
            counts.by_state[e->state]++;
            if (e->last_seen > counts.last_seen)
                counts.last_seen = e->last_seen;
        }
    }
    *ret_counts = counts;
}
