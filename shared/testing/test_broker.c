#include "aas/test_broker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aas/test_dir.h"
#include "aas/test_port.h"
#include "aas/test_proc.h"

#define START_MS 10000

struct aas_test_broker {
    uint16_t port;
    char dir[AAS_TEST_PATH_BYTES], config[AAS_TEST_PATH_BYTES];
    struct aas_test_proc *proc;
};

static const char *find_mosquitto(void)
{
    static const char *const places[] = {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto",
                                         "/usr/local/bin/mosquitto"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], X_OK) == 0)
            return places[i];
    return NULL;
}

bool aas_test_broker_available(void)
{
    return find_mosquitto() != NULL;
}

/* As root the broker becomes user `mosquitto`, who may not write here: "user root" keeps it what it is. */
static int write_config(struct aas_test_broker *b, const struct aas_test_broker_options *o)
{
    const char *listener = o && o->listener ? o->listener : "listener %u 127.0.0.1\nallow_anonymous true\n";
    const char *extra = o && o->extra ? o->extra : "";
    const char *mark = strstr(listener, "%u");
    char *text = NULL;
    const char *user = geteuid() == 0 ? "user root\n" : "";
    if (o && o->whole) {
        int len = asprintf(&text, "%.*s%u%s\n%s", mark ? (int)(mark - listener) : 0, listener, b->port,
                           mark ? mark + 2 : "", user);
        int rc = len < 0 ? AAS_ENOMEM : aas_test_file_write(b->config, text, (size_t)len);
        free(text);
        return rc;
    }
    int n = asprintf(&text,
                     "%.*s%.*u%s\n%spersistence true\npersistence_location %s/\nautosave_interval 1\n"
                     "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\nconnection_messages "
                     "true\nset_tcp_nodelay true\n%s%s%s\n",
                     mark ? (int)(mark - listener) : 0, listener, mark ? 1 : 0, mark ? b->port : 0u,
                     mark ? mark + 2 : listener, user, b->dir,
                     strstr(extra, "max_queued_messages") ? "" : "max_queued_messages 100000\n",
                     strstr(extra, "max_inflight_messages") ? "" : "max_inflight_messages 1000\n", extra);
    if (n < 0)
        return AAS_ENOMEM;
    int rc = aas_test_file_write(b->config, text, (size_t)n);
    free(text);
    return rc;
}

int aas_test_broker_resume(struct aas_test_broker *b, struct aas_error *err)
{
    const char *const argv[] = {find_mosquitto(), "-c", b->config, NULL};
    const char *const env[] = {NULL};
    if (!argv[0])
        return aas_error_set(err, AAS_ENOENT, "mosquitto is not installed");
    aas_test_broker_stop(b, false);
    int rc = aas_test_proc_spawn(&b->proc, argv, env, err);
    if (rc)
        return rc;
    if (aas_test_proc_wait_port(b->proc, b->port, START_MS))
        return 0;
    char *log = aas_test_broker_log(b);
    size_t n = log ? strlen(log) : 0;
    rc = aas_error_set(err, AAS_ETIMEDOUT, "mosquitto did not start: %s", log ? log + (n > 180 ? n - 180 : 0) : "");
    free(log);
    aas_test_broker_stop(b, true);
    return rc;
}

int aas_test_broker_start(struct aas_test_broker **ret_b, const struct aas_test_broker_options *o,
                          struct aas_error *err)
{
    struct aas_test_broker *b = calloc(1, sizeof *b);
    if (!b)
        return AAS_ENOMEM;
    int rc = aas_test_dir_make(b->dir);
    if (!rc)
        rc = aas_test_port(&b->port);
    (void)aas_test_path(b->config, b->dir, "mosquitto.conf");
    if (!rc)
        rc = write_config(b, o);
    rc =
        rc ? aas_error_set(err, rc, "cannot prepare the broker: %s", aas_strerror(rc)) : aas_test_broker_resume(b, err);
    if (rc) {
        aas_test_broker_destroy(b);
        return rc;
    }
    *ret_b = b;
    return 0;
}

uint16_t aas_test_broker_port(const struct aas_test_broker *b)
{
    return b->port;
}

pid_t aas_test_broker_pid(const struct aas_test_broker *b)
{
    return b->proc ? aas_test_proc_pid(b->proc) : -1;
}

void aas_test_broker_stop(struct aas_test_broker *b, bool hard)
{
    if (b->proc && hard) {
        AAS_IGNORE(aas_test_proc_kill(b->proc, SIGKILL));
        AAS_IGNORE(aas_test_proc_wait(b->proc, START_MS));
    } else if (b->proc) {
        (void)aas_test_proc_stop(b->proc, START_MS);
    }
    aas_test_proc_destroy(b->proc);
    b->proc = NULL;
}

int aas_test_broker_restart(struct aas_test_broker *b, bool hard, struct aas_error *err)
{
    aas_test_broker_stop(b, hard);
    return aas_test_broker_resume(b, err);
}

char *aas_test_broker_log(struct aas_test_broker *b)
{
    return b->proc ? aas_test_proc_stderr(b->proc) : strdup("");
}

void aas_test_broker_destroy(struct aas_test_broker *b)
{
    if (!b)
        return;
    aas_test_broker_stop(b, true);
    if (b->dir[0])
        aas_test_dir_remove(b->dir);
    free(b);
}

int aas_test_certificates(const char *dir)
{
    static const char commands[] =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out ca.crt && "
        "openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr && "
        "printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' >san && "
        "openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -set_serial 2 -days 2 -extfile san -out server.crt "
        "&& "
        "openssl req -newkey rsa:2048 -nodes -subj /CN=device-7 -keyout client.key -out client.csr && "
        "openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -set_serial 3 -days 2 -out client.crt && "
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other-ca -keyout other.key -out other.crt && "
        "chmod 644 ./*";
    char *text = NULL;
    if (asprintf(&text, "cd '%s' && { %s; } >/dev/null 2>&1", dir, commands) < 0)
        return AAS_ENOMEM;
    int status = system(text);
    free(text);
    return status == 0 ? 0 : AAS_EUPSTREAM;
}
