/* aastreli-sim run: machines of aas/plant on a common clock. Sensor i's k-th reading is due at start + (k + i/n) / rate
 * and carries that time, also when the broker was away and it goes out later: no two readings of a sensor share a
 * time. */
#include "sim.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/cleanup.h"
#include "sim_link.h"

#define MAX_BEHIND_MS 60000 /* further behind (a suspended machine): go on at the present */

struct machine {
    char id[SIM_ID_BYTES];
    enum aas_plant_type type;
    struct aas_plant *plant;
    struct sim_fault_auto faults;
    uint64_t seq;
};

struct plant_run {
    const struct sim_options *o;
    struct sim_link link;
    struct machine *machines;
    uint64_t fault_changes, skipped;
};

static int make_machines(struct plant_run *r, struct aas_error *err)
{
    const struct sim_options *o = r->o;
    r->machines = calloc(o->sensors, sizeof *r->machines);
    if (!r->machines)
        return aas_error_set(err, AAS_ENOMEM, "no memory for %u machines", o->sensors);
    for (uint32_t i = 0; i < o->sensors; i++) {
        struct machine *m = &r->machines[i];
        m->type = o->types[i % o->n_types];
        (void)snprintf(m->id, sizeof m->id, "%s-%02u", aas_plant_type_info(m->type)->name, i + 1);
        sim_fault_auto_init(&m->faults, m->type, o->seed, i);
        const struct aas_plant_options opt = {.type = m->type, .schedule = o->schedule, .seed = o->seed, .index = i};
        int rc = aas_plant_create(&opt, &m->plant);
        if (rc)
            return aas_error_set(err, rc, "cannot make machine %s: %s", m->id, aas_strerror(rc));
    }
    return 0;
}

static struct machine *find_machine(struct plant_run *r, const char *id)
{
    for (uint32_t i = 0; i < r->o->sensors; i++)
        if (strcmp(r->machines[i].id, id) == 0)
            return &r->machines[i];
    return NULL;
}

/* What was ordered must be possible: said before anything is published. */
static int check_orders(struct plant_run *r, struct aas_error *err)
{
    for (size_t i = 0; i < r->o->n_faults; i++) {
        const struct sim_fault_order *f = &r->o->faults[i];
        const struct machine *m = find_machine(r, f->sensor);
        if (!m)
            return aas_error_set(err, AAS_EINVAL, "--fault: there is no machine %s", f->sensor);
        if (!aas_plant_fault_applies(m->type, f->fault))
            return aas_error_set(err, AAS_EINVAL, "--fault: a %s cannot have %s", aas_plant_type_info(m->type)->name,
                                 aas_plant_fault_info(f->fault)->name);
    }
    return 0;
}

static void set_fault(struct plant_run *r, struct machine *m, enum aas_plant_fault fault, double severity, double onset)
{
    AAS_IGNORE(aas_plant_set_fault(m->plant, fault, severity, onset)); /* checked before */
    r->fault_changes++;
}

/* Orders and chance, at the step that passes their time. */
static void change_faults(struct plant_run *r, struct machine *m, double before_s, double now_s)
{
    enum aas_plant_fault fault;
    double severity, onset;
    for (size_t i = 0; i < r->o->n_faults; i++) {
        const struct sim_fault_order *f = &r->o->faults[i];
        if (strcmp(f->sensor, m->id) != 0)
            continue;
        if (f->at_s >= before_s && f->at_s < now_s)
            set_fault(r, m, f->fault, f->severity, fmin(20, f->for_s > 0 ? f->for_s / 4 : 20));
        double end = f->at_s + f->for_s;
        if (f->for_s > 0 && end >= before_s && end < now_s)
            set_fault(r, m, AAS_PLANT_NORMAL, 0, 0);
    }
    if (r->o->faults_auto && sim_fault_auto_next(&m->faults, now_s, &fault, &severity, &onset))
        set_fault(r, m, fault, severity, onset);
}

