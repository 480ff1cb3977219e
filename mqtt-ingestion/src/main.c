#include "app.h"

int main(int argc, char **argv)
{
    return aas_daemon_main(&ingest_daemon, argc, argv);
}
