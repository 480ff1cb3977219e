/* aastreli-model evaluate: train on labelled CSV runs, score on others or by cross-validation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/json.h>

#include "eval.h"
#include "eval_report.h"
#include "manifest.h"
#include "verbs.h"

#define MODEL_BUFFER_BYTES ((size_t)256 * 1024 * 1024)

struct args {
    const char *train, *test, *preset, *plot, *rows, *out, *params;
    uint64_t cv, repeat, score_from, smooth, seed;
    double threshold;
    bool fault_runs_only, json;
};

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int on_round(void *arg, uint32_t round, uint32_t rounds, const char *evaluation)
{
    (void)arg, (void)evaluation;
    cli_progress("training", round + 1, rounds, NULL);
    return cli_interrupted();
}

static int on_fold_round(void *arg, uint32_t round, uint32_t rounds, const char *evaluation)
{
    (void)arg, (void)round, (void)rounds, (void)evaluation;
    return cli_interrupted();
}

/* Count a repetition. */
static int collect(const struct eval *e, struct eval_result *r, struct aas_error *err)
{
    struct score own = {.tp = 0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < e->count; i++) {
        struct eval_run *run = &e->list[i];
        rc = eval_decide(e, run);
        if (rc == 0)
            rc = eval_score(e, run, &own);
        if (rc == 0)
            rc = eval_score(e, run, &r->score);
        for (size_t k = e->score.score_from; rc == 0 && k < run->run->rows; k++)
            if (!run->skip[k])
                r->confusion[run->run->label[k]][run->alarm[k]]++;
    }
    r->f1[r->repeats] = score_f1(&own);
    r->detection[r->repeats] = score_mean_detection(&own, &e->score);
    r->false_alarms[r->repeats] = score_false_alarms(&own);
    r->repeats++;
    score_fini(&own);
    return rc < 0 ? aas_error_set(err, rc, "out of memory for scores") : 0;
}

struct fold {
    const uint32_t *of_run; /* by run; NULL: parts of each run */
    uint32_t number, folds;
};

static void part_of(const struct eval_run *r, const struct fold *f, size_t *ret_from, size_t *ret_to)
{
    *ret_from = r->run->rows * f->number / f->folds;
    *ret_to = r->run->rows * (f->number + 1) / f->folds;
}

static bool outside_fold(const void *arg, const struct eval *e, size_t run, size_t window)
{
    const struct fold *f = arg;
    const struct eval_run *r = &e->list[run];
    size_t from, to;
    if (f->of_run)
        return f->of_run[run] != f->number;
    part_of(r, f, &from, &to);
    return r->row[window] < from || r->first[window] >= to;
}

/* In a part only windows that lie within it are new to the model; the others aren't scored. */
static int predict_part(const struct eval *e, const struct aas_xgb *model, struct eval_run *r, const struct fold *f,
                        struct aas_error *err)
{
    size_t from, to;
    part_of(r, f, &from, &to);
    int rc = eval_predict(e, model, r, from, to, err);
    for (size_t i = from; i < to; i++)
        r->skip[i] = true;
    for (size_t k = 0; rc == 0 && k < r->windows.rows; k++)
        if (r->first[k] >= from && r->row[k] < to)
            r->skip[r->row[k]] = false;
    for (size_t i = from; i < to; i++)
        r->p[i] = r->skip[i] ? (double)NAN : r->p[i];
    return rc;
}

static int run_fold(struct eval *e, const struct fold *f, struct aas_error *err)
{
    struct aas_xgb *model = NULL;
    int rc = eval_fit(e, outside_fold, f, on_fold_round, &model, NULL, err);
    for (size_t i = 0; rc == 0 && i < e->count; i++) {
        if (!f->of_run)
            rc = predict_part(e, model, &e->list[i], f, err);
        else if (f->of_run[i] == f->number)
            rc = eval_predict(e, model, &e->list[i], 0, SIZE_MAX, err);
    }
    aas_xgb_destroy(model);
    return rc;
}

/* Whole runs to folds, those of one fault evenly. */
static int deal_runs(const struct eval *e, uint32_t folds, uint64_t seed, uint32_t *ret_fold, struct aas_error *err)
{
    struct ml_dataset one;
    ml_dataset_init(&one, 1);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < e->count; i++) {
        const struct labelled_run *run = e->list[i].run;
        uint32_t fault = 0;
        float *x = NULL;
        for (size_t k = 0; fault == 0 && k < run->rows; k++)
            fault = run->label[k];
        rc = ml_dataset_add(&one, fault, (uint32_t)i, &x);
        if (rc == 0)
            *x = 0;
    }
    if (rc == 0)
        rc = ml_dataset_folds(&one, e->runs->labels.count, 0, folds, seed, ret_fold, err);
    ml_dataset_fini(&one);
    return rc;
}

