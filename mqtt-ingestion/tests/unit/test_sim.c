/* aastreli-sim without a broker: options, fault orders, chance, payloads, tables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "aas/reading.h"
#include "aas/test_alloc.h"
#include "aas/test_dir.h"
#include "sim_link.h"
#include "sim_options.h"
#include "sim_table.h"

static int parse(struct sim_options *o, const char *const *args, struct aas_error *err)
{
    char *argv[24] = {(char *)(uintptr_t) "aastreli-sim"};
    int argc = 1;
    for (; args[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
    *o = (struct sim_options){.host = "envhost", .port = 1234, .username = "env", .password = "secret"};
    return sim_options_parse(o, argc, argv, err);
}

static void wrong_options_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *args[8];
        const char *says;
    } cases[] = {
        {{NULL}, "a command is needed"},
        {{"walk"}, "no such command: walk"},
        {{"replay"}, "needs a file"},
        {{"run", "x.csv"}, "takes no files: x.csv"},
        {{"run", "--rate", "0"}, "--rate 0: a number from 0.001 to 1000"},
        {{"run", "--rate", "ten"}, "--rate ten"},
        {{"run", "--sensors", "0"}, "--sensors 0"},
        {{"run", "--sensors", "-1"}, "--sensors -1"},
        {{"run", "--types", "pump,car"}, "--types pump,car"},
        {{"run", "--schedule", "never"}, "shifts or continuous"},
        {{"run", "--faults", "some"}, "none or auto"},
        {{"run", "--fault", "pump-01"}, "SENSOR:FAULT"},
        {{"run", "--fault", "pump-01:rust"}, "no fault 'rust'"},
        {{"run", "--fault", "pump-01:blockage:2"}, "severity '2'"},
        {{"run", "--fault", "pump-01:blockage:1:x"}, "start 'x'"},
        {{"run", "--speed", "2"}, "--speed goes with replay"},
        {{"replay", "a", "--rate", "2"}, "--rate goes with run"},
        {{"replay", "a", "--drop", "101"}, "--drop 101"},
        {{"replay", "a", "--drop", "60", "--late", "60"}, "more than 100 %"},
        {{"replay", "a", "--time", "2026-01-01"}, "--time 2026-01-01"},
        {{"replay", "a", "--sensor", "a/b"}, "--sensor a/b"},
        {{"replay", "a", "--limit", "0"}, "--limit 0"},
        {{"run", "--port", "70000"}, "--port 70000"},
        {{"run", "--qos", "2"}, "--qos 2"},
        {{"run", "--topic", "plant/x"}, "{sensor_id} must be in it"},
        {{"run", "--nonsense"}, "--nonsense"},
        {{"run", "--rate"}, "--rate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sim_options o;
        struct aas_error err = AAS_ERROR_NONE;
        int rc = parse(&o, cases[i].args, &err);
        if (rc != AAS_EINVAL || !strstr(err.msg, cases[i].says))
            fail_msg("case %zu: %d '%s', wanted '%s'", i, rc, err.msg, cases[i].says);
    }
}

static void options_arrive(void **state)
{
    (void)state;
    struct sim_options o;
    assert_int_equal(parse(&o,
                           (const char *const[]){"--seed", "9", "run", "--faults", "auto", "--sensors", "3", "--fault",
                                                 "pump-01:cavitation:0.5:10:60", NULL},
                           NULL),
                     0);
    assert_int_equal(o.command, SIM_RUN);
    assert_string_equal(o.host, "envhost");
    assert_int_equal(o.port, 1234);
    assert_string_equal(o.username, "env");
    assert_string_equal(o.password, "secret");
    assert_int_equal(o.seed, 9);
    assert_int_equal(o.sensors, 3);
    assert_true(o.faults_auto);
    assert_int_equal(o.n_faults, 1);
    assert_string_equal(o.faults[0].sensor, "pump-01");
    assert_int_equal(o.faults[0].fault, AAS_PLANT_CAVITATION);
    assert_true(o.faults[0].severity == 0.5 && o.faults[0].at_s == 10 && o.faults[0].for_s == 60);
    assert_int_equal(
        parse(&o,
              (const char *const[]){"replay", "a.csv", "--speed", "0", "b.csv", "--time", "2026-01-01T00:00:00Z",
                                    "--late", "5", "--late-by", "2.5", "--json", NULL},
              NULL),
        0);
    assert_int_equal(o.command, SIM_REPLAY);
    assert_int_equal(o.n_files, 2);
    assert_string_equal(o.files[1], "b.csv");
    assert_true(o.speed == 0 && o.json);
    assert_int_equal(o.time_mode, SIM_TIME_FROM);
    assert_int_equal(o.time_from_ms, 1767225600000);
    assert_int_equal(o.disorder.late_ms, 2500);
    assert_int_equal(parse(&o, (const char *const[]){"--help", NULL}, NULL), 0);
    assert_int_equal(o.command, SIM_HELP);
}

/* Over six hours each machine is healthy for most of the time, gets several faults, and only such as it can have. */
static void faults_come_and_go_by_themselves(void **state)
{
    (void)state;
    for (uint32_t index = 0; index < 8; index++) {
        struct sim_fault_auto a, twin;
        enum aas_plant_type type = (enum aas_plant_type)(index % AAS_PLANT__TYPE_COUNT);
        enum aas_plant_fault fault, present = AAS_PLANT_NORMAL, other;
        double severity, onset, s2, o2;
        unsigned faulty_s = 0, changes = 0;
        sim_fault_auto_init(&a, type, 5, index);
        sim_fault_auto_init(&twin, type, 5, index);
        for (unsigned t = 0; t < 6 * 3600; t++) {
            bool change = sim_fault_auto_next(&a, t, &fault, &severity, &onset);
            assert_int_equal(change, sim_fault_auto_next(&twin, t, &other, &s2, &o2));
            if (change) {
                assert_int_equal(fault, other);
                assert_true(aas_plant_fault_applies(type, fault));
                assert_true((present == AAS_PLANT_NORMAL) != (fault == AAS_PLANT_NORMAL));
                assert_true(fault == AAS_PLANT_NORMAL || (severity >= 0.6 && severity <= 1 && onset >= 10));
                present = fault;
                changes++;
            }
            faulty_s += present != AAS_PLANT_NORMAL;
        }
        assert_in_range(changes, 30, 250);
        assert_in_range(faulty_s, 6 * 360, 6 * 3600 / 2);
    }
}

