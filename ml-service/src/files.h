/* Whole files: read with a cap, written so that they are on the disk when the call returns. No state. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <aas/error.h>

/** Read a regular file of at most max bytes into memory (malloc'ed, NUL behind its end; caller frees). Errors: -errno
 *  of open and read with the path, AAS_ETOOBIG, AAS_EINVAL not a regular file, AAS_ENOMEM. */
int ml_file_read(const char *path, size_t max, char **ret_bytes, size_t *ret_len, struct aas_error *err) AAS_MUST_CHECK;
/** Create path (0644), which must not be there, write and sync it. Errors: -errno with the path. */
int ml_file_write(const char *path, const void *bytes, size_t len, struct aas_error *err) AAS_MUST_CHECK;
/** Make a directory and its missing parents. Errors: -errno with the path. */
int ml_dir_make(const char *path, struct aas_error *err) AAS_MUST_CHECK;
/** Sync a directory, so that the names in it survive a crash. */
int ml_dir_sync(const char *path, struct aas_error *err) AAS_MUST_CHECK;
/** Remove a directory and the plain files in it; what can't be removed stays. */
void ml_dir_remove(const char *path);
