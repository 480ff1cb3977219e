#include "subscriber.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/daemon.h"
#include "aas/log.h"
#include "aas/reading.h"
#include "aas/wal.h"
#include "crash.h"
#include "ledger.h"
#include "topic.h"
#include "writer.h"

#define AAS_LOG_MOD "subscriber"

#define BATCH_MESSAGES   1000
#define BATCH_BYTES      ((size_t)16 << 20)
#define RECORD_OVERHEAD  40   /* of the log, per record */
#define CUT_BYTES        4096 /* of a message that is too big, for quarantine */
#define THIN_FROM        0.8  /* of the log's size */
#define THIN_KEEP        4    /* one message in so many */
#define SENSORS_PER_STEP 250  /* marks are rarer with more sensors, so that a bucket holds more than a row … */
#define MARK_FACTOR_MAX  5    /* … but never rarer than this many times AAS_FLUSH */

/* Messages that came since the last batch: their records' bytes behind one another in `bytes`. */
struct pending {
    struct aas_buf bytes;
    struct aas_wal_record *records; /* payload: place in bytes, resolved before the append; + 2 for marks */
    size_t *starts;
    uint32_t *counts; /* readings of each */
    size_t len, cap;
    uint64_t thinned; /* readings */
};

struct ingest_subscriber {
    struct ingest_subscriber_options o;
    struct ingest_writer *writer;
    struct aas_mqtt *mqtt;
    struct aas_mqtt_filter filters[INGEST_TOPICS_MAX];
    struct pending batch; /* the MQTT thread's, as is refuse: a message could not be kept */
    bool refuse;
    uint64_t thin_count;

    pthread_mutex_t append_lock; /* last_mark and what follows; log and ledger are locked under it */
    struct aas_mono last_mark;
    uint64_t since_mark; /* records */
    uint64_t dropped_unlogged[INGEST_DROP__COUNT];
    bool log_full;
    uint64_t messages, blocked, thinned;

    pthread_mutex_t state_lock; /* state, reason; a leaf */
    enum aas_mqtt_state state;
    char reason[128];
};

/* --- a batch ------------------------------------------------------------------------------------------------------ */

static void batch_clear(struct pending *b)
{
    aas_buf_clear(&b->bytes);
    b->len = 0;
    b->thinned = 0;
}

static int batch_add(struct pending *b, const struct ingest_message *m)
{
    if (b->len + 3 > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : BATCH_MESSAGES + 8;
        struct aas_wal_record *records = realloc(b->records, cap * sizeof *records);
        if (!records)
            return AAS_ENOMEM;
        b->records = records;
        size_t *starts = realloc(b->starts, cap * sizeof *starts);
        if (!starts)
            return AAS_ENOMEM;
        b->starts = starts;
        uint32_t *counts = realloc(b->counts, cap * sizeof *counts);
        if (!counts)
            return AAS_ENOMEM;
        b->counts = counts;
        b->cap = cap;
    }
    size_t start = b->bytes.len;
    int rc = ingest_message_encode(m, &b->bytes);
    if (rc < 0)
        return rc;
    b->starts[b->len] = start;
    b->records[b->len] = (struct aas_wal_record){.kind = INGEST_RECORD_MESSAGE, .len = b->bytes.len - start};
    b->counts[b->len] = m->readings;
    b->len++;
    return 0;
}

/* --- the full log ------------------------------------------------------------------------------------------------- */

struct drop {
    uint64_t cursor; /* what is in front was read by the writer: not lost */
    uint64_t readings;
};

static void count_dropped(void *ctx, const struct aas_wal_record *rec)
{
    struct drop *d = ctx;
    struct ingest_message m;
    enum ingest_drop_reason reason;
    uint64_t n;
    if (rec->offset < d->cursor)
        return;
    if (rec->kind == INGEST_RECORD_MESSAGE && ingest_message_decode(rec->payload, rec->len, &m) == 0)
        d->readings += m.readings;
    else if (rec->kind == INGEST_RECORD_DROPPED && ingest_dropped_decode(rec->payload, rec->len, &reason, &n) == 0)
        d->readings += n;
}

static int drop_oldest(struct ingest_subscriber *s, struct aas_error *err)
{
    uint64_t first = 0, end = 0;
    struct drop d = {.cursor = ingest_writer_lock_cursor(s->writer)};
    int rc = aas_wal_drop_oldest(s->o.wal, count_dropped, &d, &first, &end, err);
    ingest_writer_unlock_cursor(s->writer, rc == 0 ? end : 0);
    if (rc < 0)
        return rc;
    s->dropped_unlogged[INGEST_DROP_WAL_FULL] += d.readings;
    if (d.readings > 0)
        AAS_LOG_WARN("log.dropped", "the log is full: its oldest readings are dropped",
                     AAS_F_UINT("readings", d.readings), AAS_F_UINT("from_offset", first),
                     AAS_F_UINT("to_offset", end));
    return 0;
}

