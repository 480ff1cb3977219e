/* One HTTP transfer on one libcurl handle. Nothing here is shared between threads. */
#include "http_client_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/str.h>

#define MAX_URL_BYTES 16384
/* Below the servers' idle timeout (75 s), so that a connection isn't taken out just while the other side closes it. */
#define MAX_IDLE_S 60L

struct http_handle *http_handle_create(void)
{
    struct http_handle *handle = calloc(1, sizeof *handle);
    if (!handle)
        return NULL;
    handle->url = AAS_BUF_INIT(MAX_URL_BYTES);
    handle->curl = curl_easy_init();
    if (!handle->curl) {
        free(handle);
        return NULL;
    }
    return handle;
}

void http_handle_destroy(struct http_handle *handle)
{
    if (!handle)
        return;
    curl_easy_cleanup(handle->curl);
    aas_buf_fini(&handle->url);
    free(handle);
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct aas_buf *body = arg;
    return aas_buf_append(body, data, size * n) == 0 ? size * n : 0;
}

static int add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (!longer)
        return AAS_ENOMEM;
    *list = longer;
    return 0;
}

/* Header values may come from another request (a proxied Idempotency-Key): a line end in one would smuggle headers. */
static int check_line(const char *what, const char *line, struct aas_error *err)
{
    for (const char *p = line; *p; p++)
        if (*p == '\r' || *p == '\n')
            return aas_error_set(err, AAS_EINVAL, "%s: a line end is not allowed in it", what);
    return 0;
}

static int make_headers(const struct aas_http_call *call, struct curl_slist **ret_list, struct aas_error *err)
{
    char type[160];
    int rc = add_header(ret_list, "Expect:"); /* large bodies must not wait a second for "100 Continue" */
    if (rc == 0 && (call->body_len > 0 || call->content_type)) {
        const char *content_type = call->content_type ? call->content_type : "application/json";
        rc = check_line("content type", content_type, err);
        int n = snprintf(type, sizeof type, "Content-Type: %s", content_type);
        if (rc == 0 && (size_t)n >= sizeof type)
            return aas_error_set(err, AAS_EINVAL, "content type: %d bytes are too many", n);
        if (rc == 0)
            rc = add_header(ret_list, type);
    } else if (rc == 0) {
        rc = add_header(ret_list, "Content-Type:"); /* else libcurl says that an empty POST is a form */
    }
    for (const char *const *line = call->headers; rc == 0 && line && *line; line++) {
        rc = check_line("header", *line, err);
        if (rc == 0)
            rc = add_header(ret_list, *line);
    }
    return rc;
}

static void set_method(CURL *curl, const struct aas_http_call *call)
{
    const char *method = call->method ? call->method : "GET";
    bool post = strcmp(method, "POST") == 0;
    if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    if (post || call->body_len > 0) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body_len > 0 ? call->body : "");
    }
    if (!post)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static void set_options(struct aas_http_client *client, struct http_handle *handle, long left_ms,
                        struct aas_http_result *result)
{
    CURL *curl = handle->curl;
    long connect_ms = left_ms < (long)client->connect_timeout_ms ? left_ms : (long)client->connect_timeout_ms;
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle->reason);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* never by an environment variable: our own services talk here */
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, MAX_IDLE_S);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)client->max_response_bytes);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, client->user_agent);
    curl_easy_setopt(curl, CURLOPT_URL, aas_buf_str(&handle->url));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &result->body);
}

static void copy_cut(char *dst, size_t size, const char *text)
{
    (void)snprintf(dst, size, "%s", text ? text : "");
}

static void take_answer(CURL *curl, struct aas_http_result *result)
{
    long status = 0;
    curl_off_t retry_after = 0;
    char *type = NULL;
    struct curl_header *etag = NULL;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    result->status = (unsigned)status;
    result->retry_after_s = retry_after <= 0 ? 0 : retry_after > INT32_MAX ? INT32_MAX : (uint32_t)retry_after;
    copy_cut(result->content_type, sizeof result->content_type, type);
    if (curl_easy_header(curl, "ETag", 0, CURLH_HEADER, -1, &etag) == CURLHE_OK)
        copy_cut(result->etag, sizeof result->etag, etag->value);
}

/* A connection that is not there within its own time is an absent upstream, not a slow one. */
static bool was_connected(CURL *curl)
{
    curl_off_t connected_us = 0;
    long port = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected_us);
    (void)curl_easy_getinfo(curl, CURLINFO_PRIMARY_PORT, &port);
    return connected_us > 0 || port > 0;
}

