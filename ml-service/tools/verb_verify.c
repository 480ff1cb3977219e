/* aastreli-model verify, export, compare: versions and their answers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>
#include <aas/xgb.h>

#include "files.h"
#include "manifest.h"
#include "verbs.h"

#define ROWS_MAX_BYTES ((size_t)256 * 1024 * 1024)

struct version {
    struct ml_manifest *manifest;
    struct aas_xgb *xgb;
};

static void version_fini(struct version *v)
{
    ml_manifest_destroy(v->manifest);
    aas_xgb_destroy(v->xgb);
}

static int version_open(const char *dir, struct version *v, struct aas_error *err)
{
    AAS_AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    int rc = ml_manifest_load(dir, &v->manifest, err);
    if (rc == 0)
        rc = ml_manifest_read_model(v->manifest, &bytes, &len, err);
    if (rc == 0)
        rc = aas_xgb_load(bytes, len, &v->xgb, err);
    if (rc == 0 && aas_xgb_info(v->xgb)->features != v->manifest->features)
        rc = aas_error_set(err, AAS_EMISMATCH, "%s: the booster has %zu features, the manifest says %zu", dir,
                           aas_xgb_info(v->xgb)->features, v->manifest->features);
    return rc;
}

/* Raw features, null = missing, as the model's scaled row. */
static int read_row(const struct ml_manifest *m, const json_t *list, double *raw, float *x, struct aas_error *err)
{
    if (json_array_size(list) != m->features)
        return aas_error_set(err, AAS_EMISMATCH, "a row of %zu features, the model has %zu", json_array_size(list),
                             m->features);
    for (size_t i = 0; i < m->features; i++) {
        const json_t *v = json_array_get(list, i);
        raw[i] = json_is_number(v) ? json_number_value(v) : (double)NAN;
    }
    if (m->schema) {
        aas_feature_schema_scale(m->schema, raw, x);
        return 0;
    }
    for (size_t i = 0; i < m->features; i++)
        x[i] = (float)(m->mean ? (raw[i] - m->mean[i]) / m->scale[i] : raw[i]);
    return 0;
}

/* Probabilities of every class for a row; p has room for classes. */
static int answer(const struct version *v, const json_t *row, double *raw, float *x, float *p, struct aas_error *err)
{
    int rc = read_row(v->manifest, row, raw, x, err);
    if (rc == 0)
        rc = aas_xgb_predict(v->xgb, x, 1, v->manifest->features, p, err);
    if (rc == 0 && aas_xgb_info(v->xgb)->outputs == 1) {
        p[1] = p[0];
        p[0] = 1.0F - p[0];
    }
    return rc;
}

struct judged {
    size_t rows, labels_equal;
    double worst; /* largest difference of a probability */
};

static size_t best(const float *p, size_t n)
{
    size_t k = 0;
    for (size_t i = 1; i < n; i++)
        k = p[i] > p[k] ? i : k;
    return k;
}

/* One row against the probabilities that are expected of it. */
static int judge_row(const struct version *v, const json_t *row, const json_t *want, double *raw, float *x, float *p,
                     struct judged *j, struct aas_error *err)
{
    size_t classes = v->manifest->classes_count;
    if (json_array_size(want) != classes)
        return aas_error_set(err, AAS_EMISMATCH, "row %zu expects %zu probabilities, the model has %zu classes",
                             j->rows, json_array_size(want), classes);
    int rc = answer(v, row, raw, x, p, err);
    if (rc < 0)
        return rc;
    size_t best_wanted = 0;
    for (size_t k = 0; k < classes; k++) {
        double w = json_number_value(json_array_get(want, k)), d = fabs(w - (double)p[k]);
        j->worst = d > j->worst ? d : j->worst;
        best_wanted = w > json_number_value(json_array_get(want, best_wanted)) ? k : best_wanted;
    }
    j->labels_equal += best(p, classes) == best_wanted;
    j->rows++;
    return 0;
}

static int judge_rows(const struct version *v, const json_t *doc, struct judged *j, struct aas_error *err)
{
    const json_t *rows = json_object_get(doc, "rows"), *want = json_object_get(doc, "probabilities");
    AAS_AUTO_FREE double *raw = calloc(v->manifest->features, sizeof(*raw));
    AAS_AUTO_FREE float *x = calloc(v->manifest->features, sizeof(*x));
    AAS_AUTO_FREE float *p = calloc(v->manifest->classes_count + 1, sizeof(*p));
    if (!raw || !x || !p)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    if (!json_is_array(rows) || json_array_size(rows) == 0 || json_array_size(want) != json_array_size(rows))
        return aas_error_set(err, AAS_EINVAL, "rows and probabilities must be lists of one length");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(rows); i++)
        rc = judge_row(v, json_array_get(rows, i), json_array_get(want, i), raw, x, p, j, err);
    return rc;
}

