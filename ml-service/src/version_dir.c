/* Writing version directories, and listing them. See manifest.h. */
#include "manifest.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/id.h>
#include <aas/json.h>
#include <aas/num.h>

#include "files.h"

#define HIDDEN_PREFIX    ".new-"
#define LEFTOVER_AGE_S   3600
#define NUMBER_TRIES     1000
#define TEXT_MAX_BYTES   (64u * 1024 * 1024)
#define PATH_BYTES       4096
#define FLAGS_FOR_PEOPLE (JSON_INDENT(1) | JSON_REAL_PRECISION(17))

static int out_of_memory(struct aas_error *err)
{
    return aas_error_set(err, AAS_ENOMEM, "out of memory for a model version");
}

/* "v12" -> 12; 0 for any other name. */
static uint32_t number_of(const char *name)
{
    uint64_t n = 0;
    if (name[0] != 'v' || name[1] == '0' || aas_num_parse_u64(name + 1, strlen(name + 1), &n) < 0 || n > 999999999)
        return 0;
    return (uint32_t)n;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* What a writer that was killed left behind. */
static void sweep_leftover(int dirfd_, const char *dir, const char *name)
{
    struct stat st;
    char path[PATH_BYTES];
    if (strncmp(name, HIDDEN_PREFIX, strlen(HIDDEN_PREFIX)) != 0 ||
        fstatat(dirfd_, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || time(NULL) - st.st_mtime < LEFTOVER_AGE_S)
        return;
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path))
        ml_dir_remove(path);
}

int ml_versions_list(const char *models_dir, uint32_t **ret_numbers, size_t *ret_count, struct aas_error *err)
{
    char path[PATH_BYTES];
    if (snprintf(path, sizeof(path), "%s/versions", models_dir) >= (int)sizeof(path))
        return aas_error_set(err, AAS_EINVAL, "the models' directory has too long a name");
    AAS_AUTO_CLOSEDIR DIR *d = opendir(path);
    if (!d && errno != ENOENT)
        return aas_error_set(err, -errno, "cannot list %s: %s", path, strerror(errno));
    AAS_AUTO_FREE uint32_t *numbers = NULL;
    size_t count = 0, cap = 0;
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        uint32_t n = number_of(e->d_name);
        sweep_leftover(dirfd(d), path, e->d_name);
        if (n == 0)
            continue;
        if (count == cap) {
            cap = cap ? cap * 2 : 16;
            uint32_t *more = realloc(numbers, cap * sizeof(*more));
            if (!more)
                return out_of_memory(err);
            numbers = more;
        }
        numbers[count++] = n;
    }
    if (count)
        qsort(numbers, count, sizeof(*numbers), compare);
    *ret_numbers = AAS_STEAL(numbers);
    *ret_count = count;
    return 0;
}

static json_t *names_of(char *const *names, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    return list;
}

/* What the schema decides, so that no caller can say it differently. */
static int fill_from_schema(json_t *doc, const struct aas_feature_schema *schema, struct aas_error *err)
{
    if (!schema) {
        bool whole =
            json_is_array(json_object_get(doc, "classes")) && json_is_integer(json_object_get(doc, "features"));
        (void)json_object_set_new(doc, "feature_hash", json_null());
        return whole ? 0
                     : aas_error_set(err, AAS_EINVAL,
                                     "a version without a feature schema must state classes and features");
    }
    if (!schema->classes)
        return aas_error_set(err, AAS_EINVAL, "the feature schema names no classes");
    int bad = json_object_set_new(doc, "sensor_type", json_string(schema->sensor_type));
    bad |= json_object_set_new(doc, "normal", json_string(schema->normal));
    bad |= json_object_set_new(doc, "classes", names_of(schema->classes, schema->classes_count));
    bad |= json_object_set_new(doc, "features", json_integer((json_int_t)schema->features_count));
    bad |= json_object_set_new(doc, "feature_hash", json_string(schema->hash));
    return bad ? out_of_memory(err) : 0;
}

static int put_file(const char *dir, const char *name, const void *bytes, size_t len, json_t *files,
                    struct aas_error *err)
{
    char path[PATH_BYTES], hex[AAS_SHA256_HEX_SIZE];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    int rc = ml_file_write(path, bytes, len, err);
    if (rc < 0 || !files)
        return rc;
    aas_sha256_hex(bytes, len, hex);
    return json_object_set_new(files, name, json_string(hex)) ? out_of_memory(err) : 0;
}

