/* The client's thread. The order that everything hangs on: read until drained, on_batch, and only then write. Nothing
 * else writes to the socket: with mosquitto_threaded_set libmosquitto queues PUBACKs and pings until
 * mosquitto_loop_write (docs/adr/0002). */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mqtt_internal.h"

#define TICK_MS 1000 /* keep-alive is kept in seconds */

_Thread_local const struct aas_mqtt *mqtt_here;

static bool finished(struct aas_mqtt *m)
{
    (void)pthread_mutex_lock(&m->lock);
    bool done = m->stopping && (m->queued + m->inflight == 0 || aas_mono_passed(m->stop_by));
    (void)pthread_mutex_unlock(&m->lock);
    return done;
}

static bool connected(const struct aas_mqtt *m)
{
    int state = atomic_load(&m->state);
    return m->fd >= 0 && (state == AAS_MQTT_CONNECTED || state == AAS_MQTT_READY);
}

static struct aas_mono earlier(struct aas_mono a, struct aas_mono b)
{
    return a.ns < b.ns ? a : b;
}

static int timeout_ms(struct aas_mqtt *m)
{
    struct aas_mono next = aas_mono_in_ms(TICK_MS);
    if (m->fd < 0)
        next = earlier(next, m->retry_at);
    next = earlier(next, m->answer_by);
    next = earlier(next, m->resubscribe_at);
    (void)pthread_mutex_lock(&m->lock);
    if (m->stopping)
        next = earlier(next, m->stop_by);
    (void)pthread_mutex_unlock(&m->lock);
    return aas_mono_poll_ms(next);
}

/* What libmosquitto's rc means, for people. */
static const char *explain(struct aas_mqtt *m, int rc, int saved_errno)
{
    if (m->reason[0])
        return m->reason;
    bool connecting = atomic_load(&m->state) == AAS_MQTT_CONNECTING;
    const char *what = rc == MOSQ_ERR_ERRNO && saved_errno ? strerror(saved_errno) : mosquitto_strerror(rc);
    if (connecting && m->library_says[0])
        what = m->library_says;
    if (rc == MOSQ_ERR_KEEPALIVE)
        what = "the broker did not answer pings";
    (void)snprintf(m->reason, sizeof m->reason, "%s%.150s",
                   connecting ? "cannot connect: " : "connection lost: ", what);
    size_t n = strlen(m->reason);
    if (m->reason[n - 1] == '.')
        m->reason[n - 1] = '\0';
    return m->reason;
}

/* 0, or the connection is lost. */
static int check(struct aas_mqtt *m, int rc)
{
    int saved = errno;
    if (rc == MOSQ_ERR_SUCCESS && mosquitto_socket(m->mosq) >= 0)
        return 0;
    if (m->unsynced > 0 && m->c.callbacks.on_batch) /* it came, it counts; the broker will send it again all the same */
        AAS_IGNORE(m->c.callbacks.on_batch(m->c.ctx));
    m->unsynced = 0;
    mqtt_lost(m, explain(m, rc ? rc : MOSQ_ERR_CONN_LOST, saved));
    return -1;
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1 && p.revents != 0;
}

/* Read until nothing is left, or a batch is full. A read that brought a message and did not end with EAGAIN is followed
 * by the next one without asking poll: a system call less for each. */
static int read_batch(struct aas_mqtt *m)
{
    bool more;
    do {
        uint64_t before = m->events;
        errno = 0;
        int rc = mosquitto_loop_read(m->mosq, 1);
        more = m->events != before && errno != EAGAIN;
        if (check(m, rc) != 0)
            return -1;
    } while (m->unsynced < m->c.max_batch && (more || readable(m->fd)));
    return 0;
}

/* Nothing that was read may be acknowledged before this returned 0. */
static int settle_batch(struct aas_mqtt *m)
{
    if (m->unsynced == 0)
        return 0;
    m->unsynced = 0;
    m->n.batches++;
    m->n.last_message_ms = aas_clock_wall_ms();
    m->last_message = aas_clock_mono();
    int rc = m->c.callbacks.on_batch ? m->c.callbacks.on_batch(m->c.ctx) : 0;
    if (rc == 0) {
        aas_backoff_reset(&m->batch_backoff);
        return 0;
    }
    m->n.dropped_batches++;
    char why[MQTT_REASON];
    (void)snprintf(why, sizeof why, "a batch could not be made durable: %s", aas_strerror(rc));
    mqtt_drop(m, why);
    /* connecting works, so its own backoff begins anew each time; a full disk must not mean a reconnect storm */
    m->retry_at = aas_mono_in_ms(aas_backoff_next_ms(&m->batch_backoff));
    return -1;
}

