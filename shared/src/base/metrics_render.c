/* Prometheus' text exposition format 0.0.4. */
#include "aas/metrics.h"

#include <math.h>

#include "aas/num.h"
#include "metrics_internal.h"

static void put_value(struct aas_buf *out, double v)
{
    if (isnan(v))
        (void)aas_buf_append_str(out, "NaN");
    else if (isinf(v))
        (void)aas_buf_append_str(out, v < 0 ? "-Inf" : "+Inf");
    else
        (void)aas_buf_append_double(out, v);
    (void)aas_buf_append_char(out, '\n');
}

static void put_line(struct aas_buf *out, const char *name, const char *suffix, const char *labels, const char *le,
                     double v)
{
    (void)aas_buf_append_str(out, name);
    (void)aas_buf_append_str(out, suffix);
    if (labels[0] || le) {
        (void)aas_buf_append_char(out, '{');
        (void)aas_buf_append_str(out, labels);
        if (le) {
            (void)aas_buf_append_str(out, labels[0] ? ",le=\"" : "le=\"");
            (void)aas_buf_append_str(out, le);
            (void)aas_buf_append_char(out, '"');
        }
        (void)aas_buf_append_char(out, '}');
    }
    (void)aas_buf_append_char(out, ' ');
    put_value(out, v);
}

static void put_histogram(struct aas_buf *out, const struct family *f, const struct aas_metric *x)
{
    uint64_t sum = 0;
    for (size_t i = 0; i <= f->bounds_count; i++) {
        char le[AAS_NUM_BYTES] = "+Inf";
        if (i < f->bounds_count)
            (void)aas_num_format_double(f->bounds[i], le);
        sum += atomic_load_explicit(&x->buckets[i], memory_order_relaxed);
        put_line(out, f->name, "_bucket", x->labels, le, (double)sum);
    }
    put_line(out, f->name, "_sum", x->labels, NULL, metric_load_double(&x->d));
    /* The sum of the buckets, not x->n: the two must agree in one scrape even while others count. */
    put_line(out, f->name, "_count", x->labels, NULL, (double)sum);
}

static void put_help(struct aas_buf *out, const struct family *f)
{
    static const char *const types[] = {" counter\n", " gauge\n", " histogram\n"};
    (void)aas_buf_append_str(out, "# HELP ");
    (void)aas_buf_append_str(out, f->name);
    (void)aas_buf_append_char(out, ' ');
    for (const char *p = f->help; *p; p++) {
        if (*p == '\\')
            (void)aas_buf_append_str(out, "\\\\");
        else if (*p == '\n')
            (void)aas_buf_append_str(out, "\\n");
        else
            (void)aas_buf_append_char(out, *p);
    }
    (void)aas_buf_append_str(out, "\n# TYPE ");
    (void)aas_buf_append_str(out, f->name);
    (void)aas_buf_append_str(out, types[f->type]);
}

int aas_metrics_render(struct aas_metrics *m, struct aas_buf *out)
{
    if (!m)
        m = aas_metrics_default();
    (void)pthread_mutex_lock(&m->collect_lock);
    for (size_t i = 0; i < m->collectors_count; i++)
        m->collectors[i].fn(m, m->collectors[i].arg);
    (void)pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->count; i++) {
        const struct family *f = m->families[i];
        if (f->count == 0)
            continue;
        put_help(out, f);
        for (size_t k = 0; k < f->count; k++) {
            if (f->type == METRIC_HISTOGRAM)
                put_histogram(out, f, f->series[k]);
            else
                put_line(out, f->name, "", f->series[k]->labels, NULL, aas_metric_value(f->series[k]));
        }
    }
    (void)pthread_mutex_unlock(&m->lock);
    (void)pthread_mutex_unlock(&m->collect_lock);
    return aas_buf_status(out);
}
