/* aastreli-model train: a model version from simulated machines, or from labelled CSV runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/json.h>
#include <aas/xgb.h>

#include "dataset.h"
#include "manifest.h"
#include "metrics_report.h"
#include "plant.h"
#include "simulated.h"
#include "trainer.h"
#include "verbs.h"

#define HOLD_OUT_FOLDS     5
#define SEVERE             0.4F
#define MODEL_BUFFER_BYTES ((size_t)256 * 1024 * 1024)

struct job {
    const char *out;
    bool simulated, json, if_missing;
    uint64_t machines, windows, seed, rounds, depth, threads;
    struct ml_train_params params;
    struct aas_feature_schema *schema;
    struct simulated sim;
    struct ml_dataset train, test;
    float *test_severity;
    struct aas_xgb *model;
    struct ml_confusion all, severe; /* on the hold-out: every window; normal ones and faults of severity >= 0.4 */
    double seconds;
};

static void job_fini(struct job *j)
{
    aas_feature_schema_destroy(j->schema);
    simulated_fini(&j->sim);
    ml_dataset_fini(&j->train);
    ml_dataset_fini(&j->test);
    free(j->test_severity);
    aas_xgb_destroy(j->model);
    ml_confusion_fini(&j->all);
    ml_confusion_fini(&j->severe);
}

static int on_machine(void *arg, uint32_t done, uint32_t all)
{
    (void)arg;
    cli_progress("simulating", done, all, NULL);
    return cli_interrupted();
}

static int on_round(void *arg, uint32_t round, uint32_t rounds, const char *evaluation)
{
    (void)arg;
    const char *tab = strchr(evaluation, '\t');
    cli_progress("training", round + 1, rounds, tab ? tab + 1 : evaluation);
    return cli_interrupted();
}

/* Whole machines go to the hold-out, of each type alike. */
static int split(struct job *j, struct aas_error *err)
{
    const struct ml_dataset *d = &j->sim.data;
    AAS_AUTO_FREE bool *held = calloc(d->rows, sizeof(*held));
    j->test_severity = calloc(d->rows, sizeof(*j->test_severity));
    if (!held || !j->test_severity)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a hold-out");
    size_t n = 0;
    for (size_t i = 0; i < d->rows; i++) {
        held[i] = (d->group[i] & 0xffff) % HOLD_OUT_FOLDS == HOLD_OUT_FOLDS - 1;
        if (held[i])
            j->test_severity[n++] = j->sim.severity[i];
    }
    ml_dataset_init(&j->train, d->cols);
    ml_dataset_init(&j->test, d->cols);
    int rc = ml_dataset_append(&j->train, d, held, false);
    if (rc == 0)
        rc = ml_dataset_append(&j->test, d, held, true);
    return rc < 0 ? aas_error_set(err, rc, "out of memory for a hold-out") : 0;
}

static size_t best_of(const float *p, size_t n)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        best = p[k] > p[best] ? k : best;
    return best;
}

static int judge(struct job *j, struct aas_error *err)
{
    size_t classes = j->schema->classes_count;
    AAS_AUTO_FREE float *p = calloc(j->test.rows * classes, sizeof(*p));
    if (!p || ml_confusion_init(&j->all, classes) < 0 || ml_confusion_init(&j->severe, classes) < 0)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for metrics");
    int rc = aas_xgb_predict(j->model, j->test.x, j->test.rows, j->test.cols, p, err);
    for (size_t i = 0; rc == 0 && i < j->test.rows; i++) {
        size_t truth = (size_t)j->test.label[i], told = best_of(p + i * classes, classes);
        ml_confusion_add(&j->all, truth, told);
        if (truth == AAS_PLANT_NORMAL || j->test_severity[i] >= SEVERE)
            ml_confusion_add(&j->severe, truth, told);
    }
    return rc;
}

static json_t *label_counts(const struct job *j)
{
    json_t *doc = json_object();
    uint64_t counts[AAS_SCHEMA_MAX_CLASSES];
    ml_dataset_count(&j->train, j->schema->classes_count, counts);
    for (size_t k = 0; k < j->schema->classes_count; k++)
        json_object_set_new(doc, j->schema->classes[k], json_integer((json_int_t)counts[k]));
    return doc;
}

