#include "aas/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aas/str.h"
#include "metrics_internal.h"

#define LABELS_MAX_BYTES 1024

const double aas_metrics_latency_bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                             0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
const size_t aas_metrics_latency_bounds_count =
    sizeof aas_metrics_latency_bounds / sizeof aas_metrics_latency_bounds[0];

static struct aas_metrics default_registry = {
    .collect_lock = PTHREAD_MUTEX_INITIALIZER,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

struct aas_metrics *aas_metrics_default(void)
{
    return &default_registry;
}

int aas_metrics_create(struct aas_metrics **ret_m)
{
    struct aas_metrics *m = calloc(1, sizeof *m);
    if (!m)
        return AAS_ENOMEM;
    (void)pthread_mutex_init(&m->lock, NULL); /* default mutexes: glibc allocates nothing */
    (void)pthread_mutex_init(&m->collect_lock, NULL);
    *ret_m = m;
    return 0;
}

static void metric_free(struct aas_metric *x)
{
    if (x)
        free(x->labels);
    free(x);
}

static void family_free(struct family *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++)
        metric_free(f->series[i]);
    free(f->series);
    free(f->bounds);
    free(f->name);
    free(f->help);
    free(f);
}

void aas_metrics_destroy(struct aas_metrics *m)
{
    if (!m)
        return;
    assert(m != &default_registry);
    for (size_t i = 0; i < m->count; i++)
        family_free(m->families[i]);
    free(m->families);
    (void)pthread_mutex_destroy(&m->lock);
    (void)pthread_mutex_destroy(&m->collect_lock);
    free(m);
}

/* ---- labels ---- */

