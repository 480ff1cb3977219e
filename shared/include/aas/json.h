/* Bounded JSON documents on jansson, typed getters whose errors a person can act on, and the conversion between store
 * documents (BSON) and their JSON form. For request bodies, configuration and everything that isn't hot; the hot paths
 * use json_pull.h. No state: every call is thread-safe on distinct documents. */
#pragma once

#include <bson/bson.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_buf;
struct aas_error;

/* jansson needs about 17 times the text's size, so the text is capped before it is parsed. */
#define AAS_JSON_MAX_BYTES (1024u * 1024u)
#define AAS_JSON_MAX_DEPTH 32

/* Temporaries: AAS_AUTO_JSON json_t *body = NULL; */
static inline void aas_json_auto_decref(json_t **doc)
{
    if (*doc)
        json_decref(*doc);
}
#define AAS_AUTO_JSON __attribute__((cleanup(aas_json_auto_decref)))

/** Parse text[0..len) (borrows) into a new document (caller owns). Refuses more than max_bytes (0: AAS_JSON_MAX_BYTES)
 * or max_depth levels (0: AAS_JSON_MAX_DEPTH), duplicate keys, trailing text, \u0000, NaN and numbers that don't fit.
 * Any value may stand at the top. Errors: AAS_ETOOBIG, AAS_EPARSE with line and column, AAS_ENOMEM. */
int aas_json_parse(const char *text, size_t len, size_t max_bytes, unsigned max_depth, json_t **ret_doc,
                   struct aas_error *err) __attribute__((warn_unused_result));

/** Parse a file under the same rules; its name stands in the error. Errors: those of aas_json_parse, -errno of open and
 *  read. */
int aas_json_load(const char *path, size_t max_bytes, json_t **ret_doc, struct aas_error *err)
    __attribute__((warn_unused_result));

/** Append doc to buf as compact JSON; reals print with at most 17 digits and read back as the same number. Errors:
 * AAS_ENOMEM, AAS_ETOOBIG when the buffer's cap is reached (buf is as before). */
int aas_json_dump(const json_t *doc, struct aas_buf *buf) __attribute__((warn_unused_result));

enum aas_json_need { AAS_JSON_REQUIRED, AAS_JSON_OPTIONAL };

/* Typed getters. `obj` is an object (borrows), `field` one of its keys. Optional and absent or null: 0 and *ret_ stays
 * as the caller preset it. Errors: AAS_EINVAL with a sentence that names the field, what stood there and what would be
 * right. Returned strings, objects and arrays are borrowed from obj. */

/** A string of min..max bytes (max 0: 1,024). */
int aas_json_get_string(const json_t *obj, const char *field, enum aas_json_need need, size_t min_bytes,
                        size_t max_bytes, const char **ret_value, struct aas_error *err)
    __attribute__((warn_unused_result));
/** An integer in min..max; 3.0 counts as 3, 3.5 doesn't. */
int aas_json_get_int(const json_t *obj, const char *field, enum aas_json_need need, int64_t min, int64_t max,
                     int64_t *ret_value, struct aas_error *err) __attribute__((warn_unused_result));
/** A finite number in min..max. */
int aas_json_get_number(const json_t *obj, const char *field, enum aas_json_need need, double min, double max,
                        double *ret_value, struct aas_error *err) __attribute__((warn_unused_result));
int aas_json_get_bool(const json_t *obj, const char *field, enum aas_json_need need, bool *ret_value,
                      struct aas_error *err) __attribute__((warn_unused_result));
int aas_json_get_object(const json_t *obj, const char *field, enum aas_json_need need, json_t **ret_value,
                        struct aas_error *err) __attribute__((warn_unused_result));
/** An array of min..max elements. */
int aas_json_get_array(const json_t *obj, const char *field, enum aas_json_need need, size_t min, size_t max,
                       json_t **ret_value, struct aas_error *err) __attribute__((warn_unused_result));
/** One of choices (NULL-terminated); *ret_index is its place. */
int aas_json_get_choice(const json_t *obj, const char *field, enum aas_json_need need, const char *const *choices,
                        int *ret_index, struct aas_error *err) __attribute__((warn_unused_result));
/** A time: RFC 3339 with zone, or epoch milliseconds between 1970 and 9999. */
int aas_json_get_time_ms(const json_t *obj, const char *field, enum aas_json_need need, int64_t *ret_ts_ms,
                         struct aas_error *err) __attribute__((warn_unused_result));
/** Refuse keys of obj that aren't in known (NULL-terminated): a typing error must not pass in silence. */
int aas_json_only_fields(const json_t *obj, const char *const *known, struct aas_error *err)
    __attribute__((warn_unused_result));

/* Store documents. `_id` <-> `id` (at the top only), BSON date <-> integer of epoch milliseconds, int32/int64 <->
 * integer, double <-> real (NaN and Inf <-> null), binary <-> base64 string, ObjectId -> hex string. */

/* Names of fields that hold a time, NULL-terminated: the list for aas_json_to_bson that fits every collection of
 * docs/ARCHITECTURE.md. (`t` in sensor_data isn't in it: an array of int64.) */
extern const char *const aas_json_store_dates[];

/** A store document as JSON (new; caller owns). Errors: AAS_EPARSE when doc is corrupt or holds a type that we don't
 * store, AAS_ENOMEM. */
int aas_json_from_bson(const bson_t *doc, json_t **ret_json, struct aas_error *err) __attribute__((warn_unused_result));

/** JSON as a new store document (caller owns: bson_destroy). Integers under a key in dates (NULL: none) become BSON
 * dates, other integers int64. Errors: AAS_EINVAL when obj isn't an object, AAS_EPARSE too deep, AAS_ENOMEM. */
int aas_json_to_bson(const json_t *obj, const char *const *dates, bson_t **ret_doc, struct aas_error *err)
    __attribute__((warn_unused_result));

/** Append a store document to buf as JSON text without a tree between: what list answers use. Numbers as
 *  aas_json_write_double. Errors as aas_json_from_bson, AAS_ETOOBIG; on failure buf is as before. */
int aas_json_write_bson(struct aas_buf *buf, const bson_t *doc, struct aas_error *err)
    __attribute__((warn_unused_result));
