/* Free TCP ports on 127.0.0.1 for tests. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "aas/err.h"

/** A port that nobody listens on. A lock file per port under /tmp keeps other test processes from getting the same one
 *  until this process ends; ports come from 20000..29999, below the kernel's ephemeral range. Errors: AAS_EBUSY. */
int aas_test_port(uint16_t *ret_port) AAS_MUST_CHECK;
/** Does process pid (or a child of it) own the listening socket on port? So that a test can't talk to a stranger. */
bool aas_test_port_owned_by(uint16_t port, pid_t pid);
/** Does anybody accept connections on 127.0.0.1:port? */
bool aas_test_port_open(uint16_t port);
