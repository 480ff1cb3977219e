#include "accounts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aas/clock.h"
#include "aas/log.h"
#include "aas/store.h"
#include "secrets.h"

#define AAS_LOG_MOD "accounts"

#define FIRST_PASSWORD_LETTERS 20

bool api_account_name_ok(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-");
    return len > 0 && len < API_NAME_BYTES && name[len] == '\0';
}

static int read_account(const bson_t *doc, struct api_account *ret_account, struct aas_error *err)
{
    struct api_account a = {.must_change = aas_doc_bool(doc, "must_change", false),
                            .disabled = aas_doc_bool(doc, "disabled", false)};
    const char *name = aas_doc_str(doc, "_id", "");
    int n = snprintf(a.name, sizeof a.name, "%s", name);
    int m = snprintf(a.hash, sizeof a.hash, "%s", aas_doc_str(doc, "hash", ""));
    if (n < 0 || (size_t)n >= sizeof a.name || m < 0 || (size_t)m >= sizeof a.hash ||
        !api_role_parse(aas_doc_str(doc, "role", ""), &a.role))
        return aas_error_set(err, AAS_ECORRUPT, "the stored account \"%.64s\" has no sound hash or role", name);
    *ret_account = a;
    return 0;
}

int api_account_get(struct aas_store *store, const char *name, struct api_account *ret_account, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(store, AAS_COLL_USERS, name, &doc, err);
    if (rc)
        return rc;
    rc = read_account(doc, ret_account, err);
    bson_destroy(doc);
    return rc;
}

int api_account_create(struct aas_store *store, const struct api_account *account, struct aas_error *err)
{
    bson_t doc = BSON_INITIALIZER;
    BSON_APPEND_UTF8(&doc, "_id", account->name);
    BSON_APPEND_UTF8(&doc, "hash", account->hash);
    BSON_APPEND_UTF8(&doc, "role", api_role_name(account->role));
    BSON_APPEND_DATE_TIME(&doc, "created", aas_clock_wall_ms());
    BSON_APPEND_BOOL(&doc, "must_change", account->must_change);
    BSON_APPEND_BOOL(&doc, "disabled", account->disabled);
    int rc = aas_store_insert(store, AAS_COLL_USERS, &doc, err);
    bson_destroy(&doc);
    return rc;
}

struct change {
    const char *hash;
    bool must_change;
    const enum api_role *role;
    const bool *disabled;
};

static int apply(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    const struct change *c = arg;
    const char *drop[5] = {NULL};
    size_t n = 0;
    if (!old_doc)
        return aas_error_set(err, AAS_ENOENT, "there is no such account");
    if (c->hash) {
        drop[n++] = "hash";
        drop[n++] = "must_change";
    }
    if (c->role)
        drop[n++] = "role";
    if (c->disabled)
        drop[n++] = "disabled";
    int rc = aas_store_copy_except(old_doc, ret_new, drop);
    if (rc)
        return rc;
    if (c->hash) {
        BSON_APPEND_UTF8(ret_new, "hash", c->hash);
        BSON_APPEND_BOOL(ret_new, "must_change", c->must_change);
    }
    if (c->role)
        BSON_APPEND_UTF8(ret_new, "role", api_role_name(*c->role));
    if (c->disabled)
        BSON_APPEND_BOOL(ret_new, "disabled", *c->disabled);
    return 0;
}

int api_account_set_hash(struct aas_store *store, const char *name, const char *hash, bool must_change,
                         struct aas_error *err)
{
    struct change c = {.hash = hash, .must_change = must_change};
    return aas_store_update(store, AAS_COLL_USERS, name, apply, &c, err);
}

int api_account_change(struct aas_store *store, const char *name, const enum api_role *role, const bool *disabled,
                       struct aas_error *err)
{
    struct change c = {.role = role, .disabled = disabled};
    return aas_store_update(store, AAS_COLL_USERS, name, apply, &c, err);
}

json_t *api_account_json(const struct api_account *account)
{
    return json_pack("{s:s, s:s, s:b}", "username", account->name, "role", api_role_name(account->role), "must_change",
                     account->must_change);
}

/* A process that was killed between the account and the renaming of the file left the password beside it. */
static int finish_file(const char *pending, const char *password_file, struct aas_error *err)
{
    if (access(pending, F_OK) == 0 && access(password_file, F_OK) != 0 && rename(pending, password_file) != 0)
        return aas_error_set(err, AAS_EIO, "cannot rename %s to %s", pending, password_file);
    return 0;
}

int api_accounts_first_run(struct aas_store *store, const char *password_file, struct aas_error *err)
{
    char pending[4096];
    int64_t count = 0;
    int n = snprintf(pending, sizeof pending, "%s.pending", password_file);
    if (n < 0 || (size_t)n >= sizeof pending)
        return aas_error_set(err, AAS_ETOOBIG, "the path %.100s… is too long", password_file);
    int rc = aas_store_count(store, AAS_COLL_USERS, NULL, 0, &count, err);
    if (rc)
        return rc;
    if (count > 0)
        return finish_file(pending, password_file, err);
    char password[FIRST_PASSWORD_LETTERS + 1];
    struct api_account admin = {.name = "admin", .role = API_ADMIN, .must_change = true};
    api_password_random(password, FIRST_PASSWORD_LETTERS);
    rc = api_secrets_make_dir(password_file, err);
    if (rc == 0)
        rc = api_password_hash(password, admin.hash, err);
    if (rc == 0)
        rc = api_secrets_write(pending, password, err);
    api_password_wipe(password, sizeof password);
    if (rc)
        return rc;
    rc = api_account_create(store, &admin, err);
    if (rc == AAS_EDUPLICATE) { /* another process was faster: its password counts */
        (void)unlink(pending);
        return 0;
    }
    if (rc)
        return rc;
    if (rename(pending, password_file) != 0)
        return aas_error_set(err, AAS_EIO, "cannot rename %s to %s", pending, password_file);
    AAS_LOG_INFO("accounts.first_run", "made the first account; its password is in the file",
                 AAS_F_STR("user", admin.name), AAS_F_STR("file", password_file));
    return 0;
}
