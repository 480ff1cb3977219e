/* Directories and files for tests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "aas/err.h"

#define AAS_TEST_PATH_BYTES 512

/** Make a fresh directory under $TMPDIR or /tmp; its path goes to path. */
int aas_test_dir_make(char path[static AAS_TEST_PATH_BYTES]) AAS_MUST_CHECK;
/** Remove it with all that is in it. Only directories that aas_test_dir_make made (name checked). Kept when
 *  AAS_TEST_KEEP is set. */
void aas_test_dir_remove(const char *path);
/** dir/name into out. */
const char *aas_test_path(char out[static AAS_TEST_PATH_BYTES], const char *dir, const char *name);
/** Write or read a whole file. read: malloc'ed and NUL-terminated, caller frees; NULL on failure; ret_len may be NULL.
 */
int aas_test_file_write(const char *path, const void *bytes, size_t n) AAS_MUST_CHECK;
char *aas_test_file_read(const char *path, size_t *ret_len);
