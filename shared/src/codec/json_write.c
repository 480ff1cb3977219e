/* The JSON writer onto a bounded buffer; see aas/json_pull.h. */
#include <assert.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/err.h"
#include "aas/json_pull.h"
#include "aas/num.h"

static void put(struct aas_json_writer *w, const char *bytes, size_t len)
{
    if (w->rc == 0)
        w->rc = aas_buf_append(w->buf, bytes, len);
}

void aas_json_write_init(struct aas_json_writer *w, struct aas_buf *buf)
{
    *w = (struct aas_json_writer){.buf = buf, .start = buf->len, .rc = buf->status};
}

/* What stands before a value or a key: a comma unless it is the first of its level or follows its key. */
static void separate(struct aas_json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    uint64_t bit = UINT64_C(1) << w->depth;
    if (w->not_first & bit)
        put(w, ",", 1);
    w->not_first |= bit;
}

static void open_level(struct aas_json_writer *w, char c)
{
    separate(w);
    put(w, &c, 1);
    assert(w->depth < 63);
    w->depth++;
    w->not_first &= ~(UINT64_C(1) << w->depth);
}

static void close_level(struct aas_json_writer *w, char c)
{
    assert(w->depth > 0 && !w->after_key);
    w->depth--;
    put(w, &c, 1);
}

void aas_json_write_object(struct aas_json_writer *w)
{
    open_level(w, '{');
}

void aas_json_write_object_end(struct aas_json_writer *w)
{
    close_level(w, '}');
}

void aas_json_write_array(struct aas_json_writer *w)
{
    open_level(w, '[');
}

void aas_json_write_array_end(struct aas_json_writer *w)
{
    close_level(w, ']');
}

static void put_quoted(struct aas_json_writer *w, const char *s, size_t len)
{
    if (w->rc == 0)
        w->rc = aas_buf_append_json(w->buf, s, len);
}

void aas_json_write_key_n(struct aas_json_writer *w, const char *key, size_t len)
{
    assert(!w->after_key);
    separate(w);
    put_quoted(w, key, len);
    put(w, ":", 1);
    w->after_key = true;
}

void aas_json_write_key(struct aas_json_writer *w, const char *key)
{
    aas_json_write_key_n(w, key, strlen(key));
}

void aas_json_write_string_n(struct aas_json_writer *w, const char *s, size_t len)
{
    separate(w);
    put_quoted(w, s, len);
}

void aas_json_write_string(struct aas_json_writer *w, const char *s)
{
    if (s)
        aas_json_write_string_n(w, s, strlen(s));
    else
        aas_json_write_null(w);
}

void aas_json_write_raw(struct aas_json_writer *w, const char *json, size_t len)
{
    separate(w);
    put(w, json, len);
}

void aas_json_write_null(struct aas_json_writer *w)
{
    aas_json_write_raw(w, "null", 4);
}

void aas_json_write_bool(struct aas_json_writer *w, bool value)
{
    aas_json_write_raw(w, value ? "true" : "false", value ? 4 : 5);
}

void aas_json_write_double(struct aas_json_writer *w, double value)
{
    char text[AAS_NUM_BYTES];
    aas_json_write_raw(w, text, aas_num_format_g9(value, text));
}

void aas_json_write_double_exact(struct aas_json_writer *w, double value)
{
    char text[AAS_NUM_BYTES];
    aas_json_write_raw(w, text, aas_num_format_double(value, text));
}

void aas_json_write_int(struct aas_json_writer *w, int64_t value)
{
    char text[AAS_NUM_BYTES];
    aas_json_write_raw(w, text, aas_num_format_i64(value, text));
}

void aas_json_write_doubles(struct aas_json_writer *w, const double *values, size_t n)
{
    aas_json_write_array(w);
    for (size_t i = 0; i < n; i++)
        aas_json_write_double(w, values[i]);
    aas_json_write_array_end(w);
}

void aas_json_write_ints(struct aas_json_writer *w, const int64_t *values, size_t n)
{
    aas_json_write_array(w);
    for (size_t i = 0; i < n; i++)
        aas_json_write_int(w, values[i]);
    aas_json_write_array_end(w);
}

int aas_json_write_finish(struct aas_json_writer *w)
{
    assert(w->rc != 0 || (w->depth == 0 && !w->after_key));
    if (w->rc != 0)
        aas_buf_truncate(w->buf, w->start);
    return w->rc;
}
