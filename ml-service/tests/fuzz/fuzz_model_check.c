/* Models of any bytes: facts or an error. What is accepted is a forest: a walk from each root ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aas/json.h>

#include "model_check.h"

#define REQUIRE(what)                                                                                                  \
    do {                                                                                                               \
        if (!(what))                                                                                                   \
            abort();                                                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t at(const json_t *tree, const char *key, int64_t i)
{
    return json_integer_value(json_array_get(json_object_get(tree, key), (size_t)i));
}

/* Always right, always left, and alternating. */
static void walk(const json_t *tree, int64_t features, unsigned turns)
{
    int64_t node = 0, n = (int64_t)json_array_size(json_object_get(tree, "left_children"));
    for (int steps = 0; at(tree, "left_children", node) != -1; steps++) {
        REQUIRE(steps <= ML_CHECK_MAX_DEPTH);
        REQUIRE(at(tree, "split_indices", node) < features);
        node = at(tree, turns >> (steps % 2) & 1 ? "left_children" : "right_children", node);
        REQUIRE(node > 0 && node < n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aas_error err = AAS_ERROR_NONE;
    json_t *facts = NULL;
    int rc = ml_model_check_text(data, size, &facts, &err);
    REQUIRE((rc == 0) == (facts != NULL));
    if (rc < 0) {
        REQUIRE(err.code == rc && err.msg[0] != '\0');
        return 0;
    }
    json_t *root = json_loadb((const char *)data, size, 0, NULL);
    const json_t *booster = json_object_get(json_object_get(root, "learner"), "gradient_booster");
    const json_t *trees = json_object_get(json_object_get(booster, "model"), "trees");
    int64_t features = json_integer_value(json_object_get(facts, "features"));
    for (size_t i = 0; i < json_array_size(trees); i++)
        for (unsigned turns = 0; turns < 4; turns++)
            walk(json_array_get(trees, i), features, turns);
    bool changed = false;
    json_t *again = NULL;
    if (ml_model_keep_best(root, facts, &changed, NULL) == 0)
        REQUIRE(ml_model_check(root, &again, NULL) == 0);
    json_decref(again);
    json_decref(facts);
    json_decref(root);
    return 0;
}
