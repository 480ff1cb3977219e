/* What live updates cost: HTTP server and hub in this process, pinned to one processor; the clients in a child on the
 * others. Every update is a frame to every client.
 *   bench_ws [CLIENTS [UPDATES_PER_S [SECONDS [BYTES]]]] */
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aas/clock.h>
#include <aas/error.h>
#include <aas/http_server.h>
#include <aas/num.h>
#include <aas/ws_server.h>

#include "ws_peer.h"

#define MAX_LATENCIES 20000000
#define IDLE_MS       2000

struct settings {
    int64_t clients, rate, seconds, bytes;
};

static int get_stream(struct aas_http_req *req, struct aas_error *err)
{
    return aas_ws_server_accept(aas_http_req_ctx(req), req, NULL, err);
}

static const struct aas_http_route route = {.method = AAS_HTTP_GET,
                                            .pattern = "/stream",
                                            .mode = AAS_HTTP_INLINE,
                                            .flags = AAS_HTTP_UPGRADE,
                                            .handler = get_stream};

/* Processor 0 for the server, the others for the clients; on a single processor they share it. */
static void pin(bool server)
{
    cpu_set_t set;
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    CPU_ZERO(&set);
    for (size_t i = server || n == 1 ? 0 : 1; i < (server ? 1 : (size_t)n); i++)
        CPU_SET(i, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Frames of the bench are of one size, so that a client needs no parser: the time stands at their start. */
static size_t take_frames(struct ws_peer *p, size_t frame_len, size_t header_len, float *latencies, size_t count)
{
    size_t at = 0, n = 0;
    int64_t now = aas_clock_mono().ns;
    for (; p->len - at >= frame_len; at += frame_len, n++) {
        int64_t sent = 0;
        const char *digits = p->buf + at + header_len;
        AAS_IGNORE(aas_num_parse_i64(digits, strcspn(digits, " "), &sent));
        if (count + n < MAX_LATENCIES)
            latencies[count + n] = (float)(now - sent) / 1e6F;
    }
    memmove(p->buf, p->buf + at, p->len - at);
    p->len -= at;
    return n;
}

static int run_clients(const struct settings *s, uint16_t port, int ready_fd)
{
    size_t header_len = s->bytes < 126 ? 2 : s->bytes <= 65535 ? 4 : 10, frame_len = (size_t)s->bytes + header_len;
    struct ws_peer *peers = calloc((size_t)s->clients, sizeof *peers);
    float *latencies = malloc(MAX_LATENCIES * sizeof *latencies);
    int ep = epoll_create1(EPOLL_CLOEXEC);
    pin(false);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!peers || !latencies || ep < 0)
        return 1;
    for (int64_t i = 0; i < s->clients; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &peers[i]};
        peers[i].buf = NULL;
        if (!ws_peer_open(&peers[i], port, NULL, 0) || !(peers[i].buf = malloc(peers[i].cap = 2 * frame_len + 65536)) ||
            epoll_ctl(ep, EPOLL_CTL_ADD, peers[i].fd, &event) != 0) {
            (void)fprintf(stderr, "bench_ws: client %lld does not get in\n", (long long)i);
            return 1;
        }
    }
    (void)!write(ready_fd, "r", 1);
    size_t count = 0;
    struct epoll_event events[256];
    int n;
    while ((n = epoll_wait(ep, events, 256, IDLE_MS)) > 0)
        for (int i = 0; i < n; i++) {
            struct ws_peer *p = events[i].data.ptr;
            ssize_t got = recv(p->fd, p->buf + p->len, p->cap - p->len, MSG_DONTWAIT);
            if (got <= 0) {
                (void)fprintf(stderr, "bench_ws: a client was cut off\n");
                return 1;
            }
            p->len += (size_t)got;
            count += take_frames(p, frame_len, header_len, latencies, count);
        }
    size_t kept = count < MAX_LATENCIES ? count : MAX_LATENCIES;
    qsort(latencies, kept, sizeof *latencies, by_value);
    printf("received    %zu frames\n", count);
    if (kept > 0)
        printf("latency     p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", (double)latencies[kept / 2],
               (double)latencies[kept * 99 / 100], (double)latencies[kept - 1]);
    return 0;
}

