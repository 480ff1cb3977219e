/* JSON string escaping into a fixed buffer: shared by buf (output) and log (which must not allocate). */
#pragma once

#include <stddef.h>

/** Longest output for one input character: "\u001f". */
#define AAS_ESCAPE_MAX_BYTES 6

/** Escape as much of s[0..n) as fits into out[0..cap), without quotes; whole characters only. Invalid UTF-8 becomes
 *  U+FFFD. Returns the bytes written; *ret_used the input consumed. */
size_t aas_escape_json(const char *s, size_t n, size_t *ret_used, char *out, size_t cap);

/** Length 1..4 of the well-formed UTF-8 character (RFC 3629) at s (n > 0), or 0. */
size_t aas_utf8_char(const char *s, size_t n);
