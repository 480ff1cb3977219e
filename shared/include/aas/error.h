/* The reason of a failure, for a person: one sentence that names field, value and what would be right. Passed as last
 * argument where somebody will read it; NULL is always allowed. Lives on the caller's stack; no ownership. */
#pragma once

#include <stdarg.h>

#include "aas/err.h"

#define AAS_ERROR_MSG_BYTES 256

struct aas_error {
    int code;                      /* 0 = none, else a negative enum aas_err */
    char msg[AAS_ERROR_MSG_BYTES]; /* NUL-terminated UTF-8, cut on a character's border */
};

/** Static initialiser: no error. */
#define AAS_ERROR_NONE ((struct aas_error){0})

/** Set code and message (printf-like; copies; cut at 255 bytes) and return code, so that one may write
 *  `return aas_error_set(err, AAS_EPARSE, "port %s: not a number", text);`. err may be NULL. Keeps errno. An argument
 * may be err->msg itself (wrapping: "cannot open the store: %s"). */
int aas_error_set(struct aas_error *err, int code, const char *fmt, ...) AAS_PRINTF(3, 4);

/** Same with a va_list. */
int aas_error_vset(struct aas_error *err, int code, const char *fmt, va_list args) AAS_PRINTF(3, 0);

/** Put text and ": " in front of the message that is there, keep the code, return the code (0 when err is NULL). */
int aas_error_prefix(struct aas_error *err, const char *fmt, ...) AAS_PRINTF(2, 3);

/** Forget the error. err may be NULL. */
void aas_error_clear(struct aas_error *err);

/** The message to show: err->msg where there is one, else aas_strerror(code). Borrowed from err. Never NULL. */
const char *aas_error_text(const struct aas_error *err, int code);
