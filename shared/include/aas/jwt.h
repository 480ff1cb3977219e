/* Access and refresh tokens: HS256 JSON Web Tokens over libjwt, verified strictly. libjwt's decoder checks the
 * signature only; everything else (algorithm before the key is touched, crit, times, issuer, audience, kind) is checked
 * here. Versions 1.10 and 1.17 of the library behave alike behind this header. A key is immutable: thread-safe. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct aas_error;
struct aas_jwt_key;

#define AAS_JWT_MIN_SECRET_BYTES 32
#define AAS_JWT_MAX_BYTES        4096
#define AAS_JWT_MAX_SUBJECT      64

/** A key from a secret of at least 32 bytes (copies). Errors: AAS_EINVAL too short, or a PEM (a public key must never
 * serve as an HMAC secret), AAS_ENOMEM. */
int aas_jwt_key_create(const void *secret, size_t len, struct aas_jwt_key **ret_key, struct aas_error *err)
    __attribute__((warn_unused_result));
/** The same from a file; a trailing newline is dropped. Errors: also -errno of open and read. */
int aas_jwt_key_load(const char *path, struct aas_jwt_key **ret_key, struct aas_error *err)
    __attribute__((warn_unused_result));
/** Wipes the secret; NULL is fine. */
void aas_jwt_key_destroy(struct aas_jwt_key *key);

struct aas_jwt_claims {
    char sub[AAS_JWT_MAX_SUBJECT + 1]; /* who */
    char jti[33];                      /* which token */
    char kind[17];                     /* claim `kind`: "access", "refresh", "api" */
    char role[17];                     /* claim `role`; may be empty */
    int64_t iat_s, nbf_s, exp_s;       /* seconds since 1970; nbf_s 0: iat_s */
};

struct aas_jwt_rules {
    const char *issuer;   /* claim `iss`, must be equal */
    const char *audience; /* claim `aud`, must be equal */
};

/** Sign claims into ret_token (cap bytes, NUL-terminated; AAS_JWT_MAX_BYTES is enough). Errors: AAS_EINVAL for empty
 * sub, jti or kind or exp ≤ iat, AAS_ETOOBIG, AAS_ENOMEM, AAS_EUPSTREAM. */
int aas_jwt_sign(const struct aas_jwt_key *key, const struct aas_jwt_rules *rules, const struct aas_jwt_claims *claims,
                 char *ret_token, size_t cap, struct aas_error *err) __attribute__((warn_unused_result));

/** Verify token[0..len) (borrows) at now_s with skew_s seconds of tolerance, and require claim kind to be `kind`. Every
 * claim of struct aas_jwt_claims but role must be there with the right type. Errors: AAS_EACCES with the reason for the
 * log (what goes to the client should be one word for all of them); AAS_ETIMEDOUT when only the expiry is over;
 * AAS_ENOMEM. */
int aas_jwt_verify(const struct aas_jwt_key *key, const struct aas_jwt_rules *rules, const char *token, size_t len,
                   const char *kind, int64_t now_s, int64_t skew_s, struct aas_jwt_claims *ret_claims,
                   struct aas_error *err) __attribute__((warn_unused_result));
