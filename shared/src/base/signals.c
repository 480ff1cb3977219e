#include "aas/signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

int aas_signals_block(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    static const int blocked[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};
    for (size_t i = 0; i < sizeof blocked / sizeof blocked[0]; i++)
        (void)sigaddset(&set, blocked[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -errno;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    return sigaction(SIGPIPE, &ignore, NULL) == 0 ? 0 : -errno;
}

int aas_signals_open(int *ret_fd)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

int aas_signals_read(int fd)
{
    struct signalfd_siginfo info;
    ssize_t n = read(fd, &info, sizeof info);
    if (n < 0)
        return errno == EINTR ? AAS_EAGAIN : -errno;
    return n == (ssize_t)sizeof info ? (int)info.ssi_signo : AAS_EIO;
}

static void exit_now(int sig)
{
    _exit(128 + sig);
}

void aas_signals_second_exits(void)
{
    /* A handler, not SIG_DFL: the kernel drops signals with default action for pid 1, as in a container. */
    struct sigaction act = {.sa_handler = exit_now};
    (void)sigaction(SIGTERM, &act, NULL);
    (void)sigaction(SIGINT, &act, NULL);
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void aas_signals_reset_child(void)
{
    struct sigaction dfl = {.sa_handler = SIG_DFL};
    static const int all[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGPIPE};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        (void)sigaction(all[i], &dfl, NULL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}
