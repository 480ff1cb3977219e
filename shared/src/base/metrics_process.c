/* Figures of the process itself, with the names that Prometheus' client libraries use. */
#include "aas/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aas/clock.h"
#include "aas/log.h"

static double resident_bytes(void)
{
    AAS_AUTO_FCLOSE FILE *f = fopen("/proc/self/statm", "re");
    unsigned long size, resident;
    if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2)
        return 0;
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double open_fds(void)
{
    AAS_AUTO_CLOSEDIR DIR *d = opendir("/proc/self/fd");
    if (!d)
        return 0;
    int n = -3; /* ".", ".." and the directory's own */
    while (readdir(d))
        n++;
    return n;
}

static double cpu_seconds(void)
{
    struct rusage u;
    if (getrusage(RUSAGE_SELF, &u) != 0)
        return 0;
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void collect(struct aas_metrics *m, void *arg)
{
    (void)arg;
    aas_metric_set(
        aas_metrics_gauge(m, "process_resident_memory_bytes", "Resident memory size in bytes.", AAS_NO_LABELS),
        resident_bytes());
    aas_metric_set(aas_metrics_gauge(m, "process_open_fds", "Number of open file descriptors.", AAS_NO_LABELS),
                   open_fds());
    aas_metric_set_total(aas_metrics_counter(m, "process_cpu_seconds_total",
                                             "Total user and system CPU time spent in seconds.", AAS_NO_LABELS),
                         cpu_seconds());
    struct rlimit lim;
    if (getrlimit(RLIMIT_NOFILE, &lim) == 0)
        aas_metric_set(
            aas_metrics_gauge(m, "process_max_fds", "Maximum number of open file descriptors.", AAS_NO_LABELS),
            (double)lim.rlim_cur);
    static const char *const levels[AAS_LOG__COUNT] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < AAS_LOG__COUNT; i++)
        aas_metric_set_total(
            aas_metrics_counter(m, "aas_log_lines_total", "Log lines written.", AAS_LABELS({"level", levels[i]})),
            (double)aas_log_lines_total((enum aas_log_level)i));
    aas_metric_set_total(
        aas_metrics_counter(m, "aas_log_withheld_total", "Repeated log lines that were not written.", AAS_NO_LABELS),
        (double)aas_log_withheld_total());
}

int aas_metrics_add_process(struct aas_metrics *m, const char *svc)
{
    aas_metric_set(aas_metrics_gauge(m, "aas_build_info", "Version of the running program; always 1.",
                                     AAS_LABELS({"service", svc}, {"version", AAS_VERSION})),
                   1);
    aas_metric_set(aas_metrics_gauge(m, "process_start_time_seconds",
                                     "Start time of the process since unix epoch in seconds.", AAS_NO_LABELS),
                   (double)aas_clock_wall_ms() / 1000);
    return aas_metrics_add_collector(m, collect, NULL);
}
