#include "bucket.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/num.h"

void ingest_bucket_fini(struct ingest_bucket *b)
{
    free(b->t);
    free(b->seq);
    free(b->q);
    for (size_t c = 0; c < b->columns_cap; c++)
        free(b->v[c]);
    free(b->v);
    *b = (struct ingest_bucket){0};
}

void ingest_bucket_clear(struct ingest_bucket *b)
{
    b->rows = 0;
    b->columns = 0;
}

static int grow_rows(struct ingest_bucket *b)
{
    size_t cap = b->cap ? b->cap * 2 : 8;
    int64_t *t = realloc(b->t, cap * sizeof *t);
    if (!t)
        return AAS_ENOMEM;
    b->t = t;
    int64_t *seq = realloc(b->seq, cap * sizeof *seq);
    if (!seq)
        return AAS_ENOMEM;
    b->seq = seq;
    int32_t *q = realloc(b->q, cap * sizeof *q);
    if (!q)
        return AAS_ENOMEM;
    b->q = q;
    for (size_t c = 0; c < b->columns_cap; c++) {
        double *v = realloc(b->v[c], cap * sizeof *v);
        if (!v)
            return AAS_ENOMEM;
        b->v[c] = v;
    }
    b->cap = cap;
    return 0;
}

ssize_t ingest_bucket_add(struct ingest_bucket *b, int64_t t, int64_t seq, int32_t q, uint64_t offset,
                          int64_t received_ms)
{
    if (b->rows == b->cap) {
        int rc = grow_rows(b);
        if (rc < 0)
            return rc;
    }
    size_t row = b->rows;
    if (row == 0) {
        b->offset = offset;
        b->received_ms = received_ms;
        b->start_ms = b->end_ms = t;
    }
    b->start_ms = t < b->start_ms ? t : b->start_ms;
    b->end_ms = t > b->end_ms ? t : b->end_ms;
    b->t[row] = t;
    b->seq[row] = seq;
    b->q[row] = q;
    for (size_t c = 0; c < b->columns; c++)
        b->v[c][row] = NAN;
    b->rows++;
    return (ssize_t)row;
}

static int grow_columns(struct ingest_bucket *b, size_t need)
{
    size_t cap = b->columns_cap ? b->columns_cap : 8;
    while (cap < need)
        cap *= 2;
    double **v = realloc(b->v, cap * sizeof *v);
    if (!v)
        return AAS_ENOMEM;
    b->v = v;
    for (; b->columns_cap < cap; b->columns_cap++) {
        b->v[b->columns_cap] = malloc(b->cap * sizeof **v);
        if (!b->v[b->columns_cap])
            return AAS_ENOMEM;
    }
    return 0;
}

int ingest_bucket_set(struct ingest_bucket *b, size_t c, double value)
{
    if (c >= b->columns_cap) {
        int rc = grow_columns(b, c + 1);
        if (rc < 0)
            return rc;
    }
    for (; b->columns <= c; b->columns++) {
        for (size_t i = 0; i < b->rows; i++)
            b->v[b->columns][i] = NAN;
    }
    b->v[c][b->rows - 1] = value;
    return 0;
}

void ingest_bucket_pop(struct ingest_bucket *b)
{
    if (b->rows > 0)
        b->rows--;
}

void ingest_bucket_id(const char *sensor_id, int64_t start_ms, uint64_t offset, char id[static INGEST_BUCKET_ID_BYTES])
{
    (void)snprintf(id, INGEST_BUCKET_ID_BYTES, "%s:%lld:%llu", sensor_id, (long long)start_ms,
                   (unsigned long long)offset);
}

uint64_t ingest_bucket_id_offset(const char *id)
{
    const char *colon = strrchr(id, ':');
    uint64_t offset;
    if (!colon || aas_num_parse_u64(colon + 1, strlen(colon + 1), &offset) < 0)
        return UINT64_MAX;
    return offset;
}

/* Keys of BSON arrays: "0", "1", …; formatting them costs more than the values do. */
static const char *index_key(size_t i, char tmp[16], int *ret_len)
{
    static const char digits[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                 "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                 "8081828384858687888990919293949596979899";
    char *p = tmp + 15;
    *p = '\0';
    while (i >= 100) {
        p -= 2;
        memcpy(p, digits + 2 * (i % 100), 2);
        i /= 100;
    }
    if (i >= 10) {
        p -= 2;
        memcpy(p, digits + 2 * i, 2);
    } else {
        *--p = (char)('0' + i);
    }
    *ret_len = (int)(tmp + 15 - p);
    return p;
}

static bool append_column(bson_t *to, const double *v, size_t n)
{
    char tmp[16];
    int len;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        const char *key = index_key(i, tmp, &len);
        ok = isnan(v[i]) ? bson_append_null(to, key, len) : bson_append_double(to, key, len, v[i]);
    }
    return ok;
}

static bool has_value(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isnan(v[i]))
            return true;
    }
    return false;
}

static bool append_arrays(const struct ingest_bucket *b, const char *const *names, bson_t *doc)
{
    bson_t list, v;
    char tmp[16];
    int len;
    bool ok = BSON_APPEND_ARRAY_BEGIN(doc, "t", &list);
    for (size_t i = 0; ok && i < b->rows; i++) {
        const char *key = index_key(i, tmp, &len);
        ok = bson_append_int64(&list, key, len, b->t[i]);
    }
    ok = ok && bson_append_array_end(doc, &list) && BSON_APPEND_DOCUMENT_BEGIN(doc, "v", &v);
    for (size_t c = 0; ok && c < b->columns; c++) {
        if (has_value(b->v[c], b->rows))
            ok = BSON_APPEND_ARRAY_BEGIN(&v, names[c], &list) && append_column(&list, b->v[c], b->rows) &&
                 bson_append_array_end(&v, &list);
    }
    ok = ok && bson_append_document_end(doc, &v) && BSON_APPEND_ARRAY_BEGIN(doc, "q", &list);
    for (size_t i = 0; ok && i < b->rows; i++) {
        const char *key = index_key(i, tmp, &len);
        ok = bson_append_int32(&list, key, len, b->q[i]);
    }
    ok = ok && bson_append_array_end(doc, &list) && BSON_APPEND_ARRAY_BEGIN(doc, "seq", &list);
    for (size_t i = 0; ok && i < b->rows; i++) {
        const char *key = index_key(i, tmp, &len);
        ok = bson_append_int64(&list, key, len, b->seq[i]);
    }
    return ok && bson_append_array_end(doc, &list);
}

int ingest_bucket_encode(const struct ingest_bucket *b, const char *sensor_id, const char *const *names, bson_t *doc)
{
    char id[INGEST_BUCKET_ID_BYTES];
    ingest_bucket_id(sensor_id, b->start_ms, b->offset, id);
    bool ok = BSON_APPEND_UTF8(doc, "_id", id) && BSON_APPEND_UTF8(doc, "sensor_id", sensor_id) &&
              BSON_APPEND_DATE_TIME(doc, "start", b->start_ms) && BSON_APPEND_DATE_TIME(doc, "end", b->end_ms) &&
              BSON_APPEND_INT64(doc, "n", (int64_t)b->rows) && BSON_APPEND_DATE_TIME(doc, "received", b->received_ms);
    return ok && append_arrays(b, names, doc) ? 0 : AAS_ENOMEM;
}
