/* Idempotency-Key on posts: the same key of the same caller on the same path gives the first answer again, for an hour,
 * without doing anything twice. Per process: a client that tries again reaches the same replica, or relies on what the
 * store refuses. Bounded: 1,024 answers of at most 64 KiB, 16 MiB together; the oldest go. Thread-safe; the lock is a
 * leaf.
 */
#pragma once

#include "aas/error.h"
#include "aas/http_route.h"

struct api_once;

int api_once_create(struct api_once **ret_once) AAS_MUST_CHECK;
void api_once_destroy(struct api_once *once); /* NULL is fine */

/** Run the handler, or give the answer again. Without the header: just run it. Answers under 500 are kept. Errors:
 *  AAS_EMISMATCH (422) the key came with another body; AAS_ECONFLICT (409) the first one is still running; AAS_EINVAL a
 *  key of more than 128 bytes; those of the handler. */
int api_once_run(struct api_once *once, struct aas_http_req *req, aas_http_handler_fn *handler,
                 struct aas_error *err) AAS_MUST_CHECK;
