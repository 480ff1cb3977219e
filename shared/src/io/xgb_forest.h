/* Our own walk over a model's trees: the same sums in the same order in the same float arithmetic as XGBoost's
 * predictor, several times as fast for few rows, since nothing is set up per call. Built from the JSON file; xgb.c
 * compares it with the library on trial rows when a model is loaded and serves with it only where every bit agrees.
 * Immutable once built: thread-safe. */
#pragma once

#include <stddef.h>

struct aas_error;
struct xgb_forest;

/** Build from a model file (borrows) in JSON. groups, features: as the library counts them. NULL where the model has
 *  something that the walk doesn't know (dart, categories, vector leaves, other objectives), or memory is short: then
 *  the library serves. */
struct xgb_forest *xgb_forest_create(const char *json, size_t len, size_t groups, size_t features);
void xgb_forest_destroy(struct xgb_forest *f);

/** Margins of rows (rows*features floats, NaN = missing, none infinite): rows*groups. */
void xgb_forest_margin(const struct xgb_forest *f, const float *x, size_t rows, float *ret_out);
/** The link function in place: margins of rows to what XGBoost gives as prediction. */
void xgb_forest_link(const struct xgb_forest *f, float *margins, size_t rows);
