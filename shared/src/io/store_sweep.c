/* Retention; see aas/store_sweep.h. Walks by the field's index in pages, sorts out what is protected, and removes the
 * rest of a page by its ids. */
#include "aas/store_sweep.h"

#include <stdlib.h>
#include <string.h>

#include "aas/cleanup.h"

#define PAGE            500
#define BEFORE_ALARM_MS (INT64_C(3600) * 1000)
#define PROTECTED_MAX   100000
#define FOR_EVER        INT64_MAX

/* Data of one sensor that must stay. */
struct range {
    char *sensor;
    int64_t from, to;
};

struct ranges {
    struct range *list;
    size_t n, cap;
};

static void ranges_fini(struct ranges *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->list[i].sensor);
    free(r->list);
}

static int ranges_add(struct ranges *r, const char *sensor, int64_t from, int64_t to)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 32;
        struct range *list = cap <= PROTECTED_MAX * 2 ? realloc(r->list, cap * sizeof *list) : NULL;
        if (!list)
            return AAS_ENOMEM;
        r->list = list;
        r->cap = cap;
    }
    char *copy = strdup(sensor);
    if (!copy)
        return AAS_ENOMEM;
    r->list[r->n++] = (struct range){copy, from, to};
    return 0;
}

static bool is_protected(const struct ranges *r, const char *sensor, int64_t start, int64_t end)
{
    for (size_t i = 0; i < r->n; i++)
        if (end >= r->list[i].from && start <= r->list[i].to && strcmp(r->list[i].sensor, sensor) == 0)
            return true;
    return false;
}

static int note_alarm(const bson_t *doc, void *arg)
{
    int64_t raised = aas_doc_int(doc, "raised", 0);
    return ranges_add(arg, aas_doc_str(doc, "sensor_id", ""), raised - BEFORE_ALARM_MS, FOR_EVER);
}

/* Feedback that has trained a model names it in `used_in`. */
static bool is_used(const bson_t *doc)
{
    bson_iter_t it;
    bson_iter_t list;
    return bson_iter_init_find(&it, doc, "used_in") && BSON_ITER_HOLDS_ARRAY(&it) && bson_iter_recurse(&it, &list) &&
           bson_iter_next(&list);
}

struct feedback {
    struct aas_store *s;
    struct ranges *ranges;
};

static int note_feedback(const bson_t *doc, void *arg)
{
    const struct feedback *f = arg;
    const char *sensor = aas_doc_str(doc, "sensor_id", NULL);
    const char *id = aas_doc_str(doc, "prediction_id", NULL);
    int64_t start = aas_doc_int(doc, "start", -1);
    int64_t end = aas_doc_int(doc, "end", -1);
    if (is_used(doc))
        return 0;
    if (sensor && start >= 0 && end >= start)
        return ranges_add(f->ranges, sensor, start, end);
    bson_t *prediction = NULL;
    int rc = id ? aas_store_get(f->s, AAS_COLL_PREDICTIONS, id, &prediction, NULL) : AAS_ENOENT;
    if (rc != 0)
        return rc == AAS_ENOENT ? 0 : rc;
    int64_t at = aas_doc_int(prediction, "at", 0);
    rc = ranges_add(f->ranges, aas_doc_str(prediction, "sensor_id", ""), aas_doc_int(prediction, "window.start", at),
                    at);
    bson_destroy(prediction);
    return rc;
}

static int collect_protected(struct aas_store *s, struct ranges *r, struct aas_error *err)
{
    static const struct aas_cond open_alarms[] = {
        {.field = "open_key", .op = AAS_OP_GE, .value = {.type = AAS_VALUE_STR, .v.s = ""}}};
    struct feedback f = {s, r};
    int rc = aas_store_find(s, AAS_COLL_ALARMS, &(struct aas_query){.where = open_alarms, .n_where = 1}, note_alarm, r,
                            NULL, err);
    if (rc == 0)
        rc = aas_store_find(s, AAS_COLL_FEEDBACK, &(struct aas_query){0}, note_feedback, &f, NULL, err);
    if (rc == AAS_ENOMEM)
        return aas_error_set(err, rc, "too many protected ranges to sweep");
    return rc;
}

