/* Real processes for integration tests: spawn with an environment of one's own, capture stderr, wait until ready, end
 * by pid. A process dies with the test (PR_SET_PDEATHSIG). One thread per handle. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "aas/error.h"

struct aas_test_proc;

/** argv ends with NULL; argv[0] is a path, or a name looked up in PATH. env: "NAME=value" strings, NULL-terminated,
 * added to (and stronger than) the test's own environment without its AAS_ variables. stdout and stderr go to files
 * that the handle owns. */
int aas_test_proc_spawn(struct aas_test_proc **ret_p, const char *const *argv, const char *const *env,
                        struct aas_error *err) AAS_MUST_CHECK;
pid_t aas_test_proc_pid(const struct aas_test_proc *p);
/** Still running? */
bool aas_test_proc_alive(struct aas_test_proc *p);
/** GET http://127.0.0.1:port/path answers 200, and the socket is p's. False when p dies before or time is up; then the
 * end of its stderr is printed. */
bool aas_test_proc_wait_http(struct aas_test_proc *p, uint16_t port, const char *path, int64_t timeout_ms);
/** Port accepts connections and is p's. */
bool aas_test_proc_wait_port(struct aas_test_proc *p, uint16_t port, int64_t timeout_ms);
/** text stands in what p wrote to stderr so far. */
bool aas_test_proc_wait_stderr(struct aas_test_proc *p, const char *text, int64_t timeout_ms);
/** All of stderr, stdout so far: malloc'ed, caller frees. */
char *aas_test_proc_stderr(struct aas_test_proc *p);
char *aas_test_proc_stdout(struct aas_test_proc *p);
/** Send a signal. */
int aas_test_proc_kill(struct aas_test_proc *p, int sig) AAS_MUST_CHECK;
/** Wait for the end: exit status, 128+n for a signal; AAS_ETIMEDOUT. Again after the end: the same. */
int aas_test_proc_wait(struct aas_test_proc *p, int64_t timeout_ms) AAS_MUST_CHECK;
/** SIGTERM and wait; SIGKILL after timeout_ms. Returns as wait does, AAS_ETIMEDOUT when it had to be killed. */
int aas_test_proc_stop(struct aas_test_proc *p, int64_t timeout_ms);
/** Kills if alive, frees. NULL is fine. */
void aas_test_proc_destroy(struct aas_test_proc *p);

/** Where the build put executables: "<build>/bin/<name>" into out; from AAS_TEST_BIN_DIR, else compiled in. */
const char *aas_test_bin(char out[static 512], const char *name);
