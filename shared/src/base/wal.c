#include "aas/wal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wal_internal.h"

#define DEFAULT_SEGMENT_BYTES ((uint64_t)64 << 20)
#define DEFAULT_TOTAL_BYTES   ((uint64_t)4 << 30)
#define DEFAULT_RECORD_BYTES  ((size_t)1 << 20)
#define STAGE_KEEP_BYTES      ((size_t)4 << 20) /* a larger one is freed after its batch */

int wal_error(const struct aas_wal *w, struct aas_error *err, int code, const char *what, const char *file)
{
    if (code == -EFBIG || code == -EDQUOT)
        code = AAS_ENOSPC;
    return aas_error_set(err, code, "%s %s/%s: %s", what, w->dir, file, aas_strerror(code));
}

static int check_options(struct aas_wal_options *o, struct aas_error *err)
{
    if (!o->dir || !*o->dir)
        return aas_error_set(err, AAS_EINVAL, "the write-ahead log needs a directory");
    if (o->max_total_bytes == 0)
        o->max_total_bytes = DEFAULT_TOTAL_BYTES;
    if (o->segment_bytes == 0) {
        uint64_t quarter = o->max_total_bytes / 4;
        o->segment_bytes = quarter < DEFAULT_SEGMENT_BYTES ? quarter : DEFAULT_SEGMENT_BYTES;
    }
    if (o->max_record_bytes == 0)
        o->max_record_bytes = DEFAULT_RECORD_BYTES;
    if (o->segment_bytes < 256)
        return aas_error_set(err, AAS_EINVAL, "segment_bytes %" PRIu64 ": at least 256", o->segment_bytes);
    if (o->max_total_bytes / 2 < o->segment_bytes)
        return aas_error_set(err, AAS_EINVAL, "max_total_bytes %" PRIu64 ": at least two segments of %" PRIu64 " bytes",
                             o->max_total_bytes, o->segment_bytes);
    if (o->max_record_bytes > WAL_RECORD_MAX_BYTES)
        return aas_error_set(err, AAS_EINVAL, "max_record_bytes %zu: at most %u", o->max_record_bytes,
                             WAL_RECORD_MAX_BYTES);
    return 0;
}

/* The directory's own entry must survive too. */
static void sync_parent(const char *dir)
{
    char *copy = strdup(dir);
    if (!copy)
        return;
    size_t n = strlen(copy);
    while (n > 1 && copy[n - 1] == '/')
        copy[--n] = '\0';
    char *slash = strrchr(copy, '/');
    if (slash)
        slash[slash == copy ? 1 : 0] = '\0';
    int fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    free(copy);
}

