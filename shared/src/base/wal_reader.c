/* A reader walks the segments with its own file descriptor; only where its known part ends does it ask the log for
 * more. A segment that is trimmed under it stays readable until it moves on. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "wal_internal.h"

struct aas_wal_reader {
    struct aas_wal *w;
    int fd;           /* -1 before the first segment */
    uint64_t segment; /* first offset of fd's segment */
    uint64_t from;    /* records below are passed over */
    struct wal_scan scan;
};

/* Under state. The index of the first segment whose first offset is > / >= x. */
static size_t segment_above(const struct aas_wal *w, uint64_t x)
{
    size_t lo = 0, hi = w->n_segments;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->segments[mid].first > x)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

void wal_count_damage(struct aas_wal *w, uint64_t first, const struct wal_scan *s)
{
    if (s->damage_bytes == 0)
        return;
    (void)pthread_mutex_lock(&w->state);
    size_t i = segment_above(w, first);
    if (i > 0 && w->segments[i - 1].first == first && w->segments[i - 1].damage_upto <= s->damage_pos) {
        w->stats.corrupt_records += s->damage_count;
        w->segments[i - 1].damage_upto = s->pos;
    }
    (void)pthread_mutex_unlock(&w->state);
}

/* Under state. What to read next: more of the present segment, or the next one that holds something. */
static bool find_more(const struct aas_wal_reader *r, uint64_t *ret_first, uint64_t *ret_limit)
{
    const struct aas_wal *w = r->w;
    size_t i;
    if (r->fd < 0) {
        i = segment_above(w, r->from);
        i = i > 0 ? i - 1 : 0;
    } else {
        i = segment_above(w, r->segment);
        if (i > 0 && w->segments[i - 1].first == r->segment && w->segments[i - 1].durable > r->scan.limit)
            i--;
    }
    for (; i < w->n_segments; i++)
        if (w->segments[i].durable > WAL_HEADER_BYTES) {
            *ret_first = w->segments[i].first;
            *ret_limit = w->segments[i].durable;
            return true;
        }
    return false;
}

/* Wait for durable bytes that r has not seen. */
static int wait_more(struct aas_wal_reader *r, struct aas_mono deadline, uint64_t *ret_first, uint64_t *ret_limit)
{
    struct aas_wal *w = r->w;
    int rc = 0;
    (void)pthread_mutex_lock(&w->state);
    while (true) {
        if (w->closed) {
            rc = AAS_ECLOSED;
            break;
        }
        if (find_more(r, ret_first, ret_limit))
            break;
        if (aas_mono_passed(deadline)) {
            rc = AAS_ETIMEDOUT;
            break;
        }
        struct timespec at = aas_mono_timespec(deadline);
        if (deadline.ns == AAS_MONO_NEVER.ns)
            (void)pthread_cond_wait(&w->synced, &w->state);
        else
            (void)pthread_cond_timedwait(&w->synced, &w->state, &at);
    }
    (void)pthread_mutex_unlock(&w->state);
    return rc;
}

static int enter(struct aas_wal_reader *r, uint64_t first, uint64_t limit, struct aas_error *err)
{
    if (r->fd >= 0 && r->segment == first) {
        r->scan.limit = limit;
        return 0;
    }
    char name[WAL_NAME_BYTES];
    wal_segment_name(first, name);
    int fd = openat(r->w->dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0; /* trimmed a moment ago: ask again */
    if (fd < 0)
        return wal_error(r->w, err, -errno, "cannot open", name);
    if (r->fd >= 0)
        (void)close(r->fd);
    r->fd = fd;
    r->segment = first;
    wal_scan_reset(&r->scan, fd, first, limit);
    return 0;
}

int aas_wal_reader_open(struct aas_wal_reader **ret_reader, struct aas_wal *w, uint64_t offset, struct aas_error *err)
{
    struct aas_wal_reader *r = calloc(1, sizeof *r);
    if (!r)
        return aas_error_set(err, AAS_ENOMEM, "no memory for a reader of the log");
    r->w = w;
    r->fd = -1;
    r->from = offset;
    wal_scan_init(&r->scan, -1, 0, 0);
    *ret_reader = r;
    return 0;
}

void aas_wal_reader_close(struct aas_wal_reader *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        (void)close(r->fd);
    wal_scan_fini(&r->scan);
    free(r);
}

int aas_wal_read(struct aas_wal_reader *r, struct aas_wal_record *ret_rec, struct aas_mono deadline,
                 struct aas_error *err)
{
    if (atomic_load(&r->w->closed))
        return aas_error_set(err, AAS_ECLOSED, "the log is shutting down");
    while (true) {
        struct aas_wal_record rec;
        uint64_t first, limit;
        int rc = r->fd < 0 ? 0 : wal_scan_next(&r->scan, &rec);
        if (rc < 0) {
            char name[WAL_NAME_BYTES];
            wal_segment_name(r->segment, name);
            return wal_error(r->w, err, rc, "cannot read", name);
        }
        if (r->fd >= 0)
            wal_count_damage(r->w, r->segment, &r->scan);
        if (rc == 1 && rec.offset >= r->from) {
            *ret_rec = rec;
            return 0;
        }
        if (rc == 1)
            continue;
        rc = wait_more(r, deadline, &first, &limit);
        if (rc)
            return aas_error_set(err, rc, "%s",
                                 rc == AAS_ECLOSED ? "the log is shutting down" : "no record in the log in time");
        rc = enter(r, first, limit, err);
        if (rc)
            return rc;
    }
}
