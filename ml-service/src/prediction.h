/* A prediction: from a model's probabilities to the document that is answered and stored (docs/ARCHITECTURE.md,
 * shared/schemas/prediction.schema.json). Pure: no clock, no store, no lock. */
#pragma once

#include <bson/bson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aas/error.h>
#include <aas/id.h>

#include "model.h"

struct aas_json_writer;
struct aas_buf;

enum ml_state {
    ML_STATE_NORMAL,
    ML_STATE_FAULT,
    ML_STATE_UNKNOWN,
    ML_STATE_BLIND,
    ML_STATE_WARMING_UP,
    ML_STATE__COUNT
};
enum ml_role { ML_ROLE_CHAMPION, ML_ROLE_CHALLENGER, ML_ROLE_SHADOW, ML_ROLE__COUNT };
const char *ml_state_name(enum ml_state state);
const char *ml_role_name(enum ml_role role);

#define ML_FEATURES_HASH_BYTES 17 /* 16 hex digits and NUL */

/** What one (channel, statistic) adds to the margin of the predicted class. */
struct ml_contribution {
    const char *channel; /* borrowed from the model */
    const char *stat;
    double contribution;
};

#define ML_EXPLANATION_KEPT 24

/** The largest contributions, by absolute value; the last entry is "(other)" where some were summed up. bias and all
 *  contributions together give the margin. */
struct ml_explanation {
    size_t count;
    struct ml_contribution items[ML_EXPLANATION_KEPT + 1];
    double bias, margin;
};

/** All pointers are borrowed; a prediction lives no longer than the request that makes it. */
struct ml_prediction {
    char id[AAS_ID_SIZE];
    const char *sensor_id; /* "" when the request named none: such predictions aren't stored */
    const struct ml_model *model;
    enum ml_role role;
    int64_t at; /* end of the window; the request's time where it told no times */
    bool has_window, has_t;
    uint32_t revision;        /* > 0: amends an earlier one */
    char amends[AAS_ID_SIZE]; /* the id of revision 0; "" where this is it */
    int64_t start;
    uint32_t n;
    double coverage;  /* NaN without a window */
    const float *p;   /* model->classes_count probabilities */
    const float *row; /* model->features: what the model saw */
    int label;
    double anomaly_score; /* NaN where the model has no normal class */
    bool is_anomaly;
    enum ml_state state;
    char features_hash[ML_FEATURES_HASH_BYTES];
    double latency_us;
    int64_t received;
    const struct ml_explanation *explanation; /* NULL: none */
};

/** Judge: label, anomaly_score, is_anomaly and state from p, coverage and model. A window under min_coverage of the
 *  model's schema is blind whatever the model says; below unknown_below (0 … 1) the likeliest class isn't believed. */
void ml_prediction_judge(struct ml_prediction *pr, double unknown_below);
/** features_hash (of row's bytes) and ids, derived (docs/adr/0004) from at, sensor, model and revision, so that a retry
 *  gives the same one. Where the request told no times, the features take their place: two windows of one millisecond
 *  aren't one. */
void ml_prediction_name(struct ml_prediction *pr);

/** The hash alone: 16 hex digits of the SHA-256 over n floats as they lie in memory. */
void ml_features_hash(const float *row, size_t n, char ret_hash[ML_FEATURES_HASH_BYTES]);

/** Write as a JSON object. `fault` repeats `label`, which is what other services of this kind call it. */
void ml_prediction_json(struct aas_json_writer *w, const struct ml_prediction *pr);
/** Append the stored document's fields to doc (initialised, empty). `row` holds the model's input as little-endian
 *  floats, so that /predictions/{id}/verify can repeat the computation bit for bit. Errors: AAS_ETOOBIG. */
int ml_prediction_bson(bson_t *doc, const struct ml_prediction *pr) AAS_MUST_CHECK;
/** Append `explanation` to a stored document that was built without. Errors: AAS_ETOOBIG. */
int ml_explanation_bson(bson_t *doc, const struct ml_explanation *x) AAS_MUST_CHECK;
