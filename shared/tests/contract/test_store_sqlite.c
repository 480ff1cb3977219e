/* The store's contract on the SQLite driver. */
#include "store_suite.h"

#include "aas/test_dir.h"

int main(void)
{
    char dir[AAS_TEST_PATH_BYTES];
    char url[AAS_TEST_PATH_BYTES + 32];
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_test_dir_make(dir) != 0)
        return 1;
    (void)snprintf(url, sizeof url, "sqlite:%s/store.db", dir);
    int rc = aas_store_open(&suite_store, url, &err);
    if (rc == 0)
        rc = aas_store_ensure(suite_store, &err);
    if (rc != 0) {
        (void)fprintf(stderr, "%s\n", aas_error_text(&err, rc));
        return 1;
    }
    int failed = suite_run("SQLite");
    aas_store_close(suite_store);
    aas_test_dir_remove(dir);
    return failed == 0 ? 0 : 1;
}
