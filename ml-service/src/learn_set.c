/* See learn_set.h. */
#include "learn_set.h"

#include <bson/bson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/store.h>

#include "model.h"
#include "raw_window.h"

#define FEEDBACK_MAX      20000
#define WINDOWS_PER_RANGE 300
#define DIGEST_SCAN       50000
#define SURE              0.9

/* One operator's word, as far as it teaches. */
struct lesson {
    char id[64], prediction[64], sensor[80], truth[80];
    int64_t start, end;
};

struct maker {
    struct ml_learn_set *set;
    const struct ml_learn_options *o;
    struct lesson *lessons;
    size_t count, cap;
    double *scratch;
    size_t scratch_cap;
    size_t digest_seen;
};

static void put(char *dst, size_t size, const bson_t *doc, const char *key)
{
    (void)snprintf(dst, size, "%s", aas_doc_str(doc, key, ""));
}

/* Newest first: what somebody said later about the same prediction counts. */
static int on_feedback(const bson_t *doc, void *arg)
{
    struct maker *m = arg;
    int64_t start = aas_doc_int(doc, "start", 0), end = aas_doc_int(doc, "end", 0);
    const char *prediction = aas_doc_str(doc, "prediction_id", "");
    if (!aas_doc_str(doc, "truth", "")[0] || end < m->o->from || (m->o->to > 0 && start > m->o->to))
        return 0;
    for (size_t i = 0; prediction[0] && i < m->count; i++)
        if (strcmp(m->lessons[i].prediction, prediction) == 0)
            return 0;
    if (m->count == m->cap) {
        size_t cap = m->cap ? 2 * m->cap : 64;
        struct lesson *more = realloc(m->lessons, cap * sizeof *more);
        if (!more)
            return AAS_ENOMEM;
        m->lessons = more;
        m->cap = cap;
    }
    struct lesson *l = &m->lessons[m->count++];
    *l = (struct lesson){.start = start, .end = end};
    put(l->id, sizeof l->id, doc, "_id");
    put(l->prediction, sizeof l->prediction, doc, "prediction_id");
    put(l->sensor, sizeof l->sensor, doc, "sensor_id");
    put(l->truth, sizeof l->truth, doc, "truth");
    return 0;
}

/* The parent's schema with the classes that operators named beside its own. */
static int make_schema(struct maker *m, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = NULL;
    int rc = aas_feature_schema_emit(m->o->parent->schema, &doc);
    if (rc)
        return rc;
    json_t *classes = json_array();
    if (json_object_set_new(doc, "classes", classes) != 0)
        return AAS_ENOMEM;
    for (size_t i = 0; i < m->o->parent->classes_count; i++)
        AAS_IGNORE(json_array_append_new(classes, json_string(m->o->parent->classes[i])));
    for (size_t i = 0; i < m->count; i++) {
        bool known = false;
        for (size_t k = 0; !known && k < json_array_size(classes); k++)
            known = strcmp(json_string_value(json_array_get(classes, k)), m->lessons[i].truth) == 0;
        if (!known)
            AAS_IGNORE(json_array_append_new(classes, json_string(m->lessons[i].truth)));
    }
    return aas_feature_schema_parse(doc, &m->set->schema, err);
}

static int add_labelled(struct maker *m, int label, uint32_t group, int64_t end, float **ret_x)
{
    struct ml_learn_set *s = m->set;
    if (s->labelled.rows == s->end_cap) {
        size_t cap = s->end_cap ? 2 * s->end_cap : 256;
        int64_t *more = realloc(s->end_ms, cap * sizeof *more);
        if (!more)
            return AAS_ENOMEM;
        s->end_ms = more;
        s->end_cap = cap;
    }
    s->end_ms[s->labelled.rows] = end;
    return ml_dataset_add(&s->labelled, (uint32_t)label, group, ret_x);
}

