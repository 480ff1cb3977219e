/* A real mosquitto for tests, on a free port of 127.0.0.1 with a configuration file and state of its own, that may be
 * stopped and started again on the same port with its sessions kept. It dies with the test. One thread per handle. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "aas/error.h"

struct aas_test_broker;

struct aas_test_broker_options {
    /** Lines of mosquitto.conf in place of the default listener's; "%u" stands for the port, once. NULL: a plain
     *  listener on 127.0.0.1 that lets anybody in. */
    const char *listener;
    /** Further lines, e.g. "max_queued_messages 10\n"; NULL: none. By default 100,000 messages are queued and 1,000 may
     *  be in flight. */
    const char *extra;
    /** listener is the whole configuration: nothing is added but the port, and "user root" where the test runs as
     *  root. */
    bool whole;
};

/** Is there a mosquitto to run? Where not, a test skips (exit code 77). */
bool aas_test_broker_available(void);
/** Start one and wait until it accepts connections. o may be NULL. Errors: AAS_ENOENT (not installed), AAS_ETIMEDOUT
 *  with the end of its log, what spawn gives. */
int aas_test_broker_start(struct aas_test_broker **ret_b, const struct aas_test_broker_options *o,
                          struct aas_error *err) AAS_MUST_CHECK;
uint16_t aas_test_broker_port(const struct aas_test_broker *b);
pid_t aas_test_broker_pid(const struct aas_test_broker *b); /* -1 while stopped */
/** SIGTERM: sessions are saved. hard: SIGKILL, what was not saved is gone. Does nothing when stopped. */
void aas_test_broker_stop(struct aas_test_broker *b, bool hard);
/** Start it again on the same port with the same state. */
int aas_test_broker_resume(struct aas_test_broker *b, struct aas_error *err) AAS_MUST_CHECK;
/** Stop, and start again. */
int aas_test_broker_restart(struct aas_test_broker *b, bool hard, struct aas_error *err) AAS_MUST_CHECK;
/** Its log since the last start; malloc'ed, caller frees. */
char *aas_test_broker_log(struct aas_test_broker *b);
/** Stop and remove its files. NULL is fine. */
void aas_test_broker_destroy(struct aas_test_broker *b);

/** Make certificates with openssl in dir: ca.crt; server.crt and server.key for localhost and 127.0.0.1; client.crt and
 *  client.key with common name device-7; other.crt, an authority that signed none of these. AAS_EUPSTREAM: openssl
 * failed or is not there. */
int aas_test_certificates(const char *dir) AAS_MUST_CHECK;
