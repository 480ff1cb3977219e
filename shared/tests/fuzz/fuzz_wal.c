/* Any bytes as the only segment of a log: it opens or says why, what is read has ascending numbers, and a record
 * appended then comes back, last, under a number that nobody had. */
#undef NDEBUG /* the asserts are the test, in every preset */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aas/wal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];

static void put_segment(const uint8_t *data, size_t size)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/0000000000000000.wal", dir);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    (void)close(fd);
}

static void empty(uint64_t fresh)
{
    char path[256];
    const uint64_t names[] = {0, fresh};
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/%016llx.wal", dir, (unsigned long long)names[i]);
        (void)unlink(path);
    }
}

static void remove_dir(void)
{
    char path[256];
    empty(0);
    (void)snprintf(path, sizeof path, "%s/lock", dir);
    (void)unlink(path);
    (void)rmdir(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!dir[0]) { /* in memory where possible: each input costs several syncs */
        (void)snprintf(dir, sizeof dir, "%s/aastreli-fuzz-wal-XXXXXX",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        assert(mkdtemp(dir));
        assert(atexit(remove_dir) == 0);
    }
    put_segment(data, size);
    struct aas_wal *w = NULL;
    const struct aas_wal_options o = {.dir = dir};
    if (aas_wal_open(&w, &o, NULL) != 0) {
        empty(0);
        return 0;
    }
    struct aas_wal_reader *r = NULL;
    struct aas_wal_record mine = {.kind = 9, .payload = "mine", .len = 4}, rec;
    int rc = aas_wal_append(w, &mine, 1, NULL);
    rc = rc ? rc : aas_wal_sync(w, NULL);
    rc = rc ? rc : aas_wal_reader_open(&r, w, 0, NULL);
    assert(rc == 0);
    uint64_t next = 0, last = UINT64_MAX;
    while (aas_wal_read(r, &rec, AAS_MONO_PAST, NULL) == 0) {
        assert(rec.offset >= next);
        last = rec.offset;
        next = rec.offset + 1;
        rc = rec.kind == 9 && rec.len == 4 && memcmp(rec.payload, "mine", 4) == 0 ? 0 : 1;
    }
    assert(last == mine.offset && rc == 0);
    aas_wal_reader_close(r);
    aas_wal_close(w);
    empty(mine.offset);
    return 0;
}
