/* export and import: a directory with one file of Extended JSON lines per collection (mongoimport reads them), blobs as
 * files, and MANIFEST.json with counts and SHA-256 of each; it is written last, so that a half export has none. */
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/clock.h"
#include "aas/json.h"

#define PATH_BYTES     4096
#define BATCH          200
#define BATCH_BYTES    ((size_t)8 * 1024 * 1024)
#define MANIFEST       "MANIFEST.json"
#define MANIFEST_BYTES (16 * 1024 * 1024)

static int file_path(char out[PATH_BYTES], const char *dir, const char *name, struct aas_error *err)
{
    if (snprintf(out, PATH_BYTES, "%s/%s", dir, name) >= PATH_BYTES)
        return aas_error_set(err, AAS_ETOOBIG, "the path %.100s… is too long", dir);
    return 0;
}

static int io_failed(const char *what, const char *path, struct aas_error *err)
{
    int code = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? AAS_ENOSPC : -errno;
    return aas_error_set(err, code, "cannot %s %s: %s", what, path, aas_strerror(-errno));
}

/* ---- export ---- */

struct lines {
    FILE *f;
    int64_t documents;
};

static int write_line(const bson_t *doc, void *arg)
{
    struct lines *l = arg;
    size_t len = 0;
    char *text = bson_as_canonical_extended_json(doc, &len);
    if (!text)
        return AAS_ECORRUPT;
    bool ok = fwrite(text, 1, len, l->f) == len && fputc('\n', l->f) != EOF;
    bson_free(text);
    l->documents++;
    return ok ? 0 : AAS_EIO;
}

static int add_entry(json_t *list, const char *name, const char *file, const char *path, int64_t documents,
                     int64_t *total_bytes, struct aas_error *err)
{
    char sha[65];
    int64_t bytes = 0;
    int rc = db_file_sha256(path, 0, sha, &bytes, err);
    if (rc != 0)
        return rc;
    *total_bytes += bytes;
    json_t *entry =
        json_pack("{s:s, s:s, s:I, s:s}", "name", name, "file", file, "bytes", (json_int_t)bytes, "sha256", sha);
    if (!entry || (documents >= 0 && json_object_set_new(entry, "documents", json_integer(documents)) != 0) ||
        json_array_append_new(list, entry) != 0)
        return aas_error_set(err, AAS_ENOMEM, "no memory for the manifest");
    return 0;
}

static int export_collection(struct db_run *run, enum aas_collection c, json_t *list, int64_t *documents,
                             int64_t *bytes, struct aas_error *err)
{
    char file[64];
    char path[PATH_BYTES];
    const char *name = aas_store_collection(c)->name;
    struct lines l = {0};
    (void)snprintf(file, sizeof file, "%s.jsonl", name);
    int rc = file_path(path, run->path, file, err);
    if (rc != 0)
        return rc;
    l.f = fopen(path, "wxe");
    if (!l.f)
        return io_failed("create", path, err);
    rc = aas_store_find(run->store, c, &(struct aas_query){0}, write_line, &l, NULL, err);
    if (fclose(l.f) != 0 || rc == AAS_EIO)
        return io_failed("write", path, err);
    if (rc != 0)
        return rc;
    *documents += l.documents;
    return add_entry(list, name, file, path, l.documents, bytes, err);
}

struct blob_names {
    char **names;
    size_t n, cap;
};

static void blob_names_fini(struct blob_names *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->names[i]);
    free(b->names);
}

static int note_blob(const char *name, size_t len, void *arg)
{
    struct blob_names *b = arg;
    (void)len;
    if (b->n == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 64;
        char **names = realloc(b->names, cap * sizeof *names);
        if (!names)
            return AAS_ENOMEM;
        b->names = names;
        b->cap = cap;
    }
    b->names[b->n] = strdup(name);
    return b->names[b->n] && ++b->n ? 0 : AAS_ENOMEM;
}

static int export_blob(struct db_run *run, const char *name, size_t number, json_t *list, int64_t *bytes,
                       struct aas_error *err)
{
    char file[64];
    char path[PATH_BYTES];
    size_t len = 0;
    AAS_AUTO_FREE void *data = NULL;
    (void)snprintf(file, sizeof file, "blob-%04zu.bin", number);
    int rc = file_path(path, run->path, file, err);
    if (rc == 0)
        rc = aas_store_blob_get(run->store, name, &data, &len, err);
    if (rc != 0)
        return rc;
    {
        AAS_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            return io_failed("create", path, err);
        rc = db_write_all(fd, data, len, path, err);
    }
    return rc != 0 ? rc : add_entry(list, name, file, path, -1, bytes, err);
}