static void cork(int fd, int on)
{
    (void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

/* The broker has ended the connection, perhaps by its death, but what it sent may still stand in the socket. A write
 * would fail, and libmosquitto would close the socket with all of that: messages that a dead broker had acknowledged to
 * their publishers, and that nobody holds but the kernel. */
static bool hung_up(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* packets: about how many are queued. libmosquitto writes each by itself; corked they share segments. */
static int write_out(struct aas_mqtt *m, short events, size_t packets)
{
    bool may = connected(m) || (events & (POLLOUT | POLLERR | POLLHUP));
    if (!may || !mosquitto_want_write(m->mosq))
        return 0;
    if (connected(m) && hung_up(m->fd))
        return 0; /* the next turn reads on; the end comes behind the last byte */
    if (packets > 2)
        cork(m->fd, 1);
    errno = 0;
    int rc = mosquitto_loop_write(m->mosq, 1);
    int saved = errno;
    if (packets > 2 && mosquitto_socket(m->mosq) >= 0)
        cork(m->fd, 0);
    errno = saved;
    return check(m, rc);
}

static void timers(struct aas_mqtt *m)
{
    if (m->fd < 0)
        return;
    if (aas_mono_passed(m->answer_by)) {
        mqtt_drop(m, connected(m) ? "the broker did not answer SUBSCRIBE in time"
                                  : "the broker did not accept the connection in time");
        return;
    }
    if (m->c.silence_s > 0 && atomic_load(&m->state) == AAS_MQTT_READY &&
        aas_mono_passed(aas_mono_add_ms(m->last_message, (int64_t)m->c.silence_s * 1000))) {
        m->n.watchdog_reconnects++;
        mqtt_drop(m, "no message for too long");
        return;
    }
    if (connected(m) && aas_mono_passed(m->resubscribe_at))
        mqtt_subscribe(m);
}

static void serve(struct aas_mqtt *m, short events)
{
    m->tcp_up = m->tcp_up || ((events & (POLLIN | POLLOUT)) && !(events & POLLERR));
    bool hello = m->c.tls_ca && !m->hello_sent && (events & POLLOUT);
    m->hello_sent = m->hello_sent || hello;
    if ((hello || (events & (POLLIN | POLLERR | POLLHUP))) && read_batch(m) != 0)
        return;
    size_t packets = m->unsynced; /* their PUBACKs */
    if (settle_batch(m) != 0)
        return;
    timers(m);
    if (m->fd < 0)
        return;
    if (connected(m))
        packets += mqtt_pump(m);
    if (check(m, mosquitto_loop_misc(m->mosq)) == 0)
        AAS_IGNORE(write_out(m, events, packets));
}

static short wanted_events(struct aas_mqtt *m)
{
    bool out = mosquitto_want_write(m->mosq) || (m->c.tls_ca && !m->hello_sent);
    return (short)(POLLIN | (out ? POLLOUT : 0));
}

static void turn(struct aas_mqtt *m)
{
    struct pollfd p[2] = {{.fd = m->wake_fd, .events = POLLIN}, {.fd = m->fd}};
    if (m->fd >= 0)
        p[1].events = wanted_events(m);
    aas_thread_idle();
    int n = poll(p, 2, timeout_ms(m));
    aas_thread_busy();
    uint64_t count;
    if (n > 0 && p[0].revents)
        AAS_IGNORE(read(m->wake_fd, &count, sizeof count));
    if (m->fd >= 0)
        serve(m, n > 0 ? p[1].revents : 0);
    else if (aas_mono_passed(m->retry_at))
        mqtt_connect(m);
}

/* DISCONNECT, and with it all that is queued. What was read is settled: serve() ends so. */
static void goodbye(struct aas_mqtt *m)
{
    struct aas_mono by = earlier(aas_mono_in_ms(1000), m->stop_by);
    by = aas_mono_passed(by) ? aas_mono_in_ms(50) : by;
    if (!connected(m) || mosquitto_disconnect(m->mosq) != MOSQ_ERR_SUCCESS)
        return;
    while (mosquitto_socket(m->mosq) >= 0 && !aas_mono_passed(by)) {
        struct pollfd p = {.fd = m->fd, .events = POLLOUT};
        if (poll(&p, 1, aas_mono_poll_ms(by)) > 0 && mosquitto_loop_write(m->mosq, 1) != MOSQ_ERR_SUCCESS)
            return;
    }
}

void mqtt_run(void *arg)
{
    struct aas_mqtt *m = arg;
    mqtt_here = m;
    while (!finished(m))
        turn(m);
    goodbye(m);
    m->fd = -1;
    mqtt_fail_qos0(m);
    mqtt_set_state(m, AAS_MQTT_DISCONNECTED, "");
    mqtt_here = NULL;
}
