/* Writing numbers. */
#include "aas/num.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const double pow10_exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Digits of v, most significant first, without NUL. */
static size_t put_digits(uint64_t v, char *out)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    char tmp[20];
    size_t i = sizeof tmp;
    while (v >= 100) {
        i -= 2;
        memcpy(tmp + i, pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    if (v >= 10) {
        i -= 2;
        memcpy(tmp + i, pairs + 2 * v, 2);
    } else {
        tmp[--i] = (char)('0' + v);
    }
    memcpy(out, tmp + i, sizeof tmp - i);
    return sizeof tmp - i;
}

size_t aas_num_format_u64(uint64_t v, char out[static AAS_NUM_BYTES])
{
    size_t n = put_digits(v, out);
    out[n] = '\0';
    return n;
}

size_t aas_num_format_i64(int64_t v, char out[static AAS_NUM_BYTES])
{
    size_t n = 0;
    if (v < 0)
        out[n++] = '-';
    n += put_digits(v < 0 ? 0 - (uint64_t)v : (uint64_t)v, out + n);
    out[n] = '\0';
    return n;
}

/* digits * 10^-decimals as plain decimal, without trailing zeros. */
static size_t put_decimal(bool negative, uint64_t digits, int decimals, char *out)
{
    while (decimals > 0 && digits % 10 == 0) {
        digits /= 10;
        decimals--;
    }
    char tmp[20];
    size_t n = put_digits(digits, tmp), o = 0;
    if (negative)
        out[o++] = '-';
    if (decimals == 0) {
        memcpy(out + o, tmp, n);
        o += n;
    } else if (n > (size_t)decimals) {
        size_t whole = n - (size_t)decimals;
        memcpy(out + o, tmp, whole);
        o += whole;
        out[o++] = '.';
        memcpy(out + o, tmp + whole, n - whole);
        o += n - whole;
    } else {
        out[o++] = '0';
        out[o++] = '.';
        for (size_t i = n; i < (size_t)decimals; i++)
            out[o++] = '0';
        memcpy(out + o, tmp, n);
        o += n;
    }
    out[o] = '\0';
    return o;
}

static size_t put_special(double v, char *out)
{
    const char *text = !isfinite(v) ? "null" : signbit(v) ? "-0" : "0";
    size_t n = strlen(text);
    memcpy(out, text, n + 1);
    return n;
}

/* printf with the decimal point put right whatever the locale says. */
static size_t put_printf(double v, int precision, char *out)
{
    int n = snprintf(out, AAS_NUM_BYTES, "%.*g", precision, v);
    size_t o = 0;
    for (int i = 0; i < n && i < AAS_NUM_BYTES - 1; i++) {
        char c = out[i];
        bool plain = (c >= '0' && c <= '9') || c == '-' || c == '+' || c == 'e';
        if (plain)
            out[o++] = c;
        else if (o == 0 || out[o - 1] != '.') /* the point may be of several bytes */
            out[o++] = '.';
    }
    out[o] = '\0';
    return o;
}

size_t aas_num_format_double(double v, char out[static AAS_NUM_BYTES])
{
    if (!isfinite(v) || v == 0)
        return put_special(v, out);
    double a = fabs(v);
    const double limit = 9007199254740992.0; /* 2^53: integers below are exact */
    /* Measurements have few decimals: the smallest k for which an integer / 10^k is v again is the shortest form, as
     * that division is correctly rounded. */
    if (a >= 1e-7 && a < limit) {
        for (int k = 0; k <= 22; k++) {
            double scaled = a * pow10_exact[k];
            if (scaled >= limit)
                break;
            double whole = nearbyint(scaled);
            if (whole / pow10_exact[k] == a)
                return put_decimal(v < 0, (uint64_t)whole, k, out);
        }
    }
    for (int precision = 15; precision < 17; precision++) {
        double back;
        size_t n = put_printf(v, precision, out);
        if (aas_num_parse_double(out, n, &back) == 0 && back == v)
            return n;
    }
    return put_printf(v, 17, out);
}

size_t aas_num_format_g9(double v, char out[static AAS_NUM_BYTES])
{
    if (!isfinite(v) || v == 0)
        return put_special(v, out);
    double a = fabs(v);
    if (a >= 1e-4 && a < 1e9) { /* where %g writes no exponent */
        int e = 8;              /* decimal exponent of the first digit */
        for (double p = 1e8; a < p && e > -4; e--)
            p = e > 0 ? pow10_exact[e - 1] : 1.0 / pow10_exact[1 - e];
        int decimals = 8 - e;
        double scaled = a * pow10_exact[decimals];
        double whole = floor(scaled), rest = scaled - whole;
        /* The product is off by at most 1e-7 of the ninth digit: only near a tie could it round the other way. */
        if (fabs(rest - 0.5) > 1e-6 && scaled > 1e8 && scaled < 999999999.0)
            return put_decimal(v < 0, (uint64_t)whole + (rest > 0.5), decimals, out);
        if (rest == 0 && scaled == 1e8)
            return put_decimal(v < 0, 100000000, decimals, out);
    }
    return put_printf(v, 9, out);
}
