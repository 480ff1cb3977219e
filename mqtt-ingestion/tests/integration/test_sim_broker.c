/* aastreli-sim against a real mosquitto: what arrives, how often, and in which order. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "aas/buf.h"
#include "aas/json.h"
#include "aas/mqtt.h"
#include "aas/reading.h"
#include "aas/test_broker.h"
#include "aas/test_dir.h"
#include "aas/test_proc.h"
#include "aas/test_wait.h"

#define SENSORS 8
#define ROWS    300

struct got {
    char id[AAS_READING_MAX_NAME_BYTES + 1];
    unsigned n, repeats; /* messages; those with a seq that came already */
    unsigned backward;   /* seq below the newest */
    int64_t newest_seq, first_ts, last_ts;
    int64_t same_ts; /* other seq, same time as the one before */
    uint8_t seen[100000];
};

struct fixture {
    struct aas_test_broker *b;
    struct aas_mqtt *sub;
    struct aas_reading_batch batch;
    struct got *got; /* [SENSORS]; the client's thread's */
    _Atomic unsigned total, bad;
    char port[8], dir[AAS_TEST_PATH_BYTES], csv[AAS_TEST_PATH_BYTES];
    struct aas_test_proc *p;
};

static struct got *find(struct fixture *f, const char *id, size_t len)
{
    for (size_t i = 0; i < SENSORS; i++) {
        if (f->got[i].n == 0 && len < sizeof f->got[i].id) {
            memcpy(f->got[i].id, id, len);
            f->got[i].newest_seq = -1;
            return &f->got[i];
        }
        if (strlen(f->got[i].id) == len && memcmp(f->got[i].id, id, len) == 0)
            return &f->got[i];
    }
    return NULL;
}

static void on_message(void *ctx, const struct aas_mqtt_message *msg)
{
    struct fixture *f = ctx;
    char topic[200];
    const struct aas_reading *r = f->batch.readings;
    if (aas_reading_decode(msg->payload, msg->len, NULL, 0, &f->batch, NULL) != 0 || f->batch.len != 1 || r->seq < 0 ||
        r->seq >= 100000) {
        f->bad++;
        return;
    }
    struct got *g = find(f, r->sensor_id, r->sensor_id_len);
    (void)snprintf(topic, sizeof topic, "aastreli/sensors/%.*s/data", (int)r->sensor_id_len, r->sensor_id);
    if (!g || strcmp(topic, msg->topic) != 0) {
        f->bad++;
        return;
    }
    g->repeats += g->seen[r->seq];
    g->backward += !g->seen[r->seq] && r->seq < g->newest_seq;
    g->same_ts += g->n > 0 && !g->seen[r->seq] && r->ts_ms == g->last_ts;
    g->first_ts = g->n == 0 ? r->ts_ms : g->first_ts;
    g->last_ts = r->ts_ms;
    g->seen[r->seq] = 1;
    g->newest_seq = r->seq > g->newest_seq ? r->seq : g->newest_seq;
    g->n++;
    f->total++;
}

static int setup(void **state)
{
    static const struct aas_mqtt_filter filter = {"aastreli/sensors/+/data", 1};
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    *state = f;
    f->got = calloc(SENSORS, sizeof *f->got);
    if (!f->got || aas_reading_batch_init(&f->batch, 4, 64) != 0 || aas_test_dir_make(f->dir) != 0 ||
        aas_test_broker_start(&f->b, NULL, NULL) != 0)
        return -1;
    (void)snprintf(f->port, sizeof f->port, "%u", aas_test_broker_port(f->b));
    const struct aas_mqtt_config c = {.port = aas_test_broker_port(f->b),
                                      .client_id = "watcher",
                                      .persistent = true,
                                      .filters = &filter,
                                      .n_filters = 1,
                                      .backoff_max_ms = 200,
                                      .callbacks = {.on_message = on_message},
                                      .ctx = f};
    if (aas_mqtt_create(&f->sub, &c, NULL) != 0 || aas_mqtt_start(f->sub, NULL) != 0)
        return -1;
    return AAS_TEST_WAIT(10000, aas_mqtt_state_of(f->sub) == AAS_MQTT_READY) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aas_test_proc_destroy(f->p);
    aas_mqtt_destroy(f->sub);
    aas_test_broker_destroy(f->b);
    aas_reading_batch_fini(&f->batch);
    aas_test_dir_remove(f->dir);
    free(f->got);
    free(f);
    return 0;
}

