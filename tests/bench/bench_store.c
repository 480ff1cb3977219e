/* Measures the store: rows per second into sensor_data (buckets of 60 rows x 8 channels, 100 documents per insert, as
 * ingestion writes them) and the newest-window query at that size; with --predictions also the pages of GET
 * /predictions. Not a test: figures depend on the machine. bench_store [--rows N] [--sensors N] [--predictions N]
 * [--url URL] [--json] Without --url a fresh SQLite file under $TMPDIR, which is removed at the end. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "aas/clock.h"
#include "aas/num.h"
#include "aas/rng.h"
#include "aas/store.h"
#include "aas/test_dir.h"
#include "bench_store.h"

#define BUCKET_ROWS 60
#define CHANNELS    8
#define BATCH       100
#define QUERIES     2000
#define T0          INT64_C(1700000000000)

struct options {
    int64_t rows, sensors, predictions;
    const char *url;
    bool json;
};

static double seconds_since(struct aas_mono start)
{
    return (double)aas_mono_diff_ns(aas_clock_mono(), start) / 1e9;
}

static double cpu_seconds(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static bson_t *make_bucket(struct aas_rng *rng, int64_t sensor, int64_t k)
{
    static const char *const names[CHANNELS] = {"vibration_x", "vibration_y", "temperature", "pressure",
                                                "flow",        "current",     "speed",       "load"};
    char id[96];
    char sensor_id[32];
    bson_t list;
    bson_t v;
    const char *key;
    char number[16];
    int64_t start = T0 + k * BUCKET_ROWS * 1000;
    bson_t *d = bson_sized_new(8192);
    (void)snprintf(sensor_id, sizeof sensor_id, "sensor-%04lld", (long long)sensor);
    (void)snprintf(id, sizeof id, "%s:%lld:%lld", sensor_id, (long long)start, (long long)k);
    BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_UTF8(d, "sensor_id", sensor_id);
    BSON_APPEND_DATE_TIME(d, "start", start);
    BSON_APPEND_DATE_TIME(d, "end", start + (BUCKET_ROWS - 1) * 1000);
    BSON_APPEND_INT32(d, "n", BUCKET_ROWS);
    BSON_APPEND_DATE_TIME(d, "received", start + BUCKET_ROWS * 1000);
    BSON_APPEND_ARRAY_BEGIN(d, "t", &list);
    for (uint32_t i = 0; i < BUCKET_ROWS; i++) {
        size_t n = bson_uint32_to_string(i, &key, number, sizeof number);
        bson_append_int64(&list, key, (int)n, start + i * 1000);
    }
    bson_append_array_end(d, &list);
    BSON_APPEND_DOCUMENT_BEGIN(d, "v", &v);
    for (size_t c = 0; c < CHANNELS; c++) {
        BSON_APPEND_ARRAY_BEGIN(&v, names[c], &list);
        for (uint32_t i = 0; i < BUCKET_ROWS; i++) {
            size_t n = bson_uint32_to_string(i, &key, number, sizeof number);
            bson_append_double(&list, key, (int)n, aas_rng_normal(rng));
        }
        bson_append_array_end(&v, &list);
    }
    bson_append_document_end(d, &v);
    return d;
}

struct inserted {
    double wall_s, cpu_s; /* of the inserts alone, without making the documents */
    int64_t rows;
};

static int insert_rows(struct aas_store *s, const struct options *o, struct inserted *ret, struct aas_error *err)
{
    struct aas_rng rng;
    bson_t *docs[BATCH];
    int rc = 0;
    int64_t bucket = 0;
    aas_rng_seed(&rng, 1);
    while (ret->rows < o->rows && rc == 0) {
        for (size_t i = 0; i < BATCH; i++, bucket++)
            docs[i] = make_bucket(&rng, bucket % o->sensors, bucket / o->sensors);
        struct aas_mono start = aas_clock_mono();
        double cpu = cpu_seconds();
        rc = aas_store_insert_many(s, AAS_COLL_SENSOR_DATA, (const bson_t *const *)docs, BATCH, NULL, err);
        ret->wall_s += seconds_since(start);
        ret->cpu_s += cpu_seconds() - cpu;
        ret->rows += (int64_t)BATCH * BUCKET_ROWS;
        for (size_t i = 0; i < BATCH; i++)
            bson_destroy(docs[i]);
    }
    return rc;
}

