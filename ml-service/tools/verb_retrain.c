/* aastreli-model retrain: the next version from what the plant has taught since. ml-service runs it as a child; with
 * --json its stdout is a line of JSON per step, the last one the result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/json.h>
#include <aas/store.h>
#include <aas/xgb.h>

#include "dataset.h"
#include "gate.h"
#include "learn_set.h"
#include "manifest.h"
#include "simulated.h"
#include "trainer.h"
#include "verbs.h"
#include "version_load.h"

#define MODEL_BUFFER_BYTES ((size_t)256 * 1024 * 1024)
#define DIGEST_ROWS        2000
#define HELD_SHARE         0.25 /* of labelled windows, the newest */
#define BASE_FOLDS         5
#define LABELLED_WEIGHT    0.15 /* share that labelled windows should have of all */
#define REPEAT_MAX         50

struct retrain {
    const char *store_url, *models_dir, *parent_name, *params_text;
    char stdin_url[4096];
    bool json;
    uint64_t from, to, rounds, threads, seed;

    struct aas_store *store;
    struct ml_manifest *parent;
    struct ml_model *champion;
    struct ml_learn_set learn;
    struct simulated sim; /* the parent's own data, made again */
    bool has_sim;
    struct ml_dataset train, test_labelled, test_base;
    struct ml_train_params params;
    struct aas_xgb *model;
    json_t *gate;
};

static void retrain_fini(struct retrain *r)
{
    aas_xgb_destroy(r->model);
    ml_model_put(r->champion);
    ml_manifest_destroy(r->parent);
    ml_learn_set_fini(&r->learn);
    if (r->has_sim)
        simulated_fini(&r->sim);
    ml_dataset_fini(&r->train);
    ml_dataset_fini(&r->test_labelled);
    ml_dataset_fini(&r->test_base);
    json_decref(r->gate);
    aas_store_close(r->store);
}

/* One line, at once: somebody reads along. Takes doc. */
static int print_line(json_t *doc)
{
    bool ok = doc && json_dumpf(doc, stdout, JSON_COMPACT) == 0 && fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    json_decref(doc);
    return ok ? CLI_OK : CLI_FAILED;
}

static int step(const struct retrain *r, const char *phase, uint64_t done, uint64_t all, const char *note)
{
    if (r->json) {
        json_t *line = json_pack("{s:s,s:I,s:I,s:s?}", "phase", phase, "round", (json_int_t)done, "rounds",
                                 (json_int_t)all, "evaluation", note);
        (void)print_line(line);
    } else {
        cli_progress(phase, done, all, note);
    }
    return cli_interrupted();
}

static int on_round(void *arg, uint32_t round, uint32_t rounds, const char *evaluation)
{
    const char *tab = strchr(evaluation, '\t');
    return step(arg, "training", round + 1, rounds, tab ? tab + 1 : evaluation);
}

static int on_machine(void *arg, uint32_t done, uint32_t all)
{
    return step(arg, "base data", done, all, NULL);
}

/* A URL may hold a password, and arguments can be seen by everybody. */
static int read_url(struct retrain *r, struct aas_error *err)
{
    if (strcmp(r->store_url, "-") != 0)
        return 0;
    if (!fgets(r->stdin_url, sizeof r->stdin_url, stdin))
        return aas_error_set(err, AAS_EINVAL, "--store -: stdin holds no URL");
    r->stdin_url[strcspn(r->stdin_url, "\n")] = '\0';
    r->store_url = r->stdin_url;
    return 0;
}

static int open_all(struct retrain *r, struct aas_error *err)
{
    char dir[1024];
    int rc = read_url(r, err);
    if (rc)
        return rc;
    (void)snprintf(dir, sizeof dir, "%s/versions/%s", r->models_dir, r->parent_name);
    rc = ml_manifest_load(dir, &r->parent, err);
    if (rc == 0)
        rc = ml_version_load(r->parent, NULL, &r->champion, err);
    if (rc == 0 && r->champion->binary)
        rc = aas_error_set(err, AAS_ENOTSUP, "%s has one output; retraining makes models with one per class",
                           r->parent_name);
    return rc ? rc : aas_store_open(&r->store, r->store_url, err);
}

