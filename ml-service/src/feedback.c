/* See feedback.h. */
#include "feedback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/id.h>
#include <aas/json.h>
#include <aas/store.h>

#define DISAGREE_SCAN 500

static const char *text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static json_t *text_or_null(const char *s)
{
    return s ? json_string(s) : json_null();
}

/* --- what is said --------------------------------------------------------------------------------------------------
 */

struct fact {
    char id[AAS_ID_SIZE];
    json_t *doc; /* without history */
};

static bool is_known_label(struct ml_service *svc, const char *label)
{
    bson_t *fault = NULL;
    if (aas_store_get(svc->store, AAS_COLL_FAULTS, label, &fault, NULL) == 0) {
        bson_destroy(fault);
        return true;
    }
    bool known = false;
    struct ml_serving *s = ml_registry_acquire(svc->registry);
    for (size_t i = 0; s && !known && i < s->count; i++)
        for (size_t c = 0; !known && c < s->routes[i].champion->classes_count; c++)
            known = strcmp(s->routes[i].champion->classes[c], label) == 0;
    ml_serving_put(s);
    return known;
}

static const char *truth_of(const char *verdict, const char *label, const char *predicted, bool was_anomaly,
                            const char *normal)
{
    if (strcmp(verdict, "confirm") == 0)
        return predicted ? predicted : label;
    if (label)
        return label;
    return was_anomaly ? normal : NULL;
}

static int check_verdict(struct ml_service *svc, const json_t *body, bool is_range, const char **ret_field,
                         struct aas_error *err)
{
    const char *verdict = text(body, "verdict"), *label = text(body, "label");
    *ret_field = "label";
    if (label && !is_known_label(svc, label))
        return aas_error_set(err, AAS_EINVAL,
                             "label \"%.60s\" is neither a fault type nor a class of a model that serves", label);
    if (!label && (is_range || strcmp(verdict, "relabel") == 0))
        return aas_error_set(err, AAS_EINVAL, "label is missing: a range and a relabelled prediction need one");
    *ret_field = "verdict";
    if (is_range && strcmp(verdict, "reject") == 0)
        return aas_error_set(err, AAS_EINVAL, "a range can't be rejected: give it a label with relabel or confirm");
    *ret_field = NULL;
    return 0;
}

int ml_feedback_check(struct ml_service *svc, const json_t *body, struct aas_error *err)
{
    const char *field = NULL;
    return check_verdict(svc, body, json_object_get(body, "range") != NULL, &field, err);
}

static void name_fact(struct fact *f, int64_t ts_ms, const char *user, const char *what)
{
    char from[512];
    int n = snprintf(from, sizeof from, "feedback%c%s%c%s", 0, user, 0, what);
    aas_id_derive(ts_ms, from, (size_t)n, f->id);
}

static int from_prediction(struct ml_service *svc, const json_t *body, const char *user, struct fact *f,
                           const char **ret_field, struct aas_error *err)
{
    const char *id = text(body, "prediction_id");
    bson_t *p = NULL;
    int rc = aas_store_get(svc->store, AAS_COLL_PREDICTIONS, id, &p, err);
    if (rc == AAS_ENOENT) {
        *ret_field = "prediction_id";
        return aas_error_set(err, rc, "there is no prediction \"%.40s\" (a new one takes a moment to be stored)", id);
    }
    if (rc)
        return rc;
    const char *predicted = aas_doc_str(p, "label", NULL), *verdict = text(body, "verdict");
    struct ml_model *model = NULL;
    const char *normal = "normal";
    if (ml_registry_model(svc->registry, aas_doc_str(p, "model", ""), &model, NULL) == 0 && model->normal >= 0)
        normal = model->classes[model->normal];
    const char *truth = truth_of(verdict, text(body, "label"), predicted, aas_doc_bool(p, "is_anomaly", false), normal);
    int64_t at = aas_doc_int(p, "at", 0);
    f->doc = json_pack("{s:s,s:s,s:I,s:I,s:s,s:o,s:o,s:s,s:o,s:o,s:o}", "prediction_id", id, "sensor_id",
                       aas_doc_str(p, "sensor_id", ""), "start", (json_int_t)aas_doc_int(p, "window.start", at), "end",
                       (json_int_t)at, "verdict", verdict, "label", text_or_null(text(body, "label")), "truth",
                       text_or_null(truth), "comment", text(body, "comment") ? text(body, "comment") : "", "model",
                       text_or_null(aas_doc_str(p, "model", NULL)), "role", text_or_null(aas_doc_str(p, "role", NULL)),
                       "predicted", text_or_null(predicted));
    name_fact(f, at, user, id);
    ml_model_put(model);
    bson_destroy(p);
    return f->doc ? 0 : AAS_ENOMEM;
}

