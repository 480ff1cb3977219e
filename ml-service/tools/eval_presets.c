/* Presets of evaluate: windows, statistics and parameters found by grouped cross-validation on the open files of each
 * data set; docs/modules/evaluate.md tells how, and what they reach. */
#include <string.h>

#include "eval.h"

const char eval_preset_names[] = "skab, tep, generic";

static const char *const skab_stats[] = {"mean", "std", "shift", NULL};
static const char *const tep_stats[] = {"mean", "std", "mean_abs_diff", "last", NULL};
static const char *const tep_hard[] = {"fault03", "fault09", "fault15", NULL};
static const char *const generic_stats[] = {"mean", "std", "min",           "max",           "median", "slope",
                                            "last", "rms", "mean_abs_diff", "lag1_autocorr", "shift",  NULL};
static const char *const none[] = {NULL};

static const struct eval_preset presets[] = {
    {.name = "skab",
     .description = "pump loop at 1 Hz: the newest 20 s against a reference up to 11 minutes back",
     .rows = 650,
     .min_rows = 120,
     .recent_rows = 20,
     .reference_rows = 100,
     .period_ms = 1000,
     .stats = skab_stats,
     .binary = true,
     .hard = none,
     .train_stride = 5,
     .smooth = 1,
     .threshold = 0.38,
     .params = {.rounds = 90,
                .max_depth = 5,
                .eta = 0.1,
                .subsample = 0.7,
                .colsample = 0.25,
                .min_child_weight = 5,
                .lambda = 20,
                .gamma = 3,
                .balance = 0,
                .normal_weight = 1,
                .max_bin = 256,
                .seed = 1,
                .threads = 1}},
    {.name = "tep",
     .description = "chemical plant (simulated), a row per 3 minutes: the newest 75 minutes",
     .rows = 25,
     .min_rows = 8,
     .period_ms = 180000,
     .stats = tep_stats,
     .binary = true,
     .blocks = true,
     .hard = tep_hard,
     .train_stride = 1,
     .smooth = 12,
     .threshold = 0.3,
     .params = {.rounds = 300,
                .max_depth = 2,
                .eta = 0.05,
                .subsample = 0.8,
                .colsample = 0.2,
                .min_child_weight = 10,
                .lambda = 1,
                .gamma = 0,
                .balance = 0,
                .normal_weight = 4,
                .max_bin = 256,
                .seed = 1,
                .threads = 1}},
    {.name = "generic",
     .description = "one class per label, the newest 60 rows",
     .rows = 60,
     .min_rows = 20,
     .stats = generic_stats,
     .hard = none,
     .train_stride = 3,
     .smooth = 3,
     .threshold = 0.5,
     .params = {.rounds = 60,
                .max_depth = 4,
                .eta = 0.15,
                .subsample = 0.8,
                .colsample = 0.4,
                .min_child_weight = 5,
                .lambda = 5,
                .gamma = 0,
                .balance = 0.5,
                .normal_weight = 1,
                .max_bin = 128,
                .seed = 1,
                .threads = 1}},
};

const struct eval_preset *eval_preset(const char *name)
{
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}
