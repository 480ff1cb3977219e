/* Logging: one JSON line (or one line for people) per event on stderr, in one write(2) of at most 8 KiB, errno kept.
 * Fields: ts level svc mod event msg, then the call's own, then err/detail, then withheld. Every .c file that logs says
 * `#define AAS_LOG_MOD "wal"` after its includes.
 *
 *   AAS_LOG_WARN("store.retry", "the store does not answer, retrying", AAS_F_INT("retry_ms", ms), AAS_F_ERR(rc));
 *
 * msg is a constant sentence; values are fields, so that lines can be counted. Never log secrets or payloads. Each call
 * site may write 10 lines in 10 s (DEBUG: unlimited); what is over is withheld, and the site's next line, or
 * aas_log_flush_withheld(), says how many. All functions are thread-safe and take no lock that is held over I/O of
 * others. Before aas_log_init: INFO, JSON, svc "aastreli". */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"

enum aas_log_level { AAS_LOG_DEBUG, AAS_LOG_INFO, AAS_LOG_WARN, AAS_LOG_ERROR, AAS_LOG__COUNT };
enum aas_log_format { AAS_LOG_JSON, AAS_LOG_TEXT };

/* The names as in AAS_LOG_LEVEL and AAS_LOG_FORMAT, for configuration tables of type CHOICE: same order as the enums.
 */
#define AAS_LOG_LEVEL_CHOICES  "debug|info|warn|error"
#define AAS_LOG_FORMAT_CHOICES "json|text"

enum aas_field_type {
    AAS_FIELD_END,
    AAS_FIELD_STR,
    AAS_FIELD_INT,
    AAS_FIELD_UINT,
    AAS_FIELD_NUM,
    AAS_FIELD_BOOL,
    AAS_FIELD_ERR,
    AAS_FIELD_ERROR,
};

/** One typed field of a line. Made by the macros below; borrows key and string for the call. */
struct aas_field {
    const char *key;
    enum aas_field_type type;
    size_t len; /* of s */
    union {
        const char *s;
        int64_t i;
        uint64_t u;
        double d;
        bool b;
        const struct aas_error *e;
    } v;
};

/* NUL-terminated text (NULL is written as null), text with length, numbers, bool. */
#define AAS_F_STR(k, text)     ((struct aas_field){.key = (k), .type = AAS_FIELD_STR, .len = SIZE_MAX, .v.s = (text)})
#define AAS_F_STRN(k, text, n) ((struct aas_field){.key = (k), .type = AAS_FIELD_STR, .len = (n), .v.s = (text)})
#define AAS_F_INT(k, value)    ((struct aas_field){.key = (k), .type = AAS_FIELD_INT, .v.i = (int64_t)(value)})
#define AAS_F_UINT(k, value)   ((struct aas_field){.key = (k), .type = AAS_FIELD_UINT, .v.u = (uint64_t)(value)})
#define AAS_F_NUM(k, value)    ((struct aas_field){.key = (k), .type = AAS_FIELD_NUM, .v.d = (double)(value)})
#define AAS_F_BOOL(k, value)   ((struct aas_field){.key = (k), .type = AAS_FIELD_BOOL, .v.b = (value)})
/* A code: "err":"AAS_EPARSE","err_text":"malformed input". A struct aas_error: "err" and "detail" (its message). */
#define AAS_F_ERR(code)      ((struct aas_field){.key = "err", .type = AAS_FIELD_ERR, .v.i = (code)})
#define AAS_F_ERROR(err_ptr) ((struct aas_field){.key = "err", .type = AAS_FIELD_ERROR, .v.e = (err_ptr)})

/** Repeat counter of one call site; the macros make a static one each. */
struct aas_log_site {
    _Atomic int64_t window_start_ms; /* monotonic */
    atomic_uint written;             /* in this window */
    atomic_uint withheld;            /* since the last line that told */
    atomic_bool listed;
    const char *mod, *event;
    enum aas_log_level level;
    struct aas_log_site *next;
};

/** Set service name (borrows: a literal), lowest level to write, and format. Text is coloured when stderr is a terminal
 *  and NO_COLOR is unset. Call once, before threads. */
void aas_log_init(const char *svc, enum aas_log_level level, enum aas_log_format format);
/** Change the level at run time. */
void aas_log_set_level(enum aas_log_level level);
/** Would a line of this level be written? */
bool aas_log_enabled(enum aas_log_level level);
/** Write elsewhere than to descriptor 2, for tests. */
void aas_log_set_fd(int fd);

/** What the macros call. fields ends with type AAS_FIELD_END; site may be NULL (no limit). Borrows all. */
void aas_log_write(struct aas_log_site *site, enum aas_log_level level, const char *mod, const char *event,
                   const char *msg, const struct aas_field *fields);

/** Common entry for other libraries' loggers (libmicrohttpd, libwebsockets, mosquitto, mongoc, SQLite, …): lib becomes
 * mod
 *  ("lib.mosquitto"), event is "library", text (n bytes, SIZE_MAX = NUL-terminated) goes to msg without line ends and
 * cut at 1 KiB. Repeats are limited per (lib, level, text with its digits masked). */
void aas_log_bridge(enum aas_log_level level, const char *lib, const char *text, size_t n);

/** Tell, one line per site, how many lines are still withheld unmentioned. aas_daemon calls it each 10 s and at the
 * end. */
void aas_log_flush_withheld(void);
/** Lines withheld since the start, and lines that could not be written. For metrics. */
uint64_t aas_log_withheld_total(void);
uint64_t aas_log_lines_total(enum aas_log_level level);

#define AAS_LOG_AT(lvl, ev, message, ...)                                                                              \
    do {                                                                                                               \
        if (aas_log_enabled(lvl)) {                                                                                    \
            static struct aas_log_site aas_site_ = {.mod = AAS_LOG_MOD, .event = (ev), .level = (lvl)};                \
            aas_log_write(&aas_site_, (lvl), AAS_LOG_MOD, (ev), (message),                                             \
                          (const struct aas_field[]){__VA_ARGS__ __VA_OPT__(, ){.type = AAS_FIELD_END}});              \
        }                                                                                                              \
    } while (0)

/* Function-like, so that the enum members of the same name stay usable. ERROR = someone must act. WARN says what
 * happens instead. Library code logs nothing above DEBUG: whoever decides, logs, once. */
#define AAS_LOG_DEBUG(event, msg, ...) AAS_LOG_AT(AAS_LOG_DEBUG, event, msg __VA_OPT__(, ) __VA_ARGS__)
#define AAS_LOG_INFO(event, msg, ...)  AAS_LOG_AT(AAS_LOG_INFO, event, msg __VA_OPT__(, ) __VA_ARGS__)
#define AAS_LOG_WARN(event, msg, ...)  AAS_LOG_AT(AAS_LOG_WARN, event, msg __VA_OPT__(, ) __VA_ARGS__)
#define AAS_LOG_ERROR(event, msg, ...) AAS_LOG_AT(AAS_LOG_ERROR, event, msg __VA_OPT__(, ) __VA_ARGS__)