/* Messages leave the last segment's worth of room to marks, so that what is in a full log can still be settled. */
static int try_append(struct ingest_subscriber *s, struct aas_wal_record *records, size_t n, size_t bytes,
                      struct aas_error *err)
{
    struct aas_wal_stats stats;
    aas_wal_stats(s->o.wal, &stats);
    if (stats.total_bytes + bytes + n * RECORD_OVERHEAD > s->o.config->wal_max_bytes)
        return aas_error_set(err, AAS_ENOSPC, "the log has %llu bytes, at most %llu are allowed (AAS_WAL_MAX)",
                             (unsigned long long)stats.total_bytes, (unsigned long long)s->o.config->wal_max_bytes);
    return aas_wal_append(s->o.wal, records, n, err);
}

/* Append, making room as the policy says. Under append_lock. */
static int append_records(struct ingest_subscriber *s, struct aas_wal_record *records, size_t n, size_t bytes,
                          struct aas_error *err)
{
    int rc = try_append(s, records, n, bytes, err);
    while (rc == AAS_ENOSPC && s->o.config->wal_policy == INGEST_WAL_DROP_OLDEST && s->writer) {
        if (aas_wal_sync(s->o.wal, err) < 0 || drop_oldest(s, err) < 0)
            break;
        rc = try_append(s, records, n, bytes, err);
    }
    if ((rc == AAS_ENOSPC) != s->log_full) {
        s->log_full = rc == AAS_ENOSPC;
        if (s->log_full)
            AAS_LOG_ERROR("log.full", "the log takes no more: nothing is acknowledged until there is room",
                          AAS_F_ERROR(err));
        else
            AAS_LOG_INFO("log.room", "the log takes messages again");
    }
    return rc;
}

/* Readings that a policy has cost get a record of their own, so that the count survives a crash. Under append_lock. */
static int log_drops(struct ingest_subscriber *s)
{
    for (int r = 0; r < INGEST_DROP__COUNT; r++) {
        uint8_t bytes[INGEST_DROPPED_BYTES];
        if (s->dropped_unlogged[r] == 0)
            continue;
        ingest_dropped_encode((enum ingest_drop_reason)r, s->dropped_unlogged[r], bytes);
        struct aas_wal_record rec = {.kind = INGEST_RECORD_DROPPED, .payload = bytes, .len = sizeof bytes};
        if (aas_wal_append(s->o.wal, &rec, 1, NULL) < 0)
            return AAS_ENOSPC;
        s->dropped_unlogged[r] = 0;
        s->since_mark++;
    }
    return 0;
}

/* --- append ------------------------------------------------------------------------------------------------------- */

static bool mark_due(const struct ingest_subscriber *s)
{
    struct ingest_writer_stats stats;
    int64_t every = s->o.config->flush_ms;
    int64_t age = aas_mono_diff_ms(aas_clock_mono(), s->last_mark);
    if (age < every || !s->writer)
        return false;
    ingest_writer_stats(s->writer, &stats);
    int64_t factor = 1 + (int64_t)(stats.last_commit_sensors / SENSORS_PER_STEP);
    return age >= every * (factor < MARK_FACTOR_MAX ? factor : MARK_FACTOR_MAX);
}

/* Under append_lock. */
static void mark_if_due(struct ingest_subscriber *s)
{
    if (s->since_mark == 0 || !mark_due(s))
        return;
    struct aas_wal_record mark = {.kind = INGEST_RECORD_MARK};
    if (aas_wal_append(s->o.wal, &mark, 1, NULL) < 0)
        return;
    s->last_mark = aas_clock_mono();
    s->since_mark = 0;
}

/* The next records that fit into a part of a segment, so that a full log can make room for them. */
static int append_chunk(struct ingest_subscriber *s, struct pending *b, size_t *at, struct aas_error *err)
{
    size_t n = 0, bytes = 0, most = (size_t)s->o.config->wal_segment_bytes / 4;
    uint64_t readings = 0;
    while (*at + n < b->len && (n == 0 || bytes + b->records[*at + n].len <= most)) {
        bytes += b->records[*at + n].len;
        readings += b->counts[*at + n];
        n++;
    }
    int rc = append_records(s, b->records + *at, n, bytes, err);
    if (rc < 0)
        return rc;
    ingest_ledger_arrived(s->o.ledger, (int64_t)readings);
    s->since_mark += n;
    s->messages += n;
    *at += n;
    return 0;
}

