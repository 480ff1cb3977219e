/* Files in $AAS_HOME/secrets: directory 0700, files 0600, written beside and renamed. Start-up only, one thread. */
#pragma once

#include <stddef.h>

#include "aas/error.h"

/** Make the directory of path, and its parents, 0700 where they are missing. */
int api_secrets_make_dir(const char *path, struct aas_error *err) AAS_MUST_CHECK;
/** Make path with 32 random bytes as hex, unless it is there. Safe against another process that does the same. */
int api_secrets_make_key(const char *path, struct aas_error *err) AAS_MUST_CHECK;
/** Write text and a line end to path, 0600, replacing what is there. Durable on return. */
int api_secrets_write(const char *path, const char *text, struct aas_error *err) AAS_MUST_CHECK;
