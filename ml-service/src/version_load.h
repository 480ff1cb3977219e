/* From a version's directory to a model in memory. Parsing a booster's JSON takes seconds for a large one, its binary
 * form tenths of that: the first load leaves a binary copy in a cache of our own, named by the JSON's digest and
 * checked by its own. Thread-safe. */
#pragma once

#include <aas/error.h>

#include "manifest.h"
#include "model.h"

/** Load the version that manifest (borrows) describes. cache_dir: where binary copies stand (made when missing), NULL:
 *  none. Errors: those of ml_manifest_read_model, ml_model_create. */
int ml_version_load(const struct ml_manifest *manifest, const char *cache_dir, struct ml_model **ret_model,
                    struct aas_error *err) AAS_MUST_CHECK;
