/* What the machine does to a log: full disks, no rights, no memory, kill -9. */
#include "wal_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aas/test_alloc.h"

#define SEG 65536u
#define TOT (1u << 24)

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

static int sync_fails; /* with this errno */

int __wrap_fdatasync(int fd)
{
    if (!sync_fails)
        return __real_fdatasync(fd);
    errno = sync_fails;
    return -1;
}

static void set_file_limit(rlim_t bytes)
{
    struct rlimit lim;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &lim), 0);
    lim.rlim_cur = bytes == 0 ? lim.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
}

/* A write that the disk takes only half of: refused as a whole, nothing of it stays, and the log goes on. */
static void a_full_disk_refuses_the_batch_and_leaves_the_log_usable(void **state)
{
    struct fixture *f = *state;
    struct aas_error err = AAS_ERROR_NONE;
    struct aas_wal_stats before, after;
    struct stat st;
    char path[AAS_TEST_PATH_BYTES];
    uint64_t got[64];
    fixture_open(f, SEG, TOT);
    fixture_put(f, 10, 100);
    aas_wal_stats(f->w, &before);
    (void)signal(SIGXFSZ, SIG_IGN);
    set_file_limit(before.total_bytes + 1000); /* the batch has 2,560 bytes */
    assert_int_equal(fixture_append(f, 20, 100, &err), AAS_ENOSPC);
    assert_non_null(strstr(err.msg, "cannot append"));
    aas_wal_stats(f->w, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(stat(aas_test_path(path, f->log, "0000000000000000.wal"), &st), 0);
    assert_int_equal(st.st_size, before.total_bytes);
    fixture_put(f, 5, 100); /* a smaller one finds room */
    set_file_limit(0);
    fixture_put(f, 20, 100);
    fixture_close(f);
    fixture_open(f, SEG, TOT);
    assert_int_equal(fixture_read(f, 0, got, 64), 35);
    aas_wal_stats(f->w, &after);
    assert_int_equal(after.corrupt_records + after.torn_bytes, 0);
}

static void a_full_disk_at_rotation_leaves_the_log_usable(void **state)
{
    struct fixture *f = *state;
    uint64_t got[64];
    fixture_open(f, 4096, TOT);
    fixture_put(f, 30, 110); /* 3,840 bytes: the next needs a segment of its own */
    (void)signal(SIGXFSZ, SIG_IGN);
    set_file_limit(16);
    assert_int_equal(fixture_append(f, 20, 100, NULL), AAS_ENOSPC);
    set_file_limit(0);
    fixture_put(f, 20, 100);
    assert_int_equal(fixture_read(f, 0, got, 64), 50);
}

static void a_failed_sync_ends_the_log_until_it_is_opened_anew(void **state)
{
    struct fixture *f = *state;
    struct aas_error err = AAS_ERROR_NONE;
    uint64_t got[64];
    fixture_open(f, SEG, TOT);
    fixture_put(f, 10, 100);
    assert_int_equal(fixture_append(f, 1, 100, NULL), 0);
    sync_fails = EIO;
    assert_int_equal(aas_wal_sync(f->w, &err), AAS_EIO);
    assert_int_equal(err.code, AAS_EIO);
    sync_fails = 0;
    assert_int_equal(aas_wal_sync(f->w, NULL), AAS_EIO); /* also when the disk is well again */
    assert_int_equal(fixture_append(f, 1, 100, NULL), AAS_EIO);
    assert_int_equal(fixture_read(f, 0, got, 64), 10);
    fixture_close(f);
    fixture_open(f, SEG, TOT);
    fixture_put(f, 1, 100);
    assert_true(fixture_read(f, 0, got, 64) >= 11);
}

/* As another user than root, who may write anywhere. */
static void a_read_only_directory_is_a_clear_error(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, SEG, TOT);
    fixture_close(f);
    assert_int_equal(chmod(f->dir, 0755), 0);
    assert_int_equal(chmod(f->log, 0555), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct aas_error err = AAS_ERROR_NONE;
        const struct aas_wal_options o = {.dir = f->log};
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(2);
        int rc = aas_wal_open(&f->w, &o, &err);
        _exit(rc == AAS_EACCES && strstr(err.msg, f->log) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod(f->log, 0700), 0);
    assert_int_equal(status, 0);
}

/* Whichever allocation fails: a clear error, nothing leaks (ASan), and the log is as before. */
static void every_allocation_may_fail(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, 4096, TOT);
    for (int i = 0; i < 70; i++) /* many segments: the table has to grow at opening */
        fixture_put(f, 1, 3000);
    assert_int_equal(aas_wal_position_save(f->w, "p", 3, NULL), 0);
    fixture_close(f);
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        const struct aas_wal_options o = {.dir = f->log, .segment_bytes = 4096, .max_total_bytes = TOT};
        struct aas_wal_reader *r = NULL;
        static char payload[3000];
        memset(payload, 'x', sizeof payload);
        struct aas_wal_record rec = {.kind = 7, .payload = payload, .len = sizeof payload};
        aas_test_alloc_fail_once(n);
        int rc = aas_wal_open(&f->w, &o, NULL);
        if (!rc)
            rc = aas_wal_append(f->w, &rec, 1, NULL);
        if (!rc)
            rc = aas_wal_sync(f->w, NULL);
        if (!rc)
            rc = aas_wal_reader_open(&r, f->w, 0, NULL);
        if (!rc)
            rc = aas_wal_read(r, &rec, AAS_MONO_PAST, NULL);
        failed = aas_test_alloc_reset();
        assert_true(failed ? rc == AAS_ENOMEM : rc == 0);
        aas_wal_reader_close(r);
        fixture_close(f);
    }
}

