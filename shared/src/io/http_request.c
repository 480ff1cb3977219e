/* What a handler may ask of its request. */
#include "http_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "aas/json.h"
#include "aas/num.h"
#include "aas/rng.h"
#include "http_query.h"

void *aas_http_req_ctx(const struct aas_http_req *req)
{
    return req->match.entry ? req->match.entry->ctx : NULL;
}

const struct aas_http_route *aas_http_req_route(const struct aas_http_req *req)
{
    return req->match.entry ? req->match.entry->route : NULL;
}

enum aas_http_method aas_http_req_method(const struct aas_http_req *req)
{
    return req->method == AAS_HTTP_HEAD ? AAS_HTTP_GET : req->method;
}

const char *aas_http_req_path(const struct aas_http_req *req)
{
    return req->path;
}

const char *aas_http_req_id(const struct aas_http_req *req)
{
    return req->id;
}

const char *aas_http_req_peer(const struct aas_http_req *req)
{
    return req->conn->peer;
}

const char *aas_http_req_param(const struct aas_http_req *req, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < req->match.n_params; i++)
        if (req->match.params[i].name_len == len && memcmp(req->match.params[i].name, name, len) == 0)
            return req->param_values[i];
    return "";
}

/* A pair's part, decoded into request memory; NULL where it can't be. */
static const char *decoded(const struct aas_http_req *req, const char *text, size_t len)
{
    char *dst = http_arena_alloc(req->conn, len + 1);
    return dst && http_percent_decode(text, len, true, dst) >= 0 ? dst : NULL;
}

const char *aas_http_req_query(const struct aas_http_req *req, const char *name)
{
    size_t want = strlen(name);
    struct http_pair pair;
    for (const char *at = req->query; http_query_next(&at, req->query_end, &pair);) {
        const char *found = pair.name;
        if (pair.name_len != want || memcmp(found, name, want) != 0) {
            if (!memchr(pair.name, '%', pair.name_len))
                continue;
            found = decoded(req, pair.name, pair.name_len);
            if (!found || strcmp(found, name) != 0)
                continue;
        }
        return decoded(req, pair.value, pair.value_len);
    }
    return NULL;
}

void aas_http_req_query_each(const struct aas_http_req *req, bool (*fn)(void *arg, const char *name, const char *value),
                             void *arg)
{
    struct http_pair pair;
    for (const char *at = req->query; http_query_next(&at, req->query_end, &pair);) {
        const char *name = decoded(req, pair.name, pair.name_len);
        const char *value = decoded(req, pair.value, pair.value_len);
        if (name && value && !fn(arg, name, value))
            return;
    }
}

const char *aas_http_req_header(const struct aas_http_req *req, const char *name)
{
    return MHD_lookup_connection_value(req->mhd, MHD_HEADER_KIND, name);
}

const char *aas_http_req_cookie(const struct aas_http_req *req, const char *name)
{
    const char *header = aas_http_req_header(req, "Cookie"), *value;
    size_t len;
    if (!header || !http_cookie_find(header, name, &value, &len))
        return NULL;
    char *copy = http_arena_alloc(req->conn, len + 1);
    if (copy) {
        memcpy(copy, value, len);
        copy[len] = '\0';
    }
    return copy;
}

int aas_http_req_query_int(struct aas_http_req *req, const char *name, int64_t min, int64_t max, int64_t fallback,
                           int64_t *ret_value, struct aas_error *err)
{
    const char *text = aas_http_req_query(req, name);
    int64_t v = fallback;
    if (text && (aas_num_parse_i64(text, strlen(text), &v) != 0 || v < min || v > max)) {
        (void)aas_http_req_field(req, name, 0);
        return aas_error_set(err, AAS_EINVAL, "query parameter %s is '%.40s'; an integer from %lld to %lld is right",
                             name, text, (long long)min, (long long)max);
    }
    *ret_value = v;
    return 0;
}

int aas_http_req_query_double(struct aas_http_req *req, const char *name, double min, double max, double fallback,
                              double *ret_value, struct aas_error *err)
{
    const char *text = aas_http_req_query(req, name);
    double v = fallback;
    if (text && (aas_num_parse_double(text, strlen(text), &v) != 0 || v < min || v > max)) {
        (void)aas_http_req_field(req, name, 0);
        return aas_error_set(err, AAS_EINVAL, "query parameter %s is '%.40s'; a number from %g to %g is right", name,
                             text, min, max);
    }
    *ret_value = v;
    return 0;
}

