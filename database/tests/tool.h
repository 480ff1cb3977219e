/* Running aastreli-db in tests. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "aas/store.h"
#include "aas/test_dir.h"
#include "aas/test_proc.h"

#define T0 INT64_C(1700000000000)

extern char tool_dir[AAS_TEST_PATH_BYTES];
/** What the last run wrote. */
extern char tool_out[16384], tool_err[4096];

/** Run aastreli-db --url url with up to four arguments (NULL ends); its exit code. */
int tool_run(const char *url, const char *a, const char *b, const char *c, const char *d);
/** Same, and exit code 0 expected. */
void tool_ok(const char *url, const char *a, const char *b, const char *c, const char *d);
/** A store at url with a bit of everything. */
void tool_fill(const char *url);
int64_t tool_count(const char *url, enum aas_collection c);
/** All files of two exports, MANIFEST.json apart, are the same. */
void tool_same_exports(const char *a, const char *b);
