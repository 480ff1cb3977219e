/* See simulated.h. */
#include "simulated.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/rng.h>
#include <aas/window.h>

#include "plant.h"

#define SEED_APART    UINT64_C(0x8000000000000000) /* running plants have small seeds */
#define SEVERITY_MIN  0.15
#define WARM_UP_MAX_S 1200.0
#define NORMAL_SHARE  4 /* episodes without a fault, times those of one fault */
#define CHANNELS      14
#define EVERYWHERE    10 /* the first of them: every machine has these */

static const char *const channels[CHANNELS] = {"speed", "frequency", "load", "vibration_x", "vibration_y",
                                               "vibration_hf", "temperature", "winding_temperature", "current",
                                               "current_imbalance",
                                               /* optional: not on every machine */
                                               "pressure", "flow", "torque", "discharge_temperature"};

static const char *const stats[] = {"mean", "std",      "min",   "max",   "median", "rms",
                                    "skew", "kurtosis", "range", "slope", "crest",  "mean_abs_diff"};

static json_t *names(const char *const *list, size_t n)
{
    json_t *doc = json_array();
    for (size_t i = 0; doc && i < n; i++)
        json_array_append_new(doc, json_string(list[i]));
    return doc;
}

int simulated_schema(struct aas_feature_schema **ret_schema, struct aas_error *err)
{
    json_t *classes = json_array();
    for (int f = 0; f < AAS_PLANT__FAULT_COUNT; f++)
        json_array_append_new(classes, json_string(aas_plant_fault_info((enum aas_plant_fault)f)->name));
    AAS_AUTO_JSON json_t *doc =
        json_pack("{s:i,s:s,s:s,s:{s:i,s:i,s:i,s:f,s:i},s:o,s:o,s:{s:s,s:o},s:o}", "version", 1, "sensor_type", "*",
                  "normal", aas_plant_fault_info(AAS_PLANT_NORMAL)->name, "window", "rows", 60, "stride", 10,
                  "period_ms", 1000, "min_coverage", 0.8, "max_gap_ms", 0, "channels", names(channels, CHANNELS),
                  "optional", names(channels + EVERYWHERE, CHANNELS - EVERYWHERE), "features", "order", "channel-major",
                  "stats", names(stats, sizeof(stats) / sizeof(stats[0])), "classes", classes);
    return doc ? aas_feature_schema_parse(doc, ret_schema, err)
               : aas_error_set(err, AAS_ENOMEM, "out of memory for a feature schema");
}

struct maker {
    const struct aas_feature_schema *schema;
    const struct simulated_options *opt;
    struct simulated *out;
    struct aas_rng rng;
    struct aas_window *window;
    struct aas_window_view view;
    double *scratch;
    size_t severity_cap;
    int place[AAS_PLANT_CHANNELS_MAX]; /* of the type's channels in the schema */
    int64_t now_ms;
};

static int keep_row(struct maker *m, const struct aas_plant_sample *last, uint32_t group)
{
    float *x;
    int rc = ml_dataset_add(&m->out->data, (uint32_t)last->label, group, &x);
    if (rc < 0)
        return rc;
    if (m->severity_cap < m->out->data.cap) {
        float *more = realloc(m->out->severity, m->out->data.cap * sizeof(*more));
        if (!more)
            return AAS_ENOMEM;
        m->out->severity = more;
        m->severity_cap = m->out->data.cap;
    }
    m->out->severity[m->out->data.rows - 1] = last->label == AAS_PLANT_NORMAL ? 0 : (float)last->severity;
    aas_feature_schema_extract(m->schema, m->view.columns, m->view.n, m->scratch, x, NULL);
    return 0;
}

/* One window of the machine as it is now, at one of the rates. */
static int cut_window(struct maker *m, struct aas_plant *plant, uint32_t group)
{
    static const double periods_s[] = {0.05, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 1.0};
    double dt = periods_s[aas_rng_below(&m->rng, sizeof(periods_s) / sizeof(periods_s[0]))];
    struct aas_plant_sample s = {.n = 0};
    aas_window_reset(m->window);
    for (uint32_t i = 0; i < m->schema->window.rows; i++) {
        double row[CHANNELS];
        for (size_t c = 0; c < CHANNELS; c++)
            row[c] = (double)NAN;
        int rc = aas_plant_step(plant, dt, &s);
        for (size_t c = 0; c < s.n; c++)
            row[m->place[c]] = s.v[c];
        m->now_ms += (int64_t)(dt * 1000);
        if (rc == 0)
            rc = aas_window_push(m->window, m->now_ms, row, NULL);
        if (rc < 0)
            return rc;
    }
    return aas_window_next(m->window, &m->view) ? keep_row(m, &s, group) : AAS_ENOMEM;
}

