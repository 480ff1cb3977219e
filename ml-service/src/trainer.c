/* See trainer.h. */
#include "trainer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/json.h>

#define PARAMS_MAX 16
#define VALUE_SIZE 32

struct param_list {
    struct aas_xgb_param items[PARAMS_MAX];
    char values[PARAMS_MAX][VALUE_SIZE];
    size_t count;
};

static void add_text(struct param_list *l, const char *name, const char *value)
{
    (void)snprintf(l->values[l->count], VALUE_SIZE, "%s", value);
    l->items[l->count] = (struct aas_xgb_param){name, l->values[l->count]};
    l->count++;
}

static void add_number(struct param_list *l, const char *name, double value)
{
    char text[VALUE_SIZE];
    (void)snprintf(text, sizeof(text), "%.9g", value);
    add_text(l, name, text);
}

static void fill(struct param_list *l, const struct ml_train_params *p, size_t classes)
{
    add_text(l, "objective", classes == 2 ? "binary:logistic" : "multi:softprob");
    add_text(l, "tree_method", "hist");
    add_text(l, "eval_metric", classes == 2 ? "logloss" : "mlogloss");
    if (classes > 2)
        add_number(l, "num_class", (double)classes);
    add_number(l, "eta", p->eta);
    add_number(l, "max_depth", p->max_depth);
    add_number(l, "subsample", p->subsample);
    add_number(l, "colsample_bytree", p->colsample);
    add_number(l, "min_child_weight", p->min_child_weight);
    add_number(l, "lambda", p->lambda);
    add_number(l, "gamma", p->gamma);
    add_number(l, "max_bin", p->max_bin);
    add_number(l, "nthread", p->threads);
    add_number(l, "seed", (double)(p->seed & 0x7fffffff));
}

static int check(const struct ml_dataset *train, const struct aas_feature_schema *schema, bool missing,
                 struct aas_error *err)
{
    uint64_t counts[AAS_SCHEMA_MAX_CLASSES];
    if (!schema->classes || schema->classes_count < 2)
        return aas_error_set(err, AAS_EINVAL, "at least two classes are needed to train");
    if (train->cols != schema->features_count)
        return aas_error_set(err, AAS_EMISMATCH, "rows of %zu features, the schema has %zu", train->cols,
                             schema->features_count);
    ml_dataset_count(train, schema->classes_count, counts);
    for (size_t k = 0; k < schema->classes_count; k++)
        if (counts[k] == 0 && !missing)
            return aas_error_set(err, AAS_EINVAL, "no training row is labelled \"%s\"", schema->classes[k]);
    return 0;
}

static char **feature_names(const struct aas_feature_schema *schema)
{
    char **names = calloc(schema->features_count, sizeof(*names) + 256);
    char *text = (char *)(names + schema->features_count);
    for (size_t i = 0; names && i < schema->features_count; i++) {
        names[i] = text + i * 256;
        aas_feature_schema_name(schema, i, names[i], 256);
    }
    return names;
}

static struct aas_xgb_data view(const struct ml_dataset *d)
{
    return (struct aas_xgb_data){d->x, d->rows, d->cols, d->label, d->weight};
}

int ml_train(struct ml_dataset *train, const struct ml_dataset *test, const struct aas_feature_schema *schema,
             const struct ml_train_params *params, aas_xgb_round_fn *on_round, void *arg, struct aas_xgb **ret_model,
             struct aas_error *err)
{
    int rc = check(train, schema, params->missing_classes, err);
    if (rc < 0)
        return rc;
    struct param_list list = {.count = 0};
    fill(&list, params, schema->classes_count);
    AAS_AUTO_FREE char **names = feature_names(schema);
    if (!names)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for feature names");
    ml_dataset_balance(train, schema->classes_count, params->balance);
    int normal = aas_feature_schema_class(schema, schema->normal);
    for (size_t i = 0; i < train->rows; i++)
        train->weight[i] *= (int)train->label[i] == normal ? (float)params->normal_weight : 1.0F;
    const struct aas_xgb_param attr = {"aas_feature_hash", schema->hash};
    const struct aas_xgb_training how = {.params = list.items,
                                         .params_count = list.count,
                                         .rounds = params->rounds,
                                         .feature_names = (const char *const *)names,
                                         .attrs = &attr,
                                         .attrs_count = 1,
                                         .on_round = on_round,
                                         .arg = arg};
    const struct aas_xgb_data train_view = view(train), test_view = test ? view(test) : (struct aas_xgb_data){0};
    return aas_xgb_train(&how, &train_view, test ? &test_view : NULL, ret_model, err);
}

json_t *ml_train_params_json(const struct ml_train_params *p)
{
    return json_pack("{s:I,s:I,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:I,s:I}", "rounds", (json_int_t)p->rounds, "max_depth",
                     (json_int_t)p->max_depth, "eta", p->eta, "subsample", p->subsample, "colsample", p->colsample,
                     "min_child_weight", p->min_child_weight, "lambda", p->lambda, "gamma", p->gamma, "balance",
                     p->balance, "normal_weight", p->normal_weight, "max_bin", (json_int_t)p->max_bin, "seed",
                     (json_int_t)p->seed);
}

static int read_u32(const json_t *doc, const char *field, int64_t min, int64_t max, uint32_t *dst,
                    struct aas_error *err)
{
    int64_t v = *dst;
    int rc = aas_json_get_int(doc, field, AAS_JSON_OPTIONAL, min, max, &v, err);
    *dst = (uint32_t)v;
    return rc;
}

int ml_train_params_read(const json_t *doc, struct ml_train_params *params, struct aas_error *err)
{
    static const char *const known[] = {"rounds",           "max_depth", "eta",   "subsample", "colsample",
                                        "min_child_weight", "lambda",    "gamma", "balance",   "normal_weight",
                                        "max_bin",          "seed",      NULL};
    const struct {
        const char *field;
        double min, max;
        double *dst;
    } numbers[] = {
        {"eta", 1e-4, 1, &params->eta},
        {"subsample", 0.05, 1, &params->subsample},
        {"colsample", 0.01, 1, &params->colsample},
        {"min_child_weight", 0, 1e6, &params->min_child_weight},
        {"lambda", 0, 1e6, &params->lambda},
        {"gamma", 0, 1e6, &params->gamma},
        {"balance", 0, 1, &params->balance},
        {"normal_weight", 0.01, 100, &params->normal_weight},
    };
    int64_t seed = (int64_t)params->seed;
    int rc = aas_json_only_fields(doc, known, err);
    if (rc == 0)
        rc = read_u32(doc, "rounds", 1, 5000, &params->rounds, err);
    if (rc == 0)
        rc = read_u32(doc, "max_depth", 1, 16, &params->max_depth, err);
    if (rc == 0)
        rc = read_u32(doc, "max_bin", 8, 4096, &params->max_bin, err);
    if (rc == 0)
        rc = aas_json_get_int(doc, "seed", AAS_JSON_OPTIONAL, 0, INT64_MAX, &seed, err);
    params->seed = (uint64_t)seed;
    for (size_t i = 0; rc == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        rc = aas_json_get_number(doc, numbers[i].field, AAS_JSON_OPTIONAL, numbers[i].min, numbers[i].max,
                                 numbers[i].dst, err);
    return rc;
}
