/* Reading numbers. */
#include "aas/num.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Correct rounding never needs more than 767 significant digits; longer input is nobody's measurement. */
#define MAX_NUMBER_BYTES 1000

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static int parse_magnitude(const char *s, size_t len, uint64_t max, uint64_t *ret)
{
    if (len == 0)
        return AAS_EPARSE;
    uint64_t v = 0;
    bool over = false;
    for (size_t i = 0; i < len; i++) {
        if (!digit(s[i]))
            return AAS_EPARSE;
        unsigned d = (unsigned)(s[i] - '0');
        if (v > (max - d) / 10)
            over = true;
        else
            v = v * 10 + d;
    }
    if (over)
        return AAS_ERANGE;
    *ret = v;
    return 0;
}

int aas_num_parse_u64(const char *s, size_t len, uint64_t *ret)
{
    return parse_magnitude(s, len, UINT64_MAX, ret);
}

int aas_num_parse_i64(const char *s, size_t len, int64_t *ret)
{
    bool negative = len > 0 && s[0] == '-';
    uint64_t v;
    int rc = parse_magnitude(s + negative, len - negative, (uint64_t)INT64_MAX + negative, &v);
    if (rc)
        return rc;
    *ret = negative ? (int64_t)(0 - v) : (int64_t)v;
    return 0;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static int slow_parse(const char *s, size_t len, double *ret)
{
    char text[MAX_NUMBER_BYTES + 1];
    if (len > MAX_NUMBER_BYTES)
        return AAS_ETOOBIG;
    memcpy(text, s, len);
    text[len] = '\0';
    (void)pthread_once(&c_locale_once, make_c_locale);
    if (!c_locale)
        return AAS_ENOMEM;
    double v = strtod_l(text, NULL, c_locale);
    if (!isfinite(v))
        return AAS_ERANGE;
    *ret = v;
    return 0;
}

/* What the grammar's one pass finds. */
struct scan {
    uint64_t mantissa; /* of at most 19 significant digits */
    int digits;        /* significant ones */
    int64_t exp10;
    size_t end;
};

static size_t scan_digits(const char *s, size_t len, size_t i, struct scan *sc, bool fraction)
{
    for (; i < len && digit(s[i]); i++) {
        if (sc->mantissa == 0 && s[i] == '0') {
            sc->exp10 -= fraction; /* a leading zero is not significant */
            continue;
        }
        if (sc->digits < 19) {
            sc->mantissa = sc->mantissa * 10 + (unsigned)(s[i] - '0');
            sc->exp10 -= fraction;
        }
        sc->digits++;
    }
    return i;
}

static int scan_exponent(const char *s, size_t len, size_t i, struct scan *sc)
{
    bool negative = i < len && s[i] == '-';
    if (i < len && (s[i] == '-' || s[i] == '+'))
        i++;
    if (i >= len || !digit(s[i]))
        return AAS_EPARSE;
    int64_t e = 0;
    for (; i < len && digit(s[i]); i++)
        if (e < 1000000)
            e = e * 10 + (s[i] - '0');
    sc->exp10 += negative ? -e : e;
    sc->end = i;
    return 0;
}

static int scan_grammar(const char *s, size_t len, size_t i, struct scan *sc)
{
    if (i >= len || !digit(s[i]))
        return AAS_EPARSE;
    if (s[i] == '0' && i + 1 < len && digit(s[i + 1]))
        return AAS_EPARSE; /* RFC 8259: no leading zeros */
    i = scan_digits(s, len, i, sc, false);
    if (i < len && s[i] == '.') {
        size_t start = ++i;
        i = scan_digits(s, len, i, sc, true);
        if (i == start)
            return AAS_EPARSE;
    }
    sc->end = i;
    if (i < len && (s[i] == 'e' || s[i] == 'E'))
        return scan_exponent(s, len, i + 1, sc);
    return 0;
}

int aas_num_scan_double(const char *s, size_t len, double *ret, size_t *ret_used)
{
    static const double pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool negative = len > 0 && s[0] == '-';
    struct scan sc = {0};
    int rc = scan_grammar(s, len, negative, &sc);
    if (rc)
        return rc;
    double v;
    if (sc.mantissa == 0) {
        v = 0.0;
    } else if (sc.digits <= 19 && sc.mantissa < (UINT64_C(1) << 53) && sc.exp10 >= -22 && sc.exp10 <= 22) {
        /* Both operands are exact, so the one rounding is the right one (Clinger 1990). */
        v = (double)sc.mantissa;
        v = sc.exp10 < 0 ? v / pow10[-sc.exp10] : v * pow10[sc.exp10];
    } else {
        rc = slow_parse(s + negative, sc.end - negative, &v);
        if (rc)
            return rc;
    }
    *ret = negative ? -v : v;
    *ret_used = sc.end;
    return 0;
}

int aas_num_parse_double(const char *s, size_t len, double *ret)
{
    double v;
    size_t used;
    int rc = aas_num_scan_double(s, len, &v, &used);
    if (rc)
        return rc;
    if (used != len)
        return AAS_EPARSE;
    *ret = v;
    return 0;
}
