/* The plant simulator's physics: what each fault must and must not do, inertia, determinism, ranges, schedule. */
#include "plant.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct aas_plant *make(enum aas_plant_type type, enum aas_plant_schedule schedule, uint64_t seed, uint32_t index)
{
    struct aas_plant_options opt = {.type = type, .schedule = schedule, .seed = seed, .index = index};
    struct aas_plant *p = NULL;
    assert_int_equal(aas_plant_create(&opt, &p), 0);
    return p;
}

static size_t channel(enum aas_plant_type type, const char *name)
{
    const struct aas_plant_type_info *info = aas_plant_type_info(type);
    for (size_t i = 0; i < info->channels_count; i++) {
        if (strcmp(info->channels[i].name, name) == 0)
            return i;
    }
    fail_msg("%s has no channel %s", info->name, name);
    return 0;
}

struct stats {
    double mean, sd;
};

/** One channel over 120 s, an hour after the fault is fully there. */
static struct stats settled(enum aas_plant_type type, enum aas_plant_fault fault, double severity, const char *name)
{
    struct aas_plant *p = make(type, AAS_PLANT_CONTINUOUS, 11, 3);
    assert_int_equal(aas_plant_set_fault(p, fault, severity, 30), 0);
    size_t c = channel(type, name);
    double sum = 0, squares = 0;
    struct aas_plant_sample s;
    assert_int_equal(aas_plant_step(p, 3600, &s), 0);
    for (int i = 0; i < 120; i++) {
        assert_int_equal(aas_plant_step(p, 1, &s), 0);
        sum += s.v[c];
        squares += s.v[c] * s.v[c];
    }
    aas_plant_destroy(p);
    double mean = sum / 120;
    return (struct stats){mean, sqrt(fmax(0, squares / 120 - mean * mean))};
}

struct effect {
    enum aas_plant_fault fault;
    enum aas_plant_type type;
    const char *channel;
    double least, most; /* full severity's mean by the healthy mean */
};

static const struct effect effects[] = {
    {AAS_PLANT_IMBALANCE, AAS_PLANT_PUMP, "vibration_x", 4.0, 12.0},
    {AAS_PLANT_IMBALANCE, AAS_PLANT_FAN, "vibration_x", 4.0, 12.0},
    {AAS_PLANT_MISALIGNMENT, AAS_PLANT_PUMP, "vibration_y", 4.0, 20.0},
    {AAS_PLANT_MISALIGNMENT, AAS_PLANT_MOTOR, "temperature", 1.1, 1.6},
    {AAS_PLANT_LOOSENESS, AAS_PLANT_COMPRESSOR, "vibration_x", 2.0, 10.0},
    {AAS_PLANT_BEARING_WEAR, AAS_PLANT_MOTOR, "vibration_hf", 5.0, 20.0},
    {AAS_PLANT_BEARING_WEAR, AAS_PLANT_FAN, "temperature", 1.3, 2.0},
    {AAS_PLANT_CAVITATION, AAS_PLANT_PUMP, "vibration_hf", 2.5, 8.0},
    {AAS_PLANT_CAVITATION, AAS_PLANT_PUMP, "pressure", 0.6, 0.95},
    {AAS_PLANT_SEAL_LEAK, AAS_PLANT_PUMP, "flow", 0.5, 0.8},
    {AAS_PLANT_SEAL_LEAK, AAS_PLANT_COMPRESSOR, "pressure", 0.7, 0.95},
    {AAS_PLANT_BLOCKAGE, AAS_PLANT_PUMP, "flow", 0.2, 0.6},
    {AAS_PLANT_BLOCKAGE, AAS_PLANT_PUMP, "pressure", 1.1, 1.4},
    {AAS_PLANT_BLOCKAGE, AAS_PLANT_FAN, "current", 0.6, 0.95},
    {AAS_PLANT_BLOCKAGE, AAS_PLANT_COMPRESSOR, "current", 1.1, 1.5},
    {AAS_PLANT_OVERHEATING, AAS_PLANT_MOTOR, "winding_temperature", 1.4, 2.2},
    {AAS_PLANT_OVERHEATING, AAS_PLANT_COMPRESSOR, "discharge_temperature", 1.2, 1.8},
    {AAS_PLANT_ELECTRICAL, AAS_PLANT_FAN, "current_imbalance", 8.0, 40.0},
    {AAS_PLANT_ELECTRICAL, AAS_PLANT_PUMP, "winding_temperature", 1.15, 2.0},
    {AAS_PLANT_BELT_SLIP, AAS_PLANT_FAN, "speed", 0.7, 0.95},
    {AAS_PLANT_BELT_SLIP, AAS_PLANT_MOTOR, "torque", 0.7, 0.97},
    {AAS_PLANT_SEAL_LEAK, AAS_PLANT_PUMP, "vibration_x", 0.95, 1.05}, /* a leak is quiet */
    {AAS_PLANT_OVERHEATING, AAS_PLANT_PUMP, "vibration_x", 0.999, 1.001},
    {AAS_PLANT_IMBALANCE, AAS_PLANT_PUMP, "current", 0.999, 1.001},
    {AAS_PLANT_BELT_SLIP, AAS_PLANT_FAN, "frequency", 0.999, 1.001}, /* the drive doesn't notice */
};