struct page {
    enum aas_collection c;
    const struct ranges *keep;
    char *ids[PAGE];
    size_t n, seen;
    int64_t kept;
};

static int note_old(const bson_t *doc, void *arg)
{
    struct page *p = arg;
    const char *sensor = aas_doc_str(doc, "sensor_id", "");
    bool keep = false;
    p->seen++;
    if (p->c == AAS_COLL_SENSOR_DATA)
        keep = is_protected(p->keep, sensor, aas_doc_int(doc, "start", 0), aas_doc_int(doc, "end", 0));
    else if (p->c == AAS_COLL_PREDICTIONS)
        keep = is_protected(p->keep, sensor, aas_doc_int(doc, "at", 0), aas_doc_int(doc, "at", 0));
    if (keep) {
        p->kept++;
        return 0;
    }
    p->ids[p->n] = strdup(aas_doc_str(doc, "_id", ""));
    return p->ids[p->n] && ++p->n ? 0 : AAS_ENOMEM;
}

static int remove_page(struct aas_store *s, const struct page *p, struct aas_sweep_report *ret, struct aas_error *err)
{
    struct aas_value ids[PAGE];
    size_t removed = 0;
    if (p->n == 0)
        return 0;
    for (size_t i = 0; i < p->n; i++)
        ids[i] = AAS_V_STR(p->ids[i]);
    const struct aas_cond where[] = {{.field = "_id", .op = AAS_OP_IN, .in = ids, .n_in = p->n}};
    int rc = aas_store_remove(s, p->c, where, 1, p->n, &removed, err);
    ret->removed += (int64_t)removed;
    return rc;
}

static const char *age_field(enum aas_collection c)
{
    switch (c) {
    case AAS_COLL_SENSOR_DATA:
    case AAS_COLL_ROLLUPS:
    case AAS_COLL_PREDICTIONS:
        return "received";
    case AAS_COLL_QUARANTINE:
        return "at";
    case AAS_COLL_TOKENS:
        return "expires";
    default:
        return NULL;
    }
}

static int sweep_page(struct aas_store *s, const struct aas_query *q, struct page *page, bool dry_run, char *next,
                      struct aas_sweep_report *ret, struct aas_error *err)
{
    int rc = aas_store_find(s, page->c, q, note_old, page, next, err);
    if (rc == 0 && dry_run)
        ret->removed += (int64_t)page->n;
    else if (rc == 0)
        rc = remove_page(s, page, ret, err);
    ret->kept += page->kept;
    for (size_t i = 0; i < page->n; i++)
        free(page->ids[i]);
    return rc;
}

int aas_store_sweep(struct aas_store *s, enum aas_collection c, int64_t cutoff_ms, int64_t max_documents, bool dry_run,
                    struct aas_sweep_report *ret, struct aas_error *err)
{
    struct ranges keep = {0};
    char next[AAS_STORE_CURSOR_BYTES] = "";
    int64_t looked_at = 0;
    const char *field = age_field(c);
    *ret = (struct aas_sweep_report){0};
    if (!field)
        return aas_error_set(err, AAS_EINVAL, "%s has no retention", aas_store_collection(c)->name);
    int rc = c == AAS_COLL_SENSOR_DATA || c == AAS_COLL_PREDICTIONS ? collect_protected(s, &keep, err) : 0;
    const struct aas_cond where[] = {{.field = field, .op = AAS_OP_LT, .value = AAS_V_TIME(cutoff_ms)}};
    const struct aas_query q = {.where = where, .n_where = 1, .sort = field, .limit = PAGE, .cursor = next};
    AAS_AUTO_FREE struct page *page = calloc(1, sizeof *page);
    if (rc == 0 && !page)
        rc = aas_error_set(err, AAS_ENOMEM, "no memory to sweep");
    while (rc == 0) {
        *page = (struct page){.c = c, .keep = &keep};
        rc = sweep_page(s, &q, page, dry_run, next, ret, err);
        looked_at += (int64_t)page->seen;
        if (next[0] == '\0')
            break;
        ret->more = max_documents > 0 && looked_at >= max_documents;
        if (ret->more)
            break;
    }
    ranges_fini(&keep);
    return rc;
}
