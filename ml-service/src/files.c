/* See files.h. */
#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aas/cleanup.h>

static int failed(struct aas_error *err, const char *what, const char *path)
{
    int code = -errno;
    return aas_error_set(err, code, "%s %s: %s", what, path, strerror(-code));
}

static int read_all(int fd, char *dst, size_t cap, size_t *ret_len)
{
    size_t len = 0;
    while (len < cap) {
        ssize_t n = read(fd, dst + len, cap - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *ret_len = len;
    return 0;
}

int ml_file_read(const char *path, size_t max, char **ret_bytes, size_t *ret_len, struct aas_error *err)
{
    AAS_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us */
    if (fd < 0)
        return failed(err, "cannot open", path);
    struct stat st;
    if (fstat(fd, &st) != 0)
        return failed(err, "cannot look at", path);
    if (!S_ISREG(st.st_mode))
        return aas_error_set(err, AAS_EINVAL, "%s isn't a regular file", path);
    if ((uint64_t)st.st_size > max)
        return aas_error_set(err, AAS_ETOOBIG, "%s has %lld bytes, at most %zu are read", path, (long long)st.st_size,
                             max);
    size_t cap = (size_t)st.st_size, len = 0;
    AAS_AUTO_FREE char *bytes = malloc(cap + 1);
    if (!bytes)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for %s", path);
    if (read_all(fd, bytes, cap, &len) != 0)
        return failed(err, "cannot read", path);
    bytes[len] = '\0';
    *ret_len = len;
    *ret_bytes = AAS_STEAL(bytes);
    return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int ml_file_write(const char *path, const void *bytes, size_t len, struct aas_error *err)
{
    AAS_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return failed(err, "cannot create", path);
    if (write_all(fd, bytes, len) != 0 || fsync(fd) != 0)
        return failed(err, "cannot write", path);
    return 0;
}

int ml_dir_make(const char *path, struct aas_error *err)
{
    char *copy = strdup(path);
    if (!copy)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    int rc = 0;
    for (char *at = copy + 1; rc == 0; at++) {
        char c = *at;
        if (c != '/' && c != '\0')
            continue;
        *at = '\0';
        if (mkdir(copy, 0755) != 0 && errno != EEXIST)
            rc = failed(err, "cannot make", copy);
        *at = c;
        if (c == '\0')
            break;
    }
    free(copy);
    return rc;
}

int ml_dir_sync(const char *path, struct aas_error *err)
{
    AAS_AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(err, "cannot open", path);
    return fsync(fd) == 0 ? 0 : failed(err, "cannot sync", path);
}

void ml_dir_remove(const char *path)
{
    AAS_AUTO_CLOSEDIR DIR *d = opendir(path);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            (void)unlinkat(dirfd(d), e->d_name, 0);
    (void)rmdir(path);
}
