#include "aas/test_port.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aas/rng.h"

#define FIRST_PORT 20000
#define PORTS      10000

static int loopback(uint16_t port, struct sockaddr_in *a)
{
    *a = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static bool can_bind(uint16_t port)
{
    struct sockaddr_in a;
    int fd = loopback(port, &a);
    if (fd < 0)
        return false;
    int on = 1; /* as servers do: a connection in TIME_WAIT doesn't count */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool ok = bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
    (void)close(fd);
    return ok;
}

/* The lock is never given back: the kernel does so when the process ends. */
static bool reserve(uint16_t port)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/aastreli-port-%u.lock", port);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    (void)close(fd);
    return false;
}

int aas_test_port(uint16_t *ret_port)
{
    struct aas_rng rng;
    aas_rng_seed(&rng, aas_random_u64());
    for (int i = 0; i < 2000; i++) {
        uint16_t port = (uint16_t)(FIRST_PORT + aas_rng_below(&rng, PORTS));
        if (can_bind(port) && reserve(port)) {
            *ret_port = port;
            return 0;
        }
    }
    return AAS_EBUSY;
}

bool aas_test_port_open(uint16_t port)
{
    struct sockaddr_in a;
    int fd = loopback(port, &a);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* The inode of the listening socket on port, from /proc/net/tcp{,6}; 0: none. */
static unsigned long listening_inode(const char *file, uint16_t port)
{
    FILE *f = fopen(file, "re");
    char line[512];
    unsigned long inode = 0;
    while (f && !inode && fgets(line, sizeof line, f)) {
        unsigned p, state;
        unsigned long found;
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu", &p, &state, &found) ==
                3 &&
            p == port && state == 0x0A /* TCP_LISTEN */)
            inode = found;
    }
    if (f)
        (void)fclose(f);
    return inode;
}

static bool has_socket(pid_t pid, unsigned long inode)
{
    char path[300], want[64], target[64];
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    (void)snprintf(want, sizeof want, "socket:[%lu]", inode);
    DIR *d = opendir(path);
    bool found = false;
    for (struct dirent *e; d && !found && (e = readdir(d)) != NULL;) {
        (void)snprintf(path, sizeof path, "/proc/%d/fd/%s", (int)pid, e->d_name);
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n > 0) {
            target[n] = '\0';
            found = strcmp(target, want) == 0;
        }
    }
    if (d)
        (void)closedir(d);
    return found;
}

static pid_t parent_of(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    char line[256];
    int parent = 0;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "PPid: %d", &parent) == 1)
            break;
    if (f)
        (void)fclose(f);
    return parent;
}

bool aas_test_port_owned_by(uint16_t port, pid_t pid)
{
    unsigned long inode = listening_inode("/proc/net/tcp", port);
    if (!inode)
        inode = listening_inode("/proc/net/tcp6", port);
    if (!inode)
        return false;
    if (has_socket(pid, inode))
        return true;
    DIR *d = opendir("/proc");
    bool found = false;
    for (struct dirent *e; d && !found && (e = readdir(d)) != NULL;) {
        pid_t child = (pid_t)strtol(e->d_name, NULL, 10);
        found = child > 0 && parent_of(child) == pid && has_socket(child, inode);
    }
    if (d)
        (void)closedir(d);
    return found;
}