static void test_faults_act_where_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        const struct effect *e = &effects[i];
        double healthy = settled(e->type, AAS_PLANT_NORMAL, 0, e->channel).mean;
        double ratio = settled(e->type, e->fault, 1.0, e->channel).mean / healthy;
        if (!(ratio >= e->least && ratio <= e->most))
            fail_msg("%s of %s: %s is %.3f times its healthy value, expected %.3f to %.3f",
                     aas_plant_fault_info(e->fault)->name, aas_plant_type_info(e->type)->name, e->channel, ratio,
                     e->least, e->most);
    }
}

static void test_response_grows_with_severity(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        const struct effect *e = &effects[i];
        double sign = e->least > 1 ? 1 : -1;
        if (e->most > 1 && e->least < 1)
            continue; /* no response expected */
        double before = settled(e->type, AAS_PLANT_NORMAL, 0, e->channel).mean;
        for (double severity = 0.25; severity <= 1.0; severity += 0.25) {
            double now = settled(e->type, e->fault, severity, e->channel).mean;
            if (sign * (now - before) <= 0)
                fail_msg("%s of %s at %.2f: %s went from %.4f to %.4f", aas_plant_fault_info(e->fault)->name,
                         aas_plant_type_info(e->type)->name, severity, e->channel, before, now);
            before = now;
        }
    }
}

static void test_unsteady_faults_widen_the_spread(void **state)
{
    (void)state;
    struct stats healthy = settled(AAS_PLANT_PUMP, AAS_PLANT_NORMAL, 0, "flow");
    struct stats cavitating = settled(AAS_PLANT_PUMP, AAS_PLANT_CAVITATION, 1, "flow");
    assert_true(cavitating.sd > 1.8 * healthy.sd);
    assert_true(settled(AAS_PLANT_FAN, AAS_PLANT_LOOSENESS, 1, "vibration_x").sd >
                3 * settled(AAS_PLANT_FAN, AAS_PLANT_IMBALANCE, 1, "vibration_x").sd);
    assert_true(settled(AAS_PLANT_PUMP, AAS_PLANT_SENSOR_STUCK, 1, "vibration_x").sd < 1e-6);
    assert_true(settled(AAS_PLANT_PUMP, AAS_PLANT_SENSOR_STUCK, 1, "current").sd > 0.05);
}

static void test_affinity_laws(void **state)
{
    (void)state;
    struct aas_plant *p = make(AAS_PLANT_PUMP, AAS_PLANT_SHIFTS, 5, 0);
    size_t speed = channel(AAS_PLANT_PUMP, "speed"), flow = channel(AAS_PLANT_PUMP, "flow"),
           pressure = channel(AAS_PLANT_PUMP, "pressure");
    struct aas_plant_sample s;
    double fast[3] = {0}, slow[3] = {0};
    size_t fast_count = 0, slow_count = 0;
    for (int i = 0; i < 40000; i++) {
        assert_int_equal(aas_plant_step(p, 1, &s), 0);
        double n = s.v[speed];
        double *sum = n > 2500 ? fast : n > 1500 && n < 1900 ? slow : NULL;
        if (!sum)
            continue;
        sum[0] += n;
        sum[1] += s.v[flow];
        sum[2] += s.v[pressure];
        *(sum == fast ? &fast_count : &slow_count) += 1;
    }
    aas_plant_destroy(p);
    assert_true(fast_count > 100 && slow_count > 100);
    for (int i = 0; i < 3; i++)
        fast[i] = fast[i] / (double)fast_count / (slow[i] / (double)slow_count);
    assert_true(fabs(fast[1] / fast[0] - 1.0) < 0.05);             /* Q ~ n */
    assert_true(fabs(fast[2] / (fast[0] * fast[0]) - 1.0) < 0.08); /* H ~ n^2 */
}

