/* See config.h. */
#include "config.h"

static const struct aas_config_option options[] = {
    AAS_CONFIG_COMMON(struct ml_config, common),
    AAS_OPT_PORT(struct ml_config, port, "AAS_ML_PORT", "8001", AAS_CONFIG_ANYPORT, "port of the HTTP API"),
    AAS_OPT_STR(struct ml_config, store_url, "AAS_STORE_URL", "sqlite:$AAS_HOME/aastreli.db", AAS_CONFIG_SECRET,
                "the document store: sqlite:PATH or mongodb://..."),
    AAS_OPT_STR(struct ml_config, models_dir, "AAS_MODELS_DIR", "ml-service/models", 0,
                "directory with current/ (models to deploy) and versions/"),
    AAS_OPT_STR(struct ml_config, model_tool, "AAS_MODEL_TOOL", "", 0,
                "path of aastreli-model, which retrains in a child process; empty: beside this program"),
    AAS_OPT_INT(struct ml_config, threads, "AAS_ML_THREADS", "0", 0, 64, 0,
                "HTTP threads, each predicts by itself; 0: one per processor"),
    AAS_OPT_INT(struct ml_config, workers, "AAS_ML_WORKERS", "2", 1, 32, 0,
                "threads for explanations, verification and registry calls"),
    AAS_OPT_CHOICE(struct ml_config, keep, "AAS_PREDICTIONS_KEEP", "all", "all|anomalies|none", 0,
                   "which predictions are stored"),
    AAS_OPT_CHOICE(struct ml_config, promotion, "AAS_PROMOTION", "managed", "managed|manual", 0,
                   "whether a version that passes its gate is promoted by itself"),
    AAS_OPT_DURATION(struct ml_config, poll_ms, "AAS_MODELS_POLL", "1s", 100, 60000, 0,
                     "how often versions and roles are looked at"),
    AAS_OPT_DOUBLE(struct ml_config, unknown_below, "AAS_UNKNOWN_BELOW", "0.5", 0, 1, 0,
                   "confidence below which a window's state is unknown"),
    AAS_OPT_INT(struct ml_config, explain_per_second, "AAS_EXPLAIN_PER_SECOND", "20", 0, 10000, 0,
                "anomalies explained by themselves per second, at most"),
    AAS_OPT_BYTES(struct ml_config, log_max_bytes, "AAS_PREDICTION_LOG_MAX", "512MiB", 16777216, 1099511627776.0, 0,
                  "size of the prediction log, the spool while the store is away"),
    AAS_OPT_BYTES(struct ml_config, batch_max_bytes, "AAS_BATCH_MAX", "16MiB", 65536, 1073741824.0, 0,
                  "largest body of POST /predict-batch"),
    AAS_OPT_DURATION(struct ml_config, retention_ms, "AAS_RETENTION_PREDICTIONS", "90d", 0, 315360000000.0, 0,
                     "how long predictions are kept; 0: for ever"),
};

const struct aas_config_table ml_config_table = AAS_CONFIG_TABLE("ml-service", options, struct ml_config);
