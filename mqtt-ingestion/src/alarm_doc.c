#include "alarm_doc.h"

#include <stdio.h>
#include <string.h>

#include "aas/json.h"
#include "aas/store.h"

#define CHATTER 3 /* raised so often within an hour: it chatters */

void ingest_alarm_open_key(const char *sensor_id, const char *fault, char key[static INGEST_OPEN_KEY_BYTES])
{
    (void)snprintf(key, INGEST_OPEN_KEY_BYTES, "%s|%s", sensor_id, fault);
}

static bool append_prediction(bson_t *doc, const json_t *p)
{
    static const char *const fields[] = {"label", "confidence", "anomaly_score", "model", "explanation", NULL};
    AAS_AUTO_JSON json_t *part = json_object();
    const char *id = json_string_value(json_object_get(p, "id"));
    bson_t *converted = NULL;
    if (!part || (id && json_object_set_new(part, "prediction_id", json_string(id)) < 0))
        return false;
    for (size_t i = 0; fields[i]; i++) {
        json_t *value = json_object_get(p, fields[i]);
        if (value && json_object_set(part, fields[i], value) < 0)
            return false;
    }
    if (aas_json_to_bson(part, NULL, &converted, NULL) < 0)
        return false;
    bool ok = bson_concat(doc, converted);
    bson_destroy(converted);
    return ok;
}

int ingest_alarm_make(const struct ingest_alarm_new *a, bson_t *doc)
{
    char id[AAS_ID_SIZE], key[INGEST_OPEN_KEY_BYTES], from[INGEST_OPEN_KEY_BYTES + 32];
    bson_t comments;
    ingest_alarm_open_key(a->sensor_id, a->fault, key);
    int n = snprintf(from, sizeof from, "%s|%lld", key, (long long)a->event_ms);
    aas_id_derive(a->raised_ms, from, (size_t)n, id);
    bool ok = BSON_APPEND_UTF8(doc, "_id", id) && BSON_APPEND_UTF8(doc, "sensor_id", a->sensor_id) &&
              BSON_APPEND_UTF8(doc, "fault", a->fault) && BSON_APPEND_UTF8(doc, "priority", a->priority) &&
              BSON_APPEND_UTF8(doc, "state", aas_alarm_state_name(AAS_ALARM_UNACKED)) &&
              BSON_APPEND_UTF8(doc, "open_key", key) && BSON_APPEND_DATE_TIME(doc, "raised", a->raised_ms) &&
              BSON_APPEND_DATE_TIME(doc, "event_at", a->event_ms) && BSON_APPEND_UTF8(doc, "group", a->group) &&
              BSON_APPEND_BOOL(doc, "first_out", a->first_out_id == NULL) &&
              (a->first_out_id ? BSON_APPEND_UTF8(doc, "first_out_id", a->first_out_id)
                               : BSON_APPEND_NULL(doc, "first_out_id")) &&
              BSON_APPEND_INT64(doc, "occurrences", a->occurrences) &&
              BSON_APPEND_BOOL(doc, "chattering", a->occurrences >= CHATTER) &&
              BSON_APPEND_ARRAY_BEGIN(doc, "comments", &comments) && bson_append_array_end(doc, &comments) &&
              BSON_APPEND_NULL(doc, "bundle") && BSON_APPEND_DATE_TIME(doc, "bundle_due", a->bundle_due_ms);
    if (ok && a->prediction)
        ok = append_prediction(doc, a->prediction);
    return ok ? 0 : AAS_ENOMEM;
}

int ingest_alarm_change(const bson_t *old_doc, bson_t *ret_new, void *event, struct aas_error *err)
{
    const struct ingest_alarm_event *e = event;
    enum aas_alarm_state state, next;
    const char *drop[8] = {"state"};
    size_t n = 1;
    if (!old_doc || !aas_alarm_state_parse(aas_doc_str(old_doc, "state", ""), &state))
        return AAS_ECANCELED;
    if (e->event == AAS_ALARM_UNSHELVE && aas_doc_int(old_doc, "shelved_until", INT64_MAX) > e->at_ms)
        return AAS_ECANCELED; /* somebody has put the end off meanwhile */
    if (aas_alarm_next(state, e->event, &next) != AAS_ALARM_CHANGED)
        return AAS_ECANCELED;
    bool closes = !aas_alarm_is_open(next);
    if (e->event == AAS_ALARM_RETURN || e->event == AAS_ALARM_RAISE)
        drop[n++] = "returned";
    if (e->event == AAS_ALARM_UNSHELVE)
        drop[n++] = "shelved_until";
    if (e->event == AAS_ALARM_RAISE)
        drop[n++] = "occurrences";
    if (closes) {
        drop[n++] = "cleared";
        drop[n++] = "open_key";
    }
    drop[n] = NULL;
    int rc = aas_store_copy_except(old_doc, ret_new, drop);
    if (rc < 0)
        return aas_error_set(err, rc, "an alarm can't be changed");
    bool ok = BSON_APPEND_UTF8(ret_new, "state", aas_alarm_state_name(next));
    if (e->event == AAS_ALARM_RETURN)
        ok = ok && BSON_APPEND_DATE_TIME(ret_new, "returned", e->at_ms);
    if (e->event == AAS_ALARM_RAISE)
        ok = ok && BSON_APPEND_INT64(ret_new, "occurrences", aas_doc_int(old_doc, "occurrences", 1) + 1);
    if (closes)
        ok = ok && BSON_APPEND_DATE_TIME(ret_new, "cleared", e->at_ms);
    return ok ? 0 : aas_error_set(err, AAS_ENOMEM, "out of memory for an alarm");
}

int ingest_alarm_set_bundle(const bson_t *old_doc, bson_t *ret_new, void *name, struct aas_error *err)
{
    static const char *const drop[] = {"bundle", "bundle_due", NULL};
    if (!old_doc)
        return AAS_ECANCELED;
    int rc = aas_store_copy_except(old_doc, ret_new, drop);
    if (rc == 0 && !BSON_APPEND_UTF8(ret_new, "bundle", (const char *)name))
        rc = AAS_ENOMEM;
    return rc < 0 ? aas_error_set(err, rc, "an alarm can't be changed") : 0;
}

int ingest_alarm_set_explanation(const bson_t *old_doc, bson_t *ret_new, void *prediction, struct aas_error *err)
{
    static const char *const drop[] = {"explanation", NULL};
    bson_iter_t it;
    if (!old_doc || !bson_iter_init_find(&it, prediction, "explanation") || !BSON_ITER_HOLDS_ARRAY(&it))
        return AAS_ECANCELED;
    int rc = aas_store_copy_except(old_doc, ret_new, drop);
    if (rc == 0 && !bson_append_iter(ret_new, "explanation", -1, &it))
        rc = AAS_ENOMEM;
    return rc < 0 ? aas_error_set(err, rc, "an alarm can't be changed") : 0;
}
