/* Pool of handles, circuit breaker and metrics of the HTTP client. Locks: the client's mutex, a leaf. */
#include "http_client_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <aas/metrics.h>
#include <aas/str.h>

#define DEFAULT_HANDLES         16
#define DEFAULT_CONNECT_MS      1000
#define DEFAULT_RESPONSE_BYTES  ((size_t)16 << 20)
#define DEFAULT_BREAKER_LIMIT   5
#define DEFAULT_BREAKER_OPEN_MS 500
#define DEFAULT_DEADLINE_MS     5000

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_rc;

static void init_global(void)
{
    global_rc = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int check_part(CURLU *url, CURLUPart part, const char *what, const char *text, struct aas_error *err)
{
    char *found = NULL;
    if (curl_url_get(url, part, &found, 0) != CURLUE_OK)
        return 0;
    curl_free(found);
    return aas_error_set(err, AAS_EINVAL, "the URL \"%s\" has a %s, which a base URL must not have", text, what);
}

static int check_url(const char *text, struct aas_error *err)
{
    if (!text || !text[0])
        return aas_error_set(err, AAS_EINVAL, "the base URL is missing");
    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        return aas_error_set(err, AAS_EINVAL, "the URL \"%s\" does not start with http:// or https://", text);
    if (text[strlen(text) - 1] == '/')
        return aas_error_set(err, AAS_EINVAL, "the URL \"%s\" ends with a slash", text);
    CURLU *url = curl_url();
    if (!url)
        return AAS_ENOMEM;
    int rc = 0;
    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)
        rc = aas_error_set(err, AAS_EINVAL, "\"%s\" is no URL like http://host:port", text);
    if (rc == 0)
        rc = check_part(url, CURLUPART_USER, "user name", text, err);
    if (rc == 0)
        rc = check_part(url, CURLUPART_QUERY, "query", text, err);
    if (rc == 0)
        rc = check_part(url, CURLUPART_FRAGMENT, "fragment", text, err);
    curl_url_cleanup(url);
    return rc;
}

static void make_metrics(struct aas_http_client *client)
{
    static const char calls[] = "aas_http_client_calls_total";
    static const char calls_help[] = "Calls to another service by outcome.";
    client->m_ok =
        aas_metrics_counter(NULL, calls, calls_help, AAS_LABELS({"upstream", client->name}, {"outcome", "ok"}));
    client->m_failed =
        aas_metrics_counter(NULL, calls, calls_help, AAS_LABELS({"upstream", client->name}, {"outcome", "failed"}));
    client->m_refused =
        aas_metrics_counter(NULL, calls, calls_help, AAS_LABELS({"upstream", client->name}, {"outcome", "refused"}));
    client->m_connects =
        aas_metrics_counter(NULL, "aas_http_client_connects_total", "Connections newly opened to another service.",
                            AAS_LABELS({"upstream", client->name}));
    client->m_seconds = aas_metrics_histogram(NULL, "aas_http_client_call_seconds", "Time of calls to another service.",
                                              AAS_LABELS({"upstream", client->name}), aas_metrics_latency_bounds,
                                              aas_metrics_latency_bounds_count);
    client->m_breaker =
        aas_metrics_gauge(NULL, "aas_http_client_breaker_state", "Circuit breaker: 0 closed, 1 open, 2 half-open.",
                          AAS_LABELS({"upstream", client->name}));
}

static int init_sync(struct aas_http_client *client)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return AAS_ENOMEM;
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int rc = pthread_cond_init(&client->freed, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (rc == 0 && (rc = pthread_mutex_init(&client->lock, NULL)) != 0)
        (void)pthread_cond_destroy(&client->freed);
    return -rc;
}

int aas_http_client_create(struct aas_http_client **ret_client, const struct aas_http_client_config *config,
                           struct aas_error *err)
{
    (void)pthread_once(&global_once, init_global);
    if (global_rc != CURLE_OK)
        return aas_error_set(err, AAS_EUPSTREAM, "libcurl does not start: %s", curl_easy_strerror(global_rc));
    int rc = check_url(config->base_url, err);
    if (rc)
        return rc;
    struct aas_http_client *client = calloc(1, sizeof *client);
    if (!client)
        return AAS_ENOMEM;
    rc = init_sync(client);
    if (rc) {
        free(client);
        return rc;
    }
    client->base_url = strdup(config->base_url);
    client->name = strdup(config->name ? config->name : "upstream");
    client->user_agent = strdup(config->user_agent ? config->user_agent : "aastreli/" AAS_VERSION);
    if (!client->base_url || !client->name || !client->user_agent) {
        aas_http_client_destroy(client);
        return AAS_ENOMEM;
    }
    client->max_handles = config->max_handles ? config->max_handles : DEFAULT_HANDLES;
    client->connect_timeout_ms = config->connect_timeout_ms ? config->connect_timeout_ms : DEFAULT_CONNECT_MS;
    client->max_response_bytes = config->max_response_bytes ? config->max_response_bytes : DEFAULT_RESPONSE_BYTES;
    http_breaker_init(&client->breaker, config->breaker_failures ? config->breaker_failures : DEFAULT_BREAKER_LIMIT,
                      config->breaker_open_ms ? config->breaker_open_ms : DEFAULT_BREAKER_OPEN_MS);
    make_metrics(client);
    *ret_client = client;
    return 0;
}

