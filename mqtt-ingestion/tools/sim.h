/* The two commands of aastreli-sim. Each connects, publishes until it is done or a signal comes, and prints the
 * summary. They return the exit code: 0 all acknowledged, 1 failed (the reason stands on stderr). */
#pragma once

#include "sim_options.h"

int sim_run(const struct sim_options *o);
int sim_replay(const struct sim_options *o);
