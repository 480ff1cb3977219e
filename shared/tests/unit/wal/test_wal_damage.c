/* Damage: every byte of a small log flipped in turn, ends torn at every length, headers, forged records, dead sectors.
 */
#include "wal_fixture.h"

#include <errno.h>
#include <unistd.h>

#include "aas/crc32c.h"

#define SEG 4096u
#define TOT (16 * SEG)
#define N   12u

static const char first_segment[] = "0000000000000000.wal";

ssize_t __real_pread(int fd, void *buf, size_t n, off_t pos);
ssize_t __wrap_pread(int fd, void *buf, size_t n, off_t pos);

static off_t dead_from, dead_to; /* reads that touch this range fail as a dead sector does */

ssize_t __wrap_pread(int fd, void *buf, size_t n, off_t pos)
{
    if (pos < dead_to && pos + (off_t)n > dead_from) {
        errno = EIO;
        return -1;
    }
    return __real_pread(fd, buf, n, pos);
}

/* A log of one segment with N records of growing length; its bytes, malloc'ed. */
static unsigned char *make_log(struct fixture *f, size_t *ret_n, char path[static AAS_TEST_PATH_BYTES])
{
    fixture_open(f, SEG, TOT);
    for (size_t i = 0; i < N; i++)
        fixture_put(f, 1, i * 5);
    fixture_close(f);
    char *bytes = aas_test_file_read(aas_test_path(path, f->log, first_segment), ret_n);
    assert_non_null(bytes);
    return (unsigned char *)bytes;
}

/* Remove what opening a damaged log has added, and put bytes in the first segment's place. */
static void restore(struct fixture *f, const unsigned char *bytes, size_t n)
{
    char path[AAS_TEST_PATH_BYTES];
    fixture_close(f);
    for (unsigned i = 0; i < 200; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%016x.wal", i);
        (void)unlink(aas_test_path(path, f->log, name));
    }
    assert_int_equal(aas_test_file_write(aas_test_path(path, f->log, first_segment), bytes, n), 0);
}

/* Record i begins here. */
static size_t start_of(size_t i)
{
    size_t pos = 32;
    for (size_t k = 0; k < i; k++)
        pos += (20 + k * 5 + 7) / 8 * 8;
    return pos;
}

/* Whichever bit flips: nothing wrong comes out, and at most the record that held it is missing, and it is noticed. */
static void a_flipped_byte_costs_its_record_only(void **state)
{
    struct fixture *f = *state;
    char path[AAS_TEST_PATH_BYTES];
    size_t size;
    unsigned char *bytes = make_log(f, &size, path);
    assert_int_equal(size, start_of(N));
    for (size_t at = 0; at < size; at++) {
        unsigned char flip = (unsigned char)(1u << (at % 8));
        uint64_t got[N + 2];
        size_t victim = N; /* none: in the header */
        for (size_t i = 0; i < N; i++)
            if (at >= start_of(i) && at < start_of(i + 1))
                victim = i;
        bytes[at] ^= flip;
        restore(f, bytes, size);
        bytes[at] ^= flip;
        fixture_open(f, SEG, TOT);
        struct aas_wal_stats st;
        aas_wal_stats(f->w, &st);
        assert_true(st.corrupt_records == 1 || (victim == N - 1 && st.torn_bytes > 0));
        assert_true(st.next_offset >= N);
        size_t n = fixture_read(f, 0, got, N + 2), want = 0;
        for (size_t i = 0; i < n; i++, want++) {
            want += want == victim;
            assert_int_equal(got[i], want);
        }
        assert_int_equal(n, victim < N ? N - 1 : N);
        struct aas_wal_stats again;
        aas_wal_stats(f->w, &again);
        assert_int_equal(again.corrupt_records, st.corrupt_records); /* counted once */
        fixture_put(f, 1, 40);
        assert_int_equal(fixture_read(f, st.next_offset, got, N + 2), 1);
        assert_true(got[0] >= N);
    }
    free(bytes);
}

/* The same while the damage appears under a log that is open: a reader that comes later skips and counts. */
static void damage_under_an_open_log_is_skipped(void **state)
{
    struct fixture *f = *state;
    char path[AAS_TEST_PATH_BYTES];
    size_t size;
    unsigned char *bytes = make_log(f, &size, path);
    for (size_t victim = 0; victim < N; victim++) {
        uint64_t got[N + 2];
        struct aas_wal_stats st;
        restore(f, bytes, size);
        fixture_open(f, SEG, TOT);
        bytes[start_of(victim) + 1] ^= 0x40; /* its length */
        assert_int_equal(aas_test_file_write(path, bytes, size), 0);
        bytes[start_of(victim) + 1] ^= 0x40;
        struct aas_wal_reader *r = NULL;
        struct aas_wal_record rec;
        size_t n = 0;
        assert_int_equal(aas_wal_reader_open(&r, f->w, 0, NULL), 0);
        while (aas_wal_read(r, &rec, AAS_MONO_PAST, NULL) == 0)
            n++;
        assert_int_equal(n, N - 1);
        fixture_put(f, 2, 9); /* behind a damaged end, too, a reader goes on */
        assert_int_equal(aas_wal_read(r, &rec, AAS_MONO_PAST, NULL), 0);
        assert_int_equal(rec.offset, N);
        assert_int_equal(aas_wal_read(r, &rec, AAS_MONO_PAST, NULL), 0);
        assert_int_equal(rec.offset, N + 1);
        aas_wal_reader_close(r);
        assert_int_equal(fixture_read(f, 0, got, N + 2), N + 1); /* a second reader doesn't count it again */
        aas_wal_stats(f->w, &st);
        assert_int_equal(st.corrupt_records, 1);
    }
    free(bytes);
}

