#include "aas/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/num.h"
#include "escape.h"

#define MIN_CAP 64

void aas_buf_init(struct aas_buf *b, size_t max_bytes)
{
    assert(max_bytes > 0);
    *b = AAS_BUF_INIT(max_bytes);
}

void aas_buf_fini(struct aas_buf *b)
{
    if (!b)
        return;
    free(b->data);
    *b = AAS_BUF_INIT(b->max_bytes);
}

void aas_buf_clear(struct aas_buf *b)
{
    b->len = 0;
    b->status = 0;
    if (b->data)
        b->data[0] = '\0';
}

int aas_buf_status(const struct aas_buf *b)
{
    return b->status;
}

const char *aas_buf_str(const struct aas_buf *b)
{
    return b->data ? b->data : "";
}

char *aas_buf_reserve(struct aas_buf *b, size_t n)
{
    if (b->status)
        return NULL;
    if (n > b->max_bytes - b->len) {
        b->status = AAS_ETOOBIG;
        return NULL;
    }
    size_t need = b->len + n + 1; /* the NUL */
    if (need > b->cap || !b->data) {
        size_t cap = b->cap < MIN_CAP ? MIN_CAP : b->cap;
        while (cap < need)
            cap = cap > SIZE_MAX / 2 ? need : cap * 2;
        if (cap > b->max_bytes && need <= b->max_bytes)
            cap = b->max_bytes + 1 > need ? b->max_bytes + 1 : need;
        char *data = realloc(b->data, cap);
        if (!data) {
            b->status = AAS_ENOMEM;
            return NULL;
        }
        b->data = data;
        b->cap = cap;
        b->data[b->len] = '\0';
    }
    return b->data + b->len;
}

void aas_buf_commit(struct aas_buf *b, size_t n)
{
    assert(b->len + n < b->cap || (n == 0 && b->cap == 0));
    b->len += n;
    if (b->data)
        b->data[b->len] = '\0';
}

int aas_buf_append(struct aas_buf *b, const void *bytes, size_t n)
{
    if (n == 0)
        return b->status;
    char *to = aas_buf_reserve(b, n);
    if (to) {
        memcpy(to, bytes, n);
        aas_buf_commit(b, n);
    }
    return b->status;
}

int aas_buf_append_str(struct aas_buf *b, const char *text)
{
    return aas_buf_append(b, text, strlen(text));
}

int aas_buf_append_char(struct aas_buf *b, char c)
{
    return aas_buf_append(b, &c, 1);
}

int aas_buf_vprintf(struct aas_buf *b, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0) {
        if (!b->status)
            b->status = AAS_EINVAL;
    } else {
        char *to = aas_buf_reserve(b, (size_t)n);
        if (to) {
            (void)vsnprintf(to, (size_t)n + 1, fmt, again);
            aas_buf_commit(b, (size_t)n);
        }
    }
    va_end(again);
    return b->status;
}

int aas_buf_printf(struct aas_buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int rc = aas_buf_vprintf(b, fmt, args);
    va_end(args);
    return rc;
}

int aas_buf_append_i64(struct aas_buf *b, int64_t v)
{
    char text[AAS_NUM_BYTES];
    return aas_buf_append(b, text, aas_num_format_i64(v, text));
}

int aas_buf_append_u64(struct aas_buf *b, uint64_t v)
{
    char text[AAS_NUM_BYTES];
    return aas_buf_append(b, text, aas_num_format_u64(v, text));
}

int aas_buf_append_double(struct aas_buf *b, double v)
{
    char text[AAS_NUM_BYTES];
    return aas_buf_append(b, text, aas_num_format_double(v, text));
}

int aas_buf_append_g9(struct aas_buf *b, double v)
{
    char text[AAS_NUM_BYTES];
    return aas_buf_append(b, text, aas_num_format_g9(v, text));
}

int aas_buf_append_json(struct aas_buf *b, const char *text, size_t n)
{
    (void)aas_buf_append_char(b, '"');
    while (n > 0 && !b->status) {
        /* Most text needs no escapes: try with its own length first, then go on with what is left. */
        size_t room = n + AAS_ESCAPE_MAX_BYTES, left = b->max_bytes - b->len;
        char *to = aas_buf_reserve(b, room < left ? room : left);
        if (!to)
            break;
        size_t used;
        aas_buf_commit(b, aas_escape_json(text, n, &used, to, room < left ? room : left));
        if (used == 0)
            b->status = AAS_ETOOBIG;
        text += used;
        n -= used;
    }
    return aas_buf_append_char(b, '"');
}

void aas_buf_consume(struct aas_buf *b, size_t n)
{
    assert(n <= b->len);
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->len - n + 1);
    b->len -= n;
}

void aas_buf_truncate(struct aas_buf *b, size_t len)
{
    assert(len <= b->len);
    b->len = len;
    if (b->data)
        b->data[len] = '\0';
}

char *aas_buf_take(struct aas_buf *b, size_t *ret_len)
{
    if (b->status || (!b->data && !aas_buf_reserve(b, 0)))
        return NULL;
    char *data = b->data;
    if (ret_len)
        *ret_len = b->len;
    *b = AAS_BUF_INIT(b->max_bytes);
    return data;
}
