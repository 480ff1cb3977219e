/* Refresh tokens: the collection `tokens`, kind `refresh`. A token is 32 random bytes; the store holds its SHA-256
 * only. Each use replaces it by a new one of the same family; using one twice means that somebody has a copy, and
 * revokes the family (RFC 9700 section 4.14.2). All calls wait for the store: workers only. Thread-safe. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"
#include "accounts.h"

#define API_TOKEN_BYTES 65 /* 64 hex digits and NUL */

/** A new family for user. */
int api_session_open(struct aas_store *store, const char *user, int64_t ttl_ms, char ret_token[static API_TOKEN_BYTES],
                     struct aas_error *err) AAS_MUST_CHECK;
/** Use token up, give the next one and the user's name. AAS_EUNAUTHORIZED: unknown, expired, revoked or used before. */
int api_session_rotate(struct aas_store *store, const char *token, int64_t ttl_ms,
                       char ret_token[static API_TOKEN_BYTES], char ret_user[static API_NAME_BYTES],
                       struct aas_error *err) AAS_MUST_CHECK;
/** Revoke token's family; an unknown one is fine. */
int api_session_close(struct aas_store *store, const char *token, struct aas_error *err) AAS_MUST_CHECK;
/** Revoke every session and API token of user but the family of except_token (NULL: all). */
int api_session_close_all(struct aas_store *store, const char *user, const char *except_token,
                          struct aas_error *err) AAS_MUST_CHECK;
/** Remove tokens that expired a day ago, at most 1,000. */
int api_session_sweep(struct aas_store *store, size_t *ret_removed, struct aas_error *err) AAS_MUST_CHECK;
