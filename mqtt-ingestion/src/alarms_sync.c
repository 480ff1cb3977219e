/* Alarm documents: raise and return, and the comparison of what the store says with what was told: to the stream, to
 * the plant. On the alarms' thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/json.h"
#include "aas/log.h"
#include "aas/store.h"
#include "alarms_internal.h"
#include "bundle.h"
#include "outbox.h"
#include "stream.h"

#define AAS_LOG_MOD "alarms"

#define DAY_MS       86400000
#define GREET_MS     (7 * (int64_t)DAY_MS) /* sensors whose alarms closed lately get their retained message anew */
#define EXPLAIN_MS   30000                 /* so long an explanation is awaited */
#define ALARM_BYTES  65536
#define BUNDLE_BYTES ((size_t)16 << 20)

void alarm_list_fini(struct alarm_list *l)
{
    for (size_t i = 0; i < l->len; i++)
        free(l->items[i].json);
    free(l->items);
    *l = (struct alarm_list){0};
}

/* --- comparison --------------------------------------------------------------------------------------------------- */

static char *json_of(const bson_t *doc)
{
    struct aas_buf b = AAS_BUF_INIT(ALARM_BYTES);
    if (aas_json_write_bson(&b, doc, NULL) < 0) {
        aas_buf_fini(&b);
        return NULL;
    }
    return aas_buf_take(&b, NULL);
}

static int take_open(const bson_t *doc, void *arg)
{
    struct alarm_list *l = arg;
    if (l->len == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 32;
        struct alarm_open *more = realloc(l->items, cap * sizeof *more);
        if (!more)
            return AAS_ENOMEM;
        l->items = more;
        l->cap = cap;
    }
    struct alarm_open *o = &l->items[l->len];
    *o = (struct alarm_open){
        .rev = aas_doc_int(doc, "rev", 0),
        .raised_ms = aas_doc_int(doc, "raised", 0),
        .shelved_until_ms = aas_doc_int(doc, "shelved_until", INT64_MAX),
        .bundle_due_ms = aas_doc_str(doc, "bundle", NULL) ? 0 : aas_doc_int(doc, "bundle_due", 0),
        .chattering = aas_doc_bool(doc, "chattering", false),
        .json = json_of(doc),
    };
    if (!o->json)
        return AAS_ENOMEM;
    bson_iter_t it;
    bool explained = bson_iter_init_find(&it, doc, "explanation") && BSON_ITER_HOLDS_ARRAY(&it);
    if (!explained)
        (void)snprintf(o->explain, sizeof o->explain, "%s", aas_doc_str(doc, "prediction_id", ""));
    (void)aas_alarm_state_parse(aas_doc_str(doc, "state", ""), &o->state);
    (void)snprintf(o->id, sizeof o->id, "%s", aas_doc_str(doc, "_id", ""));
    (void)snprintf(o->sensor_id, sizeof o->sensor_id, "%s", aas_doc_str(doc, "sensor_id", ""));
    (void)snprintf(o->fault, sizeof o->fault, "%s", aas_doc_str(doc, "fault", ""));
    (void)snprintf(o->group, sizeof o->group, "%s", aas_doc_str(doc, "group", ""));
    (void)snprintf(o->first_out_id, sizeof o->first_out_id, "%s", aas_doc_str(doc, "first_out_id", ""));
    l->len++;
    return 0;
}

static int load_open(struct ingest_alarms *a, struct alarm_list *ret_list, struct aas_error *err)
{
    struct aas_value states[AAS_ALARM_STATE__COUNT];
    size_t n = 0;
    for (int s = 0; s < AAS_ALARM_STATE__COUNT; s++) {
        if (aas_alarm_is_open((enum aas_alarm_state)s))
            states[n++] = AAS_V_STR(aas_alarm_state_name((enum aas_alarm_state)s));
    }
    const struct aas_cond where[] = {{.field = "state", .op = AAS_OP_IN, .in = states, .n_in = n}};
    struct aas_query q = {.where = where, .n_where = 1};
    int rc = aas_store_find(a->o.store, AAS_COLL_ALARMS, &q, take_open, ret_list, NULL, err);
    if (rc < 0)
        alarm_list_fini(ret_list);
    return rc < 0 ? rc : 0;
}

static int by_id(const void *x, const void *y)
{
    return strcmp(((const struct alarm_open *)x)->id, ((const struct alarm_open *)y)->id);
}

