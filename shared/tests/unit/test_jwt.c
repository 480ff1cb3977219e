/* Tokens: what we sign verifies; everything else that libjwt or a careless reader would take is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "aas/error.h"
#include "aas/jwt.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define NOW    INT64_C(1714557600)

static const struct aas_jwt_rules rules = {.issuer = "aastreli", .audience = "aastreli-api"};

static struct aas_jwt_claims sample(void)
{
    return (struct aas_jwt_claims){.sub = "anna",
                                   .jti = "01HWTAAAAAAAAAAAAAAAAAAAAA",
                                   .kind = "access",
                                   .role = "operator",
                                   .iat_s = NOW,
                                   .exp_s = NOW + 900};
}

static struct aas_jwt_key *make_key(const char *secret)
{
    struct aas_jwt_key *key = NULL;
    assert_int_equal(aas_jwt_key_create(secret, strlen(secret), &key, NULL), 0);
    return key;
}

static void encode_part(const void *bytes, size_t len, char *dst)
{
    int n = EVP_EncodeBlock((unsigned char *)dst, bytes, (int)len);
    for (int i = 0; i < n; i++)
        dst[i] = dst[i] == '+' ? '-' : dst[i] == '/' ? '_' : dst[i];
    while (n > 0 && dst[n - 1] == '=')
        n--;
    dst[n] = '\0';
}

/* A token with any header and claims, rightly signed with HMAC-SHA-256. dst: AAS_JWT_MAX_BYTES. */
static void forge(const char *header, const char *claims, const char *secret, char *dst)
{
    char a[512];
    char b[2048];
    char c[64];
    unsigned char mac[32];
    unsigned int mac_len = 0;
    encode_part(header, strlen(header), a);
    encode_part(claims, strlen(claims), b);
    int n = snprintf(dst, AAS_JWT_MAX_BYTES, "%s.%s", a, b);
    assert_non_null(
        HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)dst, (size_t)n, mac, &mac_len));
    encode_part(mac, mac_len, c);
    (void)snprintf(dst + n, AAS_JWT_MAX_BYTES - (size_t)n, ".%s", c);
}

static int verify(const struct aas_jwt_key *key, const char *token, const char *kind, int64_t now_s)
{
    struct aas_jwt_claims c;
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_jwt_verify(key, &rules, token, strlen(token), kind, now_s, 5, &c, &err);
    assert_true(rc == 0 || err.msg[0] != '\0');
    return rc;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct aas_jwt_key *key = make_key(SECRET);
    struct aas_jwt_claims in = sample();
    struct aas_jwt_claims out;
    char token[AAS_JWT_MAX_BYTES + 1];
    assert_int_equal(aas_jwt_sign(key, &rules, &in, token, sizeof token, NULL), 0);
    assert_int_equal(aas_jwt_verify(key, &rules, token, strlen(token), "access", NOW, 0, &out, NULL), 0);
    assert_string_equal(out.sub, "anna");
    assert_string_equal(out.jti, in.jti);
    assert_string_equal(out.role, "operator");
    assert_int_equal(out.exp_s, NOW + 900);
    assert_int_equal(out.nbf_s, NOW);
    /* kind, times, other key, other parties */
    assert_int_equal(verify(key, token, "refresh", NOW), AAS_EACCES);
    assert_int_equal(verify(key, token, "access", NOW + 904), 0);
    assert_int_equal(verify(key, token, "access", NOW + 905), AAS_ETIMEDOUT);
    assert_int_equal(verify(key, token, "access", NOW - 6), AAS_EACCES);
    struct aas_jwt_key *other = make_key(SECRET "x");
    assert_int_equal(verify(other, token, "access", NOW), AAS_EACCES);
    const struct aas_jwt_rules elsewhere = {.issuer = "aastreli", .audience = "other"};
    assert_int_equal(aas_jwt_verify(key, &elsewhere, token, strlen(token), "access", NOW, 5, &out, NULL), AAS_EACCES);
    aas_jwt_key_destroy(other);
    aas_jwt_key_destroy(key);
}

