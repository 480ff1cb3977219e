/* State of one simulated machine, shared by the plant's own sources only. */
#pragma once

#include "plant.h"
#include "plant_rng.h"

/** Data-sheet values of a machine type; a sensor's own machine differs by its tolerances. */
struct plant_machine {
    double pole_pairs, pulley_ratio;  /* driven turns per motor turn */
    double min_frequency_hz;          /* at no demand; 50 where the drive's speed is fixed */
    double rated_current_a, vib_gain; /* vib_gain: how much the structure gives way to a force */
    double v1, v2, broad, axial, hf;  /* healthy vibration at rated speed: 1x, 2x, broad band (mm/s), axial share, g */
    double bearing_rise_k, bearing_tau_s, winding_rise_k, winding_tau_s;
    double rated_pressure, rated_flow;
};

/** Slow random influences, each an Ornstein-Uhlenbeck process with deviation 1. */
enum plant_influence {
    PLANT_LOAD,      /* demand around its set point */
    PLANT_VIBRATION, /* modulation of all vibration */
    PLANT_RAGGED,    /* unsteady flow, loose parts, slipping belt */
    PLANT_AMBIENT,
    PLANT_DRIFT_TEMPERATURE, /* of the transmitters */
    PLANT_DRIFT_PRESSURE,
    PLANT_NETWORK, /* back pressure of the plant's network */
    PLANT_INFLUENCES
};

/** What differs between two machines of one type. */
struct plant_tolerance {
    double speed, vibration, hf, axial, current, thermal, pressure, flow; /* factors around 1 */
    double ambient_c, load_mean, imbalance_pct, age; /* age 0..1: worn bearings and dirt within the normal range */
};

/** Temperatures with inertia; `healthy` of the same machine without a fault, to know when a fault shows. */
struct plant_thermal {
    double bearing, winding, discharge;
};

/** Momentary working point. */
struct plant_point {
    double n;      /* speed by rated speed */
    double torque; /* by rated torque */
    double q, h;   /* flow and pressure by their rated values */
    double slip;   /* of the belt */
    double current, current_imbalance_pct;
};

struct aas_plant {
    struct aas_plant_options opt;
    const struct plant_machine *m;
    struct plant_tolerance tol;
    struct plant_rng rng;
    double elapsed_s;

    enum aas_plant_state state;
    double state_left_s, load_set, load_left_s;
    double influence[PLANT_INFLUENCES];
    double load, frequency_hz;
    struct plant_thermal thermal, healthy;

    enum aas_plant_fault fault;
    double severity, severity_from, severity_to, onset_s, fault_age_s;
    double held[AAS_PLANT_CHANNELS_MAX]; /* last readings, for a stuck transmitter */
    bool holding;
};

/** Data sheet of a type, which is in range. */
const struct plant_machine *plant_machine(enum aas_plant_type type);

/** Severity of `fault` as developed now, 0 when it isn't the active one. */
double plant_severity(const struct aas_plant *p, enum aas_plant_fault fault);

/** Working point of the machine as it is (with its fault), or, with `healthy`, without one. */
struct plant_point plant_working_point(const struct aas_plant *p, bool healthy);

/** Advance temperatures by dt_s; with dt_s = INFINITY to their equilibrium. */
void plant_heat(struct aas_plant *p, double dt_s);

/** Read all channels, with noise, drift and range. Takes the same count of random numbers whatever the fault. */
void plant_measure(struct aas_plant *p, double *v);
