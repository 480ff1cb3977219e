#include "password.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define OPS_LIMIT 2
#define MEM_LIMIT ((size_t)19 * 1024 * 1024)

static_assert(API_PASSWORD_HASH_BYTES == crypto_pwhash_STRBYTES, "libsodium's hashes have another size");

/* Verified when the account doesn't exist, so that the time doesn't tell. Made at start. */
static char dummy[API_PASSWORD_HASH_BYTES];

int api_password_init(struct aas_error *err)
{
    if (sodium_init() < 0)
        return aas_error_set(err, AAS_EUPSTREAM, "libsodium can't start: no source of randomness");
    char random[33];
    api_password_random(random, 32);
    return api_password_hash(random, dummy, err);
}

int api_password_hash(const char *password, char ret_hash[static API_PASSWORD_HASH_BYTES], struct aas_error *err)
{
    size_t len = strlen(password);
    if (len > API_PASSWORD_MAX_BYTES)
        return aas_error_set(err, AAS_EINVAL, "the password has more than %d bytes", API_PASSWORD_MAX_BYTES);
    char hash[API_PASSWORD_HASH_BYTES];
    if (crypto_pwhash_str_alg(hash, password, len, OPS_LIMIT, MEM_LIMIT, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return aas_error_set(err, AAS_ENOMEM, "no memory to hash a password");
    memcpy(ret_hash, hash, sizeof hash);
    return 0;
}

bool api_password_verify(const char *hash, const char *password)
{
    size_t len = strlen(password);
    if (len > API_PASSWORD_MAX_BYTES)
        len = API_PASSWORD_MAX_BYTES + 1; /* fits no hash, but costs the same */
    bool fits = crypto_pwhash_str_verify(hash ? hash : dummy, password, len) == 0;
    return fits && hash && len <= API_PASSWORD_MAX_BYTES;
}

bool api_password_outdated(const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, OPS_LIMIT, MEM_LIMIT) != 0;
}

void api_password_random(char *ret, size_t n)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789ACDEFHJKLMNPQRTUVWXY";
    for (size_t i = 0; i < n; i++)
        ret[i] = letters[randombytes_uniform(sizeof letters - 1)];
    ret[n] = '\0';
}

void api_password_wipe(void *secret, size_t len)
{
    sodium_memzero(secret, len);
}

bool api_password_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}
