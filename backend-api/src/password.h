/* Passwords: Argon2id by libsodium (its one caller). A hash takes about 19 MiB and some tens of milliseconds: never on
 * an HTTP thread. Limits: RFC 9106's second recommendation scaled to edge boxes (OWASP: 19 MiB, t = 2). Thread-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "aas/error.h"

#define API_PASSWORD_HASH_BYTES 128 /* with NUL: crypto_pwhash_STRBYTES */
#define API_PASSWORD_MIN_BYTES  12
#define API_PASSWORD_MAX_BYTES  256

/** Once, before threads. AAS_EUPSTREAM when libsodium can't start. */
int api_password_init(struct aas_error *err) AAS_MUST_CHECK;
/** Hash into ret_hash ("$argon2id$…"). AAS_EINVAL: too long; AAS_ENOMEM. */
int api_password_hash(const char *password, char ret_hash[static API_PASSWORD_HASH_BYTES],
                      struct aas_error *err) AAS_MUST_CHECK;
/** Does password fit hash? hash NULL (no such account) costs the same and gives false. */
bool api_password_verify(const char *hash, const char *password);
/** Was the hash made with other limits than today's? */
bool api_password_outdated(const char *hash);
/** A random password of n letters (about 5 bits each, none that look alike), NUL-terminated: ret has n + 1 bytes. */
void api_password_random(char *ret, size_t n);
/** Overwrite a secret so that the compiler can't leave it out. */
void api_password_wipe(void *secret, size_t len);
/** Equal, in a time that doesn't tell where they differ? */
bool api_password_equal(const void *a, const void *b, size_t len);
