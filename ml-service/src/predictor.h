/* From one item of a request to a prediction: features, the model's row, its probabilities. No clock, no store, no
 * lock; the scratch belongs to one thread and is kept, so that nothing is allocated in the steady state. */
#pragma once

#include "input.h"
#include "prediction.h"

struct ml_scratch {
    struct ml_input in;
    double *d; /* statistics' work, transposed rows */
    size_t d_cap;
    float *row; /* features of the newest prediction */
    size_t row_cap;
    float *p;
    size_t p_cap;
    float *other_row, *other_p; /* a second model's, see ml_scratch_swap */
    size_t other_row_cap, other_p_cap;
    bson_t **docs; /* reused documents */
    size_t docs_count;
    struct ml_prediction *batch; /* of /predict-batch, with what they point to */
    char (*batch_ids)[ML_SENSOR_ID_BYTES];
    size_t batch_cap;
    void *items; /* of judge.c, freed with the scratch */
    size_t items_cap;
};

/** Zeroed is initialised. */
void ml_scratch_fini(struct ml_scratch *s);
/** The calling thread's own, made at first use and freed when the thread ends; NULL when memory is short. */
struct ml_scratch *ml_scratch_mine(void);

/** Exchange row and p with their second set, so that another model may judge the same item meanwhile. */
void ml_scratch_swap(struct ml_scratch *s);
/** An empty document, the i-th of the scratch, its memory reused; NULL: no memory. */
bson_t *ml_scratch_doc(struct ml_scratch *s, size_t i);
/** Make room for n predictions in batch and batch_ids, for rows_floats in row and p_floats in p. */
int ml_scratch_batch(struct ml_scratch *s, size_t n, size_t rows_floats, size_t p_floats) AAS_MUST_CHECK;

/** The model's row of s->in into row (model->features floats), and what is known of the window into pr: has_window,
 *  start, at, n, coverage (sensor_id and model are set by the caller; now_ms stands for times that the request didn't
 *  tell). A window longer than the model's is cut to its newest rows. Coverage is the share of the rows that the span
 *  should hold, times the share of the model's cells that have a value; channels that the model doesn't know are left
 *  out, those it misses are NaN. Errors: AAS_EMISMATCH the input can't be this model's (s->in.field names the field);
 *  AAS_ENOMEM. */
int ml_predictor_row(struct ml_scratch *s, const struct ml_model *model, int64_t now_ms, float *row,
                     struct ml_prediction *pr, struct aas_error *err) AAS_MUST_CHECK;

/** Row, probabilities, verdict, names: everything of pr but role, latency_us and explanation. pr points into s until
 * the next call. pr->sensor_id must be set. Errors: as above, AAS_EINVAL a value too large for the model,
 * AAS_EUPSTREAM. */
int ml_predictor_run(struct ml_scratch *s, const struct ml_model *model, int64_t now_ms, double unknown_below,
                     struct ml_prediction *pr, struct aas_error *err) AAS_MUST_CHECK;
