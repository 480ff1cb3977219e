/* aastreli-sim: a simulated plant, and CSV files, published to MQTT. */
#include <stdio.h>

#include "aas/config.h"
#include "sim.h"

/* What the environment may say; everything else is an option. */
struct sim_env {
    char *host, *user, *password, *ca, *cert, *key;
    uint16_t port;
};

static const struct aas_config_option env_options[] = {
    AAS_OPT_STR(struct sim_env, host, "AAS_MQTT_HOST", "127.0.0.1", 0, "the broker's host"),
    AAS_OPT_PORT(struct sim_env, port, "AAS_MQTT_PORT", "1883", 0, "the broker's port"),
    AAS_OPT_STR(struct sim_env, user, "AAS_MQTT_USER", "", 0, "user name at the broker; empty: none"),
    AAS_OPT_STR(struct sim_env, password, "AAS_MQTT_PASSWORD", "", AAS_CONFIG_SECRET, "password at the broker"),
    AAS_OPT_STR(struct sim_env, ca, "AAS_MQTT_CA", "", 0, "file of CA certificates: switches TLS on"),
    AAS_OPT_STR(struct sim_env, cert, "AAS_MQTT_CERT", "", 0, "file of our client certificate, for mutual TLS"),
    AAS_OPT_STR(struct sim_env, key, "AAS_MQTT_KEY", "", 0, "file of its private key"),
};
static const struct aas_config_table env_table = AAS_CONFIG_TABLE("aastreli-sim", env_options, struct sim_env);

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

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
    struct sim_options o = {.host = env.host,
                            .port = env.port,
                            .username = or_null(env.user),
                            .password = or_null(env.password),
                            .ca = or_null(env.ca),
                            .cert = or_null(env.cert),
                            .key = or_null(env.key)};
    int code = 2;
    if (sim_options_parse(&o, argc, argv, &err) != 0)
        (void)fprintf(stderr, "aastreli-sim: %s\n", err.msg);
    else
        code = dispatch(&o);
    aas_config_fini(&env_table, &env);
    return code;
}