static int export_blobs(struct db_run *run, json_t *list, int64_t *bytes, struct aas_error *err)
{
    struct blob_names blobs = {0};
    int rc = aas_store_blob_list(run->store, note_blob, &blobs, err);
    for (size_t i = 0; i < blobs.n && rc == 0; i++)
        rc = export_blob(run, blobs.names[i], i, list, bytes, err);
    blob_names_fini(&blobs);
    return rc;
}

/* All files at once, before the manifest says that they are there. */
static int sync_files(const char *dir, struct aas_error *err)
{
    AAS_AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || syncfs(fd) != 0 ? io_failed("sync", dir, err) : 0;
}

static int write_manifest(struct db_run *run, const json_t *manifest, struct aas_error *err)
{
    char path[PATH_BYTES];
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(MANIFEST_BYTES);
    int rc = file_path(path, run->path, MANIFEST, err);
    if (rc == 0 && aas_json_dump(manifest, &text) != 0)
        rc = aas_error_set(err, AAS_ENOMEM, "no memory for the manifest");
    if (rc != 0)
        return rc;
    {
        AAS_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            return io_failed("create", path, err);
        rc = db_write_all(fd, text.data, text.len, path, err);
    }
    return rc != 0 ? rc : db_file_sync(path, err);
}

int db_export(struct db_run *run, struct aas_error *err)
{
    int64_t documents = 0;
    int64_t bytes = 0;
    if (mkdir(run->path, 0700) != 0)
        return io_failed("create the directory", run->path, err);
    AAS_AUTO_JSON json_t *manifest =
        json_pack("{s:s, s:i, s:I, s:s, s:[], s:[]}", "format", "aastreli-export", "version", 1, "created",
                  (json_int_t)aas_clock_wall_ms(), "driver", aas_store_driver(run->store), "collections", "blobs");
    if (!manifest)
        return aas_error_set(err, AAS_ENOMEM, "no memory for the manifest");
    int rc = 0;
    for (int c = 0; c < AAS_COLL__COUNT && rc == 0; c++)
        rc = export_collection(run, (enum aas_collection)c, json_object_get(manifest, "collections"), &documents,
                               &bytes, err);
    if (rc == 0)
        rc = export_blobs(run, json_object_get(manifest, "blobs"), &bytes, err);
    if (rc == 0)
        rc = sync_files(run->path, err);
    if (rc == 0)
        rc = write_manifest(run, manifest, err);
    if (rc != 0)
        return rc;
    db_report_path(run, "export", "exported to");
    (void)aas_buf_printf(&run->out,
                         run->json ? ",\"documents\":%lld,\"bytes\":%lld}\n" : ": %lld documents, %lld bytes\n",
                         (long long)documents, (long long)bytes);
    return 0;
}

/* ---- import ---- */

/* An entry's file, whose digest must be that of the manifest. */
static int check_entry(const char *dir, const json_t *entry, char path[PATH_BYTES], struct aas_error *err)
{
    const char *file = json_string_value(json_object_get(entry, "file"));
    const char *sha = json_string_value(json_object_get(entry, "sha256"));
    char have[65];
    int64_t bytes = 0;
    if (!json_string_value(json_object_get(entry, "name")) || !file || !sha || strchr(file, '/'))
        return aas_error_set(err, AAS_ECORRUPT, "%s/" MANIFEST " is damaged", dir);
    int rc = file_path(path, dir, file, err);
    if (rc == 0)
        rc = db_file_sha256(path, 0, have, &bytes, err);
    if (rc == 0 && strcmp(have, sha) != 0)
        rc = aas_error_set(err, AAS_ECORRUPT, "%s is damaged: sha256 %s, expected %s", path, have, sha);
    return rc;
}

static int load_manifest(const char *dir, json_t **ret, struct aas_error *err)
{
    char path[PATH_BYTES];
    AAS_AUTO_JSON json_t *manifest = NULL;
    int rc = file_path(path, dir, MANIFEST, err);
    if (rc == 0)
        rc = aas_json_load(path, MANIFEST_BYTES, &manifest, err);
    if (rc != 0)
        return rc;
    const char *format = json_string_value(json_object_get(manifest, "format"));
    if (!format || strcmp(format, "aastreli-export") != 0 ||
        json_integer_value(json_object_get(manifest, "version")) != 1)
        return aas_error_set(err, AAS_EMISMATCH, "%s is no export of aastreli-db that this version reads", dir);
    static const char *const lists[] = {"collections", "blobs"};
    for (size_t i = 0; i < 2; i++) {
        size_t k;
        json_t *entry;
        json_array_foreach(json_object_get(manifest, lists[i]), k, entry)
        {
            rc = check_entry(dir, entry, path, err);
            if (rc != 0)
                return rc;
        }
    }
    *ret = AAS_STEAL(manifest);
    return 0;
}

struct batch {
    bson_t *docs[BATCH];
    size_t n, bytes;
    int64_t stored, there;
};

