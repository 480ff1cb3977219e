/* What the plant consists of: machine types with their channels, faults, and their names. Tables only. */
#include "plant.h"

#include <errno.h>
#include <string.h>

#define COMMON_CHANNELS                                                                                                \
    {"speed", "rpm", "Speed of the driven shaft.", 0.0, 4000.0},                                                       \
        {"frequency", "Hz", "Output frequency of the drive that feeds the motor.", 0.0, 70.0},                         \
        {"load", "%", "Process demand on the machine, as the control system asks for it.", 0.0, 110.0},                \
        {"vibration_x", "mm/s", "Radial vibration velocity at the drive-end bearing, rms 10-1000 Hz.", 0.0, 50.0},     \
        {"vibration_y", "mm/s", "Axial vibration velocity at the drive-end bearing, rms 10-1000 Hz.", 0.0, 50.0},      \
        {"vibration_hf", "g", "High-frequency acceleration at the bearing, rms 1-10 kHz.", 0.0, 50.0},                 \
        {"temperature", "degC", "Temperature of the drive-end bearing.", -20.0, 180.0},                                \
        {"winding_temperature", "degC", "Temperature of the motor winding.", -20.0, 220.0},                            \
        {"current", "A", "Motor current, mean of the three phases.", 0.0, 200.0},                                      \
    {                                                                                                                  \
        "current_imbalance", "%", "Largest deviation of a phase current from the mean of the three.", 0.0, 60.0        \
    }

static const struct aas_plant_channel pump_channels[] = {
    COMMON_CHANNELS,
    {"pressure", "bar", "Discharge pressure.", 0.0, 25.0},
    {"flow", "m3/h", "Discharge flow.", 0.0, 200.0},
};

static const struct aas_plant_channel motor_channels[] = {
    COMMON_CHANNELS,
    {"torque", "Nm", "Torque at the conveyor's head pulley, from its load cell.", 0.0, 800.0},
};

static const struct aas_plant_channel fan_channels[] = {
    COMMON_CHANNELS,
    {"pressure", "kPa", "Static pressure at the fan outlet.", 0.0, 10.0},
    {"flow", "m3/s", "Air flow in the duct.", 0.0, 40.0},
};

