/* Request validation with JSON Schema 2020-12, the subset that shared/schemas uses: type, enum, const, required,
 * properties, additionalProperties, propertyNames, items, minItems, maxItems, minLength, maxLength, minProperties,
 * maxProperties, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, pattern, oneOf, anyOf, allOf, not,
 * $defs, $ref (to #/… and to another embedded schema by file name) and format date-time. A keyword outside this list is
 * refused when the schema is compiled, so that no rule is ignored in silence. Schemas are immutable once compiled:
 * thread-safe. */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct aas_error;
struct aas_schema;

/** An embedded schema by its file's name without ending: "feedback" is shared/schemas/feedback.schema.json. Compiled at
 * the first use and kept for the process (borrows: never destroy). A fragment names a definition:
 * "common#/$defs/sensorId". Errors: AAS_ENOENT, AAS_EINVAL with the keyword that can't be used. */
int aas_schema_get(const char *name, const struct aas_schema **ret_schema, struct aas_error *err)
    __attribute__((warn_unused_result));

/** Compile a schema of one's own (copies doc). Errors: AAS_EINVAL names the place and the keyword. */
int aas_schema_create(const json_t *doc, struct aas_schema **ret_schema, struct aas_error *err)
    __attribute__((warn_unused_result));
void aas_schema_destroy(struct aas_schema *schema);

/** Check doc (borrows). Errors: AAS_EINVAL with a sentence about the first violation; its JSON path
 * ("readings[3].value", "" for the document) goes to field (cap bytes, may be NULL) for the problem answer's `field`.
 * Bounded by doc and schema: at most 64 levels. */
int aas_schema_check(const struct aas_schema *schema, const json_t *doc, char *field, size_t cap, struct aas_error *err)
    __attribute__((warn_unused_result));

/** Names of the embedded schemas, NULL-terminated (static). */
const char *const *aas_schema_names(void);
/** Text of an embedded schema file (static), NULL when there is none. */
const char *aas_schema_text(const char *name);
