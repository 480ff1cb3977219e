#include "aas/test_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aas/signals.h"
#include "aas/test_dir.h"
#include "aas/test_http.h"
#include "aas/test_port.h"
#include "aas/test_wait.h"

#define SHOWN_BYTES 4000

extern char **environ;

struct aas_test_proc {
    pid_t pid;
    bool ended;
    int status; /* as aas_test_proc_wait returns it */
    char dir[AAS_TEST_PATH_BYTES];
    char out[AAS_TEST_PATH_BYTES], err[AAS_TEST_PATH_BYTES];
};

static bool sets_same(const char *a, const char *b)
{
    size_t n = strcspn(a, "=");
    return strncmp(a, b, n) == 0 && b[n] == '=';
}

/* The test's environment without AAS_ names and without those that extra sets, then extra. */
static char **make_env(const char *const *extra)
{
    size_t n = 0, extras = 0;
    while (environ[n])
        n++;
    while (extra && extra[extras])
        extras++;
    char **env = calloc(n + extras + 1, sizeof *env);
    size_t at = 0;
    for (size_t i = 0; env && i < n; i++) {
        bool skip = strncmp(environ[i], "AAS_", 4) == 0 && strncmp(environ[i], "AAS_TEST_", 9) != 0;
        for (size_t k = 0; k < extras && !skip; k++)
            skip = sets_same(environ[i], extra[k]);
        if (!skip)
            env[at++] = environ[i];
    }
    for (size_t k = 0; env && k < extras; k++)
        env[at++] = (char *)(uintptr_t)extra[k];
    return env;
}

static void child(const char *const *argv, char **env, int in, int out, int err, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died in between */
        _exit(127);
    aas_signals_reset_child();
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(127);
    (void)execvpe(argv[0], (char *const *)(uintptr_t)argv, env);
    _exit(127);
}

int aas_test_proc_spawn(struct aas_test_proc **ret_p, const char *const *argv, const char *const *env,
                        struct aas_error *err)
{
    struct aas_test_proc *p = calloc(1, sizeof *p);
    if (!p)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    int rc = aas_test_dir_make(p->dir);
    if (rc) {
        free(p);
        return aas_error_set(err, rc, "cannot make a directory for the output of %s", argv[0]);
    }
    (void)snprintf(p->out, sizeof p->out, "%.490s/stdout", p->dir);
    (void)snprintf(p->err, sizeof p->err, "%.490s/stderr", p->dir);
    char **full = make_env(env);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out_fd = open(p->out, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    int err_fd = open(p->err, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    pid_t parent = getpid();
    p->ended = true;
    if (full && in >= 0 && out_fd >= 0 && err_fd >= 0) {
        p->pid = fork();
        if (p->pid == 0)
            child(argv, full, in, out_fd, err_fd, parent);
        p->ended = p->pid < 0;
    }
    rc = p->ended ? -errno : 0;
    const int fds[] = {in, out_fd, err_fd};
    for (size_t i = 0; i < 3; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    free(full);
    if (rc) {
        aas_test_proc_destroy(p);
        return aas_error_set(err, rc, "cannot start %s: %s", argv[0], aas_strerror(rc));
    }
    *ret_p = p;
    return 0;
}

pid_t aas_test_proc_pid(const struct aas_test_proc *p)
{
    return p->pid;
}

static bool reap(struct aas_test_proc *p)
{
    int status;
    if (p->ended)
        return true;
    pid_t got = waitpid(p->pid, &status, WNOHANG);
    if (got != p->pid)
        return false;
    p->ended = true;
    p->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

bool aas_test_proc_alive(struct aas_test_proc *p)
{
    return !reap(p);
}

char *aas_test_proc_stderr(struct aas_test_proc *p)
{
    return aas_test_file_read(p->err, NULL);
}

char *aas_test_proc_stdout(struct aas_test_proc *p)
{
    return aas_test_file_read(p->out, NULL);
}

/* A test that waited in vain is read by a person: show why. */
static void explain(struct aas_test_proc *p, const char *what)
{
    char *text = aas_test_proc_stderr(p);
    size_t len = text ? strlen(text) : 0;
    (void)fprintf(stderr, "process %d: %s%s; end of its stderr:\n%s\n", (int)p->pid, what,
                  p->ended ? " (it has ended)" : "",
                  !text               ? ""
                  : len > SHOWN_BYTES ? text + len - SHOWN_BYTES
                                      : text);
    free(text);
}

static bool http_ready(uint16_t port, const char *path)
{
    struct aas_test_response r;
    if (aas_test_http(port, "GET", path, NULL, NULL, 0, 2000, &r) != 0)
        return false;
    bool ok = r.status == 200;
    aas_test_response_fini(&r);
    return ok;
}

bool aas_test_proc_wait_http(struct aas_test_proc *p, uint16_t port, const char *path, int64_t timeout_ms)
{
    if (AAS_TEST_WAIT(timeout_ms, reap(p) || (aas_test_port_owned_by(port, p->pid) && http_ready(port, path))) &&
        !p->ended)
        return true;
    explain(p, "not ready over HTTP");
    return false;
}

bool aas_test_proc_wait_port(struct aas_test_proc *p, uint16_t port, int64_t timeout_ms)
{
    if (AAS_TEST_WAIT(timeout_ms, reap(p) || (aas_test_port_owned_by(port, p->pid) && aas_test_port_open(port))) &&
        !p->ended)
        return true;
    explain(p, "does not listen");
    return false;
}

static bool says(struct aas_test_proc *p, const char *text)
{
    char *all = aas_test_proc_stderr(p);
    bool found = all && strstr(all, text);
    free(all);
    return found;
}

bool aas_test_proc_wait_stderr(struct aas_test_proc *p, const char *text, int64_t timeout_ms)
{
    if (AAS_TEST_WAIT(timeout_ms, says(p, text) || reap(p)) && says(p, text))
        return true;
    explain(p, "did not say what was waited for");
    return false;
}

int aas_test_proc_kill(struct aas_test_proc *p, int sig)
{
    if (reap(p))
        return AAS_ENOENT;
    return kill(p->pid, sig) == 0 ? 0 : -errno;
}

int aas_test_proc_wait(struct aas_test_proc *p, int64_t timeout_ms)
{
    return AAS_TEST_WAIT(timeout_ms, reap(p)) ? p->status : AAS_ETIMEDOUT;
}

int aas_test_proc_stop(struct aas_test_proc *p, int64_t timeout_ms)
{
    if (!reap(p))
        (void)kill(p->pid, SIGTERM);
    int rc = aas_test_proc_wait(p, timeout_ms);
    if (rc != AAS_ETIMEDOUT)
        return rc;
    explain(p, "had to be killed");
    (void)kill(p->pid, SIGKILL);
    AAS_IGNORE(aas_test_proc_wait(p, 10000));
    return AAS_ETIMEDOUT;
}

void aas_test_proc_destroy(struct aas_test_proc *p)
{
    if (!p)
        return;
    if (!reap(p)) {
        (void)kill(p->pid, SIGKILL);
        AAS_IGNORE(aas_test_proc_wait(p, 10000));
    }
    aas_test_dir_remove(p->dir);
    free(p);
}

const char *aas_test_bin(char out[static 512], const char *name)
{
    const char *dir = getenv("AAS_TEST_BIN_DIR");
    (void)snprintf(out, 512, "%s/%s", dir && dir[0] ? dir : AAS_TEST_DEFAULT_BIN_DIR, name);
    return out;
}
