/* Working point, heat and measurement of a machine. Each fault acts where it acts in reality (force, resistance, heat),
 * and the channels follow from that. Vibration severities are of the size of ISO 20816-3's zones: up to 2.3 mm/s good,
 * over 7.1 mm/s dangerous. */
#include "plant_internal.h"

#include <math.h>
#include <string.h>

static const struct plant_machine machines[AAS_PLANT__TYPE_COUNT] = {
    [AAS_PLANT_PUMP] = {.pole_pairs = 1,
                        .pulley_ratio = 1.0,
                        .min_frequency_hz = 28,
                        .rated_current_a = 28,
                        .vib_gain = 1.0,
                        .v1 = 1.1,
                        .v2 = 0.45,
                        .broad = 0.7,
                        .axial = 0.55,
                        .hf = 1.1,
                        .bearing_rise_k = 24,
                        .bearing_tau_s = 320,
                        .winding_rise_k = 58,
                        .winding_tau_s = 420,
                        .rated_pressure = 6.2,
                        .rated_flow = 62},
    [AAS_PLANT_MOTOR] = {.pole_pairs = 2,
                         .pulley_ratio = 0.5,
                         .min_frequency_hz = 50,
                         .rated_current_a = 42,
                         .vib_gain = 0.8,
                         .v1 = 0.75,
                         .v2 = 0.3,
                         .broad = 0.4,
                         .axial = 0.5,
                         .hf = 0.7,
                         .bearing_rise_k = 20,
                         .bearing_tau_s = 380,
                         .winding_rise_k = 64,
                         .winding_tau_s = 560,
                         .rated_pressure = 0,
                         .rated_flow = 0},
    [AAS_PLANT_FAN] = {.pole_pairs = 2,
                       .pulley_ratio = 0.8,
                       .min_frequency_hz = 25,
                       .rated_current_a = 34,
                       .vib_gain = 1.2,
                       .v1 = 1.6,
                       .v2 = 0.5,
                       .broad = 0.6,
                       .axial = 0.45,
                       .hf = 0.8,
                       .bearing_rise_k = 19,
                       .bearing_tau_s = 300,
                       .winding_rise_k = 52,
                       .winding_tau_s = 460,
                       .rated_pressure = 1.9,
                       .rated_flow = 9.2},
    [AAS_PLANT_COMPRESSOR] = {.pole_pairs = 1,
                              .pulley_ratio = 1.15,
                              .min_frequency_hz = 30,
                              .rated_current_a = 86,
                              .vib_gain = 1.1,
                              .v1 = 1.2,
                              .v2 = 1.3,
                              .broad = 1.1,
                              .axial = 0.7,
                              .hf = 2.4,
                              .bearing_rise_k = 34,
                              .bearing_tau_s = 280,
                              .winding_rise_k = 66,
                              .winding_tau_s = 480,
                              .rated_pressure = 7.5,
                              .rated_flow = 8.4},
};

const struct plant_machine *plant_machine(enum aas_plant_type type)
{
    return &machines[type];
}

double plant_severity(const struct aas_plant *p, enum aas_plant_fault fault)
{
    return p->fault == fault ? p->severity : 0.0;
}

/** Pump and fan: affinity laws (flow ~ n, head ~ n^2, torque ~ n^2) on a quadratic machine curve; q is the flow through
 *  the machine by its flow at the rated point and the same speed. */
static void turbo_point(const struct aas_plant *p, bool healthy, struct plant_point *w)
{
    double blocked = healthy ? 0 : plant_severity(p, AAS_PLANT_BLOCKAGE);
    double leak = healthy ? 0 : plant_severity(p, AAS_PLANT_SEAL_LEAK);
    double vapour = healthy ? 0 : plant_severity(p, AAS_PLANT_CAVITATION) * fmin(1.0, w->n * w->n);
    double ragged = 1.0 + 0.12 * vapour * p->influence[PLANT_RAGGED];
    double q = (1.0 + 0.03 * p->influence[PLANT_NETWORK]) * (1.0 - 0.6 * blocked) + 0.06 * leak;
    double head = 1.3 - 0.3 * q * q;
    w->h = w->n * w->n * head * (1.0 - 0.16 * leak) * (1.0 - 0.24 * vapour) * ragged;
    w->q = w->n * (q - 0.36 * leak) * (1.0 - 0.26 * vapour) * ragged;
    w->torque = w->n * w->n * (0.45 + 0.55 * q) * (1.0 - 0.1 * vapour * ragged);
}

