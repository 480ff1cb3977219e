/* The registry's side towards the store and the versions directory; see registry_internal.h. All under `work`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aas/audit.h>
#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/log.h>
#include <aas/store.h>

#include "registry_internal.h"

#define AAS_LOG_MOD "registry"

#define PATH_BYTES 1024

static const char *const version_files[] = {ML_MODEL_FILE, ML_SCHEMA_FILE, ML_MANIFEST_FILE};
#define FILES (sizeof version_files / sizeof version_files[0])

static int path_of(const struct ml_registry *reg, const char *version, const char *file, char path[PATH_BYTES],
                   struct aas_error *err)
{
    int n = snprintf(path, PATH_BYTES, "%s/versions/%s%s%s", reg->models_dir, version, file[0] ? "/" : "", file);
    return n < PATH_BYTES ? 0 : aas_error_set(err, AAS_ETOOBIG, "the models directory's path is too long");
}

static void blob_name(const char *version, const char *file, char name[256])
{
    (void)snprintf(name, 256, "models/%s/%s", version, file);
}

/* --- disk to store -------------------------------------------------------------------------------------------------
 */

static int read_file(const char *path, struct aas_buf *buf, struct aas_error *err)
{
    AAS_AUTO_FCLOSE FILE *f = fopen(path, "rbe");
    if (!f)
        return aas_error_set(err, -errno, "cannot open %.200s: %s", path, aas_strerror(-errno));
    for (;;) {
        char *to = aas_buf_reserve(buf, 1 << 16);
        if (!to)
            return aas_error_set(err, aas_buf_status(buf), "%.200s: %s", path, aas_strerror(aas_buf_status(buf)));
        size_t n = fread(to, 1, 1 << 16, f);
        if (n == 0)
            return ferror(f) ? aas_error_set(err, AAS_EIO, "cannot read %.200s", path) : 0;
        aas_buf_commit(buf, n);
    }
}

