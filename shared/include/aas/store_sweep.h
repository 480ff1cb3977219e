/* Retention: removes old documents in small batches, and never what somebody still needs: data of a sensor with an open
 * alarm from an hour before it was raised, and data under feedback that no model has been trained with yet. The owning
 * services call it now and then; aastreli-db calls it with dry_run. Stateless and thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/store.h"

struct aas_sweep_report {
    int64_t removed; /* with dry_run: would be removed */
    int64_t kept;    /* old, but kept */
    bool more;       /* stopped at max_documents */
};

/** Remove documents of c that are older than cutoff_ms: sensor_data, rollups and predictions by `received`, quarantine
 * by `at`, tokens by `expires`; other collections have no retention (AAS_EINVAL). At most max_documents (0: no bound)
 * are looked at per call. *ret is filled also on failure. */
int aas_store_sweep(struct aas_store *s, enum aas_collection c, int64_t cutoff_ms, int64_t max_documents, bool dry_run,
                    struct aas_sweep_report *ret, struct aas_error *err) AAS_MUST_CHECK;
