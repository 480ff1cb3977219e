/* Compiling JSON Schemas; see aas/json_schema.h. Compiling means: parse, verify that every keyword is one that the
 * checker knows and has a value of the right kind, compile the patterns. Embedded files are compiled once under one
 * mutex (a leaf) and live as long as the process. */
#include "aas/json_schema.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/err.h"
#include "aas/error.h"
#include "aas/json.h"
#include "json_schema_impl.h"

#define MAX_FILES     64
#define MAX_FRAGMENTS 128

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct schema_doc *file_docs[MAX_FILES]; /* by index in aas_schema_files; NULL until used */
struct fragment {
    char *name;
    struct aas_schema schema;
};
static struct fragment *fragments[MAX_FRAGMENTS]; /* never freed: callers keep pointers */
static size_t fragment_count;

/* ---- verifying ---- */

enum kind {
    ANNOTATION,
    SCHEMA,
    SCHEMA_LIST,
    SCHEMA_MAP,
    COUNT,
    NUMBER,
    STRING,
    STRINGS,
    BOOLEAN,
    TYPE,
    LIST,
    ANY,
    BOOL_OR_SCHEMA
};

static const struct keyword {
    const char *name;
    enum kind kind;
} keywords[] = {
    {"$schema", ANNOTATION},
    {"$id", ANNOTATION},
    {"$comment", ANNOTATION},
    {"title", ANNOTATION},
    {"description", ANNOTATION},
    {"default", ANNOTATION},
    {"examples", ANNOTATION},
    {"deprecated", ANNOTATION},
    {"readOnly", ANNOTATION},
    {"writeOnly", ANNOTATION},
    {"$defs", SCHEMA_MAP},
    {"properties", SCHEMA_MAP},
    {"$ref", STRING},
    {"type", TYPE},
    {"enum", LIST},
    {"const", ANY},
    {"required", STRINGS},
    {"additionalProperties", BOOL_OR_SCHEMA},
    {"propertyNames", SCHEMA},
    {"items", BOOL_OR_SCHEMA},
    {"minItems", COUNT},
    {"maxItems", COUNT},
    {"uniqueItems", BOOLEAN},
    {"minLength", COUNT},
    {"maxLength", COUNT},
    {"minProperties", COUNT},
    {"maxProperties", COUNT},
    {"minimum", NUMBER},
    {"maximum", NUMBER},
    {"exclusiveMinimum", NUMBER},
    {"exclusiveMaximum", NUMBER},
    {"multipleOf", NUMBER},
    {"pattern", STRING},
    {"format", STRING},
    {"oneOf", SCHEMA_LIST},
    {"anyOf", SCHEMA_LIST},
    {"allOf", SCHEMA_LIST},
    {"not", SCHEMA},
};

static const char *const type_names[] = {"null", "boolean", "integer", "number", "string", "array", "object", NULL};

static bool is_type_name(const json_t *value)
{
    for (size_t i = 0; json_is_string(value) && type_names[i]; i++) {
        if (strcmp(type_names[i], json_string_value(value)) == 0)
            return true;
    }
    return false;
}

static bool all_strings(const json_t *value, bool types)
{
    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *element = json_array_get(value, i);
        if (types ? !is_type_name(element) : !json_is_string(element))
            return false;
    }
    return true;
}

#define PLACE_BYTES 160

static int verify(struct schema_doc *doc, json_t *schema, const char *where, unsigned depth, struct aas_error *err);

/* where/name into dst; a place too long to tell stays that of its parent. */
static const char *place(char dst[PLACE_BYTES], const char *where, const char *name)
{
    int n = snprintf(dst, PLACE_BYTES, "%s/%s", where, name);
    if (n < 0 || n >= PLACE_BYTES)
        memcpy(dst, where, strlen(where) + 1); /* fits: it is a place itself */
    return dst;
}

