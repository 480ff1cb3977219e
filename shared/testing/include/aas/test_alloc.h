/* Failing allocator. A test that links aas::testing_alloc gets malloc, calloc, realloc, strdup and strndup wrapped by
 * the linker in all static code of the executable (not in shared libraries); the n-th call from now can be made to
 * fail. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Calls 1..n-1 succeed, call n and those after it fail. 0: none fails. Per process. */
void aas_test_alloc_fail_from(size_t n);
/** Only call n fails. */
void aas_test_alloc_fail_once(size_t n);
/** Normal again. True when an allocation failed since it was set. */
bool aas_test_alloc_reset(void);
/** Calls since the last set or reset. */
size_t aas_test_alloc_calls(void);