static int open_dir(struct aas_wal *w, struct aas_error *err)
{
    if (mkdir(w->dir, 0700) == 0)
        sync_parent(w->dir);
    else if (errno != EEXIST)
        return aas_error_set(err, -errno, "cannot make the log's directory %s: %s", w->dir, strerror(errno));
    w->dir_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->dir_fd < 0)
        return aas_error_set(err, -errno, "cannot open the log's directory %s: %s", w->dir, strerror(errno));
    w->lock_fd = openat(w->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (w->lock_fd < 0)
        return wal_error(w, err, -errno, "cannot open", "lock");
    if (flock(w->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        int code = errno == EWOULDBLOCK ? AAS_EBUSY : -errno;
        return code == AAS_EBUSY ? aas_error_set(err, code, "the log %s is in use by another process", w->dir)
                                 : wal_error(w, err, code, "cannot lock", "lock");
    }
    return 0;
}

static void init_locks(struct aas_wal *w)
{
    pthread_condattr_t attr;
    (void)pthread_mutex_init(&w->write, NULL);
    (void)pthread_mutex_init(&w->state, NULL);
    (void)pthread_mutex_init(&w->positions, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w->synced, &attr);
    (void)pthread_condattr_destroy(&attr);
}

int aas_wal_open(struct aas_wal **ret_wal, const struct aas_wal_options *o, struct aas_error *err)
{
    struct aas_wal_options checked = *o;
    int rc = check_options(&checked, err);
    if (rc)
        return rc;
    struct aas_wal *w = calloc(1, sizeof *w);
    if (!w)
        return aas_error_set(err, AAS_ENOMEM, "no memory for the write-ahead log");
    w->o = checked;
    w->dir_fd = w->lock_fd = w->fd = -1;
    init_locks(w);
    w->dir = strdup(o->dir);
    rc = w->dir ? open_dir(w, err) : aas_error_set(err, AAS_ENOMEM, "no memory for the write-ahead log");
    w->o.dir = w->dir;
    if (!rc)
        rc = wal_recover(w, err);
    if (rc) {
        aas_wal_close(w);
        return rc;
    }
    *ret_wal = w;
    return 0;
}

void aas_wal_close(struct aas_wal *w)
{
    if (!w)
        return;
    const int fds[] = {w->fd, w->lock_fd, w->dir_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    (void)pthread_mutex_destroy(&w->write);
    (void)pthread_mutex_destroy(&w->state);
    (void)pthread_mutex_destroy(&w->positions);
    (void)pthread_cond_destroy(&w->synced);
    free(w->segments);
    free(w->stage);
    free(w->dir);
    free(w);
}

static int pwrite_all(int fd, const unsigned char *p, size_t n, uint64_t pos)
{
    while (n > 0) {
        ssize_t put = pwrite(fd, p, n, (off_t)pos);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? -errno : AAS_EIO;
        p += put;
        pos += (uint64_t)put;
        n -= (size_t)put;
    }
    return 0;
}

int wal_reserve_segment(struct aas_wal *w)
{
    if (w->n_segments < w->cap_segments)
        return 0;
    size_t cap = w->cap_segments ? 2 * w->cap_segments : 16;
    (void)pthread_mutex_lock(&w->state); /* readers look into the table */
    struct wal_segment *grown = realloc(w->segments, cap * sizeof *grown);
    if (grown) {
        w->segments = grown;
        w->cap_segments = cap;
    }
    (void)pthread_mutex_unlock(&w->state);
    return grown ? 0 : AAS_ENOMEM;
}

int wal_start_segment(struct aas_wal *w, uint64_t first, struct aas_error *err)
{
    char name[WAL_NAME_BYTES];
    unsigned char header[WAL_HEADER_BYTES];
    wal_segment_name(first, name);
    wal_header_encode(
        &(struct wal_header){.version = WAL_VERSION, .segment_bytes = w->o.segment_bytes, .first_offset = first},
        header);
    if (wal_reserve_segment(w) != 0)
        return aas_error_set(err, AAS_ENOMEM, "no memory for another segment");
    int fd = openat(w->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return wal_error(w, err, -errno, "cannot create", name);
    int rc = pwrite_all(fd, header, sizeof header, 0);
    if (!rc && (fdatasync(fd) != 0 || fsync(w->dir_fd) != 0))
        rc = -errno;
    if (rc) {
        (void)close(fd);
        (void)unlinkat(w->dir_fd, name, 0);
        return wal_error(w, err, rc, "cannot write", name);
    }
    if (w->fd >= 0)
        (void)close(w->fd);
    w->fd = fd;
    (void)pthread_mutex_lock(&w->state);
    w->segments[w->n_segments++] =
        (struct wal_segment){.first = first, .bytes = WAL_HEADER_BYTES, .durable = WAL_HEADER_BYTES};
    w->stats.total_bytes += WAL_HEADER_BYTES;
    w->stats.segments = w->n_segments;
    (void)pthread_mutex_unlock(&w->state);
    return 0;
}

/* After a failed sync the kernel may have dropped the pages and forgotten the failure: nothing written since the last
 * good sync can be trusted. */
static int sync_active(struct aas_wal *w, struct aas_error *err)
{
    char name[WAL_NAME_BYTES];
    if (fdatasync(w->fd) == 0) {
        (void)pthread_mutex_lock(&w->state);
        w->stats.syncs++;
        (void)pthread_mutex_unlock(&w->state);
        return 0;
    }
    int code = -errno;
    w->broken = true;
    wal_segment_name(w->segments[w->n_segments - 1].first, name);
    AAS_IGNORE(wal_error(w, err, code, "cannot sync", name));
    if (err)
        err->code = AAS_EIO;
    return AAS_EIO;
}

int wal_rotate(struct aas_wal *w, struct aas_error *err)
{
    const struct wal_segment *active = &w->segments[w->n_segments - 1];
    int rc = active->durable < active->bytes ? sync_active(w, err) : 0;
    return rc ? rc : wal_start_segment(w, w->stats.next_offset, err);
}

/* Write the batch that stands in the stage behind the active segment. All or nothing: what a full disk took of it is
 * cut off again. */
static int write_stage(struct aas_wal *w, size_t bytes, struct aas_error *err)
{
    char name[WAL_NAME_BYTES];
    const struct wal_segment *active = &w->segments[w->n_segments - 1];
    int rc = pwrite_all(w->fd, w->stage, bytes, active->bytes);
    if (!rc)
        return 0;
    wal_segment_name(active->first, name);
    if (ftruncate(w->fd, (off_t)active->bytes) != 0)
        w->broken = true;
    return wal_error(w, err, rc, "cannot append to", name);
}

static int stage_batch(struct aas_wal *w, const struct aas_wal_record *recs, size_t n, size_t bytes)
{
    if (bytes > w->stage_cap) {
        free(w->stage);
        w->stage_cap = 0;
        w->stage = malloc(bytes);
        if (!w->stage)
            return AAS_ENOMEM;
        w->stage_cap = bytes;
    }
    unsigned char *p = w->stage;
    for (size_t i = 0; i < n; i++)
        p += wal_record_encode(w->stats.next_offset + i, recs[i].kind, recs[i].payload, recs[i].len, p);
    assert((size_t)(p - w->stage) == bytes);
    return 0;
}

static int append_locked(struct aas_wal *w, struct aas_wal_record *recs, size_t n, size_t bytes, struct aas_error *err)
{
    if (w->broken)
        return aas_error_set(err, AAS_EIO, "the log %s failed before and must be opened anew", w->dir);
    struct wal_segment *active = &w->segments[w->n_segments - 1];
    bool full = active->bytes > WAL_HEADER_BYTES && active->bytes + bytes > w->o.segment_bytes;
    if (w->stats.total_bytes + bytes + (full ? WAL_HEADER_BYTES : 0) > w->o.max_total_bytes)
        return aas_error_set(err, AAS_ENOSPC, "the log %s is full: %" PRIu64 " of %" PRIu64 " bytes", w->dir,
                             w->stats.total_bytes, w->o.max_total_bytes);
    int rc = full ? wal_rotate(w, err) : 0;
    if (rc)
        return rc;
    if (stage_batch(w, recs, n, bytes) != 0)
        return aas_error_set(err, AAS_ENOMEM, "no memory for a batch of %zu bytes", bytes);
    rc = write_stage(w, bytes, err);
    if (w->stage_cap > STAGE_KEEP_BYTES) {
        free(w->stage);
        w->stage = NULL;
        w->stage_cap = 0;
    }
    if (rc)
        return rc;
    (void)pthread_mutex_lock(&w->state);
    for (size_t i = 0; i < n; i++)
        recs[i].offset = w->stats.next_offset++;
    w->segments[w->n_segments - 1].bytes += bytes;
    w->stats.total_bytes += bytes;
    w->stats.appended += n;
    (void)pthread_mutex_unlock(&w->state);
    return 0;
}

int aas_wal_append(struct aas_wal *w, struct aas_wal_record *recs, size_t n, struct aas_error *err)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        if (recs[i].len > w->o.max_record_bytes)
            return aas_error_set(err, AAS_ETOOBIG, "a record of %zu bytes: at most %zu", recs[i].len,
                                 w->o.max_record_bytes);
        bytes += wal_record_bytes(recs[i].len);
    }
    if (n == 0)
        return 0;
    (void)pthread_mutex_lock(&w->write);
    int rc = append_locked(w, recs, n, bytes, err);
    (void)pthread_mutex_unlock(&w->write);
    return rc;
}

static int sync_locked(struct aas_wal *w, struct aas_error *err)
{
    if (w->broken)
        return aas_error_set(err, AAS_EIO, "the log %s failed before and must be opened anew", w->dir);
    if (w->stats.synced_offset == w->stats.next_offset)
        return 0;
    const struct wal_segment *active = &w->segments[w->n_segments - 1];
    int rc = active->durable < active->bytes ? sync_active(w, err) : 0;
    if (rc)
        return rc;
    (void)pthread_mutex_lock(&w->state);
    for (size_t i = 0; i < w->n_segments; i++)
        w->segments[i].durable = w->segments[i].bytes;
    w->stats.synced_offset = w->stats.next_offset;
    (void)pthread_cond_broadcast(&w->synced);
    (void)pthread_mutex_unlock(&w->state);
    return 0;
}

int aas_wal_sync(struct aas_wal *w, struct aas_error *err)
{
    (void)pthread_mutex_lock(&w->write);
    int rc = sync_locked(w, err);
    (void)pthread_mutex_unlock(&w->write);
    return rc;
}

void aas_wal_stats(struct aas_wal *w, struct aas_wal_stats *ret_stats)
{
    (void)pthread_mutex_lock(&w->state);
    *ret_stats = w->stats;
    ret_stats->first_offset = w->segments[0].first;
    (void)pthread_mutex_unlock(&w->state);
}

void aas_wal_wake_all(struct aas_wal *w)
{
    (void)pthread_mutex_lock(&w->state);
    w->closed = true;
    (void)pthread_cond_broadcast(&w->synced);
    (void)pthread_mutex_unlock(&w->state);
}