static void a_torn_tail_is_cut_and_its_numbers_are_not_reused(void **state)
{
    struct fixture *f = *state;
    char path[AAS_TEST_PATH_BYTES];
    size_t size;
    unsigned char *bytes = make_log(f, &size, path);
    for (size_t len = 0; len < size; len++) {
        uint64_t got[N + 2];
        size_t whole = 0;
        while (whole < N && start_of(whole + 1) <= len)
            whole++;
        restore(f, bytes, len);
        fixture_open(f, SEG, TOT);
        struct aas_wal_stats st;
        aas_wal_stats(f->w, &st);
        bool torn = len < 32 || len > start_of(whole);
        assert_int_equal(st.torn_bytes, len < 32 ? len : len - start_of(whole));
        assert_true(torn ? st.next_offset >= whole : st.next_offset == whole);
        if (torn && len > 32)
            assert_true(st.next_offset > whole);
        assert_int_equal(fixture_read(f, 0, got, N + 2), whole);
        fixture_put(f, 1, 3);
        fixture_close(f);
        fixture_open(f, SEG, TOT);
        assert_int_equal(fixture_read(f, 0, got, N + 2), whole + 1);
        assert_int_equal(got[whole], st.next_offset);
        aas_wal_stats(f->w, &st);
        assert_int_equal(st.torn_bytes, 0);
    }
    free(bytes);
}

/* What power loss leaves: the length grew, the bytes never came. */
static void zeros_at_the_end_are_no_records(void **state)
{
    struct fixture *f = *state;
    char path[AAS_TEST_PATH_BYTES];
    uint64_t got[N + 2];
    size_t size;
    free(make_log(f, &size, path));
    assert_int_equal(truncate(path, (off_t)size + 3000), 0);
    fixture_open(f, SEG, TOT);
    struct aas_wal_stats st;
    aas_wal_stats(f->w, &st);
    assert_int_equal(st.torn_bytes, 3000);
    assert_true(st.next_offset > N);
    assert_int_equal(fixture_read(f, 0, got, N + 2), N);
}

/* A payload that carries whole records (a sensor may send what it likes) is never taken for them. */
static void records_inside_a_payload_are_not_believed(void **state)
{
    struct fixture *f = *state;
    char path[AAS_TEST_PATH_BYTES], carrier[2048];
    uint64_t got[N + 2];
    size_t size;
    unsigned char *bytes = make_log(f, &size, path);
    memset(carrier, 0, sizeof carrier);
    size_t body = size - 32; /* records 0..11 with good checksums; +4 puts them on the raster of 8 */
    memcpy(carrier + 4, bytes + 32, body);
    free(bytes);
    fixture_open(f, SEG, TOT);
    struct aas_wal_record rec = {.kind = 7, .payload = carrier, .len = 4 + body};
    assert_int_equal(aas_wal_append(f->w, &rec, 1, NULL), 0);
    fixture_put(f, 1, 10);
    fixture_close(f);
    bytes = (unsigned char *)aas_test_file_read(path, &size);
    assert_non_null(bytes);
    bytes[start_of(N) + 21] ^= 1; /* the carrier's payload */
    assert_int_equal(aas_test_file_write(path, bytes, size), 0);
    fixture_open(f, SEG, TOT);
    assert_int_equal(fixture_read(f, 0, got, N + 2), N + 1);
    assert_int_equal(got[N], N + 1);
    fixture_close(f);
    bytes[start_of(N) + 21] ^= 1;
    bytes[start_of(N) + 1] ^= 0x70; /* its length: now the scan runs through the payload */
    assert_int_equal(aas_test_file_write(path, bytes, size), 0);
    fixture_open(f, SEG, TOT);
    assert_int_equal(fixture_read(f, 0, got, N + 2), N + 1);
    assert_int_equal(got[N], N + 1);
    free(bytes);
}

