/* Decoding of what stands in a request's head: percent-encoding, query strings, cookies. Pure; used by the HTTP server
 * and fuzzed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Percent-decode text[0..len) into dst (len + 1 bytes are always enough; may be text itself), NUL-terminated. plus:
 * '+' is a blank, as in query strings. Returns the length, or -1 for a malformed escape, %00 or bytes that are no
 * UTF-8. */
int http_percent_decode(const char *text, size_t len, bool plus, char *dst);

/** One name=value pair of a query string, still encoded. */
struct http_pair {
    const char *name, *value; /* borrowed */
    size_t name_len, value_len;
};
/** The next pair from *at on, which moves behind it; false at the end. Empty pairs ("&&") are skipped. */
bool http_query_next(const char **at, const char *end, struct http_pair *ret_pair);

/** The value of a cookie in a Cookie header (borrowed, quotes taken off); false when there is none of that name. */
bool http_cookie_find(const char *header, const char *name, const char **ret_value, size_t *ret_len);

/** Does the comma-separated list hold the token? Without regard to case. */
bool http_list_has(const char *list, const char *token);
