/* ml-service's settings: environment variables, const after start. */
#pragma once

#include <aas/config.h>

enum ml_keep { ML_KEEP_ALL, ML_KEEP_ANOMALIES, ML_KEEP_NONE };
enum ml_promotion { ML_PROMOTION_MANAGED, ML_PROMOTION_MANUAL };

struct ml_config {
    struct aas_config_common common;
    uint16_t port;
    char *store_url;
    char *models_dir;
    char *model_tool; /* "": beside our own executable */
    int64_t threads;  /* 0: one per processor */
    int64_t workers;
    int keep;      /* enum ml_keep */
    int promotion; /* enum ml_promotion */
    int64_t poll_ms;
    double unknown_below;
    int64_t explain_per_second;
    uint64_t log_max_bytes;
    uint64_t batch_max_bytes;
    int64_t retention_ms;
    int64_t keeper_ms;
    int64_t retrain_every_ms, retrain_feedbacks; /* 0: off */
    bool retrain_on_drift, auto_rollback;
};

extern const struct aas_config_table ml_config_table;
