/* A child process whose stdout comes line by line: for training, which must not be able to hurt the service. The child
 * is nice, limited, and dies with the thread that started it. One owner. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <aas/buf.h>
#include <aas/error.h>

struct ml_child {
    pid_t pid;
    int out_fd, err_fd;
    struct aas_buf out, err; /* what wasn't consumed yet; the end of stderr */
};

/** Start argv (NULL-terminated; argv[0] is a path) with `input` (at most 4,096 bytes) on its stdin: arguments can be
 * seen by everybody on the machine, stdin can't. Errors: -errno. */
int ml_child_start(struct ml_child *c, const char *const *argv, const char *input,
                   struct aas_error *err) AAS_MUST_CHECK;

/** Called per line of stdout (without its end; borrowed). */
typedef void ml_child_line_fn(void *arg, char *line);

/** Wait at most timeout_ms for output or for wake_fd to be readable; hand over whole lines. False: the child closed its
 *  stdout. */
bool ml_child_poll(struct ml_child *c, int wake_fd, int timeout_ms, ml_child_line_fn *on_line, void *arg);
/** Send a signal; nothing happens when it has ended. */
void ml_child_signal(struct ml_child *c, int sig);
/** Has it ended? Then *ret_status is wait's; false: it still runs. */
bool ml_child_reap(struct ml_child *c, int *ret_status);
/** Free; a child that still runs is killed and waited for. Zeroed is fine. */
void ml_child_fini(struct ml_child *c);