static int add_pattern(struct schema_doc *doc, const char *text, const char *where, struct aas_error *err)
{
    /* POSIX regular expressions have no \d and friends: they would mean something else in silence. */
    for (const char *p = strchr(text, '\\'); p; p = strchr(p + 2, '\\')) {
        if (p[1] == '\0' || !strchr("\\/.*+?()[]{}|^$-", p[1]))
            return aas_error_set(err, AAS_EINVAL, "%s: pattern \"%s\" uses \\%c, which isn't in POSIX expressions",
                                 where, text, p[1]);
    }
    struct schema_pattern *more = reallocarray(doc->patterns, doc->pattern_count + 1, sizeof *more);
    if (!more)
        return aas_error_set(err, AAS_ENOMEM, "no memory for a pattern");
    doc->patterns = more;
    struct schema_pattern *pattern = &more[doc->pattern_count];
    if (regcomp(&pattern->regex, text, REG_EXTENDED | REG_NOSUB) != 0)
        return aas_error_set(err, AAS_EINVAL, "%s: pattern \"%s\" is no regular expression", where, text);
    pattern->text = text;
    doc->pattern_count++;
    return 0;
}

static int verify_children(struct schema_doc *doc, json_t *value, const char *where, unsigned depth,
                           struct aas_error *err)
{
    char below[PLACE_BYTES];
    char index[24];
    const char *key;
    json_t *child;
    size_t i;
    int rc = 0;
    if (json_is_array(value)) {
        json_array_foreach(value, i, child)
        {
            (void)snprintf(index, sizeof index, "%zu", i);
            rc = rc ? rc : verify(doc, child, place(below, where, index), depth + 1, err);
        }
        return rc;
    }
    json_object_foreach(value, key, child) rc = rc ? rc : verify(doc, child, place(below, where, key), depth + 1, err);
    return rc;
}

static bool right_kind(enum kind kind, const json_t *value)
{
    switch (kind) {
    case SCHEMA:
        return json_is_object(value) || json_is_boolean(value);
    case SCHEMA_LIST:
        return json_is_array(value) && json_array_size(value) > 0;
    case SCHEMA_MAP:
        return json_is_object(value);
    case COUNT:
        return json_is_integer(value) && json_integer_value(value) >= 0;
    case NUMBER:
        return json_is_number(value);
    case STRING:
        return json_is_string(value);
    case STRINGS:
        return all_strings(value, false);
    case BOOLEAN:
        return json_is_boolean(value);
    case TYPE:
        return is_type_name(value) || all_strings(value, true);
    case LIST:
        return json_is_array(value);
    case BOOL_OR_SCHEMA:
        return json_is_boolean(value) || json_is_object(value);
    default:
        return true;
    }
}

static int verify_keyword(struct schema_doc *doc, const char *name, json_t *value, const char *where, unsigned depth,
                          struct aas_error *err)
{
    const struct keyword *keyword = NULL;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0] && !keyword; i++) {
        if (strcmp(keywords[i].name, name) == 0)
            keyword = &keywords[i];
    }
    if (!keyword && strncmp(name, "x-", 2) == 0)
        return 0;
    if (!keyword)
        return aas_error_set(err, AAS_EINVAL, "%s: keyword \"%s\" isn't supported", where, name);
    if (!right_kind(keyword->kind, value))
        return aas_error_set(err, AAS_EINVAL, "%s: keyword \"%s\" has a value of the wrong kind", where, name);
    char below[PLACE_BYTES];
    (void)place(below, where, name);
    switch (keyword->kind) {
    case SCHEMA:
    case BOOL_OR_SCHEMA:
        return verify(doc, value, below, depth + 1, err);
    case SCHEMA_LIST:
    case SCHEMA_MAP:
        return verify_children(doc, value, below, depth, err);
    case STRING:
        break;
    default:
        return 0;
    }
    const char *text = json_string_value(value);
    if (strcmp(name, "pattern") == 0)
        return add_pattern(doc, text, below, err);
    if (strcmp(name, "format") == 0 && strcmp(text, "date-time") != 0)
        return aas_error_set(err, AAS_EINVAL, "%s: format \"%s\" isn't supported, only date-time is", where, text);
    if (strcmp(name, "$ref") == 0 && text[0] == '#') {
        const struct schema_doc *there;
        return aas_schema_resolve(doc, text, &there, err) ? 0 : aas_error_prefix(err, "%s", where);
    }
    return 0;
}