static int from_range(const json_t *body, const char *user, struct fact *f, const char **ret_field,
                      struct aas_error *err)
{
    const json_t *range = json_object_get(body, "range");
    const char *sensor = text(range, "sensor_id"), *label = text(body, "label");
    int64_t start = json_integer_value(json_object_get(range, "start"));
    int64_t end = json_integer_value(json_object_get(range, "end"));
    if (end < start) {
        *ret_field = "range.end";
        return aas_error_set(err, AAS_EINVAL, "range.end is before range.start");
    }
    char what[160];
    (void)snprintf(what, sizeof what, "%s:%lld:%lld", sensor, (long long)start, (long long)end);
    f->doc =
        json_pack("{s:n,s:s,s:I,s:I,s:s,s:s,s:s,s:s,s:n,s:n,s:n}", "prediction_id", "sensor_id", sensor, "start",
                  (json_int_t)start, "end", (json_int_t)end, "verdict", text(body, "verdict"), "label", label, "truth",
                  label, "comment", text(body, "comment") ? text(body, "comment") : "", "model", "role", "predicted");
    name_fact(f, start, user, what);
    return f->doc ? 0 : AAS_ENOMEM;
}

/* --- storing -------------------------------------------------------------------------------------------------------
 */

struct edit {
    const struct fact *fact;
    const char *user;
    int64_t now_ms;
    bool created, unchanged;
};

static bool same(const json_t *a, const json_t *b, const char *key)
{
    const char *x = text(a, key), *y = text(b, key);
    return (!x && !y) || (x && y && strcmp(x, y) == 0);
}

/* The old words go into the history, the new ones take their place. */
static int apply_edit(const json_t *old, struct edit *e, json_t *next)
{
    json_t *history = json_array();
    if (old) {
        AAS_IGNORE(json_array_extend(history, json_object_get(old, "history")));
        AAS_IGNORE(json_array_append_new(history, json_pack("{s:O?,s:O?,s:O?,s:O?}", "at", json_object_get(old, "at"),
                                                            "verdict", json_object_get(old, "verdict"), "label",
                                                            json_object_get(old, "label"), "comment",
                                                            json_object_get(old, "comment"))));
    }
    const json_t *used = json_object_get(old, "used_in");
    bool ok = json_object_set_new(next, "user", json_string(e->user)) == 0 &&
              json_object_set_new(next, "at", json_integer(e->now_ms)) == 0 &&
              json_object_set_new(next, "history", history) == 0 &&
              json_object_set_new(next, "used_in", used ? json_deep_copy(used) : json_array()) == 0;
    return ok ? 0 : AAS_ENOMEM;
}

static int change(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    struct edit *e = arg;
    AAS_AUTO_JSON json_t *old = NULL;
    AAS_AUTO_JSON json_t *next = json_copy(e->fact->doc);
    int rc = old_doc ? aas_json_from_bson(old_doc, &old, err) : 0;
    if (rc || !next)
        return rc ? rc : AAS_ENOMEM;
    e->created = old == NULL;
    e->unchanged = old && same(old, next, "verdict") && same(old, next, "label") && same(old, next, "comment");
    if (e->unchanged)
        return AAS_ECANCELED;
    rc = apply_edit(old, e, next);
    bson_t *body = NULL;
    if (rc == 0)
        rc = aas_json_to_bson(next, aas_json_store_dates, &body, err);
    if (rc)
        return rc;
    bool ok = BSON_APPEND_UTF8(ret_new, "_id", e->fact->id) && bson_concat(ret_new, body);
    bson_destroy(body);
    return ok ? 0 : AAS_ETOOBIG;
}

/* --- who disagrees -------------------------------------------------------------------------------------------------
 */

struct disagreement {
    const char *id, *user, *truth, *prediction_id;
    int64_t start, end;
    json_t *ids;
};

static int on_other(const bson_t *doc, void *arg)
{
    struct disagreement *d = arg;
    const char *truth = aas_doc_str(doc, "truth", NULL), *prediction = aas_doc_str(doc, "prediction_id", NULL);
    bool overlaps = aas_doc_int(doc, "start", INT64_MAX) <= d->end;
    if (!truth || !overlaps || strcmp(truth, d->truth) == 0 || strcmp(aas_doc_str(doc, "user", ""), d->user) == 0)
        return 0;
    if (prediction && d->prediction_id && strcmp(prediction, d->prediction_id) != 0)
        return 0; /* two windows that overlap may well be of two classes */
    return json_array_append_new(d->ids, json_string(aas_doc_str(doc, "_id", ""))) == 0 ? 0 : AAS_ENOMEM;
}

