/* Files of aastreli-db. */
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/id.h"
#include "aas/str.h"

static int failed(const char *what, const char *path, struct aas_error *err)
{
    int code = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? AAS_ENOSPC : -errno;
    return aas_error_set(err, code, "cannot %s %s: %s", what, path, aas_strerror(-errno));
}

int db_file_sha256(const char *path, int64_t skip, char ret_hex[65], int64_t *ret_bytes, struct aas_error *err)
{
    struct stat st;
    AAS_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return failed("read", path, err);
    if (st.st_size < skip)
        return aas_error_set(err, AAS_ECORRUPT, "%s is cut off", path);
    size_t len = (size_t)(st.st_size - skip);
    *ret_bytes = (int64_t)len;
    if (len == 0) {
        aas_sha256_hex("", 0, ret_hex);
        return 0;
    }
    char *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return failed("read", path, err);
    aas_sha256_hex(map + skip, len, ret_hex);
    (void)munmap(map, (size_t)st.st_size);
    return 0;
}

int db_file_sync(const char *path, struct aas_error *err)
{
    char dir[4096];
    if (db_directory_of(path, dir, sizeof dir) != 0)
        return aas_error_set(err, AAS_ETOOBIG, "the path %.100s… is too long", path);
    AAS_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    AAS_AUTO_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || dir_fd < 0 || fsync(fd) != 0 || fsync(dir_fd) != 0)
        return failed("sync", path, err);
    return 0;
}

bool db_is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int db_directory_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return aas_str_copy(out, size, AAS_STR_LIT("."));
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    return aas_str_copy(out, size, (struct aas_str){path, len});
}

int db_sqlite_path(const char *url, char *out, size_t size)
{
    if (strncmp(url, "sqlite:", 7) != 0)
        return AAS_ENOTSUP;
    return aas_str_copy(out, size, (struct aas_str){url + 7, strcspn(url + 7, "?")});
}

int db_write_all(int fd, const void *bytes, size_t n, const char *path, struct aas_error *err)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failed("write", path, err);
        at += put;
        n -= (size_t)put;
    }
    return 0;
}

void db_report_path(struct db_run *run, const char *key, const char *text)
{
    if (!run->json) {
        (void)aas_buf_printf(&run->out, "%s %s", text, run->path);
        return;
    }
    (void)aas_buf_printf(&run->out, "{\"%s\":", key);
    (void)aas_buf_append_json(&run->out, run->path, strlen(run->path));
}
