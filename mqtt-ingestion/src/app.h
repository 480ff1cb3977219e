/* The daemon's components, made and stopped in order: store, log, ledger, registry, writer, live view, ml client,
 * stream, HTTP, and at last the subscriber, which lets data in. */
#pragma once

#include "aas/daemon.h"
#include "config.h"

struct aas_health;
struct aas_http_server;
struct aas_store;
struct aas_wal;
struct aas_workers;
struct ingest_alarms;
struct ingest_ledger;
struct ingest_live;
struct ingest_ml;
struct ingest_outbox;
struct ingest_registry;
struct ingest_simulator;
struct ingest_stream;
struct ingest_subscriber;
struct ingest_sweeper;
struct ingest_topics;
struct ingest_writer;

struct ingest_app {
    const struct ingest_config *config;
    int64_t started_ms;
    struct ingest_topics *topics;
    struct aas_store *store;
    struct aas_wal *wal;
    struct ingest_ledger *ledger;
    struct ingest_registry *registry;
    struct ingest_subscriber *subscriber;
    struct ingest_writer *writer;
    struct ingest_stream *stream;
    struct ingest_live *live;
    struct ingest_ml *ml;
    struct ingest_outbox *outbox;
    struct ingest_alarms *alarms;
    struct ingest_simulator *simulator;
    struct ingest_sweeper *sweeper;
    struct aas_workers *workers;
    struct aas_http_server *http;
    struct aas_health *health;
};

extern const struct aas_daemon ingest_daemon;

/** Tables of routes_*.c, registered by app.c with the app as context. */
int ingest_routes_add(struct ingest_app *app, struct aas_error *err) AAS_MUST_CHECK;
int ingest_routes_add_data(struct ingest_app *app, struct aas_error *err) AAS_MUST_CHECK;
/** Gauges and counters that are computed when /metrics is read. */
int ingest_metrics_add(struct ingest_app *app) AAS_MUST_CHECK;
void ingest_metrics_remove(struct ingest_app *app);
