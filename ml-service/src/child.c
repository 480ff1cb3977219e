/* See child.h. */
#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aas/signals.h>

#define OUT_MAX   ((size_t)1024 * 1024)
#define ERR_MAX   ((size_t)16 * 1024)
#define NICENESS  10
#define CPU_MAX_S 7200

/* Between fork and exec: async-signal-safe calls only. */
static void become(const char *const *argv, int in, int out, int err, pid_t parent)
{
    aas_signals_reset_child();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    (void)setpriority(PRIO_PROCESS, 0, NICENESS);
    const struct rlimit cpu = {CPU_MAX_S, CPU_MAX_S + 10}, core = {0, 0};
    (void)setrlimit(RLIMIT_CPU, &cpu);
    (void)setrlimit(RLIMIT_CORE, &core);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
        _exit(127);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    static const char text[] = "cannot be executed\n";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(127);
}

int ml_child_start(struct ml_child *c, const char *const *argv, const char *input, struct aas_error *err)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, er[2] = {-1, -1};
    *c = (struct ml_child){.out_fd = -1, .err_fd = -1, .out = AAS_BUF_INIT(OUT_MAX), .err = AAS_BUF_INIT(ERR_MAX)};
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(er, O_CLOEXEC) != 0) {
        int code = -errno;
        const int fds[] = {in[0], in[1], out[0], out[1]};
        for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
            if (fds[i] >= 0)
                (void)close(fds[i]);
        return aas_error_set(err, code, "no pipe for %s: %s", argv[0], aas_strerror(code));
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(argv, in[0], out[1], er[1], parent);
    int code = -errno;
    (void)close(in[0]);
    if (pid > 0)
        (void)!write(in[1], input, strlen(input)); /* fits the pipe; a child that is gone already shows at its end */
    (void)close(in[1]);
    (void)close(out[1]);
    (void)close(er[1]);
    c->out_fd = out[0];
    c->err_fd = er[0];
    c->pid = pid;
    (void)fcntl(c->out_fd, F_SETFL, O_NONBLOCK);
    (void)fcntl(c->err_fd, F_SETFL, O_NONBLOCK);
    if (pid < 0) {
        c->pid = 0;
        ml_child_fini(c);
        return aas_error_set(err, code, "cannot start %s: %s", argv[0], aas_strerror(code));
    }
    return 0;
}

/* 0: nothing more now; 1: end of file. */
static int take(int fd, struct aas_buf *buf, size_t keep)
{
    for (;;) {
        if (buf->len > keep / 2 && keep == ERR_MAX)
            aas_buf_consume(buf, buf->len - keep / 2); /* the end of stderr tells the reason */
        char *to = aas_buf_reserve(buf, 4096);
        char sink[4096];
        ssize_t n = read(fd, to ? to : sink, 4096);
        if (n == 0)
            return 1;
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : 1;
        if (to)
            aas_buf_commit(buf, (size_t)n);
    }
}

static void hand_over(struct ml_child *c, ml_child_line_fn *on_line, void *arg)
{
    char *end;
    while (c->out.len > 0 && (end = memchr(c->out.data, '\n', c->out.len))) {
        *end = '\0';
        on_line(arg, c->out.data);
        aas_buf_consume(&c->out, (size_t)(end - c->out.data) + 1);
    }
    if (aas_buf_status(&c->out) != 0) /* a line without an end */
        aas_buf_clear(&c->out);
}

bool ml_child_poll(struct ml_child *c, int wake_fd, int timeout_ms, ml_child_line_fn *on_line, void *arg)
{
    struct pollfd fds[3] = {
        {.fd = c->out_fd, .events = POLLIN}, {.fd = c->err_fd, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
    (void)poll(fds, 3, timeout_ms);
    if (c->err_fd >= 0 && fds[1].revents && take(c->err_fd, &c->err, ERR_MAX) == 1) {
        (void)close(c->err_fd);
        c->err_fd = -1;
    }
    if (!fds[0].revents)
        return true;
    bool open = take(c->out_fd, &c->out, OUT_MAX) == 0;
    hand_over(c, on_line, arg);
    return open;
}

void ml_child_signal(struct ml_child *c, int sig)
{
    if (c->pid > 0)
        (void)kill(c->pid, sig);
}

bool ml_child_reap(struct ml_child *c, int *ret_status)
{
    if (c->pid <= 0)
        return true;
    pid_t done = waitpid(c->pid, ret_status, WNOHANG);
    if (done == 0 || (done < 0 && errno == EINTR))
        return false;
    if (c->err_fd >= 0)
        (void)take(c->err_fd, &c->err, ERR_MAX);
    c->pid = 0;
    return true;
}

void ml_child_fini(struct ml_child *c)
{
    if (c->pid > 0) {
        (void)kill(c->pid, SIGKILL);
        (void)waitpid(c->pid, NULL, 0);
    }
    if (c->pid >= 0 && c->out.max_bytes) {
        if (c->out_fd >= 0)
            (void)close(c->out_fd);
        if (c->err_fd >= 0)
            (void)close(c->err_fd);
    }
    aas_buf_fini(&c->out);
    aas_buf_fini(&c->err);
    memset(c, 0, sizeof *c);
    c->out_fd = c->err_fd = -1;
}
