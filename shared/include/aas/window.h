/* Event-time sliding windows of one sensor: the one implementation for live data, training and evaluation, so that all
 * three cut the same windows from the same readings. Pure: no clock, no thread, no lock; one object belongs to one
 * thread at a time.
 *
 * A window is the last `rows` readings by event time. Every `stride` rows one becomes ready; readings that arrive out
 * of order are put in their place, and where they change a window that was already given out, that window is given out
 * again with a higher revision. A gap over max_gap_ms starts the window anew.
 *
 *     aas_window_push(w, ts_ms, values, &outcome);
 *     while (aas_window_next(w, &view)) … view.t, view.columns …
 *
 * Restart: create, aas_window_resume(w, end of the newest window that was predicted), push the stored readings again:
 * what was predicted isn't given out twice, what wasn't is, and nothing warms up anew. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_error;

#define AAS_WINDOW_MAX_ROWS     65536
#define AAS_WINDOW_MAX_CHANNELS 256

/** Shape of a window, as in feature_schema.json. */
struct aas_window_spec {
    uint32_t rows;       /* 2 … AAS_WINDOW_MAX_ROWS */
    uint32_t min_rows;   /* after a start windows are given out from so many rows on, growing up to `rows`; 2 … rows;
                            0 = rows: only full ones */
    uint32_t stride;     /* rows between two windows, ≥ 1 */
    int64_t period_ms;   /* nominal time between rows, ≥ 1 */
    double min_coverage; /* 0 … 1; below it a window is blind */
    int64_t max_gap_ms;  /* a longer hole between two rows starts the window anew; 0 = never */
};

struct aas_window_options {
    struct aas_window_spec spec;
    size_t channels;       /* columns of a row, 1 … AAS_WINDOW_MAX_CHANNELS */
    int64_t lateness_ms;   /* a window is given out when an event this much newer than its end was seen; 0 = at once */
    uint32_t history_rows; /* rows kept behind the window's start, so that late readings can amend older windows;
                              0 = spec.rows */
};

/** What became of a pushed row. */
enum aas_window_outcome {
    AAS_WINDOW_IN_ORDER,  /* the newest row */
    AAS_WINDOW_REORDERED, /* put into its place; no window was out yet that it changes */
    AAS_WINDOW_AMENDS,    /* put into its place; windows that were out will be given out again */
    AAS_WINDOW_MERGED,    /* its time was there: it filled cells that were missing */
    AAS_WINDOW_DUPLICATE, /* its time was there with every value: nothing changed (the first value wins) */
    AAS_WINDOW_TOO_LATE,  /* older than everything kept: not in any window */
    AAS_WINDOW_EMPTY,     /* without any value: not kept */
    AAS_WINDOW__OUTCOME_COUNT
};

/** A window that is ready. Filled by aas_window_next(); its memory belongs to the view, so that one view can serve many
 *  sensors. Column c is columns[c][0 … n), oldest row first; missing values are NaN. */
struct aas_window_view {
    size_t n;         /* rows; fewer than spec.rows only where min_rows lets a window out early */
    size_t channels;  /* columns */
    const int64_t *t; /* n event times, ms since 1970 UTC, ascending */
    const double *const *columns;
    int64_t start_ms, end_ms; /* first and last row */
    double coverage;          /* aas_window_coverage() */
    bool blind;               /* coverage < min_coverage */
    uint32_t revision;        /* 0 the first time, then counted up with every amendment */
    /* private */
    int64_t *own_t;
    double **own_columns;
    double *own_values;
    size_t cap_rows, cap_channels;
};

struct aas_window;

/** Check a shape. Errors: AAS_EINVAL with the field, its value and what would be right. */
int aas_window_spec_check(const struct aas_window_spec *spec, struct aas_error *err)
    __attribute__((warn_unused_result));

/** Make an empty window for one sensor; memory grows with the rows that come. opt: borrows. Errors: AAS_EINVAL as
 * above, AAS_ENOMEM. The caller destroys it. */
int aas_window_create(const struct aas_window_options *opt, struct aas_window **ret_window, struct aas_error *err)
    __attribute__((warn_unused_result));
/** NULL is allowed. */
void aas_window_destroy(struct aas_window *w);

/** Add a row: `channels` values (borrows), NaN = missing. Then call aas_window_next() until it says false: rows that a
 *  ready window needs are kept. Where the channels of one instant arrive as separate rows, set lateness_ms so that a
 *  window waits for all of them. Errors: AAS_EINVAL an infinite value or a time before 1970, AAS_ETOOBIG windows were
 *  left unread, AAS_ENOMEM; nothing changed then. ret_outcome may be NULL. */
int aas_window_push(struct aas_window *w, int64_t ts_ms, const double *values, enum aas_window_outcome *ret_outcome)
    __attribute__((warn_unused_result));

/** Let event time go on while the sensor is silent, so that windows held back by lateness_ms come out. Going back does
 *  nothing. */
void aas_window_advance(struct aas_window *w, int64_t event_time_ms);

/** Copy the next ready window into view (initialised before). Oldest end first. True: there was one; false: none is
 *  ready, or memory ran out (then the window stays ready and *ret_view is untouched). */
bool aas_window_next(struct aas_window *w, struct aas_window_view *ret_view) __attribute__((warn_unused_result));

/** Before the rebuild after a restart: windows that end at or before this time were given out already. */
void aas_window_resume(struct aas_window *w, int64_t last_end_ms);

/** Forget every row and the event time: as just created. */
void aas_window_reset(struct aas_window *w);

/** Newest event time minus lateness; INT64_MIN before the first row. */
int64_t aas_window_watermark_ms(const struct aas_window *w);
/** Rows that the next window would have so far, at most spec.rows: progress of warming up. */
size_t aas_window_filled(const struct aas_window *w);
const struct aas_window_spec *aas_window_spec_of(const struct aas_window *w);

/** Zeroed is initialised; fini frees and zeroes. */
void aas_window_view_fini(struct aas_window_view *view);

/** Share of the rows that the span t[0] … t[n-1] should hold at period_ms, 0 … 1. t: ascending (borrows). 0 when n is
 * 0.
 */
double aas_window_coverage(const int64_t *t, size_t n, int64_t period_ms);