/* Simulated time that passes at once. */
static int pass(struct maker *m, struct aas_plant *plant, double most_s)
{
    struct aas_plant_sample s;
    double t = aas_rng_range(&m->rng, 0.5, most_s);
    m->now_ms += (int64_t)(t * 1000);
    return aas_plant_step(plant, t, &s);
}

static int run_episode(struct maker *m, struct aas_plant *plant, enum aas_plant_fault fault, uint32_t group)
{
    double severity = aas_rng_range(&m->rng, SEVERITY_MIN, 1.0);
    double onset_s = aas_rng_below(&m->rng, 2) ? 0.0 : aas_rng_range(&m->rng, 5.0, 300.0);
    double gap_s = fault == AAS_PLANT_NORMAL ? 900.0 : 180.0;
    int rc = pass(m, plant, WARM_UP_MAX_S);
    if (rc == 0)
        rc = aas_plant_set_fault(plant, fault, fault == AAS_PLANT_NORMAL ? 0 : severity, onset_s);
    for (uint32_t i = 0; rc == 0 && i < m->opt->windows; i++) {
        rc = pass(m, plant, gap_s);
        if (rc == 0)
            rc = cut_window(m, plant, group);
    }
    if (rc == 0 && fault != AAS_PLANT_NORMAL) { /* repaired, and still warm */
        rc = aas_plant_set_fault(plant, AAS_PLANT_NORMAL, 0, 0);
        if (rc == 0)
            rc = pass(m, plant, 600.0);
        if (rc == 0)
            rc = cut_window(m, plant, group);
    }
    return rc;
}

static int run_machine(struct maker *m, enum aas_plant_type type, uint32_t index)
{
    const struct aas_plant_type_info *info = aas_plant_type_info(type);
    for (size_t c = 0; c < info->channels_count; c++)
        m->place[c] = aas_feature_schema_channel(m->schema, info->channels[c].name, strlen(info->channels[c].name));
    int rc = 0;
    for (int f = 0; rc == 0 && f < AAS_PLANT__FAULT_COUNT; f++) {
        if (!aas_plant_fault_applies(type, (enum aas_plant_fault)f))
            continue;
        int episodes = f == AAS_PLANT_NORMAL ? NORMAL_SHARE : 1;
        for (int e = 0; rc == 0 && e < episodes; e++) {
            const struct aas_plant_options options = {.type = type,
                                                      .schedule = aas_rng_below(&m->rng, 3) ? AAS_PLANT_CONTINUOUS
                                                                                            : AAS_PLANT_SHIFTS,
                                                      .seed = SEED_APART | m->opt->seed,
                                                      .index = index};
            struct aas_plant *plant = NULL;
            rc = aas_plant_create(&options, &plant);
            if (rc == 0)
                rc = run_episode(m, plant, (enum aas_plant_fault)f, (uint32_t)type << 16 | index);
            aas_plant_destroy(plant);
        }
    }
    return rc;
}

static int make_all(struct maker *m, simulated_progress_fn *on_machine, void *arg)
{
    uint32_t all = AAS_PLANT__TYPE_COUNT * m->opt->machines, done = 0;
    for (uint32_t index = 0; index < m->opt->machines; index++) {
        for (int type = 0; type < AAS_PLANT__TYPE_COUNT; type++) {
            int rc = run_machine(m, (enum aas_plant_type)type, index);
            if (rc < 0)
                return rc;
            done++;
            if (on_machine && on_machine(arg, done, all) != 0)
                return AAS_ECANCELED;
        }
    }
    return 0;
}

int simulated_make(const struct aas_feature_schema *schema, const struct simulated_options *opt,
                   simulated_progress_fn *on_machine, void *arg, struct simulated *ret, struct aas_error *err)
{
    struct maker m = {.schema = schema, .opt = opt, .out = ret, .now_ms = 1};
    const struct aas_window_options window = {.spec = schema->window, .channels = CHANNELS};
    *ret = (struct simulated){.severity = NULL};
    ml_dataset_init(&ret->data, schema->features_count);
    aas_rng_seed(&m.rng, opt->seed ^ SEED_APART);
    m.scratch = calloc(aas_feature_schema_scratch(schema, schema->window.rows), sizeof(*m.scratch));
    int rc = m.scratch ? aas_window_create(&window, &m.window, err) : AAS_ENOMEM;
    if (rc == 0)
        rc = make_all(&m, on_machine, arg);
    aas_window_destroy(m.window);
    aas_window_view_fini(&m.view);
    free(m.scratch);
    if (rc < 0) {
        simulated_fini(ret);
        return aas_error_set(err, rc, "simulating machines: %s", aas_strerror(rc));
    }
    return 0;
}

void simulated_fini(struct simulated *s)
{
    ml_dataset_fini(&s->data);
    free(s->severity);
    s->severity = NULL;
}
