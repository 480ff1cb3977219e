/* The hot path's JSON: a pull reader that allocates nothing and copies nothing, and a writer onto a bounded buffer.
 * Used for MQTT payloads, windows, predictions and live frames. A reader belongs to one thread and borrows its text
 * until done.
 *
 *     struct aas_json_pull r;
 *     aas_json_pull_init(&r, text, len, 8);
 *     if (aas_json_pull_next(&r) != AAS_JSON_OBJECT) …
 *     while (aas_json_pull_next(&r) == AAS_JSON_KEY) {
 *         if (aas_json_pull_is(&r, "features")) …
 *         else aas_json_pull_skip(&r);          // the value after the key
 *     }
 *     if (r.event != AAS_JSON_OBJECT_END) → aas_json_pull_fail(&r, err);
 *
 * It accepts RFC 8259 exactly, UTF-8 checked; duplicate keys are the caller's business. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_buf;
struct aas_error;

#define AAS_JSON_PULL_MAX_DEPTH 64

enum aas_json_event {
    AAS_JSON_ERROR = -1, /* sticky; reason in r->reason, place in r->at */
    AAS_JSON_DONE = 0,   /* the document is complete and nothing but white space follows */
    AAS_JSON_OBJECT,
    AAS_JSON_OBJECT_END,
    AAS_JSON_ARRAY,
    AAS_JSON_ARRAY_END,
    AAS_JSON_KEY,    /* r->str, r->str_len */
    AAS_JSON_STRING, /* r->str, r->str_len: raw, between the quotes; r->escaped when it holds a backslash */
    AAS_JSON_NUMBER, /* r->num; r->str, r->str_len are its text */
    AAS_JSON_TRUE,
    AAS_JSON_FALSE,
    AAS_JSON_NULL
};

struct aas_json_pull {
    enum aas_json_event event; /* the last one */
    const char *str;           /* borrowed from the text */
    size_t str_len;
    double num;
    bool escaped;
    const char *reason; /* static sentence after AAS_JSON_ERROR */
    size_t at;          /* byte offset of the last event or error */
    /* private */
    const char *begin, *p, *end;
    uint64_t is_object; /* one bit per level */
    unsigned depth, max_depth;
    uint8_t state;
};

/** Start reading text[0..len) (borrows until the last call). max_depth at most AAS_JSON_PULL_MAX_DEPTH. */
void aas_json_pull_init(struct aas_json_pull *r, const char *text, size_t len, unsigned max_depth);

/** The next event; also in r->event. After AAS_JSON_ERROR or AAS_JSON_DONE it keeps answering that. */
enum aas_json_event aas_json_pull_next(struct aas_json_pull *r);

/** True when the last key or string, unescaped, equals the given one. */
bool aas_json_pull_is(const struct aas_json_pull *r, const char *s);

/** Skip the next value whole. Afterwards r->event is its last event, or AAS_JSON_ERROR. False on error. */
bool aas_json_pull_skip(struct aas_json_pull *r);

/** Unescape the last key or string into dst (NUL-terminated). Errors: AAS_ETOOBIG when cap bytes don't hold it,
 * AAS_EPARSE when it holds \u0000 or a lone surrogate. */
int aas_json_pull_string(const struct aas_json_pull *r, char *dst, size_t cap, size_t *ret_len)
    __attribute__((warn_unused_result));

/** The last number as an integer. Errors: AAS_EINVAL when it has a fraction, AAS_ERANGE when it doesn't fit. */
int aas_json_pull_int(const struct aas_json_pull *r, int64_t *ret_value) __attribute__((warn_unused_result));

/** Read a whole array of numbers and nulls, the reader standing before it: null becomes NaN. dst: cap doubles
 * (caller's). Errors: AAS_EINVAL another type (r->at tells where), AAS_ETOOBIG more than cap, AAS_EPARSE. */
int aas_json_pull_doubles(struct aas_json_pull *r, double *dst, size_t cap, size_t *ret_n)
    __attribute__((warn_unused_result));
/** The same for an array of integers (times), without nulls. */
int aas_json_pull_ints(struct aas_json_pull *r, int64_t *dst, size_t cap, size_t *ret_n)
    __attribute__((warn_unused_result));

/** Turn r's error into a sentence with the byte offset; code AAS_EPARSE. Returns AAS_EPARSE. */
int aas_json_pull_fail(const struct aas_json_pull *r, struct aas_error *err);

/* Writer. Commas and colons come by themselves; nesting is the caller's duty, checked by an assert. Errors stick: call
 * what is needed, then ask aas_json_write_finish once. */
struct aas_json_writer {
    struct aas_buf *buf; /* borrows */
    size_t start;        /* its length at init: what finish cuts back to on failure */
    int rc;
    unsigned depth;
    uint64_t not_first; /* one bit per level: a comma is due */
    bool after_key;
};

void aas_json_write_init(struct aas_json_writer *w, struct aas_buf *buf);
void aas_json_write_object(struct aas_json_writer *w);
void aas_json_write_object_end(struct aas_json_writer *w);
void aas_json_write_array(struct aas_json_writer *w);
void aas_json_write_array_end(struct aas_json_writer *w);
void aas_json_write_key(struct aas_json_writer *w, const char *key);
void aas_json_write_key_n(struct aas_json_writer *w, const char *key, size_t len);
void aas_json_write_string(struct aas_json_writer *w, const char *s); /* NULL writes null */
void aas_json_write_string_n(struct aas_json_writer *w, const char *s, size_t len);
/** At most 9 significant digits, as %.9g, without a locale; NaN and Inf become null. */
void aas_json_write_double(struct aas_json_writer *w, double value);
/** Enough digits (at most 17) to read back the same double; NaN and Inf become null. */
void aas_json_write_double_exact(struct aas_json_writer *w, double value);
void aas_json_write_int(struct aas_json_writer *w, int64_t value);
void aas_json_write_bool(struct aas_json_writer *w, bool value);
void aas_json_write_null(struct aas_json_writer *w);
/** Text that is JSON already (a cached piece); trusted, not checked. */
void aas_json_write_raw(struct aas_json_writer *w, const char *json, size_t len);
void aas_json_write_doubles(struct aas_json_writer *w, const double *values, size_t n);
void aas_json_write_ints(struct aas_json_writer *w, const int64_t *values, size_t n);
/** 0, or the first error (AAS_ENOMEM, AAS_ETOOBIG): then buf is cut back to where the writer began;
 *  its own status stays. */
int aas_json_write_finish(struct aas_json_writer *w) __attribute__((warn_unused_result));
