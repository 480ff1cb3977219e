/* String views and small helpers. A view borrows bytes of somebody else and needs no terminating NUL. All functions are
 * pure and thread-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "aas/err.h"

struct aas_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
};

/** View of a string literal. */
#define AAS_STR_LIT(s) ((struct aas_str){(s), sizeof(s) - 1})
/** Arguments for "%.*s". */
#define AAS_STR_ARG(v) (int)(v).len, (v).ptr ? (v).ptr : ""

static inline struct aas_str aas_str_from(const char *s)
{
    return (struct aas_str){s, s ? strlen(s) : 0};
}

bool aas_str_eq(struct aas_str a, struct aas_str b);
bool aas_str_eq_c(struct aas_str a, const char *b);
/** ASCII only, independent of the locale. */
bool aas_str_eq_nocase(struct aas_str a, struct aas_str b);
bool aas_str_starts(struct aas_str s, struct aas_str prefix);
bool aas_str_ends(struct aas_str s, struct aas_str suffix);
/** Without ASCII blanks (space, tab, CR, LF) at both ends. */
struct aas_str aas_str_trim(struct aas_str s);
/** Cut the part before the first sep off *rest and return it in *ret_part; false when *rest is used up. "a,,b" gives
 *  "a", "", "b"; "" gives one empty part. Start with rest = s; don't touch rest between calls. */
bool aas_str_split(struct aas_str *rest, char sep, struct aas_str *ret_part);
/** Copy into dst of size bytes with NUL. AAS_ETOOBIG when it doesn't fit, and then dst is "": never cut silently. */
int aas_str_copy(char *dst, size_t size, struct aas_str s) AAS_MUST_CHECK;
/** malloc'ed NUL-terminated copy (caller frees), or NULL. */
char *aas_str_dup(struct aas_str s);
/** Well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF). */
bool aas_str_is_utf8(struct aas_str s);
/** Hash for tables (FNV-1a 64 with a final mix). Not for hostile keys without a bound on the table. */
unsigned long long aas_str_hash(struct aas_str s);
/** Lower-case hex of n bytes into out[2n+1]. */
void aas_str_hex(const void *bytes, size_t n, char *out);
/** 2n hex digits into n bytes. AAS_EPARSE on another length or character. */
int aas_str_unhex(struct aas_str s, void *ret_bytes, size_t n) AAS_MUST_CHECK;
/** Equal, in time that depends on n only: for secrets. */
bool aas_str_eq_secret(const void *a, const void *b, size_t n);