static int run_verify(int argc, char **argv)
{
    const char *dir = NULL, *rows_path = NULL;
    double tolerance = 1e-6;
    bool json = false;
    size_t n = 0;
    int code = CLI_OK;
    const struct cli_option options[] = {
        {CLI_TEXT, "rows", &rows_path, 0, 0, "FILE", "{\"rows\": [[features]…], \"probabilities\": [[…]…]} to be met"},
        {CLI_NUMBER, "tolerance", &tolerance, 0, 1, "X", "largest difference of a probability (1e-6)"},
        {CLI_FLAG, "json", &json, 0, 0, NULL, "one JSON object on stdout"},
        {CLI_END, NULL, NULL, 0, 0, NULL, NULL}};
    if (!cli_parse(&verb_verify, options, argc, argv, &dir, 1, &n, &code))
        return code;
    if (n != 1) {
        (void)fprintf(stderr, "aastreli-model verify: a version's directory is needed\n");
        return CLI_USAGE;
    }
    struct aas_error err = AAS_ERROR_NONE;
    struct version v = {0};
    struct judged j = {0};
    AAS_AUTO_JSON json_t *doc = NULL;
    int rc = version_open(dir, &v, &err);
    if (rc == 0 && rows_path)
        rc = aas_json_load(rows_path, ROWS_MAX_BYTES, &doc, &err);
    if (rc == 0 && rows_path)
        rc = judge_rows(&v, doc, &j, &err);
    bool good = rc == 0 && j.worst <= tolerance;
    if (rc < 0)
        code = cli_fail(&err, rc);
    else if (json)
        code = cli_print_json(json_pack("{s:b,s:s,s:I,s:I,s:f}", "verified", good, "version", v.manifest->version,
                                        "rows", (json_int_t)j.rows, "labels_equal", (json_int_t)j.labels_equal,
                                        "largest_difference", j.worst));
    else if (rows_path)
        printf("%s: files whole; %zu rows, %zu labels equal, largest difference of a probability %.3g: %s\n",
               v.manifest->version, j.rows, j.labels_equal, j.worst, good ? "verified" : "DIFFERS");
    else
        printf("%s: files whole, model loads\n", v.manifest->version);
    version_fini(&v);
    return code == CLI_OK && !good ? CLI_FAILED : code;
}

static int put(const char *dir, const char *name, const void *bytes, size_t len, struct aas_error *err)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return ml_file_write(path, bytes, len, err);
}

static int put_json(const char *dir, const char *name, json_t *doc, struct aas_error *err)
{
    AAS_AUTO_FREE char *text = doc ? json_dumps(doc, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(doc);
    return text ? put(dir, name, text, strlen(text), err) : aas_error_set(err, AAS_ENOMEM, "out of memory");
}

static json_t *numbers(const double *v, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, json_real(v[i]));
    return list;
}

/* The drop-in form, so that what was exported can be imported anywhere. */
static int export_to(const struct ml_manifest *m, const char *out, struct aas_error *err)
{
    AAS_AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    json_t *schema = NULL;
    const double *mean = m->schema ? m->schema->mean : m->mean, *scale = m->schema ? m->schema->scale : m->scale;
    int rc = ml_manifest_read_model(m, &bytes, &len, err);
    if (rc == 0)
        rc = ml_dir_make(out, err);
    if (rc == 0)
        rc = put(out, "xgboost_anomaly_detector.json", bytes, len, err);
    if (rc == 0)
        rc = put_json(out, "label_encoder.json", json_incref(json_object_get(m->doc, "classes")), err);
    if (rc == 0 && mean)
        rc = put_json(out, "feature_scaler.json",
                      json_pack("{s:o,s:o}", "mean", numbers(mean, m->features), "scale", numbers(scale, m->features)),
                      err);
    if (rc == 0 && m->schema)
        rc = aas_feature_schema_emit(m->schema, &schema) < 0 ? aas_error_set(err, AAS_ENOMEM, "out of memory")
                                                             : put_json(out, "feature_schema.json", schema, err);
    return rc;
}

