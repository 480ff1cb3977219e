/* Parts of the configuration module: config.c (environment, loading), config_value.c (one value), config_print.c. */
#pragma once

#include "aas/config.h"

#define CONFIG_FILE_MAX_BYTES 65536

/** Parse text into the option's member of config. err: what would be right, without the variable's name. */
int config_value_set(const struct aas_config_option *o, void *config, const char *text, struct aas_error *err);
/** Append the value in effect as text that config_value_set reads. */
void config_value_print(const struct aas_config_option *o, const void *config, struct aas_buf *out);
/** "integer 1..10", "json|text": what is right. */
void config_value_describe(const struct aas_config_option *o, struct aas_buf *out);
