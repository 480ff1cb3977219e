/* What /metrics tells beside what the shared modules tell: read from the components when it is asked for. */
#include "aas/metrics.h"
#include "aas/wal.h"
#include "alarms.h"
#include "app.h"
#include "ledger.h"
#include "live.h"
#include "ml_client.h"
#include "subscriber.h"
#include "sweeper.h"
#include "writer.h"

static void total(struct aas_metrics *m, const char *name, const char *help, const struct aas_label *labels, double v)
{
    aas_metric_set_total(aas_metrics_counter(m, name, help, labels), v);
}

static void gauge(struct aas_metrics *m, const char *name, const char *help, const struct aas_label *labels, double v)
{
    aas_metric_set(aas_metrics_gauge(m, name, help, labels), v);
}

static void collect_ledger(struct aas_metrics *m, struct ingest_app *app)
{
    static const char readings[] = "aas_ingest_readings_total",
                      help[] = "Readings by what became of them; received is the sum of all and those in flight.";
    struct ingest_ledger_view v;
    ingest_ledger_view(app->ledger, &v);
    total(m, readings, help, AAS_LABELS({"outcome", "received"}), (double)v.totals.received);
    total(m, readings, help, AAS_LABELS({"outcome", "stored"}), (double)v.totals.stored);
    total(m, readings, help, AAS_LABELS({"outcome", "duplicate"}), (double)v.totals.duplicate);
    total(m, readings, help, AAS_LABELS({"outcome", "quarantined"}), (double)v.totals.quarantined);
    for (int r = 0; r < INGEST_DROP__COUNT; r++)
        total(m, "aas_ingest_dropped_readings_total", "Readings given up, by reason.",
              AAS_LABELS({"reason", ingest_drop_names[r]}), (double)v.totals.dropped[r]);
    total(m, "aas_ingest_late_readings_total", "Stored readings that came late.", AAS_NO_LABELS, (double)v.totals.late);
    gauge(m, "aas_ingest_in_flight_readings", "Readings in the log that are not settled in the store.", AAS_NO_LABELS,
          (double)v.in_flight);
    gauge(m, "aas_ingest_ledger_imbalance_readings", "Readings that are not accounted for; must be 0.", AAS_NO_LABELS,
          (double)v.imbalance);
}

static void collect_writer(struct aas_metrics *m, struct ingest_app *app)
{
    struct ingest_writer_stats w;
    struct aas_wal_stats s;
    ingest_writer_stats(app->writer, &w);
    aas_wal_stats(app->wal, &s);
    gauge(m, "aas_ingest_store_up", "1 while the store takes readings.", AAS_NO_LABELS, w.store_ok);
    total(m, "aas_ingest_commits_total", "Commits to the store.", AAS_NO_LABELS, (double)w.commits);
    total(m, "aas_ingest_buckets_total", "Buckets stored.", AAS_NO_LABELS, (double)w.buckets);
    gauge(m, "aas_ingest_commit_seconds", "Duration of the last commit.", AAS_NO_LABELS, w.last_commit_seconds);
    gauge(m, "aas_ingest_log_bytes", "Size of the log.", AAS_NO_LABELS, (double)s.total_bytes);
    gauge(m, "aas_ingest_log_max_bytes", "Size that the log may reach.", AAS_NO_LABELS,
          (double)app->config->wal_max_bytes);
    gauge(m, "aas_ingest_log_unsettled_records", "Records that the writer has not settled.", AAS_NO_LABELS,
          (double)(s.next_offset - w.committed));
    total(m, "aas_ingest_log_syncs_total", "Times that the log was made durable.", AAS_NO_LABELS, (double)s.syncs);
    total(m, "aas_ingest_log_corrupt_records_total", "Damaged records of the log.", AAS_NO_LABELS,
          (double)s.corrupt_records);
}