static void test_temperatures_have_inertia(void **state)
{
    (void)state;
    size_t c = channel(AAS_PLANT_MOTOR, "winding_temperature");
    struct aas_plant *hot = make(AAS_PLANT_MOTOR, AAS_PLANT_CONTINUOUS, 9, 1);
    struct aas_plant *cool = make(AAS_PLANT_MOTOR, AAS_PLANT_CONTINUOUS, 9, 1);
    assert_int_equal(aas_plant_set_fault(hot, AAS_PLANT_OVERHEATING, 1, 0), 0);
    struct aas_plant_sample h, n;
    double rise[3];
    const double at_s[3] = {1, 60, 3600};
    double t = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(aas_plant_step(hot, at_s[i] - t, &h), 0);
        assert_int_equal(aas_plant_step(cool, at_s[i] - t, &n), 0);
        t = at_s[i];
        rise[i] = h.v[c] - n.v[c];
        if (i == 0)
            assert_int_equal(h.label, AAS_PLANT_NORMAL); /* nothing to be seen yet */
    }
    assert_true(rise[0] < 0.2);
    assert_true(rise[1] > 1.0 && rise[1] < 0.3 * rise[2]);
    assert_true(rise[2] > 25);
    assert_int_equal(h.label, AAS_PLANT_OVERHEATING);
    assert_int_equal(aas_plant_set_fault(hot, AAS_PLANT_NORMAL, 0, 0), 0);
    assert_int_equal(aas_plant_step(hot, 1, &h), 0);
    assert_true(h.v[c] - n.v[c] > 0.9 * rise[2]); /* repaired, and still hot */
    aas_plant_destroy(hot);
    aas_plant_destroy(cool);
}

static void test_onset_is_gradual(void **state)
{
    (void)state;
    struct aas_plant *p = make(AAS_PLANT_FAN, AAS_PLANT_CONTINUOUS, 2, 0);
    assert_int_equal(aas_plant_set_fault(p, AAS_PLANT_IMBALANCE, 0.8, 100), 0);
    struct aas_plant_sample s;
    double before = -1;
    for (int i = 1; i <= 100; i++) {
        assert_int_equal(aas_plant_step(p, 1, &s), 0);
        assert_true(s.severity > before);
        assert_true(fabs(s.severity - 0.8 * i * i / 10000.0) < 1e-9);
        assert_int_equal(s.label, s.severity >= AAS_PLANT_LABEL_SEVERITY ? AAS_PLANT_IMBALANCE : AAS_PLANT_NORMAL);
        before = s.severity;
    }
    assert_int_equal(aas_plant_step(p, 50, &s), 0);
    assert_true(fabs(s.severity - 0.8) < 1e-12);
    assert_int_equal(aas_plant_set_fault(p, AAS_PLANT_IMBALANCE, 0.4, 10), 0); /* mends gradually too */
    assert_int_equal(aas_plant_step(p, 5, &s), 0);
    assert_true(s.severity < 0.8 && s.severity > 0.4);
    assert_int_equal(aas_plant_set_fault(p, AAS_PLANT_BELT_SLIP, 1, 10), 0); /* another fault starts from nothing */
    assert_int_equal(aas_plant_step(p, 1, &s), 0);
    assert_true(s.severity < 0.02);
    aas_plant_destroy(p);
}

