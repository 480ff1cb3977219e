/* Work on bytes from outside in a child process with limits: whatever a hostile file does to a parser or to XGBoost, it
 * ends there. Users: pickle.h, model_check.h. */
#pragma once

#include <aas/error.h>

#include <jansson.h>
#include <stddef.h>

/** The work: fills *ret_doc (new) or fails. Runs in the child: it must not log. */
typedef int ml_sandbox_fn(const void *arg, json_t **ret_doc, struct aas_error *err);

struct ml_sandbox_limits {
    size_t memory_bytes;   /* address space on top of what the process has (not under a sanitizer, which needs all) */
    unsigned cpu_seconds;  /* also the alarm's wall time, threefold */
    size_t max_json_bytes; /* of the answer */
};

/** Run fn in a forked child and hand its document or error back. The child can't write files. what:
 * "label_encoder.pkl", for messages. Errors: fn's own; AAS_EUPSTREAM the child crashed or took too long, with signal
 * and name; -errno of fork or pipe; AAS_ENOMEM. Thread-safe. */
int ml_sandbox_run(ml_sandbox_fn *fn, const void *arg, const struct ml_sandbox_limits *limits, const char *what,
                   json_t **ret_doc, struct aas_error *err) AAS_MUST_CHECK;
