/* The write-ahead log as its users see it: order, durability, rotation, bounds, readers, positions. */
#include "wal_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aas/test_wait.h"

#define SEG 4096u
#define TOT (16 * SEG)

static void records_come_back_in_order_after_reopening(void **state)
{
    struct fixture *f = *state;
    uint64_t got[400];
    fixture_open(f, SEG, TOT);
    for (size_t i = 0; i < 30; i++)
        fixture_put(f, i % 7, i * 11);
    struct aas_wal_stats before, after;
    aas_wal_stats(f->w, &before);
    assert_true(before.segments > 1);
    assert_int_equal(before.synced_offset, before.next_offset);
    fixture_close(f);
    fixture_open(f, SEG, TOT);
    aas_wal_stats(f->w, &after);
    assert_int_equal(after.next_offset, before.next_offset);
    assert_int_equal(after.total_bytes, before.total_bytes);
    assert_int_equal(after.segments, before.segments);
    assert_int_equal(after.corrupt_records + after.torn_bytes, 0);
    size_t n = fixture_read(f, 0, got, 400);
    assert_int_equal(n, before.next_offset);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(got[i], i);
    assert_int_equal(fixture_read(f, 40, got, 400), n - 40);
    assert_int_equal(got[0], 40);
}

static void readers_see_only_what_is_synced(void **state)
{
    struct fixture *f = *state;
    uint64_t got[10];
    fixture_open(f, SEG, TOT);
    assert_int_equal(fixture_append(f, 3, 100, NULL), 0);
    assert_int_equal(fixture_read(f, 0, got, 10), 0);
    assert_int_equal(aas_wal_sync(f->w, NULL), 0);
    assert_int_equal(fixture_read(f, 0, got, 10), 3);
}

static void a_batch_is_one_sync(void **state)
{
    struct fixture *f = *state;
    struct aas_wal_stats st;
    fixture_open(f, 0, 0);
    fixture_put(f, 1000, 200);
    aas_wal_stats(f->w, &st);
    assert_int_equal(st.syncs, 1);
    assert_int_equal(st.appended, 1000);
    assert_int_equal(aas_wal_sync(f->w, NULL), 0); /* nothing new: nothing to do */
    aas_wal_stats(f->w, &st);
    assert_int_equal(st.syncs, 1);
}

static void rotation_keeps_unsynced_records_for_the_next_sync(void **state)
{
    struct fixture *f = *state;
    uint64_t got[64];
    fixture_open(f, SEG, TOT);
    for (int i = 0; i < 40; i++)
        assert_int_equal(fixture_append(f, 1, 500, NULL), 0);
    assert_int_equal(fixture_read(f, 0, got, 64), 0);
    assert_int_equal(aas_wal_sync(f->w, NULL), 0);
    assert_int_equal(fixture_read(f, 0, got, 64), 40);
}

static void a_batch_larger_than_a_segment_stays_whole(void **state)
{
    struct fixture *f = *state;
    uint64_t got[64];
    fixture_open(f, SEG, TOT);
    fixture_put(f, 1, 10);
    fixture_put(f, 30, 300);
    fixture_put(f, 1, 10);
    assert_int_equal(fixture_read(f, 0, got, 64), 32);
    struct aas_wal_stats st;
    aas_wal_stats(f->w, &st);
    assert_int_equal(st.segments, 3);
}

static void the_total_size_is_bounded_and_trim_makes_room(void **state)
{
    struct fixture *f = *state;
    struct aas_error err;
    struct aas_wal_stats st;
    int rc;
    fixture_open(f, SEG, 4 * SEG);
    while ((rc = fixture_append(f, 4, 200, &err)) == 0)
        assert_int_equal(aas_wal_sync(f->w, NULL), 0);
    assert_int_equal(rc, AAS_ENOSPC);
    assert_non_null(strstr(err.msg, "is full"));
    aas_wal_stats(f->w, &st);
    assert_true(st.total_bytes <= 4 * SEG);
    assert_int_equal(aas_wal_trim(f->w, st.next_offset, NULL), 0);
    aas_wal_stats(f->w, &st);
    assert_int_equal(st.segments, 1);
    assert_true(st.first_offset > 0);
    fixture_put(f, 4, 200);
}

static void trim_spares_segments_with_records_at_or_above(void **state)
{
    struct fixture *f = *state;
    struct aas_wal_stats st;
    uint64_t got[200];
    fixture_open(f, SEG, TOT);
    for (int i = 0; i < 60; i++)
        fixture_put(f, 1, 400);
    assert_int_equal(aas_wal_trim(f->w, 25, NULL), 0);
    aas_wal_stats(f->w, &st);
    assert_true(st.first_offset <= 25 && st.first_offset > 25 - 10);
    size_t n = fixture_read(f, 0, got, 200);
    assert_int_equal(got[0], st.first_offset);
    assert_int_equal(n, 60 - st.first_offset);
    assert_int_equal(fixture_read(f, 25, got, 200), 35);
}

static void sum_visit(void *ctx, const struct aas_wal_record *rec)
{
    uint64_t *sums = ctx;
    sums[0]++;
    sums[1] += rec->offset;
}

