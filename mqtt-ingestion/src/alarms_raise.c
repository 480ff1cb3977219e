/* Raising and returning alarms in the store, and the fault types that people wrote down. On the alarms' thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/log.h"
#include "aas/store.h"
#include "alarms_internal.h"

#define AAS_LOG_MOD "alarms"

#define HOUR_MS 3600000

/* --- fault types -------------------------------------------------------------------------------------------------- */

struct faults {
    struct alarm_fault *items;
    size_t len;
};

static int take_fault(const bson_t *doc, void *arg)
{
    struct faults *f = arg;
    struct alarm_fault *more = realloc(f->items, (f->len + 1) * sizeof *more);
    if (!more)
        return AAS_ENOMEM;
    f->items = more;
    struct alarm_fault *one = &more[f->len++];
    *one = (struct alarm_fault){.enabled = aas_doc_bool(doc, "enabled", true),
                                .threshold = aas_doc_num(doc, "threshold", NAN)};
    (void)snprintf(one->code, sizeof one->code, "%s", aas_doc_str(doc, "_id", ""));
    (void)snprintf(one->severity, sizeof one->severity, "%s", aas_doc_str(doc, "severity", ""));
    return 0;
}

int alarms_load_faults(struct ingest_alarms *a, struct aas_error *err)
{
    struct faults f = {0};
    struct aas_query all = {0};
    int rc = aas_store_find(a->o.store, AAS_COLL_FAULTS, &all, take_fault, &f, NULL, err);
    if (rc < 0) {
        free(f.items);
        return rc;
    }
    (void)pthread_mutex_lock(&a->lock);
    free(a->faults);
    a->faults = f.items;
    a->faults_count = f.len;
    (void)pthread_mutex_unlock(&a->lock);
    return 0;
}

static void priority_of(struct ingest_alarms *a, const char *fault, char out[static 16])
{
    const char *name = strcmp(fault, INGEST_FAULT_IMBALANCE) == 0 ? "critical"
                       : strcmp(fault, INGEST_FAULT_NO_DATA) == 0 ? "medium"
                       : strcmp(fault, INGEST_FAULT_STALE) == 0   ? "medium"
                                                                  : "high";
    (void)snprintf(out, 16, "%s", name);
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->faults_count; i++) {
        if (strcmp(a->faults[i].code, fault) == 0 && a->faults[i].severity[0] != '\0')
            memcpy(out, a->faults[i].severity, 16);
    }
    (void)pthread_mutex_unlock(&a->lock);
}

/* --- raise and return --------------------------------------------------------------------------------------------- */

static int take_id(const bson_t *doc, void *arg)
{
    (void)snprintf(arg, AAS_ID_SIZE, "%s", aas_doc_str(doc, "_id", ""));
    return 1;
}

/* Id of the open alarm; "" where there is none. */
static int find_open(struct ingest_alarms *a, const char *key, char id[static AAS_ID_SIZE], struct aas_error *err)
{
    const struct aas_cond where[] = {{.field = "open_key", .op = AAS_OP_EQ, .value = AAS_V_STR(key)}};
    struct aas_query q = {.where = where, .n_where = 1, .limit = 1};
    id[0] = '\0';
    int rc = aas_store_find(a->o.store, AAS_COLL_ALARMS, &q, take_id, id, NULL, err);
    return rc < 0 ? rc : 0;
}

struct tally {
    const char *fault;
    int64_t n;
};

static int count_fault(const bson_t *doc, void *arg)
{
    struct tally *t = arg;
    t->n += strcmp(aas_doc_str(doc, "fault", ""), t->fault) == 0;
    return 0;
}

static int count_recent(struct ingest_alarms *a, const struct alarm_item *item, int64_t now_ms, int64_t *ret_n,
                        struct aas_error *err)
{
    struct tally t = {.fault = item->fault};
    const struct aas_cond where[] = {
        {.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(item->sensor_id)},
        {.field = "raised", .op = AAS_OP_GE, .value = AAS_V_TIME(now_ms - HOUR_MS)},
    };
    struct aas_query q = {.where = where, .n_where = 2, .sort = "raised", .limit = 200};
    int rc = aas_store_find(a->o.store, AAS_COLL_ALARMS, &q, count_fault, &t, NULL, err);
    *ret_n = t.n;
    return rc < 0 ? rc : 0;
}

/* A machine's sensors alarm together; a sensor without a machine is a group of its own. */
static void group_of(struct ingest_alarms *a, const char *sensor_id, char *out, size_t size)
{
    const struct ingest_meta *m = NULL;
    (void)snprintf(out, size, "%s", sensor_id);
    if (ingest_registry_find(a->o.registry, sensor_id, strlen(sensor_id), &m) < 0)
        return;
    if (m->machine)
        (void)snprintf(out, size, "%.40s/%.40s/%.60s", m->site ? m->site : "", m->line ? m->line : "", m->machine);
    ingest_meta_unref(m);
}

