/* Consumers' positions: {magic, offset, zero, CRC32C}, 24 bytes in `<name>.pos`, replaced as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/crc32c.h"
#include "wal_internal.h"

#define POSITION_BYTES 24
#define NAME_MAX_LEN   32
#define FILE_BYTES     (NAME_MAX_LEN + sizeof ".pos.tmp")

static const unsigned char magic[8] = {'A', 'A', 'S', 'P', 'O', 'S', 1, 0};

static int file_of(const char *name, char out[static FILE_BYTES], struct aas_error *err)
{
    size_t n = strlen(name);
    if (n == 0 || n > NAME_MAX_LEN || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != n)
        return aas_error_set(err, AAS_EINVAL, "position name '%.40s': 1 to %d of a-z 0-9 _ -", name, NAME_MAX_LEN);
    (void)snprintf(out, FILE_BYTES, "%s.pos", name);
    return 0;
}

static int write_file(int dir_fd, const char *file, const unsigned char bytes[static POSITION_BYTES])
{
    AAS_AUTO_CLOSE int fd = openat(dir_fd, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    ssize_t put = write(fd, bytes, POSITION_BYTES);
    if (put != POSITION_BYTES)
        return put < 0 ? -errno : AAS_ENOSPC;
    return fdatasync(fd) == 0 ? 0 : -errno;
}

int aas_wal_position_save(struct aas_wal *w, const char *name, uint64_t offset, struct aas_error *err)
{
    char file[FILE_BYTES], tmp[FILE_BYTES + 4];
    unsigned char bytes[POSITION_BYTES] = {0};
    int rc = file_of(name, file, err);
    if (rc)
        return rc;
    struct aas_wal_stats stats;
    aas_wal_stats(w, &stats);
    if (offset > stats.next_offset) /* would be skipped for ever after the next open */
        return aas_error_set(err, AAS_EINVAL, "position %s lies behind the end of the log", name);
    (void)snprintf(tmp, sizeof tmp, "%s.tmp", file);
    uint64_t le = htole64(offset);
    memcpy(bytes, magic, sizeof magic);
    memcpy(bytes + 8, &le, sizeof le);
    uint32_t crc = htole32(aas_crc32c(0, bytes, 20));
    memcpy(bytes + 20, &crc, sizeof crc);
    (void)pthread_mutex_lock(&w->positions);
    rc = write_file(w->dir_fd, tmp, bytes);
    if (!rc && (renameat(w->dir_fd, tmp, w->dir_fd, file) != 0 || fsync(w->dir_fd) != 0))
        rc = -errno;
    if (rc)
        (void)unlinkat(w->dir_fd, tmp, 0);
    (void)pthread_mutex_unlock(&w->positions);
    return rc ? wal_error(w, err, rc, "cannot save position", file) : 0;
}

int wal_position_read(int dir_fd, const char *file, uint64_t *ret_offset)
{
    unsigned char bytes[POSITION_BYTES + 1];
    uint64_t le;
    uint32_t crc;
    AAS_AUTO_CLOSE int fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t got = read(fd, bytes, sizeof bytes);
    if (got < 0)
        return -errno;
    memcpy(&le, bytes + 8, sizeof le);
    memcpy(&crc, bytes + 20, sizeof crc);
    if (got != POSITION_BYTES || memcmp(bytes, magic, sizeof magic) != 0 || le32toh(crc) != aas_crc32c(0, bytes, 20))
        return AAS_ECORRUPT;
    *ret_offset = le64toh(le);
    return 0;
}

int aas_wal_position_load(struct aas_wal *w, const char *name, uint64_t *ret_offset, struct aas_error *err)
{
    char file[FILE_BYTES];
    int rc = file_of(name, file, err);
    if (rc)
        return rc;
    rc = wal_position_read(w->dir_fd, file, ret_offset);
    return rc ? wal_error(w, err, rc, "cannot read position", file) : 0;
}

int wal_position_max(int dir_fd, uint64_t *ret_max)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    AAS_AUTO_CLOSEDIR DIR *d = fdopendir(fd);
    if (!d) {
        (void)close(fd);
        return AAS_ENOMEM;
    }
    uint64_t max = 0;
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
        size_t n = strlen(e->d_name);
        uint64_t offset;
        if (n > 4 && strcmp(e->d_name + n - 4, ".pos") == 0 && wal_position_read(dir_fd, e->d_name, &offset) == 0 &&
            offset > max)
            max = offset;
    }
    *ret_max = max;
    return 0;
}
