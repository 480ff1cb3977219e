#include "sim_link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/rng.h"
#include "aas/signals.h"

#define SLICE_MS 200

int sim_payload(struct aas_buf *buf, const struct sim_reading *r)
{
    aas_buf_clear(buf);
    (void)aas_buf_append_str(buf, "{\"sensor_id\":\"");
    (void)aas_buf_append_str(buf, r->sensor);
    (void)aas_buf_append_str(buf, "\",\"timestamp\":");
    (void)aas_buf_append_i64(buf, r->ts_ms);
    (void)aas_buf_append_str(buf, ",\"seq\":");
    (void)aas_buf_append_u64(buf, r->seq);
    (void)aas_buf_append_str(buf, ",\"readings\":{");
    for (size_t i = 0; i < r->n; i++) {
        (void)aas_buf_append_str(buf, i ? ",\"" : "\"");
        (void)aas_buf_append_str(buf, r->channels[i]);
        (void)aas_buf_append_str(buf, "\":");
        (void)aas_buf_append_double(buf, r->values[i]);
    }
    return aas_buf_append_str(buf, "}}");
}

int sim_topic(struct aas_buf *buf, const char *template, const char *sensor)
{
    static const char mark[] = "{sensor_id}";
    aas_buf_clear(buf);
    const char *at;
    while ((at = strstr(template, mark))) {
        (void)aas_buf_append(buf, template, (size_t)(at - template));
        (void)aas_buf_append_str(buf, sensor);
        template = at + sizeof mark - 1;
    }
    return aas_buf_append_str(buf, template);
}

static void on_published(void *ctx, uint64_t token, int rc)
{
    struct sim_link *l = ctx;
    (void)token;
    if (rc == 0)
        l->acked++;
    else
        l->refused++;
}

static void on_state(void *ctx, enum aas_mqtt_state state, const char *reason)
{
    struct sim_link *l = ctx;
    if (state == AAS_MQTT_READY && l->last_reason[0] && !l->o->quiet)
        (void)fprintf(stderr, "aastreli-sim: connected\n");
    if (state == AAS_MQTT_READY)
        l->last_reason[0] = '\0';
    if (!*reason || strcmp(reason, l->last_reason) == 0)
        return;
    (void)snprintf(l->last_reason, sizeof l->last_reason, "%s", reason);
    if (!l->o->quiet)
        (void)fprintf(stderr, "aastreli-sim: %s; trying again\n", reason);
}

static int read_password(const char *path, char *out, size_t size, struct aas_error *err)
{
    AAS_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);
    if (n < 0)
        return aas_error_set(err, -errno, "cannot read --password-file %s: %s", path, strerror(errno));
    out[n] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return 0;
}

static bool signalled(struct sim_link *l)
{
    if (!l->stopped && aas_signals_read(l->signal_fd) > 0) {
        l->stopped = true;
        aas_signals_second_exits();
    }
    return l->stopped;
}

double sim_link_seconds(const struct sim_link *l)
{
    return (double)aas_mono_diff_ns(aas_clock_mono(), l->started) / 1e9;
}

static void progress(struct sim_link *l)
{
    if (!l->show_progress || !aas_mono_passed(l->next_progress))
        return;
    l->next_progress = aas_mono_in_ms(1000);
    double s = sim_link_seconds(l);
    char percent[24] = "";
    if (l->total_s > 0)
        (void)snprintf(percent, sizeof percent, " %3.0f %%", fmin(100, 100 * s / l->total_s));
    (void)fprintf(stderr, "\r%8.0f s%s  %" PRIu64 " published  %" PRIu64 " acknowledged  %.0f/s  %s \033[K", s, percent,
                  l->published, (uint64_t)l->acked, s > 0 ? (double)l->acked / s : 0,
                  aas_mqtt_state_name(aas_mqtt_state_of(l->mqtt)));
}

static int wait_connected(struct sim_link *l, struct aas_error *err)
{
    struct aas_mono by = aas_mono_in_ms(l->o->connect_ms);
    while (aas_mqtt_state_of(l->mqtt) != AAS_MQTT_READY) {
        struct pollfd p = {.fd = l->signal_fd, .events = POLLIN};
        (void)poll(&p, 1, 20);
        if (signalled(l))
            return aas_error_set(err, AAS_ECANCELED, "stopped by a signal");
        if (aas_mono_passed(by)) {
            aas_mqtt_stop(l->mqtt, AAS_MONO_PAST); /* then its thread has ended, and what it wrote can be read */
            return aas_error_set(err, AAS_ETIMEDOUT, "no connection to %.80s:%u: %.120s", l->o->host, l->o->port,
                                 l->last_reason[0] ? l->last_reason : "no answer");
        }
    }
    return 0;
}

