/* What each version has said so far: counts by label and state, confidence and anomaly-score histograms, latency. Kept
 * per version name for the life of the process, whether the version is loaded or not, so that counters never fall.
 * All functions are thread-safe; counting is a few relaxed atomic additions. */
#pragma once

#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>

#include "prediction.h"

#define ML_STATS_BINS        20 /* of confidence and of anomaly score, 0.05 each */
#define ML_STATS_MAX_CLASSES AAS_SCHEMA_MAX_CLASSES

struct ml_stats {
    char version[ML_VERSION_BYTES];
    size_t classes_count;
    char **classes;
    atomic_uint_fast64_t by_label[ML_STATS_MAX_CLASSES];
    atomic_uint_fast64_t by_state[ML_STATE__COUNT];
    atomic_uint_fast64_t by_role[ML_ROLE__COUNT];
    atomic_uint_fast64_t confidence[ML_STATS_BINS], score[ML_STATS_BINS];
    atomic_uint_fast64_t count, latency_us;
    struct ml_stats *next;
};

/** The stats of a version, made at first use; NULL: no memory (counting on NULL does nothing). Never freed. */
struct ml_stats *ml_stats_of(const char *version, char *const *classes, size_t classes_count);
void ml_stats_count(struct ml_stats *s, const struct ml_prediction *pr);
/** Every version's as a JSON object by version (new). */
json_t *ml_stats_json(void);

struct aas_metrics;
/** Export all as aas_ml_… series at each render. Errors: AAS_EFULL. */
int ml_stats_export(struct aas_metrics *m) AAS_MUST_CHECK;
