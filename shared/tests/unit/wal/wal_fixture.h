/* A log in a fresh directory, and the few verbs that its tests share. */
#pragma once

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aas/test_dir.h"
#include "aas/wal.h"

struct fixture {
    char dir[AAS_TEST_PATH_BYTES]; /* the test's */
    char log[AAS_TEST_PATH_BYTES]; /* the log's, within it */
    struct aas_wal *w;
};

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f || aas_test_dir_make(f->dir) != 0)
        return -1;
    (void)aas_test_path(f->log, f->dir, "wal");
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    aas_wal_close(f->w);
    aas_test_dir_remove(f->dir);
    free(f);
    return 0;
}

static inline void fixture_open(struct fixture *f, uint64_t segment, uint64_t total)
{
    struct aas_error err = AAS_ERROR_NONE;
    const struct aas_wal_options o = {.dir = f->log, .segment_bytes = segment, .max_total_bytes = total};
    int rc = aas_wal_open(&f->w, &o, &err);
    if (rc)
        fail_msg("open: %s", aas_error_text(&err, rc));
}

static inline void fixture_close(struct fixture *f)
{
    aas_wal_close(f->w);
    f->w = NULL;
}

/* Append n records "record <offset> …" of len bytes each as one batch; returns append's result. */
static inline int fixture_append(struct fixture *f, size_t n, size_t len, struct aas_error *err)
{
    struct aas_wal_record *recs = calloc(n, sizeof *recs);
    struct aas_wal_stats st;
    aas_wal_stats(f->w, &st);
    assert_non_null(recs);
    for (size_t i = 0; i < n; i++) {
        char *text = malloc(len + 32);
        assert_non_null(text);
        memset(text, 'x', len + 32);
        text[snprintf(text, 32, "record %" PRIu64 " ", st.next_offset + i)] = 'x';
        recs[i] = (struct aas_wal_record){.kind = 7, .payload = text, .len = len};
    }
    int rc = aas_wal_append(f->w, recs, n, err);
    for (size_t i = 0; i < n; i++) {
        if (rc == 0)
            assert_int_equal(recs[i].offset, st.next_offset + i);
        free((void *)(uintptr_t)recs[i].payload);
    }
    free(recs);
    return rc;
}

static inline void fixture_put(struct fixture *f, size_t n, size_t len)
{
    struct aas_error err = AAS_ERROR_NONE;
    int rc = fixture_append(f, n, len, &err);
    if (!rc)
        rc = aas_wal_sync(f->w, &err);
    if (rc)
        fail_msg("append: %s", aas_error_text(&err, rc));
}

/* Is rec what fixture_append wrote under its offset? */
static inline void fixture_check(const struct aas_wal_record *rec)
{
    char want[32];
    size_t n = (size_t)snprintf(want, sizeof want, "record %" PRIu64 " ", rec->offset);
    n = n < rec->len ? n : rec->len;
    assert_int_equal(rec->kind, 7);
    assert_memory_equal(rec->payload, want, n);
    for (size_t i = n; i < rec->len; i++)
        assert_int_equal(((const char *)rec->payload)[i], 'x');
}

/* Read from offset to the end; offsets go to out (of max); returns how many. */
static inline size_t fixture_read(struct fixture *f, uint64_t offset, uint64_t *out, size_t max)
{
    struct aas_wal_reader *r = NULL;
    struct aas_wal_record rec;
    size_t n = 0;
    int rc = aas_wal_reader_open(&r, f->w, offset, NULL);
    while (rc == 0 && (rc = aas_wal_read(r, &rec, AAS_MONO_PAST, NULL)) == 0) {
        fixture_check(&rec);
        assert_true(n < max);
        out[n++] = rec.offset;
    }
    assert_int_equal(rc, AAS_ETIMEDOUT);
    aas_wal_reader_close(r);
    return n;
}