static double cpu_s(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void run_updates(const struct settings *s, struct aas_ws_server *ws)
{
    char *text = malloc((size_t)s->bytes + 32);
    struct aas_mono start = aas_clock_mono();
    double cpu = cpu_s();
    if (!text)
        return;
    for (int64_t i = 0; i < s->rate * s->seconds; i++) {
        struct aas_mono due = {start.ns + i * 1000000000 / s->rate};
        while (!aas_mono_passed(due))
            (void)poll(NULL, 0, aas_mono_poll_ms(due));
        memset(text, ' ', (size_t)s->bytes);
        int n = snprintf(text, (size_t)s->bytes + 32, "%lld", (long long)aas_clock_mono().ns);
        text[n] = ' ';
        struct aas_ws_frame *frame =
            aas_ws_frame_create(text, (size_t)s->bytes, &(struct aas_ws_frame_meta){.seq = (uint64_t)i + 1});
        aas_ws_server_broadcast(ws, frame);
        aas_ws_frame_unref(frame);
    }
    struct aas_ws_stats stats;
    uint64_t want = (uint64_t)(s->clients * s->rate * s->seconds);
    for (int i = 0; i < 200 && (aas_ws_server_stats(ws, &stats), stats.sent + stats.lost < want); i++)
        (void)poll(NULL, 0, 10);
    double wall = (double)aas_mono_diff_ns(aas_clock_mono(), start) / 1e9;
    cpu = cpu_s() - cpu;
    printf("sent        %llu frames, lost %llu, in %.1f s\n", (unsigned long long)stats.sent,
           (unsigned long long)stats.lost, wall);
    printf("processor   %.1f %% of one, %.2f us per frame\n", 100 * cpu / wall, 1e6 * cpu / (double)stats.sent);
    (void)fflush(stdout);
    free(text);
}

static bool read_settings(int argc, char **argv, struct settings *s)
{
    int64_t *const slots[] = {&s->clients, &s->rate, &s->seconds, &s->bytes};
    for (int i = 1; i < argc; i++)
        if (i > 4 || aas_num_parse_i64(argv[i], strlen(argv[i]), slots[i - 1]) != 0 || *slots[i - 1] < 1)
            return false;
    return s->bytes >= 24 && s->bytes <= 1000000;
}

int main(int argc, char **argv)
{
    struct settings s = {.clients = 1000, .rate = 10, .seconds = 10, .bytes = 400};
    struct aas_error err = AAS_ERROR_NONE;
    struct aas_ws_server *ws = NULL;
    struct aas_http_server *http = NULL;
    int ready[2], status = 1;
    char byte;
    if (!read_settings(argc, argv, &s)) {
        (void)fprintf(stderr, "usage: bench_ws [CLIENTS [UPDATES_PER_S [SECONDS [BYTES >= 24]]]]\n");
        return 2;
    }
    const struct aas_ws_server_config ws_config = {.max_clients = (size_t)s.clients};
    const struct aas_http_server_config http_config = {.threads = 1};
    pin(true);
    int rc = aas_ws_server_create(&ws, &ws_config, &err);
    if (rc == 0)
        rc = aas_ws_server_start(ws, &err);
    if (rc == 0)
        rc = aas_http_server_create(&http, &http_config, &err);
    if (rc == 0)
        rc = aas_http_server_add(http, &route, 1, ws, &err);
    if (rc == 0)
        rc = aas_http_server_start(http, &err);
    if (rc || pipe(ready) != 0) {
        (void)fprintf(stderr, "bench_ws: %s\n", aas_error_text(&err, rc));
        return 1;
    }
    printf("%lld clients, %lld updates a second of %lld bytes\n", (long long)s.clients, (long long)s.rate,
           (long long)s.bytes);
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        exit(run_clients(&s, aas_http_server_port(http), ready[1]));
    (void)close(ready[1]);
    if (child > 0 && read(ready[0], &byte, 1) == 1)
        run_updates(&s, ws);
    if (child > 0)
        (void)waitpid(child, &status, 0);
    aas_http_server_stop(http, 1000);
    aas_ws_server_stop(ws, 1000);
    aas_http_server_destroy(http);
    aas_ws_server_destroy(ws);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
