/* Checking documents against compiled schemas; see aas/json_schema.h. Interprets the schema document: what can go wrong
 * with the schema itself was refused when it was compiled. */
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/err.h"
#include "aas/error.h"
#include "aas/json.h"
#include "aas/json_schema.h"
#include "excerpt.h"
#include "json_schema_impl.h"

struct checker {
    char path[256]; /* of the value under check: a.b[3].c */
    size_t path_len;
    unsigned depth;
    unsigned level; /* of the value within the document */
    unsigned failed_level;
    char failed_at[256]; /* path of the first violation */
    struct aas_error *err;
};

static int check(struct checker *c, const struct schema_doc *doc, const json_t *schema, json_t *value);

static int violated(struct checker *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int violated(struct checker *c, const char *fmt, ...)
{
    memcpy(c->failed_at, c->path, c->path_len + 1);
    c->failed_level = c->level;
    va_list args;
    va_start(args, fmt);
    (void)aas_error_vset(c->err, AAS_EINVAL, fmt, args);
    va_end(args);
    if (!c->err)
        return AAS_EINVAL;
    return aas_error_set(c->err, AAS_EINVAL, "%s %s", c->path_len ? c->path : "the document", c->err->msg);
}

/* ---- the path ---- */

static size_t push_key(struct checker *c, const char *key)
{
    size_t before = c->path_len;
    c->level++;
    char text[AAS_EXCERPT_BYTES];
    int n = snprintf(c->path + before, sizeof c->path - before, "%s%s", before ? "." : "",
                     aas_excerpt(key, strlen(key), text));
    if (n > 0 && (size_t)n < sizeof c->path - before)
        c->path_len += (size_t)n;
    else
        c->path[before] = '\0'; /* too long to tell: the parent's path stands for it */
    return before;
}

static size_t push_index(struct checker *c, size_t index)
{
    size_t before = c->path_len;
    c->level++;
    int n = snprintf(c->path + before, sizeof c->path - before, "[%zu]", index);
    if (n > 0 && (size_t)n < sizeof c->path - before)
        c->path_len += (size_t)n;
    else
        c->path[before] = '\0';
    return before;
}

static void pop(struct checker *c, size_t before)
{
    c->level--;
    c->path_len = before;
    c->path[before] = '\0';
}

/* ---- one value ---- */

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return json_real_value(value) == floor(json_real_value(value)) ? "integer" : "number";
    case JSON_NULL:
        return "null";
    default:
        return "boolean";
    }
}

static bool has_type(const char *wanted, const json_t *value)
{
    const char *type = type_name(value);
    return strcmp(wanted, type) == 0 || (strcmp(wanted, "number") == 0 && json_is_number(value));
}

/* A value or a list of them as text for a sentence: "a", "b" or 3. */
static const char *list_text(const json_t *values, char *dst, size_t cap)
{
    size_t n = json_is_array(values) ? json_array_size(values) : 1;
    size_t len = 0;
    dst[0] = '\0';
    for (size_t i = 0; i < n && len + 4 < cap; i++) {
        const json_t *value = json_is_array(values) ? json_array_get(values, i) : values;
        const char *between = i == 0 ? "" : i + 1 == n ? " or " : ", ";
        char text[AAS_EXCERPT_BYTES];
        int m;
        if (json_is_string(value))
            m = snprintf(dst + len, cap - len, "%s%s", between,
                         aas_excerpt(json_string_value(value), json_string_length(value), text));
        else if (json_is_number(value))
            m = snprintf(dst + len, cap - len, "%s%.9g", between, json_number_value(value));
        else
            m = snprintf(dst + len, cap - len, "%s%s", between, type_name(value));
        if (m < 0 || (size_t)m >= cap - len) {
            dst[len] = '\0'; /* whole words only */
            break;
        }
        len += (size_t)m;
    }
    return dst;
}

static int check_type(struct checker *c, const json_t *type, const json_t *value)
{
    if (json_is_string(type)) {
        if (has_type(json_string_value(type), value))
            return 0;
    } else {
        for (size_t i = 0; i < json_array_size(type); i++) {
            if (has_type(json_string_value(json_array_get(type, i)), value))
                return 0;
        }
    }
    char right[80];
    return violated(c, "is of type %s, but must be %s", type_name(value), list_text(type, right, sizeof right));
}

static int check_enum(struct checker *c, const json_t *choices, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(choices); i++) {
        if (json_equal(json_array_get(choices, i), value))
            return 0;
    }
    char was[80];
    char right[120];
    return violated(c, "is %s, but must be %s", list_text(value, was, sizeof was),
                    list_text(choices, right, sizeof right));
}

static int check_const(struct checker *c, const json_t *only, const json_t *value)
{
    if (json_equal(only, value))
        return 0;
    char right[80];
    return violated(c, "must be %s", list_text(only, right, sizeof right));
}

