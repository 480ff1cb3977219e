#include "sessions.h"

#include <stdio.h>
#include <string.h>

#include "aas/cleanup.h"
#include "aas/clock.h"
#include "aas/id.h"
#include "aas/log.h"
#include "aas/rng.h"
#include "aas/store.h"
#include "aas/str.h"

#define AAS_LOG_MOD "sessions"

#define FAMILY_MAX    1000 /* tokens of a family or user that one revocation looks at */
#define KEPT_MS       (24 * 3600 * 1000LL)
#define SWEEP_AT_ONCE 1000

static void id_of(const char *token, char ret_id[static AAS_SHA256_HEX_SIZE])
{
    aas_sha256_hex(token, strlen(token), ret_id);
}

static int refuse(struct aas_error *err)
{
    return aas_error_set(err, AAS_EUNAUTHORIZED, "the session has ended; log in again");
}

static int insert(struct aas_store *store, const char *user, const char *family, int64_t ttl_ms,
                  char ret_token[static API_TOKEN_BYTES], struct aas_error *err)
{
    unsigned char bytes[32];
    char token[API_TOKEN_BYTES];
    char id[AAS_SHA256_HEX_SIZE];
    int64_t now_ms = aas_clock_wall_ms();
    aas_random_bytes(bytes, sizeof bytes);
    aas_str_hex(bytes, sizeof bytes, token);
    id_of(token, id);
    bson_t doc = BSON_INITIALIZER;
    BSON_APPEND_UTF8(&doc, "_id", id);
    BSON_APPEND_UTF8(&doc, "kind", "refresh");
    BSON_APPEND_UTF8(&doc, "user", user);
    BSON_APPEND_UTF8(&doc, "family", family);
    BSON_APPEND_DATE_TIME(&doc, "created", now_ms);
    BSON_APPEND_DATE_TIME(&doc, "expires", now_ms + ttl_ms);
    BSON_APPEND_BOOL(&doc, "revoked", false);
    int rc = aas_store_insert(store, AAS_COLL_TOKENS, &doc, err);
    bson_destroy(&doc);
    if (rc == 0)
        memcpy(ret_token, token, sizeof token);
    return rc;
}

int api_session_open(struct aas_store *store, const char *user, int64_t ttl_ms, char ret_token[static API_TOKEN_BYTES],
                     struct aas_error *err)
{
    char family[AAS_ID_SIZE];
    aas_id_new(aas_clock_wall_ms(), family);
    return insert(store, user, family, ttl_ms, ret_token, err);
}

/* ---- revocation ---- */

static int set_revoked(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    static const char *const drop[] = {"revoked", NULL};
    (void)arg;
    (void)err;
    if (!old_doc || aas_doc_bool(old_doc, "revoked", false))
        return AAS_ECANCELED;
    int rc = aas_store_copy_except(old_doc, ret_new, drop);
    if (rc == 0)
        BSON_APPEND_BOOL(ret_new, "revoked", true);
    return rc;
}

struct ids {
    const char *except_family;
    size_t count;
    char ids[FAMILY_MAX][AAS_SHA256_HEX_SIZE];
};

static int collect(const bson_t *doc, void *arg)
{
    struct ids *ids = arg;
    const char *id = aas_doc_str(doc, "_id", "");
    if (ids->except_family && strcmp(aas_doc_str(doc, "family", ""), ids->except_family) == 0)
        return 0;
    if (!aas_doc_bool(doc, "revoked", false) && strlen(id) < AAS_SHA256_HEX_SIZE)
        memcpy(ids->ids[ids->count++], id, strlen(id) + 1);
    return 0;
}

/* The documents are read first: a callback must not write to the store. */
static int revoke_where(struct aas_store *store, const char *field, const char *value, const char *except_family,
                        struct aas_error *err)
{
    const struct aas_cond where[] = {{.field = field, .op = AAS_OP_EQ, .value = AAS_V_STR(value)}};
    const struct aas_query query = {.where = where, .n_where = 1, .limit = FAMILY_MAX};
    AAS_AUTO_FREE struct ids *ids = malloc(sizeof *ids);
    if (!ids)
        return AAS_ENOMEM;
    ids->count = 0;
    ids->except_family = except_family;
    int rc = aas_store_find(store, AAS_COLL_TOKENS, &query, collect, ids, NULL, err);
    for (size_t i = 0; rc == 0 && i < ids->count; i++)
        rc = aas_store_update(store, AAS_COLL_TOKENS, ids->ids[i], set_revoked, NULL, err);
    return rc;
}

/* ---- use ---- */

enum verdict { USE_OK, USE_ENDED, USE_AGAIN };

struct use {
    int64_t now_ms;
    enum verdict verdict;
    char user[API_NAME_BYTES];
    char family[AAS_ID_SIZE];
};

