/* A small model that is trained within the test: two channels, mean and std of each, three classes. */
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <aas/buf.h>
#include <aas/feature_schema.h>
#include <aas/json.h>
#include <aas/rng.h>
#include <aas/xgb.h>

#include "model.h"

#define TINY_ROWS    10
#define TINY_SAMPLES 300

static const char tiny_schema_text[] =
    "{\"version\":1,\"sensor_type\":\"*\",\"normal\":\"normal\",\"window\":{\"rows\":10,\"stride\":5,\"period_ms\":"
    "1000,"
    "\"min_coverage\":0.5,\"max_gap_ms\":0},\"channels\":[\"a\",\"b\"],\"features\":{\"order\":\"channel-major\","
    "\"stats\":[\"mean\",\"std\"]},\"classes\":[\"normal\",\"hot\",\"shaky\"]}";

static inline struct aas_feature_schema *tiny_schema(void)
{
    json_t *doc = NULL;
    struct aas_feature_schema *schema = NULL;
    if (aas_json_parse(tiny_schema_text, strlen(tiny_schema_text), 0, 0, &doc, NULL) != 0)
        abort();
    if (aas_feature_schema_parse(doc, &schema, NULL) != 0)
        abort();
    json_decref(doc);
    return schema;
}

/* A window of class k: "hot" raises the mean of a, "shaky" the spread of b. */
static inline void tiny_window(struct aas_rng *r, int k, double a[TINY_ROWS], double b[TINY_ROWS])
{
    for (int i = 0; i < TINY_ROWS; i++) {
        a[i] = 20 + aas_rng_normal(r) + (k == 1 ? 30 : 0);
        b[i] = 1 + (k == 2 ? 5 : 0.2) * aas_rng_normal(r);
    }
}

/* The booster's file, appended to buf. shift: another seed gives another model. */
static inline void tiny_booster(struct aas_buf *buf, uint64_t seed)
{
    struct aas_feature_schema *schema = tiny_schema();
    struct aas_rng r;
    aas_rng_seed(&r, seed);
    static float x[TINY_SAMPLES * 4], label[TINY_SAMPLES];
    double *scratch = malloc(aas_feature_schema_scratch(schema, TINY_ROWS) * sizeof *scratch);
    for (int s = 0; s < TINY_SAMPLES; s++) {
        double a[TINY_ROWS], b[TINY_ROWS];
        tiny_window(&r, s % 3, a, b);
        const double *columns[] = {a, b};
        aas_feature_schema_extract(schema, columns, TINY_ROWS, scratch, x + (ptrdiff_t)s * 4, NULL);
        label[s] = (float)(s % 3);
    }
    free(scratch);
    const struct aas_xgb_param params[] = {{"objective", "multi:softprob"},
                                           {"num_class", "3"},
                                           {"max_depth", "3"},
                                           {"eta", "0.5"},
                                           {"nthread", "1"},
                                           {"verbosity", "0"}};
    struct aas_xgb_training how = {
        .params = params, .params_count = sizeof params / sizeof params[0], .rounds = 8 + (uint32_t)(seed % 5)};
    struct aas_xgb_data data = {.x = x, .rows = TINY_SAMPLES, .cols = 4, .label = label};
    struct aas_xgb *model = NULL;
    if (aas_xgb_train(&how, &data, NULL, &model, NULL) != 0 || aas_xgb_save(model, AAS_XGB_JSON, buf, NULL) != 0)
        abort();
    aas_xgb_destroy(model);
    aas_feature_schema_destroy(schema);
}

static inline struct ml_model *tiny_model(const char *version, uint64_t seed)
{
    struct aas_buf buf = AAS_BUF_INIT(1 << 24);
    tiny_booster(&buf, seed);
    struct ml_model_parts parts = {.version = version, .bytes = buf.data, .len = buf.len, .schema = tiny_schema()};
    struct ml_model *model = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (ml_model_create(&model, &parts, &err) != 0)
        abort();
    aas_buf_fini(&buf);
    return model;
}
