/* aastreli-model inspect: what a version, a pickle or a model file holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <aas/json.h>

#include "files.h"
#include "manifest.h"
#include "model_check.h"
#include "pickle.h"
#include "verbs.h"

static void print_scores(const json_t *metrics)
{
    const json_t *per_class = json_object_get(metrics, "per_class");
    const char *name = NULL;
    json_t *s = NULL;
    if (json_object_size(per_class))
        printf("\n%-20s %9s %9s %9s %9s\n", "class", "precision", "recall", "F1", "rows");
    json_object_foreach((json_t *)(uintptr_t)per_class, name, s)
        printf("%-20s %9.3f %9.3f %9.3f %9lld\n", name, json_number_value(json_object_get(s, "precision")),
               json_number_value(json_object_get(s, "recall")), json_number_value(json_object_get(s, "f1")),
               (long long)json_integer_value(json_object_get(s, "support")));
    if (metrics)
        printf("macro F1 %.3f, accuracy %.3f\n", json_number_value(json_object_get(metrics, "macro_f1")),
               json_number_value(json_object_get(metrics, "accuracy")));
}

static int inspect_version(const char *dir, bool json, struct aas_error *err)
{
    struct ml_manifest *m = NULL;
    int rc = ml_manifest_load(dir, &m, err);
    if (rc < 0)
        return rc;
    if (json) {
        rc = cli_print_json(json_incref(m->doc));
    } else {
        printf(
            "%s, trained %s, parent %s, source %s\nsensor type %s, %zu features, %zu classes (normal: %s), hash %s\n",
            m->version, json_string_value(json_object_get(m->doc, "trained_at")), m->parent ? m->parent : "none",
            json_string_value(json_object_get(m->doc, "source")), m->sensor_type, m->features, m->classes_count,
            m->normal, m->schema ? m->schema->hash : "none: no feature schema");
        if (m->schema)
            printf("window: %u rows, every %u, of %lld ms\n", m->schema->window.rows, m->schema->window.stride,
                   (long long)m->schema->window.period_ms);
        printf("files: whole, as their SHA-256 say\n");
        print_scores(m->metrics);
    }
    ml_manifest_destroy(m);
    return rc;
}

static int inspect_file(const char *path, struct aas_error *err)
{
    char *bytes = NULL;
    size_t len = 0;
    json_t *doc = NULL;
    int rc = ml_file_read(path, ML_CHECK_MAX_BYTES, &bytes, &len, err);
    if (rc < 0)
        return rc;
    if (len && bytes[0] == '{')
        rc = ml_model_probe(bytes, len, path, &doc, err);
    else
        rc = ml_pickle_import(path, &doc, err);
    free(bytes);
    return rc < 0 ? rc : cli_print_json(doc);
}

static int run(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false;
    size_t n = 0;
    int code = CLI_OK;
    const struct cli_option options[] = {{CLI_FLAG, "json", &json, 0, 0, NULL, "the whole manifest as JSON"},
                                         {CLI_END, NULL, NULL, 0, 0, NULL, NULL}};
    if (!cli_parse(&verb_inspect, options, argc, argv, &path, 1, &n, &code))
        return code;
    if (n != 1) {
        (void)fprintf(stderr, "aastreli-model inspect: a version's directory, a model or a pickle is needed\n");
        return CLI_USAGE;
    }
    struct stat st;
    struct aas_error err = AAS_ERROR_NONE;
    bool is_dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    int rc = is_dir ? inspect_version(path, json, &err) : inspect_file(path, &err);
    return rc < 0 ? cli_fail(&err, rc) : rc;
}

const struct cli_verb verb_inspect = {
    .name = "inspect",
    .summary = "Show what a version, a model file or a pickle holds.",
    .synopsis = "DIR | FILE [options]",
    .details =
        "DIR is a version (MODELS/versions/v3); its files are checked against their SHA-256. FILE is an XGBoost\n"
        "model in JSON form, or a pickled LabelEncoder or StandardScaler: read, never executed, shown as JSON.\n",
    .run = run,
};