/** Screw compressor: positive displacement, so flow ~ n and torque ~ pressure, nearly independent of speed. */
static void screw_point(const struct aas_plant *p, bool healthy, struct plant_point *w)
{
    double blocked = healthy ? 0 : plant_severity(p, AAS_PLANT_BLOCKAGE);
    double leak = healthy ? 0 : plant_severity(p, AAS_PLANT_SEAL_LEAK);
    bool loaded = p->state == AAS_PLANT_RUNNING;
    double network = loaded ? 1.0 + 0.02 * p->influence[PLANT_NETWORK] : 0.3;
    w->h = fmin(1.0, w->n * 4.0) * network * (1.0 + 0.3 * blocked) * (1.0 - 0.16 * leak);
    w->q = loaded ? w->n * (1.0 - 0.35 * blocked) * (1.0 - 0.34 * leak) : 0.0;
    w->torque = 0.12 + 0.88 * w->h * (1.0 + 0.05 * leak);
    if (w->n < 0.02)
        w->torque = 0.0;
}

/** Belt slip at the present torque; unsteady, as belts grip and let go. */
static double belt_slip(const struct aas_plant *p, double load, bool healthy)
{
    if (p->opt.type == AAS_PLANT_PUMP)
        return 0.0;
    double s = healthy ? 0 : plant_severity(p, AAS_PLANT_BELT_SLIP);
    double creep = 0.006; /* every belt stretches a little */
    return creep + s * (0.05 + 0.11 * load) * fmax(0.3, 1.0 + 0.35 * p->influence[PLANT_RAGGED]);
}

struct plant_point plant_working_point(const struct aas_plant *p, bool healthy)
{
    struct plant_point w = {0};
    double electrical = healthy ? 0 : plant_severity(p, AAS_PLANT_ELECTRICAL);
    double misaligned = healthy ? 0 : plant_severity(p, AAS_PLANT_MISALIGNMENT);
    double slow = healthy ? 0 : plant_severity(p, AAS_PLANT_BELT_SLIP);
    w.slip = belt_slip(p, p->load, healthy);
    double motor_slip = 0.008 + 0.016 * p->load + 0.012 * electrical * p->load;
    w.n = p->frequency_hz / 50.0 * (1.0 - motor_slip) * (1.0 - w.slip);

    if (p->opt.type == AAS_PLANT_COMPRESSOR)
        screw_point(p, healthy, &w);
    else if (p->opt.type == AAS_PLANT_MOTOR)
        w.torque = w.n < 0.02 ? 0.0 : (0.08 + 0.92 * p->load) * (1.0 - 1.1 * (w.slip - 0.006));
    else
        turbo_point(p, healthy, &w);

    double turning = fmin(1.0, p->frequency_hz / 5.0);
    double active = 0.92 * w.torque * (1.0 + 0.03 * misaligned + 0.05 * slow);
    double starting = p->state == AAS_PLANT_STARTING ? 0.9 : 0.0; /* torque to accelerate the masses */
    w.current = turning * hypot(0.38, active + starting) * (1.0 + 0.07 * electrical);
    w.current_imbalance_pct = turning * (p->tol.imbalance_pct + 22.0 * electrical);
    return w;
}