/* Windows of the model's length and stride, as the live path cuts them; a shorter stretch is one window. */
static int cut_windows(struct maker *m, const struct ml_raw *raw, int label, uint32_t group)
{
    const struct aas_feature_schema *schema = m->set->schema;
    size_t rows = schema->window.rows, n = raw->n < rows ? raw->n : rows;
    size_t need = aas_feature_schema_scratch(schema, n), made = 0;
    if (need > m->scratch_cap) {
        double *more = realloc(m->scratch, need * sizeof *more);
        if (!more)
            return AAS_ENOMEM;
        m->scratch = more;
        m->scratch_cap = need;
    }
    for (size_t end = n; end <= raw->n && made < WINDOWS_PER_RANGE; end += schema->window.stride, made++) {
        const double *columns[AAS_WINDOW_MAX_CHANNELS];
        for (size_t c = 0; c < raw->channels; c++)
            columns[c] = raw->column[c] + (end - n);
        float *x;
        int rc = add_labelled(m, label, group, raw->t[end - 1], &x);
        if (rc)
            return rc;
        aas_feature_schema_extract(schema, columns, n, m->scratch, x, NULL);
    }
    return 0;
}

static bool version_makes_same_rows(struct maker *m, const char *version)
{
    char dir[1024];
    struct ml_manifest *other = NULL;
    if (strcmp(version, m->o->parent->version) == 0)
        return true;
    (void)snprintf(dir, sizeof dir, "%s/versions/%s", m->o->models_dir, version);
    if (strchr(version, '/') || ml_manifest_load(dir, &other, NULL) != 0)
        return false;
    bool same = ml_schema_same_rows(other->schema, m->set->schema);
    ml_manifest_destroy(other);
    return same;
}

/* The row that a prediction kept, borrowed from doc; NULL: none of our length. */
static const uint8_t *row_of(const bson_t *doc, size_t features)
{
    bson_iter_t it;
    bson_subtype_t subtype;
    const uint8_t *bytes = NULL;
    uint32_t len = 0;
    if (!bson_iter_init_find(&it, doc, "row") || !BSON_ITER_HOLDS_BINARY(&it))
        return NULL;
    bson_iter_binary(&it, &subtype, &len, &bytes);
    return len == features * sizeof(float) ? bytes : NULL;
}

static int from_stored_row(struct maker *m, const struct lesson *l, int label, uint32_t group, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(m->o->store, AAS_COLL_PREDICTIONS, l->prediction, &doc, err);
    if (rc == AAS_ENOENT) {
        aas_error_clear(err);
        m->set->without_data++;
        return 0;
    }
    if (rc)
        return rc;
    const uint8_t *row = row_of(doc, m->set->labelled.cols);
    if (row && version_makes_same_rows(m, aas_doc_str(doc, "model", ""))) {
        float *x;
        rc = add_labelled(m, label, group, l->end, &x);
        if (rc == 0)
            memcpy(x, row, m->set->labelled.cols * sizeof *x);
    } else {
        m->set->without_data++;
    }
    bson_destroy(doc);
    return rc;
}

static int learn_lessons(struct maker *m, struct aas_error *err)
{
    struct ml_raw raw = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < m->count; i++) {
        const struct lesson *l = &m->lessons[i];
        int label = aas_feature_schema_class(m->set->schema, l->truth);
        size_t before = m->set->labelled.rows;
        rc = ml_raw_read(m->o->store, l->sensor, l->start, l->end, m->set->schema, &raw, err);
        if (rc == 0 && raw.n >= 2)
            rc = cut_windows(m, &raw, label, (uint32_t)i);
        else if (rc == 0 && l->prediction[0])
            rc = from_stored_row(m, l, label, (uint32_t)i, err);
        else if (rc == 0)
            m->set->without_data++;
        if (rc == 0 && m->set->labelled.rows > before)
            AAS_IGNORE(json_array_append_new(m->set->feedback, json_string(l->id)));
    }
    ml_raw_fini(&raw);
    return rc;
}

/* --- the parent's digest -------------------------------------------------------------------------------------------
 */

