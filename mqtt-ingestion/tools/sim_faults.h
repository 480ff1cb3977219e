/* When which machine has which fault: told by options, or coming and going by themselves. Pure; deterministic by seed.
 * User: aastreli-sim run. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"
#include "aas/rng.h"
#include "plant.h"

#define SIM_ID_BYTES 65

/** "SENSOR:FAULT[:SEVERITY[:AT[:FOR]]]": from AT seconds on, for FOR seconds (0: for good). */
struct sim_fault_order {
    char sensor[SIM_ID_BYTES];
    enum aas_plant_fault fault;
    double severity, at_s, for_s;
};

/** Errors: AAS_EINVAL with a sentence. */
int sim_fault_parse(const char *text, struct sim_fault_order *ret_order, struct aas_error *err) AAS_MUST_CHECK;

/** The faults of one machine that come by themselves: healthy for 1 to 8 minutes, then one of its faults for 1 to 3. */
struct sim_fault_auto {
    struct aas_rng rng;
    enum aas_plant_type type;
    double change_at_s;
    bool faulty;
};

void sim_fault_auto_init(struct sim_fault_auto *a, enum aas_plant_type type, uint64_t seed, uint32_t index);
/** Is it time for a change? Then what the machine has from now on, and how it develops. */
bool sim_fault_auto_next(struct sim_fault_auto *a, double now_s, enum aas_plant_fault *ret_fault, double *ret_severity,
                         double *ret_onset_s);
