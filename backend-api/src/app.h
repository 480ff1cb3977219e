/* backend-api's parts and their order of life; see app.c. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "aas/clock.h"
#include "aas/error.h"
#include "config.h"

struct aas_health;
struct aas_http_client;
struct aas_http_server;
struct aas_jwt_key;
struct aas_jwt_rules;
struct aas_store;
struct aas_workers;
struct api_dashboard;
struct api_docs;
struct api_live;
struct api_machine_tokens;
struct api_once;
struct api_rate;
struct api_revoked;

struct api_app {
    const struct api_config *config;
    struct aas_store *store;
    struct aas_workers *workers; /* handlers that wait for the store or for ml-service */
    struct aas_workers *hashers; /* two threads: an Argon2id hash takes 19 MiB */
    struct aas_jwt_key *jwt;
    struct api_rate *by_address, *by_principal; /* NULL: no limit */
    struct api_rate *failed_by_address, *failed_by_account;
    struct api_machine_tokens *machine_tokens;
    struct api_revoked *revoked;
    struct api_once *once;
    struct aas_http_client *ml;
    struct api_live *live;
    struct api_dashboard *dashboard;
    struct api_docs *docs;
    struct aas_http_server *http;
    struct aas_health *health;
    char *password_file; /* of the first account */
    atomic_bool booted;  /* collections are there, and there is an account */
    atomic_bool booting;
    atomic_bool ml_ok;
    atomic_int store_rc; /* of the last ping */
    atomic_bool probing;
    unsigned ticks;
};

extern const struct aas_jwt_rules api_jwt_rules;

/** The callbacks of aas_daemon_main(). */
int api_app_create(void **ret_app, const void *config, struct aas_error *err);
int api_app_start(void *app, struct aas_error *err);
void api_app_stop(void *app, struct aas_mono deadline);
void api_app_destroy(void *app);
void api_app_tick(void *app);
