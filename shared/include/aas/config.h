/* Configuration from environment variables, by one table per service. The table gives parsing, all errors at once,
 * --help, --check-config, --print-env (secrets redacted) and .env.example.
 *
 *   struct ingest_config { struct aas_config_common common; uint16_t port; char *mqtt_host; int64_t flush_ms; };
 *   static const struct aas_config_option options[] = {
 *       AAS_CONFIG_COMMON(struct ingest_config, common),
 *       AAS_OPT_PORT(struct ingest_config, port, "AAS_INGEST_PORT", "8002", 0, "port of the HTTP API"),
 *       AAS_OPT_STR(struct ingest_config, mqtt_host, "AAS_MQTT_HOST", "127.0.0.1", 0, "the broker's host"),
 *       AAS_OPT_DURATION(struct ingest_config, flush_ms, "AAS_FLUSH", "1s", 10, 60000, 0, "bucket flush interval"),
 *   };
 *   const struct aas_config_table ingest_config_table = AAS_CONFIG_TABLE("mqtt-ingestion", options, struct
 * ingest_config);
 *
 * Rules. A variable that is unset or empty takes the default; the default may refer to others: "sqlite:$AAS_HOME/x.db"
 * or
 * "${AAS_HOME}"; values that a person set are taken literally. NAME_FILE, for options with flag FILE (SECRET implies
 * it), names a file whose content, without a line end, is the value. A bad value is never clamped: it is an error. A
 * name that starts with AAS_ and that neither this table nor aas_config_known[] has is a warning (typo). Only config.c
 * calls getenv. Values are const after start. Not thread-safe; run before threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "aas/buf.h"
#include "aas/error.h"

enum aas_config_type {
    AAS_CONFIG_STR,      /* char *: heap, owned by the struct; "" when empty, never NULL */
    AAS_CONFIG_INT,      /* int64_t */
    AAS_CONFIG_PORT,     /* uint16_t, 1..65535 (0 with flag ANYPORT: the kernel chooses) */
    AAS_CONFIG_DOUBLE,   /* double, finite */
    AAS_CONFIG_BOOL,     /* bool: 1 0 true false yes no on off */
    AAS_CONFIG_DURATION, /* int64_t milliseconds: "250ms" "10s" "5m" "2h" "7d"; "0"; a unit is required otherwise */
    AAS_CONFIG_BYTES,    /* uint64_t: "512" "64KiB" "16MiB" "1GiB" */
    AAS_CONFIG_CHOICE,   /* int: index in choices, "json|text" */
    AAS_CONFIG_URL,      /* char *: as STR, with a scheme from choices ("http|https"), no trailing slash */
};

enum aas_config_flag {
    AAS_CONFIG_REQUIRED = 1, /* no default: must be set */
    AAS_CONFIG_SECRET = 2,   /* never printed; may come from NAME_FILE */
    AAS_CONFIG_FILE = 4,     /* may come from NAME_FILE */
    AAS_CONFIG_ANYPORT = 8,
    AAS_CONFIG_HIDDEN = 16, /* for tests: not in --help and .env.example */
};

struct aas_config_option {
    const char *env;
    enum aas_config_type type;
    size_t offset;
    const char *def;     /* NULL with REQUIRED, or an optional STR: "" */
    double min, max;     /* of numbers, inclusive; equal = no limit. Durations in ms. STR: length in bytes */
    const char *choices; /* CHOICE, URL */
    unsigned flags;
    const char *doc; /* one line, with the unit */
};

/* The member's type is checked at compile time. */
#define AAS_CONFIG_OFFSET_(T, m, type) (offsetof(T, m) + (size_t) _Generic(((T *)0)->m, type : 0))
#define AAS_OPT_STR(T, m, name, dflt, flg, text)                                                                       \
    {                                                                                                                  \
        .env = (name), .type = AAS_CONFIG_STR, .offset = AAS_CONFIG_OFFSET_(T, m, char *), .def = (dflt),              \
        .flags = (flg), .doc = (text)                                                                                  \
    }
#define AAS_OPT_URL(T, m, name, dflt, schemes, flg, text)                                                              \
    {                                                                                                                  \
        .env = (name), .type = AAS_CONFIG_URL, .offset = AAS_CONFIG_OFFSET_(T, m, char *), .def = (dflt),              \
        .choices = (schemes), .flags = (flg), .doc = (text)                                                            \
    }
#define AAS_OPT_INT(T, m, name, dflt, lo, hi, flg, text)                                                               \
    {                                                                                                                  \
        .env = (name), .type = AAS_CONFIG_INT, .offset = AAS_CONFIG_OFFSET_(T, m, int64_t), .def = (dflt),             \
        .min = (lo), .max = (hi), .flags = (flg), .doc = (text)                                                        \
    }
#define AAS_OPT_DOUBLE(T, m, name, dflt, lo, hi, flg, text)                                                            \
    {                                                                                                                  \
        .env = (name), .type = AAS_CONFIG_DOUBLE, .offset = AAS_CONFIG_OFFSET_(T, m, double), .def = (dflt),           \
        .min = (lo), .max = (hi), .flags = (flg), .doc = (text)                                                        \
    }
