/* HTTP client on libcurl for one upstream: kept-alive connections, a deadline per call, a cap on answers, a circuit
 * breaker.
 *
 * Users: mqtt-ingestion (ml-service), backend-api (proxy), tools. Thread-safe: each call borrows a handle from a pool.
 * Retries are the caller's business, who knows what may be repeated. */
#pragma once

#include <aas/buf.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aas_error;
struct aas_http_client;

enum aas_http_breaker {
    AAS_HTTP_BREAKER_CLOSED,    /* calls go through */
    AAS_HTTP_BREAKER_OPEN,      /* calls fail at once with AAS_EUNAVAILABLE */
    AAS_HTTP_BREAKER_HALF_OPEN, /* one call is let through to try */
};

/** Zero means the default in brackets; strings are copied. */
struct aas_http_client_config {
    const char *base_url;        /* http(s)://host:port without a trailing slash */
    const char *name;            /* label of the metrics and of errors: the upstream's name ["upstream"] */
    unsigned max_handles;        /* kept-alive connections at most [16]; callers wait for one within their deadline */
    uint32_t connect_timeout_ms; /* [1000] */
    size_t max_response_bytes;   /* [16 MiB] */
    unsigned breaker_failures;   /* in a row that open the breaker [5] */
    uint32_t breaker_open_ms;    /* first pause; doubles up to 16 times, with jitter [500] */
    const char *user_agent;      /* ["aastreli/<version>"] */
};

/** One request. Everything is borrowed for the call. */
struct aas_http_call {
    const char *method; /* ["GET"] */
    const char *path;   /* with query, appended to the base URL */
    const void *body;
    size_t body_len;
    const char *content_type;   /* ["application/json"] when there is a body */
    const char *const *headers; /* NULL-terminated "Name: value" lines, or NULL */
    uint32_t deadline_ms;       /* for all of it, waiting for a handle included [5000] */
};

/** Filled by aas_http_client_do(), freed by aas_http_result_fini(). Reuse one for many calls: its buffer is kept. */
struct aas_http_result {
    unsigned status;
    struct aas_buf body;
    char content_type[64];
    char etag[80];
    uint32_t retry_after_s; /* 0: none given */
};

/** Errors: AAS_EINVAL for a URL that is none; AAS_ENOMEM. */
int aas_http_client_create(struct aas_http_client **ret_client, const struct aas_http_client_config *config,
                           struct aas_error *err) __attribute__((warn_unused_result));
/** No call may be running. */
void aas_http_client_destroy(struct aas_http_client *client);

/** Performs a call; any HTTP status is a success here (5xx counts as a failure for the breaker, except 501 and 503 with
 *  Retry-After, which say that the upstream lives). `result` is init'ed by the caller or zeroed. Errors:
 * AAS_EUNAVAILABLE (breaker open, connection refused, no handle in time), -ETIMEDOUT, AAS_EUPSTREAM (broken answer),
 * AAS_ETOOBIG (answer over the cap). Thread-safe, blocks: never on an HTTP thread. */
int aas_http_client_do(struct aas_http_client *client, const struct aas_http_call *call, struct aas_http_result *result,
                       struct aas_error *err) __attribute__((warn_unused_result));

void aas_http_result_init(struct aas_http_result *result);
void aas_http_result_fini(struct aas_http_result *result);

enum aas_http_breaker aas_http_client_breaker(const struct aas_http_client *client);
/** Calls made, failed, refused by the breaker; connections newly opened (keep-alive works when it stays small). */
struct aas_http_client_stats {
    uint64_t calls, failed, refused, connects;
};
void aas_http_client_stats(const struct aas_http_client *client, struct aas_http_client_stats *ret_stats);
