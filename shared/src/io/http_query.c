#include "http_query.h"

#include <string.h>
#include <strings.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3629: shortest forms only, no surrogates, nothing over U+10FFFF. */
static bool is_utf8(const unsigned char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned char c = s[i];
        if (c < 0x80) {
            i++;
            continue;
        }
        size_t more = c >= 0xC2 && c <= 0xDF ? 1 : (c & 0xF0) == 0xE0 ? 2 : c >= 0xF0 && c <= 0xF4 ? 3 : 0;
        if (more == 0 || n - i <= more)
            return false;
        unsigned char lo = 0x80, hi = 0xBF;
        if (c == 0xE0)
            lo = 0xA0;
        else if (c == 0xED)
            hi = 0x9F;
        else if (c == 0xF0)
            lo = 0x90;
        else if (c == 0xF4)
            hi = 0x8F;
        if (s[i + 1] < lo || s[i + 1] > hi)
            return false;
        for (size_t k = 2; k <= more; k++)
            if ((s[i + k] & 0xC0) != 0x80)
                return false;
        i += more + 1;
    }
    return true;
}

int http_percent_decode(const char *text, size_t len, bool plus, char *dst)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex(text[i + 1]) : -1;
            int low = high >= 0 ? hex(text[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return -1;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        } else if (c == '\0') {
            return -1;
        }
        dst[n++] = c;
    }
    dst[n] = '\0';
    return is_utf8((const unsigned char *)dst, n) ? (int)n : -1;
}

bool http_query_next(const char **at, const char *end, struct http_pair *ret_pair)
{
    const char *p = *at;
    while (p < end && *p == '&')
        p++;
    if (p >= end) {
        *at = end;
        return false;
    }
    const char *stop = memchr(p, '&', (size_t)(end - p));
    if (!stop)
        stop = end;
    const char *eq = memchr(p, '=', (size_t)(stop - p));
    ret_pair->name = p;
    ret_pair->name_len = (size_t)((eq ? eq : stop) - p);
    ret_pair->value = eq ? eq + 1 : stop;
    ret_pair->value_len = (size_t)(stop - ret_pair->value);
    *at = stop;
    return true;
}

bool http_cookie_find(const char *header, const char *name, const char **ret_value, size_t *ret_len)
{
    size_t want = strlen(name);
    for (const char *p = header; *p;) {
        p += strspn(p, " \t;");
        size_t len = strcspn(p, ";");
        const char *eq = memchr(p, '=', len);
        if (eq && (size_t)(eq - p) == want && memcmp(p, name, want) == 0) {
            const char *value = eq + 1, *end = p + len;
            while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
            if (end - value >= 2 && *value == '"' && end[-1] == '"') {
                value++;
                end--;
            }
            *ret_value = value;
            *ret_len = (size_t)(end - value);
            return true;
        }
        p += len;
    }
    return false;
}

bool http_list_has(const char *list, const char *token)
{
    size_t want = strlen(token);
    for (const char *p = list; *p;) {
        p += strspn(p, " \t,");
        size_t len = strcspn(p, ",");
        size_t used = len;
        while (used > 0 && (p[used - 1] == ' ' || p[used - 1] == '\t'))
            used--;
        if (used == want && strncasecmp(p, token, want) == 0)
            return true;
        p += len;
    }
    return false;
}
