/* Growable byte buffer with a maximum that is set at init: whatever a peer sends, memory stays bounded. Errors are
 * sticky: after the first failed append the buffer changes no more, and one aas_buf_status() at the end tells, so that
 * writers need no check per call. Not thread-safe: one owner at a time. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/cleanup.h"
#include "aas/err.h"

struct aas_buf {
    char *data;       /* NULL while empty; always followed by a NUL byte that len doesn't count */
    size_t len;       /* bytes used */
    size_t cap;       /* bytes allocated */
    size_t max_bytes; /* len never exceeds it */
    int status;       /* 0, AAS_ENOMEM, AAS_ETOOBIG: sticky */
};

/** Static initialiser: empty, nothing allocated. */
#define AAS_BUF_INIT(max) ((struct aas_buf){.max_bytes = (max)})

/** Make b empty with a maximum of max_bytes (> 0). Allocates nothing. */
void aas_buf_init(struct aas_buf *b, size_t max_bytes);
/** Free the memory; b is as after init. NULL is fine. */
void aas_buf_fini(struct aas_buf *b);
/** Length 0 and status 0; keeps the memory for reuse. */
void aas_buf_clear(struct aas_buf *b);

/** 0, or the first failure: AAS_ENOMEM, AAS_ETOOBIG. */
int aas_buf_status(const struct aas_buf *b) AAS_MUST_CHECK;
/** The content as a C string ("" when empty). Borrowed; valid until the next change. */
const char *aas_buf_str(const struct aas_buf *b);

/** Append n bytes (copies; n may be 0). Returns b's status; all appends below do the same. */
int aas_buf_append(struct aas_buf *b, const void *bytes, size_t n);
int aas_buf_append_str(struct aas_buf *b, const char *text);
int aas_buf_append_char(struct aas_buf *b, char c);
/** printf-like; for reports and messages, not for hot paths. Status AAS_EINVAL when the format fails. */
int aas_buf_printf(struct aas_buf *b, const char *fmt, ...) AAS_PRINTF(2, 3);
int aas_buf_vprintf(struct aas_buf *b, const char *fmt, va_list args) AAS_PRINTF(2, 0);
/** Decimal integer, without printf's cost. */
int aas_buf_append_i64(struct aas_buf *b, int64_t v);
int aas_buf_append_u64(struct aas_buf *b, uint64_t v);
/** Shortest decimal that reads back as v; "null" for NaN and infinities (JSON has none). Independent of the locale. */
int aas_buf_append_double(struct aas_buf *b, double v);
/** As printf's %.9g (enough for a float), "null" for NaN and infinities. Faster than append_double on full-entropy v.
 */
int aas_buf_append_g9(struct aas_buf *b, double v);
/** text of n bytes as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD: the output is always valid. */
int aas_buf_append_json(struct aas_buf *b, const char *text, size_t n);

/** Make room for n more bytes and return where to write them; commit with aas_buf_commit(). NULL: see status. */
char *aas_buf_reserve(struct aas_buf *b, size_t n);
/** Count n bytes, at most those reserved, as written. */
void aas_buf_commit(struct aas_buf *b, size_t n);
/** Remove the first n bytes (n <= len), moving the rest down. */
void aas_buf_consume(struct aas_buf *b, size_t n);
/** Cut to len bytes (len <= b->len). */
void aas_buf_truncate(struct aas_buf *b, size_t len);
/** Hand the malloc'ed, NUL-terminated content over (caller frees) and leave b empty. NULL when status isn't 0 or memory
 *  is short. ret_len may be NULL. */
char *aas_buf_take(struct aas_buf *b, size_t *ret_len);

/** `AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(4096);` */
#define AAS_AUTO_BUF AAS_AUTO(aas_buf_fini)