static void drop_oldest_tells_what_went(void **state)
{
    struct fixture *f = *state;
    uint64_t sums[2] = {0}, first = 99, end = 99, got[64];
    fixture_open(f, SEG, TOT);
    assert_int_equal(aas_wal_drop_oldest(f->w, NULL, NULL, NULL, NULL, NULL), AAS_ENOENT);
    for (int i = 0; i < 12; i++)
        fixture_put(f, 1, 900);
    assert_int_equal(aas_wal_drop_oldest(f->w, sum_visit, sums, &first, &end, NULL), 0);
    assert_int_equal(first, 0);
    assert_int_equal(end, 4);
    assert_int_equal(sums[0], 4);
    assert_int_equal(sums[1], 0 + 1 + 2 + 3);
    while (aas_wal_drop_oldest(f->w, sum_visit, sums, &first, &end, NULL) == 0)
        ; /* the active segment is rotated and goes too */
    assert_int_equal(sums[0], 12);
    assert_int_equal(end, 12);
    assert_int_equal(fixture_read(f, 0, got, 64), 0);
    fixture_put(f, 1, 5);
    assert_int_equal(fixture_read(f, 0, got, 64), 1);
    assert_int_equal(got[0], 12);
}

static void a_reader_behind_a_forced_trim_goes_on_at_the_oldest(void **state)
{
    struct fixture *f = *state;
    struct aas_wal_reader *r = NULL;
    struct aas_wal_record rec;
    fixture_open(f, SEG, TOT);
    for (int i = 0; i < 12; i++)
        fixture_put(f, 1, 900);
    assert_int_equal(aas_wal_reader_open(&r, f->w, 0, NULL), 0);
    assert_int_equal(aas_wal_read(r, &rec, AAS_MONO_PAST, NULL), 0);
    assert_int_equal(aas_wal_drop_oldest(f->w, NULL, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(aas_wal_drop_oldest(f->w, NULL, NULL, NULL, NULL, NULL), 0);
    uint64_t last = 0;
    while (aas_wal_read(r, &rec, AAS_MONO_PAST, NULL) == 0) {
        assert_true(rec.offset == last + 1 || rec.offset == 8); /* what it had open it may finish */
        last = rec.offset;
    }
    assert_int_equal(last, 11);
    aas_wal_reader_close(r);
}

static void offsets_go_on_after_everything_was_trimmed(void **state)
{
    struct fixture *f = *state;
    struct aas_wal_stats st;
    uint64_t got[8];
    fixture_open(f, SEG, TOT);
    fixture_put(f, 5, 10);
    assert_int_equal(aas_wal_drop_oldest(f->w, NULL, NULL, NULL, NULL, NULL), 0);
    fixture_close(f);
    fixture_open(f, SEG, TOT);
    aas_wal_stats(f->w, &st);
    assert_int_equal(st.next_offset, 5);
    fixture_put(f, 1, 10);
    assert_int_equal(fixture_read(f, 0, got, 8), 1);
    assert_int_equal(got[0], 5);
}

static void positions_are_kept(void **state)
{
    struct fixture *f = *state;
    uint64_t pos = 77;
    fixture_open(f, SEG, TOT);
    fixture_put(f, 5, 10);
    assert_int_equal(aas_wal_position_load(f->w, "store", &pos, NULL), AAS_ENOENT);
    assert_int_equal(pos, 77);
    assert_int_equal(aas_wal_position_save(f->w, "store", 3, NULL), 0);
    assert_int_equal(aas_wal_position_save(f->w, "store", 4, NULL), 0);
    assert_int_equal(aas_wal_position_save(f->w, "windows", 5, NULL), 0);
    assert_int_equal(aas_wal_position_save(f->w, "windows", 6, NULL), AAS_EINVAL); /* behind the end */
    assert_int_equal(aas_wal_position_save(f->w, "../x", 1, NULL), AAS_EINVAL);
    assert_int_equal(aas_wal_position_save(f->w, "", 1, NULL), AAS_EINVAL);
    fixture_close(f);
    fixture_open(f, SEG, TOT);
    assert_int_equal(aas_wal_position_load(f->w, "store", &pos, NULL), 0);
    assert_int_equal(pos, 4);
    char path[AAS_TEST_PATH_BYTES];
    size_t n;
    char *bytes = aas_test_file_read(aas_test_path(path, f->log, "store.pos"), &n);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 1;
        assert_int_equal(aas_test_file_write(path, bytes, n), 0);
        assert_int_equal(aas_wal_position_load(f->w, "store", &pos, NULL), AAS_ECORRUPT);
        bytes[i] ^= 1;
    }
    assert_int_equal(aas_test_file_write(path, bytes, n - 1), 0);
    assert_int_equal(aas_wal_position_load(f->w, "store", &pos, NULL), AAS_ECORRUPT);
    free(bytes);
}

/* A consumer's position is durable, the end of the log was lost: new records must not get numbers below it. */
static void a_lost_end_does_not_bring_numbers_back(void **state)
{
    struct fixture *f = *state;
    uint64_t got[8];
    char path[AAS_TEST_PATH_BYTES];
    fixture_open(f, SEG, TOT);
    fixture_put(f, 5, 10);
    assert_int_equal(aas_wal_position_save(f->w, "store", 5, NULL), 0);
    fixture_close(f);
    assert_int_equal(truncate(aas_test_path(path, f->log, "0000000000000000.wal"), 32), 0);
    fixture_open(f, SEG, TOT);
    fixture_put(f, 1, 10);
    assert_int_equal(fixture_read(f, 5, got, 8), 1);
    assert_true(got[0] >= 5);
}

static void one_process_holds_the_directory(void **state)
{
    struct fixture *f = *state;
    struct aas_wal *second = NULL;
    struct aas_error err;
    fixture_open(f, SEG, TOT);
    const struct aas_wal_options o = {.dir = f->log};
    assert_int_equal(aas_wal_open(&second, &o, &err), AAS_EBUSY);
    assert_non_null(strstr(err.msg, "in use by another process"));
    pid_t pid = fork();
    if (pid == 0)
        _exit(aas_wal_open(&second, &o, NULL) == AAS_EBUSY ? 0 : 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    fixture_close(f);
    fixture_open(f, SEG, TOT);
}

static void wrong_arguments_are_named(void **state)
{
    struct fixture *f = *state;
    const struct {
        struct aas_wal_options o;
        const char *says;
    } cases[] = {
        {{.dir = ""}, "needs a directory"},
        {{.dir = f->log, .segment_bytes = 10}, "segment_bytes 10"},
        {{.dir = f->log, .segment_bytes = SEG, .max_total_bytes = SEG}, "at least two segments"},
        {{.dir = f->log, .max_record_bytes = 17u << 20}, "max_record_bytes"},
        {{.dir = "/dev/null/wal"}, "/dev/null/wal"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct aas_error err = AAS_ERROR_NONE;
        assert_true(aas_wal_open(&f->w, &cases[i].o, &err) < 0);
        assert_non_null(strstr(err.msg, cases[i].says));
        assert_null(f->w);
    }
    fixture_open(f, SEG, TOT);
    struct aas_wal_record big = {.payload = "", .len = ((size_t)1 << 20) + 1};
    assert_int_equal(aas_wal_append(f->w, &big, 1, NULL), AAS_ETOOBIG);
}

struct follower {
    struct aas_wal *w;
    _Atomic uint64_t seen; /* records in order so far */
    int rc;
};

static void *follow(void *arg)
{
    struct follower *fo = arg;
    struct aas_wal_reader *r = NULL;
    struct aas_wal_record rec;
    int rc = aas_wal_reader_open(&r, fo->w, 0, NULL);
    while (rc == 0 && (rc = aas_wal_read(r, &rec, AAS_MONO_NEVER, NULL)) == 0) {
        if (rec.offset != fo->seen)
            rc = AAS_EMISMATCH;
        fo->seen++;
    }
    aas_wal_reader_close(r);
    fo->rc = rc;
    return NULL;
}

/* Two readers on their threads while the log grows and rotates; then all are sent home. */
static void readers_wait_and_are_woken(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[2];
    fixture_open(f, SEG, 1u << 24);
    struct follower followers[2] = {{.w = f->w}, {.w = f->w}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, follow, &followers[i]), 0);
    for (int i = 0; i < 50; i++)
        fixture_put(f, 20, 50);
    for (int i = 0; i < 2; i++)
        assert_true(AAS_TEST_WAIT(5000, followers[i].seen == 1000));
    struct aas_wal_reader *r = NULL;
    struct aas_wal_record rec;
    assert_int_equal(aas_wal_reader_open(&r, f->w, 999, NULL), 0);
    assert_int_equal(aas_wal_read(r, &rec, AAS_MONO_PAST, NULL), 0);
    assert_int_equal(rec.offset, 999);
    assert_int_equal(aas_wal_read(r, &rec, aas_mono_in_ms(20), NULL), AAS_ETIMEDOUT);
    aas_wal_wake_all(f->w);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(followers[i].rc, AAS_ECLOSED);
        assert_int_equal(followers[i].seen, 1000);
    }
    assert_int_equal(aas_wal_read(r, &rec, AAS_MONO_PAST, NULL), AAS_ECLOSED);
    aas_wal_reader_close(r);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(records_come_back_in_order_after_reopening),
        T(readers_see_only_what_is_synced),
        T(a_batch_is_one_sync),
        T(rotation_keeps_unsynced_records_for_the_next_sync),
        T(a_batch_larger_than_a_segment_stays_whole),
        T(the_total_size_is_bounded_and_trim_makes_room),
        T(trim_spares_segments_with_records_at_or_above),
        T(drop_oldest_tells_what_went),
        T(a_reader_behind_a_forced_trim_goes_on_at_the_oldest),
        T(offsets_go_on_after_everything_was_trimmed),
        T(positions_are_kept),
        T(a_lost_end_does_not_bring_numbers_back),
        T(one_process_holds_the_directory),
        T(wrong_arguments_are_named),
        T(readers_wait_and_are_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
