/* aastreli-sim: a simulated plant, and CSV files, published to MQTT. */
#include <stdio.h>

#include "aas/config.h"
#include "sim.h"

/* What the environment may say; everything else is an option. */
struct sim_env {
    char *host;
    uint16_t port;
};

static const struct aas_config_option env_options[] = {
    AAS_OPT_STR(struct sim_env, host, "AAS_MQTT_HOST", "127.0.0.1", 0, "the broker's host"),
    AAS_OPT_PORT(struct sim_env, port, "AAS_MQTT_PORT", "1883", 0, "the broker's port"),
};
static const struct aas_config_table env_table = AAS_CONFIG_TABLE("aastreli-sim", env_options, struct sim_env);

static int dispatch(const struct sim_options *o)
{
    switch (o->command) {
    case SIM_HELP:
        return fputs(sim_usage, stdout) < 0 ? 1 : 0;
    case SIM_VERSION:
        return puts("aastreli-sim " AAS_VERSION) < 0 ? 1 : 0;
    case SIM_RUN:
        return sim_run(o);
    default:
        return sim_replay(o);
    }
}

int main(int argc, char **argv)
{
    struct aas_error err = AAS_ERROR_NONE;
    AAS_AUTO_BUF struct aas_buf problems = AAS_BUF_INIT(4096);
    struct sim_env env;
    if (aas_config_load(&env_table, &env, NULL, &problems, NULL) != 0) {
        (void)fprintf(stderr, "aastreli-sim: %s", aas_buf_str(&problems));
        return 2;
    }
    struct sim_options o = {.host = env.host, .port = env.port};
    int code = 2;
    if (sim_options_parse(&o, argc, argv, &err) != 0)
        (void)fprintf(stderr, "aastreli-sim: %s\n", err.msg);
    else
        code = dispatch(&o);
    aas_config_fini(&env_table, &env);
    return code;
}
