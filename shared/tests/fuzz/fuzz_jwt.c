/* No bytes pass as a token but those that this key signed. */
#undef NDEBUG /* the asserts are the test, in every preset */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "aas/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct aas_jwt_rules rules = {.issuer = "aastreli", .audience = "aastreli-api"};
    static struct aas_jwt_key *key;
    static char good[AAS_JWT_MAX_BYTES];
    if (!key) {
        const struct aas_jwt_claims c = {
            .sub = "anna", .jti = "j", .kind = "access", .role = "viewer", .iat_s = 1714557600, .exp_s = 1714558500};
        int rc = aas_jwt_key_create("0123456789abcdef0123456789abcdef", 32, &key, NULL);
        rc = rc ? rc : aas_jwt_sign(key, &rules, &c, good, sizeof good, NULL);
        assert(rc == 0);
    }
    struct aas_jwt_claims out;
    int rc = aas_jwt_verify(key, &rules, (const char *)data, size, "access", 1714557700, 0, &out, NULL);
    assert(rc != 0 || (size == strlen(good) && memcmp(data, good, size) == 0));
    return 0;
}
