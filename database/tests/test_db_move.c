/* A site moves from SQLite to MongoDB and back: nothing may be different afterwards. */
#include "tool.h"

#include <unistd.h>

#include "mongo_server.h"

static struct mongo_server *server;
static char db[64];

static void test_move_there_and_back(void **state)
{
    (void)state;
    char path[AAS_TEST_PATH_BYTES];
    char a[AAS_TEST_PATH_BYTES];
    char b[AAS_TEST_PATH_BYTES];
    char c[AAS_TEST_PATH_BYTES];
    char sqlite[AAS_TEST_PATH_BYTES + 16];
    char back[AAS_TEST_PATH_BYTES + 16];
    char mongo[1024];
    (void)snprintf(sqlite, sizeof sqlite, "sqlite:%s", aas_test_path(path, tool_dir, "here.db"));
    (void)snprintf(back, sizeof back, "sqlite:%s", aas_test_path(path, tool_dir, "back.db"));
    mongo_server_url(server, db, "", mongo, sizeof mongo);
    tool_fill(sqlite);
    tool_ok(sqlite, "export", aas_test_path(a, tool_dir, "a"), NULL, NULL);
    tool_ok(mongo, "import", a, "--json", NULL);
    assert_non_null(strstr(tool_out, "\"stored\":252,\"already_there\":0,\"blobs\":1}"));
    tool_ok(mongo, "stats", "--json", NULL, NULL);
    assert_non_null(strstr(tool_out, "\"driver\":\"mongodb\""));
    assert_non_null(strstr(tool_out, "\"sensor_data\":250,"));
    tool_ok(mongo, "backup", aas_test_path(b, tool_dir, "b"), NULL, NULL);
    tool_same_exports(a, b);
    tool_ok(mongo, "restore", b, NULL, NULL);
    tool_ok(back, "import", b, NULL, NULL);
    tool_ok(back, "export", aas_test_path(c, tool_dir, "c"), NULL, NULL);
    tool_same_exports(a, c);
}

int main(void)
{
    int rc = mongo_server_start(&server);
    if (rc != 0)
        return rc;
    if (aas_test_dir_make(tool_dir) != 0)
        return 1;
    (void)snprintf(db, sizeof db, "aas_move_%ld", (long)getpid());
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_move_there_and_back)};
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    mongo_server_stop(server, db);
    aas_test_dir_remove(tool_dir);
    return rc == 0 ? 0 : 1;
}