static void a_payload_is_what_ingestion_reads(void **state)
{
    (void)state;
    AAS_AUTO_BUF struct aas_buf buf = AAS_BUF_INIT(4096);
    static const char *const channels[] = {"vibration_x", "temperature"};
    const double values[] = {1.5, NAN};
    const struct sim_reading r = {"pump-01", 1767225600001, 7, channels, values, 2};
    assert_int_equal(sim_payload(&buf, &r), 0);
    struct aas_reading_batch batch;
    assert_int_equal(aas_reading_batch_init(&batch, 4, 16), 0);
    assert_int_equal(aas_reading_decode(buf.data, buf.len, NULL, 0, &batch, NULL), 0);
    assert_int_equal(batch.len, 1);
    assert_int_equal(batch.readings[0].ts_ms, 1767225600001);
    assert_int_equal(batch.readings[0].seq, 7);
    assert_int_equal(batch.readings[0].count, 2);
    assert_true(batch.values[0].value == 1.5 && isnan(batch.values[1].value));
    aas_reading_batch_fini(&batch);
    assert_int_equal(sim_topic(&buf, "a/{sensor_id}/b/{sensor_id}", "x"), 0);
    assert_string_equal(aas_buf_str(&buf), "a/x/b/x");
}

static void load_text(struct sim_table **t, const char *text, bool gz, const char *sensor, int code, const char *says)
{
    char dir[AAS_TEST_PATH_BYTES], path[AAS_TEST_PATH_BYTES];
    struct aas_error err = AAS_ERROR_NONE;
    assert_int_equal(aas_test_dir_make(dir), 0);
    (void)aas_test_path(path, dir, "run.csv");
    if (gz) {
        gzFile f = gzopen(path, "wb");
        assert_int_equal(gzwrite(f, text, (unsigned)strlen(text)), (int)strlen(text));
        (void)gzclose(f);
    } else {
        assert_int_equal(aas_test_file_write(path, text, strlen(text)), 0);
    }
    int rc = sim_table_load(t, path, sensor, 0, &err);
    aas_test_dir_remove(dir);
    if (rc != code || (says && !strstr(err.msg, says)))
        fail_msg("%d '%s', wanted %d '%s' for: %s", rc, err.msg, code, says ? says : "", text);
}

