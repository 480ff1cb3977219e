/* The pull reader; see aas/json_pull.h. One pass, one byte of look-ahead, a bit per open level. */
#include "aas/json_pull.h"

#include <math.h>
#include <string.h>

#include "aas/err.h"
#include "aas/error.h"
#include "aas/num.h"

enum { ST_VALUE, ST_FIRST_KEY, ST_FIRST_ELEMENT, ST_AFTER, ST_DONE, ST_FAILED };

void aas_json_pull_init(struct aas_json_pull *r, const char *text, size_t len, unsigned max_depth)
{
    memset(r, 0, sizeof *r);
    r->begin = r->p = text;
    r->end = text + len;
    r->max_depth = max_depth < AAS_JSON_PULL_MAX_DEPTH ? max_depth : AAS_JSON_PULL_MAX_DEPTH;
    r->state = ST_VALUE;
}

static enum aas_json_event fail(struct aas_json_pull *r, const char *at, const char *reason)
{
    r->state = ST_FAILED;
    r->reason = reason;
    r->at = (size_t)(at - r->begin);
    return r->event = AAS_JSON_ERROR;
}

static void skip_white(struct aas_json_pull *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

/* Length of the UTF-8 sequence at p, 0 when it is none (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
 */
static size_t utf8_length(const unsigned char *p, const unsigned char *end)
{
    size_t n = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
    if (n == 0 || (size_t)(end - p) < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

static int hex4(const char *p, const char *end)
{
    if (end - p < 4)
        return -1;
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* Bytes of the escape at p (a backslash), 0 when it is none. *ret_code is the character it stands for. */
static size_t escape_length(const char *p, const char *end, uint32_t *ret_code)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    if (end - p < 2)
        return 0;
    if (p[1] != 'u') {
        const char *at = p[1] ? strchr(from, p[1]) : NULL;
        if (!at)
            return 0;
        *ret_code = (uint32_t)to[at - from];
        return 2;
    }
    int hi = hex4(p + 2, end);
    if (hi < 0 || (hi >= 0xdc00 && hi <= 0xdfff))
        return 0;
    *ret_code = (uint32_t)hi;
    if (hi < 0xd800 || hi > 0xdbff)
        return 6;
    if (end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return 0;
    int lo = hex4(p + 8, end);
    if (lo < 0xdc00 || lo > 0xdfff)
        return 0;
    *ret_code = 0x10000u + (((uint32_t)hi - 0xd800u) << 10) + ((uint32_t)lo - 0xdc00u);
    return 12;
}

/* The string at r->p (a quote) into r->str; r->p moves past it. */
static bool scan_string(struct aas_json_pull *r)
{
    const char *p = r->p + 1;
    r->str = p;
    r->escaped = false;
    while (p < r->end) {
        unsigned char c = (unsigned char)*p;
        if (c == '"') {
            r->str_len = (size_t)(p - r->str);
            r->p = p + 1;
            return true;
        }
        size_t n = 1;
        if (c == '\\') {
            uint32_t code;
            n = escape_length(p, r->end, &code);
            r->escaped = true;
        } else if (c >= 0x80) {
            n = utf8_length((const unsigned char *)p, (const unsigned char *)r->end);
        } else if (c < 0x20) {
            n = 0;
        }
        if (n == 0) {
            (void)fail(r, p,
                       c == '\\'  ? "unknown escape in a string"
                       : c < 0x20 ? "control character in a string: escape it"
                                  : "a string isn't valid UTF-8");
            return false;
        }
        p += n;
    }
    (void)fail(r, r->end, "the text ends within a string");
    return false;
}

static enum aas_json_event scan_literal(struct aas_json_pull *r, const char *word, size_t len,
                                        enum aas_json_event event)
{
    if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
        return fail(r, r->p, "unknown word: only true, false and null stand without quotes");
    r->p += len;
    r->state = ST_AFTER;
    return r->event = event;
}

static enum aas_json_event open_level(struct aas_json_pull *r, bool is_object)
{
    if (r->depth >= r->max_depth)
        return fail(r, r->p, "nested too deeply");
    r->p++;
    uint64_t bit = UINT64_C(1) << r->depth++;
    r->is_object = is_object ? r->is_object | bit : r->is_object & ~bit;
    r->state = is_object ? ST_FIRST_KEY : ST_FIRST_ELEMENT;
    return r->event = is_object ? AAS_JSON_OBJECT : AAS_JSON_ARRAY;
}

static enum aas_json_event close_level(struct aas_json_pull *r, bool is_object)
{
    r->p++;
    r->depth--;
    r->state = ST_AFTER;
    return r->event = is_object ? AAS_JSON_OBJECT_END : AAS_JSON_ARRAY_END;
}

static bool in_object(const struct aas_json_pull *r)
{
    return r->depth > 0 && (r->is_object >> (r->depth - 1) & 1);
}

static enum aas_json_event read_value(struct aas_json_pull *r)
{
    if (r->p >= r->end)
        return fail(r, r->end, "the text ends where a value should stand");
    switch (*r->p) {
    case '{':
        return open_level(r, true);
    case '[':
        return open_level(r, false);
    case '"':
        if (!scan_string(r))
            return AAS_JSON_ERROR;
        r->state = ST_AFTER;
        return r->event = AAS_JSON_STRING;
    case 't':
        return scan_literal(r, "true", 4, AAS_JSON_TRUE);
    case 'f':
        return scan_literal(r, "false", 5, AAS_JSON_FALSE);
    case 'n':
        return scan_literal(r, "null", 4, AAS_JSON_NULL);
    default:
        break;
    }
    size_t n = 0;
    int rc = aas_num_scan_double(r->p, (size_t)(r->end - r->p), &r->num, &n);
    if (rc != 0)
        return fail(r, r->p, rc == AAS_ERANGE ? "a number doesn't fit a double" : "a value should stand here");
    r->str = r->p;
    r->str_len = n;
    r->escaped = false;
    r->p += n;
    r->state = ST_AFTER;
    return r->event = AAS_JSON_NUMBER;
}

static enum aas_json_event read_key(struct aas_json_pull *r)
{
    if (r->p >= r->end || *r->p != '"')
        return fail(r, r->p, "a key in double quotes should stand here");
    if (!scan_string(r))
        return AAS_JSON_ERROR;
    const char *key = r->str;
    skip_white(r);
    if (r->p >= r->end || *r->p != ':')
        return fail(r, r->p, "a colon should follow the key");
    r->p++;
    r->at = (size_t)(key - 1 - r->begin);
    r->state = ST_VALUE;
    return r->event = AAS_JSON_KEY;
}

enum aas_json_event aas_json_pull_next(struct aas_json_pull *r)
{
    if (r->state == ST_FAILED || r->state == ST_DONE)
        return r->event;
    skip_white(r);
    r->at = (size_t)(r->p - r->begin);
    bool more = r->p < r->end;
    switch (r->state) {
    case ST_FIRST_KEY:
        return more && *r->p == '}' ? close_level(r, true) : read_key(r);
    case ST_FIRST_ELEMENT:
        return more && *r->p == ']' ? close_level(r, false) : read_value(r);
    case ST_AFTER:
        break;
    default:
        return read_value(r);
    }
    if (r->depth == 0) {
        if (more)
            return fail(r, r->p, "text follows the document");
        r->state = ST_DONE;
        return r->event = AAS_JSON_DONE;
    }
    bool object = in_object(r);
    if (more && *r->p == (object ? '}' : ']'))
        return close_level(r, object);
    if (!more || *r->p != ',')
        return fail(r, r->p, object ? "a comma or } should stand here" : "a comma or ] should stand here");
    r->p++;
    skip_white(r);
    r->at = (size_t)(r->p - r->begin);
    return object ? read_key(r) : read_value(r);
}

bool aas_json_pull_is(const struct aas_json_pull *r, const char *s)
{
    size_t len = strlen(s);
    if (!r->escaped)
        return r->str_len == len && memcmp(r->str, s, len) == 0;
    char plain[256];
    size_t n;
    return aas_json_pull_string(r, plain, sizeof plain, &n) == 0 && n == len && memcmp(plain, s, len) == 0;
}

bool aas_json_pull_skip(struct aas_json_pull *r)
{
    unsigned depth = r->depth;
    do {
        enum aas_json_event e = aas_json_pull_next(r);
        if (e == AAS_JSON_ERROR || e == AAS_JSON_DONE)
            return false;
    } while (r->depth > depth);
    return true;
}

static size_t put_utf8(char *dst, uint32_t code)
{
    if (code < 0x80) {
        dst[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        dst[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    dst[0] = (char)(lead[n] | code);
    return n;
}

int aas_json_pull_string(const struct aas_json_pull *r, char *dst, size_t cap, size_t *ret_len)
{
    const char *p = r->str;
    const char *end = r->str + r->str_len;
    size_t len = 0;
    while (p < end) {
        char bytes[4] = {*p};
        size_t from = 1;
        size_t to = 1;
        if (*p == '\\') {
            uint32_t code = 0;
            from = escape_length(p, end, &code);
            if (from == 0 || code == 0)
                return AAS_EPARSE;
            to = put_utf8(bytes, code);
        }
        if (len + to >= cap)
            return AAS_ETOOBIG;
        memcpy(dst + len, bytes, to);
        len += to;
        p += from;
    }
    if (cap == 0)
        return AAS_ETOOBIG;
    dst[len] = '\0';
    if (ret_len)
        *ret_len = len;
    return 0;
}

int aas_json_pull_int(const struct aas_json_pull *r, int64_t *ret_value)
{
    /* Below 2^53 the double is exact; above, only plain digits are taken, and read again as an integer. */
    if (r->num > -9007199254740992.0 && r->num < 9007199254740992.0) {
        if (r->num != floor(r->num))
            return AAS_EINVAL;
        *ret_value = (int64_t)r->num;
        return 0;
    }
    return aas_num_parse_i64(r->str, r->str_len, ret_value) == 0 ? 0 : AAS_ERANGE;
}

/* Both array readers walk with the plain state machine for structure and differ in what they store. */
int aas_json_pull_doubles(struct aas_json_pull *r, double *dst, size_t cap, size_t *ret_n)
{
    enum aas_json_event e = aas_json_pull_next(r);
    if (e != AAS_JSON_ARRAY)
        return e == AAS_JSON_ERROR ? AAS_EPARSE : AAS_EINVAL;
    size_t n = 0;
    for (;;) {
        e = aas_json_pull_next(r);
        if (e == AAS_JSON_ARRAY_END)
            break;
        if (e == AAS_JSON_ERROR)
            return AAS_EPARSE;
        if (e != AAS_JSON_NUMBER && e != AAS_JSON_NULL)
            return AAS_EINVAL;
        if (n == cap)
            return AAS_ETOOBIG;
        dst[n++] = e == AAS_JSON_NUMBER ? r->num : NAN;
    }
    *ret_n = n;
    return 0;
}

int aas_json_pull_ints(struct aas_json_pull *r, int64_t *dst, size_t cap, size_t *ret_n)
{
    enum aas_json_event e = aas_json_pull_next(r);
    if (e != AAS_JSON_ARRAY)
        return e == AAS_JSON_ERROR ? AAS_EPARSE : AAS_EINVAL;
    size_t n = 0;
    for (;;) {
        e = aas_json_pull_next(r);
        if (e == AAS_JSON_ARRAY_END)
            break;
        if (e == AAS_JSON_ERROR)
            return AAS_EPARSE;
        if (e != AAS_JSON_NUMBER)
            return AAS_EINVAL;
        if (n == cap)
            return AAS_ETOOBIG;
        int rc = aas_json_pull_int(r, &dst[n]);
        if (rc != 0)
            return rc;
        n++;
    }
    *ret_n = n;
    return 0;
}

int aas_json_pull_fail(const struct aas_json_pull *r, struct aas_error *err)
{
    const char *reason = r->reason ? r->reason : "this isn't what should stand here";
    aas_error_set(err, AAS_EPARSE, "not valid JSON at byte %zu: %s", r->at, reason);
    return AAS_EPARSE;
}
