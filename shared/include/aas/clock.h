/* Clocks. Wall time is int64_t milliseconds since 1970 UTC; monotonic time is a struct of its own, so that the two
 * can't be mixed. Both can be replaced by a fake one in tests (aas/test_clock.h); everything in Aastreli that asks for
 * the time asks here. Thread-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "aas/error.h"

/** A point on CLOCK_MONOTONIC. Its zero is arbitrary: compare and subtract only. */
struct aas_mono {
    int64_t ns;
};

/** A deadline that never comes, and one that has passed. */
#define AAS_MONO_NEVER ((struct aas_mono){INT64_MAX})
#define AAS_MONO_PAST  ((struct aas_mono){INT64_MIN})

/** Wall clock now, milliseconds since 1970 UTC. */
int64_t aas_clock_wall_ms(void);
/** Monotonic clock now. */
struct aas_mono aas_clock_mono(void);

/** now + ms: a deadline. ms < 0 gives a point in the past; saturates. */
struct aas_mono aas_mono_in_ms(int64_t ms);
/** t + ms, saturating; AAS_MONO_NEVER stays so. */
struct aas_mono aas_mono_add_ms(struct aas_mono t, int64_t ms);
/** a - b in milliseconds (towards zero), nanoseconds. */
int64_t aas_mono_diff_ms(struct aas_mono a, struct aas_mono b);
int64_t aas_mono_diff_ns(struct aas_mono a, struct aas_mono b);
/** Has t come? */
bool aas_mono_passed(struct aas_mono t);
/** Milliseconds from now to t, rounded up, 0 when passed, at most INT_MAX; -1 for NEVER: as poll(2) wants it. */
int aas_mono_poll_ms(struct aas_mono t);
/** t as an absolute time for pthread_cond_timedwait on a CLOCK_MONOTONIC condition: the *real* time that lies as far
 * ahead as t does on the (possibly fake) clock. */
struct timespec aas_mono_timespec(struct aas_mono t);

#define AAS_RFC3339_BYTES 25 /* "2026-01-31T23:59:59.999Z" and NUL */

/** Parse an RFC 3339 time stamp of len bytes: date, 'T' (or 't', or blank), time, optional fraction (any number of
 * digits, cut to milliseconds), and a zone: 'Z', 'z' or ±hh:mm. The zone is required, as a time without one is
 * ambiguous. Second 60 is accepted where a leap second may be (23:59:60 UTC) and becomes the next second. Years
 * 0000..9999, proleptic Gregorian. Errors: AAS_EPARSE with a sentence that says what is wrong. */
int aas_rfc3339_parse(const char *s, size_t len, int64_t *ret_ms, struct aas_error *err) AAS_MUST_CHECK;
/** Write ms as UTC with three decimals and 'Z'. ms outside the years 0000..9999 is brought to the nearest of them.
 *  Returns the length (24). */
size_t aas_rfc3339_format(int64_t ms, char out[static AAS_RFC3339_BYTES]);

/** The source of time: NULL members mean the real clock. For tests only; src must outlive its use; NULL restores. */
struct aas_clock_source {
    int64_t (*wall_ms)(void *arg);
    int64_t (*mono_ns)(void *arg);
    void *arg;
};
void aas_clock_set_source(const struct aas_clock_source *src);
