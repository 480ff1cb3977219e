/* Event-time sliding windows. Rows stand in one array in the order of their time; `closed` of them are behind the
 * watermark and were asked whether a window ends there. Marks on rows say which windows wait to be given out. Used by
 * mqtt-ingestion and the training tools; no lock, see the header. */
#include "window_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/err.h>
#include <aas/error.h>

/* Rows that may lie unread behind a caller that never takes its windows. */
#define UNREAD_MAX (4u * AAS_WINDOW_MAX_ROWS)

int aas_window_spec_check(const struct aas_window_spec *s, struct aas_error *err)
{
    if (s->rows < 2 || s->rows > AAS_WINDOW_MAX_ROWS)
        return aas_error_set(err, AAS_EINVAL, "window.rows is %u, must be 2 to %u", s->rows, AAS_WINDOW_MAX_ROWS);
    if (s->min_rows != 0 && (s->min_rows < 2 || s->min_rows > s->rows))
        return aas_error_set(err, AAS_EINVAL, "window.min_rows is %u, must be 2 to window.rows (%u)", s->min_rows,
                             s->rows);
    if (s->stride < 1 || s->stride > AAS_WINDOW_MAX_ROWS)
        return aas_error_set(err, AAS_EINVAL, "window.stride is %u, must be 1 to %u", s->stride, AAS_WINDOW_MAX_ROWS);
    if (s->period_ms < 1)
        return aas_error_set(err, AAS_EINVAL, "window.period_ms is %lld, must be at least 1", (long long)s->period_ms);
    if (!(s->min_coverage >= 0 && s->min_coverage <= 1))
        return aas_error_set(err, AAS_EINVAL, "window.min_coverage is %g, must be 0 to 1", s->min_coverage);
    if (s->max_gap_ms < 0)
        return aas_error_set(err, AAS_EINVAL, "window.max_gap_ms is %lld, must be 0 (never) or more",
                             (long long)s->max_gap_ms);
    return 0;
}

int aas_window_create(const struct aas_window_options *opt, struct aas_window **ret_window, struct aas_error *err)
{
    int rc = aas_window_spec_check(&opt->spec, err);
    if (rc < 0)
        return rc;
    if (opt->channels < 1 || opt->channels > AAS_WINDOW_MAX_CHANNELS)
        return aas_error_set(err, AAS_EINVAL, "a window of %zu channels, must be 1 to %u", opt->channels,
                             AAS_WINDOW_MAX_CHANNELS);
    if (opt->lateness_ms < 0)
        return aas_error_set(err, AAS_EINVAL, "lateness_ms is %lld, must be 0 or more", (long long)opt->lateness_ms);
    struct aas_window *w = calloc(1, sizeof(*w));
    if (!w)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a window");
    w->spec = opt->spec;
    w->channels = opt->channels;
    w->lateness_ms = opt->lateness_ms;
    w->keep = (size_t)opt->spec.rows + (opt->history_rows ? opt->history_rows : opt->spec.rows);
    w->resume_ms = INT64_MIN;
    w->newest_ms = INT64_MIN;
    *ret_window = w;
    return 0;
}

void aas_window_destroy(struct aas_window *w)
{
    if (!w)
        return;
    free(w->rows);
    free(w->values);
    free(w);
}

void aas_window_reset(struct aas_window *w)
{
    w->len = w->closed = w->filled = w->since = w->ready_count = 0;
    w->trimmed = false;
    w->newest_ms = w->resume_ms = INT64_MIN;
}

int64_t aas_window_watermark_ms(const struct aas_window *w)
{
    return w->newest_ms == INT64_MIN ? INT64_MIN : w->newest_ms - w->lateness_ms;
}

size_t aas_window_filled(const struct aas_window *w)
{
    return w->filled;
}

const struct aas_window_spec *aas_window_spec_of(const struct aas_window *w)
{
    return &w->spec;
}

void aas_window_resume(struct aas_window *w, int64_t last_end_ms)
{
    w->resume_ms = last_end_ms;
}

static int reserve_one(struct aas_window *w)
{
    if (w->len < w->cap)
        return 0;
    if (w->len >= w->keep + UNREAD_MAX)
        return AAS_ETOOBIG;
    size_t cap = w->cap ? w->cap * 2 : 64;
    double *values = realloc(w->values, cap * w->channels * sizeof(*values));
    if (!values)
        return AAS_ENOMEM;
    w->values = values;
    struct aas_window_row *rows = realloc(w->rows, cap * sizeof(*rows));
    if (!rows)
        return AAS_ENOMEM;
    w->rows = rows;
    w->cap = cap;
    return 0;
}

/* Drop what no window to come, and no amendment, can need. In bulk, so that the move costs little per row. */
static void trim(struct aas_window *w)
{
    size_t slack = w->spec.rows > 64 ? w->spec.rows : 64;
    if (w->ready_count || w->closed < w->keep + slack)
        return;
    size_t drop = w->closed - w->keep;
    memmove(w->rows, w->rows + drop, (w->len - drop) * sizeof(*w->rows));
    memmove(w->values, w->values + drop * w->channels, (w->len - drop) * w->channels * sizeof(*w->values));
    w->len -= drop;
    w->closed -= drop;
    w->trimmed = true;
}

