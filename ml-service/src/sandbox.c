/* See sandbox.h. A fork without exec: the child owns a copy of the bytes and of nothing that matters. Memory functions
 * are safe after fork in glibc; locks of other libraries may be held by a thread that isn't there any more, so that a
 * child that only waited (no CPU time used) is tried once more. */
#include "sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aas/buf.h>
#include <aas/clock.h>
#include <aas/json.h>

#define WALL_PER_CPU 3
#define TRIES        2

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void limit(int what, rlim_t value)
{
    const struct rlimit l = {value, value};
    (void)setrlimit((__rlimit_resource_t)what, &l);
}

/* Pages that the process has now: a daemon with big models must not fail its own children. */
static size_t present_bytes(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%lu", &pages) != 1)
        pages = 0;
    if (f)
        (void)fclose(f);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void confine(const struct ml_sandbox_limits *l)
{
    static const int defaults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM, SIGTERM, SIGXCPU, SIGPIPE};
    sigset_t none;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        (void)signal(defaults[i], SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)close(STDIN_FILENO);
    size_t present = present_bytes();
    if (!SANITIZED && l->memory_bytes)
        limit(RLIMIT_AS, present + l->memory_bytes);
    limit(RLIMIT_CPU, l->cpu_seconds);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
    (void)alarm(l->cpu_seconds * WALL_PER_CPU);
}

struct task {
    ml_sandbox_fn *fn;
    const void *arg;
    json_t *doc;
    struct aas_error err;
    int rc;
};

static void *run_task(void *arg)
{
    struct task *t = arg;
    t->rc = t->fn(t->arg, &t->doc, &t->err);
    return NULL;
}

static void send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            break;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

/* The work runs on a thread of its own: OpenMP's pool belongs to a thread, and the forking thread's pool has lost its
 * workers, so that XGBoost would wait for them for ever. */
static _Noreturn void child(ml_sandbox_fn *fn, const void *arg, const struct ml_sandbox_limits *limits, int fd)
{
    struct task t = {.fn = fn, .arg = arg};
    pthread_t thread;
    confine(limits);
    if (pthread_create(&thread, NULL, run_task, &t) != 0 || pthread_join(thread, NULL) != 0)
        _exit(1);
    json_t *answer = t.rc == 0 ? json_pack("{s:o}", "ok", t.doc)
                               : json_pack("{s:i,s:s}", "code", t.rc, "error", aas_error_text(&t.err, t.rc));
    char *text = answer ? json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    if (text)
        send_all(fd, text, strlen(text));
    _exit(text ? 0 : 1);
}

/* Read until the child closes its end. False: time is up or the answer is too long. */
static bool collect(int fd, const struct ml_sandbox_limits *limits, struct aas_buf *answer)
{
    /* the child's own alarm comes first; this is for one that a lock holds before it is set */
    struct aas_mono deadline = aas_mono_in_ms((int64_t)limits->cpu_seconds * WALL_PER_CPU * 1000 + 1000);
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, aas_mono_poll_ms(deadline));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        char chunk[65536];
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        if (aas_buf_append(answer, chunk, (size_t)n) < 0)
            return false;
    }
}

struct end {
    int status;
    bool idle; /* it used next to no CPU time */
};

static struct end reap(pid_t pid)
{
    struct end e = {0};
    struct rusage used = {0};
    while (wait4(pid, &e.status, 0, &used) < 0 && errno == EINTR)
        continue;
    e.idle = used.ru_utime.tv_sec == 0 && used.ru_utime.tv_usec < 200000;
    return e;
}

static int crashed(const struct end *e, const char *what, struct aas_error *err)
{
    int sig = WIFSIGNALED(e->status) ? WTERMSIG(e->status) : 0;
    if (sig == SIGALRM || sig == SIGXCPU || sig == SIGKILL)
        return aas_error_set(err, AAS_EUPSTREAM, "%s: gave up: reading it took too long or too much memory", what);
    if (sig)
        return aas_error_set(err, AAS_EUPSTREAM, "%s crashed its reader (signal %d): refused", what, sig);
    return aas_error_set(err, AAS_EUPSTREAM, "%s: its reader ended with code %d and no answer: refused", what,
                         WEXITSTATUS(e->status));
}

static int unpack(const struct aas_buf *answer, json_t **ret_doc, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = NULL;
    int rc = aas_json_parse(aas_buf_str(answer), answer->len, answer->max_bytes, 0, &doc, err);
    if (rc < 0)
        return rc;
    json_t *ok = json_object_get(doc, "ok");
    if (ok) {
        *ret_doc = json_incref(ok);
        return 0;
    }
    int code = (int)json_integer_value(json_object_get(doc, "code"));
    const char *text = json_string_value(json_object_get(doc, "error"));
    return aas_error_set(err, code < 0 ? code : AAS_EUPSTREAM, "%s", text ? text : "no reason given");
}

static int run_once(ml_sandbox_fn *fn, const void *arg, const struct ml_sandbox_limits *limits, const char *what,
                    json_t **ret_doc, bool *ret_again, struct aas_error *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return aas_error_set(err, -errno, "cannot make a pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(fds[0]);
        child(fn, arg, limits, fds[1]);
    }
    int fork_errno = errno;
    (void)close(fds[1]);
    if (pid < 0) {
        (void)close(fds[0]);
        return aas_error_set(err, -fork_errno, "cannot fork: %s", strerror(fork_errno));
    }
    AAS_AUTO_BUF struct aas_buf answer = AAS_BUF_INIT(limits->max_json_bytes);
    bool whole = collect(fds[0], limits, &answer);
    (void)close(fds[0]);
    if (!whole)
        (void)kill(pid, SIGKILL);
    struct end e = reap(pid);
    if (whole && WIFEXITED(e.status) && WEXITSTATUS(e.status) == 0)
        return unpack(&answer, ret_doc, err);
    *ret_again = e.idle && WIFSIGNALED(e.status) && (WTERMSIG(e.status) == SIGALRM || WTERMSIG(e.status) == SIGKILL);
    return crashed(&e, what, err);
}

int ml_sandbox_run(ml_sandbox_fn *fn, const void *arg, const struct ml_sandbox_limits *limits, const char *what,
                   json_t **ret_doc, struct aas_error *err)
{
    int rc = AAS_EUPSTREAM;
    bool again = true;
    for (int i = 0; i < TRIES && again; i++) {
        again = false;
        rc = run_once(fn, arg, limits, what, ret_doc, &again, err);
    }
    return rc;
}
