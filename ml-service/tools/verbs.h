/* The verbs of aastreli-model. */
#pragma once

#include "cli.h"

extern const struct cli_verb verb_import, verb_inspect, verb_validate, verb_train, verb_retrain, verb_evaluate,
    verb_export, verb_compare, verb_verify;