static int verify(struct schema_doc *doc, json_t *schema, const char *where, unsigned depth, struct aas_error *err)
{
    if (json_is_boolean(schema))
        return 0;
    if (!json_is_object(schema) || depth > SCHEMA_MAX_DEPTH)
        return aas_error_set(err, AAS_EINVAL, "%s: a schema must be an object or a boolean, at most %d deep", where,
                             SCHEMA_MAX_DEPTH);
    const char *name;
    json_t *value;
    json_object_foreach(schema, name, value)
    {
        int rc = verify_keyword(doc, name, value, where, depth, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static void doc_fini(struct schema_doc *doc)
{
    for (size_t i = 0; i < doc->pattern_count; i++)
        regfree(&doc->patterns[i].regex);
    free(doc->patterns);
    json_decref(doc->root);
    *doc = (struct schema_doc){0};
}

/* ---- places ---- */

/* A JSON pointer without ~ escapes, which our schemas don't need. */
static const json_t *at_pointer(const json_t *root, const char *pointer)
{
    const json_t *node = root;
    while (*pointer == '/' && node) {
        const char *begin = pointer + 1;
        size_t len = strcspn(begin, "/");
        node = json_is_object(node) ? json_object_getn(node, begin, len) : NULL;
        pointer = begin + len;
    }
    return *pointer == '\0' ? node : NULL;
}

static int compile_file(size_t index, struct aas_error *err)
{
    const struct schema_file *file = &aas_schema_files[index];
    struct schema_doc *doc = calloc(1, sizeof *doc);
    if (!doc)
        return aas_error_set(err, AAS_ENOMEM, "no memory for schema %s", file->name);
    int rc = aas_json_parse(file->text, file->len, 0, SCHEMA_MAX_DEPTH, &doc->root, err);
    if (rc == 0)
        rc = verify(doc, doc->root, "#", 0, err);
    if (rc != 0) {
        doc_fini(doc);
        free(doc);
        return aas_error_prefix(err, "schema %s", file->name);
    }
    file_docs[index] = doc;
    return 0;
}

/* The compiled file called name[0..len). Takes registry_lock. */
static int find_doc(const char *name, size_t len, const struct schema_doc **ret_doc, struct aas_error *err)
{
    int rc = aas_error_set(err, AAS_ENOENT, "there is no schema \"%.*s\"", (int)len, name);
    (void)pthread_mutex_lock(&registry_lock);
    for (size_t i = 0; i < MAX_FILES && aas_schema_files[i].name; i++) {
        if (strlen(aas_schema_files[i].name) != len || memcmp(aas_schema_files[i].name, name, len) != 0)
            continue;
        rc = file_docs[i] ? 0 : compile_file(i, err);
        if (rc == 0) {
            *ret_doc = file_docs[i];
            aas_error_clear(err);
        }
        break;
    }
    (void)pthread_mutex_unlock(&registry_lock);
    return rc;
}

const json_t *aas_schema_resolve(const struct schema_doc *doc, const char *ref, const struct schema_doc **ret_doc,
                                 struct aas_error *err)
{
    static const char ending[] = ".schema.json";
    const size_t ending_len = sizeof ending - 1;
    const char *name = strncmp(ref, "./", 2) == 0 ? ref + 2 : ref;
    const char *hash = strchrnul(name, '#');
    size_t len = (size_t)(hash - name);
    if (len >= ending_len && memcmp(hash - ending_len, ending, ending_len) == 0)
        len -= ending_len;
    if (len > 0 && find_doc(name, len, &doc, err) != 0)
        return NULL;
    const json_t *node = at_pointer(doc->root, *hash ? hash + 1 : "");
    if (!node)
        (void)aas_error_set(err, AAS_EINVAL, "$ref \"%s\" leads nowhere", ref);
    *ret_doc = doc;
    return node;
}

static const struct aas_schema *remembered(const char *name)
{
    for (size_t i = 0; i < fragment_count; i++) {
        if (strcmp(fragments[i]->name, name) == 0)
            return &fragments[i]->schema;
    }
    return NULL;
}

/* Keep the answer for name, unless another thread was faster; under registry_lock. */
static const struct aas_schema *remember(const char *name, const struct schema_doc *doc, const json_t *start)
{
    const struct aas_schema *there = remembered(name);
    if (there || fragment_count == MAX_FRAGMENTS)
        return there;
    struct fragment *fragment = calloc(1, sizeof *fragment);
    char *copy = strdup(name);
    if (!fragment || !copy) {
        free(fragment);
        free(copy);
        return NULL;
    }
    *fragment = (struct fragment){.name = copy, .schema = {.doc = doc, .start = start}};
    fragments[fragment_count++] = fragment;
    return &fragment->schema;
}

int aas_schema_get(const char *name, const struct aas_schema **ret_schema, struct aas_error *err)
{
    (void)pthread_mutex_lock(&registry_lock);
    const struct aas_schema *schema = remembered(name);
    (void)pthread_mutex_unlock(&registry_lock);
    if (!schema) {
        const char *hash = strchrnul(name, '#');
        const struct schema_doc *doc = NULL;
        int rc = find_doc(name, (size_t)(hash - name), &doc, err);
        if (rc != 0)
            return rc;
        const json_t *start = at_pointer(doc->root, *hash ? hash + 1 : "");
        if (!start)
            return aas_error_set(err, AAS_ENOENT, "schema \"%s\" has no such definition", name);
        (void)pthread_mutex_lock(&registry_lock);
        schema = remember(name, doc, start);
        (void)pthread_mutex_unlock(&registry_lock);
        if (!schema)
            return aas_error_set(err, AAS_ENOMEM, "no room for schema \"%s\"", name);
    }
    *ret_schema = schema;
    return 0;
}

int aas_schema_create(const json_t *source, struct aas_schema **ret_schema, struct aas_error *err)
{
    struct aas_schema *schema = calloc(1, sizeof *schema);
    json_t *root = json_deep_copy(source);
    if (!schema || !root) {
        free(schema);
        json_decref(root);
        return aas_error_set(err, AAS_ENOMEM, "no memory for a schema");
    }
    schema->own.root = root;
    schema->doc = &schema->own;
    schema->start = root;
    int rc = verify(&schema->own, root, "#", 0, err);
    if (rc != 0) {
        aas_schema_destroy(schema);
        return rc;
    }
    *ret_schema = schema;
    return 0;
}

void aas_schema_destroy(struct aas_schema *schema)
{
    if (!schema)
        return;
    doc_fini(&schema->own);
    free(schema);
}

const char *const *aas_schema_names(void)
{
    static const char *names[MAX_FILES + 1];
    (void)pthread_mutex_lock(&registry_lock);
    for (size_t i = 0; i < MAX_FILES && aas_schema_files[i].name; i++)
        names[i] = aas_schema_files[i].name;
    (void)pthread_mutex_unlock(&registry_lock);
    return names;
}

const char *aas_schema_text(const char *name)
{
    for (size_t i = 0; aas_schema_files[i].name; i++) {
        if (strcmp(aas_schema_files[i].name, name) == 0)
            return aas_schema_files[i].text;
    }
    return NULL;
}