/* Where the parent learned from simulated machines, the same ones are made again. */
static int make_base(struct retrain *r, struct aas_error *err)
{
    const json_t *data = json_object_get(r->parent->doc, "data");
    const char *kind = json_string_value(json_object_get(data, "kind"));
    json_int_t machines = json_integer_value(json_object_get(data, "machines_per_type"));
    if (!kind || strcmp(kind, "simulated plant") != 0 || machines < 1 || machines > 1000)
        return 0;
    const struct simulated_options o = {(uint32_t)machines, 4,
                                        (uint64_t)json_integer_value(json_object_get(data, "seed"))};
    int rc = simulated_make(r->learn.schema, &o, on_machine, r, &r->sim, err);
    r->has_sim = rc == 0;
    return rc;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The newest quarter in time is held out, whole feedbacks at a time: neighbouring windows are nearly copies. */
static int split_labelled(struct retrain *r, bool *held, struct aas_error *err)
{
    const struct ml_dataset *d = &r->learn.labelled;
    AAS_AUTO_FREE int64_t *times = malloc((d->rows + 1) * sizeof *times);
    if (!times)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    memcpy(times, r->learn.end_ms, d->rows * sizeof *times);
    qsort(times, d->rows, sizeof *times, by_time);
    int64_t border = times[(size_t)((double)d->rows * (1 - HELD_SHARE))];
    uint32_t groups = 0, kept_groups = 0, last = UINT32_MAX;
    for (size_t i = 0; i < d->rows; i++) { /* rows of a group stand together */
        bool starts = d->group[i] != last;
        last = d->group[i];
        held[i] = starts ? r->learn.end_ms[i] > border : held[i - 1];
        groups += starts;
        kept_groups += starts && !held[i];
    }
    if (groups > 1 && kept_groups > 0)
        return 0;
    memset(held, 0, d->rows * sizeof *held); /* one feedback only: it must teach, so nothing can be held out */
    return 0;
}

/* Simulated machines are held out whole. The digest stands newest first: its newest fifth is held out. */
static int split_base(struct retrain *r, const struct ml_dataset *d, bool by_group, struct aas_error *err)
{
    AAS_AUTO_FREE bool *held = calloc(d->rows + 1, sizeof *held);
    if (!held)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    for (size_t i = 0; i < d->rows; i++)
        held[i] = by_group ? (d->group[i] & 0xffff) % BASE_FOLDS == BASE_FOLDS - 1 : i < d->rows / BASE_FOLDS;
    int rc = ml_dataset_append(&r->train, d, held, false);
    return rc ? rc : ml_dataset_append(&r->test_base, d, held, true);
}

/* Few labelled windows would drown in the base data: they are repeated until they make up their share. */
static int add_labelled(struct retrain *r, struct aas_error *err)
{
    const struct ml_dataset *d = &r->learn.labelled;
    AAS_AUTO_FREE bool *held = calloc(d->rows + 1, sizeof *held);
    if (!held)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    int rc = split_labelled(r, held, err);
    size_t mine = 0;
    for (size_t i = 0; i < d->rows; i++)
        mine += !held[i];
    double times = mine > 0 ? LABELLED_WEIGHT * (double)r->train.rows / (double)mine : 0;
    int repeat = times < 1 ? 1 : times > REPEAT_MAX ? REPEAT_MAX : (int)times;
    for (int k = 0; rc == 0 && k < repeat; k++)
        rc = ml_dataset_append(&r->train, d, held, false);
    return rc ? rc : ml_dataset_append(&r->test_labelled, d, held, true);
}

static int collect(struct retrain *r, struct aas_error *err)
{
    bool simulated = json_object_get(json_object_get(r->parent->doc, "data"), "machines_per_type") != NULL;
    struct ml_learn_options o = {.store = r->store,
                                 .parent = r->parent,
                                 .models_dir = r->models_dir,
                                 .from = (int64_t)r->from,
                                 .to = (int64_t)r->to,
                                 .digest_rows = DIGEST_ROWS,
                                 .digest_normals = simulated};
    (void)step(r, "labelled windows", 0, 1, NULL);
    int rc = ml_learn_set_make(&r->learn, &o, err);
    if (rc == 0 && r->learn.labelled.rows == 0)
        rc = aas_error_set(err, AAS_ENOENT,
                           "nothing to learn: no feedback with windows that are still stored (%zu without data)",
                           r->learn.without_data);
    if (rc == 0)
        rc = make_base(r, err);
    if (rc)
        return rc;
    size_t cols = r->learn.schema->features_count;
    ml_dataset_init(&r->train, cols);
    ml_dataset_init(&r->test_labelled, cols);
    ml_dataset_init(&r->test_base, cols);
    if (r->has_sim)
        rc = split_base(r, &r->sim.data, true, err);
    if (rc == 0)
        rc = split_base(r, &r->learn.digest, false, err);
    return rc ? rc : add_labelled(r, err);
}

/* XGBoost wants rows of every class; a class that nobody shows any more keeps one empty row, which teaches nothing. */
static int fill_classes(struct retrain *r, struct aas_error *err)
{
    uint64_t counts[AAS_SCHEMA_MAX_CLASSES];
    ml_dataset_count(&r->train, r->learn.schema->classes_count, counts);
    for (uint32_t k = 0; k < r->learn.schema->classes_count; k++) {
        float *x;
        if (counts[k] > 0)
            continue;
        if (ml_dataset_add(&r->train, k, UINT32_MAX, &x) != 0)
            return aas_error_set(err, AAS_ENOMEM, "out of memory");
        for (size_t c = 0; c < r->train.cols; c++)
            x[c] = __builtin_nanf("");
    }
    return 0;
}

static int read_params(struct retrain *r, struct aas_error *err)
{
    r->params = ML_TRAIN_DEFAULTS;
    r->params.threads = (uint32_t)r->threads;
    r->params.seed = r->seed;
    int rc = ml_train_params_read(json_object_get(r->parent->doc, "params"), &r->params, NULL);
    if (rc) /* a parent from elsewhere names its parameters differently */
        r->params = ML_TRAIN_DEFAULTS;
    if (r->rounds)
        r->params.rounds = (uint32_t)r->rounds;
    r->params.threads = (uint32_t)r->threads;
    if (!r->params_text)
        return 0;
    AAS_AUTO_JSON json_t *doc = NULL;
    rc = aas_json_parse(r->params_text, strlen(r->params_text), 0, 0, &doc, err);
    return rc ? rc : ml_train_params_read(doc, &r->params, err);
}

static int judge(struct retrain *r, struct aas_error *err)
{
    struct ml_gate_input in = {.champion = r->champion->xgb,
                               .challenger = r->model,
                               .champion_classes = r->champion->classes_count,
                               .challenger_classes = r->learn.schema->classes_count,
                               .classes = r->learn.schema->classes,
                               .normal = aas_feature_schema_class(r->learn.schema, r->learn.schema->normal),
                               .labelled = &r->test_labelled,
                               .base = &r->test_base,
                               .replay = &r->learn.digest};
    (void)step(r, "gate", 0, 1, NULL);
    return ml_gate_run(&in, &r->gate, err);
}

static json_t *manifest_of(struct retrain *r)
{
    char at[AAS_RFC3339_BYTES];
    uint64_t counts[AAS_SCHEMA_MAX_CLASSES];
    aas_rfc3339_format(aas_clock_wall_ms(), at);
    ml_dataset_count(&r->train, r->learn.schema->classes_count, counts);
    json_t *labels = json_object();
    for (size_t k = 0; k < r->learn.schema->classes_count; k++)
        json_object_set_new(labels, r->learn.schema->classes[k], json_integer((json_int_t)counts[k]));
    const json_t *base = json_object_get(r->gate, "base"), *labelled = json_object_get(r->gate, "labelled");
    json_t *metrics = json_object_get(base ? base : labelled, "challenger");
    /* what the parent learned from goes along, so that the next generation finds it */
    json_t *data = json_deep_copy(json_object_get(r->parent->doc, "data"));
    data = data ? data : json_object();
    json_object_set_new(data, "feedback", json_incref(r->learn.feedback));
    json_object_set_new(data, "labelled_windows", json_integer((json_int_t)r->learn.labelled.rows));
    json_object_set_new(data, "digest_windows", json_integer((json_int_t)r->learn.digest.rows));
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:I,s:O?,s:O,s:{s:i}}", "parent", r->parent_name, "trained_at", at,
                     "source", "retrained", "data", data, "label_counts", labels, "params",
                     ml_train_params_json(&r->params), "seed", (json_int_t)r->params.seed, "metrics", metrics, "gate",
                     r->gate, "decision", "smooth", 1);
}

