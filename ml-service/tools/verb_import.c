/* aastreli-model import and validate: models trained elsewhere. */
#include <stdio.h>
#include <string.h>

#include <aas/json.h>

#include "dropin.h"
#include "verbs.h"

static void print_notes(const json_t *notes)
{
    for (size_t i = 0; i < json_array_size(notes); i++)
        printf("note: %s\n", json_string_value(json_array_get(notes, i)));
}

static json_t *report(const struct ml_dropin *d, const char *version)
{
    return json_pack("{s:s?,s:b,s:O,s:O,s:s?,s:O}", "version", version, "valid", 1, "model", d->facts, "classes",
                     d->classes, "feature_hash", d->schema ? d->schema->hash : NULL, "notes", d->notes);
}

static void print_report(const struct ml_dropin *d)
{
    printf("%s of XGBoost %s: %lld features, %lld classes, %lld trees of %lld levels; %s%s\n",
           json_string_value(json_object_get(d->facts, "objective")),
           json_string_value(json_object_get(d->facts, "version")),
           (long long)json_integer_value(json_object_get(d->facts, "features")),
           (long long)json_integer_value(json_object_get(d->facts, "classes")),
           (long long)json_integer_value(json_object_get(d->facts, "trees")),
           (long long)json_integer_value(json_object_get(d->facts, "depth")),
           d->schema ? "serves windows" : "no schema", d->scaler ? ", with scaler" : "");
    print_notes(d->notes);
}

static int run_import(int argc, char **argv)
{
    const char *dir = NULL, *out = NULL, *parent = NULL;
    bool json = false;
    size_t n = 0;
    int code = CLI_OK;
    const struct cli_option options[] = {
        {CLI_TEXT, "out", &out, 0, 0, "DIR", "models' directory; the version goes to DIR/versions (AAS_MODELS_DIR)"},
        {CLI_TEXT, "parent", &parent, 0, 0, "VERSION", "the version that it descends from"},
        {CLI_FLAG, "json", &json, 0, 0, NULL, "one JSON object on stdout"},
        {CLI_END, NULL, NULL, 0, 0, NULL, NULL}};
    if (!cli_parse(&verb_import, options, argc, argv, &dir, 1, &n, &code))
        return code;
    if (n != 1 || !out) {
        (void)fprintf(stderr, "aastreli-model import: FOLDER and --out DIR are needed\n");
        return CLI_USAGE;
    }
    struct aas_error err = AAS_ERROR_NONE;
    struct ml_dropin d = {0};
    char version[ML_VERSION_NAME_BYTES];
    int rc = ml_dropin_read(dir, &d, &err);
    if (rc == 0)
        rc = ml_dropin_write(out, &d, parent, version, &err);
    if (rc < 0) {
        code = cli_fail(&err, rc);
    } else if (json) {
        code = cli_print_json(report(&d, version));
    } else {
        printf("%s: ", version);
        print_report(&d);
    }
    ml_dropin_fini(&d);
    return code;
}

static int run_validate(int argc, char **argv)
{
    const char *dir = NULL;
    bool json = false;
    size_t n = 0;
    int code = CLI_OK;
    const struct cli_option options[] = {{CLI_FLAG, "json", &json, 0, 0, NULL, "one JSON object on stdout"},
                                         {CLI_END, NULL, NULL, 0, 0, NULL, NULL}};
    if (!cli_parse(&verb_validate, options, argc, argv, &dir, 1, &n, &code))
        return code;
    if (n != 1) {
        (void)fprintf(stderr, "aastreli-model validate: FOLDER is needed\n");
        return CLI_USAGE;
    }
    struct aas_error err = AAS_ERROR_NONE;
    struct ml_dropin d = {0};
    int rc = ml_dropin_read(dir, &d, &err);
    if (rc < 0 && json) {
        (void)cli_print_json(json_pack("{s:b,s:s}", "valid", 0, "reason", aas_error_text(&err, rc)));
        return CLI_FAILED;
    }
    if (rc < 0)
        return cli_fail(&err, rc);
    if (json)
        code = cli_print_json(report(&d, NULL));
    else
        print_report(&d);
    ml_dropin_fini(&d);
    return code;
}

#define FOLDER_TEXT                                                                                                    \
    "FOLDER holds xgboost_anomaly_detector.json, label_encoder.pkl, and if there are any feature_scaler.pkl and\n"     \
    "feature_schema.json (.joblib and .json forms too). Pickles are read without executing anything, and the "         \
    "model's\n"                                                                                                        \
    "structure is checked and tried in a child process.\n"

const struct cli_verb verb_import = {
    .name = "import",
    .summary = "Make a model trained elsewhere the next version.",
    .synopsis = "FOLDER --out DIR [options]",
    .details = FOLDER_TEXT,
    .run = run_import,
};

const struct cli_verb verb_validate = {
    .name = "validate",
    .summary = "Check a model trained elsewhere without importing it.",
    .synopsis = "FOLDER [options]",
    .details = FOLDER_TEXT,
    .run = run_validate,
};