static int run_export(int argc, char **argv)
{
    const char *paths[2] = {NULL, NULL};
    size_t n = 0;
    int code = CLI_OK;
    const struct cli_option options[] = {{CLI_END, NULL, NULL, 0, 0, NULL, NULL}};
    if (!cli_parse(&verb_export, options, argc, argv, paths, 2, &n, &code))
        return code;
    if (n != 2) {
        (void)fprintf(stderr, "aastreli-model export: a version's directory and a new folder are needed\n");
        return CLI_USAGE;
    }
    struct aas_error err = AAS_ERROR_NONE;
    struct ml_manifest *m = NULL;
    int rc = ml_manifest_load(paths[0], &m, &err);
    if (rc == 0)
        rc = export_to(m, paths[1], &err);
    code = rc < 0 ? cli_fail(&err, rc) : CLI_OK;
    if (rc == 0)
        printf("%s is in %s, as a drop-in\n", m->version, paths[1]);
    ml_manifest_destroy(m);
    return code;
}

static json_t *side(const struct ml_manifest *m)
{
    json_t *scores = json_object();
    const json_t *per_class = json_object_get(m->metrics, "per_class");
    for (size_t k = 0; k < m->classes_count; k++) {
        json_t *f1 = json_object_get(json_object_get(per_class, m->classes[k]), "f1");
        (void)json_object_set(scores, m->classes[k], f1 ? f1 : json_null());
    }
    json_t *macro = json_object_get(m->metrics, "macro_f1"), *accuracy = json_object_get(m->metrics, "accuracy");
    return json_pack("{s:s,s:O?,s:O?,s:o}", "version", m->version, "macro_f1", macro, "accuracy", accuracy, "f1",
                     scores);
}

static void print_compare(const struct ml_manifest *a, const struct ml_manifest *b, const json_t *pair)
{
    const json_t *fa = json_object_get(json_array_get(pair, 0), "f1"),
                 *fb = json_object_get(json_array_get(pair, 1), "f1");
    const char *name = NULL;
    json_t *va = NULL;
    printf("%-20s %9s %9s %9s\n", "F1", a->version, b->version, "change");
    json_object_foreach((json_t *)(uintptr_t)fa, name, va)
    {
        const json_t *vb = json_object_get(fb, name);
        printf("%-20s %9.3f %9.3f %+9.3f\n", name, json_number_value(va), json_number_value(vb),
               json_number_value(vb) - json_number_value(va));
    }
    printf("%-20s %9.3f %9.3f\n", "macro", json_number_value(json_object_get(json_array_get(pair, 0), "macro_f1")),
           json_number_value(json_object_get(json_array_get(pair, 1), "macro_f1")));
}

static int run_compare(int argc, char **argv)
{
    const char *paths[2] = {NULL, NULL};
    bool json = false;
    size_t n = 0;
    int code = CLI_OK;
    const struct cli_option options[] = {{CLI_FLAG, "json", &json, 0, 0, NULL, "one JSON object on stdout"},
                                         {CLI_END, NULL, NULL, 0, 0, NULL, NULL}};
    if (!cli_parse(&verb_compare, options, argc, argv, paths, 2, &n, &code))
        return code;
    if (n != 2) {
        (void)fprintf(stderr, "aastreli-model compare: two versions' directories are needed\n");
        return CLI_USAGE;
    }
    struct aas_error err = AAS_ERROR_NONE;
    struct ml_manifest *a = NULL, *b = NULL;
    int rc = ml_manifest_load(paths[0], &a, &err);
    if (rc == 0)
        rc = ml_manifest_load(paths[1], &b, &err);
    if (rc < 0) {
        code = cli_fail(&err, rc);
    } else {
        AAS_AUTO_JSON json_t *pair = json_pack("[o,o]", side(a), side(b));
        if (json)
            code = cli_print_json(json_pack("{s:O,s:b}", "versions", pair, "same_features",
                                            a->schema && b->schema && strcmp(a->schema->hash, b->schema->hash) == 0));
        else
            print_compare(a, b, pair);
    }
    ml_manifest_destroy(a);
    ml_manifest_destroy(b);
    return code;
}

const struct cli_verb verb_verify = {
    .name = "verify",
    .summary = "Check a version's files, and its answers against expected ones.",
    .synopsis = "DIR [options]",
    .details =
        "DIR is a version (MODELS/versions/v3). With --rows the model's probabilities must equal those in FILE;\n"
        "features are raw (the version's scaler is applied), null is a missing value.\n",
    .run = run_verify,
};

const struct cli_verb verb_export = {
    .name = "export",
    .summary = "Write a version as a folder that can be dropped in elsewhere.",
    .synopsis = "DIR FOLDER",
    .details = NULL,
    .run = run_export,
};

const struct cli_verb verb_compare = {
    .name = "compare",
    .summary = "Hold-out scores of two versions side by side.",
    .synopsis = "DIR DIR [options]",
    .details = NULL,
    .run = run_compare,
};