static void spawn(struct fixture *f, const char *const *args)
{
    char bin[512], port[32];
    const char *argv[24] = {aas_test_bin(bin, "aastreli-sim")};
    size_t n = 1;
    for (; args[n - 1]; n++)
        argv[n] = args[n - 1];
    (void)snprintf(port, sizeof port, "AAS_MQTT_PORT=%s", f->port);
    const char *const env[] = {port, NULL};
    assert_int_equal(aas_test_proc_spawn(&f->p, argv, env, NULL), 0);
}

/* Wait for its end; the exit code, and the summary's number under key (-1: none). */
static int finish(struct fixture *f, json_t **ret_summary)
{
    int code = aas_test_proc_wait(f->p, 60000);
    char *out = aas_test_proc_stdout(f->p);
    assert_non_null(out);
    *ret_summary = NULL;
    if (*out && aas_json_parse(out, strlen(out), 0, 0, ret_summary, NULL) != 0)
        fail_msg("not a summary: %s", out);
    free(out);
    return code;
}

static int64_t figure(const json_t *summary, const char *key)
{
    const json_t *v = json_object_get(summary, key);
    assert_true(json_is_integer(v));
    return json_integer_value(v);
}

static void write_csv(struct fixture *f)
{
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(1 << 20);
    (void)aas_buf_append_str(&text, "timestamp,asset,a,b,label\n");
    for (int i = 0; i < ROWS; i++)
        (void)aas_buf_printf(&text, "2020-03-09T12:%02d:%02dZ,loop-1,%d,%s,normal\n", i / 60, i % 60, i,
                             i % 10 ? "0.5" : "");
    assert_int_equal(aas_test_file_write(aas_test_path(f->csv, f->dir, "run.csv"), text.data, text.len), 0);
}

static void a_plant_runs_for_its_time(void **state)
{
    struct fixture *f = *state;
    AAS_AUTO_JSON json_t *s = NULL;
    spawn(f, (const char *const[]){"run", "--sensors", "4", "--rate", "50", "--duration", "2", "--faults", "auto",
                                   "--json", NULL});
    assert_int_equal(finish(f, &s), 0);
    assert_int_equal(figure(s, "published"), 400);
    assert_int_equal(figure(s, "acked"), 400);
    assert_true(AAS_TEST_WAIT(10000, f->total == 400));
    static const char *const ids[] = {"pump-01", "fan-02", "motor-03", "compressor-04"};
    for (size_t i = 0; i < 4; i++) {
        const struct got *g = &f->got[i];
        assert_string_equal(g->id, ids[i]);
        assert_int_equal(g->n, 100);
        assert_int_equal(g->repeats + g->backward, 0);
        assert_int_equal(g->same_ts, 0);
        assert_in_range(g->last_ts - g->first_ts, 1979, 1981); /* 99 intervals of 20 ms */
    }
    assert_int_equal(f->bad, 0);
}

static void sigterm_ends_it_with_all_acknowledged(void **state)
{
    struct fixture *f = *state;
    AAS_AUTO_JSON json_t *s = NULL;
    spawn(f, (const char *const[]){"run", "--sensors", "2", "--rate", "20", "--json", "--quiet", NULL});
    assert_true(AAS_TEST_WAIT(10000, f->total > 10));
    assert_int_equal(aas_test_proc_kill(f->p, SIGTERM), 0);
    assert_int_equal(finish(f, &s), 0);
    assert_int_equal(figure(s, "published"), figure(s, "acked"));
    assert_true(AAS_TEST_WAIT(10000, f->total == (unsigned)figure(s, "acked")));
}

static void it_goes_on_through_restarts_of_the_broker(void **state)
{
    struct fixture *f = *state;
    AAS_AUTO_JSON json_t *s = NULL;
    spawn(f, (const char *const[]){"run", "--sensors", "2", "--rate", "200", "--duration", "4", "--json", NULL});
    for (unsigned i = 1; i <= 3; i++) {
        unsigned before = f->total;
        assert_true(AAS_TEST_WAIT(10000, f->total > before + 100));
        assert_int_equal(aas_test_broker_restart(f->b, false, NULL), 0);
    }
    assert_int_equal(finish(f, &s), 0);
    assert_int_equal(figure(s, "published"), 1600);
    assert_int_equal(figure(s, "acked"), 1600);
    assert_true(figure(s, "connects") > 1);
    assert_true(AAS_TEST_WAIT(10000, f->total - f->got[0].repeats - f->got[1].repeats == 1600));
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 800; k++)
            assert_int_equal(f->got[i].seen[k], 1);
}

