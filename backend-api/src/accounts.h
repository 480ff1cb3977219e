/* Accounts: the collection `users`. All calls wait for the store: workers only. Thread-safe. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "aas/error.h"
#include "password.h"
#include "roles.h"

struct aas_store;

#define API_NAME_BYTES 65 /* of an account, with NUL */

struct api_account {
    char name[API_NAME_BYTES];
    char hash[API_PASSWORD_HASH_BYTES];
    enum api_role role;
    bool must_change; /* the first-run password, or one that an admin gave */
    bool disabled;
};

/** 1 to 64 of A-Z a-z 0-9 . _ @ -. */
bool api_account_name_ok(const char *name);
/** AAS_ENOENT; AAS_ECORRUPT for a document that is none. */
int api_account_get(struct aas_store *store, const char *name, struct api_account *ret_account,
                    struct aas_error *err) AAS_MUST_CHECK;
/** AAS_EDUPLICATE. */
int api_account_create(struct aas_store *store, const struct api_account *account,
                       struct aas_error *err) AAS_MUST_CHECK;
/** Replace the hash; must_change as given. AAS_ENOENT. */
int api_account_set_hash(struct aas_store *store, const char *name, const char *hash, bool must_change,
                         struct aas_error *err) AAS_MUST_CHECK;
/** NULL members stay as they are. AAS_ENOENT. */
int api_account_change(struct aas_store *store, const char *name, const enum api_role *role, const bool *disabled,
                       struct aas_error *err) AAS_MUST_CHECK;
/** {"username","role","must_change"}, as user.schema.json; new reference. */
json_t *api_account_json(const struct api_account *account);

/** If there is no account at all: make `admin` with a random password, which goes to password_file (0600). Safe against
 *  another process that does the same. */
int api_accounts_first_run(struct aas_store *store, const char *password_file, struct aas_error *err) AAS_MUST_CHECK;
