/* feature_schema.json: which channels, window and statistics a model was trained on, in which order, with its scaler
 * and classes. Parsed once, immutable afterwards and so thread-safe; users are ml-service, its tools and whoever needs
 * a model's window. The SHA-256 over the canonical form tells two schemas apart: a mismatch refuses to serve. */
#pragma once

#include <aas/features.h>
#include <aas/window.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_error;

#define AAS_SCHEMA_HASH_SIZE    65 /* hex with NUL */
#define AAS_SCHEMA_MAX_FEATURES 8192
#define AAS_SCHEMA_MAX_CLASSES  256

struct aas_feature {
    uint32_t channel; /* index into channels */
    enum aas_stat stat;
};

struct aas_feature_schema {
    char *sensor_type; /* "*" for all */
    char *normal;      /* the class that means healthy */
    struct aas_window_spec window;
    uint32_t recent_rows;    /* statistics are of the newest so many rows of a window; 0: of all */
    uint32_t reference_rows; /* shift is against the oldest so many; 0: see AAS_STAT_SHIFT */
    char **channels;
    size_t channels_count;
    bool *optional; /* channels_count, or NULL: those that a sensor may lack; they don't count into coverage */
    struct aas_feature *features; /* in the model's column order */
    size_t features_count;
    uint32_t *masks;      /* per channel: bits of the statistics needed */
    double *mean, *scale; /* features_count each, or both NULL: no scaler */
    char **classes;       /* NULL where the labels come from elsewhere */
    size_t classes_count;
    char hash[AAS_SCHEMA_HASH_SIZE]; /* of the canonical form */
};

/** Parse (doc: borrows). `features` is either {"order":"channel-major"|"stat-major","stats":[…]} or a list of
 *  {"channel","stat"}. Unknown fields are refused: a typing error must not pass. Errors: AAS_EINVAL with the field, the
 *  value and what would be right; AAS_ENOMEM. The caller destroys the result. */
int aas_feature_schema_parse(const json_t *doc, struct aas_feature_schema **ret_schema, struct aas_error *err)
    __attribute__((warn_unused_result));
/** Parse a file; its name stands in the error. */
int aas_feature_schema_load(const char *path, struct aas_feature_schema **ret_schema, struct aas_error *err)
    __attribute__((warn_unused_result));
/** NULL is allowed. */
void aas_feature_schema_destroy(struct aas_feature_schema *schema);

/** The schema as JSON (new; caller owns); parsing it again gives the same hash. Errors: AAS_ENOMEM. */
int aas_feature_schema_emit(const struct aas_feature_schema *schema, json_t **ret_doc)
    __attribute__((warn_unused_result));

/** Index of a channel or class by its name (n bytes), or -1. */
int aas_feature_schema_channel(const struct aas_feature_schema *schema, const char *name, size_t len);
int aas_feature_schema_class(const struct aas_feature_schema *schema, const char *name);

/** "<channel>_<stat>" of feature i into dst; cut to cap - 1 bytes. */
void aas_feature_schema_name(const struct aas_feature_schema *schema, size_t i, char *dst, size_t cap);

/** Doubles of scratch that extract needs for windows of n rows. */
size_t aas_feature_schema_scratch(const struct aas_feature_schema *schema, size_t n);

/** One model input row from a window. columns: channels_count pointers, each to n doubles or NULL (the channel is
 *  missing: its features are NaN), borrows. ret_row: features_count floats, scaled, ready for the model; ret_raw: the
 *  same as unscaled doubles, may be NULL. scratch: as told by aas_feature_schema_scratch(). Values must be finite or
 *  NaN. */
void aas_feature_schema_extract(const struct aas_feature_schema *schema, const double *const *columns, size_t n,
                                double *scratch, float *ret_row, double *ret_raw);
/** Scale a row of raw features (features_count doubles, borrows) into ret_row. */
void aas_feature_schema_scale(const struct aas_feature_schema *schema, const double *raw, float *ret_row);
