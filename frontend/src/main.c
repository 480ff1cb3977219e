/* frontend: the dashboard's files, from memory. */
#include <aas/daemon.h>

#include "app.h"
#include "config.h"

int main(int argc, char **argv)
{
    static const struct aas_daemon daemon = {
        .config = &web_config_table,
        .about = "serves the dashboard's files",
        .create = web_app_create,
        .start = web_app_start,
        .stop = web_app_stop,
        .destroy = web_app_destroy,
        .reload = web_app_reload,
    };
    return aas_daemon_main(&daemon, argc, argv);
}
