/* Store documents (BSON) as JSON and back; see aas/json.h. Dates are epoch milliseconds in JSON, `_id` is `id`. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/err.h"
#include "aas/error.h"
#include "aas/json.h"
#include "aas/json_pull.h"

#define MAX_DEPTH 32

const char *const aas_json_store_dates[] = {
    "acked", "at",        "cleared", "created",    "end",      "expires",  "finished",
    "from",  "last_seen", "minute",  "raised",     "received", "returned", "shelved_until",
    "start", "started",   "to",      "trained_at", "updated",  "used_at",  NULL};

static int corrupt(struct aas_error *err, const char *key)
{
    return aas_error_set(err, AAS_EPARSE, "a stored document is corrupt or too deep at field \"%.60s\"", key);
}

static int unknown_type(struct aas_error *err, const bson_iter_t *it)
{
    return aas_error_set(err, AAS_EPARSE, "a stored document holds BSON type 0x%02x in field \"%.60s\"",
                         (unsigned)bson_iter_type(it), bson_iter_key(it));
}

static const char *json_key(const bson_iter_t *it, unsigned depth)
{
    const char *key = bson_iter_key(it);
    return depth == 0 && strcmp(key, "_id") == 0 ? "id" : key;
}

/* Standard base64 (RFC 4648) with padding; dst takes 4 * ceil(len / 3) + 1. */
static size_t base64(const uint8_t *bytes, size_t len, char *dst)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t out = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t v =
            (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
        dst[out++] = letters[v >> 18];
        dst[out++] = letters[v >> 12 & 63];
        dst[out++] = left > 1 ? letters[v >> 6 & 63] : '=';
        dst[out++] = left > 2 ? letters[v & 63] : '=';
    }
    dst[out] = '\0';
    return out;
}

static char *binary_text(const bson_iter_t *it, size_t *ret_len)
{
    bson_subtype_t subtype;
    uint32_t len = 0;
    const uint8_t *bytes = NULL;
    bson_iter_binary(it, &subtype, &len, &bytes);
    char *text = malloc(((size_t)len + 2) / 3 * 4 + 1);
    if (text)
        *ret_len = base64(bytes, len, text);
    return text;
}

/* ---- as text ---- */

static int write_level(struct aas_json_writer *w, bson_iter_t *it, bool array, unsigned depth, struct aas_error *err);

static int write_value(struct aas_json_writer *w, const bson_iter_t *it, unsigned depth, struct aas_error *err)
{
    uint32_t len = 0;
    switch (bson_iter_type(it)) {
    case BSON_TYPE_DOUBLE:
        aas_json_write_double(w, bson_iter_double(it));
        return 0;
    case BSON_TYPE_UTF8: {
        const char *text = bson_iter_utf8(it, &len);
        aas_json_write_string_n(w, text, len);
        return 0;
    }
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY: {
        bson_iter_t child;
        if (!bson_iter_recurse(it, &child) || depth >= MAX_DEPTH)
            return corrupt(err, bson_iter_key(it));
        return write_level(w, &child, bson_iter_type(it) == BSON_TYPE_ARRAY, depth + 1, err);
    }
    case BSON_TYPE_BINARY: {
        size_t n = 0;
        char *text = binary_text(it, &n);
        if (!text)
            return aas_error_set(err, AAS_ENOMEM, "no memory for a binary field");
        aas_json_write_string_n(w, text, n);
        free(text);
        return 0;
    }
    case BSON_TYPE_OID: {
        char hex[25];
        bson_oid_to_string(bson_iter_oid(it), hex);
        aas_json_write_string(w, hex);
        return 0;
    }
    case BSON_TYPE_BOOL:
        aas_json_write_bool(w, bson_iter_bool(it));
        return 0;
    case BSON_TYPE_DATE_TIME:
        aas_json_write_int(w, bson_iter_date_time(it));
        return 0;
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
        aas_json_write_null(w);
        return 0;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        aas_json_write_int(w, bson_iter_as_int64(it));
        return 0;
    default:
        return unknown_type(err, it);
    }
}

static int write_level(struct aas_json_writer *w, bson_iter_t *it, bool array, unsigned depth, struct aas_error *err)
{
    if (array)
        aas_json_write_array(w);
    else
        aas_json_write_object(w);
    while (bson_iter_next(it)) {
        if (!array)
            aas_json_write_key(w, json_key(it, depth));
        int rc = write_value(w, it, depth, err);
        if (rc != 0)
            return rc;
    }
    if (it->err_off != 0)
        return corrupt(err, "?");
    if (array)
        aas_json_write_array_end(w);
    else
        aas_json_write_object_end(w);
    return 0;
}

int aas_json_write_bson(struct aas_buf *buf, const bson_t *doc, struct aas_error *err)
{
    struct aas_json_writer w;
    aas_json_write_init(&w, buf);
    bson_iter_t it;
    int rc = bson_iter_init(&it, doc) ? write_level(&w, &it, false, 0, err) : corrupt(err, "");
    if (rc != 0) {
        aas_buf_truncate(buf, w.start);
        return rc;
    }
    rc = aas_json_write_finish(&w);
    return rc == 0 ? 0 : aas_error_set(err, rc, "a stored document doesn't fit the answer's bound");
}

/* ---- as a tree ---- */