static void tables_are_read(void **state)
{
    (void)state;
    static const char text[] = "timestamp,asset,a,b,label,note\n"
                               "2026-01-01T00:00:00Z,p1,1.5,-2e-3,normal,x\n"
                               "2026-01-01T00:00:01+00:00,p2,,NaN,normal,y\n"
                               "1767225602000,p1,3,4,fault,z";
    for (int gz = 0; gz < 2; gz++) {
        struct sim_table *t = NULL;
        load_text(&t, text, gz, NULL, 0, NULL);
        assert_int_equal(t->n_rows, 3);
        assert_int_equal(t->n_channels, 2);
        assert_string_equal(t->channels[1], "b");
        assert_int_equal(t->n_sensors, 2);
        assert_int_equal(t->rows[0].ts_ms, 1767225600000);
        assert_int_equal(t->rows[1].ts_ms, 1767225601000);
        assert_int_equal(t->rows[2].ts_ms, 1767225602000);
        assert_int_equal(t->rows[1].sensor, 1);
        assert_int_equal(t->rows[2].sensor, 0);
        assert_true(t->values[1] == -2e-3 && isnan(t->values[2]) && isnan(t->values[3]) && t->values[5] == 4);
        sim_table_destroy(t);
    }
    struct sim_table *t = NULL;
    load_text(&t, "timestamp,a\n5,1\n", false, "mine", 0, NULL);
    assert_string_equal(t->sensors[0], "mine");
    sim_table_destroy(t);
}

static void bad_tables_are_refused_with_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no rows"},
        {"timestamp,asset,a\n", "no rows"},
        {"time,asset,a\n1,x,2\n", "must be timestamp, not 'time'"},
        {"timestamp,a\n1,2\n", "name the sensor with --sensor"},
        {"timestamp,asset,label\n1,x,2\n", "no channel"},
        {"timestamp,asset,a b\n1,x,2\n", "channel's name"},
        {"timestamp,asset,a\n1,x,2\n2026-01-01,x,3\n", "line 3: not a time"},
        {"timestamp,asset,a\n1,x,2\n2,x,3,4\n3,x,1_0\n", "line 4: not a number"},
        {"timestamp,asset,a\n1,x\n", "too few columns"},
        {"timestamp,asset,a\n1,x/y,2\n", "not a sensor's name"},
        {"timestamp,asset,a\n1,x,\"2\n", "line 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sim_table *t = NULL;
        load_text(&t, cases[i].text, false, NULL, AAS_EPARSE, cases[i].says);
        assert_null(t);
    }
    struct sim_table *t = NULL;
    assert_int_equal(sim_table_load(&t, "/nonexistent.csv", NULL, 0, NULL), AAS_ENOENT);
}

static void a_truncated_gzip_file_is_refused(void **state)
{
    (void)state;
    char dir[AAS_TEST_PATH_BYTES], path[AAS_TEST_PATH_BYTES], line[64];
    struct aas_error err = AAS_ERROR_NONE;
    struct sim_table *t = NULL;
    size_t n;
    assert_int_equal(aas_test_dir_make(dir), 0);
    gzFile f = gzopen(aas_test_path(path, dir, "run.csv.gz"), "wb");
    (void)gzputs(f, "timestamp,asset,a\n");
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(line, sizeof line, "%d,x,%d\n", i, i * 7919 % 10007);
        (void)gzputs(f, line);
    }
    (void)gzclose(f);
    char *bytes = aas_test_file_read(path, &n);
    assert_int_equal(aas_test_file_write(path, bytes, n / 2), 0);
    assert_int_equal(sim_table_load(&t, path, NULL, 0, &err), AAS_EIO);
    assert_non_null(strstr(err.msg, "run.csv.gz"));
    assert_int_equal(aas_test_file_write(path, bytes, n), 0);
    assert_int_equal(sim_table_load(&t, path, NULL, 100, &err), 0);
    assert_int_equal(t->n_rows, 100); /* the limit */
    sim_table_destroy(t);
    bool failed = true;
    for (size_t k = 1; failed; k++) { /* whichever allocation fails; zlib's own are its own */
        t = NULL;
        aas_test_alloc_fail_once(k);
        int rc = sim_table_load(&t, path, NULL, 2000, NULL);
        failed = aas_test_alloc_reset();
        assert_int_equal(rc, failed ? AAS_ENOMEM : 0);
        sim_table_destroy(t);
    }
    free(bytes);
    aas_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(options_arrive),
        cmocka_unit_test(faults_come_and_go_by_themselves),
        cmocka_unit_test(a_payload_is_what_ingestion_reads),
        cmocka_unit_test(tables_are_read),
        cmocka_unit_test(bad_tables_are_refused_with_the_line),
        cmocka_unit_test(a_truncated_gzip_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
