/* What a model learns anew from: windows that operators labelled, cut from stored readings (or the rows that
 * predictions kept, where the readings are gone), and a digest of what the parent was sure of. Reads the store, writes
 * nothing; in the training child, one thread. */
#pragma once

#include <jansson.h>

#include <aas/error.h>

#include "dataset.h"
#include "manifest.h"

struct aas_store;

struct ml_learn_options {
    struct aas_store *store;
    const struct ml_manifest *parent; /* with a schema */
    const char *models_dir;
    int64_t from, to;    /* of the labelled times; to 0: no end */
    size_t digest_rows;  /* at most so many of the parent's sure predictions */
    bool digest_normals; /* only healthy ones: faults are learned from elsewhere */
};

struct ml_learn_set {
    struct aas_feature_schema *schema; /* the parent's, new classes behind its own */
    struct ml_dataset labelled;        /* group: one per feedback */
    int64_t *end_ms;                   /* of each labelled row's window */
    size_t end_cap;
    struct ml_dataset digest; /* group: by sensor */
    json_t *feedback;         /* ids that were used */
    size_t without_data;      /* feedback whose windows are gone */
};

/** Errors: AAS_EMISMATCH the parent has no feature schema; those of the store; AAS_ENOMEM. The caller finishes the set,
 *  also after a failure. */
int ml_learn_set_make(struct ml_learn_set *set, const struct ml_learn_options *o, struct aas_error *err) AAS_MUST_CHECK;
void ml_learn_set_fini(struct ml_learn_set *set);