/* Make a batch durable. It enters the ledger before the writer can see it. */
static int append_batch(struct ingest_subscriber *s, struct pending *b, struct aas_error *err)
{
    for (size_t i = 0; i < b->len; i++)
        b->records[i].payload = b->bytes.data + b->starts[i];
    (void)pthread_mutex_lock(&s->append_lock);
    size_t at = 0;
    int rc = 0;
    while (rc == 0 && at < b->len)
        rc = append_chunk(s, b, &at, err);
    if (rc == 0) {
        s->thinned += b->thinned;
        s->dropped_unlogged[INGEST_DROP_WAL_THINNED] += b->thinned;
        ingest_ledger_arrived(s->o.ledger, (int64_t)b->thinned);
        AAS_IGNORE(log_drops(s));
        mark_if_due(s);
        ingest_crash_point("appended");
        rc = aas_wal_sync(s->o.wal, err);
    } else {
        s->blocked++;
    }
    ingest_crash_point("synced");
    (void)pthread_mutex_unlock(&s->append_lock);
    return rc;
}

int ingest_subscriber_append(struct ingest_subscriber *s, const struct ingest_message *messages, size_t n,
                             struct aas_error *err)
{
    struct pending b = {.bytes = AAS_BUF_INIT(BATCH_BYTES * 2)};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = batch_add(&b, &messages[i]);
    if (rc < 0)
        (void)aas_error_set(err, rc, "the messages don't fit into memory");
    else
        rc = append_batch(s, &b, err);
    aas_buf_fini(&b.bytes);
    free(b.records);
    free(b.starts);
    free(b.counts);
    return rc;
}

int ingest_subscriber_mark(struct ingest_subscriber *s)
{
    struct aas_wal_record mark = {.kind = INGEST_RECORD_MARK};
    (void)pthread_mutex_lock(&s->append_lock);
    int rc = aas_wal_append(s->o.wal, &mark, 1, NULL);
    if (rc == 0)
        rc = aas_wal_sync(s->o.wal, NULL);
    if (rc == 0) {
        s->last_mark = aas_clock_mono();
        s->since_mark = 0;
    }
    (void)pthread_mutex_unlock(&s->append_lock);
    return rc;
}

/* --- on the MQTT thread ------------------------------------------------------------------------------------------- */

static bool thin_out(struct ingest_subscriber *s)
{
    if (s->o.config->wal_policy != INGEST_WAL_THIN)
        return false;
    struct aas_wal_stats stats;
    aas_wal_stats(s->o.wal, &stats);
    return (double)stats.total_bytes > THIN_FROM * (double)s->o.config->wal_max_bytes &&
           s->thin_count++ % THIN_KEEP != 0;
}

static void on_message(void *ctx, const struct aas_mqtt_message *msg)
{
    struct ingest_subscriber *s = ctx;
    struct ingest_message m = {
        .received_ms = aas_clock_wall_ms(),
        .topic = msg->topic,
        .topic_len = strlen(msg->topic),
        .payload = msg->payload ? msg->payload : "",
        .payload_len = msg->len,
    };
    m.readings = ingest_message_count(m.payload, m.payload_len);
    if (thin_out(s)) {
        s->batch.thinned += m.readings;
        return;
    }
    if (m.payload_len > AAS_READING_MAX_BYTES) {
        m.payload_len = CUT_BYTES;
        m.flags |= INGEST_MESSAGE_CUT;
    }
    struct aas_error err = AAS_ERROR_NONE;
    int rc = batch_add(&s->batch, &m);
    if (rc == AAS_ETOOBIG && s->batch.len > 0) { /* the batch is full before the library thinks so: write it now */
        rc = append_batch(s, &s->batch, &err);
        batch_clear(&s->batch);
        if (rc == 0)
            rc = batch_add(&s->batch, &m);
    }
    s->refuse = s->refuse || rc < 0;
}

static int on_batch(void *ctx)
{
    struct ingest_subscriber *s = ctx;
    struct aas_error err = AAS_ERROR_NONE;
    int rc = s->refuse ? AAS_ENOMEM : append_batch(s, &s->batch, &err);
    batch_clear(&s->batch);
    s->refuse = false;
    if (rc == AAS_EIO)
        aas_daemon_request_stop(1); /* the log must be opened anew: nothing is acknowledged any more */
    return rc;
}

