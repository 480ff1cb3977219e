/* backend-api: what browsers and integrators call. */
#include "aas/daemon.h"
#include "app.h"
#include "config.h"

int main(int argc, char **argv)
{
    static const struct aas_daemon daemon = {
        .config = &api_config_table,
        .about = "REST and WebSocket gateway: accounts, sensors, predictions, alarms, the live stream for browsers",
        .create = api_app_create,
        .start = api_app_start,
        .stop = api_app_stop,
        .destroy = api_app_destroy,
        .tick = api_app_tick,
    };
    return aas_daemon_main(&daemon, argc, argv);
}