static int count_rows(const bson_t *doc, void *arg)
{
    int64_t *rows = arg;
    *rows += aas_doc_int(doc, "n", 0);
    return 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The newest 10 buckets of one sensor after the other; microseconds, sorted. */
static int query_newest(struct aas_store *s, const struct options *o, double *ret_us, struct aas_error *err)
{
    int rc = 0;
    for (int64_t i = 0; i < QUERIES && rc == 0; i++) {
        char sensor_id[32];
        int64_t rows = 0;
        (void)snprintf(sensor_id, sizeof sensor_id, "sensor-%04lld", (long long)(i % o->sensors));
        const struct aas_cond where[] = {{.field = "sensor_id", .value = AAS_V_STR(sensor_id)}};
        const struct aas_query q = {.where = where, .n_where = 1, .sort = "end", .descending = true, .limit = 10};
        struct aas_mono start = aas_clock_mono();
        rc = aas_store_find(s, AAS_COLL_SENSOR_DATA, &q, count_rows, &rows, NULL, err);
        ret_us[i] = seconds_since(start) * 1e6;
        if (rc == 0 && rows == 0)
            rc = aas_error_set(err, AAS_ENOENT, "%s has no rows", sensor_id);
    }
    qsort(ret_us, QUERIES, sizeof *ret_us, by_value);
    return rc;
}

static int run(struct aas_store *s, const struct options *o, struct aas_error *err)
{
    struct inserted in = {0};
    static double us[QUERIES];
    int rc = aas_store_ensure(s, err);
    if (rc == 0 && o->predictions > 0)
        return bench_predictions(s, o->predictions, o->sensors, o->json, err);
    if (rc == 0)
        rc = insert_rows(s, o, &in, err);
    if (rc == 0)
        rc = query_newest(s, o, us, err);
    if (rc != 0)
        return rc;
    if (o->json)
        printf("{\"driver\":\"%s\",\"rows\":%lld,\"rows_per_s\":%.0f,\"rows_per_cpu_s\":%.0f,\"newest_p50_us\":%.1f,"
               "\"newest_p99_us\":%.1f}\n",
               aas_store_driver(s), (long long)in.rows, (double)in.rows / in.wall_s, (double)in.rows / in.cpu_s,
               us[QUERIES / 2], us[QUERIES * 99 / 100]);
    else
        printf("store (%s): %lld rows of %d channels\n  insert        %8.0f rows/s   %8.0f rows per CPU second\n"
               "  newest window %8.1f us p50   %8.1f us p99 (10 buckets of 60 rows)\n",
               aas_store_driver(s), (long long)in.rows, CHANNELS, (double)in.rows / in.wall_s,
               (double)in.rows / in.cpu_s, us[QUERIES / 2], us[QUERIES * 99 / 100]);
    return 0;
}

static bool read_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {{"rows", required_argument, NULL, 'r'},
                                          {"sensors", required_argument, NULL, 's'},
                                          {"predictions", required_argument, NULL, 'p'},
                                          {"url", required_argument, NULL, 'u'},
                                          {"json", no_argument, NULL, 'j'},
                                          {0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        int rc = 0;
        if (c == 'r')
            rc = aas_num_parse_i64(optarg, strlen(optarg), &o->rows);
        else if (c == 's')
            rc = aas_num_parse_i64(optarg, strlen(optarg), &o->sensors);
        else if (c == 'p')
            rc = aas_num_parse_i64(optarg, strlen(optarg), &o->predictions);
        else if (c == 'u')
            o->url = optarg;
        else if (c == 'j')
            o->json = true;
        else
            return false;
        if (rc != 0 || o->rows < 1 || o->sensors < 1 || o->predictions < 0)
            return false;
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    struct options o = {.rows = 600000, .sensors = 16};
    struct aas_error err = AAS_ERROR_NONE;
    struct aas_store *s = NULL;
    char dir[AAS_TEST_PATH_BYTES] = "";
    char url[AAS_TEST_PATH_BYTES + 32];
    if (!read_options(argc, argv, &o)) {
        (void)fprintf(stderr, "usage: bench_store [--rows N] [--sensors N] [--predictions N] [--url URL] [--json]\n");
        return 2;
    }
    if (!o.url) {
        if (aas_test_dir_make(dir) != 0)
            return 1;
        (void)snprintf(url, sizeof url, "sqlite:%s/bench.db", dir);
        o.url = url;
    }
    int rc = aas_store_open(&s, o.url, &err);
    if (rc == 0)
        rc = run(s, &o, &err);
    if (rc != 0)
        (void)fprintf(stderr, "bench_store: %s\n", aas_error_text(&err, rc));
    aas_store_close(s);
    if (dir[0] != '\0')
        aas_test_dir_remove(dir);
    return rc == 0 ? 0 : 1;
}
