/* Reading the dashboard's directory. Runs on the main thread, at start and on SIGHUP. */
#include "assets.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aas/cleanup.h>
#include <aas/crc32c.h>
#include <aas/log.h>
#include <aas/str.h>

#include "mime.h"

#define AAS_LOG_MOD "assets"

#define MAX_FILES 10000
#define MAX_DEPTH 16
#define MAX_PATH  1024

/* One file as it was found, before forms are put together. */
struct file {
    char *path, *bytes;
    size_t len;
    struct timespec mtime;
    size_t item; /* of the index that is being made */
};

struct loader {
    struct file *files;
    size_t count, capacity, bytes, max_bytes;
    struct aas_error *err;
};

static int fail(struct loader *l, int code, const char *what, const char *path)
{
    return aas_error_set(l->err, code, "%s \"%s\": %s", what, path, aas_strerror(code));
}

static int read_all(int fd, char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = read(fd, bytes + at, len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : AAS_EIO; /* it shrank meanwhile */
        at += (size_t)n;
    }
    return 0;
}

static int add_file(struct loader *l, int fd, const struct stat *st, const char *path)
{
    size_t len = (size_t)st->st_size;
    if (l->count == MAX_FILES)
        return aas_error_set(l->err, AAS_ETOOBIG, "the dashboard has more than %d files", MAX_FILES);
    if (len > l->max_bytes || l->bytes + len > l->max_bytes)
        return aas_error_set(l->err, AAS_ETOOBIG, "the dashboard's files are over AAS_WEB_MAX_BYTES, %zu bytes",
                             l->max_bytes);
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 64;
        struct file *more = realloc(l->files, capacity * sizeof *more);
        if (!more)
            return AAS_ENOMEM;
        l->files = more;
        l->capacity = capacity;
    }
    struct file *f = &l->files[l->count];
    *f = (struct file){.path = strdup(path), .bytes = malloc(len + 1), .len = len, .mtime = st->st_mtim};
    l->count++;
    l->bytes += len;
    if (!f->path || !f->bytes)
        return AAS_ENOMEM;
    int rc = read_all(fd, f->bytes, len);
    return rc ? fail(l, rc, "cannot read", path) : 0;
}

static int walk(struct loader *l, int dir_fd, const char *path, unsigned depth);

static int walk_copy(struct loader *l, int dir_fd, const char *path, unsigned depth)
{
    int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    return fd < 0 ? fail(l, -errno, "cannot open", path) : walk(l, fd, path, depth);
}

static int visit(struct loader *l, int dir_fd, const char *dir_path, const char *name, unsigned depth)
{
    char path[MAX_PATH];
    struct stat st;
    if (snprintf(path, sizeof path, "%s/%s", dir_path, name) >= (int)sizeof path || depth > MAX_DEPTH)
        return aas_error_set(l->err, AAS_ETOOBIG, "the dashboard has a path that is too long: %.80s…", dir_path);
    AAS_AUTO_CLOSE int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ELOOP) {
        AAS_LOG_WARN("assets.link", "a symbolic link in the dashboard's directory, leaving it out",
                     AAS_F_STR("path", path));
        return 0;
    }
    if (fd < 0 || fstat(fd, &st) != 0)
        return fail(l, -errno, "cannot open", path);
    if (S_ISDIR(st.st_mode))
        return walk_copy(l, fd, path, depth + 1);
    return S_ISREG(st.st_mode) ? add_file(l, fd, &st, path) : 0;
}

