/* The gateway with many predictions: the real backend-api on a fresh SQLite file, some kept-alive connections, latency
 * and requests per CPU second of each route.
 *
 *     bench_api [predictions [connections [seconds]]]      default 1000000 8 5 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aas/clock.h"
#include "aas/id.h"
#include "aas/json.h"
#include "aas/rng.h"
#include "aas/signals.h"
#include "aas/store.h"
#include "aas/test_dir.h"
#include "aas/test_http.h"
#include "aas/test_port.h"
#include "aas/test_proc.h"

#define BATCH       500
#define SENSORS     200
#define MAX_SAMPLES 200000

struct stage {
    char dir[AAS_TEST_PATH_BYTES];
    uint16_t port;
    struct aas_test_proc *daemon;
    struct aas_store *store;
    char token[4096];
};

static void check(int rc, const char *what, const struct aas_error *err)
{
    if (rc == 0)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, aas_error_text(err, rc));
    exit(1);
}

/* ---- data: the newest prediction is of now ---- */

static bson_t *make_prediction(struct aas_rng *rng, int64_t i, int64_t n, int64_t now_ms)
{
    static const char *const labels[] = {"normal", "imbalance", "misalignment", "bearing", "cavitation"};
    char id[AAS_ID_SIZE];
    char sensor[32];
    bson_t *d = bson_sized_new(1024);
    bson_t probabilities;
    size_t label = aas_rng_below(rng, 100) < 3 ? 1 + aas_rng_below(rng, 4) : 0;
    int64_t at = now_ms - (n - i) * 1000 / SENSORS * 10;
    (void)snprintf(sensor, sizeof sensor, "sensor-%04" PRId64, i % SENSORS);
    aas_id_derive(at, &i, sizeof i, id);
    BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_UTF8(d, "sensor_id", sensor);
    BSON_APPEND_DATE_TIME(d, "at", at);
    BSON_APPEND_UTF8(d, "state", label ? "fault" : "normal");
    BSON_APPEND_UTF8(d, "label", labels[label]);
    BSON_APPEND_DOUBLE(d, "confidence", 0.5 + 0.5 * aas_rng_unit(rng));
    BSON_APPEND_DOCUMENT_BEGIN(d, "probabilities", &probabilities);
    for (size_t k = 0; k < 5; k++)
        BSON_APPEND_DOUBLE(&probabilities, labels[k], aas_rng_unit(rng));
    bson_append_document_end(d, &probabilities);
    BSON_APPEND_BOOL(d, "is_anomaly", label != 0);
    BSON_APPEND_UTF8(d, "model", "v1");
    BSON_APPEND_UTF8(d, "role", "champion");
    BSON_APPEND_DATE_TIME(d, "received", at + 50);
    return d;
}

static void fill(struct stage *s, int64_t n)
{
    struct aas_rng rng;
    struct aas_error err = AAS_ERROR_NONE;
    bson_t *docs[BATCH];
    int64_t now_ms = aas_clock_wall_ms();
    aas_rng_seed(&rng, 3);
    for (int64_t i = 0; i < n; i += BATCH) {
        for (int64_t k = 0; k < BATCH; k++)
            docs[k] = make_prediction(&rng, i + k, n, now_ms);
        check(aas_store_insert_many(s->store, AAS_COLL_PREDICTIONS, (const bson_t *const *)docs, BATCH, NULL, &err),
              "insert", &err);
        for (int64_t k = 0; k < BATCH; k++)
            bson_destroy(docs[k]);
    }
    for (int i = 0; i < SENSORS; i++) {
        char id[32];
        bson_t d = BSON_INITIALIZER;
        (void)snprintf(id, sizeof id, "sensor-%04d", i);
        BSON_APPEND_UTF8(&d, "_id", id);
        BSON_APPEND_UTF8(&d, "status", "active");
        BSON_APPEND_DATE_TIME(&d, "last_seen", now_ms);
        check(aas_store_insert(s->store, AAS_COLL_SENSORS, &d, &err), "insert", &err);
        bson_destroy(&d);
    }
}

/* ---- the daemon ---- */

static void start(struct stage *s)
{
    char bin[512];
    char home[AAS_TEST_PATH_BYTES + 16];
    char port[64];
    char url[AAS_TEST_PATH_BYTES + 32];
    struct aas_error err = AAS_ERROR_NONE;
    check(aas_signals_block(), "signals", NULL);
    check(aas_test_dir_make(s->dir), "directory", NULL);
    check(aas_test_port(&s->port), "port", NULL);
    (void)snprintf(home, sizeof home, "AAS_HOME=%s", s->dir);
    (void)snprintf(port, sizeof port, "AAS_BACKEND_PORT=%u", s->port);
    (void)snprintf(url, sizeof url, "sqlite:%s/aastreli.db", s->dir);
    const char *argv[] = {aas_test_bin(bin, "backend-api"), NULL};
    const char *env[] = {home, port, "AAS_RATE_PRINCIPAL=0", "AAS_RATE_ADDRESS=0", "AAS_LOG_LEVEL=error", NULL};
    check(aas_test_proc_spawn(&s->daemon, argv, env, &err), "backend-api", &err);
    if (!aas_test_proc_wait_http(s->daemon, s->port, "/health/ready", 20000))
        exit(1);
    check(aas_store_open(&s->store, url, &err), "store", &err);
}

