/* Life of a simulated machine: tolerances, schedule, load, development of a fault. What the numbers then are stands in
 * plant_physics.c. */
#include "plant_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define STEP_MAX_S 1.0

/** Correlation times of the influences: seconds for ragged flow, hours for a transmitter's drift. */
static const double influence_tau_s[PLANT_INFLUENCES] = {
    [PLANT_LOAD] = 90,
    [PLANT_VIBRATION] = 6,
    [PLANT_RAGGED] = 1.5,
    [PLANT_AMBIENT] = 14400,
    [PLANT_NETWORK] = 45,
    [PLANT_DRIFT_TEMPERATURE] = 20000,
    [PLANT_DRIFT_PRESSURE] = 30000,
};

static double tolerance(struct plant_rng *r, double deviation)
{
    double z = plant_rng_normal(r);
    return 1.0 + deviation * fmax(-2.0, fmin(2.0, z)); /* what is further off fails the works' test */
}

static void draw_tolerances(struct aas_plant *p)
{
    struct plant_rng *r = &p->rng;
    p->tol.speed = tolerance(r, 0.004);
    p->tol.vibration = tolerance(r, 0.15);
    p->tol.hf = tolerance(r, 0.15);
    p->tol.axial = tolerance(r, 0.1);
    p->tol.current = tolerance(r, 0.03);
    p->tol.thermal = tolerance(r, 0.05);
    p->tol.pressure = tolerance(r, 0.03);
    p->tol.flow = tolerance(r, 0.03);
    p->tol.ambient_c = 22.0 * tolerance(r, 0.12);
    p->tol.load_mean = 0.72 * tolerance(r, 0.08);
    p->tol.imbalance_pct = 1.2 * tolerance(r, 0.25);
    p->tol.age = plant_rng_uniform(r);
    for (int i = 0; i < PLANT_INFLUENCES; i++)
        p->influence[i] = plant_rng_normal(r);
}

/** Exponential with a least value: nobody stops a machine that has just been started. */
static double draw_duration(struct aas_plant *p, double least_s, double mean_s)
{
    return least_s - (mean_s - least_s) * log(1.0 - plant_rng_uniform(&p->rng));
}

static void enter(struct aas_plant *p, enum aas_plant_state state)
{
    static const double least_s[AAS_PLANT__STATE_COUNT] = {120, 12, 600, 90};
    static const double mean_s[AAS_PLANT__STATE_COUNT] = {300, 12, 2400, 240};
    p->state = state;
    p->state_left_s = draw_duration(p, least_s[state], mean_s[state]);
}

static void leave_state(struct aas_plant *p)
{
    double choice = plant_rng_uniform(&p->rng);
    switch (p->state) {
    case AAS_PLANT_STOPPED:
        enter(p, AAS_PLANT_STARTING);
        break;
    case AAS_PLANT_STARTING:
    case AAS_PLANT_IDLE:
        enter(p, AAS_PLANT_RUNNING);
        break;
    default:
        if (p->opt.schedule == AAS_PLANT_CONTINUOUS)
            enter(p, AAS_PLANT_RUNNING);
        else
            enter(p, choice < 0.6 ? AAS_PLANT_IDLE : AAS_PLANT_STOPPED);
    }
}

static void advance_influences(struct aas_plant *p, double dt_s)
{
    for (int i = 0; i < PLANT_INFLUENCES; i++) {
        double keep = exp(-dt_s / influence_tau_s[i]);
        p->influence[i] = keep * p->influence[i] + sqrt(1.0 - keep * keep) * plant_rng_normal(&p->rng);
    }
}

/** Demand and drive frequency: both move at the pace of a control loop, never in jumps. */
static void advance_load(struct aas_plant *p, double dt_s)
{
    p->load_left_s -= dt_s;
    if (p->load_left_s <= 0.0) {
        p->load_set = fmax(0.4, fmin(0.95, p->tol.load_mean + 0.11 * plant_rng_normal(&p->rng)));
        p->load_left_s = draw_duration(p, 300, 900);
    }
    double demand = 0.0;
    if (p->state == AAS_PLANT_RUNNING)
        demand = fmax(0.3, fmin(1.0, p->load_set + 0.03 * p->influence[PLANT_LOAD]));
    else if (p->state == AAS_PLANT_IDLE)
        demand = 0.08;
    p->load += (demand - p->load) * (1.0 - exp(-dt_s / 4.0));

    double lowest = p->m->min_frequency_hz;
    double target = p->state == AAS_PLANT_STOPPED ? 0.0 : lowest + (50.0 - lowest) * p->load;
    double most = (p->state == AAS_PLANT_STOPPED ? 8.0 : 5.0) * dt_s; /* Hz: ramps of the drive */
    p->frequency_hz += fmax(-most, fmin(most, target - p->frequency_hz));
}