static int put_json(const char *dir, const char *name, const json_t *doc, json_t *files, struct aas_error *err)
{
    AAS_AUTO_FREE char *text = json_dumps(doc, FLAGS_FOR_PEOPLE);
    return text ? put_file(dir, name, text, strlen(text), files, err) : out_of_memory(err);
}

static int put_schema(const char *dir, const struct aas_feature_schema *schema, json_t *files, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = NULL;
    if (!schema)
        return 0;
    return aas_feature_schema_emit(schema, &doc) < 0 ? out_of_memory(err)
                                                     : put_json(dir, ML_SCHEMA_FILE, doc, files, err);
}

static int put_manifest(const char *dir, const struct ml_version_parts *parts, const char *version, json_t *files,
                        struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = json_copy(parts->manifest);
    if (!doc || json_object_set_new(doc, "version", json_string(version)) || json_object_set(doc, "files", files))
        return out_of_memory(err);
    int rc = fill_from_schema(doc, parts->schema, err);
    return rc < 0 ? rc : put_json(dir, ML_MANIFEST_FILE, doc, NULL, err);
}

static uint32_t next_number(const char *models_dir)
{
    AAS_AUTO_FREE uint32_t *numbers = NULL;
    size_t count = 0;
    int rc = ml_versions_list(models_dir, &numbers, &count, NULL);
    return rc == 0 && count ? numbers[count - 1] + 1 : 1;
}

/* The rename decides who gets a number; its loser writes its manifest anew for the next one. */
static int move_into_place(const char *hidden, const char *versions, const struct ml_version_parts *parts,
                           const char *models_dir, const char *want, json_t *files,
                           char ret_version[ML_VERSION_NAME_BYTES], struct aas_error *err)
{
    char name[ML_VERSION_NAME_BYTES], manifest[PATH_BYTES + 64], place[PATH_BYTES + 64];
    (void)snprintf(manifest, sizeof(manifest), "%s/%s", hidden, ML_MANIFEST_FILE);
    for (int i = 0; i < NUMBER_TRIES; i++) {
        if (want)
            (void)snprintf(name, sizeof(name), "%s", want);
        else
            (void)snprintf(name, sizeof(name), "v%u", next_number(models_dir));
        (void)snprintf(place, sizeof(place), "%s/%s", versions, name);
        int rc = put_manifest(hidden, parts, name, files, err);
        if (rc == 0)
            rc = ml_dir_sync(hidden, err);
        if (rc < 0)
            return rc;
        if (renameat2(AT_FDCWD, hidden, AT_FDCWD, place, RENAME_NOREPLACE) == 0) {
            memcpy(ret_version, name, sizeof(name));
            return ml_dir_sync(versions, err);
        }
        if (errno != EEXIST)
            return aas_error_set(err, -errno, "cannot rename %s to %s: %s", hidden, place, strerror(errno));
        if (want)
            return aas_error_set(err, AAS_EEXIST, "version %s is there already", want);
        if (unlink(manifest) != 0)
            return aas_error_set(err, -errno, "cannot remove %s: %s", manifest, strerror(errno));
    }
    return aas_error_set(err, AAS_EEXIST, "no free version number in %s", versions);
}

int ml_version_write(const char *models_dir, const struct ml_version_parts *parts, const char *want,
                     char ret_version[ML_VERSION_NAME_BYTES], struct aas_error *err)
{
    char versions[PATH_BYTES], hidden[PATH_BYTES + 32], id[AAS_ID_SIZE];
    if (want && number_of(want) == 0)
        return aas_error_set(err, AAS_EINVAL, "version \"%.40s\" must be v and a number", want);
    if (snprintf(versions, sizeof(versions), "%s/versions", models_dir) >= (int)sizeof(versions))
        return aas_error_set(err, AAS_EINVAL, "the models' directory has too long a name");
    aas_id_new(1, id);
    (void)snprintf(hidden, sizeof(hidden), "%s/%s%s", versions, HIDDEN_PREFIX, id);
    int rc = ml_dir_make(hidden, err);
    if (rc < 0)
        return rc;
    AAS_AUTO_JSON json_t *files = json_object();
    rc = files ? put_file(hidden, ML_MODEL_FILE, parts->model, parts->model_len, files, err) : out_of_memory(err);
    if (rc == 0)
        rc = put_schema(hidden, parts->schema, files, err);
    if (rc == 0)
        rc = move_into_place(hidden, versions, parts, models_dir, want, files, ret_version, err);
    if (rc < 0)
        ml_dir_remove(hidden);
    return rc;
}
