/* Plant simulator: rotating machines with the physics that a maintenance engineer looks for, as a pure library. Users:
 * aastreli-sim, POST /simulate, training of the demo model. One `aas_plant` is one sensor on one machine; it owns no
 * thread, clock, file or global: the same (type, seed, index, calls) gives the same numbers. Not thread-safe per
 * object; different objects are independent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Channels that every machine type has, first and in the same order: a model for all types can use exactly these. */
#define AAS_PLANT_COMMON_CHANNELS 10
/** No type has more channels than this. */
#define AAS_PLANT_CHANNELS_MAX 13
/** From this severity on a fault counts as the true label of a sample; below, nothing could be seen in the signals. */
#define AAS_PLANT_LABEL_SEVERITY 0.15

enum aas_plant_type {
    AAS_PLANT_PUMP,       /* centrifugal pump, coupled, variable speed */
    AAS_PLANT_MOTOR,      /* induction motor on a belt conveyor */
    AAS_PLANT_FAN,        /* belt-driven centrifugal fan */
    AAS_PLANT_COMPRESSOR, /* belt-driven screw compressor */
    AAS_PLANT__TYPE_COUNT
};

enum aas_plant_fault {
    AAS_PLANT_NORMAL, /* no fault */
    AAS_PLANT_IMBALANCE,
    AAS_PLANT_MISALIGNMENT,
    AAS_PLANT_LOOSENESS,
    AAS_PLANT_BEARING_WEAR,
    AAS_PLANT_CAVITATION, /* pump */
    AAS_PLANT_SEAL_LEAK,  /* pump, compressor */
    AAS_PLANT_BLOCKAGE,   /* pump, fan, compressor */
    AAS_PLANT_OVERHEATING,
    AAS_PLANT_ELECTRICAL,
    AAS_PLANT_BELT_SLIP, /* motor, fan, compressor */
    AAS_PLANT_SENSOR_STUCK,
    AAS_PLANT__FAULT_COUNT
};

enum aas_plant_state {
    AAS_PLANT_STOPPED,
    AAS_PLANT_STARTING,
    AAS_PLANT_RUNNING,
    AAS_PLANT_IDLE, /* turning with the process unloaded */
    AAS_PLANT__STATE_COUNT
};

enum aas_plant_schedule {
    AAS_PLANT_SHIFTS,     /* runs, idles, stops and starts again, like production does */
    AAS_PLANT_CONTINUOUS, /* runs on with a varying load; for demonstrations of a fault */
    AAS_PLANT__SCHEDULE_COUNT
};

/** A measured quantity. min and max are the transmitter's range: a sample never leaves it. */
struct aas_plant_channel {
    const char *name;        /* as in MQTT readings */
    const char *unit;        /* as shown to people: mm/s, degC, … */
    const char *description; /* one sentence */
    double min, max;
};

struct aas_plant_type_info {
    const char *name; /* pump, motor, fan, compressor */
    const char *description;
    const struct aas_plant_channel *channels;
    size_t channels_count; /* AAS_PLANT_COMMON_CHANNELS … AAS_PLANT_CHANNELS_MAX */
};

struct aas_plant_fault_info {
    const char *name;        /* the label that models use: normal, imbalance, … */
    const char *description; /* cause, and what shows it */
    const char *action;      /* what maintenance would do */
    uint32_t types;          /* bit (1u << enum aas_plant_type) of each machine type that can have it */
};

struct aas_plant_options {
    enum aas_plant_type type;
    enum aas_plant_schedule schedule;
    uint64_t seed;  /* of the plant */
    uint32_t index; /* of the sensor in the plant: each has its own tolerances, load and noise */
};

/** One reading of all channels, with the truth that only a simulator knows. */
struct aas_plant_sample {
    enum aas_plant_state state;
    enum aas_plant_fault label; /* what a classifier ought to say now: the fault while it can show, else NORMAL */
    double severity;            /* 0..1, as developed so far */
    size_t n;                   /* channels of the type */
    double v[AAS_PLANT_CHANNELS_MAX];
};

struct aas_plant;

/** Description of a machine type, with its channels in the order of `aas_plant_sample.v`. Static storage; NULL when
 *  `type` is out of range. */
const struct aas_plant_type_info *aas_plant_type_info(enum aas_plant_type type);

/** Description of a fault. Static storage; NULL when `fault` is out of range. */
const struct aas_plant_fault_info *aas_plant_fault_info(enum aas_plant_fault fault);

/** Name of an operating state (stopped, starting, running, idle); NULL when out of range. */
const char *aas_plant_state_name(enum aas_plant_state state);

/** Type or fault by name (borrows). 0, or -ENOENT and the output untouched. */
__attribute__((warn_unused_result)) int aas_plant_type_by_name(const char *name, enum aas_plant_type *ret_type);
__attribute__((warn_unused_result)) int aas_plant_fault_by_name(const char *name, enum aas_plant_fault *ret_fault);

/** Whether a machine of this type can have the fault; NORMAL applies to all. */
bool aas_plant_fault_applies(enum aas_plant_type type, enum aas_plant_fault fault);

/** Make a sensor. It starts RUNNING at operating temperature, so that it is useful from its first sample.
 *  opt: borrows. Errors: -EINVAL option out of range, -ENOMEM. The caller destroys it. */
__attribute__((warn_unused_result)) int aas_plant_create(const struct aas_plant_options *opt,
                                                         struct aas_plant **ret_plant);

/** Frees it; NULL is allowed. */
void aas_plant_destroy(struct aas_plant *p);

/** Develop a fault. Severity goes from its present value (0, when another fault was active) to `severity` over
 *  `onset_s` simulated seconds, slowly at first; NORMAL repairs the machine at once (temperatures still need their
 * time). severity 0..1, onset_s >= 0, both finite. Errors: -EINVAL out of range; -ENOTSUP this machine type cannot have
 * it. */
__attribute__((warn_unused_result)) int aas_plant_set_fault(struct aas_plant *p, enum aas_plant_fault fault,
                                                            double severity, double onset_s);

/** Let dt_s simulated seconds pass and read all channels. dt_s is 0 < dt_s <= 3600; steps over 1 s are cut inside, so
 *  that thermal and schedule behaviour doesn't depend on the rate. Errors: -EINVAL bad dt_s (nothing happened). */
__attribute__((warn_unused_result)) int aas_plant_step(struct aas_plant *p, double dt_s,
                                                       struct aas_plant_sample *ret_sample);

/** Simulated seconds since create. */
double aas_plant_elapsed_s(const struct aas_plant *p);