void aas_http_client_destroy(struct aas_http_client *client)
{
    if (!client)
        return;
    while (client->free) {
        struct http_handle *handle = client->free;
        client->free = handle->next;
        client->handles--;
        http_handle_destroy(handle);
    }
    assert(client->handles == 0);
    (void)pthread_cond_destroy(&client->freed);
    (void)pthread_mutex_destroy(&client->lock);
    free(client->base_url);
    free(client->name);
    free(client->user_agent);
    free(client);
}

/* Breaker first, so that callers don't queue for an upstream that is away. */
static int enter(struct aas_http_client *client, enum http_breaker_ticket *ret_ticket, struct aas_error *err)
{
    (void)pthread_mutex_lock(&client->lock);
    *ret_ticket = http_breaker_enter(&client->breaker);
    client->stats.calls++;
    if (*ret_ticket == HTTP_BREAKER_REFUSED)
        client->stats.refused++;
    unsigned failures = client->breaker.failures;
    aas_metric_set(client->m_breaker, (double)client->breaker.state);
    (void)pthread_mutex_unlock(&client->lock);
    if (*ret_ticket != HTTP_BREAKER_REFUSED)
        return 0;
    aas_metric_inc(client->m_refused);
    return aas_error_set(err, AAS_EUNAVAILABLE, "%s failed %u times in a row and is not called for a moment",
                         client->name, failures);
}

static int borrow(struct aas_http_client *client, struct aas_mono deadline, struct http_handle **ret_handle,
                  struct aas_error *err)
{
    struct timespec until = aas_mono_timespec(deadline);
    struct http_handle *handle = NULL;
    bool make = false, time_left = true;
    (void)pthread_mutex_lock(&client->lock);
    while (!client->free && client->handles >= client->max_handles && time_left)
        time_left = pthread_cond_timedwait(&client->freed, &client->lock, &until) == 0;
    if (client->free) {
        handle = client->free;
        client->free = handle->next;
    } else if (client->handles < client->max_handles) {
        client->handles++;
        make = true;
    }
    (void)pthread_mutex_unlock(&client->lock);
    if (make && !(handle = http_handle_create())) {
        (void)pthread_mutex_lock(&client->lock);
        client->handles--;
        (void)pthread_cond_signal(&client->freed);
        (void)pthread_mutex_unlock(&client->lock);
        return aas_error_set(err, AAS_ENOMEM, "no memory for a connection to %s", client->name);
    }
    if (!handle)
        return aas_error_set(err, AAS_EUNAVAILABLE, "all %u connections to %s are in use", client->max_handles,
                             client->name);
    *ret_handle = handle;
    return 0;
}

static void settle(struct aas_http_client *client, struct http_handle *handle, enum http_breaker_ticket ticket,
                   enum http_breaker_verdict verdict, bool failed, unsigned connects)
{
    (void)pthread_mutex_lock(&client->lock);
    if (handle) {
        handle->next = client->free;
        client->free = handle;
        (void)pthread_cond_signal(&client->freed);
    }
    http_breaker_settle(&client->breaker, ticket, verdict);
    client->stats.failed += failed;
    client->stats.connects += connects;
    aas_metric_set(client->m_breaker, (double)client->breaker.state);
    (void)pthread_mutex_unlock(&client->lock);
    aas_metric_inc(failed ? client->m_failed : client->m_ok);
    aas_metric_add(client->m_connects, connects);
}

int aas_http_client_do(struct aas_http_client *client, const struct aas_http_call *call, struct aas_http_result *result,
                       struct aas_error *err)
{
    struct aas_mono began = aas_clock_mono();
    struct aas_mono deadline = aas_mono_in_ms(call->deadline_ms ? call->deadline_ms : DEFAULT_DEADLINE_MS);
    result->status = 0;
    result->retry_after_s = 0;
    result->content_type[0] = result->etag[0] = '\0';
    result->body.max_bytes = client->max_response_bytes;
    aas_buf_clear(&result->body);

    enum http_breaker_ticket ticket;
    int rc = enter(client, &ticket, err);
    if (rc)
        return rc;
    struct http_handle *handle = NULL;
    enum http_breaker_verdict verdict = HTTP_BREAKER_UNKNOWN;
    unsigned connects = 0;
    rc = borrow(client, deadline, &handle, err);
    if (rc == 0)
        rc = http_handle_perform(client, handle, call, deadline, result, &connects, &verdict, err);
    settle(client, handle, ticket, verdict, rc != 0 || verdict == HTTP_BREAKER_DEAD, connects);
    aas_metric_observe(client->m_seconds, (double)aas_mono_diff_ns(aas_clock_mono(), began) / 1e9);
    return rc;
}

void aas_http_result_init(struct aas_http_result *result)
{
    *result = (struct aas_http_result){.body = AAS_BUF_INIT(DEFAULT_RESPONSE_BYTES)};
}

void aas_http_result_fini(struct aas_http_result *result)
{
    if (result)
        aas_buf_fini(&result->body);
}

/* Reading takes the lock too: a const client is one that isn't changed, not one that isn't locked. */
static pthread_mutex_t *lock_of(const struct aas_http_client *client)
{
    return (pthread_mutex_t *)(uintptr_t)&client->lock;
}

enum aas_http_breaker aas_http_client_breaker(const struct aas_http_client *client)
{
    (void)pthread_mutex_lock(lock_of(client));
    enum aas_http_breaker state = http_breaker_state(&client->breaker);
    (void)pthread_mutex_unlock(lock_of(client));
    return state;
}

void aas_http_client_stats(const struct aas_http_client *client, struct aas_http_client_stats *ret_stats)
{
    (void)pthread_mutex_lock(lock_of(client));
    *ret_stats = client->stats;
    (void)pthread_mutex_unlock(lock_of(client));
}
