/* The real backend-api on a free port and a fresh SQLite file, with one server of the test in place of ml-service and
 * mqtt-ingestion: it echoes what is handed on and feeds the live stream. */
#pragma once

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "aas/test_dir.h"
#include "aas/test_http.h"

struct aas_http_server;
struct aas_store;
struct aas_test_proc;
struct aas_workers;
struct aas_ws_server;

struct fixture {
    char dir[AAS_TEST_PATH_BYTES];
    uint16_t port;
    uint16_t upstream_port;
    struct aas_test_proc *daemon;
    struct aas_store *store;
    struct aas_http_server *upstream;
    struct aas_ws_server *hub;
    atomic_int streams; /* open connections of /stream */
    atomic_int snapshot_asked;
    char admin[64];   /* password */
    char token[4096]; /* "Authorization: Bearer …\r\n" of admin */
};

/** cmocka setup and teardown; *state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/** End the daemon (exit code 0 is asserted), start it again on the same port and files. */
void fixture_restart(struct fixture *f);
void fixture_start_upstream(struct fixture *f);
void fixture_stop_upstream(struct fixture *f);
/** Send a frame on /stream. */
void fixture_stream(struct fixture *f, const char *text);

/** Call; the status is asserted; the body as JSON (NULL when empty), checked with the schema (NULL: none). Caller
 * frees. headers NULL: admin's. */
json_t *fixture_call(struct fixture *f, const char *method, const char *path, const char *headers, const char *body,
                     int status, const char *schema);
/** Log in; "Authorization: …\r\n" into out. Its refresh cookie, as "Cookie: …\r\n", into cookie (256 bytes; may be
 *  NULL). */
void fixture_login(struct fixture *f, const char *user, const char *password, char out[static 4096], char *cookie);