/* Adds `disagrees` to a feedback in its JSON form. */
static int add_disagreements(struct ml_service *svc, json_t *doc, struct aas_error *err)
{
    json_t *ids = json_array();
    if (json_object_set_new(doc, "disagrees", ids) != 0)
        return AAS_ENOMEM;
    struct disagreement d = {.id = text(doc, "id"),
                             .user = text(doc, "user"),
                             .truth = text(doc, "truth"),
                             .prediction_id = text(doc, "prediction_id"),
                             .start = json_integer_value(json_object_get(doc, "start")),
                             .end = json_integer_value(json_object_get(doc, "end")),
                             .ids = ids};
    if (!d.truth || !d.user)
        return 0;
    const struct aas_cond where[] = {
        {.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR(text(doc, "sensor_id"))},
        {.field = "end", .op = AAS_OP_GE, .value = AAS_V_TIME(d.start)}};
    struct aas_query q = {.where = where, .n_where = 2, .sort = "end", .limit = DISAGREE_SCAN};
    return aas_store_find(svc->store, AAS_COLL_FEEDBACK, &q, on_other, &d, NULL, err);
}

int ml_feedback_add(struct ml_service *svc, const json_t *body, const char *user, int64_t now_ms, json_t **ret_doc,
                    bool *ret_created, const char **ret_field, struct aas_error *err)
{
    bool is_range = json_object_get(body, "range") != NULL;
    struct fact f = {.doc = NULL};
    int rc = check_verdict(svc, body, is_range, ret_field, err);
    if (rc == 0)
        rc = is_range ? from_range(body, user, &f, ret_field, err)
                      : from_prediction(svc, body, user, &f, ret_field, err);
    struct edit e = {.fact = &f, .user = user, .now_ms = now_ms};
    if (rc == 0)
        rc = aas_store_update(svc->store, AAS_COLL_FEEDBACK, f.id, change, &e, err);
    json_decref(f.doc);
    if (rc)
        return rc;
    bson_t *stored = NULL;
    rc = aas_store_get(svc->store, AAS_COLL_FEEDBACK, f.id, &stored, err);
    if (rc)
        return rc;
    rc = aas_json_from_bson(stored, ret_doc, err);
    bson_destroy(stored);
    if (rc)
        return rc;
    *ret_created = e.created;
    rc = add_disagreements(svc, *ret_doc, err);
    if (rc) {
        json_decref(*ret_doc);
        *ret_doc = NULL;
    }
    return rc;
}

/* --- lists ---------------------------------------------------------------------------------------------------------
 */

static int add_item(const bson_t *doc, void *arg)
{
    json_t *item = NULL;
    int rc = aas_json_from_bson(doc, &item, NULL);
    return rc ? rc : json_array_append_new(arg, item) == 0 ? 0 : AAS_ENOMEM;
}

static size_t conditions(const struct ml_feedback_filter *f, struct aas_cond *where)
{
    const struct {
        const char *field, *value;
    } equal[] = {{"sensor_id", f->sensor_id},
                 {"prediction_id", f->prediction_id},
                 {"user", f->user},
                 {"verdict", f->verdict},
                 {"label", f->label}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof equal / sizeof equal[0]; i++)
        if (equal[i].value)
            where[n++] =
                (struct aas_cond){.field = equal[i].field, .op = AAS_OP_EQ, .value = AAS_V_STR(equal[i].value)};
    where[n++] = (struct aas_cond){.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(f->from)};
    if (f->to > 0)
        where[n++] = (struct aas_cond){.field = "at", .op = AAS_OP_LE, .value = AAS_V_TIME(f->to)};
    return n;
}

int ml_feedback_list(struct ml_service *svc, const struct ml_feedback_filter *f, json_t **ret_list,
                     struct aas_error *err)
{
    struct aas_cond where[AAS_STORE_FILTER_MAX];
    char next[AAS_STORE_CURSOR_BYTES] = "";
    struct aas_query q = {.where = where,
                          .n_where = conditions(f, where),
                          .sort = "at",
                          .descending = true,
                          .limit = f->limit,
                          .cursor = f->cursor};
    AAS_AUTO_JSON json_t *items = json_array();
    int rc = aas_store_find(svc->store, AAS_COLL_FEEDBACK, &q, add_item, items, next, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(items); i++) {
        rc = add_disagreements(svc, json_array_get(items, i), err);
        if (rc == 0 && f->disagreements && json_array_size(json_object_get(json_array_get(items, i), "disagrees")) == 0)
            AAS_IGNORE(json_array_remove(items, i--));
    }
    if (rc)
        return rc;
    *ret_list = json_pack("{s:O,s:o}", "items", items, "next", next[0] ? json_string(next) : json_null());
    return *ret_list ? 0 : AAS_ENOMEM;
}

int ml_feedback_count_since(struct ml_service *svc, int64_t since_ms, int64_t *ret_count, struct aas_error *err)
{
    const struct aas_cond where[] = {{.field = "at", .op = AAS_OP_GT, .value = AAS_V_TIME(since_ms)}};
    return aas_store_count(svc->store, AAS_COLL_FEEDBACK, where, 1, ret_count, err);
}