static void another_format_version_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[AAS_TEST_PATH_BYTES];
    size_t size;
    unsigned char *bytes = make_log(f, &size, path);
    static const unsigned char version_9[32] = {'A', 'A', 'S', 'W', 'A', 'L', 9, 0, 0, 16, 0, 0, 0,   0, 0, 0,
                                                0,   0,   0,   0,   0,   0,   0, 0, 0, 0,  0, 0, 0x0, 0, 0, 0};
    memcpy(bytes, version_9, sizeof version_9);
    uint32_t crc = aas_crc32c(0, bytes, 28);
    memcpy(bytes + 28, &crc, sizeof crc);
    assert_int_equal(aas_test_file_write(path, bytes, size), 0);
    const struct aas_wal_options o = {.dir = f->log};
    struct aas_error err;
    assert_int_equal(aas_wal_open(&f->w, &o, &err), AAS_ECORRUPT);
    assert_non_null(strstr(err.msg, "format version 9"));
    size_t after;
    char *kept = aas_test_file_read(path, &after);
    assert_int_equal(after, size);
    assert_memory_equal(kept, bytes, size); /* and left as it was */
    free(kept);
    free(bytes);
}

static void a_renamed_segment_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[AAS_TEST_PATH_BYTES], other[AAS_TEST_PATH_BYTES];
    size_t size;
    free(make_log(f, &size, path));
    assert_int_equal(rename(path, aas_test_path(other, f->log, "0000000000000100.wal")), 0);
    const struct aas_wal_options o = {.dir = f->log};
    struct aas_error err;
    assert_int_equal(aas_wal_open(&f->w, &o, &err), AAS_ECORRUPT);
    assert_non_null(strstr(err.msg, "renamed"));
}

static void an_unreadable_sector_costs_its_records_only(void **state)
{
    struct fixture *f = *state;
    uint64_t got[64];
    fixture_open(f, 64 * 1024, 256 * 1024);
    for (int i = 0; i < 40; i++)
        fixture_put(f, 1, 1000);
    dead_from = 8192;
    dead_to = 12288;
    size_t n = fixture_read(f, 0, got, 64);
    dead_from = dead_to = 0;
    assert_int_equal(n, 40 - 5); /* 1,024 bytes each from 32 on: 7 to 11 touch that page */
    assert_int_equal(got[6], 6);
    assert_int_equal(got[7], 12);
    struct aas_wal_stats st;
    aas_wal_stats(f->w, &st);
    assert_int_equal(st.corrupt_records, 5);
}

struct seen {
    uint64_t records, damage_bytes;
    struct aas_wal_segment_report last;
    size_t segments;
};

static int count_record(void *ctx, const struct aas_wal_record *rec)
{
    fixture_check(rec);
    ((struct seen *)ctx)->records++;
    return 0;
}

static int count_damage(void *ctx, const char *segment, uint64_t pos, uint64_t bytes)
{
    assert_string_equal(segment, first_segment);
    assert_int_equal(pos, start_of(4));
    ((struct seen *)ctx)->damage_bytes += bytes;
    return 0;
}

static int take_segment(void *ctx, const struct aas_wal_segment_report *rep)
{
    struct seen *s = ctx;
    s->last = *rep;
    s->segments++;
    return s->segments == 2 ? 17 : 0;
}

static void inspection_reports_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    char path[AAS_TEST_PATH_BYTES];
    size_t size, after;
    unsigned char *bytes = make_log(f, &size, path);
    bytes[start_of(4) + 9] ^= 8;
    assert_int_equal(aas_test_file_write(path, bytes, size), 0);
    struct seen s = {0};
    const struct aas_wal_inspector in = {count_record, count_damage, take_segment, &s};
    assert_int_equal(aas_wal_inspect(f->log, &in, NULL), 0);
    assert_int_equal(s.records, N - 1);
    assert_int_equal(s.damage_bytes, start_of(5) - start_of(4));
    assert_int_equal(s.last.records, N - 1);
    assert_int_equal(s.last.lost_records, 1);
    assert_int_equal(s.last.damage_regions, 1);
    assert_int_equal(s.last.last_offset, N - 1);
    assert_true(s.last.header_ok && !s.last.tail_damaged);
    char *kept = aas_test_file_read(path, &after);
    assert_int_equal(after, size);
    assert_memory_equal(kept, bytes, size);
    free(kept);
    assert_int_equal(aas_test_file_write(aas_test_path(path, f->log, "00000000000000ff.wal"), "AASW", 4), 0);
    s = (struct seen){0};
    const struct aas_wal_inspector segments_only = {.on_segment = take_segment, .ctx = &s};
    assert_int_equal(aas_wal_inspect(f->log, &segments_only, NULL), 17); /* what a callback returns ends it */
    assert_true(!s.last.header_ok && s.last.tail_damaged);
    assert_int_equal(aas_wal_inspect("/nonexistent/wal", &in, NULL), AAS_ENOENT);
    free(bytes);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_flipped_byte_costs_its_record_only),
        T(damage_under_an_open_log_is_skipped),
        T(a_torn_tail_is_cut_and_its_numbers_are_not_reused),
        T(zeros_at_the_end_are_no_records),
        T(records_inside_a_payload_are_not_believed),
        T(another_format_version_is_refused),
        T(a_renamed_segment_is_refused),
        T(an_unreadable_sector_costs_its_records_only),
        T(inspection_reports_and_changes_nothing),
    };
    if (access("/dev/shm", W_OK) == 0) /* thousands of syncs, and none of them is what is tested here */
        (void)setenv("TMPDIR", "/dev/shm", 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
