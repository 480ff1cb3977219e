#include "config.h"

#include <string.h>

#include "topic.h"

#define DAY_MS 86400e3

#define T struct ingest_config
static const struct aas_config_option options[] = {
    AAS_CONFIG_COMMON(T, common),
    AAS_OPT_PORT(T, port, "AAS_INGEST_PORT", "8002", 0, "port of the HTTP and WebSocket API"),
    AAS_OPT_STR(T, store_url, "AAS_STORE_URL", "sqlite:$AAS_HOME/aastreli.db", AAS_CONFIG_SECRET,
                "the store: sqlite:PATH or mongodb://…"),
    AAS_OPT_URL(T, ml_url, "AAS_ML_URL", "http://127.0.0.1:$AAS_ML_PORT", "http|https", 0, "where ml-service answers"),

    AAS_OPT_STR(T, mqtt_host, "AAS_MQTT_HOST", "127.0.0.1", 0, "the broker's host"),
    AAS_OPT_PORT(T, mqtt_port, "AAS_MQTT_PORT", "1883", 0, "the broker's port"),
    AAS_OPT_STR(T, mqtt_client_id, "AAS_MQTT_CLIENT_ID", "aastreli-ingestion", 0,
                "client id, which names the persistent session: one per ingestion process"),
    AAS_OPT_STR(T, mqtt_user, "AAS_MQTT_USER", "", 0, "user name at the broker; empty: none"),
    AAS_OPT_STR(T, mqtt_password, "AAS_MQTT_PASSWORD", "", AAS_CONFIG_SECRET, "password at the broker"),
    AAS_OPT_STR(T, mqtt_ca, "AAS_MQTT_CA", "", 0, "file of CA certificates: switches TLS on"),
    AAS_OPT_STR(T, mqtt_cert, "AAS_MQTT_CERT", "", 0, "file of our client certificate, for mutual TLS"),
    AAS_OPT_STR(T, mqtt_key, "AAS_MQTT_KEY", "", 0, "file of its private key"),
    AAS_OPT_STR(T, mqtt_topics, "AAS_MQTT_TOPICS", "aastreli/sensors/{sensor_id}/data", 0,
                "topic templates, separated by commas; {site} {line} {machine} {sensor_id} {channel} {any}"),
    AAS_OPT_INT(T, mqtt_qos, "AAS_MQTT_QOS", "1", 0, 1, 0, "quality of service of the subscription"),
    AAS_OPT_DURATION(T, mqtt_keepalive_ms, "AAS_MQTT_KEEPALIVE", "15s", 5000, 600000, 0, "MQTT keep-alive"),
    AAS_OPT_DURATION(T, mqtt_silence_ms, "AAS_MQTT_SILENCE", "0", 0, DAY_MS, 0,
                     "connect anew after so long without a message; 0: never"),
    AAS_OPT_INT(T, mqtt_receive_max, "AAS_MQTT_RECEIVE_MAX", "20000", 1, 65535, 0,
                "messages that the broker may send before the first is acknowledged, in messages"),

    AAS_OPT_BYTES(T, wal_segment_bytes, "AAS_WAL_SEGMENT", "64MiB", 65536, 1024.0 * 1024 * 1024, 0,
                  "size of a segment of the log"),
    AAS_OPT_BYTES(T, wal_max_bytes, "AAS_WAL_MAX", "4GiB", 262144, 1e15, 0,
                  "size of the log: the spool while the store is away"),
    AAS_OPT_CHOICE(T, wal_policy, "AAS_WAL_FULL", "block", "block|drop-oldest|thin", 0, "what to do when it is full"),
    AAS_OPT_DURATION(T, flush_ms, "AAS_FLUSH", "1s", 50, 60000, 0, "readings are stored at least so often"),

    AAS_OPT_BOOL(T, auto_register, "AAS_AUTO_REGISTER", "1", 0, "unknown sensors register themselves"),
    AAS_OPT_INT(T, max_sensors, "AAS_MAX_SENSORS", "100000", 1, 1e7, 0, "sensors at most, in sensors"),
    AAS_OPT_DURATION(T, max_future_ms, "AAS_MAX_FUTURE", "60s", 0, 365 * DAY_MS, 0,
                     "how far a time stamp may lie in the future"),
    AAS_OPT_DURATION(T, max_age_ms, "AAS_MAX_AGE", "3650d", 1000, 36500 * DAY_MS, 0, "how old a reading may be"),
    AAS_OPT_CHOICE(T, duplicates, "AAS_DUPLICATES", "first", "first|quarantine", 0,
                   "a second reading of a time stamp with other values: the first stays, or it goes to quarantine"),
    AAS_OPT_DURATION(T, late_ms, "AAS_LATE", "5s", 0, DAY_MS, 0,
                     "a reading so far behind the newest of its sensor is flagged late"),
    AAS_OPT_DURATION(T, lateness_ms, "AAS_WINDOW_LATENESS", "0", 0, 3600000, 0,
                     "how long windows wait for stragglers, in event time"),
    AAS_OPT_DURATION(T, no_data_ms, "AAS_NO_DATA", "30s", 1000, 30 * DAY_MS, 0,
                     "silence until a sensor counts as gone"),
    AAS_OPT_INT(T, stale_rows, "AAS_FLAT_ROWS", "120", 0, 1e6, 0,
                "equal values of a channel in a row until it counts as flat, in readings; 0: never"),
    AAS_OPT_INT(T, ml_queue, "AAS_ML_QUEUE", "4096", 1, 1e6, 0, "windows that may wait for ml-service, in windows"),
    AAS_OPT_INT(T, ml_batch, "AAS_ML_BATCH", "64", 1, 1024, 0, "windows of one call, in windows"),
    AAS_OPT_DURATION(T, ml_deadline_ms, "AAS_ML_DEADLINE", "5s", 100, 60000, 0, "patience with one call"),
    AAS_OPT_DURATION(T, stream_ms, "AAS_STREAM_INTERVAL", "100ms", 20, 10000, 0, "live readings are sent so often"),

    AAS_OPT_INT(T, smooth_windows, "AAS_ALARM_SMOOTH", "3", 1, 16, 0, "windows that P(fault) is averaged over"),
    AAS_OPT_DOUBLE(T, alarm_threshold, "AAS_ALARM_THRESHOLD", "0.6", 0.01, 1, 0,
                   "smoothed P(fault) from which a window counts, as a share; a fault type may have its own"),
    AAS_OPT_INT(T, alarm_on, "AAS_ALARM_ON", "3", 1, 1000, 0, "windows over the threshold that raise an alarm …"),
    AAS_OPT_INT(T, alarm_of, "AAS_ALARM_OF", "5", 1, 64, 0, "… of the last so many"),
    AAS_OPT_INT(T, alarm_off, "AAS_ALARM_OFF", "5", 1, 1000, 0, "windows in a row below it until it returns"),
    AAS_OPT_DURATION(T, alarm_on_delay_ms, "AAS_ALARM_ON_DELAY", "0", 0, DAY_MS, 0,
                     "how long a fault must show before it raises an alarm, in event time"),
    AAS_OPT_DURATION(T, alarm_off_delay_ms, "AAS_ALARM_OFF_DELAY", "0", 0, DAY_MS, 0,
                     "how long it must be gone before the alarm returns, in event time"),
    AAS_OPT_DURATION(T, bundle_before_ms, "AAS_BUNDLE_BEFORE", "5m", 1000, 3600000, 0,
                     "readings in front of an alarm that its flight recorder keeps"),
    AAS_OPT_DURATION(T, bundle_after_ms, "AAS_BUNDLE_AFTER", "60s", 100, 3600000, 0, "and behind it"),
    AAS_OPT_BOOL(T, publish, "AAS_PUBLISH", "1", 0,
                 "publish aastreli/alarms/{sensor_id} (retained) and aastreli/predictions/{sensor_id}"),

    AAS_OPT_DURATION(T, retention_raw_ms, "AAS_RETENTION_RAW", "7d", 1000, 36500 * DAY_MS, 0,
                     "how long raw readings are kept, from their arrival"),
    AAS_OPT_DURATION(T, retention_rollups_ms, "AAS_RETENTION_ROLLUPS", "400d", 1000, 36500 * DAY_MS, 0,
                     "how long minutes are kept"),
    AAS_OPT_DURATION(T, retention_quarantine_ms, "AAS_RETENTION_QUARANTINE", "14d", 1000, 36500 * DAY_MS, 0,
                     "how long rejected messages are kept"),
    AAS_OPT_DURATION(T, sweep_ms, "AAS_SWEEP", "10m", 100, DAY_MS, 0, "how often what is too old is removed"),
    AAS_OPT_STR(T, crash_at, "AAS_TEST_CRASH_AT", "", AAS_CONFIG_HIDDEN, "point at which the daemon kills itself"),
};
#undef T