static void test_same_seed_same_numbers(void **state)
{
    (void)state;
    struct aas_plant *a = make(AAS_PLANT_COMPRESSOR, AAS_PLANT_SHIFTS, 42, 7);
    struct aas_plant *b = make(AAS_PLANT_COMPRESSOR, AAS_PLANT_SHIFTS, 42, 7);
    struct aas_plant *other_seed = make(AAS_PLANT_COMPRESSOR, AAS_PLANT_SHIFTS, 43, 7);
    struct aas_plant *other_index = make(AAS_PLANT_COMPRESSOR, AAS_PLANT_SHIFTS, 42, 8);
    struct aas_plant_sample x, y, z, w;
    for (int i = 0; i < 2000; i++) {
        double dt = i % 3 ? 0.1 : 7;
        assert_int_equal(aas_plant_step(a, dt, &x), 0);
        assert_int_equal(aas_plant_step(b, dt, &y), 0);
        assert_int_equal(aas_plant_step(other_seed, dt, &z), 0);
        assert_int_equal(aas_plant_step(other_index, dt, &w), 0);
        assert_memory_equal(x.v, y.v, x.n * sizeof x.v[0]);
        assert_int_equal(x.state, y.state);
        assert_true(x.v[3] != z.v[3] && x.v[3] != w.v[3]);
    }
    assert_true(aas_plant_elapsed_s(a) > 0 && aas_plant_elapsed_s(a) == aas_plant_elapsed_s(b));
    aas_plant_destroy(a);
    aas_plant_destroy(b);
    aas_plant_destroy(other_seed);
    aas_plant_destroy(other_index);
}

/** Every type with every fault through all operating states: finite, in range, all states reached. */
static void test_values_stay_in_their_ranges(void **state)
{
    (void)state;
    for (unsigned t = 0; t < AAS_PLANT__TYPE_COUNT; t++) {
        const struct aas_plant_type_info *info = aas_plant_type_info((enum aas_plant_type)t);
        unsigned states = 0;
        for (unsigned f = 0; f < AAS_PLANT__FAULT_COUNT; f++) {
            if (!aas_plant_fault_applies((enum aas_plant_type)t, (enum aas_plant_fault)f))
                continue;
            struct aas_plant *p = make((enum aas_plant_type)t, AAS_PLANT_SHIFTS, 1000 + f, t);
            assert_int_equal(aas_plant_set_fault(p, (enum aas_plant_fault)f, 1, 600), 0);
            for (int i = 0; i < 8000; i++) {
                struct aas_plant_sample s;
                assert_int_equal(aas_plant_step(p, i % 100 ? 1.0 : 0.05, &s), 0);
                states |= 1u << s.state;
                assert_int_equal(s.n, info->channels_count);
                assert_true(s.label == AAS_PLANT_NORMAL || s.label == f);
                for (size_t c = 0; c < s.n; c++) {
                    if (!(s.v[c] >= info->channels[c].min && s.v[c] <= info->channels[c].max))
                        fail_msg("%s, %s: %s = %g", info->name, aas_plant_fault_info((enum aas_plant_fault)f)->name,
                                 info->channels[c].name, s.v[c]);
                }
            }
            aas_plant_destroy(p);
        }
        assert_int_equal(states, (1u << AAS_PLANT__STATE_COUNT) - 1);
    }
}

static void test_stopped_machine_is_quiet_and_unlabelled(void **state)
{
    (void)state;
    struct aas_plant *p = make(AAS_PLANT_FAN, AAS_PLANT_SHIFTS, 77, 0);
    assert_int_equal(aas_plant_set_fault(p, AAS_PLANT_IMBALANCE, 1, 0), 0);
    struct aas_plant_sample s;
    int still = 0;
    for (int i = 0; i < 60000; i++) {
        assert_int_equal(aas_plant_step(p, 1, &s), 0);
        if (s.state != AAS_PLANT_STOPPED)
            continue;
        assert_int_equal(s.label, AAS_PLANT_NORMAL);
        if (s.v[channel(AAS_PLANT_FAN, "speed")] > 0)
            continue; /* coasting down */
        still++;
        assert_true(s.v[channel(AAS_PLANT_FAN, "vibration_x")] < 0.3);
        assert_true(s.v[channel(AAS_PLANT_FAN, "current")] < 0.01);
        assert_true(s.v[channel(AAS_PLANT_FAN, "flow")] < 0.01);
    }
    assert_true(still > 100);
    aas_plant_destroy(p);
}

/** Ten readings a second or one: the same machine on the average. */
static void test_rate_does_not_change_the_physics(void **state)
{
    (void)state;
    const double rates_s[2] = {1.0, 0.1};
    double end[2];
    for (int k = 0; k < 2; k++) {
        struct aas_plant *p = make(AAS_PLANT_PUMP, AAS_PLANT_CONTINUOUS, 3, 0);
        assert_int_equal(aas_plant_set_fault(p, AAS_PLANT_BEARING_WEAR, 0.8, 120), 0);
        struct aas_plant_sample s;
        for (double t = 0; t < 1200; t += rates_s[k])
            assert_int_equal(aas_plant_step(p, rates_s[k], &s), 0);
        end[k] = s.v[channel(AAS_PLANT_PUMP, "temperature")];
        aas_plant_destroy(p);
    }
    assert_true(fabs(end[0] - end[1]) < 4.0);
}