/* Append and sync for ever, and report what is durable. */
static void write_until_killed(struct fixture *f, int report)
{
    fixture_open(f, 16384, TOT);
    for (unsigned i = 0;; i++) {
        struct aas_wal_stats st;
        if (fixture_append(f, 1 + i % 9, (i * 37) % 700, NULL) != 0 || aas_wal_sync(f->w, NULL) != 0)
            _exit(1);
        aas_wal_stats(f->w, &st);
        if (write(report, &st.synced_offset, 8) != 8)
            _exit(1);
    }
}

/* Over several lives of the writer: whenever it is killed, everything that it reported is there, whole and in order. */
static void kill_9_loses_nothing_that_was_synced(void **state)
{
    struct fixture *f = *state;
    uint64_t before = 0;
    for (int round = 0; round < 8; round++) {
        int fds[2];
        uint64_t reported = 0;
        assert_int_equal(pipe(fds), 0);
        pid_t pid = fork();
        if (pid == 0)
            write_until_killed(f, fds[1]);
        (void)close(fds[1]);
        for (int i = 0; i < 20 + 7 * round; i++)
            assert_int_equal(read(fds[0], &reported, 8), 8);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        for (uint64_t more; read(fds[0], &more, 8) == 8;)
            reported = more; /* what it had still said */
        (void)close(fds[0]);
        assert_true(reported > before);
        fixture_open(f, 16384, TOT);
        struct aas_wal_stats st;
        aas_wal_stats(f->w, &st);
        uint64_t *got = calloc(st.next_offset, sizeof *got);
        assert_non_null(got);
        size_t n = fixture_read(f, before, got, st.next_offset);
        assert_true(n >= reported - before);
        for (size_t i = 0; i < reported - before; i++)
            assert_int_equal(got[i], before + i);
        before = st.next_offset;
        free(got);
        fixture_close(f);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_full_disk_refuses_the_batch_and_leaves_the_log_usable),
        T(a_full_disk_at_rotation_leaves_the_log_usable),
        T(a_failed_sync_ends_the_log_until_it_is_opened_anew),
        T(a_read_only_directory_is_a_clear_error),
        T(every_allocation_may_fail),
        T(kill_9_loses_nothing_that_was_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
