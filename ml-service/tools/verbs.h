/* The verbs of aastreli-model. */
#pragma once

#include "cli.h"

extern const struct cli_verb verb_retrain;
extern const struct cli_verb verb_train;