static json_t *manifest_of(const struct job *j)
{
    char at[AAS_RFC3339_BYTES], version[32];
    int major, minor, patch;
    aas_rfc3339_format(aas_clock_wall_ms(), at);
    aas_xgb_version(&major, &minor, &patch);
    (void)snprintf(version, sizeof(version), "%d.%d.%d", major, minor, patch);
    json_t *metrics = ml_confusion_metrics(&j->severe, j->schema->classes);
    if (!metrics)
        return NULL;
    json_object_set_new(metrics, "hold_out",
                        json_string("machines that training didn't see; faults of severity 0.4 and more"));
    json_object_set_new(metrics, "all_severities", ml_confusion_metrics(&j->all, j->schema->classes));
    return json_pack("{s:n,s:s,s:s,s:{s:i},s:{s:s,s:I,s:I,s:I,s:I},s:o,s:o,s:I,s:o,s:o,s:s}", "parent", "trained_at",
                     at, "source", "simulated", "decision", "smooth", 1, "data", "kind", "simulated plant",
                     "machines_per_type", (json_int_t)j->machines, "train_windows", (json_int_t)j->train.rows,
                     "test_windows", (json_int_t)j->test.rows, "seed", (json_int_t)j->seed, "label_counts",
                     label_counts(j), "params", ml_train_params_json(&j->params), "seed", (json_int_t)j->seed,
                     "metrics", metrics, "confusion", ml_confusion_json(&j->severe, j->schema->classes), "xgboost",
                     version);
}

static int write_version(struct job *j, char version[ML_VERSION_NAME_BYTES], json_t **ret_manifest,
                         struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf bytes = AAS_BUF_INIT(MODEL_BUFFER_BYTES);
    AAS_AUTO_JSON json_t *manifest = manifest_of(j);
    if (!manifest)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a manifest");
    int rc = aas_xgb_save(j->model, AAS_XGB_JSON, &bytes, err);
    if (rc < 0)
        return rc;
    if (cli_interrupted())
        return aas_error_set(err, AAS_ECANCELED, "interrupted: nothing was written");
    const struct ml_version_parts parts = {bytes.data, bytes.len, j->schema, manifest};
    rc = ml_version_write(j->out, &parts, NULL, version, err);
    if (rc == 0)
        *ret_manifest = json_incref(manifest);
    return rc;
}

static int train_simulated(struct job *j, struct aas_error *err)
{
    int rc = simulated_schema(&j->schema, err);
    const struct simulated_options opt = {(uint32_t)j->machines, (uint32_t)j->windows, j->seed};
    if (rc == 0)
        rc = simulated_make(j->schema, &opt, on_machine, NULL, &j->sim, err);
    if (rc == 0)
        rc = split(j, err);
    if (rc == 0)
        rc = ml_train(&j->train, &j->test, j->schema, &j->params, on_round, NULL, &j->model, err);
    return rc == 0 ? judge(j, err) : rc;
}

static void print_report(const struct job *j, const char *version)
{
    printf("%s: %zu windows of %d machines in %.1f s, %zu held out\n\n%-16s %9s %9s %9s %9s\n", version, j->train.rows,
           (int)(AAS_PLANT__TYPE_COUNT * j->machines), j->seconds, j->test.rows, "class", "precision", "recall", "F1",
           "windows");
    for (size_t k = 0; k < j->schema->classes_count; k++) {
        struct ml_class_score s;
        ml_confusion_class(&j->severe, k, &s);
        printf("%-16s %9.3f %9.3f %9.3f %9llu\n", j->schema->classes[k], s.precision, s.recall, s.f1,
               (unsigned long long)s.support);
    }
    printf("\nmacro F1 %.3f, accuracy %.3f on faults of severity 0.4 and more; macro F1 %.3f on all from 0.15\n",
           ml_confusion_macro_f1(&j->severe), ml_confusion_accuracy(&j->severe), ml_confusion_macro_f1(&j->all));
}

