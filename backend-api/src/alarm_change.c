#include "alarm_change.h"

#include <stdio.h>
#include <string.h>

#include "aas/store.h"

static const struct {
    const char *word;
    enum aas_alarm_event event;
    const char *time, *who; /* fields that it sets */
} actions[] = {
    [API_ALARM_ACK] = {"acknowledged", AAS_ALARM_ACK, "acked", "acked_by"},
    [API_ALARM_SHELVE] = {"shelved", AAS_ALARM_SHELVE, "shelved", "shelved_by"},
    [API_ALARM_UNSHELVE] = {"unshelved", AAS_ALARM_UNSHELVE, NULL, NULL},
    [API_ALARM_CLEAR] = {"cleared", AAS_ALARM_CLEAR, NULL, "cleared_by"},
    [API_ALARM_COMMENT] = {"commented on", AAS_ALARM_ACK, NULL, NULL},
};

static int append_comments(const bson_t *old_doc, bson_t *ret_new, const struct api_alarm_change *c,
                           struct aas_error *err)
{
    bson_t list;
    bson_t comment;
    bson_iter_t it;
    bson_iter_t item;
    char key[16];
    unsigned n = 0;
    if (!BSON_APPEND_ARRAY_BEGIN(ret_new, "comments", &list))
        return AAS_ENOMEM;
    if (bson_iter_init_find(&it, old_doc, "comments") && BSON_ITER_HOLDS_ARRAY(&it) && bson_iter_recurse(&it, &item)) {
        while (bson_iter_next(&item)) {
            (void)snprintf(key, sizeof key, "%u", n++);
            (void)bson_append_iter(&list, key, -1, &item);
        }
    }
    if (c->text && n < API_ALARM_COMMENTS) {
        (void)snprintf(key, sizeof key, "%u", n);
        BSON_APPEND_DOCUMENT_BEGIN(&list, key, &comment);
        BSON_APPEND_DATE_TIME(&comment, "at", c->now_ms);
        BSON_APPEND_UTF8(&comment, "user", c->user);
        BSON_APPEND_UTF8(&comment, "text", c->text);
        bson_append_document_end(&list, &comment);
    }
    bson_append_array_end(ret_new, &list);
    return c->text && n >= API_ALARM_COMMENTS
               ? aas_error_set(err, AAS_ECONFLICT, "the alarm has %d comments already, and keeps no more",
                               API_ALARM_COMMENTS)
               : 0;
}

static int next_state(const bson_t *old_doc, const struct api_alarm_change *c, enum aas_alarm_state *ret_next,
                      bool *ret_changed, struct aas_error *err)
{
    enum aas_alarm_state state;
    const char *name = aas_doc_str(old_doc, "state", "");
    if (!aas_alarm_state_parse(name, &state))
        return aas_error_set(err, AAS_ECORRUPT, "the stored alarm %s has the unknown state \"%.24s\"", c->id, name);
    *ret_next = state;
    *ret_changed = false;
    if (c->action == API_ALARM_COMMENT)
        return 0;
    switch (aas_alarm_next(state, actions[c->action].event, ret_next)) {
    case AAS_ALARM_REFUSED:
        return aas_error_set(err, AAS_ECONFLICT, "an alarm that is %s can't be %s", name, actions[c->action].word);
    case AAS_ALARM_CHANGED:
        *ret_changed = true;
        return 0;
    case AAS_ALARM_SAME:
        break;
    }
    return 0;
}

static bool is_shelved(enum aas_alarm_state state)
{
    return state == AAS_ALARM_SHELVED || state == AAS_ALARM_SHELVED_ACTIVE;
}

static void append_change(bson_t *ret_new, const struct api_alarm_change *c, enum aas_alarm_state next)
{
    BSON_APPEND_UTF8(ret_new, "state", aas_alarm_state_name(next));
    if (actions[c->action].time)
        BSON_APPEND_DATE_TIME(ret_new, actions[c->action].time, c->now_ms);
    if (actions[c->action].who)
        BSON_APPEND_UTF8(ret_new, actions[c->action].who, c->user);
    if (is_shelved(next))
        BSON_APPEND_DATE_TIME(ret_new, "shelved_until", c->until_ms);
    if (!aas_alarm_is_open(next))
        BSON_APPEND_DATE_TIME(ret_new, "cleared", c->now_ms);
}

int api_alarm_apply(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    const struct api_alarm_change *c = arg;
    const char *drop[10] = {"comments"};
    size_t n = 1;
    enum aas_alarm_state next;
    bool changed = false;
    if (!old_doc)
        return aas_error_set(err, AAS_ENOENT, "there is no alarm \"%.64s\"", c->id);
    int rc = next_state(old_doc, c, &next, &changed, err);
    if (rc)
        return rc;
    bool extend = c->action == API_ALARM_SHELVE && !changed && is_shelved(next); /* another end of the shelf */
    if (!changed && !extend && !c->text)
        return AAS_ECANCELED;
    if (changed || extend) {
        drop[n++] = "state";
        drop[n++] = "shelved_until";
        if (actions[c->action].time)
            drop[n++] = actions[c->action].time;
        if (actions[c->action].who)
            drop[n++] = actions[c->action].who;
        if (!aas_alarm_is_open(next)) {
            drop[n++] = "cleared";
            drop[n++] = "open_key"; /* the next one of this sensor and fault is a new alarm */
        }
    }
    drop[n] = NULL;
    rc = aas_store_copy_except(old_doc, ret_new, drop);
    if (rc)
        return rc;
    if (changed || extend)
        append_change(ret_new, c, next);
    return append_comments(old_doc, ret_new, c, err);
}