static int publish_one(struct plant_run *r, struct machine *m, double now_s, int64_t ts_ms, struct aas_error *err)
{
    const struct aas_plant_type_info *info = aas_plant_type_info(m->type);
    const char *names[AAS_PLANT_CHANNELS_MAX];
    struct aas_plant_sample s;
    double dt = 1 / r->o->rate_hz;
    change_faults(r, m, now_s - dt, now_s);
    int rc = aas_plant_step(m->plant, dt, &s);
    if (rc)
        return aas_error_set(err, rc, "the simulation of %s failed: %s", m->id, aas_strerror(rc));
    for (size_t i = 0; i < s.n; i++) {
        names[i] = info->channels[i].name;
        s.v[i] = nearbyint(s.v[i] * 1e4) / 1e4; /* no transmitter gives 17 digits */
    }
    const struct sim_reading reading = {
        .sensor = m->id, .ts_ms = ts_ms, .seq = m->seq++, .channels = names, .values = s.v, .n = s.n};
    return sim_link_publish(&r->link, &reading, err);
}

static int loop(struct plant_run *r, struct aas_error *err)
{
    const struct sim_options *o = r->o;
    int64_t wall0 = aas_clock_wall_ms();
    struct aas_mono start = aas_clock_mono();
    uint64_t total = o->duration_s > 0 ? (uint64_t)llround(o->duration_s * o->rate_hz) : UINT64_MAX;
    int rc = 0;
    for (uint64_t k = 0; k < total && !rc; k++) {
        double behind = (double)aas_mono_diff_ms(aas_clock_mono(), start) - (double)k * 1000 / o->rate_hz;
        if (behind > MAX_BEHIND_MS) {
            uint64_t jump = (uint64_t)(behind * o->rate_hz / 1000);
            r->skipped += jump * o->sensors;
            k += jump;
        }
        for (uint32_t i = 0; i < o->sensors && !rc; i++) {
            double at_s = ((double)k + (double)i / o->sensors) / o->rate_hz;
            struct aas_mono due = {start.ns + (int64_t)(at_s * 1e9)};
            rc = sim_link_wait(&r->link, due);
            /* rounded apart, so that times of one sensor stay apart at 1000 Hz too */
            int64_t ts_ms =
                wall0 + llround((double)k * 1000 / o->rate_hz) + llround((double)i * 1000 / (o->sensors * o->rate_hz));
            rc = rc ? rc : publish_one(r, &r->machines[i], (double)(k + 1) / o->rate_hz, ts_ms, err);
        }
    }
    return rc == AAS_ECANCELED ? 0 : rc;
}

static void print_summary(const struct plant_run *r, double seconds, uint64_t connects)
{
    const struct sim_link *l = &r->link;
    uint64_t acked = l->acked, refused = l->refused;
    if (r->o->json)
        (void)printf("{\"published\":%" PRIu64 ",\"acked\":%" PRIu64 ",\"refused\":%" PRIu64
                     ",\"sensors\":%u,\"seconds\":%.3f,\"rate\":%.1f,\"fault_changes\":%" PRIu64 ",\"skipped\":%" PRIu64
                     ",\"connects\":%" PRIu64 "}\n",
                     l->published, acked, refused, r->o->sensors, seconds, seconds > 0 ? (double)acked / seconds : 0,
                     r->fault_changes, r->skipped, connects);
    else
        (void)printf("%" PRIu64 " readings of %u machines published, %" PRIu64 " acknowledged, %" PRIu64
                     " refused, in %.1f s (%.0f/s)\n",
                     l->published, r->o->sensors, acked, refused, seconds, seconds > 0 ? (double)acked / seconds : 0);
    (void)fflush(stdout);
}

int sim_run(const struct sim_options *o)
{
    struct aas_error err = AAS_ERROR_NONE;
    struct aas_mqtt_stats stats = {0};
    struct plant_run r = {.o = o};
    int rc = make_machines(&r, &err);
    rc = rc ? rc : check_orders(&r, &err);
    bool asked_wrong = rc == AAS_EINVAL;
    rc = rc ? rc : sim_link_open(&r.link, o, &err);
    if (!rc) {
        r.link.total_s = o->duration_s;
        rc = loop(&r, &err);
        aas_mqtt_stats(r.link.mqtt, &stats);
    }
    if (r.link.o)
        sim_link_close(&r.link);
    double seconds = sim_link_seconds(&r.link);
    if (rc)
        (void)fprintf(stderr, "aastreli-sim: %s\n", aas_error_text(&err, rc));
    else
        print_summary(&r, seconds, stats.connects);
    for (uint32_t i = 0; r.machines && i < o->sensors; i++)
        aas_plant_destroy(r.machines[i].plant);
    free(r.machines);
    if (asked_wrong)
        return 2;
    return rc || r.link.acked < r.link.published ? 1 : 0;
}
