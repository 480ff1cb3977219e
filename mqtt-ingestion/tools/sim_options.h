/* What aastreli-sim was asked to do. Parsing only: no file, no socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"
#include "plant.h"
#include "sim_disorder.h"
#include "sim_faults.h"

#define SIM_FAULTS_MAX 64

enum sim_command { SIM_HELP, SIM_VERSION, SIM_RUN, SIM_REPLAY };
enum sim_time_mode { SIM_TIME_NOW, SIM_TIME_ORIGINAL, SIM_TIME_FROM };

/** Strings are borrowed from argv and the defaults. */
struct sim_options {
    enum sim_command command;
    /* the broker */
    const char *host, *username, *password, *password_file, *ca, *cert, *key, *topic;
    uint16_t port;
    int qos;
    uint32_t inflight;
    int64_t connect_ms;
    /* output */
    bool json, quiet;
    uint64_t seed;
    /* run */
    uint32_t sensors;
    double rate_hz, duration_s;
    enum aas_plant_type types[AAS_PLANT__TYPE_COUNT];
    size_t n_types;
    enum aas_plant_schedule schedule;
    bool faults_auto;
    struct sim_fault_order faults[SIM_FAULTS_MAX];
    size_t n_faults;
    /* replay */
    const char *const *files;
    size_t n_files;
    const char *sensor;
    double speed; /* 0: as fast as acknowledged */
    size_t limit; /* rows of each file; 0: all */
    enum sim_time_mode time_mode;
    int64_t time_from_ms;
    struct sim_disorder disorder;
};

/** Parse; what o says of the broker on entry (from the environment) stays where no option overrides it. getopt permutes
 * argv. Errors: AAS_EINVAL with a sentence. */
int sim_options_parse(struct sim_options *o, int argc, char **argv, struct aas_error *err) AAS_MUST_CHECK;
extern const char sim_usage[];
