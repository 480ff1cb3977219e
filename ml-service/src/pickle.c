/* What the objects of a pickle mean, and the outer forms of files. See pickle.h. */
#include "pickle_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <aas/cleanup.h>
#include <aas/json.h>

#include "files.h"
#include "sandbox.h"

#define CLASSES_MAX  256
#define FEATURES_MAX 8192

static int no_memory(struct aas_error *err)
{
    return aas_error_set(err, AAS_ENOMEM, "out of memory for a pickle");
}

static int bad(struct aas_error *err, int code, const char *text)
{
    return aas_error_set(err, code, "%s", text);
}

static void note_version(const struct pk_value *state, json_t *doc)
{
    const struct pk_value *v = pk_get(state, "_sklearn_version");
    if (v && v->type == PK_TEXT && v->len < 40)
        (void)json_object_set_new(doc, "sklearn", json_stringn(v->bytes, v->len));
}

static int read_texts(const struct pk_value *array, json_t **ret, const char *what, struct aas_error *err)
{
    AAS_AUTO_JSON json_t *list = json_array();
    for (size_t i = 0; list && i < array->count; i++) {
        json_t *text = pk_array_text(array, i);
        if (!text || json_string_length(text) == 0 || strlen(json_string_value(text)) != json_string_length(text)) {
            json_decref(text);
            return aas_error_set(err, AAS_EINVAL, "%s %zu isn't a name or an integer", what, i);
        }
        if (json_array_append_new(list, text))
            return no_memory(err);
    }
    if (!list)
        return no_memory(err);
    *ret = json_incref(list);
    return 0;
}

static int read_encoder(const struct pk_value *state, json_t **ret_doc, struct aas_error *err)
{
    const struct pk_value *classes = pk_get(state, "classes_");
    if (!classes || classes->type != PK_ARRAY)
        return bad(err, AAS_EINVAL, "the LabelEncoder has no classes_: it was never fitted");
    if (classes->count < 1 || classes->count > CLASSES_MAX)
        return aas_error_set(err, AAS_EINVAL, "the LabelEncoder has %zu classes, 1 to %d are read", classes->count,
                             CLASSES_MAX);
    json_t *names = NULL;
    int rc = read_texts(classes, &names, "class", err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < json_array_size(names); i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(json_string_value(json_array_get(names, i)), json_string_value(json_array_get(names, k))) == 0) {
                json_decref(names);
                return aas_error_set(err, AAS_EINVAL, "class %zu is there twice", i);
            }
        }
    }
    json_t *doc = json_pack("{s:s,s:o}", "kind", "label_encoder", "classes", names);
    if (!doc)
        return no_memory(err);
    note_version(state, doc);
    *ret_doc = doc;
    return 0;
}

static bool is_true(const struct pk_value *state, const char *key)
{
    const struct pk_value *v = pk_get(state, key);
    return !v || v->type != PK_BOOL || v->i != 0;
}

/* n numbers of an attribute; `otherwise` n times where the scaler doesn't use it. */
static int read_numbers(const struct pk_value *state, const char *key, bool used, size_t n, double otherwise,
                        json_t **ret, struct aas_error *err)
{
    const struct pk_value *array = pk_get(state, key);
    if (used && (!array || array->type != PK_ARRAY))
        return aas_error_set(err, AAS_EINVAL, "the StandardScaler has no %s: it was never fitted", key);
    if (used && array->count != n)
        return aas_error_set(err, AAS_EINVAL, "the StandardScaler's %s has %zu numbers, expected %zu", key,
                             array->count, n);
    AAS_AUTO_JSON json_t *list = json_array();
    bool divides = otherwise == 1;
    for (size_t i = 0; list && i < n; i++) {
        double v = otherwise;
        if ((used && !pk_array_number(array, i, &v)) || !isfinite(v) || (divides && !(v > 0)))
            return aas_error_set(err, AAS_EINVAL, "the StandardScaler's %s[%zu] must be a finite number%s", key, i,
                                 divides ? " above 0" : "");
        if (json_array_append_new(list, json_real(v)))
            return no_memory(err);
    }
    if (!list)
        return no_memory(err);
    *ret = json_incref(list);
    return 0;
}