static int translate(struct aas_http_client *client, struct http_handle *handle, CURLcode code,
                     const struct aas_http_result *result, enum http_breaker_verdict *ret_verdict,
                     struct aas_error *err)
{
    const char *why = handle->reason[0] ? handle->reason : curl_easy_strerror(code);
    *ret_verdict = HTTP_BREAKER_DEAD;
    switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
        return aas_error_set(err, AAS_EUNAVAILABLE, "%s is not reachable: %s", client->name, why);
    case CURLE_OPERATION_TIMEDOUT:
        if (!was_connected(handle->curl))
            return aas_error_set(err, AAS_EUNAVAILABLE, "%s is not reachable: %s", client->name, why);
        return aas_error_set(err, AAS_ETIMEDOUT, "%s did not answer in time: %s", client->name, why);
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_WRITE_ERROR:
        *ret_verdict = HTTP_BREAKER_UNKNOWN;
        if (result->body.status == AAS_ENOMEM)
            return aas_error_set(err, AAS_ENOMEM, "no memory for the answer of %s", client->name);
        *ret_verdict = HTTP_BREAKER_ALIVE;
        return aas_error_set(err, AAS_ETOOBIG, "the answer of %s is larger than %zu bytes", client->name,
                             client->max_response_bytes);
    case CURLE_URL_MALFORMAT:
        *ret_verdict = HTTP_BREAKER_UNKNOWN;
        return aas_error_set(err, AAS_EINVAL, "the path of a call to %s is malformed", client->name);
    case CURLE_OUT_OF_MEMORY:
        *ret_verdict = HTTP_BREAKER_UNKNOWN;
        return aas_error_set(err, AAS_ENOMEM, "no memory for a call to %s", client->name);
    default:
        return aas_error_set(err, AAS_EUPSTREAM, "the answer of %s is broken: %s", client->name, why);
    }
}

/* 501 and a 503 that says when to come again are spoken by an upstream that lives. */
static bool says_dead(const struct aas_http_result *result)
{
    return result->status >= 500 && result->status != 501 && !(result->status == 503 && result->retry_after_s > 0);
}

static int make_url(struct aas_http_client *client, struct http_handle *handle, const char *path, struct aas_error *err)
{
    if (!path || path[0] != '/')
        return aas_error_set(err, AAS_EINVAL, "the path \"%s\" does not start with a slash", path ? path : "");
    for (const unsigned char *p = (const unsigned char *)path; *p; p++)
        if (*p <= ' ' || *p == 0x7f || *p == '#')
            return aas_error_set(err, AAS_EINVAL, "the path of a call to %s is malformed: byte 0x%02x", client->name,
                                 *p);
    aas_buf_clear(&handle->url);
    (void)aas_buf_append_str(&handle->url, client->base_url);
    int rc = aas_buf_append_str(&handle->url, path);
    return rc ? aas_error_set(err, rc, "the path of a call to %s is too long", client->name) : 0;
}

int http_handle_perform(struct aas_http_client *client, struct http_handle *handle, const struct aas_http_call *call,
                        struct aas_mono deadline, struct aas_http_result *result, unsigned *ret_connects,
                        enum http_breaker_verdict *ret_verdict, struct aas_error *err)
{
    *ret_connects = 0;
    *ret_verdict = HTTP_BREAKER_UNKNOWN;
    handle->reason[0] = '\0';
    int rc = make_url(client, handle, call->path, err);
    struct curl_slist *headers = NULL;
    if (rc == 0)
        rc = make_headers(call, &headers, err);
    int64_t left_ms = aas_mono_diff_ms(deadline, aas_clock_mono());
    if (rc == 0 && left_ms <= 0)
        rc = aas_error_set(err, AAS_EUNAVAILABLE, "no connection to %s was free in time", client->name);
    if (rc) {
        curl_slist_free_all(headers);
        return rc;
    }
    curl_easy_reset(handle->curl); /* forgets the last call's options, keeps its connection */
    set_options(client, handle, (long)left_ms, result);
    set_method(handle->curl, call);
    curl_easy_setopt(handle->curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(handle->curl);
    long connects = 0;
    (void)curl_easy_getinfo(handle->curl, CURLINFO_NUM_CONNECTS, &connects);
    *ret_connects = connects > 0 ? (unsigned)connects : 0;
    if (code == CURLE_OK) {
        take_answer(handle->curl, result);
        *ret_verdict = says_dead(result) ? HTTP_BREAKER_DEAD : HTTP_BREAKER_ALIVE;
    } else {
        rc = translate(client, handle, code, result, ret_verdict, err);
    }
    curl_easy_setopt(handle->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return rc;
}