static const struct alarm_open *find_in(const struct alarm_list *l, const struct alarm_open *one)
{
    return l->len > 0 ? bsearch(one, l->items, l->len, sizeof *l->items, by_id) : NULL;
}

static void tell_stream(struct ingest_alarms *a, const char *sensor_id, const char *json)
{
    AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(ALARM_BYTES + 64);
    (void)aas_buf_append_str(&b, "\"alarm\":");
    (void)aas_buf_append_str(&b, json);
    if (b.status == 0)
        ingest_stream_publish(a->o.stream, INGEST_FRAME_ALARM, sensor_id, b.data, b.len);
}

/* The retained message of a sensor: all that is open. */
static void tell_plant(struct ingest_alarms *a, const char *sensor_id)
{
    AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(4 << 20);
    size_t n = 0;
    (void)aas_buf_printf(&b, "{\"sensor_id\":\"%s\",\"at\":%lld,\"alarms\":[", sensor_id,
                         (long long)aas_clock_wall_ms());
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->open.len; i++) {
        if (strcmp(a->open.items[i].sensor_id, sensor_id) != 0)
            continue;
        if (n++ > 0)
            (void)aas_buf_append_char(&b, ',');
        (void)aas_buf_append_str(&b, a->open.items[i].json);
    }
    (void)pthread_mutex_unlock(&a->lock);
    (void)aas_buf_append_str(&b, "]}");
    if (b.status != 0 || ingest_outbox_alarms(a->o.outbox, sensor_id, b.data, b.len) == 0)
        return;
    char **more = realloc(a->unsent, (a->unsent_count + 1) * sizeof(*more));
    if (!more)
        return;
    a->unsent = more;
    a->unsent[a->unsent_count] = strdup(sensor_id);
    a->unsent_count += a->unsent[a->unsent_count] != NULL;
}

static void tell_unsent(struct ingest_alarms *a)
{
    char **list = a->unsent;
    size_t n = a->unsent_count;
    a->unsent = NULL;
    a->unsent_count = 0;
    for (size_t i = 0; i < n; i++) {
        tell_plant(a, list[i]);
        free(list[i]);
    }
    free(list);
}

/* An alarm that is not open any more: its last word. */
static int tell_closed(struct ingest_alarms *a, const struct alarm_open *o, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(a->o.store, AAS_COLL_ALARMS, o->id, &doc, err);
    if (rc == AAS_ENOENT)
        return 0;
    if (rc < 0)
        return rc;
    char *json = json_of(doc);
    bson_destroy(doc);
    if (json)
        tell_stream(a, o->sensor_id, json);
    free(json);
    return 0;
}

static void take_figures(struct ingest_alarms *a, int64_t now_ms)
{
    struct ingest_alarms_stats *s = &a->stats;
    s->open = a->open.len;
    s->unacked = s->chattering = s->standing = 0;
    for (size_t i = 0; i < a->open.len; i++) {
        const struct alarm_open *o = &a->open.items[i];
        s->unacked += aas_alarm_needs_ack(o->state);
        s->chattering += o->chattering;
        s->standing += aas_alarm_is_active(o->state) && now_ms - o->raised_ms > DAY_MS;
    }
}

static int tell_changes(struct ingest_alarms *a, struct alarm_list *old, struct aas_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < a->open.len; i++) { /* only this thread changes the list: reading needs no lock */
        const struct alarm_open *now = &a->open.items[i], *before = find_in(old, now);
        if (before && before->rev == now->rev)
            continue;
        tell_stream(a, now->sensor_id, now->json);
        tell_plant(a, now->sensor_id);
    }
    for (size_t i = 0; rc == 0 && i < old->len; i++) {
        if (find_in(&a->open, &old->items[i]))
            continue;
        rc = tell_closed(a, &old->items[i], err);
        tell_plant(a, old->items[i].sensor_id);
    }
    return rc;
}

static int greet_sensor(const bson_t *doc, void *arg)
{
    tell_plant(arg, aas_doc_str(doc, "sensor_id", ""));
    return 0;
}