static int check_number(struct checker *c, const json_t *schema, const json_t *value)
{
    const double v = json_number_value(value);
    const json_t *bound = json_object_get(schema, "minimum");
    if (bound && v < json_number_value(bound))
        return violated(c, "is %.9g, but must be at least %.9g", v, json_number_value(bound));
    bound = json_object_get(schema, "maximum");
    if (bound && v > json_number_value(bound))
        return violated(c, "is %.9g, but must be at most %.9g", v, json_number_value(bound));
    bound = json_object_get(schema, "exclusiveMinimum");
    if (bound && v <= json_number_value(bound))
        return violated(c, "is %.9g, but must be more than %.9g", v, json_number_value(bound));
    bound = json_object_get(schema, "exclusiveMaximum");
    if (bound && v >= json_number_value(bound))
        return violated(c, "is %.9g, but must be less than %.9g", v, json_number_value(bound));
    bound = json_object_get(schema, "multipleOf");
    if (bound) {
        double q = v / json_number_value(bound);
        if (fabs(q - nearbyint(q)) > 1e-9 * fmax(1.0, fabs(q)))
            return violated(c, "is %.9g, but must be a multiple of %.9g", v, json_number_value(bound));
    }
    return 0;
}

static int check_count(struct checker *c, const json_t *schema, const char *min_name, const char *max_name, size_t n,
                       const char *of_what)
{
    const json_t *min = json_object_get(schema, min_name);
    const json_t *max = json_object_get(schema, max_name);
    if (min && n < (size_t)json_integer_value(min))
        return violated(c, "has %zu %s, but must have at least %lld", n, of_what, (long long)json_integer_value(min));
    if (max && n > (size_t)json_integer_value(max))
        return violated(c, "has %zu %s, but must have at most %lld", n, of_what, (long long)json_integer_value(max));
    return 0;
}

static int check_string(struct checker *c, const struct schema_doc *doc, const json_t *schema, const json_t *value)
{
    const char *text = json_string_value(value);
    const size_t len = json_string_length(value);
    size_t characters = 0;
    for (size_t i = 0; i < len; i++)
        characters += ((unsigned char)text[i] & 0xc0) != 0x80;
    int rc = check_count(c, schema, "minLength", "maxLength", characters, "characters");
    if (rc != 0)
        return rc;
    char was[AAS_EXCERPT_BYTES];
    const char *pattern = json_string_value(json_object_get(schema, "pattern"));
    for (size_t i = 0; pattern && i < doc->pattern_count; i++) {
        if (doc->patterns[i].text != pattern)
            continue;
        if (regexec(&doc->patterns[i].regex, text, 0, NULL, 0) != 0)
            return violated(c, "is \"%s\", but must match %s", aas_excerpt(text, len, was), pattern);
        break;
    }
    int64_t ts_ms;
    if (json_object_get(schema, "format") && aas_rfc3339_parse(text, len, &ts_ms, NULL) != 0)
        return violated(c, "is \"%s\", but must be a time as in RFC 3339, with zone: 2026-01-31T23:59:59Z",
                        aas_excerpt(text, len, was));
    return 0;
}

static int check_array(struct checker *c, const struct schema_doc *doc, const json_t *schema, json_t *value)
{
    size_t n = json_array_size(value);
    int rc = check_count(c, schema, "minItems", "maxItems", n, "elements");
    const json_t *items = json_object_get(schema, "items");
    bool unique = json_is_true(json_object_get(schema, "uniqueItems"));
    for (size_t i = 0; rc == 0 && i < n; i++) {
        size_t before = push_index(c, i);
        json_t *element = json_array_get(value, i);
        if (items)
            rc = check(c, doc, items, element);
        for (size_t k = 0; rc == 0 && unique && k < i; k++) {
            if (json_equal(element, json_array_get(value, k)))
                rc = violated(c, "stands in the list already, at place %zu", k);
        }
        pop(c, before);
    }
    return rc;
}

static int check_property(struct checker *c, const struct schema_doc *doc, const json_t *schema, const char *key,
                          json_t *value)
{
    const json_t *rule = json_object_get(json_object_get(schema, "properties"), key);
    const json_t *others = json_object_get(schema, "additionalProperties");
    const json_t *names = json_object_get(schema, "propertyNames");
    size_t before = push_key(c, key);
    int rc = 0;
    if (names) {
        json_t *name = json_string(key);
        rc = name ? check(c, doc, names, name) : AAS_ENOMEM;
        json_decref(name);
    }
    if (rc == 0 && rule)
        rc = check(c, doc, rule, value);
    else if (rc == 0 && json_is_false(others))
        rc = violated(c, "is no known field");
    else if (rc == 0 && others)
        rc = check(c, doc, others, value);
    pop(c, before);
    return rc;
}

static int check_object(struct checker *c, const struct schema_doc *doc, const json_t *schema, json_t *value)
{
    int rc = check_count(c, schema, "minProperties", "maxProperties", json_object_size(value), "fields");
    const json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; rc == 0 && i < json_array_size(required); i++) {
        const char *key = json_string_value(json_array_get(required, i));
        if (json_object_get(value, key))
            continue;
        size_t before = push_key(c, key);
        rc = violated(c, "is missing");
        pop(c, before);
        c->failed_level = c->level; /* it is the object that is wrong */
    }
    const char *key;
    json_t *child;
    json_object_foreach(value, key, child)
    {
        if (rc == 0)
            rc = check_property(c, doc, schema, key, child);
    }
    return rc;
}

