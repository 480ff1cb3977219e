/* What window.c (order, marks) and window_view.c (giving out) share. */
#pragma once

#include <aas/window.h>

struct aas_window_row {
    int64_t t;
    uint32_t given; /* times that a window ending here was given out */
    bool ready;     /* a window ending here waits */
    bool breaks;    /* the hole before this row starts the window anew */
};

struct aas_window {
    struct aas_window_spec spec;
    size_t channels;
    int64_t lateness_ms;
    size_t keep; /* closed rows to keep: a window and the history behind it */

    struct aas_window_row *rows;
    double *values; /* row-major, as `rows` */
    size_t len, cap;
    bool trimmed; /* older rows existed once */

    size_t closed;      /* rows[0 … closed) are behind the watermark */
    size_t filled;      /* closed rows since the last break, at most spec.rows */
    size_t since;       /* closed rows since the last window */
    size_t ready_count; /* rows marked ready */
    int64_t newest_ms;  /* event time; INT64_MIN before the first */
    int64_t resume_ms;  /* windows up to here were given out in an earlier life */
};

/* Closed rows since the last break, counted backwards from row e, at most spec.rows: how full a window ending there is.
 */
size_t aas_window_filled_at(const struct aas_window *w, size_t e);
/* Rows that a window must have to be given out. */
uint32_t aas_window_enough(const struct aas_window *w);