static int cross_validate(struct eval *e, const struct args *a, struct eval_result *r, struct aas_error *err)
{
    AAS_AUTO_FREE uint32_t *fold_of = calloc(e->count + 1, sizeof(*fold_of));
    int rc = fold_of ? 0 : aas_error_set(err, AAS_ENOMEM, "out of memory");
    r->folds = (uint32_t)a->cv;
    for (uint32_t rep = 0; rc == 0 && rep < a->repeat; rep++) {
        e->params.seed = a->seed + rep;
        if (!e->preset->blocks)
            rc = deal_runs(e, r->folds, a->seed + rep, fold_of, err);
        for (uint32_t k = 0; rc == 0 && k < r->folds; k++) {
            const struct fold f = {e->preset->blocks ? NULL : fold_of, k, r->folds};
            cli_progress("folds", rep * r->folds + k, a->repeat * r->folds, NULL);
            rc = run_fold(e, &f, err);
        }
        if (rc == 0)
            rc = collect(e, r, err);
    }
    if (rc == 0)
        cli_progress("folds", 1, 1, NULL);
    return rc;
}

static bool every_window(const void *arg, const struct eval *e, size_t run, size_t window)
{
    (void)arg, (void)e, (void)run, (void)window;
    return true;
}

static json_t *manifest_of(const struct eval *e, const struct args *a, const struct eval_result *r,
                           const uint64_t *counts)
{
    char at[AAS_RFC3339_BYTES], version[32];
    int major, minor, patch;
    json_t *labels = json_object();
    aas_rfc3339_format(aas_clock_wall_ms(), at);
    aas_xgb_version(&major, &minor, &patch);
    (void)snprintf(version, sizeof(version), "%d.%d.%d", major, minor, patch);
    for (size_t k = 0; k < e->schema->classes_count; k++)
        (void)json_object_set_new(labels, e->schema->classes[k], json_integer((json_int_t)counts[k]));
    return json_pack("{s:n,s:s,s:s,s:{s:I,s:f},s:{s:s,s:I},s:o,s:o,s:I,s:o?,s:s}", "parent", "trained_at", at, "source",
                     "csv", "decision", "smooth", (json_int_t)e->smooth, "threshold", e->threshold, "data", "preset",
                     e->preset->name, "runs", (json_int_t)e->count, "label_counts", labels, "params",
                     ml_train_params_json(&e->params), "seed", (json_int_t)a->seed, "metrics",
                     r ? eval_json(e, r) : NULL, "xgboost", version);
}

static int write_version(const struct eval *e, struct aas_xgb *model, const struct args *a, const struct eval_result *r,
                         const uint64_t *counts, struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf bytes = AAS_BUF_INIT(MODEL_BUFFER_BYTES);
    AAS_AUTO_JSON json_t *manifest = manifest_of(e, a, r, counts);
    char version[ML_VERSION_NAME_BYTES];
    if (!manifest)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for a manifest");
    int rc = aas_xgb_save(model, AAS_XGB_JSON, &bytes, err);
    const struct ml_version_parts parts = {bytes.data, bytes.len, e->schema, manifest};
    if (rc == 0)
        rc = ml_version_write(a->out, &parts, NULL, version, err);
    if (rc == 0)
        (void)fprintf(stderr, "%s is in %s\n", version, a->out);
    return rc;
}

static int apply(struct eval *e, const struct args *a, struct aas_error *err)
{
    e->score.score_from = a->score_from;
    e->score.fault_runs_only = a->fault_runs_only;
    e->smooth = a->smooth ? (uint32_t)a->smooth : e->smooth;
    e->threshold = isnan(a->threshold) ? e->threshold : a->threshold;
    e->params.seed = a->seed;
    if (!a->params)
        return 0;
    AAS_AUTO_JSON json_t *doc = NULL;
    int rc = aas_json_parse(a->params, strlen(a->params), 0, 0, &doc, err);
    return rc == 0 ? ml_train_params_read(doc, &e->params, err) : rc;
}

/* Train on everything; score the other folder, if there is one; keep the model, if it is wanted. */
static int train_all(struct eval *e, struct eval *test, const struct args *a, struct eval_result *r,
                     struct aas_error *err)
{
    struct aas_xgb *model = NULL;
    uint64_t counts[AAS_SCHEMA_MAX_CLASSES] = {0};
    int rc = eval_fit(e, every_window, NULL, on_round, &model, counts, err);
    for (size_t i = 0; rc == 0 && test && i < test->count; i++)
        rc = eval_predict(test, model, &test->list[i], 0, SIZE_MAX, err);
    if (rc == 0 && test)
        rc = collect(test, r, err);
    if (rc == 0 && a->out)
        rc = write_version(e, model, a, r, counts, err);
    aas_xgb_destroy(model);
    return rc;
}

static int report(const struct eval *e, const struct args *a, const struct eval_result *r, struct aas_error *err)
{
    int rc = a->plot ? eval_plot(e, a->plot, err) : 0;
    if (rc == 0 && a->rows)
        rc = eval_dump_rows(e, a->rows, err);
    if (rc == 0 && a->json)
        return cli_print_json(eval_json(e, r)) == CLI_OK ? 0 : aas_error_set(err, AAS_EIO, "cannot write the result");
    if (rc == 0)
        eval_print(e, r);
    return rc;
}