int sim_link_open(struct sim_link *l, const struct sim_options *o, struct aas_error *err)
{
    char password[512] = "", id[64];
    *l = (struct sim_link){.o = o, .signal_fd = -1, .started = aas_clock_mono(), .next_progress = AAS_MONO_PAST};
    aas_buf_init(&l->topic, 4096);
    aas_buf_init(&l->payload, 65536);
    l->show_progress = !o->quiet && isatty(STDERR_FILENO);
    int rc = aas_signals_block();
    rc = rc ? rc : aas_signals_open(&l->signal_fd);
    if (rc)
        return aas_error_set(err, rc, "cannot prepare signals: %s", aas_strerror(rc));
    if (o->password_file)
        rc = read_password(o->password_file, password, sizeof password, err);
    if (rc)
        return rc;
    (void)snprintf(id, sizeof id, "aastreli-sim-%d-%08x", (int)getpid(), (unsigned)aas_random_u64());
    const struct aas_mqtt_config c = {
        .host = o->host,
        .port = o->port,
        .client_id = id,
        .username = o->username,
        .password = o->password_file ? password : o->password,
        .tls_ca = o->ca,
        .tls_cert = o->cert,
        .tls_key = o->key,
        .backoff_max_ms = 2000,
        .max_inflight = o->inflight,
        .max_queued = 2000,
        .callbacks = {.on_state = on_state, .on_published = on_published},
        .ctx = l,
    };
    rc = aas_mqtt_create(&l->mqtt, &c, err);
    explicit_bzero(password, sizeof password);
    rc = rc ? rc : aas_mqtt_start(l->mqtt, err);
    return rc ? rc : wait_connected(l, err);
}

void sim_link_close(struct sim_link *l)
{
    while (l->mqtt && !l->stopped && aas_mqtt_flush(l->mqtt, aas_mono_in_ms(SLICE_MS)) != 0 && !signalled(l))
        progress(l);
    if (l->mqtt)
        aas_mqtt_stop(l->mqtt, aas_mono_in_ms(l->stopped ? 4000 : 1000));
    if (l->show_progress) {
        l->next_progress = AAS_MONO_PAST;
        progress(l);
        (void)fputc('\n', stderr);
    }
    aas_mqtt_destroy(l->mqtt);
    l->mqtt = NULL;
    if (l->signal_fd >= 0)
        (void)close(l->signal_fd);
    l->signal_fd = -1;
    aas_buf_fini(&l->topic);
    aas_buf_fini(&l->payload);
}

int sim_link_publish(struct sim_link *l, const struct sim_reading *r, struct aas_error *err)
{
    int rc = sim_payload(&l->payload, r);
    rc = rc ? rc : sim_topic(&l->topic, l->o->topic, r->sensor);
    if (rc)
        return aas_error_set(err, rc, "cannot encode a reading of %s: %s", r->sensor, aas_strerror(rc));
    do {
        if (signalled(l))
            return AAS_ECANCELED;
        rc = aas_mqtt_publish(l->mqtt, aas_buf_str(&l->topic), l->payload.data, l->payload.len, l->o->qos, false,
                              aas_mono_in_ms(SLICE_MS), NULL);
        progress(l);
    } while (rc == AAS_EFULL);
    if (rc)
        return aas_error_set(err, rc, "cannot publish to %s: %s", aas_buf_str(&l->topic), aas_strerror(rc));
    l->published++;
    return 0;
}

int sim_link_wait(struct sim_link *l, struct aas_mono due)
{
    while (true) {
        int ms = aas_mono_poll_ms(due);
        if (signalled(l))
            return AAS_ECANCELED;
        if (ms == 0)
            return 0;
        struct pollfd p = {.fd = l->signal_fd, .events = POLLIN};
        (void)poll(&p, 1, ms < 0 || ms > SLICE_MS ? SLICE_MS : ms);
        progress(l);
    }
}