int aas_http_req_query_bool(struct aas_http_req *req, const char *name, bool fallback, bool *ret_value,
                            struct aas_error *err)
{
    static const char *const yes[] = {"", "1", "true", "yes"}, *const no[] = {"0", "false", "no"};
    const char *text = aas_http_req_query(req, name);
    if (!text) {
        *ret_value = fallback;
        return 0;
    }
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (strcasecmp(text, yes[i]) == 0) {
            *ret_value = true;
            return 0;
        }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (strcasecmp(text, no[i]) == 0) {
            *ret_value = false;
            return 0;
        }
    (void)aas_http_req_field(req, name, 0);
    return aas_error_set(err, AAS_EINVAL, "query parameter %s is '%.40s'; 0 or 1 is right", name, text);
}

const char *aas_http_req_body(const struct aas_http_req *req, size_t *ret_len)
{
    if (ret_len)
        *ret_len = req->conn->body.len;
    return aas_buf_str(&req->conn->body);
}

int aas_http_req_json(struct aas_http_req *req, json_t **ret_json, struct aas_error *err)
{
    if (!req->json) {
        const char *type = aas_http_req_header(req, "Content-Type");
        if (type && !strcasestr(type, "json"))
            return aas_error_set(err, AAS_EINVAL, "Content-Type is '%.60s'; application/json is right", type);
        size_t len;
        const char *text = aas_http_req_body(req, &len);
        json_t *json = NULL;
        int rc = aas_json_parse(text, len, req->max_body, 0, &json, err);
        if (rc)
            return rc;
        if (!json_is_object(json) && !json_is_array(json)) {
            json_decref(json);
            return aas_error_set(err, AAS_EPARSE, "the body is a bare value; a JSON object or array is right");
        }
        req->json = json;
    }
    *ret_json = req->json;
    return 0;
}

int aas_http_req_field(struct aas_http_req *req, const char *field, int code)
{
    char *copy = aas_http_req_strdup(req, field); /* the caller's may be on its stack */
    req->field = copy;
    return code;
}

void *aas_http_req_alloc(struct aas_http_req *req, size_t size)
{
    return http_arena_alloc(req->conn, size);
}

char *aas_http_req_strdup(struct aas_http_req *req, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = http_arena_alloc(req->conn, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void aas_http_req_set_user(struct aas_http_req *req, void *user, void (*free_user)(void *user))
{
    if (req->user && req->free_user && req->user != user)
        req->free_user(req->user);
    req->user = user;
    req->free_user = free_user;
}

void *aas_http_req_user(const struct aas_http_req *req)
{
    return req->user;
}

void *aas_http_req_take_user(struct aas_http_req *req, void (**ret_free_user)(void *user))
{
    void *user = req->user;
    if (ret_free_user)
        *ret_free_user = req->free_user;
    req->user = NULL;
    req->free_user = NULL;
    return user;
}

uint32_t aas_http_req_time_left_ms(const struct aas_http_req *req)
{
    int64_t left = aas_mono_diff_ms(req->deadline, aas_clock_mono());
    return left <= 0 ? 0 : left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

static bool harmless_id(const char *id)
{
    size_t len = strlen(id);
    return len > 0 && len < HTTP_REQ_ID_BYTES &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

void http_request_make_id(struct aas_http_req *req)
{
    static _Thread_local struct aas_rng rng;
    static _Thread_local bool seeded;
    static const char digits[] = "0123456789abcdef";
    const char *given = aas_http_req_header(req, "X-Request-Id");
    if (given && harmless_id(given)) {
        memcpy(req->id, given, strlen(given) + 1);
        return;
    }
    if (!seeded) {
        aas_rng_seed(&rng, aas_random_u64());
        seeded = true;
    }
    uint64_t v = aas_rng_u64(&rng);
    for (size_t i = 0; i < 16; i++, v >>= 4)
        req->id[i] = digits[v & 15];
    req->id[16] = '\0';
}
