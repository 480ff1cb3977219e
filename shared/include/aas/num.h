/* Strict numbers, independent of the locale: the whole text must be one number, and nothing is clamped or guessed.
 * Pure and thread-safe. */
#pragma once

#include <stdint.h>
#include <stddef.h>

#include "aas/err.h"

#define AAS_NUM_BYTES 32 /* enough for every number that the writers below make, with NUL */

/** Decimal integer: optional '-', digits; no blanks, no '+', nothing after it. Errors: AAS_EPARSE; AAS_ERANGE. */
int aas_num_parse_i64(const char *s, size_t len, int64_t *ret) AAS_MUST_CHECK;
int aas_num_parse_u64(const char *s, size_t len, uint64_t *ret) AAS_MUST_CHECK;
/** Floating point in JSON's grammar (RFC 8259 section 6): "-0.5e3"; no '+', no leading zeros, no hex, no "inf" or
 * "nan". Correctly rounded. Errors: AAS_EPARSE; AAS_ERANGE where it would become infinite. Too small becomes 0 or
 * subnormal. */
int aas_num_parse_double(const char *s, size_t len, double *ret) AAS_MUST_CHECK;
/** Read the longest number in JSON's grammar at the start of s; ret_used gets its length. For parsers. Same errors.
 *  Fast path: at most 19 digits whose value is below 2^53 and |exponent| <= 22 need one multiplication or division (W.
 *  Clinger, "How to read floating point numbers accurately", PLDI 1990); anything else takes strtod in the C locale. */
int aas_num_scan_double(const char *s, size_t len, double *ret, size_t *ret_used) AAS_MUST_CHECK;

/** Write v as decimal with NUL into out; returns the length. */
size_t aas_num_format_i64(int64_t v, char out[static AAS_NUM_BYTES]);
size_t aas_num_format_u64(uint64_t v, char out[static AAS_NUM_BYTES]);
/** Shortest decimal that aas_num_parse_double reads back as exactly v ("-0" keeps its sign; integers up to 2^53 come
 *  without exponent). NaN and infinities give "null". */
size_t aas_num_format_double(double v, char out[static AAS_NUM_BYTES]);
/** As printf("%.9g") in the C locale: nine significant digits, which a float survives. NaN, infinities: "null". */
size_t aas_num_format_g9(double v, char out[static AAS_NUM_BYTES]);
