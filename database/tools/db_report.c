/* init, stats, sweep. */
#include "db.h"

#include <string.h>
#include <sys/stat.h>

#include "aas/clock.h"
#include "aas/store_sweep.h"

int db_init(struct db_run *run, struct aas_error *err)
{
    int rc = aas_store_ensure(run->store, err);
    if (rc == 0)
        (void)aas_buf_printf(&run->out,
                             run->json ? "{\"initialised\":true,\"driver\":\"%s\",\"collections\":%d}\n"
                                       : "the store (%s) has its %d collections and their indexes\n",
                             aas_store_driver(run->store), (int)AAS_COLL__COUNT);
    return rc;
}

struct sizes {
    int64_t n, bytes;
};

static int add_blob(const char *name, size_t len, void *arg)
{
    struct sizes *s = arg;
    (void)name;
    s->n++;
    s->bytes += (int64_t)len;
    return 0;
}

static int64_t file_bytes(const char *url)
{
    char path[4096];
    char wal[4096 + 8];
    struct stat st;
    int64_t sum = 0;
    if (db_sqlite_path(url, path, sizeof path) != 0)
        return -1;
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    sum += stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
    return sum + (stat(wal, &st) == 0 ? (int64_t)st.st_size : 0);
}

int db_stats(struct db_run *run, struct aas_error *err)
{
    struct sizes blobs = {0};
    struct aas_buf *out = &run->out;
    int rc = aas_store_ensure(run->store, err);
    (void)aas_buf_printf(out, run->json ? "{\"driver\":\"%s\",\"collections\":{" : "driver %s\n",
                         aas_store_driver(run->store));
    for (int c = 0; c < AAS_COLL__COUNT && rc == 0; c++) {
        int64_t n = 0;
        rc = aas_store_count(run->store, (enum aas_collection)c, NULL, 0, &n, err);
        if (run->json)
            (void)aas_buf_printf(out, "%s\"%s\":%lld", c > 0 ? "," : "",
                                 aas_store_collection((enum aas_collection)c)->name, (long long)n);
        else
            (void)aas_buf_printf(out, "%-14s %12lld documents\n", aas_store_collection((enum aas_collection)c)->name,
                                 (long long)n);
    }
    if (rc == 0)
        rc = aas_store_blob_list(run->store, add_blob, &blobs, err);
    int64_t bytes = file_bytes(run->config.url);
    if (run->json) {
        (void)aas_buf_printf(out, "},\"blobs\":%lld,\"blob_bytes\":%lld", (long long)blobs.n, (long long)blobs.bytes);
        if (bytes >= 0)
            (void)aas_buf_printf(out, ",\"file_bytes\":%lld", (long long)bytes);
        (void)aas_buf_append_str(out, "}\n");
    } else {
        (void)aas_buf_printf(out, "%-14s %12lld files, %lld bytes\n", "blobs", (long long)blobs.n,
                             (long long)blobs.bytes);
        if (bytes >= 0)
            (void)aas_buf_printf(out, "%-14s %12lld bytes on disk\n", "file", (long long)bytes);
    }
    return rc;
}

int db_sweep(struct db_run *run, struct aas_error *err)
{
    const struct {
        enum aas_collection c;
        int64_t keep_ms;
    } rules[] = {{AAS_COLL_SENSOR_DATA, run->config.raw_ms},
                 {AAS_COLL_ROLLUPS, run->config.rollups_ms},
                 {AAS_COLL_PREDICTIONS, run->config.predictions_ms},
                 {AAS_COLL_QUARANTINE, run->config.quarantine_ms},
                 {AAS_COLL_TOKENS, 0}};
    int64_t now = aas_clock_wall_ms();
    int rc = aas_store_ensure(run->store, err);
    if (run->json)
        (void)aas_buf_printf(&run->out, "{\"dry_run\":%s,\"collections\":[", run->dry_run ? "true" : "false");
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && rc == 0; i++) {
        struct aas_sweep_report r;
        const char *name = aas_store_collection(rules[i].c)->name;
        rc = aas_store_sweep(run->store, rules[i].c, now - rules[i].keep_ms, 0, run->dry_run, &r, err);
        if (run->json)
            (void)aas_buf_printf(&run->out, "%s{\"name\":\"%s\",\"removed\":%lld,\"kept\":%lld}", i > 0 ? "," : "",
                                 name, (long long)r.removed, (long long)r.kept);
        else
            (void)aas_buf_printf(&run->out, "%-14s %12lld %s, %lld old but needed\n", name, (long long)r.removed,
                                 run->dry_run ? "would be removed" : "removed", (long long)r.kept);
    }
    if (run->json)
        (void)aas_buf_append_str(&run->out, "]}\n");
    return rc;
}
