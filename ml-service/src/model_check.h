/* XGBoost models from outside: the library follows a file's tree indices without checking them, so a crafted file can
 * crash it, hang it or read foreign memory. A file is accepted when its structure is that of a forest (checked here, in
 * a child process) and a trial prediction, also in the child, gives probabilities. JSON only: the binary form can't be
 * checked like this. No state, no lock. */
#pragma once

#include <aas/error.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define ML_CHECK_MAX_BYTES    ((size_t)96 * 1024 * 1024)
#define ML_CHECK_MAX_FEATURES 8192
#define ML_CHECK_MAX_CLASSES  256
#define ML_CHECK_MAX_DEPTH    128 /* of a tree: explanation recurses */

/** Check the structure of a parsed model (borrows): keys, types, equal array lengths, children behind their parent and
 *  each node reached once, split indices below num_feature, tree_info below num_class, numbers finite, an objective
 *  that gives probabilities. ret_facts (new): {"objective", "features", "classes", "trees", "rounds", "nodes", "depth",
 *  "feature_names": […]|absent, "version": "3.2.0", "best_iteration": n|absent, "from_sklearn": bool}. Pure. Errors:
 *  AAS_EPARSE, AAS_EINVAL with the place ("tree 17, node 3: …"); AAS_ENOTSUP what isn't served; AAS_ETOOBIG. */
int ml_model_check(const json_t *model, json_t **ret_facts, struct aas_error *err) AAS_MUST_CHECK;

/** Parse text (borrows) with caps on size and depth, then check it. No library of models sees it. Errors: as above. */
int ml_model_check_text(const void *text, size_t len, json_t **ret_facts, struct aas_error *err) AAS_MUST_CHECK;

/** The whole gate, in a child process with limits: check, load, predict ordinary, missing and extreme rows, explain
 * one. name: for messages. ret_facts as above. Errors: as above; AAS_EUPSTREAM it crashed or hung XGBoost;
 * AAS_EMISMATCH its answers aren't probabilities. */
int ml_model_probe(const void *text, size_t len, const char *name, json_t **ret_facts,
                   struct aas_error *err) AAS_MUST_CHECK;

/** XGBClassifier predicts with the rounds up to best_iteration only, the library with all: drop the rest, so that a
 *  model predicts what its Python predicted. model: changed in place; checked before. True: something was dropped. */
int ml_model_keep_best(json_t *model, const json_t *facts, bool *ret_changed, struct aas_error *err) AAS_MUST_CHECK;
