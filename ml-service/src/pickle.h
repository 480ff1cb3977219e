/* Pickles of scikit-learn's LabelEncoder and StandardScaler, read without executing anything: a symbol of the file is a
 * row of a table or an error, and "calling" one is a case of a switch. Protocols 2 to 5, joblib's format plain or
 * zlib/gzip compressed, NumPy 1 and 2, scikit-learn 0.2x to 1.9. Pure but for ml_pickle_import; no lock.
 *
 * Results: {"kind": "label_encoder", "classes": ["bearing", …], "sklearn": "1.2.1"}; integers become decimal text.
 * {"kind": "standard_scaler", "features": n, "mean": […], "scale": […], "feature_names": […]|absent, "sklearn"}; mean
 * is 0 where the scaler doesn't centre, scale is 1 where it doesn't scale. */
#pragma once

#include <aas/error.h>

#include <jansson.h>
#include <stddef.h>

#define ML_PICKLE_MAX_BYTES    ((size_t)16 * 1024 * 1024)
#define ML_PICKLE_MAX_INFLATED ((size_t)64 * 1024 * 1024)

/** Read bytes (borrows) into a document (new; caller owns). Errors: AAS_EPARSE malformed, with the offset;
 * AAS_EFORBIDDEN a symbol that we don't know, named; AAS_ENOTSUP another object or format, saying which; AAS_EINVAL
 * numbers that can't be used (not finite, scale 0, counts that differ); AAS_ETOOBIG; AAS_ENOMEM. */
int ml_pickle_read(const void *bytes, size_t len, json_t **ret_doc, struct aas_error *err) AAS_MUST_CHECK;

/** Read a file in a child process with limits (sandbox.h). Errors: those above, AAS_EUPSTREAM, -errno of the file. */
int ml_pickle_import(const char *path, json_t **ret_doc, struct aas_error *err) AAS_MUST_CHECK;