static int check(const void *config, struct aas_buf *errors)
{
    const struct ingest_config *c = config;
    struct aas_error err = AAS_ERROR_NONE;
    struct ingest_topics *topics = NULL;
    if (ingest_topics_parse(&topics, c->mqtt_topics, &err) < 0)
        (void)aas_buf_printf(errors, "AAS_MQTT_TOPICS: %s\n", err.msg);
    ingest_topics_destroy(topics);
    if (c->wal_max_bytes < 2 * c->wal_segment_bytes)
        (void)aas_buf_append_str(errors, "AAS_WAL_MAX: must hold at least two segments (AAS_WAL_SEGMENT)\n");
    if (c->alarm_on > c->alarm_of)
        (void)aas_buf_append_str(errors, "AAS_ALARM_ON: more than AAS_ALARM_OF can never be reached\n");
    if ((c->mqtt_cert[0] == '\0') != (c->mqtt_key[0] == '\0'))
        (void)aas_buf_append_str(errors, "AAS_MQTT_CERT and AAS_MQTT_KEY: one without the other\n");
    if (c->mqtt_cert[0] != '\0' && c->mqtt_ca[0] == '\0')
        (void)aas_buf_append_str(errors, "AAS_MQTT_CERT: needs AAS_MQTT_CA too\n");
    return aas_buf_status(errors);
}

const struct aas_config_table ingest_config_table = {
    .service = "mqtt-ingestion",
    .options = options,
    .count = sizeof options / sizeof options[0],
    .size = sizeof(struct ingest_config),
    .check = check,
};