/* Index of the first row at or after ts. Nearly always the end: search from there. */
static size_t lower_bound(const struct aas_window *w, int64_t ts)
{
    if (w->len == 0 || w->rows[w->len - 1].t < ts)
        return w->len;
    size_t lo = 0, hi = w->len;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->rows[mid].t < ts)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void set_break(struct aas_window *w, size_t i)
{
    if (i < w->len)
        w->rows[i].breaks = i > 0 && w->spec.max_gap_ms > 0 && w->rows[i].t - w->rows[i - 1].t > w->spec.max_gap_ms;
}

/* Closed rows since the last break, counted backwards from row e: how full a window ending there is. */
size_t aas_window_filled_at(const struct aas_window *w, size_t e)
{
    size_t n = 1;
    while (n < w->spec.rows && n <= e && !w->rows[e - n + 1].breaks)
        n++;
    return n;
}

uint32_t aas_window_enough(const struct aas_window *w)
{
    return w->spec.min_rows ? w->spec.min_rows : w->spec.rows;
}

static void mark_ready(struct aas_window *w, size_t e)
{
    if (!w->rows[e].ready) {
        w->rows[e].ready = true;
        w->ready_count++;
    }
}

/* Rows behind the watermark are final as far as order goes: ask each whether a window ends there. */
static void close_rows(struct aas_window *w)
{
    int64_t mark = aas_window_watermark_ms(w);
    while (w->closed < w->len && w->rows[w->closed].t <= mark) {
        struct aas_window_row *row = &w->rows[w->closed];
        w->filled = row->breaks ? 1 : w->filled + (w->filled < w->spec.rows);
        w->since = row->breaks ? 1 : w->since + 1;
        bool full = w->filled >= aas_window_enough(w);
        if (row->t <= w->resume_ms) {
            if (row->t == w->resume_ms)
                row->given = 1;
            w->since = 0;
        } else if (full && w->since >= w->spec.stride) {
            mark_ready(w, w->closed);
            w->since = 0;
        }
        w->closed++;
    }
}

/* A closed row was put in or completed at index p: windows that were given out and hold it are given out again. */
static bool amend(struct aas_window *w, size_t p)
{
    bool any = false;
    for (size_t e = p; e < w->closed && e < p + w->spec.rows; e++) {
        if (e > p && w->rows[e].breaks)
            break;
        bool known = e + 1 >= w->spec.rows || !w->trimmed; /* all its rows are still kept */
        if (w->rows[e].given && known && aas_window_filled_at(w, e) >= aas_window_enough(w)) {
            mark_ready(w, e);
            any = true;
        }
    }
    return any;
}

static enum aas_window_outcome merge(struct aas_window *w, size_t p, const double *values)
{
    bool filled = false;
    double *have = w->values + p * w->channels;
    for (size_t c = 0; c < w->channels; c++) {
        if (isnan(have[c]) && !isnan(values[c])) {
            have[c] = values[c];
            filled = true;
        }
    }
    if (filled && p < w->closed)
        (void)amend(w, p);
    return filled ? AAS_WINDOW_MERGED : AAS_WINDOW_DUPLICATE;
}

static void put_in(struct aas_window *w, size_t p, int64_t ts, const double *values)
{
    size_t after = w->len - p, width = w->channels;
    memmove(w->rows + p + 1, w->rows + p, after * sizeof(*w->rows));
    memmove(w->values + (p + 1) * width, w->values + p * width, after * width * sizeof(*w->values));
    w->rows[p] = (struct aas_window_row){.t = ts};
    memcpy(w->values + p * width, values, width * sizeof(*values));
    w->len++;
    set_break(w, p);
    set_break(w, p + 1);
}

/* Values must be finite or missing; says whether there is any. */
static int check_values(const struct aas_window *w, const double *values, bool *ret_any)
{
    *ret_any = false;
    for (size_t c = 0; c < w->channels; c++) {
        if (isinf(values[c]))
            return AAS_EINVAL;
        if (!isnan(values[c]))
            *ret_any = true;
    }
    return 0;
}

static enum aas_window_outcome insert(struct aas_window *w, size_t p, int64_t ts, const double *values)
{
    bool newest = p == w->len, late = p < w->closed;
    put_in(w, p, ts, values);
    if (!late)
        return newest ? AAS_WINDOW_IN_ORDER : AAS_WINDOW_REORDERED;
    w->closed++;
    w->filled = aas_window_filled_at(w, w->closed - 1);
    return amend(w, p) ? AAS_WINDOW_AMENDS : AAS_WINDOW_REORDERED;
}

int aas_window_push(struct aas_window *w, int64_t ts_ms, const double *values, enum aas_window_outcome *ret_outcome)
{
    bool any;
    if (ts_ms < 0 || check_values(w, values, &any) < 0)
        return AAS_EINVAL;
    enum aas_window_outcome outcome = AAS_WINDOW_EMPTY;
    size_t p = lower_bound(w, ts_ms);
    if (!any) {
        /* nothing to keep */
    } else if (p < w->len && w->rows[p].t == ts_ms) {
        outcome = merge(w, p, values);
    } else if (p == 0 && w->trimmed) {
        outcome = AAS_WINDOW_TOO_LATE;
    } else {
        trim(w);
        int rc = reserve_one(w);
        if (rc < 0)
            return rc;
        outcome = insert(w, lower_bound(w, ts_ms), ts_ms, values);
        if (ts_ms > w->newest_ms)
            w->newest_ms = ts_ms;
        close_rows(w);
    }
    if (ret_outcome)
        *ret_outcome = outcome;
    return 0;
}

void aas_window_advance(struct aas_window *w, int64_t event_time_ms)
{
    if (event_time_ms <= w->newest_ms)
        return;
    w->newest_ms = event_time_ms;
    close_rows(w);
}