static int use_up(const bson_t *old_doc, bson_t *ret_new, void *arg, struct aas_error *err)
{
    static const char *const drop[] = {"used_at", NULL};
    struct use *use = arg;
    (void)err;
    use->verdict = USE_ENDED;
    if (!old_doc || strcmp(aas_doc_str(old_doc, "kind", ""), "refresh") != 0)
        return AAS_ECANCELED;
    (void)snprintf(use->user, sizeof use->user, "%s", aas_doc_str(old_doc, "user", ""));
    (void)snprintf(use->family, sizeof use->family, "%s", aas_doc_str(old_doc, "family", ""));
    if (aas_doc_bool(old_doc, "revoked", false) || aas_doc_int(old_doc, "expires", 0) <= use->now_ms)
        return AAS_ECANCELED;
    if (aas_doc_int(old_doc, "used_at", 0) != 0) {
        use->verdict = USE_AGAIN;
        return AAS_ECANCELED;
    }
    int rc = aas_store_copy_except(old_doc, ret_new, drop);
    if (rc)
        return rc;
    BSON_APPEND_DATE_TIME(ret_new, "used_at", use->now_ms);
    use->verdict = USE_OK;
    return 0;
}

static int is_revoked(struct aas_store *store, const char *id, bool *ret_revoked, struct aas_error *err)
{
    bson_t *doc = NULL;
    int rc = aas_store_get(store, AAS_COLL_TOKENS, id, &doc, err);
    if (rc == AAS_ENOENT) {
        *ret_revoked = true;
        return 0;
    }
    if (rc)
        return rc;
    *ret_revoked = aas_doc_bool(doc, "revoked", false);
    bson_destroy(doc);
    return 0;
}

int api_session_rotate(struct aas_store *store, const char *token, int64_t ttl_ms,
                       char ret_token[static API_TOKEN_BYTES], char ret_user[static API_NAME_BYTES],
                       struct aas_error *err)
{
    char id[AAS_SHA256_HEX_SIZE];
    struct use use = {.now_ms = aas_clock_wall_ms()};
    id_of(token, id);
    int rc = aas_store_update(store, AAS_COLL_TOKENS, id, use_up, &use, err);
    if (rc)
        return rc;
    if (use.verdict == USE_AGAIN) {
        AAS_LOG_WARN("sessions.reuse", "a refresh token was used twice, the session is revoked",
                     AAS_F_STR("user", use.user), AAS_F_STR("family", use.family));
        rc = revoke_where(store, "family", use.family, NULL, err);
        return rc ? rc : refuse(err);
    }
    if (use.verdict != USE_OK)
        return refuse(err);
    rc = insert(store, use.user, use.family, ttl_ms, ret_token, err);
    if (rc)
        return rc;
    /* a revocation that ran since then has not seen the new token */
    bool revoked = false;
    rc = is_revoked(store, id, &revoked, err);
    if (rc == 0 && revoked)
        rc = revoke_where(store, "family", use.family, NULL, err);
    if (rc == 0 && revoked)
        rc = refuse(err);
    if (rc == 0)
        memcpy(ret_user, use.user, sizeof use.user);
    return rc;
}

static int family_of(struct aas_store *store, const char *token, char ret_family[AAS_ID_SIZE], struct aas_error *err)
{
    char id[AAS_SHA256_HEX_SIZE];
    bson_t *doc = NULL;
    id_of(token, id);
    int rc = aas_store_get(store, AAS_COLL_TOKENS, id, &doc, err);
    if (rc)
        return rc;
    (void)snprintf(ret_family, AAS_ID_SIZE, "%s", aas_doc_str(doc, "family", ""));
    bson_destroy(doc);
    return 0;
}

int api_session_close(struct aas_store *store, const char *token, struct aas_error *err)
{
    char family[AAS_ID_SIZE];
    int rc = family_of(store, token, family, err);
    if (rc == AAS_ENOENT)
        return 0;
    return rc ? rc : revoke_where(store, "family", family, NULL, err);
}

int api_session_close_all(struct aas_store *store, const char *user, const char *except_token, struct aas_error *err)
{
    char family[AAS_ID_SIZE] = "";
    int rc = except_token ? family_of(store, except_token, family, err) : 0;
    if (rc && rc != AAS_ENOENT)
        return rc;
    return revoke_where(store, "user", user, family[0] ? family : NULL, err);
}

int api_session_sweep(struct aas_store *store, size_t *ret_removed, struct aas_error *err)
{
    const struct aas_cond where[] = {
        {.field = "expires", .op = AAS_OP_LT, .value = AAS_V_TIME(aas_clock_wall_ms() - KEPT_MS)}};
    return aas_store_remove(store, AAS_COLL_TOKENS, where, 1, SWEEP_AT_ONCE, ret_removed, err);
}
