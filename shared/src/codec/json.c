/* Bounded parse of JSON documents; see aas/json.h. */
#include "aas/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "aas/buf.h"
#include "aas/err.h"
#include "aas/error.h"

/* Depth before jansson sees the text: its own limit is a constant of 2,048. Quotes hide brackets. */
static bool depth_within(const char *text, size_t len, unsigned max_depth)
{
    unsigned depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > max_depth)
                return false;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return true;
}

int aas_json_parse(const char *text, size_t len, size_t max_bytes, unsigned max_depth, json_t **ret_doc,
                   struct aas_error *err)
{
    size_t cap = max_bytes ? max_bytes : AAS_JSON_MAX_BYTES;
    if (len > cap)
        return aas_error_set(err, AAS_ETOOBIG, "the JSON text has %zu bytes, at most %zu are taken", len, cap);
    if (max_depth == 0)
        max_depth = AAS_JSON_MAX_DEPTH;
    if (!depth_within(text, len, max_depth))
        return aas_error_set(err, AAS_EPARSE, "the JSON text is nested deeper than %u levels", max_depth);
    json_error_t where;
    json_t *doc = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (!doc) {
        if (json_error_code(&where) == json_error_out_of_memory)
            return aas_error_set(err, AAS_ENOMEM, "no memory for a JSON text of %zu bytes", len);
        return aas_error_set(err, AAS_EPARSE, "not valid JSON at line %d, column %d: %s", where.line, where.column,
                             where.text);
    }
    *ret_doc = doc;
    return 0;
}

int aas_json_load(const char *path, size_t max_bytes, json_t **ret_doc, struct aas_error *err)
{
    size_t cap = max_bytes ? max_bytes : AAS_JSON_MAX_BYTES;
    FILE *f = fopen(path, "rbe");
    if (!f) {
        int e = errno;
        return aas_error_set(err, -e, "%s: %s", path, aas_strerror(-e));
    }
    struct aas_buf buf;
    aas_buf_init(&buf, cap + 1);
    char chunk[4096];
    int rc = 0;
    for (size_t n; rc == 0 && (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        rc = aas_buf_append(&buf, chunk, n);
    if (rc == 0 && ferror(f))
        rc = -EIO;
    (void)fclose(f);
    if (rc != 0) {
        rc = aas_error_set(err, rc, "%s: %s (at most %zu bytes are taken)", path, aas_strerror(rc), cap);
    } else {
        rc = aas_json_parse(aas_buf_str(&buf), buf.len, cap, 0, ret_doc, err);
        if (rc != 0)
            (void)aas_error_prefix(err, "%s", path);
    }
    aas_buf_fini(&buf);
    return rc;
}

static int append(const char *text, size_t len, void *arg)
{
    return aas_buf_append(arg, text, len) == 0 ? 0 : -1;
}

int aas_json_dump(const json_t *doc, struct aas_buf *buf)
{
    size_t start = buf->len;
    if (json_dump_callback(doc, append, buf, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)) == 0)
        return 0;
    aas_buf_truncate(buf, start);
    return buf->status ? buf->status : AAS_ENOMEM;
}