static bool is_labelled_otherwise(const struct maker *m, const bson_t *doc)
{
    const char *sensor = aas_doc_str(doc, "sensor_id", "");
    int64_t at = aas_doc_int(doc, "at", 0), start = aas_doc_int(doc, "window.start", at);
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->lessons[i].sensor, sensor) == 0 && m->lessons[i].start <= at && m->lessons[i].end >= start)
            return true;
    return false;
}

static uint32_t group_of(const char *sensor)
{
    uint32_t h = 2166136261U;
    for (const char *p = sensor; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619U;
    return h;
}

static int on_prediction(const bson_t *doc, void *arg)
{
    struct maker *m = arg;
    const char *state = aas_doc_str(doc, "state", "");
    const uint8_t *row = row_of(doc, m->set->digest.cols);
    int label = aas_feature_schema_class(m->set->schema, aas_doc_str(doc, "label", ""));
    bool normal = strcmp(state, "normal") == 0;
    if (!row || label < 0 || !(normal || (strcmp(state, "fault") == 0 && !m->o->digest_normals)) ||
        aas_doc_num(doc, "confidence", 0) < SURE || strcmp(aas_doc_str(doc, "role", ""), "champion") != 0 ||
        is_labelled_otherwise(m, doc))
        return 0;
    float *x;
    int rc = ml_dataset_add(&m->set->digest, (uint32_t)label, group_of(aas_doc_str(doc, "sensor_id", "")), &x);
    if (rc)
        return rc;
    memcpy(x, row, m->set->digest.cols * sizeof *x);
    return m->set->digest.rows >= m->o->digest_rows ? AAS_ECANCELED : 0;
}

static int learn_digest(struct maker *m, struct aas_error *err)
{
    const struct aas_cond where[] = {{.field = "model", .op = AAS_OP_EQ, .value = AAS_V_STR(m->o->parent->version)},
                                     {.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(m->o->from)}};
    struct aas_query q = {.where = where, .n_where = 2, .sort = "at", .descending = true, .limit = DIGEST_SCAN};
    if (m->o->digest_rows == 0)
        return 0;
    int rc = aas_store_find(m->o->store, AAS_COLL_PREDICTIONS, &q, on_prediction, m, NULL, err);
    return rc == AAS_ECANCELED ? 0 : rc;
}

int ml_learn_set_make(struct ml_learn_set *set, const struct ml_learn_options *o, struct aas_error *err)
{
    *set = (struct ml_learn_set){.feedback = json_array()};
    if (!o->parent->schema)
        return aas_error_set(err, AAS_EMISMATCH, "%s has no feature schema: it can't be retrained from windows",
                             o->parent->version);
    struct maker m = {.set = set, .o = o};
    const struct aas_cond where[] = {{.field = "at", .op = AAS_OP_GE, .value = AAS_V_TIME(0)}};
    struct aas_query q = {.where = where, .n_where = 1, .sort = "at", .descending = true, .limit = FEEDBACK_MAX};
    int rc = aas_store_find(o->store, AAS_COLL_FEEDBACK, &q, on_feedback, &m, NULL, err);
    if (rc == 0)
        rc = make_schema(&m, err);
    if (rc == 0) {
        ml_dataset_init(&set->labelled, set->schema->features_count);
        ml_dataset_init(&set->digest, set->schema->features_count);
        rc = learn_lessons(&m, err);
    }
    if (rc == 0)
        rc = learn_digest(&m, err);
    free(m.lessons);
    free(m.scratch);
    return rc && err && !err->code ? aas_error_set(err, rc, "%s", aas_strerror(rc)) : rc;
}

void ml_learn_set_fini(struct ml_learn_set *set)
{
    aas_feature_schema_destroy(set->schema);
    ml_dataset_fini(&set->labelled);
    ml_dataset_fini(&set->digest);
    free(set->end_ms);
    json_decref(set->feedback);
    memset(set, 0, sizeof *set);
}