static int evaluate(const struct args *a, const struct eval_preset *preset, struct aas_error *err)
{
    struct labelled_runs train = {.count = 0}, test = {.count = 0};
    struct eval e = {.count = 0}, t = {.count = 0};
    struct eval_result *r = calloc(1, sizeof(*r));
    double start = now_s();
    int rc = r ? runs_load(a->train, NULL, &train, err) : aas_error_set(err, AAS_ENOMEM, "out of memory");
    if (rc == 0)
        rc = eval_init(&e, preset, &train, train.labels.count, err);
    if (rc == 0)
        rc = apply(&e, a, err);
    if (rc == 0 && a->test)
        rc = runs_load(a->test, &train, &test, err);
    if (rc == 0 && a->test)
        rc = eval_init(&t, preset, &test, train.labels.count, err);
    if (rc == 0 && a->test)
        rc = apply(&t, a, err);
    if (rc == 0 && a->cv)
        rc = cross_validate(&e, a, r, err);
    if (rc == 0 && (a->test || a->out))
        rc = train_all(&e, a->test ? &t : NULL, a, r, err);
    if (rc == 0) {
        r->seconds = now_s() - start;
        rc = report(a->test ? &t : &e, a, r, err);
    }
    if (r)
        score_fini(&r->score);
    free(r);
    eval_fini(&e);
    eval_fini(&t);
    runs_fini(&train);
    runs_fini(&test);
    return rc;
}

static int run(int argc, char **argv)
{
    struct args a = {.preset = "generic", .repeat = 3, .seed = 1, .threshold = (double)NAN};
    size_t n = 0;
    int code = CLI_OK;
    const struct cli_option options[] = {
        {CLI_TEXT, "train", &a.train, 0, 0, "DIR", "labelled CSV runs (.csv, .csv.gz) to train on"},
        {CLI_TEXT, "test", &a.test, 0, 0, "DIR", "labelled CSV runs to score"},
        {CLI_UINT, "cv", &a.cv, 2, 50, "K", "instead of --test: cross-validation over K groups of whole runs"},
        {CLI_UINT, "repeat", &a.repeat, 1, EVAL_MAX_REPEATS, "N", "repetitions of --cv with other groups (3)"},
        {CLI_TEXT, "preset", &a.preset, 0, 0, "NAME", "skab, tep or generic (generic)"},
        {CLI_UINT, "score-from", &a.score_from, 0, 1e9, "ROW", "leave each run's rows before ROW out of the scores"},
        {CLI_FLAG, "fault-runs-only", &a.fault_runs_only, 0, 0, NULL, "leave runs without a fault out of the scores"},
        {CLI_UINT, "smooth", &a.smooth, 1, 10000, "K", "mean of the last K probabilities (the preset's)"},
        {CLI_NUMBER, "threshold", &a.threshold, 0, 1, "P", "alarm where P(not normal) reaches it (the preset's)"},
        {CLI_TEXT, "params", &a.params, 0, 0, "JSON",
         "training parameters that replace the preset's: {\"rounds\": 50}"},
        {CLI_UINT, "seed", &a.seed, 0, 1e9, "N", "of groups and training (1)"},
        {CLI_TEXT, "plot", &a.plot, 0, 0, "FILE.svg", "draw every run"},
        {CLI_TEXT, "rows", &a.rows, 0, 0, "FILE.csv", "write what was told for every row"},
        {CLI_TEXT, "out", &a.out, 0, 0, "DIR", "write the model trained on all of --train as the next version"},
        {CLI_FLAG, "json", &a.json, 0, 0, NULL, "one JSON object on stdout"},
        {CLI_END, NULL, NULL, 0, 0, NULL, NULL}};
    if (!cli_parse(&verb_evaluate, options, argc, argv, NULL, 0, &n, &code))
        return code;
    const struct eval_preset *preset = eval_preset(a.preset);
    const char *wrong = !a.train             ? "--train DIR is needed"
                        : !preset            ? "--preset must be skab, tep or generic"
                        : (a.cv && a.test)   ? "--test and --cv exclude each other"
                        : (!a.cv && !a.test) ? "--test DIR or --cv K is needed"
                                             : NULL;
    if (wrong) {
        (void)fprintf(stderr, "aastreli-model evaluate: %s\n", wrong);
        return CLI_USAGE;
    }
    struct aas_error err = AAS_ERROR_NONE;
    cli_catch_interrupts();
    int rc = evaluate(&a, preset, &err);
    return rc < 0 ? cli_fail(&err, rc) : CLI_OK;
}

const struct cli_verb verb_evaluate = {
    .name = "evaluate",
    .summary = "Score labelled CSV runs the way the live service would judge them.",
    .synopsis = "--train DIR (--test DIR | --cv K) [options]",
    .details =
        "A causal window ends at each row and every row counts: no point adjustment, no tolerance; rows before the\n"
        "first window count as normal. The delay is the number of rows from a fault's first row to the third alarm "
        "row\n"
        "in a row; runs that were in alarm before the fault are told apart. Windows and features are those of the "
        "live\n"
        "service, and --out writes the model that it can serve.\n",
    .run = run,
};