#define AAS_OPT_DURATION(T, m, name, dflt, lo_ms, hi_ms, flg, text)                                                    \
    {                                                                                                                  \
        .env = (name), .type = AAS_CONFIG_DURATION, .offset = AAS_CONFIG_OFFSET_(T, m, int64_t), .def = (dflt),        \
        .min = (lo_ms), .max = (hi_ms), .flags = (flg), .doc = (text)                                                  \
    }
#define AAS_OPT_BYTES(T, m, name, dflt, lo, hi, flg, text)                                                             \
    {                                                                                                                  \
        .env = (name), .type = AAS_CONFIG_BYTES, .offset = AAS_CONFIG_OFFSET_(T, m, uint64_t), .def = (dflt),          \
        .min = (lo), .max = (hi), .flags = (flg), .doc = (text)                                                        \
    }
#define AAS_OPT_PORT(T, m, name, dflt, flg, text)                                                                      \
    {                                                                                                                  \
        .env = (name), .type = AAS_CONFIG_PORT, .offset = AAS_CONFIG_OFFSET_(T, m, uint16_t), .def = (dflt),           \
        .flags = (flg), .doc = (text)                                                                                  \
    }
#define AAS_OPT_BOOL(T, m, name, dflt, flg, text)                                                                      \
    {                                                                                                                  \
        .env = (name), .type = AAS_CONFIG_BOOL, .offset = AAS_CONFIG_OFFSET_(T, m, bool), .def = (dflt),               \
        .flags = (flg), .doc = (text)                                                                                  \
    }
#define AAS_OPT_CHOICE(T, m, name, dflt, list, flg, text)                                                              \
    {                                                                                                                  \
        .env = (name), .type = AAS_CONFIG_CHOICE, .offset = AAS_CONFIG_OFFSET_(T, m, int), .def = (dflt),              \
        .choices = (list), .flags = (flg), .doc = (text)                                                               \
    }

/** What every daemon has: AAS_HOME, AAS_BIND, AAS_LOG_LEVEL, AAS_LOG_FORMAT. aas_daemon reads it, so it must be the
 *  first member of the service's struct. Rows by AAS_CONFIG_COMMON(struct type, member). */
struct aas_config_common {
    char *home;     /* directory of all state */
    char *bind;     /* address to listen on */
    int log_level;  /* enum aas_log_level */
    int log_format; /* enum aas_log_format */
};
#define AAS_CONFIG_COMMON(T, m)                                                                                        \
    AAS_OPT_STR(T, m.home, "AAS_HOME", ".run", 0, "directory of all state: database, logs, secrets"),                  \
        AAS_OPT_STR(T, m.bind, "AAS_BIND", "127.0.0.1", 0, "address to listen on"),                                    \
        AAS_OPT_CHOICE(T, m.log_level, "AAS_LOG_LEVEL", "info", "debug|info|warn|error", 0, "least level to log"),     \
        AAS_OPT_CHOICE(T, m.log_format, "AAS_LOG_FORMAT", "json", "json|text", 0, "json lines, or text for people")

struct aas_config_table {
    const char *service; /* "mqtt-ingestion" */
    const struct aas_config_option *options;
    size_t count;
    size_t size; /* of the service's struct */
    int (*check)(const void *config,
                 struct aas_buf *errors); /* NULL, or relations between options: appends a line per error */
};
#define AAS_CONFIG_TABLE(name, opts, T)                                                                                \
    {                                                                                                                  \
        .service = (name), .options = (opts), .count = sizeof(opts) / sizeof((opts)[0]), .size = sizeof(T)             \
    }

/** Names that other daemons and the scripts know, with their defaults for `$NAME` in this one's defaults (NULL: none).
 */
struct aas_config_known {
    const char *env;
    const char *def;
};
extern const struct aas_config_known aas_config_known[]; /* ends with env NULL */

/** Fill config (table->size bytes) from envp ("NAME=value" strings, NULL-terminated; NULL = the process's). problems
 * gets one line per error, warnings one per warning (both may be NULL). Returns 0, AAS_ECONFIG, AAS_ENOMEM; on failure
 * config is all zero and owns nothing. */
int aas_config_load(const struct aas_config_table *table, void *config, const char *const *envp,
                    struct aas_buf *problems, struct aas_buf *warnings) AAS_MUST_CHECK;
/** Free what load allocated and zero config. NULL is fine. */
void aas_config_fini(const struct aas_config_table *table, void *config);

/** Append `--help`'s list of variables; `--print-env` (NAME=value in effect, quoted for sh, secrets as "***"); the
 *  service's part of .env.example (doc as comment, NAME=default, secrets and unset ones commented out). Each returns
 * out's status. */
int aas_config_help(const struct aas_config_table *table, struct aas_buf *out);
int aas_config_print_env(const struct aas_config_table *table, const void *config, struct aas_buf *out);
int aas_config_print_example(const struct aas_config_table *table, struct aas_buf *out);
/** Append the names of all options as JSON [{"env","type","default","required","secret","doc"}], for docs and tests. */
int aas_config_print_json(const struct aas_config_table *table, struct aas_buf *out);
