#include "secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/rng.h"
#include "aas/str.h"
#include "password.h"

#define PATH_BYTES 4096

static int system_error(struct aas_error *err, const char *what, const char *path)
{
    int saved = errno;
    return aas_error_set(err, -saved, "cannot %s %s: %s", what, path, aas_strerror(-saved));
}

int api_secrets_make_dir(const char *path, struct aas_error *err)
{
    char dir[PATH_BYTES];
    if (aas_str_copy(dir, sizeof dir, aas_str_from(path)) != 0)
        return aas_error_set(err, AAS_ETOOBIG, "the path %.100s… is too long", path);
    for (char *at = strchr(dir + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(dir, 0700) != 0 && errno != EEXIST)
            return system_error(err, "make the directory", dir);
        *at = '/';
    }
    return 0;
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        text += n;
        len -= (size_t)n;
    }
    return fsync(fd);
}

/* Write a file of its own name beside path. */
static int write_beside(const char *path, const char *text, char beside[PATH_BYTES], struct aas_error *err)
{
    int n = snprintf(beside, PATH_BYTES, "%s.%ld.new", path, (long)getpid());
    if (n < 0 || n >= PATH_BYTES)
        return aas_error_set(err, AAS_ETOOBIG, "the path %.100s… is too long", path);
    AAS_AUTO_CLOSE int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return system_error(err, "write", beside);
    if (write_all(fd, text, strlen(text)) != 0 || write_all(fd, "\n", 1) != 0) {
        int rc = system_error(err, "write", beside);
        (void)unlink(beside);
        return rc;
    }
    return 0;
}

int api_secrets_write(const char *path, const char *text, struct aas_error *err)
{
    char beside[PATH_BYTES];
    int rc = write_beside(path, text, beside, err);
    if (rc)
        return rc;
    if (rename(beside, path) != 0) {
        rc = system_error(err, "rename to", path);
        (void)unlink(beside);
    }
    return rc;
}

int api_secrets_make_key(const char *path, struct aas_error *err)
{
    if (access(path, F_OK) == 0)
        return 0;
    unsigned char bytes[32];
    char text[65];
    char beside[PATH_BYTES];
    int rc = api_secrets_make_dir(path, err);
    if (rc)
        return rc;
    aas_random_bytes(bytes, sizeof bytes);
    aas_str_hex(bytes, sizeof bytes, text);
    rc = write_beside(path, text, beside, err);
    api_password_wipe(text, sizeof text);
    api_password_wipe(bytes, sizeof bytes);
    if (rc)
        return rc;
    /* link, not rename: the first of two processes wins, and both then read the same key */
    if (link(beside, path) != 0 && errno != EEXIST)
        rc = system_error(err, "make", path);
    (void)unlink(beside);
    return rc;
}