static int write_version(struct retrain *r, char version[ML_VERSION_NAME_BYTES], struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf bytes = AAS_BUF_INIT(MODEL_BUFFER_BYTES);
    AAS_AUTO_JSON json_t *manifest = manifest_of(r);
    if (!manifest)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a manifest");
    int rc = aas_xgb_save(r->model, AAS_XGB_JSON, &bytes, err);
    if (rc == 0 && cli_interrupted())
        rc = aas_error_set(err, AAS_ECANCELED, "interrupted: nothing was written");
    const struct ml_version_parts parts = {bytes.data, bytes.len, r->learn.schema, manifest};
    return rc ? rc : ml_version_write(r->models_dir, &parts, NULL, version, err);
}

static int retrain(struct retrain *r, char version[ML_VERSION_NAME_BYTES], struct aas_error *err)
{
    int rc = open_all(r, err);
    if (rc == 0)
        rc = read_params(r, err);
    if (rc == 0)
        rc = collect(r, err);
    if (rc == 0)
        rc = fill_classes(r, err);
    if (rc == 0)
        rc = ml_train(&r->train, r->test_base.rows ? &r->test_base : NULL, r->learn.schema, &r->params, on_round, r,
                      &r->model, err);
    if (rc == 0)
        rc = judge(r, err);
    return rc ? rc : write_version(r, version, err);
}