static const struct aas_plant_channel compressor_channels[] = {
    COMMON_CHANNELS,
    {"pressure", "bar", "Pressure at the screw's outlet, before the oil separator.", 0.0, 16.0},
    {"flow", "m3/min", "Delivered free air.", 0.0, 30.0},
    {"discharge_temperature", "degC", "Temperature of the air-oil mixture at the screw's outlet.", -20.0, 180.0},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
_Static_assert(COUNT(compressor_channels) <= AAS_PLANT_CHANNELS_MAX, "AAS_PLANT_CHANNELS_MAX is too small");
_Static_assert(COUNT(motor_channels) == AAS_PLANT_COMMON_CHANNELS + 1, "AAS_PLANT_COMMON_CHANNELS is out of date");

static const struct aas_plant_type_info types[AAS_PLANT__TYPE_COUNT] = {
    [AAS_PLANT_PUMP] = {"pump", "Centrifugal pump on a variable-speed drive, with a coupling.", pump_channels,
                        COUNT(pump_channels)},
    [AAS_PLANT_MOTOR] = {"motor", "Induction motor that drives a belt conveyor.", motor_channels,
                         COUNT(motor_channels)},
    [AAS_PLANT_FAN] = {"fan", "Belt-driven centrifugal fan on a variable-speed drive.", fan_channels,
                       COUNT(fan_channels)},
    [AAS_PLANT_COMPRESSOR] = {"compressor", "Belt-driven oil-injected screw compressor.", compressor_channels,
                              COUNT(compressor_channels)},
};

#define PUMP       (1u << AAS_PLANT_PUMP)
#define MOTOR      (1u << AAS_PLANT_MOTOR)
#define FAN        (1u << AAS_PLANT_FAN)
#define COMPRESSOR (1u << AAS_PLANT_COMPRESSOR)
#define ALL        (PUMP | MOTOR | FAN | COMPRESSOR)

static const struct aas_plant_fault_info faults[AAS_PLANT__FAULT_COUNT] = {
    [AAS_PLANT_NORMAL] = {"normal", "No fault.", "None.", ALL},
    [AAS_PLANT_IMBALANCE] =
        {"imbalance",
         "Mass off the rotor's axis: a force once per turn that grows with the square of the speed, "
         "mostly radial.",
         "Clean the rotor or impeller, then balance it.", ALL},
    [AAS_PLANT_MISALIGNMENT] =
        {"misalignment",
         "Shafts don't share an axis: vibration at twice the speed, strongly axial, and warmer bearings.",
         "Check soft foot, then align the coupling or the pulleys.", ALL},
    [AAS_PLANT_LOOSENESS] =
        {"looseness",
         "A foot, base or bearing seat is loose: many harmonics, radial, and unsteady from second to second.",
         "Check foundation bolts, bearing seats and cracked feet.", ALL},
    [AAS_PLANT_BEARING_WEAR] =
        {"bearing_wear",
         "Damaged raceway: impacts at bearing frequencies, seen first at high frequency, then heat, then "
         "velocity.",
         "Check lubrication; plan the bearing's replacement.", ALL},
    [AAS_PLANT_CAVITATION] =
        {"cavitation", "Vapour bubbles collapse in the impeller: broad-band noise, pressure and flow low and ragged.",
         "Raise suction pressure: check strainer, suction valve, level and speed.", PUMP},
    [AAS_PLANT_SEAL_LEAK] =
        {"seal_leak",
         "Medium escapes at the shaft or the valves: less flow and pressure at full speed, current hardly "
         "lower.",
         "Inspect and replace the shaft seal.", PUMP | COMPRESSOR},
    [AAS_PLANT_BLOCKAGE] =
        {"blockage",
         "The way is obstructed: flow falls while pressure rises; a rotor machine draws less current, a "
         "compressor more.",
         "Clean filter, strainer or duct; check that valves are open.", PUMP | FAN | COMPRESSOR},
    [AAS_PLANT_OVERHEATING] =
        {"overheating", "Cooling is lost: winding and bearing temperatures climb with their inertia at unchanged load.",
         "Clean cooling ribs and filters; check fan, cooler and ambient temperature.", ALL},
    [AAS_PLANT_ELECTRICAL] =
        {"electrical", "Unequal phases: current imbalance, vibration at twice the supply frequency, a hotter winding.",
         "Measure the three phases; check terminals, contactor and winding insulation.", ALL},
    [AAS_PLANT_BELT_SLIP] =
        {"belt_slip",
         "The belt slips: the driven shaft runs slower than the drive's frequency says, unsteadily; vibration "
         "at belt frequency.",
         "Check belt tension, wear and pulley alignment.", MOTOR | FAN | COMPRESSOR},
    [AAS_PLANT_SENSOR_STUCK] =
        {"sensor_stuck",
         "The transmitter repeats old values: the machine lives on, its vibration and bearing temperature "
         "readings don't.",
         "Check the sensor's cable, supply and mounting; replace it.", ALL},
};

static const char *const state_names[AAS_PLANT__STATE_COUNT] = {
    [AAS_PLANT_STOPPED] = "stopped",
    [AAS_PLANT_STARTING] = "starting",
    [AAS_PLANT_RUNNING] = "running",
    [AAS_PLANT_IDLE] = "idle",
};

const struct aas_plant_type_info *aas_plant_type_info(enum aas_plant_type type)
{
    return (unsigned)type < AAS_PLANT__TYPE_COUNT ? &types[type] : NULL;
}

const struct aas_plant_fault_info *aas_plant_fault_info(enum aas_plant_fault fault)
{
    return (unsigned)fault < AAS_PLANT__FAULT_COUNT ? &faults[fault] : NULL;
}

const char *aas_plant_state_name(enum aas_plant_state state)
{
    return (unsigned)state < AAS_PLANT__STATE_COUNT ? state_names[state] : NULL;
}

int aas_plant_type_by_name(const char *name, enum aas_plant_type *ret_type)
{
    for (unsigned i = 0; i < AAS_PLANT__TYPE_COUNT; i++) {
        if (strcmp(types[i].name, name) == 0) {
            *ret_type = (enum aas_plant_type)i;
            return 0;
        }
    }
    return -ENOENT;
}

int aas_plant_fault_by_name(const char *name, enum aas_plant_fault *ret_fault)
{
    for (unsigned i = 0; i < AAS_PLANT__FAULT_COUNT; i++) {
        if (strcmp(faults[i].name, name) == 0) {
            *ret_fault = (enum aas_plant_fault)i;
            return 0;
        }
    }
    return -ENOENT;
}

bool aas_plant_fault_applies(enum aas_plant_type type, enum aas_plant_fault fault)
{
    if ((unsigned)type >= AAS_PLANT__TYPE_COUNT || (unsigned)fault >= AAS_PLANT__FAULT_COUNT)
        return false;
    return (faults[fault].types & (1u << type)) != 0;
}
