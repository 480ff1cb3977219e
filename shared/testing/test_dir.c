#include "aas/test_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "aastreli-test-"

int aas_test_dir_make(char path[static AAS_TEST_PATH_BYTES])
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(path, AAS_TEST_PATH_BYTES, "%s/" MARK "XXXXXX", base && base[0] ? base : "/tmp");
    if (n < 0 || n >= AAS_TEST_PATH_BYTES)
        return AAS_ETOOBIG;
    return mkdtemp(path) ? 0 : -errno;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void aas_test_dir_remove(const char *path)
{
    if (!path || !strstr(path, "/" MARK) || getenv("AAS_TEST_KEEP"))
        return;
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *aas_test_path(char out[static AAS_TEST_PATH_BYTES], const char *dir, const char *name)
{
    (void)snprintf(out, AAS_TEST_PATH_BYTES, "%s/%s", dir, name);
    return out;
}

int aas_test_file_write(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wbe");
    if (!f)
        return -errno;
    size_t put = n ? fwrite(bytes, 1, n, f) : 0;
    int rc = fclose(f) == 0 && put == n ? 0 : AAS_EIO;
    return rc;
}

char *aas_test_file_read(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rbe");
    if (!f)
        return NULL;
    char *text = NULL;
    size_t len = 0, cap = 0, got;
    do {
        if (cap - len < 4096) {
            cap = cap ? cap * 2 : 16384;
            char *more = realloc(text, cap + 1);
            if (!more) {
                free(text);
                (void)fclose(f);
                return NULL;
            }
            text = more;
        }
        got = fread(text + len, 1, cap - len, f);
        len += got;
    } while (got > 0);
    (void)fclose(f);
    text[len] = '\0';
    if (ret_len)
        *ret_len = len;
    return text;
}
