/* See prediction.h. */
#include "prediction.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <aas/buf.h>
#include <aas/json_pull.h>

#define KEY_BYTES 512

static const char *const state_names[ML_STATE__COUNT] = {"normal", "fault", "unknown", "blind", "warming_up"};
static const char *const role_names[ML_ROLE__COUNT] = {"champion", "challenger", "shadow"};

const char *ml_state_name(enum ml_state state)
{
    return state_names[state];
}

const char *ml_role_name(enum ml_role role)
{
    return role_names[role];
}

/* The likeliest class, `except` left out (-1: none). */
static int likeliest(const struct ml_prediction *pr, int except)
{
    int best = -1;
    for (int i = 0; i < (int)pr->model->classes_count; i++)
        if (i != except && (best < 0 || pr->p[i] > pr->p[best]))
            best = i;
    return best;
}

void ml_prediction_judge(struct ml_prediction *pr, double unknown_below)
{
    const struct ml_model *m = pr->model;
    pr->label = likeliest(pr, -1);
    pr->anomaly_score = m->normal < 0 ? (double)NAN : 1.0 - (double)pr->p[m->normal];
    double doubt = (double)pr->p[pr->label];
    if (!isnan(m->threshold) && m->normal >= 0) {
        bool anomaly = pr->anomaly_score >= m->threshold;
        pr->label = anomaly ? likeliest(pr, m->normal) : m->normal;
        doubt = anomaly ? pr->anomaly_score : doubt; /* that it is one, whichever */
    }
    if (m->schema && pr->has_window && pr->coverage < m->schema->window.min_coverage)
        pr->state = ML_STATE_BLIND;
    else if (doubt < unknown_below)
        pr->state = ML_STATE_UNKNOWN;
    else
        pr->state = pr->label == m->normal ? ML_STATE_NORMAL : ML_STATE_FAULT;
    pr->is_anomaly = pr->state == ML_STATE_FAULT;
}

