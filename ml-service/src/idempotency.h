/* Answers by Idempotency-Key, so that a retry of a batch gets the answer of the first attempt. In memory, bounded by
 * count, bytes and age: windows with times need no memory of it (their ids are derived), only those without do.
 * Thread-safe; one leaf mutex. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <aas/error.h>

struct aas_buf;
struct ml_idempotency;

int ml_idempotency_create(struct ml_idempotency **ret) AAS_MUST_CHECK;
void ml_idempotency_destroy(struct ml_idempotency *x);
/** Append the remembered answer to out. AAS_ENOENT: none; AAS_ECONFLICT: the key came with another body; out's status.
 */
int ml_idempotency_get(struct ml_idempotency *x, const char *key, const void *body, size_t len, struct aas_buf *out,
                       struct aas_error *err) AAS_MUST_CHECK;
/** Remember (copies); best effort. */
void ml_idempotency_put(struct ml_idempotency *x, const char *key, const void *body, size_t len, const void *answer,
                        size_t answer_len);
