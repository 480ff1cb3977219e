/* Figures per route: requests by class of status, and their duration. Series are made at their first use and then found
 * without a lock. */
#include "http_internal.h"

static const char *const classes[HTTP_STATUS_CLASSES] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
static const char *const methods[AAS_HTTP__COUNT] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

void http_metrics_count(struct aas_http_server *server, const struct http_entry *entry, unsigned status, double seconds)
{
    struct http_route_figures *f = &server->figures[entry ? entry->index : server->routes];
    const char *route = entry ? entry->route->pattern : "none";
    const char *method = entry ? methods[entry->route->method] : "none";
    size_t c = status / 100 < HTTP_STATUS_CLASSES ? status / 100 : 0;
    struct aas_metric *count = atomic_load_explicit(&f->status[c], memory_order_acquire);
    if (!count) {
        count = aas_metrics_counter(
            NULL, "aas_http_requests_total", "HTTP requests answered.",
            AAS_LABELS({"server", server->service}, {"method", method}, {"route", route}, {"status", classes[c]}));
        atomic_store_explicit(&f->status[c], count, memory_order_release);
    }
    struct aas_metric *duration = atomic_load_explicit(&f->seconds, memory_order_acquire);
    if (!duration) {
        duration = aas_metrics_histogram(NULL, "aas_http_request_duration_seconds",
                                         "Time from the request line to the answer.",
                                         AAS_LABELS({"server", server->service}, {"method", method}, {"route", route}),
                                         aas_metrics_latency_bounds, aas_metrics_latency_bounds_count);
        atomic_store_explicit(&f->seconds, duration, memory_order_release);
    }
    aas_metric_inc(count);
    aas_metric_observe(duration, seconds);
}

static void collect(struct aas_metrics *m, void *arg)
{
    struct aas_http_server *s = arg;
    const struct aas_label *labels = AAS_LABELS({"server", s->service});
    aas_metric_set(aas_metrics_gauge(m, "aas_http_in_flight", "Requests being answered.", labels),
                   (double)atomic_load(&s->in_flight));
    aas_metric_set(aas_metrics_gauge(m, "aas_http_connections", "Open connections, upgraded ones apart.", labels),
                   (double)atomic_load(&s->open));
}

int http_metrics_register(struct aas_http_server *server)
{
    return aas_metrics_add_collector(NULL, collect, server);
}

void http_metrics_unregister(struct aas_http_server *server)
{
    aas_metrics_remove_collector(NULL, collect, server);
}
