/* AAS_MODELS_DIR/current: a model trained elsewhere that is copied there becomes the next version, and, where promotion
 * is managed, the champion of its sensor type, while the service runs. A thread watches the directory (inotify, and a
 * look every few seconds for file systems that don't tell) and waits until the files have been quiet for a moment. The
 * same files are deployed once: their digest stands in the version's manifest. */
#pragma once

#include <jansson.h>

#include <aas/error.h>

#include "registry.h"

struct ml_current;

struct ml_current_options {
    const char *models_dir;       /* copies */
    struct ml_registry *registry; /* borrows */
    bool promote;
    int64_t quiet_ms; /* files unchanged for so long are complete */
};

int ml_current_create(struct ml_current **ret, const struct ml_current_options *o,
                      struct aas_error *err) AAS_MUST_CHECK;
int ml_current_start(struct ml_current *d, struct aas_error *err) AAS_MUST_CHECK;
void ml_current_stop(struct ml_current *d);
void ml_current_destroy(struct ml_current *d);

/** What became of the files that are there: {"state": "empty"|"waiting"|"deployed"|"refused", "version"|null,
 *  "reason"|null, "at"} (new). Any thread. */
json_t *ml_current_json(struct ml_current *d);