static void test_any_changed_character_is_refused(void **state)
{
    (void)state;
    struct aas_jwt_key *key = make_key(SECRET);
    struct aas_jwt_claims in = sample();
    char token[AAS_JWT_MAX_BYTES + 1];
    assert_int_equal(aas_jwt_sign(key, &rules, &in, token, sizeof token, NULL), 0);
    size_t len = strlen(token);
    for (size_t i = 0; i < len; i++) {
        char was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        assert_int_not_equal(verify(key, token, "access", NOW), 0);
        token[i] = was;
    }
    for (size_t cut = 0; cut < len; cut++) {
        struct aas_jwt_claims out;
        assert_int_not_equal(aas_jwt_verify(key, &rules, token, cut, "access", NOW, 5, &out, NULL), 0);
    }
    assert_int_equal(verify(key, token, "access", NOW), 0);
    aas_jwt_key_destroy(key);
}

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define GOOD(rest)                                                                                                     \
    "{\"iss\":\"aastreli\",\"aud\":\"aastreli-api\",\"sub\":\"anna\",\"jti\":\"j\",\"kind\":\"access\",\"iat\":"       \
    "1714557600,"                                                                                                      \
    "\"nbf\":1714557600," rest "}"

static void test_hostile_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *what, *header, *claims;
        int rc;
    } cases[] = {
        {"as we sign", HEADER, GOOD("\"exp\":1714558500"), 0},
        {"no typ", "{\"alg\":\"HS256\"}", GOOD("\"exp\":1714558500"), 0},
        {"alg none", "{\"alg\":\"none\"}", GOOD("\"exp\":1714558500"), AAS_EACCES},
        {"alg small", "{\"alg\":\"hs256\"}", GOOD("\"exp\":1714558500"), AAS_EACCES},
        {"alg HS512", "{\"alg\":\"HS512\"}", GOOD("\"exp\":1714558500"), AAS_EACCES},
        {"alg RS256", "{\"alg\":\"RS256\"}", GOOD("\"exp\":1714558500"), AAS_EACCES},
        {"alg twice", "{\"alg\":\"none\",\"alg\":\"HS256\"}", GOOD("\"exp\":1714558500"), AAS_EACCES},
        {"no alg", "{\"typ\":\"JWT\"}", GOOD("\"exp\":1714558500"), AAS_EACCES},
        {"crit", "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", GOOD("\"exp\":1714558500"), AAS_EACCES},
        {"typ at+jwt", "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", GOOD("\"exp\":1714558500"), AAS_EACCES},
        {"no exp", HEADER, GOOD("\"x\":1"), AAS_EACCES},
        {"exp as text", HEADER, GOOD("\"exp\":\"1714558500\""), AAS_EACCES},
        {"exp with fraction", HEADER, GOOD("\"exp\":1714558500.5"), AAS_EACCES},
        {"exp null", HEADER, GOOD("\"exp\":null"), AAS_EACCES},
        {"exp far", HEADER, GOOD("\"exp\":99999999999999"), AAS_EACCES},
        {"expired", HEADER, GOOD("\"exp\":1714557500"), AAS_ETIMEDOUT},
        {"exp twice", HEADER, GOOD("\"exp\":1714557500,\"exp\":1714558500"), AAS_EACCES},
        {"role as list", HEADER, GOOD("\"exp\":1714558500,\"role\":[\"admin\"]"), AAS_EACCES},
        {"role long", HEADER, GOOD("\"exp\":1714558500,\"role\":\"aaaaaaaaaaaaaaaaaaaaaaaa\""), AAS_EACCES},
        {"not an object", HEADER, "[1]", AAS_EACCES},
        {"header not an object", "[1]", GOOD("\"exp\":1714558500"), AAS_EACCES},
        {"audience list", HEADER,
         "{\"iss\":\"aastreli\",\"aud\":[\"aastreli-api\"],\"sub\":\"a\",\"jti\":\"j\",\"kind\":\"access\",\"iat\":"
         "1714557600,"
         "\"nbf\":1714557600,\"exp\":1714558500}",
         AAS_EACCES},
        {"empty subject", HEADER,
         "{\"iss\":\"aastreli\",\"aud\":\"aastreli-api\",\"sub\":\"\",\"jti\":\"j\",\"kind\":\"access\",\"iat\":"
         "1714557600,"
         "\"nbf\":1714557600,\"exp\":1714558500}",
         AAS_EACCES},
    };
    struct aas_jwt_key *key = make_key(SECRET);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char token[4096];
        forge(cases[i].header, cases[i].claims, SECRET, token);
        int rc = verify(key, token, "access", NOW);
        if (rc != cases[i].rc)
            fail_msg("%s: %d, not %d", cases[i].what, rc, cases[i].rc);
    }
    /* Without a signature, with four parts, too long, empty. */
    assert_int_equal(verify(key, "", "access", NOW), AAS_EACCES);
    assert_int_equal(verify(key, "a.b.", "access", NOW), AAS_EACCES);
    assert_int_equal(verify(key, "eyJhbGciOiJub25lIn0.e30.", "access", NOW), AAS_EACCES);
    char token[AAS_JWT_MAX_BYTES + 100];
    forge(HEADER, GOOD("\"exp\":1714558500"), SECRET, token);
    size_t whole = strlen(token);
    memcpy(token + whole, ".x", sizeof ".x");
    assert_int_equal(verify(key, token, "access", NOW), AAS_EACCES);
    memset(token, 'a', sizeof token - 1);
    token[sizeof token - 1] = '\0';
    assert_int_equal(verify(key, token, "access", NOW), AAS_EACCES);
    aas_jwt_key_destroy(key);
}