static void test_bad_arguments_are_refused(void **state)
{
    (void)state;
    struct aas_plant *p = NULL;
    struct aas_plant_options bad = {.type = AAS_PLANT__TYPE_COUNT};
    assert_int_equal(aas_plant_create(&bad, &p), -EINVAL);
    bad = (struct aas_plant_options){.schedule = AAS_PLANT__SCHEDULE_COUNT};
    assert_int_equal(aas_plant_create(&bad, &p), -EINVAL);
    assert_null(p);
    p = make(AAS_PLANT_MOTOR, AAS_PLANT_SHIFTS, 1, 1);
    assert_int_equal(aas_plant_set_fault(p, AAS_PLANT_CAVITATION, 0.5, 1), -ENOTSUP);
    assert_int_equal(aas_plant_set_fault(p, AAS_PLANT__FAULT_COUNT, 0.5, 1), -EINVAL);
    const double bad_severity[] = {-0.1, 1.1, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(aas_plant_set_fault(p, AAS_PLANT_IMBALANCE, bad_severity[i], 1), -EINVAL);
    assert_int_equal(aas_plant_set_fault(p, AAS_PLANT_IMBALANCE, 0.5, -1), -EINVAL);
    assert_int_equal(aas_plant_set_fault(p, AAS_PLANT_IMBALANCE, 0.5, NAN), -EINVAL);
    struct aas_plant_sample s;
    const double bad_dt[] = {0, -1, 3601, NAN};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(aas_plant_step(p, bad_dt[i], &s), -EINVAL);
    assert_true(aas_plant_elapsed_s(p) == 0);
    aas_plant_destroy(p);
    aas_plant_destroy(NULL);
}

static void test_names_and_tables(void **state)
{
    (void)state;
    assert_null(aas_plant_type_info(AAS_PLANT__TYPE_COUNT));
    assert_null(aas_plant_fault_info(AAS_PLANT__FAULT_COUNT));
    assert_null(aas_plant_state_name(AAS_PLANT__STATE_COUNT));
    enum aas_plant_type type;
    enum aas_plant_fault fault;
    for (unsigned t = 0; t < AAS_PLANT__TYPE_COUNT; t++) {
        const struct aas_plant_type_info *info = aas_plant_type_info((enum aas_plant_type)t);
        assert_int_equal(aas_plant_type_by_name(info->name, &type), 0);
        assert_int_equal(type, t);
        for (size_t c = 0; c < AAS_PLANT_COMMON_CHANNELS; c++)
            assert_string_equal(info->channels[c].name, aas_plant_type_info(AAS_PLANT_PUMP)->channels[c].name);
        for (size_t c = 0; c < info->channels_count; c++)
            assert_true(info->channels[c].min < info->channels[c].max && info->channels[c].description[0]);
    }
    for (unsigned f = 0; f < AAS_PLANT__FAULT_COUNT; f++) {
        const struct aas_plant_fault_info *info = aas_plant_fault_info((enum aas_plant_fault)f);
        assert_int_equal(aas_plant_fault_by_name(info->name, &fault), 0);
        assert_int_equal(fault, f);
        assert_true(info->types != 0 && info->description[0] && info->action[0]);
    }
    assert_int_equal(aas_plant_type_by_name("turbine", &type), -ENOENT);
    assert_int_equal(aas_plant_fault_by_name("", &fault), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_act_where_they_should),
        cmocka_unit_test(test_response_grows_with_severity),
        cmocka_unit_test(test_unsteady_faults_widen_the_spread),
        cmocka_unit_test(test_affinity_laws),
        cmocka_unit_test(test_temperatures_have_inertia),
        cmocka_unit_test(test_onset_is_gradual),
        cmocka_unit_test(test_same_seed_same_numbers),
        cmocka_unit_test(test_values_stay_in_their_ranges),
        cmocka_unit_test(test_stopped_machine_is_quiet_and_unlabelled),
        cmocka_unit_test(test_rate_does_not_change_the_physics),
        cmocka_unit_test(test_bad_arguments_are_refused),
        cmocka_unit_test(test_names_and_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
