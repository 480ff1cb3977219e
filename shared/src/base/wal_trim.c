/* Removing segments: those that everybody has read, or by force the oldest. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "wal_internal.h"

/* Under write. The oldest segment goes: from the disk first, so that a failure leaves it in the table. */
static int remove_first(struct aas_wal *w, struct aas_error *err)
{
    char name[WAL_NAME_BYTES];
    wal_segment_name(w->segments[0].first, name);
    if (unlinkat(w->dir_fd, name, 0) != 0 && errno != ENOENT)
        return wal_error(w, err, -errno, "cannot remove", name);
    (void)pthread_mutex_lock(&w->state);
    w->stats.total_bytes -= w->segments[0].bytes;
    w->n_segments--;
    memmove(w->segments, w->segments + 1, w->n_segments * sizeof *w->segments);
    w->stats.segments = w->n_segments;
    (void)pthread_mutex_unlock(&w->state);
    return 0;
}

int aas_wal_trim(struct aas_wal *w, uint64_t offset, struct aas_error *err)
{
    int rc = 0;
    (void)pthread_mutex_lock(&w->write);
    while (!rc && w->n_segments > 1 && w->segments[1].first <= offset)
        rc = remove_first(w, err);
    (void)pthread_mutex_unlock(&w->write);
    return rc;
}

static int visit_segment(struct aas_wal *w, const struct wal_segment *seg, aas_wal_visit_fn *visit, void *ctx,
                         struct aas_error *err)
{
    char name[WAL_NAME_BYTES];
    struct wal_scan s;
    struct aas_wal_record rec;
    wal_segment_name(seg->first, name);
    AAS_AUTO_CLOSE int fd = openat(w->dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return wal_error(w, err, -errno, "cannot open", name);
    wal_scan_init(&s, fd, seg->first, seg->bytes);
    int rc = wal_scan_next(&s, &rec);
    for (; rc == 1; rc = wal_scan_next(&s, &rec)) {
        wal_count_damage(w, seg->first, &s);
        visit(ctx, &rec);
    }
    if (rc == 0)
        wal_count_damage(w, seg->first, &s);
    wal_scan_fini(&s);
    return rc ? wal_error(w, err, rc, "cannot read", name) : 0;
}

static int drop_locked(struct aas_wal *w, aas_wal_visit_fn *visit, void *ctx, uint64_t *ret_first, uint64_t *ret_end,
                       struct aas_error *err)
{
    int rc = 0;
    while (!rc && w->n_segments > 1 && w->segments[0].bytes <= WAL_HEADER_BYTES)
        rc = remove_first(w, err); /* empty: nothing to lose */
    if (rc)
        return rc;
    struct wal_segment *oldest = &w->segments[0];
    if (oldest->bytes <= WAL_HEADER_BYTES)
        return aas_error_set(err, AAS_ENOENT, "the log %s is empty", w->dir);
    if (oldest->durable < oldest->bytes)
        return aas_error_set(err, AAS_EBUSY, "the oldest segment of %s is not synced yet", w->dir);
    if (w->n_segments == 1) {
        rc = wal_rotate(w, err);
        if (rc)
            return rc;
    }
    if (visit) {
        rc = visit_segment(w, &w->segments[0], visit, ctx, err);
        if (rc)
            return rc;
    }
    uint64_t first = w->segments[0].first, end = w->segments[1].first;
    rc = remove_first(w, err);
    if (rc)
        return rc;
    if (ret_first)
        *ret_first = first;
    if (ret_end)
        *ret_end = end;
    return 0;
}

int aas_wal_drop_oldest(struct aas_wal *w, aas_wal_visit_fn *visit, void *ctx, uint64_t *ret_first, uint64_t *ret_end,
                        struct aas_error *err)
{
    (void)pthread_mutex_lock(&w->write);
    int rc = w->broken ? aas_error_set(err, AAS_EIO, "the log %s failed before and must be opened anew", w->dir)
                       : drop_locked(w, visit, ctx, ret_first, ret_end, err);
    (void)pthread_mutex_unlock(&w->write);
    return rc;
}
