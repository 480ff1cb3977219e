/* Metrics with labels, rendered in Prometheus' text format 0.0.4. A registry holds families (name, help, type); a
 * family holds series (label values). Getting a series takes the registry's lock: get it once and keep the pointer,
 * which lives as long as the registry. Changing a series is one relaxed atomic operation. All functions are
 * thread-safe, and those that change a series accept NULL (no-op), so that running out of memory costs a metric and
 * nothing else.
 *
 * Names: aas_<thing>_<unit>, base units (seconds, bytes), counters end in _total: `promtool check metrics` is a test.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/buf.h"
#include "aas/err.h"

struct aas_metrics;
struct aas_metric;

/** A label; arrays of them end with a NULL name. `AAS_LABELS({"topic", t}, {"reason", "late"})`; AAS_NO_LABELS. */
struct aas_label {
    const char *name;
    const char *value;
};
#define AAS_LABELS(...) ((const struct aas_label[]){__VA_ARGS__, {NULL, NULL}})
#define AAS_NO_LABELS   NULL

/* Series per family. One more gets {overflow="true"} of that family in place of its own: a label can't fill memory. */
#define AAS_METRICS_MAX_SERIES 2000
#define AAS_METRICS_MAX_LABELS 6

/** An own registry; most code uses the process's. Destroy takes NULL; no series may be in use any more. */
int aas_metrics_create(struct aas_metrics **ret_m) AAS_MUST_CHECK;
void aas_metrics_destroy(struct aas_metrics *m);
/** The process's registry, made at first use, never freed. Never NULL. */
struct aas_metrics *aas_metrics_default(void);

/** Get or make a series. m NULL means the default registry. Copies all texts. The same name must come with the same
 * type and label names (assert). NULL when memory is short. */
struct aas_metric *aas_metrics_counter(struct aas_metrics *m, const char *name, const char *help,
                                       const struct aas_label *labels);
struct aas_metric *aas_metrics_gauge(struct aas_metrics *m, const char *name, const char *help,
                                     const struct aas_label *labels);
/** bounds: n rising upper bounds (copied; n <= 32), +Inf is added; the same for all series of the family. */
struct aas_metric *aas_metrics_histogram(struct aas_metrics *m, const char *name, const char *help,
                                         const struct aas_label *labels, const double *bounds, size_t n);
/** Bounds for latencies in seconds, 100 us .. 10 s. */
extern const double aas_metrics_latency_bounds[];
extern const size_t aas_metrics_latency_bounds_count;

/** Counter + 1, + n, + d (d >= 0, finite). */
void aas_metric_inc(struct aas_metric *c);
void aas_metric_add(struct aas_metric *c, uint64_t n);
void aas_metric_add_double(struct aas_metric *c, double d);
/** For counters that another module keeps: set to its total, which never falls. */
void aas_metric_set_total(struct aas_metric *c, double total);
/** Gauge. */
void aas_metric_set(struct aas_metric *g, double v);
/** Count v in a histogram; NaN is ignored. */
void aas_metric_observe(struct aas_metric *h, double v);
/** The value of a counter or gauge, the count of a histogram; 0 for NULL. */
double aas_metric_value(const struct aas_metric *x);

/** Remove the series of family name with these labels (a sensor that was deleted). Its pointer is invalid afterwards.
 */
void aas_metrics_remove(struct aas_metrics *m, const char *name, const struct aas_label *labels);

/** fn(m, arg) runs at the start of each render, to set gauges whose values live elsewhere. It may get and set series;
 * it must not render. At most 32 collectors: AAS_EFULL. The render holds no lock that a setter needs. */
typedef void aas_metrics_collect_fn(struct aas_metrics *m, void *arg);
int aas_metrics_add_collector(struct aas_metrics *m, aas_metrics_collect_fn *fn, void *arg) AAS_MUST_CHECK;
/** After the return fn runs no more. */
void aas_metrics_remove_collector(struct aas_metrics *m, aas_metrics_collect_fn *fn, void *arg);

/** Append everything as text to out: families by name, series by labels. Content type AAS_METRICS_CONTENT_TYPE. Returns
 *  out's status. */
int aas_metrics_render(struct aas_metrics *m, struct aas_buf *out) AAS_MUST_CHECK;
#define AAS_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/** Add the process's own: aas_build_info, process_start_time_seconds, process_resident_memory_bytes, process_open_fds,
 *  process_max_fds, process_cpu_seconds_total, aas_log_lines_total{level}, aas_log_withheld_total. aas_daemon does it.
 */
int aas_metrics_add_process(struct aas_metrics *m, const char *svc) AAS_MUST_CHECK;
