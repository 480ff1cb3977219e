/* See version_load.h. A cached copy is: the SHA-256 of what follows as 64 hex digits, then the booster as UBJ. */
#include "version_load.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aas/buf.h>
#include <aas/cleanup.h>
#include <aas/id.h>
#include <aas/json.h>

#define PATH_BYTES 1024

static bool cache_path(const struct ml_manifest *m, const char *cache_dir, const char *suffix, char *dst)
{
    int major, minor, patch;
    aas_xgb_version(&major, &minor, &patch);
    int n = snprintf(dst, PATH_BYTES, "%s/%s-%d.%d.%d.ubj%s", cache_dir, m->model_sha256, major, minor, patch, suffix);
    return n > 0 && n < PATH_BYTES;
}

static bool read_cached(const struct ml_manifest *m, const char *cache_dir, struct aas_buf *buf)
{
    char path[PATH_BYTES];
    if (!cache_dir || !cache_path(m, cache_dir, "", path))
        return false;
    AAS_AUTO_FCLOSE FILE *f = fopen(path, "rbe");
    if (!f)
        return false;
    char digest[AAS_SHA256_HEX_SIZE] = "", found[AAS_SHA256_HEX_SIZE];
    if (fread(digest, 1, AAS_SHA256_HEX_SIZE - 1, f) != AAS_SHA256_HEX_SIZE - 1)
        return false;
    for (;;) {
        char *to = aas_buf_reserve(buf, 1 << 16);
        if (!to)
            return false;
        size_t n = fread(to, 1, 1 << 16, f);
        if (n == 0)
            break;
        aas_buf_commit(buf, n);
    }
    aas_sha256_hex(buf->data ? buf->data : "", buf->len, found);
    return !ferror(f) && buf->len > 0 && strcmp(found, digest) == 0;
}

/* Best effort: without it the next start is slower, nothing else. */
static void write_cached(const struct ml_manifest *m, const char *cache_dir, struct ml_model *model)
{
    char path[PATH_BYTES], temp[PATH_BYTES], suffix[32];
    (void)snprintf(suffix, sizeof suffix, ".%ld", (long)getpid());
    if (!cache_dir || !cache_path(m, cache_dir, "", path) || !cache_path(m, cache_dir, suffix, temp))
        return;
    AAS_AUTO_BUF struct aas_buf buf = AAS_BUF_INIT(ML_MODEL_FILE_MAX_BYTES);
    if (aas_xgb_save(model->xgb, AAS_XGB_UBJ, &buf, NULL) != 0)
        return;
    char digest[AAS_SHA256_HEX_SIZE];
    aas_sha256_hex(buf.data, buf.len, digest);
    (void)mkdir(cache_dir, 0700);
    FILE *f = fopen(temp, "wbe");
    if (!f)
        return;
    bool ok = fwrite(digest, 1, AAS_SHA256_HEX_SIZE - 1, f) == AAS_SHA256_HEX_SIZE - 1 &&
              fwrite(buf.data, 1, buf.len, f) == buf.len;
    ok = fclose(f) == 0 && ok;
    if (!ok || rename(temp, path) != 0)
        (void)unlink(temp);
}

static int create(const struct ml_manifest *m, const void *bytes, size_t len, struct ml_model **ret_model,
                  struct aas_error *err)
{
    AAS_AUTO_JSON json_t *doc = NULL;
    struct aas_feature_schema *schema = NULL;
    if (m->schema) { /* the model wants one of its own */
        int rc = aas_feature_schema_emit(m->schema, &doc);
        if (rc == 0)
            rc = aas_feature_schema_parse(doc, &schema, err);
        if (rc)
            return rc;
    }
    struct ml_model_parts parts = {
        .version = m->version,
        .bytes = bytes,
        .len = len,
        .schema = schema,
        .classes = (const char *const *)m->classes,
        .classes_count = m->classes_count,
        .normal = m->normal,
        .mean = m->mean,
        .scale = m->scale,
        .scaler_count = m->features,
        .threshold = isnan(m->threshold) ? NULL : &m->threshold,
    };
    int rc = ml_model_create(ret_model, &parts, err);
    if (rc)
        aas_feature_schema_destroy(schema);
    return rc;
}

int ml_version_load(const struct ml_manifest *manifest, const char *cache_dir, struct ml_model **ret_model,
                    struct aas_error *err)
{
    AAS_AUTO_BUF struct aas_buf cached = AAS_BUF_INIT(ML_MODEL_FILE_MAX_BYTES);
    if (read_cached(manifest, cache_dir, &cached) && create(manifest, cached.data, cached.len, ret_model, NULL) == 0)
        return 0;
    AAS_AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    int rc = ml_manifest_read_model(manifest, &bytes, &len, err);
    if (rc == 0)
        rc = create(manifest, bytes, len, ret_model, err);
    if (rc == 0)
        write_cached(manifest, cache_dir, *ret_model);
    return rc;
}
