#include "sim_faults.h"

#include <string.h>

#include "aas/num.h"
#include "aas/str.h"

static int parse_number(struct aas_str part, const char *what, double min, double max, double *ret,
                        struct aas_error *err)
{
    double v;
    if (aas_num_parse_double(part.ptr, part.len, &v) != 0 || v < min || v > max)
        return aas_error_set(err, AAS_EINVAL, "--fault: %s '%.*s': a number from %g to %g", what, AAS_STR_ARG(part),
                             min, max);
    *ret = v;
    return 0;
}

int sim_fault_parse(const char *text, struct sim_fault_order *ret_order, struct aas_error *err)
{
    struct sim_fault_order o = {.severity = 0.8};
    struct aas_str rest = aas_str_from(text), parts[6];
    size_t n = 0;
    char name[64];
    while (n < 6 && aas_str_split(&rest, ':', &parts[n]))
        n++;
    if (n < 2 || n > 5 || parts[0].len == 0)
        return aas_error_set(err, AAS_EINVAL, "--fault '%.80s': SENSOR:FAULT[:SEVERITY[:AT[:FOR]]]", text);
    if (aas_str_copy(o.sensor, sizeof o.sensor, parts[0]) != 0)
        return aas_error_set(err, AAS_EINVAL, "--fault '%.80s': the sensor's name is too long", text);
    if (aas_str_copy(name, sizeof name, parts[1]) != 0 || aas_plant_fault_by_name(name, &o.fault) != 0)
        return aas_error_set(err, AAS_EINVAL, "--fault: no fault '%.*s'; see --help", AAS_STR_ARG(parts[1]));
    int rc = n > 2 ? parse_number(parts[2], "severity", 0, 1, &o.severity, err) : 0;
    if (!rc && n > 3)
        rc = parse_number(parts[3], "start", 0, 1e7, &o.at_s, err);
    if (!rc && n > 4)
        rc = parse_number(parts[4], "duration", 0, 1e7, &o.for_s, err);
    if (rc)
        return rc;
    *ret_order = o;
    return 0;
}

void sim_fault_auto_init(struct sim_fault_auto *a, enum aas_plant_type type, uint64_t seed, uint32_t index)
{
    *a = (struct sim_fault_auto){.type = type};
    aas_rng_seed_stream(&a->rng, seed, 0xFA000000u + index);
    /* the second machine of a plant falls ill soon, so that a demonstration has something to show */
    a->change_at_s = index == 1 ? 40 : aas_rng_range(&a->rng, 60, 480);
}

bool sim_fault_auto_next(struct sim_fault_auto *a, double now_s, enum aas_plant_fault *ret_fault, double *ret_severity,
                         double *ret_onset_s)
{
    if (now_s < a->change_at_s)
        return false;
    a->faulty = !a->faulty;
    if (!a->faulty) {
        *ret_fault = AAS_PLANT_NORMAL;
        *ret_severity = *ret_onset_s = 0;
        a->change_at_s = now_s + aas_rng_range(&a->rng, 120, 480);
        return true;
    }
    do
        *ret_fault = (enum aas_plant_fault)(1 + aas_rng_below(&a->rng, AAS_PLANT__FAULT_COUNT - 1));
    while (!aas_plant_fault_applies(a->type, *ret_fault));
    *ret_severity = aas_rng_range(&a->rng, 0.6, 1.0);
    *ret_onset_s = aas_rng_range(&a->rng, 10, 40);
    a->change_at_s = now_s + aas_rng_range(&a->rng, 60, 180);
    return true;
}
