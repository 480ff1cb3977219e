/* The main function that all daemons share: flags → configuration → log → signals → app create, start → run until
 * SIGTERM or SIGINT → stop within 5 s → destroy. A service's main.c is a table of callbacks:
 *
 *   static const struct aas_daemon daemon = {.config = &ingest_config_table, .about = "subscribes, stores, …",
 *       .create = ingest_app_create, .start = …, .stop = …, .destroy = …};
 *   int main(int argc, char **argv) { return aas_daemon_main(&daemon, argc, argv); }
 *
 * Exit codes: 0 stopped as asked; 1 failed; 2 bad configuration or flags; 128+n a second signal while draining. */
#pragma once

#include "aas/clock.h"
#include "aas/config.h"
#include "aas/error.h"

#define AAS_DAEMON_DRAIN_MS 5000

struct aas_daemon {
    const struct aas_config_table *config; /* first member of its struct: struct aas_config_common */
    const char *about;                     /* one line for --help */
    /* Make the app; config is const and outlives it (borrows). No thread yet. */
    int (*create)(void **ret_app, const void *config, struct aas_error *err);
    /* Open ports, start threads. On failure the daemon calls stop (short deadline), then destroy. */
    int (*start)(void *app, struct aas_error *err);
    /* Refuse new work and drain until deadline; all threads joined at return. Takes a half-started app. */
    void (*stop)(void *app, struct aas_mono deadline);
    void (*destroy)(void *app); /* takes NULL */
    /* NULL, or called about each second on the main thread; must not block. */
    void (*tick)(void *app);
    /* NULL, or on SIGHUP. */
    void (*reload)(void *app);
};

/** Run the daemon; returns the exit code for main. Flags: --help --version --check-config --print-env
 *  --print-env-example --print-config-json. Sets RLIMIT_NOFILE to its hard limit, at most 65536, and umask 027. */
int aas_daemon_main(const struct aas_daemon *d, int argc, char **argv) AAS_MUST_CHECK;

/** Ask the main loop to stop, from any thread: exit_code 0 for a normal end, 1 after a failure that the daemon can't
 *  outlive (log the reason first). Async-signal-safe. Idempotent: the first one counts. */
void aas_daemon_request_stop(int exit_code);
