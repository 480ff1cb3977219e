/* HS256 tokens; see aas/jwt.h. libjwt does the signature and nothing else: header and claims are read by our own
 * bounded parser, which refuses duplicates and wrong types that libjwt lets pass. The string that jwt_encode_str
 * returns is malloc'ed in 1.10 and 1.17 alike (1.17's jwt_free_str is free). */
#include "aas/jwt.h"

#include <errno.h>
#include <fcntl.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/err.h"
#include "aas/error.h"
#include "aas/json.h"

#define MAX_SECRET_BYTES 512
#define MAX_TIME_S       INT64_C(253402300799)

struct aas_jwt_key {
    size_t len;
    unsigned char secret[MAX_SECRET_BYTES];
};

static void jwt_auto_free(jwt_t **token)
{
    if (*token)
        jwt_free(*token);
}

int aas_jwt_key_create(const void *secret, size_t len, struct aas_jwt_key **ret_key, struct aas_error *err)
{
    if (len < AAS_JWT_MIN_SECRET_BYTES || len > MAX_SECRET_BYTES)
        return aas_error_set(err, AAS_EINVAL, "the token secret has %zu bytes, but must have %d to %d", len,
                             AAS_JWT_MIN_SECRET_BYTES, MAX_SECRET_BYTES);
    if (memmem(secret, len, "-----BEGIN", 10))
        return aas_error_set(err, AAS_EINVAL, "the token secret is a PEM key, but must be random bytes");
    struct aas_jwt_key *key = calloc(1, sizeof *key);
    if (!key)
        return aas_error_set(err, AAS_ENOMEM, "no memory for a token key");
    memcpy(key->secret, secret, len);
    key->len = len;
    *ret_key = key;
    return 0;
}

int aas_jwt_key_load(const char *path, struct aas_jwt_key **ret_key, struct aas_error *err)
{
    AAS_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return aas_error_set(err, -errno, "cannot open the token secret %s: %s", path, aas_strerror(-errno));
    unsigned char secret[MAX_SECRET_BYTES + 2];
    size_t len = 0;
    while (len < sizeof secret) {
        ssize_t n = read(fd, secret + len, sizeof secret - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return aas_error_set(err, -errno, "cannot read the token secret %s: %s", path, aas_strerror(-errno));
        if (n == 0)
            break;
        len += (size_t)n;
    }
    if (len > 0 && secret[len - 1] == '\n')
        len--;
    int rc = aas_jwt_key_create(secret, len, ret_key, err);
    explicit_bzero(secret, sizeof secret);
    return rc == 0 ? 0 : aas_error_prefix(err, "%s", path);
}

void aas_jwt_key_destroy(struct aas_jwt_key *key)
{
    if (!key)
        return;
    explicit_bzero(key, sizeof *key);
    free(key);
}

/* ---- signing ---- */

static int add_claims(jwt_t *token, const struct aas_jwt_rules *rules, const struct aas_jwt_claims *claims)
{
    int rc = jwt_add_grant(token, "iss", rules->issuer);
    rc = rc ? rc : jwt_add_grant(token, "aud", rules->audience);
    rc = rc ? rc : jwt_add_grant(token, "sub", claims->sub);
    rc = rc ? rc : jwt_add_grant(token, "jti", claims->jti);
    rc = rc ? rc : jwt_add_grant(token, "kind", claims->kind);
    if (claims->role[0] != '\0')
        rc = rc ? rc : jwt_add_grant(token, "role", claims->role);
    rc = rc ? rc : jwt_add_grant_int(token, "iat", (long)claims->iat_s);
    rc = rc ? rc : jwt_add_grant_int(token, "nbf", (long)(claims->nbf_s ? claims->nbf_s : claims->iat_s));
    return rc ? rc : jwt_add_grant_int(token, "exp", (long)claims->exp_s);
}

int aas_jwt_sign(const struct aas_jwt_key *key, const struct aas_jwt_rules *rules, const struct aas_jwt_claims *claims,
                 char *ret_token, size_t cap, struct aas_error *err)
{
    if (claims->sub[0] == '\0' || claims->jti[0] == '\0' || claims->kind[0] == '\0')
        return aas_error_set(err, AAS_EINVAL, "a token needs a subject, an id and a kind");
    if (claims->exp_s <= claims->iat_s || claims->iat_s < 0 || claims->exp_s > MAX_TIME_S)
        return aas_error_set(err, AAS_EINVAL, "a token must expire after it was issued");
    __attribute__((cleanup(jwt_auto_free))) jwt_t *token = NULL;
    if (jwt_new(&token) != 0)
        return aas_error_set(err, AAS_ENOMEM, "no memory for a token");
    if (add_claims(token, rules, claims) != 0 || jwt_set_alg(token, JWT_ALG_HS256, key->secret, (int)key->len) != 0)
        return aas_error_set(err, AAS_EUPSTREAM, "libjwt refused a claim or the key");
    AAS_AUTO_FREE char *text = jwt_encode_str(token);
    if (!text)
        return aas_error_set(err, AAS_EUPSTREAM, "libjwt could not sign a token");
    size_t len = strlen(text);
    if (len >= cap || len > AAS_JWT_MAX_BYTES)
        return aas_error_set(err, AAS_ETOOBIG, "a token of %zu bytes doesn't fit", len);
    memcpy(ret_token, text, len + 1);
    return 0;
}

/* ---- verifying ---- */

static int letter_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* base64url without padding (RFC 7515 section 2), strictly: no other letters, no left-over bits. dst: len bytes. */
static bool decode_part(const char *text, size_t len, char *dst, size_t *ret_len)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        int v = letter_value(text[i]);
        if (v < 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            dst[out++] = (char)(bits >> have & 0xff);
        }
    }
    *ret_len = out;
    return len % 4 != 1 && (bits & ((1u << have) - 1)) == 0;
}

