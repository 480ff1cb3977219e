/* What http_client.c (pool, breaker, metrics) and http_client_call.c (one transfer on libcurl) share. */
#pragma once

#include "http_client_breaker.h"

#include <aas/clock.h>
#include <aas/error.h>
#include <aas/http_client.h>

#include <curl/curl.h>
#include <pthread.h>

struct http_handle {
    CURL *curl;
    struct aas_buf url;
    struct http_handle *next; /* in the stack of free ones */
    char reason[CURL_ERROR_SIZE];
};

struct aas_http_client {
    char *base_url, *name, *user_agent;
    unsigned max_handles;
    uint32_t connect_timeout_ms;
    size_t max_response_bytes;

    pthread_mutex_t lock; /* all below; a leaf: never held during a transfer */
    pthread_cond_t freed;
    struct http_handle *free; /* last in, first out: the connection used last is the least likely to have gone stale */
    unsigned handles;         /* existing ones, free or not */
    struct http_breaker breaker;
    struct aas_http_client_stats stats;

    struct aas_metric *m_ok, *m_failed, *m_refused, *m_connects, *m_seconds, *m_breaker;
};

/** One transfer until deadline. Fills result, *ret_connects (connections newly opened) and *ret_verdict. */
int http_handle_perform(struct aas_http_client *client, struct http_handle *handle, const struct aas_http_call *call,
                        struct aas_mono deadline, struct aas_http_result *result, unsigned *ret_connects,
                        enum http_breaker_verdict *ret_verdict, struct aas_error *err) AAS_MUST_CHECK;
struct http_handle *http_handle_create(void);
void http_handle_destroy(struct http_handle *handle);
