/* The store's contract as tests that know only aas/store.h: run on every driver. Each test works on documents whose ids
 * start with its own name, in a database that is the program's alone. */
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

#define T0 INT64_C(1700000000000)

/** The store under test, opened and ensured by the program's group setup. */
extern struct aas_store *suite_store;

/* What FerretDB 1.24, the stand-in, does otherwise than any MongoDB; the suite leaves just these points out there. */
enum suite_flaw {
    SUITE_SUMS_ARE_ZERO = 1,                /* only the first accumulator of a $group sees the documents */
    SUITE_REPLACE_IS_NOT_ATOMIC = 2,        /* it reads, compares and writes in three steps */
    SUITE_UPDATE_DUPLICATE_IS_INTERNAL = 4, /* a unique index refuses a replace with code 1 instead of 11000 */
};
extern unsigned suite_flaws;

/** Fails the test with the store's own sentence when rc isn't 0. */
void suite_ok(int rc, const struct aas_error *err);
/** A prediction document; the caller destroys it. confidence < 0: null. */
bson_t *suite_prediction(const char *id, const char *sensor, int64_t at, const char *state, double confidence);
bson_t *suite_bucket(const char *sensor, int64_t start, int rows, int channels);
bson_t *suite_alarm(const char *id, const char *sensor, const char *state, int64_t raised, const char *open_key);
/** Insert and destroy. */
void suite_put(enum aas_collection c, bson_t *doc);

/** Ids that a find gave, in order. */
struct suite_ids {
    size_t n;
    char id[256][64];
};
int suite_collect(const bson_t *doc, void *ids);
/** The ids of a find joined by blanks into out. */
void suite_find(enum aas_collection c, const struct aas_query *q, char out[static 4096]);

/** Run all tests; 0 when all pass. */
int suite_run(const char *driver);
int suite_run_queries(void);
int suite_run_changes(void);
