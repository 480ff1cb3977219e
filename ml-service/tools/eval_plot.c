/* Pictures and row-wise dumps of an evaluation. See eval_report.h. */
#include "eval_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/clock.h>

#define WIDTH   1000
#define LEFT    180
#define STRIP   70
#define PLOT    46 /* height of the curve in a strip */
#define POINTS  800
#define NO_TYPE UINT32_MAX

static int opened(FILE *f, const char *path, struct aas_error *err)
{
    return f ? 0 : aas_error_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
}

static void text(FILE *f, const char *s)
{
    for (; *s; s++) {
        if (*s == '<' || *s == '&')
            (void)fprintf(f, "&#%d;", *s);
        else
            (void)fputc(*s, f);
    }
}

static double x_of(const struct eval_run *r, size_t row)
{
    return LEFT + (double)row * (WIDTH - LEFT - 10) / (double)(r->run->rows > 1 ? r->run->rows - 1 : 1);
}

/* Rectangles over rows where on[row], at height y. */
static void bars(FILE *f, const struct eval_run *r, bool truth, double y, double height, const char *style)
{
    for (size_t i = 0; i < r->run->rows; i++) {
        size_t end = i;
        while (end < r->run->rows && (truth ? r->run->label[end] != 0 : r->alarm[end]))
            end++;
        if (end == i)
            continue;
        (void)fprintf(f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" %s/>\n", x_of(r, i), y,
                      fmax(1, x_of(r, end - 1) - x_of(r, i)), height, style);
        i = end;
    }
}

/* The largest value of each step, so that no alarm hides between two points. */
static void curve(FILE *f, const struct eval_run *r, double base)
{
    size_t step = (r->run->rows + POINTS - 1) / POINTS;
    (void)fprintf(f, "<polyline fill=\"none\" stroke=\"#1565c0\" points=\"");
    for (size_t i = 0; i < r->run->rows; i += step) {
        double top = 0;
        for (size_t k = i; k < i + step && k < r->run->rows; k++)
            top = fmax(top, r->smoothed[k]);
        (void)fprintf(f, "%.1f,%.1f ", x_of(r, i), base - top * PLOT);
    }
    (void)fprintf(f, "\"/>\n");
}

int eval_plot(const struct eval *e, const char *path, struct aas_error *err)
{
    AAS_AUTO_FCLOSE FILE *f = fopen(path, "we");
    int rc = opened(f, path, err);
    if (rc < 0)
        return rc;
    size_t height = 50 + e->count * STRIP;
    (void)fprintf(
        f,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\" font-family=\"sans-serif\" "
        "font-size=\"12\">\n<title>Evaluation, preset %s</title>\n<rect width=\"100%%\" height=\"100%%\" "
        "fill=\"#fff\"/>\n<text x=\"10\" y=\"20\">Shaded: faulty rows. Line: P(not normal). Dashed: threshold "
        "%g. Bar below: alarm.</text>\n",
        WIDTH, height, e->preset->name, e->threshold);
    for (size_t i = 0; i < e->count; i++) {
        const struct eval_run *r = &e->list[i];
        double top = 36 + (double)(i * STRIP), base = top + PLOT;
        (void)fprintf(f, "<text x=\"10\" y=\"%.1f\">", top + PLOT / 2.0);
        text(f, r->run->name);
        (void)fprintf(f, "</text>\n");
        bars(f, r, true, top, PLOT, "fill=\"#ef9a9a\" fill-opacity=\"0.6\"");
        (void)fprintf(f,
                      "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#9e9e9e\" stroke-dasharray=\"4 "
                      "3\"/>\n",
                      LEFT, WIDTH - 10, base - e->threshold * PLOT, base - e->threshold * PLOT);
        curve(f, r, base);
        bars(f, r, false, base + 4, 6, "fill=\"#b71c1c\"");
    }
    (void)fprintf(f, "</svg>\n");
    return ferror(f) || fflush(f) != 0 ? aas_error_set(err, AAS_EIO, "cannot write %s", path) : 0;
}

static const char *label_of(const struct eval *e, const struct eval_run *r, size_t i)
{
    if (!(r->p[i] >= e->threshold))
        return e->runs->labels.names[0];
    return r->told[i] == NO_TYPE ? "anomaly" : e->runs->labels.names[r->told[i]];
}

int eval_dump_rows(const struct eval *e, const char *path, struct aas_error *err)
{
    AAS_AUTO_FCLOSE FILE *f = fopen(path, "we");
    int rc = opened(f, path, err);
    if (rc < 0)
        return rc;
    (void)fprintf(f, "run,row,timestamp,truth,p_anomaly,label,alarm\n");
    for (size_t i = 0; i < e->count; i++) {
        const struct eval_run *r = &e->list[i];
        for (size_t k = 0; k < r->run->rows; k++) {
            char at[AAS_RFC3339_BYTES];
            aas_rfc3339_format(r->run->t[k], at);
            (void)fprintf(f, "%s,%zu,%s,%s,", r->run->name, k, at, e->runs->labels.names[r->run->label[k]]);
            if (isnan(r->p[k]))
                (void)fprintf(f, ",,0\n"); /* no window yet */
            else
                (void)fprintf(f, "%.9g,%s,%d\n", r->p[k], label_of(e, r, k), r->alarm[k]);
        }
    }
    return ferror(f) || fflush(f) != 0 ? aas_error_set(err, AAS_EIO, "cannot write %s", path) : 0;
}
