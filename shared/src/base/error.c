#include "aas/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Don't leave half a UTF-8 character at the end of a message that was cut. */
static void trim_utf8(char *s, size_t len)
{
    size_t i = len;
    while (i > 0 && len - i < 4 && ((unsigned char)s[i - 1] & 0xC0) == 0x80)
        i--;
    if (i == 0)
        return;
    unsigned char lead = (unsigned char)s[i - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (want > 1 && len - (i - 1) < want)
        s[i - 1] = '\0';
}

int aas_error_vset(struct aas_error *err, int code, const char *fmt, va_list args)
{
    if (!err)
        return code;
    int saved = errno;
    char text[AAS_ERROR_MSG_BYTES]; /* an argument may point into err->msg */
    int n = vsnprintf(text, sizeof text, fmt, args);
    if (n < 0)
        (void)snprintf(text, sizeof text, "%s", aas_strerror(code));
    else if ((size_t)n >= sizeof text)
        trim_utf8(text, sizeof text - 1);
    err->code = code;
    memcpy(err->msg, text, strlen(text) + 1);
    errno = saved;
    return code;
}

int aas_error_set(struct aas_error *err, int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)aas_error_vset(err, code, fmt, args);
    va_end(args);
    return code;
}

int aas_error_prefix(struct aas_error *err, const char *fmt, ...)
{
    if (!err)
        return 0;
    char prefix[AAS_ERROR_MSG_BYTES];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(prefix, sizeof prefix, fmt, args);
    va_end(args);
    if (n < 0)
        return err->code;
    return aas_error_set(err, err->code, "%s: %s", prefix, aas_error_text(err, err->code));
}

void aas_error_clear(struct aas_error *err)
{
    if (err) {
        err->code = 0;
        err->msg[0] = '\0';
    }
}

const char *aas_error_text(const struct aas_error *err, int code)
{
    if (err && err->msg[0])
        return err->msg;
    return aas_strerror(err && err->code ? err->code : code);
}
