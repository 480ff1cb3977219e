/* What the compiler (json_schema.c) and the checker (json_schema_check.c) share; private. */
#pragma once

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

struct aas_error;

#define SCHEMA_MAX_DEPTH 64

struct schema_pattern {
    const char *text; /* borrowed from the document */
    regex_t regex;
};

/* One schema file: parsed, every keyword verified, every pattern compiled. */
struct schema_doc {
    json_t *root;
    struct schema_pattern *patterns;
    size_t pattern_count;
};

struct aas_schema {
    const struct schema_doc *doc;
    const json_t *start;   /* the document, or one of its definitions */
    struct schema_doc own; /* of aas_schema_create */
};

/* The embedded files, generated at build time from shared/schemas; ends with name NULL. */
struct schema_file {
    const char *name; /* without .schema.json */
    const char *text;
    size_t len;
};
extern const struct schema_file aas_schema_files[];

/* What `ref` means when it stands in doc: another place in the same document ("#/$defs/x") or in an embedded file
 * ("common.schema.json#/$defs/x"). NULL when there is no such place. */
const json_t *aas_schema_resolve(const struct schema_doc *doc, const char *ref, const struct schema_doc **ret_doc,
                                 struct aas_error *err);
