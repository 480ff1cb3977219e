/* backup and restore. On SQLite one file: a header block of 4,096 bytes (a line that says what it is, a line of JSON
 * with size and SHA-256 of the rest), then a SQLite database: `tail -c +4097 FILE` is one. On MongoDB a directory in
 * the form of `export`. */
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/clock.h"
#include "aas/json.h"

#define HEADER_BYTES 4096
#define MAGIC        "AASTRELI BACKUP 1\n"
#define PATH_BYTES   4096

static int io_failed(const char *what, const char *path, struct aas_error *err)
{
    int code = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? AAS_ENOSPC : -errno;
    return aas_error_set(err, code, "cannot %s %s: %s", what, path, aas_strerror(-errno));
}

/* Append from[skip..] to the open file to_fd. */
static int copy_file(const char *from, off_t skip, int to_fd, const char *to, struct aas_error *err)
{
    static char block[1 << 20];
    AAS_AUTO_CLOSE int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || lseek(fd, skip, SEEK_SET) < 0)
        return io_failed("read", from, err);
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_failed("read", from, err);
        if (n == 0)
            return 0;
        int rc = db_write_all(to_fd, block, (size_t)n, to, err);
        if (rc != 0)
            return rc;
    }
}

static int write_container(const char *database, const char *path, int64_t *ret_bytes, char sha[65],
                           struct aas_error *err)
{
    char header[HEADER_BYTES];
    int rc = db_file_sha256(database, 0, sha, ret_bytes, err);
    if (rc != 0)
        return rc;
    memset(header, ' ', sizeof header);
    int n =
        snprintf(header, sizeof header, MAGIC "{\"created\":%lld,\"bytes\":%lld,\"sha256\":\"%s\",\"version\":\"%s\"}",
                 (long long)aas_clock_wall_ms(), (long long)*ret_bytes, sha, AAS_VERSION);
    header[n] = '\n';
    header[HEADER_BYTES - 1] = '\n';
    AAS_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return io_failed("create", path, err);
    rc = db_write_all(fd, header, sizeof header, path, err);
    return rc != 0 ? rc : copy_file(database, 0, fd, path, err);
}

static int backup_sqlite(struct db_run *run, int64_t *ret_bytes, char sha[65], struct aas_error *err)
{
    char database[PATH_BYTES];
    char part[PATH_BYTES];
    int a = snprintf(database, sizeof database, "%s.db.part", run->path);
    int b = snprintf(part, sizeof part, "%s.part", run->path);
    if (a >= PATH_BYTES || b >= PATH_BYTES)
        return aas_error_set(err, AAS_ETOOBIG, "the path %.100s… is too long", run->path);
    (void)unlink(database); /* of a backup that was cut off */
    (void)unlink(part);
    int rc = aas_store_backup(run->store, database, err);
    if (rc == 0)
        rc = write_container(database, part, ret_bytes, sha, err);
    if (rc == 0)
        rc = db_file_sync(part, err);
    if (rc == 0 && rename(part, run->path) != 0)
        rc = io_failed("rename the backup to", run->path, err);
    if (rc == 0)
        rc = db_file_sync(run->path, err);
    (void)unlink(database);
    (void)unlink(part);
    return rc;
}

int db_backup(struct db_run *run, struct aas_error *err)
{
    int64_t bytes = 0;
    char sha[65] = "";
    if (access(run->path, F_OK) == 0)
        return aas_error_set(err, AAS_EEXIST, "%s is there already", run->path);
    if (strcmp(aas_store_driver(run->store), "sqlite") != 0)
        return db_export(run, err);
    int rc = backup_sqlite(run, &bytes, sha, err);
    if (rc != 0)
        return rc;
    db_report_path(run, "backup", "backup");
    (void)aas_buf_printf(&run->out, run->json ? ",\"bytes\":%lld,\"sha256\":\"%s\"}\n" : ": %lld bytes, sha256 %s\n",
                         (long long)bytes, sha);
    return 0;
}

/* ---- restore ---- */

static int read_header(const char *path, json_t **ret, struct aas_error *err)
{
    char header[HEADER_BYTES];
    AAS_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return io_failed("open", path, err);
    ssize_t n = read(fd, header, sizeof header);
    size_t magic = sizeof MAGIC - 1;
    if (n != HEADER_BYTES || memcmp(header, MAGIC, magic) != 0)
        return aas_error_set(err, AAS_EMISMATCH, "%s is no backup of aastreli-db", path);
    const char *end = memchr(header + magic, '\n', sizeof header - magic);
    if (!end || aas_json_parse(header + magic, (size_t)(end - header) - magic, 0, 0, ret, NULL) != 0)
        return aas_error_set(err, AAS_ECORRUPT, "the header of %s is damaged", path);
    return 0;
}

static int verify(const char *path, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *header = NULL;
    const char *sha = NULL;
    int64_t bytes = 0;
    char have[65];
    int64_t have_bytes = 0;
    int rc = read_header(path, &header, err);
    if (rc == 0)
        rc = aas_json_get_string(header, "sha256", AAS_JSON_REQUIRED, 64, 64, &sha, err);
    if (rc == 0)
        rc = aas_json_get_int(header, "bytes", AAS_JSON_REQUIRED, 1, INT64_MAX, &bytes, err);
    if (rc == 0)
        rc = db_file_sha256(path, HEADER_BYTES, have, &have_bytes, err);
    if (rc == 0 && (have_bytes != bytes || strcmp(have, sha) != 0))
        rc = aas_error_set(err, AAS_ECORRUPT, "%s is damaged: %lld bytes with sha256 %s, expected %lld with %s", path,
                           (long long)have_bytes, have, (long long)bytes, sha);
    return rc == AAS_EINVAL ? aas_error_set(err, AAS_ECORRUPT, "the header of %s is damaged", path) : rc;
}

/* The database in the container, unpacked beside the store, where there is room for one. */
static int unpack(const char *path, const char *to, struct aas_error *err)
{
    (void)unlink(to);
    AAS_AUTO_CLOSE int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 ? io_failed("create", to, err) : copy_file(path, HEADER_BYTES, fd, to, err);
}

int db_restore(struct db_run *run, struct aas_error *err)
{
    char store[PATH_BYTES];
    char part[PATH_BYTES];
    if (db_is_directory(run->path)) {
        run->replace = true;
        return db_import(run, err);
    }
    int rc = verify(run->path, err);
    if (rc != 0)
        return rc;
    if (db_sqlite_path(run->config.url, store, sizeof store) != 0)
        return aas_error_set(
            err, AAS_ENOTSUP,
            "%s is a backup of the embedded store: restore it to a sqlite: URL, then export and import", run->path);
    if (snprintf(part, sizeof part, "%s.restore.part", store) >= PATH_BYTES)
        return aas_error_set(err, AAS_ETOOBIG, "the path %.100s… is too long", store);
    rc = unpack(run->path, part, err);
    if (rc == 0)
        rc = aas_store_restore(run->store, part, err);
    (void)unlink(part);
    if (rc != 0)
        return rc;
    db_report_path(run, "restored", "restored");
    (void)aas_buf_append_str(&run->out, run->json ? "}\n" : "\n");
    return 0;
}
