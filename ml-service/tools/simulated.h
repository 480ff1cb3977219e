/* Labelled windows of simulated machines, for the demo model: every machine type, every fault, all sampling rates that
 * a simulated plant publishes at. Same options, same rows. Seeds lie apart from those of running plants, so that the
 * demo never shows a model data that it was trained on. */
#pragma once

#include <aas/error.h>
#include <aas/feature_schema.h>

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "dataset.h"

struct simulated_options {
    uint32_t machines; /* per machine type */
    uint32_t windows;  /* per machine and fault */
    uint64_t seed;
};

struct simulated {
    struct ml_dataset data; /* group: machine type * 65536 + index */
    float *severity;        /* per row: of the fault at the window's end; 0 for normal */
};

/** The schema that the demo model is trained on (new; caller destroys). Errors: AAS_ENOMEM. */
int simulated_schema(struct aas_feature_schema **ret_schema, struct aas_error *err) AAS_MUST_CHECK;

/** Called after each machine; a return value other than 0 stops with AAS_ECANCELED. */
typedef int simulated_progress_fn(void *arg, uint32_t done, uint32_t all);

/** Let machines run and cut windows. The label of a window is that of its last row. Errors: AAS_ENOMEM, AAS_ECANCELED.
 *  The caller finishes it with simulated_fini. */
int simulated_make(const struct aas_feature_schema *schema, const struct simulated_options *opt,
                   simulated_progress_fn *on_machine, void *arg, struct simulated *ret,
                   struct aas_error *err) AAS_MUST_CHECK;
void simulated_fini(struct simulated *s);