void ml_features_hash(const float *row, size_t n, char ret_hash[ML_FEATURES_HASH_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t digest[32];
    aas_sha256(row, n * sizeof *row, digest);
    for (size_t i = 0; i < (ML_FEATURES_HASH_BYTES - 1) / 2; i++) {
        ret_hash[2 * i] = hex[digest[i] >> 4];
        ret_hash[2 * i + 1] = hex[digest[i] & 15];
    }
    ret_hash[ML_FEATURES_HASH_BYTES - 1] = '\0';
}

static void derive(const struct ml_prediction *pr, uint32_t revision, char ret_id[AAS_ID_SIZE])
{
    char from[256];
    int n = snprintf(from, sizeof from, "%s%c%s", pr->sensor_id, 0, pr->model->version);
    if (!pr->has_t)
        n += snprintf(from + n, sizeof from - (size_t)n, "%c%s", 0, pr->features_hash);
    if (revision > 0)
        n += snprintf(from + n, sizeof from - (size_t)n, "%cr%u", 0, revision);
    aas_id_derive(pr->at, from, (size_t)n, ret_id);
}

void ml_prediction_name(struct ml_prediction *pr)
{
    ml_features_hash(pr->row, pr->model->features, pr->features_hash);
    derive(pr, pr->revision, pr->id);
    pr->amends[0] = '\0';
    if (pr->revision > 0)
        derive(pr, 0, pr->amends);
}

static void json_explanation(struct aas_json_writer *w, const struct ml_prediction *pr)
{
    aas_json_write_key(w, "explanation");
    if (!pr->explanation) {
        aas_json_write_null(w);
        return;
    }
    aas_json_write_array(w);
    const struct ml_explanation *x = pr->explanation;
    for (size_t i = 0; i < x->count; i++) {
        aas_json_write_object(w);
        aas_json_write_key(w, "channel");
        aas_json_write_string(w, x->items[i].channel);
        aas_json_write_key(w, "stat");
        aas_json_write_string(w, x->items[i].stat);
        aas_json_write_key(w, "contribution");
        aas_json_write_double_exact(w, x->items[i].contribution);
        aas_json_write_object_end(w);
    }
    aas_json_write_array_end(w);
    aas_json_write_key(w, "explanation_bias");
    aas_json_write_double_exact(w, x->bias);
    aas_json_write_key(w, "margin");
    aas_json_write_double_exact(w, x->margin);
}

static void json_window(struct aas_json_writer *w, const struct ml_prediction *pr)
{
    aas_json_write_key(w, "window");
    if (!pr->has_window) {
        aas_json_write_null(w);
        return;
    }
    aas_json_write_object(w);
    aas_json_write_key(w, "start");
    aas_json_write_int(w, pr->start);
    aas_json_write_key(w, "end");
    aas_json_write_int(w, pr->at);
    aas_json_write_key(w, "n");
    aas_json_write_int(w, pr->n);
    aas_json_write_key(w, "coverage");
    aas_json_write_double(w, pr->coverage);
    aas_json_write_object_end(w);
}

void ml_prediction_json(struct aas_json_writer *w, const struct ml_prediction *pr)
{
    const struct ml_model *m = pr->model;
    aas_json_write_object(w);
    aas_json_write_key(w, "id");
    aas_json_write_string_n(w, pr->id, AAS_ID_LEN);
    aas_json_write_key(w, "sensor_id");
    aas_json_write_string(w, pr->sensor_id);
    aas_json_write_key(w, "at");
    aas_json_write_int(w, pr->at);
    json_window(w, pr);
    aas_json_write_key(w, "state");
    aas_json_write_string(w, state_names[pr->state]);
    aas_json_write_key(w, "label");
    aas_json_write_string(w, m->classes[pr->label]);
    aas_json_write_key(w, "fault");
    aas_json_write_string(w, m->classes[pr->label]);
    aas_json_write_key(w, "confidence");
    aas_json_write_double(w, (double)pr->p[pr->label]);
    aas_json_write_key(w, "probabilities");
    aas_json_write_object(w);
    for (size_t i = 0; i < m->classes_count; i++) {
        aas_json_write_key(w, m->classes[i]);
        aas_json_write_double(w, (double)pr->p[i]);
    }
    aas_json_write_object_end(w);
    aas_json_write_key(w, "anomaly_score");
    aas_json_write_double(w, pr->anomaly_score);
    aas_json_write_key(w, "is_anomaly");
    aas_json_write_bool(w, pr->is_anomaly);
    aas_json_write_key(w, "model");
    aas_json_write_string(w, m->version);
    aas_json_write_key(w, "role");
    aas_json_write_string(w, role_names[pr->role]);
    json_explanation(w, pr);
    aas_json_write_key(w, "features_hash");
    aas_json_write_string_n(w, pr->features_hash, ML_FEATURES_HASH_BYTES - 1);
    if (pr->revision > 0) {
        aas_json_write_key(w, "revision");
        aas_json_write_int(w, pr->revision);
        aas_json_write_key(w, "amends");
        aas_json_write_string(w, pr->amends);
    }
    aas_json_write_key(w, "latency_us");
    aas_json_write_int(w, (int64_t)pr->latency_us);
    aas_json_write_key(w, "received");
    aas_json_write_int(w, pr->received);
    aas_json_write_object_end(w);
}

static bool put_str(bson_t *doc, const char *key, const char *value)
{
    return bson_append_utf8(doc, key, -1, value, -1);
}

/* NaN has no meaning in the store: null says unknown. */
static bool put_num(bson_t *doc, const char *key, double value)
{
    return isnan(value) ? bson_append_null(doc, key, -1) : bson_append_double(doc, key, -1, value);
}

static bool put_window(bson_t *doc, const struct ml_prediction *pr)
{
    if (!pr->has_window)
        return bson_append_null(doc, "window", 6);
    bson_t sub;
    return bson_append_document_begin(doc, "window", 6, &sub) && bson_append_date_time(&sub, "start", 5, pr->start) &&
           bson_append_date_time(&sub, "end", 3, pr->at) && bson_append_int64(&sub, "n", 1, pr->n) &&
           put_num(&sub, "coverage", pr->coverage) && bson_append_document_end(doc, &sub);
}

static bool put_probabilities(bson_t *doc, const struct ml_prediction *pr)
{
    bson_t sub;
    bool ok = bson_append_document_begin(doc, "probabilities", 13, &sub);
    for (size_t i = 0; ok && i < pr->model->classes_count; i++)
        ok = bson_append_double(&sub, pr->model->classes[i], -1, (double)pr->p[i]);
    return ok && bson_append_document_end(doc, &sub);
}

int ml_prediction_bson(bson_t *doc, const struct ml_prediction *pr)
{
    const struct ml_model *m = pr->model;
    bool ok = put_str(doc, "_id", pr->id) && put_str(doc, "sensor_id", pr->sensor_id) &&
              bson_append_date_time(doc, "at", 2, pr->at) && put_window(doc, pr) &&
              put_str(doc, "label", m->classes[pr->label]) && put_num(doc, "confidence", (double)pr->p[pr->label]) &&
              put_probabilities(doc, pr) && put_num(doc, "anomaly_score", pr->anomaly_score) &&
              bson_append_bool(doc, "is_anomaly", 10, pr->is_anomaly) &&
              put_str(doc, "state", state_names[pr->state]) && put_str(doc, "model", m->version) &&
              put_str(doc, "role", role_names[pr->role]) && put_str(doc, "features_hash", pr->features_hash) &&
              put_num(doc, "latency_us", pr->latency_us) && bson_append_date_time(doc, "received", 8, pr->received) &&
              bson_append_binary(doc, "row", 3, BSON_SUBTYPE_BINARY, (const uint8_t *)pr->row,
                                 (uint32_t)(m->features * sizeof *pr->row));
    if (ok && pr->revision > 0)
        ok = bson_append_int64(doc, "revision", 8, pr->revision) && put_str(doc, "amends", pr->amends);
    if (ok && pr->explanation)
        return ml_explanation_bson(doc, pr->explanation);
    return ok ? 0 : AAS_ETOOBIG;
}

int ml_explanation_bson(bson_t *doc, const struct ml_explanation *x)
{
    bson_t array;
    bool ok = bson_append_array_begin(doc, "explanation", 11, &array);
    for (size_t i = 0; ok && i < x->count; i++) {
        char key[24];
        (void)snprintf(key, sizeof key, "%zu", i);
        bson_t item;
        ok = bson_append_document_begin(&array, key, -1, &item) && put_str(&item, "channel", x->items[i].channel) &&
             put_str(&item, "stat", x->items[i].stat) && put_num(&item, "contribution", x->items[i].contribution) &&
             bson_append_document_end(&array, &item);
    }
    ok = ok && bson_append_array_end(doc, &array) && put_num(doc, "explanation_bias", x->bias) &&
         put_num(doc, "margin", x->margin);
    return ok ? 0 : AAS_ETOOBIG;
}
