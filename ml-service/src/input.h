/* One item of /predict and /predict-batch as it is read: shared/schemas/predict_request.schema.json by a parser of our
 * own (docs/adr/0005), which allocates nothing once its buffers have grown. Pure: no clock, no store, no lock; an
 * object belongs to one thread. A test holds parser and schema to the same verdicts. */
#pragma once

#include <aas/json_pull.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aas/error.h>

#define ML_SENSOR_ID_BYTES 65
#define ML_INPUT_MAX_ROWS  100000
#define ML_INPUT_MAX_COLS  256
#define ML_FIELD_BYTES     160

enum ml_input_kind { ML_INPUT_NONE, ML_INPUT_FEATURES, ML_INPUT_COLUMNS, ML_INPUT_ROWS };

/** A named column of a window; the name is borrowed from the request's text. */
struct ml_column {
    const char *name;
    size_t name_len;
    size_t offset; /* into values */
    size_t n;
};

struct ml_input {
    enum ml_input_kind kind;
    char sensor_id[ML_SENSOR_ID_BYTES]; /* "" when absent */
    char sensor_type[ML_SENSOR_ID_BYTES];
    uint32_t revision; /* of the window; > 0: late data changed one that was judged already */
    size_t n;          /* rows, or features */
    size_t width;      /* of ML_INPUT_ROWS: columns of a row */
    bool has_t;
    struct ml_column columns[ML_INPUT_MAX_COLS];
    size_t columns_count;
    double *values; /* NaN = null. Columns one after the other; rows row-major; features */
    size_t values_len, values_cap;
    int64_t *t; /* n when has_t, ascending */
    size_t t_cap;
    char field[ML_FIELD_BYTES]; /* path of the field that an error is about */
};

/** Zeroed is initialised. */
void ml_input_fini(struct ml_input *in);

/** Read one item, the reader standing before it; in is overwritten, its buffers are kept. Text and in->columns' names
 *  stay borrowed. Errors: AAS_EPARSE no JSON; AAS_EINVAL a field is wrong (in->field names it); AAS_ETOOBIG;
 * AAS_ENOMEM. After an error the reader's place is unspecified. */
int ml_input_read(struct aas_json_pull *r, struct ml_input *in, struct aas_error *err) AAS_MUST_CHECK;
