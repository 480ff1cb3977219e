/* What alarms.c (decisions, queue, thread) and alarms_sync.c (documents, open alarms) share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "aas/alarm_state.h"
#include "aas/id.h"
#include "aas/queue.h"
#include "aas/thread.h"
#include "alarm_doc.h"
#include "alarms.h"
#include "decide.h"
#include "smap.h"

#define ALARMS_RECENT 1024

/* A fault type as people wrote it down. */
struct alarm_fault {
    char code[INGEST_FAULT_BYTES];
    char severity[16];
    bool enabled;
    double threshold; /* NaN: the default */
};

/* An open alarm as the store has it. */
struct alarm_open {
    char id[AAS_ID_SIZE];
    char sensor_id[INGEST_SENSOR_ID_BYTES];
    char fault[INGEST_FAULT_BYTES];
    char group[160];
    char first_out_id[AAS_ID_SIZE];                          /* "" for the first */
    int64_t rev, raised_ms, shelved_until_ms, bundle_due_ms; /* due 0: nothing to write */
    enum aas_alarm_state state;
    bool chattering;
    char explain[AAS_ID_SIZE]; /* the prediction whose explanation is still awaited; "" for none */
    char *json;
};

struct alarm_list {
    struct alarm_open *items;
    size_t len, cap;
};

struct alarm_item {
    char sensor_id[INGEST_SENSOR_ID_BYTES];
    char fault[INGEST_FAULT_BYTES];
    bool active;
    int64_t at_ms;
    json_t *prediction; /* owned; NULL */
};

struct alarm_judge {
    char id[INGEST_SENSOR_ID_BYTES];
    struct ingest_decide decide;
};

struct ingest_alarms {
    struct ingest_alarms_options o;
    struct ingest_decide_rules rules;
    struct aas_thread *thread;
    struct aas_queue *queue;
    atomic_bool stopping;
    _Atomic int64_t stop_deadline_ns;

    struct ingest_smap judges; /* the ml thread's own */

    pthread_mutex_t lock; /* faults, open, stats, recent */
    struct alarm_fault *faults;
    size_t faults_count;
    struct alarm_list open;
    struct ingest_alarms_stats stats;
    int64_t recent[ALARMS_RECENT]; /* times of the last raises */
    size_t recent_at;

    /* the thread's own */
    int64_t synced_ms, faults_ms, ticked_ms, imbalance_since_ms;
    bool imbalance, greeted;
    char **unsent; /* sensors whose retained message could not be queued */
    size_t unsent_count;
};

/** Raise or return: the document. Errors: the store's. */
int alarms_apply(struct ingest_alarms *a, const struct alarm_item *item, struct aas_error *err) AAS_MUST_CHECK;
/** Compare with the store: tell what has changed, end shelves, write bundles. */
int alarms_sync(struct ingest_alarms *a, int64_t now_ms, struct aas_error *err) AAS_MUST_CHECK;
int alarms_load_faults(struct ingest_alarms *a, struct aas_error *err) AAS_MUST_CHECK;
void alarm_list_fini(struct alarm_list *l);
