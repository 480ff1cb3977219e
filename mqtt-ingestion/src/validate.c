#include "validate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *ingest_reject_name(enum ingest_reject reject)
{
    static const char *const names[INGEST_REJECT__COUNT] = {
        [INGEST_ACCEPT] = "accepted",
        [INGEST_REJECT_MALFORMED] = "malformed",
        [INGEST_REJECT_TOO_BIG] = "too_big",
        [INGEST_REJECT_TOPIC] = "unknown_topic",
        [INGEST_REJECT_NO_SENSOR] = "no_sensor",
        [INGEST_REJECT_SENSOR_MISMATCH] = "sensor_mismatch",
        [INGEST_REJECT_UNKNOWN_SENSOR] = "unknown_sensor",
        [INGEST_REJECT_TOO_MANY_SENSORS] = "too_many_sensors",
        [INGEST_REJECT_CHANNELS] = "channels",
        [INGEST_REJECT_FUTURE] = "future",
        [INGEST_REJECT_TOO_OLD] = "too_old",
        [INGEST_REJECT_RANGE] = "out_of_range",
        [INGEST_REJECT_CONFLICT] = "conflict",
    };
    return names[reject];
}

enum ingest_reject ingest_validate_time(const struct ingest_rules *rules, int64_t ts_ms, int64_t received_ms,
                                        struct aas_error *detail)
{
    if (ts_ms - received_ms > rules->max_future_ms) {
        (void)aas_error_set(detail, AAS_EINVAL, "timestamp is %lld ms in the future, at most %lld are taken",
                            (long long)(ts_ms - received_ms), (long long)rules->max_future_ms);
        return INGEST_REJECT_FUTURE;
    }
    if (received_ms - ts_ms > rules->max_age_ms) {
        (void)aas_error_set(detail, AAS_EINVAL, "timestamp is %lld ms old, at most %lld are taken",
                            (long long)(received_ms - ts_ms), (long long)rules->max_age_ms);
        return INGEST_REJECT_TOO_OLD;
    }
    return INGEST_ACCEPT;
}

enum ingest_reject ingest_validate_range(double value, double min, double max, const char *channel, size_t channel_len,
                                         struct aas_error *detail)
{
    if (!(value < min) && !(value > max))
        return INGEST_ACCEPT;
    (void)aas_error_set(detail, AAS_ERANGE, "%.*s is %g, but its range is %g to %g", (int)channel_len, channel, value,
                        min, max);
    return INGEST_REJECT_RANGE;
}

int64_t ingest_auto_time(int64_t *last_auto_ms, int64_t received_ms)
{
    *last_auto_ms = received_ms > *last_auto_ms ? received_ms : *last_auto_ms + 1;
    return *last_auto_ms;
}

void ingest_skew_add(struct ingest_skew *s, int64_t received_ms, int64_t ts_ms)
{
    int64_t d = ts_ms - received_ms;
    s->samples[s->at] = d > INT32_MAX ? INT32_MAX : d < INT32_MIN ? INT32_MIN : (int32_t)d;
    s->at = (uint8_t)((s->at + 1) % INGEST_SKEW_SAMPLES);
    s->n = (uint8_t)(s->n < INGEST_SKEW_SAMPLES ? s->n + 1 : s->n);
}

static int compare(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

double ingest_skew_ms(const struct ingest_skew *s)
{
    if (s->n == 0)
        return NAN;
    int32_t sorted[INGEST_SKEW_SAMPLES];
    memcpy(sorted, s->samples, s->n * sizeof *sorted);
    qsort(sorted, s->n, sizeof *sorted, compare);
    return sorted[s->n / 2];
}

bool ingest_flat_step(struct ingest_flat *f, double value, uint32_t rows)
{
    if (isnan(value))
        return false;
    bool same = f->run > 0 && !(value < f->last) && !(value > f->last);
    f->run = same ? (f->run < UINT32_MAX ? f->run + 1 : f->run) : 1;
    f->last = value;
    return rows > 0 && f->run >= rows;
}