static int finish(struct retrain *r, const char *version)
{
    cli_progress_end();
    json_t *out = json_pack("{s:s,s:s,s:I,s:I,s:O,s:O}", "version", version, "parent", r->parent_name, "rows",
                            (json_int_t)r->train.rows, "labelled", (json_int_t)r->learn.labelled.rows, "feedback",
                            r->learn.feedback, "gate", r->gate);
    if (r->json)
        return print_line(out);
    printf("%s from %s: %zu windows, %zu labelled by operators\n", version, r->parent_name, r->train.rows,
           r->learn.labelled.rows);
    const json_t *reasons = json_object_get(r->gate, "reasons");
    for (size_t i = 0; i < json_array_size(reasons); i++)
        printf("  %s\n", json_string_value(json_array_get(reasons, i)));
    printf("gate: %s\n", json_is_true(json_object_get(r->gate, "passed")) ? "passed" : "not passed");
    json_decref(out);
    return CLI_OK;
}

static int run(int argc, char **argv)
{
    struct retrain r = {.threads = 1, .seed = 1};
    const struct cli_option options[] = {
        {CLI_TEXT, "store", &r.store_url, 0, 0, "URL",
         "document store with readings and feedback; - reads it from stdin"},
        {CLI_TEXT, "models", &r.models_dir, 0, 0, "DIR", "models' directory (AAS_MODELS_DIR)"},
        {CLI_TEXT, "parent", &r.parent_name, 0, 0, "VERSION", "version to go on from, e.g. v1"},
        {CLI_UINT, "from", &r.from, 0, 253402300799999.0, "MS", "oldest labelled time, epoch ms (all)"},
        {CLI_UINT, "to", &r.to, 0, 253402300799999.0, "MS", "newest labelled time, epoch ms (all)"},
        {CLI_TEXT, "params", &r.params_text, 0, 0, "JSON", "training parameters, e.g. {\"max_depth\":4}"},
        {CLI_UINT, "rounds", &r.rounds, 1, 5000, "N", "boosting rounds (the parent's)"},
        {CLI_UINT, "threads", &r.threads, 1, 64, "N", "threads for training (1)"},
        {CLI_UINT, "seed", &r.seed, 0, 1e9, "N", "of everything random (1)"},
        {CLI_FLAG, "json", &r.json, 0, 0, NULL, "a line of JSON per step on stdout"},
        {CLI_END, NULL, NULL, 0, 0, NULL, NULL}};
    size_t operands = 0;
    int code = CLI_OK;
    if (!cli_parse(&verb_retrain, options, argc, argv, NULL, 0, &operands, &code))
        return code;
    if (!r.store_url || !r.models_dir || !r.parent_name || strchr(r.parent_name, '/')) {
        (void)fprintf(stderr, "aastreli-model retrain: --store, --models and --parent are needed\n");
        return CLI_USAGE;
    }
    cli_catch_interrupts();
    struct aas_error err = AAS_ERROR_NONE;
    char version[ML_VERSION_NAME_BYTES];
    int rc = retrain(&r, version, &err);
    code = rc < 0 ? cli_fail(&err, rc) : finish(&r, version);
    retrain_fini(&r);
    return code;
}

const struct cli_verb verb_retrain = {
    .name = "retrain",
    .summary = "Train the next version with operators' feedback and judge it by the gate.",
    .synopsis = "--store URL --models DIR --parent VERSION [options]",
    .details = "Labelled windows are cut from stored readings, or taken from predictions where the readings are gone.\n"
               "The parent's own training data goes along where it can be made again, else a digest of what the\n"
               "parent was sure of. The newest quarter of the labelled windows is held out for the gate.\n",
    .run = run,
};