static int read_level(bson_iter_t *it, json_t *into, unsigned depth, struct aas_error *err);

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static int read_value(const bson_iter_t *it, unsigned depth, json_t **ret_value, struct aas_error *err)
{
    uint32_t len = 0;
    json_t *value = NULL;
    switch (bson_iter_type(it)) {
    case BSON_TYPE_DOUBLE:
        value = real_or_null(bson_iter_double(it));
        break;
    case BSON_TYPE_UTF8: {
        const char *text = bson_iter_utf8(it, &len);
        if (!bson_utf8_validate(text, len, true))
            return corrupt(err, bson_iter_key(it));
        value = json_stringn(text, len);
        break;
    }
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY: {
        bson_iter_t child;
        if (!bson_iter_recurse(it, &child) || depth >= MAX_DEPTH)
            return corrupt(err, bson_iter_key(it));
        value = bson_iter_type(it) == BSON_TYPE_ARRAY ? json_array() : json_object();
        int rc = value ? read_level(&child, value, depth + 1, err) : 0;
        if (rc != 0) {
            json_decref(value);
            return rc;
        }
        break;
    }
    case BSON_TYPE_BINARY: {
        size_t n = 0;
        char *text = binary_text(it, &n);
        value = text ? json_stringn(text, n) : NULL;
        free(text);
        break;
    }
    case BSON_TYPE_OID: {
        char hex[25];
        bson_oid_to_string(bson_iter_oid(it), hex);
        value = json_string(hex);
        break;
    }
    case BSON_TYPE_BOOL:
        value = json_boolean(bson_iter_bool(it));
        break;
    case BSON_TYPE_DATE_TIME:
        value = json_integer(bson_iter_date_time(it));
        break;
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
        value = json_null();
        break;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        value = json_integer(bson_iter_as_int64(it));
        break;
    default:
        return unknown_type(err, it);
    }
    if (!value)
        return aas_error_set(err, AAS_ENOMEM, "no memory for a stored document");
    *ret_value = value;
    return 0;
}

static int read_level(bson_iter_t *it, json_t *into, unsigned depth, struct aas_error *err)
{
    while (bson_iter_next(it)) {
        json_t *value = NULL;
        int rc = read_value(it, depth, &value, err);
        if (rc != 0)
            return rc;
        int added = json_is_array(into) ? json_array_append_new(into, value)
                                        : json_object_set_new(into, json_key(it, depth), value);
        if (added != 0) /* no memory, or a key that isn't UTF-8 */
            return corrupt(err, bson_iter_key(it));
    }
    return it->err_off == 0 ? 0 : corrupt(err, "?");
}

int aas_json_from_bson(const bson_t *doc, json_t **ret_json, struct aas_error *err)
{
    json_t *json = json_object();
    if (!json)
        return aas_error_set(err, AAS_ENOMEM, "no memory for a stored document");
    bson_iter_t it;
    int rc = bson_iter_init(&it, doc) ? read_level(&it, json, 0, err) : corrupt(err, "");
    if (rc != 0) {
        json_decref(json);
        return rc;
    }
    *ret_json = json;
    return 0;
}

/* ---- from a tree ---- */

static bool is_date(const char *key, const char *const *dates)
{
    for (size_t i = 0; dates && dates[i]; i++) {
        if (strcmp(dates[i], key) == 0)
            return true;
    }
    return false;
}

static bool append_object(bson_t *doc, json_t *obj, const char *const *dates, unsigned depth);
static bool append_array(bson_t *doc, const json_t *array, const char *const *dates, unsigned depth);

static bool append_value(bson_t *doc, const char *key, json_t *value, const char *const *dates, unsigned depth)
{
    bson_t child;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY: {
        bool array = json_is_array(value);
        if (depth >= MAX_DEPTH)
            return false;
        if (!(array ? bson_append_array_begin(doc, key, -1, &child) : bson_append_document_begin(doc, key, -1, &child)))
            return false;
        bool ok =
            array ? append_array(&child, value, dates, depth + 1) : append_object(&child, value, dates, depth + 1);
        return (array ? bson_append_array_end(doc, &child) : bson_append_document_end(doc, &child)) && ok;
    }
    case JSON_STRING:
        return bson_append_utf8(doc, key, -1, json_string_value(value), (int)json_string_length(value));
    case JSON_INTEGER:
        return is_date(key, dates) ? bson_append_date_time(doc, key, -1, json_integer_value(value))
                                   : bson_append_int64(doc, key, -1, json_integer_value(value));
    case JSON_REAL:
        return bson_append_double(doc, key, -1, json_real_value(value));
    case JSON_TRUE:
    case JSON_FALSE:
        return bson_append_bool(doc, key, -1, json_is_true(value));
    default:
        return bson_append_null(doc, key, -1);
    }
}

static bool append_array(bson_t *doc, const json_t *array, const char *const *dates, unsigned depth)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        char text[16];
        const char *key;
        (void)bson_uint32_to_string((uint32_t)i, &key, text, sizeof text);
        if (!append_value(doc, key, json_array_get(array, i), dates, depth))
            return false;
    }
    return true;
}

static bool append_object(bson_t *doc, json_t *obj, const char *const *dates, unsigned depth)
{
    const char *key;
    json_t *value;
    json_object_foreach(obj, key, value)
    {
        const char *name = depth == 0 && strcmp(key, "id") == 0 ? "_id" : key;
        if (!append_value(doc, name, value, dates, depth))
            return false;
    }
    return true;
}

int aas_json_to_bson(const json_t *obj, const char *const *dates, bson_t **ret_doc, struct aas_error *err)
{
    if (!json_is_object(obj))
        return aas_error_set(err, AAS_EINVAL, "a store document must be a JSON object");
    /* jansson's iterators take a mutable object, though they don't change it. */
    union {
        const json_t *in;
        json_t *out;
    } plain = {.in = obj};
    bson_t *doc = bson_new();
    if (!append_object(doc, plain.out, dates, 0)) {
        bson_destroy(doc);
        return aas_error_set(err, AAS_EPARSE, "a document is deeper than %d levels or larger than BSON allows",
                             MAX_DEPTH);
    }
    *ret_doc = doc;
    return 0;
}
