/* Keyset cursors: the sort value and _id of a page's last document, bound to collection, filter and sort by a digest,
 * so that one of another query, or one with a changed byte, is refused instead of giving a page of something else. Not
 * a secret: it tells only what the page told. Layout: 12 bytes of SHA-256, type, value, id; base64url. */
#include "store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/id.h"
#include "aas/str.h"

#define DIGEST_BYTES 12
#define RAW_MAX      (AAS_STORE_CURSOR_BYTES / 4 * 3)

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void put_value(struct aas_buf *b, const struct aas_value *v)
{
    (void)aas_buf_append_char(b, (char)('0' + (int)v->type));
    switch (v->type) {
    case AAS_VALUE_STR:
        (void)aas_buf_append(b, v->v.s, strlen(v->v.s) + 1);
        break;
    case AAS_VALUE_INT:
    case AAS_VALUE_TIME:
        (void)aas_buf_append(b, &v->v.i, sizeof v->v.i);
        break;
    case AAS_VALUE_NUM:
        (void)aas_buf_append(b, &v->v.d, sizeof v->v.d);
        break;
    case AAS_VALUE_BOOL:
        (void)aas_buf_append_char(b, v->v.b ? 1 : 0);
        break;
    case AAS_VALUE_NULL:
        break;
    }
}

/* Digest of the query and of payload[0..len). */
static int digest(const struct store_plan *plan, const char *payload, size_t len, uint8_t ret[DIGEST_BYTES])
{
    AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(1024 * 1024);
    (void)aas_buf_printf(&b, "1 %s %s %d\n", plan->coll->name, plan->sort ? plan->sort->path : "_id",
                         plan->descending ? 1 : 0);
    for (size_t i = 0; i < plan->n_where; i++) {
        const struct aas_cond *w = &plan->where[i];
        size_t n = w->op == AAS_OP_IN ? w->n_in : 1;
        (void)aas_buf_printf(&b, "%s %d %zu\n", w->field, (int)w->op, n);
        for (size_t k = 0; k < n; k++)
            put_value(&b, w->op == AAS_OP_IN ? &w->in[k] : &w->value);
    }
    (void)aas_buf_append_char(&b, '\n');
    (void)aas_buf_append(&b, payload, len);
    uint8_t full[32];
    if (aas_buf_status(&b) != 0)
        return aas_buf_status(&b);
    aas_sha256(b.data, b.len, full);
    memcpy(ret, full, DIGEST_BYTES);
    return 0;
}

static void encode(const char *raw, size_t len, char *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | (uint8_t)raw[i];
        have += 8;
        while (have >= 6) {
            have -= 6;
            *out++ = letters[bits >> have & 63];
        }
    }
    if (have > 0)
        *out++ = letters[bits << (6 - have) & 63];
    *out = '\0';
}

static bool decode(const char *text, char *raw, size_t *ret_len)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t out = 0;
    for (const char *p = text; *p; p++) {
        const char *at = strchr(letters, *p);
        if (!at || out >= RAW_MAX)
            return false;
        bits = bits << 6 | (uint32_t)(at - letters);
        have += 6;
        if (have >= 8) {
            have -= 8;
            raw[out++] = (char)(bits >> have & 0xff);
        }
    }
    *ret_len = out;
    return (bits & ((1u << have) - 1)) == 0;
}

int store_cursor_make(const struct store_plan *plan, const bson_t *last, char ret[AAS_STORE_CURSOR_BYTES],
                      struct aas_error *err)
{
    struct aas_value value = {.type = AAS_VALUE_NULL};
    const char *id = aas_doc_str(last, "_id", NULL);
    if (!id || (plan->sort && store_field_value(plan->sort, last, &value) != 0))
        return aas_error_set(err, AAS_ECORRUPT, "a document of %s has no usable _id or sort field", plan->coll->name);
    if (value.type == AAS_VALUE_STR && strlen(value.v.s) > STORE_SORT_TEXT_BYTES)
        return aas_error_set(err, AAS_ETOOBIG, "%s is too long to page by", plan->sort->path);
    AAS_AUTO_BUF struct aas_buf payload = AAS_BUF_INIT(RAW_MAX - DIGEST_BYTES);
    put_value(&payload, &value);
    (void)aas_buf_append_str(&payload, id);
    int rc = aas_buf_status(&payload);
    char raw[RAW_MAX];
    if (rc == 0)
        rc = digest(plan, payload.data, payload.len, (uint8_t *)raw);
    if (rc != 0)
        return aas_error_set(err, rc, "a cursor of %s doesn't fit", plan->coll->name);
    memcpy(raw + DIGEST_BYTES, payload.data, payload.len);
    encode(raw, DIGEST_BYTES + payload.len, ret);
    return 0;
}

/* One value from p[0..left); how many bytes it took, 0 when malformed. */
static size_t take_value(const char *p, size_t left, struct store_position *pos)
{
    pos->value.type = (enum aas_value_type)(p[0] - '0');
    size_t n = 0;
    switch (pos->value.type) {
    case AAS_VALUE_NULL:
        return 1;
    case AAS_VALUE_STR:
        n = strnlen(p + 1, left - 1);
        if (n == left - 1 || n > STORE_SORT_TEXT_BYTES)
            return 0;
        memcpy(pos->text, p + 1, n + 1);
        pos->value.v.s = pos->text;
        return n + 2;
    case AAS_VALUE_INT:
    case AAS_VALUE_TIME:
        if (left < 9)
            return 0;
        memcpy(&pos->value.v.i, p + 1, 8);
        return 9;
    case AAS_VALUE_NUM:
        if (left < 9)
            return 0;
        memcpy(&pos->value.v.d, p + 1, 8);
        return 9;
    case AAS_VALUE_BOOL:
        if (left < 2)
            return 0;
        pos->value.v.b = p[1] != 0;
        return 2;
    }
    return 0;
}

int store_cursor_read(const struct store_plan *plan, const char *cursor, struct store_position *ret,
                      struct aas_error *err)
{
    char raw[RAW_MAX];
    size_t len = 0;
    uint8_t want[DIGEST_BYTES];
    bool ok = strlen(cursor) < AAS_STORE_CURSOR_BYTES && decode(cursor, raw, &len) && len > DIGEST_BYTES + 1;
    int rc = ok ? digest(plan, raw + DIGEST_BYTES, len - DIGEST_BYTES, want) : 0;
    if (rc != 0)
        return aas_error_set(err, rc, "a cursor can't be checked: %s", aas_strerror(rc));
    ok = ok && memcmp(want, raw, DIGEST_BYTES) == 0;
    size_t used = ok ? take_value(raw + DIGEST_BYTES, len - DIGEST_BYTES, ret) : 0;
    size_t id_len = len - DIGEST_BYTES - used;
    enum aas_value_type expected = plan->sort ? store_value_type(plan->sort->kind) : AAS_VALUE_NULL;
    if (used == 0 || ret->value.type != expected || !store_id_ok(raw + DIGEST_BYTES + used, id_len))
        return aas_error_set(err, AAS_EPARSE, "the cursor isn't one of this query; start without it");
    memcpy(ret->id, raw + DIGEST_BYTES + used, id_len);
    ret->id[id_len] = '\0';
    return 0;
}
