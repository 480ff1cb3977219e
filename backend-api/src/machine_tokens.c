/* API tokens for machines: `aas_` and 64 hex digits; the store holds their SHA-256 only (collection `tokens`, kind
 * `api`). What a token is worth is kept in memory for half a minute, so that a machine that polls does not cost a read
 * of the store each time, and a revoked token ends soon on every replica. The cache's mutex is a leaf. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/id.h"
#include "aas/store.h"
#include "app.h"
#include "principal.h"
#include "routes.h"

#define SLOTS   256 /* power of 2 */
#define KEPT_MS 30000

struct slot {
    char id[AAS_SHA256_HEX_SIZE]; /* "": free */
    struct api_principal principal;
    struct aas_mono until;
    int64_t expires_ms;
};

struct api_machine_tokens {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

int api_machine_tokens_create(struct api_machine_tokens **ret_tokens)
{
    struct api_machine_tokens *tokens = calloc(1, sizeof *tokens);
    if (!tokens)
        return AAS_ENOMEM;
    (void)pthread_mutex_init(&tokens->lock, NULL);
    *ret_tokens = tokens;
    return 0;
}

void api_machine_tokens_destroy(struct api_machine_tokens *tokens)
{
    if (!tokens)
        return;
    (void)pthread_mutex_destroy(&tokens->lock);
    free(tokens);
}

void api_machine_tokens_forget(struct api_app *app)
{
    struct api_machine_tokens *tokens = app->machine_tokens;
    (void)pthread_mutex_lock(&tokens->lock);
    memset(tokens->slots, 0, sizeof tokens->slots);
    (void)pthread_mutex_unlock(&tokens->lock);
}

static size_t slot_of(const char *id)
{
    return (size_t)strtoul((const char[]){id[0], id[1], '\0'}, NULL, 16) & (SLOTS - 1);
}

static bool from_cache(struct api_machine_tokens *tokens, const char *id, struct api_principal *ret_principal)
{
    bool found = false;
    (void)pthread_mutex_lock(&tokens->lock);
    const struct slot *slot = &tokens->slots[slot_of(id)];
    if (strcmp(slot->id, id) == 0 && !aas_mono_passed(slot->until) && slot->expires_ms > aas_clock_wall_ms()) {
        *ret_principal = slot->principal;
        found = true;
    }
    (void)pthread_mutex_unlock(&tokens->lock);
    return found;
}

/* The owner's role bounds the token's scope, whatever the token says. */
static int from_store(struct api_app *app, const char *id, struct slot *ret_slot)
{
    bson_t *doc = NULL;
    struct api_account account;
    enum api_role scope = API_VIEWER;
    int rc = aas_store_get(app->store, AAS_COLL_TOKENS, id, &doc, NULL);
    if (rc)
        return rc;
    ret_slot->expires_ms = aas_doc_int(doc, "expires", 0);
    const char *user = aas_doc_str(doc, "user", "");
    bool good = strcmp(aas_doc_str(doc, "kind", ""), "api") == 0 && !aas_doc_bool(doc, "revoked", false) &&
                ret_slot->expires_ms > aas_clock_wall_ms() && api_role_parse(aas_doc_str(doc, "scope", ""), &scope);
    rc = good ? api_account_get(app->store, user, &account, NULL) : AAS_ENOENT;
    bson_destroy(doc);
    if (rc == 0 && account.disabled)
        rc = AAS_ENOENT;
    if (rc)
        return rc;
    (void)snprintf(ret_slot->id, sizeof ret_slot->id, "%s", id);
    ret_slot->principal.role = scope < account.role ? scope : account.role;
    memcpy(ret_slot->principal.name, account.name, sizeof account.name);
    ret_slot->principal.issued_ms = aas_clock_wall_ms();
    ret_slot->principal.expires_ms = ret_slot->expires_ms;
    ret_slot->until = aas_mono_in_ms(KEPT_MS);
    return 0;
}

int api_machine_token_check(struct api_app *app, const char *token, struct api_principal *ret_principal,
                            struct aas_error *err)
{
    char id[AAS_SHA256_HEX_SIZE];
    struct slot found = {.id = ""};
    size_t len = strlen(token);
    if (len != sizeof API_TOKEN_PREFIX - 1 + 64)
        return aas_error_set(err, AAS_EUNAUTHORIZED, "the API token is not valid");
    aas_sha256_hex(token, len, id);
    if (from_cache(app->machine_tokens, id, ret_principal))
        return 0;
    int rc = from_store(app, id, &found);
    if (rc == AAS_ENOENT)
        return aas_error_set(err, AAS_EUNAUTHORIZED, "the API token is not valid");
    if (rc)
        return aas_error_set(err, AAS_EUNAVAILABLE, "the API token can't be checked now");
    (void)pthread_mutex_lock(&app->machine_tokens->lock);
    app->machine_tokens->slots[slot_of(id)] = found;
    (void)pthread_mutex_unlock(&app->machine_tokens->lock);
    *ret_principal = found.principal;
    return 0;
}
