/* Configuration of mqtt-ingestion: one table of environment variables, const after start. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/config.h"

enum ingest_wal_policy {
    INGEST_WAL_BLOCK,       /* stop reading: the broker keeps what comes */
    INGEST_WAL_DROP_OLDEST, /* forget the oldest unread messages, counted */
    INGEST_WAL_THIN,        /* from 80 % on keep one message in four, counted; block when full */
};

enum ingest_duplicates {
    INGEST_DUPLICATES_FIRST,      /* the first reading of a time stamp stays, later ones are counted */
    INGEST_DUPLICATES_QUARANTINE, /* a later one with other values goes to quarantine */
};

struct ingest_config {
    struct aas_config_common common;
    uint16_t port;
    char *store_url;
    char *ml_url;

    char *mqtt_host;
    uint16_t mqtt_port;
    char *mqtt_client_id;
    char *mqtt_user, *mqtt_password;
    char *mqtt_ca, *mqtt_cert, *mqtt_key;
    char *mqtt_topics;
    int64_t mqtt_qos;
    int64_t mqtt_keepalive_ms, mqtt_silence_ms;
    int64_t mqtt_receive_max;

    uint64_t wal_segment_bytes, wal_max_bytes;
    int wal_policy;
    int64_t flush_ms;

    bool auto_register;
    int64_t max_sensors;
    int64_t max_future_ms, max_age_ms;
    int duplicates;
    int64_t late_ms;     /* a reading older than the newest by more than this is flagged late */
    int64_t lateness_ms; /* windows wait this long in event time for stragglers */
    int64_t no_data_ms;  /* silence until a sensor counts as gone */
    int64_t stale_rows;  /* equal values in a row until a channel counts as flat */
    int64_t ml_queue;    /* windows that may wait */
    int64_t ml_batch;    /* windows of one call */
    int64_t ml_deadline_ms;
    int64_t stream_ms; /* coalescing of live frames */

    int64_t smooth_windows, alarm_on, alarm_of, alarm_off;
    double alarm_threshold;
    int64_t alarm_on_delay_ms, alarm_off_delay_ms; /* in event time */
    int64_t bundle_before_ms, bundle_after_ms;
    bool publish;

    int64_t retention_raw_ms, retention_rollups_ms, retention_quarantine_ms;
    int64_t sweep_ms;
    char *crash_at; /* for tests */
};

extern const struct aas_config_table ingest_config_table;