static void advance_fault(struct aas_plant *p, double dt_s)
{
    p->fault_age_s += dt_s;
    double x = p->onset_s > 0.0 ? fmin(1.0, p->fault_age_s / p->onset_s) : 1.0;
    p->severity = p->severity_from + (p->severity_to - p->severity_from) * x * x;
}

static void advance(struct aas_plant *p, double dt_s)
{
    p->elapsed_s += dt_s;
    p->state_left_s -= dt_s;
    if (p->state_left_s <= 0.0)
        leave_state(p);
    advance_influences(p, dt_s);
    advance_load(p, dt_s);
    advance_fault(p, dt_s);
    plant_heat(p, dt_s);
}

/** Truth for a classifier: a fault is there to be seen only while the machine does what makes it show. */
static enum aas_plant_fault visible_fault(const struct aas_plant *p)
{
    if (p->severity < AAS_PLANT_LABEL_SEVERITY)
        return AAS_PLANT_NORMAL;
    switch (p->fault) {
    case AAS_PLANT_SENSOR_STUCK:
        return p->fault;
    case AAS_PLANT_OVERHEATING:
        return p->thermal.winding - p->healthy.winding > 6.0 ? p->fault : AAS_PLANT_NORMAL;
    case AAS_PLANT_CAVITATION:
    case AAS_PLANT_SEAL_LEAK:
    case AAS_PLANT_BLOCKAGE:
    case AAS_PLANT_BELT_SLIP:
        return p->state == AAS_PLANT_RUNNING ? p->fault : AAS_PLANT_NORMAL; /* they need the process's load */
    default:
        return p->state == AAS_PLANT_RUNNING || p->state == AAS_PLANT_IDLE ? p->fault : AAS_PLANT_NORMAL;
    }
}

int aas_plant_create(const struct aas_plant_options *opt, struct aas_plant **ret_plant)
{
    if ((unsigned)opt->type >= AAS_PLANT__TYPE_COUNT || (unsigned)opt->schedule >= AAS_PLANT__SCHEDULE_COUNT)
        return -EINVAL;
    struct aas_plant *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    p->opt = *opt;
    p->m = plant_machine(opt->type);
    /* The type is part of the stream: a pump and a fan of the same index have nothing in common. */
    plant_rng_init(&p->rng, opt->seed, (uint64_t)opt->index * AAS_PLANT__TYPE_COUNT + (uint64_t)opt->type);
    draw_tolerances(p);
    enter(p, AAS_PLANT_RUNNING);
    p->load_set = p->tol.load_mean;
    p->load_left_s = draw_duration(p, 300, 900);
    p->load = p->load_set;
    p->frequency_hz = p->m->min_frequency_hz + (50.0 - p->m->min_frequency_hz) * p->load;
    plant_heat(p, INFINITY);
    *ret_plant = p;
    return 0;
}

void aas_plant_destroy(struct aas_plant *p)
{
    free(p);
}

int aas_plant_set_fault(struct aas_plant *p, enum aas_plant_fault fault, double severity, double onset_s)
{
    if ((unsigned)fault >= AAS_PLANT__FAULT_COUNT || !(severity >= 0.0 && severity <= 1.0) || !isfinite(onset_s) ||
        onset_s < 0.0)
        return -EINVAL;
    if (!aas_plant_fault_applies(p->opt.type, fault))
        return -ENOTSUP;
    p->severity_from = fault == p->fault ? p->severity : 0.0;
    p->severity_to = severity;
    p->onset_s = onset_s;
    p->fault_age_s = 0.0;
    p->fault = fault;
    if (fault == AAS_PLANT_NORMAL) {
        p->severity_from = p->severity_to = 0.0;
        p->onset_s = 0.0;
    }
    advance_fault(p, 0.0);
    return 0;
}

int aas_plant_step(struct aas_plant *p, double dt_s, struct aas_plant_sample *ret_sample)
{
    if (!(dt_s > 0.0 && dt_s <= 3600.0))
        return -EINVAL;
    double cuts = ceil(dt_s / STEP_MAX_S);
    for (double i = 0; i < cuts; i++)
        advance(p, dt_s / cuts);
    *ret_sample = (struct aas_plant_sample){
        .state = p->state,
        .label = visible_fault(p),
        .severity = p->severity,
        .n = aas_plant_type_info(p->opt.type)->channels_count,
    };
    plant_measure(p, ret_sample->v);
    return 0;
}

double aas_plant_elapsed_s(const struct aas_plant *p)
{
    return p->elapsed_s;
}
