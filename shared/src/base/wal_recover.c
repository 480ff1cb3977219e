/* Opening a log: its segments, its end, and the number that the next record gets. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/str.h"
#include "wal_internal.h"

void wal_segment_name(uint64_t first, char out[static WAL_NAME_BYTES])
{
    (void)snprintf(out, WAL_NAME_BYTES, "%016llx.wal", (unsigned long long)first);
}

bool wal_segment_parse(const char *name, uint64_t *ret_first)
{
    if (strlen(name) != 20 || strcmp(name + 16, ".wal") != 0)
        return false;
    uint64_t first = 0;
    for (size_t i = 0; i < 16; i++) {
        char c = name[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        first = first << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret_first = first;
    return true;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

int wal_segment_list(int dir_fd, uint64_t **ret_firsts, size_t *ret_n)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    AAS_AUTO_CLOSEDIR DIR *d = fdopendir(fd);
    if (!d) {
        (void)close(fd);
        return AAS_ENOMEM;
    }
    size_t n = 0, cap = 64;
    AAS_AUTO_FREE uint64_t *firsts = malloc(cap * sizeof *firsts);
    if (!firsts)
        return AAS_ENOMEM;
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
        uint64_t first;
        if (!wal_segment_parse(e->d_name, &first))
            continue;
        if (n == cap) {
            uint64_t *grown = realloc(firsts, 2 * cap * sizeof *firsts);
            if (!grown)
                return AAS_ENOMEM;
            firsts = grown;
            cap *= 2;
        }
        firsts[n++] = first;
    }
    qsort(firsts, n, sizeof *firsts, by_value);
    *ret_firsts = AAS_STEAL(firsts);
    *ret_n = n;
    return 0;
}

/* Header and size of a segment; ret_fd stays open. */
static int open_segment(struct aas_wal *w, uint64_t first, int *ret_fd, struct wal_segment *ret_seg,
                        struct aas_error *err)
{
    char name[WAL_NAME_BYTES];
    unsigned char bytes[WAL_HEADER_BYTES];
    struct stat st;
    struct wal_header h;
    wal_segment_name(first, name);
    AAS_AUTO_CLOSE int fd = openat(w->dir_fd, name, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return wal_error(w, err, -errno, "cannot open", name);
    *ret_seg = (struct wal_segment){.first = first, .bytes = (uint64_t)st.st_size, .durable = (uint64_t)st.st_size};
    ssize_t got = pread(fd, bytes, sizeof bytes, 0);
    ret_seg->read_only_header = got != (ssize_t)sizeof bytes || wal_header_decode(bytes, &h) != 0;
    if (!ret_seg->read_only_header && h.version != WAL_VERSION)
        return aas_error_set(err, AAS_ECORRUPT, "%s/%s has format version %u, this program reads %u", w->dir, name,
                             h.version, WAL_VERSION);
    if (!ret_seg->read_only_header && h.first_offset != first)
        return aas_error_set(err, AAS_ECORRUPT, "%s/%s begins at another offset than its name says: was it renamed?",
                             w->dir, name);
    if (ret_seg->read_only_header && st.st_size >= WAL_HEADER_BYTES)
        w->stats.corrupt_records++;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* Scan the last segment. Bytes behind its last whole record are cut, and the numbers that they may have held are
 * skipped: none is ever given twice, not even to a record whose first bearer was damaged. */
static int recover_last(struct aas_wal *w, int fd, struct wal_segment *last, bool *ret_fresh, struct aas_error *err)
{
    struct wal_scan s;
    struct aas_wal_record rec;
    char name[WAL_NAME_BYTES];
    wal_segment_name(last->first, name);
    *ret_fresh = last->read_only_header;
    w->stats.next_offset = last->first;
    if (last->bytes <= WAL_HEADER_BYTES)
        return 0;
    wal_scan_init(&s, fd, last->first, last->bytes);
    int rc = wal_scan_next(&s, &rec);
    for (; rc == 1; rc = wal_scan_next(&s, &rec)) {
        w->stats.corrupt_records += s.damage_count;
        if (s.damage_bytes > 0)
            last->damage_upto = s.damage_pos + s.damage_bytes;
    }
    wal_scan_fini(&s);
    if (rc < 0)
        return wal_error(w, err, rc, "cannot read", name);
    w->stats.next_offset = s.expected;
    if (s.damage_bytes == 0)
        return 0;
    if (ftruncate(fd, (off_t)s.damage_pos) != 0 || fdatasync(fd) != 0)
        return wal_error(w, err, -errno, "cannot cut the torn end of", name);
    w->stats.torn_bytes = s.damage_bytes;
    w->stats.next_offset += s.damage_bytes / WAL_RECORD_MIN_BYTES + 1;
    last->bytes = last->durable = s.damage_pos;
    *ret_fresh = true;
    return 0;
}

/* A crash between creating a segment and writing its header leaves a file of less than a header: nothing was in it. */
static int drop_stub(struct aas_wal *w, const struct wal_segment *seg, struct aas_error *err)
{
    char name[WAL_NAME_BYTES];
    wal_segment_name(seg->first, name);
    if (unlinkat(w->dir_fd, name, 0) != 0)
        return wal_error(w, err, -errno, "cannot remove", name);
    w->stats.torn_bytes = seg->bytes;
    return 0;
}

static int load_segments(struct aas_wal *w, const uint64_t *firsts, size_t n, bool *ret_fresh, struct aas_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct wal_segment seg;
        bool last = i + 1 == n;
        AAS_AUTO_CLOSE int fd = -1;
        if (wal_reserve_segment(w) != 0)
            return aas_error_set(err, AAS_ENOMEM, "no memory for the log's segments");
        int rc = open_segment(w, firsts[i], &fd, &seg, err);
        if (!rc && last && seg.bytes < WAL_HEADER_BYTES) {
            w->stats.next_offset = seg.first;
            *ret_fresh = true;
            return drop_stub(w, &seg, err);
        }
        if (!rc && last)
            rc = recover_last(w, fd, &seg, ret_fresh, err);
        if (rc)
            return rc;
        w->segments[w->n_segments++] = seg;
        w->stats.total_bytes += seg.bytes;
        if (last) {
            w->fd = fd;
            fd = -1;
        }
    }
    return 0;
}

int wal_recover(struct aas_wal *w, struct aas_error *err)
{
    AAS_AUTO_FREE uint64_t *firsts = NULL;
    size_t n = 0;
    uint64_t seen = 0;
    bool fresh = false;
    int rc = wal_segment_list(w->dir_fd, &firsts, &n);
    if (!rc)
        rc = wal_position_max(w->dir_fd, &seen);
    if (rc)
        return wal_error(w, err, rc, "cannot list", "");
    rc = load_segments(w, firsts, n, &fresh, err);
    if (rc)
        return rc;
    if (seen > w->stats.next_offset) { /* a consumer was further than what is left of the log */
        w->stats.next_offset = seen;
        fresh = true;
    }
    w->stats.segments = w->n_segments;
    if (n == 0 || fresh || w->n_segments == 0) {
        if (w->n_segments > 0 && w->stats.next_offset <= w->segments[w->n_segments - 1].first)
            w->stats.next_offset = w->segments[w->n_segments - 1].first + 1;
        rc = wal_start_segment(w, w->stats.next_offset, err);
    }
    w->stats.synced_offset = w->stats.next_offset;
    return rc;
}