static void a_file_arrives_row_by_row(void **state)
{
    struct fixture *f = *state;
    AAS_AUTO_JSON json_t *s = NULL;
    write_csv(f);
    spawn(f, (const char *const[]){"replay", f->csv, "--speed", "0", "--json", NULL});
    assert_int_equal(finish(f, &s), 0);
    assert_int_equal(figure(s, "acked"), ROWS);
    assert_true(AAS_TEST_WAIT(10000, f->total == ROWS));
    const struct got *g = &f->got[0];
    assert_string_equal(g->id, "loop-1");
    assert_int_equal(g->repeats + g->backward, 0);
    assert_int_equal(g->last_ts - g->first_ts, (ROWS - 1) * 1000); /* spacing kept, moved to now */
    int64_t age = aas_clock_wall_ms() - g->last_ts;
    assert_true(age >= 0 && age < 60000);
}

static void original_times_and_speed_are_kept(void **state)
{
    struct fixture *f = *state;
    AAS_AUTO_JSON json_t *s = NULL;
    write_csv(f);
    int64_t begin = aas_test_real_ns();
    spawn(f, (const char *const[]){"replay", f->csv, "--speed", "300", "--time", "original", "--sensor", "mine",
                                   "--json", NULL});
    assert_int_equal(finish(f, &s), 0);
    assert_true(aas_test_real_ns() - begin > 990000000); /* 299 s at 300 times real time */
    assert_true(AAS_TEST_WAIT(10000, f->total == ROWS));
    assert_string_equal(f->got[0].id, "mine");
    assert_int_equal(f->got[0].first_ts, 1583755200000);
}

static void disorder_arrives_as_planned(void **state)
{
    struct fixture *f = *state;
    AAS_AUTO_JSON json_t *s = NULL;
    write_csv(f);
    spawn(f, (const char *const[]){"replay", f->csv, "--speed", "0", "--out-of-order", "10", "--late", "5",
                                   "--duplicates", "8", "--drop", "3", "--seed", "11", "--json", NULL});
    assert_int_equal(finish(f, &s), 0);
    int64_t dropped = figure(s, "dropped"), duplicates = figure(s, "duplicates");
    assert_true(dropped > 0 && duplicates > 0 && figure(s, "late") > 0 && figure(s, "out_of_order") > 0);
    assert_int_equal(figure(s, "unique"), ROWS - dropped);
    assert_int_equal(figure(s, "published"), ROWS - dropped + duplicates);
    assert_int_equal(figure(s, "acked"), figure(s, "published"));
    assert_true(AAS_TEST_WAIT(10000, f->total == (unsigned)figure(s, "published")));
    assert_int_equal(f->got[0].repeats, duplicates);
    assert_true(f->got[0].backward > 0);
}

static void failures_exit_with_1_and_wrong_use_with_2(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *args[6];
        int code;
        const char *says;
    } cases[] = {
        {{"replay", "/nonexistent.csv"}, 1, "cannot open /nonexistent.csv"},
        {{"run", "--port", "1", "--connect-timeout", "0.3"}, 1, "no connection to 127.0.0.1:1: "},
        {{"run", "--fault", "pump-09:blockage"}, 2, "there is no machine pump-09"},
        {{"run", "--fault", "pump-01:belt_slip"}, 2, "a pump cannot have belt_slip"},
        {{"run", "--rate", "x"}, 2, "--rate x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spawn(f, cases[i].args);
        int code = aas_test_proc_wait(f->p, 20000);
        char *text = aas_test_proc_stderr(f->p);
        if (code != cases[i].code || !strstr(text, cases[i].says))
            fail_msg("case %zu: exit %d, '%s'", i, code, text);
        free(text);
        aas_test_proc_destroy(f->p);
        f->p = NULL;
    }
    assert_int_equal(f->total, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_plant_runs_for_its_time),
        T(sigterm_ends_it_with_all_acknowledged),
        T(it_goes_on_through_restarts_of_the_broker),
        T(a_file_arrives_row_by_row),
        T(original_times_and_speed_are_kept),
        T(disorder_arrives_as_planned),
        T(failures_exit_with_1_and_wrong_use_with_2),
    };
    if (!aas_test_broker_available()) {
        puts("SKIPPED: mosquitto is not installed");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
