/* Typed getters on jansson objects; see aas/json.h. Every message names the field, what stood there and what is right.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/err.h"
#include "aas/error.h"
#include "aas/json.h"
#include "excerpt.h"

#define DEFAULT_STRING_BYTES 1024

/* What stood in the field, short enough for a sentence. */
static const char *describe(const json_t *value, char *dst, size_t cap)
{
    char text[AAS_EXCERPT_BYTES];
    static const char *const kinds[] = {[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list", [JSON_NULL] = "null"};
    switch (json_typeof(value)) {
    case JSON_STRING:
        (void)snprintf(dst, cap, "\"%s\"", aas_excerpt(json_string_value(value), json_string_length(value), text));
        break;
    case JSON_INTEGER:
        (void)snprintf(dst, cap, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        (void)snprintf(dst, cap, "%.9g", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        (void)snprintf(dst, cap, "%s", json_is_true(value) ? "true" : "false");
        break;
    default:
        (void)snprintf(dst, cap, "%s", kinds[json_typeof(value)]);
    }
    return dst;
}

static int wrong(struct aas_error *err, const char *field, const json_t *value, const char *right)
{
    char was[64];
    return aas_error_set(err, AAS_EINVAL, "%s is %s, but must be %s", field, describe(value, was, sizeof was), right);
}

/* The field's value; NULL with rc 0 when it is absent and may be. */
static int lookup(const json_t *obj, const char *field, enum aas_json_need need, const char *right,
                  const json_t **ret_value, struct aas_error *err)
{
    *ret_value = NULL;
    if (!json_is_object(obj))
        return aas_error_set(err, AAS_EINVAL, "%s was looked for in what isn't a JSON object", field);
    const json_t *value = json_object_get(obj, field);
    if (value && !(need == AAS_JSON_OPTIONAL && json_is_null(value))) {
        *ret_value = value;
        return 0;
    }
    if (need == AAS_JSON_OPTIONAL)
        return 0;
    return aas_error_set(err, AAS_EINVAL, "%s is missing: it must be %s", field, right);
}

int aas_json_get_string(const json_t *obj, const char *field, enum aas_json_need need, size_t min_bytes,
                        size_t max_bytes, const char **ret_value, struct aas_error *err)
{
    size_t max = max_bytes ? max_bytes : DEFAULT_STRING_BYTES;
    char right[80];
    (void)snprintf(right, sizeof right, "a string of %zu to %zu bytes", min_bytes, max);
    const json_t *value;
    int rc = lookup(obj, field, need, right, &value, err);
    if (rc != 0 || !value)
        return rc;
    if (!json_is_string(value))
        return wrong(err, field, value, right);
    size_t len = json_string_length(value);
    if (len < min_bytes || len > max)
        return aas_error_set(err, AAS_EINVAL, "%s has %zu bytes, but must be %s", field, len, right);
    *ret_value = json_string_value(value);
    return 0;
}

int aas_json_get_int(const json_t *obj, const char *field, enum aas_json_need need, int64_t min, int64_t max,
                     int64_t *ret_value, struct aas_error *err)
{
    char right[96];
    (void)snprintf(right, sizeof right, "a whole number from %lld to %lld", (long long)min, (long long)max);
    const json_t *value;
    int rc = lookup(obj, field, need, right, &value, err);
    if (rc != 0 || !value)
        return rc;
    int64_t number;
    if (json_is_integer(value)) {
        number = json_integer_value(value);
    } else {
        double real = json_is_real(value) ? json_real_value(value) : NAN;
        if (!(fabs(real) <= 9007199254740992.0) || real != floor(real))
            return wrong(err, field, value, right);
        number = (int64_t)real;
    }
    if (number < min || number > max)
        return wrong(err, field, value, right);
    *ret_value = number;
    return 0;
}

int aas_json_get_number(const json_t *obj, const char *field, enum aas_json_need need, double min, double max,
                        double *ret_value, struct aas_error *err)
{
    char right[96] = "a number";
    if (min > -DBL_MAX || max < DBL_MAX)
        (void)snprintf(right, sizeof right, "a number from %.9g to %.9g", min, max);
    const json_t *value;
    int rc = lookup(obj, field, need, right, &value, err);
    if (rc != 0 || !value)
        return rc;
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    if (!isfinite(number) || number < min || number > max)
        return wrong(err, field, value, right);
    *ret_value = number;
    return 0;
}

int aas_json_get_bool(const json_t *obj, const char *field, enum aas_json_need need, bool *ret_value,
                      struct aas_error *err)
{
    const json_t *value;
    int rc = lookup(obj, field, need, "true or false", &value, err);
    if (rc != 0 || !value)
        return rc;
    if (!json_is_boolean(value))
        return wrong(err, field, value, "true or false");
    *ret_value = json_is_true(value);
    return 0;
}

int aas_json_get_object(const json_t *obj, const char *field, enum aas_json_need need, json_t **ret_value,
                        struct aas_error *err)
{
    const json_t *value;
    int rc = lookup(obj, field, need, "an object", &value, err);
    if (rc != 0 || !value)
        return rc;
    if (!json_is_object(value))
        return wrong(err, field, value, "an object");
    *ret_value = json_object_get(obj, field);
    return 0;
}

int aas_json_get_array(const json_t *obj, const char *field, enum aas_json_need need, size_t min, size_t max,
                       json_t **ret_value, struct aas_error *err)
{
    char right[80];
    (void)snprintf(right, sizeof right, "a list of %zu to %zu elements", min, max);
    const json_t *value;
    int rc = lookup(obj, field, need, right, &value, err);
    if (rc != 0 || !value)
        return rc;
    if (!json_is_array(value))
        return wrong(err, field, value, right);
    size_t n = json_array_size(value);
    if (n < min || n > max)
        return aas_error_set(err, AAS_EINVAL, "%s has %zu elements, but must be %s", field, n, right);
    *ret_value = json_object_get(obj, field);
    return 0;
}

/* "a, b or c" */
static void join(const char *const *words, char *dst, size_t cap)
{
    size_t len = 0;
    dst[0] = '\0';
    for (size_t i = 0; words[i] && len < cap; i++) {
        const char *between = i == 0 ? "" : words[i + 1] ? ", " : " or ";
        int n = snprintf(dst + len, cap - len, "%s%s", between, words[i]);
        len += n > 0 ? (size_t)n : 0;
    }
}

int aas_json_get_choice(const json_t *obj, const char *field, enum aas_json_need need, const char *const *choices,
                        int *ret_index, struct aas_error *err)
{
    char right[160];
    join(choices, right, sizeof right);
    const json_t *value;
    int rc = lookup(obj, field, need, right, &value, err);
    if (rc != 0 || !value)
        return rc;
    for (int i = 0; json_is_string(value) && choices[i]; i++) {
        if (strcmp(json_string_value(value), choices[i]) == 0) {
            *ret_index = i;
            return 0;
        }
    }
    return wrong(err, field, value, right);
}

#define MAX_TIME_MS INT64_C(253402300799999) /* the end of 9999, where RFC 3339 ends */

int aas_json_get_time_ms(const json_t *obj, const char *field, enum aas_json_need need, int64_t *ret_ts_ms,
                         struct aas_error *err)
{
    static const char right[] = "a time: RFC 3339 with zone, or milliseconds since 1970";
    const json_t *value;
    int rc = lookup(obj, field, need, right, &value, err);
    if (rc != 0 || !value)
        return rc;
    int64_t ts_ms = -1;
    if (json_is_integer(value))
        ts_ms = json_integer_value(value);
    else if (!json_is_string(value) ||
             aas_rfc3339_parse(json_string_value(value), json_string_length(value), &ts_ms, NULL) != 0)
        return wrong(err, field, value, right);
    if (ts_ms < 0 || ts_ms > MAX_TIME_MS)
        return wrong(err, field, value, right);
    *ret_ts_ms = ts_ms;
    return 0;
}

int aas_json_only_fields(const json_t *obj, const char *const *known, struct aas_error *err)
{
    if (!json_is_object(obj))
        return aas_error_set(err, AAS_EINVAL, "a JSON object is needed");
    /* jansson's iterators take a mutable object, though they don't change it. */
    union {
        const json_t *in;
        json_t *out;
    } plain = {.in = obj};
    const char *key;
    json_t *value;
    json_object_foreach(plain.out, key, value)
    {
        bool found = false;
        for (size_t i = 0; known[i] && !found; i++)
            found = strcmp(known[i], key) == 0;
        if (!found) {
            char right[160];
            join(known, right, sizeof right);
            char text[AAS_EXCERPT_BYTES];
            return aas_error_set(err, AAS_EINVAL, "%s is no known field: %s are", aas_excerpt(key, strlen(key), text),
                                 right);
        }
    }
    return 0;
}