static int features_of(const struct pk_value *state, size_t *ret, struct aas_error *err)
{
    static const char *const arrays[] = {"scale_", "mean_", "var_"};
    const struct pk_value *n = pk_get(state, "n_features_in_");
    size_t count = 0;
    if (n && n->type == PK_INT && n->i > 0 && n->i <= FEATURES_MAX)
        count = (size_t)n->i;
    for (size_t i = 0; count == 0 && i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        const struct pk_value *a = pk_get(state, arrays[i]);
        count = a && a->type == PK_ARRAY ? a->count : 0;
    }
    if (count < 1 || count > FEATURES_MAX)
        return aas_error_set(err, AAS_EINVAL, "the StandardScaler was never fitted, or to more than %d features",
                             FEATURES_MAX);
    *ret = count;
    return 0;
}

static int read_feature_names(const struct pk_value *state, size_t n, json_t *doc, struct aas_error *err)
{
    const struct pk_value *names = pk_get(state, "feature_names_in_");
    json_t *list = NULL;
    if (!names || names->type != PK_ARRAY)
        return 0;
    if (names->count != n)
        return bad(err, AAS_EINVAL, "the StandardScaler names another number of features than it has");
    int rc = read_texts(names, &list, "feature name", err);
    return rc == 0 && json_object_set_new(doc, "feature_names", list) ? no_memory(err) : rc;
}

static int read_scaler(const struct pk_value *state, json_t **ret_doc, struct aas_error *err)
{
    size_t n = 0;
    int rc = features_of(state, &n, err);
    if (rc < 0)
        return rc;
    json_t *mean = NULL, *scale = NULL;
    rc = read_numbers(state, "mean_", is_true(state, "with_mean"), n, 0, &mean, err);
    if (rc == 0)
        rc = read_numbers(state, "scale_", is_true(state, "with_std"), n, 1, &scale, err);
    if (rc < 0) {
        json_decref(mean);
        return rc;
    }
    AAS_AUTO_JSON json_t *doc = json_pack("{s:s,s:I,s:o,s:o}", "kind", "standard_scaler", "features", (json_int_t)n,
                                          "mean", mean, "scale", scale);
    if (!doc)
        return no_memory(err);
    note_version(state, doc);
    rc = read_feature_names(state, n, doc, err);
    if (rc == 0)
        *ret_doc = json_incref(doc);
    return rc;
}

static int read_plain(const char *bytes, size_t len, json_t **ret_doc, struct aas_error *err)
{
    struct aas_error own = AAS_ERROR_NONE;
    struct pk_reader r = {.bytes = bytes, .len = len, .err = err ? err : &own};
    struct pk_value *v = NULL;
    int rc = pk_run(&r, &v);
    const struct pk_value *state = rc == 0 && v->type == PK_OBJECT && v->count ? v->items[0] : NULL;
    if (rc == 0 && r.at != r.len)
        rc = bad(err, AAS_EPARSE, "there is something behind the pickle's end");
    else if (rc == 0 && !state)
        rc = bad(err, AAS_ENOTSUP, "the pickle holds neither a LabelEncoder nor a StandardScaler");
    else if (rc == 0 && v->symbol == PK_SYM_LABEL_ENCODER)
        rc = read_encoder(state, ret_doc, err);
    else if (rc == 0 && v->symbol == PK_SYM_STANDARD_SCALER)
        rc = read_scaler(state, ret_doc, err);
    else if (rc == 0)
        rc = bad(err, AAS_ENOTSUP, "the pickle holds neither a LabelEncoder nor a StandardScaler");
    pk_fini(&r);
    return rc;
}