static int upload(struct ml_registry *reg, const struct ml_manifest *m, struct aas_error *err)
{
    for (size_t i = 0; i < FILES; i++) {
        char path[PATH_BYTES], name[256];
        AAS_AUTO_BUF struct aas_buf buf = AAS_BUF_INIT(ML_MODEL_FILE_MAX_BYTES);
        int rc = path_of(reg, m->version, version_files[i], path, err);
        if (rc == 0)
            rc = read_file(path, &buf, err);
        if (rc == AAS_ENOENT && strcmp(version_files[i], ML_SCHEMA_FILE) == 0)
            continue;
        blob_name(m->version, version_files[i], name);
        if (rc == 0)
            rc = aas_store_blob_put(reg->store, name, buf.data ? buf.data : "", buf.len, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int insert_version(struct ml_registry *reg, const struct ml_manifest *m, struct aas_error *err)
{
    bson_t *manifest = NULL;
    int rc = aas_json_to_bson(m->doc, aas_json_store_dates, &manifest, err);
    if (rc)
        return rc;
    bson_t doc;
    bson_init(&doc);
    bool ok = BSON_APPEND_UTF8(&doc, "_id", m->version) && BSON_APPEND_UTF8(&doc, "status", "candidate") &&
              BSON_APPEND_UTF8(&doc, "sensor_type", m->sensor_type) &&
              BSON_APPEND_DATE_TIME(&doc, "created", aas_clock_wall_ms()) &&
              BSON_APPEND_UTF8(&doc, "model_sha256", m->model_sha256) &&
              BSON_APPEND_DOCUMENT(&doc, "manifest", manifest);
    rc = ok ? aas_store_insert(reg->store, AAS_COLL_MODELS, &doc, err) : AAS_ETOOBIG;
    bson_destroy(&doc);
    bson_destroy(manifest);
    return rc;
}

/* A type's first version serves at once; all later ones wait for somebody's word. */
static int promote_if_vacant(struct ml_registry *reg, const struct ml_manifest *m, struct aas_error *err)
{
    struct ml_change c = {.action = ML_ACTION_PROMOTE,
                          .type = m->sensor_type,
                          .version = m->version,
                          .user = "ml-service",
                          .reason = "first version of its sensor type",
                          .at_ms = aas_clock_wall_ms(),
                          .only_if_vacant = true};
    return registry_change_roles(reg, &c, err);
}

/* 0: registered; AAS_EMISMATCH and others about the files: refused; AAS_EUNAVAILABLE …: ask again later. */
static int register_version(struct ml_registry *reg, const struct ml_manifest *m, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(reg->store, AAS_COLL_MODELS, m->version, &doc, err);
    if (rc == 0) {
        bool same = strcmp(aas_doc_str(doc, "model_sha256", ""), m->model_sha256) == 0;
        bson_destroy(doc);
        return same ? promote_if_vacant(reg, m, err)
                    : aas_error_set(err, AAS_EMISMATCH, "the store knows another model by the name %s", m->version);
    }
    if (rc != AAS_ENOENT)
        return rc;
    aas_error_clear(err);
    rc = upload(reg, m, err);
    if (rc == 0)
        rc = insert_version(reg, m, err);
    if (rc == AAS_EDUPLICATE)
        return register_version(reg, m, err);
    if (rc)
        return rc;
    AAS_LOG_INFO("model.registered", "a model version is registered", AAS_F_STR("version", m->version),
                 AAS_F_STR("type", m->sensor_type));
    return promote_if_vacant(reg, m, err);
}

static struct registry_known *known_entry(struct ml_registry *reg, uint32_t number)
{
    for (size_t i = 0; i < reg->known_count; i++)
        if (reg->known[i].number == number)
            return &reg->known[i];
    struct registry_known *p = realloc(reg->known, (reg->known_count + 1) * sizeof *p);
    if (!p)
        return NULL;
    reg->known = p;
    p[reg->known_count] = (struct registry_known){.number = number};
    return &p[reg->known_count++];
}

static bool is_about_files(int rc)
{
    return rc == AAS_ENOENT || rc == AAS_ECORRUPT || rc == AAS_EMISMATCH || rc == AAS_EPARSE || rc == AAS_EINVAL ||
           rc == AAS_ENOTSUP || rc == AAS_ETOOBIG || rc == AAS_EACCES;
}

static int look_at(struct ml_registry *reg, uint32_t number, struct aas_error *err)
{
    size_t before = reg->known_count;
    struct registry_known *k = known_entry(reg, number);
    if (!k)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    if (k->registered)
        return 0;
    bool is_new = reg->known_count > before;
    char version[ML_VERSION_BYTES], dir[PATH_BYTES];
    (void)snprintf(version, sizeof version, "v%u", number);
    struct ml_manifest *m = NULL;
    int rc = path_of(reg, version, "", dir, err);
    if (rc == 0)
        rc = ml_manifest_load(dir, &m, err);
    if (rc == 0)
        rc = register_version(reg, m, err);
    ml_manifest_destroy(m);
    if (rc && !is_about_files(rc)) {
        if (is_new)
            reg->known_count--;
        return rc;
    }
    k->registered = rc == 0;
    if (rc && is_new)
        AAS_LOG_ERROR("model.refused", "a version on disk is refused; the others go on", AAS_F_STR("version", version),
                      AAS_F_ERROR(err));
    aas_error_clear(err);
    return 0;
}

int registry_register_new(struct ml_registry *reg, struct aas_error *err)
{
    AAS_AUTO_FREE uint32_t *numbers = NULL;
    size_t count = 0;
    int rc = ml_versions_list(reg->models_dir, &numbers, &count, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = look_at(reg, numbers[i], err);
    return rc;
}

/* --- store to disk -------------------------------------------------------------------------------------------------
 */

static int write_file(const char *path, const void *bytes, size_t len, struct aas_error *err)
{
    FILE *f = fopen(path, "wbe");
    if (!f)
        return aas_error_set(err, -errno, "cannot write %.200s: %s", path, aas_strerror(-errno));
    bool ok = fwrite(bytes, 1, len, f) == len && fflush(f) == 0 && fsync(fileno(f)) == 0;
    ok = fclose(f) == 0 && ok;
    return ok ? 0 : aas_error_set(err, AAS_EIO, "cannot write %.200s", path);
}

static int download(struct ml_registry *reg, const char *version, const char *file, const char *temp,
                    struct aas_error *err)
{
    char name[256], path[2 * PATH_BYTES];
    void *bytes = NULL;
    size_t len = 0;
    blob_name(version, file, name);
    int rc = aas_store_blob_get(reg->store, name, &bytes, &len, err);
    if (rc == AAS_ENOENT && strcmp(file, ML_SCHEMA_FILE) == 0)
        return 0;
    int n = snprintf(path, sizeof path, "%s/%s", temp, file);
    if (rc == 0 && (n < 0 || (size_t)n >= sizeof path))
        rc = aas_error_set(err, AAS_ETOOBIG, "the path of %.64s is too long", file);
    if (rc == 0)
        rc = write_file(path, bytes, len, err);
    free(bytes);
    return rc;
}

int registry_fetch(struct ml_registry *reg, const char *version, struct aas_error *err)
{
    char dir[PATH_BYTES], parent[PATH_BYTES], temp[PATH_BYTES + 64];
    int rc = path_of(reg, version, "", dir, err);
    if (rc)
        return rc;
    (void)mkdir(reg->models_dir, 0755);
    (void)path_of(reg, "", "", parent, err);
    (void)mkdir(parent, 0755);
    (void)snprintf(temp, sizeof temp, "%s/.fetch-%s-%ld", parent, version, (long)getpid());
    if (mkdir(temp, 0755) != 0 && errno != EEXIST)
        return aas_error_set(err, -errno, "cannot make %.200s: %s", temp, aas_strerror(-errno));
    for (size_t i = 0; rc == 0 && i < FILES; i++)
        rc = download(reg, version, version_files[i], temp, err);
    if (rc == 0 && rename(temp, dir) != 0 && errno != EEXIST && errno != ENOTEMPTY)
        rc = aas_error_set(err, -errno, "cannot put %s into place: %s", version, aas_strerror(-errno));
    for (size_t i = 0; i < FILES; i++) { /* what a failure left */
        char path[PATH_BYTES + 128];
        (void)snprintf(path, sizeof path, "%s/%s", temp, version_files[i]);
        (void)unlink(path);
    }
    (void)rmdir(temp);
    return rc;
}

/* --- roles ---------------------------------------------------------------------------------------------------------
 */

static int to_json(const bson_t *doc, json_t **ret_json, struct aas_error *err)
{
    int rc = aas_json_from_bson(doc, ret_json, err);
    if (rc == 0) {
        AAS_IGNORE(json_object_del(*ret_json, "id"));
        AAS_IGNORE(json_object_del(*ret_json, "rev"));
    }
    return rc;
}

int registry_roles(struct ml_registry *reg, json_t **ret_doc, int64_t *ret_rev, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(reg->store, AAS_COLL_MODELS, ML_ROLES_ID, &doc, err);
    if (rc)
        return rc;
    *ret_rev = aas_doc_int(doc, "rev", 0);
    rc = to_json(doc, ret_doc, err);
    bson_destroy(doc);
    return rc;
}

static int change_roles(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *roles = NULL;
    int rc = 0;
    if (old_doc)
        rc = to_json(old_doc, &roles, err);
    else
        roles = ml_roles_new();
    if (rc || !roles)
        return rc ? rc : AAS_ENOMEM;
    rc = ml_roles_apply(roles, arg, err);
    bson_t *body = NULL;
    if (rc == 0)
        rc = aas_json_to_bson(roles, aas_json_store_dates, &body, err);
    if (rc)
        return rc;
    bool ok = BSON_APPEND_UTF8(ret_new, "_id", ML_ROLES_ID) && bson_concat(ret_new, body);
    bson_destroy(body);
    return ok ? 0 : AAS_ETOOBIG;
}

int registry_change_roles(struct ml_registry *reg, const struct ml_change *change, struct aas_error *err)
{
    struct ml_change c = *change;
    return aas_store_update(reg->store, AAS_COLL_MODELS, ML_ROLES_ID, change_roles, &c, err);
}

void registry_audit(struct ml_registry *reg, const struct ml_change *change)
{
    char action[32];
    (void)snprintf(action, sizeof action, "model.%s", ml_action_name(change->action));
    AAS_AUTO_JSON json_t *detail =
        json_pack("{s:s?,s:s,s:f}", "type", change->type, "reason", change->reason, "ab_pct", change->ab_pct);
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    struct aas_audit_event e = {.user = change->user, .action = action, .target = change->version, .detail = text};
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_audit_append(reg->store, &e, &err) != 0)
        AAS_LOG_ERROR("audit.append", "a change of roles is missing in the audit trail; the serving history has it",
                      AAS_F_STR("action", action), AAS_F_STR("version", change->version), AAS_F_ERROR(&err));
    free(text);
}

/* --- reading -------------------------------------------------------------------------------------------------------
 */

int registry_version_doc(struct ml_registry *reg, const char *version, json_t **ret_doc, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = version[0] == '@' ? AAS_ENOENT : aas_store_get(reg->store, AAS_COLL_MODELS, version, &doc, err);
    if (rc == AAS_ENOENT)
        return aas_error_set(err, AAS_ENOENT, "there is no model version \"%.40s\"", version);
    if (rc)
        return rc;
    rc = to_json(doc, ret_doc, err);
    bson_destroy(doc);
    if (rc == 0)
        AAS_IGNORE(json_object_set_new(*ret_doc, "version", json_string(version)));
    return rc;
}

/* Roles decide the status; the document's own tells only what has no role. */
static void dress(json_t *item, const json_t *roles, bool with_history)
{
    const char *version = json_string_value(json_object_get(item, "version"));
    const char *status = roles ? ml_roles_status(roles, version) : "candidate";
    const char *own = json_string_value(json_object_get(item, "status"));
    if (strcmp(status, "candidate") != 0 || !own || strcmp(own, "rejected") != 0)
        AAS_IGNORE(json_object_set_new(item, "status", json_string(status)));
    if (with_history && roles)
        AAS_IGNORE(json_object_set_new(item, "history", ml_roles_history(roles, version)));
}

static int add_item(const bson_t *doc, void *arg)
{
    json_t *item = NULL;
    int rc = to_json(doc, &item, NULL);
    if (rc)
        return rc;
    AAS_IGNORE(json_object_set_new(item, "version", json_string(aas_doc_str(doc, "_id", ""))));
    return json_array_append_new(arg, item) == 0 ? 0 : AAS_ENOMEM;
}

int ml_registry_list(struct ml_registry *reg, json_t **ret_list, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *roles = NULL;
    AAS_AUTO_JSON json_t *items = json_array();
    int64_t rev;
    struct aas_query newest = {.sort = "created", .descending = true, .limit = 500};
    int rc = registry_roles(reg, &roles, &rev, err);
    if (rc && rc != AAS_ENOENT)
        return rc;
    rc = aas_store_find(reg->store, AAS_COLL_MODELS, &newest, add_item, items, NULL, err);
    if (rc)
        return rc;
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item) dress(item, roles, true);
    *ret_list = json_pack("{s:O,s:n,s:O?}", "items", items, "next", "roles", json_object_get(roles, "roles"));
    return *ret_list ? 0 : AAS_ENOMEM;
}

int ml_registry_describe(struct ml_registry *reg, const char *version, json_t **ret_item, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *roles = NULL;
    int64_t rev;
    int rc = registry_version_doc(reg, version, ret_item, err);
    if (rc)
        return rc;
    if (registry_roles(reg, &roles, &rev, NULL) == 0)
        dress(*ret_item, roles, true);
    return 0;
}

/* --- the gate's word -----------------------------------------------------------------------------------------------
 */

struct gate_change {
    const json_t *report;
    bool passed;
};

static int change_gate(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    static const char *const replaced[] = {"gate", "status", NULL};
    const struct gate_change *g = arg;
    if (!old_doc)
        return aas_error_set(err, AAS_ENOENT, "the version is gone");
    int rc = aas_store_copy_except(old_doc, ret_new, replaced);
    bson_t *report = NULL;
    if (rc == 0)
        rc = aas_json_to_bson(g->report, aas_json_store_dates, &report, err);
    if (rc)
        return rc;
    bool ok = BSON_APPEND_DOCUMENT(ret_new, "gate", report) &&
              BSON_APPEND_UTF8(ret_new, "status", g->passed ? "candidate" : "rejected");
    bson_destroy(report);
    return ok ? 0 : AAS_ETOOBIG;
}

int ml_registry_set_gate(struct ml_registry *reg, const char *version, const json_t *report, bool passed,
                         struct aas_error *err)
{
    struct gate_change g = {.report = report, .passed = passed};
    return aas_store_update(reg->store, AAS_COLL_MODELS, version, change_gate, &g, err);
}