/* The first alarm of the group that is still active; "" where this one is the first. */
static void first_of(struct ingest_alarms *a, const char *group, char id[static AAS_ID_SIZE])
{
    int64_t raised = INT64_MAX;
    id[0] = '\0';
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->open.len; i++) {
        const struct alarm_open *o = &a->open.items[i];
        if (strcmp(o->group, group) != 0 || !aas_alarm_is_active(o->state) || o->raised_ms >= raised)
            continue;
        raised = o->raised_ms;
        memcpy(id, o->first_out_id[0] != '\0' ? o->first_out_id : o->id, AAS_ID_SIZE);
    }
    (void)pthread_mutex_unlock(&a->lock);
}

static int insert_alarm(struct ingest_alarms *a, const struct alarm_item *item, int64_t now_ms, struct aas_error *err)
{
    char priority[16], group[160], first[AAS_ID_SIZE];
    int64_t before = 0;
    int rc = count_recent(a, item, now_ms, &before, err);
    if (rc < 0)
        return rc;
    priority_of(a, item->fault, priority);
    group_of(a, item->sensor_id, group, sizeof group);
    first_of(a, group, first);
    const struct ingest_alarm_new n = {.sensor_id = item->sensor_id,
                                       .fault = item->fault,
                                       .priority = priority,
                                       .group = group,
                                       .raised_ms = now_ms,
                                       .event_ms = item->at_ms,
                                       .bundle_due_ms = now_ms + a->o.config->bundle_after_ms,
                                       .prediction = item->prediction,
                                       .first_out_id = first[0] != '\0' ? first : NULL,
                                       .occurrences = before + 1};
    bson_t doc = BSON_INITIALIZER;
    rc = ingest_alarm_make(&n, &doc);
    rc = rc < 0 ? aas_error_set(err, rc, "out of memory for an alarm")
                : aas_store_insert(a->o.store, AAS_COLL_ALARMS, &doc, err);
    bson_destroy(&doc);
    return rc;
}

static void count_raise(struct ingest_alarms *a, int64_t now_ms)
{
    (void)pthread_mutex_lock(&a->lock);
    a->stats.raised++;
    a->recent[a->recent_at++ % ALARMS_RECENT] = now_ms;
    (void)pthread_mutex_unlock(&a->lock);
}

static int raise_alarm(struct ingest_alarms *a, const struct alarm_item *item, struct aas_error *err)
{
    char key[INGEST_OPEN_KEY_BYTES], id[AAS_ID_SIZE];
    int64_t now = aas_clock_wall_ms();
    struct ingest_alarm_event event = {.event = AAS_ALARM_RAISE, .at_ms = now};
    ingest_alarm_open_key(item->sensor_id, item->fault, key);
    int rc = find_open(a, key, id, err);
    if (rc == 0 && id[0] == '\0') {
        rc = insert_alarm(a, item, now, err);
        if (rc == 0)
            AAS_LOG_INFO("alarm.raised", "alarm", AAS_F_STR("sensor_id", item->sensor_id),
                         AAS_F_STR("fault", item->fault));
        if (rc == 0)
            count_raise(a, now);
        if (rc == AAS_EDUPLICATE) /* somebody was faster: it is open now */
            rc = find_open(a, key, id, err);
    }
    if (rc == 0 && id[0] != '\0')
        rc = aas_store_update(a->o.store, AAS_COLL_ALARMS, id, ingest_alarm_change, &event, err);
    return rc;
}

static int return_alarm(struct ingest_alarms *a, const struct alarm_item *item, struct aas_error *err)
{
    char key[INGEST_OPEN_KEY_BYTES], id[AAS_ID_SIZE];
    struct ingest_alarm_event event = {.event = AAS_ALARM_RETURN, .at_ms = aas_clock_wall_ms()};
    ingest_alarm_open_key(item->sensor_id, item->fault, key);
    int rc = find_open(a, key, id, err);
    if (rc < 0 || id[0] == '\0')
        return rc;
    rc = aas_store_update(a->o.store, AAS_COLL_ALARMS, id, ingest_alarm_change, &event, err);
    if (rc == 0) {
        (void)pthread_mutex_lock(&a->lock);
        a->stats.returned++;
        (void)pthread_mutex_unlock(&a->lock);
    }
    return rc;
}

int alarms_apply(struct ingest_alarms *a, const struct alarm_item *item, struct aas_error *err)
{
    return item->active ? raise_alarm(a, item, err) : return_alarm(a, item, err);
}
