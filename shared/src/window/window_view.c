/* Giving windows out: the copy from rows to columns, and the share of a span's rows that is there. */
#include "window_internal.h"

#include <stdlib.h>
#include <string.h>

double aas_window_coverage(const int64_t *t, size_t n, int64_t period_ms)
{
    if (n == 0 || period_ms < 1)
        return 0;
    double expected = (double)((t[n - 1] - t[0] + period_ms / 2) / period_ms) + 1;
    double share = (double)n / expected;
    return share < 1 ? share : 1;
}

void aas_window_view_fini(struct aas_window_view *view)
{
    free(view->own_t);
    free(view->own_columns);
    free(view->own_values);
    *view = (struct aas_window_view){0};
}

/* Memory for rows x channels. A view serves sensors of several shapes, so it only grows. */
static bool reserve(struct aas_window_view *view, size_t rows, size_t channels)
{
    if (rows <= view->cap_rows && channels <= view->cap_channels)
        return true;
    struct aas_window_view bigger = {.cap_rows = rows > view->cap_rows ? rows : view->cap_rows,
                                     .cap_channels = channels > view->cap_channels ? channels : view->cap_channels};
    bigger.own_t = calloc(bigger.cap_rows, sizeof(*bigger.own_t));
    bigger.own_columns = calloc(bigger.cap_channels, sizeof(*bigger.own_columns));
    bigger.own_values = calloc(bigger.cap_rows * bigger.cap_channels, sizeof(*bigger.own_values));
    if (!bigger.own_t || !bigger.own_columns || !bigger.own_values) {
        aas_window_view_fini(&bigger);
        return false;
    }
    for (size_t c = 0; c < bigger.cap_channels; c++)
        bigger.own_columns[c] = bigger.own_values + c * bigger.cap_rows;
    aas_window_view_fini(view);
    *view = bigger;
    return true;
}

bool aas_window_next(struct aas_window *w, struct aas_window_view *ret_view)
{
    if (w->ready_count == 0)
        return false;
    size_t e = aas_window_enough(w) - 1;
    while (e < w->closed && !w->rows[e].ready)
        e++;
    if (e >= w->closed || !reserve(ret_view, w->spec.rows, w->channels))
        return false;

    size_t n = aas_window_filled_at(w, e), first = e + 1 - n;
    for (size_t i = 0; i < n; i++) {
        const double *row = w->values + (first + i) * w->channels;
        ret_view->own_t[i] = w->rows[first + i].t;
        for (size_t c = 0; c < w->channels; c++)
            ret_view->own_columns[c][i] = row[c];
    }
    ret_view->n = n;
    ret_view->channels = w->channels;
    ret_view->t = ret_view->own_t;
    ret_view->columns = (const double *const *)ret_view->own_columns;
    ret_view->start_ms = ret_view->own_t[0];
    ret_view->end_ms = ret_view->own_t[n - 1];
    ret_view->coverage = aas_window_coverage(ret_view->own_t, n, w->spec.period_ms);
    ret_view->blind = ret_view->coverage < w->spec.min_coverage;
    ret_view->revision = w->rows[e].given++;
    w->rows[e].ready = false;
    w->ready_count--;
    return true;
}