/* Takes dir_fd. */
static int walk(struct loader *l, int dir_fd, const char *path, unsigned depth)
{
    AAS_AUTO_CLOSEDIR DIR *dir = fdopendir(dir_fd);
    if (!dir) {
        int rc = -errno;
        (void)close(dir_fd);
        return fail(l, rc, "cannot open", path);
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry)
            return errno ? fail(l, -errno, "cannot read", path) : 0;
        if (entry->d_name[0] == '.')
            continue;
        int rc = visit(l, dir_fd, path, entry->d_name, depth);
        if (rc)
            return rc;
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

/* The file of which this one is the compressed form, NULL when it is a file in its own right. */
static struct file *original_of(struct loader *l, const struct file *f, enum web_encoding *ret_encoding)
{
    size_t len = strlen(f->path);
    if (len <= 3 || (strcmp(f->path + len - 3, ".gz") != 0 && strcmp(f->path + len - 3, ".br") != 0))
        return NULL;
    *ret_encoding = f->path[len - 2] == 'g' ? WEB_GZIP : WEB_BROTLI;
    char path[MAX_PATH];
    (void)snprintf(path, sizeof path, "%.*s", (int)(len - 3), f->path);
    const struct file key = {.path = path};
    return bsearch(&key, l->files, l->count, sizeof *l->files, by_path);
}

static bool is_older(const struct file *a, const struct file *b)
{
    return a->mtime.tv_sec < b->mtime.tv_sec ||
           (a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec < b->mtime.tv_nsec);
}

/* A gzip file ends with the length of what is in it (RFC 1952). */
static bool gzip_fits(const struct file *f, const struct file *original)
{
    const unsigned char *end = (const unsigned char *)f->bytes + f->len;
    return f->len >= 18 && (unsigned char)f->bytes[0] == 0x1f && (unsigned char)f->bytes[1] == 0x8b &&
           ((uint32_t)end[-4] | (uint32_t)end[-3] << 8 | (uint32_t)end[-2] << 16 | (uint32_t)end[-1] << 24) ==
               (uint32_t)original->len;
}

static void set_body(struct web_asset *asset, enum web_encoding encoding, struct file *f)
{
    static const char *const suffix[WEB_ENCODING__COUNT] = {"", "-gz", "-br"};
    struct web_body *body = &asset->body[encoding];
    body->bytes = AAS_STEAL(f->bytes);
    body->len = f->len;
    (void)snprintf(body->etag, sizeof body->etag, "%016llx%08x-%zx%s",
                   aas_str_hash((struct aas_str){body->bytes, body->len}), aas_crc32c(0, body->bytes, body->len),
                   body->len, suffix[encoding]);
    asset->available |= 1u << encoding;
}

/* Forms are attached in a second pass, when every original has its place. */
static void add_form(struct web_assets *assets, struct file *f, const struct file *original, enum web_encoding encoding)
{
    if (is_older(f, original) || (encoding == WEB_GZIP && !gzip_fits(f, original))) {
        AAS_LOG_WARN("assets.stale", "a compressed file does not belong to its original, leaving it out",
                     AAS_F_STR("path", f->path));
        return;
    }
    set_body(&assets->items[original->item], encoding, f);
}

static int build(struct loader *l, struct web_assets *assets)
{
    enum web_encoding encoding;
    if (l->count > 0)
        qsort(l->files, l->count, sizeof *l->files, by_path);
    assets->items = calloc(l->count + 1, sizeof *assets->items);
    if (!assets->items)
        return AAS_ENOMEM;
    for (size_t i = 0; i < l->count; i++) {
        struct file *f = &l->files[i];
        if (original_of(l, f, &encoding))
            continue;
        f->item = assets->count;
        struct web_asset *asset = &assets->items[assets->count++];
        asset->path = strdup(f->path);
        if (!asset->path)
            return AAS_ENOMEM;
        asset->type = web_mime_of(f->path);
        asset->immutable = web_path_is_hashed(f->path);
        set_body(asset, WEB_IDENTITY, f);
    }
    for (size_t i = 0; i < l->count; i++) {
        const struct file *original = original_of(l, &l->files[i], &encoding);
        if (original)
            add_form(assets, &l->files[i], original, encoding);
    }
    return 0;
}

int web_assets_load(struct web_assets **ret_assets, const char *root, size_t max_bytes, struct aas_error *err)
{
    struct loader l = {.max_bytes = max_bytes, .err = err};
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return aas_error_set(err, -errno,
                             "AAS_WEB_ROOT \"%s\" cannot be opened (%s); build the dashboard with "
                             "\"npm ci && npm run build\" in frontend/web, or name its directory",
                             root, aas_strerror(-errno));
    struct web_assets *assets = calloc(1, sizeof *assets);
    if (!assets) {
        (void)close(fd);
        return AAS_ENOMEM;
    }
    aas_ref_init(&assets->ref);
    int rc = walk(&l, fd, "", 0);
    if (rc == 0)
        rc = build(&l, assets);
    assets->bytes = l.bytes;
    for (size_t i = 0; i < l.count; i++) {
        free(l.files[i].path);
        free(l.files[i].bytes);
    }
    free(l.files);
    if (rc == 0 && !(assets->index = web_assets_find(assets, "/index.html")))
        rc = aas_error_set(err, AAS_ENOENT,
                           "AAS_WEB_ROOT \"%s\" has no index.html; build the dashboard with "
                           "\"npm ci && npm run build\" in frontend/web",
                           root);
    if (rc) {
        web_assets_unref(assets);
        return rc;
    }
    *ret_assets = assets;
    return 0;
}
