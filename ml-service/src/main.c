/* ml-service: windows in, predictions out. */
#include <aas/daemon.h>

#include "app.h"
#include "config.h"

int main(int argc, char **argv)
{
    static const struct aas_daemon daemon = {
        .config = &ml_config_table,
        .about = "judges windows of readings with XGBoost models, keeps versions, learns from feedback",
        .create = ml_app_create,
        .start = ml_app_start,
        .stop = ml_app_stop,
        .destroy = ml_app_destroy,
    };
    return aas_daemon_main(&daemon, argc, argv);
}
