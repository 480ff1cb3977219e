#include "mongo_server.h"

#include <mongoc/mongoc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/test_dir.h"
#include "aas/test_port.h"
#include "aas/test_proc.h"

struct mongo_server {
    char uri[512]; /* given, or "" */
    char program[512];
    char dir[AAS_TEST_PATH_BYTES];
    uint16_t port;
    struct aas_test_proc *proc;
};

/* Run build.sh; its exit code, and its last line in m->program. */
static int build(struct mongo_server *m)
{
    FILE *out = popen("shared/tests/contract/ferretdb/build.sh", "r");
    if (!out)
        return 1;
    char *line = fgets(m->program, sizeof m->program, out);
    int status = pclose(out);
    m->program[strcspn(m->program, "\n")] = '\0';
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        return WEXITSTATUS(status);
    return line ? 0 : 1;
}

static bool start_process(struct mongo_server *m)
{
    char listen[32];
    struct aas_error err = AAS_ERROR_NONE;
    (void)snprintf(listen, sizeof listen, "127.0.0.1:%u", (unsigned)m->port);
    const char *const argv[] = {m->program, "-listen", listen, "-dir", m->dir, NULL};
    const char *const env[] = {"DO_NOT_TRACK=1", NULL};
    if (aas_test_proc_spawn(&m->proc, argv, env, &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return false;
    }
    return aas_test_proc_wait_port(m->proc, m->port, 20000);
}

int mongo_server_start(struct mongo_server **ret)
{
    struct mongo_server *m = calloc(1, sizeof *m);
    const char *given = getenv("AAS_TEST_MONGODB_URI");
    int rc = 0;
    if (!m)
        return 1;
    if (given && given[0] != '\0') {
        (void)snprintf(m->uri, sizeof m->uri, "%s", given);
    } else {
        rc = build(m);
        if (rc == 0 && (aas_test_dir_make(m->dir) != 0 || aas_test_port(&m->port) != 0 || !start_process(m)))
            rc = 1;
    }
    if (rc != 0) {
        mongo_server_stop(m, "");
        return rc;
    }
    *ret = m;
    return 0;
}

/* The database stands between the hosts and the options: replace what is there. */
const char *mongo_server_url(const struct mongo_server *m, const char *db, const char *options, char *out, size_t size)
{
    if (m->uri[0] == '\0') {
        (void)snprintf(out, size, "mongodb://127.0.0.1:%u/%s?retryWrites=false%s%s", (unsigned)m->port, db,
                       options[0] ? "&" : "", options);
        return out;
    }
    const char *hosts = strstr(m->uri, "://");
    const char *start = hosts ? hosts + 3 : m->uri;
    size_t head = strcspn(start, "/?");
    const char *query = strchr(start, '?');
    (void)snprintf(out, size, "%.*s/%s%s%s%s", (int)(start - m->uri + (ptrdiff_t)head), m->uri, db,
                   query ? query : (options[0] ? "?" : ""), query && options[0] ? "&" : "", options);
    return out;
}

bool mongo_server_is_ours(const struct mongo_server *m)
{
    return m->uri[0] == '\0';
}

void mongo_server_signal(struct mongo_server *m, int sig)
{
    if (aas_test_proc_kill(m->proc, sig) != 0)
        (void)fprintf(stderr, "the stand-in can't be signalled\n");
    if (sig == SIGKILL && aas_test_proc_wait(m->proc, 5000) == AAS_ETIMEDOUT)
        (void)fprintf(stderr, "the stand-in doesn't end\n");
}

bool mongo_server_restart(struct mongo_server *m)
{
    aas_test_proc_destroy(m->proc);
    m->proc = NULL;
    return start_process(m);
}

static void drop(const struct mongo_server *m, const char *db)
{
    char url[1024];
    mongoc_client_t *client = mongoc_client_new(mongo_server_url(m, db, "", url, sizeof url));
    mongoc_database_t *database = client ? mongoc_client_get_database(client, db) : NULL;
    bson_error_t e;
    if (database && !mongoc_database_drop(database, &e))
        (void)fprintf(stderr, "can't drop %s: %s\n", db, e.message);
    if (database)
        mongoc_database_destroy(database);
    if (client)
        mongoc_client_destroy(client);
}

void mongo_server_stop(struct mongo_server *m, const char *db)
{
    if (m->uri[0] != '\0' && db[0] != '\0')
        drop(m, db);
    aas_test_proc_destroy(m->proc);
    if (m->dir[0] != '\0')
        aas_test_dir_remove(m->dir);
    free(m);
}
