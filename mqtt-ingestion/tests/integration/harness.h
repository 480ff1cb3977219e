/* A broker, the daemon, and a store to look into, for the integration tests: started on free ports, killed and started
 * again, all gone with the test. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "aas/mqtt.h"
#include "aas/store.h"
#include "aas/test_broker.h"
#include "aas/test_dir.h"
#include "aas/test_proc.h"

struct harness {
    char dir[AAS_TEST_PATH_BYTES];
    char url[AAS_TEST_PATH_BYTES + 64];
    struct aas_test_broker *broker;
    struct aas_test_proc *daemon;
    uint16_t port, ml_port;
    const char *env[24]; /* further "NAME=value", NULL-terminated; set before harness_start_daemon */
    struct aas_mqtt *publisher;
};

/** Broker and directory. Skips the test program (exit 77) where there is no mosquitto. */
void harness_setup(struct harness *h);
void harness_teardown(struct harness *h);
/** Start the daemon, which may die at any moment. */
void harness_spawn_daemon(struct harness *h);
/** Start the daemon and wait until it is ready. */
void harness_start_daemon(struct harness *h);
/** kill -9, wait for its end. */
void harness_kill_daemon(struct harness *h);
/** SIGTERM; fails the test unless it exits with 0. */
void harness_stop_daemon(struct harness *h);

/** Publish and wait for the broker's PUBACK. */
void harness_publish(struct harness *h, const char *topic, const char *payload);
void harness_publish_bytes(struct harness *h, const char *topic, const void *payload, size_t len);

/** GET a path; a JSON answer of that status (new). Fails the test otherwise. */
json_t *harness_get(struct harness *h, const char *path, int status);
/** POST; body may be NULL. */
json_t *harness_post(struct harness *h, const char *path, const char *body, int status);
/** A number of the ledger in GET /status; -1 while it does not answer. */
int64_t harness_ledger(struct harness *h, const char *field);
/** Wait until the ledger has that many and nothing is in flight. */
bool harness_wait_ledger(struct harness *h, const char *field, int64_t n, int64_t timeout_ms);

/** What the store holds: readings, and how many (sensor, time) stand there twice. Opens the store for the call. */
void harness_count(struct harness *h, int64_t *ret_readings, int64_t *ret_doubles);
/** Run fn on the store. */
void harness_with_store(struct harness *h, void (*fn)(struct aas_store *s, void *arg), void *arg);