static int finish(struct job *j, const char *version, json_t *manifest)
{
    if (!j->json) {
        print_report(j, version);
        return CLI_OK;
    }
    AAS_AUTO_JSON json_t *owned = manifest;
    return cli_print_json(json_pack("{s:s,s:b,s:f,s:O,s:O}", "version", version, "trained", 1, "seconds", j->seconds,
                                    "metrics", json_object_get(owned, "metrics"), "confusion",
                                    json_object_get(owned, "confusion")));
}

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A version that is there ends the work: `make run` calls at every start. */
static bool is_there(const struct job *j, uint32_t *ret_newest)
{
    AAS_AUTO_FREE uint32_t *numbers = NULL;
    size_t count = 0;
    if (ml_versions_list(j->out, &numbers, &count, NULL) < 0 || count == 0)
        return false;
    *ret_newest = numbers[count - 1];
    return true;
}

static int run(int argc, char **argv)
{
    struct job j = {
        .machines = 40, .windows = 4, .seed = 1, .rounds = 30, .depth = 5, .threads = 1, .params = ML_TRAIN_DEFAULTS};
    const struct cli_option options[] = {
        {CLI_FLAG, "simulated", &j.simulated, 0, 0, NULL,
         "train on simulated machines (required: labelled runs go to evaluate, feedback to retrain)"},
        {CLI_TEXT, "out", &j.out, 0, 0, "DIR", "models' directory; the version goes to DIR/versions (AAS_MODELS_DIR)"},
        {CLI_FLAG, "if-missing", &j.if_missing, 0, 0, NULL, "do nothing where DIR has a version already"},
        {CLI_UINT, "machines", &j.machines, 5, 1000, "N", "simulated machines per type (40), a fifth held out"},
        {CLI_UINT, "windows", &j.windows, 1, 1000, "N", "windows per machine and fault (4)"},
        {CLI_UINT, "rounds", &j.rounds, 1, 5000, "N", "boosting rounds (30)"},
        {CLI_UINT, "depth", &j.depth, 1, 16, "N", "depth of a tree (5)"},
        {CLI_UINT, "threads", &j.threads, 1, 64, "N", "threads for training (1)"},
        {CLI_UINT, "seed", &j.seed, 0, 1e9, "N", "of everything random (1)"},
        {CLI_FLAG, "json", &j.json, 0, 0, NULL, "one JSON object on stdout"},
        {CLI_END, NULL, NULL, 0, 0, NULL, NULL}};
    size_t operands = 0;
    int code = CLI_OK;
    if (!cli_parse(&verb_train, options, argc, argv, NULL, 0, &operands, &code))
        return code;
    if (!j.out || !j.simulated) {
        (void)fprintf(stderr, "aastreli-model train: --simulated and --out DIR are needed\n");
        return CLI_USAGE;
    }
    uint32_t newest = 0;
    if (j.if_missing && is_there(&j, &newest)) {
        if (j.json)
            return cli_print_json(json_pack("{s:o,s:b}", "version", json_sprintf("v%u", newest), "trained", 0));
        printf("v%u is there already\n", newest);
        return CLI_OK;
    }
    cli_catch_interrupts();
    j.params.rounds = (uint32_t)j.rounds;
    j.params.max_depth = (uint32_t)j.depth;
    j.params.threads = (uint32_t)j.threads;
    j.params.seed = j.seed;
    struct aas_error err = AAS_ERROR_NONE;
    char version[ML_VERSION_NAME_BYTES];
    json_t *manifest = NULL;
    double start = now_s();
    int rc = train_simulated(&j, &err);
    j.seconds = now_s() - start;
    if (rc == 0)
        rc = write_version(&j, version, &manifest, &err);
    code = rc < 0 ? cli_fail(&err, rc) : finish(&j, version, manifest);
    if (rc == 0 && !j.json)
        json_decref(manifest);
    job_fini(&j);
    return code;
}

const struct cli_verb verb_train = {
    .name = "train",
    .summary = "Train a model and write it as the next version.",
    .synopsis = "--simulated --out DIR [options]",
    .details =
        "Machines of all types run in a simulator, healthy and with every fault, at sampling intervals from 0.05\n"
        "to 1 s. A fifth of the machines is held out; precision, recall and F1 are theirs. A version appears\n"
        "whole or not at all.\n",
    .run = run,
};
