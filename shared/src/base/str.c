#include "aas/str.h"

#include <stdint.h>
#include <stdlib.h>

#include "escape.h"

bool aas_str_eq(struct aas_str a, struct aas_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool aas_str_eq_c(struct aas_str a, const char *b)
{
    return aas_str_eq(a, aas_str_from(b));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool aas_str_eq_nocase(struct aas_str a, struct aas_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

bool aas_str_starts(struct aas_str s, struct aas_str prefix)
{
    return s.len >= prefix.len && aas_str_eq((struct aas_str){s.ptr, prefix.len}, prefix);
}

bool aas_str_ends(struct aas_str s, struct aas_str suffix)
{
    return s.len >= suffix.len && (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct aas_str aas_str_trim(struct aas_str s)
{
    while (s.len > 0 && blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool aas_str_split(struct aas_str *rest, char sep, struct aas_str *ret_part)
{
    if (rest->len == SIZE_MAX) /* the mark of "used up": an empty rest is still one empty part */
        return false;
    const char *hit = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
    if (!hit) {
        *ret_part = *rest;
        *rest = (struct aas_str){NULL, SIZE_MAX};
        return true;
    }
    size_t n = (size_t)(hit - rest->ptr);
    *ret_part = (struct aas_str){rest->ptr, n};
    *rest = (struct aas_str){hit + 1, rest->len - n - 1};
    return true;
}

int aas_str_copy(char *dst, size_t size, struct aas_str s)
{
    if (size == 0)
        return AAS_ETOOBIG;
    if (s.len >= size) {
        dst[0] = '\0';
        return AAS_ETOOBIG;
    }
    if (s.len)
        memcpy(dst, s.ptr, s.len);
    dst[s.len] = '\0';
    return 0;
}

char *aas_str_dup(struct aas_str s)
{
    char *copy = malloc(s.len + 1);
    if (!copy)
        return NULL;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

bool aas_str_is_utf8(struct aas_str s)
{
    for (size_t i = 0; i < s.len;) {
        size_t n = aas_utf8_char(s.ptr + i, s.len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

unsigned long long aas_str_hash(struct aas_str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    h ^= h >> 32; /* FNV's low bits are weak for tables of a power of two */
    h *= 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

void aas_str_hex(const void *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int aas_str_unhex(struct aas_str s, void *ret_bytes, size_t n)
{
    if (s.len != 2 * n)
        return AAS_EPARSE;
    for (size_t i = 0; i < s.len; i++)
        if (hex_value(s.ptr[i]) < 0)
            return AAS_EPARSE;
    unsigned char *out = ret_bytes;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)(hex_value(s.ptr[2 * i]) * 16 + hex_value(s.ptr[2 * i + 1]));
    return 0;
}

bool aas_str_eq_secret(const void *a, const void *b, size_t n)
{
    const volatile unsigned char *p = a, *q = b;
    unsigned char diff = 0;
    for (size_t i = 0; i < n; i++)
        diff |= (unsigned char)(p[i] ^ q[i]);
    return diff == 0;
}