static int flush_batch(struct db_run *run, enum aas_collection c, struct batch *b, struct aas_error *err)
{
    int outcomes[BATCH];
    int rc = 0;
    if (b->n > 0)
        rc = aas_store_import_many(run->store, c, (const bson_t *const *)b->docs, b->n, outcomes, err);
    for (size_t i = 0; i < b->n; i++) {
        b->stored += rc == 0 && outcomes[i] == 0;
        b->there += rc == 0 && outcomes[i] == AAS_EDUPLICATE;
        bson_destroy(b->docs[i]);
    }
    b->n = 0;
    b->bytes = 0;
    return rc;
}

static int import_lines(struct db_run *run, enum aas_collection c, const char *path, struct batch *b,
                        struct aas_error *err)
{
    AAS_AUTO_FCLOSE FILE *f = fopen(path, "re");
    AAS_AUTO_FREE char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int rc = f ? 0 : io_failed("read", path, err);
    for (int64_t number = 1; rc == 0 && (len = getline(&line, &cap, f)) > 0; number++) {
        bson_error_t e;
        bson_t *doc = bson_new_from_json((const uint8_t *)line, len, &e);
        if (!doc) {
            rc = aas_error_set(err, AAS_EPARSE, "%s line %lld: %.120s", path, (long long)number, e.message);
            break;
        }
        b->docs[b->n++] = doc;
        b->bytes += doc->len;
        if (b->n == BATCH || b->bytes >= BATCH_BYTES)
            rc = flush_batch(run, c, b, err);
    }
    if (rc == 0)
        return flush_batch(run, c, b, err);
    for (size_t i = 0; i < b->n; i++)
        bson_destroy(b->docs[i]);
    b->n = 0;
    return rc;
}

static int import_blob(struct db_run *run, const char *name, const char *path, struct aas_error *err)
{
    AAS_AUTO_FCLOSE FILE *f = fopen(path, "re");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0)
        return io_failed("read", path, err);
    AAS_AUTO_FREE char *data = malloc((size_t)st.st_size + 1);
    if (!data)
        return aas_error_set(err, AAS_ENOMEM, "no memory for %s", path);
    if (fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
        return io_failed("read", path, err);
    return aas_store_blob_put(run->store, name, data, (size_t)st.st_size, err);
}

static int empty_store(struct db_run *run, struct aas_error *err)
{
    static const struct aas_cond all[] = {
        {.field = "_id", .op = AAS_OP_GE, .value = {.type = AAS_VALUE_STR, .v.s = ""}}};
    int rc = 0;
    for (int c = 0; c < AAS_COLL__COUNT && rc == 0; c++) {
        size_t removed = 1;
        while (rc == 0 && removed > 0)
            rc = aas_store_remove(run->store, (enum aas_collection)c, all, 1, 1000, &removed, err);
    }
    struct blob_names blobs = {0};
    if (rc == 0)
        rc = aas_store_blob_list(run->store, note_blob, &blobs, err);
    for (size_t i = 0; i < blobs.n && rc == 0; i++)
        rc = aas_store_blob_remove(run->store, blobs.names[i], err);
    blob_names_fini(&blobs);
    return rc;
}

int db_import(struct db_run *run, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *manifest = NULL;
    char path[PATH_BYTES];
    size_t i;
    json_t *entry;
    static struct batch batch;
    int64_t blobs = 0;
    int rc = load_manifest(run->path, &manifest, err); /* all files are right before anything is touched */
    if (rc == 0)
        rc = aas_store_ensure(run->store, err);
    if (rc == 0 && run->replace)
        rc = empty_store(run, err);
    json_array_foreach(json_object_get(manifest, "collections"), i, entry)
    {
        int c = aas_store_collection_by_name(json_string_value(json_object_get(entry, "name")));
        if (rc == 0 && c < 0)
            rc = aas_error_set(err, AAS_EMISMATCH, "this version knows no collection %s",
                               json_string_value(json_object_get(entry, "name")));
        if (rc == 0)
            rc = file_path(path, run->path, json_string_value(json_object_get(entry, "file")), err);
        if (rc == 0)
            rc = import_lines(run, (enum aas_collection)c, path, &batch, err);
    }
    json_array_foreach(json_object_get(manifest, "blobs"), i, entry)
    {
        if (rc == 0)
            rc = file_path(path, run->path, json_string_value(json_object_get(entry, "file")), err);
        if (rc == 0)
            rc = import_blob(run, json_string_value(json_object_get(entry, "name")), path, err);
        blobs++;
    }
    if (rc != 0)
        return rc;
    db_report_path(run, "import", "imported");
    (void)aas_buf_printf(&run->out,
                         run->json ? ",\"stored\":%lld,\"already_there\":%lld,\"blobs\":%lld}\n"
                                   : ": %lld documents stored, %lld were there already, %lld blobs\n",
                         (long long)batch.stored, (long long)batch.there, (long long)blobs);
    return 0;
}