/* ---- combinations ---- */

/* How many of the alternatives accept value; the violation that got deepest is kept, as the likeliest to be meant. */
static int count_matches(struct checker *c, const struct schema_doc *doc, const json_t *alternatives, json_t *value,
                         size_t *ret_matches)
{
    struct aas_error *outer = c->err;
    struct aas_error best = AAS_ERROR_NONE;
    char best_at[sizeof c->failed_at] = "";
    unsigned best_level = 0;
    size_t matches = 0;
    for (size_t i = 0; i < json_array_size(alternatives); i++) {
        struct aas_error inner = AAS_ERROR_NONE;
        c->err = &inner;
        int rc = check(c, doc, json_array_get(alternatives, i), value);
        if (rc == 0) {
            matches++;
        } else if (rc != AAS_EINVAL) {
            c->err = outer;
            return aas_error_set(outer, rc, "%s", inner.msg);
        } else if (best.code == 0 || c->failed_level > best_level) {
            best = inner;
            best_level = c->failed_level;
            memcpy(best_at, c->failed_at, sizeof best_at);
        }
    }
    c->err = outer;
    *ret_matches = matches;
    if (matches > 0)
        return 0;
    memcpy(c->failed_at, best_at, sizeof best_at);
    c->failed_level = best_level;
    return aas_error_set(outer, AAS_EINVAL, "%s", best.msg);
}

static int check_combinations(struct checker *c, const struct schema_doc *doc, const json_t *schema, json_t *value)
{
    size_t matches = 0;
    int rc = 0;
    const json_t *all = json_object_get(schema, "allOf");
    for (size_t i = 0; rc == 0 && i < json_array_size(all); i++)
        rc = check(c, doc, json_array_get(all, i), value);
    const json_t *any = json_object_get(schema, "anyOf");
    if (rc == 0 && any)
        rc = count_matches(c, doc, any, value, &matches);
    const json_t *one = json_object_get(schema, "oneOf");
    if (rc == 0 && one) {
        rc = count_matches(c, doc, one, value, &matches);
        if (rc == 0 && matches != 1)
            rc = violated(c, "matches %zu of the allowed forms, but must match one only", matches);
    }
    const json_t *not = json_object_get(schema, "not");
    if (rc == 0 && not ) {
        struct aas_error *outer = c->err;
        c->err = NULL;
        int inner = check(c, doc, not, value);
        c->err = outer;
        rc = inner == AAS_EINVAL ? 0 : violated(c, "is what it must not be");
    }
    return rc;
}

static int check_rules(struct checker *c, const struct schema_doc *doc, const json_t *schema, json_t *value)
{
    int rc = 0;
    const json_t *rule = json_object_get(schema, "$ref");
    if (rule) {
        const struct schema_doc *there;
        const json_t *target = aas_schema_resolve(doc, json_string_value(rule), &there, c->err);
        rc = target ? check(c, there, target, value) : AAS_ENOENT;
    }
    if (rc == 0 && (rule = json_object_get(schema, "type")))
        rc = check_type(c, rule, value);
    if (rc == 0 && (rule = json_object_get(schema, "enum")))
        rc = check_enum(c, rule, value);
    if (rc == 0 && (rule = json_object_get(schema, "const")))
        rc = check_const(c, rule, value);
    if (rc == 0 && json_is_number(value))
        rc = check_number(c, schema, value);
    if (rc == 0 && json_is_string(value))
        rc = check_string(c, doc, schema, value);
    if (rc == 0 && json_is_array(value))
        rc = check_array(c, doc, schema, value);
    if (rc == 0 && json_is_object(value))
        rc = check_object(c, doc, schema, value);
    return rc == 0 ? check_combinations(c, doc, schema, value) : rc;
}

static int check(struct checker *c, const struct schema_doc *doc, const json_t *schema, json_t *value)
{
    if (json_is_true(schema))
        return 0;
    if (json_is_false(schema))
        return violated(c, "must not be there");
    if (c->depth == SCHEMA_MAX_DEPTH) /* also stops a $ref that refers to itself */
        return violated(c, "is nested too deeply");
    c->depth++;
    int rc = check_rules(c, doc, schema, value);
    c->depth--;
    return rc;
}

int aas_schema_check(const struct aas_schema *schema, const json_t *value, char *field, size_t cap,
                     struct aas_error *err)
{
    struct checker c = {.err = err};
    /* jansson's iterators take a mutable object, though they don't change it. */
    union {
        const json_t *in;
        json_t *out;
    } plain = {.in = value};
    int rc = check(&c, schema->doc, schema->start, plain.out);
    if (rc != 0 && field && cap > 0)
        (void)snprintf(field, cap, "%s", c.failed_at);
    return rc;
}