static void on_state(void *ctx, enum aas_mqtt_state state, const char *reason)
{
    struct ingest_subscriber *s = ctx;
    (void)pthread_mutex_lock(&s->state_lock);
    s->state = state;
    AAS_IGNORE(
        aas_str_copy(s->reason, sizeof s->reason, (struct aas_str){reason, strnlen(reason, sizeof s->reason - 1)}));
    (void)pthread_mutex_unlock(&s->state_lock);
    if (state == AAS_MQTT_READY)
        AAS_LOG_INFO("broker.ready", "subscribed");
    else if (state == AAS_MQTT_DISCONNECTED && reason[0] != '\0')
        AAS_LOG_WARN("broker.away", "no connection to the broker, trying again", AAS_F_STR("reason", reason));
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static const char *or_null(const char *s)
{
    return s[0] != '\0' ? s : NULL;
}

int ingest_subscriber_create(struct ingest_subscriber **ret_sub, const struct ingest_subscriber_options *o,
                             struct aas_error *err)
{
    struct ingest_subscriber *s = calloc(1, sizeof *s);
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    s->o = *o;
    aas_buf_init(&s->batch.bytes, BATCH_BYTES);
    (void)pthread_mutex_init(&s->append_lock, NULL);
    (void)pthread_mutex_init(&s->state_lock, NULL);
    s->last_mark = aas_clock_mono();
    size_t n = ingest_topics_count(o->topics);
    for (size_t i = 0; i < n; i++)
        s->filters[i] = (struct aas_mqtt_filter){ingest_topics_filter(o->topics, i), (int)o->config->mqtt_qos};
    const struct ingest_config *c = o->config;
    struct aas_mqtt_config config = {
        .host = c->mqtt_host,
        .port = c->mqtt_port,
        .client_id = c->mqtt_client_id,
        .persistent = true,
        .username = or_null(c->mqtt_user),
        .password = or_null(c->mqtt_password),
        .tls_ca = or_null(c->mqtt_ca),
        .tls_cert = or_null(c->mqtt_cert),
        .tls_key = or_null(c->mqtt_key),
        .keepalive_s = (uint32_t)(c->mqtt_keepalive_ms / 1000),
        .silence_s = (uint32_t)((c->mqtt_silence_ms + 999) / 1000),
        .receive_maximum = (uint16_t)c->mqtt_receive_max,
        .max_batch = BATCH_MESSAGES,
        .filters = s->filters,
        .n_filters = n,
        .callbacks = {.on_message = on_message, .on_batch = on_batch, .on_state = on_state},
        .ctx = s,
    };
    int rc = aas_mqtt_create(&s->mqtt, &config, err);
    if (rc < 0) {
        ingest_subscriber_destroy(s);
        return rc;
    }
    *ret_sub = s;
    return 0;
}

void ingest_subscriber_set_writer(struct ingest_subscriber *s, struct ingest_writer *writer)
{
    s->writer = writer;
}

int ingest_subscriber_start(struct ingest_subscriber *s, struct aas_error *err)
{
    return aas_mqtt_start(s->mqtt, err);
}

void ingest_subscriber_stop(struct ingest_subscriber *s, struct aas_mono deadline)
{
    aas_mqtt_stop(s->mqtt, deadline);
}

void ingest_subscriber_destroy(struct ingest_subscriber *s)
{
    if (!s)
        return;
    aas_mqtt_destroy(s->mqtt);
    aas_buf_fini(&s->batch.bytes);
    free(s->batch.records);
    free(s->batch.starts);
    free(s->batch.counts);
    (void)pthread_mutex_destroy(&s->append_lock);
    (void)pthread_mutex_destroy(&s->state_lock);
    free(s);
}

void ingest_subscriber_stats(struct ingest_subscriber *s, struct ingest_subscriber_stats *ret_stats)
{
    memset(ret_stats, 0, sizeof *ret_stats);
    aas_mqtt_stats(s->mqtt, &ret_stats->mqtt);
    (void)pthread_mutex_lock(&s->state_lock);
    ret_stats->state = s->state;
    memcpy(ret_stats->reason, s->reason, sizeof ret_stats->reason);
    (void)pthread_mutex_unlock(&s->state_lock);
    (void)pthread_mutex_lock(&s->append_lock);
    ret_stats->messages = s->messages;
    ret_stats->blocked = s->blocked;
    ret_stats->thinned = s->thinned;
    ret_stats->log_full = s->log_full;
    (void)pthread_mutex_unlock(&s->append_lock);
}