/** Where the temperatures are heading at a working point. */
static struct plant_thermal equilibrium(const struct aas_plant *p, const struct plant_point *w, bool healthy)
{
    const struct plant_machine *m = p->m;
    double s[AAS_PLANT__FAULT_COUNT] = {0};
    if (!healthy)
        s[p->fault] = p->severity;
    double ambient = p->tol.ambient_c + 2.0 * p->influence[PLANT_AMBIENT];
    double friction = w->n * (0.65 + 0.35 * w->torque);
    double bearing = m->bearing_rise_k * p->tol.thermal * friction * (1.0 + 0.08 * p->tol.age);
    bearing *= 1.0 + 0.9 * s[AAS_PLANT_OVERHEATING];
    bearing += friction * (16.0 * s[AAS_PLANT_MISALIGNMENT] + 34.0 * pow(s[AAS_PLANT_BEARING_WEAR], 1.5) +
                           9.0 * s[AAS_PLANT_BELT_SLIP] + 3.0 * s[AAS_PLANT_LOOSENESS]);
    /* Copper heat grows with the square of the current; the motor's own fan carries away less at low speed. */
    double cooling = 0.4 + 0.6 * fmin(1.2, w->n);
    double winding = m->winding_rise_k * p->tol.thermal * w->current * w->current / cooling;
    winding *= 1.0 + 0.95 * s[AAS_PLANT_OVERHEATING] + 0.45 * s[AAS_PLANT_ELECTRICAL];
    double discharge = 56.0 * fmin(1.0, w->n * 3.0) * (0.35 + 0.65 * w->torque);
    discharge += fmin(1.0, w->n) * (32.0 * s[AAS_PLANT_OVERHEATING] + 8.0 * s[AAS_PLANT_SEAL_LEAK]);
    return (struct plant_thermal){ambient + bearing, ambient + winding, ambient + discharge};
}

static void approach(double *t, double target, double tau_s, double dt_s)
{
    *t += (target - *t) * (1.0 - exp(-dt_s / tau_s));
}

static void heat_one(const struct aas_plant *p, struct plant_thermal *t, bool healthy, double dt_s)
{
    struct plant_point w = plant_working_point(p, healthy);
    struct plant_thermal to = equilibrium(p, &w, healthy);
    /* At standstill no fan blows: the winding cools three times slower. */
    double still = w.n < 0.1 ? 3.0 : 1.0;
    approach(&t->bearing, to.bearing, p->m->bearing_tau_s, dt_s);
    approach(&t->winding, to.winding, p->m->winding_tau_s * still, dt_s);
    approach(&t->discharge, to.discharge, 80.0, dt_s);
}

void plant_heat(struct aas_plant *p, double dt_s)
{
    heat_one(p, &p->thermal, false, dt_s);
    heat_one(p, &p->healthy, true, dt_s);
}

/** rms velocities by cause; they add by power. */
struct vibration {
    double x, y, hf;
};

static struct vibration vibrate(const struct aas_plant *p, const struct plant_point *w)
{
    const struct plant_machine *m = p->m;
    double s[AAS_PLANT__FAULT_COUNT] = {0};
    s[p->fault] = p->severity;
    double n = w->n, n2 = n * n, g = m->vib_gain, base = p->tol.vibration * (1.0 + 0.15 * p->tol.age);
    double ragged = p->influence[PLANT_RAGGED];
    double unsteady = exp(0.45 * ragged - 0.1);
    /* 1x: the rest of balancing, and mass off the axis: centrifugal force ~ n^2. */
    double once = base * m->v1 * n2;
    double imbalance = 9.5 * g * s[AAS_PLANT_IMBALANCE] * n2;
    double twice = base * m->v2 * n * (0.7 + 0.3 * w->torque);
    double misaligned = 6.0 * g * s[AAS_PLANT_MISALIGNMENT] * n * (0.6 + 0.4 * w->torque);
    double loose = 6.5 * g * s[AAS_PLANT_LOOSENESS] * n * unsteady;
    double race = 4.0 * g * s[AAS_PLANT_BEARING_WEAR] * s[AAS_PLANT_BEARING_WEAR] * n;
    double supply = 2.6 * g * s[AAS_PLANT_ELECTRICAL] * w->current;         /* at twice the supply's frequency */
    double belt = 2.8 * g * s[AAS_PLANT_BELT_SLIP] * n * exp(0.3 * ragged); /* harmonics of the belt's frequency */
    double broad = base * m->broad * n * (0.6 + 0.4 * w->torque);
    double turbulence = (4.2 * s[AAS_PLANT_CAVITATION] * unsteady + 1.8 * s[AAS_PLANT_BLOCKAGE]) * g * n2;
    double modulation = 1.0 + 0.05 * p->influence[PLANT_VIBRATION];
    double floor_mm_s = 0.08; /* of the neighbours, through the ground */