static void test_keys(void **state)
{
    (void)state;
    struct aas_jwt_key *key = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_jwt_key_create("short", 5, &key, &err), AAS_EINVAL);
    assert_non_null(strstr(err.msg, "32"));
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n";
    assert_int_equal(aas_jwt_key_create(pem, sizeof pem - 1, &key, &err), AAS_EINVAL);
    assert_null(key);
    char path[] = "/tmp/aas-jwt-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, SECRET "\n", 33) == 33);
    assert_int_equal(aas_jwt_key_load(path, &key, &err), 0);
    struct aas_jwt_claims in = sample();
    char token[AAS_JWT_MAX_BYTES];
    assert_int_equal(aas_jwt_sign(key, &rules, &in, token, sizeof token, NULL), 0);
    struct aas_jwt_key *same = make_key(SECRET); /* the newline isn't part of the secret */
    assert_int_equal(verify(same, token, "access", NOW), 0);
    aas_jwt_key_destroy(same);
    aas_jwt_key_destroy(key);
    (void)close(fd);
    (void)unlink(path);
    assert_int_equal(aas_jwt_key_load(path, &key, &err), AAS_ENOENT);
    assert_non_null(strstr(err.msg, path));
    aas_jwt_key_destroy(NULL);
}

static void test_sign_refuses(void **state)
{
    (void)state;
    struct aas_jwt_key *key = make_key(SECRET);
    char token[AAS_JWT_MAX_BYTES];
    struct aas_jwt_claims c = sample();
    c.exp_s = c.iat_s;
    assert_int_equal(aas_jwt_sign(key, &rules, &c, token, sizeof token, NULL), AAS_EINVAL);
    c = sample();
    c.sub[0] = '\0';
    assert_int_equal(aas_jwt_sign(key, &rules, &c, token, sizeof token, NULL), AAS_EINVAL);
    c = sample();
    assert_int_equal(aas_jwt_sign(key, &rules, &c, token, 20, NULL), AAS_ETOOBIG);
    aas_jwt_key_destroy(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_any_changed_character_is_refused),
        cmocka_unit_test(test_hostile_tokens), cmocka_unit_test(test_keys),
        cmocka_unit_test(test_sign_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