/* zlib and gzip, up to the cap. */
static int inflate_all(const void *bytes, size_t len, char **ret, size_t *ret_len, struct aas_error *err)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)len};
    size_t cap = 65536, used = 0;
    char *out = malloc(cap);
    int zrc = out && inflateInit2(&z, 15 + 32) == Z_OK ? Z_OK : Z_MEM_ERROR;
    bool ready = zrc == Z_OK;
    while (zrc == Z_OK) {
        if (used == cap && cap >= ML_PICKLE_MAX_INFLATED) {
            zrc = Z_BUF_ERROR;
            break;
        }
        if (used == cap) {
            char *more = realloc(out, cap * 2);
            if (!more) {
                zrc = Z_MEM_ERROR;
                break;
            }
            out = more;
            cap *= 2;
        }
        z.next_out = (Bytef *)out + used;
        z.avail_out = (uInt)(cap - used);
        zrc = inflate(&z, Z_NO_FLUSH);
        used = cap - z.avail_out;
    }
    if (ready)
        (void)inflateEnd(&z);
    if (zrc == Z_STREAM_END) {
        *ret = out;
        *ret_len = used;
        return 0;
    }
    free(out);
    if (zrc == Z_MEM_ERROR)
        return no_memory(err);
    return zrc == Z_BUF_ERROR && used >= ML_PICKLE_MAX_INFLATED
               ? bad(err, AAS_ETOOBIG, "the compressed pickle is too long when inflated")
               : bad(err, AAS_EPARSE, "the compressed pickle is damaged or cut off");
}

static bool starts(const unsigned char *p, size_t len, const char *magic, size_t n)
{
    return len >= n && memcmp(p, magic, n) == 0;
}

int ml_pickle_read(const void *bytes, size_t len, json_t **ret_doc, struct aas_error *err)
{
    const unsigned char *p = bytes;
    if (len > ML_PICKLE_MAX_BYTES)
        return bad(err, AAS_ETOOBIG, "the pickle is too long for a LabelEncoder or StandardScaler");
    if (starts(p, len, "\x80", 1))
        return read_plain(bytes, len, ret_doc, err);
    if (starts(p, len, "BZh", 3) ||
        starts(p, len,
               "\xfd"
               "7zXZ",
               5) ||
        starts(p, len, "\x04\x22\x4d\x18", 4) || starts(p, len, "\x5d\x00\x00", 3))
        return bad(err, AAS_ENOTSUP, "compressed by bz2, lzma or lz4: save it plain or with zlib");
    if (!starts(p, len, "\x1f\x8b", 2) && !(len >= 2 && (p[0] & 0x0f) == 8 && (p[0] << 8 | p[1]) % 31 == 0))
        return bad(err, AAS_EPARSE, "not a pickle of protocol 2 to 5, nor a joblib file");
    char *plain = NULL;
    size_t plain_len = 0;
    int rc = inflate_all(bytes, len, &plain, &plain_len, err);
    if (rc == 0)
        rc = plain_len && (unsigned char)plain[0] == 0x80 ? read_plain(plain, plain_len, ret_doc, err)
                                                          : bad(err, AAS_EPARSE, "no pickle in the compressed file");
    free(plain);
    return rc;
}

struct file {
    char *bytes;
    size_t len;
};

static int read_in_child(const void *arg, json_t **ret_doc, struct aas_error *err)
{
    const struct file *f = arg;
    return ml_pickle_read(f->bytes, f->len, ret_doc, err);
}

int ml_pickle_import(const char *path, json_t **ret_doc, struct aas_error *err)
{
    static const struct ml_sandbox_limits limits = {
        .memory_bytes = (size_t)512 * 1024 * 1024, .cpu_seconds = 5, .max_json_bytes = (size_t)4 * 1024 * 1024};
    struct file f = {0};
    const char *slash = strrchr(path, '/');
    int rc = ml_file_read(path, ML_PICKLE_MAX_BYTES, &f.bytes, &f.len, err);
    if (rc < 0)
        return rc;
    rc = ml_sandbox_run(read_in_child, &f, &limits, slash ? slash + 1 : path, ret_doc, err);
    free(f.bytes);
    return rc < 0 ? aas_error_prefix(err, "%s", path) : 0;
}
