/* Who listens on a port, from /proc: for an error that a person can act on. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/http_server.h"

/* The inode of the listening socket on the port; 0 when there is none. */
static unsigned long inode_of(const char *file, uint16_t port)
{
    AAS_AUTO_FCLOSE FILE *f = fopen(file, "re");
    char line[512];
    while (f && fgets(line, sizeof line, f)) {
        unsigned p, state;
        unsigned long inode;
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu", &p, &state, &inode) ==
                3 &&
            p == port && state == 0x0A)
            return inode;
    }
    return 0;
}

static bool holds(const char *pid, const char *target)
{
    char path[300];
    (void)snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    AAS_AUTO_CLOSEDIR DIR *d = opendir(path);
    if (!d)
        return false;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char link[64];
        ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof link - 1);
        if (n > 0) {
            link[n] = '\0';
            if (strcmp(link, target) == 0)
                return true;
        }
    }
    return false;
}

void aas_http_port_owner(uint16_t port, char *ret_text, size_t size)
{
    char target[64], name[64] = "";
    ret_text[0] = '\0';
    unsigned long inode = inode_of("/proc/net/tcp", port);
    if (!inode)
        inode = inode_of("/proc/net/tcp6", port);
    if (!inode)
        return;
    (void)snprintf(target, sizeof target, "socket:[%lu]", inode);
    AAS_AUTO_CLOSEDIR DIR *d = opendir("/proc");
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        if (!isdigit((unsigned char)e->d_name[0]) || !holds(e->d_name, target))
            continue;
        char path[300];
        (void)snprintf(path, sizeof path, "/proc/%.20s/comm", e->d_name);
        AAS_AUTO_FCLOSE FILE *f = fopen(path, "re");
        if (f && fgets(name, sizeof name, f))
            name[strcspn(name, "\n")] = '\0';
        (void)snprintf(ret_text, size, "pid %.20s (%s)", e->d_name, name);
        return;
    }
}
