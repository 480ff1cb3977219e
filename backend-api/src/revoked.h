/* Accounts whose access tokens must not be taken any more although they have not expired: an admin changed what the
 * account may do. Kept for an access token's life; other replicas learn of it when the tokens expire. Bounded: when
 * more than 1,024 accounts are changed meanwhile, the oldest is forgotten. Thread-safe; the lock is a leaf, and is not
 * taken while nothing is revoked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/err.h"

struct api_revoked;

int api_revoked_create(struct api_revoked **ret_revoked, int64_t ttl_ms) AAS_MUST_CHECK;
void api_revoked_destroy(struct api_revoked *revoked); /* NULL is fine */
/** Tokens of this account that were issued until now are not good any more. */
void api_revoked_add(struct api_revoked *revoked, const char *name);
/** Is a token of this account, issued then (epoch ms), revoked? */
bool api_revoked_check(struct api_revoked *revoked, const char *name, int64_t issued_ms);
