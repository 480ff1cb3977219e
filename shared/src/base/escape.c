#include "escape.h"

#include <stdbool.h>
#include <string.h>

size_t aas_utf8_char(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s;
    if (p[0] < 0x80)
        return 1;
    size_t len;
    unsigned char lo = 0x80, hi = 0xBF; /* bounds of the second byte: RFC 3629 section 4 */
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        len = 2;
    } else if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        len = 3;
        if (p[0] == 0xE0)
            lo = 0xA0;
        else if (p[0] == 0xED)
            hi = 0x9F;
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        len = 4;
        if (p[0] == 0xF0)
            lo = 0x90;
        else if (p[0] == 0xF4)
            hi = 0x8F;
    } else {
        return 0;
    }
    if (n < len || p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

static size_t escape_one(unsigned char c, char *out)
{
    static const char digits[] = "0123456789abcdef";
    char letter = 0;
    switch (c) {
    case '"':
    case '\\':
        letter = (char)c;
        break;
    case '\n':
        letter = 'n';
        break;
    case '\r':
        letter = 'r';
        break;
    case '\t':
        letter = 't';
        break;
    case '\b':
        letter = 'b';
        break;
    case '\f':
        letter = 'f';
        break;
    default:
        break;
    }
    out[0] = '\\';
    if (letter) {
        out[1] = letter;
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = digits[c >> 4];
    out[5] = digits[c & 15];
    return 6;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

size_t aas_escape_json(const char *s, size_t n, size_t *ret_used, char *out, size_t cap)
{
    size_t i = 0, o = 0;
    while (i < n) {
        unsigned char c = (unsigned char)s[i];
        char tmp[AAS_ESCAPE_MAX_BYTES];
        const char *src = tmp;
        size_t len, used = 1;
        if (is_plain(c)) {
            src = s + i;
            len = 1;
        } else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) {
            len = escape_one(c, tmp);
        } else {
            used = len = aas_utf8_char(s + i, n - i);
            src = s + i;
            if (len == 0) {
                src = "\xEF\xBF\xBD";
                len = 3;
                used = 1;
            }
        }
        if (cap - o < len)
            break;
        memcpy(out + o, src, len);
        o += len;
        i += used;
    }
    *ret_used = i;
    return o;
}