static void collect_sweeper(struct aas_metrics *m, struct ingest_app *app)
{
    total(m, "aas_ingest_swept_documents_total", "Documents removed as too old.", AAS_NO_LABELS,
          (double)ingest_sweeper_removed(app->sweeper));
}

static void collect_live(struct aas_metrics *m, struct ingest_app *app)
{
    static const char states[] = "aas_ingest_sensors", help[] = "Sensors by state.";
    struct ingest_live_stats s;
    struct ingest_ml_stats ml;
    struct ingest_subscriber_stats sub;
    ingest_live_stats(app->live, &s);
    ingest_ml_stats(app->ml, &ml);
    ingest_subscriber_stats(app->subscriber, &sub);
    gauge(m, states, help, AAS_LABELS({"state", "normal"}), (double)s.normal);
    gauge(m, states, help, AAS_LABELS({"state", "fault"}), (double)s.fault);
    gauge(m, states, help, AAS_LABELS({"state", "unknown"}), (double)s.unknown);
    gauge(m, states, help, AAS_LABELS({"state", "blind"}), (double)s.blind);
    gauge(m, states, help, AAS_LABELS({"state", "warming_up"}), (double)s.warming_up);
    gauge(m, states, help, AAS_LABELS({"state", "no_data"}), (double)s.no_data);
    total(m, "aas_ingest_windows_total", "Windows cut.", AAS_NO_LABELS, (double)s.windows);
    total(m, "aas_ingest_amended_windows_total", "Windows cut anew for late readings.", AAS_NO_LABELS,
          (double)s.amended);
    total(m, "aas_ingest_predictions_total", "Windows judged by ml-service.", AAS_NO_LABELS, (double)ml.predicted);
    total(m, "aas_ingest_windows_given_up_total", "Windows that were never judged.", AAS_NO_LABELS,
          (double)ml.given_up);
    gauge(m, "aas_ingest_windows_queued", "Windows that wait for ml-service.", AAS_NO_LABELS, (double)ml.queued);
    gauge(m, "aas_ingest_ml_up", "1 while ml-service judges windows.", AAS_NO_LABELS, ml.available);
    gauge(m, "aas_ingest_broker_up", "1 while subscribed at the broker.", AAS_NO_LABELS, sub.state == AAS_MQTT_READY);
    total(m, "aas_ingest_messages_total", "Messages taken into the log.", AAS_NO_LABELS, (double)sub.messages);
    total(m, "aas_ingest_broker_connects_total", "Connections made to the broker.", AAS_NO_LABELS,
          (double)sub.mqtt.connects);
}

static void collect_alarms(struct aas_metrics *m, struct ingest_app *app)
{
    struct ingest_alarms_stats s;
    ingest_alarms_stats(app->alarms, &s);
    gauge(m, "aas_ingest_open_alarms", "Alarms that are open.", AAS_NO_LABELS, (double)s.open);
    gauge(m, "aas_ingest_unacked_alarms", "Open alarms that nobody has acknowledged.", AAS_NO_LABELS,
          (double)s.unacked);
    gauge(m, "aas_ingest_standing_alarms", "Alarms active for more than a day.", AAS_NO_LABELS, (double)s.standing);
    total(m, "aas_ingest_raised_alarms_total", "Alarms raised.", AAS_NO_LABELS, (double)s.raised);
    total(m, "aas_ingest_alarm_flood_seconds_total", "Time with more than 10 alarms in 10 minutes.", AAS_NO_LABELS,
          s.flood_seconds);
}

static void collect(struct aas_metrics *m, void *arg)
{
    struct ingest_app *app = arg;
    collect_ledger(m, app);
    collect_writer(m, app);
    collect_live(m, app);
    collect_alarms(m, app);
    collect_sweeper(m, app);
}

int ingest_metrics_add(struct ingest_app *app)
{
    return aas_metrics_add_collector(NULL, collect, app);
}

void ingest_metrics_remove(struct ingest_app *app)
{
    aas_metrics_remove_collector(NULL, collect, app);
}
