/* Signals. All are blocked before the first thread is made, and the main thread reads them from a signalfd: no handler
 * runs code in between. SIGPIPE is ignored. Process-wide; call from the main thread. */
#pragma once

#include "aas/err.h"

/** Block SIGINT SIGTERM SIGHUP SIGUSR1 SIGUSR2 SIGCHLD, ignore SIGPIPE. Before any thread. Errors: -errno. */
int aas_signals_block(void) AAS_MUST_CHECK;
/** A non-blocking, close-on-exec signalfd for SIGINT, SIGTERM, SIGHUP (caller closes). Errors: -errno. */
int aas_signals_open(int *ret_fd) AAS_MUST_CHECK;
/** The next signal's number, or AAS_EAGAIN, or another negative code. */
int aas_signals_read(int fd) AAS_MUST_CHECK;
/** From here on a SIGTERM or SIGINT kills at once with status 128+n, by the kernel: the "second signal exits" of a
 *  daemon that is draining, whatever its threads do. */
void aas_signals_second_exits(void);
/** Give a child, between fork and exec, the default mask and dispositions. Async-signal-safe. */
void aas_signals_reset_child(void);
