/* The pages of GET /predictions on many predictions. */
#include <stdio.h>
#include <stdlib.h>

#include "aas/clock.h"
#include "aas/id.h"
#include "aas/rng.h"
#include "bench_store.h"

#define BATCH   500
#define QUERIES 300
#define T0      INT64_C(1700000000000)

static bson_t *make_prediction(struct aas_rng *rng, int64_t i, int64_t sensors)
{
    static const char *const labels[] = {"imbalance", "misalignment", "bearing", "cavitation"};
    char id[AAS_ID_SIZE];
    char sensor[32];
    bool fault = aas_rng_below(rng, 100) < 3;
    const char *label = fault ? labels[aas_rng_below(rng, 4)] : "normal"; /* libbson's macro evaluates it twice */
    bson_t *d = bson_sized_new(512);
    int64_t at = T0 + i / sensors * 10000;
    (void)snprintf(sensor, sizeof sensor, "sensor-%04lld", (long long)(i % sensors));
    aas_id_derive(at, &i, sizeof i, id);
    BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_UTF8(d, "sensor_id", sensor);
    BSON_APPEND_DATE_TIME(d, "at", at);
    BSON_APPEND_UTF8(d, "state", fault ? "fault" : "normal");
    BSON_APPEND_UTF8(d, "label", label);
    BSON_APPEND_DOUBLE(d, "confidence", 0.5 + 0.5 * aas_rng_unit(rng));
    BSON_APPEND_BOOL(d, "is_anomaly", fault);
    BSON_APPEND_UTF8(d, "model", "v1");
    BSON_APPEND_UTF8(d, "role", "champion");
    BSON_APPEND_DATE_TIME(d, "received", at + 50);
    return d;
}

static int insert_all(struct aas_store *s, int64_t n, int64_t sensors, double *ret_s, struct aas_error *err)
{
    struct aas_rng rng;
    bson_t *docs[BATCH];
    int rc = 0;
    aas_rng_seed(&rng, 2);
    for (int64_t i = 0; i < n && rc == 0; i += BATCH) {
        for (int64_t k = 0; k < BATCH; k++)
            docs[k] = make_prediction(&rng, i + k, sensors);
        struct aas_mono start = aas_clock_mono();
        rc = aas_store_insert_many(s, AAS_COLL_PREDICTIONS, (const bson_t *const *)docs, BATCH, NULL, err);
        *ret_s += (double)aas_mono_diff_ns(aas_clock_mono(), start) / 1e9;
        for (int64_t k = 0; k < BATCH; k++)
            bson_destroy(docs[k]);
    }
    return rc;
}

struct shape {
    const char *name;
    struct aas_cond where[4];
    size_t n;
};

static int count_doc(const bson_t *doc, void *arg)
{
    int *n = arg;
    *n += doc->len > 0;
    return 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int time_shape(struct aas_store *s, const struct shape *shape, bool json, struct aas_error *err)
{
    static double us[QUERIES];
    int found = 0;
    int rc = 0;
    for (int i = 0; i < QUERIES && rc == 0; i++) {
        char next[AAS_STORE_CURSOR_BYTES];
        const struct aas_query q = {
            .where = shape->where, .n_where = shape->n, .sort = "at", .descending = true, .limit = 50};
        struct aas_mono start = aas_clock_mono();
        rc = aas_store_find(s, AAS_COLL_PREDICTIONS, &q, count_doc, &found, next, err);
        us[i] = (double)aas_mono_diff_ns(aas_clock_mono(), start) / 1e3;
    }
    qsort(us, QUERIES, sizeof us[0], by_value);
    (void)printf(json ? "{\"page\":\"%s\",\"documents\":%d,\"p50_us\":%.1f,\"p99_us\":%.1f}\n"
                      : "  %-44s %3d documents  %9.1f us p50  %9.1f us p99\n",
                 shape->name, found / QUERIES, us[QUERIES / 2], us[QUERIES * 99 / 100]);
    return rc;
}

int bench_predictions(struct aas_store *s, int64_t n, int64_t sensors, bool json, struct aas_error *err)
{
    const struct aas_cond sensor = {.field = "sensor_id", .value = AAS_V_STR("sensor-0003")};
    const struct aas_cond fault = {.field = "state", .value = AAS_V_STR("fault")};
    const struct aas_cond label = {.field = "label", .value = AAS_V_STR("bearing")};
    const struct aas_cond sure = {.field = "confidence", .op = AAS_OP_GE, .value = AAS_V_NUM(0.99)};
    const struct aas_cond surer = {.field = "confidence", .op = AAS_OP_GE, .value = AAS_V_NUM(0.999999)};
    const struct aas_cond never = {.field = "confidence", .op = AAS_OP_GE, .value = AAS_V_NUM(2)};
    const struct shape shapes[] = {
        {"newest", {{0}}, 0},
        {"of a sensor", {sensor}, 1},
        {"of a state", {fault}, 1},
        {"of a label and sensor", {label, sensor}, 2},
        {"min_confidence 0.99", {sure}, 1},
        {"min_confidence 0.999999: one in a million", {surer}, 1},
        {"min_confidence 2: none at all", {never}, 1},
        {"of a sensor, a state, min_confidence 0.99", {sensor, fault, sure}, 3},
    };
    double seconds = 0;
    int rc = insert_all(s, n, sensors, &seconds, err);
    if (rc == 0)
        (void)printf(json ? "{\"predictions\":%lld,\"per_s\":%.0f}\n" : "%lld predictions, %.0f inserted per second\n",
                     (long long)n, (double)n / seconds);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0] && rc == 0; i++)
        rc = time_shape(s, &shapes[i], json, err);
    return rc;
}
