/* Reading a log from outside, for tools: no lock, no change. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "wal_internal.h"

static int tell_damage(const struct aas_wal_inspector *in, struct aas_wal_segment_report *rep, uint64_t pos,
                       uint64_t bytes)
{
    if (bytes == 0)
        return 0;
    rep->damaged_bytes += bytes;
    rep->damage_regions++;
    return in->on_damage ? in->on_damage(in->ctx, rep->name, pos, bytes) : 0;
}

static int scan_records(int fd, const struct aas_wal_inspector *in, struct aas_wal_segment_report *rep)
{
    struct wal_scan s;
    struct aas_wal_record rec;
    int stop = 0, rc;
    wal_scan_init(&s, fd, rep->first_offset, rep->bytes);
    while ((rc = wal_scan_next(&s, &rec)) == 1) {
        stop = tell_damage(in, rep, s.damage_pos, s.damage_bytes);
        rep->lost_records += s.damage_count;
        rep->records++;
        rep->payload_bytes += rec.len;
        rep->last_offset = rec.offset;
        if (!stop && in->on_record)
            stop = in->on_record(in->ctx, &rec);
        if (stop)
            break;
    }
    if (rc == 0) {
        stop = tell_damage(in, rep, s.damage_pos, s.damage_bytes);
        rep->tail_damaged = s.damage_bytes > 0;
    }
    wal_scan_fini(&s);
    return rc < 0 ? rc : stop;
}

static int inspect_segment(int dir_fd, uint64_t first, const struct aas_wal_inspector *in)
{
    struct aas_wal_segment_report rep = {.first_offset = first};
    unsigned char bytes[WAL_HEADER_BYTES];
    struct wal_header h;
    struct stat st;
    wal_segment_name(first, rep.name);
    AAS_AUTO_CLOSE int fd = openat(dir_fd, rep.name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0; /* trimmed meanwhile */
    if (fd < 0 || fstat(fd, &st) != 0)
        return -errno;
    rep.bytes = (uint64_t)st.st_size;
    ssize_t got = pread(fd, bytes, sizeof bytes, 0);
    rep.header_ok = got == (ssize_t)sizeof bytes && wal_header_decode(bytes, &h) == 0 && h.version == WAL_VERSION &&
                    h.first_offset == first;
    uint64_t header = rep.bytes < WAL_HEADER_BYTES ? rep.bytes : WAL_HEADER_BYTES;
    int rc = rep.header_ok ? 0 : tell_damage(in, &rep, 0, header);
    rep.tail_damaged = rep.bytes < WAL_HEADER_BYTES;
    if (!rc && rep.bytes > WAL_HEADER_BYTES)
        rc = scan_records(fd, in, &rep);
    if (!rc && in->on_segment)
        rc = in->on_segment(in->ctx, &rep);
    return rc;
}

int aas_wal_inspect(const char *dir, const struct aas_wal_inspector *in, struct aas_error *err)
{
    AAS_AUTO_FREE uint64_t *firsts = NULL;
    size_t n = 0;
    AAS_AUTO_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0)
        return aas_error_set(err, -errno, "cannot open the log's directory %s: %s", dir, strerror(errno));
    int rc = wal_segment_list(dir_fd, &firsts, &n);
    for (size_t i = 0; !rc && i < n; i++)
        rc = inspect_segment(dir_fd, firsts[i], in);
    return rc < 0 ? aas_error_set(err, rc, "cannot read the log %s: %s", dir, aas_strerror(rc)) : rc;
}
