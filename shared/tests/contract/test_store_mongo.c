/* The store's contract on the MongoDB driver. */
#include "store_suite.h"

#include <unistd.h>

#include "mongo_server.h"

int main(void)
{
    struct mongo_server *server = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    char db[64];
    char url[1024];
    int rc = mongo_server_start(&server);
    if (rc != 0)
        return rc;
    (void)snprintf(db, sizeof db, "aas_contract_%ld", (long)getpid());
    rc = aas_store_open(&suite_store, mongo_server_url(server, db, "", url, sizeof url), &err);
    if (rc == 0)
        rc = aas_store_ensure(suite_store, &err);
    if (rc != 0)
        (void)fprintf(stderr, "%s\n", aas_error_text(&err, rc));
    if (mongo_server_is_ours(server))
        suite_flaws = SUITE_SUMS_ARE_ZERO | SUITE_REPLACE_IS_NOT_ATOMIC | SUITE_UPDATE_DUPLICATE_IS_INTERNAL;
    int failed = rc != 0 ? 1 : suite_run(mongo_server_is_ours(server) ? "FerretDB, the stand-in" : "MongoDB");
    aas_store_close(suite_store);
    mongo_server_stop(server, db);
    return failed == 0 ? 0 : 1;
}