/* After a start: retained messages of alarms that closed while nobody could say so. */
static int greet(struct ingest_alarms *a, int64_t now_ms, struct aas_error *err)
{
    const struct aas_cond where[] = {{.field = "cleared", .op = AAS_OP_GE, .value = AAS_V_TIME(now_ms - GREET_MS)}};
    struct aas_query q = {.where = where, .n_where = 1, .sort = "cleared", .descending = true, .limit = 1000};
    int rc = a->greeted ? 0 : aas_store_find(a->o.store, AAS_COLL_ALARMS, &q, greet_sensor, a, NULL, err);
    a->greeted = a->greeted || rc >= 0;
    return rc < 0 ? rc : 0;
}

static int write_bundle(struct ingest_alarms *a, const struct alarm_open *o, struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(BUNDLE_BYTES);
    char name[INGEST_BUNDLE_NAME_BYTES];
    bson_t *doc = NULL;
    ingest_bundle_name(o->id, name);
    int rc = aas_store_get(a->o.store, AAS_COLL_ALARMS, o->id, &doc, err);
    if (rc == AAS_ENOENT)
        return 0;
    if (rc == 0)
        rc = ingest_bundle_write(a->o.store, doc, a->o.config->bundle_before_ms, a->o.config->bundle_after_ms, &b, err);
    if (doc)
        bson_destroy(doc);
    if (rc == AAS_ETOOBIG) /* what can't be frozen must not be tried for ever */
        (void)snprintf(name, sizeof name, "too_big");
    else if (rc == 0)
        rc = aas_store_blob_put(a->o.store, name, b.data, b.len, err);
    if (rc == 0 || rc == AAS_ETOOBIG)
        rc = aas_store_update(a->o.store, AAS_COLL_ALARMS, o->id, ingest_alarm_set_bundle, name, err);
    return rc;
}

/* ml-service explains behind its answer, and stores the explanation with the prediction. */
static int fetch_explanation(struct ingest_alarms *a, const struct alarm_open *o, struct aas_error *err)
{
    bson_t *prediction = NULL;
    int rc = aas_store_get(a->o.store, AAS_COLL_PREDICTIONS, o->explain, &prediction, err);
    if (rc == AAS_ENOENT) { /* not stored yet */
        aas_error_clear(err);
        return 0;
    }
    if (rc == 0)
        rc = aas_store_update(a->o.store, AAS_COLL_ALARMS, o->id, ingest_alarm_set_explanation, prediction, err);
    if (prediction)
        bson_destroy(prediction);
    return rc;
}

/* Time has come: shelves end, bundles are frozen. An alarm that closed before its bundle was due gets it at once. */
static int tend(struct ingest_alarms *a, const struct alarm_list *old, int64_t now_ms, struct aas_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < a->open.len; i++) {
        const struct alarm_open *o = &a->open.items[i];
        struct ingest_alarm_event unshelve = {.event = AAS_ALARM_UNSHELVE, .at_ms = now_ms};
        if (o->shelved_until_ms <= now_ms)
            rc = aas_store_update(a->o.store, AAS_COLL_ALARMS, o->id, ingest_alarm_change, &unshelve, err);
        if (rc == 0 && o->explain[0] != '\0' && now_ms - o->raised_ms < EXPLAIN_MS)
            rc = fetch_explanation(a, o, err);
        if (rc == 0 && o->bundle_due_ms > 0 && o->bundle_due_ms <= now_ms)
            rc = write_bundle(a, o, err);
    }
    for (size_t i = 0; rc == 0 && i < old->len; i++) {
        if (old->items[i].bundle_due_ms > 0 && !find_in(&a->open, &old->items[i]))
            rc = write_bundle(a, &old->items[i], err);
    }
    return rc;
}

int alarms_sync(struct ingest_alarms *a, int64_t now_ms, struct aas_error *err)
{
    struct alarm_list now = {0};
    int rc = load_open(a, &now, err);
    if (rc < 0)
        return rc;
    if (now.len > 1)
        qsort(now.items, now.len, sizeof *now.items, by_id);
    struct alarm_list old = a->open;
    (void)pthread_mutex_lock(&a->lock);
    a->open = now;
    take_figures(a, now_ms);
    (void)pthread_mutex_unlock(&a->lock);
    rc = tell_changes(a, &old, err);
    if (rc == 0)
        rc = greet(a, now_ms, err);
    if (rc == 0)
        rc = tend(a, &old, now_ms, err);
    alarm_list_fini(&old);
    tell_unsent(a);
    return rc;
}
