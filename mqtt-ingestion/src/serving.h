/* What ml-service serves per sensor type: which channels and which window. Immutable and refcounted; parsed from GET
 * /serving. Pure. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "aas/error.h"
#include "aas/ref.h"
#include "aas/window.h"

struct ingest_serving_type {
    char *type; /* "*" for all others */
    char *version;
    char *schema_hash;
    char *normal; /* the class that means healthy */
    struct aas_window_spec window;
    char **channels;
    size_t channels_count;
};

struct ingest_serving {
    struct aas_ref ref;
    struct ingest_serving_type *types;
    size_t count;
};

/** Errors: AAS_EINVAL naming the field; AAS_ENOMEM. An answer without types is valid: no model yet. */
int ingest_serving_parse(const json_t *doc, struct ingest_serving **ret_serving, struct aas_error *err) AAS_MUST_CHECK;
struct ingest_serving *ingest_serving_ref(struct ingest_serving *s);
/** NULL is fine. */
void ingest_serving_unref(struct ingest_serving *s);
/** The row of a type (NULL: unknown type), else that of "*", else NULL. */
const struct ingest_serving_type *ingest_serving_find(const struct ingest_serving *s, const char *type);
/** Same types, windows and channels? Versions may differ. */
bool ingest_serving_same_windows(const struct ingest_serving *a, const struct ingest_serving *b);