static void login(struct stage *s)
{
    char path[AAS_TEST_PATH_BYTES];
    char body[256];
    struct aas_test_response r;
    struct aas_error err = AAS_ERROR_NONE;
    AAS_AUTO_JSON json_t *json = NULL;
    char *password = aas_test_file_read(aas_test_path(path, s->dir, "secrets/admin-password"), NULL);
    (void)snprintf(body, sizeof body, "{\"username\":\"admin\",\"password\":\"%.*s\"}", (int)strcspn(password, "\n"),
                   password);
    free(password);
    check(aas_test_http_post(s->port, "/auth/login", body, &r), "login", NULL);
    check(aas_json_parse(r.body, r.body_len, 0, 0, &json, &err), "login", &err);
    (void)snprintf(s->token, sizeof s->token, "%s", json_string_value(json_object_get(json, "access_token")));
    aas_test_response_fini(&r);
}

static double cpu_seconds(pid_t pid)
{
    char path[64];
    unsigned long user = 0;
    unsigned long system = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        exit(1);
    (void)fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- clients ---- */

struct client {
    pthread_t thread;
    const struct stage *stage;
    const char *path;
    struct aas_mono until;
    double *us;
    size_t count, failed;
};

/* One answer with Content-Length; false: the connection is of no more use. */
static bool take_answer(int fd, char *buf, size_t size, bool *ret_ok)
{
    size_t len = 0;
    size_t want = SIZE_MAX;
    while (len < want) {
        ssize_t n = recv(fd, buf + len, size - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        buf[len] = '\0';
        const char *end = want == SIZE_MAX ? strstr(buf, "\r\n\r\n") : NULL;
        if (end) {
            const char *length = strcasestr(buf, "\r\nContent-Length: ");
            want = length ? (size_t)(end + 4 - buf) + strtoul(length + 18, NULL, 10) : len;
        }
        if (want != SIZE_MAX && want >= size)
            return false;
    }
    *ret_ok = strncmp(buf, "HTTP/1.1 200", 12) == 0;
    return true;
}

static void *run_client(void *arg)
{
    struct client *c = arg;
    const size_t size = 1 << 20;
    char *buf = malloc(size);
    char request[5000];
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", c->path,
                     c->stage->token);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(c->stage->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    bool up = buf && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (up && !aas_mono_passed(c->until) && c->count < MAX_SAMPLES) {
        bool ok = false;
        struct aas_mono begin = aas_clock_mono();
        up = send(fd, request, (size_t)n, MSG_NOSIGNAL) == n && take_answer(fd, buf, size, &ok);
        c->us[c->count++] = (double)aas_mono_diff_ns(aas_clock_mono(), begin) / 1e3;
        c->failed += !ok;
    }
    (void)close(fd);
    free(buf);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void measure(struct stage *s, const char *path, size_t connections, int64_t seconds)
{
    struct client *clients = calloc(connections, sizeof *clients);
    double *all = malloc(connections * MAX_SAMPLES * sizeof *all);
    size_t count = 0;
    size_t failed = 0;
    double cpu = cpu_seconds(aas_test_proc_pid(s->daemon));
    if (!clients || !all)
        exit(1);
    for (size_t i = 0; i < connections; i++) {
        clients[i] = (struct client){.stage = s, .path = path, .until = aas_mono_in_ms(seconds * 1000)};
        clients[i].us = malloc(MAX_SAMPLES * sizeof *clients[i].us);
        if (!clients[i].us || pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) != 0)
            exit(1);
    }
    for (size_t i = 0; i < connections; i++) {
        (void)pthread_join(clients[i].thread, NULL);
        memcpy(all + count, clients[i].us, clients[i].count * sizeof *all);
        count += clients[i].count;
        failed += clients[i].failed;
        free(clients[i].us);
    }
    cpu = cpu_seconds(aas_test_proc_pid(s->daemon)) - cpu;
    qsort(all, count, sizeof *all, by_value);
    (void)printf("%-58s %8zu answers %5zu failed %9.0f/CPU-s  p50 %8.2f ms  p99 %8.2f ms\n", path, count, failed,
                 cpu > 0 ? (double)count / cpu : 0, count ? all[count / 2] / 1e3 : 0,
                 count ? all[count * 99 / 100] / 1e3 : 0);
    (void)fflush(stdout);
    free(all);
    free(clients);
}

int main(int argc, char **argv)
{
    static const char *const paths[] = {
        "/auth/me",
        "/dashboard",
        "/predictions?limit=50",
        "/predictions?limit=50&sensor_id=sensor-0003",
        "/predictions?limit=50&state=fault",
        "/predictions?limit=50&sensor_id=sensor-0003&label=bearing",
        "/sensors?limit=50",
    };
    static struct stage s;
    int64_t n = argc > 1 ? strtoll(argv[1], NULL, 10) / BATCH * BATCH : 1000000;
    size_t connections = argc > 2 ? strtoul(argv[2], NULL, 10) : 8;
    int64_t seconds = argc > 3 ? strtoll(argv[3], NULL, 10) : 5;
    start(&s);
    fill(&s, n);
    login(&s);
    (void)printf("%" PRId64 " predictions, %zu connections, %" PRId64 " s each\n", n, connections, seconds);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        measure(&s, paths[i], connections, seconds);
    aas_store_close(s.store);
    int rc = aas_test_proc_stop(s.daemon, 8000);
    aas_test_proc_destroy(s.daemon);
    aas_test_dir_remove(s.dir);
    return rc;
}