static int by_name(const void *a, const void *b)
{
    const struct aas_label *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* Backslash, quote and line end are escaped; what isn't UTF-8 becomes '?', as the format demands UTF-8. */
static void append_label(struct aas_buf *b, const struct aas_label *label)
{
    if (b->len)
        (void)aas_buf_append_char(b, ',');
    (void)aas_buf_append_str(b, label->name);
    (void)aas_buf_append_str(b, "=\"");
    bool utf8 = aas_str_is_utf8(aas_str_from(label->value));
    for (const char *p = label->value; *p; p++) {
        if (*p == '\\' || *p == '"')
            (void)aas_buf_append_char(b, '\\');
        if (*p == '\n')
            (void)aas_buf_append_str(b, "\\n");
        else
            (void)aas_buf_append_char(b, (unsigned char)*p >= 0x80 && !utf8 ? '?' : *p);
    }
    (void)aas_buf_append_char(b, '"');
}

static char *render_labels(const struct aas_label *labels)
{
    struct aas_label sorted[AAS_METRICS_MAX_LABELS];
    size_t n = 0;
    for (; labels && labels[n].name; n++) {
        assert(n < AAS_METRICS_MAX_LABELS);
        sorted[n] = labels[n];
        if (!sorted[n].value)
            sorted[n].value = "";
    }
    qsort(sorted, n, sizeof sorted[0], by_name);
    AAS_AUTO_BUF struct aas_buf b = AAS_BUF_INIT(LABELS_MAX_BYTES);
    for (size_t i = 0; i < n; i++)
        append_label(&b, &sorted[i]);
    if (b.status == AAS_ETOOBIG) /* nobody reads such a label */
        return strdup("overflow=\"true\"");
    return aas_buf_take(&b, NULL);
}

/* ---- sorted pointer arrays ---- */

static int grow(void **array, size_t count, size_t *cap)
{
    if (count < *cap)
        return 0;
    size_t next = *cap ? *cap * 2 : 8;
    void *p = realloc(*array, next * sizeof(void *));
    if (!p)
        return AAS_ENOMEM;
    *array = p;
    *cap = next;
    return 0;
}

static size_t family_position(const struct aas_metrics *m, const char *name, bool *found)
{
    size_t lo = 0, hi = m->count;
    *found = false;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(m->families[mid]->name, name);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static size_t series_position(const struct family *f, const char *labels, bool *found)
{
    size_t lo = 0, hi = f->count;
    *found = false;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(f->series[mid]->labels, labels);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* What a caller asks for. */
struct want {
    const char *name, *help;
    enum metric_type type;
    const double *bounds;
    size_t bounds_count;
};

static struct family *family_new(const struct want *w)
{
    struct family *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->name = strdup(w->name);
    f->help = strdup(w->help);
    f->type = w->type;
    f->bounds_count = w->bounds_count;
    f->bounds = w->bounds_count ? malloc(w->bounds_count * sizeof(double)) : NULL;
    if (!f->name || !f->help || (w->bounds_count && !f->bounds)) {
        family_free(f);
        return NULL;
    }
    if (w->bounds_count)
        memcpy(f->bounds, w->bounds, w->bounds_count * sizeof(double));
    return f;
}

static struct family *family_get(struct aas_metrics *m, const struct want *w)
{
    bool found;
    size_t at = family_position(m, w->name, &found);
    if (found) {
        assert(m->families[at]->type == w->type && m->families[at]->bounds_count == w->bounds_count);
        return m->families[at];
    }
    if (grow((void **)&m->families, m->count, &m->cap) != 0)
        return NULL;
    struct family *f = family_new(w);
    if (!f)
        return NULL;
    memmove(m->families + at + 1, m->families + at, (m->count - at) * sizeof m->families[0]);
    m->families[at] = f;
    m->count++;
    return f;
}

/* Takes labels. */
static struct aas_metric *series_get(struct family *f, char *labels)
{
    bool found;
    size_t at = series_position(f, labels, &found);
    if (!found && f->count >= AAS_METRICS_MAX_SERIES) {
        free(labels);
        labels = strdup("overflow=\"true\"");
        if (!labels)
            return NULL;
        at = series_position(f, labels, &found);
    }
    if (found) {
        free(labels);
        return f->series[at];
    }
    size_t buckets = f->type == METRIC_HISTOGRAM ? f->bounds_count + 1 : 0;
    struct aas_metric *x = calloc(1, sizeof *x + buckets * sizeof x->buckets[0]);
    if (!x || grow((void **)&f->series, f->count, &f->cap) != 0) {
        free(x);
        free(labels);
        return NULL;
    }
    x->labels = labels;
    x->family = f;
    memmove(f->series + at + 1, f->series + at, (f->count - at) * sizeof f->series[0]);
    f->series[at] = x;
    f->count++;
    return x;
}

static struct aas_metric *get(struct aas_metrics *m, const struct want *w, const struct aas_label *labels)
{
    if (!m)
        m = &default_registry;
    char *text = render_labels(labels);
    if (!text)
        return NULL;
    (void)pthread_mutex_lock(&m->lock);
    struct family *f = family_get(m, w);
    struct aas_metric *x = NULL;
    if (f)
        x = series_get(f, text);
    else
        free(text);
    (void)pthread_mutex_unlock(&m->lock);
    return x;
}

struct aas_metric *aas_metrics_counter(struct aas_metrics *m, const char *name, const char *help,
                                       const struct aas_label *labels)
{
    return get(m, &(struct want){name, help, METRIC_COUNTER, NULL, 0}, labels);
}

struct aas_metric *aas_metrics_gauge(struct aas_metrics *m, const char *name, const char *help,
                                     const struct aas_label *labels)
{
    return get(m, &(struct want){name, help, METRIC_GAUGE, NULL, 0}, labels);
}

struct aas_metric *aas_metrics_histogram(struct aas_metrics *m, const char *name, const char *help,
                                         const struct aas_label *labels, const double *bounds, size_t n)
{
    assert(n <= MAX_BOUNDS);
    return get(m, &(struct want){name, help, METRIC_HISTOGRAM, bounds, n}, labels);
}

void aas_metrics_remove(struct aas_metrics *m, const char *name, const struct aas_label *labels)
{
    if (!m)
        m = &default_registry;
    AAS_AUTO_FREE char *text = render_labels(labels);
    if (!text)
        return;
    (void)pthread_mutex_lock(&m->lock);
    bool found;
    size_t at = family_position(m, name, &found);
    struct family *f = found ? m->families[at] : NULL;
    if (f) {
        at = series_position(f, text, &found);
        if (found) {
            metric_free(f->series[at]);
            f->count--;
            memmove(f->series + at, f->series + at + 1, (f->count - at) * sizeof f->series[0]);
        }
    }
    (void)pthread_mutex_unlock(&m->lock);
}

/* ---- collectors ---- */

int aas_metrics_add_collector(struct aas_metrics *m, aas_metrics_collect_fn *fn, void *arg)
{
    if (!m)
        m = &default_registry;
    (void)pthread_mutex_lock(&m->collect_lock);
    int rc = m->collectors_count < MAX_COLLECTORS ? 0 : AAS_EFULL;
    if (rc == 0)
        m->collectors[m->collectors_count++] = (struct collector){fn, arg};
    (void)pthread_mutex_unlock(&m->collect_lock);
    return rc;
}

void aas_metrics_remove_collector(struct aas_metrics *m, aas_metrics_collect_fn *fn, void *arg)
{
    if (!m)
        m = &default_registry;
    (void)pthread_mutex_lock(&m->collect_lock); /* waits for a render in progress */
    for (size_t i = 0; i < m->collectors_count; i++) {
        if (m->collectors[i].fn != fn || m->collectors[i].arg != arg)
            continue;
        m->collectors_count--;
        memmove(m->collectors + i, m->collectors + i + 1, (m->collectors_count - i) * sizeof m->collectors[0]);
        break;
    }
    (void)pthread_mutex_unlock(&m->collect_lock);
}

/* ---- values ---- */

static uint64_t double_bits(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

double metric_load_double(const _Atomic uint64_t *bits)
{
    uint64_t raw = atomic_load_explicit(bits, memory_order_relaxed);
    double v;
    memcpy(&v, &raw, sizeof v);
    return v;
}

static void add_double(_Atomic uint64_t *bits, double add)
{
    uint64_t old = atomic_load_explicit(bits, memory_order_relaxed);
    double v;
    do {
        memcpy(&v, &old, sizeof v);
    } while (!atomic_compare_exchange_weak_explicit(bits, &old, double_bits(v + add), memory_order_relaxed,
                                                    memory_order_relaxed));
}

void aas_metric_add(struct aas_metric *c, uint64_t n)
{
    if (c)
        (void)atomic_fetch_add_explicit(&c->n, n, memory_order_relaxed);
}

void aas_metric_inc(struct aas_metric *c)
{
    aas_metric_add(c, 1);
}

void aas_metric_add_double(struct aas_metric *c, double d)
{
    if (c && d > 0 && isfinite(d))
        add_double(&c->d, d);
}

void aas_metric_set_total(struct aas_metric *c, double total)
{
    aas_metric_set(c, total);
}

void aas_metric_set(struct aas_metric *g, double v)
{
    if (g)
        atomic_store_explicit(&g->d, double_bits(v), memory_order_relaxed);
}

void aas_metric_observe(struct aas_metric *h, double v)
{
    if (!h || isnan(v))
        return;
    const struct family *f = h->family;
    size_t i = 0;
    while (i < f->bounds_count && v > f->bounds[i])
        i++;
    (void)atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&h->n, 1, memory_order_relaxed);
    add_double(&h->d, v);
}

double aas_metric_value(const struct aas_metric *x)
{
    if (!x)
        return 0;
    double n = (double)atomic_load_explicit(&x->n, memory_order_relaxed);
    return x->family->type == METRIC_HISTOGRAM ? n : n + metric_load_double(&x->d);
}