static int refuse(struct aas_error *err, const char *reason)
{
    return aas_error_set(err, AAS_EACCES, "token refused: %s", reason);
}

static int parse_part(const char *text, size_t len, json_t **ret_json)
{
    char plain[AAS_JWT_MAX_BYTES];
    size_t n = 0;
    if (len == 0 || !decode_part(text, len, plain, &n))
        return AAS_EPARSE;
    json_t *json = NULL;
    int rc = aas_json_parse(plain, n, sizeof plain, 4, &json, NULL);
    if (rc == 0 && !json_is_object(json)) {
        json_decref(json);
        rc = AAS_EPARSE;
    }
    if (rc == 0)
        *ret_json = json;
    return rc;
}

/* The algorithm is looked at before the key is used: HS256 by name is the only one (no "none", no confusion with a
 * public key), and crit asks for what we don't know. */
static int check_header(const json_t *header, struct aas_error *err)
{
    const char *alg = json_string_value(json_object_get(header, "alg"));
    if (!alg || strcmp(alg, "HS256") != 0)
        return refuse(err, "its algorithm isn't HS256");
    const json_t *typ = json_object_get(header, "typ");
    if (typ && (!json_is_string(typ) || strcmp(json_string_value(typ), "JWT") != 0))
        return refuse(err, "its type isn't JWT");
    if (json_object_get(header, "crit"))
        return refuse(err, "it names critical extensions");
    return 0;
}

static bool read_text(const json_t *claims, const char *name, bool required, char *dst, size_t size)
{
    const json_t *value = json_object_get(claims, name);
    if (!value)
        return !required;
    size_t len = json_string_length(value);
    if (!json_is_string(value) || len >= size || (required && len == 0))
        return false;
    memcpy(dst, json_string_value(value), len + 1);
    return true;
}

static bool read_time(const json_t *claims, const char *name, int64_t *ret_s)
{
    const json_t *value = json_object_get(claims, name);
    if (!json_is_integer(value)) /* a date as text or with a fraction isn't what we sign */
        return false;
    *ret_s = json_integer_value(value);
    return *ret_s >= 0 && *ret_s <= MAX_TIME_S;
}

static bool equals(const json_t *claims, const char *name, const char *wanted)
{
    const char *value = json_string_value(json_object_get(claims, name));
    return value && strcmp(value, wanted) == 0;
}

static int check_claims(const json_t *json, const struct aas_jwt_rules *rules, const char *kind, int64_t now_s,
                        int64_t skew_s, struct aas_jwt_claims *ret_claims, struct aas_error *err)
{
    struct aas_jwt_claims c = {0};
    if (!equals(json, "iss", rules->issuer) || !equals(json, "aud", rules->audience))
        return refuse(err, "it was issued by or for somebody else");
    if (!read_text(json, "kind", true, c.kind, sizeof c.kind) || strcmp(c.kind, kind) != 0)
        return refuse(err, "it is of another kind");
    if (!read_text(json, "sub", true, c.sub, sizeof c.sub) || !read_text(json, "jti", true, c.jti, sizeof c.jti) ||
        !read_text(json, "role", false, c.role, sizeof c.role))
        return refuse(err, "its subject, id or role is missing or of the wrong type");
    if (!read_time(json, "iat", &c.iat_s) || !read_time(json, "nbf", &c.nbf_s) || !read_time(json, "exp", &c.exp_s))
        return refuse(err, "its times are missing or of the wrong type");
    if (c.iat_s > now_s + skew_s || c.nbf_s > now_s + skew_s)
        return refuse(err, "it isn't valid yet");
    if (c.exp_s <= now_s - skew_s)
        return aas_error_set(err, AAS_ETIMEDOUT, "token refused: it has expired");
    *ret_claims = c;
    return 0;
}

int aas_jwt_verify(const struct aas_jwt_key *key, const struct aas_jwt_rules *rules, const char *token, size_t len,
                   const char *kind, int64_t now_s, int64_t skew_s, struct aas_jwt_claims *ret_claims,
                   struct aas_error *err)
{
    if (len == 0 || len > AAS_JWT_MAX_BYTES || memchr(token, '\0', len))
        return refuse(err, "it is empty or too long");
    const char *first = memchr(token, '.', len);
    const char *second = first ? memchr(first + 1, '.', len - (size_t)(first + 1 - token)) : NULL;
    if (!second)
        return refuse(err, "it doesn't have three parts");
    AAS_AUTO_JSON json_t *header = NULL;
    AAS_AUTO_JSON json_t *claims = NULL;
    if (parse_part(token, (size_t)(first - token), &header) != 0)
        return refuse(err, "its header is malformed");
    int rc = check_header(header, err);
    if (rc != 0)
        return rc;
    char signature[AAS_JWT_MAX_BYTES];
    size_t signature_len = 0;
    if (!decode_part(second + 1, len - (size_t)(second + 1 - token), signature, &signature_len) || signature_len != 32)
        return refuse(err, "its signature is malformed");
    char copy[AAS_JWT_MAX_BYTES + 1];
    memcpy(copy, token, len);
    copy[len] = '\0';
    __attribute__((cleanup(jwt_auto_free))) jwt_t *decoded = NULL;
    if (jwt_decode(&decoded, copy, key->secret, (int)key->len) != 0)
        return refuse(err, "its signature is wrong");
    if (jwt_get_alg(decoded) != JWT_ALG_HS256)
        return refuse(err, "its algorithm isn't HS256");
    if (parse_part(first + 1, (size_t)(second - first - 1), &claims) != 0)
        return refuse(err, "its claims are malformed");
    return check_claims(claims, rules, kind, now_s, skew_s, ret_claims, err);
}
