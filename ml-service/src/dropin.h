/* A model trained elsewhere, as a folder that somebody copied: the booster as XGBoost JSON, with LabelEncoder and
 * StandardScaler as pickles or JSON, and a feature schema if there is one. Reading it executes nothing of it; pickles
 * and a trial prediction run in child processes. Users: the daemon's watched folder, aastreli-model import. No lock.
 *
 *     xgboost_anomaly_detector.json   or model.json
 *     label_encoder.pkl               or .joblib, or .json: ["a", "b"] or {"classes": ["a", "b"]}
 *     feature_scaler.pkl              or .joblib, or .json: {"mean": […], "scale": […]}; may be absent
 *     feature_schema.json             may be absent: see ml_dropin_read */
#pragma once

#include <aas/error.h>
#include <aas/feature_schema.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "manifest.h"

struct ml_dropin {
    char *model; /* JSON text; what Python's best_iteration leaves out is cut off */
    size_t model_len;
    json_t *facts;                     /* of ml_model_probe */
    struct aas_feature_schema *schema; /* with classes and scaler; NULL: the model takes {"features": […]} only */
    json_t *classes;                   /* names, in the order of the model's outputs */
    json_t *scaler;                    /* {"mean","scale"} or NULL */
    json_t *notes;                     /* sentences on what was assumed; may be empty */
    char digest[65];                   /* of all files read: tells whether the folder has changed */
};

/** Read a folder. Without feature_schema.json the order of features is taken from the booster's names, else from the
 *  scaler's, where each is "<channel>_<stat>"; the window is then 60 rows of 1 s, as a note says. Without such names
 *  there is no schema. Errors: AAS_ENOENT no model file there, naming it; AAS_EMISMATCH counts of features or classes
 *  that differ, saying which files; those of ml_model_probe, ml_pickle_import and aas_feature_schema_parse with the
 *  file. The caller frees it with ml_dropin_fini. */
int ml_dropin_read(const char *dir, struct ml_dropin *ret, struct aas_error *err) AAS_MUST_CHECK;
/** Zeroed or read; NULL is fine. */
void ml_dropin_fini(struct ml_dropin *d);

/** The SHA-256 of the folder's files as in `digest`, without reading what they mean: is it the one that was read?
 *  Errors: AAS_ENOENT no model file; -errno. */
int ml_dropin_digest(const char *dir, char ret_digest[65], struct aas_error *err) AAS_MUST_CHECK;

/** Make it the next version (ml_version_write). parent: a version's name, or NULL. Errors: as there. */
int ml_dropin_write(const char *models_dir, const struct ml_dropin *d, const char *parent,
                    char ret_version[ML_VERSION_NAME_BYTES], struct aas_error *err) AAS_MUST_CHECK;