    double radial = hypot(hypot(once + imbalance, twice + 0.6 * misaligned), hypot(loose, race));
    radial = hypot(hypot(radial, supply), hypot(hypot(belt, turbulence), broad));
    double axial = m->axial * p->tol.axial;
    double along = hypot(hypot(axial * once + 0.22 * imbalance, axial * twice + 1.35 * misaligned),
                         hypot(0.3 * loose, 0.8 * race));
    along = hypot(hypot(along, 0.35 * supply), hypot(hypot(0.4 * belt, 0.8 * turbulence), axial * broad));
    double hf = m->hf * p->tol.hf * (1.0 + 0.2 * p->tol.age) * pow(n, 1.3);
    hf += n *
          (9.0 * s[AAS_PLANT_BEARING_WEAR] + 0.9 * s[AAS_PLANT_LOOSENESS] * unsteady + 0.5 * s[AAS_PLANT_MISALIGNMENT]);
    hf += n2 * 5.5 * s[AAS_PLANT_CAVITATION] * unsteady;
    return (struct vibration){hypot(radial * modulation, floor_mm_s), hypot(along * modulation, 0.7 * floor_mm_s),
                              hypot(hf * modulation, 0.02)};
}

/** A transmitter that hangs repeats its last reading; with a lower severity it gets through now and then. */
static void hold_readings(struct aas_plant *p, double *v)
{
    static const int stuck[] = {3, 4, 5, 6}; /* vibration x, y, high frequency, and bearing temperature */
    double s = plant_severity(p, AAS_PLANT_SENSOR_STUCK);
    bool through = plant_rng_uniform(&p->rng) < pow(1.0 - s, 4.0);
    bool hold = s > 0.0 && !through && p->holding;
    for (size_t i = 0; i < sizeof stuck / sizeof stuck[0]; i++) {
        int c = stuck[i];
        if (hold)
            v[c] = p->held[c];
        p->held[c] = v[c];
    }
    p->holding = true;
}

void plant_measure(struct aas_plant *p, double *v)
{
    const struct plant_machine *m = p->m;
    struct plant_point w = plant_working_point(p, false);
    struct vibration vib = vibrate(p, &w);
    double e[AAS_PLANT_CHANNELS_MAX];
    for (int i = 0; i < AAS_PLANT_CHANNELS_MAX; i++)
        e[i] = plant_rng_normal(&p->rng);
    double rated_rpm = 3000.0 / m->pole_pairs * m->pulley_ratio * p->tol.speed;
    double turning = w.n > 0.005 ? 1.0 : 0.0;

    v[0] = rated_rpm * w.n + turning * 0.0006 * rated_rpm * e[0];
    v[1] = p->frequency_hz * (1.0 + 0.0004 * e[1]);
    v[2] = 100.0 * p->load + (p->load > 0 ? 0.4 * e[2] : 0.0);
    v[3] = vib.x * (1.0 + 0.035 * e[3]);
    v[4] = vib.y * (1.0 + 0.035 * e[4]);
    v[5] = vib.hf * (1.0 + 0.05 * e[5]);
    v[6] = p->thermal.bearing + 0.4 * p->influence[PLANT_DRIFT_TEMPERATURE] + 0.1 * e[6];
    v[7] = p->thermal.winding + 0.15 * e[7];
    v[8] = m->rated_current_a * p->tol.current * w.current * (1.0 + 0.008 * e[8]);
    v[9] = w.current_imbalance_pct * (1.0 + 0.08 * e[9]);
    double drift = 1.0 + 0.004 * p->influence[PLANT_DRIFT_PRESSURE];
    if (p->opt.type == AAS_PLANT_MOTOR) {
        v[10] = 380.0 * w.torque * p->tol.current * (1.0 + 0.015 * e[10]);
    } else {
        v[10] = m->rated_pressure * p->tol.pressure * w.h * drift * (1.0 + 0.006 * e[10]);
        v[11] = m->rated_flow * p->tol.flow * w.q * (1.0 + 0.01 * e[11]);
    }
    if (p->opt.type == AAS_PLANT_COMPRESSOR)
        v[12] = p->thermal.discharge + 0.2 * e[12];
    hold_readings(p, v);

    const struct aas_plant_type_info *info = aas_plant_type_info(p->opt.type);
    for (size_t i = 0; i < info->channels_count; i++)
        v[i] = fmin(info->channels[i].max, fmax(info->channels[i].min, v[i]));
}
